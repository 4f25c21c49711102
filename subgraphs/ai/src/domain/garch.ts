/**
 * GARCH(1,1) with a constant mean and normal innovations (T. Bollerslev, Generalized Autoregressive Conditional
 * Heteroskedasticity, Journal of Econometrics 31, 1986):
 *
 *   r[t] = mu + e[t],   e[t] ~ N(0, h[t]),   h[t] = omega + alpha e[t-1]^2 + beta h[t-1]
 *
 * fitted by maximum likelihood. Before the sample, e^2 and h are the mean of e^2 over the sample, as in G. Fiorentini,
 * G. Calzolari and L. Panattoni (Analytic Derivatives and the Computation of GARCH Estimates, Journal of Applied
 * Econometrics 11, 1996), whose estimates for the mark-sterling returns are the usual benchmark.
 */
import { minimise, type Evaluation } from './minimise.ts';

export interface Garch {
  readonly mu: number;
  readonly omega: number;
  readonly alpha: number;
  readonly beta: number;
}

export interface GarchFit extends Garch {
  readonly logLikelihood: number;
  /** Variance of the return after the last one. */
  readonly nextVariance: number;
}

/** Where the search begins: persistence alpha + beta, and alpha's share of it. Calm and nervous markets differ. */
const STARTS = [
  { persistence: 0.95, share: 0.1 },
  { persistence: 0.8, share: 0.25 },
] as const;
/** Beyond, variance has no level to return to; below, nothing clusters and beta could be anything. */
const PERSISTENCE_MAX = 0.9999;
const ALPHA_MIN = 1e-4;
/** A deviation smaller than this share of the mean is rounding. */
const DEVIATION_ROUNDS = 1e-9;

/** The most likely parameters; undefined when the returns do not vary or do not determine the parameters. */
export function fitGarch(returns: readonly number[]): GarchFit | undefined {
  const scale = Math.sqrt(squaredDeviation(returns));
  if (!(scale > DEVIATION_ROUNDS * Math.abs(mean(returns)))) return undefined;
  // In units of the standard deviation all parameters are of one size, whatever the returns are measured in.
  const scaled = returns.map((value) => value / scale);
  const average = mean(scaled);
  const best = STARTS.map(({ persistence, share }) =>
    minimise(
      (point) => lossAt(scaled, point),
      [average, Math.log(1 - persistence), logit(persistence), logit(share)],
    ),
  )
    .filter(({ converged }) => converged)
    .sort((a, b) => a.value - b.value)[0];
  if (!best) return undefined;
  const unit = fromPoint(best.point);
  if (unit.alpha + unit.beta > PERSISTENCE_MAX || unit.alpha < ALPHA_MIN) return undefined;
  const fitted = { ...unit, mu: unit.mu * scale, omega: unit.omega * scale ** 2 };
  const { logLikelihood, nextVariance } = likelihood(returns, fitted);
  return { ...fitted, logLikelihood, nextVariance };
}

/** How likely the returns are under given parameters, and the variance these foresee for the next return. */
export function likelihood(
  returns: readonly number[],
  { mu, omega, alpha, beta }: Garch,
): { readonly logLikelihood: number; readonly nextVariance: number } {
  let variance = mean(returns.map((value) => (value - mu) ** 2));
  let square = variance;
  let sum = 0;
  for (const value of returns) {
    variance = omega + alpha * square + beta * variance;
    square = (value - mu) ** 2;
    sum += Math.log(variance) + square / variance;
  }
  return {
    logLikelihood: -0.5 * (returns.length * Math.log(2 * Math.PI) + sum),
    nextVariance: omega + alpha * square + beta * variance,
  };
}

/**
 * The search is free of bounds in (mu, ln omega, logit of alpha + beta, logit of alpha's share of it).
 * The answer is the mean of (ln h + e^2 / h) / 2 and its exact gradient.
 */
export function lossAt(returns: readonly number[], point: readonly number[]): Evaluation {
  const { mu, omega, alpha, beta } = fromPoint(point);
  const persistence = alpha + beta;
  const share = alpha / persistence;
  let square = 0;
  let slopeMu = 0;
  for (const value of returns) {
    square += (value - mu) ** 2;
    slopeMu -= 2 * (value - mu);
  }
  square /= returns.length;
  slopeMu /= returns.length;
  let variance = square;
  // Derivatives of e^2 (by mu alone) and of h (by each parameter) at the step before.
  let squareByMu = slopeMu;
  let byMu = slopeMu;
  let byOmega = 0;
  let byAlpha = 0;
  let byBeta = 0;
  let value = 0;
  let lossByMu = 0;
  let lossByOmega = 0;
  let lossByAlpha = 0;
  let lossByBeta = 0;
  for (const observed of returns) {
    byMu = alpha * squareByMu + beta * byMu;
    byOmega = 1 + beta * byOmega;
    byAlpha = square + beta * byAlpha;
    byBeta = variance + beta * byBeta;
    variance = omega + alpha * square + beta * variance;
    const error = observed - mu;
    square = error * error;
    squareByMu = -2 * error;
    const ratio = square / variance;
    const byVariance = (1 - ratio) / variance;
    value += Math.log(variance) + ratio;
    lossByMu += byVariance * byMu + squareByMu / variance;
    lossByOmega += byVariance * byOmega;
    lossByAlpha += byVariance * byAlpha;
    lossByBeta += byVariance * byBeta;
  }
  const half = 0.5 / returns.length;
  return {
    value: half * value,
    gradient: [
      half * lossByMu,
      half * lossByOmega * omega,
      half * (lossByAlpha * share + lossByBeta * (1 - share)) * persistence * (1 - persistence),
      half * (lossByAlpha - lossByBeta) * persistence * share * (1 - share),
    ],
  };
}

function fromPoint(point: readonly number[]): Garch {
  const [mu, logOmega, b, c] = point as readonly [number, number, number, number];
  const persistence = logistic(b);
  const alpha = persistence * logistic(c);
  return { mu, omega: Math.exp(logOmega), alpha, beta: persistence - alpha };
}

function logistic(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

function logit(share: number): number {
  return Math.log(share / (1 - share));
}

function squaredDeviation(values: readonly number[]): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
