/**
 * Rebalancing: which orders bring a portfolio to the weights that somebody wants. What is delivered counts (CNC), and the
 * cash that is not promised; an instrument that is not named has the weight of nothing, and what is left over is cash.
 * Prices and amounts are minor units, and whole numbers all the way.
 */
import type { Exchange, PriceBand } from './instrument.ts';
import { sliceQuantity } from './limits.ts';
import { PLAIN, holdOf, isClientOrderId, no, type OrderRequest, type Side } from './order.ts';
import type { TradingRefusal } from './order.ts';

export const TARGETS_MAX = 50;
export const SLIPPAGE_BPS_MAX = 500;
const WHOLE_BPS = 10_000n;
/** What a sale may cost beside its price, as generously as a purchase is reckoned: 0.5 % and two rupees. */
const CHARGES_BPS = 50n;
const CHARGES_FIXED = 200n;
/** The fixed part of what a purchase promises, and a paisa for its rounding. */
const HOLD_FIXED = CHARGES_FIXED + 1n;

/** A weight is hundredths of a percent of all there is. */
export interface Target {
  readonly symbol: string;
  readonly weightBps: number;
}

export interface RebalancingWish {
  readonly targets: readonly Target[];
  /** How far from the last price an order may trade, in hundredths of a percent. */
  readonly slippageBps: number;
}

export interface RebalancingRequest extends RebalancingWish {
  /** The client's own name for it; makes repeating a request harmless. */
  readonly clientRebalancingId: string;
}

/** An instrument that is held or wanted, as it stands. */
export interface Line {
  readonly symbol: string;
  readonly exchange: Exchange;
  readonly last: bigint;
  readonly tickSize: bigint;
  readonly lotSize: bigint;
  readonly band: PriceBand;
  /** The most units of one order; what is more becomes several. */
  readonly freeze: bigint;
  /** Units that are held, and those of them that no sale has promised. */
  readonly quantity: bigint;
  readonly free: bigint;
}

export interface PlannedOrder {
  readonly symbol: string;
  readonly exchange: Exchange;
  readonly side: Side;
  readonly quantity: bigint;
  readonly limitPrice: bigint;
}

export interface Plan {
  /** All there is, at the last prices. */
  readonly value: bigint;
  readonly sells: readonly PlannedOrder[];
  /** What can be paid for with the cash there is; more, once something was sold. */
  readonly buys: readonly PlannedOrder[];
}

/** The first rule that a wish breaks. */
export function wishRefusal({ targets, slippageBps }: RebalancingWish): TradingRefusal | undefined {
  const sum = targets.reduce((total, { weightBps }) => total + weightBps, 0);
  const isSound = targets.every(({ weightBps }) => weightBps >= 0 && weightBps <= Number(WHOLE_BPS));
  const symbols = new Set(targets.map(({ symbol }) => symbol));
  const isCounted = targets.length >= 1 && targets.length <= TARGETS_MAX && symbols.size === targets.length;
  if (!isCounted || !isSound || sum > Number(WHOLE_BPS)) return no('WEIGHTS_INVALID', 'targets');
  if (slippageBps < 0 || slippageBps > SLIPPAGE_BPS_MAX) return no('SLIPPAGE_INVALID', 'slippageBps');
  return undefined;
}

export function nameRefusal({ clientRebalancingId }: RebalancingRequest): TradingRefusal | undefined {
  return isClientOrderId(clientRebalancingId)
    ? undefined
    : no('CLIENT_REBALANCING_ID_INVALID', 'clientRebalancingId');
}

/**
 * What is to be sold and bought, in whole lots. Worked: 1,00,000 rupees in cash and a share at 100 that is to be 30 %
 * make 300 units. There is a line for each target and for each instrument that is held. With `hasSold` nothing more is.
 */
export function planOrders(
  wish: RebalancingWish,
  lines: readonly Line[],
  buyingPower: bigint,
  hasSold = false,
): Plan {
  const weights = new Map(wish.targets.map(({ symbol, weightBps }) => [symbol, BigInt(weightBps)]));
  const value = lines.reduce((sum, { quantity, last }) => sum + quantity * last, buyingPower);
  const sells: PlannedOrder[] = [];
  const buys: PlannedOrder[] = [];
  for (const line of lines) {
    const { symbol, exchange, last, quantity, free, lotSize } = line;
    const more = (value * (weights.get(symbol) ?? 0n)) / WHOLE_BPS - quantity * last;
    const side = more > 0n ? 'BUY' : 'SELL';
    // Less than a unit too much or too little stays.
    const units = more > 0n ? more / last : least(-more / last, free);
    const whole = units - (units % lotSize);
    if (whole === 0n || (hasSold && side === 'SELL')) continue;
    const limitPrice = limitOf(line, side, BigInt(wish.slippageBps));
    (side === 'BUY' ? buys : sells).push({ symbol, exchange, side, quantity: whole, limitPrice });
  }
  return { value, sells, buys: within(buys, buyingPower + sumOf(sells, proceedsOf), lines) };
}

/** The price that an order may trade at, at worst: on the tick, not beyond the slippage, within the band. */
function limitOf({ last, tickSize, band }: Line, side: Side, slippageBps: bigint): bigint {
  if (side === 'BUY') {
    const highest = (last * (WHOLE_BPS + slippageBps)) / WHOLE_BPS;
    return most(band.lower, least(band.upper, highest - (highest % tickSize)));
  }
  const lowest = (last * (WHOLE_BPS - slippageBps) + WHOLE_BPS - 1n) / WHOLE_BPS;
  return least(band.upper, most(band.lower, lowest + ((tickSize - (lowest % tickSize)) % tickSize)));
}

/** The purchases, all of them smaller in the same measure where the cash does not cover what they promise. */
function within(buys: readonly PlannedOrder[], cash: bigint, lines: readonly Line[]): PlannedOrder[] {
  const lineOf = new Map(lines.map((line) => [line.symbol, line]));
  const fixedOf = ({ symbol, quantity }: PlannedOrder): bigint => {
    const { freeze, lotSize } = lineOf.get(symbol) as Line;
    return HOLD_FIXED * BigInt(sliceQuantity(quantity, freeze, lotSize).length);
  };
  const fixed = sumOf(buys, fixedOf);
  const needed = sumOf(buys, ({ side, limitPrice, quantity }) => holdOf(side, limitPrice, quantity)) + fixed;
  if (needed <= cash) return [...buys];
  if (cash <= fixed) return [];
  // What is promised grows with the quantity, but for a fixed part and what is rounded.
  return buys.flatMap((order) => {
    const units = (order.quantity * (cash - fixed)) / needed;
    const quantity = units - (units % (lineOf.get(order.symbol) as Line).lotSize);
    return quantity > 0n ? [{ ...order, quantity }] : [];
  });
}

/** What a sale brings at least, if it trades whole. */
function proceedsOf({ limitPrice, quantity }: PlannedOrder): bigint {
  const value = limitPrice * quantity;
  return most(0n, value - (value * CHARGES_BPS) / WHOLE_BPS - CHARGES_FIXED);
}

function sumOf(orders: readonly PlannedOrder[], amountOf: (order: PlannedOrder) => bigint): bigint {
  return orders.reduce((sum, order) => sum + amountOf(order), 0n);
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** An order of a rebalancing, and what became of it. */
export interface RebalancingOrder extends PlannedOrder {
  /** What the exchange knows it by, whole or cut into slices. */
  readonly clientOrderId: string;
  readonly isPlaced: boolean;
  /** Why it was not placed; the others go on. */
  readonly refusal: Pick<TradingRefusal, 'code' | 'message'> | null;
  /** Of the orders that it became, and what they came to, as far as that was looked at. */
  readonly orderIds: readonly string[];
  readonly filledQuantity: bigint;
  readonly turnover: bigint;
}

/** What is known of a rebalancing while it is under way, and afterwards. */
export interface RebalancingState extends RebalancingWish {
  /** Its orders are named after it. */
  readonly id: string;
  /** Its events are in the log from this transaction on. */
  readonly sinceXid: string;
  /** Until when the orders of the step at hand are waited for, milliseconds since the epoch; 0 before the first. */
  readonly waitsUntilMs: number;
  readonly sells: readonly RebalancingOrder[];
  /** Known once the sales have ended. */
  readonly buys: readonly RebalancingOrder[];
}

/** A rebalancing before its first order. */
export function openRebalancing(
  { targets, slippageBps }: RebalancingWish,
  { sells, buys }: Plan,
  { id, sinceXid }: Pick<RebalancingState, 'id' | 'sinceXid'>,
): RebalancingState | TradingRefusal {
  if (sells.length + buys.length === 0) return no('REBALANCING_UNNEEDED', 'targets');
  const named = targets.map(({ symbol, weightBps }) => ({ symbol, weightBps }));
  const wish = { targets: named, slippageBps };
  return { ...wish, id, sinceXid, waitsUntilMs: 0, sells: ordersOf(id, sells), buys: [] };
}

/** The purchases under their names. */
export function withBuys(state: RebalancingState, { buys }: Plan): RebalancingState {
  return { ...state, buys: ordersOf(state.id, buys) };
}

function ordersOf(id: string, orders: readonly PlannedOrder[]): RebalancingOrder[] {
  return orders.map((order, index) => ({
    ...order,
    clientOrderId: `rebalancing:${id}:${order.side}:${index}`,
    isPlaced: false,
    refusal: null,
    orderIds: [],
    filledQuantity: 0n,
    turnover: 0n,
  }));
}

export function requestOf({
  clientOrderId,
  symbol,
  side,
  quantity,
  limitPrice,
}: RebalancingOrder): OrderRequest {
  const terms = { ...PLAIN, type: 'LIMIT', product: 'CNC', validity: 'DAY' } as const;
  return { ...terms, clientOrderId, symbol, side, quantity, limitPrice };
}

/** Whether a rebalancing was begun from this very wish. */
export function isSameWish(state: RebalancingState, { targets, slippageBps }: RebalancingWish): boolean {
  return (
    state.slippageBps === slippageBps &&
    state.targets.length === targets.length &&
    state.targets.every(
      ({ symbol, weightBps }, index) =>
        symbol === targets[index]?.symbol && weightBps === targets[index].weightBps,
    )
  );
}

/** Whether all of its orders have traded whole. */
export function isWhole({ sells, buys }: RebalancingState): boolean {
  return [...sells, ...buys].every(({ quantity, filledQuantity }) => filledQuantity === quantity);
}
