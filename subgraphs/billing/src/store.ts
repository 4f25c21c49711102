/**
 * Every query of the billing domain. Callers read under row-level security; money moves only in the transactions of
 * event reactions, through the functions that take one.
 */
import type { Tier } from '@gridworks/kit/caller';
import type { Database, Tx } from '@gridworks/kit/db';
import { newId } from '@gridworks/kit/id';
import { fillKey, type Transfer, type TransferKind, type WalletAccountKind } from './domain/ledger.ts';
import type { OrderHold } from './domain/order-hold.ts';

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

/** An order's hold with whose it is. */
export interface OrderHoldRow extends OrderHold {
  readonly orderId: string;
  readonly userId: string;
  readonly tenantId: string;
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

/**
 * Makes this transaction the ledger's only writer until it ends. Nearly every transfer meets the same few accounts of
 * the house, so writers would wait for each other anyway; waiting here, before anything else is locked, they cannot
 * wait in a circle, however many transfers a transaction books.
 */
export async function lockLedger(tx: Tx): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('billing.ledger', 0))`);
}

/** Opens the two accounts of a user's wallet; does nothing when they are there. */
export async function openWallet(tx: Tx, userId: string, tenantId: string): Promise<void> {
  await tx.query(
    `INSERT INTO billing.ledger_account (id, tenant_id, user_id, kind, currency)
     VALUES ($1, $3, $4, 'WALLET_AVAILABLE', 'INR'), ($2, $3, $4, 'WALLET_HELD', 'INR')
     ON CONFLICT (user_id, kind, currency) DO NOTHING`,
    [newId(), newId(), tenantId, userId],
  );
}

// Entries are booked in the order of their accounts' ids, so that even a writer who forgot the ledger's lock meets the
// accounts in the order in which all do.
const BOOK = `
  WITH made AS (
    INSERT INTO billing.transfer (id, tenant_id, kind, key, order_id, at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (key) DO NOTHING RETURNING id
  ), booked AS (
    INSERT INTO billing.entry (transfer_id, account_id, amount)
    SELECT made.id, account.id, line.amount
      FROM made, unnest($7::billing.ledger_account_kind[], $8::uuid[], $9::bigint[]) AS line (kind, user_id, amount)
     CROSS JOIN LATERAL (
       SELECT a.id FROM billing.ledger_account a
        WHERE a.user_id = line.user_id AND a.kind = line.kind AND a.currency = 'INR'
       UNION ALL
       SELECT a.id FROM billing.ledger_account a
        WHERE line.user_id IS NULL AND a.user_id IS NULL AND a.kind = line.kind AND a.currency = 'INR'
     ) account
     ORDER BY account.id
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM made) AS transfers, (SELECT count(*) FROM booked) AS entries`;

/**
 * Books a transfer; false, and nothing is changed, when its key was booked before. Throws when an account is missing;
 * the database refuses what would take a wallet below nothing.
 */
export async function book(
  tx: Tx,
  transfer: Transfer,
  { tenantId, at }: { readonly tenantId: string; readonly at: Date },
): Promise<boolean> {
  const { entries } = transfer;
  const { rows } = await tx.query<{ transfers: bigint; entries: bigint }>({
    name: 'billing.book',
    text: BOOK,
    values: [
      newId(),
      tenantId,
      transfer.kind,
      transfer.key,
      transfer.orderId,
      at,
      entries.map(({ account }) => account.kind),
      entries.map(({ account }) => account.userId),
      entries.map(({ amount }) => amount.toString()),
    ],
  });
  const [row] = rows;
  if (row?.transfers !== 1n) return false;
  if (row.entries !== BigInt(entries.length)) {
    throw new Error(`transfer ${transfer.key} names an account that does not exist`);
  }
  return true;
}

export async function isFillBooked(tx: Tx, orderId: string, tradeId: string): Promise<boolean> {
  const { rows } = await tx.query(`SELECT 1 FROM billing.transfer WHERE key = $1`, [
    fillKey(orderId, tradeId),
  ]);
  return rows.length > 0;
}

/** Keeps the hold of a new order; false, and nothing is changed, when the order is known. */
export async function insertHold(tx: Tx, hold: OrderHoldRow): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO billing.order_hold (order_id, tenant_id, user_id, held, settled, done) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (order_id) DO NOTHING`,
    [hold.orderId, hold.tenantId, hold.userId, hold.held, hold.settled, hold.done],
  );
  return rowCount === 1;
}

export async function holdOf(tx: Tx, orderId: string): Promise<OrderHoldRow | undefined> {
  const { rows } = await tx.query<OrderHoldRow>(
    `SELECT order_id AS "orderId", user_id AS "userId", tenant_id AS "tenantId", held, settled, done
       FROM billing.order_hold WHERE order_id = $1 FOR UPDATE`,
    [orderId],
  );
  return rows[0];
}

export async function saveHold(tx: Tx, orderId: string, { held, settled, done }: OrderHold): Promise<void> {
  await tx.query(`UPDATE billing.order_hold SET held = $2, settled = $3, done = $4 WHERE order_id = $1`, [
    orderId,
    held,
    settled,
    done,
  ]);
}
