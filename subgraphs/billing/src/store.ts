/**
 * Every query of the billing domain. Callers read under row-level security; money moves only in the transactions of
 * event reactions, through the functions that take one.
 */
import type { Tier } from '@gridworks/kit/caller';
import type { Database, Tx } from '@gridworks/kit/db';
import { newId } from '@gridworks/kit/id';
import type { TransferKind, WalletAccountKind } from './domain/ledger.ts';
import type { Booking, OwnedHold } from './domain/mirror.ts';

export interface PlanRow {
  readonly tier: Tier;
  readonly name: string;
  readonly monthlyFee: bigint;
  readonly features: string[];
}

export interface WalletRow {
  readonly userId: string;
  readonly available: bigint;
  readonly held: bigint;
}

export interface EntryRow {
  readonly transferId: string;
  readonly account: WalletAccountKind;
  readonly sequence: bigint;
  readonly at: Date;
  readonly kind: TransferKind;
  readonly amount: bigint;
  readonly balanceAfter: bigint;
  readonly orderId: string | null;
}

export class BillingStore {
  constructor(private readonly db: Database) {}

  async plans(): Promise<PlanRow[]> {
    const { rows } = await this.db.tenant.query<PlanRow>(
      `SELECT ${PLAN} FROM billing.plan ORDER BY monthly_fee, tier`,
    );
    return rows;
  }

  async plansByTiers(tiers: readonly string[]): Promise<PlanRow[]> {
    const { rows } = await this.db.tenant.query<PlanRow>(
      `SELECT ${PLAN} FROM billing.plan WHERE tier = ANY ($1)`,
      [tiers],
    );
    return rows;
  }

  /** The wallets of the users among `userIds` whom the tenant in scope may see. */
  async walletsByUsers(userIds: readonly string[]): Promise<WalletRow[]> {
    const { rows } = await this.db.tenant.query<WalletRow>(
      `SELECT a.user_id AS "userId", a.balance AS available, h.balance AS held
         FROM billing.ledger_account a
         JOIN billing.ledger_account h USING (user_id, currency)
        WHERE a.user_id = ANY ($1) AND a.currency = 'INR' AND a.kind = 'WALLET_AVAILABLE' AND h.kind = 'WALLET_HELD'`,
      [userIds],
    );
    return rows;
  }

  /** The entries of one account of a wallet, newest first, those before the number `before` when given. */
  async statement(
    userId: string,
    account: WalletAccountKind,
    limit: number,
    before: bigint | undefined,
  ): Promise<EntryRow[]> {
    const { rows } = await this.db.tenant.query<EntryRow>(
      `SELECT e.transfer_id AS "transferId", a.kind AS account, e.sequence, t.at, t.kind, e.amount,
              e.balance_after AS "balanceAfter", t.order_id AS "orderId"
         FROM billing.ledger_account a
         JOIN billing.entry e ON e.account_id = a.id
         JOIN billing.transfer t ON t.id = e.transfer_id
        WHERE a.user_id = $1 AND a.kind = $2 AND a.currency = 'INR' AND ($3::bigint IS NULL OR e.sequence < $3)
        ORDER BY e.sequence DESC LIMIT $4`,
      [userId, account, before ?? null, limit],
    );
    return rows;
  }
}

const PLAN = `tier, name, monthly_fee AS "monthlyFee", features`;

/** Opens the two accounts of each user's wallet; does nothing where they are there. */
export async function openWallets(
  tx: Tx,
  owners: readonly { readonly userId: string; readonly tenantId: string }[],
): Promise<void> {
  if (owners.length === 0) return;
  const ids = owners.map(() => [newId(), newId()]);
  await tx.query(
    `INSERT INTO billing.ledger_account (id, tenant_id, user_id, kind, currency)
     SELECT account.id, owner.tenant_id, owner.user_id, account.kind, 'INR'
       FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) AS owner (user_id, tenant_id, available, held)
      CROSS JOIN LATERAL (VALUES (owner.available, 'WALLET_AVAILABLE'::billing.ledger_account_kind),
                                 (owner.held, 'WALLET_HELD')) AS account (id, kind)
     ON CONFLICT (user_id, kind, currency) DO NOTHING`,
    [
      owners.map(({ userId }) => userId),
      owners.map(({ tenantId }) => tenantId),
      ids.map(([available]) => available),
      ids.map(([, held]) => held),
    ],
  );
}

/** Stands for the missing user of the house's accounts, where nulls would not be equal. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

// All accounts are locked before anything else and in the order of their ids, by this one statement, so writers wait
// for each other and never in a circle; a transaction books once. The lines of an account are numbered in the order in
// which the transfers are given.
const BOOK = `
  WITH account AS MATERIALIZED (
    SELECT id, user_id, kind, tenant_id, balance, sequence FROM billing.ledger_account
     WHERE currency = 'INR' AND (user_id = ANY ($8) OR user_id IS NULL AND kind = ANY ($7))
     ORDER BY id FOR UPDATE
  ), made AS (
    INSERT INTO billing.transfer (id, tenant_id, kind, key, order_id, at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::billing.transfer_kind[], $4::text[], $5::uuid[], $6::timestamptz[])
  )
  INSERT INTO billing.entry (account_id, sequence, transfer_id, tenant_id, amount, balance_after)
  SELECT account.id, account.sequence + row_number() OVER lines, line.transfer_id, account.tenant_id, line.amount,
         account.balance + sum(line.amount) OVER lines
    FROM unnest($9::uuid[], $7::billing.ledger_account_kind[], $8::uuid[], $10::bigint[])
         WITH ORDINALITY AS line (transfer_id, kind, user_id, amount, place)
    LEFT JOIN account ON account.kind = line.kind AND coalesce(account.user_id, $11) = coalesce(line.user_id, $11)
  WINDOW lines AS (PARTITION BY account.id ORDER BY line.place)`;

/**
 * Books transfers, in their order, once a transaction. The database refuses an account that is missing, a key that is
 * booked, and what would take a wallet below nothing.
 */
export async function book(tx: Tx, bookings: readonly Booking[]): Promise<void> {
  if (bookings.length === 0) return;
  const transfers = bookings.map((booking) => ({ ...booking, ...booking.transfer, id: newId() }));
  const lines = transfers.flatMap(({ id, entries }) => entries.map((entry) => ({ id, ...entry })));
  // Not a prepared statement: its plan would be kept, and a batch may have one transfer or thousands.
  await tx.query({
    text: BOOK,
    values: [
      transfers.map(({ id }) => id),
      transfers.map(({ tenantId }) => tenantId),
      transfers.map(({ kind }) => kind),
      transfers.map(({ key }) => key),
      transfers.map(({ orderId }) => orderId),
      transfers.map(({ at }) => at),
      lines.map(({ account }) => account.kind),
      lines.map(({ account }) => account.userId),
      lines.map(({ id }) => id),
      lines.map(({ amount }) => amount),
      NOBODY,
    ],
  });
}

/** Those of the keys under which a transfer is booked. */
export async function bookedKeys(tx: Tx, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const { rows } = await tx.query<{ key: string }>(`SELECT key FROM billing.transfer WHERE key = ANY ($1)`, [
    keys,
  ]);
  return rows.map(({ key }) => key);
}

/** The holds of those of the orders that are known. */
export async function holdsOf(tx: Tx, orderIds: readonly string[]): Promise<OwnedHold[]> {
  if (orderIds.length === 0) return [];
  const { rows } = await tx.query<OwnedHold>(
    `SELECT order_id AS "orderId", user_id AS "userId", tenant_id AS "tenantId", held, settled, done, modified
       FROM billing.order_hold WHERE order_id = ANY ($1)`,
    [orderIds],
  );
  return rows;
}

/** Keeps holds, new ones and changed ones. */
export async function saveHolds(tx: Tx, holds: readonly OwnedHold[]): Promise<void> {
  if (holds.length === 0) return;
  await tx.query(
    `INSERT INTO billing.order_hold (order_id, tenant_id, user_id, held, settled, done, modified)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::boolean[], $7::bigint[])
     ON CONFLICT (order_id) DO UPDATE SET held = excluded.held, settled = excluded.settled, done = excluded.done,
       modified = excluded.modified`,
    [
      holds.map(({ orderId }) => orderId),
      holds.map(({ tenantId }) => tenantId),
      holds.map(({ userId }) => userId),
      holds.map(({ held }) => held),
      holds.map(({ settled }) => settled),
      holds.map(({ done }) => done),
      holds.map(({ modified }) => modified),
    ],
  );
}
