/**
 * What the books are asked: commands recorded beforehand against a running engine, so that each one finds the order it
 * is about, the number of standing orders stays what it should be, and all contenders do the very same work.
 */
import type { Command, NewOrder, Report, Side, StpMode } from '@gridworks/trading/domain/matching/command';
import { FastEngine } from '@gridworks/trading/domain/matching/fast';
import { bandOf, tickSizeOf } from '@gridworks/trading/domain/matching/rules';
import { createRandom, type Random } from '@gridworks/trading/domain/random';
import { LiveOrders } from './live-orders.ts';

export interface Workload {
  readonly risk: boolean;
  readonly standing: number;
  /** Listing, accounts, and the standing orders: not timed. */
  readonly opening: readonly Command[];
  readonly commands: readonly Command[];
  /** Open orders at the fewest and at the most during the commands. */
  readonly standingMin: number;
  readonly standingMax: number;
  /** Reports of each kind that the commands caused. */
  readonly reports: Readonly<Record<string, number>>;
  /** What traded, in shares. */
  readonly volume: number;
}

const INSTRUMENT = 1;
const MIDDLE = 1_000_00;
const TICK = tickSizeOf(MIDDLE);
const BAND_BPS = 1_000;
/** Orders wait within so many ticks of the middle: near it, the most of them. */
const DEPTH_TICKS = 500;
const QUANTITY = 10;
const OWNERS = 2_000;
const LONG_AGO_MS = 1_700_000_000_000;
/** Ten commands a millisecond from two thousand owners: each places about three orders a second, below the limit of ten. */
const COMMANDS_A_MS = 10;
const STP: readonly StpMode[] = ['CANCEL_NEWEST', 'CANCEL_OLDEST', 'CANCEL_BOTH', 'DECREMENT'];

/**
 * The work that any order book can do: 50 % additions, 40 % cancellations, 10 % orders that trade with exactly one of
 * those that wait. No accounts.
 */
export function plainWorkload(standing: number, count: number): Workload {
  const recorder = new Recorder(`plain ${standing}`, { risk: false, standing });
  return recorder.record(count, (index) => {
    const turn = index % 10;
    if (turn === 9) return recorder.crossing({ type: 'LIMIT' });
    return turn % 2 === 0 ? recorder.addition({}) : recorder.cancellation();
  });
}

/**
 * Everything the exchange does, with the whole pre-trade ladder: all order types and validities, modifications with and
 * without loss of priority, self-trade prevention, expiries, mass cancellations, and orders that are refused.
 */
export function fullWorkload(standing: number, count: number): Workload {
  const recorder = new Recorder(`full ${standing}`, { risk: true, standing });
  return recorder.record(count, () => {
    const choice = recorder.uniform() * 1_000;
    if (choice < 120) return recorder.modification();
    if (choice < 160) return recorder.crossing({ type: 'LIMIT' });
    if (choice < 190) return recorder.crossing({ type: 'MARKET' });
    if (choice < 210) return recorder.crossing({ type: 'LIMIT', validity: 'IOC' });
    if (choice < 225) return recorder.crossing({ type: 'LIMIT', validity: 'FOK' });
    if (choice < 240) return recorder.refused();
    if (choice < 250) return recorder.clock();
    if (choice < 251) return recorder.massCancellation();
    if (recorder.missing <= 0) return recorder.cancellation();
    if (choice < 290) return recorder.stop();
    if (choice < 340)
      return recorder.addition({ type: 'ICEBERG', quantity: 5 * QUANTITY, display: QUANTITY });
    if (choice < 400) return recorder.addition({ postOnly: true });
    if (choice < 450) return recorder.addition({ validity: 'GTC' });
    if (choice < 500) return recorder.addition({ validity: 'GTD', expiresAt: recorder.soon() });
    return recorder.addition({});
  });
}

class Recorder {
  readonly #random: Random;
  readonly #engine: FastEngine;
  readonly #risk: boolean;
  readonly #standing: number;
  readonly #live = new LiveOrders();
  #at = LONG_AGO_MS;
  #order = 0;
  #count = 0;
  #volume = 0;
  #kinds: Record<string, number> = {};

  constructor(seed: string, { risk, standing }: { readonly risk: boolean; readonly standing: number }) {
    this.#random = createRandom(seed);
    this.#engine = new FastEngine({ risk });
    this.#risk = risk;
    this.#standing = standing;
  }

  record(count: number, next: (index: number) => Command): Workload {
    const opening: Command[] = [];
    const open = (command: Command): void => {
      opening.push(command);
      this.#apply(command);
    };
    for (const command of this.#opening()) open(command);
    while (this.missing > 0) open(this.addition({ validity: this.#risk ? 'DAY' : 'GTC' }));
    this.#kinds = {};
    this.#volume = 0;
    let [standingMin, standingMax] = [this.#live.size, this.#live.size];
    const commands: Command[] = [];
    for (let index = 0; index < count; index++) {
      const command = next(index);
      commands.push(command);
      this.#apply(command);
      standingMin = Math.min(standingMin, this.#live.size);
      standingMax = Math.max(standingMax, this.#live.size);
    }
    return {
      risk: this.#risk,
      standing: this.#standing,
      opening,
      commands,
      standingMin,
      standingMax,
      reports: this.#kinds,
      volume: this.#volume,
    };
  }

  uniform(): number {
    return this.#random.uniform();
  }

  /** Orders that are wanted to stand and do not. */
  get missing(): number {
    return this.#standing - this.#live.size;
  }

  soon(): number {
    return this.#at + Math.floor(this.uniform() * 2_000);
  }

  /** An order that waits: away from the middle, so that it trades with nobody. */
  addition(more: Partial<NewOrder>): NewOrder {
    const side = this.#side();
    const away = 1 + Math.floor(DEPTH_TICKS * this.uniform() * this.uniform());
    const price = MIDDLE + (side === 'BUY' ? -away : away) * TICK;
    return this.#new({ side, price, ...more });
  }

  /** A stop far enough away to sleep for the most part; now and then a sweep reaches one. */
  stop(): NewOrder {
    const side = this.#side();
    const away = 2 + Math.floor(DEPTH_TICKS * this.uniform() * this.uniform());
    const stop = MIDDLE + (side === 'BUY' ? away : -away) * TICK;
    const hasLimit = this.uniform() < 0.5;
    return this.#new({ side, type: hasLimit ? 'STOP_LIMIT' : 'STOP', stop, price: hasLimit ? stop : null });
  }

  /** An order that trades with the best one of the other side. */
  crossing(more: Pick<NewOrder, 'type'> & Partial<NewOrder>): NewOrder {
    const side = this.#side();
    const { bids, asks } = this.#engine.depth(INSTRUMENT, 1);
    const best = side === 'BUY' ? asks[0]?.price : bids[0]?.price;
    return this.#new({ side, price: more.type === 'MARKET' ? null : (best ?? MIDDLE), ...more });
  }

  cancellation(): Command {
    const { order, owner } = this.#live.pick(this.uniform()) ?? { order: 0, owner: 1 };
    return { kind: 'cancel', at: this.#now(), owner, order };
  }

  /** Half of them cut the quantity and keep their place, half move the price and lose it. */
  modification(): Command {
    const live = this.#live.pick(this.uniform());
    const base = {
      kind: 'modify',
      at: this.#now(),
      owner: live?.owner ?? 1,
      order: live?.order ?? 0,
      display: null,
    } as const;
    if (!live || live.price === null || (live.remaining > 1 && this.uniform() < 0.5)) {
      const quantity = Math.max(1, (live?.quantity ?? 2) - 1);
      return { ...base, quantity, price: null, stop: null };
    }
    const side = live.price < MIDDLE ? -1 : 1;
    const price = MIDDLE + side * (1 + Math.floor(DEPTH_TICKS * this.uniform() * this.uniform())) * TICK;
    return { ...base, quantity: null, price, stop: null };
  }

  massCancellation(): Command {
    const { owner } = this.#live.pick(this.uniform()) ?? { owner: 1 };
    return { kind: 'massCancel', at: this.#now(), owner, instrument: null, side: null };
  }

  clock(): Command {
    return { kind: 'clock', at: this.#now() };
  }

  /** Off tick, outside the band, above the freeze quantity, or more than its owner can pay. */
  refused(): NewOrder {
    const { upper } = bandOf(MIDDLE, BAND_BPS, 0, TICK);
    const faults: readonly Partial<NewOrder>[] = [
      { price: MIDDLE + 1 },
      { price: upper + TICK },
      { quantity: 1_000_001 },
      { quantity: 1_000_000 },
    ];
    const fault = faults[Math.floor(this.uniform() * faults.length)];
    return this.#new({ side: 'BUY', price: MIDDLE, ...fault });
  }

  #opening(): Command[] {
    const at = this.#at;
    const listing: Command = {
      kind: 'instrument',
      at,
      instrument: INSTRUMENT,
      tick: TICK,
      lot: 1,
      freeze: 1_000_000,
      bandBps: BAND_BPS,
      dynamic: true,
      previousClose: MIDDLE,
    };
    const accounts = Array.from({ length: OWNERS }, (_, index): Command[] => [
      {
        kind: 'account',
        at,
        owner: index + 1,
        cash: 1_000_000_000,
        positionMax: 10_000_000,
        orderToTradeMax: 500,
      },
      { kind: 'holding', at, owner: index + 1, instrument: INSTRUMENT, quantity: 1_000_000 },
    ]).flat();
    const phase: Command = { kind: 'phase', at, instrument: INSTRUMENT, phase: 'CONTINUOUS' };
    return [listing, ...(this.#risk ? accounts : []), phase];
  }

  #new(more: Partial<NewOrder> & Pick<NewOrder, 'side'>): NewOrder {
    this.#order += 1;
    return {
      kind: 'new',
      at: this.#now(),
      instrument: INSTRUMENT,
      // In turn, so that nobody is faster than the order rate allows.
      owner: 1 + (this.#order % OWNERS),
      order: this.#order,
      side: more.side,
      type: more.type ?? 'LIMIT',
      validity: more.validity ?? 'DAY',
      quantity: more.quantity ?? QUANTITY,
      price: more.price ?? null,
      stop: more.stop ?? null,
      display: more.display ?? null,
      expiresAt: more.expiresAt ?? null,
      postOnly: more.postOnly ?? false,
      stp: STP[this.#order % STP.length] ?? 'CANCEL_NEWEST',
    };
  }

  #side(): Side {
    return this.uniform() < 0.5 ? 'BUY' : 'SELL';
  }

  #now(): number {
    this.#count += 1;
    if (this.#count % COMMANDS_A_MS === 0) this.#at += 1;
    return this.#at;
  }

  #apply(command: Command): void {
    this.#engine.apply(command, (report: Report) => {
      this.#live.follow(report);
      this.#kinds[report.kind] = (this.#kinds[report.kind] ?? 0) + 1;
      if (report.kind === 'traded') this.#volume += report.quantity;
    });
  }
}
