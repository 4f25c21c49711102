import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exchangeOf,
  isOnTick,
  isSymbol,
  isTradable,
  listingOf,
  priceBand,
  symbolOf,
  tickSizeFor,
  tickSizeOn,
} from './instrument.ts';

describe('tickSizeFor', () => {
  it.each([
    ['below 250', 249_99n, 1n],
    ['from 250', 250_00n, 5n],
    ['to 1,000', 1_000_00n, 5n],
    ['above 1,000', 1_000_05n, 10n],
    ['to 5,000', 5_000_00n, 10n],
    ['above 5,000', 5_000_10n, 50n],
    ['to 10,000', 10_000_00n, 50n],
    ['above 10,000', 10_000_50n, 1_00n],
    ['to 20,000', 20_000_00n, 1_00n],
    ['above 20,000', 20_001_00n, 5_00n],
  ])('%s', (_, price, tick) => {
    expect(tickSizeFor(price)).toBe(tick);
  });

  it('knows indices, funds and dollars by themselves, whatever the price', () => {
    expect(tickSizeFor(26_100_00n, 'INDEX')).toBe(5n);
    expect(tickSizeFor(295_00n, 'ETF')).toBe(1n);
    expect(tickSizeFor(18_602_00n, 'EQUITY', 'USD')).toBe(1n);
  });
});

describe('tickSizeOn', () => {
  it.each([
    ['2015-07-03', 77_80n, 5n],
    ['2024-06-09', 77_80n, 5n],
    ['2024-06-10', 77_80n, 1n],
    ['2024-06-10', 250_00n, 5n],
    ['2025-04-14', 12_000_00n, 5n],
    ['2025-04-15', 12_000_00n, 1_00n],
  ])('on %s a price of %s moved by %s', (date, price, tick) => {
    expect(tickSizeOn(date, price)).toBe(tick);
  });

  it('has always been the same for indices and dollars', () => {
    expect(tickSizeOn('2015-07-03', 8_000_00n, 'INDEX')).toBe(5n);
    expect(tickSizeOn('2013-10-11', 185_00n, 'EQUITY', 'USD')).toBe(1n);
  });
});

describe('priceBand', () => {
  it('rounds inward to ticks', () => {
    // 1,405.70 x 0.9 = 1,265.13 and x 1.1 = 1,546.27: the tick of 0.10 leaves 1,265.20 to 1,546.20.
    expect(priceBand(1_405_70n, 1_000)).toEqual({ lower: 1_265_20n, upper: 1_546_20n });
    expect(priceBand(100_00n, 2_000, 5n)).toEqual({ lower: 80_00n, upper: 120_00n });
  });

  it('never goes below one tick', () => {
    expect(priceBand(3n, 10_000, 1n).lower).toBe(1n);
  });

  it('holds the widest span of ticks that lies inside the exact band', () => {
    const price = fc.bigInt({ min: 100n, max: 200_000_00n });
    fc.assert(
      fc.property(price, fc.integer({ min: 100, max: 2_000 }), (reference, bps) => {
        const tick = tickSizeFor(reference);
        const { lower, upper } = priceBand(reference, bps);
        const scaled = (bound: bigint): bigint => bound * 10_000n;
        const lowest = reference * BigInt(10_000 - bps);
        const highest = reference * BigInt(10_000 + bps);
        expect(isOnTick(lower, tick) && isOnTick(upper, tick)).toBe(true);
        expect(scaled(lower) >= lowest && scaled(lower - tick) < lowest).toBe(true);
        expect(scaled(upper) <= highest && scaled(upper + tick) > highest).toBe(true);
      }),
    );
  });
});

describe('symbols', () => {
  it.each(['RELIANCE', 'M&M', 'BAJAJ-AUTO', '20MICRONS', 'BSE:SENSEX', 'A'])('accepts %s', (symbol) => {
    expect(isSymbol(symbol)).toBe(true);
  });

  it.each([
    '',
    'reliance',
    'NSE:RELIANCE',
    'BSE:',
    'BSE:BSE:TCS',
    '-TCS',
    'A B',
    `A${'B'.repeat(30)}`,
    'TCS\n',
  ])('refuses %j', (symbol) => {
    expect(isSymbol(symbol)).toBe(false);
  });

  it('tells the exchange from the symbol and back', () => {
    expect(exchangeOf('BSE:TCS')).toBe('BSE');
    expect(exchangeOf('TCS')).toBe('NSE');
    for (const symbol of ['TCS', 'BSE:TCS'])
      expect(symbolOf(exchangeOf(symbol), listingOf(symbol))).toBe(symbol);
  });
});

it('trades everything but indices', () => {
  expect((['EQUITY', 'ETF', 'INDEX'] as const).map((kind) => isTradable({ kind }))).toEqual([
    true,
    true,
    false,
  ]);
});
