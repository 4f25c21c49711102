/** What a user has of one instrument under one product, and what it brought: by average cost, before charges. */
import { multiplyRatio } from '@gridworks/kit/money';
import type { Side } from './order.ts';
import { splitQuantity, type SplitRatio } from './split.ts';

export interface Holding {
  readonly quantity: bigint;
  /** What the quantity cost, minor units. */
  readonly cost: bigint;
  /** Profit (or loss) of what was sold, minor units. */
  readonly realised: bigint;
}

export const NOTHING: Holding = { quantity: 0n, cost: 0n, realised: 0n };

/**
 * The holding after a fill. A sale takes its share of the cost along: of 30 units that cost 3,100 in all, 10 sold for
 * 1,200 take 1,033 of it (half away from zero) and realise 167. The last unit takes all that is left, so nothing is lost to rounding.
 */
export function applyFill(holding: Holding, side: Side, price: bigint, quantity: bigint): Holding {
  const value = price * quantity;
  if (side === 'BUY') {
    return { ...holding, quantity: holding.quantity + quantity, cost: holding.cost + value };
  }
  if (quantity > holding.quantity) throw new RangeError('applyFill: more was sold than there was');
  const share = multiplyRatio(holding.cost, quantity, holding.quantity);
  return {
    quantity: holding.quantity - quantity,
    cost: holding.cost - share,
    realised: holding.realised + value - share,
  };
}

/**
 * The holding after a split: other units at the same cost. Of which no whole unit is left, the cost is lost: what a company
 * pays for parts of one is not known.
 */
export function applySplit(holding: Holding, ratio: SplitRatio): Holding {
  const quantity = splitQuantity(holding.quantity, ratio);
  if (quantity > 0n) return { ...holding, quantity };
  return { quantity, cost: 0n, realised: holding.realised - holding.cost };
}

/** What the holding would bring at `price` beyond what it cost, minor units. */
export function unrealised(holding: Holding, price: bigint): bigint {
  return price * holding.quantity - holding.cost;
}

/** Cost per unit, rounded half away from zero; 0 when there is nothing. */
export function averageCost(holding: Pick<Holding, 'quantity' | 'cost'>): bigint {
  return holding.quantity === 0n ? 0n : multiplyRatio(holding.cost, 1n, holding.quantity);
}
