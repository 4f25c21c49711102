import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal, multiplyRatio, parseDecimal } from './money.ts';

describe('decimal strings', () => {
  it.each([
    ['1405.70', 140_570n],
    ['0', 0n],
    ['-0.05', -5n],
    ['7', 700n],
    ['7.1', 710n],
    ['185.1500', 18_515n],
  ])('%s is %s minor units', (text, minor) => {
    expect(parseDecimal(text)).toBe(minor);
  });

  it.each(['', '.', '1.', '.5', '1.005', '1,000', '1e3', ' 1', '+1', 'NaN', '0x10', '--1', '1'.repeat(31)])(
    'refuses %j',
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
    },
  );

  it('survives writing and reading', () => {
    fc.assert(
      fc.property(
        fc.bigInt(),
        (minor) => parseDecimal(formatDecimal(minor)) === minor || minor.toString().length > 30,
      ),
    );
  });
});

describe('multiplyRatio', () => {
  it('rounds half away from zero on both sides', () => {
    expect([multiplyRatio(5n, 1n, 2n), multiplyRatio(-5n, 1n, 2n), multiplyRatio(4n, 1n, 3n)]).toEqual([
      3n,
      -3n,
      1n,
    ]);
  });

  it('is never further than half a unit from the exact quotient, and odd in the value', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), fc.bigInt({ min: 1n }), (value, numerator, denominator) => {
        const error = 2n * (multiplyRatio(value, numerator, denominator) * denominator - value * numerator);
        expect(error <= denominator && -error <= denominator).toBe(true);
        expect(multiplyRatio(-value, numerator, denominator)).toBe(
          -multiplyRatio(value, numerator, denominator),
        );
      }),
    );
  });

  it('refuses a denominator that is not positive', () => {
    expect(() => multiplyRatio(1n, 1n, 0n)).toThrow(RangeError);
  });
});
