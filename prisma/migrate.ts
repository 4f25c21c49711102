/**
 * Brings a database to the state of `migrations/`, in the manner of `prisma migrate deploy` and with the same records
 * (`_prisma_migrations`), but without its native engine, which would have to be downloaded.
 */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { repoRoot } from '@gridworks/kit/config';
import pg from 'pg';

export interface MigrateOptions {
  /** Folder with one folder per migration. Default `prisma/migrations` of this repository. */
  readonly directory?: string;
}

export interface Migration {
  /** Name of its folder; names sort in the order of application. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, hexadecimal, as Prisma records it. */
  readonly checksum: string;
}

export const migrationsDirectory = join(repoRoot, 'prisma', 'migrations');

/** The advisory lock that Prisma's own commands take, so that they and we exclude each other. */
const PRISMA_LOCK = 72_707_369;

/**
 * Applies what is not applied yet and returns the names, in order. Each migration and its record are one
 * transaction: one that fails, or is killed, leaves nothing behind and is tried anew the next time.
 *
 * Throws, and applies nothing, when a migration that was applied has since been changed or removed, or when one that
 * Prisma's command applied stopped halfway.
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<{ applied: string[] }> {
  const directory = options.directory ?? migrationsDirectory;
  const migrations = await readMigrations(directory);
  // One session: the lock and the transactions are its own.
  const session = new pg.Client({ connectionString: url, application_name: 'gridworks-migrate' });
  // A connection lost between two statements fails the next one; without a listener it would end the process.
  session.on('error', () => undefined);
  await session.connect();
  try {
    if ((await pending(session, migrations)).length === 0) return { applied: [] };
    await session.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK]);
    // Asked again: another process may have applied them while this one waited.
    const missing = await pending(session, migrations);
    if (missing.length === 0) return { applied: [] };
    // Megabytes of WebAssembly, loaded only when there is work for it.
    const { applyMigration } = await import('./engine.ts');
    for (const migration of missing) await applyMigration(session, directory, migrations, migration);
    return { applied: missing.map(({ name }) => name) };
  } finally {
    await session.end();
  }
}

/** The migrations of a folder, in order; none when it does not exist. */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return [];
  });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const migrations = await Promise.all(names.sort().map((name) => readMigration(directory, name)));
  return migrations.filter((migration) => migration !== undefined);
}

async function readMigration(directory: string, name: string): Promise<Migration | undefined> {
  const folder = join(directory, name);
  // Git leaves such folders behind when it removes a migration.
  if ((await readdir(folder)).length === 0) return undefined;
  const bytes = await readFile(join(folder, 'migration.sql')).catch((cause: unknown) => {
    throw new Error(`migration ${name} has no readable migration.sql in ${directory}`, { cause });
  });
  const checksum = createHash('sha256').update(bytes).digest('hex');
  return { name, sql: bytes.toString('utf8'), checksum };
}

interface Row {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

async function pending(session: pg.Client, migrations: readonly Migration[]): Promise<Migration[]> {
  const applied = new Map<string, Row>();
  for (const row of await readRecords(session)) applied.set(row.migration_name, row);

  const problems: string[] = [];
  const byName = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of applied.values()) {
    const migration = byName.get(row.migration_name);
    if (!row.finished) {
      problems.push(
        `${row.migration_name} was started by another tool and did not finish: mend it with that tool`,
      );
    } else if (!migration) {
      problems.push(`${row.migration_name} was applied, but its file is missing`);
    } else if (migration.checksum !== row.checksum) {
      problems.push(`${row.migration_name} was changed after it was applied (its checksum differs)`);
    }
  }
  if (problems.length > 0) {
    throw new Error(
      `the database and the migration files disagree:\n  ${problems.join('\n  ')}\n` +
        'Applied migrations are history: restore their files, and put changes into a new migration.',
    );
  }
  return migrations.filter(({ name }) => !applied.has(name));
}

async function readRecords(session: pg.Client): Promise<readonly Row[]> {
  try {
    const { rows } = await session.query<Row>(
      `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished
         FROM public._prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
    );
    return rows;
  } catch (error) {
    const isMissing = error instanceof pg.DatabaseError && error.code === '42P01';
    if (isMissing) return [];
    throw error;
  }
}
