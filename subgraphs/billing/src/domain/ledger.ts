/**
 * The ledger in double entry: a transfer moves money between accounts, and its entries sum to zero. The functions below
 * are the only ways in which money moves; each returns the transfer to book, and throws when it would not balance,
 * because that is a bug and never somebody's wish. Amounts are paise of INR.
 *
 * | transfer       | out of           | into             |
 * |----------------|------------------|------------------|
 * | opening credit | PAPER_EQUITY     | WALLET_AVAILABLE |
 * | hold           | WALLET_AVAILABLE | WALLET_HELD      |
 * | fill, purchase | WALLET_HELD      | CLEARING         |
 * | fill, sale     | CLEARING         | WALLET_HELD      |
 * | charges        | WALLET_HELD      | CHARGE_...       |
 * | release        | WALLET_HELD      | WALLET_AVAILABLE |
 * | withdrawal     | WALLET_AVAILABLE | PAYOUTS_TO_SEND  |
 */
import type { Charges, Side } from './charges.ts';

export type TransferKind = 'OPENING_CREDIT' | 'HOLD' | 'FILL' | 'CHARGES' | 'RELEASE' | 'WITHDRAWAL';
export type WalletAccountKind = 'WALLET_AVAILABLE' | 'WALLET_HELD';
export type HouseAccountKind =
  | 'CLEARING'
  | 'PAPER_EQUITY'
  | 'PAYOUTS_TO_SEND'
  | 'CHARGE_BROKERAGE'
  | 'CHARGE_STT'
  | 'CHARGE_EXCHANGE'
  | 'CHARGE_SEBI'
  | 'CHARGE_STAMP_DUTY'
  | 'CHARGE_GST';

/** A wallet's account of one user, or an account of the house. */
export type AccountRef =
  | { readonly kind: WalletAccountKind; readonly userId: string }
  | { readonly kind: HouseAccountKind; readonly userId: null };

export interface Entry {
  readonly account: AccountRef;
  /** Positive into the account, negative out of it; never zero. */
  readonly amount: bigint;
}

export interface Transfer {
  readonly kind: TransferKind;
  /** Booking a key again does nothing. */
  readonly key: string;
  readonly orderId: string | null;
  readonly entries: readonly Entry[];
}

/** Whose order it is that money moves for. */
export interface OrderOwner {
  readonly orderId: string;
  readonly userId: string;
}

export function openingCredit(userId: string, amount: bigint): Transfer {
  return move('OPENING_CREDIT', openingKey(userId), null, house('PAPER_EQUITY'), available(userId), amount);
}

export function openingKey(userId: string): string {
  return `user:${userId}:opening`;
}

/** Sets the funds of a new order aside; or more of them for one that was modified, with that modification's number. */
export function hold({ orderId, userId }: OrderOwner, amount: bigint, modification = 0n): Transfer {
  const key = modificationKey(`order:${orderId}:hold`, modification);
  return move('HOLD', key, orderId, available(userId), held(userId), amount);
}

/** Pays for, or is paid for, one trade of an order; `value` is price x quantity. */
export function fill({ orderId, userId }: OrderOwner, tradeId: string, side: Side, value: bigint): Transfer {
  const [from, to] = side === 'BUY' ? [held(userId), house('CLEARING')] : [house('CLEARING'), held(userId)];
  return move('FILL', fillKey(orderId, tradeId), orderId, from, to, value);
}

/** Both orders of a trade can be one user's, so a trade alone does not name a fill. */
export function fillKey(orderId: string, tradeId: string): string {
  return `order:${orderId}:fill:${tradeId}`;
}

/** Takes the charges of an order from what it still holds; charges of nothing move nothing and throw. */
export function takeCharges({ orderId, userId }: OrderOwner, charges: Charges): Transfer {
  const lines: readonly (readonly [HouseAccountKind, bigint])[] = [
    ['CHARGE_BROKERAGE', charges.brokerage],
    ['CHARGE_STT', charges.stt],
    ['CHARGE_EXCHANGE', charges.exchangeTransaction],
    ['CHARGE_SEBI', charges.sebi],
    ['CHARGE_STAMP_DUTY', charges.stampDuty],
    ['CHARGE_GST', charges.gst],
  ];
  return balanced({
    kind: 'CHARGES',
    key: `order:${orderId}:charges`,
    orderId,
    entries: [
      { account: held(userId), amount: -charges.total },
      ...lines
        .filter(([, amount]) => amount !== 0n)
        .map(([kind, amount]) => ({ account: house(kind), amount })),
    ],
  });
}

/** Gives back what an order that will not trade any more still holds; or what a modification set free. */
export function release({ orderId, userId }: OrderOwner, amount: bigint, modification = 0n): Transfer {
  const key = modificationKey(`order:${orderId}:release`, modification);
  return move('RELEASE', key, orderId, held(userId), available(userId), amount);
}

/** Money leaves the wallet; it waits to be paid out. */
export function withdraw(id: string, userId: string, amount: bigint): Transfer {
  const to = house('PAYOUTS_TO_SEND');
  return move('WITHDRAWAL', `withdrawal:${id}`, null, available(userId), to, amount);
}

function modificationKey(key: string, modification: bigint): string {
  return modification === 0n ? key : `${key}:${modification}`;
}

/** The transfer itself if it is sound; throws a RangeError saying what is wrong with it. */
export function balanced(transfer: Transfer): Transfer {
  const wrong = (what: string): RangeError => new RangeError(`transfer ${transfer.key} ${what}`);
  if (transfer.entries.length < 2) throw wrong('has fewer than two entries');
  if (transfer.entries.some(({ amount }) => amount === 0n)) throw wrong('has an entry of zero');
  const names = new Set(transfer.entries.map(({ account }) => `${account.kind}:${account.userId}`));
  if (names.size < transfer.entries.length) throw wrong('names an account twice');
  const sum = transfer.entries.reduce((total, { amount }) => total + amount, 0n);
  if (sum !== 0n) throw wrong(`does not balance: ${sum} is left over`);
  return transfer;
}

function move(
  kind: TransferKind,
  key: string,
  orderId: string | null,
  from: AccountRef,
  to: AccountRef,
  amount: bigint,
): Transfer {
  if (amount < 0n) throw new RangeError(`transfer ${key} of a negative amount: ${amount}`);
  return balanced({
    kind,
    key,
    orderId,
    entries: [
      { account: from, amount: -amount },
      { account: to, amount },
    ],
  });
}

function available(userId: string): AccountRef {
  return { kind: 'WALLET_AVAILABLE', userId };
}

function held(userId: string): AccountRef {
  return { kind: 'WALLET_HELD', userId };
}

function house(kind: HouseAccountKind): AccountRef {
  return { kind, userId: null };
}
