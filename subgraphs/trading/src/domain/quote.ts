/** What the market shows: prices with quantities, as it quotes them and as others see them. Prices are minor units. */

export interface Quote {
  readonly price: bigint;
  readonly quantity: bigint;
}

/** The market's side of a book, the best price first on each side. */
export interface Quotes {
  readonly bids: readonly Quote[];
  readonly asks: readonly Quote[];
}

/** All that waits at one price. */
export interface DepthLevel extends Quote {
  readonly orders: number;
}

/** The best prices of each side, the best first. */
export interface Depth {
  readonly bids: readonly DepthLevel[];
  readonly asks: readonly DepthLevel[];
}

export const NO_DEPTH: Depth = { bids: [], asks: [] };

/** Throws when quotes are not positive, not in order from the best price, or cross one another. */
export function checkQuotes({ bids, asks }: Quotes): void {
  const isPositive = [...bids, ...asks].every(({ price, quantity }) => price > 0n && quantity > 0n);
  const isOrdered =
    bids.every(({ price }, i) => i === 0 || price < (bids[i - 1]?.price ?? 0n)) &&
    asks.every(({ price }, i) => i === 0 || price > (asks[i - 1]?.price ?? 0n));
  const [bid, ask] = [bids[0], asks[0]];
  const isCrossed = bid !== undefined && ask !== undefined && bid.price >= ask.price;
  if (!isPositive || !isOrdered || isCrossed) {
    throw new RangeError('quotes must be positive, in order from the best price, and must not cross');
  }
}
