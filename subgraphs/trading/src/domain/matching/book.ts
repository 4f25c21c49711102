/** One instrument of the fast engine: its terms, its session, and the six ladders on which its orders wait. */
import type { ListInstrument, Phase, Side } from './command.ts';
import type { InstrumentState, Place } from './engine.ts';
import { Ladder, type LevelStore } from './ladder.ts';
import type { OrderPool } from './pool.ts';
import { bandOf } from './rules.ts';

/** Indices of `SIDES`. */
export const BUY = 0;
export const SELL = 1;

export const PLACES: readonly Place[] = ['BOOK', 'STOP', 'AUCTION'];
/** Indices of `PLACES`. */
export const IN_BOOK = 0;
export const AS_STOP = 1;
export const FOR_AUCTION = 2;

export class Book {
  readonly tick: number;
  readonly lot: number;
  readonly freeze: number;
  lower = 0;
  upper = 0;
  previousClose: number;
  flexes = 0;
  shiftBps = 0;
  phase: Phase = 'CLOSED';
  isCollecting = false;
  /** Price of the last trade; 0 before the first. */
  last = 0;
  readonly bids: Ladder;
  readonly asks: Ladder;
  /** By stop price: the nearest to the market is the best. */
  readonly buyStops: Ladder;
  readonly sellStops: Ladder;
  /** Market orders that wait for the auction, all on one level. */
  readonly marketBuys: Ladder;
  readonly marketSells: Ladder;

  constructor(
    readonly terms: Omit<ListInstrument, 'kind' | 'at'>,
    store: LevelStore,
    orders: OrderPool,
  ) {
    this.tick = terms.tick;
    this.lot = terms.lot;
    this.freeze = terms.freeze;
    this.previousClose = terms.previousClose;
    this.bids = new Ladder(store, orders, false);
    this.asks = new Ladder(store, orders, true);
    this.buyStops = new Ladder(store, orders, true);
    this.sellStops = new Ladder(store, orders, false);
    this.marketBuys = new Ladder(store, orders, true);
    this.marketSells = new Ladder(store, orders, true);
    this.moveBand();
  }

  /** In the order in which a snapshot tells of them. */
  get ladders(): readonly Ladder[] {
    return [this.bids, this.asks, this.buyStops, this.sellStops, this.marketBuys, this.marketSells];
  }

  ladder(place: number, side: number): Ladder {
    if (place === IN_BOOK) return side === BUY ? this.bids : this.asks;
    if (place === AS_STOP) return side === BUY ? this.buyStops : this.sellStops;
    return side === BUY ? this.marketBuys : this.marketSells;
  }

  isOutside(price: number): boolean {
    return price < this.lower || price > this.upper;
  }

  /** Whether a new order of this side and limit would trade at once. */
  wouldTrade(side: Side, price: number): boolean {
    return (side === 'BUY' ? this.asks : this.bids).isReachedFrom(price / this.tick);
  }

  moveBand(): void {
    const band = bandOf(this.previousClose, this.terms.bandBps, this.shiftBps, this.tick);
    this.lower = band.lower;
    this.upper = band.upper;
  }

  /** The previous close as a price that orders may have. */
  get closeOnTick(): number {
    const close = this.previousClose - (this.previousClose % this.tick);
    return Math.min(Math.max(close, this.lower), this.upper);
  }

  state(): InstrumentState {
    return {
      instrument: this.terms.instrument,
      tick: this.tick,
      lot: this.lot,
      freeze: this.freeze,
      bandBps: this.terms.bandBps,
      dynamic: this.terms.dynamic,
      previousClose: this.previousClose,
      lower: this.lower,
      upper: this.upper,
      flexes: this.flexes,
      shiftBps: this.shiftBps,
      phase: this.phase,
      isCollecting: this.isCollecting,
      last: this.last,
    };
  }

  restore(state: InstrumentState): void {
    this.flexes = state.flexes;
    this.shiftBps = state.shiftBps;
    this.phase = state.phase;
    this.isCollecting = state.isCollecting;
    this.last = state.last;
    this.lower = state.lower;
    this.upper = state.upper;
  }
}
