/**
 * Prices that do not fit their neighbours: bad ticks, which revert at once; level shifts, which stay and whose ratio
 * tells a split or bonus; and large moves, which are the market's own. Prices are compared by logarithm, in floats:
 * what is decided here is only which rows to name, never a price.
 */
import type { StoredInterval } from '../candle.ts';

export interface Prices {
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
}

export type PriceField = keyof Prices;

const FIELDS: readonly PriceField[] = ['open', 'high', 'low', 'close'];
/** Neighbours looked at on each side: their median stands firm against two bad ones. */
const NEIGHBOURS = 5;
const SIGMA_WINDOW = 20;

/** How far a price must stand off its neighbours to be a bad tick: this ratio at least, and ten usual moves. */
const BAD_TICK_RATIO: Readonly<Record<StoredInterval, number>> = { ONE_MINUTE: 1.1, ONE_DAY: 1.25 };
const BAD_TICK_SIGMAS = 10;

export interface BadTick {
  readonly index: number;
  readonly fields: readonly PriceField[];
  /** Median close of the neighbours. */
  readonly around: bigint;
}

/**
 * Rows with a price far off the median of the closes before it and, in the same direction, far off the median of the
 * closes after it. The first and the last row have neighbours on one side only, and are never told from a level shift.
 */
export function findBadTicks(rows: readonly Prices[], interval: StoredInterval): BadTick[] {
  const closes = rows.map(({ close }) => Math.log(Number(close)));
  const found: BadTick[] = [];
  for (let index = 1; index < rows.length - 1; index++) {
    const row = rows[index] as Prices;
    const before = closes.slice(Math.max(0, index - NEIGHBOURS), index);
    const after = closes.slice(index + 1, index + 1 + NEIGHBOURS);
    if (before.length + after.length < 3) continue;
    const [beforeMiddle, afterMiddle] = [median(before), median(after)];
    const farFrom = (price: bigint, atLeast: number): boolean => {
      const level = Math.log(Number(price));
      const nearest = Math.min(Math.abs(level - beforeMiddle), Math.abs(level - afterMiddle));
      return level > beforeMiddle === level > afterMiddle && nearest > atLeast;
    };
    const ratio = Math.log(BAD_TICK_RATIO[interval]);
    // Most rows end here: the spread of moves is worth computing only where something stands out.
    if (!farFrom(row.high, ratio) && !farFrom(row.low, ratio)) continue;
    const around = closes.slice(Math.max(0, index - SIGMA_WINDOW), index + 1 + SIGMA_WINDOW);
    const atLeast = Math.max(ratio, BAD_TICK_SIGMAS * usualMove(around));
    const fields = FIELDS.filter((field) => farFrom(row[field], atLeast));
    if (fields.length === 0) continue;
    const middle = Math.exp(median([...before, ...after]));
    found.push({ index, fields, around: BigInt(Math.round(middle)) });
  }
  return found;
}

export interface LevelShift {
  /** The first row at the new level. */
  readonly index: number;
  /** Close before, and open after. */
  readonly from: bigint;
  readonly to: bigint;
  /** The simple fraction that `to / from` is nearest to. */
  readonly numerator: number;
  readonly denominator: number;
}

/** New price over old price after splits and bonuses as they happen, and after consolidations. */
const FRACTIONS: readonly (readonly [number, number])[] = [
  [3, 4],
  [2, 3],
  [3, 5],
  [1, 2],
  [2, 5],
  [1, 3],
  [1, 4],
  [1, 5],
  [1, 6],
  [1, 8],
  [1, 10],
  [1, 20],
  [1, 50],
  [1, 100],
  [2, 1],
  [5, 1],
  [10, 1],
];
const SHIFT_RATIO_MIN = 1.25;
/** A stock also moves on the day of its split: the ratio may be off by so much. */
const FRACTION_TOLERANCE = 0.06;
/** A level that stays keeps at least this share of the jump over the following days. */
const SHARE_KEPT_MIN = 0.6;

/** Jumps from one day to the next that stay, and whose ratio is close to that of a split, bonus or consolidation. */
export function findLevelShifts(days: readonly Prices[]): LevelShift[] {
  const closes = days.map(({ close }) => Math.log(Number(close)));
  const found: LevelShift[] = [];
  for (let index = 1; index < days.length; index++) {
    const from = (days[index - 1] as Prices).close;
    const to = (days[index] as Prices).open;
    const jump = Math.log(Number(to) / Number(from));
    if (Math.abs(jump) < Math.log(SHIFT_RATIO_MIN)) continue;
    const before = median(closes.slice(Math.max(0, index - NEIGHBOURS), index));
    const after = median(closes.slice(index, index + NEIGHBOURS));
    if ((after - before) / jump < SHARE_KEPT_MIN) continue;
    const [nearest] = [...FRACTIONS].sort((a, b) => distance(a, jump) - distance(b, jump));
    if (!nearest || distance(nearest, jump) > FRACTION_TOLERANCE) continue;
    found.push({ index, from, to, numerator: nearest[0], denominator: nearest[1] });
  }
  return found;
}

function distance([numerator, denominator]: readonly [number, number], jump: number): number {
  return Math.abs(jump - Math.log(numerator / denominator));
}

export interface LargeMove {
  readonly index: number;
  /** Close before, and close after. */
  readonly from: bigint;
  readonly to: bigint;
}

const LARGE_MOVE: Readonly<Record<StoredInterval, { readonly ratio: number; readonly sigmas: number }>> = {
  ONE_MINUTE: { ratio: 1.02, sigmas: 15 },
  ONE_DAY: { ratio: 1.05, sigmas: 4 },
};

/** Moves from close to close that are both large in themselves and many times what is usual in this file. */
export function findLargeMoves(rows: readonly Prices[], interval: StoredInterval): LargeMove[] {
  const closes = rows.map(({ close }) => Math.log(Number(close)));
  const { ratio, sigmas } = LARGE_MOVE[interval];
  const atLeast = Math.max(Math.log(ratio), sigmas * usualMove(closes));
  const found: LargeMove[] = [];
  for (let index = 1; index < rows.length; index++) {
    const move = (closes[index] as number) - (closes[index - 1] as number);
    if (Math.abs(move) < atLeast) continue;
    found.push({ index, from: (rows[index - 1] as Prices).close, to: (rows[index] as Prices).close });
  }
  return found;
}

/** Standard deviation of the steps of a path, told from their median so that outliers do not inflate it. */
function usualMove(levels: readonly number[]): number {
  if (levels.length < 2) return 0;
  const steps = levels.slice(1).map((level, index) => Math.abs(level - (levels[index] as number)));
  // Of a normal distribution the median absolute value is 0.6745 standard deviations.
  return median(steps) / 0.6745;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
