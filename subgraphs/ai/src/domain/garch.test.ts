import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitGarch, likelihood, lossAt, type Garch } from './garch.ts';

/** Standard normal numbers from a seed: mulberry32 and Box-Muller. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 4_294_967_296;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

function simulate({ mu, omega, alpha, beta }: Garch, count: number, seed: number): number[] {
  const normal = normals(seed);
  let variance = omega / (1 - alpha - beta);
  return Array.from({ length: count }, () => {
    const error = Math.sqrt(variance) * normal();
    variance = omega + alpha * error ** 2 + beta * variance;
    return mu + error;
  });
}

/** About 20 % a year: omega / (1 - alpha - beta) is 1.6e-4 a day. */
const truth: Garch = { mu: 5e-4, omega: 8e-6, alpha: 0.1, beta: 0.85 };

describe('likelihood', () => {
  it('follows a worked example', () => {
    // Errors 1 and -1: both squares, and what stands before the sample, are 1. With omega 1, alpha 1/4 and beta 1/2 the
    // variances are 1.75, then 1 + 0.25 + 0.875 = 2.125, and 1 + 0.25 + 1.0625 comes next.
    const { logLikelihood, nextVariance } = likelihood([3, 1], { mu: 2, omega: 1, alpha: 0.25, beta: 0.5 });
    expect(nextVariance).toBeCloseTo(2.3125, 12);
    const expected =
      -0.5 * (2 * Math.log(2 * Math.PI) + Math.log(1.75) + 1 / 1.75 + Math.log(2.125) + 1 / 2.125);
    expect(logLikelihood).toBeCloseTo(expected, 12);
  });
});

describe('lossAt', () => {
  const point = fc.tuple(
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.double({ min: -5, max: 1, noNaN: true }),
    fc.double({ min: -1, max: 4, noNaN: true }),
    fc.double({ min: -3, max: 2, noNaN: true }),
  );
  const returns = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 2, maxLength: 40 });

  it('is the likelihood with its sign turned, without its constant, a return', () => {
    fc.assert(
      fc.property(returns, point, (values, [mu, logOmega, b, c]) => {
        const persistence = 1 / (1 + Math.exp(-b));
        const alpha = persistence / (1 + Math.exp(-c));
        const { logLikelihood } = likelihood(values, {
          mu,
          omega: Math.exp(logOmega),
          alpha,
          beta: persistence - alpha,
        });
        const expected = -logLikelihood / values.length - 0.5 * Math.log(2 * Math.PI);
        expect(lossAt(values, [mu, logOmega, b, c]).value).toBeCloseTo(expected, 9);
      }),
    );
  });

  it('has the gradient that small steps find', () => {
    fc.assert(
      fc.property(returns, point, (values, at) => {
        const { gradient } = lossAt(values, at);
        const step = 1e-5;
        for (const [index, slope] of gradient.entries()) {
          const beside = (by: number): number =>
            lossAt(
              values,
              at.map((part, other) => (other === index ? part + by : part)),
            ).value;
          const found = (beside(step) - beside(-step)) / (2 * step);
          expect(Math.abs(slope - found)).toBeLessThan(1e-5 * Math.max(1, Math.abs(slope)));
        }
      }),
    );
  });
});

describe('fitGarch', () => {
  it('finds the parameters that made a long series', () => {
    const fit = fitGarch(simulate(truth, 20_000, 1));
    expect(fit?.alpha).toBeCloseTo(truth.alpha, 1);
    expect(Math.abs((fit?.alpha ?? 0) - truth.alpha)).toBeLessThan(0.015);
    expect(Math.abs((fit?.beta ?? 0) - truth.beta)).toBeLessThan(0.02);
    expect((fit?.omega ?? 0) / truth.omega).toBeGreaterThan(0.75);
    expect((fit?.omega ?? 0) / truth.omega).toBeLessThan(1.33);
    expect(Math.abs((fit?.mu ?? 0) - truth.mu)).toBeLessThan(3e-4);
  });

  it('finds nothing more likely elsewhere', () => {
    const returns = simulate(truth, 1_000, 2);
    const fit = fitGarch(returns);
    if (!fit) throw new Error('no fit');
    expect(fit.logLikelihood).toBeGreaterThan(likelihood(returns, truth).logLikelihood);
    fc.assert(
      fc.property(
        fc.double({ min: -1e-3, max: 1e-3, noNaN: true }),
        fc.double({ min: -0.5, max: 0.5, noNaN: true }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (shift, stretch, persistence, share) => {
          const anywhere = {
            mu: fit.mu + shift,
            omega: fit.omega * Math.exp(stretch),
            alpha: persistence * share,
            beta: persistence * (1 - share),
          };
          expect(likelihood(returns, anywhere).logLikelihood).toBeLessThanOrEqual(fit.logLikelihood + 1e-9);
        },
      ),
      { numRuns: 500 },
    );
    for (const name of ['mu', 'omega', 'alpha', 'beta'] as const) {
      for (const factor of [0.999, 1.001]) {
        const beside = { ...fit, [name]: fit[name] * factor };
        expect(likelihood(returns, beside).logLikelihood).toBeLessThan(fit.logLikelihood);
      }
    }
  });

  it('does not depend on the unit of the returns', () => {
    const returns = simulate(truth, 500, 3);
    const fractions = fitGarch(returns);
    const percents = fitGarch(returns.map((value) => value * 100));
    expect(percents?.alpha).toBeCloseTo(fractions?.alpha ?? 0, 6);
    expect(percents?.beta).toBeCloseTo(fractions?.beta ?? 0, 6);
    expect((percents?.omega ?? 0) / (fractions?.omega ?? 1)).toBeCloseTo(10_000, 0);
    expect((percents?.nextVariance ?? 0) / (fractions?.nextVariance ?? 1)).toBeCloseTo(10_000, 1);
  });

  it('gives no fit where the returns do not determine one', () => {
    expect(fitGarch([])).toBeUndefined();
    expect(fitGarch(Array<number>(300).fill(0))).toBeUndefined();
    expect(fitGarch(Array<number>(300).fill(0.01))).toBeUndefined();
    // Wild and calm days take turns: a wild day never foretells another.
    const turns = Array.from(
      { length: 400 },
      (_, index) => [0.02, 0.001, -0.02, -0.001][index % 4] as number,
    );
    expect(fitGarch(turns)).toBeUndefined();
  });

  it('never throws and never foresees a variance that is none', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -0.3, max: 0.3, noNaN: true }), { maxLength: 60 }), (returns) => {
        const fit = fitGarch(returns);
        if (!fit) return;
        expect(fit.nextVariance).toBeGreaterThan(0);
        expect(Number.isFinite(fit.nextVariance)).toBe(true);
        expect(fit.alpha + fit.beta).toBeLessThan(1);
      }),
    );
  });
});
