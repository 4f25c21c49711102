/**
 * What a user has of one instrument under one product, and what it brought: by average cost, before charges. Who sells
 * first owes units: the quantity is below zero then, and so is the cost, which is what they brought.
 */
import { multiplyRatio } from '@gridworks/kit/money';
import type { Side } from './order.ts';
import { splitQuantity, type SplitRatio } from './split.ts';

export interface Holding {
  readonly quantity: bigint;
  /** What the quantity cost, minor units. */
  readonly cost: bigint;
  /** Profit (or loss) of what was closed, minor units. */
  readonly realised: bigint;
}

export const NOTHING: Holding = { quantity: 0n, cost: 0n, realised: 0n };

/**
 * The holding after a fill. What it closes takes its share of the cost along: of 30 units that cost 3,100 in all, 10 sold
 * for 1,200 take 1,033 of it (half away from zero) and realise 167. The last unit takes all that is left, so nothing is
 * lost to rounding. What is beyond opens the other direction.
 */
export function applyFill(holding: Holding, side: Side, price: bigint, quantity: bigint): Holding {
  const { quantity: before, cost, realised } = holding;
  const sign = side === 'BUY' ? 1n : -1n;
  const open = before * sign < 0n ? -before * sign : 0n;
  const closed = quantity < open ? quantity : open;
  const share = closed === 0n ? 0n : multiplyRatio(cost, closed, open);
  return {
    quantity: before + sign * quantity,
    cost: cost - share + sign * price * (quantity - closed),
    realised: realised - sign * price * closed - share,
  };
}

/**
 * The holding after a split: other units at the same cost. Of which no whole unit is left, the cost is lost: what a company
 * pays for parts of one is not known.
 */
export function applySplit(holding: Holding, ratio: SplitRatio): Holding {
  const { quantity: before } = holding;
  const quantity = before < 0n ? -splitQuantity(-before, ratio) : splitQuantity(before, ratio);
  if (quantity !== 0n) return { ...holding, quantity };
  return { quantity, cost: 0n, realised: holding.realised - holding.cost };
}

/** What the holding would bring at `price` beyond what it cost, minor units. */
export function unrealised(holding: Holding, price: bigint): bigint {
  return price * holding.quantity - holding.cost;
}

/** Cost per unit, or what a unit that is owed brought, rounded half away from zero; 0 when there is nothing. */
export function averageCost({ quantity, cost }: Pick<Holding, 'quantity' | 'cost'>): bigint {
  if (quantity === 0n) return 0n;
  return quantity > 0n ? multiplyRatio(cost, 1n, quantity) : multiplyRatio(-cost, 1n, -quantity);
}
