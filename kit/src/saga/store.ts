/** Every query about sagas. */
import type { Sql } from '../db.ts';
import type { Saga, SagaStatus } from '../saga.ts';
import { packState, unpackState } from './state.ts';

/** A saga that a runner has taken up, until somebody else does. */
export interface ClaimedSaga extends Saga {
  readonly claim: bigint;
  readonly deadline: Date;
}

const COLUMNS = `id, tenant_id AS "tenantId", user_id AS "userId", kind, key, status, step, state::text AS state, reason,
  attempts, error, started_at AS "startedAt", ended_at AS "endedAt"`;

function toSaga<Row extends Saga>(row: Row): Row {
  return { ...row, state: unpackState(row.state as string) };
}

/** Keeps a new saga; nothing where its user has one of this kind and key, or one under way and the kind is exclusive. */
export async function insertSaga(
  sql: Sql,
  saga: Pick<Saga, 'id' | 'tenantId' | 'userId' | 'kind' | 'key' | 'state' | 'startedAt'> & {
    readonly deadline: Date;
    readonly isExclusive: boolean;
  },
): Promise<void> {
  const { id, tenantId, userId, kind, key, state, startedAt, deadline, isExclusive } = saga;
  await sql.query(
    `INSERT INTO events.saga (id, tenant_id, user_id, kind, key, status, step, state, attempts, claim, next_at, deadline, started_at, is_exclusive)
     VALUES ($1, $2, $3, $4, $5, 'RUNNING', 0, $6, 0, 0, $7, $8, $7, $9) ON CONFLICT DO NOTHING`,
    [id, tenantId, userId, kind, key, packState(state), startedAt, deadline, isExclusive],
  );
}

export async function sagaByKey(
  sql: Sql,
  { userId, kind, key }: Pick<Saga, 'userId' | 'kind' | 'key'>,
): Promise<Saga | undefined> {
  const { rows } = await sql.query<Saga>(
    `SELECT ${COLUMNS} FROM events.saga WHERE user_id = $1 AND kind = $2 AND key = $3`,
    [userId, kind, key],
  );
  return rows.map(toSaga)[0];
}

/** Takes up the saga that waits longest; it is the caller's until `until`, and then anybody's again. */
export async function claimSaga(
  sql: Sql,
  kinds: readonly string[],
  now: Date,
  until: Date,
): Promise<ClaimedSaga | undefined> {
  const { rows } = await sql.query<ClaimedSaga>(
    `UPDATE events.saga SET claim = claim + 1, attempts = attempts + 1, next_at = $3
      WHERE id = (SELECT id FROM events.saga WHERE ended_at IS NULL AND next_at <= $2 AND kind = ANY ($1)
                   ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING ${COLUMNS}, claim, deadline`,
    [kinds, now, until],
  );
  return rows.map(toSaga)[0];
}

/** Keeps how far a saga has come; nothing, and false, where somebody else has taken it up meanwhile. */
export async function moveSaga(
  sql: Sql,
  { id, claim }: ClaimedSaga,
  to: Pick<Saga, 'status' | 'step' | 'state' | 'reason' | 'attempts' | 'error' | 'endedAt'> & {
    readonly nextAt: Date;
  },
): Promise<boolean> {
  const { status, step, state, reason, attempts, error, endedAt, nextAt } = to;
  const { rowCount } = await sql.query(
    `UPDATE events.saga SET status = $3, step = $4, state = $5, reason = $6, attempts = $7, error = $8, ended_at = $9, next_at = $10
      WHERE id = $1 AND claim = $2`,
    [id, claim, status, step, packState(state), reason, attempts, error, endedAt, nextAt],
  );
  return rowCount === 1;
}

/** The newest first, those before `before`; of all statuses where none is given. */
export async function sagaPage(
  sql: Sql,
  status: SagaStatus | undefined,
  limit: number,
  before: string | undefined,
): Promise<Saga[]> {
  const { rows } = await sql.query<Saga>(
    `SELECT ${COLUMNS} FROM events.saga
      WHERE ($1::events.saga_status IS NULL OR status = $1) AND ($3::uuid IS NULL OR id < $3)
      ORDER BY id DESC LIMIT $2`,
    [status ?? null, limit, before ?? null],
  );
  return rows.map(toSaga);
}
