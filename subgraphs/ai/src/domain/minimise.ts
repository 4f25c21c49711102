/** Minimising a smooth function of a few numbers. */

export interface Evaluation {
  readonly value: number;
  readonly gradient: readonly number[];
}

export interface Minimum {
  readonly point: readonly number[];
  readonly value: number;
  /** Whether the gradient vanished; false when the search gave up. */
  readonly converged: boolean;
}

const ITERATIONS_MAX = 100;
const GRADIENT_VANISHES = 1e-9;
/** What rounding may leave of a gradient where no step leads further down. */
const GRADIENT_ROUNDS = 1e-6;
/** A descent smaller than this share of the value is rounding. */
const DESCENT_ROUNDS = 1e-14;
const STEP_MAX = 2;
const SUFFICIENT_DECREASE = 1e-4;
const HALVINGS_MAX = 40;

/**
 * BFGS with a backtracking line search (Nocedal & Wright, Numerical Optimization, 2nd ed., algorithms 6.1 and 3.1).
 * `objective` may answer a value that is not finite where it is not defined: the search steps back from there.
 */
export function minimise(
  objective: (point: readonly number[]) => Evaluation,
  start: readonly number[],
): Minimum {
  let point = start;
  let here = objective(point);
  let inverse = identity(point.length);
  let isFirst = true;
  for (let iteration = 0; iteration < ITERATIONS_MAX; iteration++) {
    if (largest(here.gradient) < GRADIENT_VANISHES) return { point, value: here.value, converged: true };
    let direction = times(inverse, here.gradient).map((part) => -part);
    let slope = dot(direction, here.gradient);
    if (!(slope < 0)) {
      // Rounding has spoilt the curvature; steepest descent is always downhill.
      inverse = identity(point.length);
      direction = here.gradient.map((part) => -part);
      slope = dot(direction, here.gradient);
    }
    const next = descend(objective, point, here, direction, slope);
    if (!next) break;
    const step = minus(next.point, point);
    const change = minus(next.evaluation.gradient, here.gradient);
    const curvature = dot(step, change);
    const isStuck = here.value - next.evaluation.value <= DESCENT_ROUNDS * Math.abs(here.value);
    if (curvature > 0) {
      if (isFirst) inverse = identity(point.length, curvature / dot(change, change));
      isFirst = false;
      inverse = updated(inverse, step, change, curvature);
    }
    point = next.point;
    here = next.evaluation;
    if (isStuck) break;
  }
  return { point, value: here.value, converged: largest(here.gradient) < GRADIENT_ROUNDS };
}

function descend(
  objective: (point: readonly number[]) => Evaluation,
  from: readonly number[],
  here: Evaluation,
  direction: readonly number[],
  slope: number,
): { point: number[]; evaluation: Evaluation } | undefined {
  let length = Math.min(1, STEP_MAX / Math.sqrt(dot(direction, direction)));
  for (let halving = 0; halving < HALVINGS_MAX; halving++, length /= 2) {
    const point = from.map((part, index) => part + length * (direction[index] as number));
    const evaluation = objective(point);
    if (evaluation.value <= here.value + SUFFICIENT_DECREASE * length * slope) return { point, evaluation };
  }
  return undefined;
}

/** The BFGS update of the inverse Hessian: (I - s y'/c) H (I - y s'/c) + s s'/c, with c = s'y. */
function updated(
  inverse: readonly (readonly number[])[],
  step: readonly number[],
  change: readonly number[],
  curvature: number,
): number[][] {
  const bent = times(inverse, change);
  const factor = (1 + dot(change, bent) / curvature) / curvature;
  return inverse.map((row, i) =>
    row.map((entry, j) => {
      const [si, sj, bi, bj] = [step[i], step[j], bent[i], bent[j]] as [number, number, number, number];
      return entry + factor * si * sj - (bi * sj + si * bj) / curvature;
    }),
  );
}

function identity(size: number, scale = 1): number[][] {
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => (i === j ? scale : 0)),
  );
}

function times(matrix: readonly (readonly number[])[], vector: readonly number[]): number[] {
  return matrix.map((row) => dot(row, vector));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, part, index) => sum + part * (b[index] as number), 0);
}

function minus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((part, index) => part - (b[index] as number));
}

function largest(vector: readonly number[]): number {
  return Math.max(...vector.map(Math.abs));
}
