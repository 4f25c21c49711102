import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle } from './candle.ts';
import {
  EWMA_DECAY,
  GARCH_OBSERVATIONS_MIN,
  OBSERVATIONS_MAX,
  ewmaVariance,
  expectedShortfall99,
  forecastOf,
  logReturns,
  upperTail,
  valueAtRisk99,
} from './volatility.ts';

function candles(closes: readonly number[]): Candle[] {
  return closes.map((close, index) => {
    const price = BigInt(Math.round(close));
    return { startMs: index * 86_400_000, open: price, high: price, low: price, close: price };
  });
}

/** Closes whose returns come in calm and nervous stretches, the same at every run. */
function restless(count: number): number[] {
  const closes = [100_000];
  let state = 12_345;
  let deviation = 0.01;
  for (let index = 1; index < count; index++) {
    let sum = 0;
    for (let part = 0; part < 12; part++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      sum += state / 4_294_967_296;
    }
    const move = deviation * (sum - 6);
    deviation = Math.sqrt(8e-6 + 0.12 * move ** 2 + 0.82 * deviation ** 2);
    closes.push((closes[index - 1] as number) * Math.exp(move));
  }
  return closes;
}

describe('logReturns', () => {
  it('are the logarithms of price ratios, and add up to the whole way', () => {
    expect(logReturns([100, 110, 99])).toEqual([Math.log(1.1), Math.log(0.9)]);
    expect(logReturns([100])).toEqual([]);
    expect(logReturns([])).toEqual([]);
    const closes = restless(50);
    const sum = logReturns(closes).reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(Math.log((closes.at(-1) as number) / 100_000), 12);
  });
});

describe('ewmaVariance', () => {
  it('follows a worked example', () => {
    // Squares 4, 1, 9 with weights 1/4, 1/2, 1: (1 + 0.5 + 9) / 1.75.
    expect(ewmaVariance([2, -1, 3], 0.5)).toBeCloseTo(6, 12);
  });

  it('is the recursion of RiskMetrics once the beginning is forgotten', () => {
    const returns = logReturns(restless(800));
    let variance = 1;
    for (const value of returns) variance = EWMA_DECAY * variance + (1 - EWMA_DECAY) * value ** 2;
    expect(ewmaVariance(returns, EWMA_DECAY) / variance).toBeCloseTo(1, 9);
  });

  it('lies between the least and the greatest square', () => {
    const returns = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(returns, (values) => {
        const squares = values.map((value) => value ** 2);
        const variance = ewmaVariance(values, EWMA_DECAY);
        expect(variance).toBeGreaterThanOrEqual(Math.min(...squares) - 1e-12);
        expect(variance).toBeLessThanOrEqual(Math.max(...squares) + 1e-12);
      }),
    );
  });
});

describe('the normal tail', () => {
  it.each([
    // Tabulated values of the complementary distribution function.
    [2, 0.022750131948179],
    [2.326347874040841, 0.01],
    [3, 0.0013498980316301],
    [5, 2.8665157187919e-7],
  ])('beyond %d', (x, probability) => {
    expect(upperTail(x) / probability).toBeCloseTo(1, 12);
  });
});

describe('risk', () => {
  it('is nothing without deviation', () => {
    expect(valueAtRisk99(0)).toBeCloseTo(0, 15);
    expect(expectedShortfall99(0)).toBeCloseTo(0, 12);
  });

  it.each([0.001, 0.02, 0.1, 0.6])(
    'agrees with counting through the distribution, deviation %d',
    (deviation) => {
      // Midpoints of equal slices of the standard normal line, weighed by its density.
      const slice = 1e-4;
      let [below, probability, loss] = [0, 0, 0];
      const worst = Math.log(1 - valueAtRisk99(deviation)) / deviation;
      for (let x = -12 + slice / 2; x < worst; x += slice) {
        const weight = (slice * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
        probability += weight;
        loss += weight * (1 - Math.exp(deviation * x));
        below++;
      }
      expect(below).toBeGreaterThan(10_000);
      expect(probability).toBeCloseTo(0.01, 5);
      expect(expectedShortfall99(deviation) / (loss / probability)).toBeCloseTo(1, 4);
    },
  );

  it('grows with the deviation and never takes more than all', () => {
    const deviations = fc.tuple(
      fc.double({ min: 1e-6, max: 3, noNaN: true }),
      fc.double({ min: 1e-4, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(deviations, ([small, more]) => {
        expect(valueAtRisk99(small)).toBeLessThan(valueAtRisk99(small + more));
        expect(expectedShortfall99(small)).toBeGreaterThan(valueAtRisk99(small));
        expect(expectedShortfall99(small + more)).toBeLessThan(1);
      }),
    );
  });
});

describe('forecastOf', () => {
  it('is null with fewer than 30 returns, or when the price never moved', () => {
    expect(forecastOf([])).toBeNull();
    expect(forecastOf(candles(restless(1)))).toBeNull();
    expect(forecastOf(candles(restless(30)))).toBeNull();
    expect(forecastOf(candles(restless(31)))).toMatchObject({ model: 'EWMA', observations: 30 });
    expect(forecastOf(candles(Array<number>(300).fill(100_000)))).toBeNull();
  });

  it('is the exponentially weighted one with less than a year of returns', () => {
    const closes = restless(GARCH_OBSERVATIONS_MIN).map(Math.round);
    const deviation = Math.sqrt(ewmaVariance(logReturns(closes), EWMA_DECAY));
    expect(forecastOf(candles(closes))).toEqual({
      annualisedVolatility: deviation * Math.sqrt(252),
      valueAtRisk99: valueAtRisk99(deviation),
      expectedShortfall99: expectedShortfall99(deviation),
      model: 'EWMA',
      asOfMs: (GARCH_OBSERVATIONS_MIN - 1) * 86_400_000,
      observations: GARCH_OBSERVATIONS_MIN - 1,
    });
  });

  it('is a GARCH model where a year and more determines one', () => {
    const forecast = forecastOf(candles(restless(800)));
    expect(forecast).toMatchObject({ model: 'GARCH', observations: 799 });
    expect(forecast?.annualisedVolatility).toBeGreaterThan(0.05);
    expect(forecast?.annualisedVolatility).toBeLessThan(0.6);
    const daily = (forecast?.annualisedVolatility ?? 0) / Math.sqrt(252);
    expect(forecast?.valueAtRisk99).toBeCloseTo(valueAtRisk99(daily), 12);
    expect(forecast?.expectedShortfall99).toBeCloseTo(expectedShortfall99(daily), 12);
  });

  it('falls back where a year of returns does not determine a GARCH model', () => {
    // Steps of 2 % and of a tenth take turns, so that nothing clusters.
    const steps = [1.02, 1.001, 1 / 1.02, 1 / 1.001];
    const closes = [100_000];
    for (let index = 1; index < 300; index++) {
      closes.push((closes[index - 1] as number) * (steps[index % 4] as number));
    }
    expect(forecastOf(candles(closes))).toMatchObject({ model: 'EWMA', observations: 299 });
  });

  it('looks back four years and no further', () => {
    const closes = restless(OBSERVATIONS_MAX + 1);
    const wild = [...closes.slice(0, 50).map((value, index) => (index % 2 ? value : value * 3)), ...closes];
    const { asOfMs: _, ...expected } = forecastOf(candles(closes)) ?? { asOfMs: 0 };
    expect(forecastOf(candles(wild))).toMatchObject(expected);
    expect(expected).toMatchObject({ observations: OBSERVATIONS_MAX });
  });

  it('expects more after a wild day than after a calm one', () => {
    for (const count of [100, 800]) {
      const closes = restless(count);
      const last = closes.at(-1) as number;
      const calm = forecastOf(candles([...closes, last * 1.001]))?.annualisedVolatility ?? 0;
      const wild = forecastOf(candles([...closes, last * 0.93]))?.annualisedVolatility ?? 0;
      expect(wild).toBeGreaterThan(1.2 * calm);
    }
  });
});
