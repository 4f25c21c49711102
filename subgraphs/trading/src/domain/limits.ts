/** How much one order may be for, and how much of an instrument one user may have: dated figures, and whose they are. */
import type { InstrumentKind } from './instrument.ts';

/**
 * The most units of one order of equities and funds: [first day, units]. For the cash segment exchanges publish no one
 * figure; brokers set their own, and this one, 1,00,000 units, is what Zerodha tells its customers. It holds from the
 * beginning of the calendar here.
 */
const FREEZE_QUANTITIES: readonly (readonly [from: string, units: bigint])[] = [['2000-01-01', 100_000n]];

/** Orders that one wish may be cut into. */
export const SLICES_MAX = 20n;

/** What this exchange lets one user have of one instrument, on order to be bought included: units. */
export const POSITION_MAX = 10_000_000n;

/** The most units of one order on a date, `YYYY-MM-DD`; undefined where no limit is known, and for what is not traded. */
export function freezeQuantityOn(date: string, kind: InstrumentKind): bigint | undefined {
  if (kind === 'INDEX') return undefined;
  return FREEZE_QUANTITIES.findLast(([from]) => from <= date)?.[1];
}

/** The quantities of the orders that a wish is cut into, whole lots of at most `freeze` units each, the last the smallest. */
export function sliceQuantity(quantity: bigint, freeze: bigint, lotSize: bigint): bigint[] {
  const slice = freeze - (freeze % lotSize);
  const slices: bigint[] = [];
  for (let left = quantity; left > 0n; left -= slice) slices.push(left < slice ? left : slice);
  return slices;
}
