/** Every query about candles. They belong to no tenant. */
import type { Database, Sql } from '@gridworks/kit/db';
import { publish, type NewEvent } from '@gridworks/kit/events';
import {
  isIntraday,
  partsOf,
  type Candle,
  type CandleInterval,
  type CandleSource,
  type StoredInterval,
} from '../domain/candle.ts';

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

/** Which bars are asked for. */
export interface CandlesWanted {
  readonly symbol: string;
  readonly interval: CandleInterval;
  /** The latest so many. */
  readonly count: number;
  /** Of those made of what began before this: the start of a bar, or the present. */
  readonly toMs: number;
}

export class CandleStore {
  constructor(private readonly db: Database) {}

  /**
   * The last bars, oldest first, each made of the minutes and days that are kept, and of the minutes of `live`, which
   * count instead of what is kept of them. Of the day that `toMs` falls in, and of those after the last that is kept,
   * the minutes count.
   */
  async last(wanted: CandlesWanted, live: readonly Candle[] = []): Promise<Candle[]> {
    const { symbol, interval, count, toMs } = wanted;
    const { rows } = await this.db.tenant.query<CandleRow>({
      name: `trading.candles-${interval}`,
      text: isIntraday(interval) ? OF_MINUTES(interval) : OF_DAYS(interval),
      values: [symbol, new Date(toMs), count, count * partsOf(interval), ...columnsOf(live)],
    });
    return rows.reverse().map(toCandle);
  }

  /** Up to `limit` bars that start in `[fromMs, toMs)`, oldest first. */
  async range(
    symbol: string,
    interval: StoredInterval,
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
  interval: StoredInterval,
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
      [symbol, interval, source, ...columnsOf(batch)],
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
  interval: StoredInterval,
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

/** Days in India, without asking what the server knows of its zone. */
const INDIA = `INTERVAL '05:30'`;
const startOf = (unit: 'day' | 'week' | 'month', of = 'start'): string =>
  `date_trunc('${unit}', ${of} AT TIME ZONE ${INDIA}) AT TIME ZONE ${INDIA}`;

/** `barStart` of `domain/candle.ts` as an expression. */
function bucketOf(interval: CandleInterval): string {
  if (isIntraday(interval))
    return `greatest(${startOf('day')}, date_bin('${partsOf(interval)} minutes', start, '2000-01-01 09:15+05:30'))`;
  switch (interval) {
    case 'ONE_DAY':
      return startOf('day');
    case 'ONE_WEEK':
      return startOf('week');
    case 'ONE_MONTH':
      return startOf('month');
  }
}

const BAR = 'start, open, high, low, close, volume';
/** $1 symbol, $2 before, $3 bars, $4 bars that they are made of, $5 to $10 what is live. */
const PARTS = (from: string, limit: string): string => `
  (SELECT ${BAR} FROM trading.candle
    WHERE symbol = $1 AND interval = 'ONE_MINUTE' AND start >= ${from} AND start < $2 AND start <> ALL ($5)
    ORDER BY start DESC LIMIT ${limit})
  UNION ALL
  SELECT * FROM unnest($5::timestamptz[], $6::int8[], $7::int8[], $8::int8[], $9::int8[], $10::int8[]) AS live (${BAR})
   WHERE start >= ${from} AND start < $2`;

const ROLLED = (interval: CandleInterval, parts: string): string => `
  WITH part AS (${parts})
  SELECT bucket AS start, (array_agg(open ORDER BY start))[1] AS open, max(high) AS high, min(low) AS low,
         (array_agg(close ORDER BY start DESC))[1] AS close, sum(volume)::int8 AS volume
    FROM (SELECT *, ${bucketOf(interval)} AS bucket FROM part) AS each
   GROUP BY bucket ORDER BY bucket DESC LIMIT $3`;

const OF_MINUTES = (interval: CandleInterval): string => ROLLED(interval, PARTS(`'-infinity'`, '$4'));

/** The days that are kept are over; after the last of them there are only minutes. */
const OF_DAYS = (interval: CandleInterval): string => {
  const kept = `symbol = $1 AND interval = 'ONE_DAY' AND start < ${startOf('day', '$2::timestamptz')}`;
  const after = `coalesce((SELECT max(start) + INTERVAL '24 hours' FROM trading.candle WHERE ${kept}), '-infinity')`;
  return ROLLED(
    interval,
    `(SELECT ${BAR} FROM trading.candle WHERE ${kept} ORDER BY start DESC LIMIT $4) UNION ALL ${PARTS(after, 'NULL')}`,
  );
};

type Columns = [Date[], bigint[], bigint[], bigint[], bigint[], bigint[]];

/** In the order of the table. */
function columnsOf(candles: readonly Candle[]): Columns {
  const of = (key: Exclude<keyof Candle, 'start'>): bigint[] => candles.map((candle) => candle[key]);
  const starts = candles.map(({ start }) => new Date(start));
  return [starts, of('open'), of('high'), of('low'), of('close'), of('volume')];
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
