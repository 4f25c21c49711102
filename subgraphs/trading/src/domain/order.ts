/** An order from the client's wish to its end: the ladder before it trades, its states, what it holds. */
import { multiplyRatio } from '@gridworks/kit/money';
import { refuse, type Refusal } from '@gridworks/kit/refusal';
import { isOnTick, isTradable, type Exchange, type Instrument, type PriceBand } from './instrument.ts';

export type Side = 'BUY' | 'SELL';
export type OrderType = 'LIMIT' | 'MARKET';
export type Validity = 'DAY' | 'IOC' | 'FOK';
export type Product = 'CNC' | 'MIS';
export type OrderStatus = 'OPEN' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELLED';
export type CancelReason = 'USER' | 'MARKET_REST' | 'TIME_IN_FORCE' | 'SELF_TRADE';
export type OrderEventKind = 'CREATED' | 'EXECUTED' | 'CANCELLED';

export const QUANTITY_MAX = 10_000_000n;
/** Half-width of the price band in hundredths of a percent of the reference price. */
export const BAND_BPS = 1_000;
/**
 * SEBI circular SEBI/HO/MIRSD/MIRSD-PoD/P/CIR/2025/0000013 of 4 February 2025 with NSE circular 471/2025 of 5 May 2025:
 * ten orders a second and client. Cancellations do not count.
 */
export const ORDER_RATE_MAX = 10;
export const ORDER_RATE_WINDOW_MS = 1_000;
/** The most orders of a day for each trade of it; somebody without a trade may place as many as with one. */
export const ORDER_TO_TRADE_MAX = 500;
/** What a hold adds to the value of a purchase for its charges: 0.5 % of the value and a fixed part, minor units. */
const CHARGES_BPS = 50n;
const CHARGES_FIXED = 200n;
const CLIENT_ORDER_ID = /^[A-Za-z0-9._:-]{1,64}$/;

/** Every refusal of trading, in the order in which the rules are looked at. */
export const TRADING_REFUSALS = {
  CLIENT_ORDER_ID_REUSED: 'You have used this client order id for another order.',
  INSTRUMENT_UNKNOWN: 'There is no instrument of this symbol.',
  INSTRUMENT_NOT_TRADABLE:
    'It can be watched but not traded: an index, or quoted in another currency than rupees.',
  QUANTITY_INVALID: `The quantity must lie between 1 and ${QUANTITY_MAX.toString()}.`,
  PRICE_REQUIRED: 'A LIMIT order needs a limit price.',
  PRICE_NOT_ALLOWED: 'A MARKET order takes no limit price.',
  TICK_SIZE_VIOLATED: 'The limit price is not a multiple of the tick size.',
  LOT_SIZE_VIOLATED: 'The quantity is not a multiple of the lot size.',
  PRICE_OUT_OF_BAND: "The limit price lies outside the day's price band.",
  CLIENT_ORDER_ID_INVALID:
    'A client order id has 1 to 64 letters, digits, dots, colons, dashes or underscores.',
  FUNDS_INSUFFICIENT: 'The buying power does not cover the value and the charges of this order.',
  HOLDINGS_INSUFFICIENT: 'You do not have this quantity free to sell under this product.',
  ORDER_RATE_EXCEEDED: 'You have placed as many orders within one second as one may.',
  ORDER_TO_TRADE_EXCEEDED: 'You have placed too many orders today for the trades that came of them.',
  ORDER_UNKNOWN: 'You have no order of this id.',
  ORDER_CLOSED: 'The order is filled or cancelled already.',
  WATCHLIST_NAME_INVALID: 'The name of a watchlist has 1 to 40 characters, none of them a control character.',
  WATCHLIST_TOO_LONG: 'A watchlist holds at most 50 instruments.',
  WATCHLIST_UNKNOWN: 'You have no watchlist of this id.',
  WATCHLIST_NAME_USED: 'Another watchlist of yours has this name.',
  WATCHLISTS_TOO_MANY: 'You have 20 watchlists, which is as many as there can be.',
  CLIENT_ALERT_ID_REUSED: 'You have used this client alert id for another alert.',
  ALERT_PRICE_INVALID: 'The price of an alert lies above 0 and is at most a crore.',
  ALERT_REACHED: 'The last price is there already.',
  CLIENT_ALERT_ID_INVALID:
    'A client alert id has 1 to 64 letters, digits, dots, colons, dashes or underscores.',
  ALERTS_TOO_MANY: 'You have 100 alerts that wait, which is as many as there can be.',
  ALERT_UNKNOWN: 'You have no alert of this id.',
  ALERT_CLOSED: 'The alert was triggered or cancelled already.',
  BASKET_INVALID: 'A basket has 1 to 20 orders, each under a name of its own.',
  CLIENT_BASKET_ID_INVALID:
    'A client basket id has 1 to 64 letters, digits, dots, colons, dashes or underscores.',
  CLIENT_BASKET_ID_REUSED: 'You have used this client basket id for another basket.',
  BATCH_INVALID: 'A batch has 1 to 1,000 entries in order of time, with positive prices and quantities.',
} as const;
export type TradingRefusalCode = keyof typeof TRADING_REFUSALS;
export type TradingRefusal = Refusal<TradingRefusalCode>;

/** What a client asks for. A new property of orders starts here; it is kept and compared without further ado. */
export interface OrderRequest {
  /** The client's own name for the order; makes repeating a request harmless. */
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly product: Product;
  readonly validity: Validity;
  readonly quantity: bigint;
  /** Minor units; null for MARKET orders. */
  readonly limitPrice: bigint | null;
}

export interface Order extends OrderRequest {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly exchange: Exchange;
  readonly status: OrderStatus;
  readonly filledQuantity: bigint;
  /** Sum of price x quantity over the fills, minor units. */
  readonly turnover: bigint;
  /** Cash promised when it was accepted, minor units. */
  readonly hold: bigint;
  readonly cancelReason: CancelReason | null;
  readonly placedAt: Date;
}

/** What the ladder must know of an instrument. */
export interface Listing extends Pick<Instrument, 'exchange' | 'kind' | 'currency' | 'tickSize' | 'lotSize'> {
  readonly band: PriceBand;
}

/** What stands behind a request at the moment it arrives. */
export interface Standing {
  readonly listing: Listing | undefined;
  readonly buyingPower: bigint;
  /** Quantity of the instrument under the product that is not promised to another sale. */
  readonly freeQuantity: bigint;
  /** Whether the user has placed as many orders within the last second as one may. */
  readonly isRateReached: boolean;
  /** Orders that were placed today, and trades that came of the day's orders. */
  readonly ordersToday: number;
  readonly tradesToday: number;
}

/** A request that may trade: at worst at `worstPrice`, with `hold` promised until it ends. */
export interface Accepted {
  readonly listing: Listing;
  readonly worstPrice: bigint;
  readonly hold: bigint;
}

/**
 * What a purchase promises, minor units: its value at the worst price, and 0.5 % plus 2 rupees for charges, rounded up
 * to the paisa. 100 shares at 1,405.70: 14,057,000 + 70,285 + 200 = 14,127,485. A sale promises shares, not cash.
 */
export function holdOf(side: Side, worstPrice: bigint, quantity: bigint): bigint {
  if (side === 'SELL') return 0n;
  const value = worstPrice * quantity;
  return value + (value * CHARGES_BPS + 9_999n) / 10_000n + CHARGES_FIXED;
}

/** The first rule the request breaks, or what it may do. A MARKET order trades up to the end of the price band. */
export function checkOrder(request: OrderRequest, standing: Standing): Accepted | TradingRefusal {
  const { listing } = standing;
  const { quantity, limitPrice, side } = request;
  if (!listing) return no('INSTRUMENT_UNKNOWN', 'symbol');
  if (!isTradable(listing) || listing.currency !== 'INR') return no('INSTRUMENT_NOT_TRADABLE', 'symbol');
  if (quantity < 1n || quantity > QUANTITY_MAX) return no('QUANTITY_INVALID', 'quantity');
  if (request.type === 'LIMIT' && limitPrice === null) return no('PRICE_REQUIRED', 'limitPrice');
  if (request.type === 'MARKET' && limitPrice !== null) return no('PRICE_NOT_ALLOWED', 'limitPrice');
  if (limitPrice !== null && !isOnTick(limitPrice, listing.tickSize))
    return no('TICK_SIZE_VIOLATED', 'limitPrice');
  if (quantity % listing.lotSize !== 0n) return no('LOT_SIZE_VIOLATED', 'quantity');
  const { lower, upper } = listing.band;
  if (limitPrice !== null && (limitPrice < lower || limitPrice > upper)) {
    return no('PRICE_OUT_OF_BAND', 'limitPrice');
  }
  if (!isClientOrderId(request.clientOrderId)) return no('CLIENT_ORDER_ID_INVALID', 'clientOrderId');
  const worstPrice = limitPrice ?? (side === 'BUY' ? upper : lower);
  const hold = holdOf(side, worstPrice, quantity);
  if (hold > standing.buyingPower) return no('FUNDS_INSUFFICIENT');
  if (side === 'SELL' && quantity > standing.freeQuantity) return no('HOLDINGS_INSUFFICIENT', 'quantity');
  if (standing.isRateReached) return no('ORDER_RATE_EXCEEDED');
  if (standing.ordersToday >= ORDER_TO_TRADE_MAX * Math.max(standing.tradesToday, 1))
    return no('ORDER_TO_TRADE_EXCEEDED');
  return { listing, worstPrice, hold };
}

/** The order an accepted request becomes. Id and time come from outside. */
export function createOrder(
  request: OrderRequest,
  accepted: Accepted,
  facts: Pick<Order, 'id' | 'tenantId' | 'userId' | 'placedAt'>,
): Order {
  // Written out: an object that grows field by field costs several times as much, and this is made for every order.
  return {
    clientOrderId: request.clientOrderId,
    symbol: request.symbol,
    side: request.side,
    type: request.type,
    product: request.product,
    validity: request.validity,
    quantity: request.quantity,
    limitPrice: request.limitPrice,
    id: facts.id,
    tenantId: facts.tenantId,
    userId: facts.userId,
    placedAt: facts.placedAt,
    exchange: accepted.listing.exchange,
    status: 'OPEN',
    filledQuantity: 0n,
    turnover: 0n,
    hold: accepted.hold,
    cancelReason: null,
  };
}

/** Whether the text may name an order. */
export function isClientOrderId(text: string): boolean {
  return CLIENT_ORDER_ID.test(text);
}

/** Whether the order was made from this very request. */
export function isSameRequest(order: OrderRequest, request: OrderRequest): boolean {
  const wishes = Object.keys(request) as (keyof OrderRequest)[];
  // What a client leaves out may arrive as undefined; it is kept as null.
  return wishes.every((wish) => (order[wish] ?? null) === (request[wish] ?? null));
}

/** Whether anything of the order can still trade. */
export function isOpen(order: Pick<Order, 'status'>): boolean {
  return order.status === 'OPEN' || order.status === 'PARTIALLY_FILLED';
}

/** What has not traded. */
export function remainingOf(order: Pick<Order, 'quantity' | 'filledQuantity'>): bigint {
  return order.quantity - order.filledQuantity;
}

/** The order after one more fill. */
export function fillOrder<O extends Order>(order: O, price: bigint, quantity: bigint): O {
  if (!isOpen(order) || quantity <= 0n || quantity > remainingOf(order)) {
    throw new Error(`order ${order.id} (${order.status}) cannot be filled with ${quantity.toString()}`);
  }
  const filledQuantity = order.filledQuantity + quantity;
  const status = filledQuantity === order.quantity ? 'FILLED' : 'PARTIALLY_FILLED';
  return { ...order, status, filledQuantity, turnover: order.turnover + price * quantity };
}

/** The order after what was left of it left the market. */
export function cancelOrder<O extends Order>(order: O, reason: CancelReason): O {
  if (!isOpen(order)) throw new Error(`order ${order.id} (${order.status}) cannot be cancelled`);
  return { ...order, status: 'CANCELLED', cancelReason: reason };
}

/** The order as one of its events left it. */
export function stateAfter<O extends Order>(
  order: O,
  event: Pick<Order, 'status' | 'filledQuantity' | 'turnover'>,
): O {
  const { status, filledQuantity, turnover } = event;
  return {
    ...order,
    status,
    filledQuantity,
    turnover,
    cancelReason: status === 'CANCELLED' ? order.cancelReason : null,
  };
}

/** Turnover per unit, rounded half away from zero to the minor unit; null before the first fill. */
export function averagePrice(turnover: bigint, filledQuantity: bigint): bigint | null {
  return filledQuantity === 0n ? null : multiplyRatio(turnover, 1n, filledQuantity);
}

/** A refusal of this domain with its standard sentence, about one field of the input or about none. */
export function no(code: TradingRefusalCode, field?: string): TradingRefusal {
  return refuse(code, TRADING_REFUSALS[code], field === undefined ? [] : ['input', field]);
}
