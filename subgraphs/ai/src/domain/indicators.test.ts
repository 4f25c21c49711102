import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle } from './candle.ts';
import { atr, bollinger, ema, indicatorsOf, macd, rsi, sma, type Range } from './indicators.ts';

const paise = fc.integer({ min: 1, max: 10_000_000 });
const series = fc.array(paise, { minLength: 0, maxLength: 90 });
const period = fc.integer({ min: 1, max: 30 });
const bars = fc.array(
  fc.tuple(paise, paise, paise).map((three) => {
    const [low, close, high] = three.sort((a, b) => a - b);
    return { low, close, high };
  }),
  { maxLength: 60 },
);

function close(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [index, value] of expected.entries()) {
    expect(Math.abs((actual[index] as number) - value)).toBeLessThanOrEqual(
      1e-6 * Math.max(1, Math.abs(value)),
    );
  }
}

const DAY_MS = 86_400_000;
function candles(closes: readonly number[]): Candle[] {
  return closes.map((value, index) => ({
    startMs: index * DAY_MS,
    open: BigInt(value),
    high: BigInt(value + 50),
    low: BigInt(value - 50),
    close: BigInt(value),
  }));
}

describe('sma', () => {
  it('is the mean of each window', () => {
    expect(sma([1, 2, 3, 6], 2)).toEqual([1.5, 2.5, 4.5]);
    expect(sma([1, 2], 3)).toEqual([]);
  });

  it('lies between the least and the greatest of its window', () => {
    fc.assert(
      fc.property(series, period, (values, length) => {
        for (const [index, value] of sma(values, length).entries()) {
          const window = values.slice(index, index + length);
          expect(value).toBeGreaterThanOrEqual(Math.min(...window) - 1e-6);
          expect(value).toBeLessThanOrEqual(Math.max(...window) + 1e-6);
        }
      }),
    );
  });
});

describe('ema', () => {
  it('begins with the mean and then weighs the newest value by 2 / (period + 1)', () => {
    // Mean of 2, 4, 6 is 4; half of the way from 4 to 12 is 8; half of the way from 8 to 2 is 5.
    expect(ema([2, 4, 6, 12, 2], 3)).toEqual([4, 8, 5]);
    expect(ema([2, 4], 3)).toEqual([]);
  });

  it('agrees with the weighted sum that the recursion stands for', () => {
    fc.assert(
      fc.property(series, period, (values, length) => {
        const weight = 2 / (length + 1);
        const expected = values.slice(length - 1).map((_, end) => {
          const seed = values.slice(0, length).reduce((sum, value) => sum + value, 0) / length;
          let sum = (1 - weight) ** end * seed;
          for (let age = 0; age < end; age++) {
            sum += weight * (1 - weight) ** age * (values[length - 1 + end - age] as number);
          }
          return sum;
        });
        close(ema(values, length), values.length < length ? [] : expected);
      }),
    );
  });
});

describe('rsi', () => {
  it('follows a worked example', () => {
    // Changes +2, -1, +3. Average gain 1, loss 1/2: 2/3. Then gain (1 + 3) / 2 = 2, loss 1/4: 8/9.
    close(rsi([10, 12, 11, 14], 2), [200 / 3, 800 / 9]);
  });

  it('is 100 without a loss, 0 without a gain, 50 without a move', () => {
    expect(rsi([1, 2, 3, 3], 3)).toEqual([100]);
    expect(rsi([3, 2, 2, 1], 3)).toEqual([0]);
    expect(rsi([7, 7, 7, 7], 3)).toEqual([50]);
    expect(rsi([1, 2, 3], 3)).toEqual([]);
  });

  it("agrees with Wilder's own form, and turns around with the prices", () => {
    fc.assert(
      fc.property(series, period, (closes, length) => {
        const expected: number[] = [];
        let [gain, loss] = [0, 0];
        for (let index = 1; index < closes.length; index++) {
          const change = (closes[index] as number) - (closes[index - 1] as number);
          const [up, down] = [change > 0 ? change : 0, change < 0 ? -change : 0];
          if (index <= length) {
            gain += up / length;
            loss += down / length;
          } else {
            gain = (gain * (length - 1) + up) / length;
            loss = (loss * (length - 1) + down) / length;
          }
          if (index < length) continue;
          expected.push(loss > 0 ? 100 - 100 / (1 + gain / loss) : gain > 0 ? 100 : 50);
        }
        const actual = rsi(closes, length);
        close(actual, expected);
        close(
          rsi(
            closes.map((value) => -value),
            length,
          ),
          actual.map((value) => 100 - value),
        );
      }),
    );
  });
});

describe('macd', () => {
  it('follows a worked example', () => {
    // Fast is the price itself; slow: 3/2, 19/6, 115/18, 691/54; so the line is 1/2, 5/6, 29/18, 173/54.
    const result = macd([1, 2, 4, 8, 16], 1, 2, 2);
    close(
      result.map((each) => each.macd),
      [5 / 6, 29 / 18, 173 / 54],
    );
    // Signal: mean of 1/2 and 5/6, then two thirds of the way each time.
    close(
      result.map((each) => each.signal),
      [2 / 3, 35 / 27, 208 / 81],
    );
    close(
      result.map((each) => each.histogram),
      [1 / 6, 17 / 54, 103 / 162],
    );
  });

  it('begins with the bar at which the signal is defined, and is nothing for a price that stands still', () => {
    expect(macd(Array<number>(33).fill(500), 12, 26, 9)).toEqual([]);
    expect(macd(Array<number>(34).fill(500), 12, 26, 9)).toEqual([{ macd: 0, signal: 0, histogram: 0 }]);
  });

  it('is above zero while the price rises steadily and below while it falls', () => {
    const rising = Array.from({ length: 60 }, (_, index) => 10_000 + 100 * index);
    // A moving average with weight 2 / (n + 1) trails a line by (n - 1) / 2 steps: (25 - 11) / 2 steps of 100.
    expect(macd(rising, 12, 26, 9).at(-1)?.macd).toBeCloseTo(700, 6);
    expect(macd(rising.reverse(), 12, 26, 9).at(-1)?.macd).toBeCloseTo(-700, 6);
  });
});

describe('bollinger', () => {
  it('follows a worked example: mean 5, population deviation 2', () => {
    expect(bollinger([2, 4, 4, 4, 5, 5, 7, 9], 8, 2)).toEqual([{ lower: 1, middle: 5, upper: 9 }]);
    expect(bollinger([2, 4], 3, 2)).toEqual([]);
  });

  it('moves and stretches with the prices, and agrees with the deviation by raw moments', () => {
    fc.assert(
      fc.property(series, period, fc.integer({ min: 1, max: 9 }), (closes, length, factor) => {
        const result = bollinger(closes, length, 2);
        const moved = bollinger(
          closes.map((value) => factor * value + 7),
          length,
          2,
        );
        for (const name of ['lower', 'middle', 'upper'] as const) {
          close(
            moved.map((bands) => bands[name]),
            result.map((bands) => factor * bands[name] + 7),
          );
        }
        result.forEach(({ upper, middle }, index) => {
          const window = closes.slice(index, index + length).map(BigInt);
          const n = BigInt(window.length);
          const sum = window.reduce((a, b) => a + b, 0n);
          const squares = window.reduce((a, b) => a + b * b, 0n);
          const deviation = Math.sqrt(Number(n * squares - sum * sum)) / Number(n);
          expect(upper - middle).toBeCloseTo(2 * deviation, 3);
        });
      }),
    );
  });
});

describe('atr', () => {
  const bar = (high: number, low: number, close: number): Range => ({ high, low, close });

  it('follows a worked example', () => {
    // Ranges: 11 - 9; 15 - 10 with the gap up from 10; 13 - 11; 12 - 4 with the gap down from 12.
    const given = [bar(10, 8, 9), bar(11, 9, 10), bar(15, 12, 13), bar(13, 11, 12), bar(6, 4, 5)];
    expect(atr(given, 2)).toEqual([3.5, 2.75, 5.375]);
    expect(atr(given.slice(0, 2), 2)).toEqual([]);
  });

  it("agrees with Wilder's three distances", () => {
    fc.assert(
      fc.property(bars, period, (given, length) => {
        const distances = given.slice(1).map(({ high, low }, index) => {
          const before = (given[index] as Range).close;
          return Math.max(high - low, Math.abs(high - before), Math.abs(low - before));
        });
        const expected: number[] = [];
        for (let index = length - 1; index < distances.length; index++) {
          const last = expected.at(-1);
          const value = distances[index] as number;
          expected.push(
            last === undefined
              ? distances.slice(0, length).reduce((sum, each) => sum + each, 0) / length
              : (last * (length - 1) + value) / length,
          );
        }
        close(atr(given, length), expected);
      }),
    );
  });
});

describe('indicatorsOf', () => {
  it('is null without a bar', () => {
    expect(indicatorsOf([])).toBeNull();
  });

  it('gives each indicator from the bar on at which it is defined', () => {
    const bars = candles(Array.from({ length: 40 }, (_, index) => 10_000 + ((index * 37) % 11) * 100));
    const definedFrom = { rsi14: 15, atr14: 15, sma20: 20, ema20: 20, bollinger: 20, macd: 34 } as const;
    for (let count = 1; count <= bars.length; count++) {
      const result = indicatorsOf(bars.slice(0, count));
      expect(result?.asOfMs).toBe((count - 1) * DAY_MS);
      for (const [name, from] of Object.entries(definedFrom)) {
        expect(result?.[name as keyof typeof definedFrom] !== null, `${name} at ${count}`).toBe(
          count >= from,
        );
      }
    }
  });

  it('answers in whole paise for a price that rises by one rupee a day', () => {
    const bars = candles(Array.from({ length: 200 }, (_, index) => 100_000 + 100 * index));
    expect(indicatorsOf(bars)).toEqual({
      asOfMs: 199 * DAY_MS,
      sma20: 118_950n,
      ema20: 118_950n,
      macd: { macd: 700n, signal: 700n, histogram: 0n },
      // The population deviation of twenty steps of 100 is 100 sqrt(399 / 12).
      bollinger: { lower: 118_950n - 1_153n, middle: 118_950n, upper: 118_950n + 1_153n },
      // From the close before to the high: one step and the half of the bar.
      atr14: 150n,
      rsi14: 100,
    });
  });
});
