import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Side } from './order.ts';
import { LotBook, type Lot, type LotFill } from './lots.ts';
import type { SplitRatio } from './split.ts';

const DAY = '2026-01-15';

function fill(side: Side, quantity: bigint, price: bigint, date = DAY): LotFill {
  return { side, quantity, price, date };
}

interface Standing {
  readonly quantity: bigint;
  readonly cost: bigint;
  readonly realised: bigint;
  readonly lots: readonly Lot[];
}

function standing({ quantity, cost, realised, lots }: LotBook): Standing {
  return { quantity, cost, realised, lots };
}

function after(...steps: readonly (LotFill | SplitRatio)[]): LotBook {
  const book = new LotBook();
  for (const step of steps) {
    if ('side' in step) book.trade(step);
    else book.split(step);
  }
  return book;
}

describe('lots, first in, first out', () => {
  it('sells what was bought first', () => {
    const book = after(fill('BUY', 10n, 100n), fill('BUY', 20n, 105n), fill('SELL', 15n, 120n));
    expect(standing(book)).toEqual({
      quantity: 15n,
      cost: 1_575n,
      realised: 10n * 20n + 5n * 15n,
      lots: [{ number: 2, date: DAY, quantity: 15n, cost: 1_575n }],
    });
  });

  it('counts on when all is sold', () => {
    const book = after(fill('BUY', 10n, 100n), fill('SELL', 10n, 90n), fill('BUY', 1n, 80n));
    expect(standing(book)).toMatchObject({ quantity: 1n, cost: 80n, realised: -100n, lots: [{ number: 2 }] });
  });

  it('makes one lot of what trades on one day at one price, and only of that', () => {
    const book = after(
      fill('BUY', 3n, 100n),
      fill('BUY', 4n, 100n),
      fill('BUY', 1n, 101n),
      fill('BUY', 1n, 101n, '2026-01-16'),
    );
    expect(book.lots.map(({ quantity, date }) => [quantity, date])).toEqual([
      [7n, DAY],
      [1n, DAY],
      [1n, '2026-01-16'],
    ]);
  });

  it('buys back what was sold first, and turns around in one fill', () => {
    const short = after(fill('SELL', 10n, 100n), fill('SELL', 5n, 110n));
    expect(standing(short)).toMatchObject({ quantity: -15n, cost: -1_550n, realised: 0n });
    short.trade(fill('BUY', 12n, 90n));
    expect(standing(short)).toMatchObject({ quantity: -3n, cost: -330n, realised: 100n + 40n });
    short.trade(fill('BUY', 5n, 120n));
    expect(standing(short)).toMatchObject({ quantity: 2n, cost: 240n, realised: 140n - 30n });
  });
});

describe('a split', () => {
  it('changes the quantity and the price of a unit, and leaves the cost', () => {
    const book = after(fill('BUY', 10n, 1_000n), { numerator: 5n, denominator: 1n });
    expect(standing(book)).toMatchObject({ quantity: 50n, cost: 10_000n, realised: 0n });
    book.trade(fill('SELL', 20n, 210n));
    expect(standing(book)).toMatchObject({ quantity: 30n, cost: 6_000n, realised: 200n });
  });

  it('drops one part of a unit, not one per lot', () => {
    const bonus = { numerator: 3n, denominator: 2n };
    const book = after(fill('BUY', 1n, 100n), fill('BUY', 1n, 110n), fill('BUY', 1n, 120n), bonus);
    expect(book.lots.map(({ quantity, cost }) => [quantity, cost])).toEqual([
      [1n, 100n],
      [2n, 110n],
      [1n, 120n],
    ]);
  });

  it('hands the cost of a lot that is too small to the next one, or the one before', () => {
    const oneForTen = { numerator: 1n, denominator: 10n };
    const book = after(fill('BUY', 4n, 100n), fill('BUY', 8n, 50n), fill('BUY', 3n, 10n), oneForTen);
    expect(book.lots).toEqual([{ number: 2, date: DAY, quantity: 1n, cost: 830n }]);
    const nothing = after(fill('BUY', 4n, 100n), oneForTen);
    expect(standing(nothing)).toEqual({ quantity: 0n, cost: 0n, realised: -400n, lots: [] });
  });
});

const side = fc.constantFrom<Side>('BUY', 'SELL');
const anyFill = fc.record({
  side,
  quantity: fc.bigInt(1n, 500n),
  price: fc.bigInt(1n, 1_000_00n),
  date: fc.constantFrom('2026-01-15', '2026-01-16'),
});
const anySplit = fc.record({ numerator: fc.bigInt(1n, 10n), denominator: fc.bigInt(1n, 10n) });
// Twice as many fills as splits, so that there is something to split.
const steps = fc.array(fc.oneof(anyFill, anyFill, anySplit), { maxLength: 40 });
const fills = fc.array(anyFill, { maxLength: 40 });

describe('whatever is traded', () => {
  it('conserves units: what is open is what was bought less what was sold', () => {
    fc.assert(
      fc.property(fills, (all) => {
        const net = all.reduce(
          (total, { side, quantity }) => total + (side === 'BUY' ? quantity : -quantity),
          0n,
        );
        const book = after(...all);
        expect(book.quantity).toBe(net);
        expect(book.lots.every(({ quantity, cost }) => quantity > 0n && cost > 0n)).toBe(true);
      }),
    );
  });

  it('loses no paisa, also over splits: what was received less what was paid, and the cost of the rest, are realised', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const cash = all.reduce((total, step) => {
          if (!('side' in step)) return total;
          const value = step.price * step.quantity;
          return total + (step.side === 'SELL' ? value : -value);
        }, 0n);
        const book = after(...all);
        expect(cash + book.cost).toBe(book.realised);
      }),
    );
  });

  it('does not care in how many pieces a fill came', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.bigInt(1n, 500n), { minLength: 40, maxLength: 40 }), (all, cuts) => {
        const pieces = all.flatMap((step, i) => {
          const cut = cuts[i] ?? 1n;
          if (!('side' in step) || step.quantity <= cut) return [step];
          return [
            { ...step, quantity: cut },
            { ...step, quantity: step.quantity - cut },
          ];
        });
        expect(standing(after(...pieces))).toEqual(standing(after(...all)));
      }),
    );
  });

  it('does not care about the order of fills of one side, one day and one price', () => {
    fc.assert(
      fc.property(
        fills,
        fc.array(fc.bigInt(1n, 500n), { minLength: 1, maxLength: 5 }),
        (before, quantities) => {
          const equal = quantities.map((quantity) => fill('BUY', quantity, 777n));
          const there = standing(after(...before, ...equal));
          expect(standing(after(...before, ...equal.toReversed()))).toEqual(there);
        },
      ),
    );
  });

  it('agrees with one lot a unit', () => {
    fc.assert(
      fc.property(fc.array(anyFill, { maxLength: 12 }), (all) => {
        // The rule in its plainest form: a queue of single units.
        const queue: { readonly side: Side; readonly price: bigint }[] = [];
        let realised = 0n;
        for (const { side, price, quantity } of all) {
          for (let unit = 0n; unit < quantity; unit += 1n) {
            if (queue[0] && queue[0].side !== side) {
              const opened = queue.shift();
              realised += side === 'SELL' ? price - (opened?.price ?? 0n) : (opened?.price ?? 0n) - price;
            } else queue.push({ side, price });
          }
        }
        const book = after(...all);
        expect(book.realised).toBe(realised);
        expect(book.cost).toBe(
          queue.reduce((total, { side, price }) => total + (side === 'BUY' ? price : -price), 0n),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('splits keep the cost and, where the numbers divide, the units', () => {
    fc.assert(
      fc.property(fills, fc.bigInt(2n, 10n), (all, numerator) => {
        const book = after(...all);
        const before = standing(book);
        book.split({ numerator, denominator: 1n });
        expect(book.cost).toBe(before.cost);
        expect(book.quantity).toBe(before.quantity * numerator);
        book.split({ numerator: 1n, denominator: numerator });
        expect(standing(book)).toEqual(before);
      }),
    );
  });
});
