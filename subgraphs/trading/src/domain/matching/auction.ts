/**
 * The price of a call auction, found in one walk over the levels of both sides. The rule stands in `naive.ts`: most
 * volume, then least imbalance, then nearest to the previous close, which itself is taken when it lies midway.
 */
import type { Book } from './book.ts';
import { NOWHERE, type Ladder } from './ladder.ts';

export interface Equilibrium {
  readonly price: number;
  readonly volume: number;
  /** What would buy at the price less what would sell. */
  readonly imbalance: number;
}

interface Level {
  readonly price: number;
  readonly buying: number;
  readonly selling: number;
}

/** Null when nothing would trade. */
export function findEquilibrium(book: Book): Equilibrium | null {
  const levels = levelsOf(book);
  if (levels.length === 0) levels.push({ price: book.closeOnTick, buying: 0, selling: 0 });
  const candidates = outcomesAt(book, levels, levels);
  let best: Equilibrium | undefined;
  let rival: Equilibrium | undefined;
  for (const each of candidates) {
    const rank = best ? compare(each, best, book.previousClose) : -1;
    if (rank < 0) [best, rival] = [each, undefined];
    else if (rank === 0 && each.price !== best?.price) rival = each;
  }
  if (!best || best.volume === 0) return null;
  if (!rival) return best;
  const middle = book.previousClose - (book.previousClose % book.tick);
  const price = Math.max(best.price, middle);
  return outcomesAt(book, levels, [{ price, buying: 0, selling: 0 }])[0] ?? best;
}

/** What would come of each of some ascending prices. */
function outcomesAt(book: Book, levels: readonly Level[], prices: readonly Level[]): Equilibrium[] {
  let demand = levels.reduce((sum, { buying }) => sum + buying, waiting(book.marketBuys));
  let supply = waiting(book.marketSells);
  let [left, right] = [0, 0];
  return prices.map(({ price }) => {
    // Who would buy below the price does not buy at it; who would sell up to it does sell.
    for (let level = levels[left]; level && level.price < price; level = levels[++left])
      demand -= level.buying;
    for (let level = levels[right]; level && level.price <= price; level = levels[++right])
      supply += level.selling;
    return { price, volume: Math.min(demand, supply), imbalance: demand - supply };
  });
}

/** Below 0 when `a` is the better price, 0 when the rule cannot tell. */
function compare(a: Equilibrium, b: Equilibrium, previousClose: number): number {
  return (
    b.volume - a.volume ||
    Math.abs(a.imbalance) - Math.abs(b.imbalance) ||
    Math.abs(a.price - previousClose) - Math.abs(b.price - previousClose)
  );
}

/** All prices at which somebody waits, ascending. */
function levelsOf({ bids, asks, tick }: Book): Level[] {
  const levels: Level[] = [];
  for (let level = bids.best; level !== NOWHERE; level = bids.after(level))
    levels.push({ price: level * tick, buying: bids.total(level), selling: 0 });
  for (let level = asks.best; level !== NOWHERE; level = asks.after(level))
    levels.push({ price: level * tick, buying: 0, selling: asks.total(level) });
  return levels.sort((a, b) => a.price - b.price);
}

function waiting(market: Ladder): number {
  return market.best === NOWHERE ? 0 : market.total(market.best);
}
