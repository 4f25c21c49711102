/** Every query about price alerts. Their users make and cancel them, under row-level security; the market triggers them. */
import type { Database, Sql, Tx } from '@gridworks/kit/db';
import type { Alert, AlertStatus } from '../domain/alert.ts';

/** An alert whose price was reached. */
export type TriggeredAlert = Alert & {
  readonly triggeredAt: Date;
  readonly triggeredPrice: bigint;
  readonly sequence: bigint;
};

/** That the market reached an alert. */
export interface Reached {
  readonly id: string;
  readonly price: bigint;
  readonly at: Date;
}

const COLUMNS = `id, tenant_id AS "tenantId", user_id AS "userId", client_alert_id AS "clientAlertId", symbol, condition,
  price, status, created_at AS "createdAt", triggered_at AS "triggeredAt", triggered_price AS "triggeredPrice", sequence`;
const UPDATES_MAX = 200;

export class AlertStore {
  constructor(private readonly db: Database) {}

  async byIds(ids: readonly string[]): Promise<Alert[]> {
    return selectAlerts(this.db.tenant, 'WHERE id = ANY ($1)', [ids]);
  }

  /** Up to `limit`, the latest first, older than the one of the id `before`; of one status or of all. */
  async page(
    userId: string,
    status: AlertStatus | undefined,
    limit: number,
    before: string | undefined,
  ): Promise<Alert[]> {
    return selectAlerts(
      this.db.tenant,
      `WHERE user_id = $1 AND ($2::text IS NULL OR status::text = $2) AND ($3::uuid IS NULL OR id < $3)
       ORDER BY id DESC LIMIT $4`,
      [userId, status ?? null, before ?? null, limit],
    );
  }

  /** Sequence of the user's latest triggered alert; 0 before the first. */
  async newestOf(userId: string): Promise<bigint> {
    const { rows } = await this.db.tenant.query<{ newest: bigint }>(
      `SELECT coalesce(max(sequence), 0) AS newest FROM trading.price_alert WHERE user_id = $1`,
      [userId],
    );
    return rows[0]?.newest ?? 0n;
  }

  /** The user's next triggered alerts after a sequence, in order; some at a time. */
  async triggeredAfter(userId: string, sequence: bigint): Promise<TriggeredAlert[]> {
    return selectAlerts<TriggeredAlert>(
      this.db.tenant,
      'WHERE user_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3',
      [userId, sequence, UPDATES_MAX],
    );
  }

  /** Changes a user's alerts; two changes of one user's come one after the other. */
  change<T>(userId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.db.transaction(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('alerts ' || $1, 0))`, [userId]);
      return work(tx);
    });
  }

  /** All that wait, of everybody. */
  async active(): Promise<Alert[]> {
    return selectAlerts(this.db.system, `WHERE status = 'ACTIVE'`, []);
  }
}

export async function alertByClientId(
  tx: Sql,
  userId: string,
  clientAlertId: string,
): Promise<Alert | undefined> {
  return (await selectAlerts(tx, 'WHERE user_id = $1 AND client_alert_id = $2', [userId, clientAlertId]))[0];
}

export async function countActive(tx: Sql, userId: string): Promise<number> {
  const { rows } = await tx.query<{ count: bigint }>(
    `SELECT count(*) AS count FROM trading.price_alert WHERE user_id = $1 AND status = 'ACTIVE'`,
    [userId],
  );
  return Number(rows[0]?.count ?? 0n);
}

export async function insertAlert(tx: Sql, alert: Alert): Promise<void> {
  await tx.query(
    `INSERT INTO trading.price_alert
       (id, tenant_id, user_id, client_alert_id, symbol, condition, price, status, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'ACTIVE', $8)`,
    [
      alert.id,
      alert.tenantId,
      alert.userId,
      alert.clientAlertId,
      alert.symbol,
      alert.condition,
      alert.price,
      alert.createdAt,
    ],
  );
}

/** The alert as it is after; undefined when it does not wait any more. */
export async function cancelAlert(tx: Sql, id: string): Promise<Alert | undefined> {
  const { rows } = await tx.query<Alert>(
    `UPDATE trading.price_alert SET status = 'CANCELLED' WHERE id = $1 AND status = 'ACTIVE' RETURNING ${COLUMNS}`,
    [id],
  );
  return rows[0];
}

/**
 * Triggers those that still wait and gives each its user's next number. One writer at a time: the numbers leave no gap.
 * Returns them in the order in which they were reached.
 */
export async function triggerAlerts(tx: Sql, reached: readonly Reached[]): Promise<TriggeredAlert[]> {
  // Who is being cancelled meanwhile is waited for, so that no number is given to it.
  const { rows: due } = await tx.query<{ id: string }>(
    `SELECT id FROM trading.price_alert WHERE id = ANY ($1) AND status = 'ACTIVE' ORDER BY id FOR UPDATE`,
    [reached.map(({ id }) => id)],
  );
  const isDue = new Set(due.map(({ id }) => id));
  const triggered = reached.filter(({ id }) => isDue.has(id));
  if (triggered.length === 0) return [];
  await tx.query(
    `WITH numbered AS (
       SELECT reached.id, reached.price, reached.at,
              coalesce((SELECT max(other.sequence) FROM trading.price_alert other WHERE other.user_id = alert.user_id), 0)
                + row_number() OVER (PARTITION BY alert.user_id ORDER BY reached.place) AS number
         FROM unnest($1::uuid[], $2::int8[], $3::timestamptz[]) WITH ORDINALITY AS reached (id, price, at, place)
         JOIN trading.price_alert alert ON alert.id = reached.id
     )
     UPDATE trading.price_alert AS known
        SET status = 'TRIGGERED', triggered_price = numbered.price, triggered_at = numbered.at, sequence = numbered.number
       FROM numbered WHERE known.id = numbered.id`,
    [triggered.map(({ id }) => id), triggered.map(({ price }) => price), triggered.map(({ at }) => at)],
  );
  const rows = await selectAlerts<TriggeredAlert>(tx, 'WHERE id = ANY ($1)', [triggered.map(({ id }) => id)]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return triggered.flatMap(({ id }) => byId.get(id) ?? []);
}

async function selectAlerts<Row extends Alert = Alert>(
  sql: Sql,
  rest: string,
  values: readonly unknown[],
): Promise<Row[]> {
  return (await sql.query<Row>(`SELECT ${COLUMNS} FROM trading.price_alert ${rest}`, [...values])).rows;
}
