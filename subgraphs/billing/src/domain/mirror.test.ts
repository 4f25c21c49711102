import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChargedOrder, Side } from './charges.ts';
import { Mirror, type OwnedHold } from './mirror.ts';

const at = new Date(0);
const asha = { userId: 'asha', at };
const buy = (value: bigint): ChargedOrder => ({ side: 'BUY', product: 'CNC', exchange: 'NSE', value });
const kinds = ({ bookings }: Mirror): string[] => bookings.map(({ transfer }) => transfer.kind);

describe('a mirror', () => {
  it('books the whole life of an order in one go, and says what became free', () => {
    const mirror = new Mirror([], []);
    mirror.open(asha, 'north', 5_000_00n);
    mirror.hold(asha, 'north', 'one', 1_010_00n);
    mirror.fill(asha, { orderId: 'one', tradeId: 'a', side: 'BUY', value: 400_00n }, undefined);
    mirror.fill(asha, { orderId: 'one', tradeId: 'b', side: 'BUY', value: 600_00n }, buy(1_000_00n));
    expect(kinds(mirror)).toEqual(['OPENING_CREDIT', 'HOLD', 'FILL', 'FILL', 'CHARGES', 'RELEASE']);
    expect(mirror.credits).toMatchObject([
      { amount: 5_000_00n, reason: 'OPENING_CREDIT', orderId: null },
      { amount: 10_00n - 1_19n, reason: 'HOLD_RELEASED', orderId: 'one' },
    ]);
    expect(mirror.changedHolds()).toEqual([
      {
        orderId: 'one',
        userId: 'asha',
        tenantId: 'north',
        held: 0n,
        settled: 1_000_00n,
        done: true,
        modified: 0n,
      },
    ]);
  });

  it('hears twice and books once, in one batch and over what is booked', () => {
    const known: OwnedHold = {
      orderId: 'one',
      userId: 'asha',
      tenantId: 'north',
      held: 610_00n,
      settled: 400_00n,
      done: false,
      modified: 0n,
    };
    const mirror = new Mirror([known], ['user:asha:opening', 'order:one:fill:a']);
    mirror.open(asha, 'north', 5_000_00n);
    mirror.hold(asha, 'north', 'one', 1_010_00n);
    mirror.fill(asha, { orderId: 'one', tradeId: 'a', side: 'BUY', value: 400_00n }, undefined);
    expect(mirror.bookings).toEqual([]);
    expect(mirror.changedHolds()).toEqual([]);
    for (let time = 0; time < 2; time++) {
      mirror.open({ userId: 'bharat', at }, 'north', 1n);
      mirror.hold(asha, 'north', 'two', 5n);
      mirror.fill(asha, { orderId: 'one', tradeId: 'b', side: 'BUY', value: 600_00n }, buy(1_000_00n));
      mirror.cancel(asha, 'two', buy(0n));
    }
    expect(kinds(mirror)).toEqual(['OPENING_CREDIT', 'HOLD', 'FILL', 'CHARGES', 'RELEASE', 'RELEASE']);
  });

  it('sets more aside for an order that promises more, and gives back what it promises less', () => {
    const mirror = new Mirror([], []);
    const modify = (number: bigint, amount: bigint): void =>
      mirror.modify(asha, { orderId: 'one', side: 'BUY', number }, amount);
    mirror.hold(asha, 'north', 'one', 1_000_00n);
    modify(2n, 1_500_00n);
    mirror.fill(asha, { orderId: 'one', tradeId: 'a', side: 'BUY', value: 400_00n }, undefined);
    modify(4n, 900_00n);
    modify(5n, 900_00n);
    // Heard again, and too late: nothing moves.
    modify(2n, 1_500_00n);
    modify(5n, 1n);
    expect(
      mirror.bookings.map(({ transfer: { kind, key, entries } }) => [kind, key, entries[1]?.amount]),
    ).toEqual([
      ['HOLD', 'order:one:hold', 1_000_00n],
      ['HOLD', 'order:one:hold:2', 500_00n],
      ['FILL', 'order:one:fill:a', 400_00n],
      ['RELEASE', 'order:one:release:4', 600_00n],
    ]);
    expect(mirror.credits).toMatchObject([{ amount: 600_00n, reason: 'HOLD_RELEASED', orderId: 'one' }]);
    expect(mirror.changedHolds()).toMatchObject([{ held: 500_00n, settled: 400_00n, modified: 5n }]);
    expect(() => modify(6n, 399_99n)).toThrow(/has paid/);
    mirror.cancel(asha, 'one', buy(400_00n));
    expect(() => modify(7n, 900_00n)).toThrow(/is done/);
  });

  it('moves no money when a sale is modified: what it has brought stays with it', () => {
    const mirror = new Mirror([], []);
    mirror.hold(asha, 'north', 'one', 0n);
    mirror.fill(asha, { orderId: 'one', tradeId: 'a', side: 'SELL', value: 400_00n }, undefined);
    mirror.modify(asha, { orderId: 'one', side: 'SELL', number: 3n }, 0n);
    expect(kinds(mirror)).toEqual(['FILL']);
    expect(mirror.changedHolds()).toMatchObject([{ held: 400_00n, modified: 3n }]);
  });

  it('throws at what does not add up', () => {
    const mirror = new Mirror([], []);
    mirror.hold(asha, 'north', 'one', 5n);
    mirror.cancel(asha, 'one', buy(0n));
    expect(() => mirror.cancel(asha, 'one', buy(1n))).toThrow(/second end/);
    expect(() => mirror.cancel({ userId: 'bharat', at }, 'one', buy(0n))).toThrow(/not the order of user/);
    expect(() => mirror.cancel(asha, 'two', buy(0n))).toThrow(/has no hold/);
  });

  it('books the same whether events come one by one or all at once', () => {
    const orders = fc.array(
      fc.record({
        side: fc.constantFrom<Side>('BUY', 'SELL'),
        fills: fc.array(fc.bigInt(1n, 1_000_00n), { maxLength: 3 }),
        change: fc.bigInt(-100n, 1_000_00n),
        isRepeated: fc.boolean(),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(orders, (list) => {
        const steps = list.flatMap(({ side, fills, change, isRepeated }, number) => {
          const orderId = `order ${number}`;
          const value = fills.reduce((sum, each) => sum + each, 0n);
          const life = [
            (mirror: Mirror) => mirror.hold(asha, 'north', orderId, side === 'BUY' ? value * 2n + 200n : 0n),
            (mirror: Mirror) =>
              mirror.modify(
                asha,
                { orderId, side, number: 2n },
                side === 'BUY' ? value * 2n + 200n + change : 0n,
              ),
            ...fills.map((each, fill) => (mirror: Mirror): void => {
              const trade = { orderId, tradeId: `${fill}`, side, value: each };
              mirror.fill(asha, trade, undefined);
            }),
            (mirror: Mirror) =>
              mirror.modify(
                asha,
                { orderId, side, number: 9n },
                side === 'BUY' ? value + value / 100n + 200n : 0n,
              ),
            (mirror: Mirror) => mirror.cancel(asha, orderId, { ...buy(value), side }),
          ];
          return isRepeated ? [...life, ...life] : life;
        });
        const whole = new Mirror([], []);
        for (const step of steps) step(whole);

        const holds = new Map<string, OwnedHold>();
        const single: Mirror[] = [];
        for (const step of steps) {
          const keys = single.flatMap(({ bookings }) => bookings.map(({ transfer }) => transfer.key));
          const mirror = new Mirror(holds.values(), keys);
          step(mirror);
          for (const hold of mirror.changedHolds()) holds.set(hold.orderId, hold);
          single.push(mirror);
        }
        expect(single.flatMap(({ bookings }) => bookings)).toEqual(whole.bookings);
        expect(single.flatMap(({ credits }) => credits)).toEqual(whole.credits);
        expect([...holds.values()]).toEqual(whole.changedHolds());
      }),
    );
  });
});
