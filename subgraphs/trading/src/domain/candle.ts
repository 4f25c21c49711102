/** Candles: how prints become bars, and bars become longer bars. A bar is known by the instant it starts. */
import { DAY_MS, IST_OFFSET_MS, MINUTE_MS, istDate, istMidnight, istTimeOfDayMs } from '@gridworks/kit/time';
import { INDIAN_HOURS } from './calendar.ts';

/** What is kept; bars of every other interval are made of these. */
export const STORED_INTERVALS = ['ONE_MINUTE', 'ONE_DAY'] as const;
/** Minutes in each bar that is shorter than a day. */
const MINUTES = {
  ONE_MINUTE: 1,
  THREE_MINUTES: 3,
  FIVE_MINUTES: 5,
  TEN_MINUTES: 10,
  FIFTEEN_MINUTES: 15,
  THIRTY_MINUTES: 30,
  ONE_HOUR: 60,
} as const;
/** Days in each that is not, at most. */
const DAYS = { ONE_DAY: 1, ONE_WEEK: 7, ONE_MONTH: 31 } as const;
export const CANDLE_SOURCES = ['SEED', 'IMPORT', 'LIVE'] as const;

export type StoredInterval = (typeof STORED_INTERVALS)[number];
export type IntradayInterval = keyof typeof MINUTES;
export type CandleInterval = IntradayInterval | keyof typeof DAYS;
/** SEED: made up for the demonstration; IMPORT: read from a file; LIVE: built from trades as they happened. */
export type CandleSource = (typeof CANDLE_SOURCES)[number];

export interface Candle {
  /** Instant the bar starts; of a daily or longer bar, midnight in India. */
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

export const CANDLE_INTERVALS = [...Object.keys(MINUTES), ...Object.keys(DAYS)] as CandleInterval[];

export function isStored(interval: CandleInterval): interval is StoredInterval {
  return (STORED_INTERVALS as readonly CandleInterval[]).includes(interval);
}

/** Whether its bars are shorter than a day. */
export function isIntraday(interval: CandleInterval): interval is IntradayInterval {
  return interval in MINUTES;
}

/** How many bars of the stored interval that it is made of a bar covers at most. */
export function partsOf(interval: CandleInterval): number {
  return isIntraday(interval) ? MINUTES[interval] : DAYS[interval];
}

/**
 * The start of the bar that an instant falls in. Bars shorter than a day are counted from the opening of the market,
 * 09:15 in India, so that the first of the session begins with it; none spans two days. Weeks begin on Monday.
 */
export function barStart(interval: CandleInterval, at: number): number {
  const timeOfDay = istTimeOfDayMs(at);
  const midnight = at - timeOfDay;
  if (isIntraday(interval)) {
    const lengthMs = MINUTES[interval] * MINUTE_MS;
    const offset = INDIAN_HOURS.openMs % lengthMs;
    return midnight + Math.max(0, Math.floor((timeOfDay - offset) / lengthMs) * lengthMs + offset);
  }
  switch (interval) {
    case 'ONE_DAY':
      return midnight;
    case 'ONE_WEEK':
      return midnight - daysSinceMonday(midnight) * DAY_MS;
    case 'ONE_MONTH':
      return istMidnight(`${istDate(at).slice(0, 7)}-01`);
  }
}

/** When the bar that starts at this instant is over: the start of the next one. */
export function barEnd(interval: CandleInterval, start: number): number {
  if (!isIntraday(interval)) return barStart(interval, start + DAYS[interval] * DAY_MS);
  const next = barStart(interval, start + MINUTES[interval] * MINUTE_MS);
  return Math.min(next, barStart('ONE_DAY', start) + DAY_MS);
}

/** The first day of 1970 was a Thursday. */
function daysSinceMonday(midnight: number): number {
  return ((((midnight + IST_OFFSET_MS) / DAY_MS + 3) % 7) + 7) % 7;
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

/** Longer bars from shorter ones, given and returned in order of time. */
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
