/**
 * Reading the log by cursors. A place in it is `(xid, pos)`: the transaction that wrote the event, and its number.
 * Numbers are given out before commit, so only a reader that stays below the oldest running transaction can be sure
 * that nothing will still appear behind its cursor.
 */
import type { Topic } from '@gridworks/schema/events';
import type { Sql, Tx } from '../db.ts';
import type { EventOf } from '../events.ts';
import type { Batch } from './delivery.ts';

/** Of an event, or of a cursor: what comes after it was not heard yet. */
export interface Place {
  readonly xid: string;
  readonly pos: bigint;
}

/** An event with its place in the log. */
export type LoggedEvent = EventOf<Topic> & Place;

interface Cursor extends Place {
  /** While a consumer hears events anew: the last of those that it had heard. */
  readonly repeatXid: string | null;
  readonly repeatPos: bigint | null;
  /** Every transaction below this has ended. */
  readonly horizon: string;
}

export const EVENT = `id, topic, key, tenant_id AS "tenantId", at, payload`;
const HORIZON = `pg_snapshot_xmin(pg_current_snapshot())`;

/** A consumer that hears of nothing moves its cursor along after so many transactions, so that its next look is short. */
const IDLE_TRANSACTIONS = 1_000n;

/** That there was nothing for a consumer between its cursor and a transaction. */
interface Look extends Place {
  readonly horizon: string;
}

/** The events of one consumer, as its cursor stands. */
export class LogFeed {
  /** Each look goes on where the one before it ended, so that what is of no concern to the consumer is passed once. */
  #looked: Look | undefined;

  /** Of all topics when they are left out. */
  constructor(
    private readonly consumer: string,
    private readonly topics: readonly Topic[] | null = null,
  ) {}

  /** Whether `take` has something to do. */
  async hasMore(sql: Sql): Promise<boolean> {
    const { rows } = await sql.query<Look & { hasMore: boolean }>({
      name: 'events.look',
      // The order makes the server walk the index from the cursor on; without it, it may read the log from its beginning.
      text: `SELECT c.xid, c.pos, ${HORIZON} AS horizon,
                    c.repeat_xid IS NOT NULL OR ${HORIZON}::text::bigint - c.xid::text::bigint > $3 OR (
               SELECT l.pos FROM events.log l
                WHERE ($2::text[] IS NULL OR l.topic = ANY ($2)) AND l.xid < ${HORIZON}
                  AND (l.xid, l.pos) > (CASE WHEN c.is_looked_at THEN $6::xid8 ELSE c.xid END,
                                        CASE WHEN c.is_looked_at THEN 0 ELSE c.pos END)
                ORDER BY l.xid, l.pos LIMIT 1) IS NOT NULL AS "hasMore"
               FROM (SELECT *, (xid, pos) = ($4::xid8, $5::bigint) AS is_looked_at
                       FROM events.consumer WHERE name = $1 OFFSET 0) c`,
      values: [
        this.consumer,
        this.topics,
        IDLE_TRANSACTIONS,
        this.#looked?.xid ?? null,
        this.#looked?.pos ?? null,
        this.#looked?.horizon ?? null,
      ],
    });
    const [look] = rows;
    this.#looked = look?.hasMore ? undefined : look;
    return look?.hasMore ?? false;
  }

  /** The next events; undefined when there are none or another process of the consumer is at them. */
  async take(
    tx: Tx,
    limit: number,
  ): Promise<(Batch & { readonly events: readonly LoggedEvent[] }) | undefined> {
    const { consumer, topics } = this;
    const cursors = await tx.query<Cursor>({
      name: 'events.reserve',
      text: `SELECT xid, pos, repeat_xid AS "repeatXid", repeat_pos AS "repeatPos", ${HORIZON} AS horizon
               FROM events.consumer WHERE name = $1 FOR UPDATE SKIP LOCKED`,
      values: [consumer],
    });
    const [from] = cursors.rows;
    if (!from) return undefined;
    const isRepeated = from.repeatXid !== null;
    // Planned for these values: a plan for any cursor and any limit would sort all that is left of the log.
    const { rows } = await tx.query<LoggedEvent>({
      // What waits among the dead letters never took effect, so it does not when events are heard anew.
      text: `SELECT xid, pos, ${EVENT} FROM events.log l
              WHERE ($1::text[] IS NULL OR topic = ANY ($1)) AND (xid, pos) > ($2::xid8, $3::bigint)
                AND CASE WHEN $5::xid8 IS NULL THEN xid < $4::xid8 ELSE
                      (xid, pos) <= ($5::xid8, $6::bigint) AND NOT EXISTS (
                        SELECT FROM events.dead_letter d WHERE d.consumer = $7 AND d.event_id = l.id) END
              ORDER BY xid, pos LIMIT $8`,
      values: [topics, from.xid, from.pos, from.horizon, from.repeatXid, from.repeatPos, consumer, limit],
    });
    // A full batch ends at its last event; otherwise all was looked at, up to the horizon or the end of the repetition.
    const isFull = rows.length === limit;
    const end = isRepeated ? { xid: from.repeatXid, pos: from.repeatPos } : { xid: from.horizon, pos: 0n };
    const to = (isFull ? rows.at(-1) : undefined) ?? end;
    const keep = async (): Promise<void> => {
      await tx.query({
        name: 'events.move',
        text: `UPDATE events.consumer SET xid = $2, pos = $3, updated_at = now(),
                      repeat_xid = CASE WHEN $4 THEN repeat_xid END, repeat_pos = CASE WHEN $4 THEN repeat_pos END
                WHERE name = $1`,
        values: [consumer, to.xid, to.pos, isRepeated && isFull],
      });
    };
    if (rows.length > 0) return { events: rows, isRepeated, keep };
    // Another process may have moved the cursor past the horizon of this look: a cursor never goes back by looking.
    if (isRepeated || BigInt(from.horizon) > BigInt(from.xid)) await keep();
    return undefined;
  }
}

/** Gives consumers that are new their cursor, at the beginning of the log. */
export async function addConsumers(sql: Sql, names: readonly string[]): Promise<void> {
  await sql.query(
    `INSERT INTO events.consumer (name, xid, pos) SELECT name, '0', 0 FROM unnest($1::text[]) AS name
     ON CONFLICT (name) DO NOTHING`,
    [names],
  );
}

/** Those of the consumers that have heard of events through Kafka: their cursors do not tell which. */
export async function heardThroughKafka(sql: Sql, names: readonly string[]): Promise<string[]> {
  const { rows } = await sql.query<{ consumer: string }>(
    `SELECT DISTINCT consumer FROM events.partition_mark WHERE consumer = ANY ($1)`,
    [names],
  );
  return rows.map(({ consumer }) => consumer);
}

/** Whether something is committed that one of these consumers has not handled; one look at all of them together. */
export async function anyBehind(
  sql: Sql,
  consumers: readonly { readonly consumer: string; readonly topics: readonly Topic[] | null }[],
): Promise<boolean> {
  const { rows } = await sql.query<{ isBehind: boolean }>({
    name: 'events.behind',
    text: `SELECT EXISTS (
             SELECT FROM jsonb_to_recordset($1) AS wanted (consumer text, topics text[])
               JOIN events.consumer c ON c.name = wanted.consumer
              WHERE c.repeat_xid IS NOT NULL OR (
                SELECT l.pos FROM events.log l
                 WHERE (wanted.topics IS NULL OR l.topic = ANY (wanted.topics)) AND (l.xid, l.pos) > (c.xid, c.pos)
                 ORDER BY l.xid, l.pos LIMIT 1) IS NOT NULL) AS "isBehind"`,
    values: [JSON.stringify(consumers.map(({ consumer, topics }) => ({ consumer, topics })))],
  });
  return rows[0]?.isBehind ?? false;
}

export interface ConsumerState {
  readonly consumer: string;
  readonly updatedAt: Date;
  /** It hears events anew that it has heard before. */
  readonly isRepeating: boolean;
  readonly deadLetters: number;
}

/** How every consumer that ever ran stands. */
export async function consumerStates(sql: Sql): Promise<ConsumerState[]> {
  const { rows } = await sql.query<ConsumerState>(
    `SELECT name AS consumer, updated_at AS "updatedAt", repeat_xid IS NOT NULL AS "isRepeating",
            (SELECT count(*)::int FROM events.dead_letter d WHERE d.consumer = c.name) AS "deadLetters"
       FROM events.consumer c ORDER BY name`,
  );
  return rows;
}
