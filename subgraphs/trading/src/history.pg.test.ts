/** What is imported and what is read back: candles, instruments, days of rest, corporate actions. */
import { Database } from '@gridworks/kit/db';
import { createTestDatabase, type TestDatabase } from '@gridworks/kit/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Candle } from './domain/candle.ts';
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
    expect(await candles.last('AAA', 'ONE_MINUTE', 10)).toEqual([bar(0), bar(1, 101_00n), bar(2)]);
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
    expect(await candles.last('AAA', 'ONE_MINUTE', 10)).toEqual([]);
    expect(await newEvents()).toEqual([]);
  });
});

describe('CandleStore', () => {
  it('reads the last bars before an instant, and a range, of one instrument and interval', async () => {
    await record('AAA', bars(5));
    await record('BBB', [bar(9)]);
    expect(await candles.last('AAA', 'ONE_MINUTE', 2)).toEqual([bar(3), bar(4)]);
    expect(await candles.last('AAA', 'ONE_MINUTE', 2, bar(3).start)).toEqual([bar(1), bar(2)]);
    expect(await candles.last('AAA', 'ONE_DAY', 2)).toEqual([]);
    expect(await candles.range('AAA', 'ONE_MINUTE', bar(1).start, bar(4).start, 10)).toEqual([
      bar(1),
      bar(2),
      bar(3),
    ]);
    expect(await candles.range('AAA', 'ONE_MINUTE', bar(1).start, bar(4).start, 1)).toEqual([bar(1)]);
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
