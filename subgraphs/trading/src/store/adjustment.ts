/** Every query about splits as they took place at the exchange. */
import type { Sql } from '@gridworks/kit/db';

/** A split as the exchange told of it. */
export interface Adjustment {
  readonly adjustmentId: string;
  readonly symbol: string;
  readonly exDate: string;
  readonly splitFactor: string;
  readonly at: string;
}

/** Keeps splits, in the transaction of the positions that followed them; each is told once for every holding. */
export async function saveAdjustments(tx: Sql, adjustments: readonly Adjustment[]): Promise<void> {
  if (adjustments.length === 0) return;
  await tx.query(
    `INSERT INTO trading.adjustment (id, symbol, ex_date, split_factor, at)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::date[], $4::numeric[], $5::timestamptz[])
     ON CONFLICT (symbol, ex_date) DO NOTHING`,
    [
      adjustments.map(({ adjustmentId }) => adjustmentId),
      adjustments.map(({ symbol }) => symbol),
      adjustments.map(({ exDate }) => exDate),
      adjustments.map(({ splitFactor }) => splitFactor),
      adjustments.map(({ at }) => at),
    ],
  );
}

/** Forgets every split that took place: they are told by the log. */
export async function forgetAdjustments(tx: Sql): Promise<void> {
  await tx.query(`DELETE FROM trading.adjustment`);
}

/** The splits of an instrument that are known to have their ex-date after one date and not after another, in their order. */
export async function splitsBetween(
  sql: Sql,
  symbol: string,
  after: string,
  upTo: string,
): Promise<{ readonly exDate: string; readonly splitFactor: string }[]> {
  const { rows } = await sql.query<{ exDate: string; splitFactor: string }>(
    `SELECT ex_date::text AS "exDate", split_factor::text AS "splitFactor" FROM trading.corporate_action
      WHERE symbol = $1 AND split_factor <> 1 AND ex_date > $2::date AND ex_date <= $3::date ORDER BY ex_date`,
    [symbol, after, upTo],
  );
  return rows;
}

/** Who has units of an instrument. */
export async function holdersOf(
  sql: Sql,
  symbol: string,
): Promise<{ readonly userId: string; readonly tenantId: string }[]> {
  const { rows } = await sql.query<{ userId: string; tenantId: string }>(
    `SELECT DISTINCT user_id AS "userId", tenant_id AS "tenantId" FROM trading.inventory WHERE symbol = $1 AND quantity <> 0`,
    [symbol],
  );
  return rows;
}
