/** Prisma's schema engine in its WebAssembly build, over a connection of ours. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import type { MigrationList, SchemaContainer } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import type { Migration } from './migrate.ts';

const NO_FILTERS = { externalTables: [], externalEnums: [] };

/** Applies one migration, together with its record, in one transaction. The pool must hold a single connection. */
export async function applyMigration(
  pool: pg.Pool,
  directory: string,
  migrations: readonly Migration[],
  migration: Migration,
): Promise<void> {
  const upToIt = migrations.slice(0, migrations.indexOf(migration) + 1);
  const script: ScriptWatch = {};
  await pool.query('BEGIN');
  try {
    await withEngine(pool, [], script, (engine) =>
      engine.applyMigrations({ migrationsList: listOf(directory, upToIt), filters: NO_FILTERS }),
    );
    await pool.query('COMMIT');
  } catch (error) {
    await pool.query('ROLLBACK').catch(() => undefined);
    // After a failed statement the engine fails again while it records that; the first failure is the cause.
    const cause = script.failure ?? error;
    throw new Error(`migration ${migration.name} failed and was undone: ${describe(cause, migration.sql)}`, { cause });
  }
}

/**
 * The SQL that leads from the database as it is to the models; empty when they agree. The records of migrations are
 * not part of the comparison.
 */
export async function scriptTo(models: SchemaContainer[], pool: pg.Pool, directory: string, migrations: readonly Migration[]): Promise<string> {
  return withEngine(pool, models, {}, async (engine) => {
    const { stdout, exitCode } = await engine.diff({
      from: { tag: 'migrations', ...listOf(directory, migrations) },
      to: { tag: 'schemaDatamodel', files: models },
      script: true,
      exitCode: true,
      filters: NO_FILTERS,
    });
    return exitCode === 0 ? '' : (stdout ?? '');
  });
}

function listOf(directory: string, migrations: readonly Migration[]): MigrationList {
  return {
    baseDir: directory,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
}

async function withEngine<T>(
  pool: pg.Pool,
  models: readonly SchemaContainer[],
  script: ScriptWatch,
  work: (engine: bindings.SchemaEngine) => Promise<T>,
): Promise<T> {
  await load();
  const adapter = bindMigrationAwareSqlAdapterFactory(adapterOver(pool, script));
  const datamodels = models.map(({ path, content }): [string, string] => [path, content]);
  const engine = await bindings.SchemaEngine.new({ datamodels }, () => undefined, adapter);
  try {
    return await work(engine);
  } finally {
    engine.free();
  }
}

let loading: Promise<void> | undefined;

function load(): Promise<void> {
  return (loading ??= (async () => {
    const require = createRequire(import.meta.url);
    const module = await WebAssembly.compile(
      await readFile(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm')),
    );
    const instance = await WebAssembly.instantiate(module, {
      './schema_engine_bg.js': bindings as unknown as WebAssembly.ModuleImports,
    });
    const { __wbg_set_wasm: setWasm } = bindings as unknown as { __wbg_set_wasm(exports: WebAssembly.Exports): void };
    setWasm(instance.exports);
    (instance.exports['__wbindgen_start'] as () => void)();
  })());
}

interface ScriptWatch {
  failure?: unknown;
}

/**
 * Prisma's adapter with one change: it cuts a script at every semicolon, also inside strings, comments and function
 * bodies, and so breaks scripts that PostgreSQL understands. Ours goes to the server whole.
 */
function adapterOver(pool: pg.Pool, script: ScriptWatch): SqlMigrationAwareDriverAdapterFactory {
  const factory = new PrismaPg(pool);
  const whole = (adapter: SqlDriverAdapter, on: pg.Pool): SqlDriverAdapter =>
    Object.assign(adapter, {
      executeScript: async (text: string): Promise<void> => {
        try {
          await on.query(text);
        } catch (error) {
          script.failure ??= error;
          throw error;
        }
      },
    });
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => whole(await factory.connect(), pool),
    connectToShadowDb: async () => {
      const adapter = await factory.connectToShadowDb();
      return whole(adapter, adapter.underlyingDriver());
    },
  };
}

function describe(error: unknown, sql: string): string {
  if (!(error instanceof pg.DatabaseError)) return error instanceof Error ? error.message : String(error);
  const position = Number(error.position);
  const line = position > 0 ? `, line ${sql.slice(0, position).split('\n').length}` : '';
  return `${error.message} (SQLSTATE ${error.code}${line})${error.hint ? `. ${error.hint}` : ''}`;
}
