import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate, isMarginCalled, marginBpsOn, marginOf, worstValue, type OpenUnits } from './margin.ts';
import type { Side } from './order.ts';
import { NOTHING, applyFill } from './position.ts';

const order = (side: Side, worstPrice: bigint, quantity: bigint): OpenUnits => ({
  side,
  worstPrice,
  quantity,
});

describe('what is held for positions of the day', () => {
  it('is a fifth of the value, rounded up, since all of it is collected before the trade', () => {
    expect([marginBpsOn('2021-08-31'), marginBpsOn('2021-09-01'), marginBpsOn('2026-11-22')]).toEqual([
      undefined,
      2_000,
      2_000,
    ]);
    expect(marginOf(1_405_750n, 2_000n)).toBe(281_150n);
    expect(marginOf(1n, 2_000n)).toBe(1n);
  });

  it.each([
    ['nothing', 0n, 0n, [], 0n],
    ['a position at its cost', 10n, 1_000n, [], 1_000n],
    ['units owed at what they brought', -10n, -1_000n, [], 1_000n],
    ['an order at its worst price', 0n, 0n, [order('SELL', 110n, 5n)], 550n],
    ['the direction that comes to more', 0n, 0n, [order('BUY', 90n, 5n), order('SELL', 110n, 5n)], 550n],
    ['no more for orders that close', 10n, 1_000n, [order('SELL', 110n, 10n)], 1_000n],
    ['what turns round', 10n, 1_000n, [order('SELL', 110n, 25n)], 1_650n],
    [
      'the dearest of what may turn round',
      10n,
      100n,
      [order('SELL', 20n, 1n), order('SELL', 10n, 14n)],
      100n,
    ],
    ['never more than all of it', -9n, -90n, [order('BUY', 500n, 1n), order('BUY', 10n, 9n)], 500n],
  ])('counts %s', (_, quantity, cost, orders, expected) => {
    expect(worstValue({ quantity, cost }, orders)).toBe(expected);
  });

  it('does not grow while orders trade, at their worst prices or better, or leave', () => {
    const arbitrary = fc.record({
      side: fc.constantFrom<Side>('BUY', 'SELL'),
      worstPrice: fc.bigInt(1n, 200n),
      quantity: fc.bigInt(1n, 20n),
    });
    const walk = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { minLength: 1, maxLength: 20 });
    const start = fc.tuple(fc.constantFrom<Side>('BUY', 'SELL'), fc.bigInt(1n, 200n), fc.bigInt(1n, 30n));
    fc.assert(
      fc.property(
        start,
        fc.array(arbitrary, { minLength: 1, maxLength: 6 }),
        walk,
        (first, orders, steps) => {
          let position = applyFill(NOTHING, ...first);
          const open = orders.map((each) => ({ ...each }));
          let before = worstValue(position, open);
          for (const [which, howMany, discount] of steps) {
            const each = open[which % Math.max(open.length, 1)];
            if (!each) break;
            const units = 1n + (BigInt(howMany) % each.quantity);
            const price = each.worstPrice - (BigInt(discount) % each.worstPrice);
            if (discount % 5 !== 0) position = applyFill(position, each.side, price, units);
            each.quantity -= units;
            if (each.quantity === 0n) open.splice(open.indexOf(each), 1);
            const after = worstValue(position, open);
            // A part of a unit's cost is rounded.
            expect(after <= before + 1n).toBe(true);
            before = after;
          }
        },
      ),
    );
  });

  it('is there before anything is free, and never below nothing', () => {
    expect(allocate(100n, 30n)).toEqual({ available: 70n, margin: 30n, dues: 0n });
    expect(allocate(20n, 30n)).toEqual({ available: 0n, margin: 20n, dues: 0n });
    expect(allocate(-5n, 30n)).toEqual({ available: 0n, margin: 0n, dues: 5n });
  });

  it('is called when four fifths of it are lost', () => {
    expect([799n, 800n, 801n].map((loss) => isMarginCalled(loss, 1_000n))).toEqual([false, true, true]);
    expect([isMarginCalled(-1n, 0n), isMarginCalled(0n, 0n), isMarginCalled(1n, 0n)]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
