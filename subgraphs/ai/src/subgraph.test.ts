import { ANONYMOUS } from '@gridworks/kit/caller';
import { readConfig } from '@gridworks/kit/config';
import { Database } from '@gridworks/kit/db';
import { publish } from '@gridworks/kit/events';
import { Bus } from '@gridworks/kit/events/bus';
import { createPlatform, type Platform, type Subgraph } from '@gridworks/kit/subgraph';
import { createTestDatabase, type TestDatabase } from '@gridworks/kit/testing';
import { DAY_MS } from '@gridworks/kit/time';
import type { CandleInterval, CandleRow } from '@gridworks/schema/events';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { indicatorsOf } from './domain/indicators.ts';
import { forecastOf } from './domain/volatility.ts';
import { createAi } from './subgraph.ts';

const FIRST_DAY_MS = Date.parse('2024-01-01T03:45:00.000Z');

let test: TestDatabase;
let db: Database;
let platform: Platform;
let ai: Subgraph;
let nowMs = Date.parse('2026-01-15T12:00:00.000Z');

beforeAll(async () => {
  test = await createTestDatabase();
  db = new Database(test.url);
  platform = { ...createPlatform(readConfig({ LOG_LEVEL: 'silent' }), db, 'test'), clock: () => nowMs };
  ai = createAi(platform);
  await platform.bus.start();
});

afterAll(async () => {
  await platform.bus.stop();
  await db.close();
  await test.drop();
});

// Each test begins where nothing that another one published counts as just written.
beforeEach(() => {
  nowMs += 60_000;
});

let symbols = 0;
function newSymbol(): string {
  return `TEST${++symbols}`;
}

/** Bars of a price that swings around a slow climb; each index always makes the same bar. */
function bar(index: number, close = 100_000 + 40 * index + ((index * index * 7_919) % 4_001)): CandleRow {
  const start = new Date(FIRST_DAY_MS + index * DAY_MS).toISOString();
  const text = (value: number): string => String(value);
  return [start, text(close - 200), text(close + 350), text(close - 410), text(close), 1_000 + index];
}

function bars(count: number, from = 0): CandleRow[] {
  return Array.from({ length: count }, (_, index) => bar(from + index));
}

async function record(
  symbol: string,
  candles: readonly CandleRow[],
  interval: CandleInterval = 'ONE_DAY',
): Promise<void> {
  await db.systemTransaction((tx) =>
    publish(tx, [
      { topic: 'candles.recorded', key: symbol, tenantId: null, payload: { symbol, interval, candles } },
    ]),
  );
  platform.bus.committed();
  await platform.bus.settled();
}

interface Answer {
  readonly symbol: string;
  readonly forecast: {
    readonly annualisedVolatility: number;
    readonly valueAtRisk99: number;
    readonly expectedShortfall99: number;
    readonly model: string;
    readonly asOf: Date;
    readonly observations: number;
  } | null;
  readonly indicators: Record<string, unknown> | null;
}

const ASK = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Instrument {
  symbol
  forecast { annualisedVolatility valueAtRisk99 expectedShortfall99 model asOf observations }
  indicators { sma20 ema20 rsi14 macd { macd signal histogram } bollinger { lower middle upper } atr14 asOf } } } }`;

async function ask(of: readonly string[], subgraph = ai): Promise<Answer[]> {
  const result = await subgraph.execute({
    query: ASK,
    variables: { representations: of.map((symbol) => ({ __typename: 'Instrument', symbol })) },
    caller: ANONYMOUS,
    traceId: 'test',
  });
  expect(result.errors).toBeUndefined();
  return (result.data as unknown as { _entities: Answer[] })._entities;
}

async function askOne(symbol: string, subgraph = ai): Promise<Answer> {
  return (await ask([symbol], subgraph))[0] as Answer;
}

/** Reads of bars that happen during `work`. */
async function readsDuring(work: () => Promise<unknown>): Promise<number> {
  const spy = vi.spyOn(db.system, 'query');
  try {
    await work();
    return spy.mock.calls.filter(([sql]) => /^\s*SELECT[^]*ai\./.test(String(sql))).length;
  } finally {
    spy.mockRestore();
  }
}

function domainCandles(rows: readonly CandleRow[]): Parameters<typeof forecastOf>[0] {
  return rows.map(([start, open, high, low, close]) => ({
    startMs: Date.parse(start),
    open: BigInt(open),
    high: BigInt(high),
    low: BigInt(low),
    close: BigInt(close),
  }));
}

describe('an instrument', () => {
  it('is forecast from the bars that were recorded', async () => {
    const symbol = newSymbol();
    await record(symbol, bars(400));
    const { forecast, indicators } = await askOne(symbol);
    const { asOfMs, ...expected } = forecastOf(domainCandles(bars(400))) ?? { asOfMs: 0 };
    expect(forecast).toEqual({ ...expected, asOf: new Date(asOfMs).toISOString() });
    expect(forecast?.observations).toBe(399);
    expect(indicators).toMatchObject({ asOf: new Date(FIRST_DAY_MS + 399 * DAY_MS).toISOString() });
    const known = indicatorsOf(domainCandles(bars(400)));
    expect(indicators?.['rsi14']).toBe(known?.rsi14);
    const sum = bars(20, 380).reduce((total, row) => total + BigInt(row[4]), 0n);
    expect(indicators?.['sma20']).toBe(decimal((2n * sum + 20n) / 40n));
    expect(indicators?.['macd']).toEqual({
      macd: decimal(known?.macd?.macd),
      signal: decimal(known?.macd?.signal),
      histogram: decimal(known?.macd?.histogram),
    });
    expect(indicators?.['bollinger']).toMatchObject({ upper: decimal(known?.bollinger?.upper) });
  });

  it('has no forecast with fewer than thirty returns, and nothing at all without bars', async () => {
    const symbol = newSymbol();
    expect(await askOne(symbol)).toEqual({ symbol, forecast: null, indicators: null });
    await record(symbol, bars(14));
    expect(await askOne(symbol)).toMatchObject({
      forecast: null,
      indicators: { sma20: null, rsi14: null, macd: null, bollinger: null, atr14: null },
    });
    await record(symbol, bars(16, 14));
    expect(await askOne(symbol)).toMatchObject({ forecast: null, indicators: { macd: null } });
    expect((await askOne(symbol)).indicators?.['sma20']).not.toBeNull();
    await record(symbol, bars(1, 30));
    expect((await askOne(symbol)).forecast).toMatchObject({ model: 'EWMA', observations: 30 });
  });

  it('does not change with minute bars', async () => {
    const symbol = newSymbol();
    await record(symbol, bars(31));
    const before = await askOne(symbol);
    await record(symbol, [bar(31, 500_000)], 'ONE_MINUTE');
    nowMs += 60_000;
    expect(await askOne(symbol)).toEqual(before);
    const { rows } = await db.system.query(`SELECT count(*) AS bars FROM ai.candle WHERE symbol = $1`, [
      symbol,
    ]);
    expect(rows).toEqual([{ bars: 31n }]);
  });

  it('takes bars that come late, twice or corrected', async () => {
    const inOrder = newSymbol();
    await record(inOrder, bars(60));
    const other = newSymbol();
    await record(other, bars(30, 30));
    await record(other, [bar(59, 900_000), ...bars(40), bar(10, 1_000), bar(10)]);
    expect((await askOne(other)).forecast).not.toEqual((await askOne(inOrder)).forecast);
    // Of two bars of one day in one event the later one counts.
    const { rows } = await db.system.query(`SELECT close FROM ai.candle WHERE symbol = $1 AND start = $2`, [
      other,
      bar(10)[0],
    ]);
    expect(rows).toEqual([{ close: BigInt(bar(10)[4]) }]);
    await record(other, [bar(59)]);
    await record(other, bars(60));
    expect({ ...(await askOne(other)), symbol: inOrder }).toEqual(await askOne(inOrder));
  });

  it('is asked for by many at once, in their order', async () => {
    const [short, long, none] = [newSymbol(), newSymbol(), newSymbol()];
    await record(short, bars(20));
    await record(long, bars(35));
    const answers = await ask([long, none, short, long]);
    expect(answers.map(({ symbol }) => symbol)).toEqual([long, none, short, long]);
    expect(answers.map(({ forecast }) => forecast?.observations)).toEqual([34, undefined, undefined, 34]);
    expect(answers[3]).toEqual(answers[0]);
  });
});

describe('what was computed', () => {
  it('costs one read for many instruments, and then none', async () => {
    const many = Array.from({ length: 12 }, newSymbol);
    for (const symbol of many.slice(0, 6)) await record(symbol, bars(40));
    nowMs += 60_000;
    expect(await readsDuring(() => ask(many))).toBe(1);
    expect(await readsDuring(() => ask(many))).toBe(0);
    expect(await readsDuring(() => Promise.all(many.map((symbol) => askOne(symbol))))).toBe(0);
    nowMs += 999;
    expect(await readsDuring(() => ask(many))).toBe(0);
    nowMs += 1;
    expect(await readsDuring(() => ask(many))).toBe(1);
    expect(await readsDuring(() => ask(many))).toBe(0);
  });

  it('is computed once for those who ask at the same time', async () => {
    const symbol = newSymbol();
    await record(symbol, bars(300));
    const answers: Answer[] = [];
    const reads = await readsDuring(async () => {
      answers.push(...(await Promise.all(Array.from({ length: 20 }, () => askOne(symbol)))));
    });
    expect(reads).toBe(1);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.forecast?.observations).toBe(299);
  });

  it('is new as soon as the process has taken in new bars, whatever the clock says', async () => {
    const symbol = newSymbol();
    await record(symbol, bars(40));
    expect((await askOne(symbol)).forecast?.observations).toBe(39);
    for (let count = 41; count < 45; count++) {
      await record(symbol, [bar(count - 1)]);
      const { forecast } = await askOne(symbol);
      expect(forecast?.observations).toBe(count - 1);
      expect(forecast?.asOf).toEqual(new Date(FIRST_DAY_MS + (count - 1) * DAY_MS).toISOString());
    }
    const before = await askOne(symbol);
    await record(symbol, [bar(43, 150_000)]);
    expect((await askOne(symbol)).forecast?.annualisedVolatility).toBeGreaterThan(
      2 * (before.forecast?.annualisedVolatility ?? 0),
    );
  });

  it('stays when bars come again unchanged', async () => {
    const symbol = newSymbol();
    await record(symbol, bars(40));
    const revision = async (): Promise<unknown> =>
      (await db.system.query(`SELECT revision FROM ai.series WHERE symbol = $1`, [symbol])).rows;
    expect(await revision()).toEqual([{ revision: 1n }]);
    nowMs += 60_000;
    await askOne(symbol);
    await record(symbol, bars(40));
    expect(await revision()).toEqual([{ revision: 1n }]);
    expect(await readsDuring(() => askOne(symbol))).toBe(0);
    await record(symbol, [bar(39, 140_000)]);
    expect(await revision()).toEqual([{ revision: 2n }]);
  });

  it('is renewed within a second in a process that did not take in the bars itself', async () => {
    const elsewhere = createAi({ ...platform, bus: new Bus(db, platform.log) });
    const symbol = newSymbol();
    await record(symbol, bars(40));
    expect((await askOne(symbol, elsewhere)).forecast?.observations).toBe(39);
    await record(symbol, bars(1, 40));
    expect((await askOne(symbol, elsewhere)).forecast?.observations).toBe(39);
    nowMs += 1_000;
    expect((await askOne(symbol, elsewhere)).forecast?.observations).toBe(40);
  });

  it('outlives a failed read', async () => {
    const symbol = newSymbol();
    await record(symbol, bars(40));
    const closed = new Database(test.url);
    const cut = createAi({ ...platform, db: closed, bus: new Bus(db, platform.log) });
    const { forecast } = await askOne(symbol, cut);
    await closed.close();
    expect((await askOne(symbol, cut)).forecast).toEqual(forecast);
    nowMs += 1_000;
    const request = {
      query: ASK,
      variables: { representations: [{ __typename: 'Instrument', symbol }] },
      caller: ANONYMOUS,
      traceId: 'test',
    };
    for (let attempt = 0; attempt < 2; attempt++) {
      const result = await cut.execute(request);
      expect(result.errors?.[0]?.extensions['code']).toBe('INTERNAL_SERVER_ERROR');
      expect(result.data).toEqual({ _entities: [{ symbol, forecast: null, indicators: null }] });
    }
  });
});

describe('the read model', () => {
  it('sets bars aside that are none, and goes on', async () => {
    const symbol = newSymbol();
    const impossible: CandleRow = ['2026-01-01T03:45:00.000Z', '100', '90', '80', '100', 1];
    await record(symbol, [bar(0), impossible]);
    await record(symbol, bars(31));
    expect((await askOne(symbol)).forecast?.observations).toBe(30);
    const { rows } = await db.system.query(`SELECT consumer, error FROM events.dead_letter`);
    expect(rows).toEqual([
      { consumer: 'ai.candles', error: expect.stringContaining('candle_is_one') as string },
    ]);
  });

  it('is not for callers to write', async () => {
    const insert = `INSERT INTO ai.series (symbol, interval, revision) VALUES ('X', 'ONE_DAY', 1)`;
    await expect(db.tenant.query(insert)).rejects.toThrow(/permission denied/);
    await expect(db.tenant.query(`DELETE FROM ai.candle`)).rejects.toThrow(/permission denied/);
    await expect(db.tenant.query(`UPDATE ai.candle SET close = 1`)).rejects.toThrow(/permission denied/);
  });
});

function decimal(minor: bigint | undefined): string {
  const text = String(minor).replace('-', '').padStart(3, '0');
  return `${(minor ?? 0n) < 0n ? '-' : ''}${text.slice(0, -2)}.${text.slice(-2)}`;
}
