import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  PLAIN,
  averagePrice,
  cancelOrder,
  changeTerms,
  createOrder,
  fillOrder,
  hasTerms,
  holdOf,
  isExpired,
  isOpen,
  isSameRequest,
  modifyOrder,
  remainingOf,
  stateAfter,
  triggerOrder,
  type Order,
  type OrderRequest,
} from './order.ts';

const REQUEST: OrderRequest = {
  ...PLAIN,
  clientOrderId: 'a-1',
  symbol: 'RELIANCE',
  side: 'BUY',
  type: 'LIMIT',
  product: 'CNC',
  validity: 'DAY',
  quantity: 100n,
  limitPrice: 1_405_70n,
};
const NONE = { quantity: null, limitPrice: null, triggerPrice: null, displayQuantity: null };
const FACTS = {
  id: 'o',
  tenantId: 't',
  userId: 'u',
  placedAt: new Date('2026-01-05T04:00:00Z'),
  exchange: 'NSE',
  origin: 'USER',
  hold: holdOf('BUY', 1_405_70n, 100n),
} as const;

describe('holdOf', () => {
  it('is the value, 0.5 % rounded up to the paisa, and two rupees', () => {
    expect(holdOf('BUY', 1_405_70n, 100n)).toBe(14_127_485n);
    expect(holdOf('BUY', 1n, 1n)).toBe(1n + 1n + 200n);
    expect(holdOf('SELL', 1_405_70n, 100n)).toBe(0n);
  });
});

describe('the life of an order', () => {
  const order: Order = createOrder(REQUEST, FACTS);

  it('begins open with nothing filled', () => {
    expect(order).toMatchObject({
      ...REQUEST,
      exchange: 'NSE',
      status: 'OPEN',
      filledQuantity: 0n,
      turnover: 0n,
    });
    expect(isOpen(order)).toBe(true);
    expect(averagePrice(order.turnover, order.filledQuantity)).toBeNull();
  });

  it('goes through partially filled to filled', () => {
    const part = fillOrder(order, 1_405_70n, 60n);
    expect(part).toMatchObject({ status: 'PARTIALLY_FILLED', filledQuantity: 60n, turnover: 8_434_200n });
    const whole = fillOrder(part, 1_400_00n, 40n);
    expect(whole).toMatchObject({ status: 'FILLED', filledQuantity: 100n, turnover: 14_034_200n });
    expect(averagePrice(whole.turnover, whole.filledQuantity)).toBe(1_403_42n);
  });

  it('may be cancelled while it is open, also when a part is filled', () => {
    expect(cancelOrder(order, 'USER')).toMatchObject({ status: 'CANCELLED', cancelReason: 'USER' });
    const part = cancelOrder(fillOrder(order, 1_405_70n, 1n), 'TIME_IN_FORCE');
    expect(part).toMatchObject({ status: 'CANCELLED', filledQuantity: 1n });
    expect(remainingOf(part)).toBe(99n);
  });

  it('of a stop begins before it: nothing trades until it is triggered', () => {
    const stop = createOrder({ ...REQUEST, type: 'STOP_LIMIT', triggerPrice: 1_400_00n }, FACTS);
    expect(stop.status).toBe('TRIGGER_PENDING');
    expect(isOpen(stop)).toBe(true);
    expect(() => fillOrder(stop, 1_400_00n, 1n)).toThrow(/cannot be filled/);
    const woken = triggerOrder(stop);
    expect(woken).toMatchObject({ status: 'OPEN', triggerPrice: 1_400_00n });
    expect(fillOrder(woken, 1_400_00n, 100n).status).toBe('FILLED');
    expect(() => triggerOrder(woken)).toThrow(/waits for no trigger/);
  });

  it('takes other terms while it is open, and never fewer units than have traded', () => {
    const part = fillOrder(order, 1_405_70n, 60n);
    const wish = { quantity: 80n, limitPrice: 1_400_00n, triggerPrice: null, displayQuantity: null };
    const terms = changeTerms(part, wish);
    expect(terms).toEqual(wish);
    expect(changeTerms(part, { ...wish, limitPrice: null }).limitPrice).toBe(1_405_70n);
    expect([hasTerms(part, terms), hasTerms(part, changeTerms(part, { ...wish, ...NONE }))]).toEqual([
      false,
      true,
    ]);
    const changed = modifyOrder(part, terms, 5n);
    expect(changed).toMatchObject({ ...terms, hold: 5n, status: 'PARTIALLY_FILLED', filledQuantity: 60n });
    for (const quantity of [60n, 59n]) {
      expect(() => modifyOrder(part, { ...terms, quantity }, 5n)).toThrow(/cannot be for/);
    }
    expect(() => modifyOrder(cancelOrder(part, 'USER'), terms, 5n)).toThrow(/cannot be for/);
    // As it was: an event tells the terms of its time.
    expect(stateAfter(changed, part)).toEqual({ ...part, hold: 5n });
  });

  it.each([
    ['DAY', null, '2026-01-05', false],
    ['DAY', null, '2026-01-06', true],
    ['GTD', '2026-01-07', '2026-01-07', false],
    ['GTD', '2026-01-07', '2026-01-08', true],
    ['GTC', null, '2036-01-01', false],
  ] as const)('with validity %s (%s) on %s: over is %s', (validity, goodTill, today, expected) => {
    expect(isExpired({ ...order, validity, goodTill }, today)).toBe(expected);
  });

  it('does not come back from its end, and is never filled beyond its quantity', () => {
    const filled = fillOrder(order, 1_405_70n, 100n);
    const cancelled = cancelOrder(order, 'USER');
    for (const closed of [filled, cancelled]) {
      expect(isOpen(closed)).toBe(false);
      expect(() => fillOrder(closed, 1n, 1n)).toThrow(/cannot be filled/);
      expect(() => cancelOrder(closed, 'USER')).toThrow(/cannot be cancelled/);
    }
    expect(() => fillOrder(order, 1n, 101n)).toThrow(/cannot be filled/);
    expect(() => fillOrder(order, 1n, 0n)).toThrow(/cannot be filled/);
  });

  it('never turns over more than its hold covers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.bigInt(1n, 1_405_70n), fc.bigInt(1n, 50n)), { maxLength: 10 }),
        (fills) => {
          let now = order;
          for (const [price, quantity] of fills)
            if (quantity <= remainingOf(now)) now = fillOrder(now, price, quantity);
          expect(now.turnover <= now.hold).toBe(true);
        },
      ),
    );
  });

  it('knows the request it was made from in every property', () => {
    expect(isSameRequest(order, { ...REQUEST })).toBe(true);
    const others: Partial<OrderRequest>[] = [
      { symbol: 'TCS' },
      { side: 'SELL' },
      { type: 'MARKET', limitPrice: null },
      { product: 'MIS' },
      { validity: 'IOC' },
      { quantity: 105n },
      { limitPrice: 1_405_60n },
      { triggerPrice: 1_405_60n },
      { displayQuantity: 10n },
      { postOnly: true },
      { selfTradePrevention: 'DECREMENT' },
      { goodTill: '2026-01-06' },
    ];
    for (const other of others) expect(isSameRequest(order, { ...REQUEST, ...other })).toBe(false);
  });
});

describe('averagePrice', () => {
  it('rounds half a paisa away from zero', () => {
    expect(averagePrice(201n, 2n)).toBe(101n);
    expect(averagePrice(301n, 3n)).toBe(100n);
  });
});
