/** Every query about good-till-triggered orders. Users make and cancel them, under row-level security; the market triggers them. */
import type { Database, Sql, Tx } from '@gridworks/kit/db';
import type { AlertCondition } from '../domain/alert.ts';
import type { Gtt, GttLeg, GttStatus } from '../domain/gtt.ts';
import type { TradingRefusalCode } from '../domain/order.ts';

/** That the market reached a leg. */
export interface ReachedLeg {
  readonly id: string;
  /** 0 or 1. */
  readonly leg: number;
  readonly price: bigint;
  readonly at: Date;
}

interface GttRow extends Omit<Gtt, 'legs'> {
  readonly condition: AlertCondition;
  readonly triggerPrice: bigint;
  readonly limitPrice: bigint;
  readonly quantity: bigint;
  readonly otherCondition: AlertCondition | null;
  readonly otherTriggerPrice: bigint | null;
  readonly otherLimitPrice: bigint | null;
  readonly otherQuantity: bigint | null;
}

const COLUMNS = `id, tenant_id AS "tenantId", user_id AS "userId", client_gtt_id AS "clientGttId", symbol, side, product,
  condition, trigger_price AS "triggerPrice", limit_price AS "limitPrice", quantity,
  other_condition AS "otherCondition", other_trigger_price AS "otherTriggerPrice",
  other_limit_price AS "otherLimitPrice", other_quantity AS "otherQuantity", status, created_at AS "createdAt",
  triggered_at AS "triggeredAt", triggered_leg AS "triggeredLeg", triggered_price AS "triggeredPrice",
  order_id AS "orderId", refusal_code AS "refusalCode"`;

export class GttStore {
  constructor(private readonly db: Database) {}

  async byIds(ids: readonly string[]): Promise<Gtt[]> {
    return selectGtts(this.db.tenant, 'WHERE id = ANY ($1)', [ids]);
  }

  /** Up to `limit`, the latest first, older than the one of the id `before`; of one status or of all. */
  async page(
    userId: string,
    status: GttStatus | undefined,
    limit: number,
    before: string | undefined,
  ): Promise<Gtt[]> {
    return selectGtts(
      this.db.tenant,
      `WHERE user_id = $1 AND ($2::text IS NULL OR status::text = $2) AND ($3::uuid IS NULL OR id < $3)
       ORDER BY id DESC LIMIT $4`,
      [userId, status ?? null, before ?? null, limit],
    );
  }

  /** Changes what one user keeps; two changes of one user's come one after the other. */
  change<T>(userId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.db.transaction(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('gtts ' || $1, 0))`, [userId]);
      return work(tx);
    });
  }

  /** All that wait, and all whose order is on its way, of everybody. */
  async unsettled(): Promise<Gtt[]> {
    return selectGtts(this.db.system, `WHERE status IN ('ACTIVE', 'TRIGGERED') ORDER BY id`, []);
  }

  /** Those that still waited, triggered now. */
  async trigger(reached: readonly ReachedLeg[]): Promise<Gtt[]> {
    const { rows } = await this.db.system.query<GttRow>(
      `UPDATE trading.gtt SET status = 'TRIGGERED', triggered_leg = reached.leg, triggered_price = reached.price,
              triggered_at = reached.at
         FROM unnest($1::uuid[], $2::int2[], $3::int8[], $4::timestamptz[]) AS reached (reached_id, leg, price, at)
        WHERE id = reached.reached_id AND status = 'ACTIVE' RETURNING ${COLUMNS}`,
      [
        reached.map(({ id }) => id),
        reached.map(({ leg }) => leg),
        reached.map(({ price }) => price),
        reached.map(({ at }) => at),
      ],
    );
    return rows.map(gttOf);
  }

  /** What became of the order of one that was triggered: its id, or why it was refused. */
  async settle(id: string, orderId: string | null, refusalCode: TradingRefusalCode | null): Promise<void> {
    await this.db.system.query(
      `UPDATE trading.gtt SET status = CASE WHEN $2::uuid IS NULL THEN 'REFUSED' ELSE 'PLACED' END::trading.gtt_status,
              order_id = $2, refusal_code = $3 WHERE id = $1 AND status = 'TRIGGERED'`,
      [id, orderId, refusalCode],
    );
  }
}

export async function gttByClientId(tx: Sql, userId: string, clientGttId: string): Promise<Gtt | undefined> {
  return (await selectGtts(tx, 'WHERE user_id = $1 AND client_gtt_id = $2', [userId, clientGttId]))[0];
}

export async function countActiveGtts(tx: Sql, userId: string): Promise<number> {
  const { rows } = await tx.query<{ count: bigint }>(
    `SELECT count(*) AS count FROM trading.gtt WHERE user_id = $1 AND status = 'ACTIVE'`,
    [userId],
  );
  return Number(rows[0]?.count ?? 0n);
}

export async function insertGtt(tx: Sql, gtt: Gtt): Promise<void> {
  const [first, other] = gtt.legs;
  if (!first) throw new Error(`GTT ${gtt.id} has no leg`);
  await tx.query(
    `INSERT INTO trading.gtt
       (id, tenant_id, user_id, client_gtt_id, symbol, side, product, condition, trigger_price, limit_price, quantity,
        other_condition, other_trigger_price, other_limit_price, other_quantity, status, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'ACTIVE', $16)`,
    [
      gtt.id,
      gtt.tenantId,
      gtt.userId,
      gtt.clientGttId,
      gtt.symbol,
      gtt.side,
      gtt.product,
      first.condition,
      first.triggerPrice,
      first.limitPrice,
      first.quantity,
      other?.condition ?? null,
      other?.triggerPrice ?? null,
      other?.limitPrice ?? null,
      other?.quantity ?? null,
      gtt.createdAt,
    ],
  );
}

/** It as it is after; undefined when it does not wait any more. */
export async function cancelGtt(tx: Sql, id: string): Promise<Gtt | undefined> {
  const { rows } = await tx.query<GttRow>(
    `UPDATE trading.gtt SET status = 'CANCELLED' WHERE id = $1 AND status = 'ACTIVE' RETURNING ${COLUMNS}`,
    [id],
  );
  return rows.map(gttOf)[0];
}

async function selectGtts(sql: Sql, rest: string, values: readonly unknown[]): Promise<Gtt[]> {
  return (await sql.query<GttRow>(`SELECT ${COLUMNS} FROM trading.gtt ${rest}`, [...values])).rows.map(gttOf);
}

function gttOf(row: GttRow): Gtt {
  const { condition, triggerPrice, limitPrice, quantity } = row;
  const { otherCondition, otherTriggerPrice, otherLimitPrice, otherQuantity, ...facts } = row;
  const legs: GttLeg[] = [{ condition, triggerPrice, limitPrice, quantity }];
  if (
    otherCondition !== null &&
    otherTriggerPrice !== null &&
    otherLimitPrice !== null &&
    otherQuantity !== null
  )
    legs.push({
      condition: otherCondition,
      triggerPrice: otherTriggerPrice,
      limitPrice: otherLimitPrice,
      quantity: otherQuantity,
    });
  return { ...facts, legs };
}
