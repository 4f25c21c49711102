import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays } from './calendar.ts';
import { xirr, type CashFlow } from './xirr.ts';

function flows(...all: readonly (readonly [string, number])[]): CashFlow[] {
  return all.map(([date, amount]) => ({ date, amount: BigInt(Math.round(amount * 100)) }));
}

describe('xirr', () => {
  it('agrees with the example of Microsoft Excel', () => {
    // Microsoft's reference of XIRR: 0.373362535.
    const example = flows(
      ['2008-01-01', -10_000],
      ['2008-03-01', 2_750],
      ['2008-10-30', 4_250],
      ['2009-02-15', 3_250],
      ['2009-04-01', 2_750],
    );
    expect(xirr(example)).toBeCloseTo(0.373362535, 8);
    expect(xirr(example.toReversed())).toBeCloseTo(0.373362535, 8);
  });

  it('agrees with the example of OpenOffice Calc', () => {
    // The how-to of XIRR in the Apache OpenOffice wiki: about 12.4 %.
    expect(xirr(flows(['2008-02-05', -2_750], ['2008-07-05', 1_000], ['2009-01-05', 2_000]))).toBeCloseTo(
      0.124,
      3,
    );
  });

  it('is the plain rate over a year of 365 days, also of a leap year', () => {
    expect(xirr(flows(['2025-01-01', -100], ['2026-01-01', 110]))).toBeCloseTo(0.1, 12);
    expect(xirr(flows(['2024-01-01', -100], ['2025-01-01', 110]))).toBeCloseTo(1.1 ** (365 / 366) - 1, 12);
    expect(xirr(flows(['2025-01-01', -100], ['2026-01-01', 100]))).toBeCloseTo(0, 12);
    expect(xirr(flows(['2025-01-01', -100], ['2026-01-01', 1]))).toBeCloseTo(-0.99, 12);
  });

  it('does not exist without a payment, without a return, or within one day', () => {
    expect(xirr([])).toBeUndefined();
    expect(xirr(flows(['2025-01-01', -100]))).toBeUndefined();
    expect(xirr(flows(['2025-01-01', -100], ['2026-01-01', 0]))).toBeUndefined();
    expect(xirr(flows(['2025-01-01', 100], ['2026-01-01', 1]))).toBeUndefined();
    expect(xirr(flows(['2025-01-01', -100], ['2025-01-01', 101]))).toBeUndefined();
    expect(xirr(flows(['2025-01-01', -100], ['2025-01-01', 100]))).toBeUndefined();
  });

  it('does not exist where no rate fits, or none that can be written', () => {
    expect(xirr(flows(['2025-01-01', 100], ['2026-01-01', -100], ['2027-01-01', 100]))).toBeUndefined();
    expect(xirr(flows(['2025-01-01', -0.01], ['2025-01-02', 10_000_000]))).toBeUndefined();
  });

  it('is the rate nearest to 10 % where several fit', () => {
    // 25 % and 400 %, the two roots of the classic of Lorie and Savage in another form: -100, 625, -625.
    expect(xirr(flows(['2025-01-01', -100], ['2026-01-01', 625], ['2027-01-01', -625]))).toBeCloseTo(
      0.25,
      10,
    );
    // 10 % and 20 %.
    expect(xirr(flows(['2025-01-01', -100], ['2026-01-01', 230], ['2027-01-01', -132]))).toBeCloseTo(0.1, 8);
  });

  it('stands a day of great gain and decades of great loss', () => {
    const rate = xirr(flows(['2025-01-01', -100], ['2025-01-02', 150])) ?? 0;
    expect(rate / (1.5 ** 365 - 1)).toBeCloseTo(1, 9);
    expect(xirr(flows(['1990-01-01', -1_000_000], ['2025-12-24', 0.01]))).toBeCloseTo(10 ** (-8 / 36) - 1, 3);
  });
});

const START = '2020-01-01';
const anyFlows = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 3_650 }), fc.bigInt(-1_000_000_00n, 1_000_000_00n)), {
    minLength: 2,
    maxLength: 30,
  })
  .map((all) => all.map(([days, amount]): CashFlow => ({ date: addDays(START, days), amount })));

/** Flows whose rate is known to exist and to be one: first payments, then returns. */
const investment = fc
  .tuple(
    fc.array(fc.tuple(fc.integer({ min: 0, max: 1_000 }), fc.bigInt(1_00n, 100_000_00n)), {
      minLength: 1,
      maxLength: 10,
    }),
    fc.array(fc.tuple(fc.integer({ min: 1_400, max: 3_650 }), fc.bigInt(1_00n, 100_000_00n)), {
      minLength: 1,
      maxLength: 10,
    }),
  )
  .map(([paid, received]): CashFlow[] => [
    ...paid.map(([days, amount]) => ({ date: addDays(START, days), amount: -amount })),
    ...received.map(([days, amount]) => ({ date: addDays(START, days), amount })),
  ]);

/** The discounted flows' sum, as a part of the sum of their sizes. */
function residue(flows: readonly CashFlow[], rate: number): number {
  const dates = flows.map(({ date }) => date).sort();
  let [total, size] = [0, 0];
  for (const { date, amount } of flows) {
    const days = (Date.parse(date) - Date.parse(dates[0] ?? date)) / 86_400_000;
    const present = Number(amount) / (1 + rate) ** (days / 365);
    total += present;
    size += Math.abs(present);
  }
  return total / size;
}

describe('xirr of any flows', () => {
  it('discounts them to nothing', () => {
    fc.assert(
      fc.property(anyFlows, (all) => {
        const rate = xirr(all);
        // Nearer to -100 % than this, 1 + rate has too few digits to check with.
        fc.pre(rate !== undefined && rate > -0.999);
        expect(Math.abs(residue(all, rate))).toBeLessThan(1e-6);
      }),
    );
  });

  it('finds the rate of every investment', () => {
    fc.assert(
      fc.property(investment, (all) => {
        const rate = xirr(all);
        expect(rate).toBeDefined();
        expect(Math.abs(residue(all, rate ?? 0))).toBeLessThan(1e-6);
      }),
    );
  });

  it('does not depend on the unit of the amounts, nor on the order of the flows', () => {
    fc.assert(
      fc.property(investment, fc.bigInt(2n, 1_000n), (all, times) => {
        const rate = xirr(all) ?? NaN;
        const scaled = all.map(({ date, amount }) => ({ date, amount: amount * times }));
        expect(Math.log1p(xirr(scaled.toReversed()) ?? NaN)).toBeCloseTo(Math.log1p(rate), 6);
      }),
    );
  });
});
