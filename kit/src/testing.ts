/** What tests share. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export const templateDatabase = 'template_gridworks';

export interface TestDatabase {
  /** Connection of the database's owner. */
  readonly url: string;
  /** Cuts off whoever is still connected and removes the database. */
  drop(): Promise<void>;
}

/** A database of the caller's own: migrated, and otherwise empty. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const admin = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await run(admin, `CREATE DATABASE ${name} TEMPLATE ${templateDatabase}`);
  return {
    url: withDatabase(admin, name),
    drop: () => run(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** The same server and account, another database. */
export function withDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
