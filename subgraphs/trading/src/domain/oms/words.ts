/** One thing said in three ways: as commands keep it, as orders have it, and as the matching core takes it. */
import type { OrderType, Phase, Report, Traded } from '../matching/command.ts';
import type { Listing } from '../order-check.ts';
import { checkQuotes, type Quote, type Quotes } from '../quote.ts';
import {
  PLAIN,
  sliceName,
  type CancelReason,
  type Order,
  type OrderRequest,
  type TermsWish,
} from '../order.ts';
import type { ModifyOrder, PlaceOrder, QuoteMarket, Terms } from './command.ts';
import type { Print } from './outcome.ts';
import { isPlain, rareOf } from './state.ts';

export function refuseRefusal(report: Report): void {
  if (report.kind === 'refused')
    throw new Error(`the matching core refused a ${report.command}: ${report.code}`);
}

export function printOf(symbol: string, { price, quantity }: Traded): Print {
  return { symbol, price: BigInt(price), quantity: BigInt(quantity) };
}

/** Why the rest of an order left, in the words of orders. */
export function restReason(reason: string, order: Order): CancelReason {
  if (reason === 'SELF_TRADE') return 'SELF_TRADE';
  return order.type === 'MARKET' || order.type === 'STOP' ? 'MARKET_REST' : 'TIME_IN_FORCE';
}

/**
 * What an order is to the core: an iceberg is a type there, a stop that was triggered is none any more, and an order
 * without a limit is one up to the end of the band, except for a call auction.
 */
export function coreTypeOf({ type, status, displayQuantity }: Order, phase: Phase): OrderType {
  if (status === 'TRIGGER_PENDING') return type;
  if (type === 'MARKET' && phase === 'PRE_OPEN') return 'MARKET';
  return displayQuantity === null ? 'LIMIT' : 'ICEBERG';
}

/** Written out: objects that are spread into others cost ten times as much, and this is made for every order. */
export function requestOf(command: PlaceOrder): OrderRequest {
  const { clientOrderId, symbol, side, type, product, validity, quantity, limitPrice } = command;
  const { triggerPrice, displayQuantity } = command;
  return {
    clientOrderId,
    symbol,
    side,
    type,
    product,
    validity,
    quantity: BigInt(quantity),
    limitPrice: limitPrice === null ? null : BigInt(limitPrice),
    triggerPrice: triggerPrice === undefined ? null : BigInt(triggerPrice),
    displayQuantity: displayQuantity === undefined ? null : BigInt(displayQuantity),
    postOnly: command.postOnly ?? PLAIN.postOnly,
    selfTradePrevention: command.selfTradePrevention ?? PLAIN.selfTradePrevention,
    goodTill: command.goodTill ?? null,
    afterMarket: command.afterMarket ?? PLAIN.afterMarket,
  };
}

export function wishOf({ quantity, limitPrice, triggerPrice, displayQuantity }: ModifyOrder): TermsWish {
  const wide = (value: number | null): bigint | null => (value === null ? null : BigInt(value));
  return {
    quantity: wide(quantity),
    limitPrice: wide(limitPrice),
    triggerPrice: wide(triggerPrice),
    displayQuantity: wide(displayQuantity),
  };
}

export function listingOf(terms: Terms): Listing {
  const { exchange, kind, currency, tickSize, lotSize, lower, upper, freeze, positionMax } = terms;
  return {
    exchange,
    kind,
    currency,
    tickSize: BigInt(tickSize),
    lotSize: BigInt(lotSize),
    band: { lower: BigInt(lower), upper: BigInt(upper) },
    freeze: freeze === undefined ? undefined : BigInt(freeze),
    positionMax: positionMax === undefined ? undefined : BigInt(positionMax),
  };
}

/** The first slice of a wish has its name, so that the name is taken; those of the others nobody can give away. */
export function sliceOf(request: OrderRequest, index: number, quantity: bigint): OrderRequest {
  const { clientOrderId, displayQuantity } = request;
  return {
    ...request,
    clientOrderId: sliceName(clientOrderId, index),
    quantity,
    displayQuantity: displayQuantity !== null && displayQuantity > quantity ? quantity : displayQuantity,
  };
}

/** Whether what was told before says the same as `now`. */
export function isSame(before: Terms, now: Terms): boolean {
  return (Object.keys(now) as (keyof Terms)[]).every((key) => before[key] === now[key]);
}

/** Written out: objects that are spread into others cost ten times as much, and this is made for every order. */
export function placing(
  request: OrderRequest,
  userId: string,
  id: string,
  sequence: number,
  at: number,
): PlaceOrder {
  const { limitPrice } = request;
  const command: PlaceOrder = {
    kind: 'place',
    id,
    sequence,
    at,
    userId,
    clientOrderId: request.clientOrderId,
    symbol: request.symbol,
    side: request.side,
    type: request.type,
    product: request.product,
    validity: request.validity,
    quantity: Number(request.quantity),
    // What a client leaves out may arrive as undefined.
    limitPrice: (limitPrice ?? null) === null ? null : Number(limitPrice),
  };
  return isPlain(request) ? command : { ...command, ...rareOf(request) };
}

export function plainTerms(
  wish: TermsWish,
): Pick<ModifyOrder, 'quantity' | 'limitPrice' | 'triggerPrice' | 'displayQuantity'> {
  const narrow = (value: bigint | null): number | null => (value === null ? null : Number(value));
  return {
    quantity: narrow(wish.quantity),
    limitPrice: narrow(wish.limitPrice),
    triggerPrice: narrow(wish.triggerPrice),
    displayQuantity: narrow(wish.displayQuantity),
  };
}

export function plain({ price, quantity }: Quote): { readonly price: number; readonly quantity: number } {
  return { price: Number(price), quantity: Number(quantity) };
}

export function plainQuotes(quotes: Quotes): Pick<QuoteMarket, 'bids' | 'asks'> {
  checkQuotes(quotes);
  const pair = ({ price, quantity }: Quote): [number, number] => [Number(price), Number(quantity)];
  return { bids: quotes.bids.map(pair), asks: quotes.asks.map(pair) };
}
