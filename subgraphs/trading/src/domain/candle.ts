/** Candles: how prints become bars, and bars become longer bars. A bar is known by the instant it starts. */
import { MINUTE_MS, istDate, istMidnight } from '@gridworks/kit/time';

export const CANDLE_INTERVALS = ['ONE_MINUTE', 'ONE_DAY'] as const;
export const CANDLE_SOURCES = ['SEED', 'IMPORT', 'LIVE'] as const;

export type CandleInterval = (typeof CANDLE_INTERVALS)[number];
/** SEED: made up for the demonstration; IMPORT: read from a file; LIVE: built from trades as they happened. */
export type CandleSource = (typeof CANDLE_SOURCES)[number];

export interface Candle {
  /** Instant the bar starts; of a daily bar, midnight in India. */
  readonly start: number;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  /** Units traded; 0 where the source tells none. */
  readonly volume: bigint;
}

/** One trade as candles see it. */
export interface CandlePrint {
  /** Instant. */
  readonly at: number;
  readonly price: bigint;
  readonly quantity: bigint;
}

/** The start of the bar that an instant falls in. */
export function barStart(interval: CandleInterval, at: number): number {
  return interval === 'ONE_MINUTE' ? Math.floor(at / MINUTE_MS) * MINUTE_MS : istMidnight(istDate(at));
}

export interface CandleStep {
  /** The bar that this print showed to be over; undefined where none is. */
  readonly closed: Candle | undefined;
  /** False: the print is of a bar that was closed before, and is left out. */
  readonly accepted: boolean;
}

/**
 * Builds the bars of one instrument from its prints. A bar closes when a print of a later bar arrives, or at
 * `closeBefore`. Prints may arrive out of order within their bar: the earliest by `at` is the open, the latest the
 * close, and of equal times the first and the last to arrive. A print of a closed bar is refused, because that bar
 * has been handed on. Bars without prints do not exist.
 */
export class CandleBuilder {
  #bar: { candle: Candle; firstAt: number; lastAt: number } | undefined;
  #closedBefore = -Infinity;

  constructor(readonly interval: CandleInterval) {}

  /** The bar being built, as it stands. */
  get current(): Candle | undefined {
    return this.#bar?.candle;
  }

  add(print: CandlePrint): CandleStep {
    const start = barStart(this.interval, print.at);
    const bar = this.#bar;
    if (start < (bar?.candle.start ?? this.#closedBefore)) return { closed: undefined, accepted: false };
    const { at, price, quantity } = print;
    if (!bar || start > bar.candle.start) {
      const candle = { start, open: price, high: price, low: price, close: price, volume: quantity };
      this.#closedBefore = start;
      this.#bar = { candle, firstAt: at, lastAt: at };
      return { closed: bar?.candle, accepted: true };
    }
    const { open, high, low, close, volume } = bar.candle;
    this.#bar = {
      candle: {
        start,
        open: at < bar.firstAt ? price : open,
        high: price > high ? price : high,
        low: price < low ? price : low,
        close: at >= bar.lastAt ? price : close,
        volume: volume + quantity,
      },
      firstAt: Math.min(at, bar.firstAt),
      lastAt: Math.max(at, bar.lastAt),
    };
    return { closed: undefined, accepted: true };
  }

  /** Closes and hands out the bar being built if it ended at or before `nowMs`; nothing may be added to it then. */
  closeBefore(nowMs: number): Candle | undefined {
    const candle = this.#bar?.candle;
    const current = barStart(this.interval, nowMs);
    if (!candle || candle.start >= current) return undefined;
    this.#bar = undefined;
    this.#closedBefore = current;
    return candle;
  }
}

/** Longer bars from shorter ones, given and returned in order of time: minutes to days, as a rule. */
export function rollUp(candles: readonly Candle[], interval: CandleInterval): Candle[] {
  const rolled: Candle[] = [];
  for (const candle of candles) {
    const start = barStart(interval, candle.start);
    const last = rolled.at(-1);
    if (!last || start > last.start) rolled.push({ ...candle, start });
    else if (start < last.start) throw new RangeError('rollUp: candles must be in order of time');
    else rolled[rolled.length - 1] = joined(last, candle);
  }
  return rolled;
}

function joined(first: Candle, second: Candle): Candle {
  return {
    start: first.start,
    open: first.open,
    high: second.high > first.high ? second.high : first.high,
    low: second.low < first.low ? second.low : first.low,
    close: second.close,
    volume: first.volume + second.volume,
  };
}
