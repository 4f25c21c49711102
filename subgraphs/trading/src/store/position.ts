/** Every query about positions, the projection of executions. */
import { columnOf } from '@gridworks/kit/arrays';
import type { Database, Sql } from '@gridworks/kit/db';
import { namedId } from '@gridworks/kit/id';
import type { Product } from '../domain/order.ts';
import type { Holding } from '../domain/position.ts';

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

/** A holding with what it is of. */
export interface KeyedHolding extends PositionKey, Holding {
  readonly tenantId: string;
}

/** The positions of these keys that there are. */
export async function holdingsOf(tx: Sql, keys: readonly PositionKey[]): Promise<(PositionKey & Holding)[]> {
  const { rows } = await tx.query<PositionRow>(
    `${SELECT} JOIN unnest($1::uuid[], $2::text[], $3::trading.order_product[]) AS wanted (user_id, symbol, product)
       USING (user_id, symbol, product)`,
    [keys.map(({ userId }) => userId), keys.map(({ symbol }) => symbol), keys.map(({ product }) => product)],
  );
  return rows;
}

/** Keeps holdings, each of another key. */
export async function saveHoldings(tx: Sql, holdings: readonly KeyedHolding[]): Promise<void> {
  await tx.query(
    `INSERT INTO trading.position (id, tenant_id, user_id, symbol, product, quantity, cost, realised)
     SELECT id, tenant_id, user_id, symbol, product::trading.order_product, quantity, cost, realised
       FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::int8[], $7::int8[], $8::int8[])
            AS given (id, tenant_id, user_id, symbol, product, quantity, cost, realised)
     ON CONFLICT (user_id, symbol, product) DO UPDATE
       SET quantity = excluded.quantity, cost = excluded.cost, realised = excluded.realised, updated_at = now()`,
    [
      columnOf('uuid', holdings, ({ userId, symbol, product }) =>
        namedId(`position ${userId} ${symbol} ${product}`),
      ),
      columnOf('uuid', holdings, ({ tenantId }) => tenantId),
      columnOf('uuid', holdings, ({ userId }) => userId),
      columnOf('text', holdings, ({ symbol }) => symbol),
      columnOf('text', holdings, ({ product }) => product),
      columnOf('int8', holdings, ({ quantity }) => quantity),
      columnOf('int8', holdings, ({ cost }) => cost),
      columnOf('int8', holdings, ({ realised }) => realised),
    ],
  );
}

/** Forgets every position: they are built from executions. */
export async function forgetPositions(tx: Sql): Promise<void> {
  await tx.query(`DELETE FROM trading.position`);
}
