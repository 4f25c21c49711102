/**
 * An order at a venue that is not ours: what we believe of it, and how what the venue says changes that. Reports come
 * late, twice, in any order or not at all, so nothing here depends on the order of arrival: filled quantities only grow,
 * a trade counts once by its id, and of two reports the one that is further along wins.
 */

/** What of an order may still change. Prices are minor units. */
export interface Terms {
  readonly quantity: bigint;
  /** Null unless the type has a limit. */
  readonly limitPrice: bigint | null;
  /** Null unless the order waits for a price. */
  readonly triggerPrice: bigint | null;
}

/** What a venue is asked to do. */
export interface Ticket extends Terms {
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly type: 'MARKET' | 'LIMIT' | 'STOP' | 'STOP_LIMIT';
  readonly product: 'CNC' | 'MIS' | 'NRML';
  readonly validity: 'DAY' | 'IOC';
}

/**
 * How far along an order is. SENT: the venue was asked and has not answered. PENDING: the venue has it, its exchange not
 * yet. NOT_PLACED: it was refused, or never arrived.
 */
export type VenueStatus =
  'SENT' | 'PENDING' | 'TRIGGER_PENDING' | 'OPEN' | 'FILLED' | 'CANCELLED' | 'REJECTED' | 'NOT_PLACED';

export type ReportedStatus = Exclude<VenueStatus, 'SENT' | 'NOT_PLACED'>;

/** One trade of an order, known by the venue's id. */
export interface Fill {
  readonly tradeId: string;
  readonly price: bigint;
  readonly quantity: bigint;
  readonly atMs: number;
}

/** Why a status may no longer be true. */
export type DoubtCause =
  /** The venue was asked for something and gave no answer that says whether it did it. */
  | 'UNANSWERED'
  /** The venue says that it does not know an order that it has confirmed. */
  | 'NOT_FOUND';

export interface Doubt {
  readonly cause: DoubtCause;
  readonly sinceMs: number;
  /** How many of the venue's order books, asked for since, did not have the order. */
  readonly absences: number;
}

export interface VenueOrder {
  readonly id: string;
  /** What the venue keeps with the order for us; it is found by it when no answer came. */
  readonly tag: string;
  readonly ticket: Ticket;
  /** As they stand now. */
  readonly terms: Terms;
  /** Null until the venue has named it. */
  readonly venueOrderId: string | null;
  /** The last that is certain; not to be relied on while there is a doubt. */
  readonly status: VenueStatus;
  readonly doubt: Doubt | null;
  /** What the venue says has traded; its trades may still be on their way. */
  readonly filledQuantity: bigint;
  readonly fills: readonly Fill[];
  /** The venue's time of its newest report, to the second. */
  readonly updatedAtMs: number;
  /** When we last learned something, by our own clock. */
  readonly heardAtMs: number;
  /** What the venue said about it in words. */
  readonly message: string | null;
  /** What somebody said became of it when it was last in doubt and nobody else could; null before that. */
  readonly finding: Finding['kind'] | null;
}

/**
 * What somebody who looked at the venue found of an order in doubt. ABSENT: it is not there, and nothing more of it will
 * trade. FOUND: it is this one.
 */
export type Finding =
  | { readonly kind: 'ABSENT' }
  | { readonly kind: 'FOUND'; readonly report: OrderReport; readonly trades: readonly Fill[] };

/** What a venue says about one order at one moment. */
export interface OrderReport {
  readonly venueOrderId: string;
  readonly tag: string | null;
  readonly status: ReportedStatus;
  readonly terms: Terms;
  readonly filledQuantity: bigint;
  readonly atMs: number;
  readonly message: string | null;
}

/** What a venue says about one trade. */
export interface TradeReport extends Fill {
  readonly venueOrderId: string;
  readonly symbol: string;
  readonly side: Ticket['side'];
  readonly product: Ticket['product'];
}

/**
 * What became known of an order. EXECUTED may follow CANCELLED: a fill that is reported late is a fill. Whoever acts on
 * COMPLETED, CANCELLED or REJECTED has had every fill that is known by then.
 */
export type VenueHappeningKind =
  | 'ACCEPTED'
  | 'DOUBTED'
  | 'CLARIFIED'
  | 'MODIFIED'
  | 'EXECUTED'
  | 'COMPLETED'
  | 'CANCELLED'
  | 'REJECTED'
  | 'NOT_PLACED';

export interface VenueHappening {
  readonly kind: VenueHappeningKind;
  /** The order after it. */
  readonly order: VenueOrder;
  /** What traded; null unless the kind is EXECUTED. */
  readonly fill: Fill | null;
}

/** An order as it is believed now, and what became known on the way. */
export interface Change {
  readonly order: VenueOrder;
  readonly happenings: readonly VenueHappening[];
}

/** Of two reports about the same second the further one is the later one. */
const STAGES: Readonly<Record<VenueStatus, number>> = {
  NOT_PLACED: 0,
  SENT: 0,
  PENDING: 1,
  TRIGGER_PENDING: 2,
  OPEN: 2,
  FILLED: 3,
  CANCELLED: 3,
  REJECTED: 3,
};

/** An order that is about to be sent. */
export function sendOrder(id: string, tag: string, ticket: Ticket, nowMs: number): VenueOrder {
  const { quantity, limitPrice, triggerPrice } = ticket;
  return {
    id,
    tag,
    ticket,
    terms: { quantity, limitPrice, triggerPrice },
    venueOrderId: null,
    status: 'SENT',
    doubt: null,
    filledQuantity: 0n,
    fills: [],
    updatedAtMs: 0,
    heardAtMs: nowMs,
    message: null,
    finding: null,
  };
}

/** The status to show: UNKNOWN while there is a doubt. */
export function statusOf(order: Pick<VenueOrder, 'status' | 'doubt'>): VenueStatus | 'UNKNOWN' {
  return order.doubt ? 'UNKNOWN' : order.status;
}

/** Whether the venue has said anything of the order. */
export function isTold({ status }: Pick<VenueOrder, 'status'>): boolean {
  return status !== 'SENT' && status !== 'NOT_PLACED';
}

/** Whether the venue says that nothing more can trade. */
export function isEnded(order: Pick<VenueOrder, 'status'>): boolean {
  return STAGES[order.status] === STAGES.FILLED || order.status === 'NOT_PLACED';
}

/** Whether it has ended and every trade of it is known. */
export function isSettled(order: VenueOrder): boolean {
  return isEnded(order) && order.doubt === null && missingQuantity(order) === 0n;
}

/** What has traded by the venue's word and is not among the fills yet. */
export function missingQuantity(order: Pick<VenueOrder, 'filledQuantity' | 'fills'>): bigint {
  return order.filledQuantity - sum(order.fills);
}

/** The venue named the order; it says nothing of where the order stands. */
export function acceptOrder(order: VenueOrder, venueOrderId: string, nowMs: number): Change {
  if (order.venueOrderId !== null) return unchanged(order);
  return changed(order, { ...order, venueOrderId, status: 'PENDING', doubt: null, heardAtMs: nowMs });
}

/** The venue refused the order for certain, so that it was never placed. */
export function refuseOrder(order: VenueOrder, message: string, nowMs: number): Change {
  // What was heard of it meanwhile is stronger evidence than a refusal.
  if (order.venueOrderId !== null) return unchanged(order);
  return changed(order, { ...order, status: 'NOT_PLACED', doubt: null, message, heardAtMs: nowMs });
}

/** What we believed may no longer be so. Of an order that is settled there is nothing to doubt. */
export function doubtOrder(order: VenueOrder, cause: DoubtCause, nowMs: number): Change {
  if (isSettled(order)) return unchanged(order);
  return changed(order, { ...order, doubt: { cause, sinceMs: nowMs, absences: 0 }, heardAtMs: nowMs });
}

/**
 * The order after a report about it. `isCurrent`: it was asked for after the last we heard of the order, so it tells how
 * the order stands now; any other report may be older than it looks, and an equal one does not end a doubt.
 */
export function observeOrder(
  order: VenueOrder,
  report: OrderReport,
  isCurrent: boolean,
  nowMs: number,
): Change {
  const { venueOrderId, status, terms, filledQuantity, atMs, message } = report;
  if (order.venueOrderId !== null && order.venueOrderId !== venueOrderId) return unchanged(order);
  const age = compareAge(report, order);
  if (age < 0 || (order.doubt && age === 0 && !isCurrent)) return unchanged(order);
  const isSame = order.status === status && order.message === message && areSame(order.terms, terms);
  if (age === 0 && isSame && !order.doubt) return unchanged(order);
  const told = { venueOrderId, status, terms, filledQuantity, updatedAtMs: atMs, message };
  return changed(order, { ...order, ...told, doubt: null, heardAtMs: nowMs });
}

/** The order after trades of it became known; those that were known before change nothing. */
export function recordTrades(order: VenueOrder, trades: readonly Fill[], nowMs: number): Change {
  const fills = new Map(order.fills.map((fill) => [fill.tradeId, fill]));
  for (const { tradeId, price, quantity, atMs } of trades) {
    if (!fills.has(tradeId)) fills.set(tradeId, { tradeId, price, quantity, atMs });
  }
  if (fills.size === order.fills.length) return unchanged(order);
  const all = [...fills.values()];
  const traded = sum(all);
  // The trades can be ahead of the reports.
  const filledQuantity = traded > order.filledQuantity ? traded : order.filledQuantity;
  return changed(order, { ...order, fills: all, filledQuantity, heardAtMs: nowMs });
}

/** The order in doubt after somebody said what became of it. */
export function resolveOrder(order: VenueOrder, finding: Finding, nowMs: number): Change {
  if (!order.doubt) throw new Error(`order ${order.id} is not in doubt`);
  if (finding.kind === 'ABSENT') {
    const status = order.venueOrderId === null ? 'NOT_PLACED' : 'CANCELLED';
    const known = { filledQuantity: sum(order.fills), message: null };
    return changed(order, { ...order, ...known, status, doubt: null, finding: 'ABSENT', heardAtMs: nowMs });
  }
  const named = { ...order, venueOrderId: finding.report.venueOrderId, finding: finding.kind };
  const seen = observeOrder(named, finding.report, true, nowMs);
  const { order: after } = recordTrades(seen.order, finding.trades, nowMs);
  // A report that is older than what was known ends the doubt all the same: there is no newer one.
  return changed(order, { ...after, doubt: null, heardAtMs: nowMs });
}

/** How long an order must be missing before it counts as never placed. */
export interface AbsenceRules {
  /** In at least so many of the venue's order books. */
  readonly absencesMin: number;
  /** And for at least so long: a request can lie in a queue at the venue. */
  readonly safetyMs: number;
}

/**
 * The order after the venue's order book did not have it. One that the venue has confirmed is in doubt then, for ever if
 * need be; one that never got an answer counts as not placed once it has been missing long enough.
 */
export function missOrder(order: VenueOrder, askedAtMs: number, rules: AbsenceRules, nowMs: number): Change {
  // A book that was asked for before says nothing about what came after.
  if (isEnded(order) || askedAtMs <= order.heardAtMs) return unchanged(order);
  if (!order.doubt) {
    // Without a name it is still under way.
    return order.venueOrderId === null ? unchanged(order) : doubtOrder(order, 'NOT_FOUND', nowMs);
  }
  const doubt = { ...order.doubt, absences: order.doubt.absences + 1 };
  const isLongEnough = doubt.absences >= rules.absencesMin && askedAtMs - doubt.sinceMs >= rules.safetyMs;
  if (order.venueOrderId !== null || !isLongEnough) return { order: { ...order, doubt }, happenings: [] };
  return changed(order, { ...order, status: 'NOT_PLACED', doubt: null });
}

/** Above 0: the report is further along than what is believed; below: it is older. */
function compareAge(report: OrderReport, order: VenueOrder): number {
  const filled = report.filledQuantity - order.filledQuantity;
  if (filled !== 0n) return filled > 0n ? 1 : -1;
  // Whatever a venue says of an order is more than that it was sent.
  if (STAGES[order.status] === STAGES.SENT) return 1;
  return report.atMs - order.updatedAtMs || STAGES[report.status] - STAGES[order.status];
}

function unchanged(order: VenueOrder): Change {
  return { order, happenings: [] };
}

/** What became known from one belief to the next. */
function changed(before: VenueOrder, after: VenueOrder): Change {
  const kinds: VenueHappeningKind[] = [];
  if (before.venueOrderId === null && after.venueOrderId !== null) kinds.push('ACCEPTED');
  if (!before.doubt && after.doubt) kinds.push('DOUBTED');
  if (before.doubt && !after.doubt) kinds.push('CLARIFIED');
  if (!areSame(before.terms, after.terms)) kinds.push('MODIFIED');
  const known = new Set(before.fills.map(({ tradeId }) => tradeId));
  const happenings = [
    ...kinds.map((kind): VenueHappening => ({ kind, order: after, fill: null })),
    ...after.fills
      .filter(({ tradeId }) => !known.has(tradeId))
      .map((fill): VenueHappening => ({ kind: 'EXECUTED', order: after, fill })),
  ];
  const isNews = before.status !== after.status || before.filledQuantity !== after.filledQuantity;
  if (isSettled(after) && (isNews || !isSettled(before))) {
    happenings.push({ kind: ending(after.status), order: after, fill: null });
  }
  return { order: after, happenings };
}

function ending(status: VenueStatus): VenueHappeningKind {
  if (status === 'CANCELLED' || status === 'REJECTED' || status === 'NOT_PLACED') return status;
  return 'COMPLETED';
}

function areSame(one: Terms, other: Terms): boolean {
  return (
    one.quantity === other.quantity &&
    one.limitPrice === other.limitPrice &&
    one.triggerPrice === other.triggerPrice
  );
}

function sum(fills: readonly Fill[]): bigint {
  return fills.reduce((total, { quantity }) => total + quantity, 0n);
}
