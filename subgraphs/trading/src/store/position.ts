/** Every query about positions, the projection of executions. */
import type { Database, Sql } from '@gridworks/kit/db';
import { newId } from '@gridworks/kit/id';
import type { Product } from '../domain/order.ts';
import { NOTHING, type Holding } from '../domain/position.ts';

export interface PositionRow extends Holding {
  readonly id: string;
  readonly userId: string;
  readonly symbol: string;
  readonly product: Product;
}

const SELECT = `SELECT id, user_id AS "userId", symbol, product, quantity, cost, realised FROM trading.position`;

export class PositionStore {
  constructor(private readonly db: Database) {}

  async byIds(ids: readonly string[]): Promise<PositionRow[]> {
    return (await this.db.tenant.query<PositionRow>(`${SELECT} WHERE id = ANY ($1)`, [ids])).rows;
  }

  /** In order of symbol. */
  async ofUser(userId: string): Promise<PositionRow[]> {
    const { rows } = await this.db.tenant.query<PositionRow>(
      `${SELECT} WHERE user_id = $1 ORDER BY symbol, product`,
      [userId],
    );
    return rows;
  }
}

export type PositionKey = Pick<PositionRow, 'userId' | 'symbol' | 'product'>;

/** The holding, locked until the transaction ends; nothing where there is no row yet. */
export async function lockHolding(tx: Sql, { userId, symbol, product }: PositionKey): Promise<Holding> {
  const { rows } = await tx.query<PositionRow>(
    `${SELECT} WHERE user_id = $1 AND symbol = $2 AND product = $3 FOR UPDATE`,
    [userId, symbol, product],
  );
  return rows[0] ?? NOTHING;
}

export async function saveHolding(
  tx: Sql,
  key: PositionKey,
  tenantId: string,
  holding: Holding,
): Promise<void> {
  await tx.query(
    `INSERT INTO trading.position (id, tenant_id, user_id, symbol, product, quantity, cost, realised)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (user_id, symbol, product) DO UPDATE
       SET quantity = excluded.quantity, cost = excluded.cost, realised = excluded.realised, updated_at = now()`,
    [
      newId(),
      tenantId,
      key.userId,
      key.symbol,
      key.product,
      holding.quantity,
      holding.cost,
      holding.realised,
    ],
  );
}
