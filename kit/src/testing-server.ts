/**
 * What the tests that need PostgreSQL share: one server, and on it one migrated database that each test database is
 * a copy of. Started once per run by vitest.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { testDatabaseUrl } from './config.ts';
import { discardPostgres, startPostgres, type EmbeddedPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection of an account that may create databases. */
    postgresUrl: string;
  }
}

export const templateDatabase = 'template_gridworks';

const FOLDER_PREFIX = 'gridworks-test-';
const HOUR_MS = 3_600_000;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await discardAbandoned();
  const server = await serverOfThisRun();
  try {
    await makeTemplate(server.url);
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide('postgresUrl', server.url);
  return server.stop;
}

async function serverOfThisRun(): Promise<Pick<EmbeddedPostgres, 'url' | 'stop'>> {
  const given = testDatabaseUrl();
  if (given) return { url: given, stop: async () => undefined };
  const dataDir = await mkdtemp(join(tmpdir(), FOLDER_PREFIX));
  const remove = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  try {
    const server = await startPostgres({ dataDir, durable: false });
    return { url: server.url, stop: () => server.stop().then(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function makeTemplate(url: string): Promise<void> {
  const admin = new pg.Client(url);
  await admin.connect();
  try {
    await admin.query(`DROP DATABASE IF EXISTS ${templateDatabase}`);
    await admin.query(`CREATE DATABASE ${templateDatabase}`);
    // The migrations build on this package, so here alone the way is back, at run time.
    const migrations = '../../prisma/migrate.ts';
    const { migrate } = (await import(migrations)) as { migrate(this: void, url: string): Promise<unknown> };
    await migrate(withDatabase(url, templateDatabase));
  } finally {
    await admin.end();
  }
}

/** The same server and account, another database. */
export function withDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

/** Removes what runs that were killed left behind. */
async function discardAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(FOLDER_PREFIX)) continue;
    const dataDir = join(tmpdir(), name);
    try {
      // A young folder without a claim may be one that another run is about to claim.
      const isYoung = Date.now() - statSync(dataDir).mtimeMs < HOUR_MS;
      if (existsSync(join(dataDir, 'owner.json')) || !isYoung) await discardPostgres(dataDir);
    } catch {
      // Somebody else's, or gone meanwhile.
    }
  }
}
