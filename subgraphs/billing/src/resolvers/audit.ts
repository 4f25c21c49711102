/** The audit trail: caller -> load -> return */
import { AUDIT_STREAMS, AUDIT_TOPICS, streamOfTopic, type AuditStream } from '@gridworks/kit/audit';
import { recordPage, type AuditRecord as RecordRow } from '@gridworks/kit/audit/store';
import { requireUser } from '@gridworks/kit/caller';
import { pageSize, toPage, type Page } from '@gridworks/kit/graph';
import { toGlobalId } from '@gridworks/kit/id';
import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import { resolveUser, type BillingContext } from '../resolvers.ts';
import { cursorOf, placeOf } from './place.ts';
import { AuditRecord, AuditRecordConnection, AuditStreamEnum } from '../schema/audit.ts';

function toRecord({ id, topic, at, key: subject, payload, isSealed }: RecordRow): AuditRecord {
  const stream = streamOfTopic(topic);
  if (!stream) throw new Error(`${topic} is no topic of the audit trail`);
  const user = 'userId' in payload ? resolveUser({ id: toGlobalId('User', payload.userId) }) : null;
  const facts = JSON.stringify(payload);
  return { id: toGlobalId('AuditRecord', id), stream, kind: topic, at, subject, user, facts, isSealed };
}

@Resolver(() => AuditRecord)
export class AuditResolver {
  @Query(() => AuditRecordConnection, {
    description: 'What happened in the tenant, the newest first; for operators.',
  })
  async auditTrail(
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from; null for the start.' })
    after: string | null | undefined,
    @Arg('stream', () => AuditStreamEnum, { nullable: true, description: 'Only this one; null for all.' })
    stream: AuditStream | null | undefined,
    @Ctx() { caller, withdrawing: { db } }: BillingContext,
  ): Promise<Page<AuditRecord>> {
    const { tenantId } = requireUser(caller, 'OPERATOR');
    const topics = stream ? AUDIT_STREAMS[stream] : AUDIT_TOPICS;
    const size = pageSize(first);
    const rows = await recordPage(db, tenantId, topics, size + 1, placeOf(after));
    const page = toPage(rows, size, cursorOf);
    return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: toRecord(node) })) };
  }
}
