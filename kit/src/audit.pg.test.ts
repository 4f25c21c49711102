/** The audit trail on a real database: whatever is changed, removed or added later is found, and named. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AUDIT_TOPICS, keptSince } from './audit.ts';
import { Sealer } from './audit/sealer.ts';
import { forgetSealed } from './audit/store.ts';
import { verifyTrail, type Break, type Verdict } from './audit/verify.ts';
import { Database } from './db.ts';
import { publish } from './events.ts';
import { newId } from './id.ts';
import { createLog } from './telemetry.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

const YEAR_MS = 366 * 86_400_000;
const TODAY = Date.now();
let database: TestDatabase;
let db: Database;
let nowMs = TODAY - 20 * YEAR_MS;
let sealer: Sealer;
/** The first seven records, under three seals of long ago; one more, of today, is under a fourth. */
let ids: string[];
let early: Verdict;

beforeAll(async () => {
  database = await createTestDatabase();
  db = new Database(database.url);
  sealer = new Sealer(db, () => nowMs, createLog('test', 'silent'), 3);
  for (const key of ['a', 'b', 'c', 'd']) await tell('users.authenticated', key);
  await tell('positions.updated', 'none');
  for (const key of ['e', 'f', 'g']) await tell('users.authenticated', key);
  expect(await sealer.seal()).toBe(7);
  expect(await sealer.seal()).toBe(0);
  const { rows } = await db.system.query<{ id: string }>(
    `SELECT id FROM events.log WHERE topic = 'users.authenticated' ORDER BY xid, pos`,
  );
  ids = rows.map(({ id }) => id);
  early = await verifyTrail(db.system);
  nowMs = TODAY;
  await tell('users.authenticated', 'late');
  expect(await sealer.seal()).toBe(1);
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

/** Resolves when readers of the log see it: other tests of this server hold transactions, below which they stay. */
async function tell(topic: 'users.authenticated' | 'positions.updated', key: string): Promise<void> {
  await publish(db.system, [{ topic, key, tenantId: newId(), payload: { userId: key } } as never]);
  const behind = `SELECT count(*)::int AS count FROM events.log WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())`;
  await vi.waitFor(async () => expect((await db.system.query(behind)).rows).toEqual([{ count: 0 }]), {
    timeout: 20_000,
  });
}

/** What is found when somebody with all rights has done this, which is then taken back. */
async function foundAfter(sql: string, values: readonly unknown[] = []): Promise<Break | undefined> {
  const tx = await db.system.connect();
  try {
    await tx.query('BEGIN');
    await tx.query('SET LOCAL ROLE NONE');
    const { rowCount } = await tx.query(sql, [...values]);
    expect(rowCount).toBeGreaterThan(0);
    return (await verifyTrail(tx)).broken;
  } finally {
    await tx.query('ROLLBACK');
    tx.release();
  }
}

it('finds nothing where nothing was touched, and goes on with the chain', async () => {
  expect(early).toMatchObject({ seals: 3, records: 7, broken: undefined });
  const whole = await verifyTrail(db.system);
  expect(whole).toMatchObject({ seals: 4, records: 8, broken: undefined });
  expect(whole.head).not.toBe(early.head);
});

describe('names', () => {
  it.each([
    ['a payload', `payload = (payload::jsonb || '{"userId": "x"}')::json`],
    ['a time', `at = at + interval '1 millisecond'`],
    ['a tenant', `tenant_id = gen_random_uuid()`],
    ['a key', `key = 'x'`],
    ['another audited topic', `topic = 'users.registered'`],
  ])('a record with %s that was changed', async (_, change) => {
    const found = await foundAfter(`UPDATE events.log SET ${change} WHERE id = $1`, [ids[4]]);
    expect(found).toEqual({ kind: 'RECORD_CHANGED', seal: 2n, recordId: ids[4] });
  });

  it("the first of two that were put in each other's place", async () => {
    const found = await foundAfter(
      `UPDATE events.log l SET xid = o.xid, pos = o.pos FROM events.log o
        WHERE (l.id = $1 AND o.id = $2) OR (l.id = $2 AND o.id = $1)`,
      [ids[3], ids[5]],
    );
    expect(found).toEqual({ kind: 'RECORD_CHANGED', seal: 2n, recordId: ids[5] });
  });

  it.each([
    ['removed', `DELETE FROM events.log WHERE id = $1`],
    ['made none of the trail', `UPDATE events.log SET topic = 'positions.updated' WHERE id = $1`],
  ])('what stood before one that was %s', async (_, change) => {
    const gone = { kind: 'RECORD_REMOVED', seal: 2n, recordId: ids[3] };
    expect(await foundAfter(change, [ids[4]])).toEqual(gone);
  });

  it('one that was added among sealed ones', async () => {
    const id = newId();
    const found = await foundAfter(
      `INSERT INTO events.log (id, xid, pos, topic, key, payload)
       SELECT $1, xid, pos, 'orders.created', 'x', '{}' FROM events.log WHERE topic = 'positions.updated'`,
      [id],
    );
    expect(found).toEqual({ kind: 'RECORD_ADDED', seal: 2n, recordId: id });
  });

  it.each([
    ['SEAL_CHANGED', `UPDATE events.seal SET hash = sha256(hash) WHERE seq = 2`],
    ['SEAL_CHANGED', `UPDATE events.seal SET digests = decode(repeat('00', 96), 'hex') WHERE seq = 2`],
    ['SEAL_CHANGED', `UPDATE events.seal SET at = at - interval '1 day' WHERE seq = 2`],
    ['SEAL_CHANGED', `UPDATE events.seal SET topics = array_remove(topics, 'orders.created') WHERE seq = 2`],
    ['SEAL_REMOVED', `DELETE FROM events.seal WHERE seq = 2`],
  ])('a seal: %s', async (kind, change) => {
    expect(await foundAfter(change)).toEqual({ kind, seal: 2n, recordId: null });
  });
});

it.each([
  `UPDATE events.seal SET at = now()`,
  `DELETE FROM events.seal`,
  `DELETE FROM events.log`,
  `UPDATE events.log SET key = 'x'`,
  `INSERT INTO events.checkpoint (seq, xid, pos, hash, records) VALUES (9, '9', 9, '', 0)`,
])('is written by nobody who serves requests: %s', async (change) => {
  await expect(db.system.query(change)).rejects.toThrow('permission denied');
});

it('keeps each record for nine years, and for five whoever asks', async () => {
  expect(keptSince(Date.UTC(2030, 1, 1))).toEqual(new Date(Date.UTC(2021, 1, 1)));
  await expect(forgetSealed(db.system, AUDIT_TOPICS, new Date(), 1)).rejects.toThrow('kept for five years');
});

it('lets records go when their time is over, and stays a chain', async () => {
  const before = await verifyTrail(db.system);
  expect(await sealer.forget()).toBe(7);
  expect(await sealer.forget()).toBe(0);
  expect(await verifyTrail(db.system)).toEqual({ ...before, seals: 1, records: 1 });
  const { rows } = await db.system.query<{ key: string }>(`SELECT key FROM events.log ORDER BY pos`);
  expect(rows).toEqual([{ key: 'none' }, { key: 'late' }]);
});
