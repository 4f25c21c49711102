/**
 * Small random markets: every kind of command, in every phase, on few prices and with few owners, so that orders meet,
 * bands bind, and refusals of each kind come up. The same seed gives the same commands.
 */
import { createRandom, type Random } from '../random.ts';
import {
  PHASES,
  SIDES,
  STP_MODES,
  type Command,
  type ListInstrument,
  type NewOrder,
  type OrderType,
  type Phase,
  type Side,
  type Validity,
} from './command.ts';
import { canGo } from './rules.ts';

/** An open order as a client knows it from the reports. */
export interface OpenOrder {
  readonly order: number;
  readonly owner: number;
  readonly instrument: number;
  readonly quantity: number;
  readonly remaining: number;
}

const OWNERS = 4;
const LOT = 5;
const FREEZE = 400;
const MORNING_MS = 1_700_000_000_000;

/** Reference price, tick, band: few levels, many levels, and levels on both sides of a page and of a word of pages. */
const SHAPES: readonly Pick<ListInstrument, 'previousClose' | 'tick' | 'bandBps' | 'dynamic'>[] = [
  { previousClose: 10_000, tick: 20, bandBps: 200, dynamic: false },
  { previousClose: 10_010, tick: 100, bandBps: 1_000, dynamic: true },
  { previousClose: 20_480, tick: 20, bandBps: 500, dynamic: false },
  { previousClose: 655_360, tick: 20, bandBps: 1_000, dynamic: true },
  { previousClose: 25, tick: 5, bandBps: 2_000, dynamic: false },
];

export class RandomMarket {
  readonly #random: Random;
  readonly #instruments: ListInstrument[] = [];
  readonly #phases = new Map<number, Phase>();
  #at = MORNING_MS;
  #order = 0;

  constructor(seed: string) {
    this.#random = createRandom(seed);
  }

  /** Listings, accounts and the first phases. */
  opening(): Command[] {
    const at = this.#at;
    for (const instrument of [1, 2]) {
      const shape = this.#pick(SHAPES);
      this.#instruments.push({ kind: 'instrument', at, instrument, lot: LOT, freeze: FREEZE, ...shape });
      this.#phases.set(instrument, 'CLOSED');
    }
    const accounts = Array.from({ length: OWNERS }, (_, index): Command[] => {
      const owner = index + 1;
      const cash = this.#upTo(4) === 0 ? 1_000_000 : 1_000_000_000;
      const limits = { positionMax: 300 + this.#upTo(5_000), orderToTradeMax: 5 + this.#upTo(100) };
      const holdings = this.#instruments.map(({ instrument }): Command => ({
        kind: 'holding',
        at,
        owner,
        instrument,
        quantity: this.#upTo(3_000),
      }));
      return [{ kind: 'account', at, owner, cash, ...limits }, ...holdings];
    });
    const isAuction = this.#upTo(2) === 0;
    const phases = this.#instruments.map(({ instrument }) =>
      this.#phase(instrument, isAuction ? 'PRE_OPEN' : 'CONTINUOUS'),
    );
    return [...this.#instruments, ...accounts.flat(), ...phases];
  }

  next(open: readonly OpenOrder[]): Command {
    this.#at += this.#upTo(60);
    const at = this.#at - (this.#upTo(500) === 0 ? 1_000 : 0);
    if (this.#idle() && this.#upTo(6) === 0) return this.#someday(at);
    const choice = this.#upTo(1_000);
    // A crowded book would only make the specification slow.
    const isCrowded = open.length > 50;
    if (choice < (isCrowded ? 350 : 640)) return this.#newOrder(at);
    if (choice < 780) return this.#modification(at, open);
    if (choice < 900) return { kind: 'cancel', at, ...this.#target(open) };
    if (choice < 912) {
      const instrument = this.#upTo(2) === 0 ? null : this.#instrument();
      const side = this.#upTo(2) === 0 ? null : this.#pick(SIDES);
      return { kind: 'massCancel', at, owner: this.#owner(), instrument, side };
    }
    if (choice < 952) return this.#someday(at);
    if (choice < 972) return { kind: 'clock', at };
    if (choice < 975) return { kind: 'day', at };
    if (choice < 985) {
      return { kind: 'flex', at, instrument: this.#instrument(), direction: this.#pick(['UP', 'DOWN']) };
    }
    if (choice < 988) {
      const spec = this.#pick(this.#instruments);
      const previousClose = spec.previousClose + (this.#upTo(7) - 3) * spec.tick;
      return { kind: 'reference', at, instrument: spec.instrument, previousClose };
    }
    if (choice < 989) return { ...this.#pick(this.#instruments), at };
    const owner = this.#owner();
    if (choice < 994) {
      const cash = (this.#upTo(20) - 8) * 100_000;
      const limits = { positionMax: 300 + this.#upTo(5_000), orderToTradeMax: 5 + this.#upTo(100) };
      return { kind: 'account', at, owner, cash, ...limits };
    }
    const quantity = (this.#upTo(20) - 8) * 50;
    return { kind: 'holding', at, owner, instrument: this.#instrument(), quantity };
  }

  #newOrder(at: number): NewOrder {
    const instrument = this.#instrument();
    const side = this.#pick(SIDES);
    const type = this.#pick<OrderType>([
      'LIMIT',
      'LIMIT',
      'LIMIT',
      'LIMIT',
      'MARKET',
      'STOP',
      'STOP_LIMIT',
      'ICEBERG',
    ]);
    const validity = this.#validity(type);
    const isPlain = type === 'LIMIT' || type === 'ICEBERG';
    const hasLimit = isPlain || type === 'STOP_LIMIT';
    const quantity = this.#quantity();
    const isReused = this.#order > 0 && this.#upTo(50) === 0;
    if (!isReused) this.#order += 1;
    return {
      kind: 'new',
      at,
      instrument: this.#upTo(300) === 0 ? 9 : instrument,
      owner: this.#upTo(300) === 0 ? 9 : this.#owner(),
      order: isReused ? 1 + this.#upTo(this.#order) : this.#order,
      side,
      type,
      validity,
      quantity,
      price: hasLimit ? this.#price(instrument, side) : null,
      stop: type === 'STOP' || type === 'STOP_LIMIT' ? this.#price(instrument, side) : null,
      display: type === 'ICEBERG' ? LOT * (1 + this.#upTo(6)) : null,
      expiresAt: validity === 'GTD' ? at + this.#upTo(3_000) : null,
      postOnly: isPlain && validity !== 'IOC' && validity !== 'FOK' && this.#upTo(10) === 0,
      stp: this.#pick(STP_MODES),
    };
  }

  #validity(type: OrderType): Validity {
    if (type === 'MARKET') return this.#pick(['DAY', 'DAY', 'IOC', 'FOK']);
    if (type === 'LIMIT') return this.#pick(['DAY', 'DAY', 'GTC', 'GTD', 'IOC', 'FOK']);
    return this.#pick(['DAY', 'GTC', 'GTD']);
  }

  #modification(at: number, open: readonly OpenOrder[]): Command {
    const target = this.#target(open);
    const known = open.find(({ order }) => order === target.order);
    const quantity = known
      ? known.quantity + (this.#upTo(9) - 5) * LOT * (1 + this.#upTo(3))
      : this.#quantity();
    const instrument = known?.instrument ?? 1;
    return {
      kind: 'modify',
      at,
      ...target,
      quantity: this.#upTo(3) === 0 ? null : Math.max(LOT, quantity),
      price: this.#upTo(2) === 0 ? null : this.#price(instrument, this.#pick(SIDES)),
      stop: this.#upTo(6) === 0 ? this.#price(instrument, this.#pick(SIDES)) : null,
      display: this.#upTo(20) === 0 ? LOT * (1 + this.#upTo(6)) : null,
    };
  }

  /** Mostly an open order by its owner; now and then somebody else's, or one long gone. */
  #target(open: readonly OpenOrder[]): { readonly owner: number; readonly order: number } {
    const known = open[this.#upTo(open.length)];
    if (!known || this.#upTo(30) === 0)
      return { owner: this.#owner(), order: 1 + this.#upTo(this.#order + 1) };
    return { owner: this.#upTo(50) === 0 ? this.#owner() : known.owner, order: known.order };
  }

  /** A change of phase: seldom away from trading, soon back to it. */
  #someday(at: number): Command {
    const instrument = this.#instrument();
    const from = this.#phases.get(instrument) ?? 'CLOSED';
    const idle = this.#idle();
    if (idle) {
      const [stopped, phase] = idle;
      const to = phase === 'BUFFER' || this.#upTo(3) === 0 ? 'CONTINUOUS' : 'PRE_OPEN';
      return { ...this.#phase(stopped, to), at };
    }
    if (this.#upTo(12) === 0) {
      const phase = this.#pick(PHASES);
      for (const [each, now] of this.#phases) if (canGo(now, phase)) this.#phases.set(each, phase);
      return { kind: 'phase', at, instrument: null, phase };
    }
    if (from === 'PRE_OPEN')
      return { ...this.#phase(instrument, this.#pick(['BUFFER', 'CONTINUOUS', 'CONTINUOUS', 'HALTED'])), at };
    return { ...this.#phase(instrument, this.#pick(PHASES)), at };
  }

  /** An instrument that takes no orders, if there is one. */
  #idle(): readonly [number, Phase] | undefined {
    return [...this.#phases].find(([, phase]) => phase !== 'CONTINUOUS' && phase !== 'PRE_OPEN');
  }

  #phase(instrument: number, phase: Phase): Command {
    const from = this.#phases.get(instrument);
    if (from && canGo(from, phase)) this.#phases.set(instrument, phase);
    return { kind: 'phase', at: this.#at, instrument, phase };
  }

  #price(instrument: number, side: Side): number {
    const spec = this.#instruments.find((each) => each.instrument === instrument);
    if (!spec) return 100;
    const { tick, previousClose, bandBps } = spec;
    const middle = previousClose - (previousClose % tick);
    const reach = Math.ceil((previousClose * bandBps) / 10_000 / tick);
    const choice = this.#upTo(40);
    // At the very end of the band, one tick beyond it, off tick; mostly near the middle, a little on the order's own side.
    if (choice === 0) return Math.max(tick, middle + this.#sign() * reach * tick);
    if (choice === 1) return Math.max(tick, middle + this.#sign() * (reach + 1) * tick);
    if (choice === 2) return middle + 1;
    const near = Math.min(reach, 8);
    const own = side === 'BUY' ? -1 : 1;
    return Math.max(tick, middle + (this.#upTo(near * 2 + 1) - near + own) * tick);
  }

  #quantity(): number {
    const choice = this.#upTo(60);
    if (choice === 0) return FREEZE + LOT;
    if (choice === 1) return LOT + 1;
    return LOT * (1 + this.#upTo(choice < 6 ? FREEZE / LOT : 12));
  }

  #instrument(): number {
    return 1 + this.#upTo(2);
  }

  #owner(): number {
    return 1 + this.#upTo(OWNERS);
  }

  #sign(): number {
    return this.#upTo(2) === 0 ? 1 : -1;
  }

  /** A whole number from 0 to `end`, exclusive. */
  #upTo(end: number): number {
    return Math.floor(this.#random.uniform() * end);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#upTo(from.length)] as T;
  }
}
