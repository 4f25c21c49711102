/**
 * Mirrors in money what happens to users and orders, a batch of events at a time: what the ledger knows of them is read,
 * the domain says what follows, and it is booked. An event that does not add up throws, and waits among the dead letters
 * while the ledger stays as it was.
 */
import type { MarginMove as MarginTold } from '@gridworks/schema/events';
import { reaction, type EventOf, type NewEvent, type Reaction } from '@gridworks/kit/events';
import type { ChargedOrder } from './domain/charges.ts';
import { fillKey, marginKey, openingKey, type MarginMove } from './domain/ledger.ts';
import { Mirror, type Credit } from './domain/mirror.ts';
import { book, bookedKeys, holdsOf, openMargins, openWallets, saveHolds } from './store.ts';

const TOPICS = [
  'users.registered',
  'orders.created',
  'orders.modified',
  'orders.executed',
  'orders.cancelled',
  'orders.margined',
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
        await openMargins(tx, events.flatMap(marginOwners));
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
      return mirror.hold(occasion, tenantOf(event), orderId, BigInt(hold), moveOf(event.payload.move));
    }
    case 'orders.modified': {
      const { orderId, side, sequence, hold } = event.payload;
      const order = { orderId, side, number: BigInt(sequence) };
      return mirror.modify(occasion, order, BigInt(hold), moveOf(event.payload.move));
    }
    case 'orders.executed': {
      const { orderId, tradeId, side, value, final } = event.payload;
      const trade = { orderId, tradeId, side, value: BigInt(value) };
      const ended = final ? chargedOrder(event) : undefined;
      return mirror.fill(occasion, trade, ended, moveOf(event.payload.move));
    }
    case 'orders.cancelled':
      return mirror.cancel(occasion, event.payload.orderId, chargedOrder(event), moveOf(event.payload.move));
    case 'orders.margined':
      return mirror.settle(occasion, tenantOf(event), event.payload.reference, movedBy(event.payload));
  }
}

function moveOf(told: MarginTold | undefined): MarginMove | undefined {
  return told && movedBy(told);
}

function movedBy({ margin, dues, realised }: MarginTold): MarginMove {
  return { margin: BigInt(margin), dues: BigInt(dues), realised: BigInt(realised) };
}

function chargedOrder({ payload }: EventOf<'orders.executed' | 'orders.cancelled'>): ChargedOrder {
  const { side, product, exchange, orderValue } = payload;
  return { side, product, exchange, value: BigInt(orderValue) };
}

function orderIdsOf(event: Heard): string[] {
  return 'orderId' in event.payload ? [event.payload.orderId] : [];
}

/** The keys that tell whether an event was mirrored before, where no hold does. */
function keysOf(event: Heard): string[] {
  if (event.topic === 'users.registered') return [openingKey(event.payload.userId)];
  if (event.topic === 'orders.executed') return [fillKey(event.payload.orderId, event.payload.tradeId)];
  if (event.topic === 'orders.margined') return [marginKey(event.payload.reference)];
  return [];
}

function newOwners(event: Heard): { readonly userId: string; readonly tenantId: string }[] {
  if (event.topic !== 'users.registered') return [];
  return [{ userId: event.payload.userId, tenantId: tenantOf(event) }];
}

/** Who needs the accounts of margin. */
function marginOwners(event: Heard): { readonly userId: string; readonly tenantId: string }[] {
  const isMargined = event.topic === 'orders.margined' || 'move' in event.payload;
  return isMargined ? [{ userId: event.payload.userId, tenantId: tenantOf(event) }] : [];
}

function creditedEvent({ userId, tenantId, amount, reason, orderId }: Credit): NewEvent {
  const payload = { userId, amount: amount.toString(), reason, orderId };
  return { topic: 'wallets.credited', key: userId, tenantId, payload };
}

function tenantOf(event: Heard): string {
  if (event.tenantId === null) throw new Error(`event ${event.id} names no tenant`);
  return event.tenantId;
}
