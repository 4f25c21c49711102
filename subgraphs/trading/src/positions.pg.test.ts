import { readConfig } from '@gridworks/kit/config';
import { Database } from '@gridworks/kit/db';
import { publish, type NewEvent, type Reaction } from '@gridworks/kit/events';
import { deadLetters } from '@gridworks/kit/events/dead-letter';
import { rebuild } from '@gridworks/kit/events/replay';
import { newId } from '@gridworks/kit/id';
import { createPlatform, type Platform } from '@gridworks/kit/subgraph';
import { createTestDatabase, type TestDatabase } from '@gridworks/kit/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NOTHING, applyFill, type Holding } from './domain/position.ts';
import { reactions } from './events.ts';

const NORTH = newId();

const projection = reactions.find(({ consumer }) => consumer === 'trading.positions') as Reaction;

// The projection by itself: the executions it hears of are of no exchange.
let database: TestDatabase;
let trading: Platform;
beforeAll(async () => {
  database = await createTestDatabase();
  trading = createPlatform(readConfig({ LOG_LEVEL: 'silent' }), new Database(database.url), 'test');
  trading.bus.on(projection);
  await trading.bus.start();
});
afterAll(async () => {
  await trading.bus.stop();
  await trading.db.close();
  await database.drop();
});

interface Fill {
  readonly userId: string;
  readonly symbol: string;
  readonly product: 'CNC' | 'MIS';
  readonly side: 'BUY' | 'SELL';
  readonly price: bigint;
  readonly quantity: bigint;
}

function executed({ price, quantity, ...rest }: Fill): NewEvent {
  const key = newId();
  const value = (price * quantity).toString();
  const payload = {
    ...rest,
    orderId: key,
    exchange: 'NSE',
    tradeId: newId(),
    price: price.toString(),
    quantity: Number(quantity),
    value,
    final: true,
    orderValue: value,
    orderQuantity: Number(quantity),
  } as const;
  return { topic: 'orders.executed', key, tenantId: NORTH, payload };
}

/** What positions must come to, fill by fill; fills that sell more than there is for delivery are left out. */
function expected(fills: readonly Fill[]): Map<string, Holding> {
  const holdings = new Map<string, Holding>();
  for (const { userId, symbol, product, side, price, quantity } of fills) {
    const name = `${userId} ${symbol} ${product}`;
    const before = holdings.get(name) ?? NOTHING;
    if (product === 'CNC' && side === 'SELL' && quantity > before.quantity) continue;
    holdings.set(name, applyFill(before, side, price, quantity));
  }
  return holdings;
}

async function positions(): Promise<(Holding & { readonly name: string; readonly id: string })[]> {
  const { rows } = await trading.db.system.query<Holding & { name: string; id: string }>(
    `SELECT concat_ws(' ', user_id, symbol, product) AS name, id, quantity, cost, realised FROM trading.position ORDER BY 1`,
  );
  return rows;
}

async function updates(): Promise<bigint> {
  const { rows } = await trading.db.system.query<{ count: bigint }>(
    `SELECT count(*) FROM events.log WHERE topic = 'positions.updated'`,
  );
  return rows[0]?.count ?? -1n;
}

it('positions come of executions in batches of any size, and dropped they are built again as they were', async () => {
  const users = [newId(), newId(), newId()];
  const fill = fc.record<Fill>({
    userId: fc.constantFrom(...users),
    symbol: fc.constantFrom('RELIANCE', 'TCS'),
    product: fc.constantFrom('CNC', 'MIS'),
    side: fc.constantFrom('BUY', 'BUY', 'SELL'),
    price: fc.bigInt(1n, 10_000n),
    quantity: fc.bigInt(1n, 50n),
  });
  // Few of them: each that sells too much is tried several times before it is put aside.
  const fills = fc
    .sample(fc.array(fill, { minLength: 30, maxLength: 30 }), { numRuns: 5, seed: 2026 })
    .flat();
  for (let from = 0, size = 1; from < fills.length; from += size, size *= 2) {
    await publish(trading.db.system, fills.slice(from, from + size).map(executed));
    await trading.bus.settled();
  }
  const before = await positions();
  expect(
    new Map(before.map(({ name, quantity, cost, realised }) => [name, { quantity, cost, realised }])),
  ).toEqual(expected(fills));
  const said = await updates();
  expect(said).toBeGreaterThan(0n);
  const aside = await deadLetters(trading.db.system, projection.consumer);
  expect(aside.length).toBeGreaterThan(0);

  await trading.db.system.query(`UPDATE trading.position SET quantity = quantity + 1`);
  await rebuild(trading.db, projection);
  await trading.bus.settled();
  expect(await positions()).toEqual(before);
  expect(await updates()).toBe(said);
  expect(await deadLetters(trading.db.system, projection.consumer)).toEqual(aside);
});
