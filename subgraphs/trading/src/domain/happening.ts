/** What a command does to users' orders, step by step, before any of it is written. */
import type { MarginChange } from './margin.ts';
import {
  cancelOrder,
  enterOrder,
  fillOrder,
  modifyOrder,
  rejectOrder,
  remainingOf,
  standOrder,
  triggerOrder,
  type CancelReason,
  type Order,
  type OrderEventKind,
  type OrderTerms,
  type RejectReason,
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
  /** What is promised now beyond what was before, or less; null unless its terms change, or may. */
  readonly change: PromiseChange | null;
}

export interface PromiseChange {
  /** Minor units. */
  readonly cash: bigint;
  readonly units: bigint;
}

/** A step that was taken. */
export interface Happening extends Step {
  /** 1, 2, 3, ... of the user, without a gap. */
  readonly sequence: bigint;
  /** Of an order under margin; null for those that pay their whole value. */
  readonly margin: MarginChange | null;
  readonly at: Date;
}

/** What changes about the units of an instrument that a user can deliver. */
export interface StockChange {
  readonly quantity: bigint;
  /** Of the units promised to sales. */
  readonly held: bigint;
}

export function created(order: Order): Step {
  return { kind: 'CREATED', order, fill: null, change: null };
}

/** An after-market order becomes one like any other. */
export function entered(order: Order): Step {
  return { kind: 'ENTERED', order: enterOrder(order), fill: null, change: null };
}

/** A stop becomes an order like any other. */
export function triggered(order: Order): Step {
  return { kind: 'TRIGGERED', order: triggerOrder(order), fill: null, change: null };
}

export function modified(order: Order, terms: OrderTerms, hold: bigint): Step {
  const change = { cash: hold - order.hold, units: terms.quantity - order.quantity };
  return { kind: 'MODIFIED', order: modifyOrder(order, terms, hold), fill: null, change };
}

/** A broker will be asked for other terms; until it says that it has them the order promises what either may need. */
export function modifyRequested(order: Order, hold: bigint): Step {
  return { kind: 'MODIFY_REQUESTED', ...holding(order, hold) };
}

/** The broker did not change the order, and it promises no more than its own terms need. */
export function modifyRefused(order: Order, hold: bigint): Step {
  return { kind: 'MODIFY_REFUSED', ...holding(order, hold) };
}

function holding(order: Order, hold: bigint): Omit<Step, 'kind'> {
  return { order: { ...order, hold }, fill: null, change: { cash: hold - order.hold, units: 0n } };
}

export function executed(order: Order, fill: Fill): Step {
  return { kind: 'EXECUTED', order: fillOrder(order, fill.price, fill.quantity), fill, change: null };
}

/** The rest of the order leaves the market. */
export function cancelled(order: Order, reason: CancelReason): Step {
  return { kind: 'CANCELLED', order: cancelOrder(order, reason), fill: null, change: null };
}

/** A broker has the order, or has it again after a doubt. */
export function confirmed(order: Order, status: 'PENDING' | 'TRIGGER_PENDING' | 'OPEN'): Step {
  return { kind: 'CONFIRMED', order: standOrder(order, status), fill: null, change: null };
}

/** Where the order stands at its broker is not known any more. */
export function doubted(order: Order): Step {
  return { kind: 'DOUBTED', order: standOrder(order, 'UNKNOWN'), fill: null, change: null };
}

/** A broker will be asked to cancel; the order goes on until it says that it did. */
export function cancelRequested(order: Order): Step {
  return { kind: 'CANCEL_REQUESTED', order, fill: null, change: null };
}

/** A broker turned the order down, and what was left of it leaves. */
export function rejected(order: Order, reason: RejectReason): Step {
  return { kind: 'REJECTED', order: rejectOrder(order, reason), fill: null, change: null };
}

/** The orders as they stand after all that happened, each once. */
export function lastStates(happenings: readonly Step[]): Order[] {
  return [...new Map(happenings.map(({ order }) => [order.id, order])).values()];
}

/**
 * What a step takes from the cash that a user may promise, minor units. What it gives back comes another way: billing
 * credits it, as it does what is left at an order's end.
 */
export function cashPromised({ kind, order, change }: Step): bigint {
  if (kind === 'CREATED') return order.hold;
  return change && change.cash > 0n ? change.cash : 0n;
}

/** What a step of a purchase does to the units that open orders would buy. */
export function buyingChange({ kind, order, fill, change }: Step): bigint {
  if (kind === 'CREATED') return order.quantity;
  if (kind === 'CANCELLED' || kind === 'REJECTED') return -remainingOf(order);
  return (change?.units ?? 0n) - (fill?.quantity ?? 0n);
}

/**
 * What a step does to the user's stock. A sale promises its units when it is created or grows, delivers what it fills,
 * and frees the rest when it shrinks or is cancelled; a purchase receives what it fills.
 */
export function stockChange({ kind, order, fill, change }: Step): StockChange {
  const traded = fill?.quantity ?? 0n;
  if (order.side === 'BUY') return { quantity: traded, held: 0n };
  if (kind === 'CREATED') return { quantity: 0n, held: order.quantity };
  if (change) return { quantity: 0n, held: change.units };
  if (kind === 'CANCELLED' || kind === 'REJECTED') return { quantity: 0n, held: -remainingOf(order) };
  return { quantity: -traded, held: -traded };
}
