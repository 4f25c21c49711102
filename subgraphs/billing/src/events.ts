/**
 * The money of users and orders, event by event. Each event is heard at least once and booked once: what makes money
 * move is named by a key (a user's opening, an order's hold, fill, charges, release), and a key is booked only once. An event
 * that does not add up throws, and waits among the dead letters while the ledger stays as it was.
 */
import type { Tx } from '@gridworks/kit/db';
import { publish, reaction, type EventOf, type Reaction } from '@gridworks/kit/events';
import { fill, hold, openingCredit, release, takeCharges } from './domain/ledger.ts';
import { bookFill, openHold, settle } from './domain/order-hold.ts';
import {
  book,
  holdOf,
  insertHold,
  isFillBooked,
  lockLedger,
  openWallet,
  saveHold,
  type OrderHoldRow,
} from './store.ts';

type OrderEnd = EventOf<'orders.executed'> | EventOf<'orders.cancelled'>;

/** `openingCredit` is in paise; 0 for wallets that open empty. */
export function createReactions(openingCreditAmount: bigint): Reaction[] {
  return [
    reaction({
      consumer: 'billing.wallets',
      topics: ['users.registered', 'orders.created', 'orders.executed', 'orders.cancelled'],
      async handle(tx, event) {
        await lockLedger(tx);
        switch (event.topic) {
          case 'users.registered':
            return openWithCredit(tx, event, openingCreditAmount);
          case 'orders.created':
            return holdFunds(tx, event);
          case 'orders.executed':
            return settleFill(tx, event);
          case 'orders.cancelled':
            return endCancelled(tx, event);
        }
      },
    }),
  ];
}

async function openWithCredit(tx: Tx, event: EventOf<'users.registered'>, amount: bigint): Promise<void> {
  const { userId } = event.payload;
  const tenantId = tenantOfEvent(event);
  await openWallet(tx, userId, tenantId);
  if (amount === 0n) return;
  const isNew = await book(tx, openingCredit(userId, amount), { tenantId, at: event.at });
  if (!isNew) return;
  await publish(tx, 'wallets.credited', {
    key: userId,
    tenantId,
    payload: { userId, amount: amount.toString(), reason: 'OPENING_CREDIT', orderId: null },
  });
}

async function holdFunds(tx: Tx, event: EventOf<'orders.created'>): Promise<void> {
  const { orderId, userId, hold: amountText } = event.payload;
  const tenantId = tenantOfEvent(event);
  const opened = openHold(BigInt(amountText));
  const isNew = await insertHold(tx, { ...opened, orderId, userId, tenantId });
  if (!isNew || opened.held === 0n) return;
  await book(tx, hold({ orderId, userId }, opened.held), { tenantId, at: event.at });
}

async function settleFill(tx: Tx, event: EventOf<'orders.executed'>): Promise<void> {
  const { orderId, tradeId, side } = event.payload;
  const before = await knownHold(tx, event);
  if (await isFillBooked(tx, orderId, tradeId)) return;
  const value = BigInt(event.payload.value);
  const filled = { ...before, ...bookFill(before, side, value) };
  await book(tx, fill(before, tradeId, side, value), { tenantId: before.tenantId, at: event.at });
  if (event.payload.final) await end(tx, event, filled);
  else await saveHold(tx, orderId, filled);
}

async function endCancelled(tx: Tx, event: EventOf<'orders.cancelled'>): Promise<void> {
  const before = await knownHold(tx, event);
  // Heard before: the same end changes nothing, another end is an anomaly that `settle` throws at.
  if (before.done && before.settled === BigInt(event.payload.orderValue)) return;
  await end(tx, event, before);
}

/** Charges an order that will not trade any more, gives the rest back, and tells trading. */
async function end(tx: Tx, event: OrderEnd, before: OrderHoldRow): Promise<void> {
  const { side, product, exchange, orderValue } = event.payload;
  const { orderId, userId, tenantId } = before;
  const booking = { tenantId, at: event.at };
  const ended = settle(before, { side, product, exchange, value: BigInt(orderValue) });
  // The smallest orders cost less than half a paisa, and a sale that did not trade has nothing to give back.
  if (ended.charges.total > 0n) await book(tx, takeCharges(before, ended.charges), booking);
  if (ended.released > 0n) await book(tx, release(before, ended.released), booking);
  await saveHold(tx, orderId, ended.hold);
  if (ended.released === 0n) return;
  await publish(tx, 'wallets.credited', {
    key: userId,
    tenantId,
    payload: {
      userId,
      amount: ended.released.toString(),
      reason: side === 'BUY' ? 'HOLD_RELEASED' : 'SALE_PROCEEDS',
      orderId,
    },
  });
}

async function knownHold(tx: Tx, event: OrderEnd): Promise<OrderHoldRow> {
  const { orderId, userId } = event.payload;
  const known = await holdOf(tx, orderId);
  if (!known) throw new Error(`order ${orderId} has no hold: its creation was never booked`);
  if (known.userId !== userId) throw new Error(`order ${orderId} is not the order of user ${userId}`);
  return known;
}

function tenantOfEvent(event: EventOf<'users.registered' | 'orders.created'>): string {
  if (event.tenantId === null) throw new Error(`event ${event.id} names no tenant`);
  return event.tenantId;
}
