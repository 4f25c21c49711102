/** How much an instrument is expected to move, from its daily closes. */
import { closesOf, type Candle } from './candle.ts';
import { fitGarch } from './garch.ts';

export type ForecastModel = 'GARCH' | 'EWMA';

/** Rates are fractions: 0.25 is 25 %. */
export interface Forecast {
  /** Standard deviation of the next day's log return, times the square root of 252 trading days. */
  readonly annualisedVolatility: number;
  /** Share of the price that a holder loses by the next close, or more, with a probability of 1 %. */
  readonly valueAtRisk99: number;
  /** Mean share of the price that a holder loses in that 1 % of cases. */
  readonly expectedShortfall99: number;
  readonly model: ForecastModel;
  readonly asOfMs: number;
  /** Daily returns that went into it. */
  readonly observations: number;
}

export const TRADING_DAYS_A_YEAR = 252;
export const OBSERVATIONS_MIN = 30;
/** Fewer than a year of returns does not tell a GARCH model's parameters; a year in India has about 245 sessions. */
export const GARCH_OBSERVATIONS_MIN = 240;
/** Four years: long enough for the parameters, short enough to be about this market. */
export const OBSERVATIONS_MAX = 1_000;
/** Decay of the exponentially weighted variance of daily returns (RiskMetrics Technical Document, 4th ed., 1996). */
export const EWMA_DECAY = 0.94;

/**
 * The forecast for the day after the last bar; null with fewer than 30 daily returns, or when the price never moved.
 * GARCH(1,1) where there is a year of returns that determines it, else the exponentially weighted variance.
 */
export function forecastOf(candles: readonly Candle[]): Forecast | null {
  const last = candles.at(-1);
  const returns = logReturns(closesOf(candles.slice(-(OBSERVATIONS_MAX + 1))));
  if (!last || returns.length < OBSERVATIONS_MIN || returns.every((value) => value === 0)) return null;
  const garch = returns.length < GARCH_OBSERVATIONS_MIN ? undefined : fitGarch(returns);
  const deviation = Math.sqrt(garch?.nextVariance ?? ewmaVariance(returns, EWMA_DECAY));
  return {
    annualisedVolatility: deviation * Math.sqrt(TRADING_DAYS_A_YEAR),
    valueAtRisk99: valueAtRisk99(deviation),
    expectedShortfall99: expectedShortfall99(deviation),
    model: garch ? 'GARCH' : 'EWMA',
    asOfMs: last.startMs,
    observations: returns.length,
  };
}

/** ln(close / close before), from one bar to the next, whatever nights and holidays lie between. */
export function logReturns(closes: readonly number[]): number[] {
  return closes.slice(1).map((close, index) => Math.log(close / (closes[index] as number)));
}

/**
 * Variance of the next return around a mean of zero: squares weighted by decay^age. The weights are made to sum to
 * one, so no starting value has to be invented; for a long history this is RiskMetrics' recursion
 * `variance = decay * variance + (1 - decay) * return^2`.
 */
export function ewmaVariance(returns: readonly number[], decay: number): number {
  let weighted = 0;
  let weights = 0;
  for (const value of returns) {
    weighted = decay * weighted + value ** 2;
    weights = decay * weights + 1;
  }
  return weighted / weights;
}

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.326347874040841;

/**
 * Both risks assume that the day's log return is normal with mean zero: over one day the drift is small beside the
 * deviation and cannot be estimated. Real tails are fatter, so take them as a lower bound on stress.
 */
export function valueAtRisk99(deviation: number): number {
  return -Math.expm1(-Z99 * deviation);
}

/** Mean of 1 - exp(return) where the return is below its first percentile: a partial expectation of the lognormal law. */
export function expectedShortfall99(deviation: number): number {
  return 1 - (Math.exp(deviation ** 2 / 2) * upperTail(Z99 + deviation)) / 0.01;
}

/**
 * Probability that a standard normal variable exceeds `x`, for x of 2 and more, by Laplace's continued fraction
 * (NIST Digital Library of Mathematical Functions, 7.9): phi(x) / (x + 1 / (x + 2 / (x + 3 / ...))).
 */
export function upperTail(x: number): number {
  let denominator = x;
  for (let term = 120; term > 0; term--) denominator = x + term / denominator;
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI) / denominator;
}
