import fc from 'fast-check';
import { isRefusal } from '@gridworks/kit/refusal';
import { describe, expect, it } from 'vitest';
import { priceBand } from './instrument.ts';
import {
  BAND_BPS,
  averagePrice,
  cancelOrder,
  checkOrder,
  createOrder,
  fillOrder,
  holdOf,
  isOpen,
  isSameRequest,
  remainingOf,
  type Accepted,
  type Listing,
  type Order,
  type OrderRequest,
  type Standing,
  type TradingRefusalCode,
} from './order.ts';

const LISTING: Listing = {
  exchange: 'NSE',
  kind: 'EQUITY',
  currency: 'INR',
  tickSize: 10n,
  lotSize: 5n,
  band: priceBand(1_405_70n, BAND_BPS, 10n),
};
const REQUEST: OrderRequest = {
  clientOrderId: 'a-1',
  symbol: 'RELIANCE',
  side: 'BUY',
  type: 'LIMIT',
  product: 'CNC',
  validity: 'DAY',
  quantity: 100n,
  limitPrice: 1_405_70n,
};
const STANDING: Standing = {
  listing: LISTING,
  buyingPower: 14_127_485n,
  freeQuantity: 100n,
  isRateReached: false,
  ordersToday: 499,
  tradesToday: 0,
};

function refusalOf(request: Partial<OrderRequest>, standing: Partial<Standing> = {}): string | null {
  const checked = checkOrder({ ...REQUEST, ...request }, { ...STANDING, ...standing });
  return isRefusal(checked) ? checked.code : null;
}

/** Each rung with a request that breaks it and everything below it; what stands above holds. */
const RUNGS: readonly {
  code: TradingRefusalCode;
  field?: string;
  request: Partial<OrderRequest>;
  standing?: Partial<Standing>;
}[] = [
  { code: 'INSTRUMENT_UNKNOWN', field: 'symbol', request: {}, standing: { listing: undefined } },
  {
    code: 'INSTRUMENT_NOT_TRADABLE',
    field: 'symbol',
    request: {},
    standing: { listing: { ...LISTING, kind: 'INDEX' } },
  },
  { code: 'QUANTITY_INVALID', field: 'quantity', request: { quantity: 0n } },
  { code: 'PRICE_REQUIRED', field: 'limitPrice', request: { limitPrice: null } },
  { code: 'TICK_SIZE_VIOLATED', field: 'limitPrice', request: { limitPrice: 1_405_75n } },
  { code: 'LOT_SIZE_VIOLATED', field: 'quantity', request: { quantity: 101n } },
  { code: 'PRICE_OUT_OF_BAND', field: 'limitPrice', request: { limitPrice: 1_546_30n } },
  { code: 'CLIENT_ORDER_ID_INVALID', field: 'clientOrderId', request: { clientOrderId: '' } },
  { code: 'FUNDS_INSUFFICIENT', request: {}, standing: { buyingPower: 14_127_484n } },
  { code: 'ORDER_RATE_EXCEEDED', request: {}, standing: { isRateReached: true } },
  { code: 'ORDER_TO_TRADE_EXCEEDED', request: {}, standing: { ordersToday: 500 } },
];

describe('the ladder', () => {
  it('accepts what breaks no rule, and says what it may cost', () => {
    expect(checkOrder(REQUEST, STANDING)).toEqual({
      listing: LISTING,
      worstPrice: 1_405_70n,
      hold: 14_127_485n,
    });
  });

  it.each(RUNGS)('refuses with $code', ({ code, field, request, standing }) => {
    const checked = checkOrder({ ...REQUEST, ...request }, { ...STANDING, ...standing });
    expect(checked).toMatchObject({ code, path: field === undefined ? [] : ['input', field] });
  });

  it('looks at the rules in their order: of any two that are broken, the first is named', () => {
    for (const [i, first] of RUNGS.entries()) {
      for (const second of RUNGS.slice(i + 1)) {
        // The lower rung is laid first, so that where both set the same property the upper one's wins.
        const request = { ...second.request, ...first.request };
        const standing = { ...second.standing, ...first.standing };
        expect(refusalOf(request, standing), `${first.code} before ${second.code}`).toBe(first.code);
      }
    }
  });

  it('refuses a limit price on a MARKET order, after the quantity and before the tick', () => {
    expect(refusalOf({ type: 'MARKET' })).toBe('PRICE_NOT_ALLOWED');
    expect(refusalOf({ type: 'MARKET', quantity: 0n })).toBe('QUANTITY_INVALID');
    expect(refusalOf({ type: 'MARKET', limitPrice: 1_405_75n })).toBe('PRICE_NOT_ALLOWED');
  });

  it('does not trade what is quoted in another currency', () => {
    expect(refusalOf({}, { listing: { ...LISTING, currency: 'USD' } })).toBe('INSTRUMENT_NOT_TRADABLE');
  });

  it('allows 500 orders a day for each trade, and as many without one', () => {
    const counts = (ordersToday: number, tradesToday: number): string | null =>
      refusalOf({}, { ordersToday, tradesToday });
    expect([counts(499, 0), counts(500, 1), counts(999, 2), counts(1_000, 2)]).toEqual([
      null,
      'ORDER_TO_TRADE_EXCEEDED',
      null,
      'ORDER_TO_TRADE_EXCEEDED',
    ]);
  });

  it('needs free holdings for a sale, and no cash', () => {
    expect(refusalOf({ side: 'SELL' }, { buyingPower: 0n })).toBeNull();
    expect(refusalOf({ side: 'SELL' }, { buyingPower: 0n, freeQuantity: 99n })).toBe('HOLDINGS_INSUFFICIENT');
    expect(refusalOf({ side: 'SELL', clientOrderId: ' ' }, { freeQuantity: 0n })).toBe(
      'CLIENT_ORDER_ID_INVALID',
    );
    expect(refusalOf({ side: 'BUY' }, { freeQuantity: 0n })).toBeNull();
  });

  it.each([
    ['one lot', { quantity: 5n }, null],
    ['the largest quantity', { side: 'SELL', quantity: 10_000_000n }, 'HOLDINGS_INSUFFICIENT'],
    ['one more', { side: 'SELL', quantity: 10_000_001n }, 'QUANTITY_INVALID'],
    ['a negative quantity', { quantity: -5n }, 'QUANTITY_INVALID'],
    ['the lower end of the band', { limitPrice: 1_265_20n }, null],
    ['one tick below it', { limitPrice: 1_265_10n }, 'PRICE_OUT_OF_BAND'],
    ['a negative price', { limitPrice: -1_405_70n }, 'PRICE_OUT_OF_BAND'],
    ['the upper end of the band', { limitPrice: 1_546_20n }, null],
    ['one tick above it', { limitPrice: 1_546_30n }, 'PRICE_OUT_OF_BAND'],
    ['64 characters', { clientOrderId: 'x'.repeat(64) }, null],
    ['65 characters', { clientOrderId: 'x'.repeat(65) }, 'CLIENT_ORDER_ID_INVALID'],
    ['a blank inside', { clientOrderId: 'a b' }, 'CLIENT_ORDER_ID_INVALID'],
    ['a line end', { clientOrderId: 'a\n' }, 'CLIENT_ORDER_ID_INVALID'],
  ] as const)('knows the edges: %s', (_, request, code) => {
    expect(refusalOf(request, { buyingPower: 10n ** 15n })).toBe(code);
  });

  it('prices a MARKET order at the end of the band', () => {
    const wish = { ...REQUEST, type: 'MARKET', limitPrice: null } as const;
    const rich = { ...STANDING, buyingPower: 10n ** 12n };
    expect(checkOrder(wish, rich)).toMatchObject({
      worstPrice: 1_546_20n,
      hold: holdOf('BUY', 1_546_20n, 100n),
    });
    expect(checkOrder({ ...wish, side: 'SELL' }, rich)).toMatchObject({ worstPrice: 1_265_20n, hold: 0n });
  });
});

describe('holdOf', () => {
  it('is the value, 0.5 % rounded up to the paisa, and two rupees', () => {
    expect(holdOf('BUY', 1_405_70n, 100n)).toBe(14_127_485n);
    expect(holdOf('BUY', 1n, 1n)).toBe(1n + 1n + 200n);
    expect(holdOf('SELL', 1_405_70n, 100n)).toBe(0n);
  });
});

describe('the life of an order', () => {
  const accepted = checkOrder(REQUEST, STANDING) as Accepted;
  const order: Order = createOrder(REQUEST, accepted, {
    id: 'o',
    tenantId: 't',
    userId: 'u',
    placedAt: new Date(0),
  });

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
