import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bookFill, openHold, settle, type OrderHold } from './order-hold.ts';

const bought = { side: 'BUY', product: 'CNC', exchange: 'NSE' } as const;
const sold = { side: 'SELL', product: 'MIS', exchange: 'BSE' } as const;

describe('an order hold', () => {
  it('pays a purchase, takes the charges and gives the rest back', () => {
    const filled = bookFill(bookFill(openHold(1_007_00n), 'BUY', 600_00n), 'BUY', 390_00n);
    expect(filled).toEqual({ held: 17_00n, settled: 990_00n, done: false, modified: 0n });
    const { hold, charges, released } = settle(filled, { ...bought, value: 990_00n });
    // STT 1.00, stamp duty 0.15, exchange 0.03, GST 0.01; SEBI's share is below half a paisa.
    expect(charges).toMatchObject({ stt: 1_00n, stampDuty: 15n, exchangeTransaction: 3n, sebi: 0n, gst: 1n });
    expect(released).toBe(15_81n);
    expect(hold).toEqual({ held: 0n, settled: 990_00n, done: true, modified: 0n });
  });

  it('collects what a sale brings and takes the charges from it', () => {
    const filled = bookFill(openHold(0n), 'SELL', 50_000_00n);
    const { charges, released } = settle(filled, { ...sold, value: 50_000_00n });
    expect(charges.total + released).toBe(50_000_00n);
    expect(charges.brokerage).toBe(15_00n);
  });

  it('gives everything back when nothing traded', () => {
    expect(settle(openHold(500n), { ...bought, value: 0n })).toMatchObject({
      released: 500n,
      charges: { total: 0n },
      hold: { held: 0n, done: true },
    });
  });

  const done: OrderHold = { held: 0n, settled: 100n, done: true, modified: 0n };
  const anomalies: [string, () => unknown, RegExp][] = [
    ['a hold below zero', () => openHold(-1n), /cannot hold -1/],
    ['a fill beyond the hold', () => bookFill(openHold(99n), 'BUY', 100n), /exceeds the 99/],
    ['a fill of nothing', () => bookFill(openHold(99n), 'SELL', 0n), /the value 0/],
    ['a fill after the end', () => bookFill(done, 'SELL', 1n), /is done/],
    ['a second end', () => settle(done, { ...bought, value: 100n }), /second end/],
    [
      'an end that knows another value',
      () => settle(openHold(99n), { ...bought, value: 1n }),
      /fills of 0 are booked/,
    ],
    [
      'charges beyond the hold',
      () => settle(bookFill(openHold(990_00n), 'BUY', 990_00n), { ...bought, value: 990_00n }),
      /charges of 119 exceed the 0/,
    ],
  ];
  it.each(anomalies)('throws at %s', (_name, act, message) => {
    expect(act).toThrow(message);
  });

  it('loses no paisa: what went in is what was paid, charged and given back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt(1n, 10n ** 12n), { maxLength: 20 }),
        fc.boolean(),
        (values, isPurchase) => {
          const total = values.reduce((sum, value) => sum + value, 0n);
          const order = isPurchase ? bought : sold;
          const opened = isPurchase ? total + total / 200n + 200n : 0n;
          const filled = values.reduce((hold, value) => bookFill(hold, order.side, value), openHold(opened));
          const { charges, released } = settle(filled, { ...order, value: total });
          expect(isPurchase ? total + charges.total + released : charges.total + released).toBe(
            isPurchase ? opened : total,
          );
        },
      ),
    );
  });
});
