/** Ticks as they are kept: each trade of an instrument, or value of an index, and what a span of them comes to. */

export interface TickRecord {
  readonly symbol: string;
  /** Rises with each tick of the instrument, also over restarts. */
  readonly sequence: bigint;
  /** Instant. */
  readonly at: number;
  readonly price: bigint;
  /** Units traded; 0 for the value of an index. */
  readonly quantity: bigint;
  readonly bid: bigint | null;
  readonly ask: bigint | null;
}

/** A span of time of one instrument: from the first instant on, up to and without the second. */
export interface TickSpan {
  readonly symbol: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the ticks of a span come to. */
export interface TickSummary {
  readonly ticks: number;
  /** Units traded. */
  readonly volume: bigint;
  /** Price times units over all of them, minor units. */
  readonly turnover: bigint;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
}

/** Average price of a unit, rounded half up to the minor unit: turnover by volume. Undefined where nothing was traded. */
export function vwapOf({ turnover, volume }: Pick<TickSummary, 'turnover' | 'volume'>): bigint | undefined {
  return volume === 0n ? undefined : (2n * turnover + volume) / (2n * volume);
}
