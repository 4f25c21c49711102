/** Whole numbers from `min` to `max`, both included. */
export type Random = (min: number, max: number) => number;

/** The same seed gives the same numbers. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (min, max) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return min + Math.floor((state / 2 ** 32) * (max - min + 1));
  };
}
