/**
 * Other terms for an order at a broker: asked for, and not known yet whether it has them. What the order is, is what the
 * broker says; what it promises meanwhile is enough for either.
 */
import type { Terms } from '../broker/order.ts';
import type { Order } from '../order.ts';
import type { TellTerms } from './command.ts';

/** What an order is to become. */
export interface Amendment extends Terms {
  /** When that was wished, milliseconds since the epoch. */
  readonly at: number;
  /** Units that are promised for it beyond those of the order. */
  readonly units: bigint;
}

export interface KeptAmendment {
  readonly quantity: number;
  readonly limitPrice: number | null;
  readonly triggerPrice: number | null;
  readonly at: number;
  readonly units: number;
}

/** The order as it would be: what the next wish about it goes on from, and is checked by. */
export function wishedOrder(order: Order, amendment: Amendment | null): Order {
  const { quantity, limitPrice, triggerPrice } = amendment ?? order;
  // A stop that its broker has not confirmed, or is in doubt about, waits as far as anybody knows.
  const isWaiting = triggerPrice !== null && (order.status === 'PENDING' || order.status === 'UNKNOWN');
  const status = isWaiting ? 'TRIGGER_PENDING' : order.status;
  return { ...order, status, quantity, limitPrice, triggerPrice };
}

/** What a broker's terms are to an order: brokers give prices to orders that have none, and take away those that were reached. */
export function termsFor(order: Order, told: Terms): Terms {
  const isPossible = told.quantity > order.filledQuantity;
  const { limitPrice, triggerPrice } = order;
  return {
    quantity: isPossible ? told.quantity : order.quantity,
    limitPrice: limitPrice === null ? null : (told.limitPrice ?? limitPrice),
    triggerPrice: triggerPrice === null ? null : (told.triggerPrice ?? triggerPrice),
  };
}

export function areTerms(one: Terms, other: Terms): boolean {
  return (
    one.quantity === other.quantity &&
    one.limitPrice === other.limitPrice &&
    one.triggerPrice === other.triggerPrice
  );
}

export function toldTerms({ quantity, limitPrice, triggerPrice }: TellTerms): Terms {
  return {
    quantity: BigInt(quantity),
    limitPrice: limitPrice === null ? null : BigInt(limitPrice),
    triggerPrice: triggerPrice === null ? null : BigInt(triggerPrice),
  };
}

/** As commands and snapshots have it. */
export function plainTerms({
  quantity,
  limitPrice,
  triggerPrice,
}: Terms): Omit<KeptAmendment, 'at' | 'units'> {
  return {
    quantity: Number(quantity),
    limitPrice: limitPrice === null ? null : Number(limitPrice),
    triggerPrice: triggerPrice === null ? null : Number(triggerPrice),
  };
}

export function keptAmendment(amendment: Amendment): KeptAmendment {
  return { ...plainTerms(amendment), at: amendment.at, units: Number(amendment.units) };
}

export function amendmentOf(kept: KeptAmendment): Amendment {
  const { quantity, limitPrice, triggerPrice } = kept;
  return {
    quantity: BigInt(quantity),
    limitPrice: limitPrice === null ? null : BigInt(limitPrice),
    triggerPrice: triggerPrice === null ? null : BigInt(triggerPrice),
    at: kept.at,
    units: BigInt(kept.units),
  };
}
