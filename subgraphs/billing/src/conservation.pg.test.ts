/** The check that stands behind every other test: it finds what is planted, and nothing that is merely on its way. */
import { BALANCES, WHOLE_BOOKS, conservedSums, lookForViolations } from '@gridworks/kit/conservation';
import { verifyTrail } from '@gridworks/kit/audit/verify';
import type { UserCaller } from '@gridworks/kit/caller';
import { publish } from '@gridworks/kit/events';
import { newId, toGlobalId } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import { registerInstruments } from '@gridworks/trading/store/instrument';
import type { TradingContext } from '@gridworks/trading/resolvers/context';
import { createTrading } from '@gridworks/trading/subgraph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orderCharges } from './domain/charges.ts';
import { Reconciliation } from './reconciliation.ts';
import type { BillingContext } from './resolvers.ts';
import { createBilling } from './subgraph.ts';
import { withdrawalSaga } from './withdrawal.ts';

const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { status } refusal { code } } }`;
const PLAY = `mutation ($input: PlayMarketInput!) { playMarket(input: $input) { played refusal { code } } }`;
const WITHDRAW = `mutation ($input: WithdrawFundsInput!) { withdrawFunds(input: $input) {
  withdrawal { clientWithdrawalId amount { amount } status } refusal { code path } } }`;
const OPERATOR = userCaller({ tenantId: newId(), roles: ['OPERATOR'] });

let trading: TestSubgraph;
let billing: TestSubgraph;
let trader: UserCaller;
let named = 0;

beforeAll(async () => {
  trading = await openTestSubgraph(createTrading);
  billing = await openTestSubgraph(createBilling, { GRIDWORKS_OPENING_CREDIT: '100000.00' }, trading.db.url);
  await registerInstruments(
    trading.db.system,
    ['SHARE', 'SWING'].map((symbol) => ({
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
    })),
  );
  // A market around 100.00: asks from 100.05 up, bids from 99.95 down.
  const prints = [{ at: '2026-01-20T04:30:00.000Z', price: '100.00', quantity: 1 }];
  await trading.data(PLAY, { input: { symbol: 'SHARE', prints } }, OPERATOR);
  trader = await somebody();
});
afterAll(async () => {
  await billing.close();
  await trading.close();
});

async function somebody(): Promise<UserCaller> {
  const caller = userCaller({ tenantId: newId() });
  const { userId, tenantId } = caller;
  const payload = { userId, displayName: 'Somebody', tier: 'LITE' };
  await publish(trading.db.system, [{ topic: 'users.registered', key: userId, tenantId, payload }]);
  await settled();
  return caller;
}

async function settled(): Promise<void> {
  // Each tells the other of more.
  for (let round = 0; round < 3; round += 1) {
    await billing.platform.bus.settled();
    await trading.platform.bus.settled();
  }
}

async function place(side: string, quantity: number, limitPrice: string): Promise<void> {
  named += 1;
  const about = { clientOrderId: `c-${named}`, symbol: 'SHARE', type: 'LIMIT', product: 'CNC' };
  const { placeOrder } = await trading.data<{ placeOrder: { refusal: unknown } }>(
    PLACE,
    { input: { ...about, side, quantity, limitPrice } },
    trader,
  );
  expect(placeOrder.refusal).toBeNull();
}

/** Buys, sells a part, and leaves an order of each side waiting. */
async function trade(): Promise<void> {
  await place('BUY', 20, '101.00');
  await place('SELL', 5, '99.00');
  await place('BUY', 3, '98.00');
  await place('SELL', 4, '103.00');
}

/** What one look finds in the middle of a transaction that is taken back. */
async function foundAfter(sql: string, of = trader): Promise<string[]> {
  const tx = await trading.db.system.connect();
  try {
    await tx.query('BEGIN');
    const { rowCount } = await tx.query(sql, [of.userId]);
    expect(rowCount).toBe(1);
    return (await lookForViolations(tx, WHOLE_BOOKS)).map(({ violation }) => violation);
  } finally {
    await tx.query('ROLLBACK');
    tx.release();
  }
}

async function told(): Promise<unknown[]> {
  const { rows } = await trading.db.system.query<{ payload: unknown }>(
    `SELECT payload FROM events.log WHERE topic = 'audit.compliance.checks' ORDER BY pos`,
  );
  return rows.map(({ payload }) => payload);
}

it('finds nothing in books at rest, whose lines sum to zero', async () => {
  await trade();
  await settled();
  expect(await lookForViolations(trading.db.system, WHOLE_BOOKS)).toEqual([]);
  const sums = new Map((await conservedSums(trading.db.system)).map(({ item, amount }) => [item, amount]));
  expect([...sums.values()].reduce((total, amount) => total + amount, 0n)).toBe(0n);
  // 20 bought at 100.05, 5 sold at 99.95: 15 left for 1,500.75, and 0.50 lost.
  expect(sums.get('positions at cost')).toBe(1_500_75n);
  expect(sums.get('profit taken')).toBe(50n);
  expect(sums.get('put in')).toBe(-100_000_00n);
  expect(sums.get('on the way')).toBe(0n);
  expect(sums.get('holds')).toBeGreaterThan(0n);
  expect(sums.get('charges')).toBeGreaterThan(0n);
});

it('counts what is on its way, whoever has not heard of it yet', async () => {
  const look = (): Promise<unknown[]> => lookForViolations(trading.db.system, BALANCES);
  const onTheWay = async (): Promise<bigint | undefined> =>
    (await conservedSums(trading.db.system)).find(({ item }) => item === 'on the way')?.amount;
  await billing.platform.bus.stop();
  await trade();
  await trading.platform.bus.settled();
  expect(await onTheWay()).not.toBe(0n);
  expect(await look()).toEqual([]);

  await trading.platform.bus.stop();
  await billing.platform.bus.start();
  await trade();
  await trading.platform.bus.settled();
  await billing.platform.bus.settled();
  expect(await onTheWay()).not.toBe(0n);
  expect(await look()).toEqual([]);

  await trading.platform.bus.start();
  await settled();
  expect(await onTheWay()).toBe(0n);
});

describe('a withdrawal', () => {
  interface Withdrawn {
    readonly withdrawal: { readonly status: string } | null;
    readonly refusal: { readonly code: string; readonly path: string[] } | null;
  }

  async function withdraw(amount: string, clientWithdrawalId: string, of = trader): Promise<Withdrawn> {
    const input = { amount, clientWithdrawalId };
    return (await billing.data<{ withdrawFunds: Withdrawn }>(WITHDRAW, { input }, of)).withdrawFunds;
  }

  /** Available in the ledger, buying power at the exchange, and what waits to be paid out, in paise. */
  async function money(of: UserCaller): Promise<unknown> {
    await trading.platform.bus.settled([]);
    const { rows } = await trading.db.system.query<Record<string, unknown>>(
      `SELECT (SELECT balance::int FROM billing.ledger_account WHERE user_id = $1 AND kind = 'WALLET_AVAILABLE') AS available,
              (SELECT buying_power::int FROM trading.account WHERE user_id = $1) AS free,
              (SELECT sum(e.amount)::int FROM billing.entry e JOIN billing.ledger_account a ON a.id = e.account_id
                 JOIN billing.transfer t ON t.id = e.transfer_id
                WHERE a.kind = 'PAYOUTS_TO_SEND' AND t.tenant_id = $2) AS "toSend"`,
      [of.userId, of.tenantId],
    );
    return rows[0];
  }

  async function statusesOf(of: UserCaller): Promise<unknown[]> {
    await trading.platform.bus.settled([]);
    const { rows } = await trading.db.system.query<Record<string, unknown>>(
      `SELECT w.status, r.status AS released FROM billing.withdrawal w LEFT JOIN trading.withdrawal r USING (id)
        WHERE w.user_id = $1 ORDER BY w.id`,
      [of.userId],
    );
    return rows;
  }

  it('leaves the wallet for the payouts once, however often it is asked for', async () => {
    const asha = await somebody();
    const all = await Promise.all([1, 2, 3].map(() => withdraw('40000.00', 'rent', asha)));
    const posted = {
      withdrawal: { clientWithdrawalId: 'rent', amount: { amount: '40000.00' }, status: 'POSTED' },
      refusal: null,
    };
    expect(all).toEqual([posted, posted, posted]);
    expect(await money(asha)).toEqual({ available: 60_000_00, free: 60_000_00, toSend: 40_000_00 });
    await settled();
    expect(await statusesOf(asha)).toEqual([{ status: 'POSTED', released: 'CLOSED' }]);
    expect(await withdraw('40000.01', 'rent', asha)).toEqual({
      withdrawal: null,
      refusal: { code: 'CLIENT_WITHDRAWAL_ID_REUSED', path: ['input', 'clientWithdrawalId'] },
    });
    // What a start makes of the journal is the same.
    const { exchange } = trading.subgraph.contextOf(asha, newId()) as TradingContext;
    await exchange.stop();
    await exchange.start();
    expect(await exchange.assetsOf(asha)).toMatchObject({ buyingPower: 60_000_00n });
  });

  it('takes nothing that an order has promised', async () => {
    const asha = await somebody();
    const terms = { symbol: 'SHARE', side: 'BUY', type: 'LIMIT', product: 'CNC' };
    const input = { clientOrderId: 'all', ...terms, quantity: 990, limitPrice: '95.00' };
    await trading.data(PLACE, { input }, asha);
    const refusal = { code: 'FUNDS_NOT_FREE', path: ['input', 'amount'] };
    expect(await withdraw('40000.00', 'rent', asha)).toMatchObject({
      withdrawal: { status: 'REFUSED' },
      refusal,
    });
    await settled();
    expect(await statusesOf(asha)).toEqual([{ status: 'REFUSED', released: null }]);
    // Nor does the other way round: 1,00,000 less 94,050, and what that may cost.
    expect(await withdraw('5477.75', 'rest', asha)).toMatchObject({ withdrawal: { status: 'POSTED' } });
    expect(await money(asha)).toEqual({ available: 0, free: 0, toSend: 5_477_75 });
  });

  it('gives the money back when its time is over, whatever of it trading has heard', async () => {
    const asha = await somebody();
    const first = await money(asha);
    // Trading lets it go, and billing does not hear of it: its consumers are stopped, as its sagas go on.
    await billing.platform.bus.stop();
    const asked = withdraw('40000.00', 'late', asha);
    await expect.poll(() => statusesOf(asha)).toEqual([{ status: 'REQUESTED', released: 'RELEASED' }]);
    expect(await money(asha)).toMatchObject({ available: 1_00_000_00, free: 60_000_00 });
    expect(await lookForViolations(trading.db.system, WHOLE_BOOKS)).toEqual([]);
    await trading.db.system.query(`UPDATE events.saga SET deadline = now() WHERE user_id = $1`, [
      asha.userId,
    ]);
    expect(await asked).toMatchObject({ withdrawal: { status: 'CANCELLED' }, refusal: null });
    await billing.platform.bus.start();
    await settled();
    expect(await statusesOf(asha)).toEqual([{ status: 'CANCELLED', released: 'RESTORED' }]);
    expect(await money(asha)).toEqual(first);
  });

  it('comes to the same where each of its steps is done a second time, and is not taken back once posted', async () => {
    const asha = await somebody();
    const { withdrawing } = billing.subgraph.contextOf(asha, newId()) as BillingContext;
    const state = { id: newId(), clientId: 'twice', amount: 10_000_00n, requestedAtMs: 0 };
    const of = { userId: asha.userId, tenantId: asha.tenantId, key: 'any' };
    const steps = withdrawalSaga(withdrawing).steps(state);
    for (const step of steps) {
      await step.do(state, of);
      await settled();
      expect(await step.do(state, of)).toEqual(state);
      await settled();
    }
    for (const step of [...steps].reverse()) await step.undo(state, of);
    await settled();
    expect(await money(asha)).toEqual({ available: 90_000_00, free: 90_000_00, toSend: 10_000_00 });
    expect(await statusesOf(asha)).toEqual([{ status: 'POSTED', released: 'CLOSED' }]);
  });

  it.each([
    ['AMOUNT_INVALID', 'amount', '0.99', 'x'],
    ['AMOUNT_INVALID', 'amount', '-5.00', 'x'],
    ['AMOUNT_INVALID', 'amount', '100000000.01', 'x'],
    ['CLIENT_WITHDRAWAL_ID_INVALID', 'clientWithdrawalId', '1.00', 'not a name'],
  ])('is refused with %s, and nothing is begun', async (code, field, amount, name) => {
    const asha = userCaller({ tenantId: newId() });
    expect(await withdraw(amount, name, asha)).toEqual({
      withdrawal: null,
      refusal: { code, path: ['input', field] },
    });
    expect(await statusesOf(asha)).toEqual([]);
  });

  it('is for signed-in users, and seen by its own', async () => {
    const input = { amount: '1.00', clientWithdrawalId: 'x' };
    const { errors } = await billing.ask(WITHDRAW, { input });
    expect(errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    const asha = await somebody();
    await withdraw('2.00', 'first', asha);
    await withdraw('1.00', 'second', asha);
    const page = (first: number, after: string | null, caller = asha): Promise<Record<string, unknown>> =>
      billing.data(
        `query ($of: [_Any!]!, $first: Int!, $after: String) { _entities(representations: $of) { ... on User { wallet {
           withdrawals(first: $first, after: $after) { pageInfo { endCursor } edges { node { clientWithdrawalId } } } } } } }`,
        { of: [{ __typename: 'User', id: toGlobalId('User', asha.userId) }], first, after },
        caller,
      );
    const one = await page(1, null);
    expect(one).toMatchObject({
      _entities: [{ wallet: { withdrawals: { edges: [{ node: { clientWithdrawalId: 'second' } }] } } }],
    });
    const [{ wallet }] = one['_entities'] as [
      { wallet: { withdrawals: { pageInfo: { endCursor: string } } } },
    ];
    expect(await page(1, wallet.withdrawals.pageInfo.endCursor)).toMatchObject({
      _entities: [{ wallet: { withdrawals: { edges: [{ node: { clientWithdrawalId: 'first' } }] } } }],
    });
    expect(await page(1, null, userCaller({ tenantId: asha.tenantId }))).toEqual({
      _entities: [{ wallet: null }],
    });
  });
});

describe('a position of the day', () => {
  const TRADE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) {
    order { id status filledQuantity averagePrice } refusal { code } } }`;
  const SEEN = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User {
    margin { used { amount } available { amount } dues { amount } }
    positions { quantity averagePrice realisedPnl { amount } }
    portfolio { holdings { edges { node { quantity invested { amount } realisedPnl { amount } day { soldQuantity } lots { edges { node { quantity } } } } } } }
    orders(first: 1) { edges { node { origin squareOffReason side status averagePrice } } } } } }`;
  let minute = 0;

  async function play(price: string): Promise<void> {
    minute += 1;
    const prints = [{ at: new Date(Date.UTC(2026, 0, 20, 5, minute)).toISOString(), price, quantity: 1 }];
    await trading.data(PLAY, { input: { symbol: 'SWING', prints } }, OPERATOR);
  }

  async function ask(
    of: UserCaller,
    more: object,
  ): Promise<{ order: object | null; refusal: object | null }> {
    named += 1;
    const about = { clientOrderId: `d-${named}`, symbol: 'SWING', type: 'MARKET', product: 'MIS' };
    const input = { ...about, side: 'SELL', quantity: 20, ...more };
    return (
      await trading.data<{ placeOrder: { order: object | null; refusal: object | null } }>(
        TRADE,
        { input },
        of,
      )
    ).placeOrder;
  }

  async function seen(of: UserCaller): Promise<unknown> {
    const representation = { __typename: 'User', id: toGlobalId('User', of.userId) };
    const { _entities } = await trading.data<{ _entities: unknown[] }>(SEEN, { of: [representation] }, of);
    return _entities[0];
  }

  /** The balances of the ledger, in paise. */
  async function ledger(of: UserCaller): Promise<unknown> {
    await settled();
    expect(await lookForViolations(trading.db.system, WHOLE_BOOKS)).toEqual([]);
    const sums = await conservedSums(trading.db.system);
    expect(sums.reduce((total, { amount }) => total + amount, 0n)).toBe(0n);
    const { rows } = await trading.db.system.query<{ kind: string; balance: bigint }>(
      `SELECT kind, balance FROM billing.ledger_account WHERE user_id = $1`,
      [of.userId],
    );
    return Object.fromEntries(rows.map(({ kind, balance }) => [kind, balance]));
  }

  const chargesOf = (side: 'BUY' | 'SELL', value: bigint): bigint =>
    orderCharges({ side, product: 'MIS', exchange: 'NSE', value }).total;

  async function closed(of: UserCaller): Promise<void> {
    await expect
      .poll(() => seen(of), { timeout: 10_000 })
      .toMatchObject({ orders: { edges: [{ node: { origin: 'SQUARE_OFF', status: 'FILLED' } }] } });
  }

  it('is sold first for a fifth of its value, and bought back by the exchange when that is all but lost', async () => {
    const asha = await somebody();
    await play('100.00');
    expect(await ask(asha, { product: 'CNC' })).toMatchObject({ refusal: { code: 'HOLDINGS_INSUFFICIENT' } });
    expect(await ask(asha, {})).toMatchObject({ order: { status: 'FILLED', averagePrice: '99.95' } });
    const [sold, bought] = [chargesOf('SELL', 1_999_00n), chargesOf('BUY', 2_421_00n)];
    const left = 100_000_00n - 399_80n - sold;
    expect(await ledger(asha)).toEqual({
      ...{ WALLET_AVAILABLE: left, WALLET_HELD: 0n, WALLET_MARGIN: 399_80n, DUES: 0n },
    });
    expect(await seen(asha)).toMatchObject({
      margin: { used: { amount: '399.80' }, dues: { amount: '0.00' } },
      positions: [{ quantity: -20, averagePrice: '99.95' }],
      portfolio: {
        holdings: {
          edges: [
            {
              node: {
                quantity: -20,
                invested: { amount: '-1999.00' },
                day: { soldQuantity: 20 },
                lots: { edges: [{ node: { quantity: 20 } }] },
              },
            },
          ],
        },
      },
    });
    // 319.84 is what may be lost of it.
    await play('115.94');
    await ledger(asha);
    expect(await seen(asha)).toMatchObject({ positions: [{ quantity: -20 }] });
    await play('121.00');
    await closed(asha);
    expect(await ledger(asha)).toEqual({
      ...{
        WALLET_AVAILABLE: 100_000_00n - sold - bought - 422_00n,
        WALLET_HELD: 0n,
        WALLET_MARGIN: 0n,
        DUES: 0n,
      },
    });
    expect(await seen(asha)).toMatchObject({
      positions: [{ quantity: 0, realisedPnl: { amount: '-422.00' } }],
      orders: { edges: [{ node: { squareOffReason: 'MARGIN_CALL', side: 'BUY', averagePrice: '121.05' } }] },
    });
  });

  it('may lose more than all there is: that is owed, and paid off by what comes in', async () => {
    const asha = await somebody();
    await play('100.00');
    await billing.data(WITHDRAW, { input: { amount: '99500.00', clientWithdrawalId: 'most' } }, asha);
    await settled();
    expect(await ask(asha, {})).toMatchObject({ order: { status: 'FILLED' } });
    await settled();
    await play('130.00');
    await closed(asha);
    // Charges of both, and 30.10 lost on each of 20.
    const owed = chargesOf('SELL', 1_999_00n) + chargesOf('BUY', 2_601_00n) + 602_00n - 500_00n;
    expect(await ledger(asha)).toEqual({
      ...{ WALLET_AVAILABLE: 0n, WALLET_HELD: 0n, WALLET_MARGIN: 0n, DUES: -owed },
    });
    expect(await ask(asha, { quantity: 1 })).toEqual({ order: null, refusal: { code: 'DUES_OUTSTANDING' } });
    const { exchange } = trading.subgraph.contextOf(asha, newId()) as TradingContext;
    await exchange.stop();
    await exchange.start();
    expect(await ask(asha, { quantity: 1 })).toEqual({ order: null, refusal: { code: 'DUES_OUTSTANDING' } });
    await expect
      .poll(() => seen(asha))
      .toMatchObject({ margin: { used: { amount: '0.00' }, available: { amount: '0.00' } } });
  });

  it('is compared, part by part', async () => {
    const asha = await somebody();
    await play('100.00');
    await ask(asha, { side: 'BUY' });
    await settled();
    const found = (sql: string): Promise<string[]> => foundAfter(sql, asha);
    const [wallet, required, funded] = [
      'the margin at the exchange is not the margin in the wallet',
      'the margin is not what positions and orders are to hold',
      'positions under margin at cost are not what the house put up',
    ];
    expect(await found(`UPDATE trading.account SET margin = margin + 1 WHERE user_id = $1`)).toEqual([
      wallet,
      required,
    ]);
    expect(await found(`UPDATE trading.account SET margin = margin - 1 WHERE user_id = $1`)).toEqual([
      wallet,
      required,
    ]);
    expect(await found(`UPDATE trading.inventory SET margin = margin + 1 WHERE user_id = $1`)).toEqual([
      required,
    ]);
    expect(await found(`UPDATE trading.inventory SET cost = cost + 1 WHERE user_id = $1`)).toEqual([funded]);
    await ask(asha, {});
    await settled();
    const owing = 'the dues at the exchange are not those in the ledger';
    expect(await found(`UPDATE trading.account SET dues = 1, buying_power = 0 WHERE user_id = $1`)).toEqual([
      'buying power is not the available cash',
      owing,
    ]);
  });
});

it.each([
  [
    'buying power is not the available cash',
    `UPDATE trading.account SET buying_power = buying_power + 1 WHERE user_id = $1`,
  ],
  [
    'buying power is not the available cash',
    `INSERT INTO trading.withdrawal (id, tenant_id, user_id, amount, status) VALUES (gen_random_uuid(), $1, $1, 1, 'RELEASED')`,
  ],
  [
    'a position is not the shares at the exchange',
    `UPDATE trading.inventory SET quantity = quantity + 1 WHERE user_id = $1`,
  ],
  [
    'positions at cost are not what was paid for them',
    `UPDATE trading.position SET cost = cost + 1 WHERE user_id = $1`,
  ],
  [
    'positions at cost are not what was paid for them',
    `UPDATE trading.position SET realised = realised - 1 WHERE user_id = $1`,
  ],
  [
    'what is held is not what sales wait for',
    `UPDATE trading.inventory SET held = held - 1 WHERE user_id = $1`,
  ],
  [
    'what is held is not what orders hold',
    `UPDATE billing.order_hold SET held = held + 1 WHERE order_id =
     (SELECT order_id FROM billing.order_hold WHERE user_id = $1 AND NOT done LIMIT 1)`,
  ],
])('finds that %s', async (violation, sql) => {
  expect(await foundAfter(sql)).toEqual([violation]);
});

it('leaves a trail that operators of the tenant read, and nobody else', async () => {
  const asha = await somebody();
  await billing.data(WITHDRAW, { input: { amount: '1.00', clientWithdrawalId: 'trail' } }, asha);
  await settled();
  const read = (
    variables: object,
    caller = userCaller({ tenantId: asha.tenantId, roles: ['OPERATOR'] }),
  ): ReturnType<TestSubgraph['ask']> =>
    billing.ask(
      `query ($first: Int! = 20, $after: String, $stream: AuditStream) { auditTrail(first: $first, after: $after, stream: $stream) {
         pageInfo { hasNextPage endCursor } edges { node { stream kind subject user { id } facts isSealed } } } }`,
      variables,
      caller,
    );
  const money = { stream: 'FINANCIAL_TRANSACTIONS' };
  const node = { ...money, kind: 'withdrawals.posted', subject: asha.userId };
  const user = { id: toGlobalId('User', asha.userId) };
  await expect
    .poll(() => read({ first: 1, ...money }))
    .toMatchObject({ data: { auditTrail: { edges: [{ node: { ...node, user, isSealed: true } }] } } });
  const { data } = (await read({ first: 1 })) as {
    data: { auditTrail: { pageInfo: { endCursor: string } } };
  };
  const { endCursor: after } = data.auditTrail.pageInfo;
  const kinds = ['withdrawals.released', 'withdrawals.requested', 'wallets.credited', 'users.registered'];
  expect(await read({ after })).toMatchObject({
    data: {
      auditTrail: { pageInfo: { hasNextPage: false }, edges: kinds.map((kind) => ({ node: { kind } })) },
    },
  });
  const { broken } = await verifyTrail(billing.db.system);
  expect(broken).toBeUndefined();
  const stranger = userCaller({ tenantId: newId(), roles: ['OPERATOR'] });
  expect(await read({}, stranger)).toMatchObject({ data: { auditTrail: { edges: [] } } });
  expect((await read({}, asha)).errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
  expect((await read({ after: 'nowhere' })).errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
});

describe('what is told of the services', () => {
  const operator = userCaller({ tenantId: newId(), roles: ['OPERATOR'] });
  const ASK = `query ($first: Int! = 20, $after: String, $kinds: [ServiceEventKind!]) {
    serviceEvents(first: $first, after: $after, kinds: $kinds) { pageInfo { hasNextPage endCursor } edges { node {
      kind service health { status failing } performance { requests errors } deployment { change version }
      fault { message kind traceId leftOut } } } } }`;
  const FOLLOW = `subscription ($after: String) { serviceEvents(after: $after) { kind cursor service fault { message } } }`;
  const failed = {
    service: 'billing',
    fault: { message: 'a resolver failed', kind: 'TypeError', traceId: 'trace-1' },
  };
  const read = (variables: object, caller: UserCaller = operator): ReturnType<TestSubgraph['ask']> =>
    billing.ask(ASK, variables, caller);

  it('is read and followed by operators, and nobody else', async () => {
    const { reporter, log } = billing.platform;
    const nodes = (answer: readonly unknown[]): object => ({ data: { serviceEvents: { edges: answer } } });
    const stream = (await billing.subgraph.subscribe({
      query: FOLLOW,
      caller: operator,
      traceId: newId(),
    })) as AsyncIterableIterator<{ data: { serviceEvents: { kind: string; cursor: string } } }>;
    reporter.start(billing.subgraph.sdl);
    await reporter.look();
    expect((await read({})).errors).toBeUndefined();
    log
      .child({ subgraph: 'billing' })
      .error({ err: new TypeError('of Asha'), traceId: 'trace-1' }, 'a resolver failed');
    await reporter.stop();
    const kinds: string[] = [];
    let fault = '';
    for await (const { data } of stream) {
      const { kind, cursor } = data.serviceEvents;
      kinds.push(kind);
      if (kind === 'ERROR') fault = cursor;
      if (kind === 'PERFORMANCE') break;
    }
    expect(kinds).toEqual(['DEPLOYMENT', 'HEALTH', 'ERROR', 'PERFORMANCE']);

    const shown = [
      { node: { kind: 'DEPLOYMENT', service: 'test', deployment: { change: 'STOPPED', version: '0.1.0' } } },
      { node: { kind: 'HEALTH', health: { status: 'DOWN', failing: [] }, fault: null } },
      { node: { kind: 'PERFORMANCE', service: 'billing' } },
      { node: { kind: 'ERROR', ...failed } },
      { node: { kind: 'HEALTH', health: { status: 'UP' } } },
      { node: { kind: 'DEPLOYMENT', deployment: { change: 'STARTED' } } },
    ];
    await expect.poll(() => read({})).toMatchObject(nodes(shown));
    expect(await read({ first: 1, kinds: ['ERROR'] })).toMatchObject(nodes([shown[3]]));
    expect(JSON.stringify(await read({}))).not.toContain('Asha');
    expect(await read({ after: fault })).toMatchObject(nodes(shown.slice(4)));
    expect(await billing.ask('{ auditTrail { edges { node { kind } } } }', {}, operator)).toMatchObject({
      data: { auditTrail: { edges: [] } },
    });

    expect((await read({}, trader)).errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    expect((await read({ after: 'nowhere' })).errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    const refused = await billing.subgraph.subscribe({ query: FOLLOW, caller: trader, traceId: newId() });
    expect(refused).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });

  it('is handed in by a process without a database', async () => {
    const handIn = billing.subgraph.routes['/operations'];
    const at = '2026-01-15T00:00:00.000Z';
    const payload = { service: 'gateway', instance: 'here:1', at, status: 'DEGRADED', failing: ['trading'] };
    const event = { topic: 'services.health.status', key: 'gateway', tenantId: null, payload };
    await handIn?.({ events: [event] });
    const health = { status: 'DEGRADED', failing: ['trading'] };
    await expect
      .poll(() => read({ first: 1 }))
      .toMatchObject({ data: { serviceEvents: { edges: [{ node: { service: 'gateway', health } }] } } });
    for (const wrong of [
      { ...event, topic: 'wallets.credited' },
      { ...event, payload: { at } },
    ]) {
      await expect(handIn?.({ events: [event, wrong] })).rejects.toThrow();
    }
    expect(await read({ kinds: ['HEALTH'], first: 2 })).toMatchObject({
      data: { serviceEvents: { edges: [{ node: { service: 'gateway' } }, { node: { service: 'test' } }] } },
    });
  });
});

it('tells the auditors of each violation once, while it stands', async () => {
  const { db, platform } = billing;
  const reconciliation = new Reconciliation(db, platform.bus, platform.log, 1);
  expect(await reconciliation.check()).toEqual([]);
  const change = (by: number): Promise<unknown> =>
    db.system.query(`UPDATE trading.account SET buying_power = buying_power + $2 WHERE user_id = $1`, [
      trader.userId,
      by,
    ]);
  await change(7);
  const [violation] = await reconciliation.check();
  expect(violation?.actual).toBe((violation?.expected ?? 0n) + 7n);
  await reconciliation.check();
  const one = {
    kind: 'CONSERVATION_VIOLATED',
    violation: 'buying power is not the available cash',
    subject: trader.userId,
    expected: String(violation?.expected),
    actual: String(violation?.actual),
  };
  expect(await told()).toEqual([one]);
  await change(-7);
  expect(await reconciliation.check()).toEqual([]);
  await change(7);
  await reconciliation.check();
  expect(await told()).toEqual([one, one]);
  await change(-7);
});
