/**
 * What is held for positions of the day (MIS) in place of their value: a part of the most that they and their open orders
 * can come to. Amounts are minor units.
 *
 * The rate. SEBI circulars CIR/HO/MIRSD/DOP/CIR/P/2019/139 of 19 November 2019 and SEBI/HO/MIRSD/DOP/CIR/P/2020/146 of
 * 31 July 2020: in the cash segment VaR margin and extreme loss margin are collected before a trade, or 20 % of its
 * value in their place. SEBI/HO/MRD2/DCAP/CIR/P/2020/127 of 20 July 2020: all of it, also within the day, since
 * 1 September 2021. This exchange takes the 20 % of everything.
 */
import type { Side } from './order.ts';

/** Of the value, hundredths of a percent: [first day, rate]. */
const RATES: readonly (readonly [from: string, bps: number])[] = [['2021-09-01', 2_000]];

/** Positions are closed when they have lost this part of what is held, in hundredths of a percent: no rule, but a custom of brokers. */
const CALL_BPS = 8_000n;

/** A position of the day: what it cost; of units sold before they were bought, both are below zero. */
export interface OpenPosition {
  readonly quantity: bigint;
  readonly cost: bigint;
}

/** What an open order may still trade, and at what price at worst. */
export interface OpenUnits {
  readonly side: Side;
  readonly worstPrice: bigint;
  readonly quantity: bigint;
}

/** What a user has beside what orders hold for charges. Of `margin` and `available` none is ever below zero. */
export interface Funds {
  readonly available: bigint;
  /** Held for positions of the day and the orders that open them. */
  readonly margin: bigint;
  /** Owed: lost beyond all that there was. */
  readonly dues: bigint;
}

/** What moved between the parts of somebody's funds, beside what orders hold; below zero: less than before. */
export interface MarginChange {
  readonly margin: bigint;
  readonly dues: bigint;
  /** Profit, or loss below zero, of what was closed. */
  readonly realised: bigint;
}

/** The rate of a day, `YYYY-MM-DD`, in hundredths of a percent; undefined where the whole value is held. */
export function marginBpsOn(date: string): number | undefined {
  return RATES.findLast(([from]) => from <= date)?.[1];
}

/** Rounded up to the minor unit. 10 units at 1,405.75 and 20 %: 2,811.50. */
export function marginOf(value: bigint, bps: bigint): bigint {
  return (value * bps + 9_999n) / 10_000n;
}

/**
 * The most that a position and all of its orders can come to, whichever of them trade: everything bought, or everything
 * sold. It grows by new orders alone: no trade at an order's worst price or better makes it more. Long 10 units for
 * 1,000 with a sale of 15 at 110 at worst: 1,000, because the 5 that would be sold short come to less.
 */
export function worstValue(position: OpenPosition, orders: Iterable<OpenUnits>): bigint {
  const bought = { units: 0n, value: 0n, price: 0n };
  const sold = { units: 0n, value: 0n, price: 0n };
  for (const { side, worstPrice, quantity } of orders) {
    const sum = side === 'BUY' ? bought : sold;
    sum.units += quantity;
    sum.value += worstPrice * quantity;
    if (worstPrice > sum.price) sum.price = worstPrice;
  }
  const { quantity, cost } = position;
  const long = quantity >= 0n ? cost + bought.value : beyond(bought, -quantity);
  const short = quantity <= 0n ? sold.value - cost : beyond(sold, quantity);
  return long > short ? long : short;
}

/** What is left of orders when `closed` units of them only close something; at their worst price, and never more than all. */
function beyond(
  { units, value, price }: { readonly units: bigint; readonly value: bigint; readonly price: bigint },
  closed: bigint,
): bigint {
  if (units <= closed) return 0n;
  const left = (units - closed) * price;
  return left < value ? left : value;
}

/** Who has `funds` in all and is to hold `required` holds that first; what is below nothing is owed. */
export function allocate(funds: bigint, required: bigint): Funds {
  if (funds >= required) return { available: funds - required, margin: required, dues: 0n };
  return funds >= 0n
    ? { available: 0n, margin: funds, dues: 0n }
    : { available: 0n, margin: 0n, dues: -funds };
}

/** Whether positions that lost so much (above zero) are to be closed, because too little of what is held is left. */
export function isMarginCalled(loss: bigint, margin: bigint): boolean {
  return loss > 0n && loss * 10_000n >= margin * CALL_BPS;
}
