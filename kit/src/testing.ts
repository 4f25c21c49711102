/** What tests share. */
import { randomBytes } from 'node:crypto';
import type { ExecutionResult } from 'graphql';
import pg from 'pg';
import { inject } from 'vitest';
import { ANONYMOUS, type Caller, type UserCaller } from './caller.ts';
import { readConfig } from './config.ts';
import { Database } from './db.ts';
import { newId } from './id.ts';
import { createPlatform, type Platform, type Subgraph } from './subgraph.ts';
import { templateDatabase, withDatabase } from './testing-server.ts';

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

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Those that are open, for what is checked after every test. */
export const openSubgraphs = new Set<TestSubgraph>();

export interface TestSubgraph {
  readonly platform: Platform;
  readonly db: Database;
  readonly subgraph: Subgraph;
  /** The operation's data; throws when it has errors. */
  data<T = Record<string, unknown>>(query: string, variables?: object, caller?: Caller): Promise<T>;
  /** The whole answer, errors included. */
  ask(query: string, variables?: object, caller?: Caller): Promise<ExecutionResult>;
  close(): Promise<void>;
}

/**
 * One subgraph on a database of its own, with its event reactions running. `env` sets variables of the configuration;
 * `url` opens it on a database that is there already (then `close` leaves that in place).
 */
export async function openTestSubgraph(
  create: (platform: Platform) => Subgraph | Promise<Subgraph>,
  env: NodeJS.ProcessEnv = {},
  url?: string,
): Promise<TestSubgraph> {
  const database = url === undefined ? await createTestDatabase() : { url, drop: async () => undefined };
  // Tests are faster than traders may be.
  const defaults = {
    LOG_LEVEL: 'silent',
    GRIDWORKS_SIMULATOR: 'off',
    GRIDWORKS_TICKS: 'off',
    GRIDWORKS_ORDER_RATE_MAX: '100000',
  };
  const config = readConfig({ ...defaults, ...env });
  const db = new Database(database.url);
  const platform = createPlatform(config, db, 'test');
  const subgraph = await create(platform);
  await subgraph.start();
  await platform.bus.start();

  function ask(query: string, variables: object = {}, caller: Caller = ANONYMOUS): Promise<ExecutionResult> {
    return subgraph.execute({ query, variables: { ...variables }, caller, traceId: newId() });
  }
  const opened: TestSubgraph = {
    platform,
    db,
    subgraph,
    ask,
    async data<T>(query: string, variables?: object, caller?: Caller) {
      const { data, errors } = await ask(query, variables, caller);
      if (errors) throw new Error(`unexpected errors: ${JSON.stringify(errors)}`);
      return data as T;
    },
    async close() {
      openSubgraphs.delete(opened);
      await subgraph.stop();
      await platform.bus.stop();
      await db.close();
      await database.drop();
    },
  };
  openSubgraphs.add(opened);
  return opened;
}

/** A caller as the gateway would pass one on. */
export function userCaller(overrides: Partial<UserCaller> & Pick<UserCaller, 'tenantId'>): UserCaller {
  return { kind: 'user', userId: newId(), tier: 'LITE', roles: ['TRADER'], ...overrides };
}
