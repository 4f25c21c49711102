/** Where each instrument stood when this domain last ran, read back from the bars that were built live. */
import type { Sql } from '@gridworks/kit/db';
import { istDate } from '@gridworks/kit/time';
import type { Session } from '../domain/session.ts';

/** Older bars tell nothing about where a market stands. */
const LOOK_BACK = `interval '30 days'`;
const INDIA = `interval '5 hours 30 minutes'`;
const LIVE = `c.interval = 'ONE_MINUTE' AND c.source = 'LIVE'`;

/** The session of the last day on which live bars were built, by symbol. */
export async function readSessions(sql: Sql, nowMs: number): Promise<Map<string, Session>> {
  const { rows } = await sql.query<{
    symbol: string;
    reference_price: bigint;
    start: Date;
    close: bigint;
    open: bigint;
    high: bigint;
    low: bigint;
    volume: bigint;
    previous_close: bigint | null;
  }>(
    // One look into the index per instrument: the table may hold years of imported bars.
    `SELECT i.symbol, i.reference_price, last.start, last.close, day.open, day.high, day.low, day.volume,
            before.close AS previous_close
       FROM trading.instrument i
       CROSS JOIN LATERAL (
         SELECT start, close, (((start AT TIME ZONE 'UTC') + ${INDIA})::date - ${INDIA}) AT TIME ZONE 'UTC' AS midnight
           FROM trading.candle c WHERE c.symbol = i.symbol AND ${LIVE} AND start BETWEEN $1::timestamptz - ${LOOK_BACK} AND $1
          ORDER BY start DESC LIMIT 1) AS last
       CROSS JOIN LATERAL (
         SELECT (array_agg(open ORDER BY start))[1] AS open, max(high) AS high, min(low) AS low, sum(volume)::int8 AS volume
           FROM trading.candle c WHERE c.symbol = i.symbol AND ${LIVE} AND start BETWEEN last.midnight AND last.start) AS day
       LEFT JOIN LATERAL (
         SELECT close FROM trading.candle c
          WHERE c.symbol = i.symbol AND ${LIVE} AND start >= last.midnight - ${LOOK_BACK} AND start < last.midnight
          ORDER BY start DESC LIMIT 1) AS before ON true`,
    [new Date(nowMs)],
  );
  return new Map(
    rows.map((row) => {
      const previousClose = row.previous_close ?? row.reference_price;
      const session: Session = {
        date: istDate(row.start.getTime()),
        last: row.close,
        atMs: row.start.getTime(),
        previousClose,
        referencePrice: previousClose,
        range: { open: row.open, high: row.high, low: row.low },
        volume: row.volume,
      };
      return [row.symbol, session];
    }),
  );
}
