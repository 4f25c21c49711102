/**
 * Every query of the billing domain. Callers read under row-level security; money moves only in the transactions of
 * event reactions, through the functions that take one.
 */
import { columnOf } from '@gridworks/kit/arrays';
import type { Tier } from '@gridworks/kit/caller';
import type { Database, Tx } from '@gridworks/kit/db';
import { newId } from '@gridworks/kit/id';
import type { AccountRef, TransferKind, WalletAccountKind } from './domain/ledger.ts';
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
  readonly margin: bigint;
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
      `SELECT a.user_id AS "userId", a.balance AS available, h.balance AS held, coalesce(m.balance, 0) AS margin
         FROM billing.ledger_account a
         JOIN billing.ledger_account h USING (user_id, currency)
         LEFT JOIN billing.ledger_account m
                ON m.user_id = a.user_id AND m.currency = a.currency AND m.kind = 'WALLET_MARGIN'
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

/** Opens what users need under margin; does nothing where it is there. What they owe is the house's, not their tenant's. */
export async function openMargins(
  tx: Tx,
  owners: readonly { readonly userId: string; readonly tenantId: string }[],
): Promise<void> {
  if (owners.length === 0) return;
  await tx.query(
    `INSERT INTO billing.ledger_account (id, tenant_id, user_id, kind, currency)
     SELECT gen_random_uuid(), account.tenant_id, owner.user_id, account.kind, 'INR'
       FROM (SELECT DISTINCT user_id, tenant_id FROM unnest($1::uuid[], $2::uuid[]) AS owner (user_id, tenant_id)) owner
      CROSS JOIN LATERAL (VALUES (owner.tenant_id, 'WALLET_MARGIN'::billing.ledger_account_kind),
                                 (NULL, 'DUES')) AS account (tenant_id, kind)
     ON CONFLICT (user_id, kind, currency) DO NOTHING`,
    [owners.map(({ userId }) => userId), owners.map(({ tenantId }) => tenantId)],
  );
}

/** Stands for the missing user of the house's accounts, where nulls would not be equal. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

// All accounts are locked before anything else and in the order of their ids, by this one statement, so writers wait
// for each other and never in a circle; a transaction books once. Lines name their transfer and their account by number,
// and are numbered within an account in the order in which they are given.
const BOOK = `
  WITH locked AS MATERIALIZED (
    SELECT id, user_id, kind, tenant_id, balance, sequence FROM billing.ledger_account
     WHERE currency = 'INR' AND (user_id = ANY ($7::uuid[]) OR user_id IS NULL AND kind = ANY ($8::text[]::billing.ledger_account_kind[]))
     ORDER BY id FOR UPDATE
  ), account AS MATERIALIZED (
    SELECT wanted.number, locked.id, locked.tenant_id, locked.balance, locked.sequence
      FROM unnest($7::uuid[], $8::text[]) WITH ORDINALITY AS wanted (user_id, kind, number)
      LEFT JOIN locked ON locked.kind::text = wanted.kind AND coalesce(locked.user_id, $12) = coalesce(wanted.user_id, $12)
  ), made AS (
    INSERT INTO billing.transfer (id, tenant_id, kind, key, order_id, at)
    SELECT id, tenant_id, kind::billing.transfer_kind, key, order_id, at
      FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::timestamptz[])
           AS given (id, tenant_id, kind, key, order_id, at)
  )
  INSERT INTO billing.entry (account_id, sequence, transfer_id, tenant_id, amount, balance_after)
  SELECT account.id, account.sequence + row_number() OVER lines, ($1::uuid[])[line.transfer], account.tenant_id,
         line.amount, account.balance + sum(line.amount) OVER lines
    FROM unnest($9::int4[], $10::int4[], $11::int8[]) WITH ORDINALITY AS line (transfer, account, amount, place)
    JOIN account ON account.number = line.account
  WINDOW lines AS (PARTITION BY line.account ORDER BY line.place)`;

/**
 * Books transfers, in their order, once a transaction. The database refuses an account that is missing, a key that is
 * booked, and what would take a wallet below nothing.
 */
export async function book(tx: Tx, bookings: readonly Booking[]): Promise<void> {
  if (bookings.length === 0) return;
  const accounts = new Map<string, { readonly number: number; readonly account: AccountRef }>();
  const numberOf = (account: AccountRef): number => {
    const name = `${account.kind} ${account.userId}`;
    const known = accounts.get(name);
    if (!known) accounts.set(name, { number: accounts.size + 1, account });
    return known?.number ?? accounts.size;
  };
  const lines = bookings.flatMap(({ transfer }, index) =>
    transfer.entries.map(({ account, amount }) => [index + 1, numberOf(account), amount] as const),
  );
  const touched = Array.from(accounts.values(), ({ account }) => account);
  // Not a prepared statement: its plan would be kept, and a batch may have one transfer or thousands.
  await tx.query({
    text: BOOK,
    values: [
      columnOf('uuid', bookings, () => newId()),
      columnOf('uuid', bookings, ({ tenantId }) => tenantId),
      columnOf('text', bookings, ({ transfer }) => transfer.kind),
      columnOf('text', bookings, ({ transfer }) => transfer.key),
      columnOf('uuid', bookings, ({ transfer }) => transfer.orderId),
      columnOf('timestamptz', bookings, ({ at }) => at),
      columnOf('uuid', touched, ({ userId }) => userId),
      columnOf('text', touched, ({ kind }) => kind),
      columnOf('int4', lines, ([transfer]) => transfer),
      columnOf('int4', lines, ([, account]) => account),
      columnOf('int8', lines, ([, , amount]) => amount),
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
      columnOf('uuid', holds, ({ orderId }) => orderId),
      columnOf('uuid', holds, ({ tenantId }) => tenantId),
      columnOf('uuid', holds, ({ userId }) => userId),
      columnOf('int8', holds, ({ held }) => held),
      columnOf('int8', holds, ({ settled }) => settled),
      columnOf('bool', holds, ({ done }) => done),
      columnOf('int8', holds, ({ modified }) => modified),
    ],
  );
}
