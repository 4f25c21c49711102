/** What trading tells the others of, and how it reacts to them. */
import { publish, reaction, type NewEvent, type Reaction } from '@gridworks/kit/events';
import type { OrderFacts } from '@gridworks/schema/events';
import type { Happening } from './domain/happening.ts';
import { isOpen, remainingOf, type Order } from './domain/order.ts';
import { applyFill, averageCost } from './domain/position.ts';
import { creditAccount } from './store/account.ts';
import type { TriggeredAlert } from './store/alert.ts';
import type { TradeRow } from './store/order.ts';
import { lockHolding, saveHolding } from './store/position.ts';

/** What the others are told of a happening; `trade` is its fill, null unless something traded. */
export function eventOf({ kind, order }: Happening, trade: TradeRow | null): NewEvent {
  const { id: key, tenantId } = order;
  const facts = factsOf(order);
  const orderValue = order.turnover.toString();
  const orderQuantity = Number(order.filledQuantity);
  switch (kind) {
    case 'CREATED': {
      const payload = { ...facts, quantity: Number(order.quantity), hold: order.hold.toString() };
      return { topic: 'orders.created', key, tenantId, payload };
    }
    case 'EXECUTED': {
      if (!trade) throw new Error(`order ${order.id} was executed without a trade`);
      const payload = {
        ...facts,
        tradeId: trade.id,
        price: trade.price.toString(),
        quantity: Number(trade.quantity),
        value: (trade.price * trade.quantity).toString(),
        final: !isOpen(order),
        orderValue,
        orderQuantity,
      };
      return { topic: 'orders.executed', key, tenantId, payload };
    }
    case 'CANCELLED': {
      if (order.cancelReason === null) throw new Error(`order ${order.id} was cancelled without a reason`);
      const remaining = Number(remainingOf(order));
      const payload = { ...facts, remaining, orderValue, orderQuantity, reason: order.cancelReason };
      return { topic: 'orders.cancelled', key, tenantId, payload };
    }
  }
}

export function alertTriggered(alert: TriggeredAlert): NewEvent {
  const { id: alertId, userId, tenantId, symbol, condition, price, triggeredPrice } = alert;
  const payload = {
    alertId,
    userId,
    symbol,
    condition,
    price: price.toString(),
    triggeredPrice: triggeredPrice.toString(),
  };
  return { topic: 'alerts.triggered', key: userId, tenantId, payload };
}

function factsOf(order: Order): OrderFacts {
  const { id: orderId, userId, symbol, exchange, side, product } = order;
  return { orderId, userId, symbol, exchange, side, product };
}

export const reactions: readonly Reaction[] = [
  reaction({
    consumer: 'trading.accounts',
    topics: ['users.registered', 'wallets.credited'],
    handle: async (tx, event) => {
      const amount = event.topic === 'wallets.credited' ? BigInt(event.payload.amount) : 0n;
      await creditAccount(tx, event.payload.userId, tenantOf(event), amount);
    },
  }),
  reaction({
    consumer: 'trading.positions',
    topics: ['orders.executed'],
    handle: async (tx, event) => {
      const { userId, symbol, product, side, price, quantity } = event.payload;
      const key = { userId, symbol, product };
      const holding = applyFill(await lockHolding(tx, key), side, BigInt(price), BigInt(quantity));
      await saveHolding(tx, key, tenantOf(event), holding);
      await publish(tx, 'positions.updated', {
        key: userId,
        tenantId: event.tenantId,
        payload: {
          ...key,
          quantity: Number(holding.quantity),
          averagePrice: averageCost(holding).toString(),
          realised: holding.realised.toString(),
        },
      });
    },
  }),
];

function tenantOf(event: { readonly id: string; readonly tenantId: string | null }): string {
  if (event.tenantId === null) throw new Error(`event ${event.id} names no tenant`);
  return event.tenantId;
}
