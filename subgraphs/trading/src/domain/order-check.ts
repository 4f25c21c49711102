/**
 * The ladder before an order trades, or trades otherwise: rules in a fixed order, of which the first that is broken is
 * named. They stand in the order of `TRADING_REFUSALS`.
 */
import { istDate } from '@gridworks/kit/time';
import { addDays, dateOf } from './calendar.ts';
import { isOnTick, isTradable, type Instrument, type PriceBand } from './instrument.ts';
import { SLICES_MAX, sliceQuantity } from './limits.ts';
import type { Phase } from './matching/command.ts';
import {
  ORDER_TO_TRADE_MAX,
  QUANTITY_MAX,
  changeTerms,
  chargesOf,
  holdOf,
  isClientOrderId,
  no,
  remainingOf,
  type Order,
  type OrderOrigin,
  type OrderRequest,
  type OrderTerms,
  type OrderType,
  type TermsWish,
  type TradingRefusal,
  type Validity,
} from './order.ts';

/** What the ladder must know of an instrument. */
export interface Listing extends Pick<Instrument, 'exchange' | 'kind' | 'currency' | 'tickSize' | 'lotSize'> {
  readonly band: PriceBand;
  /** The most units of one order; undefined where there is no limit. */
  readonly freeze?: bigint | undefined;
  /** The most units that a user may have, on order to be bought included; undefined where there is no limit. */
  readonly positionMax?: bigint | undefined;
}

/** What stands behind a request at the moment it arrives. */
export interface Standing {
  /** Where the trading day stands. */
  readonly phase: Phase;
  readonly isMisClosed: boolean;
  /** The exchange's own orders for a user have names that no user can give, and count for no rate. */
  readonly origin: OrderOrigin;
  /** When, milliseconds since the epoch. */
  readonly at: number;
  readonly buyingPower: bigint;
  /** What is owed; above zero, only what brings cash or closes a position is accepted. */
  readonly dues: bigint;
  /** Of an order under margin; undefined where its whole value is paid. */
  readonly margin: MarginStanding | undefined;
  /** Quantity of the instrument under the product that is not promised to another sale. */
  readonly freeQuantity: bigint;
  /**
   * Units of the instrument that the user has, under every product, and those that open orders would buy; before a sale
   * under margin, those that the user owes and that open sales would sell.
   */
  readonly exposure: bigint;
  /** Whether the user has placed or changed as many orders within the last second as one may. */
  readonly isRateReached: boolean;
  /** Orders that were placed or changed today, and trades that came of the day's orders. */
  readonly ordersToday: number;
  readonly tradesToday: number;
  /** Whether an order of this side and limit price would trade at once; asked for post-only orders alone. */
  readonly wouldTrade: (price: bigint) => boolean;
}

/** What stands behind an order under margin. */
export interface MarginStanding {
  /** How much more has to be held when so many units may trade at this price at worst; below zero: less. */
  readonly needs: (worstPrice: bigint, quantity: bigint) => bigint;
  /** Units that it would close: those of the other direction that no other order closes. */
  readonly closable: bigint;
}

/** A request that may trade, at worst at `worstPrice`. */
export interface Accepted {
  readonly listing: Listing;
  readonly worstPrice: bigint;
  /** The price at which it comes to the most: a sale trades at its worst price or higher. */
  readonly highestPrice: bigint;
  /** The orders that it becomes: one, unless it is to be cut. */
  readonly slices: readonly Slice[];
}

/** One order, and what it promises until it ends. */
export interface Slice {
  readonly quantity: bigint;
  readonly hold: bigint;
}

/** A change that may be made, and what the order promises then. */
export interface AcceptedChange {
  readonly terms: OrderTerms;
  readonly hold: bigint;
  readonly highestPrice: bigint;
}

const VALIDITIES_OF: Readonly<Record<OrderType, readonly Validity[]>> = {
  LIMIT: ['DAY', 'IOC', 'FOK', 'GTC', 'GTD'],
  MARKET: ['DAY', 'IOC', 'FOK'],
  STOP: ['DAY', 'GTC', 'GTD'],
  STOP_LIMIT: ['DAY', 'GTC', 'GTD'],
};
/** What is disclosed is at least a tenth of the order, as exchanges in India have it. */
const DISPLAY_SHARE = 10n;
const GOOD_TILL_DAYS_MAX = 365;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/**
 * The first rule the request breaks, or what it may do. An order without a limit trades up to the end of the price band
 * of the day on which it was placed. With `isSliced` a quantity above the freeze quantity is cut into several orders.
 */
export function checkOrder(
  request: OrderRequest,
  listing: Listing | undefined,
  standing: Standing,
  isSliced = false,
): Accepted | TradingRefusal {
  const { quantity, limitPrice, triggerPrice, displayQuantity, side } = request;
  const untimely = sessionRefusal(standing, request.afterMarket);
  if (untimely) return untimely;
  if (!listing) return no('INSTRUMENT_UNKNOWN', 'symbol');
  if (!isTradable(listing) || listing.currency !== 'INR') return no('INSTRUMENT_NOT_TRADABLE', 'symbol');
  if (quantity < 1n || quantity > QUANTITY_MAX) return no('QUANTITY_INVALID', 'quantity');
  const refusal = formRefusal(request, standing) ?? valuesRefusal(request, request, listing);
  if (refusal) return refusal;
  const showable = listing.freeze !== undefined && listing.freeze < quantity ? listing.freeze : quantity;
  if (displayQuantity !== null && (!isShowable(displayQuantity, quantity) || displayQuantity > showable))
    return no('DISPLAY_QUANTITY_INVALID', 'displayQuantity');
  const outside = bandRefusal(limitPrice, triggerPrice, listing);
  if (outside) return outside;
  if (!isInOrder(request, side)) return no('TRIGGER_PRICE_INVALID', 'triggerPrice');
  if (isFrozen(quantity, listing, isSliced ? SLICES_MAX : 1n))
    return no('FREEZE_QUANTITY_EXCEEDED', 'quantity');
  if (standing.origin === 'USER' && !isClientOrderId(request.clientOrderId))
    return no('CLIENT_ORDER_ID_INVALID', 'clientOrderId');
  const worstPrice = limitPrice ?? (side === 'BUY' ? listing.band.upper : listing.band.lower);
  const highestPrice = side === 'BUY' ? worstPrice : listing.band.upper;
  const { margin } = standing;
  const sliceOf = (each: bigint): Slice => ({
    quantity: each,
    hold: margin ? chargesOf(highestPrice * each) : holdOf(side, worstPrice, each),
  });
  const slices =
    listing.freeze === undefined || quantity <= listing.freeze
      ? [sliceOf(quantity)]
      : sliceQuantity(quantity, listing.freeze, listing.lotSize).map(sliceOf);
  const hold = slices.reduce((sum, slice) => sum + slice.hold, 0n);
  const wish = { side, quantity, hold, margin: margin?.needs(highestPrice, quantity) ?? 0n, units: quantity };
  const unmet = standingRefusal(standing, wish, listing);
  if (unmet) return unmet;
  if (request.postOnly && standing.wouldTrade(worstPrice)) return no('POST_ONLY_WOULD_TRADE');
  return { listing, worstPrice, highestPrice, slices };
}

/**
 * The first rule that a change of an open order breaks, or what comes of it. Only what it changes is looked at: an order
 * that has waited for days may lie outside today's band. `worstPrice` is what an order without a limit trades up to.
 */
export function checkChange(
  order: Order,
  wish: TermsWish,
  worstPrice: bigint,
  listing: Listing,
  standing: Standing,
): AcceptedChange | TradingRefusal {
  const { side } = order;
  const terms = changeTerms(order, wish);
  const { quantity, limitPrice, displayQuantity } = terms;
  const untimely = sessionRefusal(standing, order.status === 'AMO_PENDING');
  if (untimely) return untimely;
  if (quantity < 1n || quantity > QUANTITY_MAX) return no('QUANTITY_INVALID', 'quantity');
  if (quantity <= order.filledQuantity) return no('QUANTITY_FILLED', 'quantity');
  if (wish.limitPrice !== null && order.limitPrice === null) return no('PRICE_NOT_ALLOWED', 'limitPrice');
  if (wish.triggerPrice !== null && order.status !== 'TRIGGER_PENDING')
    return no('TRIGGER_PRICE_NOT_ALLOWED', 'triggerPrice');
  if (wish.displayQuantity !== null && order.displayQuantity === null)
    return no('DISPLAY_QUANTITY_NOT_ALLOWED', 'displayQuantity');
  const refusal = valuesRefusal(wish, terms, listing);
  if (refusal) return refusal;
  if (displayQuantity !== null && !isShowable(displayQuantity, quantity))
    return no('DISPLAY_QUANTITY_INVALID', 'displayQuantity');
  const outside = bandRefusal(wish.limitPrice, wish.triggerPrice, listing);
  if (outside) return outside;
  if (order.status === 'TRIGGER_PENDING' && !isInOrder(terms, side))
    return no('TRIGGER_PRICE_INVALID', 'triggerPrice');
  if (wish.quantity !== null && isFrozen(quantity, listing))
    return no('FREEZE_QUANTITY_EXCEEDED', 'quantity');
  const left = remainingOf({ quantity, filledQuantity: order.filledQuantity });
  const highestPrice = side === 'BUY' ? (limitPrice ?? worstPrice) : listing.band.upper;
  const hold = standing.margin
    ? chargesOf(order.turnover + highestPrice * left)
    : holdOf(side, limitPrice ?? worstPrice, left, order.turnover);
  const change = {
    side,
    quantity: left,
    hold: hold - order.hold,
    margin: standing.margin?.needs(highestPrice, left) ?? 0n,
    units: quantity - order.quantity,
  };
  const unmet = standingRefusal(standing, change, listing);
  if (unmet) return unmet;
  if (order.postOnly && standing.wouldTrade(limitPrice ?? worstPrice)) return no('POST_ONLY_WOULD_TRADE');
  return { terms, hold, highestPrice };
}

/** Whether orders are taken at all. */
function sessionRefusal({ phase }: Standing, isAfterMarket: boolean): TradingRefusal | undefined {
  if (isAfterMarket) return phase === 'CLOSED' ? undefined : no('SESSION_OPEN', 'afterMarket');
  if (phase === 'CONTINUOUS' || phase === 'PRE_OPEN') return undefined;
  return no(phase === 'HALTED' ? 'MARKET_HALTED' : 'SESSION_CLOSED');
}

/** Whether the fields go together, and with the time of the day. */
function formRefusal(request: OrderRequest, standing: Standing): TradingRefusal | undefined {
  const { type, validity, limitPrice, triggerPrice, goodTill } = request;
  const mayOutlast = request.product !== 'MIS';
  const outlasts = validity === 'GTC' || validity === 'GTD';
  if (!VALIDITIES_OF[type].includes(validity) || (outlasts && !mayOutlast))
    return no('VALIDITY_NOT_ALLOWED', 'validity');
  const hasLimit = type === 'LIMIT' || type === 'STOP_LIMIT';
  if (hasLimit && limitPrice === null) return no('PRICE_REQUIRED', 'limitPrice');
  if (!hasLimit && limitPrice !== null) return no('PRICE_NOT_ALLOWED', 'limitPrice');
  const isStop = type === 'STOP' || type === 'STOP_LIMIT';
  if (isStop && triggerPrice === null) return no('TRIGGER_PRICE_REQUIRED', 'triggerPrice');
  if (!isStop && triggerPrice !== null) return no('TRIGGER_PRICE_NOT_ALLOWED', 'triggerPrice');
  const isImmediate = validity === 'IOC' || validity === 'FOK';
  const mayWait = type === 'LIMIT' && !isImmediate;
  if (request.displayQuantity !== null && !mayWait)
    return no('DISPLAY_QUANTITY_NOT_ALLOWED', 'displayQuantity');
  if (request.postOnly && !mayWait) return no('POST_ONLY_NOT_ALLOWED', 'postOnly');
  const isForAuction = standing.phase === 'PRE_OPEN' || request.afterMarket;
  if (isForAuction && (isImmediate || request.displayQuantity !== null || request.postOnly))
    return no('AUCTION_TERMS_NOT_ALLOWED');
  if (standing.isMisClosed && request.product === 'MIS' && isOpening(request, standing))
    return no('MIS_CLOSED', 'product');
  if (validity !== 'GTD') return goodTill === null ? undefined : no('GOOD_TILL_NOT_ALLOWED', 'goodTill');
  if (goodTill === null) return no('GOOD_TILL_REQUIRED', 'goodTill');
  return isDayAhead(goodTill, standing.at) ? undefined : no('GOOD_TILL_INVALID', 'goodTill');
}

/** Tick and lot: of the prices that are wished, and of the quantities that come of it. */
function valuesRefusal(
  { limitPrice, triggerPrice }: Pick<TermsWish, 'limitPrice' | 'triggerPrice'>,
  { quantity, displayQuantity }: Pick<OrderTerms, 'quantity' | 'displayQuantity'>,
  { tickSize, lotSize }: Listing,
): TradingRefusal | undefined {
  if (limitPrice !== null && !isOnTick(limitPrice, tickSize)) return no('TICK_SIZE_VIOLATED', 'limitPrice');
  if (triggerPrice !== null && !isOnTick(triggerPrice, tickSize))
    return no('TICK_SIZE_VIOLATED', 'triggerPrice');
  if (quantity % lotSize !== 0n) return no('LOT_SIZE_VIOLATED', 'quantity');
  if (displayQuantity !== null && displayQuantity % lotSize !== 0n)
    return no('LOT_SIZE_VIOLATED', 'displayQuantity');
  return undefined;
}

function bandRefusal(
  limitPrice: bigint | null,
  triggerPrice: bigint | null,
  { band }: Listing,
): TradingRefusal | undefined {
  if (limitPrice !== null && !isInBand(limitPrice, band)) return no('PRICE_OUT_OF_BAND', 'limitPrice');
  if (triggerPrice !== null && !isInBand(triggerPrice, band)) return no('PRICE_OUT_OF_BAND', 'triggerPrice');
  return undefined;
}

export function isInBand(price: bigint, { lower, upper }: PriceBand): boolean {
  return price >= lower && price <= upper;
}

/** What is wished of a user's means, beyond what was promised before. */
interface Wish {
  readonly side: Order['side'];
  /** All that may still trade. */
  readonly quantity: bigint;
  readonly hold: bigint;
  /** What has to be held beside that, under margin. */
  readonly margin: bigint;
  readonly units: bigint;
}

/** What the user has, and how often they may ask. */
function standingRefusal(
  standing: Standing,
  wish: Wish,
  { positionMax }: Listing,
): TradingRefusal | undefined {
  const { side, units } = wish;
  if (standing.origin === 'USER' && standing.dues > 0n && units > 0n && isOpening(wish, standing))
    return no('DUES_OUTSTANDING');
  if (!isCovered(wish, standing)) return no('FUNDS_INSUFFICIENT');
  if (!standing.margin && units > 0n && side === 'SELL' && units > standing.freeQuantity)
    return no('HOLDINGS_INSUFFICIENT', 'quantity');
  const isAdding = units > 0n && (side === 'BUY' || standing.margin !== undefined);
  if (positionMax !== undefined && isAdding && standing.exposure + units > positionMax)
    return no('POSITION_LIMIT_EXCEEDED', 'quantity');
  if (standing.origin !== 'USER') return undefined;
  if (standing.isRateReached) return no('ORDER_RATE_EXCEEDED');
  const { ordersToday, tradesToday } = standing;
  if (ordersToday >= ORDER_TO_TRADE_MAX * Math.max(tradesToday, 1)) return no('ORDER_TO_TRADE_EXCEEDED');
  return undefined;
}

/** Whether it buys something, or opens a position; what sells or closes brings cash. */
function isOpening(
  { side, quantity }: Pick<Wish, 'side' | 'quantity'>,
  { margin }: Pick<Standing, 'margin'>,
): boolean {
  return margin ? quantity > margin.closable : side === 'BUY';
}

/**
 * Whether there is cash for it. Nobody is kept in a position for want of cash: what closes one always is, its charges come
 * out of what is held for it, and what is missing then is owed.
 */
function isCovered(wish: Wish, standing: Standing): boolean {
  const cash = wish.hold + wish.margin;
  if (cash <= 0n || cash <= standing.buyingPower) return true;
  return standing.margin !== undefined && !isOpening(wish, standing);
}

function isFrozen(quantity: bigint, { freeze, lotSize }: Listing, slices = 1n): boolean {
  // Most orders are far below it.
  if (freeze === undefined || quantity <= freeze - lotSize) return false;
  return quantity > (freeze - (freeze % lotSize)) * slices;
}

function isShowable(displayQuantity: bigint, quantity: bigint): boolean {
  return displayQuantity > 0n && displayQuantity * DISPLAY_SHARE >= quantity && displayQuantity <= quantity;
}

/** Whether what triggers a stop lies on the near side of its limit: otherwise it could not trade when it is triggered. */
function isInOrder(
  { limitPrice, triggerPrice }: Pick<OrderTerms, 'limitPrice' | 'triggerPrice'>,
  side: Order['side'],
): boolean {
  if (limitPrice === null || triggerPrice === null) return true;
  return side === 'BUY' ? triggerPrice <= limitPrice : triggerPrice >= limitPrice;
}

function isDayAhead(date: string, at: number): boolean {
  const [, year, month, day] = DATE.exec(date) ?? [];
  if (dateOf(Number(year), Number(month), Number(day)) === undefined) return false;
  const today = istDate(at);
  return date >= today && date <= addDays(today, GOOD_TILL_DAYS_MAX);
}
