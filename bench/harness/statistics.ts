/** The few numbers that stand for many. */

/** The value below which the given part of an ascending list lies; NaN for an empty one. */
export function quantile(ascending: readonly number[], part: number): number {
  const index = Math.min(ascending.length - 1, Math.ceil(part * ascending.length) - 1);
  return ascending[Math.max(0, index)] ?? Number.NaN;
}

/** NaN for an empty list. */
export function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b);
  const middle = ascending.length / 2;
  if (ascending.length === 0) return Number.NaN;
  if (!Number.isInteger(middle)) return ascending[Math.floor(middle)] as number;
  return ((ascending[middle - 1] as number) + (ascending[middle] as number)) / 2;
}

/**
 * How many times the one is the other: the median over the rounds, each round against itself, so that a machine that
 * slows down in the middle slows both sides of a ratio.
 */
export function ratio(ours: readonly number[], theirs: readonly number[]): number {
  const rounds = Math.min(ours.length, theirs.length);
  return median(
    Array.from({ length: rounds }, (_, round) => (ours[round] as number) / (theirs[round] as number)),
  );
}

/** For people and JSON alike: three significant digits are more than these measurements carry. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
