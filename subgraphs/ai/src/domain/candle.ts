/** One daily bar; prices in minor units. Statistics are computed on doubles, so each price is converted once, here. */
export interface Candle {
  readonly startMs: number;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
}

/** A bar with the units traded in it, which no statistic here asks for. */
export interface RecordedCandle extends Candle {
  readonly volume: bigint;
}

/** Closing prices in minor units, oldest first. A double holds them exactly up to 90 trillion rupees. */
export function closesOf(candles: readonly Candle[]): number[] {
  return candles.map(({ close }) => Number(close));
}

/** A statistic in minor units rounded to whole ones, half away from zero. */
export function toMinor(value: number): bigint {
  return BigInt(Math.sign(value) * Math.round(Math.abs(value)));
}
