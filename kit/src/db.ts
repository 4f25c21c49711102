/**
 * The database as doors to one Postgres. `tenant` runs as a role for which row-level security holds: it sees the
 * rows of the tenant in scope, and without a scope it sees none. `system` runs as a role that sees every tenant, for
 * what has no caller: event consumers, the exchange, sign-in. Neither owns a table.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import { yieldServer } from './priority.ts';

export type Pool = pg.Pool;
/** One open transaction. */
export type Tx = pg.PoolClient;
/** Anything a statement can be sent to. */
export type Sql = Pick<pg.PoolClient, 'query'>;

const BIGINT_OID = 20;
const NUMERIC_OID = 1700;
const DATE_OID = 1082;

// int8 as bigint: money must not pass through a double. numeric is what sum(int8) yields; our sums are whole. A date stays
// `YYYY-MM-DD`: it is no instant.
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
    if (oid === BIGINT_OID) return BigInt;
    if (oid === NUMERIC_OID) return (text) => (/^-?\d+$/.test(text) ? BigInt(text) : text);
    if (oid === DATE_OID) return String;
    return pg.types.getTypeParser(oid, format) as (text: string) => unknown;
  },
};

// The pool waits for what this returns, of which its type says nothing.
const beforeUse: (client: pg.ClientBase) => unknown = yieldServer;

const tenantScope = new AsyncLocalStorage<string>();

/** Runs `work` with the rows of one tenant visible; of none when undefined. */
export function withTenant<T>(tenantId: string | undefined, work: () => T): T {
  return tenantScope.run(tenantId ?? '', work);
}

/** An AsyncIterable whose every step runs in the tenant's scope: streams outlive the call that opened them. */
export function streamWithTenant<T>(
  tenantId: string | undefined,
  stream: AsyncIterable<T>,
): AsyncIterableIterator<T> {
  const source = stream[Symbol.asyncIterator]();
  const done = { done: true, value: undefined } as IteratorReturnResult<undefined>;
  return {
    next: () => withTenant(tenantId, () => source.next()),
    return: () => withTenant(tenantId, async () => (await source.return?.()) ?? done),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

type Scoped = pg.PoolClient & { gridworksTenant?: string };
type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

/** A pool that tells the server which tenant is in scope each time a connection is handed out. */
class TenantPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    const scope = tenantScope.getStore() ?? '';
    const scoped = super.connect().then(async (client: Scoped) => {
      // The setting outlives the checkout, so a connection that already stands in this scope needs no round trip.
      if (client.gridworksTenant !== scope) {
        try {
          delete client.gridworksTenant;
          await client.query(`SELECT set_config('app.tenant', $1, false)`, [scope]);
          client.gridworksTenant = scope;
        } catch (error) {
          client.release(true);
          throw error;
        }
      }
      return client;
    });
    if (!callback) return scoped;
    scoped.then(
      (client) => callback(undefined, client, (error) => client.release(error)),
      (error: unknown) => callback(error as Error, undefined, () => undefined),
    );
  }
}

export class Database {
  readonly tenant: Pool;
  readonly system: Pool;
  /** As `system`, for what nobody waits for: its statements give way to others', and it keeps no connection from them. */
  readonly background: Pool;

  constructor(
    readonly url: string,
    options: { readonly connections?: number } = {},
  ) {
    const max = options.connections ?? 10;
    const common = { connectionString: url, types, max };
    this.tenant = new TenantPool({
      ...common,
      application_name: 'gridworks',
      options: '-c role=gridworks_app',
    });
    const system = { ...common, application_name: 'gridworks-system', options: '-c role=gridworks_system' };
    this.system = new pg.Pool(system);
    this.background = new pg.Pool({
      ...system,
      application_name: 'gridworks-background',
      onConnect: beforeUse,
    });
    // A lost connection fails the statement that is on it, if any, and is replaced at the next checkout. Node also
    // announces it as an event, which ends the process unless somebody listens: idle (pool) or handed out (client).
    for (const pool of [this.tenant, this.system, this.background]) {
      pool.on('error', () => undefined);
      pool.on('connect', (client) => client.on('error', () => undefined));
    }
  }

  /** One transaction under row-level security, in the tenant scope of the caller. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return inTransaction(this.tenant, work);
  }

  /** One transaction that sees every tenant. */
  systemTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return inTransaction(this.system, work);
  }

  /** The same in the background. */
  backgroundTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return inTransaction(this.background, work);
  }

  async close(): Promise<void> {
    await Promise.all([this.tenant.end(), this.system.end(), this.background.end()]);
  }
}

async function inTransaction<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = await pool.connect();
  let broken = false;
  try {
    await tx.query('BEGIN');
    const result = await work(tx);
    await tx.query('COMMIT');
    return result;
  } catch (error) {
    await tx.query('ROLLBACK').catch(() => (broken = true));
    throw error;
  } finally {
    tx.release(broken);
  }
}
