/**
 * The exchange's state machine with a memory: every command that changes it is written to the journal before anybody is
 * told. A command is decided in memory the moment it arrives. What was decided while the database was busy is written by
 * one statement when it is free again (group commit), in the order of the decisions; each caller is answered after that
 * commit. The tables that the graph reads follow from the journal, see `projection.ts`.
 *
 * When a commit fails, whether it took place may be unknown. Then everything that was decided and not answered is given
 * up, its callers are told so, and the state is made anew from the database before anything else is decided.
 */
import type { Database, Tx } from '@gridworks/kit/db';
import type { Bus } from '@gridworks/kit/events';
import { isRefusal } from '@gridworks/kit/refusal';
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import DataLoader from 'dataloader';
import { isOpen, type TradingRefusal } from './domain/order.ts';
import type { Command } from './domain/oms/command.ts';
import { NameSet } from './domain/oms/names.ts';
import { digestOf, type Decided, type Outcome } from './domain/oms/outcome.ts';
import { hashOfOms } from './domain/oms/state.ts';
import { Oms } from './domain/oms/oms.ts';
import { Projection } from './projection.ts';
import { recallOms, type Recalled } from './recall.ts';
import { readAccounts } from './store/account.ts';
import { appendJournal, saveSnapshot, type NewJournalEntry } from './store/journal.ts';
import { clientOrderIdsOf, openOrders } from './store/order.ts';
import { holdTurn, takeTurn } from './store/writer.ts';

/** Written by one statement; more wait for the next. */
const BATCH_MAX = 512;
/** At least so many of the orders that ended last are known without a look into the tables. */
const ENDED_KEPT = 100_000;

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

/** Something decided that is not committed yet. */
interface Pending {
  readonly entries: readonly NewJournalEntry[];
  /** To be called when it is committed, after those who wait for it are told, and before they go on. */
  readonly done?: (() => void) | undefined;
  readonly resolve?: () => void;
  readonly reject?: (error: Error) => void;
  /** The name that an order gets by it. */
  readonly name?: string | undefined;
}

export class JournaledOms {
  #oms: Oms | undefined;
  #loading: Promise<Oms> | undefined;
  #epoch = 0n;
  /** Of the latest command that was decided. */
  #sequence = 0;
  #pending: Pending[] = [];
  #isWriting = false;
  #names = new NameSet();
  /** Users whose names are among those. */
  readonly #named = new Set<string>();
  /** Names of orders that are decided and not committed. */
  readonly #naming = new Set<string>();
  /** Whose the orders were that ended lately; the older half goes when the younger is full. */
  #ended = new Map<string, string>();
  #endedBefore = new Map<string, string>();
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
    snapshotCommands?: number,
  ) {
    this.#projection = new Projection({ databaseUrl: db.url, snapshotCommands }, bus, log);
    bus.onSettle(() => this.shown());
  }

  /** Takes the turn as the one writer and makes the state from what is kept; the tables show it then. */
  async start(): Promise<void> {
    this.#oms = undefined;
    this.#epoch = await takeTurn(this.db.system);
    await this.ready();
    this.#projection.start();
    await this.shown();
  }

  /** Resolves when everything that was decided is committed and shown, or given up. */
  async stop(): Promise<void> {
    await this.settled().catch(() => undefined);
    await this.shown().catch(() => undefined);
    await this.#projection.stop();
  }

  /** Resolves when the tables show everything that was committed before. */
  shown(): Promise<void> {
    return this.#projection.shown();
  }

  /** Runs a transaction as the one writer: it fails when another process has taken over. */
  asWriter<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.db.systemTransaction(async (tx) => {
      await this.holdTurn(tx);
      return work(tx);
    });
  }

  /** Makes sure within a transaction that this is the one writer; throws when another process has taken over. */
  holdTurn(tx: Tx): Promise<void> {
    return holdTurn(tx, this.#epoch);
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
    const entries = steps.map((step): NewJournalEntry => {
      this.#sequence += 1;
      this.#noteEnded(step.outcome);
      return {
        sequence: this.#sequence,
        at: step.command.at,
        json: JSON.stringify(step.command),
        digest: digestOf(step.outcome),
      };
    });
    if (command.kind !== 'place') return { outcome, committed: this.#keep(entries, done) };

    const { userId, clientOrderId } = command;
    const name = nameOf(userId, clientOrderId);
    this.#names.add(userId, clientOrderId);
    this.#naming.add(name);
    return { outcome, committed: this.#keep(entries, done, name) };
  }

  /** Calls back when everything that was decided before is committed; at once when it is. Not at all if it was given up. */
  afterwards(done: () => void): void {
    if (!this.#isWriting && this.#pending.length === 0) return done();
    this.#pending.push({ entries: [], done });
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

  /** Whose order this was, if it ended lately, be that committed or not. */
  ownerOfEnded(orderId: string): string | undefined {
    return this.#ended.get(orderId) ?? this.#endedBefore.get(orderId);
  }

  #noteEnded({ happenings }: Outcome): void {
    for (const { order } of happenings) if (!isOpen(order)) this.#ended.set(order.id, order.userId);
    if (this.#ended.size < ENDED_KEPT) return;
    this.#endedBefore = this.#ended;
    this.#ended = new Map();
  }

  #keep(entries: readonly NewJournalEntry[], done?: () => void, name?: string): Promise<void> {
    const committed = new Promise<void>((resolve, reject) => {
      this.#pending.push({ entries, done, resolve, reject, name });
    });
    // Not everybody waits: who does hears of it all the same.
    committed.catch(() => undefined);
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
        for (const each of [...batch, ...this.#pending.splice(0)]) this.#fail(each, reason);
        break;
      }
      for (const each of batch) this.#settle(each);
    }
    this.#isWriting = false;
  }

  /** What is told of a commit must not come between it and the next. */
  #settle({ name, resolve, done }: Pending): void {
    if (name !== undefined) this.#naming.delete(name);
    try {
      resolve?.();
      done?.();
    } catch (error) {
      this.log.error({ err: error }, 'what was committed could not be told');
    }
  }

  #fail({ name, reject }: Pending, reason: Error): void {
    if (name !== undefined) this.#naming.delete(name);
    reject?.(reason);
  }

  async #commit(entries: readonly NewJournalEntry[]): Promise<void> {
    const last = entries.at(-1);
    if (!last) return;
    await appendJournal(this.db.system, this.#epoch, entries);
    this.#projection.committed(last.sequence);
  }

  /** Makes the state from the latest snapshot and the commands after it; from the tables where there is neither. */
  #load(): Promise<Oms> {
    this.#loading ??= this.#recall().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #recall(): Promise<Oms> {
    await this.settled().catch(() => undefined);
    const { oms, sequence } = (await recallOms(this.db.system)) ?? (await this.#adopt());
    this.#projection.committed(sequence);
    this.#ended.clear();
    this.#endedBefore.clear();
    this.#sequence = sequence;
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
    await this.asWriter((tx) => saveSnapshot(tx, { sequence: 0, state, hash: hashOfOms(state) }));
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

function nameOf(userId: string, clientOrderId: string): string {
  return `${userId} ${clientOrderId}`;
}
