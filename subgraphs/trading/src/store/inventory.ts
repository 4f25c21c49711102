/** Every query about what users can deliver; the exchange alone writes it, in the order's transaction. */
import type { Sql } from '@gridworks/kit/db';
import type { StockChange } from '../domain/happening.ts';
import type { Order } from '../domain/order.ts';

/** What of the instrument the user can still promise under the product, locked until the transaction ends. */
export async function lockFreeQuantity(
  tx: Sql,
  { userId, symbol, product }: Pick<Order, 'userId' | 'symbol' | 'product'>,
): Promise<bigint> {
  const { rows } = await tx.query<{ free: bigint }>(
    `SELECT quantity - held AS free FROM trading.inventory
      WHERE user_id = $1 AND symbol = $2 AND product = $3 FOR UPDATE`,
    [userId, symbol, product],
  );
  return rows[0]?.free ?? 0n;
}

/** Adds changes to what is there; a user's first purchase of an instrument opens the row. */
export async function changeInventory(tx: Sql, changes: readonly StockChange[]): Promise<void> {
  const opening = changes.filter(({ quantity, held }) => quantity > 0n && held === 0n);
  if (opening.length > 0) {
    await tx.query(
      `INSERT INTO trading.inventory AS known (user_id, tenant_id, symbol, product, quantity, held)
       SELECT user_id, tenant_id, symbol, product::trading.order_product, quantity, 0
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int8[])
           AS change (user_id, tenant_id, symbol, product, quantity)
       ON CONFLICT (user_id, symbol, product) DO UPDATE SET quantity = known.quantity + excluded.quantity`,
      [
        opening.map(({ userId }) => userId),
        opening.map(({ tenantId }) => tenantId),
        opening.map(({ symbol }) => symbol),
        opening.map(({ product }) => product),
        opening.map(({ quantity }) => quantity),
      ],
    );
  }
  const others = changes.filter((change) => !opening.includes(change));
  if (others.length === 0) return;
  const { rowCount } = await tx.query(
    `UPDATE trading.inventory AS known
        SET quantity = known.quantity + change.quantity, held = known.held + change.held
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int8[], $5::int8[])
              AS change (user_id, symbol, product, quantity, held)
      WHERE known.user_id = change.user_id AND known.symbol = change.symbol AND known.product::text = change.product`,
    [
      others.map(({ userId }) => userId),
      others.map(({ symbol }) => symbol),
      others.map(({ product }) => product),
      others.map(({ quantity }) => quantity),
      others.map(({ held }) => held),
    ],
  );
  if (rowCount !== others.length) throw new Error('a sale moved units that its user does not have');
}
