/**
 * Orders of the graph that a broker carries out: what its door says is what is true at a stand-in that misbehaves. Time
 * passes only while a test waits, in the graph's trading, in what speaks with the broker, and at the broker alike.
 */
import { newId, toGlobalId, uuidOf } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import type { UserCaller } from '@gridworks/kit/caller';
import { publish } from '@gridworks/kit/events';
import { formatDecimal } from '@gridworks/kit/money';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
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
const MODIFY = `mutation ($input: ModifyOrderInput!) { modifyOrder(input: $input) { order { id status } refusal { code path } } }`;
const ORDER = `query ($id: ID!) { order(id: $id) { status quantity limitPrice filledQuantity cancelReason rejectReason
  history { kind } trades { price quantity } } }`;
const MINE = `query ($id: ID!) { _entities(representations: [{ __typename: "User", id: $id }]) { ... on User {
  orders(first: 100) { edges { node { clientOrderId status quantity limitPrice filledQuantity } } } } } }`;
const UNKNOWN = `{ venue { unknownOrders { order { id status } since brokerOrderId } } }`;
const RESOLVE = `mutation ($input: ResolveUnknownOrderInput!) { resolveUnknownOrder(input: $input) {
  order { status filledQuantity } refusal { code } } }`;
const SIGN_IN = `mutation ($input: SignInAtBrokerInput!) { signInAtBroker(input: $input) { venue { kind } refusal { code } } }`;
const TENANT = newId();
const OPERATOR = userCaller({ tenantId: TENANT, roles: ['TRADER', 'OPERATOR'] });
const STRANGER = userCaller({ tenantId: newId(), roles: ['OPERATOR'] });
const CREDENTIALS = { apiKey: 'key', accessToken: 'token', apiSecret: 'secret' };
/** A trading day, 10:00 in India. */
const START_MS = Date.UTC(2026, 10, 23, 4, 30);
const ROUNDS_MAX = 20_000;

interface Seen {
  readonly status: string;
  readonly quantity: number;
  readonly limitPrice: string | null;
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
let dataDir: string;
let named = 0;

function open(url?: string): Promise<TestSubgraph> {
  const { restUrl } = standIn;
  return openTestSubgraph(
    (platform) => createTrading({ ...platform, clock: () => Math.floor(time.now()) }, undefined, time),
    {
      BROKER_URL: restUrl,
      BROKER_API_KEY: 'key',
      BROKER_ACCESS_TOKEN: 'token',
      BROKER_API_SECRET: 'secret',
      GRIDWORKS_DATA: dataDir,
    },
    url,
  );
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'broker-'));
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

// One graph and one broker for all: everybody who trades is somebody else.
afterEach(() => standIn.faults.calm());

afterAll(async () => {
  await trading.close();
  await standIn.close();
  await rm(dataDir, { recursive: true });
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

async function modify(caller: UserCaller, orderId: string, wish: object): Promise<Answer> {
  const input = { orderId, ...wish };
  return (await trading.data<{ modifyOrder: Answer }>(MODIFY, { input }, caller)).modifyOrder;
}

/** How often the broker got an order. */
function arrivals(id: string): number {
  const tag = tagOf(uuidOf('Order', id) ?? '');
  return standIn.truth.orders.filter((order) => order.tag === tag).length;
}

type Listed = Pick<Seen, 'status' | 'quantity' | 'limitPrice' | 'filledQuantity'> & {
  readonly clientOrderId: string;
};

async function ordersOf(caller: UserCaller): Promise<Listed[]> {
  const { _entities } = await trading.data<{
    _entities: { orders: { edges: { node: Listed }[] } }[];
  }>(MINE, { id: toGlobalId('User', caller.userId) }, caller);
  return _entities.flatMap(({ orders }) => orders.edges.map(({ node }) => node));
}

async function buyingPower({ userId }: UserCaller): Promise<bigint> {
  await trading.platform.bus.settled();
  const { rows } = await trading.db.system.query<{ buying_power: bigint }>(
    'SELECT buying_power FROM trading.account WHERE user_id = $1',
    [userId],
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
    expect(arrivals(id)).toBe(1);
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
    expect(standIn.asked.filter((each) => each === `DELETE /orders/regular/${truth.orderId}`)).toHaveLength(
      1,
    );
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
    const open = await placed(asha);
    standIn.faults.arm('REFUSED_CONNECTION', 1_000);
    standIn.sockets.drop();
    await untilVenueIs('DISCONNECTED');
    expect((await ask(asha)).refusal?.code).toBe('VENUE_UNAVAILABLE');
    expect((await modify(asha, open, { quantity: 50 })).refusal?.code).toBe('VENUE_UNAVAILABLE');
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
    const sinceMs = time.now();
    const tell = (body: string): Promise<unknown> | undefined =>
      trading.subgraph.routes['/hooks/broker']?.(body);
    expect(await tell(text.replace(/"checksum":"../, '"checksum":"zz'))).toBe('NOT_GENUINE');
    expect(await tell(text.slice(1))).toBe('UNREADABLE');
    expect(await seen(asha, id)).toMatchObject({ status: 'OPEN', filledQuantity: 0 });
    expect([await tell(text), await tell(text)]).toEqual(['TAKEN', 'TAKEN']);
    await untilIs(asha, id, 'FILLED');
    // Long before everything would have been compared again.
    expect(time.now() - sinceMs).toBeLessThan(25_000);
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
    expect(await buyingPower(asha)).toBeLessThan(86_000_000n);
    expect(kinds(await untilIs(asha, id, 'OPEN'))).toEqual(['CREATED', 'DOUBTED', 'CONFIRMED']);
    standIn.fill(await truthOf(id), 100);
    await untilIs(asha, id, 'FILLED');
    expect(arrivals(id)).toBe(1);
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
    const missed = standIn.faults.counts.get('MISSING_ORDER') ?? 0;
    standIn.faults.arm('MISSING_ORDER', 2);
    await cancel(asha, id);
    const filled = await untilIs(asha, id, 'FILLED');
    expect(standIn.faults.counts.get('MISSING_ORDER')).toBe(missed + 2);
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

describe('what operators see to', () => {
  interface Unknown {
    readonly order: { readonly id: string; readonly status: string };
    readonly since: string;
    readonly brokerOrderId: string | null;
  }

  async function unknown(caller: UserCaller): Promise<Unknown[] | null> {
    const { venue } = await trading.data<{ venue: { unknownOrders: Unknown[] | null } }>(UNKNOWN, {}, caller);
    return venue.unknownOrders;
  }

  async function resolve(orderId: string, more: object, caller = OPERATOR): Promise<string> {
    const input = { orderId, finding: 'ABSENT', reason: 'looked at the console', ...more };
    const { resolveUnknownOrder: answer } = await trading.data<{
      resolveUnknownOrder: { order: { status: string; filledQuantity: number }; refusal: { code: string } };
    }>(RESOLVE, { input }, caller);
    return answer.refusal?.code ?? `${answer.order.status} ${answer.order.filledQuantity}`;
  }

  async function actions(kind: string): Promise<Record<string, unknown>[]> {
    const { rows } = await trading.db.system.query<{ payload: Record<string, unknown> }>(
      `SELECT payload FROM events.log WHERE topic = 'audit.admin.actions' AND payload ->> 'kind' = $1`,
      [kind],
    );
    return rows.map(({ payload }) => payload);
  }

  it('is an order that the broker has forgotten: it holds until somebody says that it is not there', async () => {
    const asha = await somebody(100);
    const id = await placed(asha, { side: 'SELL', limitPrice: '1510.00' });
    const truth = await truthOf(id);
    standIn.fill(truth, 30);
    await untilIs(asha, id, 'PARTIALLY_FILLED');
    expect(await resolve(id, {})).toBe('ORDER_CERTAIN');
    standIn.truth.forget(truth);
    const { orderId: brokerOrderId } = truth;
    await untilIs(asha, id, 'UNKNOWN');
    expect(await unknown(OPERATOR)).toEqual([
      { order: { id, status: 'UNKNOWN' }, since: expect.any(String) as string, brokerOrderId },
    ]);
    expect([await unknown(asha), await unknown(STRANGER)]).toEqual([null, []]);
    const { errors } = await trading.ask(
      RESOLVE,
      { input: { orderId: id, finding: 'ABSENT', reason: 'x' } },
      asha,
    );
    expect(errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    expect([
      await resolve(id, {}, STRANGER),
      await resolve(id, { reason: ' ' }),
      await resolve(id, { brokerOrderId }),
      await resolve(id, { finding: 'FOUND' }),
      await resolve(id, { finding: 'FOUND', brokerOrderId }),
    ]).toEqual([
      'ORDER_UNKNOWN',
      'REASON_INVALID',
      'BROKER_ORDER_ID_INVALID',
      'BROKER_ORDER_ID_INVALID',
      'BROKER_ORDER_UNKNOWN',
    ]);
    expect((await ask(asha, { side: 'SELL', quantity: 1, limitPrice: '1510.00' })).refusal?.code).toBe(
      'HOLDINGS_INSUFFICIENT',
    );
    expect([await resolve(id, {}), await resolve(id, {})]).toEqual(['CANCELLED 30', 'CANCELLED 30']);
    expect(await resolve(id, { finding: 'FOUND', brokerOrderId })).toBe('ORDER_CERTAIN');
    expect(await actions('ORDER_RESOLVED')).toEqual([
      {
        ...{ kind: 'ORDER_RESOLVED', userId: OPERATOR.userId, subjectId: uuidOf('Order', id) },
        ...{ finding: 'ABSENT', brokerOrderId, reason: 'looked at the console' },
      },
    ]);
    expect(await unknown(OPERATOR)).toEqual([]);
    await trading.platform.bus.settled([]);
    expect(await seen(asha, id)).toMatchObject({ status: 'CANCELLED', cancelReason: 'BROKER' });
    expect((await ask(asha, { side: 'SELL', quantity: 70, limitPrice: '1510.00' })).refusal).toBeNull();
  });

  it('is an order that no list of the broker has: what the broker says of its id is taken', async () => {
    const asha = await somebody();
    const [id, other] = [await placed(asha), await placed(asha)];
    const truth = await truthOf(id);
    await untilIs(asha, id, 'OPEN');
    standIn.truth.unlisted.add(truth);
    standIn.faults.arm('LOST_UPDATE');
    standIn.fill(truth, 100);
    await untilIs(asha, id, 'UNKNOWN');
    const found = { finding: 'FOUND', brokerOrderId: truth.orderId };
    expect(await resolve(id, { ...found, brokerOrderId: (await truthOf(other)).orderId })).toBe(
      'BROKER_ORDER_OTHER',
    );
    expect([await resolve(id, found), await resolve(id, found)]).toEqual(['FILLED 100', 'FILLED 100']);
    await untilPosition(asha, 100n);
    expect(await actions('ORDER_RESOLVED')).toHaveLength(2);
  });

  it('is a login that is over: orders are refused, and go on with the next one, also after a restart', async () => {
    const asha = await somebody();
    const signIn = async (requestToken: string): Promise<string | undefined> => {
      const { signInAtBroker: answer } = await trading.data<{
        signInAtBroker: { refusal: { code: string } | null };
      }>(SIGN_IN, { input: { requestToken } }, OPERATOR);
      return answer.refusal?.code;
    };
    standIn.logins.expire();
    // The first to hear of it is an order, which was not placed for certain.
    await untilIs(asha, await placed(asha), 'REJECTED');
    await untilVenueIs('LOGGED_OUT');
    expect((await ask(asha)).refusal?.code).toBe('VENUE_UNAVAILABLE');
    const requestToken = standIn.logins.request();
    const { errors } = await trading.ask(SIGN_IN, { input: { requestToken } }, asha);
    expect(errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    expect([await signIn('guessed'), await signIn('?')]).toEqual([
      'REQUEST_TOKEN_INVALID',
      'REQUEST_TOKEN_INVALID',
    ]);
    const sockets = standIn.sockets.count;
    expect(await signIn(requestToken)).toBeUndefined();
    expect(await signIn(requestToken)).toBe('REQUEST_TOKEN_INVALID');
    await untilVenueIs('CONNECTED');
    expect(standIn.sockets.count).toBe(sockets + 1);
    await trading.subgraph.stop();
    await trading.subgraph.start();
    await untilVenueIs('CONNECTED');
    const id = await placed(asha);
    standIn.fill(await truthOf(id), 100);
    await untilIs(asha, id, 'FILLED');
    expect((await stat(join(dataDir, 'broker-session.json'))).mode & 0o777).toBe(0o600);
    expect(await actions('BROKER_SIGNED_IN')).toEqual([
      { kind: 'BROKER_SIGNED_IN', userId: OPERATOR.userId, subjectId: 'AB1234' },
    ]);
    const { rows } = await trading.db.system.query(
      `SELECT FROM events.log WHERE payload::text ~ 'request-1|access-1'`,
    );
    expect(rows).toEqual([]);
  });
});

describe('a change of an order that a broker carries out', () => {
  async function opened(caller: UserCaller, more: object = {}): Promise<[string, TrueOrder]> {
    const id = await placed(caller, more);
    await untilIs(caller, id, 'OPEN');
    return [id, await truthOf(id)];
  }

  /** How often the broker was asked to change an order. */
  function changesOf({ orderId }: TrueOrder): number {
    return standIn.asked.filter((each) => each === `PUT /orders/regular/${orderId}`).length;
  }

  /** Waits until the last thing that happened to an order was this. */
  async function untilLast(caller: UserCaller, id: string, kind: string): Promise<Seen> {
    await until(async () => kinds(await seen(caller, id)).at(-1) === kind, 100);
    // The history is read after the order that it is of.
    return seen(caller, id);
  }

  it('is held for when it is wished, and made when the broker says so', async () => {
    const asha = await somebody();
    const [id, truth] = await opened(asha);
    const before = await buyingPower(asha);
    standIn.faults.arm('LOST_UPDATE');
    const wish = { quantity: 200, limitPrice: '1499.90' };
    expect(await modify(asha, id, wish)).toMatchObject({ order: { status: 'OPEN' }, refusal: null });
    // Nothing has left yet: no time has passed.
    expect(truth.quantity).toBe(100);
    expect(await buyingPower(asha)).toBeLessThan(before - 100n * 1_499_00n);
    expect(await modify(asha, id, wish)).toMatchObject({ refusal: null });
    const modified = await untilLast(asha, id, 'MODIFIED');
    expect(modified).toMatchObject({ quantity: 200, limitPrice: '1499.90' });
    expect(kinds(modified)).toEqual(['CREATED', 'CONFIRMED', 'MODIFY_REQUESTED', 'MODIFIED']);
    expect(truth).toMatchObject({ quantity: 200, price: 1_499_90n });
    expect(changesOf(truth)).toBe(1);
    expect((await modify(asha, id, { limitPrice: '1499.91' })).refusal?.code).toBe('TICK_SIZE_VIOLATED');
    standIn.fill(truth, 200);
    await untilIs(asha, id, 'FILLED');
  });

  it('is refused by the broker, or never made by its exchange, and then held for no more', async () => {
    const asha = await somebody();
    const [id, truth] = await opened(asha);
    const before = (await untilIs(asha, id, 'OPEN')).quantity;
    standIn.faults.arm('REFUSED_CHANGE');
    await modify(asha, id, { quantity: 300 });
    expect((await untilLast(asha, id, 'MODIFY_REFUSED')).quantity).toBe(before);
    standIn.faults.arm('UNMADE_CHANGE');
    await modify(asha, id, { quantity: 300 });
    expect((await untilLast(asha, id, 'MODIFY_REFUSED')).quantity).toBe(before);
    expect(truth.quantity).toBe(100);
    expect(changesOf(truth)).toBe(2);
    await cancel(asha, id);
    await untilIs(asha, id, 'CANCELLED');
  });

  it('is overtaken by a fill', async () => {
    const asha = await somebody(150);
    const [id, truth] = await opened(asha, { side: 'SELL', limitPrice: '1510.00' });
    standIn.faults.arm('LOST_UPDATE');
    standIn.fill(truth, 100);
    expect((await modify(asha, id, { quantity: 150 })).refusal).toBeNull();
    const filled = await untilIs(asha, id, 'FILLED');
    expect(filled).toMatchObject({ quantity: 100, filledQuantity: 100 });
    // The other fifty are free again.
    expect((await ask(asha, { side: 'SELL', quantity: 50, limitPrice: '1510.00' })).refusal).toBeNull();
  });

  it('is told after a trade that only the larger order can have had', async () => {
    const asha = await somebody();
    const [id, truth] = await opened(asha);
    standIn.faults.arm('LOST_UPDATE', 2);
    await modify(asha, id, { quantity: 150 });
    await until(() => truth.quantity === 150);
    // The next book is of before the change; the list of trades beside it is not.
    standIn.faults.arm('STALE_BOOK');
    standIn.fill(truth, 100);
    const part = await untilIs(asha, id, 'PARTIALLY_FILLED');
    expect(part).toMatchObject({ quantity: 150, filledQuantity: 100 });
    expect(standIn.faults.counts.get('STALE_BOOK')).toBeGreaterThan(0);
    standIn.fill(truth, 50);
    expect((await untilIs(asha, id, 'FILLED')).filledQuantity).toBe(150);
  });

  it('survives answers that are lost, late or garbled, and requests that are turned away', async () => {
    const asha = await somebody();
    const [id, truth] = await opened(asha, { quantity: 10 });
    let quantity = 10;
    for (const fault of [
      'ERROR_BEFORE',
      'ERROR_AFTER',
      'RESET_AFTER',
      'TIMED_OUT_AFTER',
      'GARBLED_ANSWER',
      'DONE_LATE',
      'TOO_MANY_REQUESTS',
    ] as const) {
      quantity += 1;
      standIn.faults.arm(fault);
      await modify(asha, id, { quantity });
      await until(async () => (await seen(asha, id)).quantity === quantity, 100);
      expect(truth.quantity).toBe(quantity);
    }
    await untilIs(asha, id, 'OPEN');
    standIn.fill(truth, quantity);
    await untilIs(asha, id, 'FILLED');
  });

  it('is asked for again by the next process, which finds that it was made', async () => {
    const asha = await somebody();
    const [id, truth] = await opened(asha);
    standIn.faults.arm('SLOW_ANSWER');
    standIn.faults.arm('LOST_UPDATE');
    await modify(asha, id, { quantity: 40 });
    await vi.waitFor(() => expect(standIn.asked).toContain(`PUT /orders/regular/${truth.orderId}`));
    await trading.subgraph.stop();
    await trading.subgraph.start();
    await until(async () => (await seen(asha, id)).quantity === 40, 100);
    expect(truth.quantity).toBe(40);
    standIn.fill(truth, 40);
    await untilIs(asha, id, 'FILLED');
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
    const ours = (): TrueOrder[] => {
      const tags = new Set([...names.values()].map((id) => tagOf(uuidOf('Order', id) ?? '')));
      return standIn.truth.orders.filter(({ tag }) => tags.has(tag));
    };
    for (let step = 0; step < STEPS; step++) {
      const dice = random.uniform();
      const living = ours().filter(({ status }) => status === 'OPEN');
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
      } else if (dice < 0.75) {
        const id = pick([...names.values()]);
        const quantity = 1 + Math.floor(random.uniform() * 30);
        const limitPrice = `1499.${10 + 5 * Math.floor(random.uniform() * 10)}`;
        if (id !== undefined) await modify(asha, id, { quantity, limitPrice });
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
    const truly = (): readonly { name: string; open: string | null; filled: number }[] =>
      [...names].map(([name, id]) => {
        const tag = tagOf(uuidOf('Order', id) ?? '');
        const its = ours().find((each) => each.tag === tag);
        const terms = its && `${its.quantity} at ${formatDecimal(its.price)}`;
        return { name, open: terms && its.status === 'OPEN' ? terms : null, filled: its?.filled ?? 0 };
      });
    const told = async (): Promise<ReturnType<typeof truly>> => {
      const all = await ordersOf(asha);
      return [...names.keys()].map((name) => {
        const its = all.filter(({ clientOrderId }) => clientOrderId.split('/')[0] === name);
        const open = its.find(({ status }) => status === 'OPEN' || status === 'PARTIALLY_FILLED');
        const isSure = its.every(({ status }) => status !== 'PENDING' && status !== 'UNKNOWN');
        const filled = its.reduce((sum, { filledQuantity }) => sum + filledQuantity, 0);
        const terms = open ? `${open.quantity} at ${open.limitPrice}` : null;
        return { name: isSure ? name : `${name}?`, open: terms, filled };
      });
    };
    const isOver = passed(300_000);
    await until(async () => isDeepStrictEqual(await told(), truly()) || isOver(), 1_000);
    expect(await told()).toEqual(truly());
    expect(new Set(standIn.truth.orders.map(({ tag }) => tag)).size).toBe(standIn.truth.orders.length);
    expect(ours().length).toBeGreaterThan(15);
    const { rows } = await trading.db.system.query(
      `SELECT FROM trading.order_event WHERE user_id = $1 AND kind = 'MODIFY_REQUESTED'`,
      [asha.userId],
    );
    expect(rows).not.toEqual([]);
    const signed = ours().map(({ side, filled }) => (side === 'BUY' ? filled : -filled));
    const net = signed.reduce((sum, filled) => sum + filled, 0);
    await untilPosition(asha, 1_000n + BigInt(net));
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
  let replaced: TestSubgraph | undefined;

  /** Another process takes over, and this one does not know. */
  async function replace(): Promise<void> {
    replaced = trading;
    trading = await open(replaced.db.url);
  }

  // And takes its turn back.
  afterEach(async () => {
    if (!replaced) return;
    await trading.close();
    [trading, replaced] = [replaced, undefined];
    await trading.subgraph.stop();
    await trading.subgraph.start();
  });

  /** Lets no order be kept as sent, and so none be sent, until the returned function is called. */
  async function hinder(): Promise<() => Promise<void>> {
    const owner = new pg.Client(trading.db.url);
    await owner.connect();
    await owner.query(
      `CREATE OR REPLACE FUNCTION trading.hinder() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`,
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
    expect(arrivals(id)).toBe(0);
    await replace();
    await free();
    standIn.fill(await truthOf(id), 100);
    await untilIs(asha, id, 'FILLED');
    await until(passed(30_000), 500);
    expect(arrivals(id)).toBe(1);
  });

  it('has it carried out once when it was sent and not answered', async () => {
    const asha = await somebody();
    const asked = standIn.asked.length;
    // As long as time stands still, nothing is answered.
    standIn.faults.arm('SLOW_ANSWER');
    const id = await placed(asha);
    await vi.waitFor(() => expect(standIn.asked.slice(asked)).toContain('POST /orders/regular'));
    await replace();
    standIn.fill(await truthOf(id), 100);
    await untilIs(asha, id, 'FILLED');
    await until(passed(60_000), 500);
    expect(arrivals(id)).toBe(1);
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
    expect([arrivals(old), arrivals(unwanted)]).toEqual([0, 0]);
  });
});
