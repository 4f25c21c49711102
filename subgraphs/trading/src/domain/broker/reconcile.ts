/** What we believe beside what the venue says as a whole: its order book, its trades and its positions of the day. */
import {
  missOrder,
  observeOrder,
  recordTrades,
  type AbsenceRules,
  type Change,
  type Doubt,
  type OrderReport,
  type Ticket,
  type TradeReport,
  type VenueOrder,
} from './order.ts';

/** What was bought less what was sold today. */
export interface NetPosition {
  readonly symbol: string;
  readonly product: Ticket['product'];
  readonly quantity: bigint;
}

/** What a venue says when it is asked for everything. */
export interface Snapshot {
  /** Our clock just before it was asked for the orders; the trades were asked for after the orders had come. */
  readonly askedAtMs: number;
  readonly orders: readonly OrderReport[];
  readonly trades: readonly TradeReport[];
}

/** What no update of ours can mend: somebody has to look. */
export type Discrepancy =
  /** Two orders of the venue carry one tag of ours. */
  | { readonly kind: 'ORDER_DOUBLED'; readonly id: string; readonly venueOrderId: string }
  /** An order that the venue has named is not in its book any more, and was not for long. */
  | { readonly kind: 'ORDER_MISSING'; readonly id: string; readonly venueOrderId: string | null }
  /** The positions are not what the trades add up to. */
  | {
      readonly kind: 'POSITION_DIFFERS';
      readonly symbol: string;
      readonly product: Ticket['product'];
      readonly traded: bigint;
      readonly reported: bigint;
    };

export interface Reconciled {
  /** Every order that is believed differently now. */
  readonly changes: readonly Change[];
  readonly discrepancies: readonly Discrepancy[];
}

/** The orders after a snapshot: a pure function of what was believed and what is said. */
export function reconcile(
  orders: readonly VenueOrder[],
  snapshot: Snapshot,
  rules: AbsenceRules,
  nowMs: number,
): Reconciled {
  const byVenueId = new Map(snapshot.orders.map((report) => [report.venueOrderId, report]));
  const byTag = groupBy(snapshot.orders, ({ tag }) => tag ?? '');
  const tradesOf = groupBy(snapshot.trades, ({ venueOrderId }) => venueOrderId);
  const changes: Change[] = [];
  const discrepancies: Discrepancy[] = [];
  for (const order of orders) {
    const tagged = byTag.get(order.tag) ?? [];
    const report = order.venueOrderId === null ? tagged[0] : byVenueId.get(order.venueOrderId);
    for (const { venueOrderId } of tagged) {
      const isOther = venueOrderId !== (report?.venueOrderId ?? order.venueOrderId);
      if (isOther) discrepancies.push({ kind: 'ORDER_DOUBLED', id: order.id, venueOrderId });
    }
    const isCurrent = snapshot.askedAtMs > order.heardAtMs;
    const seen = report
      ? observeOrder(order, report, isCurrent, nowMs)
      : missOrder(order, snapshot.askedAtMs, rules, nowMs);
    if (seen.order.doubt && isLongMissing(seen.order.doubt, rules, nowMs))
      discrepancies.push({ kind: 'ORDER_MISSING', id: order.id, venueOrderId: order.venueOrderId });
    const trades = tradesOf.get(seen.order.venueOrderId ?? '') ?? [];
    const change = then(seen, (believed) => recordTrades(believed, trades, nowMs));
    if (change.order !== order) changes.push(change);
  }
  return { changes, discrepancies };
}

/** Where the venue's positions of the day are not what its trades, and those we know of, add up to. */
export function comparePositions(
  trades: readonly TradeReport[],
  positions: readonly NetPosition[],
): Discrepancy[] {
  const reported = new Map(positions.map((position) => [keyOf(position), position]));
  const traded = new Map<string, NetPosition>();
  for (const { symbol, product, side, quantity } of trades) {
    const signed = side === 'BUY' ? quantity : -quantity;
    const key = keyOf({ symbol, product });
    traded.set(key, { symbol, product, quantity: (traded.get(key)?.quantity ?? 0n) + signed });
  }
  return [...new Map([...reported, ...traded]).entries()]
    .map(([key, { symbol, product }]) => ({
      kind: 'POSITION_DIFFERS' as const,
      symbol,
      product,
      traded: traded.get(key)?.quantity ?? 0n,
      reported: reported.get(key)?.quantity ?? 0n,
    }))
    .filter((each) => each.traded !== each.reported);
}

function isLongMissing({ sinceMs, absences }: Doubt, rules: AbsenceRules, nowMs: number): boolean {
  return absences >= rules.absencesMin && nowMs - sinceMs >= rules.safetyMs;
}

/** One change after another, as one. */
function then(change: Change, next: (order: VenueOrder) => Change): Change {
  const { order, happenings } = next(change.order);
  return { order, happenings: [...change.happenings, ...happenings] };
}

function keyOf({ symbol, product }: Pick<NetPosition, 'symbol' | 'product'>): string {
  return `${product} ${symbol}`;
}

function groupBy<T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
