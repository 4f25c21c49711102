/**
 * Orders of the graph that a broker carries out: what its door says is what is true at a stand-in that misbehaves. Time
 * passes only while a test waits, in the graph's trading, in what speaks with the broker, and at the broker alike.
 */
import { newId, toGlobalId, uuidOf } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import type { UserCaller } from '@gridworks/kit/caller';
import { publish } from '@gridworks/kit/events';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tagOf } from './domain/broker/tag.ts';
import { createRandom } from './domain/random.ts';
import { registerInstruments } from './store/instrument.ts';
import { createTrading } from './subgraph.ts';
import { FAULT_NAMES } from './testing/kite/faults.ts';
import { StandIn } from './testing/kite/stand-in.ts';
import type { TrueOrder } from './testing/kite/truth.ts';
import { ManualTime } from './testing/manual-time.ts';
import { giveShares } from './testing/shares.ts';

const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id status } refusal { code path } } }`;
const CANCEL = `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { order { id status } refusal { code } } }`;
const ORDER = `query ($id: ID!) { order(id: $id) { status filledQuantity cancelReason rejectReason
  history { kind } trades { price quantity } } }`;
const MINE = `query ($id: ID!) { _entities(representations: [{ __typename: "User", id: $id }]) { ... on User {
  orders(first: 100) { edges { node { clientOrderId status filledQuantity } } } } } }`;
const TENANT = newId();
const CREDENTIALS = { apiKey: 'key', accessToken: 'token', apiSecret: 'secret' };
/** A trading day, 10:00 in India. */
const START_MS = Date.UTC(2026, 10, 23, 4, 30);
const ROUNDS_MAX = 20_000;

interface Seen {
  readonly status: string;
  readonly filledQuantity: number;
  readonly cancelReason: string | null;
  readonly rejectReason: string | null;
  readonly history: readonly { readonly kind: string }[];
  readonly trades: readonly { readonly price: string; readonly quantity: number }[];
}

interface Answer {
  readonly order: { readonly id: string; readonly status: string } | null;
  readonly refusal: { readonly code: string; readonly path: readonly string[] } | null;
}

let time: ManualTime;
let standIn: StandIn;
let trading: TestSubgraph;
let named = 0;

function open(url?: string): Promise<TestSubgraph> {
  const { restUrl } = standIn;
  return openTestSubgraph(
    (platform) => createTrading({ ...platform, clock: () => Math.floor(time.now()) }, undefined, time),
    { BROKER_URL: restUrl, BROKER_API_KEY: 'key', BROKER_ACCESS_TOKEN: 'token', BROKER_API_SECRET: 'secret' },
    url,
  );
}

beforeEach(async () => {
  time = new ManualTime(START_MS);
  const listings = [{ name: 'NSE:INFY', token: 408_065, lastPrice: 1_500_00n }];
  standIn = await StandIn.open(
    { ...CREDENTIALS, seed: 'desk', listings, heartbeatMs: 1_000, lateMs: 15_000 },
    time,
  );
  trading = await open();
  await registerInstruments(trading.db.system, [
    {
      symbol: 'INFY',
      name: 'Infosys',
      exchange: 'NSE',
      kind: 'EQUITY',
      isin: null,
      currency: 'INR',
      sector: null,
      tickSize: 5n,
      lotSize: 1n,
      referencePrice: 1_500_00n,
    },
    {
      symbol: 'UNLISTED',
      name: 'Not at the broker',
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

afterEach(async () => {
  await trading.close();
  await standIn.close();
});

/** Lets time pass until something is so. */
async function until(condition: () => boolean | Promise<boolean>, stepMs = 50): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    if (await condition()) return;
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    time.advance(stepMs);
  }
  throw new Error(`it never came to be: ${condition.toString()}`);
}

/** Somebody with ten lakh rupees, and shares to sell. */
async function somebody(shares = 0): Promise<UserCaller> {
  const caller = userCaller({ tenantId: TENANT });
  const { userId } = caller;
  if (shares > 0) await giveShares(trading.db, caller, { symbol: 'INFY', quantity: shares });
  const payload = { userId, amount: '100000000', reason: 'OPENING_CREDIT', orderId: null } as const;
  await publish(trading.db.system, [{ topic: 'wallets.credited', key: userId, tenantId: TENANT, payload }]);
  await trading.platform.bus.settled();
  await untilVenueIs('CONNECTED');
  return caller;
}

async function untilVenueIs(connection: string): Promise<void> {
  await until(async () => {
    const { venue } = await trading.data<{ venue: { connection: string } }>('{ venue { connection } }');
    return venue.connection === connection;
  });
}

async function ask(caller: UserCaller, more: object = {}): Promise<Answer> {
  named += 1;
  const base = { clientOrderId: `c-${named}`, symbol: 'INFY', side: 'BUY', type: 'LIMIT', product: 'CNC' };
  const input = { ...base, quantity: 100, limitPrice: '1499.95', ...more };
  return (await trading.data<{ placeOrder: Answer }>(PLACE, { input }, caller)).placeOrder;
}

async function placed(caller: UserCaller, more: object = {}): Promise<string> {
  const { order, refusal } = await ask(caller, more);
  if (!order) throw new Error(`refused: ${JSON.stringify(refusal)}`);
  return order.id;
}

async function seen(caller: UserCaller, id: string): Promise<Seen> {
  return (await trading.data<{ order: Seen }>(ORDER, { id }, caller)).order;
}

async function untilIs(caller: UserCaller, id: string, status: string): Promise<Seen> {
  let order: Seen | undefined;
  await until(async () => (order = await seen(caller, id)).status === status, 100);
  return order as Seen;
}

async function truthOf(id: string): Promise<TrueOrder> {
  const tag = tagOf(uuidOf('Order', id) ?? '');
  await until(() => standIn.truth.orders.some((order) => order.tag === tag));
  return standIn.truth.orders.find((order) => order.tag === tag) as TrueOrder;
}

function cancel(caller: UserCaller, orderId: string): Promise<{ cancelOrder: Answer }> {
  return trading.data<{ cancelOrder: Answer }>(CANCEL, { input: { orderId } }, caller);
}

async function ordersOf(
  caller: UserCaller,
): Promise<{ readonly clientOrderId: string; readonly status: string; readonly filledQuantity: number }[]> {
  const { _entities } = await trading.data<{
    _entities: { orders: { edges: { node: Awaited<ReturnType<typeof ordersOf>>[number] }[] } }[];
  }>(MINE, { id: toGlobalId('User', caller.userId) }, caller);
  return _entities.flatMap(({ orders }) => orders.edges.map(({ node }) => node));
}

/** Of the only user there is. */
async function buyingPower(): Promise<bigint> {
  await trading.platform.bus.settled();
  const { rows } = await trading.db.system.query<{ buying_power: bigint }>(
    'SELECT buying_power FROM trading.account',
  );
  return rows[0]?.buying_power ?? 0n;
}

async function untilPosition({ userId }: UserCaller, quantity: bigint): Promise<void> {
  await until(async () => {
    await trading.platform.bus.settled();
    const { rows } = await trading.db.system.query<{ quantity: bigint }>(
      'SELECT quantity FROM trading.position WHERE user_id = $1',
      [userId],
    );
    return rows[0]?.quantity === quantity;
  }, 500);
}

function passed(ms: number): () => boolean {
  const untilMs = time.now() + ms;
  return () => time.now() >= untilMs;
}

function kinds({ history }: Seen): string[] {
  return history.map(({ kind }) => kind);
}

describe('an order that a broker carries out', () => {
  it('is held for, sent once it is committed, filled by what the broker says, and over', async () => {
    const asha = await somebody();
    const id = await placed(asha, { clientOrderId: 'mine' });
    const truth = await truthOf(id);
    await untilIs(asha, id, 'OPEN');
    standIn.fill(truth, 40);
    await untilIs(asha, id, 'PARTIALLY_FILLED');
    standIn.fill(truth, 60, 1_499_90n);
    const filled = await untilIs(asha, id, 'FILLED');
    expect(kinds(filled)).toEqual(['CREATED', 'CONFIRMED', 'EXECUTED', 'EXECUTED']);
    expect(filled.trades).toEqual([
      { price: '1499.95', quantity: 40 },
      { price: '1499.90', quantity: 60 },
    ]);
    const again = await ask(asha, { clientOrderId: 'mine' });
    expect(again.order?.id).toBe(id);
    expect(standIn.truth.orders).toHaveLength(1);
  });

  it('is cancelled when the broker says so, and not before', async () => {
    const asha = await somebody(100);
    const id = await placed(asha, { side: 'SELL', limitPrice: '1510.00' });
    const truth = await truthOf(id);
    await untilIs(asha, id, 'OPEN');
    standIn.fill(truth, 10);
    await untilIs(asha, id, 'PARTIALLY_FILLED');
    standIn.faults.arm('LOST_UPDATE');
    const { cancelOrder } = await cancel(asha, id);
    expect(cancelOrder).toMatchObject({ order: { status: 'PARTIALLY_FILLED' }, refusal: null });
    expect((await cancel(asha, id)).cancelOrder.refusal).toBeNull();
    const cancelled = await untilIs(asha, id, 'CANCELLED');
    expect(cancelled).toMatchObject({ cancelReason: 'USER', filledQuantity: 10 });
    expect(kinds(cancelled)).toEqual(['CREATED', 'CONFIRMED', 'EXECUTED', 'CANCEL_REQUESTED', 'CANCELLED']);
    expect((await cancel(asha, id)).cancelOrder.refusal?.code).toBe('ORDER_CLOSED');
    expect(standIn.asked.filter((each) => each.startsWith('DELETE'))).toHaveLength(1);
    // Ninety shares are free again.
    expect((await ask(asha, { side: 'SELL', quantity: 91 })).refusal?.code).toBe('HOLDINGS_INSUFFICIENT');
  });

  it('is rejected with a reason from a closed list, by the broker at once or by its exchange later', async () => {
    const asha = await somebody();
    const later = await placed(asha);
    standIn.reject(await truthOf(later), 'Rejected: 16283 : The order price breaches the circuit limit.');
    expect(await untilIs(asha, later, 'REJECTED')).toMatchObject({ rejectReason: 'PRICE_OUT_OF_BAND' });
    const unlisted = await placed(asha, { symbol: 'UNLISTED', limitPrice: '100.00' });
    const refused = await untilIs(asha, unlisted, 'REJECTED');
    expect(refused.rejectReason).toBe('OTHER');
    expect(kinds(refused)).toEqual(['CREATED', 'REJECTED']);
  });

  it('is refused where no broker does what it asks for, and where the broker cannot be reached', async () => {
    const asha = await somebody();
    const refusals = await Promise.all(
      [
        { validity: 'GTC' },
        { displayQuantity: 50 },
        { postOnly: true },
        { selfTradePrevention: 'CANCEL_BOTH' },
      ].map((more) => ask(asha, more)),
    );
    expect(refusals.map(({ refusal }) => [refusal?.code, refusal?.path])).toEqual([
      ['VENUE_UNSUPPORTED', ['input', 'validity']],
      ['VENUE_UNSUPPORTED', ['input', 'displayQuantity']],
      ['VENUE_UNSUPPORTED', ['input', 'postOnly']],
      ['VENUE_UNSUPPORTED', ['input', 'selfTradePrevention']],
    ]);
    standIn.faults.arm('REFUSED_CONNECTION', 1_000);
    standIn.sockets.drop();
    await untilVenueIs('DISCONNECTED');
    expect((await ask(asha)).refusal?.code).toBe('VENUE_UNAVAILABLE');
  });
});

describe('an order about which the broker is wrong, silent or late', () => {
  it('survives updates that are lost, doubled, held back or garbled, and requests that are turned away', async () => {
    const asha = await somebody();
    const faults = [
      'LOST_UPDATE',
      'DOUBLED_UPDATE',
      'HELD_UPDATE',
      'GARBLED_FRAME',
      'TOO_MANY_REQUESTS',
    ] as const;
    for (const fault of faults) {
      standIn.faults.arm(fault);
      const id = await placed(asha);
      const truth = await truthOf(id);
      standIn.faults.arm(fault, 2);
      standIn.fill(truth, 40);
      standIn.fill(truth, 60);
      expect((await untilIs(asha, id, 'FILLED')).trades.map(({ quantity }) => quantity)).toEqual([40, 60]);
      expect(standIn.faults.counts.get(fault)).toBeGreaterThan(0);
    }
    await untilPosition(asha, 500n);
  });

  it('is told of by postbacks that are genuine, and by no others', async () => {
    const asha = await somebody();
    const id = await placed(asha);
    await untilIs(asha, id, 'OPEN');
    standIn.faults.arm('LOST_UPDATE');
    standIn.fill(await truthOf(id), 100);
    const text = standIn.postback(await truthOf(id));
    const tell = (body: string): Promise<unknown> | undefined =>
      trading.subgraph.routes['/hooks/broker']?.(body);
    expect(await tell(text.replace(/"checksum":"../, '"checksum":"zz'))).toBe('NOT_GENUINE');
    expect(await tell(text.slice(1))).toBe('UNREADABLE');
    expect(await seen(asha, id)).toMatchObject({ status: 'OPEN', filledQuantity: 0 });
    expect([await tell(text), await tell(text)]).toEqual(['TAKEN', 'TAKEN']);
    await untilIs(asha, id, 'FILLED');
    // Long before everything would have been compared again.
    expect(time.now() - START_MS).toBeLessThan(25_000);
  });

  it('survives SILENT_SOCKET', async () => {
    const asha = await somebody();
    const id = await placed(asha);
    await untilIs(asha, id, 'OPEN');
    standIn.sockets.silence();
    standIn.fill(await truthOf(id), 100);
    await untilIs(asha, id, 'FILLED');
  });

  it('is UNKNOWN when a placement is not answered, goes on holding, and is found', async () => {
    const asha = await somebody();
    standIn.faults.arm('ERROR_AFTER');
    standIn.faults.arm('LOST_UPDATE');
    const id = await placed(asha);
    await untilIs(asha, id, 'UNKNOWN');
    expect(await buyingPower()).toBeLessThan(86_000_000n);
    expect(kinds(await untilIs(asha, id, 'OPEN'))).toEqual(['CREATED', 'DOUBTED', 'CONFIRMED']);
    standIn.fill(await truthOf(id), 100);
    await untilIs(asha, id, 'FILLED');
    expect(standIn.truth.orders).toHaveLength(1);
  });

  it('is told to have failed, and its hold given back, only when it was missing for long enough', async () => {
    const asha = await somebody();
    standIn.faults.arm('ERROR_BEFORE');
    const id = await placed(asha);
    await untilIs(asha, id, 'UNKNOWN');
    const sinceMs = time.now();
    expect(await untilIs(asha, id, 'REJECTED')).toMatchObject({ rejectReason: 'NOT_PLACED' });
    expect(time.now() - sinceMs).toBeGreaterThan(50_000);
  });

  it('is filled when it was, though the broker says "not found" to its cancellation', async () => {
    const asha = await somebody();
    const id = await placed(asha);
    await untilIs(asha, id, 'OPEN');
    standIn.faults.arm('LOST_UPDATE');
    standIn.fill(await truthOf(id), 100);
    standIn.faults.arm('MISSING_ORDER', 2);
    await cancel(asha, id);
    const filled = await untilIs(asha, id, 'FILLED');
    expect(standIn.faults.counts.get('MISSING_ORDER')).toBe(2);
    expect(kinds(filled)).not.toContain('CANCELLED');
  });

  it('is asked to be cancelled again when nobody knows whether it was', async () => {
    const asha = await somebody();
    const id = await placed(asha);
    await untilIs(asha, id, 'OPEN');
    standIn.faults.arm('ERROR_BEFORE');
    await cancel(asha, id);
    await untilIs(asha, id, 'CANCELLED');
    expect(kinds(await seen(asha, id))).toEqual([
      'CREATED',
      'CONFIRMED',
      'CANCEL_REQUESTED',
      'DOUBTED',
      'CONFIRMED',
      'CANCELLED',
    ]);
  });

  it('counts what traded after its end, as an order of its own', async () => {
    const asha = await somebody();
    const id = await placed(asha, { clientOrderId: 'late' });
    await untilIs(asha, id, 'OPEN');
    standIn.faults.arm('LATE_FILL');
    await cancel(asha, id);
    await untilIs(asha, id, 'CANCELLED');
    const late = async (): Promise<unknown> =>
      (await ordersOf(asha)).find(({ clientOrderId }) => clientOrderId === 'late/late-1');
    await until(async () => (await late()) !== undefined, 100);
    const { filled } = await truthOf(id);
    expect(await late()).toMatchObject({ status: 'FILLED', filledQuantity: filled });
    await untilPosition(asha, BigInt(filled));
  });

  it('waits with what is not covered until it is', async () => {
    const asha = await somebody(100);
    const sale = { side: 'SELL', limitPrice: '1510.00' };
    const id = await placed(asha, sale);
    const truth = await truthOf(id);
    await cancel(asha, id);
    await untilIs(asha, id, 'CANCELLED');
    // All that is there is promised to another order by now.
    const other = await placed(asha, sale);
    await untilIs(asha, other, 'OPEN');
    standIn.fill(truth, 100);
    await until(passed(40_000), 500);
    expect(await ordersOf(asha)).toHaveLength(2);
    await cancel(asha, other);
    await untilIs(asha, other, 'CANCELLED');
    await untilPosition(asha, 0n);
    expect(await ordersOf(asha)).toHaveLength(3);
  });
});

describe('orders at a broker that does everything wrong at once', () => {
  const STEPS = 120;

  it('are what is true there in the end, also over a restart: none lost, none doubled, each trade counted once', async () => {
    const asha = await somebody(1_000);
    const random = createRandom('everything');
    const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(random.uniform() * all.length)];
    const rare = ['SILENT_SOCKET', 'DROPPED_CONNECTION', 'REFUSED_CONNECTION', 'HUNG_UP'];
    standIn.faults.setRates(
      Object.fromEntries(FAULT_NAMES.map((name) => [name, rare.includes(name) ? 0.01 : 0.06])),
    );
    const names = new Map<string, string>();
    for (let step = 0; step < STEPS; step++) {
      const dice = random.uniform();
      const living = standIn.truth.orders.filter(({ status }) => status === 'OPEN');
      const order = pick(living);
      if (dice < 0.4) {
        await untilVenueIs('CONNECTED');
        const side = random.uniform() < 0.5 ? 'BUY' : 'SELL';
        const quantity = 1 + Math.floor(random.uniform() * 20);
        const answer = await ask(asha, { clientOrderId: `s-${step}`, side, quantity });
        if (answer.order) names.set(`s-${step}`, answer.order.id);
      } else if (dice < 0.55) {
        const id = pick([...names.values()]);
        if (id !== undefined) await cancel(asha, id);
      } else if (order) {
        standIn.fill(order, 1 + Math.floor(random.uniform() * (order.quantity - order.filled)));
      }
      await until(passed(Math.floor(random.uniform() * 800)), 100);
      if (step !== STEPS / 2) continue;
      await trading.subgraph.stop();
      await trading.subgraph.start();
    }
    standIn.faults.calm();
    // What the broker does late is done by then.
    await until(passed(20_000), 100);
    const truly = (): readonly { name: string; isOpen: boolean; filled: number }[] =>
      [...names].map(([name, id]) => {
        const tag = tagOf(uuidOf('Order', id) ?? '');
        const its = standIn.truth.orders.find((each) => each.tag === tag);
        return { name, isOpen: its?.status === 'OPEN', filled: its?.filled ?? 0 };
      });
    const told = async (): Promise<ReturnType<typeof truly>> => {
      const all = await ordersOf(asha);
      return [...names.keys()].map((name) => {
        const its = all.filter(({ clientOrderId }) => clientOrderId.split('/')[0] === name);
        const open = its.some(({ status }) => status === 'OPEN' || status === 'PARTIALLY_FILLED');
        const isSure = its.every(({ status }) => status !== 'PENDING' && status !== 'UNKNOWN');
        const filled = its.reduce((sum, { filledQuantity }) => sum + filledQuantity, 0);
        return { name: isSure ? name : `${name}?`, isOpen: open, filled };
      });
    };
    const isOver = passed(300_000);
    await until(async () => isDeepStrictEqual(await told(), truly()) || isOver(), 1_000);
    expect(await told()).toEqual(truly());
    expect(new Set(standIn.truth.orders.map(({ tag }) => tag)).size).toBe(standIn.truth.orders.length);
    expect(standIn.truth.orders.length).toBeGreaterThan(15);
    const [net] = standIn.truth.positions();
    await untilPosition(asha, 1_000n + BigInt(net?.quantity ?? 0));
  });
});

describe('the market', () => {
  it('is what the ticker of the broker shows: price, volume, depth', async () => {
    await untilVenueIs('CONNECTED');
    await trading.subgraph.stop();
    await trading.subgraph.start();
    await until(() => standIn.sockets.modes.get(408_065) === 'FULL');
    const query = `subscription { ticks(symbols: ["INFY"], mode: FULL) { price quantity volume previousClose
      depth { bids { price } } } }`;
    const ticks = await trading.subgraph.subscribe({
      query,
      caller: userCaller({ tenantId: TENANT }),
      traceId: newId(),
    });
    const stream = ticks as AsyncIterableIterator<{ data: { ticks: object } }>;
    standIn.move('NSE:INFY', 1_501_00n, 25n);
    await stream.next();
    standIn.move('NSE:INFY', 1_502_00n, 5n);
    expect((await stream.next()).value).toMatchObject({
      data: {
        ticks: {
          ...{ price: '1502.00', quantity: 5, volume: 30, previousClose: '1500.00' },
          depth: { bids: [{ price: '1501.95' }, {}, {}, {}, {}] },
        },
      },
    });
    await stream.return?.();
    const { instrument } = await trading.data<{ instrument: object }>(
      `{ instrument(symbol: "INFY") { lastPrice quote { high } depth { asks { price } } priceBand { upper } } }`,
    );
    expect(instrument).toMatchObject({
      ...{ lastPrice: '1502.00', quote: { high: '1502.00' } },
      ...{ depth: { asks: { length: 5 } }, priceBand: { upper: '1650.00' } },
    });
  });
});

describe("a process that ends between the commit and the broker's answer", () => {
  /** Lets no order be kept as sent, and so none be sent, until the returned function is called. */
  async function hinder(): Promise<() => Promise<void>> {
    const owner = new pg.Client(trading.db.url);
    await owner.connect();
    await owner.query(
      `CREATE FUNCTION trading.hinder() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`,
    );
    await owner.query(
      `CREATE TRIGGER hinder BEFORE INSERT ON trading.broker_order EXECUTE FUNCTION trading.hinder()`,
    );
    return async () => {
      await owner.query(`DROP TRIGGER hinder ON trading.broker_order`);
      await owner.end();
    };
  }

  it('has it carried out once when it was not sent yet, also beside a process that does not know it was replaced', async () => {
    const asha = await somebody();
    const free = await hinder();
    const id = await placed(asha);
    await until(passed(6_000));
    expect(standIn.truth.orders).toEqual([]);
    const replaced = trading;
    trading = await open(replaced.db.url);
    await free();
    standIn.fill(await truthOf(id), 100);
    await untilIs(asha, id, 'FILLED');
    await until(passed(30_000), 500);
    expect(standIn.truth.orders).toHaveLength(1);
    await replaced.close();
  });

  it('has it carried out once when it was sent and not answered', async () => {
    const asha = await somebody();
    // As long as time stands still, nothing is answered.
    standIn.faults.arm('SLOW_ANSWER');
    const id = await placed(asha);
    await vi.waitFor(() => expect(standIn.asked).toContain('POST /orders/regular'));
    const replaced = trading;
    trading = await open(replaced.db.url);
    standIn.fill(await truthOf(id), 100);
    await untilIs(asha, id, 'FILLED');
    await until(passed(60_000), 500);
    expect(standIn.truth.orders).toHaveLength(1);
    await replaced.close();
  });

  it('does not send an order that has grown old, and says so', async () => {
    const asha = await somebody();
    const free = await hinder();
    const [old, unwanted] = [await placed(asha), await placed(asha)];
    await cancel(asha, unwanted);
    expect(await untilIs(asha, unwanted, 'CANCELLED')).toMatchObject({ cancelReason: 'USER' });
    expect(await untilIs(asha, old, 'REJECTED')).toMatchObject({ rejectReason: 'NOT_PLACED' });
    await free();
    await until(passed(30_000), 500);
    expect(standIn.truth.orders).toEqual([]);
  });
});
