/**
 * Work in several steps, each of which takes effect somewhere by itself: it is done whole, or what was done is taken back.
 * How far it has come is kept after each step, so it goes on after a crash. A step may then be done a second time:
 * what it does bears a name that follows from its saga, and whoever does it knows that name again.
 */
import type { NewEvent } from './events.ts';
import type { Refusal } from './refusal.ts';

export const SAGA_STATUSES = ['RUNNING', 'COMPENSATING', 'COMPLETED', 'COMPENSATED'] as const;
export type SagaStatus = (typeof SAGA_STATUSES)[number];

/** A saga as it is kept. */
export interface Saga<S = unknown> {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly kind: string;
  /** What its user calls it. */
  readonly key: string;
  readonly status: SagaStatus;
  /** The step to be done next; while it is taken back, the one to be taken back next. */
  readonly step: number;
  readonly state: S;
  /** Why it is taken back; null while it is not. */
  readonly reason: string | null;
  /** Of the step at hand. */
  readonly attempts: number;
  /** How the last attempt failed. */
  readonly error: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

/** A saga as it ends. */
export type EndedSaga<S> = Pick<
  Saga<S>,
  'id' | 'userId' | 'tenantId' | 'key' | 'status' | 'state' | 'reason'
>;

/** Whose saga a step belongs to, and under which name it takes effect. */
export interface StepOf {
  readonly userId: string;
  readonly tenantId: string;
  /** The same each time that this step is done or taken back. */
  readonly key: string;
}

/** What a step comes to that waits for something outside: it is done again after so long, from this state. */
export class Waiting<S> {
  constructor(
    readonly state: S,
    readonly forMs: number,
  ) {}
}

export interface SagaStep<S> {
  /** Does it, and gives the state after it. A refusal did nothing, and begins the way back; a throw is tried again. */
  do(state: S, of: StepOf): Promise<S | Refusal | Waiting<S>>;
  /** Takes it back, also where it is not known whether it was done; insists until that has succeeded. */
  undo(state: S, of: StepOf): Promise<S>;
}

/** `S` is kept as JSON; a bigint may stand anywhere in it. */
export interface SagaDefinition<S> {
  readonly kind: string;
  /** From its beginning; what is not done by then is taken back. */
  readonly timeoutMs: number;
  /** Of such a kind a user has one at a time under way. */
  readonly isExclusive?: boolean;
  /** Always as many, and the same ones, for the states of one saga. */
  steps(state: S): readonly SagaStep<S>[];
  /** The state of a saga that was refused at a step. */
  refused(state: S, step: number, refusal: Refusal): S;
  /** What others are told of its end, in the transaction that keeps it. */
  ended?(saga: EndedSaga<S>): readonly NewEvent[];
}
