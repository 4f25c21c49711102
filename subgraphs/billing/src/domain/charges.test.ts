import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderCharges, type ChargedOrder, type Charges } from './charges.ts';

const CRORE_RUPEES = 1_000_000_000n;

const orders = fc.record<ChargedOrder>({
  side: fc.constantFrom('BUY', 'SELL'),
  product: fc.constantFrom('CNC', 'MIS'),
  exchange: fc.constantFrom('NSE', 'BSE'),
  value: fc.oneof(fc.bigInt(0n, 200_000n), fc.bigInt(0n, 10_000n * CRORE_RUPEES)),
});

const KINDS = (['BUY', 'SELL'] as const).flatMap((side) =>
  (['CNC', 'MIS'] as const).flatMap((product) =>
    (['NSE', 'BSE'] as const).map((exchange) => ({ side, product, exchange })),
  ),
);

function add(one: Charges, other: Charges): Charges {
  return Object.fromEntries(
    Object.entries(one).map(([name, amount]) => [name, amount + other[name as keyof Charges]]),
  ) as unknown as Charges;
}

describe('orderCharges', () => {
  it('charges the worked intraday round trip to the paisa', () => {
    const intraday = { product: 'MIS', exchange: 'NSE' } as const;
    const bought = orderCharges({ ...intraday, side: 'BUY', value: 400n * 1_000_00n });
    const sold = orderCharges({ ...intraday, side: 'SELL', value: 400n * 1_100_00n });
    expect(bought).toMatchObject({ exchangeTransaction: 12_28n, sebi: 40n, gst: 5_88n, total: 50_56n });
    expect(sold).toMatchObject({ exchangeTransaction: 13_51n, sebi: 44n, gst: 6_11n, total: 150_06n });
    expect(add(bought, sold)).toEqual({
      brokerage: 40_00n,
      stt: 110_00n,
      exchangeTransaction: 25_79n,
      sebi: 84n,
      gst: 11_99n,
      stampDuty: 12_00n,
      total: 200_62n,
    });
  });

  // One crore of turnover shows each rate as it is announced.
  const crore: [string, Omit<ChargedOrder, 'value'>, Charges][] = [
    [
      'a delivery purchase on NSE',
      { side: 'BUY', product: 'CNC', exchange: 'NSE' },
      {
        brokerage: 0n,
        stt: 10_000_00n,
        exchangeTransaction: 307_00n,
        sebi: 10_00n,
        stampDuty: 1_500_00n,
        gst: 57_06n,
        total: 11_874_06n,
      },
    ],
    [
      'a delivery sale on BSE',
      { side: 'SELL', product: 'CNC', exchange: 'BSE' },
      {
        brokerage: 0n,
        stt: 10_000_00n,
        exchangeTransaction: 375_00n,
        sebi: 10_00n,
        stampDuty: 0n,
        gst: 69_30n,
        total: 10_454_30n,
      },
    ],
    [
      'an intraday purchase on BSE',
      { side: 'BUY', product: 'MIS', exchange: 'BSE' },
      {
        brokerage: 20_00n,
        stt: 0n,
        exchangeTransaction: 375_00n,
        sebi: 10_00n,
        stampDuty: 300_00n,
        gst: 72_90n,
        total: 777_90n,
      },
    ],
    [
      'an intraday sale on NSE',
      { side: 'SELL', product: 'MIS', exchange: 'NSE' },
      {
        brokerage: 20_00n,
        stt: 2_500_00n,
        exchangeTransaction: 307_00n,
        sebi: 10_00n,
        stampDuty: 0n,
        gst: 60_66n,
        total: 2_897_66n,
      },
    ],
  ];
  it.each(crore)('charges a crore of %s by the announced rates', (_name, kind, expected) => {
    expect(orderCharges({ ...kind, value: CRORE_RUPEES })).toEqual(expected);
  });

  it('caps intraday brokerage at 20 rupees, from 66,666.67 of turnover on', () => {
    const brokerage = (value: bigint): bigint =>
      orderCharges({ side: 'BUY', product: 'MIS', exchange: 'NSE', value }).brokerage;
    expect(brokerage(10_000_00n)).toBe(3_00n);
    expect(brokerage(66_633_00n)).toBe(19_99n);
    expect(brokerage(66_666_67n)).toBe(20_00n);
    expect(brokerage(CRORE_RUPEES)).toBe(20_00n);
  });

  it('rounds STT to the rupee once, half away from zero', () => {
    const stt = (value: bigint): bigint =>
      orderCharges({ side: 'SELL', product: 'CNC', exchange: 'NSE', value }).stt;
    expect(stt(499_99n)).toBe(0n);
    expect(stt(500_00n)).toBe(1_00n);
    // 1.49999 rupees: rounding to the paisa first would make it 1.50, and then 2.
    expect(stt(1_499_99n)).toBe(1_00n);
    expect(stt(1_500_00n)).toBe(2_00n);
  });

  it('costs nothing when nothing traded', () => {
    for (const kind of KINDS) expect(orderCharges({ ...kind, value: 0n }).total).toBe(0n);
  });

  it('throws at a negative value', () => {
    expect(() => orderCharges({ side: 'BUY', product: 'CNC', exchange: 'NSE', value: -1n })).toThrow(
      RangeError,
    );
  });

  it('never charges below zero, and the total is the sum of the lines', () => {
    fc.assert(
      fc.property(orders, (order) => {
        const { total, ...lines } = orderCharges(order);
        expect(Object.values(lines).every((line) => line >= 0n)).toBe(true);
        expect(Object.values(lines).reduce((sum, line) => sum + line, 0n)).toBe(total);
      }),
    );
  });

  // The hold of a purchase is its highest value plus 0.5 % and two rupees, whichever way the half per cent is rounded.
  it('never charges a purchase more than the buffer of its hold, however little below the hold it trades', () => {
    fc.assert(
      fc.property(orders, fc.bigInt(0n, 1_000_000n), ({ value, ...order }, below) => {
        const buffer = value / 200n + 200n;
        const traded = value - (value * below) / 1_000_000n;
        expect(orderCharges({ ...order, side: 'BUY', value: traded }).total).toBeLessThanOrEqual(buffer);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never charges a sale more than it brought, down to the paisa', () => {
    // The smallest sales, and those around 500 rupees, where STT jumps from nothing to a whole rupee.
    const values = [...range(0n, 2_000n), ...range(49_900n, 50_100n)];
    for (const kind of KINDS.filter(({ side }) => side === 'SELL')) {
      const tooDear = values.filter((value) => orderCharges({ ...kind, value }).total > value);
      expect(tooDear).toEqual([]);
    }
    const sales = orders.map((order) => ({ ...order, side: 'SELL' as const }));
    fc.assert(
      fc.property(sales, (order) => orderCharges(order).total <= order.value),
      { numRuns: 2_000 },
    );
  });
});

function range(from: bigint, to: bigint): bigint[] {
  return Array.from({ length: Number(to - from) }, (_, step) => from + BigInt(step));
}
