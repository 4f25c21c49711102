import { isRefusal } from '@gridworks/kit/refusal';
import { describe, expect, it } from 'vitest';
import { priceBand } from './instrument.ts';
import {
  checkChange,
  checkOrder,
  type Accepted,
  type AcceptedChange,
  type Listing,
  type Standing,
} from './order-check.ts';
import {
  BAND_BPS,
  PLAIN,
  createOrder,
  fillOrder,
  holdOf,
  triggerOrder,
  type Order,
  type OrderRequest,
  type Side,
  type TermsWish,
  type TradingRefusal,
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
const TODAY = '2026-01-05';
const STANDING: Standing = {
  at: Date.parse('2026-01-05T04:00:00Z'),
  phase: 'CONTINUOUS',
  isMisClosed: false,
  origin: 'USER',
  buyingPower: 14_127_485n,
  dues: 0n,
  margin: undefined,
  freeQuantity: 100n,
  exposure: 0n,
  isRateReached: false,
  ordersToday: 499,
  tradesToday: 0,
  wouldTrade: () => false,
};
type Situation = Partial<Standing & { readonly listing: Listing | undefined }>;

function check(request: Partial<OrderRequest>, situation: Situation = {}): Accepted | TradingRefusal {
  const { listing, ...standing } = { listing: LISTING, ...STANDING, ...situation };
  return checkOrder({ ...REQUEST, ...request }, listing, standing);
}

function refusalOf(request: Partial<OrderRequest>, situation?: Situation): string | null {
  const checked = check(request, situation);
  return isRefusal(checked) ? checked.code : null;
}

interface Rung {
  readonly code: TradingRefusalCode;
  readonly field?: string;
  readonly request: Partial<OrderRequest>;
  readonly situation?: Situation;
}

/** Each rung with a request that breaks it; what stands above holds. */
const RUNGS: readonly Rung[] = [
  { code: 'INSTRUMENT_UNKNOWN', field: 'symbol', request: {}, situation: { listing: undefined } },
  {
    code: 'INSTRUMENT_NOT_TRADABLE',
    field: 'symbol',
    request: {},
    situation: { listing: { ...LISTING, kind: 'INDEX' } },
  },
  { code: 'QUANTITY_INVALID', field: 'quantity', request: { quantity: 0n } },
  { code: 'VALIDITY_NOT_ALLOWED', field: 'validity', request: { product: 'MIS', validity: 'GTD' } },
  { code: 'PRICE_REQUIRED', field: 'limitPrice', request: { limitPrice: null } },
  { code: 'TRIGGER_PRICE_NOT_ALLOWED', field: 'triggerPrice', request: { triggerPrice: 1_405_75n } },
  {
    code: 'DISPLAY_QUANTITY_NOT_ALLOWED',
    field: 'displayQuantity',
    request: { displayQuantity: 10n, validity: 'IOC' },
  },
  {
    code: 'POST_ONLY_NOT_ALLOWED',
    field: 'postOnly',
    request: { postOnly: true, validity: 'FOK', displayQuantity: null },
  },
  { code: 'GOOD_TILL_NOT_ALLOWED', field: 'goodTill', request: { goodTill: TODAY } },
  { code: 'TICK_SIZE_VIOLATED', field: 'limitPrice', request: { limitPrice: 1_405_75n } },
  { code: 'LOT_SIZE_VIOLATED', field: 'quantity', request: { quantity: 101n } },
  { code: 'DISPLAY_QUANTITY_INVALID', field: 'displayQuantity', request: { displayQuantity: 5n } },
  { code: 'PRICE_OUT_OF_BAND', field: 'limitPrice', request: { limitPrice: 1_546_30n } },
  {
    code: 'FREEZE_QUANTITY_EXCEEDED',
    field: 'quantity',
    request: {},
    situation: { listing: { ...LISTING, freeze: 99n } },
  },
  { code: 'CLIENT_ORDER_ID_INVALID', field: 'clientOrderId', request: { clientOrderId: '' } },
  { code: 'DUES_OUTSTANDING', request: {}, situation: { dues: 1n } },
  { code: 'FUNDS_INSUFFICIENT', request: {}, situation: { buyingPower: 14_127_484n } },
  {
    code: 'POSITION_LIMIT_EXCEEDED',
    field: 'quantity',
    request: {},
    situation: { listing: { ...LISTING, positionMax: 150n }, exposure: 51n },
  },
  { code: 'ORDER_RATE_EXCEEDED', request: {}, situation: { isRateReached: true } },
  { code: 'ORDER_TO_TRADE_EXCEEDED', request: {}, situation: { ordersToday: 500 } },
  { code: 'POST_ONLY_WOULD_TRADE', request: { postOnly: true }, situation: { wouldTrade: () => true } },
];

describe('the ladder', () => {
  it('accepts what breaks no rule, and says what it may cost', () => {
    expect(check({})).toEqual({
      listing: LISTING,
      worstPrice: 1_405_70n,
      highestPrice: 1_405_70n,
      slices: [{ quantity: 100n, hold: 14_127_485n }],
    });
  });

  it.each(RUNGS)('refuses with $code', ({ code, field, request, situation }) => {
    expect(check(request, situation)).toMatchObject({
      code,
      path: field === undefined ? [] : ['input', field],
    });
  });

  it('looks at the rules in their order: of any two that are broken, the first is named', () => {
    for (const [i, first] of RUNGS.entries()) {
      for (const second of RUNGS.slice(i + 1)) {
        // The lower rung is laid first, so that where both set the same property the upper one's wins.
        const request = { ...second.request, ...first.request };
        const situation = { ...second.situation, ...first.situation };
        expect(refusalOf(request, situation), `${first.code} before ${second.code}`).toBe(first.code);
      }
    }
  });

  it('asks for margin and charges of what opens a position of the day, and lets whatever closes one pass', () => {
    const needs = (worstPrice: bigint, quantity: bigint): bigint => (worstPrice * quantity) / 5n;
    // At the upper end of the band: 15,462,000 for 100.
    const [margin, charges] = [3_092_400n, 77_310n + 200n];
    const short = { side: 'SELL', product: 'MIS' } as const;
    const of = (situation: Situation, closable = 0n): string | null =>
      refusalOf(short, {
        freeQuantity: 0n,
        margin: { needs: closable > 0n ? () => 0n : needs, closable },
        ...situation,
      });
    expect(of({ buyingPower: margin + charges })).toBeNull();
    expect(of({ buyingPower: margin + charges - 1n })).toBe('FUNDS_INSUFFICIENT');
    expect(of({ isMisClosed: true })).toBe('MIS_CLOSED');
    expect(of({ dues: 1n })).toBe('DUES_OUTSTANDING');
    expect(of({ isMisClosed: true, dues: 1n, buyingPower: 0n }, 100n)).toBeNull();
    expect(of({ isMisClosed: true }, 99n)).toBe('MIS_CLOSED');
    expect(of({ buyingPower: 0n }, 99n)).toBe('FUNDS_INSUFFICIENT');
    // Units owed count towards the limit as units held do.
    expect(of({ exposure: 51n, listing: { ...LISTING, positionMax: 150n } })).toBe('POSITION_LIMIT_EXCEEDED');
    // Who owes may sell what is held.
    expect(refusalOf({ side: 'SELL' }, { dues: 1n })).toBeNull();
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

  it('prices an order without a limit at the end of the band', () => {
    const rich = { buyingPower: 10n ** 12n };
    for (const wish of [
      { type: 'MARKET', limitPrice: null },
      { type: 'STOP', limitPrice: null, triggerPrice: 1_410_00n },
    ] as const) {
      const hold = holdOf('BUY', 1_546_20n, 100n);
      expect(check(wish, rich)).toMatchObject({ worstPrice: 1_546_20n, slices: [{ hold }] });
      const sold = check({ ...wish, side: 'SELL' }, rich);
      expect(sold).toMatchObject({ worstPrice: 1_265_20n, slices: [{ hold: 0n }] });
    }
  });

  const stop = { type: 'STOP', limitPrice: null, triggerPrice: 1_410_00n } as const;
  const stopLimit = { type: 'STOP_LIMIT', triggerPrice: 1_405_00n } as const;
  const gtd = { validity: 'GTD' } as const;
  it.each([
    ['a stop', stop, null],
    ['one that names no trigger', { ...stop, triggerPrice: null }, 'TRIGGER_PRICE_REQUIRED'],
    ['one with a limit', { ...stop, limitPrice: 1_405_70n }, 'PRICE_NOT_ALLOWED'],
    ['one that would not wait', { ...stop, validity: 'IOC' }, 'VALIDITY_NOT_ALLOWED'],
    [
      'a MARKET order that would wait',
      { type: 'MARKET', limitPrice: null, validity: 'GTC' },
      'VALIDITY_NOT_ALLOWED',
    ],
    ['a trigger off tick', { ...stop, triggerPrice: 1_410_05n }, 'TICK_SIZE_VIOLATED'],
    ['a trigger outside the band', { ...stop, triggerPrice: 1_546_30n }, 'PRICE_OUT_OF_BAND'],
    ['a limit and a trigger', stopLimit, null],
    ['both at one price', { ...stopLimit, triggerPrice: 1_405_70n }, null],
    ['a buying trigger above its limit', { ...stopLimit, triggerPrice: 1_405_80n }, 'TRIGGER_PRICE_INVALID'],
    ['a selling one', { ...stopLimit, side: 'SELL', triggerPrice: 1_405_80n }, null],
    ['a selling one below its limit', { ...stopLimit, side: 'SELL' }, 'TRIGGER_PRICE_INVALID'],
    ['a stop that hides', { ...stop, displayQuantity: 50n }, 'DISPLAY_QUANTITY_NOT_ALLOWED'],
    ['a post-only stop', { ...stop, postOnly: true }, 'POST_ONLY_NOT_ALLOWED'],
    ['a tenth shown', { displayQuantity: 10n }, null],
    ['all of it shown', { displayQuantity: 100n }, null],
    ['more than all', { displayQuantity: 105n }, 'DISPLAY_QUANTITY_INVALID'],
    ['nothing shown', { displayQuantity: 0n }, 'DISPLAY_QUANTITY_INVALID'],
    ['a part of a lot shown', { displayQuantity: 12n }, 'LOT_SIZE_VIOLATED'],
    ['GTC', { validity: 'GTC' }, null],
    ['GTC of MIS', { validity: 'GTC', product: 'MIS' }, 'VALIDITY_NOT_ALLOWED'],
    ['GTD without a day', gtd, 'GOOD_TILL_REQUIRED'],
    ['today', { ...gtd, goodTill: TODAY }, null],
    ['yesterday', { ...gtd, goodTill: '2026-01-04' }, 'GOOD_TILL_INVALID'],
    ['in a year', { ...gtd, goodTill: '2027-01-05' }, null],
    ['in a year and a day', { ...gtd, goodTill: '2027-01-06' }, 'GOOD_TILL_INVALID'],
    ['the 30th of February', { ...gtd, goodTill: '2026-02-30' }, 'GOOD_TILL_INVALID'],
    ['a time', { ...gtd, goodTill: '2026-01-06T00:00:00Z' }, 'GOOD_TILL_INVALID'],
    ['no date', { ...gtd, goodTill: 'tomorrow' }, 'GOOD_TILL_INVALID'],
  ] as const)('knows what goes together: %s', (_, request, code) => {
    expect(refusalOf(request, { buyingPower: 10n ** 15n })).toBe(code);
  });

  it('cuts what is above the freeze quantity where that is asked for, and holds for every part', () => {
    const listing = { ...LISTING, freeze: 44n };
    const wish = { ...REQUEST, quantity: 100n };
    const checked = checkOrder(wish, listing, { ...STANDING, buyingPower: 10n ** 9n }, true);
    const holds = [40n, 40n, 20n].map((quantity) => ({ quantity, hold: holdOf('BUY', 1_405_70n, quantity) }));
    expect(checked).toMatchObject({ slices: holds });
    const sum = holds.reduce((total, { hold }) => total + hold, 0n);
    const withCash = (buyingPower: bigint, quantity = 100n): string | null => {
      const answer = checkOrder({ ...wish, quantity }, listing, { ...STANDING, buyingPower }, true);
      return isRefusal(answer) ? answer.code : null;
    };
    expect([withCash(sum - 1n), withCash(sum)]).toEqual(['FUNDS_INSUFFICIENT', null]);
    expect([withCash(10n ** 12n, 800n), withCash(10n ** 12n, 805n)]).toEqual([
      null,
      'FREEZE_QUANTITY_EXCEEDED',
    ]);
  });

  it('counts what is there and what is on order against the position limit, for purchases alone', () => {
    const of = (exposure: bigint, side: Side = 'BUY'): string | null =>
      refusalOf({ side }, { listing: { ...LISTING, positionMax: 150n }, exposure });
    expect([of(50n), of(51n), of(151n, 'SELL')]).toEqual([null, 'POSITION_LIMIT_EXCEEDED', null]);
  });

  it('asks whether a post-only order would trade, and only then', () => {
    const asked: bigint[] = [];
    const wouldTrade = (price: bigint): boolean => asked.push(price) > 0;
    expect(refusalOf({}, { wouldTrade })).toBeNull();
    expect(asked).toEqual([]);
    expect(refusalOf({ postOnly: true }, { wouldTrade })).toBe('POST_ONLY_WOULD_TRADE');
    expect(asked).toEqual([1_405_70n]);
  });
});

describe('the ladder of a change', () => {
  const facts = {
    id: 'o',
    tenantId: 't',
    userId: 'u',
    placedAt: new Date(0),
    exchange: 'NSE',
    origin: 'USER',
  } as const;
  const orderOf = (request: Partial<OrderRequest> = {}): Order => {
    const wish = { ...REQUEST, ...request };
    const hold = holdOf(wish.side, wish.limitPrice ?? 1_546_20n, wish.quantity);
    return createOrder(wish, { ...facts, hold });
  };
  const NONE = { quantity: null, limitPrice: null, triggerPrice: null, displayQuantity: null };
  const change = (
    order: Order,
    wish: Partial<TermsWish>,
    standing: Partial<Standing> = {},
    listing: Listing = { ...LISTING, freeze: 100n },
  ): AcceptedChange | TradingRefusal =>
    checkChange(order, { ...NONE, ...wish }, 1_546_20n, listing, { ...STANDING, ...standing });
  const codeOf = (...given: Parameters<typeof change>): string | null => {
    const checked = change(...given);
    return isRefusal(checked) ? checked.code : null;
  };
  const filled = fillOrder(orderOf(), 1_400_00n, 40n);

  it('promises for what has traded what that came to, and for the rest the worst', () => {
    expect(change(filled, { quantity: 60n, limitPrice: 1_405_00n })).toEqual({
      terms: { quantity: 60n, limitPrice: 1_405_00n, triggerPrice: null, displayQuantity: null },
      hold: holdOf('BUY', 1_405_00n, 20n, 40n * 1_400_00n),
      highestPrice: 1_405_00n,
    });
    const stop = orderOf({ type: 'STOP', limitPrice: null, triggerPrice: 1_410_00n });
    expect(change(stop, { triggerPrice: 1_420_00n })).toMatchObject({ hold: stop.hold });
  });

  const iceberg = orderOf({ displayQuantity: 20n });
  const stopped = orderOf({ type: 'STOP_LIMIT', triggerPrice: 1_400_00n });
  it.each<[string, Order, Partial<TermsWish>, Partial<Standing>, string | null]>([
    ['no quantity', filled, { quantity: 0n }, {}, 'QUANTITY_INVALID'],
    ['what has traded', filled, { quantity: 40n }, {}, 'QUANTITY_FILLED'],
    ['a lot more than that', filled, { quantity: 45n }, {}, null],
    [
      'a limit where there is none',
      orderOf({ type: 'STOP', limitPrice: null, triggerPrice: 1_410_00n }),
      { limitPrice: 1_400_00n },
      {},
      'PRICE_NOT_ALLOWED',
    ],
    ['a trigger where there is none', filled, { triggerPrice: 1_400_00n }, {}, 'TRIGGER_PRICE_NOT_ALLOWED'],
    [
      'a trigger that is over',
      triggerOrder(stopped),
      { triggerPrice: 1_401_00n },
      {},
      'TRIGGER_PRICE_NOT_ALLOWED',
    ],
    ['a trigger', stopped, { triggerPrice: 1_401_00n }, {}, null],
    ['a trigger beyond the limit', stopped, { triggerPrice: 1_405_80n }, {}, 'TRIGGER_PRICE_INVALID'],
    ['a limit before the trigger', stopped, { limitPrice: 1_399_90n }, {}, 'TRIGGER_PRICE_INVALID'],
    ['a limit after the trigger is over', triggerOrder(stopped), { limitPrice: 1_399_90n }, {}, null],
    ['hiding what was shown', filled, { displayQuantity: 20n }, {}, 'DISPLAY_QUANTITY_NOT_ALLOWED'],
    ['showing less', iceberg, { displayQuantity: 5n }, {}, 'DISPLAY_QUANTITY_INVALID'],
    ['less than is shown', iceberg, { quantity: 15n }, {}, 'DISPLAY_QUANTITY_INVALID'],
    ['off tick', filled, { limitPrice: 1_400_05n }, {}, 'TICK_SIZE_VIOLATED'],
    ['above the freeze quantity', filled, { quantity: 105n }, {}, 'FREEZE_QUANTITY_EXCEEDED'],
    ['off lot', filled, { quantity: 61n }, {}, 'LOT_SIZE_VIOLATED'],
    ['out of the band', filled, { limitPrice: 1_546_30n }, {}, 'PRICE_OUT_OF_BAND'],
    ['more than the cash', filled, { limitPrice: 1_500_00n }, { buyingPower: 0n }, 'FUNDS_INSUFFICIENT'],
    ['less without any cash', filled, { quantity: 60n }, { buyingPower: 0n }, null],
    [
      'selling more than is free',
      orderOf({ side: 'SELL', quantity: 90n }),
      { quantity: 95n },
      { freeQuantity: 4n },
      'HOLDINGS_INSUFFICIENT',
    ],
    [
      'selling less with nothing free',
      orderOf({ side: 'SELL' }),
      { quantity: 95n },
      { freeQuantity: 0n },
      null,
    ],
    ['too often', filled, { quantity: 60n }, { isRateReached: true }, 'ORDER_RATE_EXCEEDED'],
    ['too often for the trades', filled, { quantity: 60n }, { ordersToday: 500 }, 'ORDER_TO_TRADE_EXCEEDED'],
    [
      'a post-only order that would trade',
      orderOf({ postOnly: true }),
      { limitPrice: 1_410_00n },
      { buyingPower: 10n ** 9n, wouldTrade: () => true },
      'POST_ONLY_WOULD_TRADE',
    ],
  ])('knows its rules: %s', (_, order, wish, standing, code) => {
    expect(codeOf(order, wish, standing)).toBe(code);
  });

  it('looks at what is changed only: an old limit may lie outside the band of today', () => {
    const moved = { ...LISTING, band: { lower: 1_000_00n, upper: 1_100_00n } };
    expect(codeOf(filled, { quantity: 60n }, {}, moved)).toBeNull();
    expect(codeOf(filled, { limitPrice: 1_405_70n }, {}, moved)).toBe('PRICE_OUT_OF_BAND');
  });
});
