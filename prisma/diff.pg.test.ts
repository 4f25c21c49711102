import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { withDatabase } from '@gridworks/kit/testing-server';
import { diff, main } from './diff.ts';
import { migrate } from './migrate.ts';

const BASE = `generator client {
  provider = "prisma-client"
  output   = "../generated"
}
datasource db {
  provider = "postgresql"
  schemas  = ["desk", "shop"]
}`;

const ITEM = `model Item {
  id   BigInt @id
  name String
  side Side
  @@map("item")
  @@schema("shop")
}
enum Side {
  BUY
  SELL
  @@map("side")
  @@schema("desk")
}`;

const admin = inject('postgresUrl');
let root: string;
let databases: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'diff-'));
  databases = [];
  await mkdir(join(root, 'models'));
  await given('models/_base.prisma', BASE);
  await given('models/shop.prisma', ITEM);
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const database of databases) await onAdmin(`DROP DATABASE ${database} WITH (FORCE)`);
  await rm(root, { recursive: true, force: true });
});

async function given(path: string, text: string): Promise<void> {
  await writeFile(join(root, path), text);
}

async function givenMigration(name: string, sql: string): Promise<void> {
  await mkdir(join(root, 'migrations', name), { recursive: true });
  await given(`migrations/${name}/migration.sql`, sql);
}

async function onAdmin(sql: string): Promise<void> {
  const connection = new pg.Client(admin);
  await connection.connect();
  await connection.query(sql).finally(() => connection.end());
}

async function emptyDatabase(): Promise<string> {
  const name = `diff_${randomBytes(6).toString('hex')}`;
  await onAdmin(`CREATE DATABASE ${name}`);
  databases.push(name);
  return withDatabase(admin, name);
}

async function options() {
  return {
    modelsDirectory: join(root, 'models'),
    migrationsDirectory: join(root, 'migrations'),
    emptyDatabaseUrl: await emptyDatabase(),
  };
}

function printed(): string {
  return vi.mocked(console.log).mock.calls.flat().join('\n');
}

test('a written migration applies, and after it nothing is to be added', async () => {
  expect(await main(['--check'], await options())).toBe(1);
  expect(await main(['first_tables'], await options())).toBe(0);

  const [folder = '', lock] = (await readdir(join(root, 'migrations'))).sort();
  expect(folder).toMatch(/^\d{14}_first_tables$/);
  expect(lock).toBe('migration_lock.toml');
  expect(await readFile(join(root, 'migrations', 'migration_lock.toml'), 'utf8')).toContain(
    'provider = "postgresql"',
  );

  const url = await emptyDatabase();
  expect(await migrate(url, { directory: join(root, 'migrations') })).toEqual({ applied: [folder] });
  expect(await main(['--check'], await options())).toBe(0);
  expect(await main(['again'], await options())).toBe(0);
  expect(await readdir(join(root, 'migrations'))).toHaveLength(2);
});

test('a later change is the difference alone, and its name comes after all others', async () => {
  await givenMigration('29990101000000_tables', await diff(await options()));
  await given('models/shop.prisma', ITEM.replace('name String', 'name String\n  note String?'));
  expect(await main([], await options())).toBe(0);
  expect(printed()).toContain('ALTER TABLE "shop"."item" ADD COLUMN     "note" TEXT;');
  expect(printed()).not.toContain('CREATE TABLE');
  await main(['note'], await options());
  expect(await readdir(join(root, 'migrations'))).toContain('29990101000001_note');
});

test('what models cannot say (functions, policies, partitions) is not taken for a difference', async () => {
  await givenMigration('20260101000000_tables', await diff(await options()));
  await givenMigration(
    '20260102000000_by_hand',
    `CREATE FUNCTION desk.f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 2; END $$;
     ALTER TABLE shop.item ENABLE ROW LEVEL SECURITY;
     CREATE POLICY all_of_it ON shop.item USING (true);
     CREATE TABLE shop.tick (id bigint, at timestamptz(3), PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
     CREATE TABLE shop.tick_2026 PARTITION OF shop.tick FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');`,
  );
  await given(
    'models/tick.prisma',
    `model Tick {\n id BigInt\n at DateTime @db.Timestamptz(3)\n @@id([id, at])\n @@map("tick")\n @@schema("shop")\n}`,
  );
  expect(await diff(await options())).toBe('');
});

test('says which migration statement fails and which model is wrong', async () => {
  await givenMigration('20260101000000_bad', 'SELECT nothing_of_the_kind();');
  await expect(diff(await options())).rejects.toThrow(
    /do not apply to an empty database: function nothing_of_the_kind\(\) does not exist/,
  );
  await rm(join(root, 'migrations'), { recursive: true });
  await given('models/shop.prisma', ITEM.replace('BigInt', 'BigInteger'));
  await expect(diff(await options())).rejects.toThrow(/BigInteger/);
});

test('refuses a name that would not sort or read as one', async () => {
  for (const args of [['Add Note'], ['1st'], ['../x'], ['a', 'b'], ['--force']]) {
    expect(await main(args)).toBe(2);
  }
});
