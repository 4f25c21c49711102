import { describe, expect, it } from 'vitest';
import { minimise, type Evaluation } from './minimise.ts';

/** Rosenbrock's valley: its only minimum is 0 at (1, 1), at the end of a long bend. */
function rosenbrock(point: readonly number[]): Evaluation {
  const [x, y] = point as readonly [number, number];
  return {
    value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
  };
}

describe('minimise', () => {
  it.each([
    [-1.2, 1],
    [0, 0],
    [3, -4],
  ])('follows a bent valley from (%d, %d)', (x, y) => {
    const { point, value, converged } = minimise(rosenbrock, [x, y]);
    expect(converged).toBe(true);
    expect(value).toBeLessThan(1e-15);
    expect(point[0]).toBeCloseTo(1, 6);
    expect(point[1]).toBeCloseTo(1, 6);
  });

  it('steps back from where the function is not defined', () => {
    // x - ln x is least at 1; from 20 the first full step would lead below zero.
    const result = minimise(
      ([x]) => ({ value: (x as number) - Math.log(x as number), gradient: [1 - 1 / (x as number)] }),
      [0.05],
    );
    expect(result.converged).toBe(true);
    expect(result.point[0]).toBeCloseTo(1, 6);
  });

  it('stays where there is nothing to gain', () => {
    expect(minimise(() => ({ value: 3, gradient: [0, 0] }), [5, 6])).toEqual({
      point: [5, 6],
      value: 3,
      converged: true,
    });
  });

  it('says so when there is no minimum to find, or nothing is defined', () => {
    expect(minimise(([x]) => ({ value: -(x as number), gradient: [-1] }), [0]).converged).toBe(false);
    expect(minimise(() => ({ value: NaN, gradient: [NaN] }), [0]).converged).toBe(false);
  });
});
