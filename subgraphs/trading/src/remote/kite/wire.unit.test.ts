import { describe, expect, it } from 'vitest';
import type { Ticket } from '../../domain/broker/order.ts';
import { readInstruments } from './instruments.ts';
import { OrderList, PositionList, TradeList, modificationForm, placementForm, readPush } from './wire.ts';

const ORDER = {
  exchange: 'NSE',
  tradingsymbol: 'INFY',
  product: 'CNC',
  order_id: '220303000308932',
  tag: 'abc',
  status: 'OPEN',
  status_message: null,
  order_timestamp: '2022-03-03 09:24:25',
  exchange_update_timestamp: '2022-03-03 09:24:26',
  quantity: 10,
  filled_quantity: 4,
  price: 1573.7,
  trigger_price: 0,
};

function statusOf(status: string): unknown {
  return OrderList.parse([{ ...ORDER, status }])[0]?.status;
}

describe("a broker's orders", () => {
  it('are read with prices to the paisa and times of India', () => {
    expect(OrderList.parse([ORDER])).toEqual([
      {
        venueOrderId: '220303000308932',
        tag: 'abc',
        status: 'OPEN',
        terms: { quantity: 10n, limitPrice: 1_573_70n, triggerPrice: null },
        filledQuantity: 4n,
        atMs: Date.UTC(2022, 2, 3, 3, 54, 26),
        message: null,
      },
    ]);
    const raw = { ...ORDER, status_message: 'No funds.', status_message_raw: 'RMS:Margin Exceeds' };
    expect(OrderList.parse([raw])[0]?.message).toBe('RMS:Margin Exceeds');
    const early = { ...ORDER, exchange_update_timestamp: null, tag: undefined };
    expect(OrderList.parse([early])[0]).toMatchObject({ tag: null, atMs: Date.UTC(2022, 2, 3, 3, 54, 25) });
  });

  it('have statuses of a closed list; what nobody explains claims the least', () => {
    const open = [
      'OPEN',
      'UPDATE',
      'MODIFY PENDING',
      'MODIFY VALIDATION PENDING',
      'CANCEL PENDING',
      'MODIFIED',
    ];
    expect(open.map(statusOf)).toEqual(open.map(() => 'OPEN'));
    expect(['COMPLETE', 'CANCELLED', 'REJECTED', 'TRIGGER PENDING'].map(statusOf)).toEqual([
      ...['FILLED', 'CANCELLED', 'REJECTED', 'TRIGGER_PENDING'],
    ]);
    expect(['PUT ORDER REQ RECEIVED', 'VALIDATION PENDING', 'toString', ''].map(statusOf)).toEqual([
      ...['PENDING', 'PENDING', 'PENDING', 'PENDING'],
    ]);
  });

  it.each([
    ['a price finer than a paisa', { price: 0.1 + 0.2 }],
    ['a price that is no number', { price: '10' }],
    ['a time that is none', { order_timestamp: '2022-03-03T09:24:25Z' }],
    ['a day that is none', { order_timestamp: '2022-13-03 09:24:25' }],
    ['half a share', { quantity: 0.5 }],
    ['no id', { order_id: '' }],
  ])('are refused as a whole with %s: one that is left out would look as if it were missing', (_, more) => {
    expect(OrderList.safeParse([ORDER, { ...ORDER, ...more }]).success).toBe(false);
  });

  it('of other markets are passed over, whatever their prices are', () => {
    const foreign = { ...ORDER, exchange: 'CDS', price: 72.755 };
    expect(OrderList.parse([foreign, ORDER])).toHaveLength(1);
    expect(readPush(JSON.stringify({ type: 'order', data: foreign }))).toBeNull();
    expect(OrderList.safeParse([{ ...ORDER, exchange: undefined }]).success).toBe(false);
  });

  it('come as text on the ticker, among other texts', () => {
    expect(readPush(JSON.stringify({ type: 'order', data: ORDER }))?.venueOrderId).toBe(ORDER.order_id);
    expect(readPush(JSON.stringify({ type: 'message', data: 'hello' }))).toBeNull();
    for (const text of ['', '{', '[]', '{"type":"order","data":{}}', '{"type":"order"}', 'null']) {
      expect(readPush(text)).toBeUndefined();
    }
  });
});

describe("a broker's trades and positions", () => {
  const trade = {
    ...{ trade_id: 't1', order_id: 'v1', exchange: 'BSE', tradingsymbol: 'SBIN', transaction_type: 'SELL' },
    ...{ product: 'MIS', average_price: 420.65, quantity: 3, fill_timestamp: '2022-03-03 09:24:25' },
  };

  it('are those of what is traded here', () => {
    const foreign = { ...trade, exchange: 'CDS', tradingsymbol: 'USDINR22MARFUT', average_price: 72.755 };
    expect(TradeList.parse([trade, foreign, { ...trade, product: 'BO' }])).toEqual([
      {
        ...{ tradeId: 't1', venueOrderId: 'v1', symbol: 'BSE:SBIN', side: 'SELL', product: 'MIS' },
        ...{ price: 420_65n, quantity: 3n, atMs: Date.UTC(2022, 2, 3, 3, 54, 25) },
      },
    ]);
    const position = { exchange: 'NSE', tradingsymbol: 'INFY', product: 'CNC', quantity: -3 };
    const day = [position, { ...position, exchange: 'NFO' }, { ...position, product: 'CO' }];
    expect(PositionList.parse({ net: [], day })).toEqual([{ symbol: 'INFY', product: 'CNC', quantity: -3n }]);
  });
});

describe('what the broker is asked', () => {
  const ticket: Ticket = {
    symbol: 'BSE:SBIN',
    side: 'SELL',
    type: 'STOP_LIMIT',
    product: 'MIS',
    validity: 'IOC',
    quantity: 5n,
    limitPrice: 799_95n,
    triggerPrice: 800_00n,
  };

  it('is said in its words', () => {
    expect(placementForm(ticket, 'tag1')).toEqual({
      ...{
        exchange: 'BSE',
        tradingsymbol: 'SBIN',
        transaction_type: 'SELL',
        order_type: 'SL',
        product: 'MIS',
      },
      ...{ validity: 'IOC', tag: 'tag1', quantity: '5', price: '799.95', trigger_price: '800.00' },
    });
    const market: Ticket = { ...ticket, symbol: 'M&M', type: 'MARKET', limitPrice: null, triggerPrice: null };
    expect(placementForm(market, 'tag1')).toMatchObject({ exchange: 'NSE', tradingsymbol: 'M&M' });
    expect(placementForm(market, 'tag1')).not.toHaveProperty('price');
    expect(modificationForm(ticket, { ...ticket, quantity: 7n })).toEqual({
      ...{ order_type: 'SL', validity: 'IOC', quantity: '7', price: '799.95', trigger_price: '800.00' },
    });
  });
});

describe("a broker's instruments", () => {
  it('are found by our symbols, whatever else the list has', () => {
    const csv = [
      'exchange,instrument_token,name,tradingsymbol',
      'NSE,408065,"INFOSYS, ""THE"" COMPANY",INFY',
      'BSE,128028676,,SBIN',
      'MCX,53496327,LEAD,LEADMINI17DECFUT',
      'NSE,x,BROKEN,BROKEN',
      '',
    ].join('\r\n');
    expect(readInstruments(csv)).toEqual(
      new Map([
        ['INFY', 408_065],
        ['BSE:SBIN', 128_028_676],
      ]),
    );
    expect(readInstruments('<html>')).toBeUndefined();
  });
});
