import { Database } from '@gridworks/kit/db';
import { createTestDatabase, type TestDatabase } from '@gridworks/kit/testing';
import { istDate } from '@gridworks/kit/time';
import { rollUp } from '@gridworks/trading/domain/candle';
import { CandleStore } from '@gridworks/trading/store/candle';
import { InstrumentStore } from '@gridworks/trading/store/instrument';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INSTRUMENTS, seedTrading } from './trading.ts';

// A Monday morning in India: the last session is Friday's.
const NOW = Date.parse('2026-11-23T04:00:00.000Z');

let test: TestDatabase;
let db: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  db = new Database(test.url, { connections: 2 });
  await seedTrading(db, NOW);
});
afterAll(async () => {
  await db.close();
  await test.drop();
});

describe('seedTrading', () => {
  it('registers some fifty instruments, each on the tick that the rules give its price', async () => {
    const rows = await new InstrumentStore(db).all();
    expect(rows).toHaveLength(INSTRUMENTS.length);
    expect(rows.length).toBeGreaterThanOrEqual(50);
    expect(rows.find(({ symbol }) => symbol === 'MRF')).toMatchObject({ tickSize: 500n, lotSize: 1n });
    expect(rows.find(({ symbol }) => symbol === 'BSE:SENSEX')).toMatchObject({
      exchange: 'BSE',
      kind: 'INDEX',
    });
    for (const row of rows) expect(row.referencePrice % row.tickSize, row.symbol).toBe(0n);
  });

  it('gives each ISIN its check digit', () => {
    for (const { isin, symbol } of INSTRUMENTS) {
      if (isin !== null) expect(checkSum(isin), symbol).toBe(0);
    }
  });

  it('gives each a past of 250 days and a session of minutes that agree with it', async () => {
    const candles = new CandleStore(db);
    const counts = await db.system.query<{ interval: string; symbols: bigint; low: bigint; high: bigint }>(
      `SELECT interval::text, count(*) AS symbols, min(bars) AS low, max(bars) AS high
         FROM (SELECT interval, symbol, count(*) AS bars FROM trading.candle GROUP BY 1, 2) AS each
        GROUP BY 1 ORDER BY 1`,
    );
    const symbols = BigInt(INSTRUMENTS.length);
    expect(counts.rows).toEqual([
      { interval: 'ONE_DAY', symbols, low: 250n, high: 250n },
      { interval: 'ONE_MINUTE', symbols, low: 375n, high: 375n },
    ]);
    const [minutes, days] = await Promise.all(
      (['ONE_MINUTE', 'ONE_DAY'] as const).map((interval) =>
        candles.range('RELIANCE', interval, 0, Date.parse('2026-12-01'), 1_000),
      ),
    );
    if (!minutes || !days) throw new Error('there are no candles');
    expect(days.at(-1)?.close).toBe(1_545_00n);
    expect(days.slice(-2).map(({ start }) => istDate(start))).toEqual(['2026-11-19', '2026-11-20']);
    expect(rollUp(minutes, 'ONE_DAY')).toEqual(days.slice(-1));
  });

  it('tells other domains of the daily bars, one event an instrument', async () => {
    const { rows } = await db.system.query<{ key: string; interval: string; bars: number }>(
      `SELECT key, payload->>'interval' AS interval, json_array_length(payload->'candles') AS bars
         FROM events.log WHERE topic = 'candles.recorded' ORDER BY key`,
    );
    expect(rows).toEqual(
      INSTRUMENTS.map(({ symbol }) => ({ key: symbol, interval: 'ONE_DAY', bars: 250 })).sort((a, b) =>
        a.key < b.key ? -1 : 1,
      ),
    );
  });

  it('changes nothing the second time, also days later', async () => {
    const before = await totals();
    await seedTrading(db, NOW + 7 * 86_400_000);
    expect(await totals()).toEqual(before);
  });
});

async function totals(): Promise<unknown> {
  const { rows } = await db.system.query(
    `SELECT (SELECT count(*) FROM trading.candle) AS candles, (SELECT count(*) FROM trading.holiday) AS holidays,
            (SELECT count(*) FROM trading.instrument) AS instruments, (SELECT count(*) FROM events.log) AS events`,
  );
  return rows[0];
}

/** ISO 6166: letters as numbers from 10 up, then the Luhn sum of the digits. */
function checkSum(isin: string): number {
  const digits = [...isin].map((character) => parseInt(character, 36)).join('');
  return (
    [...digits].reverse().reduce((sum, digit, place) => {
      const value = Number(digit) * (place % 2 === 0 ? 1 : 2);
      return sum + (value > 9 ? value - 9 : value);
    }, 0) % 10
  );
}
