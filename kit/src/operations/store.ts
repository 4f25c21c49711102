/** Every query about what operators were told. */
import type { Sql } from '../db.ts';
import { EVENT, type Place } from '../events/log.ts';
import { OPERATIONS_TOPICS, type LoggedOperationsEvent, type OperationsTopic } from '../operations.ts';

export type OperationsRow = LoggedOperationsEvent & Place;

const HORIZON = `pg_snapshot_xmin(pg_current_snapshot())`;
// Written out, so that the server can use the index that holds these alone.
const IS_OPERATIONS = `topic IN (${OPERATIONS_TOPICS.map((topic) => `'${topic}'`).join(', ')})`;

/** The newest first, those before a place when it is given. */
export async function operationsPage(
  sql: Sql,
  topics: readonly OperationsTopic[],
  limit: number,
  before: Place | undefined,
): Promise<OperationsRow[]> {
  const { rows } = await sql.query<OperationsRow>(
    `SELECT xid, pos, ${EVENT} FROM events.log
      WHERE ${IS_OPERATIONS} AND topic = ANY ($1) AND xid < ${HORIZON}
        AND ($2::xid8 IS NULL OR (xid, pos) < ($2::xid8, $3::bigint))
      ORDER BY xid DESC, pos DESC LIMIT $4`,
    [topics, before?.xid ?? null, before?.pos ?? null, limit],
  );
  return rows;
}

/** The next ones after a place, in order. None will appear before those that were given. */
export async function operationsAfter(
  sql: Sql,
  topics: readonly OperationsTopic[],
  limit: number,
  after: Place,
): Promise<OperationsRow[]> {
  const { rows } = await sql.query<OperationsRow>(
    `SELECT xid, pos, ${EVENT} FROM events.log
      WHERE ${IS_OPERATIONS} AND topic = ANY ($1) AND xid < ${HORIZON} AND (xid, pos) > ($2::xid8, $3::bigint)
      ORDER BY xid, pos LIMIT $4`,
    [topics, after.xid, after.pos, limit],
  );
  return rows;
}

/** A place with all that is there now before it. */
export async function placeNow(sql: Sql): Promise<Place> {
  const { rows } = await sql.query<Place>(`SELECT ${HORIZON} AS xid, 0::bigint AS pos`);
  const [place] = rows;
  if (!place) throw new Error('the server did not say where its log ends');
  return place;
}
