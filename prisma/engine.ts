/** Prisma's schema engine in its WebAssembly build, over a connection of ours. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type {
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
  SqlQuery,
  SqlResultSet,
} from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import type { MigrationList, SchemaContainer } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import type { Migration } from './migrate.ts';

/** What the generated module has beyond its published types. */
interface Glue {
  readonly __wbg_set_wasm: (exports: EngineExports) => void;
}

interface EngineExports {
  __wbindgen_start(): void;
}

interface PanicRegistry {
  PRISMA_WASM_PANIC_REGISTRY?: { set_message(message: string): void };
}

/** Declared by the browser's types only, which servers do without. */
interface WebAssemblyApi {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: EngineExports } }>;
}

const CHAR_OID = 18;
const TEXT_OID = 25;

const NO_FILTERS = { externalTables: [], externalEnums: [] };

/** Applies one migration, together with its record, in one transaction. */
export async function applyMigration(
  session: pg.Client,
  directory: string,
  migrations: readonly Migration[],
  migration: Migration,
): Promise<void> {
  const upToIt = migrations.slice(0, migrations.indexOf(migration) + 1);
  await session.query('BEGIN');
  try {
    await withEngine(session, undefined, (engine) =>
      engine.applyMigrations({ migrationsList: listOf(directory, upToIt), filters: NO_FILTERS }),
    );
    await session.query('COMMIT');
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    throw new Error(`migration ${migration.name} failed and was undone: ${describe(error, migration.sql)}`, {
      cause: error,
    });
  }
}

/** The SQL that leads from the schema that the migrations make to the models; empty when they agree. */
export async function scriptTo(
  models: readonly SchemaContainer[],
  /** Session on an empty database, which is used up. */
  session: pg.Client,
  directory: string,
  migrations: readonly Migration[],
): Promise<string> {
  const files = [...models];
  return withEngine(session, files, async (engine) => {
    const { stdout, exitCode } = await engine.diff({
      from: { tag: 'migrations', ...listOf(directory, migrations) },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: NO_FILTERS,
    });
    return exitCode === 0 ? '' : (stdout ?? '');
  }).catch((error: unknown) => {
    if (!(error instanceof pg.DatabaseError)) throw error;
    throw new Error(`the migrations do not apply to an empty database: ${describe(error)}`, { cause: error });
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
  session: pg.Client,
  models: readonly SchemaContainer[] | undefined,
  work: (engine: bindings.SchemaEngine) => Promise<T>,
): Promise<T> {
  await load();
  const script: ScriptWatch = {};
  const adapter = bindMigrationAwareSqlAdapterFactory(adapterOver(session, script));
  const datamodels = models?.map(({ path, content }): [string, string] => [path, content]);
  const engine = await bindings.SchemaEngine.new({ datamodels }, () => undefined, adapter);
  try {
    return await work(engine);
  } catch (error) {
    // After a failed statement the engine fails again while it records that: the first failure is the cause.
    throw script.failure ?? error;
  } finally {
    engine.free();
  }
}

let loading: Promise<void> | undefined;

function load(): Promise<void> {
  return (loading ??= instantiate());
}

/** The module's own entry imports its WebAssembly file like a script, which Node does not do without a flag. */
async function instantiate(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(entry.replace(/\.js$/, '.wasm'));
  // Where the engine leaves the words of a panic; without it a panic reads `unreachable`.
  (globalThis as PanicRegistry).PRISMA_WASM_PANIC_REGISTRY ??= {
    set_message: (message) => {
      throw new Error(`the schema engine gave up: ${message}`);
    },
  };
  const { WebAssembly: api } = globalThis as unknown as { WebAssembly: WebAssemblyApi };
  const { instance } = await api.instantiate(bytes, { './schema_engine_bg.js': bindings });
  const { __wbg_set_wasm: setExports } = bindings as typeof bindings & Glue;
  setExports(instance.exports);
  instance.exports.__wbindgen_start();
}

interface ScriptWatch {
  failure?: unknown;
}

/**
 * Prisma's adapter, mended in three places. It takes a pool only, and a pool may run each statement on another
 * connection: ours are one session, so that a transaction and a lock hold. It cuts a script at every semicolon, also
 * inside strings, comments and function bodies: ours goes to the server whole. And it does not know the type "char",
 * in which PostgreSQL's catalogue keeps its kinds and which the engine asks for.
 */
function adapterOver(session: pg.Client, script: ScriptWatch): SqlMigrationAwareDriverAdapterFactory {
  const characterColumns = new WeakMap<object, number[]>();
  const pool = Object.assign(new pg.Pool(), {
    query: async (config: pg.QueryArrayConfig): Promise<pg.QueryArrayResult> => {
      const result = await session.query(config);
      const columns = result.fields.flatMap((field, column) => {
        if (field.dataTypeID !== CHAR_OID) return [];
        field.dataTypeID = TEXT_OID;
        return [column];
      });
      characterColumns.set(result.rows, columns);
      return result;
    },
    connect: () => Promise.reject(new Error('the schema engine was to use one session')),
  });
  const factory = new PrismaPg(pool);

  const connect = async (): Promise<SqlDriverAdapter> => {
    const adapter = await factory.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    return Object.assign(adapter, {
      queryRaw: async (query: SqlQuery): Promise<SqlResultSet> => {
        const result = await queryRaw(query);
        for (const column of characterColumns.get(result.rows) ?? []) {
          result.columnTypes[column] = ColumnTypeEnum.Character;
        }
        return result;
      },
      executeScript: async (text: string): Promise<void> => {
        try {
          await session.query(text);
        } catch (error) {
          script.failure ??= error;
          throw error;
        }
      },
    });
  };
  const { provider, adapterName } = factory;
  return { provider, adapterName, connect, connectToShadowDb: connect };
}

function describe(error: unknown, sql = ''): string {
  if (!(error instanceof pg.DatabaseError)) return error instanceof Error ? error.message : String(error);
  const position = Number(error.position);
  const line = position > 0 && sql !== '' ? `, line ${sql.slice(0, position).split('\n').length}` : '';
  return `${error.message} (SQLSTATE ${error.code}${line})${error.hint ? `. ${error.hint}` : ''}`;
}
