/** Every query about candles. They belong to no tenant. */
import type { Database, Sql } from '@gridworks/kit/db';
import { publish, type NewEvent } from '@gridworks/kit/events';
import type { Candle, CandleInterval, CandleSource } from '../domain/candle.ts';

/** Bars in one event, so that no consumer meets an event it cannot hold. */
const EVENT_BARS_MAX = 1_000;

export interface RecordedCandles {
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
}

interface CandleRow {
  start: Date;
  open: bigint;
  high: bigint;
  low: bigint;
  close: bigint;
  volume: bigint;
}

export class CandleStore {
  constructor(private readonly db: Database) {}

  /** The last `count` bars that start before `beforeMs` (exclusive; the end of time when left out), oldest first. */
  async last(
    symbol: string,
    interval: CandleInterval,
    count: number,
    beforeMs: number | undefined = undefined,
  ): Promise<Candle[]> {
    const { rows } = await this.db.tenant.query<CandleRow>(
      `SELECT start, open, high, low, close, volume FROM trading.candle
        WHERE symbol = $1 AND interval = $2 AND ($4::timestamptz IS NULL OR start < $4)
        ORDER BY start DESC LIMIT $3`,
      [symbol, interval, count, beforeMs === undefined ? null : new Date(beforeMs)],
    );
    return rows.reverse().map(toCandle);
  }

  /** Up to `limit` bars that start in `[fromMs, toMs)`, oldest first. */
  async range(
    symbol: string,
    interval: CandleInterval,
    fromMs: number,
    toMs: number,
    limit: number,
  ): Promise<Candle[]> {
    const { rows } = await this.db.tenant.query<CandleRow>(
      `SELECT start, open, high, low, close, volume FROM trading.candle
        WHERE symbol = $1 AND interval = $2 AND start >= $3 AND start < $4 ORDER BY start LIMIT $5`,
      [symbol, interval, new Date(fromMs), new Date(toMs), limit],
    );
    return rows.map(toCandle);
  }
}

/**
 * Adds bars of one instrument and interval, corrects those that differ, and publishes what was added or corrected as
 * `candles.recorded`, all within the open transaction. No two of the bars may start at the same instant.
 */
export async function recordCandles(
  tx: Sql,
  symbol: string,
  interval: CandleInterval,
  source: CandleSource,
  candles: readonly Candle[],
): Promise<RecordedCandles> {
  const inOrder = [...candles].sort((a, b) => a.start - b.start);
  let inserted = 0;
  let changed = 0;
  for (let from = 0; from < inOrder.length; from += EVENT_BARS_MAX) {
    const batch = inOrder.slice(from, from + EVENT_BARS_MAX);
    const { rows } = await tx.query<{ start: Date; inserted: boolean }>(
      `INSERT INTO trading.candle AS known (symbol, interval, start, open, high, low, close, volume, source)
       SELECT $1, $2, each.*, $3
         FROM unnest($4::timestamptz[], $5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::int8[]) AS each
       ON CONFLICT (symbol, interval, start) DO UPDATE
         SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
             volume = excluded.volume, source = excluded.source
       WHERE (known.open, known.high, known.low, known.close, known.volume)
             IS DISTINCT FROM (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume)
       RETURNING start, xmax = 0 AS inserted`,
      [
        symbol,
        interval,
        source,
        batch.map(({ start }) => new Date(start)),
        batch.map(({ open }) => open),
        batch.map(({ high }) => high),
        batch.map(({ low }) => low),
        batch.map(({ close }) => close),
        batch.map(({ volume }) => volume),
      ],
    );
    const added = rows.filter((row) => row.inserted).length;
    inserted += added;
    changed += rows.length - added;
    const written = new Set(rows.map(({ start }) => start.getTime()));
    await publishCandles(
      tx,
      symbol,
      interval,
      batch.filter(({ start }) => written.has(start)),
    );
  }
  return { inserted, changed, unchanged: candles.length - inserted - changed };
}

/** Tells other domains of bars that were written, oldest first, at most a thousand an event; nothing for none. */
export async function publishCandles(
  tx: Sql,
  symbol: string,
  interval: CandleInterval,
  candles: readonly Candle[],
): Promise<void> {
  const events: NewEvent[] = [];
  for (let from = 0; from < candles.length; from += EVENT_BARS_MAX) {
    const rows = candles.slice(from, from + EVENT_BARS_MAX).map(publishedRow);
    const payload = { symbol, interval, candles: rows };
    events.push({ topic: 'candles.recorded', key: symbol, tenantId: null, payload });
  }
  await publish(tx, events);
}

function publishedRow({ start, open, high, low, close, volume }: Candle) {
  return [
    new Date(start).toISOString(),
    open.toString(),
    high.toString(),
    low.toString(),
    close.toString(),
    Number(volume),
  ] as const;
}

function toCandle(row: CandleRow): Candle {
  return {
    start: row.start.getTime(),
    open: row.open,
    high: row.high,
    low: row.low,
    close: row.close,
    volume: row.volume,
  };
}
