/** Every query about buying power and margin: what a user may still promise, what is held, and what is owed. */
import type { Database, Sql } from '@gridworks/kit/db';
import type { Funds } from '../domain/margin.ts';
import type { Product } from '../domain/order.ts';
import type { OpenAccount, StockState } from '../domain/oms/command.ts';
import { newestOf } from './order.ts';

export class AccountStore {
  constructor(
    private readonly db: Database,
    private readonly shown: () => Promise<void>,
  ) {}

  /** Undefined when the user has no account or the tenant in scope may not see it. */
  async funds(userId: string): Promise<Funds | undefined> {
    await this.shown();
    const { rows } = await this.db.tenant.query<Funds>(
      `SELECT buying_power AS available, margin, dues FROM trading.account WHERE user_id = $1`,
      [userId],
    );
    return rows[0];
  }
}

/** What the tables know of users' accounts; of somebody they do not know, that there is nothing. */
export async function readAccounts(
  sql: Sql,
  users: readonly { readonly userId: string; readonly tenantId: string }[],
): Promise<Omit<OpenAccount, 'kind' | 'at'>[]> {
  const userIds = users.map(({ userId }) => userId);
  const { rows: cash } = await sql.query<{ user_id: string; buying_power: bigint; newest: bigint }>(
    `SELECT wanted.user_id, coalesce(buying_power, 0) AS buying_power, ${newestOf('wanted.user_id')} AS newest
       FROM unnest($1::uuid[]) AS wanted (user_id) LEFT JOIN trading.account USING (user_id)`,
    [userIds],
  );
  const { rows: stock } = await sql.query<StockRow>(
    `SELECT user_id, symbol, product, quantity, held FROM trading.inventory WHERE user_id = ANY ($1)
      ORDER BY user_id, symbol, product`,
    [userIds],
  );
  const accounts = new Map(cash.map((row) => [row.user_id, row]));
  const stockOf = new Map<string, StockState[]>();
  for (const { user_id, symbol, product, quantity, held } of stock) {
    const known = stockOf.get(user_id) ?? [];
    known.push([symbol, product, Number(quantity), Number(held)]);
    stockOf.set(user_id, known);
  }
  return users.map(({ userId, tenantId }) => ({
    userId,
    tenantId,
    buyingPower: Number(accounts.get(userId)?.buying_power ?? 0),
    sequence: Number(accounts.get(userId)?.newest ?? 0),
    stock: stockOf.get(userId) ?? [],
  }));
}

interface StockRow {
  readonly user_id: string;
  readonly symbol: string;
  readonly product: Product;
  readonly quantity: bigint;
  readonly held: bigint;
}
