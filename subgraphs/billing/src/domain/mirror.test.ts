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

  it.each([
    ['bought first', 'BUY', 1_000_00n, 'SELL', 1_100_00n],
    ['sold first', 'SELL', 1_100_00n, 'BUY', 1_000_00n],
  ] as const)(
    'books a position of the day that was %s: margin, profit, and the charges of the worked example',
    (_, first, firstPrice, second, secondPrice) => {
      const mirror = new Mirror([], []);
      const [opening, closing] = [400n * firstPrice, 400n * secondPrice];
      const order = (side: Side, value: bigint): ChargedOrder => ({
        side,
        product: 'MIS',
        exchange: 'NSE',
        value,
      });
      const margin = opening / 5n;
      for (let time = 0; time < 2; time++) {
        mirror.open(asha, 'north', 500_000_00n);
        mirror.hold(asha, 'north', 'one', 2_500_00n, { margin: margin + 7n, dues: 0n, realised: 0n });
        mirror.fill(
          asha,
          { orderId: 'one', tradeId: 'a', side: first, value: opening },
          order(first, opening),
          { margin: -7n, dues: 0n, realised: 0n },
        );
        mirror.hold(asha, 'north', 'two', 2_500_00n, { margin: 0n, dues: 0n, realised: 0n });
        mirror.fill(
          asha,
          { orderId: 'two', tradeId: 'b', side: second, value: closing },
          order(second, closing),
          { margin: -margin, dues: 0n, realised: 40_000_00n },
        );
      }
      const balances = new Map<string, bigint>();
      for (const { transfer } of mirror.bookings)
        for (const { account, amount } of transfer.entries)
          balances.set(account.kind, (balances.get(account.kind) ?? 0n) + amount);
      const charges = [...balances].reduce(
        (sum, [kind, amount]) => sum + (kind.startsWith('CHARGE_') ? amount : 0n),
        0n,
      );
      expect(charges).toBe(200_62n);
      expect(Object.fromEntries(balances)).toMatchObject({
        ...{ WALLET_AVAILABLE: 540_000_00n - 200_62n, WALLET_HELD: 0n, WALLET_MARGIN: 0n },
        ...{ CLEARING: -40_000_00n, MARGIN_FUNDING: 0n },
      });
      // What such orders give back was the user's before: none of it are proceeds.
      expect(new Set(mirror.credits.map(({ reason }) => reason))).toEqual(
        new Set(['OPENING_CREDIT', 'HOLD_RELEASED']),
      );
    },
  );

  it('books what something else than an order moved once, and what is lost beyond everything as owed', () => {
    const mirror = new Mirror([], ['margin:heard']);
    mirror.hold(asha, 'north', 'one', 5_00n, { margin: 20_00n, dues: 0n, realised: 0n });
    const lost = { margin: -20_00n, dues: 30_00n, realised: -50_00n };
    const trade = { orderId: 'one', tradeId: 'a', side: 'BUY', value: 150_00n } as const;
    mirror.fill(asha, trade, undefined, lost);
    for (const reference of ['credit', 'credit', 'heard'])
      mirror.settle(asha, 'north', reference, { margin: 0n, dues: -30_00n, realised: 0n });
    expect(mirror.bookings.slice(-2).map(({ transfer }) => transfer.entries)).toMatchObject([
      [
        { account: { kind: 'CLEARING' }, amount: 150_00n },
        { account: { kind: 'MARGIN_FUNDING' }, amount: -100_00n },
        { account: { kind: 'WALLET_MARGIN' }, amount: -20_00n },
        { account: { kind: 'DUES' }, amount: -30_00n },
      ],
      [
        { account: { kind: 'DUES' }, amount: 30_00n },
        { account: { kind: 'WALLET_AVAILABLE' }, amount: -30_00n },
      ],
    ]);
  });

  it('keeps what an order under margin promises for its end, whatever of it trades', () => {
    const mirror = new Mirror([], []);
    const still = { margin: 0n, dues: 0n, realised: 0n };
    mirror.hold(asha, 'north', 'one', 5_00n, still);
    const trade = { orderId: 'one', tradeId: 'a', side: 'SELL', value: 150_00n } as const;
    mirror.fill(asha, trade, undefined, still);
    mirror.modify(asha, { orderId: 'one', side: 'SELL', number: 3n }, 4_00n, { ...still, margin: -10_00n });
    expect(mirror.changedHolds()).toMatchObject([{ held: 4_00n, settled: 150_00n, modified: 3n }]);
    mirror.cancel(asha, 'one', { side: 'SELL', product: 'MIS', exchange: 'NSE', value: 150_00n }, still);
    expect(kinds(mirror)).toEqual(['HOLD', 'FILL', 'MARGIN', 'RELEASE', 'CHARGES', 'RELEASE']);
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
