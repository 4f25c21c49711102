import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LotBook } from './lots.ts';
import { NOTHING, applyFill, applySplit } from './position.ts';
import { splitPrice, splitQuantity, splitRatio, type SplitRatio } from './split.ts';

describe('a split', () => {
  it('is read from the factor of earlier prices', () => {
    const ratio = (numerator: bigint, denominator: bigint): SplitRatio => ({ numerator, denominator });
    expect(splitRatio('0.2')).toEqual(ratio(5n, 1n));
    expect(splitRatio('0.5')).toEqual(ratio(2n, 1n));
    expect(splitRatio('0.666667')).toEqual(ratio(3n, 2n));
    expect(splitRatio('0.333333333')).toEqual(ratio(3n, 1n));
    expect(splitRatio('0.909091')).toEqual(ratio(11n, 10n));
    expect(splitRatio('10')).toEqual(ratio(1n, 10n));
    expect(splitRatio('1.000')).toEqual(ratio(1n, 1n));
    expect(splitRatio('0.987123457')).toEqual(ratio(10n ** 18n, 987_123_457n * 10n ** 9n));
    expect(() => splitRatio('0')).toThrow(RangeError);
  });

  it('makes other units and other prices of the same whole', () => {
    const threeForTwo = { numerator: 3n, denominator: 2n };
    expect(splitQuantity(11n, threeForTwo)).toBe(16n);
    expect(splitPrice(100_00n, threeForTwo)).toBe(66_67n);
  });

  it('leaves the same units and the same money in positions as in lots, whatever is bought, split and sold', () => {
    const fill = fc.record({
      isSale: fc.boolean(),
      price: fc.bigInt(1n, 1_000_00n),
      quantity: fc.bigInt(1n, 99n),
    });
    const ratio = fc.record({ numerator: fc.bigInt(1n, 10n), denominator: fc.bigInt(1n, 10n) });
    fc.assert(
      fc.property(fc.array(fc.oneof(fill, fill, ratio), { maxLength: 30 }), (steps) => {
        const lots = new LotBook();
        let [position, cash] = [NOTHING, 0n];
        for (const step of steps) {
          if ('numerator' in step) {
            lots.split(step);
            position = applySplit(position, step);
            continue;
          }
          const { isSale, price, quantity } = step;
          if (isSale && quantity > position.quantity) continue;
          const side = isSale ? 'SELL' : 'BUY';
          lots.trade({ side, price, quantity, date: '2026-01-20' });
          position = applyFill(position, side, price, quantity);
          cash += isSale ? price * quantity : -price * quantity;
        }
        expect(position.quantity).toBe(lots.quantity);
        // What is left at cost and what was taken in profit account for all cash, by either way of counting.
        expect(position.realised - position.cost).toBe(cash);
        expect(lots.realised - lots.cost).toBe(cash);
      }),
    );
  });
});
