/** What a command does to orders, step by step, before any of it is written. */
import { MARKET, type Execution } from './book.ts';
import {
  cancelOrder,
  fillOrder,
  remainingOf,
  type CancelReason,
  type Order,
  type OrderEventKind,
  type Product,
} from './order.ts';

export interface Fill {
  /** Place of the execution among those of its command; both sides of one share it. */
  readonly execution: number;
  readonly price: bigint;
  readonly quantity: bigint;
}

/** One step in an order's life, with the order as it was just after. */
export interface Happening {
  readonly kind: OrderEventKind;
  readonly order: Order;
  /** What traded; null unless the kind is EXECUTED. */
  readonly fill: Fill | null;
}

/** What changes about the units of an instrument that a user can deliver. */
export interface StockChange {
  readonly userId: string;
  readonly tenantId: string;
  readonly symbol: string;
  readonly product: Product;
  readonly quantity: bigint;
  /** Of the units promised to sales. */
  readonly held: bigint;
}

export function created(order: Order): Happening {
  return { kind: 'CREATED', order, fill: null };
}

/** The rest of the order leaves the market. */
export function cancelled(order: Order, reason: CancelReason): Happening {
  return { kind: 'CANCELLED', order: cancelOrder(order, reason), fill: null };
}

/** What executions do to the users' orders in them, given these as they were before; the market's sides leave no trace. */
export function executed(executions: readonly Execution[], orders: readonly Order[]): Happening[] {
  const now = new Map(orders.map((order) => [order.id, order]));
  return executions.flatMap(({ price, quantity, maker, taker }, execution) =>
    [maker, taker]
      .filter(({ owner }) => owner !== MARKET)
      .map(({ id }): Happening => {
        const before = now.get(id);
        if (!before) throw new Error(`order ${id} traded but is not known`);
        const order = fillOrder(before, price, quantity);
        now.set(id, order);
        return { kind: 'EXECUTED', order, fill: { execution, price, quantity } };
      }),
  );
}

/** The ids of the users' orders among those that traded. */
export function tradedIds(executions: readonly Execution[]): string[] {
  const parties = executions.flatMap(({ maker, taker }) => [maker, taker]);
  return [...new Set(parties.filter(({ owner }) => owner !== MARKET).map(({ id }) => id))];
}

/** The orders as they stand after all that happened, each once. */
export function lastStates(happenings: readonly Happening[]): Order[] {
  return [...new Map(happenings.map(({ order }) => [order.id, order])).values()];
}

/**
 * What happened to users' stock, summed up per user, instrument and product. A sale promises its units when it is
 * created, delivers what it fills, and frees the rest when it is cancelled; a purchase receives what it fills.
 */
export function stockChanges(happenings: readonly Happening[]): StockChange[] {
  const changes = new Map<string, StockChange>();
  for (const happening of happenings) {
    const { userId, tenantId, symbol, product } = happening.order;
    const key = `${userId} ${symbol} ${product}`;
    const before = changes.get(key) ?? { userId, tenantId, symbol, product, quantity: 0n, held: 0n };
    const { quantity, held } = stockChange(happening);
    changes.set(key, { ...before, quantity: before.quantity + quantity, held: before.held + held });
  }
  return [...changes.values()].filter(({ quantity, held }) => quantity !== 0n || held !== 0n);
}

function stockChange({ kind, order, fill }: Happening): { quantity: bigint; held: bigint } {
  const traded = fill?.quantity ?? 0n;
  if (order.side === 'BUY') return { quantity: traded, held: 0n };
  if (kind === 'CREATED') return { quantity: 0n, held: order.quantity };
  if (kind === 'CANCELLED') return { quantity: 0n, held: -remainingOf(order) };
  return { quantity: -traded, held: -traded };
}
