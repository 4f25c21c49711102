/**
 * Runs the sagas of a process, one step at a time. A saga is taken up for a while, without a transaction that would hold
 * up others; who is killed in the middle leaves it to whoever takes it up next, and who was only slow finds that it is
 * not theirs any more.
 */
import type { Database } from '../db.ts';
import { Loop } from '../events/loop.ts';
import { publish, type Bus } from '../events.ts';
import { newId } from '../id.ts';
import { isRefusal } from '../refusal.ts';
import { Waiting, type Saga, type SagaDefinition, type StepOf } from '../saga.ts';
import type { Log } from '../telemetry.ts';
import type { Clock } from '../time.ts';
import { claimSaga, insertSaga, moveSaga, sagaByKey, type ClaimedSaga } from './store.ts';

const POLL_MS = 250;
/** No step takes so long. */
const CLAIM_MS = 10_000;
const RETRY_MS = 100;
const RETRY_MS_MAX = 60_000;

type Move = Pick<Saga, 'status' | 'step' | 'state' | 'reason'> & {
  readonly error?: string;
  readonly waitMs?: number;
};

type SagaOwner = Pick<Saga, 'userId' | 'tenantId' | 'key'>;

export class SagaRunner {
  readonly #definitions = new Map<string, SagaDefinition<unknown>>();
  readonly #waiting = new Set<() => void>();
  #loop: Loop | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly db: Database,
    private readonly bus: Pick<Bus, 'onWake' | 'committed'>,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Adds a kind of saga; before `start`. */
  on<S>(definition: SagaDefinition<S>): void {
    this.#definitions.set(definition.kind, definition);
  }

  /** Goes on with what was begun. */
  start(): void {
    this.#loop = new Loop(() => this.next(), this.log, 'sagas');
    // What is begun here is done at once; what failed before, or was begun elsewhere, is looked for now and then.
    this.#timer = setInterval(() => this.#loop?.wake(), POLL_MS);
  }

  /** Finishes the step at hand. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#loop?.stop();
  }

  /** Begins a saga, or finds the one that its user has begun under this key. It may have another state. */
  async begin<S>(definition: SagaDefinition<S>, owner: SagaOwner, state: S): Promise<Saga<S>> {
    const saga = await this.tryBegin(definition, owner, state);
    if (!saga) throw new Error(`the saga ${owner.key} was not kept`);
    return saga;
  }

  /** The same; undefined where its user has another one of an exclusive kind under way. */
  async tryBegin<S>(
    { kind, timeoutMs, isExclusive = false }: SagaDefinition<S>,
    owner: SagaOwner,
    state: S,
  ): Promise<Saga<S> | undefined> {
    const nowMs = this.clock();
    const times = { startedAt: new Date(nowMs), deadline: new Date(nowMs + timeoutMs) };
    await insertSaga(this.db.system, { id: newId(), kind, ...owner, state, ...times, isExclusive });
    this.#loop?.wake();
    return this.known<S>(kind, owner);
  }

  /** The saga that a user has begun under this key. */
  async known<S>(kind: string, { userId, key }: Pick<Saga, 'userId' | 'key'>): Promise<Saga<S> | undefined> {
    return (await sagaByKey(this.db.system, { kind, userId, key })) as Saga<S> | undefined;
  }

  /** The saga when it has ended, or as it stands after so long. */
  async ended<S>({ userId, kind, key }: Saga<S>, waitMs: number): Promise<Saga<S>> {
    const waitsUntil = performance.now() + waitMs;
    for (;;) {
      let resume = (): void => undefined;
      const changed = new Promise<void>((resolve) => (resume = resolve));
      // Here it is told at once; where another process runs it, the bus looks now and then.
      const leave = this.bus.onWake(resume);
      this.#waiting.add(resume);
      try {
        const saga = await sagaByKey(this.db.system, { userId, kind, key });
        if (!saga) throw new Error(`the saga ${key} is gone`);
        if (saga.endedAt !== null || performance.now() > waitsUntil) return saga as Saga<S>;
        await changed;
      } finally {
        leave();
        this.#waiting.delete(resume);
      }
    }
  }

  /** Does the next step of a saga that waits for one; false when none does. */
  async next(): Promise<boolean> {
    const nowMs = this.clock();
    const kinds = [...this.#definitions.keys()];
    const saga = await claimSaga(this.db.system, kinds, new Date(nowMs), new Date(nowMs + CLAIM_MS));
    const definition = saga && this.#definitions.get(saga.kind);
    if (!definition) return false;
    const move =
      saga.status === 'RUNNING' ? this.#advance(saga, definition) : this.#takeBack(saga, definition);
    await this.#keep(saga, definition, await move.catch((error: unknown) => this.#failed(saga, error)));
    for (const resume of this.#waiting) resume();
    return true;
  }

  async #advance(saga: ClaimedSaga, definition: SagaDefinition<unknown>): Promise<Move> {
    const { step, state } = saga;
    // The step at hand may have been done: it is taken back too.
    if (this.clock() > saga.deadline.getTime()) return backFrom(step, state, 'TIMED_OUT');
    const steps = definition.steps(state);
    const after = await steps[step]?.do(state, stepOf(saga));
    if (after instanceof Waiting)
      return { status: 'RUNNING', step, state: after.state, reason: null, waitMs: after.forMs };
    if (isRefusal(after)) return backFrom(step - 1, definition.refused(state, step, after), after.code);
    const status = step + 1 < steps.length ? 'RUNNING' : 'COMPLETED';
    return { status, step: step + 1, state: after, reason: null };
  }

  async #takeBack(saga: ClaimedSaga, definition: SagaDefinition<unknown>): Promise<Move> {
    const { step, state, reason } = saga;
    return backFrom(step - 1, await definition.steps(state)[step]?.undo(state, stepOf(saga)), reason);
  }

  #failed(saga: ClaimedSaga, error: unknown): Move {
    const { id, kind, status, step, state, reason } = saga;
    this.log.error({ err: error, saga: id, kind, step }, 'a step of a saga failed and will be tried again');
    return { status, step, state, reason, error: String(error) };
  }

  async #keep(
    saga: ClaimedSaga,
    definition: SagaDefinition<unknown>,
    { error, waitMs = 0, ...move }: Move,
  ): Promise<void> {
    const nowMs = this.clock();
    const hasEnded = move.status === 'COMPLETED' || move.status === 'COMPENSATED';
    const failed = error === undefined ? 0 : saga.attempts;
    const pauseMs = failed === 0 ? waitMs : Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** (failed - 1));
    const kept = {
      ...move,
      attempts: failed,
      error: error ?? null,
      endedAt: hasEnded ? new Date(nowMs) : null,
      nextAt: new Date(nowMs + pauseMs),
    };
    const told = hasEnded ? (definition.ended?.({ ...saga, ...move }) ?? []) : [];
    if (told.length === 0) return void (await moveSaga(this.db.system, saga, kept));
    await this.db.systemTransaction(async (tx) => {
      if (await moveSaga(tx, saga, kept)) await publish(tx, told);
    });
    this.bus.committed();
  }
}

/** On the way back, with this step to be taken back next; at the beginning when there is none. */
function backFrom(step: number, state: unknown, reason: string | null): Move {
  return { status: step < 0 ? 'COMPENSATED' : 'COMPENSATING', step, state, reason };
}

function stepOf({ id, step, userId, tenantId }: Saga): StepOf {
  return { userId, tenantId, key: `${id}:${step}` };
}
