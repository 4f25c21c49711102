/** Every query of the ai domain. Bars are market facts: they belong to no tenant, and events alone write them. */
import type { Database, Tx } from '@gridworks/kit/db';
import type { Candle, RecordedCandle } from './domain/candle.ts';

/** What is known of an instrument's bars: the revision they were read at, or -1 when they never were. */
export interface Known {
  readonly symbol: string;
  readonly revision: bigint;
}

export interface Series extends Known {
  /** Oldest first. */
  readonly candles: readonly Candle[];
}

interface Row {
  readonly symbol: string;
  readonly revision: bigint;
  readonly start: Date;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
}

export class CandleStore {
  constructor(private readonly db: Database) {}

  /** Adds daily bars and corrects those that are there already; false when nothing is new. */
  async record(tx: Tx, symbol: string, candles: readonly RecordedCandle[]): Promise<boolean> {
    const { rowCount } = await tx.query(
      `INSERT INTO ai.candle AS kept (symbol, interval, start, open, high, low, close, volume)
       SELECT DISTINCT ON (start) $1, 'ONE_DAY'::ai.candle_interval, start, open, high, low, close, volume
         FROM unnest($2::timestamptz[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
              WITH ORDINALITY AS bar (start, open, high, low, close, volume, place)
        ORDER BY start, place DESC
       ON CONFLICT (symbol, interval, start) DO UPDATE
          SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
              volume = excluded.volume
        WHERE (kept.open, kept.high, kept.low, kept.close, kept.volume)
              IS DISTINCT FROM (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume)`,
      [
        symbol,
        candles.map(({ startMs }) => new Date(startMs)),
        candles.map(({ open }) => open),
        candles.map(({ high }) => high),
        candles.map(({ low }) => low),
        candles.map(({ close }) => close),
        candles.map(({ volume }) => volume),
      ],
    );
    if (!rowCount) return false;
    await tx.query(
      `INSERT INTO ai.series AS kept (symbol, interval, revision) VALUES ($1, 'ONE_DAY', 1)
       ON CONFLICT (symbol, interval) DO UPDATE SET revision = kept.revision + 1`,
      [symbol],
    );
    return true;
  }

  /** The last `limit` daily bars of those instruments whose bars are not at the known revision any more. */
  async changed(known: readonly Known[], limit: number): Promise<Series[]> {
    const { rows } = await this.db.system.query<Row>(
      `SELECT s.symbol, s.revision, c.start, c.open, c.high, c.low, c.close
         FROM unnest($1::text[], $2::bigint[]) AS known (symbol, revision)
         JOIN ai.series s ON s.symbol = known.symbol AND s.interval = 'ONE_DAY' AND s.revision <> known.revision
        CROSS JOIN LATERAL (SELECT start, open, high, low, close FROM ai.candle
                             WHERE symbol = s.symbol AND interval = 'ONE_DAY' ORDER BY start DESC LIMIT $3) c
        ORDER BY s.symbol, c.start`,
      [known.map(({ symbol }) => symbol), known.map(({ revision }) => revision), limit],
    );
    const series = new Map<string, { symbol: string; revision: bigint; candles: Candle[] }>();
    for (const { symbol, revision, start, ...prices } of rows) {
      const one = series.get(symbol) ?? { symbol, revision, candles: [] };
      series.set(symbol, one);
      one.candles.push({ startMs: start.getTime(), ...prices });
    }
    return [...series.values()];
  }
}
