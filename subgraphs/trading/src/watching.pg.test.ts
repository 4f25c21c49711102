/** What a trader's screen keeps an eye on: watchlists, an order book as it changes, positions as they do. */
import type { Caller, UserCaller } from '@gridworks/kit/caller';
import { publish } from '@gridworks/kit/events';
import { newId, toGlobalId } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import type { ExecutionResult } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WATCHLISTS_MAX } from './domain/watchlist.ts';
import { registerInstruments } from './store/instrument.ts';
import { createTrading } from './subgraph.ts';
import { giveShares } from './testing/shares.ts';

const SAVE = `mutation ($input: SaveWatchlistInput!) { saveWatchlist(input: $input) {
  watchlist { id name instruments { symbol } } refusal { code path } } }`;
const DELETE = `mutation ($input: DeleteWatchlistInput!) { deleteWatchlist(input: $input) {
  watchlist { name } refusal { code path } } }`;
const LISTS = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { watchlists { name instruments { symbol } } } } }`;
const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } refusal { code } } }`;
const DEPTH = `subscription ($symbol: String!) { depth(symbol: $symbol) { sequence conflated instrument { symbol }
  depth { bids { price quantity orders } asks { price quantity orders } } } }`;
const POSITIONS = `subscription { positionUpdates { position { quantity averagePrice instrument { symbol } } } }`;

interface Saved {
  readonly watchlist: { readonly id: string; readonly name: string } | null;
  readonly refusal: { readonly code: string; readonly path: string[] } | null;
}

const NORTH = newId();
const SOUTH = newId();
const OPERATOR = userCaller({ tenantId: NORTH, roles: ['OPERATOR'] });
let trading: TestSubgraph;
let asha: UserCaller;

beforeAll(async () => {
  trading = await openTestSubgraph(createTrading);
  const facts = { exchange: 'NSE', kind: 'EQUITY', isin: null, currency: 'INR', sector: null } as const;
  const prices = { tickSize: 5n, lotSize: 1n, referencePrice: 100_00n };
  await registerInstruments(
    trading.db.system,
    ['ONE', 'TWO', 'THREE'].map((symbol) => ({ symbol, name: `${symbol} Limited`, ...facts, ...prices })),
  );
});
afterAll(() => trading.close());

beforeEach(async () => {
  asha = await somebody();
});

/** With 10,000 rupees, and units of TWO that cost 90 each. */
async function somebody(units = 0): Promise<UserCaller> {
  const caller = userCaller({ tenantId: NORTH });
  const { userId, tenantId } = caller;
  if (units > 0) {
    await giveShares(trading.db, caller, { symbol: 'TWO', quantity: units });
  }
  const payload = { userId, amount: '1000000', reason: 'OPENING_CREDIT', orderId: null } as const;
  await publish(trading.db.system, [{ topic: 'wallets.credited', key: userId, tenantId, payload }]);
  await trading.platform.bus.settled();
  return caller;
}

async function save(input: object, caller: Caller = asha): Promise<Saved> {
  return (await trading.data<{ saveWatchlist: Saved }>(SAVE, { input }, caller)).saveWatchlist;
}

async function drop(id: string, caller: Caller = asha): Promise<Saved> {
  return (await trading.data<{ deleteWatchlist: Saved }>(DELETE, { input: { id } }, caller)).deleteWatchlist;
}

async function listsOf({ userId }: UserCaller, caller: Caller): Promise<unknown> {
  const of = [{ __typename: 'User', id: toGlobalId('User', userId) }];
  const { _entities } = await trading.data<{ _entities: { watchlists: unknown }[] }>(LISTS, { of }, caller);
  return _entities[0]?.watchlists;
}

async function open(
  query: string,
  variables: object,
  caller: Caller,
): Promise<AsyncIterableIterator<ExecutionResult>> {
  const request = { query, variables: { ...variables }, caller, traceId: newId() };
  const stream = await trading.subgraph.subscribe(request);
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream.errors));
  return stream;
}

async function next(stream: AsyncIterableIterator<ExecutionResult>): Promise<unknown> {
  const { data, errors } = (await stream.next()).value as ExecutionResult;
  expect(errors).toBeUndefined();
  return Object.values(data ?? {})[0];
}

let named = 0;
async function place(caller: UserCaller, symbol: string, side: string, quantity: number): Promise<void> {
  named += 1;
  const terms = { type: 'LIMIT', product: 'CNC', limitPrice: '100.00' };
  const input = { clientOrderId: `o-${named}`, symbol, side, quantity, ...terms };
  const { placeOrder } = await trading.data<{ placeOrder: { refusal: unknown } }>(PLACE, { input }, caller);
  expect(placeOrder.refusal).toBeNull();
}

describe('watchlists', () => {
  it('are made, changed by name or id, and dropped', async () => {
    const { watchlist } = await save({ name: ' Mine ', symbols: ['TWO', 'ONE', 'TWO'] });
    expect(watchlist).toMatchObject({ name: 'Mine', instruments: [{ symbol: 'TWO' }, { symbol: 'ONE' }] });
    expect((await save({ name: 'Mine', symbols: ['THREE'] })).watchlist?.id).toBe(watchlist?.id);
    expect((await save({ id: watchlist?.id, name: 'Ours', symbols: ['THREE'] })).watchlist).toMatchObject({
      id: watchlist?.id,
      name: 'Ours',
    });
    await save({ name: 'Empty', symbols: [] });
    expect(await listsOf(asha, asha)).toEqual([
      { name: 'Empty', instruments: [] },
      { name: 'Ours', instruments: [{ symbol: 'THREE' }] },
    ]);
    expect(await drop(watchlist?.id ?? '')).toMatchObject({ watchlist: { name: 'Ours' }, refusal: null });
    expect(await drop(watchlist?.id ?? '')).toMatchObject({ refusal: { code: 'WATCHLIST_UNKNOWN' } });
    expect(await listsOf(asha, asha)).toHaveLength(1);
  });

  it.each([
    ['INSTRUMENT_UNKNOWN', { name: 'x', symbols: ['ONE', 'NOBODY'] }, 'symbols'],
    ['WATCHLIST_NAME_INVALID', { name: ' ', symbols: [] }, 'name'],
    ['WATCHLIST_UNKNOWN', { id: 'Watchlist:x', name: 'x', symbols: [] }, 'id'],
    ['WATCHLIST_TOO_LONG', { name: 'x', symbols: Array.from({ length: 51 }, (_, i) => `S${i}`) }, 'symbols'],
  ])('say %s and keep nothing', async (code, input, field) => {
    expect(await save(input)).toEqual({ watchlist: null, refusal: { code, path: ['input', field] } });
    expect(await listsOf(asha, asha)).toEqual([]);
  });

  it('are so many and not one more, also when they are made at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: WATCHLISTS_MAX + 3 }, (_, index) => save({ name: `List ${index}`, symbols: [] })),
    );
    expect(answers.flatMap(({ refusal }) => refusal?.code ?? [])).toEqual(
      Array(3).fill('WATCHLISTS_TOO_MANY'),
    );
  });

  it('are their owner’s: others neither see nor change them', async () => {
    const { watchlist } = await save({ name: 'Mine', symbols: ['ONE'] });
    const id = watchlist?.id ?? '';
    for (const stranger of [userCaller({ tenantId: NORTH }), userCaller({ tenantId: SOUTH })]) {
      expect(await listsOf(asha, stranger)).toBeNull();
      expect(await save({ id, name: 'Theirs', symbols: [] }, stranger)).toMatchObject({
        refusal: { code: 'WATCHLIST_UNKNOWN' },
      });
      expect(await drop(id, stranger)).toMatchObject({ refusal: { code: 'WATCHLIST_UNKNOWN' } });
      const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Watchlist { name } } }`;
      const of = [{ __typename: 'Watchlist', id }];
      expect(await trading.data(query, { of }, stranger)).toEqual({ _entities: [null] });
      expect(await trading.data(query, { of }, asha)).toEqual({ _entities: [{ name: 'Mine' }] });
    }
    expect(await listsOf(asha, OPERATOR)).toMatchObject([{ name: 'Mine' }]);
  });
});

describe('depth', () => {
  it('tells the order book whenever it changes, to anybody', async () => {
    const stream = await open(DEPTH, { symbol: 'ONE' }, { kind: 'anonymous' });
    const first = next(stream);
    await place(asha, 'ONE', 'BUY', 3);
    expect(await first).toMatchObject({
      instrument: { symbol: 'ONE' },
      conflated: 0,
      depth: { bids: [{ price: '100.00', quantity: 3, orders: 1 }], asks: [] },
    });
    const second = next(stream);
    await place(await somebody(), 'ONE', 'BUY', 4);
    expect(await second).toMatchObject({ depth: { bids: [{ price: '100.00', quantity: 7, orders: 2 }] } });
    await stream.return?.();
  });

  it('knows its instruments', async () => {
    await expect(open(DEPTH, { symbol: 'NOBODY' }, asha)).rejects.toThrow('BAD_USER_INPUT');
  });
});

describe('positionUpdates', () => {
  it('tells each position as it stands, then each that trades', async () => {
    const seller = await somebody(10);
    const [bought, sold] = [await open(POSITIONS, {}, asha), await open(POSITIONS, {}, seller)];
    const stands = { quantity: 10, averagePrice: '90.00', instrument: { symbol: 'TWO' } };
    expect(await next(sold)).toEqual({ position: stands });
    const changes = [next(bought), next(sold)];
    await place(seller, 'TWO', 'SELL', 4);
    await place(asha, 'TWO', 'BUY', 4);
    expect(await Promise.all(changes)).toMatchObject([
      { position: { quantity: 4, averagePrice: '100.00' } },
      { position: { quantity: 6, averagePrice: '90.00' } },
    ]);
    await Promise.all([bought.return?.(), sold.return?.()]);
  });

  it('is for users alone', async () => {
    await expect(open(POSITIONS, {}, { kind: 'anonymous' })).rejects.toThrow('UNAUTHENTICATED');
  });
});
