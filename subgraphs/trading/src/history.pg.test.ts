/** What is imported and what is read back: candles, instruments, days of rest, corporate actions. */
import { Database } from '@gridworks/kit/db';
import { createTestDatabase, type TestDatabase } from '@gridworks/kit/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CANDLE_INTERVALS, barStart, rollUp, type Candle, type CandleInterval } from './domain/candle.ts';
import type { Instrument } from './domain/instrument.ts';
import { CandleStore, recordCandles, type RecordedCandles } from './store/candle.ts';
import {
  InstrumentStore,
  recordCorporateActions,
  recordHolidays,
  registerInstruments,
} from './store/instrument.ts';

let test: TestDatabase;
let db: Database;
let candles: CandleStore;
let instruments: InstrumentStore;

beforeAll(async () => {
  test = await createTestDatabase();
  db = new Database(test.url, { connections: 2 });
  candles = new CandleStore(db);
  instruments = new InstrumentStore(db);
});
afterAll(async () => {
  await db.close();
  await test.drop();
});
beforeEach(async () => {
  await db.system.query('DELETE FROM trading.candle');
});

const START = Date.parse('2021-03-04T03:45:00.000Z');
function bar(minute: number, close = 100_00n): Candle {
  return { start: START + minute * 60_000, open: 100_00n, high: 200_00n, low: 50_00n, close, volume: 10n };
}
function bars(count: number): Candle[] {
  return Array.from({ length: count }, (_, minute) => bar(minute));
}
function record(symbol: string, given: readonly Candle[]): Promise<RecordedCandles> {
  return db.systemTransaction((tx) => recordCandles(tx, symbol, 'ONE_MINUTE', 'IMPORT', given));
}

function last(interval: CandleInterval, count: number, toMs = START + 86_400_000): Promise<Candle[]> {
  return candles.last({ symbol: 'AAA', interval, count, toMs });
}

/** Starts of the bars in each event since the last call, by event. */
let seen = 0n;
async function newEvents(): Promise<string[][]> {
  const { rows } = await db.system.query<{ pos: bigint; payload: { candles: [string][] } }>(
    `SELECT pos, payload FROM events.log WHERE topic = 'candles.recorded' AND pos > $1 ORDER BY pos`,
    [seen],
  );
  seen = rows.at(-1)?.pos ?? seen;
  return rows.map(({ payload }) => payload.candles.map(([start]) => start));
}

describe('recordCandles', () => {
  it('adds what is new, corrects what differs, leaves the rest, and tells others of the first two alone', async () => {
    expect(await record('AAA', [bar(1), bar(0)])).toEqual({ inserted: 2, changed: 0, unchanged: 0 });
    expect(await newEvents()).toEqual([['2021-03-04T03:45:00.000Z', '2021-03-04T03:46:00.000Z']]);
    expect(await record('AAA', [bar(0), bar(1, 101_00n), bar(2)])).toEqual({
      inserted: 1,
      changed: 1,
      unchanged: 1,
    });
    expect(await newEvents()).toEqual([['2021-03-04T03:46:00.000Z', '2021-03-04T03:47:00.000Z']]);
    expect(await record('AAA', [bar(0), bar(1, 101_00n), bar(2)])).toEqual({
      inserted: 0,
      changed: 0,
      unchanged: 3,
    });
    expect(await newEvents()).toEqual([]);
    expect(await last('ONE_MINUTE', 10)).toEqual([bar(0), bar(1, 101_00n), bar(2)]);
  });

  it('carries at most a thousand bars in an event', async () => {
    expect(await record('AAA', bars(2_001))).toEqual({ inserted: 2_001, changed: 0, unchanged: 0 });
    expect((await newEvents()).map((starts) => starts.length)).toEqual([1_000, 1_000, 1]);
  });

  it('leaves neither rows nor events when the transaction fails', async () => {
    const failing = db.systemTransaction(async (tx) => {
      await recordCandles(tx, 'AAA', 'ONE_MINUTE', 'IMPORT', bars(3));
      throw new Error('later');
    });
    await expect(failing).rejects.toThrow('later');
    expect(await last('ONE_MINUTE', 10)).toEqual([]);
    expect(await newEvents()).toEqual([]);
  });
});

describe('CandleStore', () => {
  it('reads the last bars before an instant, and a range, of one instrument and interval', async () => {
    await record('AAA', bars(5));
    await record('BBB', [bar(9)]);
    expect(await last('ONE_MINUTE', 2)).toEqual([bar(3), bar(4)]);
    expect(await last('ONE_MINUTE', 2, bar(3).start)).toEqual([bar(1), bar(2)]);
    expect(await last('ONE_HOUR', 2)).toEqual([{ ...bar(0), volume: 50n }]);
    expect(await candles.range('AAA', 'ONE_MINUTE', bar(1).start, bar(4).start, 10)).toEqual([
      bar(1),
      bar(2),
      bar(3),
    ]);
    expect(await candles.range('AAA', 'ONE_MINUTE', bar(1).start, bar(4).start, 1)).toEqual([bar(1)]);
  });
});

describe('candles of every interval', () => {
  const MINUTES_MAX = 50 * 24 * 60;
  const minute = fc.record({
    start: fc.integer({ min: 0, max: MINUTES_MAX }).map((at) => START + at * 60_000),
    open: fc.bigInt({ min: 1n, max: 99n }),
    high: fc.bigInt({ min: 100n, max: 200n }),
    low: fc.constant(1n),
    close: fc.bigInt({ min: 1n, max: 99n }),
    volume: fc.bigInt({ min: 0n, max: 9n }),
  });
  const market = fc.record({
    minutes: fc.uniqueArray(minute, { maxLength: 60, selector: ({ start }) => start }),
    now: fc.integer({ min: 0, max: MINUTES_MAX + 1 }).map((at) => START + at * 60_000),
    keptDays: fc.integer({ min: 0, max: 50 }),
    live: fc.integer({ min: 0, max: 3 }),
    count: fc.integer({ min: 1, max: 5 }),
  });

  it('are what all minutes together make, whichever are days by now and whichever are not kept yet', async () => {
    await fc.assert(
      fc.asyncProperty(market, async ({ minutes, now, keptDays, live, count }) => {
        await db.system.query('DELETE FROM trading.candle');
        const all = minutes.filter(({ start }) => start < now).sort((a, b) => a.start - b.start);
        const today = barStart('ONE_DAY', now);
        const closed = Math.min(today, barStart('ONE_DAY', START) + keptDays * 86_400_000);
        const days = rollUp(
          all.filter(({ start }) => start < closed),
          'ONE_DAY',
        );
        const unkept = all.slice(all.length - live).filter(({ start }) => start >= closed);
        // Of what is not kept yet an earlier state may be: of the minute that a restart interrupted, say.
        const kept = all.map((each) =>
          unkept.includes(each) ? { ...each, high: 9_999n, volume: 1n } : each,
        );
        await record('AAA', kept.slice(0, all.length - Math.floor(unkept.length / 2)));
        await db.systemTransaction((tx) => recordCandles(tx, 'AAA', 'ONE_DAY', 'LIVE', days));
        for (const interval of CANDLE_INTERVALS) {
          const toMs = barStart(interval, now);
          const expected = (parts: readonly Candle[]): Candle[] => rollUp(parts, interval).slice(-count);
          expect(await candles.last({ symbol: 'AAA', interval, count, toMs }, unkept), interval).toEqual(
            expected(all.filter(({ start }) => start < toMs)),
          );
          const present = await candles.last({ symbol: 'AAA', interval, count, toMs: now }, unkept);
          expect(present, interval).toEqual(expected(all));
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('InstrumentStore', () => {
  const instrument = (symbol: string, more: Partial<Instrument> = {}): Instrument => ({
    symbol,
    name: `${symbol} Limited`,
    exchange: 'NSE',
    kind: 'EQUITY',
    isin: null,
    currency: 'INR',
    sector: null,
    tickSize: 5n,
    lotSize: 1n,
    referencePrice: 100_00n,
    ...more,
  });

  it('registers what is not known, and leaves what is', async () => {
    const first = [
      instrument('AAA'),
      instrument('BSE:AAA', { exchange: 'BSE', name: 'Aardvark_100% Limited' }),
    ];
    expect(await db.systemTransaction((tx) => registerInstruments(tx, first))).toEqual(['AAA', 'BSE:AAA']);
    const again = [
      instrument('AAA', { name: 'Other' }),
      instrument('INDEX', { kind: 'INDEX', isin: 'X', sector: 'Y' }),
    ];
    expect(await db.systemTransaction((tx) => registerInstruments(tx, again))).toEqual(['INDEX']);
    expect(await instruments.bySymbols(['AAA', 'NOBODY'])).toMatchObject([instrument('AAA')]);
  });

  it('pages by symbol, and finds by exchange, kind and any part of symbol or name', async () => {
    const symbols = async (...args: Parameters<InstrumentStore['page']>): Promise<string[]> =>
      (await instruments.page(...args)).map(({ symbol }) => symbol);
    expect(await symbols({}, 2)).toEqual(['AAA', 'BSE:AAA']);
    expect(await symbols({}, 2, 'BSE:AAA')).toEqual(['INDEX']);
    expect(await symbols({ exchange: 'BSE' }, 9)).toEqual(['BSE:AAA']);
    expect(await symbols({ kind: 'INDEX' }, 9)).toEqual(['INDEX']);
    expect(await symbols({ text: 'aardvark_100%' }, 9)).toEqual(['BSE:AAA']);
    expect(await symbols({ text: '%' }, 9)).toEqual(['BSE:AAA']);
    expect(await symbols({ text: 'index' }, 9)).toEqual(['INDEX']);
  });

  it('keeps days of rest by exchange, each once', async () => {
    const dates = ['2021-03-11', '2021-01-26'];
    expect(await db.systemTransaction((tx) => recordHolidays(tx, 'NSE', dates))).toBe(2);
    expect(await db.systemTransaction((tx) => recordHolidays(tx, 'NSE', dates))).toBe(0);
    expect(await instruments.holidays('NSE')).toEqual(['2021-01-26', '2021-03-11']);
    expect(await instruments.holidays('BSE')).toEqual([]);
  });

  it('keeps corporate actions, and corrects them', async () => {
    const split = {
      symbol: 'AAA',
      exDate: '2021-03-04',
      kind: 'SPLIT_OR_BONUS',
      priceFactor: '1',
      splitFactor: '0.2',
      source: 'a file',
    } as const;
    const write = (splitFactor: string): Promise<number> =>
      db.systemTransaction((tx) => recordCorporateActions(tx, [{ ...split, splitFactor }]));
    expect([await write('0.2'), await write('0.2'), await write('0.25')]).toEqual([1, 0, 1]);
    expect(await instruments.corporateActions('AAA')).toEqual([{ ...split, splitFactor: '0.25' }]);
    expect(await instruments.corporateActions('BBB')).toEqual([]);
  });
});
