import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acceptOrder,
  doubtOrder,
  isSettled,
  missOrder,
  observeOrder,
  recordTrades,
  refuseOrder,
  resolveOrder,
  sendOrder,
  statusOf,
  type Change,
  type Fill,
  type OrderReport,
  type Ticket,
  type TradeReport,
  type VenueHappening,
  type VenueOrder,
} from './order.ts';
import { reconcile } from './reconcile.ts';
import { tagOf } from './tag.ts';

const ID = '0198f3a2-7c41-7abc-8def-0123456789ab';
const TAG = tagOf(ID);
const RULES = { absencesMin: 3, safetyMs: 60_000 };
const TICKET: Ticket = {
  symbol: 'INFY',
  side: 'BUY',
  type: 'LIMIT',
  product: 'CNC',
  validity: 'DAY',
  quantity: 100n,
  limitPrice: 1_400_00n,
  triggerPrice: null,
};
const TERMS = { quantity: 100n, limitPrice: 1_400_00n, triggerPrice: null };

function report(more: Partial<OrderReport> = {}): OrderReport {
  return {
    venueOrderId: 'v1',
    tag: TAG,
    status: 'OPEN',
    terms: TERMS,
    filledQuantity: 0n,
    atMs: 10_000,
    message: null,
    ...more,
  };
}

function trade(tradeId: string, quantity: bigint): Fill {
  return { tradeId, quantity, price: 1_399_00n, atMs: 10_000 };
}

function kinds({ happenings }: Change): string[] {
  return happenings.map(({ kind }) => kind);
}

const SENT = sendOrder(ID, TAG, TICKET, 1_000);
const OPEN = observeOrder(SENT, report(), false, 2_000).order;

describe('an order that was sent', () => {
  it('is accepted when the venue names it, by whatever way', () => {
    expect(kinds(acceptOrder(SENT, 'v1', 2_000))).toEqual(['ACCEPTED']);
    const heard = observeOrder(SENT, report(), false, 2_000);
    expect(kinds(heard)).toEqual(['ACCEPTED']);
    expect(acceptOrder(heard.order, 'v1', 3_000)).toEqual({ order: heard.order, happenings: [] });
  });

  it('was not placed when the venue refuses it for certain, unless it was seen', () => {
    const refused = refuseOrder(SENT, 'No funds.', 2_000);
    expect(kinds(refused)).toEqual(['NOT_PLACED']);
    expect(refused.order).toMatchObject({ status: 'NOT_PLACED', message: 'No funds.' });
    expect(refuseOrder(OPEN, 'No funds.', 3_000).order).toBe(OPEN);
  });

  it('is unknown without an answer, and found by its tag', () => {
    const doubted = doubtOrder(SENT, 'UNANSWERED', 2_000);
    expect(kinds(doubted)).toEqual(['DOUBTED']);
    expect(statusOf(doubted.order)).toBe('UNKNOWN');
    const { changes } = reconcile(
      [doubted.order],
      { askedAtMs: 2_500, orders: [report()], trades: [] },
      RULES,
      2_600,
    );
    expect(changes.map(kinds)).toEqual([['ACCEPTED', 'CLARIFIED']]);
    expect(changes[0]?.order).toMatchObject({ venueOrderId: 'v1', status: 'OPEN', doubt: null });
  });

  it('counts as not placed only after enough books without it and enough time', () => {
    const doubted = doubtOrder(SENT, 'UNANSWERED', 2_000).order;
    const miss = (order: VenueOrder, askedAtMs: number): Change =>
      missOrder(order, askedAtMs, RULES, askedAtMs);
    const early = miss(miss(miss(miss(doubted, 3_000).order, 4_000).order, 5_000).order, 6_000);
    expect(statusOf(early.order)).toBe('UNKNOWN');
    const few = miss(miss(doubted, 70_000).order, 80_000);
    expect(statusOf(few.order)).toBe('UNKNOWN');
    expect(kinds(miss(few.order, 90_000))).toEqual(['CLARIFIED', 'NOT_PLACED']);
    expect(kinds(miss(early.order, 62_000))).toEqual(['CLARIFIED', 'NOT_PLACED']);
    expect(kinds(miss(early.order, 61_999))).toEqual([]);
  });

  it('is not missed by a book that was asked for before the doubt, or while it is under way', () => {
    const doubted = doubtOrder(SENT, 'UNANSWERED', 2_000).order;
    expect(missOrder(doubted, 2_000, RULES, 9_000).order).toBe(doubted);
    expect(missOrder(SENT, 9_000, RULES, 9_000).order).toBe(SENT);
  });

  it('comes back from not placed when it turns up after all', () => {
    const gone = refuseOrder(SENT, 'late', 2_000).order;
    const back = observeOrder(gone, report(), false, 3_000);
    expect(kinds(back)).toEqual(['ACCEPTED']);
    expect(statusOf(back.order)).toBe('OPEN');
  });
});

describe('an order that the venue has named', () => {
  it('is unknown, and never not placed, when the venue does not find it', () => {
    let order = missOrder(OPEN, 5_000, RULES, 5_000).order;
    for (let askedAtMs = 100_000; askedAtMs < 200_000; askedAtMs += 10_000) {
      order = missOrder(order, askedAtMs, RULES, askedAtMs).order;
    }
    expect(statusOf(order)).toBe('UNKNOWN');
    expect(order.doubt?.absences).toBe(10);
    const found = observeOrder(order, report(), true, 300_000);
    expect(kinds(found)).toEqual(['CLARIFIED']);
  });

  it('does not lose its doubt to a report that says nothing new', () => {
    const doubted = doubtOrder(OPEN, 'NOT_FOUND', 3_000).order;
    expect(observeOrder(doubted, report(), false, 4_000).order).toBe(doubted);
    expect(observeOrder(doubted, report({ atMs: 9_000 }), true, 4_000).order).toBe(doubted);
    expect(kinds(observeOrder(doubted, report({ atMs: 11_000 }), false, 4_000))).toEqual(['CLARIFIED']);
  });

  it('ignores older reports and those about another order with its tag', () => {
    expect(observeOrder(OPEN, report({ atMs: 9_000, status: 'PENDING' }), false, 3_000).order).toBe(OPEN);
    expect(observeOrder(OPEN, report({ status: 'PENDING' }), true, 3_000).order).toBe(OPEN);
    expect(observeOrder(OPEN, report({ venueOrderId: 'v2', atMs: 99_000 }), true, 3_000).order).toBe(OPEN);
  });

  it('is complete only when its trades are known, each once', () => {
    const filled = observeOrder(OPEN, report({ status: 'FILLED', filledQuantity: 100n }), false, 3_000);
    expect(kinds(filled)).toEqual([]);
    expect(isSettled(filled.order)).toBe(false);
    const half = recordTrades(filled.order, [trade('t1', 60n), trade('t1', 60n)], 4_000);
    expect(kinds(half)).toEqual(['EXECUTED']);
    const whole = recordTrades(half.order, [trade('t1', 60n), trade('t2', 40n)], 5_000);
    expect(kinds(whole)).toEqual(['EXECUTED', 'COMPLETED']);
    expect(recordTrades(whole.order, [trade('t2', 40n)], 6_000).order).toBe(whole.order);
  });

  it('takes a fill that is told after it was cancelled', () => {
    const cancelled = observeOrder(OPEN, report({ status: 'CANCELLED', atMs: 11_000 }), false, 3_000);
    expect(kinds(cancelled)).toEqual(['CANCELLED']);
    const told = observeOrder(
      cancelled.order,
      report({ status: 'CANCELLED', atMs: 11_000, filledQuantity: 50n }),
      false,
      4_000,
    );
    expect(kinds(told)).toEqual([]);
    const late = recordTrades(told.order, [trade('t1', 50n)], 5_000);
    expect(kinds(late)).toEqual(['EXECUTED', 'CANCELLED']);
  });

  it('believes a trade before the report that counts it', () => {
    const ahead = recordTrades(OPEN, [trade('t1', 30n)], 3_000).order;
    expect(ahead.filledQuantity).toBe(30n);
    expect(observeOrder(ahead, report({ atMs: 12_000 }), true, 4_000).order).toBe(ahead);
  });
});

/** What really happens to one order: each step with the venue's report just after it. */
interface History {
  readonly reports: readonly OrderReport[];
  readonly trades: readonly TradeReport[];
}

const histories: fc.Arbitrary<History> = fc
  .array(
    fc.record({
      step: fc.constantFrom('FILL', 'FILL', 'MODIFY', 'CANCEL', 'LATE_FILL'),
      size: fc.bigInt(1n, 40n),
      /** Several steps in one second are the rule. */
      passesMs: fc.constantFrom(0, 0, 1_000, 5_000),
    }),
    { maxLength: 8 },
  )
  .map((steps) => {
    let now = report({ status: 'PENDING' });
    const reports = [now, (now = report())];
    const trades: TradeReport[] = [];
    for (const { step, size, passesMs } of steps) {
      const atMs = now.atMs + passesMs;
      const left = now.terms.quantity - now.filledQuantity;
      const isOpen = now.status === 'OPEN';
      if (step === 'CANCEL' && isOpen) now = { ...now, status: 'CANCELLED', atMs };
      // A second change within a second is told apart only by asking.
      if (step === 'MODIFY' && isOpen) now = { ...now, terms: { ...now.terms, limitPrice: size }, atMs };
      const isFilling = step === 'FILL' ? isOpen : step === 'LATE_FILL' && now.status === 'CANCELLED';
      if (isFilling && left > 0n) {
        const quantity = size < left ? size : left;
        const filledQuantity = now.filledQuantity + quantity;
        const status = quantity === left ? 'FILLED' : now.status;
        const fill = { tradeId: `t${trades.length}`, price: size, quantity, atMs };
        trades.push({ ...fill, venueOrderId: 'v1', symbol: 'INFY', side: 'BUY', product: 'CNC' });
        now = { ...now, status, filledQuantity, atMs };
      }
      reports.push(now);
    }
    return { reports, trades };
  });

describe('an order of which nobody knows what became', () => {
  const doubted = doubtOrder(OPEN, 'NOT_FOUND', 3_000).order;

  it('ends when somebody says that it is not there, with the trades that are known', () => {
    const part = recordTrades(doubted, [trade('t1', 30n)], 3_000).order;
    const counted = { ...part, filledQuantity: 50n };
    const change = resolveOrder(counted, { kind: 'ABSENT' }, 4_000);
    expect(kinds(change)).toEqual(['CLARIFIED', 'CANCELLED']);
    expect(change.order).toMatchObject({ status: 'CANCELLED', filledQuantity: 30n, finding: 'ABSENT' });
    expect(isSettled(change.order)).toBe(true);
    // A trade that is told of all the same counts.
    expect(kinds(recordTrades(change.order, [trade('t2', 20n)], 5_000))).toEqual(['EXECUTED', 'CANCELLED']);
    const unnamed = doubtOrder(SENT, 'UNANSWERED', 3_000).order;
    expect(kinds(resolveOrder(unnamed, { kind: 'ABSENT' }, 4_000))).toEqual(['CLARIFIED', 'NOT_PLACED']);
    expect(() => resolveOrder(OPEN, { kind: 'ABSENT' }, 4_000)).toThrow('not in doubt');
  });

  it('is what the venue says of the one that it is said to be', () => {
    const filled = report({ status: 'FILLED', filledQuantity: 100n });
    const found = { kind: 'FOUND', report: filled, trades: [trade('t1', 100n)] } as const;
    expect(kinds(resolveOrder(doubted, found, 4_000))).toEqual(['CLARIFIED', 'EXECUTED', 'COMPLETED']);
    const unnamed = doubtOrder(SENT, 'UNANSWERED', 3_000).order;
    expect(resolveOrder(unnamed, found, 4_000).order).toMatchObject({ venueOrderId: 'v1', status: 'FILLED' });
    // What was told last may be what was known before.
    const old = { kind: 'FOUND', report: report({ atMs: 1_000 }), trades: [] } as const;
    expect(resolveOrder(doubted, old, 4_000).order).toMatchObject({ status: 'OPEN', doubt: null });
  });
});

describe('whatever is lost, doubled or out of order', () => {
  it('ends in the truth after one look at the venue, each trade told once', () => {
    const deliveries = fc.array(fc.record({ pick: fc.nat(), kind: fc.nat(3) }), { maxLength: 30 });
    fc.assert(
      fc.property(histories, deliveries, ({ reports, trades }, delivered) => {
        let order = SENT;
        let nowMs = 2_000;
        const told: VenueHappening[] = [];
        const take = ({ order: next, happenings }: Change): void => {
          order = next;
          told.push(...happenings);
        };
        for (const { pick, kind } of delivered) {
          nowMs += 1;
          const heard = reports[pick % reports.length] ?? report();
          const traded = trades.slice(0, pick % (trades.length + 1));
          if (kind <= 1) take(observeOrder(order, heard, false, nowMs));
          if (kind === 2 && order.venueOrderId !== null) take(recordTrades(order, traded, nowMs));
          if (kind === 3) take(doubtOrder(order, 'UNANSWERED', nowMs));
          // A book may be old, too: it was asked for before what was heard last.
          if (pick % 7 === 0) {
            const snapshot = { askedAtMs: nowMs - 1, orders: [heard], trades: traded };
            reconcile([order], snapshot, RULES, nowMs).changes.forEach(take);
          }
        }
        const truth = reports.at(-1) ?? report();
        const snapshot = { askedAtMs: nowMs + 1, orders: [truth], trades };
        reconcile([order], snapshot, RULES, nowMs + 2).changes.forEach(take);

        expect(statusOf(order)).toBe(truth.status);
        expect(order.terms).toEqual(truth.terms);
        expect(order.filledQuantity).toBe(truth.filledQuantity);
        const fills = trades.map(({ tradeId, price, quantity, atMs }) => ({
          tradeId,
          price,
          quantity,
          atMs,
        }));
        expect([...order.fills].sort((a, b) => a.tradeId.localeCompare(b.tradeId))).toEqual(fills);
        const executed = told.flatMap(({ fill }) => fill?.tradeId ?? []);
        expect(executed.sort()).toEqual(trades.map(({ tradeId }) => tradeId));
        expect(isSettled(order)).toBe(truth.status !== 'OPEN' && truth.status !== 'PENDING');
      }),
      { numRuns: 2_000 },
    );
  });
});
