/** Recorded market data on its way back into a market. */
import { no, type Side, type TradingRefusal } from './order.ts';
import type { Quote, Quotes } from './quote.ts';

export const BATCH_MAX = 1_000;
const LEVELS = 5;
/** Lots that stand at a level beside the size of the last print, so that there is a market around small prints too. */
const LOTS_BEHIND = 100n;

export interface RecordedPrint {
  readonly at: Date;
  readonly price: bigint;
  /** 0 where the record tells a price but no trade: an index value, a bar without volume. */
  readonly quantity: bigint;
}

export interface RecordedQuote {
  readonly at: Date;
  readonly side: Side;
  readonly price: bigint;
  readonly quantity: bigint;
}

export type Recorded =
  (RecordedPrint & { readonly kind: 'PRINT' }) | (RecordedQuote & { readonly kind: 'QUOTE' });

/** One line in order of time out of two; at the same instant quotes come first, because a print follows from them. */
export function mergeRecorded(
  prints: readonly RecordedPrint[],
  quotes: readonly RecordedQuote[],
): Recorded[] | TradingRefusal {
  const count = prints.length + quotes.length;
  const isSound =
    prints.every(({ price, quantity }) => price > 0n && quantity >= 0n) &&
    quotes.every(({ price, quantity }) => price > 0n && quantity > 0n);
  if (count === 0 || count > BATCH_MAX || !isSound || !isInOrder(prints) || !isInOrder(quotes)) {
    return no('BATCH_INVALID');
  }
  const merged: Recorded[] = [
    ...quotes.map((quote) => ({ ...quote, kind: 'QUOTE' as const })),
    ...prints.map((print) => ({ ...print, kind: 'PRINT' as const })),
  ];
  return merged.sort((a, b) => a.at.getTime() - b.at.getTime());
}

/** Who was impatient, by the tick test: a price below the last one was a sale, any other a purchase. */
export function aggressorOf(price: bigint, last: bigint): Side {
  return price < last ? 'SELL' : 'BUY';
}

/** The market's quotes with one recorded best quote in place of its side; what it crosses of the other side is gone. */
export function withRecordedQuote(
  quotes: Quotes,
  { side, price, quantity }: Omit<RecordedQuote, 'at'>,
): Quotes {
  return side === 'BUY'
    ? { bids: [{ price, quantity }], asks: quotes.asks.filter((ask) => ask.price > price) }
    : { bids: quotes.bids.filter((bid) => bid.price < price), asks: [{ price, quantity }] };
}

/** The quotes that a trade at `price` leaves standing: nobody can have offered better on either side. */
export function withinPrice({ bids, asks }: Quotes, price: bigint): Quotes {
  return { bids: bids.filter((bid) => bid.price <= price), asks: asks.filter((ask) => ask.price >= price) };
}

/** A plausible market around a print that was recorded without quotes: five levels a side, one tick apart. */
export function quotesAround({ price, quantity }: Quote, tickSize: bigint, lotSize: bigint): Quotes {
  const steps = Array.from({ length: LEVELS }, (_, step) => BigInt(step + 1) * tickSize);
  const size = quantity + LOTS_BEHIND * lotSize;
  return {
    bids: steps.map((step) => ({ price: price - step, quantity: size })).filter((bid) => bid.price > 0n),
    asks: steps.map((step) => ({ price: price + step, quantity: size })),
  };
}

function isInOrder(entries: readonly { readonly at: Date }[]): boolean {
  return entries.every(({ at }, i) => i === 0 || at.getTime() >= (entries[i - 1]?.at.getTime() ?? 0));
}
