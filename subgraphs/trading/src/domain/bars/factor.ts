/** Corporate actions out of a file of adjustment factors. */
import type { Calendar } from '../calendar.ts';
import type { FactorRow } from './file.ts';

export interface FactorAction {
  /** The first trading day after the factors' last one. */
  readonly exDate: string;
  readonly kind: 'SPLIT_OR_BONUS' | 'DIVIDEND';
  /** Of this action alone, decimal: what earlier prices are multiplied by. */
  readonly priceFactor: string;
  readonly splitFactor: string;
}

const PLACES = 9;
const ONE = 10n ** BigInt(PLACES);

/**
 * Factor files are cumulative: a row holds for prices up to and including its date, and multiplies all that happened
 * after it. What one action did is therefore a row's factor divided by the next row's, and the action took effect on
 * the trading day after the row's date. Rows after which nothing changes are no actions.
 */
export function actionsOf(rows: readonly FactorRow[], calendar: Calendar): FactorAction[] {
  const inOrder = [...rows].sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));
  const actions: FactorAction[] = [];
  for (const [index, row] of inOrder.entries()) {
    const next = inOrder[index + 1];
    if (!next) continue;
    const priceFactor = quotient(row.priceFactor, next.priceFactor);
    const splitFactor = quotient(row.splitFactor, next.splitFactor);
    if (priceFactor === '1' && splitFactor === '1') continue;
    const kind = splitFactor === '1' ? 'DIVIDEND' : 'SPLIT_OR_BONUS';
    actions.push({ exDate: calendar.tradingDayAfter(row.date), kind, priceFactor, splitFactor });
  }
  return actions;
}

/** Exact to nine places, rounded half up, without trailing zeros. */
function quotient(dividend: string, divisor: string): string {
  const [above, below] = [scaled(dividend), scaled(divisor)];
  const billionths = (2n * above * ONE + below) / (2n * below);
  const fraction = (billionths % ONE).toString().padStart(PLACES, '0').replace(/0+$/, '');
  return `${billionths / ONE}${fraction === '' ? '' : `.${fraction}`}`;
}

const FACTOR_PLACES = 18;

function scaled(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(FACTOR_PLACES, '0'));
}
