import type { Caller, UserCaller } from '@gridworks/kit/caller';
import { withTenant } from '@gridworks/kit/db';
import { publish, type NewEvent } from '@gridworks/kit/events';
import { newId, toGlobalId } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import { DAY_MS, MINUTE_MS, istDate, istMidnight } from '@gridworks/kit/time';
import type { Topic, Topics } from '@gridworks/schema/events';
import type { ExecutionResult } from 'graphql';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { INDIAN_HOURS } from './domain/calendar.ts';
import {
  CANDLE_INTERVALS,
  CandleBuilder,
  barStart,
  type Candle,
  type CandleInterval,
  type CandlePrint,
} from './domain/candle.ts';
import type { Instrument } from './domain/instrument.ts';
import { OrderEventRetention } from './retention.ts';
import { recordCandles } from './store/candle.ts';
import { registerInstruments } from './store/instrument.ts';
import { OrderStore } from './store/order.ts';
import { createTrading } from './subgraph.ts';
import { giveShares } from './testing/shares.ts';
import { orderUpdatesOf } from './updates.ts';

const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) {
  order { id status filledQuantity averagePrice cancelReason turnover { amount } } refusal { code path } } }`;
const CANCEL = `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) {
  order { id status cancelReason filledQuantity } refusal { code path } } }`;
const ORDER = `query ($id: ID!) { order(id: $id) {
  id status filledQuantity averagePrice instrument { symbol name } trades { price quantity } history { kind } } }`;
const DEPTH = `query ($symbol: String!) { instrument(symbol: $symbol) { depth {
  bids { price quantity orders } asks { price quantity orders } } } }`;
const PLAY = `mutation ($input: PlayMarketInput!) { playMarket(input: $input) { played refusal { code path } } }`;
const UPDATES = `subscription ($after: BigInt) { orderUpdates(after: $after) {
  sequence kind order { id status filledQuantity } trade { price quantity } } }`;

interface Placed {
  readonly order: {
    readonly id: string;
    readonly status: string;
    readonly filledQuantity: number;
    readonly averagePrice: string | null;
    readonly cancelReason: string | null;
    readonly turnover: { readonly amount: string };
  } | null;
  readonly refusal: { readonly code: string; readonly path: string[] } | null;
}

interface Person {
  readonly caller: UserCaller;
  readonly id: string;
}

const NORTH = newId();
const SOUTH = newId();
let trading: TestSubgraph;
let listed = 0;

beforeAll(async () => {
  trading = await openTestSubgraph(createTrading);
});
afterAll(() => trading.close());

/** A share of its own for each test, so that no book knows another test's orders: 100 rupees, tick 5 paise. */
async function list(more: Partial<Instrument> = {}): Promise<string> {
  listed += 1;
  const symbol = `SHARE${listed}`;
  await registerInstruments(trading.db.system, [
    {
      symbol,
      name: `Share ${listed} Limited`,
      exchange: 'NSE',
      kind: 'EQUITY',
      isin: null,
      currency: 'INR',
      sector: null,
      tickSize: 5n,
      lotSize: 1n,
      referencePrice: 100_00n,
      ...more,
    },
  ]);
  return symbol;
}

async function tell<T extends Topic>(
  topic: T,
  tenantId: string,
  key: string,
  payload: Topics[T],
): Promise<void> {
  await publish(trading.db.system, [{ topic, key, tenantId, payload } as NewEvent]);
  await trading.platform.bus.settled();
}

/** Somebody with cash and shares, as sign-up, billing and earlier trades would have left them. */
async function somebody(
  rupees: number,
  shares: Readonly<Record<string, number>> = {},
  tenantId = NORTH,
): Promise<Person> {
  const caller = userCaller({ tenantId });
  const { userId } = caller;
  // The exchange reads what somebody has when it first meets them.
  for (const [symbol, quantity] of Object.entries(shares)) {
    await giveShares(trading.db, caller, { symbol, quantity });
  }
  await tell('users.registered', tenantId, userId, { userId, displayName: 'Somebody', tier: 'LITE' });
  if (rupees > 0) await credit(caller, BigInt(rupees) * 100n);
  return { caller, id: toGlobalId('User', userId) };
}

async function credit({ userId, tenantId }: UserCaller, amount: bigint): Promise<void> {
  const payload = { userId, amount: amount.toString(), reason: 'OPENING_CREDIT', orderId: null } as const;
  await tell('wallets.credited', tenantId, userId, payload);
}

let named = 0;
function wish(symbol: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  named += 1;
  const base = { clientOrderId: `c-${named}`, symbol, side: 'BUY', type: 'LIMIT', product: 'CNC' };
  return { ...base, quantity: 10, ...(more['type'] === 'MARKET' ? {} : { limitPrice: '100.00' }), ...more };
}

async function place({ caller }: Person, input: Record<string, unknown>, on = trading): Promise<Placed> {
  return (await on.data<{ placeOrder: Placed }>(PLACE, { input }, caller)).placeOrder;
}

async function cancel({ caller }: Person, orderId: string): Promise<Placed> {
  return (await trading.data<{ cancelOrder: Placed }>(CANCEL, { input: { orderId } }, caller)).cancelOrder;
}

/** The id of an order that must have been accepted. */
async function placed(person: Person, input: Record<string, unknown>, on = trading): Promise<string> {
  const { order, refusal } = await place(person, input, on);
  if (!order) throw new Error(`refused: ${JSON.stringify(refusal)}`);
  return order.id;
}

async function buyingPower({ caller, id }: Person, on = trading): Promise<string | null> {
  const { _entities } = await on.data<{ _entities: { buyingPower: { amount: string } | null }[] }>(
    `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { buyingPower { amount } } } }`,
    { of: [{ __typename: 'User', id }] },
    caller,
  );
  return _entities[0]?.buyingPower?.amount ?? null;
}

async function inventory(
  { caller }: Person,
  symbol: string,
): Promise<{ quantity: bigint; held: bigint } | undefined> {
  const { rows } = await trading.db.system.query<{ quantity: bigint; held: bigint }>(
    `SELECT quantity, held FROM trading.inventory WHERE user_id = $1 AND symbol = $2`,
    [caller.userId, symbol],
  );
  return rows[0];
}

async function depthOf(symbol: string, on = trading): Promise<unknown> {
  const { instrument } = await on.data<{ instrument: { depth: unknown } }>(DEPTH, { symbol });
  return instrument.depth;
}

async function eventsOf(orderId: string): Promise<{ topic: string; payload: Record<string, unknown> }[]> {
  await trading.platform.bus.settled([]);
  const { rows } = await trading.db.system.query<{ topic: string; payload: Record<string, unknown> }>(
    `SELECT topic, payload FROM events.log WHERE key = $1 ORDER BY pos`,
    [orderId.slice('Order:'.length)],
  );
  return rows;
}

async function open(
  query: string,
  variables: object,
  caller: Caller,
  on = trading,
): Promise<AsyncIterableIterator<ExecutionResult>> {
  const request = { query, variables: { ...variables }, caller, traceId: newId() };
  const stream = await on.subgraph.subscribe(request);
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream.errors));
  return stream;
}

/** The next `count` events of a stream. */
async function take<T>(stream: AsyncIterableIterator<ExecutionResult>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const step = (await stream.next()) as IteratorResult<ExecutionResult, undefined>;
    if (step.done) throw new Error(`the stream ended after ${taken.length} events`);
    const { data, errors } = step.value;
    if (errors) throw new Error(JSON.stringify(errors));
    taken.push(Object.values(data ?? {})[0] as T);
  }
  return taken;
}

const OPERATOR = userCaller({ tenantId: NORTH, roles: ['OPERATOR'] });

function at(second: number): string {
  return new Date(Date.UTC(2025, 0, 15, 4, 0, second)).toISOString();
}

async function play(input: object): Promise<{ played: number; refusal: { code: string } | null }> {
  return (
    await trading.data<{ playMarket: { played: number; refusal: { code: string } | null } }>(
      PLAY,
      { input },
      OPERATOR,
    )
  ).playMarket;
}

describe('instruments', () => {
  it('tell what a trader must know before an order', async () => {
    const symbol = await list({ name: 'Ganga Textiles Limited', sector: 'Textiles', isin: 'INE000A01000' });
    const query = `query ($symbol: String!) { instrument(symbol: $symbol) { id symbol name exchange kind isin sector
      tickSize lotSize currency priceBand { lower upper } lastPrice
      quote { last open high low previousClose volume at } depth { bids { price } asks { price } } } }`;
    expect(await trading.data(query, { symbol })).toEqual({
      instrument: {
        id: `Instrument:${symbol}`,
        symbol,
        name: 'Ganga Textiles Limited',
        exchange: 'NSE',
        kind: 'EQUITY',
        isin: 'INE000A01000',
        sector: 'Textiles',
        tickSize: '0.05',
        lotSize: 1,
        currency: 'INR',
        priceBand: { lower: '90.00', upper: '110.00' },
        lastPrice: '100.00',
        quote: {
          last: '100.00',
          open: null,
          high: null,
          low: null,
          previousClose: '100.00',
          volume: 0,
          at: null,
        },
        depth: { bids: [], asks: [] },
      },
    });
  });

  it('are found by part of symbol or name, page by page', async () => {
    const symbols = [await list({ name: 'Kaveri One' }), await list({ name: 'KAVERI Two' })].sort();
    const query = `query ($after: String) { instruments(search: "kaveri", first: 1, after: $after) {
      edges { node { symbol } } pageInfo { hasNextPage endCursor } } }`;
    const pages: string[] = [];
    let after: string | null = null;
    for (;;) {
      const {
        instruments,
      }: {
        instruments: {
          edges: { node: { symbol: string } }[];
          pageInfo: { hasNextPage: boolean; endCursor: string };
        };
      } = await trading.data(query, { after });
      pages.push(...instruments.edges.map(({ node }) => node.symbol));
      if (!instruments.pageInfo.hasNextPage) break;
      after = instruments.pageInfo.endCursor;
    }
    expect(pages).toEqual(symbols);
  });

  it('resolve by either key, and not at all when unknown', async () => {
    const symbol = await list();
    const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Instrument { id symbol name } } }`;
    const of = [
      { __typename: 'Instrument', symbol },
      { __typename: 'Instrument', id: `Instrument:${symbol}` },
      { __typename: 'Instrument', symbol: 'NOSUCH' },
      { __typename: 'Instrument', id: 'Order:1' },
    ];
    const { _entities } = await trading.data<{ _entities: unknown[] }>(query, { of });
    expect(_entities[0]).toMatchObject({ symbol });
    expect(_entities[1]).toEqual(_entities[0]);
    expect(_entities.slice(2)).toEqual([null, null]);
    expect(await trading.data(`{ instrument(symbol: "\\u0000") { id } }`)).toEqual({ instrument: null });
  });

  it('show their candles, the oldest first', async () => {
    const symbol = await list();
    const start = istMidnight('2025-01-15') + 10 * 3_600_000;
    const bars = [1n, 2n, 3n].map((i) => ({
      start: start + Number(i) * 60_000,
      open: 100_00n + i,
      high: 101_00n,
      low: 99_00n,
      close: 100_00n,
      volume: i,
    }));
    await trading.db.systemTransaction((tx) => recordCandles(tx, symbol, 'ONE_MINUTE', 'IMPORT', bars));
    const query = `query ($symbol: String!, $last: Int!) { instrument(symbol: $symbol) {
      candles(interval: ONE_MINUTE, last: $last) { start open high low close volume } } }`;
    expect(await trading.data(query, { symbol, last: 2 })).toEqual({
      instrument: {
        candles: [2, 3].map((i) => ({
          start: new Date(start + i * 60_000).toISOString(),
          open: `100.0${i}`,
          high: '101.00',
          low: '99.00',
          close: '100.00',
          volume: i,
        })),
      },
    });
    for (const last of [0, 1_001]) {
      const { errors } = await trading.ask(query, { symbol, last });
      expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    }
  });
});

describe('placeOrder', () => {
  it('needs somebody who is signed in', async () => {
    const { errors } = await trading.ask(PLACE, { input: wish(await list()) });
    expect(errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  });

  it('lets a purchase wait and promises its cost', async () => {
    const symbol = await list();
    const asha = await somebody(10_000);
    const { order, refusal } = await place(asha, wish(symbol));
    expect(refusal).toBeNull();
    expect(order).toMatchObject({ status: 'OPEN', filledQuantity: 0, averagePrice: null });
    // 1,000 rupees, 5 for charges, 2 fixed.
    expect(await buyingPower(asha)).toBe('8993.00');
    expect(await depthOf(symbol)).toEqual({ bids: [{ price: '100.00', quantity: 10, orders: 1 }], asks: [] });
    expect(await eventsOf(order?.id ?? '')).toEqual([
      {
        topic: 'orders.created',
        payload: {
          orderId: order?.id.slice('Order:'.length),
          userId: asha.caller.userId,
          symbol,
          exchange: 'NSE',
          side: 'BUY',
          product: 'CNC',
          quantity: 10,
          hold: '100700',
        },
      },
    ]);
  });

  it('lets two users trade with each other, at the price of the one who waited', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(0, { [symbol]: 10 }, SOUTH)];
    const bought = await placed(asha, wish(symbol));
    const sold = await place(gopal, wish(symbol, { side: 'SELL', quantity: 4, limitPrice: '99.00' }));
    expect(sold.order).toMatchObject({
      status: 'FILLED',
      filledQuantity: 4,
      averagePrice: '100.00',
      turnover: { amount: '400.00' },
    });
    expect(await trading.data(ORDER, { id: bought }, asha.caller)).toMatchObject({
      order: {
        status: 'PARTIALLY_FILLED',
        filledQuantity: 4,
        instrument: { symbol },
        trades: [{ price: '100.00', quantity: 4 }],
        history: [{ kind: 'CREATED' }, { kind: 'EXECUTED' }],
      },
    });
    expect(await inventory(asha, symbol)).toEqual({ quantity: 4n, held: 0n });
    expect(await inventory(gopal, symbol)).toEqual({ quantity: 6n, held: 0n });

    const [, executed] = await eventsOf(bought);
    expect(executed).toMatchObject({
      topic: 'orders.executed',
      payload: {
        price: '10000',
        quantity: 4,
        value: '40000',
        final: false,
        orderValue: '40000',
        orderQuantity: 4,
      },
    });
    const [created, final] = await eventsOf(sold.order?.id ?? '');
    expect(created?.payload).toMatchObject({ hold: '0' });
    expect(final?.payload).toMatchObject({
      final: true,
      orderValue: '40000',
      orderQuantity: 4,
      side: 'SELL',
    });
  });

  it('projects executions into positions by average cost, and says so', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(10_000, { [symbol]: 30 })];
    await placed(gopal, wish(symbol, { side: 'SELL', quantity: 10, limitPrice: '95.00' }));
    await placed(gopal, wish(symbol, { side: 'SELL', quantity: 20, limitPrice: '98.00' }));
    await placed(asha, wish(symbol, { quantity: 30, limitPrice: '98.00' }));
    await placed(gopal, wish(symbol, { quantity: 10, limitPrice: '99.00' }));
    await placed(asha, wish(symbol, { quantity: 10, side: 'SELL', limitPrice: '99.00' }));
    await trading.platform.bus.settled();
    const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { positions { id
      instrument { symbol } product quantity averagePrice realisedPnl { amount } unrealisedPnl { amount } lastPrice } } } }`;
    const answer = await trading.data<{ _entities: { positions: { id: string }[] }[] }>(
      query,
      { of: [{ __typename: 'User', id: asha.id }] },
      asha.caller,
    );
    // Bought 30 for 2,910: 10 sold for 990 take 970 of it along.
    expect(answer._entities[0]?.positions).toEqual([
      {
        id: expect.stringMatching(/^Position:/) as string,
        instrument: { symbol },
        product: 'CNC',
        quantity: 20,
        averagePrice: '97.00',
        realisedPnl: { amount: '20.00' },
        unrealisedPnl: { amount: '40.00' },
        lastPrice: '99.00',
      },
    ]);
    const { rows } = await trading.db.system.query<{ payload: object }>(
      `SELECT payload FROM events.log WHERE topic = 'positions.updated' AND key = $1 ORDER BY pos DESC LIMIT 1`,
      [asha.caller.userId],
    );
    expect(rows[0]?.payload).toEqual({
      userId: asha.caller.userId,
      symbol,
      product: 'CNC',
      quantity: 20,
      averagePrice: '9700',
      realised: '2000',
    });
  });

  it('cancels the rest of a MARKET order, and fills what it can', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(0, { [symbol]: 10 })];
    const nobody = await place(asha, wish(symbol, { type: 'MARKET' }));
    expect(nobody.order).toMatchObject({
      status: 'CANCELLED',
      cancelReason: 'MARKET_REST',
      filledQuantity: 0,
    });
    await placed(gopal, wish(symbol, { side: 'SELL', quantity: 3, limitPrice: '101.00' }));
    const some = await place(asha, wish(symbol, { type: 'MARKET' }));
    expect(some.order).toMatchObject({
      status: 'CANCELLED',
      cancelReason: 'MARKET_REST',
      filledQuantity: 3,
      averagePrice: '101.00',
    });
    expect((await eventsOf(some.order?.id ?? '')).map(({ topic }) => topic)).toEqual([
      'orders.created',
      'orders.executed',
      'orders.cancelled',
    ]);
    expect((await eventsOf(some.order?.id ?? ''))[2]?.payload).toMatchObject({
      remaining: 7,
      orderValue: '30300',
      orderQuantity: 3,
      reason: 'MARKET_REST',
    });
  });

  it('keeps IOC and FOK from waiting', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(0, { [symbol]: 10 })];
    await placed(gopal, wish(symbol, { side: 'SELL', quantity: 3 }));
    const killed = await place(asha, wish(symbol, { validity: 'FOK' }));
    expect(killed.order).toMatchObject({
      status: 'CANCELLED',
      cancelReason: 'TIME_IN_FORCE',
      filledQuantity: 0,
    });
    const taken = await place(asha, wish(symbol, { validity: 'IOC' }));
    expect(taken.order).toMatchObject({
      status: 'CANCELLED',
      cancelReason: 'TIME_IN_FORCE',
      filledQuantity: 3,
    });
    expect(await depthOf(symbol)).toEqual({ bids: [], asks: [] });
  });

  it('lets nobody trade with themself', async () => {
    const symbol = await list();
    const asha = await somebody(10_000, { [symbol]: 10 });
    await placed(asha, wish(symbol, { side: 'SELL' }));
    const { order } = await place(asha, wish(symbol));
    expect(order).toMatchObject({ status: 'CANCELLED', cancelReason: 'SELF_TRADE', filledQuantity: 0 });
  });

  it('answers the same request with the same order, and refuses its name for another', async () => {
    const symbol = await list();
    const [asha, bharat] = [await somebody(10_000), await somebody(10_000)];
    const input = wish(symbol);
    const first = await place(asha, input);
    const power = await buyingPower(asha);
    expect(await place(asha, input)).toEqual(first);
    expect(await place(asha, { ...input, validity: 'DAY' })).toEqual(first);
    expect(await buyingPower(asha)).toBe(power);
    expect(await place(asha, { ...input, quantity: 11 })).toEqual({
      order: null,
      refusal: { code: 'CLIENT_ORDER_ID_REUSED', path: ['input', 'clientOrderId'] },
    });
    const other = await place(bharat, input);
    expect(other.order?.id).not.toBe(first.order?.id);
    expect(await depthOf(symbol)).toMatchObject({ bids: [{ quantity: 20, orders: 2 }] });
  });

  it('makes one order of many simultaneous repetitions', async () => {
    const symbol = await list();
    const asha = await somebody(10_000);
    const input = wish(symbol);
    const answers = await Promise.all(Array.from({ length: 10 }, () => place(asha, input)));
    expect(new Set(answers.map(({ order }) => order?.id)).size).toBe(1);
    expect(await depthOf(symbol)).toMatchObject({ bids: [{ quantity: 10, orders: 1 }] });
  });

  it('refuses what cannot be paid, to the paisa, and changes nothing', async () => {
    const symbol = await list();
    const asha = await somebody(1_007);
    const short = await place(asha, wish(symbol, { limitPrice: '100.05' }));
    expect(short).toEqual({ order: null, refusal: { code: 'FUNDS_INSUFFICIENT', path: [] } });
    expect(await buyingPower(asha)).toBe('1007.00');
    expect(await depthOf(symbol)).toEqual({ bids: [], asks: [] });
    expect((await place(asha, wish(symbol))).refusal).toBeNull();
    expect(await buyingPower(asha)).toBe('0.00');
    expect((await place(asha, wish(symbol, { quantity: 1 }))).refusal?.code).toBe('FUNDS_INSUFFICIENT');
  });

  it('never promises the same cash twice, however many ask at once', async () => {
    const symbol = await list();
    const asha = await somebody(3_500);
    const answers = await Promise.all(Array.from({ length: 8 }, () => place(asha, wish(symbol))));
    expect(answers.filter(({ order }) => order !== null)).toHaveLength(3);
    expect(await buyingPower(asha)).toBe('479.00');
  });

  it('refuses a sale of what is not there, of what is promised, and of another product', async () => {
    const symbol = await list();
    const gopal = await somebody(0, { [symbol]: 10 });
    const sale = (more: object): Record<string, unknown> => wish(symbol, { side: 'SELL', ...more });
    expect((await place(gopal, sale({ quantity: 11 }))).refusal?.code).toBe('HOLDINGS_INSUFFICIENT');
    // What is sold first, under the other product, takes margin.
    expect((await place(gopal, sale({ product: 'MIS', quantity: 1 }))).refusal?.code).toBe(
      'FUNDS_INSUFFICIENT',
    );
    const first = await placed(gopal, sale({ quantity: 7 }));
    expect((await place(gopal, sale({ quantity: 4 }))).refusal?.code).toBe('HOLDINGS_INSUFFICIENT');
    await cancel(gopal, first);
    expect(await inventory(gopal, symbol)).toEqual({ quantity: 10n, held: 0n });
    expect((await place(gopal, sale({ quantity: 10 }))).refusal).toBeNull();
  });

  it.each([
    ['an unknown symbol', { symbol: 'NOSUCH' }, 'INSTRUMENT_UNKNOWN', 'symbol'],
    ['a symbol that is none', { symbol: 'a\u0000b' }, 'INSTRUMENT_UNKNOWN', 'symbol'],
    ['a quantity of zero', { quantity: 0 }, 'QUANTITY_INVALID', 'quantity'],
    ['a missing price', { limitPrice: null }, 'PRICE_REQUIRED', 'limitPrice'],
    [
      'a price on a market order',
      { type: 'MARKET', limitPrice: '100.00' },
      'PRICE_NOT_ALLOWED',
      'limitPrice',
    ],
    ['a price between ticks', { limitPrice: '100.01' }, 'TICK_SIZE_VIOLATED', 'limitPrice'],
    ['a price off the band', { limitPrice: '110.05' }, 'PRICE_OUT_OF_BAND', 'limitPrice'],
    ['a name that is none', { clientOrderId: 'a\u0000' }, 'CLIENT_ORDER_ID_INVALID', 'clientOrderId'],
  ])('refuses %s', async (_, wrong, code, field) => {
    const asha = await somebody(100_000);
    const symbol = await list();
    expect(await place(asha, wish(symbol, wrong))).toEqual({
      order: null,
      refusal: { code, path: ['input', field] },
    });
  });

  it('refuses an index and part of a lot', async () => {
    const asha = await somebody(100_000);
    const index = await list({ kind: 'INDEX' });
    expect((await place(asha, wish(index))).refusal?.code).toBe('INSTRUMENT_NOT_TRADABLE');
    const lots = await list({ lotSize: 4n });
    expect((await place(asha, wish(lots))).refusal?.code).toBe('LOT_SIZE_VIOLATED');
  });
});

describe('the history of an order', () => {
  it('tells what happened, and how the order stood after each event', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(0, { [symbol]: 10 })];
    await placed(asha, wish(symbol, { limitPrice: '95.00' }));
    const id = await placed(asha, wish(symbol));
    await placed(gopal, wish(symbol, { side: 'SELL', quantity: 4 }));
    await cancel(asha, id);
    const query = `query ($id: ID!) { order(id: $id) { history { sequence kind }
      before: stateAt(sequence: 1) { status } created: stateAt(sequence: 2) { status filledQuantity turnover { amount } }
      executed: stateAt(sequence: 3) { status filledQuantity averagePrice cancelReason }
      now: stateAt(sequence: 99) { status filledQuantity cancelReason } } }`;
    expect(await trading.data(query, { id }, asha.caller)).toEqual({
      order: {
        history: [
          { sequence: 2, kind: 'CREATED' },
          { sequence: 3, kind: 'EXECUTED' },
          { sequence: 4, kind: 'CANCELLED' },
        ],
        before: null,
        created: { status: 'OPEN', filledQuantity: 0, turnover: { amount: '0.00' } },
        executed: {
          status: 'PARTIALLY_FILLED',
          filledQuantity: 4,
          averagePrice: '100.00',
          cancelReason: null,
        },
        now: { status: 'CANCELLED', filledQuantity: 4, cancelReason: 'USER' },
      },
    });
  });
});

describe('cancelOrder', () => {
  it('takes the rest out of the market and says what had traded', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(0, { [symbol]: 4 })];
    const id = await placed(asha, wish(symbol));
    await placed(gopal, wish(symbol, { side: 'SELL', quantity: 4 }));
    expect((await cancel(asha, id)).order).toEqual({
      id,
      status: 'CANCELLED',
      cancelReason: 'USER',
      filledQuantity: 4,
    });
    expect(await depthOf(symbol)).toEqual({ bids: [], asks: [] });
    expect((await eventsOf(id)).at(-1)).toMatchObject({
      topic: 'orders.cancelled',
      payload: { remaining: 6, orderValue: '40000', orderQuantity: 4, reason: 'USER' },
    });
    // What the hold leaves over is billing's to give back.
    expect(await buyingPower(asha)).toBe('8993.00');
    await tell('wallets.credited', NORTH, asha.caller.userId, {
      userId: asha.caller.userId,
      amount: '60300',
      reason: 'HOLD_RELEASED',
      orderId: id.slice('Order:'.length),
    });
    expect(await buyingPower(asha)).toBe('9596.00');
  });

  it('knows only the orders of the caller, and only open ones', async () => {
    const symbol = await list();
    const [asha, bharat] = [await somebody(10_000), await somebody(10_000)];
    const id = await placed(asha, wish(symbol));
    const unknown = { order: null, refusal: { code: 'ORDER_UNKNOWN', path: ['input', 'orderId'] } };
    expect(await cancel(bharat, id)).toEqual(unknown);
    for (const wrong of [toGlobalId('Order', newId()), 'Order:x', 'User:1', '']) {
      expect(await cancel(asha, wrong)).toEqual(unknown);
    }
    await cancel(asha, id);
    expect(await cancel(asha, id)).toEqual({
      order: null,
      refusal: { code: 'ORDER_CLOSED', path: ['input', 'orderId'] },
    });
  });
});

describe('who sees what', () => {
  it("shows a user's orders, positions and buying power to them and to operators of the tenant", async () => {
    const symbol = await list();
    const asha = await somebody(10_000, { [symbol]: 1 });
    const id = await placed(asha, wish(symbol));
    const query = `query ($of: [_Any!]!, $id: ID!) { order(id: $id) { id } _entities(representations: $of) {
      ... on User { orders { edges { node { id } } } positions { quantity } buyingPower { amount } } } }`;
    const variables = { id, of: [{ __typename: 'User', id: asha.id }] };
    const all = {
      order: { id },
      _entities: [
        {
          orders: { edges: [{ node: { id } }] },
          positions: [{ quantity: 1 }],
          buyingPower: { amount: '8993.00' },
        },
      ],
    };
    expect(await trading.data(query, variables, asha.caller)).toEqual(all);
    expect(await trading.data(query, variables, OPERATOR)).toEqual(all);
    const nothing = { order: null, _entities: [{ orders: null, positions: null, buyingPower: null }] };
    expect(await trading.data(query, variables, userCaller({ tenantId: NORTH }))).toEqual(nothing);
    expect(await trading.data(query, variables)).toEqual(nothing);
    const stranger = userCaller({ tenantId: SOUTH, roles: ['OPERATOR'] });
    expect(await trading.data(query, variables, stranger)).toEqual({
      order: null,
      _entities: [{ orders: { edges: [] }, positions: [], buyingPower: null }],
    });
  });

  it('resolves orders, trades and positions by id for their owner alone', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(0, { [symbol]: 4 }, SOUTH)];
    await placed(asha, wish(symbol));
    await placed(gopal, wish(symbol, { side: 'SELL', quantity: 4 }));
    await trading.platform.bus.settled();
    const ids = await Promise.all(
      (['order', 'trade', 'position'] as const).map(async (table) => {
        const { rows } = await trading.db.system.query<{ id: string }>(
          `SELECT id FROM trading."${table}" WHERE user_id = $1`,
          [asha.caller.userId],
        );
        const name = `${table[0]?.toUpperCase()}${table.slice(1)}`;
        return { __typename: name, id: toGlobalId(name, rows[0]?.id ?? '') };
      }),
    );
    const query = `query ($of: [_Any!]!) { _entities(representations: $of) {
      ... on Order { id } ... on Trade { id } ... on Position { id } } }`;
    const seen = async (caller: Caller | undefined): Promise<unknown> => {
      const { _entities } = await trading.data<{ _entities: unknown[] }>(query, { of: ids }, caller);
      return _entities;
    };
    expect(await seen(asha.caller)).toEqual(ids.map(({ id }) => ({ id })));
    for (const caller of [gopal.caller, userCaller({ tenantId: NORTH }), undefined]) {
      expect(await seen(caller)).toEqual([null, null, null]);
    }
  });

  it('separates tenants even where a query forgets to, and lets callers write nothing', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(10_000, { [symbol]: 10 }, SOUTH)];
    await placed(asha, wish(symbol));
    await placed(gopal, wish(symbol, { side: 'SELL' }));
    await trading.platform.bus.settled();
    for (const table of ['order', 'order_event', 'trade', 'account', 'inventory', 'position']) {
      const everything = `SELECT DISTINCT tenant_id FROM trading."${table}"`;
      for (const tenantId of [NORTH, SOUTH]) {
        const { rows } = await withTenant(tenantId, async () => trading.db.tenant.query(everything));
        expect([table, rows]).toEqual([table, [{ tenant_id: tenantId }]]);
      }
      expect((await trading.db.tenant.query(everything)).rows).toEqual([]);
      const write = withTenant(NORTH, async () => trading.db.tenant.query(`DELETE FROM trading."${table}"`));
      await expect(write).rejects.toThrow(/permission denied/);
    }
    for (const table of ['order_event', 'trade']) {
      const rewrite = trading.db.system.query(`UPDATE trading.${table} SET at = now()`);
      await expect(rewrite).rejects.toThrow(/permission denied/);
    }
  });

  it("pages through a user's orders, the latest first", async () => {
    const symbol = await list();
    const asha = await somebody(10_000);
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift(await placed(asha, wish(symbol)));
    const query = `query ($of: [_Any!]!, $after: String) { _entities(representations: $of) { ... on User {
      orders(first: 2, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } } } }`;
    const of = [{ __typename: 'User', id: asha.id }];
    interface Paged {
      _entities: [
        {
          orders: {
            edges: { node: { id: string } }[];
            pageInfo: { hasNextPage: boolean; endCursor: string };
          };
        },
      ];
    }
    const seen: string[] = [];
    let after: string | null = null;
    for (;;) {
      const answer: Paged = await trading.data<Paged>(query, { of, after }, asha.caller);
      const { edges, pageInfo } = answer._entities[0].orders;
      seen.push(...edges.map(({ node }) => node.id));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    expect(seen).toEqual(ids);
    const { errors } = await trading.ask(query, { of, after: 'x' }, asha.caller);
    expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });
});

describe('orderUpdates', () => {
  interface Update {
    readonly sequence: number;
    readonly kind: string;
    readonly order: { readonly id: string; readonly status: string; readonly filledQuantity: number };
    readonly trade: { readonly price: string; readonly quantity: number } | null;
  }

  it('needs somebody who is signed in', async () => {
    const request = { query: UPDATES, caller: { kind: 'anonymous' }, traceId: newId() } as const;
    expect(await trading.subgraph.subscribe(request)).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  it('tells what happens, with the order as it was just then', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(0, { [symbol]: 10 })];
    await placed(asha, wish(symbol));
    const stream = await open(UPDATES, {}, asha.caller);
    const first = stream.next();
    const id = await placed(asha, wish(symbol, { limitPrice: '101.00' }));
    await placed(gopal, wish(symbol, { side: 'SELL', quantity: 4, limitPrice: '101.00' }));
    await cancel(asha, id);
    const updates = [
      ((await first).value as ExecutionResult).data?.['orderUpdates'],
      ...(await take<Update>(stream, 2)),
    ];
    expect(updates).toEqual([
      { sequence: 2, kind: 'CREATED', order: { id, status: 'OPEN', filledQuantity: 0 }, trade: null },
      {
        sequence: 3,
        kind: 'EXECUTED',
        order: { id, status: 'PARTIALLY_FILLED', filledQuantity: 4 },
        trade: { price: '101.00', quantity: 4 },
      },
      { sequence: 4, kind: 'CANCELLED', order: { id, status: 'CANCELLED', filledQuantity: 4 }, trade: null },
    ]);
    await stream.return?.();
  });

  it('goes on from any sequence without a gap or a repetition, while more happens', async () => {
    const symbol = await list();
    const asha = await somebody(100_000);
    const work = (async () => {
      for (let i = 0; i < 20; i++) await cancel(asha, await placed(asha, wish(symbol)));
    })();
    const seen: number[] = [];
    while (seen.length < 40) {
      // Read a few, drop the connection, come back with the last one seen.
      const stream = await open(UPDATES, { after: seen.at(-1) ?? 0 }, asha.caller);
      const some = await take<Update>(stream, Math.min(7, 40 - seen.length));
      seen.push(...some.map(({ sequence }) => sequence));
      await stream.return?.();
    }
    await work;
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  it("shows nobody else's events", async () => {
    const symbol = await list();
    const [asha, bharat] = [await somebody(10_000), await somebody(10_000)];
    const stream = await open(UPDATES, { after: 0 }, bharat.caller);
    await placed(asha, wish(symbol));
    const own = await placed(bharat, wish(symbol));
    const [update] = await take<Update>(stream, 1);
    expect(update?.order.id).toBe(own);
    await stream.return?.();
  });

  it('leaves nothing behind when it returns, whatever it was doing', async () => {
    const { caller } = await somebody(0);
    const wakers = new Set<() => void>();
    const bus = {
      onWake: (callback: () => void): (() => void) => {
        wakers.add(callback);
        return () => wakers.delete(callback);
      },
    };
    const orders = new OrderStore(trading.db, () => trading.platform.bus.settled([]));
    const open = (after: bigint | undefined): ReturnType<typeof orderUpdatesOf> =>
      orderUpdatesOf(caller.userId, after, orders, bus, Date.now);
    const [fresh, waiting] = [await open(0n), await open(undefined)];
    const next = [waiting.next(), waiting.next()];
    expect(wakers.size).toBe(2);
    await Promise.all([fresh.return?.(), waiting.return?.()]);
    expect(wakers.size).toBe(0);
    for (const step of next) expect(await step).toEqual({ done: true, value: undefined });
    expect(await fresh.next()).toEqual({ done: true, value: undefined });
  });

  it('lets a quiet stream go at once', async () => {
    const asha = await somebody(0);
    const stream = await open(UPDATES, {}, asha.caller);
    const waiting = stream.next();
    await stream.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe('orderUpdates where history is gone', () => {
  const GAPS = `subscription ($after: BigInt) { orderUpdates(after: $after) {
    sequence kind at order { id } trade { price } snapshot { id status filledQuantity instrument { symbol } } } }`;

  interface Open {
    readonly id: string;
    readonly status: string;
    readonly filledQuantity: number;
    readonly instrument: { readonly symbol: string };
  }
  interface Update {
    readonly sequence: number;
    readonly kind: string;
    readonly at: string;
    readonly order: { readonly id: string } | null;
    readonly trade: { readonly price: string } | null;
    readonly snapshot: Open[] | null;
  }

  /** Forgets what happened before an instant, as the job does when that is long ago. */
  async function forgetBefore(instantMs: number): Promise<number> {
    const clock = (): number => instantMs + 30 * DAY_MS;
    return new OrderEventRetention(trading.db, clock, trading.platform.log, 30).forget();
  }

  /** Returns an instant: later than everything so far, which is kept by then, not later than anything to come. */
  async function now(): Promise<number> {
    await trading.platform.bus.settled([]);
    const before = Date.now();
    while (Date.now() === before) await new Promise((resolve) => setImmediate(resolve));
    return Date.now();
  }

  async function first(after: number | null, { caller }: Person, count: number): Promise<Update[]> {
    const stream = await open(GAPS, { after }, caller);
    const updates = await take<Update>(stream, count);
    await stream.return?.();
    return updates;
  }

  async function asOwner(sql: string, values: readonly unknown[] = []): Promise<void> {
    await trading.platform.bus.settled([]);
    const owner = new pg.Client(trading.db.url);
    await owner.connect();
    await owner.query(sql, [...values]).finally(() => owner.end());
  }

  async function keptSequences({ caller }: Person): Promise<number[]> {
    await trading.platform.bus.settled([]);
    const { rows } = await trading.db.system.query<{ sequence: bigint }>(
      `SELECT sequence FROM trading.order_event WHERE user_id = $1 ORDER BY sequence`,
      [caller.userId],
    );
    return rows.map(({ sequence }) => Number(sequence));
  }

  it('begins with a gap and the open orders below the floor, and goes on without a hole', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(0, { [symbol]: 4 })];
    const waiting = await placed(asha, wish(symbol, { limitPrice: '95.00' }));
    await cancel(asha, await placed(asha, wish(symbol)));
    const half = await placed(asha, wish(symbol, { limitPrice: '99.00' }));
    const instant = await now();
    await placed(gopal, wish(symbol, { side: 'SELL', quantity: 4, limitPrice: '99.00' }));
    expect(await forgetBefore(instant)).toBeGreaterThanOrEqual(4);
    expect(await keptSequences(asha)).toEqual([5]);

    const stream = await open(GAPS, { after: 3 }, asha.caller);
    const [gap] = await take<Update>(stream, 1);
    expect(gap).toEqual({
      sequence: 5,
      kind: 'GAP',
      at: expect.stringMatching(/^\d{4}-/) as string,
      order: null,
      trade: null,
      snapshot: [
        { id: waiting, status: 'OPEN', filledQuantity: 0, instrument: { symbol } },
        { id: half, status: 'PARTIALLY_FILLED', filledQuantity: 4, instrument: { symbol } },
      ],
    });
    await cancel(asha, half);
    expect(await take(stream, 1)).toMatchObject([
      { sequence: 6, kind: 'CANCELLED', order: { id: half }, trade: null, snapshot: null },
    ]);
    await stream.return?.();
  });

  it('has no gap from exactly the floor on, and one right below', async () => {
    const symbol = await list();
    const asha = await somebody(10_000);
    for (let i = 0; i < 3; i++) await placed(asha, wish(symbol, { limitPrice: '95.00' }));
    const instant = await now();
    for (let i = 0; i < 2; i++) await placed(asha, wish(symbol, { limitPrice: '95.00' }));
    await forgetBefore(instant);
    const kinds = async (after: number): Promise<[number, string][]> =>
      (await first(after, asha, 1)).map(({ sequence, kind }) => [sequence, kind]);
    expect(await kinds(2)).toEqual([[5, 'GAP']]);
    expect(await kinds(0)).toEqual([[5, 'GAP']]);
    expect(await kinds(-1)).toEqual([[5, 'GAP']]);
    expect(await kinds(3)).toEqual([[4, 'CREATED']]);
    expect(await kinds(4)).toEqual([[5, 'CREATED']]);
  });

  it('tells a client of another database, whose last sequence lies above the newest', async () => {
    const symbol = await list();
    const asha = await somebody(10_000);
    expect(await first(1, asha, 1)).toMatchObject([{ sequence: 0, kind: 'GAP', snapshot: [] }]);
    const id = await placed(asha, wish(symbol));
    for (const after of [2, Number.MAX_SAFE_INTEGER]) {
      expect(await first(after, asha, 1)).toMatchObject([{ sequence: 1, kind: 'GAP', snapshot: [{ id }] }]);
    }
    // The newest itself is no gap: nothing was missed.
    const stream = await open(GAPS, { after: 1 }, asha.caller);
    const next = stream.next();
    await cancel(asha, id);
    expect((await next).value).toMatchObject({ data: { orderUpdates: { sequence: 2, kind: 'CANCELLED' } } });
    await stream.return?.();
  });

  it('takes orders and number from one instant, however much happens meanwhile', async () => {
    const symbol = await list();
    const asha = await somebody(1_000_000);
    let isOver = false;
    const work = (async () => {
      const waiting: string[] = [];
      while (!isOver) {
        waiting.push(await placed(asha, wish(symbol, { quantity: 1, limitPrice: '95.00' })));
        if (waiting.length > 3) await cancel(asha, waiting.shift() ?? '');
      }
    })();
    const gaps: { readonly gap: Update; readonly next: Update[] }[] = [];
    for (let round = 0; round < 15; round++) {
      const [gap, ...next] = await first(Number.MAX_SAFE_INTEGER, asha, 4);
      if (gap) gaps.push({ gap, next });
    }
    isOver = true;
    await work;
    for (const { gap, next } of gaps) {
      expect(next.map(({ sequence }) => sequence)).toEqual([1, 2, 3].map((more) => gap.sequence + more));
      const { rows } = await trading.db.system.query<{ id: string }>(
        `SELECT 'Order:' || order_id AS id FROM trading.order_event WHERE user_id = $1 AND sequence <= $2
          GROUP BY order_id HAVING bool_and(kind = 'CREATED') ORDER BY min(sequence)`,
        [asha.caller.userId, gap.sequence],
      );
      expect(gap.snapshot?.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    }
    // Otherwise nothing happened between the looks, and this test said nothing.
    expect(new Set(gaps.map(({ gap: { sequence } }) => sequence)).size).toBeGreaterThan(5);
  });

  it("shows nobody else's orders, of this tenant or another, and forgets each user's events apart", async () => {
    const symbol = await list();
    const people = [await somebody(10_000), await somebody(10_000), await somebody(10_000, {}, SOUTH)];
    const ids: string[] = [];
    for (const person of people) ids.push(await placed(person, wish(symbol, { limitPrice: '95.00' })));
    const instant = await now();
    const [asha, bharat, gopal] = people as [Person, Person, Person];
    await placed(bharat, wish(symbol, { limitPrice: '95.00' }));
    await forgetBefore(instant);
    expect(await first(0, asha, 1)).toMatchObject([{ sequence: 1, kind: 'GAP', snapshot: [{ id: ids[0] }] }]);
    expect(await first(0, gopal, 1)).toMatchObject([
      { sequence: 1, kind: 'GAP', snapshot: [{ id: ids[2] }] },
    ]);
    expect(await first(0, bharat, 1)).toMatchObject([{ sequence: 2, snapshot: [{ id: ids[1] }, {}] }]);
    expect(await first(1, bharat, 1)).toMatchObject([{ sequence: 2, kind: 'CREATED' }]);
  });

  it('tells a stream that is read too slowly, too', async () => {
    const symbol = await list();
    const asha = await somebody(10_000);
    const id = await placed(asha, wish(symbol, { limitPrice: '95.00' }));
    const stream = await open(GAPS, { after: 0 }, asha.caller);
    expect(await take(stream, 1)).toMatchObject([{ sequence: 1, kind: 'CREATED' }]);
    await cancel(asha, id);
    const instant = await now();
    const last = await placed(asha, wish(symbol, { limitPrice: '95.00' }));
    await forgetBefore(instant);
    expect(await take(stream, 1)).toMatchObject([{ sequence: 3, kind: 'GAP', snapshot: [{ id: last }] }]);
    await cancel(asha, last);
    expect(await take(stream, 1)).toMatchObject([{ sequence: 4, kind: 'CANCELLED' }]);
    await stream.return?.();
  });

  it('goes on counting when every event is forgotten', async () => {
    const symbol = await list();
    const asha = await somebody(10_000);
    await cancel(asha, await placed(asha, wish(symbol)));
    await forgetBefore(await now());
    expect(await keptSequences(asha)).toEqual([]);
    expect(await first(1, asha, 1)).toMatchObject([{ sequence: 2, kind: 'GAP', snapshot: [] }]);
    const [next, fromNowOn] = [
      await open(GAPS, { after: 2 }, asha.caller),
      await open(GAPS, {}, asha.caller),
    ];
    await placed(asha, wish(symbol));
    for (const stream of [next, fromNowOn]) {
      expect(await take(stream, 1)).toMatchObject([{ sequence: 3, kind: 'CREATED' }]);
      await stream.return?.();
    }
  });

  it('forgets any amount of any number of users, the first events only', async () => {
    const symbol = await list();
    const asha = await somebody(10_000);
    const id = await placed(asha, wish(symbol, { limitPrice: '95.00' }));
    const insert = `INSERT INTO trading.order_event
        (user_id, sequence, tenant_id, order_id, kind, at, status, filled_quantity, turnover, quantity)
      SELECT user_id, sequence, $1, $2, 'CREATED', at, 'OPEN', 0, 0, 1 FROM `;
    const about = [NORTH, id.slice('Order:'.length)];
    // One with many events, a young one in the middle of the old; and many with one event each.
    await asOwner(
      `${insert} (SELECT $3::uuid AS user_id, sequence,
          CASE sequence WHEN 2400 THEN now() ELSE now() - interval '40 days' END AS at
          FROM generate_series(2, 2500) AS sequence) AS old`,
      [...about, asha.caller.userId],
    );
    await asOwner(
      `UPDATE trading.order_event SET at = now() - interval '40 days' WHERE user_id = $1 AND sequence = 1`,
      [asha.caller.userId],
    );
    const users = Array.from({ length: 450 }, () => newId());
    await asOwner(
      `${insert} (SELECT user_id, 1 AS sequence, now() - interval '31 days' AS at FROM unnest($3::uuid[]) AS user_id) AS old`,
      [...about, users],
    );
    await new OrderEventRetention(trading.db, Date.now, trading.platform.log, 30).forget();
    expect((await keptSequences(asha)).slice(0, 2)).toEqual([2400, 2401]);
    expect(await keptSequences(asha)).toHaveLength(101);
    const { rows } = await trading.db.system.query<{ events: bigint; floors: bigint }>(
      `SELECT (SELECT count(*) FROM trading.order_event WHERE user_id = ANY ($1)) AS events,
              (SELECT count(*) FROM trading.order_event_floor WHERE user_id = ANY ($1) AND sequence = 2) AS floors`,
      [users],
    );
    expect(rows).toEqual([{ events: 0n, floors: 450n }]);
    expect(await new OrderEventRetention(trading.db, Date.now, trading.platform.log, 30).forget()).toBe(0);
  });

  it('is protected by the database: only what lies below a recorded floor can be deleted', async () => {
    const symbol = await list();
    const asha = await somebody(10_000);
    await cancel(asha, await placed(asha, wish(symbol)));
    const { userId } = asha.caller;
    const { system } = trading.db;
    await system.query(`DELETE FROM trading.order_event WHERE user_id = $1`, [userId]);
    expect(await keptSequences(asha)).toEqual([1, 2]);
    await system.query(
      `INSERT INTO trading.order_event_floor (user_id, tenant_id, sequence) VALUES ($1, $2, 2)`,
      [userId, NORTH],
    );
    await system.query(`DELETE FROM trading.order_event WHERE user_id = $1`, [userId]);
    expect(await keptSequences(asha)).toEqual([2]);
    await expect(system.query(`DELETE FROM trading.order_event_floor`)).rejects.toThrow(/permission denied/);
    for (const write of [
      `DELETE FROM trading.order_event`,
      `UPDATE trading.order_event_floor SET sequence = 9`,
    ]) {
      const written = withTenant(NORTH, async () => trading.db.tenant.query(write));
      await expect(written).rejects.toThrow(/permission denied/);
    }
    const foreign = await withTenant(SOUTH, async () =>
      trading.db.tenant.query(`SELECT 1 FROM trading.order_event_floor WHERE user_id = $1`, [userId]),
    );
    expect(foreign.rows).toEqual([]);
  });

  it('comes by itself when the days of the configuration are over', async () => {
    const symbol = await list();
    const asha = await somebody(10_000);
    const id = await placed(asha, wish(symbol));
    await trading.subgraph.stop();
    const later = Date.now() + 3 * DAY_MS;
    const next = await openTestSubgraph(
      (platform) => createTrading({ ...platform, clock: () => later }),
      { GRIDWORKS_ORDER_EVENTS_DAYS: '2' },
      trading.db.url,
    );
    try {
      // The order of three days ago is over, and that is news of today.
      await vi.waitFor(async () => expect(await keptSequences(asha)).toEqual([2]), 10_000);
      const stream = await open(GAPS, { after: 0 }, asha.caller, next);
      expect(await take(stream, 1)).toMatchObject([
        { sequence: 2, kind: 'GAP', at: new Date(later).toISOString(), snapshot: [] },
      ]);
      await stream.return?.();
      const query = `query ($id: ID!) { order(id: $id) { status history { kind } stateAt(sequence: 1) { status } } }`;
      expect(await next.data(query, { id }, asha.caller)).toEqual({
        order: { status: 'CANCELLED', history: [{ kind: 'CANCELLED' }], stateAt: null },
      });
    } finally {
      await next.close();
      await trading.subgraph.start();
    }
  });
});

describe('ticks', () => {
  const TICKS = `subscription ($symbols: [String!]!) { ticks(symbols: $symbols) { sequence price quantity conflated bid ask
    volume open high low previousClose source at instrument { symbol name } depth { asks { price } } } }`;
  interface Ticked {
    readonly sequence: number;
    readonly price: string;
    readonly quantity: number;
    readonly conflated: number;
    readonly instrument: { readonly symbol: string };
  }

  it('carry each trade to whoever watches, signed in or not', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(0, { [symbol]: 10 })];
    const stream = await open(TICKS, { symbols: [symbol, symbol] }, { kind: 'anonymous' });
    await placed(gopal, wish(symbol, { side: 'SELL', limitPrice: '99.00' }));
    const next = stream.next();
    await placed(asha, wish(symbol, { quantity: 4 }));
    const tick = ((await next).value as ExecutionResult).data?.['ticks'];
    expect(tick).toMatchObject({
      price: '99.00',
      quantity: 4,
      conflated: 0,
      bid: null,
      ask: '99.00',
      volume: 4,
      open: '99.00',
      high: '99.00',
      low: '99.00',
      previousClose: '100.00',
      source: 'LIVE',
      instrument: { symbol },
      depth: { asks: [{ price: '99.00' }] },
    });
    await stream.return?.();
  });

  it('tell of the order book as their mode says', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(0, { [symbol]: 10 })];
    const query = `subscription ($symbols: [String!]!, $mode: TickMode!) { ticks(symbols: $symbols, mode: $mode) {
      price quantity ask depth { asks { price quantity } } } }`;
    const [trades, quotes, full] = await Promise.all(
      ['LTP', 'QUOTE', 'FULL'].map((mode) => open(query, { symbols: [symbol], mode }, { kind: 'anonymous' })),
    );
    if (!trades || !quotes || !full) throw new Error('a stream did not open');
    await placed(gopal, wish(symbol, { side: 'SELL', quantity: 1, limitPrice: '99.00' }));
    const asks = [{ price: '99.00', quantity: 1 }];
    const best = { price: '100.00', quantity: 0, ask: '99.00', depth: { asks } };
    expect([await take(quotes, 1), await take(full, 1)]).toEqual([[best], [best]]);

    await placed(gopal, wish(symbol, { side: 'SELL', quantity: 1, limitPrice: '99.50' }));
    const [deeper] = await take<{ depth: { asks: object[] } }>(full, 1);
    expect(deeper?.depth.asks).toHaveLength(2);

    // Who watches trades, or the best prices, has been told of nothing meanwhile: this comes next.
    await placed(asha, wish(symbol, { quantity: 1 }));
    for (const stream of [trades, quotes, full]) {
      expect(await take(stream, 1)).toMatchObject([{ price: '99.00', quantity: 1 }]);
      await stream.return?.();
    }
  });

  it('give a slow watcher the newest, and say how many were skipped', async () => {
    const [one, two] = [await list(), await list()];
    const stream = await open(TICKS, { symbols: [one, two] }, { kind: 'anonymous' });
    const prints = (prices: string[]): object[] =>
      prices.map((price, i) => ({ at: at(i), price, quantity: 1 }));
    await play({ symbol: one, prints: prints(['100.00', '101.00', '102.00']) });
    await play({ symbol: two, prints: prints(['50.00']) });
    await play({ symbol: one, prints: prints(['103.00']) });
    const seen = await take<Ticked>(stream, 2);
    expect(seen.map(({ instrument, price, conflated }) => [instrument.symbol, price, conflated])).toEqual([
      [one, '103.00', 3],
      [two, '50.00', 0],
    ]);
    await play({ symbol: one, prints: prints(['104.00']) });
    const [next] = await take<Ticked>(stream, 1);
    expect([next?.price, next?.conflated]).toEqual(['104.00', 0]);
    expect(next?.sequence).toBe((seen[0]?.sequence ?? 0) + 1);
    await stream.return?.();
  });

  it.each([
    ['an unknown symbol', () => ['NOSUCH']],
    ['no symbol', () => []],
    ['too many symbols', () => Array.from({ length: 51 }, (_, i) => `S${i}`)],
  ])('refuse %s', async (_, symbols) => {
    const request = { query: TICKS, variables: { symbols: symbols() }, caller: OPERATOR, traceId: newId() };
    expect(await trading.subgraph.subscribe(request)).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });

  it('let a quiet stream go at once', async () => {
    const stream = await open(TICKS, { symbols: [await list()] }, { kind: 'anonymous' });
    const waiting = stream.next();
    await stream.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe('candles', () => {
  const CANDLES = `subscription ($symbol: String!, $interval: CandleInterval!) { candles(symbol: $symbol, interval: $interval) {
    candle { start open high low close volume } isFinal conflated } }`;

  it('are told as they grow, each to its end, and go on after a restart', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(100_000), await somebody(0, { [symbol]: 100 })];
    await trading.subgraph.stop();
    const day = istMidnight(istDate(Date.now() + DAY_MS));
    const minute = day + 10 * 60 * MINUTE_MS;
    let nowMs = minute + 5_000;
    const next = await openTestSubgraph(
      (platform) => createTrading({ ...platform, clock: () => nowMs }),
      {},
      trading.db.url,
    );
    const watch = (interval: string): Promise<AsyncIterableIterator<ExecutionResult>> =>
      open(CANDLES, { symbol, interval }, { kind: 'anonymous' }, next);
    const trade = async (limitPrice: string, quantity: number): Promise<void> => {
      await place(gopal, wish(symbol, { side: 'SELL', quantity, limitPrice }), next);
      await place(asha, wish(symbol, { quantity, limitPrice }), next);
    };
    const told = (
      startMs: number,
      prices: string,
      volume: number,
      isFinal: boolean,
      conflated = 0,
    ): object => {
      const [open, high, low, close] = prices.split(' ').map((price) => `${price}.00`);
      const start = new Date(startMs).toISOString();
      return { candle: { start, open, high, low, close, volume }, isFinal, conflated };
    };
    try {
      const minutes = await watch('ONE_MINUTE');
      await trade('99.00', 2);
      expect(await take(minutes, 1)).toEqual([told(minute, '99 99 99 99', 2, false)]);
      await trade('101.00', 1);
      await trade('100.00', 3);
      expect(await take(minutes, 1)).toEqual([told(minute, '99 101 99 100', 6, false, 1)]);
      nowMs += MINUTE_MS;
      await trade('102.00', 1);
      expect(await take(minutes, 2)).toEqual([
        told(minute, '99 101 99 100', 6, true),
        told(minute + MINUTE_MS, '102 102 102 102', 1, false),
      ]);

      // Who comes late begins with what there is.
      const ofDay = told(day, '99 102 99 102', 7, false);
      expect(await take(await watch('ONE_DAY'), 1)).toEqual([ofDay]);
      await next.subgraph.stop();
      expect(await minutes.next()).toEqual({ done: true, value: undefined });
      await next.subgraph.start();
      expect(await take(await watch('ONE_DAY'), 1)).toEqual([ofDay]);
      const [resumed] = await take(await watch('ONE_MINUTE'), 1);
      expect(resumed).toEqual(told(minute + MINUTE_MS, '102 102 102 102', 1, false));

      // A day ends when the next one begins, also without a trade.
      const days = await watch('ONE_DAY');
      await take(days, 1);
      nowMs = day + DAY_MS + 1_000;
      expect(await take(days, 1)).toEqual([told(day, '99 102 99 102', 7, true)]);
    } finally {
      await next.close();
      await trading.subgraph.start();
    }
  });

  it('of any interval are the same whether told or asked for, from the first trade on and over a restart', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(1_000_000), await somebody(0, { [symbol]: 1_000 })];
    await trading.subgraph.stop();
    const day = istMidnight(istDate(Date.now() + DAY_MS));
    let nowMs = day + INDIAN_HOURS.openMs;
    const next = await openTestSubgraph(
      (platform) => createTrading({ ...platform, clock: () => nowMs }),
      {},
      trading.db.url,
    );
    const prints: CandlePrint[] = [];
    const trade = async (price: bigint, quantity: number): Promise<void> => {
      const limitPrice = `${price / 100n}.00`;
      await place(gopal, wish(symbol, { side: 'SELL', quantity, limitPrice }), next);
      await place(asha, wish(symbol, { quantity, limitPrice }), next);
      prints.push({ at: nowMs, price, quantity: BigInt(quantity) });
    };
    /** What all trades so far make. */
    const expected = (interval: CandleInterval): Candle[] => {
      const builder = new CandleBuilder(interval);
      const bars = prints.map((print) => builder.add(print).closed).filter((bar) => bar !== undefined);
      return builder.current ? [...bars, builder.current] : bars;
    };
    const shown = ({ start, open, high, low, close, volume }: Candle): object => {
      const prices = Object.entries({ open, high, low, close }).map(([key, price]) => [
        key,
        `${price / 100n}.00`,
      ]);
      return Object.fromEntries([
        ['start', new Date(start).toISOString()],
        ...prices,
        ['volume', Number(volume)],
      ]) as object;
    };
    const check = async (): Promise<void> => {
      for (const interval of CANDLE_INTERVALS) {
        const present = barStart(interval, nowMs);
        const query = `query ($symbol: String!, $interval: CandleInterval!) { instrument(symbol: $symbol) {
          candles(interval: $interval, last: 100) { start open high low close volume } } }`;
        const { instrument } = await next.data<{ instrument: { candles: object[] } }>(query, {
          symbol,
          interval,
        });
        expect(instrument.candles, interval).toEqual(
          expected(interval)
            .filter(({ start }) => start < present)
            .map(shown),
        );
        const now = expected(interval).filter(({ start }) => start === present);
        if (now.length === 0) continue;
        const stream = await open(CANDLES, { symbol, interval }, { kind: 'anonymous' }, next);
        const [told] = await take(stream, 1);
        expect(told, interval).toMatchObject({ candle: now.map(shown)[0], isFinal: false });
        await stream.return?.();
      }
    };
    try {
      const quarters = await open(
        CANDLES,
        { symbol, interval: 'FIFTEEN_MINUTES' },
        { kind: 'anonymous' },
        next,
      );
      for (const [minutes, price, quantity] of [
        [0, 100_00n, 1],
        [2, 103_00n, 2],
        [7, 98_00n, 3],
        [14, 99_00n, 1],
        [16, 101_00n, 4],
        [61, 102_00n, 2],
      ] as const) {
        nowMs = day + INDIAN_HOURS.openMs + minutes * MINUTE_MS;
        // What trades while a stream is being opened is in it, once.
        const opening = open(CANDLES, { symbol, interval: 'ONE_MONTH' }, { kind: 'anonymous' }, next);
        const [month] = await Promise.all([opening, trade(price, quantity)]);
        expect(await take(month, 1)).toMatchObject([{ candle: expected('ONE_MONTH').map(shown).at(-1) }]);
        await month.return?.();
        await check();
        if (minutes === 7) {
          expect(await take(quarters, 1)).toMatchObject([
            { candle: { open: '100.00', volume: 6 }, conflated: 2 },
          ]);
          await next.subgraph.stop();
          await next.subgraph.start();
          await check();
        }
      }
      nowMs = day + DAY_MS;
      await check();
    } finally {
      await next.close();
      await trading.subgraph.start();
    }
  });

  it('are of known instruments', async () => {
    const variables = { symbol: 'NOSUCH', interval: 'ONE_DAY' };
    const request = { query: CANDLES, variables, caller: OPERATOR, traceId: newId() };
    expect(await trading.subgraph.subscribe(request)).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });
});

describe('playMarket', () => {
  it('is for operators', async () => {
    const symbol = await list();
    const input = { symbol, prints: [{ at: at(0), price: '100.00', quantity: 1 }] };
    for (const [caller, code] of [
      [userCaller({ tenantId: NORTH }), 'FORBIDDEN'],
      [{ kind: 'anonymous' }, 'UNAUTHENTICATED'],
    ] as const) {
      const { errors } = await trading.ask(PLAY, { input }, caller);
      expect(errors?.[0]?.extensions['code']).toBe(code);
    }
  });

  it('refuses an unknown instrument and an unsound batch', async () => {
    const symbol = await list();
    const print = { at: at(0), price: '100.00', quantity: 1 };
    expect(await play({ symbol: 'NOSUCH', prints: [print] })).toMatchObject({
      played: 0,
      refusal: { code: 'INSTRUMENT_UNKNOWN' },
    });
    for (const prints of [[], Array.from({ length: 1_001 }, () => print), [{ ...print, price: '-1.00' }]]) {
      expect(await play({ symbol, prints })).toMatchObject({ played: 0, refusal: { code: 'BATCH_INVALID' } });
    }
  });

  it('arrives as ticks of the recorded times, with the band and the quotes around them', async () => {
    const symbol = await list();
    const query = `subscription ($symbols: [String!]!) { ticks(symbols: $symbols) { at price quantity source bid ask volume } }`;
    const stream = await open(query, { symbols: [symbol] }, { kind: 'anonymous' });
    const ticks: unknown[] = [];
    for (const [i, price] of ['45.00', '44.95', '45.10'].entries()) {
      expect(await play({ symbol, prints: [{ at: at(i), price, quantity: 7 }] })).toEqual({
        played: 1,
        refusal: null,
      });
      ticks.push(...(await take(stream, 1)));
    }
    expect(ticks).toEqual([
      { at: at(0), price: '45.00', quantity: 7, source: 'REPLAY', bid: '44.95', ask: '45.05', volume: 7 },
      { at: at(1), price: '44.95', quantity: 7, source: 'REPLAY', bid: '44.90', ask: '45.00', volume: 14 },
      { at: at(2), price: '45.10', quantity: 7, source: 'REPLAY', bid: '45.05', ask: '45.15', volume: 21 },
    ]);
    const now = `query ($symbol: String!) { instrument(symbol: $symbol) { lastPrice priceBand { lower upper } } }`;
    expect(await trading.data(now, { symbol })).toEqual({
      instrument: { lastPrice: '45.10', priceBand: { lower: '40.50', upper: '49.50' } },
    });
    await stream.return?.();
  });

  it('plays recorded quotes, and trades with users by price alone', async () => {
    const symbol = await list();
    const asha = await somebody(100_000);
    await play({ symbol, prints: [{ at: at(0), price: '100.00', quantity: 1 }] });
    const high = await placed(asha, wish(symbol, { limitPrice: '99.00', quantity: 5 }));
    const low = await placed(asha, wish(symbol, { limitPrice: '97.00', quantity: 5 }));
    await play({
      symbol,
      quotes: [
        { at: at(1), side: 'BUY', price: '98.90', quantity: 50 },
        { at: at(1), side: 'SELL', price: '99.10', quantity: 60 },
      ],
      prints: [{ at: at(2), price: '98.95', quantity: 3 }],
    });
    const state = async (id: string): Promise<unknown> => {
      const { order } = await trading.data<{ order: Record<string, unknown> }>(ORDER, { id }, asha.caller);
      return [order['status'], order['filledQuantity'], order['averagePrice']];
    };
    // The print below the user's price fills it as far as it goes, at the user's price; the deeper order stays.
    expect(await state(high)).toEqual(['PARTIALLY_FILLED', 3, '99.00']);
    expect(await state(low)).toEqual(['OPEN', 0, null]);
    expect(await depthOf(symbol)).toEqual({
      bids: [
        { price: '99.00', quantity: 2, orders: 1 },
        { price: '98.90', quantity: 50, orders: 1 },
        { price: '97.00', quantity: 5, orders: 1 },
      ],
      asks: [{ price: '99.10', quantity: 60, orders: 1 }],
    });
    expect(await inventory(asha, symbol)).toEqual({ quantity: 3n, held: 0n });
  });

  it('keeps the recorded day apart from the live one, also where users trade in between', async () => {
    const symbol = await list();
    const asha = await somebody(100_000);
    const query = `subscription ($symbols: [String!]!) { ticks(symbols: $symbols) { at price source volume previousClose open } }`;
    const stream = await open(query, { symbols: [symbol] }, { kind: 'anonymous' });
    await play({ symbol, prints: [{ at: at(0), price: '45.00', quantity: 7 }] });
    const [printed] = await take(stream, 1);
    const { order } = await place(asha, wish(symbol, { type: 'MARKET', quantity: 2 }));
    expect(order).toMatchObject({ status: 'FILLED', averagePrice: '45.05' });
    const day = { at: at(0), source: 'REPLAY', previousClose: '45.00', open: '45.00' };
    expect([printed, ...(await take(stream, 1))]).toEqual([
      { ...day, price: '45.00', volume: 7 },
      { ...day, price: '45.05', volume: 9 },
    ]);
    await stream.return?.();
  });

  it('gives the value of an index, where nothing trades', async () => {
    const symbol = await list({ kind: 'INDEX' });
    expect(await play({ symbol, prints: [{ at: at(0), price: '24500.35', quantity: 0 }] })).toMatchObject({
      played: 1,
    });
    const query = `query ($symbol: String!) { instrument(symbol: $symbol) { lastPrice depth { bids { price } } } }`;
    expect(await trading.data(query, { symbol })).toEqual({
      instrument: { lastPrice: '24500.35', depth: { bids: [] } },
    });
  });
});

describe('what must always add up', () => {
  it('shares only change hands, cash is only promised, and every event is there', async () => {
    const symbol = await list();
    const people = await Promise.all([
      somebody(50_000, { [symbol]: 100 }),
      somebody(50_000, { [symbol]: 100 }, SOUTH),
      somebody(50_000),
    ]);
    const random = seeded(7);
    const open: { person: Person; id: string }[] = [];
    for (let i = 0; i < 120; i++) {
      const person = people[random(people.length)] as Person;
      const chosen = open[random(Math.max(1, open.length))];
      if (chosen && random(5) === 0) {
        await cancel(chosen.person, chosen.id);
        continue;
      }
      const { order } = await place(
        person,
        wish(symbol, {
          side: random(2) === 0 ? 'BUY' : 'SELL',
          quantity: 1 + random(20),
          limitPrice: `${98 + random(5)}.00`,
          validity: (['DAY', 'DAY', 'IOC', 'FOK'] as const)[random(4)],
        }),
      );
      if (order) open.push({ person, id: order.id });
    }
    await trading.platform.bus.settled();

    const one = async <T>(sql: string): Promise<T> => {
      const { rows } = await trading.db.system.query<Record<string, T>>(sql, [symbol]);
      return Object.values(rows[0] ?? {})[0] as T;
    };
    expect(await one<bigint>(`SELECT sum(quantity) FROM trading.inventory WHERE symbol = $1`)).toBe(200n);
    expect(await one<bigint>(`SELECT count(*) FROM trading.trade WHERE symbol = $1`)).toBeGreaterThan(20n);
    const lopsided = `SELECT count(*) FROM (SELECT execution_id FROM trading.trade WHERE symbol = $1 GROUP BY execution_id
      HAVING count(*) <> 2 OR count(DISTINCT side) <> 2 OR count(DISTINCT (price, quantity)) <> 1) AS odd`;
    expect(await one<bigint>(lopsided)).toBe(0n);
    const unequal = `SELECT count(*) FROM trading."order" o WHERE symbol = $1 AND ROW(filled_quantity, turnover) <>
      (SELECT coalesce(sum(quantity), 0), coalesce(sum(price * quantity), 0) FROM trading.trade WHERE order_id = o.id)`;
    expect(await one<bigint>(unequal)).toBe(0n);
    const promised = `SELECT count(*) FROM trading.inventory i WHERE symbol = $1 AND held <> (SELECT
      coalesce(sum(quantity - filled_quantity), 0) FROM trading."order" o WHERE o.user_id = i.user_id AND o.symbol = $1
        AND side = 'SELL' AND status IN ('OPEN', 'PARTIALLY_FILLED'))`;
    expect(await one<bigint>(promised)).toBe(0n);
    const projected = `SELECT count(*) FROM trading.position p JOIN trading.inventory i USING (user_id, symbol, product)
      WHERE symbol = $1 AND p.quantity <> i.quantity`;
    expect(await one<bigint>(projected)).toBe(0n);
    for (const { caller } of people) {
      const { rows } = await trading.db.system.query<{ held: bigint; left: bigint; gaps: bigint }>(
        `SELECT (SELECT sum(hold) FROM trading."order" WHERE user_id = $1) AS held,
                (SELECT buying_power FROM trading.account WHERE user_id = $1) AS left,
                (SELECT max(sequence) - count(*) FROM trading.order_event WHERE user_id = $1) AS gaps`,
        [caller.userId],
      );
      // Nothing credits buying power here but the opening: what is gone is exactly what orders promised.
      expect((rows[0]?.held ?? 0n) + (rows[0]?.left ?? 0n)).toBe(5_000_000n);
      expect(rows[0]?.gaps).toBe(0n);
    }
    const dead = await trading.db.system.query(`SELECT * FROM events.dead_letter`);
    expect(dead.rows).toEqual([]);
  });
});

/** Small repeatable numbers below `bound`. */
function seeded(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * bound);
  };
}

describe('when something fails', () => {
  it('a failed commit leaves the book as the database has it', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(0, { [symbol]: 10 })];
    await placed(gopal, wish(symbol, { side: 'SELL' }));
    const owner = new pg.Client(trading.db.url);
    await owner.connect();
    try {
      await owner.query(
        `CREATE FUNCTION trading.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`,
      );
      await owner.query(
        `CREATE TRIGGER fail BEFORE INSERT ON trading.journal EXECUTE FUNCTION trading.fail()`,
      );
      const { errors } = await trading.ask(PLACE, { input: wish(symbol) }, asha.caller);
      expect(errors?.[0]?.extensions['code']).toBe('INTERNAL_SERVER_ERROR');
      expect(errors?.[0]?.message).not.toContain('no');
      await owner.query(`DROP TRIGGER fail ON trading.journal`);
    } finally {
      await owner.end();
    }
    expect(await buyingPower(asha)).toBe('10000.00');
    expect(await depthOf(symbol)).toMatchObject({ bids: [], asks: [{ quantity: 10 }] });
    const { order } = await place(asha, wish(symbol));
    expect(order).toMatchObject({ status: 'FILLED' });
    expect(await depthOf(symbol)).toEqual({ bids: [], asks: [] });
  });
});

describe('a restart', () => {
  it('rebuilds the books in their order of time, and the process before may write no more', async () => {
    const symbol = await list();
    const [asha, bharat] = [await somebody(10_000), await somebody(10_000)];
    const gopal = await somebody(0, { [symbol]: 100 });
    const first = await placed(asha, wish(symbol));
    await placed(bharat, wish(symbol));
    await placed(gopal, wish(symbol, { side: 'SELL', quantity: 4 }));
    const before = await depthOf(symbol);

    const next = await openTestSubgraph(createTrading, {}, trading.db.url);
    try {
      expect(await depthOf(symbol, next)).toEqual(before);
      const { errors } = await trading.ask(PLACE, { input: wish(symbol) }, asha.caller);
      expect(errors?.[0]?.extensions['code']).toBe('INTERNAL_SERVER_ERROR');

      await placed(gopal, wish(symbol, { side: 'SELL', quantity: 6 }), next);
      const query = `query ($id: ID!) { order(id: $id) { status filledQuantity } }`;
      expect(await next.data(query, { id: first }, asha.caller)).toEqual({
        order: { status: 'FILLED', filledQuantity: 10 },
      });
      expect(await depthOf(symbol, next)).toEqual({
        bids: [{ price: '100.00', quantity: 10, orders: 1 }],
        asks: [],
      });
    } finally {
      await next.close();
      await trading.subgraph.stop();
      await trading.subgraph.start();
    }
    expect(await depthOf(symbol)).toEqual({ bids: [{ price: '100.00', quantity: 10, orders: 1 }], asks: [] });
  });

  it('goes on with where the market stood, and lets orders of yesterday expire', async () => {
    const symbol = await list();
    const [asha, gopal] = [await somebody(10_000), await somebody(0, { [symbol]: 10 })];
    const waiting = await placed(asha, wish(symbol, { limitPrice: '95.00' }));
    await placed(gopal, wish(symbol, { side: 'SELL', quantity: 2, limitPrice: '104.00' }));
    await placed(asha, wish(symbol, { quantity: 2, limitPrice: '104.00' }));
    await trading.subgraph.stop();

    const tomorrow = Date.now() + DAY_MS;
    const next = await openTestSubgraph(
      (platform) => createTrading({ ...platform, clock: () => tomorrow }),
      {},
      trading.db.url,
    );
    try {
      const query = `query ($symbol: String!, $id: ID!) { order(id: $id) { status cancelReason }
        instrument(symbol: $symbol) { lastPrice priceBand { lower upper } depth { bids { price } } } }`;
      expect(await next.data(query, { symbol, id: waiting }, asha.caller)).toEqual({
        order: { status: 'CANCELLED', cancelReason: 'TIME_IN_FORCE' },
        instrument: {
          lastPrice: '104.00',
          priceBand: { lower: '93.60', upper: '114.40' },
          depth: { bids: [] },
        },
      });
    } finally {
      await next.close();
      await trading.subgraph.start();
    }
  });
});

describe('the simulator', () => {
  it('moves every instrument, trades with users, and makes the candles of its trades', async () => {
    const market = await openTestSubgraph(createTrading, { GRIDWORKS_SIMULATOR: 'test' });
    try {
      await registerInstruments(market.db.system, [
        simulated('RELIANCE', 'EQUITY'),
        simulated('NIFTYBEES', 'ETF'),
        simulated('NIFTY', 'INDEX'),
      ]);
      await market.subgraph.stop();
      await market.subgraph.start();
      const query = `subscription { ticks(symbols: ["RELIANCE", "NIFTYBEES", "NIFTY"]) { price source instrument { symbol } } }`;
      const stream = await open(query, {}, { kind: 'anonymous' }, market);
      const seen = new Map<string, string>();
      while (seen.size < 3) {
        const [tick] = await take<{ price: string; source: string; instrument: { symbol: string } }>(
          stream,
          1,
        );
        seen.set(tick?.instrument.symbol ?? '', tick?.source ?? '');
      }
      expect(new Set(seen.values())).toEqual(new Set(['LIVE']));
      await stream.return?.();

      const caller = userCaller({ tenantId: NORTH });
      await publish(market.db.system, [
        {
          topic: 'wallets.credited',
          key: caller.userId,
          tenantId: NORTH,
          payload: { userId: caller.userId, amount: '100000000', reason: 'OPENING_CREDIT', orderId: null },
        },
      ]);
      await market.platform.bus.settled();
      const bought = await place(
        { caller, id: toGlobalId('User', caller.userId) },
        wish('RELIANCE', { type: 'MARKET', quantity: 5 }),
        market,
      );
      expect(bought.order).toMatchObject({ status: 'FILLED', filledQuantity: 5 });

      // A replay takes the instrument over: what the simulator quoted is gone and does not come back meanwhile.
      const quotes = [{ at: at(0), side: 'BUY', price: '499.00', quantity: 10 }];
      await market.data(PLAY, { input: { symbol: 'RELIANCE', quotes } }, OPERATOR);
      const others = await open(query, {}, { kind: 'anonymous' }, market);
      await take(others, 5);
      await others.return?.();
      expect(await depthOf('RELIANCE', market)).toEqual({
        bids: [{ price: '499.00', quantity: 10, orders: 1 }],
        asks: [],
      });

      await market.subgraph.stop();
      const { rows } = await market.db.system.query<{ symbol: string; volume: bigint }>(
        `SELECT symbol, sum(volume) AS volume FROM trading.candle
          WHERE source = 'LIVE' AND interval = 'ONE_MINUTE' GROUP BY symbol ORDER BY symbol`,
      );
      expect(rows.map(({ symbol }) => symbol)).toEqual(['NIFTY', 'NIFTYBEES', 'RELIANCE']);
      expect(rows[2]?.volume).toBeGreaterThanOrEqual(5n);
      const told = await market.db.system.query(`SELECT 1 FROM events.log WHERE topic = 'candles.recorded'`);
      expect(told.rowCount).toBeGreaterThanOrEqual(3);
      const dead = await market.db.system.query(`SELECT * FROM events.dead_letter`);
      expect(dead.rows).toEqual([]);
    } finally {
      await market.close();
    }
  });

  function simulated(symbol: string, kind: Instrument['kind']): Instrument {
    return {
      symbol,
      name: symbol,
      exchange: 'NSE',
      kind,
      isin: null,
      currency: 'INR',
      sector: null,
      tickSize: kind === 'ETF' ? 1n : kind === 'INDEX' ? 5n : 10n,
      lotSize: 1n,
      referencePrice: kind === 'INDEX' ? 26_100_00n : 1_545_00n,
    };
  }
});
