/**
 * What follows from the commands of the journal, as the graph reads it and as other domains hear of it: orders, trades,
 * order events, balances, stock, and events in the log. It comes some milliseconds after the journal, in the journal's
 * order, and each command once: how far it has come is kept in the transaction of what it writes. What was acknowledged
 * and not written when a process ended is written by the next one, which comes to it by carrying out the commands again.
 */
import type { Database } from '@gridworks/kit/db';
import { publish, type Bus } from '@gridworks/kit/events';
import { Loop } from '@gridworks/kit/events/loop';
import type { Log } from '@gridworks/kit/telemetry';
import type { OmsStep } from './domain/oms/outcome.ts';
import { eventsOf } from './events.ts';
import { keepBatch } from './store/batch.ts';
import { advanceProjection, projectedUpTo } from './store/journal.ts';

/** Commands that are written by one transaction. */
const BATCH_MAX = 1_000;
/** More are waited for so long, unless somebody waits: many small transactions cost more than one. */
const LINGER_MS = 5;
/** From so many that wait on, no command is taken. */
const BACKLOG_MAX = 50_000;

/** A command that is committed, and what came of it. */
export interface Projected extends OmsStep {
  readonly sequence: number;
}

interface Waiter {
  readonly sequence: number;
  resolve(): void;
  reject(error: Error): void;
}

export class Projection {
  readonly #queue: Projected[] = [];
  /** Of the last command that is written, as far as is known. */
  #sequence = 0;
  /** Whether the last transaction was committed is not known. */
  #isInDoubt = false;
  #waiters: Waiter[] = [];
  #flush: (() => void) | undefined;
  #loop: Loop | undefined;

  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
    private readonly log: Log,
  ) {}

  /** Whether so much waits that no more should be added. */
  get isFull(): boolean {
    return this.#queue.length >= BACKLOG_MAX;
  }

  /** Goes on after the command of this sequence, the last that is written. */
  start(sequence: number): void {
    this.#isInDoubt = false;
    this.#written(sequence);
    this.#loop = new Loop(() => this.#step(), this.log, 'trading.projection');
  }

  /**
   * Resolves when no transaction is under way. What waits is forgotten, because it can be had again from the journal; who
   * waits for it goes on waiting.
   */
  async pause(): Promise<void> {
    this.#flush?.();
    await this.#loop?.stop();
    this.#loop = undefined;
    this.#queue.length = 0;
  }

  async stop(): Promise<void> {
    await this.pause();
    this.#giveUp(new Error('the exchange has stopped'));
  }

  /** Takes committed commands, which follow those before without a gap. */
  add(commands: readonly Projected[]): void {
    for (const command of commands) this.#queue.push(command);
    this.#loop?.wake();
  }

  /** Resolves when everything that was added before is written; rejects when that failed, though it is tried again. */
  shown(): Promise<void> {
    const last = this.#queue.at(-1);
    return last ? this.#until(last.sequence) : Promise.resolve();
  }

  /** Resolves when less waits than now: whoever waits has to look again whether there is room. */
  room(): Promise<void> {
    const next = this.#queue[0];
    return next ? this.#until(next.sequence) : Promise.resolve();
  }

  #until(sequence: number): Promise<void> {
    this.#flush?.();
    return new Promise((resolve, reject) => this.#waiters.push({ sequence, resolve, reject }));
  }

  async #step(): Promise<boolean> {
    if (this.#queue.length === 0) return false;
    if (this.#waiters.length === 0 && this.#queue.length < BATCH_MAX) await this.#linger();
    try {
      if (this.#isInDoubt) await this.#catchUp();
      const batch = this.#queue.slice(0, BATCH_MAX);
      const last = batch.at(-1);
      if (!last) return true;
      this.#isInDoubt = true;
      await this.#write(batch, last.sequence);
      this.#isInDoubt = false;
      this.#written(last.sequence);
    } catch (error) {
      this.#giveUp(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
    this.bus.committed();
    return true;
  }

  async #write(batch: readonly Projected[], sequence: number): Promise<void> {
    const outcomes = batch.map(({ outcome }) => outcome);
    const happenings = outcomes.flatMap((outcome) => outcome.happenings);
    const balances = outcomes.flatMap((outcome) => outcome.balances);
    const stock = outcomes.flatMap((outcome) => outcome.stock);
    await this.db.systemTransaction(async (tx) => {
      await advanceProjection(tx, this.#sequence, sequence);
      await keepBatch(tx, {
        happenings,
        balances: latest(balances, ({ userId }) => userId),
        stock: latest(stock, ({ userId, symbol, product }) => `${userId} ${symbol} ${product}`),
      });
      await publish(tx, batch.flatMap(eventsOf));
    });
  }

  /** Asks how far it has come. */
  async #catchUp(): Promise<void> {
    const sequence = await projectedUpTo(this.db.system);
    this.#written(sequence);
    this.#isInDoubt = false;
  }

  #written(sequence: number): void {
    const count = this.#queue.findIndex((command) => command.sequence > sequence);
    this.#queue.splice(0, count < 0 ? this.#queue.length : count);
    this.#sequence = sequence;
    const waiters = this.#waiters;
    this.#waiters = waiters.filter((waiter) => waiter.sequence > sequence);
    for (const waiter of waiters) if (waiter.sequence <= sequence) waiter.resolve();
  }

  #giveUp(error: Error): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  #linger(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#flush?.(), LINGER_MS);
      this.#flush = () => {
        clearTimeout(timer);
        this.#flush = undefined;
        resolve();
      };
    });
  }
}

/** Of each key the last one. */
function latest<T>(all: readonly T[], keyOf: (each: T) => string): T[] {
  return [...new Map(all.map((each) => [keyOf(each), each])).values()];
}
