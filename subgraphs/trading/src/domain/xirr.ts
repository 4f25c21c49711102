/**
 * The money-weighted return of dated cash flows. The one place of this domain where floating point is right: the rate
 * is a root that no decimal writes exactly, nothing is booked by it, and the amounts that go in are exact.
 */
import { DAY_MS, istMidnight } from '@gridworks/kit/time';

export interface CashFlow {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Below zero what was paid in, above what came out, minor units. */
  readonly amount: bigint;
}

interface TimedFlow {
  /** Since the first flow; a year has 365 days. */
  readonly years: number;
  readonly amount: number;
}

const YEAR_MS = 365 * DAY_MS;
/** Where spreadsheet programs begin to look, as ln(1 + rate). */
const GUESS = Math.log1p(0.1);
/** Beyond this, 1 + rate is larger than a double can be. */
const FORCE_MAX = 700;
const FIRST_STEP = 0.01;
const STEP_GROWTH = 1.1;
const ITERATIONS_MAX = 100;
const PRECISION = 1e-14;

/**
 * The yearly rate at which the flows, discounted by (1 + rate) ^ (days / 365) from the first date on, sum to zero:
 * 0.1 for 100 paid and 110 received 365 days later. Flows of one date count as their sum. Undefined where what then
 * remains is all paid or all received, and where no rate fits. Where several fit, it is the one nearest to 10 %, which
 * the XIRR of spreadsheet programs finds from its guess of 10 % as a rule; two rates closer together than the steps of
 * the search are not told from none.
 */
export function xirr(flows: readonly CashFlow[]): number | undefined {
  const timed = timedFlows(flows);
  if (!timed.some(({ amount }) => amount > 0) || !timed.some(({ amount }) => amount < 0)) return undefined;
  let [low, high] = [GUESS, GUESS];
  let [lowSign, highSign] = [signAt(timed, low), signAt(timed, high)];
  for (let step = FIRST_STEP; low > -FORCE_MAX || high < FORCE_MAX; step *= STEP_GROWTH) {
    const above = Math.min(high + step, FORCE_MAX);
    const aboveSign = signAt(timed, above);
    if (aboveSign !== highSign) return Math.expm1(rootIn(timed, high, above));
    const below = Math.max(low - step, -FORCE_MAX);
    const belowSign = signAt(timed, below);
    if (belowSign !== lowSign) return Math.expm1(rootIn(timed, below, low));
    [low, lowSign, high, highSign] = [below, belowSign, above, aboveSign];
  }
  return undefined;
}

/** One flow a date, those that cancel each other left out. */
function timedFlows(flows: readonly CashFlow[]): TimedFlow[] {
  const byDate = new Map<string, bigint>();
  for (const { date, amount } of flows) byDate.set(date, (byDate.get(date) ?? 0n) + amount);
  const dated = [...byDate].filter(([, amount]) => amount !== 0n);
  const startMs = Math.min(...dated.map(([date]) => istMidnight(date)));
  return dated.map(([date, amount]) => ({
    years: (istMidnight(date) - startMs) / YEAR_MS,
    amount: Number(amount),
  }));
}

/**
 * The sum of the flows discounted at e ^ force, and its slope, both times one positive number that keeps the largest
 * discount at 1: sign and root stay, and nothing overflows.
 */
function discounted(flows: readonly TimedFlow[], force: number): { value: number; slope: number } {
  let largest = -Infinity;
  for (const { years } of flows) largest = Math.max(largest, -force * years);
  let [value, slope] = [0, 0];
  for (const { years, amount } of flows) {
    const present = amount * Math.exp(-force * years - largest);
    value += present;
    slope -= years * present;
  }
  return { value, slope };
}

/** Zero counts as above: a root on a step lies in one of the two steps beside it. */
function signAt(flows: readonly TimedFlow[], force: number): boolean {
  return discounted(flows, force).value >= 0;
}

/** Newton's method between two points of different signs; where it leaves them or slows down, their middle. */
function rootIn(flows: readonly TimedFlow[], from: number, to: number): number {
  const signFrom = signAt(flows, from);
  let [low, high] = [from, to];
  let root = (low + high) / 2;
  let moved = high - low;
  for (let i = 0; i < ITERATIONS_MAX; i += 1) {
    const { value, slope } = discounted(flows, root);
    if (value >= 0 === signFrom) low = root;
    else high = root;
    const newton = root - value / slope;
    const isGood = newton > low && newton < high && Math.abs(newton - root) < moved / 2;
    const next = isGood ? newton : (low + high) / 2;
    moved = Math.abs(next - root);
    root = next;
    if (moved <= PRECISION * Math.max(1, Math.abs(root))) break;
  }
  return root;
}
