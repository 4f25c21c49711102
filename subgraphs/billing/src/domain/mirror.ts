/**
 * The money of users and orders, event after event: what trading says is mirrored in transfers, over what is booked
 * already. What makes money move is named by a key (a user's opening, an order's hold, fill, charges, release) and
 * happens once, however often it is heard. Modifications are told apart by their numbers, which grow. What does not add up throws, and then nothing of the mirror is to be kept.
 */
import type { ChargedOrder, Side } from './charges.ts';
import {
  fill,
  fillKey,
  fillUnderMargin,
  hold,
  marginKey,
  moveMargin,
  openingCredit,
  openingKey,
  release,
  settleMargin,
  takeCharges,
  type MarginMove,
  type Transfer,
} from './ledger.ts';
import { bookFill, changeHold, noteFill, openHold, settle, type OrderHold } from './order-hold.ts';

/** An order's hold with whose it is. */
export interface OwnedHold extends OrderHold {
  readonly orderId: string;
  readonly userId: string;
  readonly tenantId: string;
}

/** A transfer with the tenant it is of and the time of what moved the money. */
export interface Booking {
  readonly transfer: Transfer;
  readonly tenantId: string;
  readonly at: Date;
}

/** Cash that became available to a user. Paise. */
export interface Credit {
  readonly userId: string;
  readonly tenantId: string;
  readonly amount: bigint;
  readonly reason: 'OPENING_CREDIT' | 'HOLD_RELEASED' | 'SALE_PROCEEDS';
  readonly orderId: string | null;
}

/** Whose money an event is about, and when it happened. */
export interface Occasion {
  readonly userId: string;
  readonly at: Date;
}

export class Mirror {
  /** What is to be booked, in order. */
  readonly bookings: Booking[] = [];
  /** What trading is to be told, in order. */
  readonly credits: Credit[] = [];
  readonly #holds: Map<string, OwnedHold>;
  readonly #keys: Set<string>;
  readonly #changed = new Set<string>();

  /** Over the holds of all orders that will be spoken of, and the keys of openings and fills that are booked. */
  constructor(holds: Iterable<OwnedHold>, bookedKeys: Iterable<string>) {
    this.#holds = new Map(Array.from(holds, (each) => [each.orderId, each]));
    this.#keys = new Set(bookedKeys);
  }

  /** The holds that are not any more, or not yet, as they are kept. */
  changedHolds(): OwnedHold[] {
    return [...this.#changed].map((orderId) => this.#holds.get(orderId) as OwnedHold);
  }

  /** A user's wallet opens with a credit; of nothing, none is booked. */
  open({ userId, at }: Occasion, tenantId: string, amount: bigint): void {
    const key = openingKey(userId);
    if (amount === 0n || this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#book(openingCredit(userId, amount), tenantId, at);
    this.credits.push({ userId, tenantId, amount, reason: 'OPENING_CREDIT', orderId: null });
  }

  /** An order was accepted: its funds are set aside; under margin `move` is what it moved beside them. */
  hold({ userId, at }: Occasion, tenantId: string, orderId: string, amount: bigint, move?: MarginMove): void {
    if (this.#holds.has(orderId)) return;
    const opened = { ...openHold(amount), orderId, userId, tenantId };
    this.#keep(opened);
    // First: where nothing else is left, its charges come out of the margin.
    if (move) this.#move(moveMargin(opened, 'placed', move), tenantId, at);
    if (opened.held > 0n) this.#book(hold(opened, opened.held), tenantId, at);
  }

  /** An open order promises `amount` in all from now on: more is set aside, or a part given back. */
  modify(
    { userId, at }: Occasion,
    order: { readonly orderId: string; readonly side: Side; readonly number: bigint },
    amount: bigint,
    move?: MarginMove,
  ): void {
    const { orderId, side, number } = order;
    const before = this.#holdOf(orderId, { userId, at });
    if (number <= before.modified) return;
    const changed = { ...before, ...changeHold(before, side, amount, number, move !== undefined) };
    const more = changed.held - before.held;
    if (move) this.#move(moveMargin(changed, number, move), before.tenantId, at);
    if (more > 0n) this.#book(hold(changed, more, number), before.tenantId, at);
    if (more < 0n) this.#release(changed, -more, number, reasonOf(side, move), at);
    this.#keep(changed);
  }

  /** An order traded; when it is filled whole, `ended` tells what all of its fills came to. */
  fill(
    occasion: Occasion,
    order: {
      readonly orderId: string;
      readonly tradeId: string;
      readonly side: Side;
      readonly value: bigint;
    },
    ended: ChargedOrder | undefined,
    move?: MarginMove,
  ): void {
    const { orderId, tradeId, side, value } = order;
    const before = this.#holdOf(orderId, occasion);
    const key = fillKey(orderId, tradeId);
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    const filled = { ...before, ...(move ? noteFill(before, value) : bookFill(before, side, value)) };
    this.#book(
      move ? fillUnderMargin(before, order, move) : fill(before, tradeId, side, value),
      before.tenantId,
      occasion.at,
    );
    this.#keep(filled);
    if (ended) this.#end(filled, ended, reasonOf(side, move), occasion.at);
  }

  /** Something else than an order moved margin. */
  settle({ userId, at }: Occasion, tenantId: string, reference: string, move: MarginMove): void {
    const key = marginKey(reference);
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#move(settleMargin(reference, userId, move), tenantId, at);
  }

  /** The rest of an order will not trade any more. */
  cancel(occasion: Occasion, orderId: string, ended: ChargedOrder, move?: MarginMove): void {
    const before = this.#holdOf(orderId, occasion);
    // Heard before: the same end changes nothing, another end is an anomaly that `settle` throws at.
    if (before.done && before.settled === ended.value) return;
    if (move) this.#move(moveMargin(before, 'ended', move), before.tenantId, occasion.at);
    this.#end(before, ended, reasonOf(ended.side, move), occasion.at);
  }

  /** Charges an order, gives the rest back, and tells trading. */
  #end(before: OwnedHold, order: ChargedOrder, reason: Credit['reason'], at: Date): void {
    const { tenantId } = before;
    const { hold: after, charges, released } = settle(before, order);
    // The smallest orders cost less than half a paisa, and a sale that did not trade has nothing to give back.
    if (charges.total > 0n) this.#book(takeCharges(before, charges), tenantId, at);
    if (released > 0n) this.#release(before, released, 0n, reason, at);
    this.#keep({ ...before, ...after });
  }

  #release(order: OwnedHold, amount: bigint, modification: bigint, reason: Credit['reason'], at: Date): void {
    const { orderId, userId, tenantId } = order;
    this.#book(release(order, amount, modification), tenantId, at);
    this.credits.push({ userId, tenantId, amount, reason, orderId });
  }

  #holdOf(orderId: string, { userId }: Occasion): OwnedHold {
    const known = this.#holds.get(orderId);
    if (!known) throw new Error(`order ${orderId} has no hold: its creation was never booked`);
    if (known.userId !== userId) throw new Error(`order ${orderId} is not the order of user ${userId}`);
    return known;
  }

  #move(transfer: Transfer | undefined, tenantId: string, at: Date): void {
    if (transfer) this.#book(transfer, tenantId, at);
  }

  #book(transfer: Transfer, tenantId: string, at: Date): void {
    this.bookings.push({ transfer, tenantId, at });
  }

  #keep(changed: OwnedHold): void {
    this.#holds.set(changed.orderId, changed);
    this.#changed.add(changed.orderId);
  }
}

/** What a sale brings is its user's; under margin an order gives back what was its user's before. */
function reasonOf(side: Side, move: MarginMove | undefined): Credit['reason'] {
  return side === 'BUY' || move ? 'HOLD_RELEASED' : 'SALE_PROCEEDS';
}
