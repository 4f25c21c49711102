/**
 * Money is an integer number of minor units (paise for INR, cents for USD) held in a bigint.
 * Prices are minor units too; a rate is a fraction of integers. Nothing here ever sees a float.
 */

export type Currency = 'INR' | 'USD';

const MINOR_DIGITS = 2;
const DECIMAL = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/;

/**
 * Reads a decimal string such as `"1405.70"` as minor units (`140570n`).
 * Returns undefined when the text is not a decimal, or is finer than one minor unit.
 */
export function parseDecimal(text: string): bigint | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  if (/[^0]/.test(fraction.slice(MINOR_DIGITS))) return undefined;
  const minor = BigInt(whole + fraction.slice(0, MINOR_DIGITS).padEnd(MINOR_DIGITS, '0'));
  return sign ? -minor : minor;
}

/** Writes minor units as a decimal string with two places: `140570n` -> `"1405.70"`. */
export function formatDecimal(minor: bigint): string {
  const sign = minor < 0n ? '-' : '';
  const digits = (minor < 0n ? -minor : minor).toString().padStart(MINOR_DIGITS + 1, '0');
  return `${sign}${digits.slice(0, -MINOR_DIGITS)}.${digits.slice(-MINOR_DIGITS)}`;
}

/**
 * `value * numerator / denominator`, rounded half away from zero, the rule exchanges and tax
 * authorities in India use for money. The denominator must be positive.
 */
export function multiplyRatio(value: bigint, numerator: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new RangeError('multiplyRatio: the denominator must be positive');
  const product = value * numerator;
  const magnitude = product < 0n ? -product : product;
  const rounded = (2n * magnitude + denominator) / (2n * denominator);
  return product < 0n ? -rounded : rounded;
}
