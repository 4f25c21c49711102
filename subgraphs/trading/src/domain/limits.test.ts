import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freezeQuantityOn, sliceQuantity } from './limits.ts';

describe('freezeQuantityOn', () => {
  it.each([
    ['1999-12-31', 'EQUITY', undefined],
    ['2000-01-01', 'EQUITY', 100_000n],
    ['2026-01-05', 'ETF', 100_000n],
    ['2026-01-05', 'INDEX', undefined],
  ] as const)('on %s of an %s is %s', (date, kind, units) => {
    expect(freezeQuantityOn(date, kind)).toBe(units);
  });
});

describe('sliceQuantity', () => {
  it('leaves what is small enough whole, and cuts the rest', () => {
    expect(sliceQuantity(100n, 100n, 1n)).toEqual([100n]);
    expect(sliceQuantity(101n, 100n, 1n)).toEqual([100n, 1n]);
    expect(sliceQuantity(250n, 100n, 1n)).toEqual([100n, 100n, 50n]);
    expect(sliceQuantity(240n, 100n, 30n)).toEqual([90n, 90n, 60n]);
  });

  it('loses nothing, and gives whole lots within the limit', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 500n), fc.bigInt(1n, 7n), fc.bigInt(10n, 90n), (lots, lotSize, freeze) => {
        const slices = sliceQuantity(lots * lotSize, freeze, lotSize);
        expect(slices.reduce((sum, each) => sum + each, 0n)).toBe(lots * lotSize);
        expect(slices.every((each) => each > 0n && each <= freeze && each % lotSize === 0n)).toBe(true);
      }),
    );
  });
});
