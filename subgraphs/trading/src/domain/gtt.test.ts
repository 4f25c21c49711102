import { describe, expect, it } from 'vitest';
import {
  checkGtt,
  facing,
  isSameGtt,
  orderOfGtt,
  type Gtt,
  type GttRequest,
  type GttStanding,
} from './gtt.ts';
import type { Instrument } from './instrument.ts';
import type { TradingRefusalCode } from './order.ts';

const INSTRUMENT: Instrument = {
  symbol: 'SHARE',
  name: 'Share',
  exchange: 'NSE',
  kind: 'EQUITY',
  isin: null,
  currency: 'INR',
  sector: null,
  tickSize: 5n,
  lotSize: 5n,
  referencePrice: 100_00n,
};
const LOSS = { triggerPrice: 95_00n, limitPrice: 94_50n, quantity: 10n };
const GAIN = { triggerPrice: 110_00n, limitPrice: 110_00n, quantity: 10n };
const REQUEST: GttRequest = {
  clientGttId: 'g',
  symbol: 'SHARE',
  side: 'SELL',
  product: 'CNC',
  legs: [LOSS, GAIN],
};
const STANDING: GttStanding = { instrument: INSTRUMENT, last: 100_00n, active: 99 };

describe('the ladder', () => {
  const rungs: [TradingRefusalCode, Partial<GttRequest>, Partial<GttStanding>][] = [
    ['INSTRUMENT_UNKNOWN', {}, { instrument: undefined }],
    ['INSTRUMENT_NOT_TRADABLE', {}, { instrument: { ...INSTRUMENT, kind: 'INDEX' } }],
    ['QUANTITY_INVALID', { legs: [LOSS, { ...GAIN, quantity: 0n }] }, {}],
    ['GTT_PRICE_INVALID', { legs: [{ ...LOSS, limitPrice: 0n }] }, {}],
    ['TICK_SIZE_VIOLATED', { legs: [{ ...LOSS, triggerPrice: 95_01n }] }, {}],
    ['LOT_SIZE_VIOLATED', { legs: [{ ...LOSS, quantity: 11n }] }, {}],
    ['GTT_REACHED', { legs: [{ ...LOSS, triggerPrice: 100_00n }] }, {}],
    ['GTT_LEGS_INVALID', { legs: [] }, {}],
    ['GTT_LEGS_INVALID', { legs: [LOSS, LOSS] }, {}],
    ['GTT_LEGS_INVALID', { legs: [LOSS, GAIN, GAIN] }, {}],
    ['CLIENT_GTT_ID_INVALID', { clientGttId: 'a b' }, {}],
    ['GTTS_TOO_MANY', {}, { active: 100 }],
  ];

  it('keeps one leg, or two around the price', () => {
    for (const legs of [[LOSS], [GAIN], [LOSS, GAIN], [GAIN, LOSS]])
      expect(checkGtt({ ...REQUEST, legs }, STANDING)).toBeUndefined();
  });

  it.each(rungs)('refuses with %s', (code, request, standing) => {
    expect(checkGtt({ ...REQUEST, ...request }, { ...STANDING, ...standing })?.code).toBe(code);
  });

  it('looks at the rules in their order', () => {
    for (const [i, [first, request, standing]] of rungs.entries())
      for (const [, other, otherStanding] of rungs.slice(i + 1))
        expect(
          checkGtt({ ...REQUEST, ...other, ...request }, { ...STANDING, ...otherStanding, ...standing })
            ?.code,
        ).toBe(first);
  });
});

describe('what waits', () => {
  const gtt: Gtt = {
    ...REQUEST,
    legs: facing(REQUEST.legs, 100_00n),
    id: 'the-id',
    tenantId: 't',
    userId: 'u',
    status: 'TRIGGERED',
    createdAt: new Date(0),
    triggeredAt: new Date(1),
    triggeredLeg: 1,
    triggeredPrice: 110_05n,
    orderId: null,
    refusalCode: null,
  };

  it('waits for the price from the side on which it stands', () => {
    expect(gtt.legs.map(({ condition }) => condition)).toEqual(['AT_OR_BELOW', 'AT_OR_ABOVE']);
  });

  it('places the order of the leg that was reached, under a name that follows from its id', () => {
    expect(orderOfGtt(gtt)).toMatchObject({
      clientOrderId: 'gtt:the-id',
      type: 'LIMIT',
      validity: 'DAY',
      side: 'SELL',
      quantity: 10n,
      limitPrice: 110_00n,
    });
    expect(() => orderOfGtt({ ...gtt, triggeredLeg: null })).toThrow(/not triggered/);
  });

  it('knows the request it was made from in every property', () => {
    expect(isSameGtt(gtt, REQUEST)).toBe(true);
    const others: Partial<GttRequest>[] = [
      { symbol: 'OTHER' },
      { side: 'BUY' },
      { product: 'MIS' },
      { legs: [LOSS] },
      { legs: [GAIN, LOSS] },
      { legs: [LOSS, { ...GAIN, limitPrice: 109_00n }] },
      { legs: [LOSS, { ...GAIN, quantity: 5n }] },
    ];
    for (const other of others) expect(isSameGtt(gtt, { ...REQUEST, ...other })).toBe(false);
  });
});
