/** Splits, bonuses and consolidations: other units of the same whole, at the same cost. */
import { multiplyRatio } from '@gridworks/kit/money';

/** `numerator` units stand where there were `denominator`. */
export interface SplitRatio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Units after a split; the part of a unit that is left over falls away. 3 units at 3 for 2: 4. */
export function splitQuantity(quantity: bigint, { numerator, denominator }: SplitRatio): bigint {
  return (quantity * numerator) / denominator;
}

/** A price in the new units, half away from zero. */
export function splitPrice(price: bigint, { numerator, denominator }: SplitRatio): bigint {
  return multiplyRatio(price, denominator, numerator);
}

const FACTOR_PLACES = 18;
const FACTOR_ONE = 10n ** BigInt(FACTOR_PLACES);
/** No company gives more than this many units in one place of fewer that have no common divisor. */
const RATIO_UNITS_MAX = 100n;
/** Files write factors with six places and more; an error of this part of one is their rounding. */
const FACTOR_ERROR_PARTS = 100_000n;

/**
 * The ratio behind a decimal factor that earlier prices are multiplied by: 0.2 -> 5 units for 1, 0.666667 -> 3 for 2,
 * 10 -> 1 for 10. A factor that is no ratio of small numbers is taken as it is written.
 */
export function splitRatio(splitFactor: string): SplitRatio {
  const [whole = '', fraction = ''] = splitFactor.split('.');
  const factor = BigInt(whole + fraction.slice(0, FACTOR_PLACES).padEnd(FACTOR_PLACES, '0'));
  if (factor <= 0n) throw new RangeError('splitRatio: the factor must be positive');
  for (let numerator = 1n; numerator <= RATIO_UNITS_MAX; numerator += 1n) {
    const denominator = multiplyRatio(factor, numerator, FACTOR_ONE);
    const error = denominator * FACTOR_ONE - factor * numerator;
    if ((error < 0n ? -error : error) * FACTOR_ERROR_PARTS <= factor * numerator) {
      return { numerator, denominator };
    }
  }
  return { numerator: FACTOR_ONE, denominator: factor };
}
