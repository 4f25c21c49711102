/** Baskets through the door of their subgraph: placed all or not at all, once, whoever is killed in between. */
import type { Caller, UserCaller } from '@gridworks/kit/caller';
import { publish } from '@gridworks/kit/events';
import { newId } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { registerInstruments } from './store/instrument.ts';
import { createTrading } from './subgraph.ts';
import { giveShares } from './testing/shares.ts';

const TENANT = newId();
const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { status } refusal { code } } }`;
const BASKET = `mutation ($input: PlaceBasketInput!) { placeBasket(input: $input) {
  basket { clientBasketId status orders { status filledQuantity quantity cancelReason } } refusal { code path } } }`;
const SAGAS = `query ($status: SagaStatus, $first: Int! = 20, $after: String) { sagas(status: $status, first: $first, after: $after) {
  pageInfo { hasNextPage endCursor } edges { node { kind key status step attempts error reason endedAt user { id } } } } }`;

interface Answer {
  readonly basket: {
    readonly status: string;
    readonly orders: readonly { readonly status: string; readonly filledQuantity: number }[];
  } | null;
  readonly refusal: { readonly code: string; readonly path: string[] } | null;
}

let trading: TestSubgraph;
let asha: UserCaller;
let named = 0;

beforeAll(async () => {
  trading = await openTestSubgraph(createTrading, { GRIDWORKS_ORDER_RATE_MAX: '10' });
  const share = {
    exchange: 'NSE',
    kind: 'EQUITY',
    isin: null,
    currency: 'INR',
    sector: null,
    tickSize: 5n,
    lotSize: 1n,
    referencePrice: 100_00n,
  } as const;
  await registerInstruments(trading.db.system, [
    { ...share, symbol: 'ONE', name: 'One Limited' },
    { ...share, symbol: 'TWO', name: 'Two Limited' },
  ]);
});
afterAll(() => trading.close());
beforeEach(async () => {
  asha = await somebody();
});

/** With 10,000 rupees, and units of ONE where it says so. */
async function somebody(units = 0): Promise<UserCaller> {
  const caller = userCaller({ tenantId: TENANT });
  if (units > 0) await giveShares(trading.db, caller, { symbol: 'ONE', quantity: units });
  const { userId, tenantId } = caller;
  const payload = { userId, amount: '1000000', reason: 'OPENING_CREDIT', orderId: null } as const;
  await publish(trading.db.system, [{ topic: 'wallets.credited', key: userId, tenantId, payload }]);
  await trading.platform.bus.settled();
  return caller;
}

function order(more: object = {}): Record<string, unknown> {
  named += 1;
  const base = { clientOrderId: `c-${named}`, symbol: 'ONE', side: 'BUY', type: 'LIMIT', product: 'CNC' };
  return { ...base, quantity: 10, limitPrice: '95.00', ...more };
}

async function place(input: object, caller: Caller = asha): Promise<Answer> {
  return (await trading.data<{ placeBasket: Answer }>(BASKET, { input }, caller)).placeBasket;
}

async function count(): Promise<bigint | undefined> {
  const { rows } = await trading.db.system.query<{ count: bigint }>(
    `SELECT count(*) FROM trading."order" WHERE user_id = $1`,
    [asha.userId],
  );
  return rows[0]?.count;
}

it('places every order, once for the same name', async () => {
  const input = { clientBasketId: 'monday', orders: [order(), order({ symbol: 'TWO', quantity: 5 })] };
  const first = await place(input);
  expect(first).toEqual({
    basket: {
      clientBasketId: 'monday',
      status: 'COMPLETED',
      orders: [
        { status: 'OPEN', filledQuantity: 0, quantity: 10, cancelReason: null },
        { status: 'OPEN', filledQuantity: 0, quantity: 5, cancelReason: null },
      ],
    },
    refusal: null,
  });
  const again = await Promise.all([place(input), place(input)]);
  expect(again).toEqual([first, first]);
  expect(await count()).toBe(2n);
  const other = await place({ ...input, orders: [order()] });
  expect(other).toMatchObject({
    basket: null,
    refusal: { code: 'CLIENT_BASKET_ID_REUSED', path: ['input', 'clientBasketId'] },
  });
});

it('cancels what it placed when one is refused, and tells what had traded', async () => {
  const maker = await somebody(4);
  const input = { ...order({ side: 'SELL', quantity: 4, limitPrice: '97.00' }) };
  await trading.data(PLACE, { input }, maker);
  const answer = await place({
    clientBasketId: 'b',
    orders: [
      order({ limitPrice: '97.00' }),
      order({ symbol: 'TWO' }),
      order({ symbol: 'TWO', quantity: 10_000 }),
      order(),
    ],
  });
  expect(answer.refusal).toEqual({ code: 'FUNDS_INSUFFICIENT', path: ['input', 'orders', '2'] });
  expect(answer.basket?.status).toBe('COMPENSATED');
  expect(answer.basket?.orders).toEqual([
    { status: 'CANCELLED', filledQuantity: 4, quantity: 10, cancelReason: 'USER' },
    { status: 'CANCELLED', filledQuantity: 0, quantity: 10, cancelReason: 'USER' },
  ]);
});

it.each([
  ['BASKET_INVALID', 'orders', { orders: [] }],
  ['BASKET_INVALID', 'orders', { orders: Array.from({ length: 21 }, () => order()) }],
  ['BASKET_INVALID', 'orders', { orders: [order({ clientOrderId: 'x' }), order({ clientOrderId: 'x' })] }],
  ['CLIENT_BASKET_ID_INVALID', 'clientBasketId', { clientBasketId: 'not a name', orders: [order()] }],
])('is refused with %s', async (code, path, more) => {
  const answer = await place({ clientBasketId: 'b', ...more });
  expect(answer).toMatchObject({ basket: null, refusal: { code, path: ['input', path] } });
  expect(await count()).toBe(0n);
});

it('does not take an older order for one of its own', async () => {
  const mine = order();
  await trading.data(PLACE, { input: mine }, asha);
  // A clock of milliseconds: the basket is younger in the next one.
  await expect.poll(() => Date.now()).toBeGreaterThan(Date.now());
  const answer = await place({ clientBasketId: 'b', orders: [mine] });
  expect(answer).toMatchObject({
    basket: { status: 'COMPENSATED', orders: [] },
    refusal: { code: 'CLIENT_ORDER_ID_REUSED' },
  });
  const { rows } = await trading.db.system.query(`SELECT status FROM trading."order" WHERE user_id = $1`, [
    asha.userId,
  ]);
  expect(rows).toEqual([{ status: 'OPEN' }]);
});

it('waits for room where more orders are in it than one may place in a second', async () => {
  const orders = Array.from({ length: 12 }, () => order({ quantity: 1 }));
  expect(await place({ clientBasketId: 'many', orders })).toMatchObject({
    basket: { status: 'COMPLETED' },
    refusal: null,
  });
  expect(await count()).toBe(12n);
});

it('is for signed-in users; sagas are for operators of the tenant', async () => {
  const { errors } = await trading.ask(BASKET, { input: { clientBasketId: 'b', orders: [order()] } });
  expect(errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  expect((await trading.ask(SAGAS, {}, asha)).errors?.[0]?.extensions['code']).toBe('FORBIDDEN');

  await place({ clientBasketId: 'first', orders: [order()] });
  await place({ clientBasketId: 'second', orders: [order({ quantity: 100_000 })] });
  const operator = userCaller({ tenantId: TENANT, roles: ['OPERATOR'] });
  const page = {
    sagas: {
      edges: [
        {
          node: {
            kind: 'basket',
            key: 'second',
            status: 'COMPENSATED',
            step: -1,
            attempts: 0,
            error: null,
            reason: 'FUNDS_INSUFFICIENT',
          },
        },
      ],
      pageInfo: { hasNextPage: true },
    },
  };
  const first = await trading.data<{ sagas: { pageInfo: { endCursor: string } } }>(
    SAGAS,
    { first: 1 },
    operator,
  );
  expect(first).toMatchObject(page);
  const { endCursor: after } = first.sagas.pageInfo;
  expect(await trading.data(SAGAS, { first: 1, after, status: 'COMPLETED' }, operator)).toMatchObject({
    sagas: { edges: [{ node: { key: 'first', status: 'COMPLETED', user: { id: `User:${asha.userId}` } } }] },
  });
  const stranger = userCaller({ tenantId: newId(), roles: ['OPERATOR'] });
  expect(await trading.data(SAGAS, {}, stranger)).toMatchObject({ sagas: { edges: [] } });
});

it('is finished by the process that starts after one was killed, the other way too', async () => {
  const [whole, late] = [newId(), newId()];
  const kept = (
    id: string,
    key: string,
    deadlineMs: number,
    placed: Record<string, unknown>,
  ): Promise<unknown> =>
    trading.db.system.query(
      `INSERT INTO events.saga (id, tenant_id, user_id, kind, key, status, step, state, attempts, claim, next_at, deadline, started_at)
       VALUES ($1, $2, $3, 'basket', $4, 'RUNNING', 0, $5, 1, 1, now(), to_timestamp($6 / 1000.0), now())`,
      [
        id,
        TENANT,
        asha.userId,
        key,
        JSON.stringify({
          orders: [
            { ...placed, validity: 'DAY', quantity: { $bigint: '10' }, limitPrice: { $bigint: '9500' } },
          ],
          sinceMs: 0,
          orderIds: [null],
          refusal: null,
        }),
        deadlineMs,
      ],
    );
  // Both were killed after their order was placed, and before they had kept that.
  const [one, two] = [order(), order()];
  await trading.data(PLACE, { input: one }, asha);
  await trading.data(PLACE, { input: two }, asha);
  await kept(whole, 'whole', Date.now() + 60_000, one);
  await kept(late, 'late', Date.now() - 1, two);
  const statuses = async (): Promise<unknown> =>
    (
      await trading.db.system.query(
        `SELECT key, status, reason FROM events.saga WHERE user_id = $1 ORDER BY key`,
        [asha.userId],
      )
    ).rows;
  await expect.poll(statuses).toEqual([
    { key: 'late', status: 'COMPENSATED', reason: 'TIMED_OUT' },
    { key: 'whole', status: 'COMPLETED', reason: null },
  ]);
  await trading.platform.bus.settled([]);
  const { rows } = await trading.db.system.query(
    `SELECT client_order_id AS name, status FROM trading."order" WHERE user_id = $1 ORDER BY arrival`,
    [asha.userId],
  );
  expect(rows).toEqual([
    { name: one['clientOrderId'], status: 'OPEN' },
    { name: two['clientOrderId'], status: 'CANCELLED' },
  ]);
});
