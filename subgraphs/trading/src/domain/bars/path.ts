/** Recorded data as a course of events: the prints that a bar may have come from, and the best quotes as they changed. */
import { MINUTE_MS } from '@gridworks/kit/time';
import { INDIAN_HOURS } from '../calendar.ts';
import type { Candle, StoredInterval, CandlePrint } from '../candle.ts';
import type { QuoteRow } from './file.ts';

/**
 * A path of prices that makes exactly this bar: open, the extreme nearer in time by custom, the other extreme, close.
 * A bar that rose is taken to have gone down first (O-L-H-C), one that fell to have gone up first (O-H-L-C). Equal
 * neighbours are one print. The volume is split evenly, what is left over goes one unit each to the first prints, so
 * that the prints add up to the bar. They are spread evenly over the minute, or over the session of the day.
 */
export function pathOf(candle: Candle, interval: StoredInterval): CandlePrint[] {
  const { open, high, low, close, volume } = candle;
  const points = close >= open ? [open, low, high, close] : [open, high, low, close];
  const prices = points.filter((price, index) => index === 0 || price !== points[index - 1]);
  const count = BigInt(prices.length);
  const [begin, lengthMs] =
    interval === 'ONE_MINUTE'
      ? [candle.start, MINUTE_MS]
      : [candle.start + INDIAN_HOURS.openMs, INDIAN_HOURS.closeMs - INDIAN_HOURS.openMs];
  return prices.map((price, index) => ({
    at: begin + Math.floor((lengthMs * index) / prices.length),
    price,
    quantity: volume / count + (BigInt(index) < volume % count ? 1n : 0n),
  }));
}

export interface BestQuote {
  readonly timeMs: number;
  readonly side: 'BUY' | 'SELL';
  readonly price: bigint;
  readonly quantity: bigint;
}

/**
 * The best bid and ask each time one of them changes. Recorded quotes are the best of all venues already, whichever
 * venue shows them; a zero price or size says nothing about its side.
 */
export function bestQuotes(rows: readonly QuoteRow[]): BestQuote[] {
  const shown = { BUY: { price: 0n, quantity: 0n }, SELL: { price: 0n, quantity: 0n } };
  const changes: BestQuote[] = [];
  for (const { timeMs, bid, bidSize, ask, askSize } of rows) {
    for (const [side, price, quantity] of [
      ['BUY', bid, bidSize],
      ['SELL', ask, askSize],
    ] as const) {
      const last = shown[side];
      if (price === 0n || quantity === 0n || (price === last.price && quantity === last.quantity)) continue;
      shown[side] = { price, quantity };
      changes.push({ timeMs, side, price, quantity });
    }
  }
  return changes;
}
