/** The product with a broker behind it: an order there and back, in every book, and through a kill of the process. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WHOLE_BOOKS, standingViolations } from '@gridworks/kit/conservation';
import { Database } from '@gridworks/kit/db';
import { BuyDocument, HomeDocument, StatementDocument, WatchDocument } from '@gridworks/schema/operations';
import { machineTime } from '@gridworks/trading/remote/time';
import { StandIn } from '@gridworks/trading/testing/kite/stand-in';
import type { TrueOrder } from '@gridworks/trading/testing/kite/truth';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, type GraphClient } from './client.ts';
import { newTrader } from './orders.ts';
import { freePorts, freshDataDir, start, type Running } from './process.ts';

const PRICE = 1_545_00n;
const LATE_MS = 3_000;
const MODIFY = `mutation ($input: ModifyOrderInput!) { modifyOrder(input: $input) { refusal { code } } }`;
const ORDER = `query ($id: ID!) { order(id: $id) { status quantity } }`;
const POSITIONS = `{ me { positions { quantity } } }`;

const dataDir = freshDataDir();
let standIn: StandIn;
let graph: Running;
let port: number;

beforeAll(async () => {
  port = await freePorts();
  const credentials = { apiKey: 'key', accessToken: 'token', apiSecret: 'secret' };
  const listings = [{ name: 'NSE:INFY', token: 408_065, lastPrice: PRICE }];
  const postbackUrl = `http://127.0.0.1:${port}/hooks/trading/broker`;
  standIn = await StandIn.open(
    { ...credentials, seed: 'e2e', listings, heartbeatMs: 1_000, lateMs: LATE_MS, postbackUrl },
    machineTime,
  );
  graph = await startGraph();
});
afterAll(async () => {
  await graph.discard();
  await standIn.close();
});

function startGraph(): Promise<Running> {
  const env = {
    BROKER_URL: standIn.restUrl,
    BROKER_API_KEY: 'key',
    BROKER_ACCESS_TOKEN: 'token',
    BROKER_API_SECRET: 'secret',
  };
  return start('start', { dataDir, port, env });
}

async function connected(trader: GraphClient): Promise<void> {
  await eventually(
    () => trader.data<{ venue: { kind: string; connection: string } }>('{ venue { kind connection } }'),
    ({ venue }) => venue.kind === 'BROKER' && venue.connection === 'CONNECTED',
  );
}

async function buy(trader: GraphClient, clientOrderId: string): Promise<string> {
  const kind = { side: 'BUY', type: 'LIMIT', product: 'CNC', limitPrice: '1545.00' } as const;
  const input = { clientOrderId, symbol: 'INFY', quantity: 10, ...kind };
  const { placeOrder } = await trader.data(BuyDocument, { input });
  if (!placeOrder.order) throw new Error(`refused: ${JSON.stringify(placeOrder.refusal)}`);
  return placeOrder.order.id;
}

function statusIs(trader: GraphClient, id: string, status: string): Promise<unknown> {
  return eventually(
    () => trader.data<{ order: { status: string } }>(ORDER, { id }),
    ({ order }) => order.status === status,
  );
}

/** Waits until the broker and the graph have this quantity. */
function quantityIs(trader: GraphClient, truth: TrueOrder, id: string, quantity: number): Promise<unknown> {
  return eventually(
    () => trader.data<{ order: { quantity: number } }>(ORDER, { id }),
    ({ order }) => order.quantity === quantity && truth.quantity === quantity,
  );
}

function arrived(count: number): Promise<TrueOrder> {
  const last = async (): Promise<TrueOrder | undefined> => standIn.truth.orders[count - 1];
  return eventually(last, (order) => order !== undefined) as Promise<TrueOrder>;
}

it(
  'carries orders out, moves money, and loses and doubles none through a kill',
  { timeout: 240_000 },
  async () => {
    const trader = await newTrader(graph.url);
    await connected(trader);

    // A price of the broker's reaches who watches.
    const ticks = trader.stream(WatchDocument, { symbols: ['INFY'] });
    const tick = ticks.next();
    await eventually(
      async () => standIn.sockets.modes.size,
      (size) => size === 1,
    );
    const moving = setInterval(() => standIn.move('NSE:INFY', PRICE, 5n), 100);
    expect((await tick).value).toMatchObject({ data: { ticks: { price: '1545.00' } } });
    clearInterval(moving);
    await ticks.return?.();

    // Filled in two parts, of which the ticker tells nothing: postbacks do.
    const first = await buy(trader, 'first');
    const truth = await arrived(1);
    // Held for more, and for less again.
    for (const quantity of [30, 10]) {
      await trader.data(MODIFY, { input: { orderId: first, quantity } });
      await quantityIs(trader, truth, first, quantity);
    }
    standIn.faults.arm('LOST_UPDATE');
    standIn.fill(truth, 4);
    standIn.faults.arm('LOST_UPDATE');
    standIn.fill(truth, 6);
    await statusIs(trader, first, 'FILLED');
    const forged = standIn.postback(truth).replace(/"checksum":"../, '"checksum":"zz');
    const refused = await fetch(`${graph.url}/hooks/trading/broker`, { method: 'POST', body: forged });
    expect(refused.status).toBe(403);
    const { me } = await eventually(
      () => trader.data(HomeDocument, {}),
      (home) => home.me?.wallet?.held.amount === '0.00' && home.me.wallet.available.amount !== '1000000.00',
    );
    // Ten at 1,545.00, and for the delivery: STT 15, stamp duty 2.32, the exchange 0.47, SEBI 0.02, GST 0.09.
    expect(me?.wallet?.available.amount).toBe('984532.10');
    const statement = await trader.data(StatementDocument, {});
    const kinds = statement.me?.wallet?.statement.edges.map(({ node }) => node.kind);
    expect(new Set(kinds)).toEqual(new Set(['OPENING_CREDIT', 'HOLD', 'RELEASE']));
    await eventually(
      () => trader.data<{ me: { positions: { quantity: number }[] } }>(POSITIONS),
      ({ me: { positions } }) => positions[0]?.quantity === 10,
    );

    // Killed while the answers to a change and to a placement are on their way; the broker carries both out all the same.
    const changed = await buy(trader, 'changed');
    const larger = await arrived(2);
    await statusIs(trader, changed, 'OPEN');
    standIn.faults.arm('SLOW_ANSWER', 2);
    await trader.data(MODIFY, { input: { orderId: changed, quantity: 20 } });
    const second = await buy(trader, 'second');
    await eventually(
      async () => standIn.asked.filter((each) => each.startsWith('P')).length,
      (count) => count === 6,
    );
    graph.process.kill('SIGKILL');
    await new Promise((resolve) => graph.process.once('close', resolve));
    graph = await startGraph();
    await quantityIs(trader, larger, changed, 20);
    standIn.fill(larger, 20);
    await statusIs(trader, changed, 'FILLED');
    standIn.fill(await arrived(3), 10);
    await statusIs(trader, second, 'FILLED');
    await eventually(
      () => trader.data<{ me: { positions: { quantity: number }[] } }>(POSITIONS),
      ({ me: { positions } }) => positions[0]?.quantity === 40,
    );
    expect(standIn.truth.orders).toHaveLength(3);
    expect(standIn.truth.positions()).toMatchObject([{ quantity: 40 }]);

    const database = new Database(readFileSync(join(dataDir, 'postgres.url'), 'utf8'), { connections: 1 });
    expect(await standingViolations(database.system, WHOLE_BOOKS)).toEqual([]);
    await database.close();
    await trader.close();
  },
);
