import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Side } from './order.ts';
import { Calendar, INDIAN_HOLIDAYS } from './calendar.ts';
import type { Product } from './order.ts';
import {
  PortfolioBuilder,
  dayPnl,
  settledBefore,
  settlementDate,
  settlementOf,
  unrealisedPnl,
  type Holding,
  type Mark,
  type Portfolio,
  type PortfolioFill,
  type Split,
} from './portfolio.ts';

const calendar = new Calendar(INDIAN_HOLIDAYS);
function fill(
  date: string,
  side: Side,
  quantity: bigint,
  price: bigint,
  more: { readonly symbol?: string; readonly product?: Product } = {},
): PortfolioFill {
  return { symbol: 'TCS', product: 'CNC', side, quantity, price, date, ...more };
}

function portfolio(
  today: string,
  fills: readonly PortfolioFill[],
  mark: Partial<Mark> = {},
  splits: readonly Split[] = [],
): Portfolio {
  const builder = new PortfolioBuilder(today, { NSE: calendar, BSE: calendar });
  const waiting = [...splits];
  for (const each of fills) {
    while (waiting[0] && waiting[0].date <= each.date) builder.split(waiting.shift() as Split);
    builder.add(each);
  }
  for (const split of waiting) builder.split(split);
  const whole = { last: 100n, previousClose: 100n, ...mark };
  return builder.build(new Map(builder.symbols.map((symbol) => [symbol, whole])));
}

function only({ holdings }: Portfolio): Holding {
  const [holding, ...others] = holdings;
  if (!holding || others.length > 0) throw new Error(`there are ${holdings.length} holdings`);
  return holding;
}

describe('T+1 settlement', () => {
  it('is on the next trading day, past weekends and holidays', () => {
    expect(settlementDate('2026-01-20', calendar)).toBe('2026-01-21');
    // Friday; Monday, 26 January 2026 is Republic Day.
    expect(settlementDate('2026-01-23', calendar)).toBe('2026-01-27');
    // Thursday; Friday, 3 April 2026 is Good Friday.
    expect(settlementDate('2026-04-02', calendar)).toBe('2026-04-06');
  });

  it('has settled on a day what was traded before the last trading day up to it', () => {
    expect(settledBefore('2026-01-23', calendar)).toBe('2026-01-23');
    expect(settledBefore('2026-01-26', calendar)).toBe('2026-01-23');
    expect(settledBefore('2026-01-27', calendar)).toBe('2026-01-27');
    const days = fc.integer({ min: 0, max: 700 });
    const date = (offset: number): string =>
      new Date(Date.UTC(2025, 0, 1 + offset)).toISOString().slice(0, 10);
    fc.assert(
      fc.property(days, days, (traded, now) => {
        const isSettled = settlementDate(date(traded), calendar) <= date(now);
        expect(date(traded) < settledBefore(date(now), calendar)).toBe(isSettled);
      }),
    );
  });

  it('tells settled from unsettled units over a holiday, and what was sold out of them', () => {
    const fills = [fill('2026-01-22', 'BUY', 10n, 100n), fill('2026-01-23', 'BUY', 5n, 100n)];
    const on = (today: string): (bigint | undefined)[] => {
      const { settledQuantity, unsettledQuantity, undeliveredQuantity } = only(portfolio(today, fills));
      return [settledQuantity, unsettledQuantity, undeliveredQuantity];
    };
    expect(on('2026-01-23')).toEqual([10n, 5n, 0n]);
    // Saturday, Sunday, Republic Day: nothing is delivered.
    for (const day of ['2026-01-24', '2026-01-25', '2026-01-26']) expect(on(day)).toEqual([10n, 5n, 0n]);
    expect(on('2026-01-27')).toEqual([15n, 0n, 0n]);
    // Sold on Friday: the oldest first, so out of what is settled.
    fills.push(fill('2026-01-23', 'SELL', 4n, 110n));
    expect(on('2026-01-26')).toEqual([6n, 5n, 4n]);
    expect(on('2026-01-27')).toEqual([11n, 0n, 0n]);
  });

  it('never comes for intraday positions', () => {
    const fills = [fill('2026-01-20', 'BUY', 10n, 100n, { product: 'MIS' })];
    const holding = only(portfolio('2026-01-23', fills));
    expect(holding).toMatchObject({ settledQuantity: 0n, unsettledQuantity: 10n });
    expect(holding.lots.map((lot) => settlementOf(holding, lot))).toEqual([undefined]);
  });
});

describe('net and day', () => {
  it('counts what was held overnight from the previous close, the rest from its own price', () => {
    const fills = [
      fill('2026-01-20', 'BUY', 10n, 100n),
      fill('2026-01-21', 'BUY', 10n, 120n),
      fill('2026-01-21', 'SELL', 15n, 125n),
    ];
    const holding = only(portfolio('2026-01-21', fills, { last: 130n, previousClose: 110n }));
    expect(holding).toMatchObject({
      quantity: 5n,
      cost: 600n,
      realised: 10n * 25n + 5n * 5n,
      day: {
        overnightQuantity: 10n,
        bought: { quantity: 10n, value: 1_200n },
        sold: { quantity: 15n, value: 1_875n },
      },
    });
    expect(unrealisedPnl(holding)).toBe(50n);
    // 10 overnight and sold: 15 each. 5 bought and sold: 5 each. 5 bought and held: 10 each.
    expect(dayPnl(holding)).toBe(150n + 25n + 50n);
    const next = only(portfolio('2026-01-22', fills, { last: 131n, previousClose: 130n }));
    expect(dayPnl(next)).toBe(5n);
    expect(next.day).toMatchObject({ overnightQuantity: 5n, bought: { quantity: 0n } });
  });

  it('holds shorts of the day below zero', () => {
    const fills = [
      fill('2026-01-21', 'SELL', 10n, 100n, { product: 'MIS' }),
      fill('2026-01-21', 'BUY', 4n, 90n, { product: 'MIS' }),
    ];
    const whole = portfolio('2026-01-21', fills, { last: 95n });
    expect(only(whole)).toMatchObject({ quantity: -6n, cost: -600n, realised: 40n, settledQuantity: 0n });
    expect(whole).toMatchObject({ value: -570n, invested: -600n, unrealised: 30n, dayPnl: 70n });
  });

  it('keeps apart products and instruments, and shows what is held or traded today', () => {
    const fills = [
      fill('2026-01-20', 'BUY', 1n, 100n, { symbol: 'ZEEL' }),
      fill('2026-01-20', 'BUY', 1n, 100n, { symbol: 'ACC' }),
      fill('2026-01-20', 'SELL', 1n, 130n, { symbol: 'ACC' }),
      fill('2026-01-21', 'BUY', 1n, 100n, { product: 'MIS' }),
      fill('2026-01-21', 'SELL', 1n, 101n, { product: 'MIS' }),
      fill('2026-01-21', 'BUY', 1n, 100n),
    ];
    const { holdings, realised } = portfolio('2026-01-21', fills);
    expect(holdings.map(({ symbol, product, quantity }) => [symbol, product, quantity])).toEqual([
      ['TCS', 'CNC', 1n],
      ['TCS', 'MIS', 0n],
      ['ZEEL', 'CNC', 1n],
    ]);
    expect(realised).toBe(31n);
  });
});

describe('a split', () => {
  const splits: Split[] = [
    { symbol: 'TCS', date: '2026-01-21', ratio: { numerator: 5n, denominator: 1n } },
    { symbol: 'ACC', date: '2026-01-21', ratio: { numerator: 2n, denominator: 1n } },
  ];
  const fills = [fill('2026-01-20', 'BUY', 10n, 1_000n), fill('2026-01-21', 'BUY', 10n, 210n)];

  it('changes the lots bought before its ex-date, and no others', () => {
    const holding = only(portfolio('2026-01-22', fills, { last: 210n, previousClose: 210n }, splits));
    expect(holding).toMatchObject({ quantity: 60n, cost: 12_100n });
    expect(holding.lots.map(({ quantity, cost }) => [quantity, cost])).toEqual([
      [50n, 10_000n],
      [10n, 2_100n],
    ]);
  });

  it('makes no profit of the day on its ex-date', () => {
    const mark = { last: 200n, previousClose: 1_000n };
    const holding = only(portfolio('2026-01-21', fills.slice(0, 1), mark, splits));
    expect(holding).toMatchObject({ quantity: 50n, day: { overnightQuantity: 10n } });
    expect([unrealisedPnl(holding), dayPnl(holding)]).toEqual([0n, 0n]);
  });
});

describe('cash flows', () => {
  it('are the net cash of each date, and the value today', () => {
    const fills = [
      fill('2026-01-20', 'BUY', 10n, 100n),
      fill('2026-01-20', 'SELL', 4n, 110n),
      fill('2026-01-21', 'BUY', 1n, 90n, { symbol: 'ACC' }),
    ];
    expect(portfolio('2026-01-22', fills, { last: 120n }).cashFlows).toEqual([
      { date: '2026-01-20', amount: -560n },
      { date: '2026-01-21', amount: -90n },
      { date: '2026-01-22', amount: 840n },
    ]);
  });
});

describe('whatever is traded', () => {
  const anyFill = fc.record({
    day: fc.integer({ min: 1, max: 28 }),
    side: fc.constantFrom<Side>('BUY', 'SELL'),
    quantity: fc.bigInt(1n, 500n),
    price: fc.bigInt(1n, 1_000_00n),
    symbol: fc.constantFrom('TCS', 'ACC', 'BSE:SBIN'),
    product: fc.constantFrom<Product>('CNC', 'MIS'),
  });
  const anyFills = fc
    .array(anyFill, { maxLength: 40 })
    .map((all) =>
      all
        .sort((a, b) => a.day - b.day)
        .map(({ day, side, quantity, price, symbol, product }) =>
          fill(`2026-01-${day.toString().padStart(2, '0')}`, side, quantity, price, { symbol, product }),
        ),
    );

  it('adds up: all cash flows are profit realised and not, and settled units and others are all there are', () => {
    fc.assert(
      fc.property(anyFills, fc.bigInt(1n, 1_000_00n), (fills, last) => {
        const { holdings, cashFlows, realised, unrealised, value, invested } = portfolio(
          '2026-01-28',
          fills,
          { last },
        );
        expect(cashFlows.reduce((sum, { amount }) => sum + amount, 0n)).toBe(realised + unrealised);
        expect(unrealised).toBe(value - invested);
        for (const { quantity, settledQuantity, unsettledQuantity, day } of holdings) {
          expect(settledQuantity + unsettledQuantity).toBe(quantity);
          expect(day.overnightQuantity + day.bought.quantity - day.sold.quantity).toBe(quantity);
        }
      }),
    );
  });

  it('makes day by day what it makes in all', () => {
    fc.assert(
      fc.property(
        anyFills,
        fc.array(fc.bigInt(1n, 1_000_00n), { minLength: 29, maxLength: 29 }),
        (fills, closes) => {
          let sum = 0n;
          for (let day = 1; day <= 28; day += 1) {
            const today = `2026-01-${day.toString().padStart(2, '0')}`;
            const known = fills.filter(({ date }) => date <= today);
            const mark = { last: closes[day] ?? 1n, previousClose: closes[day - 1] ?? 1n };
            sum += portfolio(today, known, mark).dayPnl;
          }
          const whole = portfolio('2026-01-28', fills, { last: closes[28] ?? 1n });
          expect(sum).toBe(whole.realised + whole.unrealised);
        },
      ),
      { numRuns: 30 },
    );
  });
});
