/** A basket as a saga: an order a step, and each that was placed is taken out of the market when one is refused. */
import type { Database } from '@gridworks/kit/db';
import { isRefusal } from '@gridworks/kit/refusal';
import type { SagaDefinition, SagaStep } from '@gridworks/kit/saga';
import { withOrder, withRefusal, type BasketState } from './domain/basket.ts';
import { isPassing, no, type OrderRequest, type TradingRefusal } from './domain/order.ts';
import type { Exchange } from './exchange.ts';
import { ordersOfWish } from './store/order.ts';

const TIMEOUT_MS = 60_000;

export function basketSaga(db: Database, exchange: Exchange): SagaDefinition<BasketState> {
  return {
    kind: 'basket',
    timeoutMs: TIMEOUT_MS,
    steps: ({ orders }) => orders.map((order, index) => orderStep(db, exchange, order, index)),
    refused: (basket, index, refusal) => withRefusal(basket, index, refusal as TradingRefusal),
  };
}

/** The client's name for the order is what makes it one, however often it is placed. */
function orderStep(
  db: Database,
  exchange: Exchange,
  request: OrderRequest,
  index: number,
): SagaStep<BasketState> {
  return {
    async do(basket, owner) {
      const order = await exchange.placeOrder(owner, request);
      if (isRefusal(order)) {
        // The step is done again, as long as the saga has time.
        if (isPassing(order)) throw new Error(order.message);
        return order;
      }
      if (order.placedAt.getTime() < basket.sinceMs) return no('CLIENT_ORDER_ID_REUSED', 'clientOrderId');
      return withOrder(basket, index, order.id);
    },
    async undo(basket, { userId }) {
      await exchange.shown();
      const orderId = basket.orderIds[index] ?? (await placedUnseen(db, userId, request, basket));
      // Refused is an order that has ended: it traded, or was taken out before.
      if (orderId !== undefined) await exchange.cancelOrder({ userId }, orderId);
      return basket;
    },
  };
}

/** The id of an order that was placed just before its runner was killed. */
async function placedUnseen(
  db: Database,
  userId: string,
  { clientOrderId }: OrderRequest,
  { sinceMs }: BasketState,
): Promise<string | undefined> {
  const [placed] = await ordersOfWish(db.system, userId, clientOrderId);
  return placed && placed.order.placedAt.getTime() >= sinceMs ? placed.order.id : undefined;
}
