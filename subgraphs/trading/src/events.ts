/** What trading tells the others of, and how it reacts to them. */
import { reaction, type EventOf, type NewEvent, type Reaction } from '@gridworks/kit/events';
import type { MarginMove } from '@gridworks/schema/events';
import { cashPromised, type Happening } from './domain/happening.ts';
import type { MarginChange } from './domain/margin.ts';
import { isOpen, remainingOf } from './domain/order.ts';
import type { AdjustStock, MoveWithdrawal } from './domain/oms/command.ts';
import type { Balance, MarginMove as MovedMargin, OmsStep, StockBalance } from './domain/oms/outcome.ts';
import { NOTHING, applyFill, applySplit, averageCost, type Holding } from './domain/position.ts';
import { splitRatio } from './domain/split.ts';
import type { Exchange } from './exchange.ts';
import type { TriggeredAlert } from './store/alert.ts';
import { forgetAdjustments, saveAdjustments } from './store/adjustment.ts';
import {
  forgetPositions,
  holdingsOf,
  saveHoldings,
  type KeyedHolding,
  type PositionKey,
} from './store/position.ts';

/** What the others are told of a command and what came of it. */
export function eventsOf({ command, outcome }: OmsStep): NewEvent[] {
  return [...ownEventsOf({ command, outcome }), ...outcome.margins.map(marginedEvent)];
}

function ownEventsOf({ command, outcome }: OmsStep): NewEvent[] {
  if (command.kind === 'adjust') return adjustedEvents(command, outcome.stock);
  if (command.kind === 'withdrawal') return releasedEvents(command, outcome.balances);
  return outcome.happenings.flatMap(eventOf);
}

function marginedEvent({ userId, tenantId, reference, ...change }: MovedMargin): NewEvent {
  const payload = { userId, reference, ...moveOf(change) };
  return { topic: 'orders.margined', key: userId, tenantId, payload };
}

function moveOf({ margin, dues, realised }: MarginChange): MarginMove {
  return { margin: margin.toString(), dues: dues.toString(), realised: realised.toString() };
}

/** Only a release is an answer; the rest is what trading was told. */
function releasedEvents(
  { step, id: withdrawalId, userId, amount }: MoveWithdrawal,
  balances: readonly Balance[],
): NewEvent[] {
  if (step !== 'RELEASE') return [];
  const payload = { withdrawalId, userId, amount: amount.toString() };
  return balances.map(({ tenantId }) => ({ topic: 'withdrawals.released', key: userId, tenantId, payload }));
}

function adjustedEvents(
  { id: adjustmentId, symbol, exDate, splitFactor, at }: AdjustStock,
  stock: readonly StockBalance[],
): NewEvent[] {
  const facts = { adjustmentId, symbol, exDate, splitFactor, at: new Date(at).toISOString() };
  return [
    { topic: 'instruments.adjusted', key: symbol, tenantId: null, payload: facts },
    ...stock.map(({ userId, tenantId, product, quantity }): NewEvent => {
      const payload = { ...facts, userId, product, quantity: Number(quantity) };
      return { topic: 'orders.adjusted', key: userId, tenantId, payload };
    }),
  ];
}

/** Written out: objects that are spread into others cost ten times as much. */
function eventOf(happening: Happening): NewEvent | readonly NewEvent[] {
  const { kind, order, fill } = happening;
  const move = happening.margin && moveOf(happening.margin);
  const { id: orderId, tenantId, userId, symbol, exchange, side, product } = order;
  const orderValue = order.turnover.toString();
  const orderQuantity = Number(order.filledQuantity);
  switch (kind) {
    case 'CREATED': {
      const quantity = Number(order.quantity);
      const hold = order.hold.toString();
      const payload = { orderId, userId, symbol, exchange, side, product, quantity, hold };
      return {
        topic: 'orders.created',
        key: orderId,
        tenantId,
        payload: move ? { ...payload, move } : payload,
      };
    }
    case 'ENTERED': {
      const payload = { orderId, userId, symbol, exchange, side, product };
      return { topic: 'orders.entered', key: orderId, tenantId, payload };
    }
    case 'TRIGGERED': {
      if (order.triggerPrice === null) throw new Error(`order ${orderId} was triggered and is no stop`);
      const triggerPrice = order.triggerPrice.toString();
      const payload = { orderId, userId, symbol, exchange, side, product, triggerPrice };
      return { topic: 'orders.triggered', key: orderId, tenantId, payload };
    }
    case 'MODIFY_REQUESTED':
    case 'MODIFIED':
    case 'MODIFY_REFUSED': {
      const payload = {
        orderId,
        userId,
        symbol,
        exchange,
        side,
        product,
        sequence: Number(happening.sequence),
        quantity: Number(order.quantity),
        hold: order.hold.toString(),
        promised: cashPromised(happening).toString(),
      };
      return {
        topic: 'orders.modified',
        key: orderId,
        tenantId,
        payload: move ? { ...payload, move } : payload,
      };
    }
    case 'EXECUTED': {
      if (!fill) throw new Error(`order ${orderId} was executed without a trade`);
      const payload = {
        orderId,
        userId,
        symbol,
        exchange,
        side,
        product,
        tradeId: fill.tradeId,
        price: fill.price.toString(),
        quantity: Number(fill.quantity),
        value: (fill.price * fill.quantity).toString(),
        final: !isOpen(order),
        orderValue,
        orderQuantity,
      };
      return {
        topic: 'orders.executed',
        key: orderId,
        tenantId,
        payload: move ? { ...payload, move } : payload,
      };
    }
    // They move nothing of value.
    case 'CONFIRMED':
    case 'DOUBTED':
    case 'CANCEL_REQUESTED':
      return [];
    case 'CANCELLED':
    case 'REJECTED': {
      const reason = kind === 'REJECTED' ? kind : order.cancelReason;
      if (reason === null) throw new Error(`order ${orderId} was cancelled without a reason`);
      const remaining = Number(remainingOf(order));
      const payload = {
        orderId,
        userId,
        symbol,
        exchange,
        side,
        product,
        remaining,
        orderValue,
        orderQuantity,
        reason,
      };
      return {
        topic: 'orders.cancelled',
        key: orderId,
        tenantId,
        payload: move ? { ...payload, move } : payload,
      };
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

/** Cash becomes a command of the exchange, which counts each event once: it may be told again soon, as after a crash. */
export function creditAccounts(exchange: Pick<Exchange, 'credit'>): Reaction {
  return reaction({
    consumer: 'trading.accounts',
    isForgetful: true,
    topics: ['users.registered', 'wallets.credited'],
    handle: async (_tx, events) => {
      const deposits = events.map((event) => {
        const amount = event.topic === 'wallets.credited' ? BigInt(event.payload.amount) : 0n;
        return { eventId: event.id, userId: event.payload.userId, tenantId: tenantOf(event), amount };
      });
      await exchange.credit(deposits);
      return [];
    },
  });
}

/** Withdrawals become commands of the exchange, which takes each step once; what it releases it tells by itself. */
export function releaseWithdrawals(exchange: Exchange): Reaction {
  return reaction({
    consumer: 'trading.withdrawals',
    isForgetful: true,
    topics: ['withdrawals.requested', 'withdrawals.cancelled', 'withdrawals.posted'],
    handle: async (_tx, events) => {
      const refused: NewEvent[] = [];
      for (const event of events) {
        const { payload } = event;
        const owner = { userId: payload.userId, tenantId: tenantOf(event) };
        const withdrawal = { id: payload.withdrawalId, amount: BigInt(payload.amount) };
        if (event.topic === 'withdrawals.requested') {
          const refusal = await exchange.releaseWithdrawal(owner, withdrawal);
          if (refusal)
            refused.push({
              topic: 'withdrawals.refused',
              key: owner.userId,
              tenantId: owner.tenantId,
              payload,
            });
        } else {
          await exchange.endWithdrawal(
            owner,
            withdrawal,
            event.topic === 'withdrawals.posted' ? 'CLOSE' : 'RESTORE',
          );
        }
      }
      return refused;
    },
  });
}

const POSITION_TOPICS = ['orders.executed', 'orders.adjusted'] as const;

type Carried = EventOf<(typeof POSITION_TOPICS)[number]>;

export const reactions: readonly Reaction[] = [
  reaction({
    consumer: 'trading.positions',
    topics: POSITION_TOPICS,
    handle: async (tx, events) => {
      const known = await holdingsOf(tx, distinctKeys(events));
      const before = new Map(known.map((each) => [nameOf(each), each]));
      const holdings = new Map<string, KeyedHolding>();
      for (const event of events) {
        const { userId, symbol, product } = event.payload;
        const name = nameOf(event.payload);
        const after = carried(holdings.get(name) ?? before.get(name) ?? NOTHING, event);
        holdings.set(name, { ...after, userId, symbol, product, tenantId: tenantOf(event) });
      }
      const changed = [...holdings.values()];
      await saveHoldings(tx, changed);
      const splits = events.filter((event) => event.topic === 'orders.adjusted');
      await saveAdjustments(
        tx,
        splits.map(({ payload }) => payload),
      );
      return changed.map(updatedEvent);
    },
    reset: async (tx) => {
      await forgetPositions(tx);
      await forgetAdjustments(tx);
    },
  }),
];

/** The holding after an event; throws where more is delivered than there is. */
function carried(holding: Holding, { topic, payload }: Carried): Holding {
  if (topic === 'orders.adjusted') return applySplit(holding, splitRatio(payload.splitFactor));
  const { symbol, side, product, price, quantity } = payload;
  const after = applyFill(holding, side, BigInt(price), BigInt(quantity));
  if (product === 'CNC' && after.quantity < 0n)
    throw new RangeError(`more of ${symbol} was sold than there was`);
  return after;
}

function distinctKeys(events: readonly Carried[]): PositionKey[] {
  return [...new Map(events.map(({ payload }) => [nameOf(payload), payload])).values()];
}

function nameOf({ userId, symbol, product }: PositionKey): string {
  return `${userId} ${symbol} ${product}`;
}

function updatedEvent({ tenantId, userId, symbol, product, ...holding }: KeyedHolding): NewEvent {
  const payload = {
    userId,
    symbol,
    product,
    quantity: Number(holding.quantity),
    averagePrice: averageCost(holding).toString(),
    realised: holding.realised.toString(),
  };
  return { topic: 'positions.updated', key: userId, tenantId, payload };
}

function tenantOf(event: { readonly id: string; readonly tenantId: string | null }): string {
  if (event.tenantId === null) throw new Error(`event ${event.id} names no tenant`);
  return event.tenantId;
}
