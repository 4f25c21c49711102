/** Sagas as operators see them. */
import { DateTime, connectionOf, enumOf } from '@gridworks/kit/graph';
import type { SagaStatus } from '@gridworks/kit/saga';
import { Field, ID, Int, ObjectType } from 'type-graphql';
import { User } from './user.ts';

export const SagaStatusEnum = enumOf<SagaStatus>('SagaStatus', 'How far work in several steps has come.', {
  RUNNING: 'Steps are being done.',
  COMPENSATING: 'What was done is being taken back.',
  COMPLETED: 'Every step was done.',
  COMPENSATED: 'What was done was taken back.',
});

@ObjectType({ description: 'Work in several steps that is done whole or taken back; for operators.' })
export class Saga {
  @Field(() => ID, { description: 'Global id; opaque.' })
  id!: string;

  @Field(() => String, { description: 'What it does: "basket", "rebalancing" or "withdrawal".' })
  kind!: string;

  @Field(() => String, { description: 'What its user calls it.' })
  key!: string;

  @Field(() => SagaStatusEnum, { description: 'How far it has come.' })
  status!: SagaStatus;

  @Field(() => Int, {
    description:
      'The step to be done next, from 0 on; while it is taken back, the one to be taken back next, and -1 when all are.',
  })
  step!: number;

  @Field(() => Int, {
    description: 'Failed attempts at that step, which is tried again; 0 when none failed.',
  })
  attempts!: number;

  @Field(() => String, { nullable: true, description: 'How the last attempt failed; null when it did not.' })
  error!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why it is taken back: the code of a refusal, or TIMED_OUT; null while it is not.',
  })
  reason!: string | null;

  @Field(() => DateTime, { description: 'When it was begun.' })
  startedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it ended; null while it has not.' })
  endedAt!: Date | null;

  @Field(() => User, { description: 'Whose it is.' })
  user!: User;
}

export const SagaConnection = connectionOf(Saga, 'Saga', 'sagas');
