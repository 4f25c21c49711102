/** What a command does to users' orders, step by step, before any of it is written. */
import {
  cancelOrder,
  fillOrder,
  remainingOf,
  type CancelReason,
  type Order,
  type OrderEventKind,
} from './order.ts';

export interface Fill {
  readonly tradeId: string;
  /** Shared by both sides of one execution. */
  readonly executionId: string;
  readonly price: bigint;
  readonly quantity: bigint;
}

/** One step in an order's life, with the order as it was just after. */
export interface Step {
  readonly kind: OrderEventKind;
  readonly order: Order;
  /** What traded; null unless the kind is EXECUTED. */
  readonly fill: Fill | null;
}

/** A step that was taken. */
export interface Happening extends Step {
  /** 1, 2, 3, ... of the user, without a gap. */
  readonly sequence: bigint;
  readonly at: Date;
}

/** What changes about the units of an instrument that a user can deliver. */
export interface StockChange {
  readonly quantity: bigint;
  /** Of the units promised to sales. */
  readonly held: bigint;
}

export function created(order: Order): Step {
  return { kind: 'CREATED', order, fill: null };
}

export function executed(order: Order, fill: Fill): Step {
  return { kind: 'EXECUTED', order: fillOrder(order, fill.price, fill.quantity), fill };
}

/** The rest of the order leaves the market. */
export function cancelled(order: Order, reason: CancelReason): Step {
  return { kind: 'CANCELLED', order: cancelOrder(order, reason), fill: null };
}

/** The orders as they stand after all that happened, each once. */
export function lastStates(happenings: readonly Step[]): Order[] {
  return [...new Map(happenings.map(({ order }) => [order.id, order])).values()];
}

/**
 * What a step does to the user's stock. A sale promises its units when it is created, delivers what it fills, and frees
 * the rest when it is cancelled; a purchase receives what it fills.
 */
export function stockChange({ kind, order, fill }: Step): StockChange {
  const traded = fill?.quantity ?? 0n;
  if (order.side === 'BUY') return { quantity: traded, held: 0n };
  if (kind === 'CREATED') return { quantity: 0n, held: order.quantity };
  if (kind === 'CANCELLED') return { quantity: 0n, held: -remainingOf(order) };
  return { quantity: -traded, held: -traded };
}
