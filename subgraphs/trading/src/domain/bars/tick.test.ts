import { isRefusal } from '@gridworks/kit/refusal';
import { describe, expect, it } from 'vitest';
import { AMERICAN_HOURS, INDIAN_HOURS } from '../calendar.ts';
import { describeQuotes, describeTrades } from './describe.ts';
import { readMarketFile, type MarketFile } from './file.ts';
import { bestQuotes } from './path.ts';
import { inspectQuotes, inspectTrades, type TickOptions } from './tick.ts';

const OPTIONS: TickOptions = { date: '2021-03-04', hours: INDIAN_HOURS, keepBad: false };
const OPEN = INDIAN_HOURS.openMs;

function file<K extends MarketFile['kind']>(
  kind: K,
  lines: readonly string[],
): Extract<MarketFile, { kind: K }> {
  const read = readMarketFile(lines.join('\n'));
  if (isRefusal(read) || read.kind !== kind) throw new Error(`not ${kind}`);
  return read as Extract<MarketFile, { kind: K }>;
}

function trades(rows: readonly string[], options: Partial<TickOptions> = {}) {
  const inspected = inspectTrades(file('TRADES', ['ms,price,size,venue,suspicious', ...rows]), {
    ...OPTIONS,
    ...options,
  });
  if (isRefusal(inspected)) throw new Error(inspected.message);
  return inspected;
}

function quotes(rows: readonly string[]) {
  const inspected = inspectQuotes(
    file('QUOTES', ['ms,bid,bid_size,ask,ask_size,venue,suspicious', ...rows]),
    OPTIONS,
  );
  if (isRefusal(inspected)) throw new Error(inspected.message);
  return inspected;
}

describe('inspectTrades', () => {
  it('makes minute bars of trades by their start', () => {
    const { candles, report } = trades([
      `${OPEN + 34},100.00,10,P,0`,
      `${OPEN + 34},100.50,5,Q,0`,
      `${OPEN + 59_999},99.95,1,P,0`,
      `${OPEN + 60_000},101.00,7,P,0`,
    ]);
    expect(candles).toEqual([
      {
        start: Date.parse('2021-03-04T03:45:00Z'),
        open: 100_00n,
        high: 100_50n,
        low: 99_95n,
        close: 99_95n,
        volume: 16n,
      },
      {
        start: Date.parse('2021-03-04T03:46:00Z'),
        open: 101_00n,
        high: 101_00n,
        low: 101_00n,
        close: 101_00n,
        volume: 7n,
      },
    ]);
    expect(report).toMatchObject({
      bars: 2,
      sameMillisecond: 1,
      venues: 2,
      lowest: '99.95',
      highest: '101.00',
      volume: '23',
      outOfOrder: 0,
    });
  });

  it('reads the file in the zone of its market', () => {
    const { candles } = trades([`${AMERICAN_HOURS.openMs},185.15,1,P,0`], {
      hours: AMERICAN_HOURS,
      date: '2021-06-04',
    });
    expect(new Date(candles[0]!.start).toISOString()).toBe('2021-06-04T13:30:00.000Z');
  });

  const row = (offset: number, price: string, size = 1, suspicious = 0): string =>
    `${OPEN + offset},${price},${size},P,${suspicious}`;
  const dirty = [
    row(0, '100.00'),
    row(10, '100.05'),
    row(20, '10.00'),
    row(30, '100.10', 1, 1),
    row(40, '100.00', 0),
    row(35, '100.15'),
    row(-60_000, '99.00'),
    row(INDIAN_HOURS.closeMs - OPEN, '100.20'),
    'x,1,1,P,0',
  ];

  it('sets aside what is suspicious, sizeless or far off, sorts the rest, and counts it all', () => {
    const { report, trades: kept } = trades(dirty);
    expect(report).toMatchObject({
      rows: { read: 9, bad: 1, quarantined: 3, kept: 5 },
      outOfOrder: 2,
      suspicious: 1,
      zeroSize: 1,
      beforeOpen: 1,
      afterClose: 1,
      badTicks: [{ line: 4, price: '10.00' }],
    });
    expect(kept.map(({ line }) => line)).toEqual([8, 2, 3, 7, 9]);
    expect(describeTrades(report).join('\n')).toMatch(/line 4\): 10\.00, neighbours near 100\.\d\d/);
  });

  it('keeps them when asked', () => {
    expect(trades(dirty, { keepBad: true }).report.rows).toMatchObject({ bad: 1, quarantined: 0, kept: 8 });
  });

  it('refuses a file without a usable trade', () => {
    const empty = file('TRADES', ['ms,price,size', 'x,y,z']);
    expect(inspectTrades(empty, OPTIONS)).toMatchObject({ code: 'NO_ROWS' });
  });
});

describe('inspectQuotes', () => {
  const rows = [
    `${OPEN},100.00,5,0,0,P,0`,
    `${OPEN},0,0,100.10,7,Q,0`,
    `${OPEN + 1},100.00,5,0,0,N,0`,
    `${OPEN + 2},100.10,5,0,0,P,0`,
    `${OPEN + 3},100.20,0,0,0,P,0`,
    `${OPEN + 4},0,0,0,0,P,0`,
    `${OPEN + 5},99.00,1,101.00,2,P,0`,
    `${OPEN + 6},1.00,1,0,0,P,1`,
  ];

  it('counts sides, crossings and what says nothing', () => {
    const { report } = quotes(rows);
    expect(report).toMatchObject({
      bidOnly: 5,
      askOnly: 1,
      bothSides: 1,
      neitherSide: 1,
      suspicious: 1,
      zeroSize: 1,
      sameMillisecond: 1,
      venues: 3,
      locked: 1,
      crossed: 1,
      rows: { read: 8, bad: 0, quarantined: 2, kept: 6 },
    });
    expect(describeQuotes(report).join('\n')).toContain('bid only 5, ask only 1');
  });

  it('becomes the best bid and ask as they changed', () => {
    const changes = bestQuotes(quotes(rows).quotes).map(({ timeMs, side, price, quantity }) => [
      timeMs - OPEN,
      side,
      price,
      quantity,
    ]);
    expect(changes).toEqual([
      [0, 'BUY', 100_00n, 5n],
      [0, 'SELL', 100_10n, 7n],
      [2, 'BUY', 100_10n, 5n],
      [5, 'BUY', 99_00n, 1n],
      [5, 'SELL', 101_00n, 2n],
    ]);
  });
});
