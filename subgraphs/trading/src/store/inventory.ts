/** Every query about what users can deliver; the exchange alone writes it, as its own state has it. */
import type { Sql } from '@gridworks/kit/db';
import type { StockBalance } from '../domain/venue/outcome.ts';
import { column } from './column.ts';

/** Writes what users have of instruments now; each at most once. */
export async function saveStock(tx: Sql, stock: readonly StockBalance[]): Promise<void> {
  if (stock.length === 0) return;
  await tx.query({
    name: 'trading.saveStock',
    text: `INSERT INTO trading.inventory (user_id, tenant_id, symbol, product, quantity, held)
     SELECT user_id, tenant_id, symbol, product::trading.order_product, quantity, held
       FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int8[], $6::int8[])
         AS now (user_id, tenant_id, symbol, product, quantity, held)
     ON CONFLICT (user_id, symbol, product) DO UPDATE SET quantity = excluded.quantity, held = excluded.held`,
    values: [
      column(stock.map(({ userId }) => userId)),
      column(stock.map(({ tenantId }) => tenantId)),
      stock.map(({ symbol }) => symbol),
      column(stock.map(({ product }) => product)),
      column(stock.map(({ quantity }) => quantity)),
      column(stock.map(({ held }) => held)),
    ],
  });
}
