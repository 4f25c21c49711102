/** Every query about buying power: what a user may still promise. */
import type { Database, Sql } from '@gridworks/kit/db';

export class AccountStore {
  constructor(private readonly db: Database) {}

  /** Minor units; undefined when the user has no account or the tenant in scope may not see it. */
  async buyingPower(userId: string): Promise<bigint | undefined> {
    const { rows } = await this.db.tenant.query<{ buying_power: bigint }>(
      `SELECT buying_power FROM trading.account WHERE user_id = $1`,
      [userId],
    );
    return rows[0]?.buying_power;
  }
}

/** The buying power, locked until the transaction ends; 0 for somebody without an account. */
export async function lockBuyingPower(tx: Sql, userId: string): Promise<bigint> {
  const { rows } = await tx.query<{ buying_power: bigint }>(
    `SELECT buying_power FROM trading.account WHERE user_id = $1 FOR UPDATE`,
    [userId],
  );
  return rows[0]?.buying_power ?? 0n;
}

export async function holdFunds(tx: Sql, userId: string, amount: bigint): Promise<void> {
  await tx.query(`UPDATE trading.account SET buying_power = buying_power - $2 WHERE user_id = $1`, [
    userId,
    amount,
  ]);
}

/** Adds to the buying power; opens the account when the user has none. */
export async function creditAccount(
  tx: Sql,
  userId: string,
  tenantId: string,
  amount: bigint,
): Promise<void> {
  await tx.query(
    `INSERT INTO trading.account AS known (user_id, tenant_id, buying_power) VALUES ($1, $2, $3)
     ON CONFLICT (user_id) DO UPDATE SET buying_power = known.buying_power + excluded.buying_power`,
    [userId, tenantId, amount],
  );
}
