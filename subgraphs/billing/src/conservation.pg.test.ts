/** The check that stands behind every other test: it finds what is planted, and nothing that is merely on its way. */
import { BALANCES, WHOLE_BOOKS, conservedSums, lookForViolations } from '@gridworks/kit/conservation';
import type { UserCaller } from '@gridworks/kit/caller';
import { publish } from '@gridworks/kit/events';
import { newId } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import { registerInstruments } from '@gridworks/trading/store/instrument';
import { createTrading } from '@gridworks/trading/subgraph';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Reconciliation } from './reconciliation.ts';
import { createBilling } from './subgraph.ts';

const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { status } refusal { code } } }`;
const PLAY = `mutation ($input: PlayMarketInput!) { playMarket(input: $input) { played refusal { code } } }`;
const OPERATOR = userCaller({ tenantId: newId(), roles: ['OPERATOR'] });

let trading: TestSubgraph;
let billing: TestSubgraph;
let trader: UserCaller;
let named = 0;

beforeAll(async () => {
  trading = await openTestSubgraph(createTrading);
  billing = await openTestSubgraph(createBilling, { GRIDWORKS_OPENING_CREDIT: '100000.00' }, trading.db.url);
  await registerInstruments(trading.db.system, [
    {
      symbol: 'SHARE',
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
async function foundAfter(sql: string): Promise<string[]> {
  const tx = await trading.db.system.connect();
  try {
    await tx.query('BEGIN');
    const { rowCount } = await tx.query(sql, [trader.userId]);
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
  await billing.platform.bus.settled();
  expect(await onTheWay()).not.toBe(0n);
  expect(await look()).toEqual([]);

  await trading.platform.bus.start();
  await settled();
  expect(await onTheWay()).toBe(0n);
});

it.each([
  [
    'buying power is not the available cash',
    `UPDATE trading.account SET buying_power = buying_power + 1 WHERE user_id = $1`,
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
