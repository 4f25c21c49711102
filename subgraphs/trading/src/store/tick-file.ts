/**
 * Ticks in one file of DuckDB, written and read by this process alone. They are appended by columns, a batch in a
 * transaction: after a crash the file holds whole batches.
 */
import type { DuckDBConnection, DuckDBInstance, DuckDBType } from '@duckdb/node-api';
import { DAY_MS } from '@gridworks/kit/time';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TickRecord, TickSpan, TickSummary } from '../domain/tick-record.ts';
import type { TickArchive } from '../tick-archive.ts';

/** Rows in one chunk of columns: what DuckDB works on at once. */
const CHUNK_MAX = 2_048;

interface Opened {
  readonly instance: DuckDBInstance;
  /** Reads do not wait for what is being written, nor the other way round. */
  readonly writer: DuckDBConnection;
  readonly reader: DuckDBConnection;
  /** What it removes is no part of a batch that is being written. */
  readonly remover: DuckDBConnection;
  append(ticks: readonly TickRecord[]): Promise<void>;
}

/** Prices and quantities as they are; instants in milliseconds. */
const TABLE = `CREATE TABLE IF NOT EXISTS tick (
  symbol VARCHAR NOT NULL, sequence BIGINT NOT NULL, at_ms BIGINT NOT NULL, price BIGINT NOT NULL,
  quantity BIGINT NOT NULL, bid BIGINT, ask BIGINT)`;
/** Memory that queries may take before they go on by way of the disk. */
const MEMORY_MAX = '256MB';
const SPAN = 'symbol = $1 AND at_ms >= $2 AND at_ms < $3';

export class TickFile implements TickArchive {
  #opened: Opened | undefined;

  /** `path`: of the file, made when it is opened for the first time. */
  constructor(private readonly path: string) {}

  async open(): Promise<boolean> {
    // Closing moves what was appended out of the log beside the file, and removes the log.
    const isLeftOpen = !this.#opened && existsSync(`${this.path}.wal`);
    this.#opened ??= await this.#open();
    return isLeftOpen;
  }

  async append(ticks: readonly TickRecord[]): Promise<void> {
    await this.#use().append(ticks);
  }

  async page(span: TickSpan, after: bigint, limit: number): Promise<TickRecord[]> {
    const rows = await this.#read<TickRecord & { readonly at: bigint }>(
      `SELECT symbol, sequence, at_ms AS "at", price, quantity, bid, ask FROM tick
        WHERE ${SPAN} AND sequence > $4 ORDER BY sequence LIMIT $5`,
      [...valuesOf(span), after, BigInt(limit)],
    );
    return rows.map((row) => ({ ...row, at: Number(row.at) }));
  }

  async summary(span: TickSpan): Promise<TickSummary | undefined> {
    const [row] = await this.#read<Record<keyof TickSummary, bigint>>(
      `SELECT count(*) AS ticks, sum(quantity) AS volume, sum(price::HUGEINT * quantity) AS turnover,
              arg_min(price, sequence) AS open, max(price) AS high, min(price) AS low, arg_max(price, sequence) AS close
         FROM tick WHERE ${SPAN}`,
      valuesOf(span),
    );
    return row && row.ticks > 0n ? { ...row, ticks: Number(row.ticks) } : undefined;
  }

  async newestMs(): Promise<number | undefined> {
    const [row] = await this.#read<{ newest: bigint | null }>('SELECT max(at_ms) AS newest FROM tick', []);
    return row?.newest == null ? undefined : Number(row.newest);
  }

  async forgetDay(beforeMs: number): Promise<boolean> {
    const { remover } = this.#use();
    const { rowsChanged } = await remover.run(
      'DELETE FROM tick WHERE at_ms < least($1, (SELECT min(at_ms) FROM tick) + $2)',
      [BigInt(beforeMs), BigInt(DAY_MS)],
    );
    return rowsChanged > 0;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    opened?.writer.closeSync();
    opened?.reader.closeSync();
    opened?.remover.closeSync();
    opened?.instance.closeSync();
  }

  async #open(): Promise<Opened> {
    await mkdir(dirname(this.path), { recursive: true });
    // Seventy megabytes of machine code, loaded when the first tick is kept.
    const { DuckDBInstance, DuckDBDataChunk, BIGINT, VARCHAR } = await import('@duckdb/node-api');
    const instance = await DuckDBInstance.create(this.path, { memory_limit: MEMORY_MAX, threads: '1' });
    const [writer, reader, remover] = await Promise.all([
      instance.connect(),
      instance.connect(),
      instance.connect(),
    ]);
    await writer.run(TABLE);
    const types: DuckDBType[] = [VARCHAR, BIGINT, BIGINT, BIGINT, BIGINT, BIGINT, BIGINT];
    const append = async (ticks: readonly TickRecord[]): Promise<void> => {
      await writer.run('BEGIN');
      try {
        const appender = await writer.createAppender('tick');
        for (let from = 0; from < ticks.length; from += CHUNK_MAX) {
          const chunk = DuckDBDataChunk.create(types);
          chunk.setColumns(columnsOf(ticks.slice(from, from + CHUNK_MAX)));
          appender.appendDataChunk(chunk);
        }
        appender.closeSync();
        await writer.run('COMMIT');
      } catch (error) {
        await writer.run('ROLLBACK');
        throw error;
      }
    };
    return { instance, writer, reader, remover, append };
  }

  #use(): Opened {
    if (!this.#opened) throw new Error('the file of ticks is not open');
    return this.#opened;
  }

  async #read<Row>(sql: string, values: (string | bigint)[]): Promise<Row[]> {
    const { reader } = this.#use();
    return (await reader.runAndReadAll(sql, values)).getRowObjects() as Row[];
  }
}

function valuesOf({ symbol, fromMs, toMs }: TickSpan): (string | bigint)[] {
  return [symbol, BigInt(fromMs), BigInt(toMs)];
}

function columnsOf(ticks: readonly TickRecord[]): (string | bigint | null)[][] {
  return [
    ticks.map(({ symbol }) => symbol),
    ticks.map(({ sequence }) => sequence),
    ticks.map(({ at }) => BigInt(at)),
    ticks.map(({ price }) => price),
    ticks.map(({ quantity }) => quantity),
    ticks.map(({ bid }) => bid),
    ticks.map(({ ask }) => ask),
  ];
}
