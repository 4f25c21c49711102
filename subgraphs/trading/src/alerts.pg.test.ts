/** Price alerts through the door of their subgraph: made, reached, told once and in order, also over a restart. */
import type { Caller } from '@gridworks/kit/caller';
import { Database } from '@gridworks/kit/db';
import { newId, toGlobalId } from '@gridworks/kit/id';
import { createTestDatabase, openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import { MINUTE_MS } from '@gridworks/kit/time';
import type { ExecutionResult } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ALERTS_MAX } from './domain/alert.ts';
import { recordCandles } from './store/candle.ts';
import { registerInstruments } from './store/instrument.ts';
import { createTrading } from './subgraph.ts';

const CREATE = `mutation ($input: CreateAlertInput!) { createAlert(input: $input) {
  alert { id clientAlertId condition price status triggeredPrice instrument { symbol } } refusal { code path } } }`;
const CANCEL = `mutation ($input: CancelAlertInput!) { cancelAlert(input: $input) {
  alert { id status } refusal { code path } } }`;
const ALERTS = `subscription ($after: BigInt) { alerts(after: $after) { sequence alert { clientAlertId status triggeredPrice } } }`;
const LIST = `query ($of: [_Any!]!, $status: AlertStatus, $first: Int! = 10, $after: String) { _entities(representations: $of) {
  ... on User { alerts(status: $status, first: $first, after: $after) {
    edges { node { clientAlertId status } } pageInfo { hasNextPage endCursor } } } } }`;
const PLAY = `mutation ($input: PlayMarketInput!) { playMarket(input: $input) { played refusal { code } } }`;

interface Created {
  readonly alert: { readonly id: string; readonly status: string } | null;
  readonly refusal: { readonly code: string; readonly path: string[] } | null;
}
interface Told {
  readonly sequence: number;
  readonly alert: { readonly clientAlertId: string; readonly triggeredPrice: string };
}

const NORTH = newId();
const SOUTH = newId();
const OPERATOR = userCaller({ tenantId: NORTH, roles: ['OPERATOR'] });

let trading: TestSubgraph;
let asha = userCaller({ tenantId: NORTH });
let symbol = '';
let named = 0;
let playedMs = Date.parse('2026-01-20T04:00:00Z');

beforeAll(async () => {
  trading = await openTestSubgraph(createTrading);
});
afterAll(() => trading.close());

beforeEach(async () => {
  asha = userCaller({ tenantId: NORTH });
  symbol = await list(trading);
});

/** A share at 100 rupees. */
async function list(on: TestSubgraph): Promise<string> {
  named += 1;
  const name = `SHARE${named}`;
  const facts = { exchange: 'NSE', kind: 'EQUITY', isin: null, currency: 'INR', sector: null } as const;
  const prices = { tickSize: 5n, lotSize: 1n, referencePrice: 100_00n };
  await registerInstruments(on.db.system, [
    { symbol: name, name: `Share ${named} Limited`, ...facts, ...prices },
  ]);
  return name;
}

async function create(
  more: Record<string, unknown> = {},
  caller: Caller = asha,
  on = trading,
): Promise<Created> {
  named += 1;
  const input = { clientAlertId: `a-${named}`, symbol, condition: 'AT_OR_ABOVE', price: '110.00', ...more };
  return (await on.data<{ createAlert: Created }>(CREATE, { input }, caller)).createAlert;
}

async function created(more: Record<string, unknown> = {}, caller: Caller = asha): Promise<string> {
  const { alert, refusal } = await create(more, caller);
  if (!alert) throw new Error(`refused: ${JSON.stringify(refusal)}`);
  return alert.id;
}

async function cancel(alertId: string, caller: Caller = asha): Promise<Created> {
  return (await trading.data<{ cancelAlert: Created }>(CANCEL, { input: { alertId } }, caller)).cancelAlert;
}

/** The market trades at these prices, one after the other. */
async function play(prices: readonly string[], on = trading, of = symbol): Promise<void> {
  const prints = prices.map((price) => ({ at: new Date((playedMs += 1_000)), price, quantity: 1 }));
  const { playMarket } = await on.data<{ playMarket: { played: number } }>(
    PLAY,
    { input: { symbol: of, prints } },
    OPERATOR,
  );
  expect(playMarket.played).toBe(prices.length);
}

async function open(
  after: number | null,
  caller: Caller = asha,
): Promise<AsyncIterableIterator<ExecutionResult>> {
  const stream = await trading.subgraph.subscribe({
    query: ALERTS,
    variables: { after },
    caller,
    traceId: newId(),
  });
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream.errors));
  return stream;
}

async function take(stream: AsyncIterableIterator<ExecutionResult>, count: number): Promise<Told[]> {
  const taken: Told[] = [];
  while (taken.length < count) {
    const { data } = (await stream.next()).value as { data: { alerts: Told } };
    taken.push(data.alerts);
  }
  return taken;
}

async function listed(of: string, variables: object = {}, caller: Caller = asha): Promise<unknown> {
  const { _entities } = await trading.data<{ _entities: { alerts: unknown }[] }>(
    LIST,
    { of: [{ __typename: 'User', id: toGlobalId('User', of) }], ...variables },
    caller,
  );
  return _entities[0]?.alerts;
}

describe('createAlert', () => {
  it('keeps the alert, and answers a repetition with the first', async () => {
    const input = { clientAlertId: 'mine', condition: 'AT_OR_BELOW', price: '95.05' };
    const first = await create(input);
    expect(first).toMatchObject({
      alert: { ...input, status: 'ACTIVE', triggeredPrice: null, instrument: { symbol } },
      refusal: null,
    });
    expect(await create(input)).toEqual(first);
    expect(await create({ ...input, price: '95.00' })).toEqual({
      alert: null,
      refusal: { code: 'CLIENT_ALERT_ID_REUSED', path: ['input', 'clientAlertId'] },
    });
    // The name is the user's own: another user's alert of the same name is another alert.
    const gopal = userCaller({ tenantId: NORTH });
    expect((await create(input, gopal)).alert?.id).not.toBe(first.alert?.id);
  });

  it.each([
    ['INSTRUMENT_UNKNOWN', { symbol: 'NOBODY' }],
    ['INSTRUMENT_UNKNOWN', { symbol: 'no\u0000body' }],
    ['ALERT_PRICE_INVALID', { price: '-1.00' }],
    ['ALERT_PRICE_INVALID', { price: '0' }],
    ['ALERT_REACHED', { price: '100.00' }],
    ['ALERT_REACHED', { condition: 'AT_OR_BELOW', price: '100.05' }],
    ['CLIENT_ALERT_ID_INVALID', { clientAlertId: 'a b' }],
  ])('says %s and keeps nothing', async (code, more) => {
    expect(await create(more)).toMatchObject({ alert: null, refusal: { code } });
    expect(await listed(asha.userId)).toMatchObject({ edges: [] });
  });

  it('lets so many wait and not one more, also when they are made at once', async () => {
    const answers = await Promise.all(Array.from({ length: ALERTS_MAX + 5 }, () => create()));
    const refused = answers.filter(({ refusal }) => refusal);
    expect(refused.map(({ refusal }) => refusal?.code)).toEqual(Array(5).fill('ALERTS_TOO_MANY'));
    await cancel(answers.find(({ alert }) => alert)?.alert?.id ?? '');
    expect((await create()).refusal).toBeNull();
  });

  it('is for users alone', async () => {
    const variables = { input: { clientAlertId: 'a', symbol, condition: 'AT_OR_ABOVE', price: '110.00' } };
    for (const query of [CREATE, ALERTS]) {
      const request = { query, variables, caller: { kind: 'anonymous' }, traceId: newId() } as const;
      const answer =
        query === CREATE ? trading.subgraph.execute(request) : trading.subgraph.subscribe(request);
      expect(((await answer) as ExecutionResult).errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    }
  });
});

describe('a triggered alert', () => {
  it('is told once, with the price that reached it, in the order in which they were reached', async () => {
    const stream = await open(null);
    const ids = [
      await created({ clientAlertId: 'far', price: '104.00' }),
      await created({ clientAlertId: 'near', price: '101.00' }),
      await created({ clientAlertId: 'under', condition: 'AT_OR_BELOW', price: '98.00' }),
    ];
    await play(['100.95', '101.05', '100.00', '104.00', '98.05', '97.00', '104.00', '97.00']);
    expect(await take(stream, 3)).toEqual([
      { sequence: 1, alert: { clientAlertId: 'near', status: 'TRIGGERED', triggeredPrice: '101.05' } },
      { sequence: 2, alert: { clientAlertId: 'far', status: 'TRIGGERED', triggeredPrice: '104.00' } },
      { sequence: 3, alert: { clientAlertId: 'under', status: 'TRIGGERED', triggeredPrice: '97.00' } },
    ]);
    await stream.return?.();
    expect(await cancel(ids[0] ?? '')).toMatchObject({ alert: null, refusal: { code: 'ALERT_CLOSED' } });
    // It has been told of to others, too: once each.
    const { rows } = await trading.db.system.query<{ payload: object }>(
      `SELECT payload FROM events.log WHERE topic = 'alerts.triggered' AND key = $1 ORDER BY pos`,
      [asha.userId],
    );
    expect(rows.map(({ payload }) => payload)).toMatchObject([
      { symbol, condition: 'AT_OR_ABOVE', price: '10100', triggeredPrice: '10105' },
      { price: '10400', triggeredPrice: '10400' },
      { condition: 'AT_OR_BELOW', price: '9800', triggeredPrice: '9700' },
    ]);
  });

  it('is told again to who asks for what came after a sequence', async () => {
    const prices = ['101.00', '102.00', '103.00'];
    for (const price of prices) await created({ clientAlertId: `at-${price}`, price });
    const live = await open(null);
    await play(['105.00']);
    expect((await take(live, 3)).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    await live.return?.();
    const resumed = await open(1);
    expect((await take(resumed, 2)).map(({ sequence }) => sequence)).toEqual([2, 3]);
    await resumed.return?.();
  });

  it('is nobody else’s', async () => {
    const gopal = userCaller({ tenantId: NORTH });
    const lotus = userCaller({ tenantId: SOUTH });
    const id = await created();
    for (const stranger of [gopal, lotus]) {
      expect(await cancel(id, stranger)).toMatchObject({ alert: null, refusal: { code: 'ALERT_UNKNOWN' } });
      expect(await listed(asha.userId, {}, stranger)).toBeNull();
      const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Alert { price } } }`;
      const of = [{ __typename: 'Alert', id }];
      expect(await trading.data(query, { of }, stranger)).toEqual({ _entities: [null] });
      expect(await trading.data(query, { of }, asha)).toEqual({ _entities: [{ price: '110.00' }] });
    }
    expect(await listed(asha.userId, {}, OPERATOR)).toMatchObject({
      edges: [{ node: { status: 'ACTIVE' } }],
    });
    expect(await cancel('Alert:nonsense')).toMatchObject({ refusal: { code: 'ALERT_UNKNOWN' } });
    expect(await cancel(id)).toMatchObject({ alert: { status: 'CANCELLED' }, refusal: null });
  });

  it('does not come of one that was taken back', async () => {
    const stream = await open(null);
    const taken = await created({ clientAlertId: 'taken', price: '101.00' });
    await created({ clientAlertId: 'kept', price: '101.00' });
    await cancel(taken);
    await play(['102.00']);
    expect(await take(stream, 1)).toMatchObject([{ sequence: 1, alert: { clientAlertId: 'kept' } }]);
    await stream.return?.();
    expect(await listed(asha.userId, { status: 'CANCELLED' })).toMatchObject({
      edges: [{ node: { clientAlertId: 'taken' } }],
    });
  });
});

describe('User.alerts', () => {
  it('comes in pages, the latest first', async () => {
    for (const name of ['one', 'two', 'three']) await created({ clientAlertId: name });
    const first = (await listed(asha.userId, { first: 2 })) as { pageInfo: { endCursor: string } };
    expect(first).toMatchObject({
      edges: [{ node: { clientAlertId: 'three' } }, { node: { clientAlertId: 'two' } }],
      pageInfo: { hasNextPage: true },
    });
    expect(await listed(asha.userId, { first: 2, after: first.pageInfo.endCursor })).toMatchObject({
      edges: [{ node: { clientAlertId: 'one' } }],
      pageInfo: { hasNextPage: false },
    });
    const of = [{ __typename: 'User', id: toGlobalId('User', asha.userId) }];
    const { errors } = await trading.ask(LIST, { of, after: 'nonsense' }, asha);
    expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });
});

describe('over a restart', () => {
  it('alerts go on waiting, and what the market reached meanwhile is told at the start', async () => {
    const database = await createTestDatabase();
    const before = await openTestSubgraph(createTrading, {}, database.url);
    symbol = await list(before);
    for (const [clientAlertId, price] of [
      ['meanwhile', '101.00'],
      ['later', '104.00'],
    ]) {
      expect((await create({ clientAlertId, price }, asha, before)).refusal).toBeNull();
    }
    // As a process that ended before it had told: the last live minute says where the price stands.
    const start = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    const bar = { open: 100_00n, high: 102_00n, low: 100_00n, close: 102_00n, volume: 1n };
    await before.close();
    const db = new Database(database.url);
    await recordCandles(db.system, symbol, 'ONE_MINUTE', 'LIVE', [{ start, ...bar }]);
    await db.close();
    const after = await openTestSubgraph(createTrading, {}, database.url);
    const request = { query: ALERTS, variables: { after: 0 }, caller: asha, traceId: newId() };
    const stream = (await after.subgraph.subscribe(request)) as AsyncIterableIterator<ExecutionResult>;
    expect(await take(stream, 1)).toMatchObject([
      { sequence: 1, alert: { clientAlertId: 'meanwhile', triggeredPrice: '102.00' } },
    ]);
    await play(['104.00'], after);
    expect(await take(stream, 1)).toMatchObject([
      { sequence: 2, alert: { clientAlertId: 'later', triggeredPrice: '104.00' } },
    ]);
    await stream.return?.();
    await after.close();
    await database.drop();
  });
});
