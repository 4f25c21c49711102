/**
 * A market out of a seed: what its participants quote and trade, step by step. The same seed, instruments and times
 * make the same market. It knows no book and no clock: the exchange carries out what it says.
 */
import { istTimeOfDayMs } from '@gridworks/kit/time';
import { isTradable, priceBand, type Instrument, type InstrumentKind, type PriceBand } from './instrument.ts';
import { MarketModel, type Mover } from './market-model.ts';
import { createRandom, type Random } from './random.ts';

export interface QuoteLevel {
  readonly price: bigint;
  readonly quantity: bigint;
}

export type MarketAction =
  /** Replaces what the simulated makers show: best first, on tick, never crossed. Five levels a side. */
  | {
      readonly symbol: string;
      readonly kind: 'QUOTE';
      readonly bids: readonly QuoteLevel[];
      readonly asks: readonly QuoteLevel[];
    }
  /** Somebody takes from the best level of the QUOTE just before it: BUY at the best ask, SELL at the best bid. */
  | {
      readonly symbol: string;
      readonly kind: 'PRINT';
      readonly side: 'BUY' | 'SELL';
      readonly price: bigint;
      readonly quantity: bigint;
    }
  /** The new value of an index; indices are published, not traded. */
  | { readonly symbol: string; readonly kind: 'VALUE'; readonly price: bigint };

export interface SimulatedInstrument extends Pick<
  Instrument,
  'symbol' | 'tickSize' | 'lotSize' | 'referencePrice'
> {
  /** Where the path begins; the reference price where nothing traded yet. */
  readonly lastPrice: bigint;
  /** Members of a sector move together. */
  readonly sector?: string | null;
  /** Default EQUITY. */
  readonly kind?: InstrumentKind;
}

export interface Simulator {
  /**
   * What happens up to `nowMs` (instant). Meant for about four calls a second; each instrument then prints about once
   * a second. A pause moves prices by five seconds at most; a time that does not move on yields nothing.
   */
  step(nowMs: number): MarketAction[];
  /**
   * Another source leads this instrument: the path continues from `price`, and where that lies outside the band, the
   * band is measured from it henceforth. For the next `holdMs` the simulator only quotes around it and prints nothing.
   * An unknown symbol is ignored.
   */
  follow(symbol: string, price: bigint, holdMs?: number): void;
}

/** Prices stay this close to the reference: inside the exchange's 10 % band with room for the levels behind. */
export const BAND_BPS = 950;
export const LEVELS = 5;

const FIRST_STEP_S = 0.25;
const STEP_S_MAX = 5;
const PERSISTENCE_S = 1_800;
const PRINTS_PER_S = 1;
const QUOTE_REFRESH_CHANCE = 0.1;
/** Half of a gap to the reference closes in about half a session, so that days of running do not end at the band. */
const PULL_PER_S = 1 / 16_000;
const BURSTS_PER_S = 1 / 1_800;
const BURST_FADE_S = 40;
const SPREAD_TICKS_MIN = 1;
const SPREAD_TICKS_MAX = 4;
const SPREAD_TICKS_MEAN = 1.8;
const SPREAD_FADE_S = 20;
/** Room that the levels behind the best one take: five levels, two ticks apart at most, and the spread. */
const EDGE_TICKS = 12;
/** Middle size of a trade and of a quoted level, in minor units of value. */
const PRINT_VALUE = 40_000_00;
const LEVEL_VALUE = 300_000_00;

export function createSimulator(seed: string, instruments: readonly SimulatedInstrument[]): Simulator {
  const model = new MarketModel(seed, instruments, PERSISTENCE_S);
  const books = new Map(
    instruments.map((instrument, index) => [
      instrument.symbol,
      new SimulatedBook(seed, instrument, model.movers[index] as Mover),
    ]),
  );
  let lastMs: number | undefined;

  return {
    step(nowMs) {
      if (lastMs !== undefined && nowMs <= lastMs) return [];
      const durationS = lastMs === undefined ? FIRST_STEP_S : Math.min(STEP_S_MAX, (nowMs - lastMs) / 1_000);
      lastMs = nowMs;
      model.advance(durationS);
      const actions: MarketAction[] = [];
      for (const book of books.values()) book.step(nowMs, durationS, actions);
      return actions;
    },
    follow(symbol, price, holdMs = 0) {
      books.get(symbol)?.follow(price, lastMs === undefined ? undefined : lastMs + holdMs);
    },
  };
}

class SimulatedBook {
  readonly #random: Random;
  readonly #tick: number;
  readonly #lot: number;
  #band!: PriceBand;
  #anchor!: number;
  /** Logarithm of the middle price in ticks. */
  #level!: number;
  #spreadTicks = SPREAD_TICKS_MEAN;
  /** Extra volatility and trading after a burst: 0 in quiet times. */
  #heat = 0;
  #heldUntilMs = -Infinity;
  #shown: { readonly bid: number; readonly ask: number } | undefined;
  #touched = true;

  constructor(
    seed: string,
    private readonly instrument: SimulatedInstrument,
    private readonly mover: Mover,
  ) {
    this.#random = createRandom(`${seed}/book/${instrument.symbol}`);
    this.#tick = Number(instrument.tickSize);
    this.#lot = Number(instrument.lotSize);
    this.#anchorAt(instrument.referencePrice);
    this.follow(instrument.lastPrice, undefined);
  }

  #anchorAt(reference: bigint): void {
    this.#band = priceBand(reference, BAND_BPS, this.instrument.tickSize);
    this.#anchor = Math.log(Number(reference) / this.#tick);
  }

  follow(price: bigint, heldUntilMs: number | undefined): void {
    if (price <= 0n) return;
    if (price < this.#band.lower || price > this.#band.upper) this.#anchorAt(price);
    this.#level = this.#within(Math.log(Number(price) / this.#tick));
    this.#heldUntilMs = heldUntilMs ?? this.#heldUntilMs;
    this.#touched = true;
  }

  step(nowMs: number, durationS: number, actions: MarketAction[]): void {
    const held = nowMs <= this.#heldUntilMs;
    if (!held) this.#move(durationS);
    if (!isTradable({ kind: this.instrument.kind ?? 'EQUITY' })) {
      if (!held) this.#publish(durationS, actions);
      return;
    }
    this.#widen(durationS);
    const { bid, ask } = this.#best();
    const prints = !held && this.#random.uniform() < this.#printChance(durationS);
    const moved = this.#shown?.bid !== bid || this.#shown.ask !== ask;
    if (!prints && !moved && !this.#touched && this.#random.uniform() >= QUOTE_REFRESH_CHANCE) return;

    const bids = this.#levels(bid, -1);
    const asks = this.#levels(ask, 1);
    const { symbol } = this.instrument;
    actions.push({ symbol, kind: 'QUOTE', bids, asks });
    this.#shown = { bid, ask };
    // After a print the best level is thinner than shown: the next step shows it anew.
    this.#touched = prints;
    if (!prints) return;
    const buys = this.#random.uniform() < (this.mover.change > 0 ? 0.65 : 0.35);
    const best = (buys ? asks[0] : bids[0]) as QuoteLevel;
    const wanted = this.#quantity(PRINT_VALUE * activity(nowMs), 1);
    const quantity = wanted < best.quantity ? wanted : best.quantity;
    actions.push({ symbol, kind: 'PRINT', side: buys ? 'BUY' : 'SELL', price: best.price, quantity });
  }

  #move(durationS: number): void {
    this.#heat *= Math.exp(-durationS / BURST_FADE_S);
    if (this.#random.uniform() < BURSTS_PER_S * durationS) this.#heat = 1.5 + 1.5 * this.#random.uniform();
    const pull = (this.#anchor - this.#level) * PULL_PER_S * durationS;
    this.#level = this.#within(this.#level + this.mover.change * (1 + this.#heat) + pull);
  }

  /** Keeps the middle so far inside the band that every level shown lies in it too. */
  #within(level: number): number {
    const lower = Number(this.#band.lower) / this.#tick + EDGE_TICKS;
    const upper = Number(this.#band.upper) / this.#tick - EDGE_TICKS;
    if (lower >= upper) return Math.log((lower + upper) / 2);
    return Math.min(Math.log(upper), Math.max(Math.log(lower), level));
  }

  #widen(durationS: number): void {
    const mean = SPREAD_TICKS_MEAN + this.#heat;
    const fade = Math.exp(-durationS / SPREAD_FADE_S);
    const noise = 0.8 * Math.sqrt(1 - fade * fade) * this.#random.normal();
    const next = mean + (this.#spreadTicks - mean) * fade + noise;
    this.#spreadTicks = Math.min(SPREAD_TICKS_MAX, Math.max(SPREAD_TICKS_MIN, next));
  }

  #best(): { bid: number; ask: number } {
    const spread = Math.round(this.#spreadTicks);
    const bid = Math.round(Math.exp(this.#level) - spread / 2);
    return { bid, ask: bid + spread };
  }

  #levels(best: number, direction: 1 | -1): QuoteLevel[] {
    const levels: QuoteLevel[] = [];
    let at = best;
    for (let depth = 1; depth <= LEVELS; depth++) {
      const price = BigInt(at) * this.instrument.tickSize;
      if (price >= this.instrument.tickSize) {
        levels.push({ price, quantity: this.#quantity(LEVEL_VALUE * (0.6 + 0.2 * depth), 0.5) });
      }
      at += direction * (this.#random.uniform() < 0.8 ? 1 : 2);
    }
    return levels;
  }

  /** Log-normal around a value in minor units, in whole lots, at least one. */
  #quantity(value: number, spread: number): bigint {
    const units = (value / (Math.exp(this.#level) * this.#tick)) * Math.exp(spread * this.#random.normal());
    return BigInt(Math.max(1, Math.round(units / this.#lot)) * this.#lot);
  }

  #printChance(durationS: number): number {
    return 1 - Math.exp(-PRINTS_PER_S * (1 + this.#heat) * durationS);
  }

  #publish(durationS: number, actions: MarketAction[]): void {
    if (this.#random.uniform() >= this.#printChance(durationS)) return;
    const price = BigInt(Math.round(Math.exp(this.#level))) * this.instrument.tickSize;
    actions.push({ symbol: this.instrument.symbol, kind: 'VALUE', price });
  }
}

const OPEN_MS = (9 * 60 + 15) * 60_000;
const CLOSE_MS = (15 * 60 + 30) * 60_000;

/** Trading by the time of day in India: U-shaped over the session with an average of one; one outside it. */
export function activity(nowMs: number): number {
  const time = istTimeOfDayMs(nowMs);
  if (time < OPEN_MS || time >= CLOSE_MS) return 1;
  const fromNoon = (2 * (time - OPEN_MS)) / (CLOSE_MS - OPEN_MS) - 1;
  return 0.6 + 1.2 * fromNoon * fromNoon;
}
