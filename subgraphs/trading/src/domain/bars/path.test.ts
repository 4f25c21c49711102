import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CandleBuilder, type Candle } from '../candle.ts';
import { pathOf } from './path.ts';

const START = Date.parse('2021-03-04T03:45:00.000Z');
const MIDNIGHT = Date.parse('2021-03-03T18:30:00.000Z');

function bar(open: bigint, high: bigint, low: bigint, close: bigint, volume: bigint): Candle {
  return { start: START, open, high, low, close, volume };
}

describe('pathOf', () => {
  it('goes down first in a bar that rose, and up first in one that fell', () => {
    const prices = (candle: Candle): bigint[] => pathOf(candle, 'ONE_MINUTE').map(({ price }) => price);
    expect(prices(bar(10n, 14n, 8n, 12n, 4n))).toEqual([10n, 8n, 14n, 12n]);
    expect(prices(bar(12n, 14n, 8n, 10n, 4n))).toEqual([12n, 14n, 8n, 10n]);
    expect(prices(bar(10n, 12n, 10n, 12n, 4n))).toEqual([10n, 12n]);
    expect(prices(bar(10n, 10n, 10n, 10n, 4n))).toEqual([10n]);
  });

  it('gives what cannot be split evenly to the first prints', () => {
    expect(pathOf(bar(10n, 14n, 8n, 12n, 11n), 'ONE_MINUTE').map(({ quantity }) => quantity)).toEqual([
      3n,
      3n,
      3n,
      2n,
    ]);
  });

  it('spreads over the minute, or over the session of the day', () => {
    expect(pathOf(bar(10n, 14n, 8n, 12n, 4n), 'ONE_MINUTE').map(({ at }) => at - START)).toEqual([
      0, 15_000, 30_000, 45_000,
    ]);
    const day = pathOf({ ...bar(10n, 14n, 8n, 12n, 4n), start: MIDNIGHT }, 'ONE_DAY').map(({ at }) =>
      new Date(at).toISOString().slice(11, 16),
    );
    expect(day).toEqual(['03:45', '05:18', '06:52', '08:26']);
  });

  it('makes exactly the bar again', () => {
    const price = fc.bigInt({ min: 1n, max: 50n });
    fc.assert(
      fc.property(
        price,
        price,
        price,
        price,
        fc.bigInt({ min: 0n, max: 1_000n }),
        fc.boolean(),
        (a, b, c, d, volume, isDay) => {
          const [low, one, other, high] = [a, b, c, d].sort((x, y) => (x < y ? -1 : 1)) as [
            bigint,
            bigint,
            bigint,
            bigint,
          ];
          const interval = isDay ? 'ONE_DAY' : 'ONE_MINUTE';
          const [open, close] = a < b ? [one, other] : [other, one];
          const candle = { start: isDay ? MIDNIGHT : START, open, high, low, close, volume };
          const builder = new CandleBuilder(interval);
          for (const print of pathOf(candle, interval))
            expect(builder.add(print)).toEqual({ closed: undefined, accepted: true });
          expect(builder.current).toEqual(candle);
        },
      ),
    );
  });
});
