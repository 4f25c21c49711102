/** What a rebalancing sells and buys: the worked example, the edges, and that it never promises more than there is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdOf } from './order.ts';
import { planOrders, wishRefusal, type Line, type RebalancingWish } from './rebalancing.ts';

function line(symbol: string, more: Partial<Line> = {}): Line {
  return {
    symbol,
    exchange: 'NSE',
    last: 100_00n,
    tickSize: 5n,
    lotSize: 1n,
    band: { lower: 90_00n, upper: 110_00n },
    freeze: 100_000n,
    quantity: 0n,
    free: 0n,
    ...more,
  };
}

function wish(weights: Readonly<Record<string, number>>, slippageBps = 0): RebalancingWish {
  const targets = Object.entries(weights).map(([symbol, weightBps]) => ({ symbol, weightBps }));
  return { targets, slippageBps };
}

describe('a plan', () => {
  it('buys whole units of the worked example', () => {
    const { value, sells, buys } = planOrders(wish({ A: 3_000 }), [line('A')], 1_00_000_00n);
    expect(value).toBe(1_00_000_00n);
    expect(sells).toEqual([]);
    expect(buys).toMatchObject([{ symbol: 'A', side: 'BUY', quantity: 300n, limitPrice: 100_00n }]);
  });

  it('sells what is not named and what is too much, and buys from what that brings', () => {
    const lines = [
      line('A', { quantity: 100n, free: 100n }),
      line('B', { quantity: 50n, free: 50n }),
      line('C'),
    ];
    const { sells, buys } = planOrders(wish({ A: 5_000, C: 2_000 }), lines, 0n);
    expect(sells.map(({ symbol, quantity }) => [symbol, quantity])).toEqual([
      ['A', 25n],
      ['B', 50n],
    ]);
    expect(buys.map(({ symbol, quantity }) => [symbol, quantity])).toEqual([['C', 30n]]);
  });

  it('sells no unit that another sale has promised, and whole lots only', () => {
    const promised = line('A', { quantity: 100n, free: 40n });
    expect(planOrders(wish({ A: 0 }), [promised], 0n).sells[0]?.quantity).toBe(40n);
    const lots = line('A', { quantity: 100n, free: 100n, lotSize: 30n });
    expect(planOrders(wish({ A: 0 }), [lots], 0n).sells[0]?.quantity).toBe(90n);
    const few = line('A', { quantity: 100n, free: 29n, lotSize: 30n });
    expect(planOrders(wish({ A: 0 }), [few], 0n).sells).toEqual([]);
  });

  it.each([
    ['BUY', 50, {}, 100_50n],
    ['BUY', 53, {}, 100_50n],
    ['SELL', 50, {}, 99_50n],
    ['SELL', 53, {}, 99_50n],
    ['BUY', 500, { band: { lower: 98_00n, upper: 102_00n } }, 102_00n],
    ['SELL', 500, { band: { lower: 98_00n, upper: 102_00n } }, 98_00n],
  ] as const)(
    'lets a %s slip by %i hundredths of a percent, on the tick and in the band',
    (side, bps, more, price) => {
      const held = side === 'SELL' ? { quantity: 10n, free: 10n } : {};
      const { sells, buys } = planOrders(
        wish({ A: side === 'SELL' ? 0 : 5_000 }, bps),
        [line('A', { ...held, ...more })],
        1_000_00n,
      );
      expect([...sells, ...buys][0]?.limitPrice).toBe(price);
    },
  );

  it('promises no more than there is and what sales bring at least, whatever is wished', () => {
    const some = fc.record({
      last: fc.bigInt(1_00n, 5_000_00n),
      lotSize: fc.constantFrom(1n, 1n, 25n),
      freeze: fc.constantFrom(100_000n, 500n),
      quantity: fc.bigInt(0n, 2_000n),
      weightBps: fc.integer({ min: 0, max: 3_333 }),
    });
    fc.assert(
      fc.property(
        fc.array(some, { minLength: 1, maxLength: 3 }),
        fc.bigInt(0n, 50_000_00n),
        fc.integer({ min: 0, max: 500 }),
        (each, cash, slippageBps) => {
          const lines = each.map(({ last, quantity, ...rest }, index) =>
            line(`S${index}`, {
              ...rest,
              last,
              tickSize: 1n,
              band: { lower: 1n, upper: last * 2n },
              quantity,
              free: quantity,
            }),
          );
          const targets = each.map(({ weightBps }, index) => ({ symbol: `S${index}`, weightBps }));
          const { value, sells, buys } = planOrders({ targets, slippageBps }, lines, cash);
          const brought = sells.reduce(
            (sum, { limitPrice: price, quantity }) => sum + price * quantity,
            cash,
          );
          // As the exchange reckons, slice by slice.
          const promised = buys.reduce((sum, { symbol, limitPrice, quantity }) => {
            const freeze = lines.find((one) => one.symbol === symbol)?.freeze ?? 1n;
            const slices = (quantity + freeze - 1n) / freeze;
            return sum + holdOf('BUY', limitPrice, quantity) + (slices - 1n) * 201n;
          }, 0n);
          if (buys.length > 0) expect(promised).toBeLessThanOrEqual(brought);
          for (const { symbol, side, quantity } of [...sells, ...buys]) {
            const at = lines.findIndex((one) => one.symbol === symbol);
            const { last, quantity: had, lotSize } = lines[at] as Line;
            expect(quantity % lotSize).toBe(0n);
            const after = side === 'BUY' ? had + quantity : had - quantity;
            const target = (value * BigInt(targets[at]?.weightBps ?? 0)) / 10_000n;
            if (side === 'BUY') expect(after * last).toBeLessThanOrEqual(target);
            else expect(after * last).toBeGreaterThanOrEqual(target);
          }
        },
      ),
    );
  });
});

it.each([
  ['WEIGHTS_INVALID', wish({})],
  ['WEIGHTS_INVALID', wish({ A: 6_000, B: 4_001 })],
  ['WEIGHTS_INVALID', wish({ A: -1 })],
  [
    'WEIGHTS_INVALID',
    { targets: Array.from({ length: 2 }, () => ({ symbol: 'A', weightBps: 1 })), slippageBps: 0 },
  ],
  ['WEIGHTS_INVALID', wish(Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`S${i}`, 1])))],
  ['SLIPPAGE_INVALID', wish({ A: 1 }, -1)],
  ['SLIPPAGE_INVALID', wish({ A: 1 }, 501)],
  [undefined, wish({ A: 6_000, B: 4_000 }, 500)],
])('a wish is refused with %s', (code, wished) => {
  expect(wishRefusal(wished)?.code).toBe(code);
});
