/**
 * Technical indicators by their standard definitions. Each function takes values oldest first and returns only the
 * values that are defined, oldest first: the last of them belongs to the last input, and too short an input gives none.
 */
import { closesOf, toMinor, type Candle } from './candle.ts';

export interface Macd<T = number> {
  readonly macd: T;
  readonly signal: T;
  readonly histogram: T;
}

export interface Bands<T = number> {
  readonly lower: T;
  readonly middle: T;
  readonly upper: T;
}

export interface Range {
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** Where an instrument stands after its last bar; what needs more bars than there are is null. */
export interface Indicators {
  readonly asOfMs: number;
  /** Prices and differences of prices, minor units. */
  readonly sma20: bigint | null;
  readonly ema20: bigint | null;
  readonly macd: Macd<bigint> | null;
  readonly bollinger: Bands<bigint> | null;
  readonly atr14: bigint | null;
  /** 0 to 100. */
  readonly rsi14: number | null;
}

/** The indicators at the last bar; null when there is no bar. */
export function indicatorsOf(candles: readonly Candle[]): Indicators | null {
  const last = candles.at(-1);
  if (!last) return null;
  const closes = closesOf(candles);
  const ranges = candles.map(({ high, low, close }) => ({
    high: Number(high),
    low: Number(low),
    close: Number(close),
  }));
  return {
    asOfMs: last.startMs,
    sma20: price(sma(closes, 20).at(-1)),
    ema20: price(ema(closes, 20).at(-1)),
    macd: prices(macd(closes, 12, 26, 9).at(-1)),
    bollinger: prices(bollinger(closes, 20, 2).at(-1)),
    atr14: price(atr(ranges, 14).at(-1)),
    rsi14: rsi(closes, 14).at(-1) ?? null,
  };
}

function price(value: number | undefined): bigint | null {
  return value === undefined ? null : toMinor(value);
}

function prices<K extends string>(values: Readonly<Record<K, number>> | undefined): Record<K, bigint> | null {
  if (!values) return null;
  const entries = Object.entries<number>(values).map(([name, value]) => [name, toMinor(value)]);
  return Object.fromEntries(entries) as Record<K, bigint>;
}

/** Simple moving average: the mean of the last `period` values. */
export function sma(values: readonly number[], period: number): number[] {
  return windows(values, period).map(mean);
}

/** Exponential moving average with weight 2 / (period + 1) on the newest value, begun with the mean of the first `period`. */
export function ema(values: readonly number[], period: number): number[] {
  return smoothed(values, period, 2 / (period + 1));
}

/**
 * Relative strength index, 0 to 100 (J. W. Wilder, New Concepts in Technical Trading Systems, 1978): the average gain
 * as a share of average gain and average loss, both smoothed with weight 1 / period and begun with the mean of the
 * first `period` changes. 50 where the price has not moved at all.
 */
export function rsi(closes: readonly number[], period: number): number[] {
  const changes = closes.slice(1).map((close, index) => close - (closes[index] as number));
  const gains = wilder(
    changes.map((change) => Math.max(change, 0)),
    period,
  );
  const losses = wilder(
    changes.map((change) => Math.max(-change, 0)),
    period,
  );
  return gains.map((gain, index) => {
    const moved = gain + (losses[index] as number);
    return moved === 0 ? 50 : 100 * (gain / moved);
  });
}

/**
 * Moving average convergence divergence (G. Appel): the fast average less the slow one, its own average (the signal),
 * and the difference of both (the histogram). Only where the signal is defined.
 */
export function macd(closes: readonly number[], fast: number, slow: number, signalPeriod: number): Macd[] {
  const slowLine = ema(closes, slow);
  const fastLine = lastOf(ema(closes, fast), slowLine.length);
  const line = slowLine.map((value, index) => (fastLine[index] as number) - value);
  const signals = ema(line, signalPeriod);
  return lastOf(line, signals.length).map((value, index) => {
    const signal = signals[index] as number;
    return { macd: value, signal, histogram: value - signal };
  });
}

/**
 * Bollinger bands (J. Bollinger, Bollinger on Bollinger Bands, 2001): the mean of the last `period` values, and `width`
 * standard deviations of the same values (as a population: divided by their number) below and above it.
 */
export function bollinger(closes: readonly number[], period: number, width: number): Bands[] {
  return windows(closes, period).map((window) => {
    const middle = mean(window);
    const deviation = Math.sqrt(mean(window.map((value) => (value - middle) ** 2)));
    return { lower: middle - width * deviation, middle, upper: middle + width * deviation };
  });
}

/**
 * Average true range (Wilder, 1978): how far a bar reaches, counted from the close before it, smoothed with weight
 * 1 / period. The first bar has no close before it and is not counted.
 */
export function atr(bars: readonly Range[], period: number): number[] {
  const ranges = bars.slice(1).map(({ high, low }, index) => {
    const { close } = bars[index] as Range;
    return Math.max(high, close) - Math.min(low, close);
  });
  return wilder(ranges, period);
}

/** Wilder's smoothing: weight 1 / period on the newest value. */
function wilder(values: readonly number[], period: number): number[] {
  return smoothed(values, period, 1 / period);
}

function smoothed(values: readonly number[], period: number, weight: number): number[] {
  if (values.length < period) return [];
  let average = mean(values.slice(0, period));
  const averages = [average];
  for (const value of values.slice(period)) {
    average += weight * (value - average);
    averages.push(average);
  }
  return averages;
}

/** Every run of `period` values. Each is summed afresh: a running sum would gather rounding errors. */
function windows(values: readonly number[], period: number): number[][] {
  const count = Math.max(0, values.length - period + 1);
  return Array.from({ length: count }, (_, from) => values.slice(from, from + period));
}

function lastOf<T>(values: readonly T[], count: number): T[] {
  return values.slice(values.length - count);
}

function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
