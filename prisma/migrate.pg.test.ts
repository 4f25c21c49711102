import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { withDatabase } from '@gridworks/kit/testing-server';
import { migrate, migrationsDirectory, readMigrations } from './migrate.ts';

let directory: string;
let url: string;
let client: pg.Client;
const admin = inject('postgresUrl');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'migrations-'));
  const database = `migrate_${randomBytes(6).toString('hex')}`;
  await onAdmin(`CREATE DATABASE ${database}`);
  url = withDatabase(admin, database);
  client = new pg.Client(url);
  await client.connect();
});

afterEach(async () => {
  await client.end();
  await onAdmin(`DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
  await rm(directory, { recursive: true, force: true });
});

async function onAdmin(sql: string): Promise<void> {
  const connection = new pg.Client(admin);
  await connection.connect();
  await connection.query(sql).finally(() => connection.end());
}

async function given(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, name, 'migration.sql'), sql);
}

async function rows(sql: string): Promise<unknown[]> {
  return (await client.query<Record<string, unknown>>(sql)).rows;
}

const RECORDS = `SELECT migration_name, finished_at IS NOT NULL AS finished, applied_steps_count AS steps
                   FROM _prisma_migrations ORDER BY started_at`;

test('applies in the order of names, once, and records as Prisma does', async () => {
  await given('20260102000000_rows', `INSERT INTO shop.item VALUES (1), (2);`);
  await given('20260101000000_tables', `CREATE SCHEMA shop; CREATE TABLE shop.item (id int PRIMARY KEY);`);

  expect(await migrate(url, { directory })).toEqual({
    applied: ['20260101000000_tables', '20260102000000_rows'],
  });
  expect(await migrate(url, { directory })).toEqual({ applied: [] });
  await given('20260103000000_more', `INSERT INTO shop.item VALUES (3);`);
  expect(await migrate(url, { directory })).toEqual({ applied: ['20260103000000_more'] });

  expect(await rows('SELECT count(*)::int AS items FROM shop.item')).toEqual([{ items: 3 }]);
  expect(await rows(RECORDS)).toEqual([
    { migration_name: '20260101000000_tables', finished: true, steps: 1 },
    { migration_name: '20260102000000_rows', finished: true, steps: 1 },
    { migration_name: '20260103000000_more', finished: true, steps: 1 },
  ]);
});

test('a folder without migrations is not an error', async () => {
  expect(await migrate(url, { directory })).toEqual({ applied: [] });
  expect(await migrate(url, { directory: join(directory, 'absent') })).toEqual({ applied: [] });
});

test('semicolons in function bodies, strings and comments stay where they are', async () => {
  await given(
    '20260101000000_function',
    `-- one; two
     CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 'a;b'; END $$;
     DO $$ BEGIN EXECUTE 'CREATE TABLE t (c text DEFAULT '';'')'; END $$;`,
  );
  await migrate(url, { directory });
  await client.query('INSERT INTO t DEFAULT VALUES');
  expect(await rows('SELECT f(), c FROM t')).toEqual([{ f: 'a;b', c: ';' }]);
});

test('several processes at once apply each migration once', async () => {
  await given('20260101000000_slow', `CREATE TABLE t (i int); SELECT pg_sleep(0.3);`);
  await given('20260102000000_row', `INSERT INTO t VALUES (1);`);
  const runs = await Promise.all([1, 2, 3, 4].map(() => migrate(url, { directory })));
  expect(runs.flatMap(({ applied }) => applied).sort()).toEqual([
    '20260101000000_slow',
    '20260102000000_row',
  ]);
  expect(await rows('SELECT * FROM t')).toEqual([{ i: 1 }]);
  expect(await rows('SELECT count(*)::int FROM _prisma_migrations')).toEqual([{ count: 2 }]);
});

test('a changed file is refused, also when there is nothing else to do, and nothing is applied', async () => {
  await given('20260101000000_t', `CREATE TABLE t (i int);`);
  await migrate(url, { directory });
  await given('20260101000000_t', `CREATE TABLE t (i bigint);`);
  await expect(migrate(url, { directory })).rejects.toThrow(
    /20260101000000_t was changed after it was applied/,
  );
  await given('20260102000000_u', `CREATE TABLE u (i int);`);
  await expect(migrate(url, { directory })).rejects.toThrow(/20260101000000_t was changed/);
  expect(await rows(`SELECT to_regclass('u') AS u`)).toEqual([{ u: null }]);
});

test('a removed file is refused', async () => {
  await given('20260101000000_t', `CREATE TABLE t (i int);`);
  await migrate(url, { directory });
  await rm(join(directory, '20260101000000_t'), { recursive: true });
  await expect(migrate(url, { directory })).rejects.toThrow(
    /20260101000000_t was applied, but its file is missing/,
  );
});

test('a failing migration leaves nothing behind and can be mended; those before it stay', async () => {
  await given('20260101000000_t', `CREATE TABLE t (i int);`);
  await given(
    '20260102000000_bad',
    `CREATE TABLE u (i int);\nINSERT INTO t VALUES (1);\nINSERT INTO nowhere VALUES (1);`,
  );
  await expect(migrate(url, { directory })).rejects.toThrow(
    /20260102000000_bad failed and was undone: relation "nowhere" does not exist \(SQLSTATE 42P01, line 3\)/,
  );
  expect(await rows(RECORDS)).toEqual([{ migration_name: '20260101000000_t', finished: true, steps: 1 }]);
  expect(await rows(`SELECT to_regclass('u') AS u, (SELECT count(*)::int FROM t) AS rows`)).toEqual([
    { u: null, rows: 0 },
  ]);

  await given('20260102000000_bad', `CREATE TABLE u (i int);`);
  expect(await migrate(url, { directory })).toEqual({ applied: ['20260102000000_bad'] });
});

test('what another tool left half applied is refused; what it rolled back is applied again', async () => {
  await given('20260101000000_t', `CREATE TABLE t (i int);`);
  await migrate(url, { directory });
  await given('20260102000000_u', `CREATE TABLE u (i int);`);
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('x', 'x', '20260102000000_u')`,
  );
  await expect(migrate(url, { directory })).rejects.toThrow(/20260102000000_u was started by another tool/);
  await client.query(`UPDATE _prisma_migrations SET rolled_back_at = now() WHERE id = 'x'`);
  expect(await migrate(url, { directory })).toEqual({ applied: ['20260102000000_u'] });
});

test('a value added to an enum can be used by the next migration of the same run', async () => {
  await given('20260101000000_enum', `CREATE TYPE side AS ENUM ('BUY'); CREATE TABLE o (side side);`);
  await given('20260102000000_value', `ALTER TYPE side ADD VALUE 'SELL';`);
  await given('20260103000000_use', `INSERT INTO o VALUES ('SELL');`);
  await migrate(url, { directory });
  expect(await rows('SELECT side FROM o')).toEqual([{ side: 'SELL' }]);
});

test('events of orders from before tell the terms of their order, also where the owner of the tables is no superuser', async () => {
  const added = '20261122010100_order_terms';
  for (const { name } of await readMigrations(migrationsDirectory))
    if (name < added) await cp(join(migrationsDirectory, name), join(directory, name), { recursive: true });
  await migrate(url, { directory });
  const id = '01900000-0000-7000-8000-000000000001';
  await client.query(
    `INSERT INTO trading."order" (id, tenant_id, user_id, client_order_id, symbol, exchange, side, type, product, validity,
       quantity, limit_price, status, filled_quantity, turnover, hold, placed_at)
     VALUES ($1, $1, $1, 'old', 'S', 'NSE', 'BUY', 'LIMIT', 'CNC', 'DAY', 7, 9500, 'OPEN', 0, 0, 0, now())`,
    [id],
  );
  await client.query(
    `INSERT INTO trading.order_event (user_id, sequence, tenant_id, order_id, kind, at, status, filled_quantity, turnover)
     VALUES ($1, 1, $1, $1, 'CREATED', now(), 'OPEN', 0, 0)`,
    [id],
  );
  const owner = `owner_${randomBytes(6).toString('hex')}`;
  await client.query(
    `CREATE ROLE ${owner}; GRANT ${owner} TO CURRENT_USER WITH SET TRUE, INHERIT TRUE;
     GRANT USAGE, CREATE ON SCHEMA trading, billing TO ${owner}`,
  );
  for (const table of ['trading."order"', 'trading.order_event', 'billing.order_hold'])
    await client.query(`ALTER TABLE ${table} OWNER TO ${owner}`);
  await client.query(`SET ROLE ${owner}`);
  await client.query(await readFile(join(migrationsDirectory, added, 'migration.sql'), 'utf8'));
  await client.query('RESET ROLE');

  expect(
    await rows(`SELECT quantity::int, limit_price::int, trigger_price FROM trading.order_event`),
  ).toEqual([{ quantity: 7, limit_price: 9500, trigger_price: null }]);
  expect(await rows(`SELECT post_only, self_trade_prevention FROM trading."order"`)).toEqual([
    { post_only: false, self_trade_prevention: 'CANCEL_NEWEST' },
  ]);
  expect(
    await rows(
      `SELECT bool_and(relforcerowsecurity) AS forced FROM pg_class WHERE relname IN ('order', 'order_event')`,
    ),
  ).toEqual([{ forced: true }]);
  await client.query(
    `REASSIGN OWNED BY ${owner} TO CURRENT_USER; DROP OWNED BY ${owner}; DROP ROLE ${owner}`,
  );
});
