/** Every query of rebalancings: whether what sales brought is there. */
import type { Sql } from '@gridworks/kit/db';

/** The oldest transaction under way: what is published from now on comes in it or in a later one. */
export async function logHorizon(sql: Sql): Promise<string> {
  const { rows } = await sql.query<{ xid: string }>(
    `SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xid`,
  );
  return rows[0]?.xid ?? '0';
}

/** Of how many of these orders the exchange counts what their sale brought, told since then. */
export async function proceedsCounted(
  sql: Sql,
  userId: string,
  orderIds: readonly string[],
  sinceXid: string,
): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `SELECT count(DISTINCT l.payload ->> 'orderId')::int AS count
       FROM events.heard_by('trading.accounts') heard JOIN events.log l ON (l.xid, l.pos) <= (heard.xid, heard.pos)
      WHERE l.xid >= $3::xid8 AND l.topic = 'wallets.credited' AND l.key = $1 AND l.payload ->> 'orderId' = ANY ($2)
        AND l.payload ->> 'reason' = 'SALE_PROCEEDS'`,
    [userId, orderIds, sinceXid],
  );
  return rows[0]?.count ?? 0;
}
