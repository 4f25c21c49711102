/** Every type of order and every change of one, through the graph's door: what it shows, keeps, promises and tells. */
import type { UserCaller } from '@gridworks/kit/caller';
import { publish } from '@gridworks/kit/events';
import { newId, toGlobalId } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import { DAY_MS, istDate } from '@gridworks/kit/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOfOms } from './domain/oms/state.ts';
import { recallOms } from './recall.ts';
import { registerInstruments } from './store/instrument.ts';
import { createTrading } from './subgraph.ts';
import { giveShares } from './testing/shares.ts';

const FIELDS = `id status type validity quantity limitPrice triggerPrice displayQuantity postOnly selfTradePrevention
  goodTill filledQuantity cancelReason`;
const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { ${FIELDS} } refusal { code path } } }`;
const MODIFY = `mutation ($input: ModifyOrderInput!) { modifyOrder(input: $input) { order { ${FIELDS} } refusal { code path } } }`;
const CANCEL = `mutation ($input: CancelOrdersInput!) { cancelOrders(input: $input) {
  orders { id status cancelReason } refusal { code path } } }`;
const ORDER = `query ($id: ID!) { order(id: $id) { ${FIELDS} history { kind } } }`;
const UPDATES = `subscription { orderUpdates(after: 0) { sequence kind order { id status quantity limitPrice triggerPrice } } }`;
const DEPTH = `query ($symbol: String!) { instrument(symbol: $symbol) { depth { bids { price quantity } asks { price quantity } } } }`;
const TENANT = newId();

interface Order {
  readonly id: string;
  readonly status: string;
}
interface Answer {
  readonly order: Order | null;
  readonly refusal: { readonly code: string; readonly path: readonly string[] } | null;
}

let trading: TestSubgraph;
let listed = 0;
let named = 0;

beforeAll(async () => {
  trading = await openTestSubgraph(createTrading);
});
afterAll(() => trading.close());

/** A share of its own for each test: 100 rupees, tick 5 paise. */
async function list(): Promise<string> {
  listed += 1;
  const symbol = `SHARE${listed}`;
  const facts = {
    name: symbol,
    exchange: 'NSE',
    kind: 'EQUITY',
    isin: null,
    currency: 'INR',
    sector: null,
  } as const;
  await registerInstruments(trading.db.system, [
    { symbol, ...facts, tickSize: 5n, lotSize: 1n, referencePrice: 100_00n },
  ]);
  return symbol;
}

/** Somebody with 10,000 rupees and shares to sell. */
async function somebody(symbol: string, shares = 0): Promise<UserCaller> {
  const caller = userCaller({ tenantId: TENANT });
  const { userId } = caller;
  if (shares > 0) await giveShares(trading.db, caller, { symbol, quantity: shares });
  const payload = { userId, amount: '1000000', reason: 'OPENING_CREDIT', orderId: null } as const;
  await publish(trading.db.system, [{ topic: 'wallets.credited', key: userId, tenantId: TENANT, payload }]);
  await trading.platform.bus.settled();
  return caller;
}

async function ask(caller: UserCaller, symbol: string, more: object = {}, on = trading): Promise<Answer> {
  named += 1;
  const base = {
    clientOrderId: `c-${named}`,
    symbol,
    side: 'BUY',
    type: 'LIMIT',
    product: 'CNC',
    quantity: 10,
  };
  const input = { ...base, ...('type' in more ? {} : { limitPrice: '100.00' }), ...more };
  return (await on.data<{ placeOrder: Answer }>(PLACE, { input }, caller)).placeOrder;
}

async function placed(caller: UserCaller, symbol: string, more: object = {}, on = trading): Promise<Order> {
  const { order, refusal } = await ask(caller, symbol, more, on);
  if (!order) throw new Error(`refused: ${JSON.stringify(refusal)}`);
  return order;
}

async function modify(caller: UserCaller, orderId: string, wish: object): Promise<Answer> {
  return (await trading.data<{ modifyOrder: Answer }>(MODIFY, { input: { orderId, ...wish } }, caller))
    .modifyOrder;
}

async function orderOf(caller: UserCaller, id: string, on = trading): Promise<Record<string, unknown>> {
  return (await on.data<{ order: Record<string, unknown> }>(ORDER, { id }, caller)).order;
}

async function kindsOf(caller: UserCaller, id: string, on = trading): Promise<string[]> {
  const { history } = (await orderOf(caller, id, on)) as { history: { kind: string }[] };
  return history.map(({ kind }) => kind);
}

/** A trade at this price between two who are nobody else. */
async function tradeAt(symbol: string, limitPrice: string, quantity = 1): Promise<void> {
  const [buyer, seller] = [await somebody(symbol), await somebody(symbol, quantity)];
  await placed(seller, symbol, { side: 'SELL', quantity, limitPrice });
  await placed(buyer, symbol, { quantity, limitPrice });
}

async function power({ userId }: UserCaller): Promise<bigint | undefined> {
  await trading.platform.bus.settled([]);
  const { rows } = await trading.db.system.query<{ buying_power: bigint }>(
    `SELECT buying_power FROM trading.account WHERE user_id = $1`,
    [userId],
  );
  return rows[0]?.buying_power;
}

async function eventsOf(orderId: string): Promise<{ topic: string; payload: Record<string, unknown> }[]> {
  await trading.platform.bus.settled([]);
  const { rows } = await trading.db.system.query<{ topic: string; payload: Record<string, unknown> }>(
    `SELECT topic, payload FROM events.log WHERE key = $1 ORDER BY pos`,
    [orderId.slice('Order:'.length)],
  );
  return rows;
}

async function depthOf(symbol: string): Promise<unknown> {
  return (await trading.data<{ instrument: { depth: unknown } }>(DEPTH, { symbol })).instrument.depth;
}

async function commands(): Promise<number> {
  await trading.platform.bus.settled([]);
  const { rows } = await trading.db.system.query<{ count: bigint }>(
    `SELECT count(*) AS count FROM trading.journal`,
  );
  return Number(rows[0]?.count);
}

describe('a stop', () => {
  it('waits unseen, is triggered by a trade, and tells every step with the order as it was then', async () => {
    const symbol = await list();
    const asha = await somebody(symbol);
    const stop = await placed(asha, symbol, {
      type: 'STOP_LIMIT',
      triggerPrice: '104.00',
      limitPrice: '105.00',
    });
    expect(stop).toMatchObject({
      status: 'TRIGGER_PENDING',
      type: 'STOP_LIMIT',
      triggerPrice: '104.00',
      limitPrice: '105.00',
      selfTradePrevention: 'CANCEL_NEWEST',
      postOnly: false,
      displayQuantity: null,
      goodTill: null,
    });
    expect(await depthOf(symbol)).toEqual({ bids: [], asks: [] });
    // 1,050 and 5.25 and 2.
    expect(await power(asha)).toBe(1_000_000n - 1_057_25n);
    await tradeAt(symbol, '103.95');
    expect(await kindsOf(asha, stop.id)).toEqual(['CREATED']);
    await tradeAt(symbol, '104.00');
    expect(await depthOf(symbol)).toEqual({ bids: [{ price: '105.00', quantity: 10 }], asks: [] });
    await placed(await somebody(symbol, 10), symbol, { side: 'SELL', limitPrice: '105.00' });

    const request = { query: UPDATES, variables: {}, caller: asha, traceId: newId() };
    const stream = await trading.subgraph.subscribe(request);
    if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream.errors));
    const told: unknown[] = [];
    for await (const { data } of stream) {
      const { kind, order } = (data as { orderUpdates: { kind: string; order: Order } }).orderUpdates;
      told.push([kind, order.status]);
      if (kind === 'EXECUTED') break;
    }
    expect(told).toEqual([
      ['CREATED', 'TRIGGER_PENDING'],
      ['TRIGGERED', 'OPEN'],
      ['EXECUTED', 'FILLED'],
    ]);
    const [, event] = await eventsOf(stop.id);
    expect(event).toMatchObject({
      topic: 'orders.triggered',
      payload: { triggerPrice: '10400', side: 'BUY' },
    });
  });

  it('without a limit promises to the end of the band, trades there, and leaves nothing behind', async () => {
    const symbol = await list();
    const asha = await somebody(symbol);
    const { id } = await placed(asha, symbol, { type: 'STOP', triggerPrice: '104.00' });
    // 10 at 110.00, and 5.50 and 2 for charges.
    expect(await power(asha)).toBe(1_000_000n - 1_107_50n);
    await placed(await somebody(symbol, 4), symbol, { side: 'SELL', limitPrice: '109.95', quantity: 4 });
    await tradeAt(symbol, '104.00');
    expect(await orderOf(asha, id)).toMatchObject({
      status: 'CANCELLED',
      filledQuantity: 4,
      cancelReason: 'MARKET_REST',
      history: [{ kind: 'CREATED' }, { kind: 'TRIGGERED' }, { kind: 'EXECUTED' }, { kind: 'CANCELLED' }],
    });
  });

  it('of a sale promises the shares, which no other sale can have', async () => {
    const symbol = await list();
    const gopal = await somebody(symbol, 10);
    await placed(gopal, symbol, { type: 'STOP', side: 'SELL', triggerPrice: '95.00', quantity: 8 });
    const { refusal } = await ask(gopal, symbol, { side: 'SELL', quantity: 3 });
    expect(refusal?.code).toBe('HOLDINGS_INSUFFICIENT');
  });

  it('is woken by a recorded trade too', async () => {
    const symbol = await list();
    const gopal = await somebody(symbol, 10);
    const { id } = await placed(gopal, symbol, { type: 'STOP', side: 'SELL', triggerPrice: '95.00' });
    const prints = [{ at: new Date(Date.UTC(2025, 0, 15, 4)).toISOString(), price: '94.50', quantity: 3 }];
    const operator = userCaller({ tenantId: TENANT, roles: ['OPERATOR'] });
    const play = `mutation ($input: PlayMarketInput!) { playMarket(input: $input) { played refusal { code } } }`;
    expect(await trading.data(play, { input: { symbol, prints } }, operator)).toMatchObject({
      playMarket: { played: 1 },
    });
    expect((await kindsOf(gopal, id)).slice(0, 2)).toEqual(['CREATED', 'TRIGGERED']);
  });
});

describe('other orders', () => {
  it('show a part of themselves, or are refused rather than traded', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(symbol), await somebody(symbol, 100)];
    await placed(gopal, symbol, { side: 'SELL', quantity: 50, displayQuantity: 5, validity: 'GTC' });
    expect(await depthOf(symbol)).toEqual({ bids: [], asks: [{ price: '100.00', quantity: 5 }] });
    const before = [await power(asha), await commands()];
    expect(await ask(asha, symbol, { postOnly: true })).toEqual({
      order: null,
      refusal: { code: 'POST_ONLY_WOULD_TRADE', path: [] },
    });
    expect([await power(asha), await commands()]).toEqual(before);
    expect(await placed(asha, symbol, { quantity: 12 })).toMatchObject({ status: 'FILLED' });
    expect(await depthOf(symbol)).toEqual({ bids: [], asks: [{ price: '100.00', quantity: 3 }] });
  });

  it('lose the same quantity as their own that they meet, and promise less for it', async () => {
    const symbol = await list();
    const gopal = await somebody(symbol, 4);
    const sale = await placed(gopal, symbol, { side: 'SELL', quantity: 4 });
    const { id } = await placed(gopal, symbol, { quantity: 10, selfTradePrevention: 'DECREMENT' });
    expect(await orderOf(gopal, id)).toMatchObject({ status: 'OPEN', quantity: 6 });
    expect(await orderOf(gopal, sale.id)).toMatchObject({ status: 'CANCELLED', cancelReason: 'SELF_TRADE' });
    expect((await eventsOf(id)).at(-1)).toMatchObject({
      topic: 'orders.modified',
      payload: { quantity: 6, hold: '60500', sequence: 4 },
    });
  });

  it.each([
    [{ type: 'STOP' }, 'TRIGGER_PRICE_REQUIRED', 'triggerPrice'],
    [{ triggerPrice: '101.00' }, 'TRIGGER_PRICE_NOT_ALLOWED', 'triggerPrice'],
    [{ type: 'STOP', triggerPrice: '110.05' }, 'PRICE_OUT_OF_BAND', 'triggerPrice'],
    [{ type: 'MARKET', validity: 'GTC' }, 'VALIDITY_NOT_ALLOWED', 'validity'],
    [{ validity: 'GTD', goodTill: '2020-01-01' }, 'GOOD_TILL_INVALID', 'goodTill'],
    [{ displayQuantity: 11 }, 'DISPLAY_QUANTITY_INVALID', 'displayQuantity'],
    [{ validity: 'IOC', postOnly: true }, 'POST_ONLY_NOT_ALLOWED', 'postOnly'],
  ])('are refused where it does not fit together: %o', async (more, code, field) => {
    const symbol = await list();
    const asha = await somebody(symbol);
    expect((await ask(asha, symbol, more)).refusal).toEqual({ code, path: ['input', field] });
  });
});

describe('modifyOrder', () => {
  it('changes an order and what it promises, once, and history knows how it was', async () => {
    const symbol = await list();
    const asha = await somebody(symbol);
    const { id } = await placed(asha, symbol);
    const wish = { quantity: 20, limitPrice: '99.00' };
    const { order } = await modify(asha, id, wish);
    expect(order).toMatchObject({ status: 'OPEN', quantity: 20, limitPrice: '99.00' });
    // 1,980 and 9.90 and 2, of which 1,007 were promised.
    expect(await power(asha)).toBe(1_000_000n - 1_991_90n);
    const before = await commands();
    expect((await modify(asha, id, wish)).order).toEqual(order);
    expect((await modify(asha, id, {})).order).toEqual(order);
    expect(await commands()).toBe(before);
    expect((await eventsOf(id)).slice(1)).toMatchObject([
      { topic: 'orders.modified', payload: { quantity: 20, hold: '199190', sequence: 2 } },
    ]);
    const query = `query ($id: ID!) { order(id: $id) { then: stateAt(sequence: 1) { quantity limitPrice }
      now: stateAt(sequence: 2) { quantity limitPrice } history { kind } } }`;
    expect(await trading.data(query, { id }, asha)).toEqual({
      order: {
        then: { quantity: 10, limitPrice: '100.00' },
        now: { quantity: 20, limitPrice: '99.00' },
        history: [{ kind: 'CREATED' }, { kind: 'MODIFIED' }],
      },
    });
  });

  it('frees shares at once, and leaves cash to be credited by billing', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(symbol), await somebody(symbol, 10)];
    const sale = await placed(gopal, symbol, { side: 'SELL', limitPrice: '105.00' });
    await modify(gopal, sale.id, { quantity: 4 });
    expect(await placed(gopal, symbol, { side: 'SELL', quantity: 6, limitPrice: '105.00' })).toBeDefined();
    const purchase = await placed(asha, symbol);
    await modify(asha, purchase.id, { quantity: 1 });
    expect(await power(asha)).toBe(1_000_000n - 1_007_00n);
    expect((await eventsOf(purchase.id)).at(-1)?.payload).toMatchObject({ hold: '10250' });
  });

  it('refuses what it refuses of new orders, and changes nothing then', async () => {
    const symbol = await list();
    const [asha, bharat] = [await somebody(symbol), await somebody(symbol)];
    const { id } = await placed(asha, symbol);
    await placed(await somebody(symbol, 4), symbol, { side: 'SELL', quantity: 4 });
    const before = [await orderOf(asha, id), await power(asha), await commands()];
    for (const [caller, orderId, wish, code] of [
      [asha, id, { quantity: 4 }, 'QUANTITY_FILLED'],
      [asha, id, { quantity: 0 }, 'QUANTITY_INVALID'],
      [asha, id, { limitPrice: '100.01' }, 'TICK_SIZE_VIOLATED'],
      [asha, id, { limitPrice: '110.05' }, 'PRICE_OUT_OF_BAND'],
      [asha, id, { triggerPrice: '101.00' }, 'TRIGGER_PRICE_NOT_ALLOWED'],
      [asha, id, { displayQuantity: 5 }, 'DISPLAY_QUANTITY_NOT_ALLOWED'],
      [asha, id, { quantity: 100 }, 'FUNDS_INSUFFICIENT'],
      [bharat, id, { quantity: 9 }, 'ORDER_UNKNOWN'],
      [asha, toGlobalId('Order', newId()), { quantity: 9 }, 'ORDER_UNKNOWN'],
      [asha, 'Order:x', { quantity: 9 }, 'ORDER_UNKNOWN'],
    ] as const)
      expect((await modify(caller, orderId, wish)).refusal?.code).toBe(code);
    expect([await orderOf(asha, id), await power(asha), await commands()]).toEqual(before);
    await trading.data(CANCEL, { input: {} }, asha);
    expect((await modify(asha, id, { quantity: 9 })).refusal?.code).toBe('ORDER_CLOSED');
  });

  it('needs somebody who is signed in', async () => {
    for (const [query, input] of [
      [MODIFY, { orderId: 'Order:x' }],
      [CANCEL, {}],
    ] as const) {
      const { errors } = await trading.ask(query, { input });
      expect(errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    }
  });
});

describe('the same wish again', () => {
  it('is answered with the order, also when that was modified since', async () => {
    const symbol = await list();
    const asha = await somebody(symbol);
    const wish = { clientOrderId: 'again', type: 'LIMIT', limitPrice: '100.00' };
    const { id } = await placed(asha, symbol, wish);
    await modify(asha, id, { limitPrice: '99.00', quantity: 5 });
    expect((await ask(asha, symbol, wish)).order).toMatchObject({ id, quantity: 5, limitPrice: '99.00' });
    for (const other of [
      { limitPrice: '99.00' },
      { triggerPrice: '99.00' },
      { postOnly: true },
      { displayQuantity: 5 },
    ])
      expect((await ask(asha, symbol, { ...wish, ...other })).refusal?.code).toBe('CLIENT_ORDER_ID_REUSED');
  });
});

describe('placeSlicedOrder', () => {
  interface Sliced {
    readonly orders: readonly (Order & { readonly clientOrderId: string; readonly quantity: number })[];
    readonly refusal: { readonly code: string } | null;
  }
  const SLICE = `mutation ($input: PlaceOrderInput!) { placeSlicedOrder(input: $input) {
    orders { id clientOrderId status quantity } refusal { code } } }`;
  const slice = async (caller: UserCaller, symbol: string, more: object): Promise<Sliced> => {
    const base = {
      clientOrderId: 'large',
      symbol,
      side: 'SELL',
      type: 'LIMIT',
      product: 'CNC',
      limitPrice: '100.00',
    };
    const input = { ...base, ...more };
    return (await trading.data<{ placeSlicedOrder: Sliced }>(SLICE, { input }, caller)).placeSlicedOrder;
  };

  it('cuts what is above the freeze quantity, all or nothing, and once', async () => {
    const symbol = await list();
    const gopal = await somebody(symbol, 250_000);
    expect((await ask(gopal, symbol, { side: 'SELL', quantity: 100_001 })).refusal?.code).toBe(
      'FREEZE_QUANTITY_EXCEEDED',
    );
    expect(await slice(gopal, symbol, { quantity: 250_001 })).toEqual({
      orders: [],
      refusal: { code: 'HOLDINGS_INSUFFICIENT' },
    });
    const [one, two] = await Promise.all([1, 2].map(() => slice(gopal, symbol, { quantity: 250_000 })));
    expect(one?.orders.map(({ clientOrderId, quantity }) => [clientOrderId, quantity])).toEqual([
      ['large', 100_000],
      ['large/2', 100_000],
      ['large/3', 50_000],
    ]);
    expect(two).toEqual(one);
    const third = one?.orders[2]?.id ?? '';
    await modify(gopal, third, { quantity: 40_000 });
    expect(
      (await slice(gopal, symbol, { quantity: 250_000 })).orders.map(({ quantity }) => quantity),
    ).toEqual([100_000, 100_000, 40_000]);
    expect((await slice(gopal, symbol, { quantity: 200_000 })).refusal?.code).toBe('CLIENT_ORDER_ID_REUSED');
    const clash = { clientOrderId: 'large', side: 'SELL', quantity: 100_000 };
    expect((await ask(gopal, symbol, clash)).refusal?.code).toBe('CLIENT_ORDER_ID_REUSED');
    expect(await depthOf(symbol)).toEqual({ bids: [], asks: [{ price: '100.00', quantity: 240_000 }] });
  });

  it('is an order like any other where nothing is to be cut', async () => {
    const symbol = await list();
    const gopal = await somebody(symbol, 10);
    const { orders } = await slice(gopal, symbol, { quantity: 10 });
    expect(await ask(gopal, symbol, { clientOrderId: 'large', side: 'SELL' })).toMatchObject({
      order: { id: orders[0]?.id },
    });
  });
});

describe('cancelOrders', () => {
  it("takes back what fits, in one command, and leaves the rest and everybody else's", async () => {
    const [one, other] = [await list(), await list()];
    const [asha, bharat] = [await somebody(one, 10), await somebody(one)];
    const buying = await placed(asha, one, { limitPrice: '95.00' });
    const selling = await placed(asha, one, { side: 'SELL', limitPrice: '105.00', quantity: 5 });
    const stop = await placed(asha, other, { type: 'STOP', triggerPrice: '104.00' });
    await placed(bharat, one, { limitPrice: '95.00', quantity: 1 });
    const cancel = async (input: object): Promise<{ orders: Order[]; refusal: { code: string } | null }> =>
      (
        await trading.data<{ cancelOrders: { orders: Order[]; refusal: { code: string } | null } }>(
          CANCEL,
          { input },
          asha,
        )
      ).cancelOrders;
    const before = await commands();
    expect(await cancel({ symbol: one, side: 'BUY' })).toEqual({
      orders: [{ id: buying.id, status: 'CANCELLED', cancelReason: 'USER' }],
      refusal: null,
    });
    expect((await cancel({})).orders.map(({ id }) => id)).toEqual([selling.id, stop.id]);
    expect(await commands()).toBe(before + 2);
    expect(await cancel({})).toEqual({ orders: [], refusal: null });
    expect(await commands()).toBe(before + 2);
    expect((await cancel({ symbol: 'NOSUCH' })).refusal?.code).toBe('INSTRUMENT_UNKNOWN');
    expect(await depthOf(one)).toEqual({ bids: [{ price: '95.00', quantity: 1 }], asks: [] });
  });
});

describe('a restart', () => {
  it('finds every order as it was: sleeping, hidden, modified; each ends on its day', async () => {
    const symbol = await list();
    const [asha, buyer, gopal] = [await somebody(symbol), await somebody(symbol), await somebody(symbol, 30)];
    const tomorrow = Date.now() + DAY_MS;
    const low = { limitPrice: '91.00', quantity: 1 };
    const sleeping = await placed(asha, symbol, {
      ...{ type: 'STOP_LIMIT', triggerPrice: '104.00', limitPrice: '105.00', quantity: 2 },
      validity: 'GTC',
    });
    await modify(asha, sleeping.id, { triggerPrice: '103.00' });
    const hidden = await placed(gopal, symbol, {
      ...{ side: 'SELL', limitPrice: '104.00', quantity: 30, displayQuantity: 3 },
      validity: 'GTC',
    });
    const ofTheDay = await placed(asha, symbol, low);
    const today = await placed(asha, symbol, { ...low, validity: 'GTD', goodTill: istDate(Date.now()) });
    const dated = await placed(asha, symbol, { ...low, validity: 'GTD', goodTill: istDate(tomorrow) });
    const hash = async (isWhole: boolean): Promise<string | undefined> => {
      const recalled = await recallOms(trading.db.system, undefined, isWhole);
      return recalled && hashOfOms(recalled.oms.state());
    };
    expect(await hash(false)).toBe(await hash(true));
    await trading.subgraph.stop();

    const next = await openTestSubgraph(
      (platform) => createTrading({ ...platform, clock: () => tomorrow }),
      {},
      trading.db.url,
    );
    try {
      for (const [{ id }, status] of [
        [ofTheDay, 'CANCELLED'],
        [today, 'CANCELLED'],
        [dated, 'OPEN'],
        [sleeping, 'TRIGGER_PENDING'],
        [hidden, 'OPEN'],
      ] as const)
        expect(
          (await next.data<{ order: Order }>(ORDER, { id }, id === hidden.id ? gopal : asha)).order,
        ).toMatchObject({
          status,
        });
      // The first share that trades at 104.00 is from the slice that is shown, and wakes the stop, which takes two more.
      await placed(buyer, symbol, { limitPrice: '104.00', quantity: 1 }, next);
      expect(await kindsOf(asha, sleeping.id, next)).toEqual([
        'CREATED',
        'MODIFIED',
        'TRIGGERED',
        'EXECUTED',
      ]);
      expect(await orderOf(gopal, hidden.id, next)).toMatchObject({ filledQuantity: 3 });
      expect(await hash(false)).toBe(await hash(true));
    } finally {
      await next.close();
      await trading.subgraph.start();
    }
  });
});
