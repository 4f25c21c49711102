/** Writes the migration that leads from the migrations there are to the models. */
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repoRoot } from '@gridworks/kit/config';
import { startPostgres } from '@gridworks/kit/postgres';
import pg from 'pg';
import { scriptTo } from './engine.ts';
import { migrationsDirectory, readMigrations } from './migrate.ts';

const USAGE = `npm run migration              prints the SQL that the models need beyond the migrations
npm run migration -- NAME      writes it as a new migration (NAME in lower_case)
npm run migration -- --check   fails when the models need any`;

export interface DiffOptions {
  readonly modelsDirectory?: string;
  readonly migrationsDirectory?: string;
  /** Connection to an empty database, which is used up. Default: an embedded one for the while. */
  readonly emptyDatabaseUrl?: string;
}

/** The command behind `npm run migration`; returns the exit code. */
export async function main(args: readonly string[], options: DiffOptions = {}): Promise<number> {
  const [name, ...rest] = args;
  const isName = name === undefined || /^[a-z][a-z0-9_]*$/.test(name);
  if (rest.length > 0 || (!isName && name !== '--check')) {
    console.error(USAGE);
    return 2;
  }
  const sql = await diff(options);
  if (sql === '') {
    console.log('The migrations lead to the models; there is nothing to add.');
    return 0;
  }
  if (name === undefined || name === '--check') {
    console.log(sql);
    if (name === '--check') console.error('The models need a migration: npm run migration -- NAME');
    return name === '--check' ? 1 : 0;
  }
  const directory = options.migrationsDirectory ?? migrationsDirectory;
  const folder = join(directory, `${await stampAfterAll(directory)}_${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'migration.sql'), sql);
  await writeFile(join(directory, 'migration_lock.toml'), 'provider = "postgresql"\n');
  console.log(
    `${join(folder, 'migration.sql')}\nRead it before you commit it: what holds data must not be dropped unawares.`,
  );
  return 0;
}

/** The SQL from the migrations to the models; empty when they agree. */
export async function diff(options: DiffOptions = {}): Promise<string> {
  const models = await readModels(options.modelsDirectory ?? join(repoRoot, 'prisma', 'models'));
  const directory = options.migrationsDirectory ?? migrationsDirectory;
  const migrations = await readMigrations(directory);
  return onEmptyDatabase(options.emptyDatabaseUrl, async (url) => {
    const session = new pg.Client(url);
    await session.connect();
    try {
      return await scriptTo(models, session, directory, migrations);
    } finally {
      await session.end();
    }
  });
}

async function readModels(directory: string): Promise<{ path: string; content: string }[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.prisma')).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      return { path, content: await readFile(path, 'utf8') };
    }),
  );
}

async function onEmptyDatabase<T>(given: string | undefined, work: (url: string) => Promise<T>): Promise<T> {
  if (given !== undefined) return work(given);
  const dataDir = await mkdtemp(join(tmpdir(), 'gridworks-diff-'));
  try {
    const server = await startPostgres({ dataDir, durable: false });
    try {
      return await work(server.url);
    } finally {
      await server.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** `yyyymmddhhmmss`, now in UTC, and later than every migration there is: the names decide the order. */
async function stampAfterAll(directory: string): Promise<string> {
  const now = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const stamps = (await readMigrations(directory)).map(({ name }) => name.slice(0, 14));
  const last = stamps.at(-1) ?? '';
  return last < now ? now : String(BigInt(last) + 1n).padStart(14, '0');
}
