/**
 * Good till triggered: an order that is kept back until its instrument reaches a price, from day to day. With two legs,
 * one above the price of the moment and one below, the first that is reached is placed and the other is over (one cancels
 * the other). Nothing is promised before. Prices are minor units.
 */
import type { AlertCondition } from './alert.ts';
import { isOnTick, isTradable, type Instrument } from './instrument.ts';
import {
  PLAIN,
  QUANTITY_MAX,
  isClientOrderId,
  no,
  type OrderRequest,
  type Product,
  type Side,
  type TradingRefusal,
  type TradingRefusalCode,
} from './order.ts';

/** TRIGGERED: reached, and its order is on its way. */
export type GttStatus = 'ACTIVE' | 'TRIGGERED' | 'PLACED' | 'REFUSED' | 'CANCELLED';

/** Those of one user that wait. */
export const GTTS_MAX = 100;
/** A crore of rupees: no price of an instrument comes near it. */
const PRICE_MAX = 1_000_000_000n;

export interface GttLegRequest {
  readonly triggerPrice: bigint;
  /** Of the LIMIT order that is placed then. */
  readonly limitPrice: bigint;
  readonly quantity: bigint;
}

export interface GttLeg extends GttLegRequest {
  /** From which side the price is to come. */
  readonly condition: AlertCondition;
}

export interface GttRequest<Leg extends GttLegRequest = GttLegRequest> {
  /** The client's own name for it; makes repeating a request harmless. */
  readonly clientGttId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly product: Product;
  /** One, or two. */
  readonly legs: readonly Leg[];
}

export interface Gtt extends GttRequest<GttLeg> {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly status: GttStatus;
  readonly createdAt: Date;
  readonly triggeredAt: Date | null;
  /** Which leg was reached, 0 or 1; null before. */
  readonly triggeredLeg: number | null;
  /** The price that reached it; null before. */
  readonly triggeredPrice: bigint | null;
  /** Bare id of the order that was placed; null unless it is PLACED. */
  readonly orderId: string | null;
  /** Why the exchange did not take the order; null unless it is REFUSED. */
  readonly refusalCode: TradingRefusalCode | null;
}

/** What must be known to say whether one may be kept. */
export interface GttStanding {
  readonly instrument: Instrument | undefined;
  readonly last: bigint;
  /** How many of the user's wait already. */
  readonly active: number;
}

/** The first rule the request breaks; undefined when it may be kept. Band and funds are looked at when it is triggered. */
export function checkGtt(request: GttRequest, standing: GttStanding): TradingRefusal | undefined {
  const { instrument, last } = standing;
  const { legs } = request;
  if (!instrument) return no('INSTRUMENT_UNKNOWN', 'symbol');
  if (!isTradable(instrument) || instrument.currency !== 'INR')
    return no('INSTRUMENT_NOT_TRADABLE', 'symbol');
  if (legs.some(({ quantity }) => quantity < 1n || quantity > QUANTITY_MAX))
    return no('QUANTITY_INVALID', 'legs');
  const prices = legs.flatMap(({ triggerPrice, limitPrice }) => [triggerPrice, limitPrice]);
  if (prices.some((price) => price <= 0n || price > PRICE_MAX)) return no('GTT_PRICE_INVALID', 'legs');
  if (prices.some((price) => !isOnTick(price, instrument.tickSize))) return no('TICK_SIZE_VIOLATED', 'legs');
  if (legs.some(({ quantity }) => quantity % instrument.lotSize !== 0n))
    return no('LOT_SIZE_VIOLATED', 'legs');
  if (legs.some(({ triggerPrice }) => triggerPrice === last)) return no('GTT_REACHED', 'legs');
  const above = legs.filter(({ triggerPrice }) => triggerPrice > last).length;
  if (legs.length !== 1 && (legs.length !== 2 || above !== 1)) return no('GTT_LEGS_INVALID', 'legs');
  if (!isClientOrderId(request.clientGttId)) return no('CLIENT_GTT_ID_INVALID', 'clientGttId');
  if (standing.active >= GTTS_MAX) return no('GTTS_TOO_MANY');
  return undefined;
}

/** The legs with the side from which the price is to come, seen from where it stands. */
export function facing(legs: readonly GttLegRequest[], last: bigint): GttLeg[] {
  return legs.map(({ triggerPrice, limitPrice, quantity }) => ({
    condition: triggerPrice > last ? 'AT_OR_ABOVE' : 'AT_OR_BELOW',
    triggerPrice,
    limitPrice,
    quantity,
  }));
}

/** Whether it was made from this very request. */
export function isSameGtt(gtt: Gtt, { symbol, side, product, legs }: GttRequest): boolean {
  const isSameLeg = (leg: GttLegRequest, index: number): boolean => {
    const kept = gtt.legs[index];
    return (
      kept?.triggerPrice === leg.triggerPrice &&
      kept.limitPrice === leg.limitPrice &&
      kept.quantity === leg.quantity
    );
  };
  const isSameWish = gtt.symbol === symbol && gtt.side === side && gtt.product === product;
  return isSameWish && gtt.legs.length === legs.length && legs.every(isSameLeg);
}

/**
 * The order of the leg that was reached. Its name follows from the id: however often it is placed, by whichever process,
 * it is one order.
 */
export function orderOfGtt({ id, symbol, side, product, legs, triggeredLeg }: Gtt): OrderRequest {
  const leg = legs[triggeredLeg ?? -1];
  if (!leg) throw new Error(`GTT ${id} was not triggered`);
  const { quantity, limitPrice } = leg;
  const wish = { symbol, side, product, quantity, limitPrice };
  return { ...PLAIN, ...wish, clientOrderId: `gtt:${id}`, type: 'LIMIT', validity: 'DAY' };
}
