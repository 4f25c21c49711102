/** Rebalancings beside the ledger that pays for them: as near to the weights as it goes, once, whoever is killed. */
import { createBilling } from '@gridworks/billing/subgraph';
import type { UserCaller } from '@gridworks/kit/caller';
import { publish } from '@gridworks/kit/events';
import { newId } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import { Waiting } from '@gridworks/kit/saga';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openRebalancing, type RebalancingState } from './domain/rebalancing.ts';
import { ORDERS_WAIT_MS, planRebalancing, rebalancingSaga } from './rebalancing.ts';
import type { TradingContext } from './resolvers/context.ts';
import { registerInstruments } from './store/instrument.ts';
import { logHorizon } from './store/rebalancing.ts';
import { createTrading } from './subgraph.ts';

const TENANT = newId();
const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { status } refusal { code } } }`;
const REBALANCE = `mutation ($input: RebalancePortfolioInput!) { rebalancePortfolio(input: $input) {
  rebalancing { clientRebalancingId status orders { side quantity limitPrice instrument { symbol }
    orders { status filledQuantity } refusal { code } } } refusal { code path } } }`;
const PREVIEW = `query ($input: RebalancingPreviewInput!) { rebalancingPreview(input: $input) {
  preview { value { amount } orders { side quantity limitPrice instrument { symbol } } } refusal { code } } }`;
const CHARGES = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on ProposedOrder { charges { total { amount } } } } }`;

interface Answer {
  readonly rebalancing: { readonly status: string; readonly orders: readonly object[] } | null;
  readonly refusal: { readonly code: string; readonly path: string[] } | null;
}

let trading: TestSubgraph;
let billing: TestSubgraph;
let asha: UserCaller;
let named = 0;
let aheadMs = 0;

beforeAll(async () => {
  trading = await openTestSubgraph((platform) =>
    createTrading({ ...platform, clock: () => Date.now() + aheadMs }),
  );
  // A hundred shares at 100, their charges, and 10,000 rupees.
  billing = await openTestSubgraph(createBilling, { GRIDWORKS_OPENING_CREDIT: '20011.88' }, trading.db.url);
});
afterAll(async () => {
  await billing.close();
  await trading.close();
});

afterEach(settled);

let one: string;
let two: string;
beforeEach(async () => {
  one = await list();
  two = await list();
  asha = await somebody(one);
});

/** A share at 100 rupees. */
async function list(): Promise<string> {
  named += 1;
  const symbol = `SHARE${named}`;
  const facts = { exchange: 'NSE', kind: 'EQUITY', isin: null, currency: 'INR', sector: null } as const;
  const terms = { tickSize: 5n, lotSize: 1n, referencePrice: 100_00n };
  await registerInstruments(trading.db.system, [{ symbol, name: `${symbol} Limited`, ...facts, ...terms }]);
  return symbol;
}

/** With 10,000 rupees, and a hundred shares that cost as much. */
async function somebody(symbol: string): Promise<UserCaller> {
  const caller = userCaller({ tenantId: TENANT });
  const { userId, tenantId } = caller;
  const payload = { userId, displayName: 'Somebody', tier: 'LITE' };
  await publish(trading.db.system, [{ topic: 'users.registered', key: userId, tenantId, payload }]);
  await settled();
  await market(symbol, { asks: 100 });
  const terms = { side: 'BUY', type: 'LIMIT', product: 'CNC', quantity: 100, limitPrice: '100.00' };
  const input = { clientOrderId: 'first', symbol, ...terms };
  expect(await trading.data(PLACE, { input }, caller)).toMatchObject({
    placeOrder: { order: { status: 'FILLED' } },
  });
  await settled();
  return caller;
}

async function settled(): Promise<void> {
  // Each tells the other of more.
  for (let round = 0; round < 2; round += 1) {
    await billing.platform.bus.settled(['billing.wallets']);
    await trading.platform.bus.settled(['trading.accounts', 'trading.positions']);
  }
}

/** So many units are wanted and offered at 100 rupees. */
async function market(symbol: string, { bids = 0, asks = 0 }): Promise<void> {
  await exchange().view(symbol);
  const quotes = (quantity: number): readonly { price: bigint; quantity: bigint }[] =>
    quantity === 0 ? [] : [{ price: 100_00n, quantity: BigInt(quantity) }];
  return exchange().act({ kind: 'QUOTE', symbol, bids: quotes(bids), asks: quotes(asks) });
}

function exchange(): TradingContext['exchange'] {
  return (trading.subgraph.contextOf(userCaller({ tenantId: TENANT }), newId()) as TradingContext).exchange;
}

function weights(by: Readonly<Record<string, number>>): object {
  return { targets: Object.entries(by).map(([symbol, weightBps]) => ({ symbol, weightBps })) };
}

async function rebalance(clientRebalancingId: string, wish: object): Promise<Answer> {
  const input = { clientRebalancingId, ...wish };
  return (await trading.data<{ rebalancePortfolio: Answer }>(REBALANCE, { input }, asha)).rebalancePortfolio;
}

async function rows(sql: string, more: readonly unknown[] = []): Promise<unknown[]> {
  await trading.platform.bus.settled([]);
  return (await trading.db.system.query<Record<string, unknown>>(sql, [asha.userId, ...more])).rows;
}

function told(): Promise<unknown[]> {
  return rows(
    `SELECT payload::jsonb - 'rebalancingId' AS payload FROM events.log WHERE topic = 'portfolios.rebalanced' AND key = $1`,
  );
}

function orders(): Promise<unknown[]> {
  return rows(
    `SELECT symbol, side, status, filled_quantity::int AS filled FROM trading."order"
      WHERE user_id = $1 AND client_order_id <> 'first' ORDER BY arrival`,
  );
}

it('sells, waits for the cash, and buys within what is there, once for the same name', async () => {
  await market(one, { bids: 90 });
  await market(two, { asks: 200 });
  // 10,000 rupees and 100 units at 100: 20,000 in all. 60 of ONE go, and TWO is bought for 80 % of it.
  const wish = weights({ [one]: 2_000, [two]: 8_000 });
  const preview = await trading.data(PREVIEW, { input: wish }, asha);
  const planned = [
    { side: 'SELL', quantity: 60, limitPrice: '99.50', instrument: { symbol: one } },
    // What is left over pays for the charges of both.
    { side: 'BUY', quantity: 157, limitPrice: '100.50', instrument: { symbol: two } },
  ];
  expect(preview).toEqual({
    rebalancingPreview: { preview: { value: { amount: '20000.00' }, orders: planned }, refusal: null },
  });
  const first = await rebalance('monday', wish);
  expect(first).toMatchObject({
    rebalancing: {
      clientRebalancingId: 'monday',
      status: 'COMPLETED',
      orders: [
        { ...planned[0], orders: [{ status: 'FILLED', filledQuantity: 60 }], refusal: null },
        // It sold at 100.00: there is more than was sure.
        { side: 'BUY', orders: [{ status: 'FILLED', filledQuantity: 158 }], refusal: null },
      ],
    },
    refusal: null,
  });
  const payload = { userId: asha.userId, outcome: 'WHOLE', sold: '600000', bought: '1580000' };
  expect(await told()).toEqual([{ payload }]);
  expect(await Promise.all([rebalance('monday', wish), rebalance('monday', wish)])).toEqual([first, first]);
  expect(await orders()).toHaveLength(2);
  expect(await rebalance('monday', weights({ [one]: 1 }))).toMatchObject({
    refusal: { code: 'CLIENT_REBALANCING_ID_REUSED', path: ['input', 'clientRebalancingId'] },
  });
});

it('tells what the orders of a preview would cost', async () => {
  const key = {
    symbol: one,
    exchange: 'NSE',
    side: 'SELL',
    product: 'CNC',
    quantity: 60,
    limitPrice: '99.50',
  };
  const of = [{ __typename: 'ProposedOrder', ...key }];
  // STT 6, exchange 0.18, SEBI 0.01, GST 0.03.
  expect(await billing.data(CHARGES, { of }, asha)).toEqual({
    _entities: [{ charges: { total: { amount: '6.22' } } }],
  });
});

it('is one at a time, and takes out of the market what does not trade in time', async () => {
  await market(one, { bids: 30 });
  await market(two, { asks: 10 });
  const first = rebalance('slow', weights({ [two]: 5_000 }));
  await expect.poll(orders).toEqual([{ symbol: one, side: 'SELL', status: 'PARTIALLY_FILLED', filled: 30 }]);
  const refused = { rebalancing: null, refusal: { code: 'REBALANCING_UNDER_WAY' } };
  expect(await rebalance('other', weights({ [two]: 1_000 }))).toMatchObject(refused);
  await settled();
  aheadMs += ORDERS_WAIT_MS;
  await expect.poll(orders).toMatchObject([{ status: 'CANCELLED' }, { side: 'BUY', filled: 10 }]);
  aheadMs += ORDERS_WAIT_MS;
  expect(await first).toMatchObject({ rebalancing: { status: 'COMPLETED' }, refusal: null });
  expect(await orders()).toMatchObject([
    { status: 'CANCELLED', filled: 30 },
    { status: 'CANCELLED', filled: 10 },
  ]);
  expect(await told()).toMatchObject([{ payload: { outcome: 'PARTIAL', sold: '300000', bought: '100000' } }]);
});

it.each([
  ['WEIGHTS_INVALID', ['targets'], () => weights({ [one]: 5_001, [two]: 5_000 })],
  ['SLIPPAGE_INVALID', ['slippageBps'], () => ({ ...weights({ [one]: 1 }), slippageBps: 501 })],
  ['INSTRUMENT_UNKNOWN', ['targets', '1', 'symbol'], () => weights({ [one]: 1, NOWHERE: 1 })],
  ['CLIENT_REBALANCING_ID_INVALID', ['clientRebalancingId'], () => weights({ [one]: 1 }), 'not a name'],
  // 10,000 rupees beside 100 units at 100: that is half of it.
  ['REBALANCING_UNNEEDED', ['targets'], () => weights({ [one]: 5_000 })],
])('is refused with %s, and nothing is begun', async (code, path, wish, name = 'refused') => {
  const refusal = { code, path: ['input', ...path] };
  expect(await rebalance(name, wish())).toEqual({ rebalancing: null, refusal });
  expect(await rows(`SELECT FROM events.saga WHERE user_id = $1`)).toEqual([]);
  expect(await orders()).toEqual([]);
});

it('is for signed-in users', async () => {
  const { errors } = await trading.ask(REBALANCE, {
    input: { clientRebalancingId: 'x', ...weights({ [one]: 1 }) },
  });
  expect(errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
});

function begun(): Promise<RebalancingState> {
  return begin(weights({ [two]: 9_000 }));
}

async function begin(wish: object): Promise<RebalancingState> {
  const { rebalancing: parts } = context();
  const asked = { slippageBps: 50, ...wish } as RebalancingState;
  const sinceXid = await logHorizon(trading.db.system);
  const plan = await planRebalancing(parts, asha, asked);
  if (isRefusal(plan)) throw new Error(plan.code);
  const state = openRebalancing(asked, plan, { id: newId(), sinceXid });
  if (isRefusal(state)) throw new Error(state.code);
  return state;
}

function context(): TradingContext {
  return trading.subgraph.contextOf(asha, newId()) as TradingContext;
}

it('comes to the same where each step is done a second time, because its runner was killed', async () => {
  await market(one, { bids: 200 });
  await market(two, { asks: 300 });
  let state = await begun();
  const of = { userId: asha.userId, tenantId: TENANT, key: 'any' };
  for (const step of rebalancingSaga(context().rebalancing).steps(state)) {
    await step.do(state, of);
    for (;;) {
      const after = await step.do(state, of);
      if (isRefusal(after)) throw new Error(after.code);
      if (!(after instanceof Waiting)) {
        state = after;
        break;
      }
      ({ state } = after);
    }
  }
  expect(await orders()).toMatchObject([
    { symbol: one, side: 'SELL', status: 'FILLED', filled: 100 },
    { symbol: two, side: 'BUY', status: 'FILLED', filled: 179 },
  ]);
  expect(state).toMatchObject({ sells: [{ turnover: 10_000_00n }], buys: [{ turnover: 17_900_00n }] });
});

it('is given up when it takes too long: what is open is cancelled, also what nobody kept', async () => {
  const state = await begun();
  const [placing] = rebalancingSaga(context().rebalancing).steps(state);
  const of = { userId: asha.userId, tenantId: TENANT, key: 'any' };
  await placing?.do(state, of);
  // The runner was killed before it had kept that, and nobody came for two minutes.
  const packed = JSON.stringify(state, (_, value: unknown) =>
    typeof value === 'bigint' ? { $bigint: value.toString() } : value,
  );
  await rows(
    `INSERT INTO events.saga (id, tenant_id, user_id, kind, key, status, step, state, attempts, claim, next_at, deadline, started_at, is_exclusive)
     VALUES ($2, $3, $1, 'rebalancing', 'late', 'RUNNING', 0, $4, 1, 1, now(), now(), now(), true)`,
    [newId(), TENANT, packed],
  );
  await expect
    .poll(() => rows(`SELECT status, reason FROM events.saga WHERE user_id = $1`))
    .toEqual([{ status: 'COMPENSATED', reason: 'TIMED_OUT' }]);
  expect(await orders()).toEqual([{ symbol: one, side: 'SELL', status: 'CANCELLED', filled: 0 }]);
  expect(await told()).toMatchObject([{ payload: { outcome: 'TIMED_OUT', sold: '0', bought: '0' } }]);
});
