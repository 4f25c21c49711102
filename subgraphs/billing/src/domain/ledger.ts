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
 * | margin         | WALLET_AVAILABLE | WALLET_MARGIN    |
 *
 * A fill under margin is paid by the house: MARGIN_FUNDING puts up what a position costs, or keeps what a short sale
 * brings, and takes it back when the position is closed. What that realised is the user's: a profit becomes available, a
 * loss is taken from there, from the margin, and at last from DUES, which is what the user owes and never above zero.
 */
import type { Charges, Side } from './charges.ts';

export type TransferKind =
  'OPENING_CREDIT' | 'HOLD' | 'FILL' | 'CHARGES' | 'RELEASE' | 'WITHDRAWAL' | 'MARGIN';
export type WalletAccountKind = 'WALLET_AVAILABLE' | 'WALLET_HELD' | 'WALLET_MARGIN';
export type UserAccountKind = WalletAccountKind | 'DUES';
export type HouseAccountKind =
  | 'CLEARING'
  | 'MARGIN_FUNDING'
  | 'PAPER_EQUITY'
  | 'PAYOUTS_TO_SEND'
  | 'CHARGE_BROKERAGE'
  | 'CHARGE_STT'
  | 'CHARGE_EXCHANGE'
  | 'CHARGE_SEBI'
  | 'CHARGE_STAMP_DUTY'
  | 'CHARGE_GST';

/** An account of one user, or of the house. */
export type AccountRef =
  | { readonly kind: UserAccountKind; readonly userId: string }
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

/** What moved between the parts of a user's funds; below zero: less than before. Paise. */
export interface MarginMove {
  readonly margin: bigint;
  readonly dues: bigint;
  readonly realised: bigint;
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

/** One trade of an order under margin: the house pays, and what was realised is the user's. */
export function fillUnderMargin(
  { orderId, userId }: OrderOwner,
  trade: { readonly tradeId: string; readonly side: Side; readonly value: bigint },
  change: MarginMove,
): Transfer {
  const cleared = trade.side === 'BUY' ? trade.value : -trade.value;
  return several('FILL', fillKey(orderId, trade.tradeId), orderId, [
    [house('CLEARING'), cleared],
    [house('MARGIN_FUNDING'), -cleared - change.realised],
    ...partsOf(userId, change),
  ]);
}

/** What an order under margin moved without a trade; undefined where that is nothing. `number` names a modification. */
export function moveMargin(
  { orderId, userId }: OrderOwner,
  occasion: 'placed' | 'ended' | bigint,
  change: MarginMove,
): Transfer | undefined {
  const key = `order:${orderId}:margin:${occasion}`;
  return moved(key, orderId, userId, change);
}

/** What something else than an order moved; undefined where that is nothing. `reference` names it. */
export function settleMargin(reference: string, userId: string, change: MarginMove): Transfer | undefined {
  return moved(marginKey(reference), null, userId, change);
}

export function marginKey(reference: string): string {
  return `margin:${reference}`;
}

function moved(
  key: string,
  orderId: string | null,
  userId: string,
  change: MarginMove,
): Transfer | undefined {
  const { margin, dues, realised } = change;
  if (margin === 0n && dues === 0n && realised === 0n) return undefined;
  return several('MARGIN', key, orderId, [[house('MARGIN_FUNDING'), -realised], ...partsOf(userId, change)]);
}

/** The user's side of a move of margin: all of it sums to what was realised. */
function partsOf(
  userId: string,
  { margin, dues, realised }: MarginMove,
): readonly (readonly [AccountRef, bigint])[] {
  return [
    [{ kind: 'WALLET_MARGIN', userId }, margin],
    [{ kind: 'DUES', userId }, -dues],
    [available(userId), realised + dues - margin],
  ];
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

/** Of many parts those that are something. */
function several(
  kind: TransferKind,
  key: string,
  orderId: string | null,
  parts: readonly (readonly [AccountRef, bigint])[],
): Transfer {
  const entries = parts.map(([account, amount]) => ({ account, amount }));
  return balanced({ kind, key, orderId, entries: entries.filter(({ amount }) => amount !== 0n) });
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
