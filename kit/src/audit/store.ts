/** Every query of the audit trail. */
import type { Database, Sql, Tx } from '../db.ts';
import type { Topic } from '@gridworks/schema/events';
import type { EventOf } from '../events.ts';
import type { Place } from '../events/log.ts';

export interface Seal extends Place {
  readonly seq: bigint;
  /** What was audited then. */
  readonly topics: readonly Topic[];
  readonly digests: Buffer;
  readonly hash: Buffer;
  readonly at: Date;
}

/** Where the chain begins: at its first seal, or after what a checkpoint stands for. */
export type ChainEnd = Pick<Seal, 'seq' | 'xid' | 'pos' | 'hash'>;

/** The consumer whose cursor tells how far the log is sealed. */
export const SEALER = 'audit.seals';
const HASH_BYTES = 32;
const GENESIS: ChainEnd = { seq: 0n, xid: '0', pos: 0n, hash: Buffer.alloc(HASH_BYTES) };
const HORIZON = `pg_snapshot_xmin(pg_current_snapshot())`;

// The text that is hashed is written again by `hashOf` in `verify.ts`.
const SEAL = `
  WITH last AS (
    SELECT seq, hash FROM events.seal UNION ALL SELECT seq, hash FROM events.checkpoint
    UNION ALL SELECT 0, decode(repeat('00', ${HASH_BYTES}), 'hex') ORDER BY seq DESC LIMIT 1
  ), record AS MATERIALIZED (
    SELECT l.xid, l.pos, sha256(convert_to(events.canonical(l), 'UTF8')) AS digest FROM events.log l
     WHERE l.topic = ANY ($1::text[]) AND (l.xid, l.pos) > ($2::xid8, $3::bigint) AND l.xid < $4::xid8
     ORDER BY l.xid, l.pos LIMIT $5
  ), sealed AS (
    SELECT count(*)::int AS records, string_agg(digest, ''::bytea ORDER BY xid, pos) AS digests FROM record
  ), latest AS (SELECT xid, pos FROM record ORDER BY xid DESC, pos DESC LIMIT 1)
  INSERT INTO events.seal (seq, xid, pos, topics, records, digests, hash, at)
  SELECT last.seq + 1, latest.xid, latest.pos, $1, sealed.records, sealed.digests,
         sha256(last.hash || convert_to(concat_ws(' ', last.seq + 1, latest.xid::text, latest.pos, $6::bigint, array_to_string($1, ' ')), 'UTF8') || sealed.digests),
         to_timestamp($6::bigint / 1000.0)
    FROM last, sealed, latest
  RETURNING xid, pos, records`;

/** Seals the next records; returns how many, 0 when there are none or another process is at them. */
export async function sealNext(
  tx: Tx,
  topics: readonly Topic[],
  atMs: number,
  limit: number,
): Promise<number> {
  const { rows: cursors } = await tx.query<Place & { horizon: string }>(
    `SELECT xid, pos, ${HORIZON} AS horizon FROM events.consumer WHERE name = $1 FOR UPDATE SKIP LOCKED`,
    [SEALER],
  );
  const [from] = cursors;
  if (!from) return 0;
  const { rows } = await tx.query<Place & { records: number }>({
    // Planned for these values: a plan for any cursor would sort all that is left of the log.
    text: SEAL,
    values: [topics, from.xid, from.pos, from.horizon, limit, atMs],
  });
  const sealed = rows[0];
  const to = sealed?.records === limit ? sealed : { xid: from.horizon, pos: 0n };
  if (BigInt(to.xid) > BigInt(from.xid) || to.pos > from.pos)
    await tx.query(`UPDATE events.consumer SET xid = $2, pos = $3, updated_at = now() WHERE name = $1`, [
      SEALER,
      to.xid,
      to.pos,
    ]);
  return sealed?.records ?? 0;
}

/** What the first seal that is kept goes on from. */
export async function chainBeginning(sql: Sql): Promise<ChainEnd> {
  const { rows } = await sql.query<ChainEnd>(
    `SELECT seq, xid, pos, hash FROM events.checkpoint ORDER BY seq DESC LIMIT 1`,
  );
  return rows[0] ?? GENESIS;
}

/** The first seal after this one. */
export async function sealAfter(sql: Sql, seq: bigint): Promise<Seal | undefined> {
  const { rows } = await sql.query<Seal>(
    `SELECT seq, xid, pos, topics, digests, hash, at FROM events.seal WHERE seq > $1 ORDER BY seq LIMIT 1`,
    [seq],
  );
  return rows[0];
}

/** The records between two places of the log, the second included, as they are sealed. */
export async function canonicalRecords(
  sql: Sql,
  topics: readonly Topic[],
  after: Place,
  upTo: Place,
): Promise<{ readonly id: string; readonly text: string }[]> {
  const { rows } = await sql.query<{ id: string; text: string }>(
    `SELECT id, events.canonical(l) AS text FROM events.log l
      WHERE topic = ANY ($1) AND (xid, pos) > ($2::xid8, $3::bigint) AND (xid, pos) <= ($4::xid8, $5::bigint)
      ORDER BY xid, pos`,
    [topics, after.xid, after.pos, upTo.xid, upTo.pos],
  );
  return rows;
}

/** Removes the oldest seals of before then with their records; returns how many records. Throws within five years. */
export async function forgetSealed(
  sql: Sql,
  topics: readonly Topic[],
  before: Date,
  seals: number,
): Promise<bigint> {
  const { rows } = await sql.query<{ removed: bigint }>(
    `SELECT events.forget_sealed($1, $2, $3) AS removed`,
    [before, topics, seals],
  );
  return rows[0]?.removed ?? 0n;
}

/** A record as operators see it. */
export type AuditRecord = EventOf<Topic> & Place & { readonly isSealed: boolean };

/** The records of a tenant, the newest first, those before a place when it is given. */
export async function recordPage(
  { system }: Database,
  tenantId: string,
  topics: readonly Topic[],
  limit: number,
  before: Place | undefined,
): Promise<AuditRecord[]> {
  const { rows } = await system.query<AuditRecord>(
    `SELECT l.xid, l.pos, l.id, l.topic, l.key, l.tenant_id AS "tenantId", l.at, l.payload,
            (l.xid, l.pos) <= (SELECT s.xid, s.pos FROM events.seal s ORDER BY s.seq DESC LIMIT 1) IS TRUE AS "isSealed"
       FROM events.log l
      WHERE l.tenant_id = $1 AND l.topic = ANY ($2) AND ($3::xid8 IS NULL OR (l.xid, l.pos) < ($3::xid8, $4::bigint))
      ORDER BY l.xid DESC, l.pos DESC LIMIT $5`,
    [tenantId, topics, before?.xid ?? null, before?.pos ?? null, limit],
  );
  return rows;
}
