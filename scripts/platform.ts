/** What the commands stand on: the database of this data folder, its schema brought up to date, its secrets. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Config } from '@gridworks/kit/config';
import { Database } from '@gridworks/kit/db';
import { startPostgres } from '@gridworks/kit/postgres';
import { migrate } from '@gridworks/prisma/migrate';

export interface OpenDatabase {
  readonly db: Database;
  readonly url: string;
  /** Whether the server is ours: embedded, and started by this process. */
  readonly embedded: boolean;
  /** Resolves when a database that was just created is safe on the disk. */
  readonly synced: Promise<void>;
  close(): Promise<void>;
}

/**
 * The database of the configuration, migrated. Without DATABASE_URL it is the embedded server of the data folder:
 * the one that already runs there, if one does (so that commands work beside `npm start`), else one for as long as
 * it is open here. `alone` refuses a folder that somebody has open: two graphs must not run on it.
 */
export async function openDatabase(
  config: Config,
  options: { readonly alone?: boolean } = {},
): Promise<OpenDatabase> {
  const running = config.databaseUrl ?? (options.alone ? undefined : await runningServer(config));
  if (running) {
    await migrate(running);
    const db = new Database(running);
    return { db, url: running, embedded: false, synced: Promise.resolve(), close: () => db.close() };
  }
  const server = await startPostgres({ dataDir: join(config.dataDir, 'postgres') });
  try {
    await migrate(server.url);
  } catch (error) {
    await server.stop();
    throw error;
  }
  writeFileSync(addressFile(config), server.url, { mode: 0o600 });
  const db = new Database(server.url);
  return {
    db,
    url: server.url,
    embedded: true,
    synced: server.synced,
    close: async () => {
      rmSync(addressFile(config), { force: true });
      await db.close();
      await server.stop();
    },
  };
}

function addressFile(config: Config): string {
  return join(config.dataDir, 'postgres.url');
}

async function runningServer(config: Config): Promise<string | undefined> {
  if (!existsSync(addressFile(config))) return undefined;
  const url = readFileSync(addressFile(config), 'utf8');
  // A killed process leaves the file behind; only an answer proves the server.
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    return url;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The secret between door and subgraphs: from the configuration, or a random one kept in the data folder. */
export function callerSecret(config: Config): string {
  if (config.callerSecret) return config.callerSecret;
  const file = join(config.dataDir, 'caller-secret');
  if (!existsSync(file)) {
    mkdirSync(config.dataDir, { recursive: true });
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  }
  return readFileSync(file, 'utf8');
}
