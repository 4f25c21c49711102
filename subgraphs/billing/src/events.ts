/**
 * Mirrors in money what happens to users and orders, a batch of events at a time: what the ledger knows of them is read,
 * the domain says what follows, and it is booked. An event that does not add up throws, and waits among the dead letters
 * while the ledger stays as it was.
 */
import { reaction, type EventOf, type NewEvent, type Reaction } from '@gridworks/kit/events';
import type { ChargedOrder } from './domain/charges.ts';
import { fillKey, openingKey } from './domain/ledger.ts';
import { Mirror, type Credit } from './domain/mirror.ts';
import { book, bookedKeys, holdsOf, openWallets, saveHolds } from './store.ts';

const TOPICS = [
  'users.registered',
  'orders.created',
  'orders.modified',
  'orders.executed',
  'orders.cancelled',
] as const;

type Heard = EventOf<(typeof TOPICS)[number]>;

/** `openingCredit` is in paise; 0 for wallets that open empty. */
export function createReactions(openingCredit: bigint): Reaction[] {
  return [
    reaction({
      consumer: 'billing.wallets',
      topics: TOPICS,
      async handle(tx, events) {
        // What is read here is of the users of these events, and nobody else handles theirs until the transaction ends.
        const holds = await holdsOf(tx, events.flatMap(orderIdsOf));
        const mirror = new Mirror(holds, await bookedKeys(tx, events.flatMap(keysOf)));
        for (const event of events) reflect(mirror, event, openingCredit);
        await openWallets(tx, events.flatMap(newOwners));
        await book(tx, mirror.bookings);
        await saveHolds(tx, mirror.changedHolds());
        return mirror.credits.map(creditedEvent);
      },
    }),
  ];
}

function reflect(mirror: Mirror, event: Heard, openingCredit: bigint): void {
  const { userId } = event.payload;
  const occasion = { userId, at: event.at };
  switch (event.topic) {
    case 'users.registered':
      return mirror.open(occasion, tenantOf(event), openingCredit);
    case 'orders.created': {
      const { orderId, hold } = event.payload;
      return mirror.hold(occasion, tenantOf(event), orderId, BigInt(hold));
    }
    case 'orders.modified': {
      const { orderId, side, sequence, hold } = event.payload;
      return mirror.modify(occasion, { orderId, side, number: BigInt(sequence) }, BigInt(hold));
    }
    case 'orders.executed': {
      const { orderId, tradeId, side, value, final } = event.payload;
      const trade = { orderId, tradeId, side, value: BigInt(value) };
      return mirror.fill(occasion, trade, final ? chargedOrder(event) : undefined);
    }
    case 'orders.cancelled':
      return mirror.cancel(occasion, event.payload.orderId, chargedOrder(event));
  }
}

function chargedOrder({ payload }: EventOf<'orders.executed' | 'orders.cancelled'>): ChargedOrder {
  const { side, product, exchange, orderValue } = payload;
  return { side, product, exchange, value: BigInt(orderValue) };
}

function orderIdsOf(event: Heard): string[] {
  return event.topic === 'users.registered' ? [] : [event.payload.orderId];
}

/** The keys that tell whether an event was mirrored before, where no hold does. */
function keysOf(event: Heard): string[] {
  if (event.topic === 'users.registered') return [openingKey(event.payload.userId)];
  if (event.topic === 'orders.executed') return [fillKey(event.payload.orderId, event.payload.tradeId)];
  return [];
}

function newOwners(event: Heard): { readonly userId: string; readonly tenantId: string }[] {
  if (event.topic !== 'users.registered') return [];
  return [{ userId: event.payload.userId, tenantId: tenantOf(event) }];
}

function creditedEvent({ userId, tenantId, amount, reason, orderId }: Credit): NewEvent {
  const payload = { userId, amount: amount.toString(), reason, orderId };
  return { topic: 'wallets.credited', key: userId, tenantId, payload };
}

function tenantOf(event: Heard): string {
  if (event.tenantId === null) throw new Error(`event ${event.id} names no tenant`);
  return event.tenantId;
}
