/** Baskets: several orders that are placed all or not at all. What has traded by then has traded; nothing can take that back. */
import { isClientOrderId, isSameRequest, no, type OrderRequest, type TradingRefusal } from './order.ts';

export const BASKET_ORDERS_MAX = 20;

export interface BasketRequest {
  /** The client's own name for the basket; makes repeating a request harmless. */
  readonly clientBasketId: string;
  readonly orders: readonly OrderRequest[];
}

/** What is known of a basket while it is placed, and afterwards. */
export interface BasketState {
  readonly orders: readonly OrderRequest[];
  /** When it was asked for, milliseconds since the epoch: orders of these names that are older are not of it. */
  readonly sinceMs: number;
  /** Ids of the orders that were placed, by their place in the basket; null where none was. */
  readonly orderIds: readonly (string | null)[];
  readonly refusal: Pick<TradingRefusal, 'code' | 'message' | 'path'> | null;
}

/** A basket before its first order, or why it cannot be one. */
export function openBasket(request: BasketRequest, sinceMs: number): BasketState | TradingRefusal {
  if (!isClientOrderId(request.clientBasketId)) return no('CLIENT_BASKET_ID_INVALID', 'clientBasketId');
  // What a client leaves out may arrive as undefined; it is kept as null.
  const orders = request.orders.map((order) => ({ ...order, limitPrice: order.limitPrice ?? null }));
  const names = new Set(orders.map(({ clientOrderId }) => clientOrderId));
  if (orders.length < 1 || orders.length > BASKET_ORDERS_MAX || names.size < orders.length)
    return no('BASKET_INVALID', 'orders');
  return { orders, sinceMs, orderIds: orders.map(() => null), refusal: null };
}

/** Whether a basket was made from this very request. */
export function isSameBasket(basket: BasketState, orders: readonly OrderRequest[]): boolean {
  return (
    basket.orders.length === orders.length &&
    basket.orders.every((known, index) => isSameRequest(known, orders[index] as OrderRequest))
  );
}

/** The basket with one more order placed. */
export function withOrder(basket: BasketState, index: number, orderId: string): BasketState {
  return { ...basket, orderIds: basket.orderIds.map((id, at) => (at === index ? orderId : id)) };
}

/** The basket with why one of its orders was not placed. */
export function withRefusal(basket: BasketState, index: number, refusal: TradingRefusal): BasketState {
  const { code, message, path } = refusal;
  // Its path begins where that of a single order does.
  const [, ...field] = path;
  return { ...basket, refusal: { code, message, path: ['input', 'orders', String(index), ...field] } };
}
