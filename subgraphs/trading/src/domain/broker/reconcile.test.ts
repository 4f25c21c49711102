import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, silenceLeftMs } from './backoff.ts';
import {
  acceptOrder,
  sendOrder,
  type OrderReport,
  type Ticket,
  type TradeReport,
  type VenueOrder,
} from './order.ts';
import { waitMs } from './pace.ts';
import { comparePositions, reconcile, type Reconciled } from './reconcile.ts';
import { TAG_LENGTH, tagOf } from './tag.ts';

const ID = '0198f3a2-7c41-7abc-8def-0123456789ab';
const RULES = { absencesMin: 1, safetyMs: 0 };
const TICKET: Ticket = {
  symbol: 'INFY',
  side: 'BUY',
  type: 'MARKET',
  product: 'MIS',
  validity: 'DAY',
  quantity: 5n,
  limitPrice: null,
  triggerPrice: null,
};

function trade(more: Partial<TradeReport> = {}): TradeReport {
  const { symbol, side, product } = TICKET;
  const fill = { tradeId: 't1', price: 100n, quantity: 5n, atMs: 10_000 };
  return { ...fill, venueOrderId: 'v1', symbol, side, product, ...more };
}

describe('reconcile', () => {
  it('finds an order by its tag with its trades, and tells of a second one under the same tag', () => {
    const order = sendOrder(ID, tagOf(ID), TICKET, 1_000);
    const report: OrderReport = {
      venueOrderId: 'v1',
      tag: order.tag,
      status: 'FILLED',
      terms: { quantity: 5n, limitPrice: null, triggerPrice: null },
      filledQuantity: 5n,
      atMs: 10_000,
      message: null,
    };
    const orders = [report, { ...report, venueOrderId: 'v2' }, { ...report, venueOrderId: 'v3', tag: null }];
    const { changes, discrepancies } = reconcile(
      [order],
      { askedAtMs: 2_000, orders, trades: [trade(), trade({ venueOrderId: 'v2', tradeId: 't2' })] },
      RULES,
      3_000,
    );
    expect(changes.map(({ happenings }) => happenings.map(({ kind }) => kind))).toEqual([
      ['ACCEPTED', 'EXECUTED', 'COMPLETED'],
    ]);
    expect(changes[0]?.order.fills).toEqual([{ tradeId: 't1', price: 100n, quantity: 5n, atMs: 10_000 }]);
    expect(discrepancies).toEqual([{ kind: 'ORDER_DOUBLED', id: ID, venueOrderId: 'v2' }]);
  });

  it('tells of an order that was named and is missing for long, until somebody says what became of it', () => {
    const named = acceptOrder(sendOrder(ID, tagOf(ID), TICKET, 1_000), 'v1', 1_000).order;
    const rules = { absencesMin: 2, safetyMs: 10_000 };
    const look = (order: VenueOrder, askedAtMs: number): Reconciled =>
      reconcile([order], { askedAtMs, orders: [], trades: [] }, rules, askedAtMs);
    const doubted = look(named, 2_000).changes[0]?.order ?? named;
    let order = doubted;
    const told = [3_000, 4_000, 11_000, 12_000].map((askedAtMs) => {
      const { changes, discrepancies } = look(order, askedAtMs);
      order = changes[0]?.order ?? order;
      return discrepancies;
    });
    const missing = { kind: 'ORDER_MISSING', id: ID, venueOrderId: 'v1' };
    expect(told).toEqual([[], [], [], [missing]]);
    const soon = look(doubted, 60_000);
    expect([soon.discrepancies, look(soon.changes[0]?.order ?? order, 61_000).discrepancies]).toEqual([
      [],
      [missing],
    ]);
  });

  it('changes nothing when everything is as it was', () => {
    const order = sendOrder(ID, tagOf(ID), TICKET, 1_000);
    expect(reconcile([order], { askedAtMs: 2_000, orders: [], trades: [] }, RULES, 3_000)).toEqual({
      changes: [],
      discrepancies: [],
    });
  });
});

describe('comparePositions', () => {
  it('tells where bought less sold is not the position', () => {
    const trades = [trade(), trade({ tradeId: 't2', side: 'SELL', quantity: 2n })];
    const position = { symbol: 'INFY', product: 'MIS' as const, quantity: 3n };
    expect(comparePositions(trades, [position])).toEqual([]);
    expect(comparePositions(trades, [{ ...position, quantity: 5n }])).toMatchObject([
      { symbol: 'INFY', product: 'MIS', traded: 3n, reported: 5n },
    ]);
    expect(comparePositions(trades, [])).toMatchObject([{ traded: 3n, reported: 0n }]);
    expect(comparePositions([], [position])).toMatchObject([{ traded: 0n, reported: 3n }]);
  });
});

describe('tagOf', () => {
  it('fits the venue and tells orders apart by time and by chance', () => {
    expect(tagOf(ID)).toMatch(/^[0-9a-v]{20}$/);
    expect(tagOf(ID)).toBe('06cf78js86ls4d2mf2db');
    expect(tagOf(ID)).toHaveLength(TAG_LENGTH);
    const hex = fc.stringMatching(/^[0-9a-f]{12}$/);
    fc.assert(
      fc.property(hex, hex, (one, other) => {
        const id = (time: string, tail: string): string =>
          `${time.slice(0, 8)}-${time.slice(8)}-7abc-8def-${tail}`;
        expect(tagOf(id(one, other)) === tagOf(id(other, other))).toBe(one === other);
        expect(tagOf(id(one, other)) === tagOf(id(one, one))).toBe(one.slice(2) === other.slice(2));
      }),
    );
  });

  it('is of UUIDv7 only', () => {
    expect(() => tagOf('0198f3a2-7c41-4abc-8def-0123456789ab')).toThrow();
    expect(() => tagOf('order-1')).toThrow();
  });
});

describe('backoffMs', () => {
  it('doubles up to the cap and leaves half of it to chance', () => {
    const rules = { firstMs: 100, capMs: 1_000 };
    const waits = (uniform: number): number[] =>
      [1, 2, 3, 4, 5, 500].map((n) => backoffMs(n, rules, uniform));
    expect(waits(0)).toEqual([50, 100, 200, 400, 500, 500]);
    expect(waits(0.5)).toEqual([75, 150, 300, 600, 750, 750]);
  });
});

describe('silenceLeftMs', () => {
  it('counts from when something was heard, down to nothing', () => {
    expect(silenceLeftMs(1_000, 1_400, 500)).toBe(100);
    expect(silenceLeftMs(1_000, 1_500, 500)).toBe(0);
    expect(silenceLeftMs(1_000, 9_000, 500)).toBe(0);
  });
});

describe('waitMs', () => {
  it('holds every limit in any stretch of time, and waits no longer than it must', () => {
    const limits = [
      { count: 2, perMs: 10 },
      { count: 5, perMs: 100 },
    ];
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 40 }), (gaps) => {
        const sent: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const wait = waitMs(sent, limits, now);
          if (wait > 0) expect(waitMs(sent, limits, now + wait - 1)).toBe(1);
          now += wait;
          sent.push(now);
        }
        for (const { count, perMs } of limits) {
          sent.forEach((at, i) => expect((sent[i + count] ?? Infinity) - at).toBeGreaterThanOrEqual(perMs));
        }
      }),
    );
  });
});
