/** An order from the client's wish to its end: its states, what it holds, and every way to say no. */
import { multiplyRatio } from '@gridworks/kit/money';
import { refuse, type Refusal } from '@gridworks/kit/refusal';
import { istDate } from '@gridworks/kit/time';
import type { Exchange } from './instrument.ts';

export type Side = 'BUY' | 'SELL';
export type OrderType = 'LIMIT' | 'MARKET' | 'STOP' | 'STOP_LIMIT';
export type Validity = 'DAY' | 'IOC' | 'FOK' | 'GTC' | 'GTD';
export const PRODUCTS = ['CNC', 'MIS'] as const;
export type Product = (typeof PRODUCTS)[number];
/** What happens when an order meets another one of its user; the mode of the one that arrives counts. */
export type SelfTradePrevention = 'CANCEL_NEWEST' | 'CANCEL_OLDEST' | 'CANCEL_BOTH' | 'DECREMENT';
/** AMO_PENDING is of after-market orders. PENDING and UNKNOWN are of orders that a broker carries out: not confirmed there yet, and not known where they stand. */
export type OrderStatus =
  | 'AMO_PENDING'
  | 'PENDING'
  | 'TRIGGER_PENDING'
  | 'OPEN'
  | 'PARTIALLY_FILLED'
  | 'UNKNOWN'
  | 'FILLED'
  | 'CANCELLED'
  | 'REJECTED';
export type CancelReason =
  | 'USER'
  | 'MARKET_REST'
  | 'TIME_IN_FORCE'
  | 'SELF_TRADE'
  | 'OUT_OF_BAND'
  | 'SQUARE_OFF'
  | 'MARKET_HALTED'
  | 'BROKER';
/** Why a broker, or the exchange behind it, did not carry an order out. */
export type RejectReason =
  | 'FUNDS_INSUFFICIENT'
  | 'HOLDINGS_INSUFFICIENT'
  | 'PRICE_OUT_OF_BAND'
  | 'FREEZE_QUANTITY_EXCEEDED'
  | 'SESSION_CLOSED'
  | 'INSTRUMENT_NOT_TRADABLE'
  | 'NOT_PLACED'
  | 'OTHER';
export type OrderEventKind =
  | 'CREATED'
  | 'ENTERED'
  | 'CONFIRMED'
  | 'TRIGGERED'
  | 'MODIFY_REQUESTED'
  | 'MODIFIED'
  | 'MODIFY_REFUSED'
  | 'DOUBTED'
  | 'EXECUTED'
  | 'CANCEL_REQUESTED'
  | 'CANCELLED'
  | 'REJECTED';

/** Who placed an order: its owner, or the exchange, which closes what is held under MIS. */
export type OrderOrigin = 'USER' | 'SQUARE_OFF';

export const QUANTITY_MAX = 10_000_000n;
/** Half-width of the price band in hundredths of a percent of the reference price. */
export const BAND_BPS = 1_000;
/**
 * SEBI circular SEBI/HO/MIRSD/MIRSD-PoD/P/CIR/2025/0000013 of 4 February 2025 with NSE circular 471/2025 of 5 May 2025:
 * ten orders a second and client. Modifications count, cancellations do not.
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
  VENUE_UNAVAILABLE: 'The broker that carries orders out cannot be reached at the moment.',
  VENUE_UNSUPPORTED: 'The broker that carries orders out does not take this.',
  SESSION_CLOSED:
    'The exchange takes no orders now: it is closed, or between its opening auction and trading.',
  SESSION_OPEN: 'An after-market order is for when the exchange is closed.',
  MARKET_HALTED: 'The whole market is halted, because it has moved too far.',
  INSTRUMENT_UNKNOWN: 'There is no instrument of this symbol.',
  INSTRUMENT_NOT_TRADABLE:
    'It can be watched but not traded: an index, or quoted in another currency than rupees.',
  QUANTITY_INVALID: `The quantity must lie between 1 and ${QUANTITY_MAX.toString()}.`,
  QUANTITY_FILLED: 'As much as that, or more, has traded already.',
  VALIDITY_NOT_ALLOWED:
    'An order of this type does not wait like that: a MARKET order takes DAY, IOC or FOK, a stop DAY, GTC or GTD, and nothing of MIS outlasts its day.',
  PRICE_REQUIRED: 'An order of this type needs a limit price.',
  PRICE_NOT_ALLOWED: 'An order of this type takes no limit price.',
  TRIGGER_PRICE_REQUIRED: 'A stop needs a trigger price.',
  TRIGGER_PRICE_NOT_ALLOWED: 'Only a stop that was not triggered yet takes a trigger price.',
  DISPLAY_QUANTITY_NOT_ALLOWED:
    'Only a LIMIT order that may wait shows a part of its quantity, and only from the beginning.',
  POST_ONLY_NOT_ALLOWED: 'Only a LIMIT order that may wait can be post-only.',
  AUCTION_TERMS_NOT_ALLOWED:
    'A call auction takes plain orders only: none that is IOC or FOK, shows a part of itself, or is post-only.',
  MIS_CLOSED: 'Positions of the day are being closed: none is opened under MIS until tomorrow.',
  GOOD_TILL_REQUIRED: 'A GTD order needs its last day.',
  GOOD_TILL_NOT_ALLOWED: 'Only a GTD order takes a last day.',
  GOOD_TILL_INVALID: 'The last day is a date, YYYY-MM-DD, from today to a year ahead.',
  TICK_SIZE_VIOLATED: 'The price is not a multiple of the tick size.',
  LOT_SIZE_VIOLATED: 'The quantity is not a multiple of the lot size.',
  DISPLAY_QUANTITY_INVALID: 'The quantity shown must lie between a tenth of the quantity and all of it.',
  PRICE_OUT_OF_BAND: "The price lies outside the day's price band.",
  TRIGGER_PRICE_INVALID:
    'A buying stop is triggered at or below its limit price, a selling one at or above it.',
  FREEZE_QUANTITY_EXCEEDED:
    'The quantity is above the freeze quantity; `placeSlicedOrder` cuts up to 20 times as much into several orders.',
  CLIENT_ORDER_ID_INVALID:
    'A client order id has 1 to 64 letters, digits, dots, colons, dashes or underscores.',
  DUES_OUTSTANDING:
    'You owe what positions of the day lost beyond all you had: until that is paid off, you can only sell what you hold and close positions.',
  FUNDS_INSUFFICIENT:
    'The buying power does not cover this order: its value, or under MIS the margin, and the charges.',
  HOLDINGS_INSUFFICIENT:
    'You do not have this quantity free to sell under this product; only MIS sells what it does not have.',
  POSITION_LIMIT_EXCEEDED: 'You would have more of this instrument, orders included, than one user may.',
  ORDER_RATE_EXCEEDED: 'You have placed as many orders within one second as one may.',
  ORDER_TO_TRADE_EXCEEDED: 'You have placed too many orders today for the trades that came of them.',
  POST_ONLY_WOULD_TRADE: 'The order is post-only and would trade at once.',
  ORDER_UNKNOWN: 'You have no order of this id.',
  ORDER_CLOSED: 'The order is filled or cancelled already.',
  REASON_INVALID: 'A reason has 1 to 500 characters, none of them a control character.',
  BROKER_MISSING: 'Orders are matched here: there is no broker.',
  BROKER_ORDER_ID_INVALID:
    "FOUND needs the broker's id of the order, 1 to 64 letters or digits; ABSENT takes none.",
  BROKER_ORDER_UNKNOWN: 'The broker has no order of this id, or none that it tells of.',
  BROKER_ORDER_OTHER: "The broker's order of this id is another one.",
  ORDER_CERTAIN: 'It is known where the order stands.',
  REQUEST_TOKEN_INVALID:
    'The broker does not take this request token: one is good for a few minutes, and once.',
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
  WEIGHTS_INVALID:
    'A rebalancing names 1 to 50 instruments, each once, with weights of 0 to 10,000 hundredths of a percent that come to 10,000 at most.',
  SLIPPAGE_INVALID: 'The slippage lies between 0 and 500 hundredths of a percent.',
  CLIENT_REBALANCING_ID_INVALID:
    'A client rebalancing id has 1 to 64 letters, digits, dots, colons, dashes or underscores.',
  CLIENT_REBALANCING_ID_REUSED: 'You have used this client rebalancing id for another rebalancing.',
  REBALANCING_UNNEEDED:
    'The portfolio is as near to these weights as whole lots and the cash there is allow.',
  REBALANCING_UNDER_WAY: 'Another rebalancing of yours is under way.',
  CLIENT_GTT_ID_REUSED: 'You have used this client id for another good-till-triggered order.',
  GTT_PRICE_INVALID: 'The prices of a leg lie above 0 and are at most a crore.',
  GTT_REACHED: 'The last price is there already.',
  GTT_LEGS_INVALID: 'There is one leg, or two: one above the last price and one below.',
  CLIENT_GTT_ID_INVALID: 'A client id has 1 to 64 letters, digits, dots, colons, dashes or underscores.',
  GTTS_TOO_MANY: 'You have 100 good-till-triggered orders that wait, which is as many as there can be.',
  GTT_UNKNOWN: 'You have no good-till-triggered order of this id.',
  GTT_CLOSED: 'It was triggered or cancelled already.',
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
  /** Minor units; null for MARKET and STOP orders. */
  readonly limitPrice: bigint | null;
  /** A trade at this price or beyond makes a stop an order like any other. Minor units; null unless it is a stop. */
  readonly triggerPrice: bigint | null;
  /** How much of it others see at a time; null for all. */
  readonly displayQuantity: bigint | null;
  /** Refused rather than traded at once. */
  readonly postOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention;
  /** The last day of a GTD order, `YYYY-MM-DD` in India; null for the others. */
  readonly goodTill: string | null;
  /** Taken while the exchange is closed, to enter the auction of the next trading day. */
  readonly afterMarket: boolean;
}

/** What most orders have of what came to orders later. */
export const PLAIN = {
  triggerPrice: null,
  displayQuantity: null,
  postOnly: false,
  selfTradePrevention: 'CANCEL_NEWEST',
  goodTill: null,
  afterMarket: false,
} as const satisfies Partial<OrderRequest>;

/** What of an order can be changed while it waits. */
export type OrderTerms = Pick<OrderRequest, 'quantity' | 'limitPrice' | 'triggerPrice' | 'displayQuantity'>;

/** A change of them: what is null stays. */
export type TermsWish = { readonly [Term in keyof OrderTerms]: OrderTerms[Term] | null };

export interface Order extends OrderRequest {
  readonly id: string;
  readonly origin: OrderOrigin;
  readonly tenantId: string;
  readonly userId: string;
  readonly exchange: Exchange;
  readonly status: OrderStatus;
  readonly filledQuantity: bigint;
  /** Sum of price x quantity over the fills, minor units. */
  readonly turnover: bigint;
  /** Cash promised when it was accepted or last changed, minor units: for what has traded as well. */
  readonly hold: bigint;
  readonly cancelReason: CancelReason | null;
  readonly rejectReason: RejectReason | null;
  readonly placedAt: Date;
}

/**
 * What a purchase promises, minor units: its value at the worst price, and 0.5 % plus 2 rupees for charges, rounded up
 * to the paisa. 100 shares at 1,405.70: 14,057,000 + 70,285 + 200 = 14,127,485. A sale promises shares, not cash. Of an
 * order that has traded, `turnover` is what that came to and `quantity` what is left.
 */
export function holdOf(side: Side, worstPrice: bigint, quantity: bigint, turnover = 0n): bigint {
  if (side === 'SELL') return 0n;
  const value = turnover + worstPrice * quantity;
  return value + chargesOf(value);
}

/** The most that the charges of an order of this value can come to, which is all that an order under margin promises. */
export function chargesOf(value: bigint): bigint {
  return (value * CHARGES_BPS + 9_999n) / 10_000n + CHARGES_FIXED;
}

/** The order an accepted request becomes. Id and time come from outside. */
export function createOrder(
  request: OrderRequest,
  facts: Pick<Order, 'id' | 'tenantId' | 'userId' | 'origin' | 'placedAt' | 'exchange' | 'hold'>,
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
    triggerPrice: request.triggerPrice,
    displayQuantity: request.displayQuantity,
    postOnly: request.postOnly,
    selfTradePrevention: request.selfTradePrevention,
    goodTill: request.goodTill,
    afterMarket: request.afterMarket,
    id: facts.id,
    tenantId: facts.tenantId,
    userId: facts.userId,
    origin: facts.origin,
    placedAt: facts.placedAt,
    exchange: facts.exchange,
    status: request.afterMarket ? 'AMO_PENDING' : entryStatus(request),
    filledQuantity: 0n,
    turnover: 0n,
    hold: facts.hold,
    cancelReason: null,
    rejectReason: null,
  };
}

/** Why the exchange closes a position: the day is over, or the position lost too much of what is held for it. */
export type SquareOffReason = 'DAY_END' | 'MARGIN_CALL';

// No client can give a name with a slash.
const SQUARE_OFF_NAMES: Readonly<Record<SquareOffReason, string>> = {
  DAY_END: 'square-off/',
  MARGIN_CALL: 'margin-call/',
};

/** What the exchange places for a user to close a position: at any price, before whatever else they would trade. */
export function squareOffRequest(
  id: string,
  { symbol, quantity }: Pick<OrderRequest, 'symbol' | 'quantity'>,
  reason: SquareOffReason,
): OrderRequest {
  return {
    ...PLAIN,
    clientOrderId: SQUARE_OFF_NAMES[reason] + id,
    symbol,
    side: quantity > 0n ? 'SELL' : 'BUY',
    type: 'MARKET',
    product: 'MIS',
    validity: 'DAY',
    quantity: quantity > 0n ? quantity : -quantity,
    limitPrice: null,
    selfTradePrevention: 'CANCEL_OLDEST',
  };
}

/** Why the exchange placed this order; null where its user did. */
export function squareOffReason({
  origin,
  clientOrderId,
}: Pick<Order, 'origin' | 'clientOrderId'>): SquareOffReason | null {
  if (origin === 'USER') return null;
  return clientOrderId.startsWith(SQUARE_OFF_NAMES.MARGIN_CALL) ? 'MARGIN_CALL' : 'DAY_END';
}

/** Whether the text may name an order. */
export function isClientOrderId(text: string): boolean {
  return CLIENT_ORDER_ID.test(text);
}

/** The client order id of a slice, from 0: the first has that of the wish, the others names that no client can give. */
export function sliceName(clientOrderId: string, index: number): string {
  return index === 0 ? clientOrderId : `${clientOrderId}/${index + 1}`;
}

export function isSliceName(name: string, clientOrderId: string): boolean {
  return name === clientOrderId || name.startsWith(`${clientOrderId}/`);
}

/** Whether the order was made from this very request. */
export function isSameRequest(order: OrderRequest, request: OrderRequest): boolean {
  const wishes = Object.keys(request) as (keyof OrderRequest)[];
  // What a client leaves out may arrive as undefined; it is kept as null.
  return wishes.every((wish) => (order[wish] ?? null) === (request[wish] ?? null));
}

/** Whether anything of the order can still trade. */
export function isOpen({ status }: Pick<Order, 'status'>): boolean {
  return status !== 'FILLED' && status !== 'CANCELLED' && status !== 'REJECTED';
}

/** Whether an order that waits should not any more on this date in India, `YYYY-MM-DD`. */
export function isExpired(
  { validity, placedAt, goodTill }: Pick<Order, 'validity' | 'placedAt' | 'goodTill'>,
  today: string,
): boolean {
  if (validity === 'GTC') return false;
  return (goodTill ?? istDate(placedAt.getTime())) < today;
}

/** What has not traded. */
export function remainingOf(order: Pick<Order, 'quantity' | 'filledQuantity'>): bigint {
  return order.quantity - order.filledQuantity;
}

/** The order after one more fill. */
export function fillOrder<O extends Order>(order: O, price: bigint, quantity: bigint): O {
  if (
    !isOpen(order) ||
    order.status === 'AMO_PENDING' ||
    order.status === 'TRIGGER_PENDING' ||
    quantity <= 0n ||
    quantity > remainingOf(order)
  ) {
    throw new Error(`order ${order.id} (${order.status}) cannot be filled with ${quantity.toString()}`);
  }
  const filledQuantity = order.filledQuantity + quantity;
  const rest = order.status === 'UNKNOWN' ? 'UNKNOWN' : 'PARTIALLY_FILLED';
  const status = filledQuantity === order.quantity ? 'FILLED' : rest;
  return { ...order, status, filledQuantity, turnover: order.turnover + price * quantity };
}

function entryStatus({ triggerPrice }: Pick<OrderRequest, 'triggerPrice'>): OrderStatus {
  return triggerPrice === null ? 'OPEN' : 'TRIGGER_PENDING';
}

/** The after-market order when the exchange takes orders again: one like any other. */
export function enterOrder<O extends Order>(order: O): O {
  if (order.status !== 'AMO_PENDING')
    throw new Error(`order ${order.id} (${order.status}) waits for no trading day`);
  return { ...order, status: entryStatus(order) };
}

/** The stop after a trade reached its trigger price: an order like any other. */
export function triggerOrder<O extends Order>(order: O): O {
  if (order.status !== 'TRIGGER_PENDING')
    throw new Error(`order ${order.id} (${order.status}) waits for no trigger`);
  return { ...order, status: 'OPEN' };
}

/** The order after its terms were changed, and with them what it promises. */
export function modifyOrder<O extends Order>(order: O, terms: OrderTerms, hold: bigint): O {
  const { quantity, limitPrice, triggerPrice, displayQuantity } = terms;
  if (!isOpen(order) || quantity <= order.filledQuantity) {
    throw new Error(`order ${order.id} (${order.status}) cannot be for ${quantity.toString()}`);
  }
  return { ...order, quantity, limitPrice, triggerPrice, displayQuantity, hold };
}

/** The terms that an order would have; what is null stays. */
export function changeTerms(order: OrderTerms, wish: TermsWish): OrderTerms {
  return {
    quantity: wish.quantity ?? order.quantity,
    limitPrice: wish.limitPrice ?? order.limitPrice,
    triggerPrice: wish.triggerPrice ?? order.triggerPrice,
    displayQuantity: wish.displayQuantity ?? order.displayQuantity,
  };
}

/** Whether two orders, or an order and a wish, have the same terms. */
export function hasTerms(order: OrderTerms, terms: OrderTerms): boolean {
  return (
    order.quantity === terms.quantity &&
    order.limitPrice === terms.limitPrice &&
    order.triggerPrice === terms.triggerPrice &&
    order.displayQuantity === terms.displayQuantity
  );
}

/** The order after what was left of it left the market. */
export function cancelOrder<O extends Order>(order: O, reason: CancelReason): O {
  if (!isOpen(order)) throw new Error(`order ${order.id} (${order.status}) cannot be cancelled`);
  return { ...order, status: 'CANCELLED', cancelReason: reason };
}

/** The order after a broker turned it down. */
export function rejectOrder<O extends Order>(order: O, reason: RejectReason): O {
  if (!isOpen(order)) throw new Error(`order ${order.id} (${order.status}) cannot be rejected`);
  return { ...order, status: 'REJECTED', rejectReason: reason };
}

/** The open order as a broker says that it stands. */
export function standOrder<O extends Order>(
  order: O,
  status: 'PENDING' | 'TRIGGER_PENDING' | 'OPEN' | 'UNKNOWN',
): O {
  if (!isOpen(order)) throw new Error(`order ${order.id} (${order.status}) cannot stand as ${status}`);
  const isPart = order.filledQuantity > 0n && status !== 'UNKNOWN';
  return { ...order, status: isPart ? 'PARTIALLY_FILLED' : status };
}

/** The order as one of its events left it. */
export function stateAfter<O extends Order>(
  order: O,
  event: Pick<Order, 'status' | 'filledQuantity' | 'turnover' | keyof OrderTerms>,
): O {
  const { status, filledQuantity, turnover, quantity, limitPrice, triggerPrice, displayQuantity } = event;
  return {
    ...order,
    status,
    filledQuantity,
    turnover,
    quantity,
    limitPrice,
    triggerPrice,
    displayQuantity,
    cancelReason: status === 'CANCELLED' ? order.cancelReason : null,
    rejectReason: status === 'REJECTED' ? order.rejectReason : null,
  };
}

/** Turnover per unit, rounded half away from zero to the minor unit; null before the first fill. */
export function averagePrice(turnover: bigint, filledQuantity: bigint): bigint | null {
  return filledQuantity === 0n ? null : multiplyRatio(turnover, 1n, filledQuantity);
}

const PASSING: readonly TradingRefusalCode[] = [
  'VENUE_UNAVAILABLE',
  'SESSION_CLOSED',
  'MARKET_HALTED',
  'ORDER_RATE_EXCEEDED',
];

/** Whether a refusal is over by itself, so that whoever can wait asks again. */
export function isPassing({ code }: TradingRefusal): boolean {
  return PASSING.includes(code);
}

/** A refusal of this domain with its standard sentence, about one field of the input or about none. */
export function no(code: TradingRefusalCode, field?: string): TradingRefusal {
  return refuse(code, TRADING_REFUSALS[code], field === undefined ? [] : ['input', field]);
}
