/**
 * How events reach one reaction: a batch, one transaction. When a batch fails, halves of it are tried, down to the one
 * event that is to blame; that one is tried a few times more and then goes to the dead letters, and all others take
 * effect exactly once. Where events come from and how their place is remembered is the business of a `Take`.
 */
import type { Topic } from '@gridworks/schema/events';
import type { Database, Tx } from '../db.ts';
import { publish, type EventOf, type Reaction } from '../events.ts';
import type { Log } from '../telemetry.ts';
import { bury } from './dead-letter.ts';

/** The next events of a consumer, reserved until the transaction ends. */
export interface Batch {
  /** Not empty, in their order. */
  readonly events: readonly EventOf<Topic>[];
  /** They were handled before, so what follows from them is in the log already. */
  readonly isRepeated: boolean;
  /** Remembers, in the transaction, that they were handled. */
  readonly keep: () => Promise<void>;
}

/** Up to `limit` of the next events; undefined when there are none, or another process is at them. */
export type Take = (tx: Tx, limit: number) => Promise<Batch | undefined>;

/** So many that the statements of a batch weigh little against its rows, so few that a batch takes well under a second. */
const BATCH_MAX = 2_000;
const ATTEMPTS = 4;
const RETRY_MS = 50;

export class Delivery {
  #limit = BATCH_MAX;
  #attempts = 0;

  constructor(
    private readonly db: Database,
    private readonly log: Log,
    private readonly reaction: Reaction,
  ) {}

  /**
   * Handles the next batch and returns how many events it had; 0 when there was nothing. Throws what is no event's
   * fault (a lost connection, a deadlock): then nothing happened, and it may be called again.
   */
  async next(take: Take): Promise<number> {
    for (;;) {
      const handled = await this.db.backgroundTransaction((tx) => this.#attempt(tx, take));
      if (handled !== undefined) return handled;
      // Outside the transaction: a sleeping one would hold up the readers of the log.
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * this.#attempts));
    }
  }

  /** The number of events handled, or undefined when they failed and are to be tried again. */
  async #attempt(tx: Tx, take: Take): Promise<number | undefined> {
    const batch = await take(tx, this.#limit);
    if (!batch) return 0;
    const { events, isRepeated } = batch;
    await tx.query('SAVEPOINT batch');
    try {
      const answers = await this.reaction.handle(tx, events);
      if (!isRepeated) await publish(tx, answers);
      // What is checked at the end of a transaction is checked now, while it is known whose fault it is.
      await tx.query('SET CONSTRAINTS ALL IMMEDIATE');
      this.#limit = Math.min(BATCH_MAX, this.#limit * 2);
    } catch (error) {
      // Where the connection was lost this throws, and nothing is held against the events.
      await tx.query('ROLLBACK TO SAVEPOINT batch');
      if (isPassing(error)) throw error;
      const [event] = events;
      if (!event || events.length > 1) {
        this.#limit = Math.ceil(events.length / 2);
        return undefined;
      }
      if (++this.#attempts < ATTEMPTS) return undefined;
      const { consumer } = this.reaction;
      this.log.error({ error, consumer, event: event.id }, 'an event went to the dead letters');
      await bury(tx, consumer, event, ATTEMPTS, error);
    }
    this.#attempts = 0;
    await batch.keep();
    return events.length;
  }
}

/** Lost or refused connections, deadlocks, and a server that is short of something or going down. */
function isPassing(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^(08|40|53|55P03|57)/.test(code);
}
