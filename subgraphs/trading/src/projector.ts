/**
 * Follows the journal and writes what comes of its commands: each once, in its order, many by one transaction, in which
 * goes along how far it has come. It knows what comes of a command by carrying it out once more, on a state of its own:
 * so it needs nothing from those who decided, and finds out when a command does not come to what it came to then. What
 * was acknowledged and not written when a process ended, the next one reads in the journal like all that follows. Its state
 * is also what snapshots are made of: to write out all orders takes a while, and those who take orders are spared it.
 */
import { Database } from '@gridworks/kit/db';
import { publish } from '@gridworks/kit/events';
import { Loop } from '@gridworks/kit/events/loop';
import { createLog } from '@gridworks/kit/telemetry';
import type { MessagePort } from 'node:worker_threads';
import type { Oms } from './domain/oms/oms.ts';
import { hashOfOms } from './domain/oms/state.ts';
import { eventsOf } from './events.ts';
import { carryOut, recallOms, type CarriedOut } from './recall.ts';
import { keepBatch } from './store/batch.ts';
import { advanceProjection, journalAfter, projectedUpTo, saveSnapshot } from './store/journal.ts';
import { keepWithdrawals } from './store/withdrawal.ts';

/** Commands that are written by one transaction. */
const BATCH_MAX = 1_000;
/** More are waited for so long, unless somebody waits: many small transactions cost more than one. */
const LINGER_MS = 10;
/** A snapshot is made after so many commands. */
const SNAPSHOT_COMMANDS = 200_000;

export interface ProjectorSettings {
  readonly databaseUrl: string;
  /** Commands between two snapshots. */
  readonly snapshotCommands?: number | undefined;
}

/** There may be more in the journal; or somebody waits until a command of it is written. */
export type ToProjector =
  { readonly kind: 'follow' | 'stop' } | { readonly kind: 'hurry'; readonly sequence: number };
/** Everything up to a command is written; or that failed, and is tried again; or a snapshot failed, and the next is awaited. */
export type FromProjector =
  | { readonly kind: 'written'; readonly sequence: number }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'unsaved'; readonly reason: string };

/** Projects until it is told to stop; then the port is closed. */
export function serveProjector(port: MessagePort, settings: ProjectorSettings): void {
  const db = new Database(settings.databaseUrl, { connections: 2 });
  const projector = new Projector(db, (told) => port.postMessage(told), settings.snapshotCommands);
  // What fails is told, and logged by who hears it.
  const loop = new Loop(() => projector.step(), createLog('projection', 'silent'), 'trading.projection');
  const stop = async (): Promise<void> => {
    projector.hurry(Number.MAX_SAFE_INTEGER);
    await loop.stop();
    await db.close();
    port.close();
  };
  port.on('message', (asked: ToProjector) => {
    if (asked.kind === 'stop') return void stop();
    if (asked.kind === 'hurry') projector.hurry(asked.sequence);
    loop.wake();
  });
}

class Projector {
  #oms: Oms | undefined;
  /** Of the last command that is carried out, and of the last that is written, as far as is known. */
  #sequence = 0;
  #written = 0;
  #snapshotSequence = 0;
  /** Carried out and not known to be written. */
  #batch: readonly CarriedOut[] = [];
  /** Whether the last transaction was committed is not known. */
  #isInDoubt = false;
  /** Somebody waits for this command. */
  #awaited = 0;
  #endLinger: (() => void) | undefined;

  constructor(
    private readonly db: Database,
    private readonly tell: (told: FromProjector) => void,
    private readonly snapshotCommands = SNAPSHOT_COMMANDS,
  ) {}

  hurry(sequence: number): void {
    this.#awaited = Math.max(this.#awaited, sequence);
    this.#endLinger?.();
  }

  /** Writes the next commands; false when there are none. */
  async step(): Promise<boolean> {
    try {
      this.#oms ??= await this.#recall();
      if (this.#isInDoubt) await this.#catchUp();
      if (this.#batch.length === 0) {
        const next = await this.#next(this.#oms);
        if (next.length === 0) return false;
        // Another one may have been ahead.
        this.#batch = next.filter((step) => step.sequence > this.#written);
      }
      const last = this.#batch.at(-1);
      if (!last) return true;
      this.#isInDoubt = true;
      // Where a process that was replaced was faster, the next step finds out how far it has come.
      if (!(await this.#write(this.#batch, last.sequence))) return true;
      this.#isInDoubt = false;
      this.#advance(last.sequence);
      if (last.sequence - this.#snapshotSequence >= this.snapshotCommands) await this.#snapshot(this.#oms);
      return true;
    } catch (error) {
      this.tell({ kind: 'failed', reason: reasonOf(error) });
      throw error;
    }
  }

  /** Keeps the state, while the tables tell of everything in it: a start looks at what comes after. */
  async #snapshot(oms: Oms): Promise<void> {
    const state = oms.state();
    const snapshot = { sequence: this.#sequence, state, hash: hashOfOms(state) };
    this.#snapshotSequence = snapshot.sequence;
    try {
      await this.db.backgroundTransaction((tx) => saveSnapshot(tx, snapshot));
    } catch (error) {
      // The journal has everything.
      this.tell({ kind: 'unsaved', reason: reasonOf(error) });
    }
  }

  /** The state as it was after the last command that is written. */
  async #recall(): Promise<Oms> {
    const written = await projectedUpTo(this.db.background);
    const recalled = await recallOms(this.db.background, written);
    if (recalled?.sequence !== written)
      throw new Error(`the tables tell of command ${written}, and the journal ends before it`);
    this.#sequence = written;
    this.#snapshotSequence = recalled.snapshotSequence;
    this.#isInDoubt = false;
    this.#advance(written);
    return recalled.oms;
  }

  /** Reads the next commands and carries them out. */
  async #next(oms: Oms): Promise<readonly CarriedOut[]> {
    if (this.#awaited <= this.#sequence) await this.#linger();
    const entries = await journalAfter(this.db.background, this.#sequence, BATCH_MAX);
    try {
      return entries.map((entry) => {
        const step = carryOut(oms, this.#sequence, entry);
        this.#sequence = entry.sequence;
        return step;
      });
    } catch (error) {
      this.#oms = undefined;
      throw error;
    }
  }

  /** False, and nothing is written, where the tables are not where they were left. */
  async #write(batch: readonly CarriedOut[], sequence: number): Promise<boolean> {
    const outcomes = batch.map(({ outcome }) => outcome);
    const happenings = outcomes.flatMap((outcome) => outcome.happenings);
    const balances = outcomes.flatMap((outcome) => outcome.balances);
    const stock = outcomes.flatMap((outcome) => outcome.stock);
    return this.db.backgroundTransaction(async (tx) => {
      if (!(await advanceProjection(tx, this.#written, sequence))) return false;
      await keepBatch(tx, {
        happenings,
        balances: latest(balances, ({ userId }) => userId),
        stock: latest(stock, ({ userId, symbol, product }) => `${userId} ${symbol} ${product}`),
      });
      await keepWithdrawals(tx, batch);
      await publish(tx, batch.flatMap(eventsOf));
      return true;
    });
  }

  /** Asks how far it has come; what is written by then is done. */
  async #catchUp(): Promise<void> {
    const written = await projectedUpTo(this.db.background);
    if (written < this.#written) {
      this.#oms = undefined;
      throw new Error(`the tables went back to command ${written}`);
    }
    this.#isInDoubt = false;
    this.#advance(written);
  }

  #advance(sequence: number): void {
    this.#written = sequence;
    this.#batch = this.#batch.filter((step) => step.sequence > sequence);
    this.tell({ kind: 'written', sequence });
  }

  #linger(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#endLinger?.(), LINGER_MS);
      this.#endLinger = () => {
        clearTimeout(timer);
        this.#endLinger = undefined;
        resolve();
      };
    });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Of each key the last one. */
function latest<T>(all: readonly T[], keyOf: (each: T) => string): T[] {
  return [...new Map(all.map((each) => [keyOf(each), each])).values()];
}
