/**
 * The exchange's state machine with a memory: every command that changes it is written to the journal before anybody is
 * told. A command is decided in memory the moment it arrives. What was decided while the database was busy is written by
 * one statement when it is free again (group commit), in the order of the decisions; each caller is answered after that
 * commit. The tables that the graph reads follow from the journal, see `projection.ts`.
 *
 * When a commit fails, whether it took place may be unknown. Then everything that was decided and not answered is given
 * up, its callers are told so, and the state is made anew from the database before anything else is decided.
 */
import type { Database, Sql, Tx } from '@gridworks/kit/db';
import type { Bus } from '@gridworks/kit/events';
import { isRefusal } from '@gridworks/kit/refusal';
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import DataLoader from 'dataloader';
import type { TradingRefusal } from './domain/order.ts';
import type { Command } from './domain/oms/command.ts';
import { NameSet } from './domain/oms/names.ts';
import { digestOf, type Decided, type Outcome } from './domain/oms/outcome.ts';
import { hashOfOms } from './domain/oms/state.ts';
import { Oms } from './domain/oms/oms.ts';
import { Projection, type Projected } from './projection.ts';
import { readAccounts } from './store/account.ts';
import {
  appendJournal,
  latestSnapshot,
  projectedUpTo,
  readJournal,
  saveSnapshot,
  type NewJournalEntry,
  type JournalSnapshot,
} from './store/journal.ts';
import { clientOrderIdsOf, openOrders } from './store/order.ts';
import { holdTurn, takeTurn } from './store/writer.ts';

/** Written by one statement; more wait for the next. */
const BATCH_MAX = 512;
/** A snapshot is made after so many commands, and these many of the latest are kept. */
const SNAPSHOT_COMMANDS = 200_000;
const SNAPSHOTS_KEPT = 2;

export interface Owner {
  readonly userId: string;
  readonly tenantId: string;
}

/** What was decided about a command. */
export interface Decision {
  readonly outcome: Outcome | TradingRefusal;
  /** Resolves when all that it rests on is committed; rejects when it was given up. */
  readonly committed: Promise<void>;
}

/** A command that was decided, as it is written; made while the commit before is under way. */
type Entry = NewJournalEntry & Projected;

/** Something decided that is not committed yet. */
interface Pending {
  readonly entries: readonly Entry[];
  settle(): void;
  fail(error: Error): void;
}

export class JournaledOms {
  #oms: Oms | undefined;
  #loading: Promise<Oms> | undefined;
  #epoch = 0n;
  /** Of the latest command that was decided, and of the one up to which there is a snapshot. */
  #sequence = 0;
  #snapshotSequence = 0;
  #pending: Pending[] = [];
  #isWriting = false;
  /** Of snapshots, one after the other. */
  #saving: Promise<void> = Promise.resolve();
  #names = new NameSet();
  /** Users whose names are among those. */
  readonly #named = new Set<string>();
  /** Names of orders that are decided and not committed. */
  readonly #naming = new Set<string>();
  readonly #projection: Projection;
  readonly #owners = new DataLoader<Owner, void>((owners) => this.#meet(owners), { cache: false });

  constructor(
    private readonly db: Database,
    bus: Bus,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly orderRateMax: number,
    /** Told when the state was made anew. */
    private readonly onLoad: (oms: Oms) => void,
    private readonly snapshotCommands = SNAPSHOT_COMMANDS,
  ) {
    this.#projection = new Projection(db, bus, log);
    bus.onSettle(() => this.shown());
  }

  /** Takes the turn as the one writer and makes the state from what is kept; the tables show it then. */
  async start(): Promise<void> {
    this.#oms = undefined;
    this.#epoch = await takeTurn(this.db.system);
    await this.ready();
    await this.shown();
  }

  /** Resolves when everything that was decided is committed and shown, or given up. */
  async stop(): Promise<void> {
    await this.settled().catch(() => undefined);
    await this.shown().catch(() => undefined);
    await this.#saving;
    await this.#projection.stop();
  }

  /** Resolves when the tables show everything that was committed before. */
  shown(): Promise<void> {
    return this.#projection.shown();
  }

  /** Runs a transaction as the one writer: it fails when another process has taken over. */
  asWriter<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.db.systemTransaction(async (tx) => {
      await holdTurn(tx, this.#epoch);
      return work(tx);
    });
  }

  /** The state machine, with this user's account open. To be used before anything else is awaited. */
  async ready(owner?: Owner): Promise<Oms> {
    for (;;) {
      const oms = this.#oms ?? (await this.#load());
      if (oms !== this.#oms) continue;
      if (this.#projection.isFull) {
        await this.#projection.room();
        continue;
      }
      if (!owner || (oms.hasAccount(owner.userId) && this.#named.has(owner.userId))) return oms;
      await this.#owners.load(owner);
    }
  }

  /** Carries out a command. `done` is called after the commit, before anybody who waits for it goes on. */
  execute(command: Command, done?: () => void): Decision {
    const oms = this.#oms;
    if (!oms) throw new Error('the exchange is making its state anew');
    let decided: Decided;
    try {
      decided = oms.decide(command);
    } catch (error) {
      // It may have changed a part of the state.
      this.#oms = undefined;
      throw error;
    }
    const { outcome, steps } = decided;
    if (isRefusal(outcome)) return { outcome, committed: this.settled() };
    const entries = steps.map((step): Entry => {
      this.#sequence += 1;
      return {
        sequence: this.#sequence,
        at: step.command.at,
        command: step.command,
        outcome: step.outcome,
        json: JSON.stringify(step.command),
        digest: digestOf(step.outcome),
      };
    });
    if (command.kind !== 'place') return { outcome, committed: this.#keep(entries, done) };

    const { userId, clientOrderId } = command;
    const name = nameOf(userId, clientOrderId);
    this.#names.add(userId, clientOrderId);
    this.#naming.add(name);
    return { outcome, committed: this.#keep(entries, done, () => this.#naming.delete(name)) };
  }

  /** Calls back when everything that was decided before is committed; at once when it is. Not at all if it was given up. */
  afterwards(done: () => void): void {
    if (!this.#isWriting && this.#pending.length === 0) return done();
    this.#pending.push({ entries: [], settle: done, fail: () => undefined });
  }

  /** Resolves when everything that was decided before is committed. */
  settled(): Promise<void> {
    if (!this.#isWriting && this.#pending.length === 0) return Promise.resolve();
    return this.#keep([]);
  }

  /** Whether the user gave this name to an order that is decided and not committed yet. */
  isNaming(userId: string, clientOrderId: string): boolean {
    return this.#naming.has(nameOf(userId, clientOrderId));
  }

  /** Whether the user may have given this name to an order; false is certain, true nearly so. */
  isNamed(userId: string, clientOrderId: string): boolean {
    return this.#names.has(userId, clientOrderId);
  }

  /** Queues what was decided; `ended` is called in any case, `done` when it is committed. */
  #keep(entries: readonly Entry[], done?: () => void, ended?: () => void): Promise<void> {
    const committed = new Promise<void>((resolve, reject) => {
      this.#pending.push({
        entries,
        settle: () => {
          ended?.();
          // Whoever waits goes on after this, and so after `done`.
          resolve();
          done?.();
        },
        fail: (error) => {
          ended?.();
          reject(error);
        },
      });
    });
    // Not everybody waits: who does hears of it all the same.
    committed.catch(() => undefined);
    if (this.#sequence - this.#snapshotSequence >= this.snapshotCommands) this.#snapshot();
    if (!this.#isWriting) void this.#write();
    return committed;
  }

  /** Writes batch after batch until nothing is left. */
  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0, BATCH_MAX);
      try {
        await this.#commit(batch.flatMap(({ entries }) => entries));
      } catch (error) {
        this.#oms = undefined;
        const reason = error instanceof Error ? error : new Error(String(error));
        for (const each of [...batch, ...this.#pending.splice(0)]) each.fail(reason);
        break;
      }
      for (const each of batch) this.#settle(each);
    }
    this.#isWriting = false;
  }

  /** What is told of a commit must not come between it and the next. */
  #settle(committed: Pending): void {
    try {
      committed.settle();
    } catch (error) {
      this.log.error({ err: error }, 'what was committed could not be told');
    }
  }

  async #commit(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    await appendJournal(this.db.system, this.#epoch, entries);
    this.#projection.add(entries);
  }

  /** Keeps the state as it stands now, when all that led to it is shown: a start looks at what comes after. */
  #snapshot(): void {
    const oms = this.#oms;
    if (!oms) return;
    const state = oms.state();
    const snapshot = { sequence: this.#sequence, state, hash: hashOfOms(state) };
    this.#snapshotSequence = snapshot.sequence;
    const settle = (): void => {
      const shown = this.shown();
      this.#saving = this.#saving.then(() => this.#save(snapshot, shown));
    };
    this.#pending.push({ entries: [], settle, fail: () => undefined });
  }

  async #save(snapshot: JournalSnapshot, shown: Promise<void>): Promise<void> {
    try {
      await shown;
      await this.asWriter((tx) => saveSnapshot(tx, snapshot, SNAPSHOTS_KEPT));
    } catch (error) {
      this.log.error({ err: error }, 'a snapshot of the exchange was not kept; the journal has everything');
    }
  }

  /** Makes the state from the latest snapshot and the commands after it; from the tables where there is neither. */
  #load(): Promise<Oms> {
    this.#loading ??= this.#recall().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #recall(): Promise<Oms> {
    await this.settled().catch(() => undefined);
    await this.#projection.pause();
    const shownUpTo = await projectedUpTo(this.db.system);
    const unshown: Projected[] = [];
    const note = (each: Projected): void => {
      if (each.sequence > shownUpTo) unshown.push(each);
    };
    const recalled = (await recallOms(this.db.system, undefined, false, note)) ?? (await this.#adopt());
    const { oms, sequence, snapshotSequence } = recalled;
    this.#projection.start(shownUpTo);
    this.#projection.add(unshown);
    this.#sequence = sequence;
    this.#snapshotSequence = snapshotSequence;
    // They moved meanwhile; who makes the market will quote anew.
    oms.withdrawQuotes();
    this.#oms = oms;
    if (oms.orderRateMax !== this.orderRateMax)
      this.execute({ kind: 'limits', at: this.clock(), orderRateMax: this.orderRateMax });
    this.onLoad(oms);
    return oms;
  }

  /** The first state: orders that waited before there was a journal, and what their owners have. */
  async #adopt(): Promise<Recalled> {
    const oms = new Oms();
    const orders = await openOrders(this.db.system);
    const owners = new Map(orders.map(({ userId, tenantId }) => [userId, { userId, tenantId }]));
    for (const account of await readAccounts(this.db.system, [...owners.values()]))
      oms.apply({ kind: 'open', at: 0, ...account });
    for (const { arrival: _, ...order } of orders) oms.adopt(order);
    const state = oms.state();
    await this.asWriter((tx) =>
      saveSnapshot(tx, { sequence: 0, state, hash: hashOfOms(state) }, SNAPSHOTS_KEPT),
    );
    return { oms, sequence: 0, snapshotSequence: 0 };
  }

  /** Opens the accounts of users whom the state does not know, and learns which names they have used. */
  async #meet(owners: readonly Owner[]): Promise<void[]> {
    await this.shown();
    const distinct = [...new Map(owners.map((owner) => [owner.userId, owner])).values()];
    const accounts = await readAccounts(this.db.system, distinct);
    const unnamed = distinct.map(({ userId }) => userId).filter((userId) => !this.#named.has(userId));
    for (const { userId, clientOrderId } of await clientOrderIdsOf(this.db.system, unnamed))
      this.#names.add(userId, clientOrderId);
    for (const userId of unnamed) this.#named.add(userId);
    for (const account of accounts)
      if (this.#oms?.hasAccount(account.userId) === false)
        this.execute({ kind: 'open', at: this.clock(), ...account });
    return owners.map(() => undefined);
  }
}

/** A state and where in the journal it stands. */
export interface Recalled {
  readonly oms: Oms;
  readonly sequence: number;
  readonly snapshotSequence: number;
}

/**
 * The state after a command of the journal, or after the last: from the latest snapshot before it, or with `isWhole`
 * from the first. Undefined where nothing was ever kept. Throws when a command does not come to what it came to then.
 * `onApplied` hears of each command after the snapshot.
 */
export async function recallOms(
  sql: Sql,
  upTo?: number,
  isWhole = false,
  onApplied?: (command: Projected) => void,
): Promise<Recalled | undefined> {
  const snapshot = await latestSnapshot(sql, isWhole ? 0 : upTo);
  if (!snapshot) return undefined;
  const oms = new Oms(snapshot.state);
  if (hashOfOms(oms.state()) !== snapshot.hash)
    throw new Error(`the snapshot of command ${snapshot.sequence} is not what was kept`);
  const { sequence: snapshotSequence } = snapshot;
  let sequence = snapshotSequence;
  for await (const entries of readJournal(sql, sequence, upTo)) {
    for (const entry of entries) {
      const outcome = oms.apply(entry.command);
      if (entry.sequence !== sequence + 1 || isRefusal(outcome) || digestOf(outcome) !== entry.digest)
        throw new Error(`command ${entry.sequence} of the journal does not come to what it came to`);
      sequence = entry.sequence;
      onApplied?.({ sequence, command: entry.command, outcome });
    }
  }
  return { oms, sequence, snapshotSequence };
}

function nameOf(userId: string, clientOrderId: string): string {
  return `${userId} ${clientOrderId}`;
}
