import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderCharges, type ChargedOrder } from './charges.ts';
import { balanced, fill, hold, openingCredit, release, takeCharges, type Transfer } from './ledger.ts';

const owner = { orderId: 'o1', userId: 'u1' };
const available = { kind: 'WALLET_AVAILABLE', userId: 'u1' } as const;
const held = { kind: 'WALLET_HELD', userId: 'u1' } as const;
const clearing = { kind: 'CLEARING', userId: null } as const;

const amounts = fc.bigInt(1n, 2n ** 62n);
const orders = fc.record<ChargedOrder>({
  side: fc.constantFrom('BUY', 'SELL'),
  product: fc.constantFrom('CNC', 'MIS'),
  exchange: fc.constantFrom('NSE', 'BSE'),
  value: fc.bigInt(20_000n, 10n ** 15n),
});
const transfers: fc.Arbitrary<Transfer> = fc.oneof(
  amounts.map((amount) => openingCredit('u1', amount)),
  amounts.map((amount) => hold(owner, amount)),
  fc.tuple(orders, amounts).map(([{ side }, amount]) => fill(owner, 't1', side, amount)),
  orders.map((order) => takeCharges(owner, orderCharges(order))),
  amounts.map((amount) => release(owner, amount)),
);

describe('transfers', () => {
  it('always sum to zero', () => {
    fc.assert(
      fc.property(transfers, ({ entries }) => entries.reduce((sum, { amount }) => sum + amount, 0n) === 0n),
    );
  });

  const equity = { kind: 'PAPER_EQUITY', userId: null } as const;
  const moves: [string, Transfer, Partial<Transfer>, object, object][] = [
    [
      'an opening credit',
      openingCredit('u1', 5n),
      { kind: 'OPENING_CREDIT', key: 'user:u1:opening', orderId: null },
      equity,
      available,
    ],
    ['a hold', hold(owner, 5n), { kind: 'HOLD', key: 'order:o1:hold', orderId: 'o1' }, available, held],
    [
      'the fill of a purchase',
      fill(owner, 't1', 'BUY', 5n),
      { kind: 'FILL', key: 'order:o1:fill:t1', orderId: 'o1' },
      held,
      clearing,
    ],
    [
      'the fill of a sale',
      fill(owner, 't1', 'SELL', 5n),
      { kind: 'FILL', key: 'order:o1:fill:t1', orderId: 'o1' },
      clearing,
      held,
    ],
    [
      'a release',
      release(owner, 5n),
      { kind: 'RELEASE', key: 'order:o1:release', orderId: 'o1' },
      held,
      available,
    ],
  ];
  for (const [name, transfer, expected, from, to] of moves) {
    it(`${name} goes out of one account into another`, () => {
      expect(transfer).toMatchObject(expected);
      expect(transfer.entries).toEqual([
        { account: from, amount: -5n },
        { account: to, amount: 5n },
      ]);
    });
  }

  it('charges go out of the hold, a line to an account, lines of zero left out', () => {
    const charges = orderCharges({ side: 'SELL', product: 'MIS', exchange: 'NSE', value: 440_000_00n });
    expect(takeCharges(owner, charges).entries).toEqual([
      { account: held, amount: -150_06n },
      { account: { kind: 'CHARGE_BROKERAGE', userId: null }, amount: 20_00n },
      { account: { kind: 'CHARGE_STT', userId: null }, amount: 110_00n },
      { account: { kind: 'CHARGE_EXCHANGE', userId: null }, amount: 13_51n },
      { account: { kind: 'CHARGE_SEBI', userId: null }, amount: 44n },
      { account: { kind: 'CHARGE_GST', userId: null }, amount: 6_11n },
    ]);
  });

  const unsound: [string, () => Transfer][] = [
    ['a negative amount', () => hold(owner, -1n)],
    ['nothing', () => release(owner, 0n)],
    [
      'charges whose total is not the sum of the lines',
      () => {
        const charges = orderCharges({ side: 'SELL', product: 'MIS', exchange: 'NSE', value: 440_000_00n });
        return takeCharges(owner, { ...charges, total: charges.total + 1n });
      },
    ],
    [
      'charges of nothing',
      () => takeCharges(owner, orderCharges({ side: 'SELL', product: 'MIS', exchange: 'NSE', value: 0n })),
    ],
    ['a single entry', () => balanced({ ...hold(owner, 5n), entries: [{ account: available, amount: 5n }] })],
    [
      'an account with itself',
      () =>
        balanced({
          ...hold(owner, 5n),
          entries: [
            { account: held, amount: 5n },
            { account: held, amount: -5n },
          ],
        }),
    ],
  ];
  it.each(unsound)('throws at a transfer of %s', (_name, make) => {
    expect(make).toThrow(RangeError);
  });
});
