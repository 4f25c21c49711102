/** Splits as they take place at the exchange: in its own stock, in positions and in lots, once, live and in a replay. */
import type { UserCaller } from '@gridworks/kit/caller';
import { publish, type Reaction } from '@gridworks/kit/events';
import { rebuild } from '@gridworks/kit/events/replay';
import { newId, toGlobalId } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import { istMidnight } from '@gridworks/kit/time';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { hashOfOms } from './domain/oms/state.ts';
import { reactions } from './events.ts';
import { recallOms } from './recall.ts';
import { recordCorporateActions, registerInstruments } from './store/instrument.ts';
import { createTrading } from './subgraph.ts';
import { giveShares } from './testing/shares.ts';

const TENANT = newId();
const OPERATOR = userCaller({ tenantId: TENANT, roles: ['OPERATOR'] });
const HOUR_MS = 3_600_000;
const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id status averagePrice } refusal { code } } }`;
const PLAY = `mutation ($input: PlayMarketInput!) { playMarket(input: $input) { refusal { code } } }`;
const BAND = `query ($symbol: String!) { instrument(symbol: $symbol) { priceBand { lower upper } } }`;
const PORTFOLIO = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { portfolio {
  realisedPnl { amount } unrealisedPnl { amount } dayPnl { amount }
  holdings(first: 10) { edges { node { quantity lots(first: 5) { edges { node { quantity cost { amount } } } } } } } } } } }`;

interface Answer {
  readonly order: { readonly id: string; readonly status: string; readonly averagePrice: string } | null;
  readonly refusal: { readonly code: string } | null;
}

let trading: TestSubgraph;
let nowMs: number;
let named = 0;
let symbol: string;

function on(date: string): void {
  nowMs = istMidnight(date) + 10 * HOUR_MS;
}

function open(url?: string): Promise<TestSubgraph> {
  return openTestSubgraph((platform) => createTrading({ ...platform, clock: () => nowMs }), {}, url);
}

beforeAll(async () => {
  on('2026-01-20');
  trading = await open();
});
afterAll(() => trading.close());

beforeEach(async () => {
  on('2026-01-20');
  named += 1;
  symbol = `SHARE${named}`;
  await registerInstruments(trading.db.system, [
    {
      symbol,
      name: 'Share Limited',
      exchange: 'NSE',
      kind: 'EQUITY',
      isin: null,
      currency: 'INR',
      sector: null,
      tickSize: 5n,
      lotSize: 1n,
      referencePrice: 100_00n,
    },
  ]);
});

/** With ten million rupees, and shares that cost 90.00 each. */
async function somebody(shares = 0): Promise<UserCaller> {
  const caller = userCaller({ tenantId: TENANT });
  if (shares > 0) await giveShares(trading.db, caller, { symbol, quantity: shares });
  const { userId: key, tenantId } = caller;
  const payload = { userId: key, amount: '1000000000', reason: 'OPENING_CREDIT', orderId: null } as const;
  await publish(trading.db.system, [{ topic: 'wallets.credited', key, tenantId, payload }]);
  await trading.platform.bus.settled();
  return caller;
}

async function place(
  caller: UserCaller,
  side: string,
  quantity: number,
  limitPrice: string | null,
): Promise<Answer> {
  named += 1;
  const type = limitPrice === null ? 'MARKET' : 'LIMIT';
  const input = { clientOrderId: `c-${named}`, symbol, side, type, product: 'CNC', quantity, limitPrice };
  return (await trading.data<{ placeOrder: Answer }>(PLACE, { input }, caller)).placeOrder;
}

async function play(date: string, price: string): Promise<void> {
  const at = new Date(istMidnight(date) + 10 * HOUR_MS).toISOString();
  const { playMarket } = await trading.data<{ playMarket: Answer }>(
    PLAY,
    { input: { symbol, prints: [{ at, price, quantity: 10 }] } },
    OPERATOR,
  );
  expect(playMarket.refusal).toBeNull();
}

async function split(exDate: string, splitFactor: string): Promise<void> {
  const action = {
    symbol,
    exDate,
    kind: 'SPLIT_OR_BONUS',
    priceFactor: '1',
    splitFactor,
    source: 'test',
  } as const;
  await recordCorporateActions(trading.db.system, [action]);
}

async function books({ userId }: UserCaller): Promise<unknown> {
  await trading.platform.bus.settled();
  const { rows } = await trading.db.system.query(
    `SELECT i.quantity AS shares, i.held, p.quantity, p.cost, p.realised
       FROM trading.inventory i JOIN trading.position p USING (user_id, symbol, product) WHERE user_id = $1 AND symbol = $2`,
    [userId, symbol],
  );
  return rows[0];
}

async function portfolio(of: UserCaller): Promise<Record<string, unknown>> {
  await trading.platform.bus.settled();
  const { _entities } = await trading.data<{ _entities: { portfolio: Record<string, unknown> }[] }>(
    PORTFOLIO,
    { of: [{ __typename: 'User', id: toGlobalId('User', of.userId) }] },
    of,
  );
  return _entities[0]?.portfolio ?? {};
}

async function happened(): Promise<bigint | undefined> {
  const { rows } = await trading.db.system.query<{ count: bigint }>(
    `SELECT count(*) FROM events.log WHERE topic = 'instruments.adjusted' AND key = $1`,
    [symbol],
  );
  return rows[0]?.count;
}

async function hash(isWhole: boolean): Promise<string> {
  const recalled = await recallOms(trading.db.system, undefined, isWhole);
  if (!recalled) throw new Error('nothing was kept');
  return hashOfOms(recalled.oms.state());
}

it('takes place before the first action of its ex-date, in everything that is held, and once', async () => {
  const maker = await somebody(1_000);
  const holder = await somebody();
  await place(maker, 'SELL', 11, '100.00');
  await place(holder, 'BUY', 11, '100.00');
  const { order: waiting } = await place(holder, 'SELL', 4, '105.00');
  await split('2026-01-21', '0.666667');
  expect(await books(holder)).toMatchObject({ shares: 11n, held: 4n });

  on('2026-01-21');
  // Out of the band around two thirds of the close; but it is an action of the day.
  expect(await place(maker, 'BUY', 1, '100.00')).toMatchObject({ refusal: { code: 'PRICE_OUT_OF_BAND' } });
  expect(await books(holder)).toEqual({
    shares: 16n,
    held: 0n,
    quantity: 16n,
    cost: 1_100_00n,
    realised: 0n,
  });
  expect(await books(maker)).toMatchObject({ shares: 1_483n, quantity: 1_483n, cost: 89_010_00n });
  const { rows } = await trading.db.system.query(
    `SELECT status, cancel_reason FROM trading."order" WHERE id = $1`,
    [waiting?.id.replace('Order:', '')],
  );
  expect(rows).toEqual([{ status: 'CANCELLED', cancel_reason: 'TIME_IN_FORCE' }]);
  const { instrument } = await trading.data<{ instrument: unknown }>(BAND, { symbol });
  expect(instrument).toEqual({ priceBand: { lower: '60.05', upper: '73.30' } });
  expect((await place(holder, 'SELL', 6, '70.00')).order).toMatchObject({ status: 'OPEN' });
  expect((await place(maker, 'BUY', 6, '70.00')).order).toMatchObject({ status: 'FILLED' });
  // 6 of 16 units for 420.00, which cost 6/16 of 1,100.00.
  expect(await portfolio(holder)).toMatchObject({
    realisedPnl: { amount: '7.50' },
    unrealisedPnl: { amount: '12.50' },
    holdings: {
      edges: [{ node: { quantity: 10, lots: { edges: [{ node: { cost: { amount: '687.50' } } }] } } }],
    },
  });

  expect(await happened()).toBe(1n);
  expect(await hash(true)).toBe(await hash(false));
});

it('loses the cost of what no whole unit is left of, and nobody else anything', async () => {
  const few = await somebody(5);
  const many = await somebody(25);
  await split('2026-01-21', '10');
  on('2026-01-21');
  await place(many, 'SELL', 1, '1000.00');
  expect(await books(few)).toEqual({ shares: 0n, held: 0n, quantity: 0n, cost: 0n, realised: -450_00n });
  expect(await books(many)).toEqual({ shares: 2n, held: 1n, quantity: 2n, cost: 2_250_00n, realised: 0n });
});

it('takes place where a replay passes its ex-date, and not when it is played again', async () => {
  await split('2015-07-03', '0.5');
  const trader = await somebody();
  await play('2015-07-02', '154.15');
  // The market stands a tick around the last print.
  expect((await place(trader, 'BUY', 7, null)).order).toMatchObject({ averagePrice: '154.20' });
  await play('2015-07-03', '77.80');
  expect(await books(trader)).toMatchObject({ shares: 14n, quantity: 14n, cost: 1_079_40n });
  expect(await portfolio(trader)).toMatchObject({
    realisedPnl: { amount: '0.00' },
    unrealisedPnl: { amount: '9.80' },
  });
  expect((await place(trader, 'SELL', 14, null)).order).toMatchObject({ averagePrice: '77.75' });
  // 14 x 77.75 - 7 x 154.20
  expect(await books(trader)).toMatchObject({ shares: 0n, cost: 0n, realised: 9_10n });
  expect(await portfolio(trader)).toMatchObject({
    realisedPnl: { amount: '9.10' },
    unrealisedPnl: { amount: '0.00' },
  });

  nowMs += HOUR_MS;
  await place(trader, 'BUY', 2, '77.80');
  await play('2015-07-02', '154.15');
  await play('2015-07-03', '77.80');
  expect(await books(trader)).toMatchObject({ shares: 2n, quantity: 2n });
  expect(await happened()).toBe(1n);
});

it('is none for what is bought long after it, nor where a replay begins', async () => {
  await split('2015-07-03', '0.5');
  const holder = await somebody(10);
  await place(holder, 'SELL', 1, '105.00');
  await play('2015-07-03', '77.80');
  await play('2015-07-04', '78.00');
  expect(await books(holder)).toMatchObject({ shares: 10n, quantity: 10n });
  expect(await happened()).toBe(0n);
});

it('is in positions that are built again from the log, and known to an exchange that starts again', async () => {
  const holder = await somebody(10);
  await place(holder, 'SELL', 2, '100.00');
  await split('2026-01-21', '0.2');
  on('2026-01-21');
  await place(holder, 'SELL', 2, '20.00');
  const before = await books(holder);
  expect(before).toEqual({ shares: 50n, held: 2n, quantity: 50n, cost: 900_00n, realised: 0n });
  const projection = reactions.find(({ consumer }) => consumer === 'trading.positions') as Reaction;
  await rebuild(trading.db, projection);
  expect(await books(holder)).toEqual(before);

  const next = await open(trading.db.url);
  const input = { clientOrderId: 'again', symbol, side: 'SELL', type: 'LIMIT', product: 'CNC', quantity: 1 };
  const { placeOrder } = await next.data<{ placeOrder: Answer }>(
    PLACE,
    { input: { ...input, limitPrice: '22.00' } },
    holder,
  );
  // The band still lies around a fifth of the close.
  expect(placeOrder.order).toMatchObject({ status: 'OPEN' });
  await next.platform.bus.settled([]);
  expect(await books(holder)).toEqual({ ...(before as object), held: 3n });
  expect(await happened()).toBe(1n);
  await next.close();
});
