/**
 * Ticks in a ClickHouse server. A batch is one insert; where its answer was lost the batch is sent again, and the table
 * merges what is there twice, so that reads ask for each tick once (`FINAL`).
 */
import type { ClickHouseClient } from '@clickhouse/client';
import { DAY_MS } from '@gridworks/kit/time';
import type { TickRecord, TickSpan, TickSummary } from '../domain/tick-record.ts';
import type { TickArchive } from '../tick-archive.ts';

const TABLE = `CREATE TABLE IF NOT EXISTS gridworks_tick (
  symbol LowCardinality(String), sequence Int64, at_ms Int64, price Int64, quantity Int64,
  bid Nullable(Int64), ask Nullable(Int64)
) ENGINE = ReplacingMergeTree ORDER BY (symbol, at_ms, sequence)`;
const SPAN = 'symbol = {symbol: String} AND at_ms >= {fromMs: Int64} AND at_ms < {toMs: Int64}';
const TIMEOUT_MS = 10_000;

/** Whole numbers of 64 bits come as text. */
type Told<T> = { readonly [Key in keyof T]: null extends T[Key] ? string | null : string };

export class ClickHouse implements TickArchive {
  #client: ClickHouseClient | undefined;

  /** `url`: with account and database. */
  constructor(private readonly url: string) {}

  async open(): Promise<boolean> {
    // Loaded only where it is used.
    const { createClient } = await import('@clickhouse/client');
    this.#client ??= createClient({ url: this.url, request_timeout: TIMEOUT_MS });
    await this.#client.command({ query: TABLE });
    return false;
  }

  async append(ticks: readonly TickRecord[]): Promise<void> {
    const text = (value: bigint | null): string | null => value?.toString() ?? null;
    await this.#use().insert({
      table: 'gridworks_tick',
      format: 'JSONCompactEachRow',
      values: ticks.map(({ symbol, sequence, at, price, quantity, bid, ask }) => [
        symbol,
        text(sequence),
        String(at),
        text(price),
        text(quantity),
        text(bid),
        text(ask),
      ]),
    });
  }

  async page(span: TickSpan, after: bigint, limit: number): Promise<TickRecord[]> {
    const rows = await this.#read<Told<TickRecord>>(
      `SELECT symbol, toString(sequence) AS sequence, toString(at_ms) AS at, toString(price) AS price,
              toString(quantity) AS quantity, toString(bid) AS bid, toString(ask) AS ask
         FROM gridworks_tick AS tick FINAL
        WHERE ${SPAN} AND tick.sequence > {after: Int64} ORDER BY tick.sequence LIMIT {limit: UInt32}`,
      { ...span, after: after.toString(), limit },
    );
    const orNull = (text: string | null): bigint | null => (text === null ? null : BigInt(text));
    return rows.map(({ symbol, sequence, at, price, quantity, bid, ask }) => ({
      symbol,
      sequence: BigInt(sequence),
      at: Number(at),
      price: BigInt(price),
      quantity: BigInt(quantity),
      bid: orNull(bid),
      ask: orNull(ask),
    }));
  }

  async summary(span: TickSpan): Promise<TickSummary | undefined> {
    const [row] = await this.#read<Told<TickSummary>>(
      `SELECT toString(count()) AS ticks, toString(sum(quantity)) AS volume,
              toString(sum(toInt128(price) * quantity)) AS turnover, toString(argMin(price, sequence)) AS open,
              toString(max(price)) AS high, toString(min(price)) AS low, toString(argMax(price, sequence)) AS close
         FROM gridworks_tick FINAL WHERE ${SPAN}`,
      { ...span },
    );
    if (!row || row.ticks === '0') return undefined;
    const { ticks, volume, turnover, open, high, low, close } = row;
    return {
      ticks: Number(ticks),
      volume: BigInt(volume),
      turnover: BigInt(turnover),
      open: BigInt(open),
      high: BigInt(high),
      low: BigInt(low),
      close: BigInt(close),
    };
  }

  async newestMs(): Promise<number | undefined> {
    const [row] = await this.#read<{ at: string; ticks: string }>(
      'SELECT toString(max(at_ms)) AS at, toString(count()) AS ticks FROM gridworks_tick',
      {},
    );
    return row && row.ticks !== '0' ? Number(row.at) : undefined;
  }

  async forgetDay(beforeMs: number): Promise<boolean> {
    const [row] = await this.#read<{ at: string; ticks: string }>(
      'SELECT toString(min(at_ms)) AS at, toString(count()) AS ticks FROM gridworks_tick',
      {},
    );
    if (!row || row.ticks === '0' || Number(row.at) >= beforeMs) return false;
    await this.#use().command({
      query: 'DELETE FROM gridworks_tick WHERE at_ms < {toMs: Int64}',
      query_params: { toMs: Math.min(beforeMs, Number(row.at) + DAY_MS) },
    });
    return true;
  }

  async close(): Promise<void> {
    await this.#client?.close();
    this.#client = undefined;
  }

  #use(): ClickHouseClient {
    if (!this.#client) throw new Error('the connection to ClickHouse is not open');
    return this.#client;
  }

  async #read<Row>(query: string, params: Record<string, unknown>): Promise<Row[]> {
    const answer = await this.#use().query({ query, query_params: params, format: 'JSONEachRow' });
    return answer.json<Row>();
  }
}
