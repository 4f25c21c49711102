/** The audit trail as operators see it. */
import type { AuditStream } from '@gridworks/kit/audit';
import { DateTime, connectionOf, enumOf } from '@gridworks/kit/graph';
import { Field, ID, ObjectType } from 'type-graphql';
import { User } from '../schema.ts';

export const AuditStreamEnum = enumOf<AuditStream>(
  'AuditStream',
  'What a record of the audit trail is about.',
  {
    FINANCIAL_TRANSACTIONS: 'What moved money or shares.',
    USER_ACTIONS: 'What users did: orders, sign-ups and sign-ins, applications.',
    ADMIN_ACTIONS: 'What an operator decided about others.',
    SECURITY_EVENTS: 'What changed who may come in.',
    COMPLIANCE_CHECKS: 'Books that ought to say the same and do not.',
  },
);

@ObjectType({ description: 'Something that happened, as it was recorded; for operators.' })
export class AuditRecord {
  @Field(() => ID, { description: 'Identifies the record; opaque.' })
  id!: string;

  @Field(() => AuditStreamEnum, { description: 'What it is about.' })
  stream!: AuditStream;

  @Field(() => String, {
    description: 'What happened: the topic of the event, for example "orders.created".',
  })
  kind!: string;

  @Field(() => DateTime, { description: 'When it was recorded.' })
  at!: Date;

  @Field(() => String, {
    description: 'Id of what it happened to, without its type: an order, a user, an app.',
  })
  subject!: string;

  @Field(() => User, {
    nullable: true,
    description: "Whose action or money it was; null where it was nobody's.",
  })
  user!: User | null;

  @Field(() => String, { description: 'All that was recorded, as JSON; amounts in paise.' })
  facts!: string;

  @Field(() => Boolean, {
    description:
      'Whether it is sealed: a later change of it would be found. So it is within a second, as a rule.',
  })
  isSealed!: boolean;
}

export const AuditRecordConnection = connectionOf(AuditRecord, 'AuditRecord', 'records');
