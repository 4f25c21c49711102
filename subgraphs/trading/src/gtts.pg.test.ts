/** Good-till-triggered orders through the door of their subgraph: kept, reached, placed once, also over a restart. */
import type { UserCaller } from '@gridworks/kit/caller';
import { publish } from '@gridworks/kit/events';
import { newId, toGlobalId } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GTTS_MAX } from './domain/gtt.ts';
import { registerInstruments } from './store/instrument.ts';
import { createTrading } from './subgraph.ts';
import { giveShares } from './testing/shares.ts';

const FIELDS = `id status triggeredPrice legs { condition triggerPrice limitPrice quantity } refusal { code }
  order { clientOrderId status limitPrice quantity } instrument { symbol }`;
const CREATE = `mutation ($input: CreateGttInput!) { createGtt(input: $input) { gtt { ${FIELDS} } refusal { code path } } }`;
const CANCEL = `mutation ($input: CancelGttInput!) { cancelGtt(input: $input) { gtt { id status } refusal { code } } }`;
const READ = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Gtt { ${FIELDS} } } }`;
const LIST = `query ($of: [_Any!]!, $status: GttStatus) { _entities(representations: $of) {
  ... on User { gtts(status: $status) { edges { node { id } } } } } }`;
const PLAY = `mutation ($input: PlayMarketInput!) { playMarket(input: $input) { played refusal { code } } }`;

interface Gtt {
  readonly id: string;
  readonly status: string;
  readonly refusal: { readonly code: string } | null;
  readonly order: { readonly clientOrderId: string; readonly limitPrice: string } | null;
}
interface Answer {
  readonly gtt: Gtt | null;
  readonly refusal: { readonly code: string; readonly path?: readonly string[] } | null;
}

const NORTH = newId();
const OPERATOR = userCaller({ tenantId: NORTH, roles: ['OPERATOR'] });
const LOSS = { triggerPrice: '95.00', limitPrice: '94.50', quantity: 10 };
const GAIN = { triggerPrice: '105.00', limitPrice: '105.00', quantity: 10 };

let trading: TestSubgraph;
let symbol = '';
let named = 0;
let playedMs = Date.parse('2026-01-20T04:00:00Z');

beforeAll(async () => {
  trading = await openTestSubgraph(createTrading);
});
afterAll(() => trading.close());

/** A share at 100 rupees. */
beforeEach(async () => {
  named += 1;
  symbol = `SHARE${named}`;
  const facts = { exchange: 'NSE', kind: 'EQUITY', isin: null, currency: 'INR', sector: null } as const;
  const prices = { tickSize: 5n, lotSize: 1n, referencePrice: 100_00n };
  await registerInstruments(trading.db.system, [{ symbol, name: symbol, ...facts, ...prices }]);
});

/** Somebody with 10,000 rupees and shares to sell. */
async function somebody(shares = 10): Promise<UserCaller> {
  const caller = userCaller({ tenantId: NORTH });
  const { userId } = caller;
  await giveShares(trading.db, caller, { symbol, quantity: shares });
  const payload = { userId, amount: '1000000', reason: 'OPENING_CREDIT', orderId: null } as const;
  await publish(trading.db.system, [{ topic: 'wallets.credited', key: userId, tenantId: NORTH, payload }]);
  await trading.platform.bus.settled();
  return caller;
}

async function create(caller: UserCaller, more: object = {}): Promise<Answer> {
  named += 1;
  const base = { clientGttId: `g-${named}`, symbol, side: 'SELL', product: 'CNC', legs: [LOSS, GAIN] };
  const input = { ...base, ...more };
  return (await trading.data<{ createGtt: Answer }>(CREATE, { input }, caller)).createGtt;
}

async function created(caller: UserCaller, more: object = {}): Promise<string> {
  const { gtt, refusal } = await create(caller, more);
  if (!gtt) throw new Error(`refused: ${JSON.stringify(refusal)}`);
  return gtt.id;
}

async function cancel(caller: UserCaller, gttId: string): Promise<Answer> {
  return (await trading.data<{ cancelGtt: Answer }>(CANCEL, { input: { gttId } }, caller)).cancelGtt;
}

async function read(caller: UserCaller, id: string, on = trading): Promise<Gtt | null> {
  const of = [{ __typename: 'Gtt', id }];
  return (await on.data<{ _entities: (Gtt | null)[] }>(READ, { of }, caller))._entities[0] ?? null;
}

/** As it stands when what was triggered is settled. */
async function settled(caller: UserCaller, id: string, on = trading): Promise<Gtt | null> {
  for (;;) {
    const gtt = await read(caller, id, on);
    if (gtt?.status !== 'ACTIVE' && gtt?.status !== 'TRIGGERED') return gtt;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function play(...prices: string[]): Promise<void> {
  const prints = prices.map((price) => {
    playedMs += 1_000;
    return { at: new Date(playedMs).toISOString(), price, quantity: 1 };
  });
  await trading.data(PLAY, { input: { symbol, prints } }, OPERATOR);
}

async function ordersOf({ userId }: UserCaller): Promise<string[]> {
  const { rows } = await trading.db.system.query<{ client_order_id: string }>(
    `SELECT client_order_id FROM trading."order" WHERE user_id = $1`,
    [userId],
  );
  return rows.map(({ client_order_id }) => client_order_id);
}

describe('a good-till-triggered order', () => {
  it('places the leg that is reached first, once, and the other is over', async () => {
    const gopal = await somebody();
    const { gtt } = await create(gopal);
    expect(gtt).toMatchObject({
      status: 'ACTIVE',
      legs: [
        { ...LOSS, condition: 'AT_OR_BELOW' },
        { ...GAIN, condition: 'AT_OR_ABOVE' },
      ],
      order: null,
      refusal: null,
      instrument: { symbol },
    });
    const id = gtt?.id ?? '';
    await play('96.00', '104.95');
    expect(await read(gopal, id)).toMatchObject({ status: 'ACTIVE' });
    await play('105.05', '94.00');
    const clientOrderId = `gtt:${id.slice('Gtt:'.length)}`;
    expect(await settled(gopal, id)).toMatchObject({
      status: 'PLACED',
      triggeredPrice: '105.05',
      order: { clientOrderId, limitPrice: '105.00', quantity: 10 },
    });
    await play('105.05');
    expect(await ordersOf(gopal)).toEqual([clientOrderId]);
  });

  it('of one leg waits from either side', async () => {
    const asha = await somebody();
    const leg = { triggerPrice: '96.00', limitPrice: '96.50', quantity: 10 };
    const id = await created(asha, { side: 'BUY', legs: [leg] });
    await play('95.00');
    expect(await settled(asha, id)).toMatchObject({ status: 'PLACED', order: { limitPrice: '96.50' } });
  });

  it('says why its order was refused, and stays refused', async () => {
    const gopal = await somebody(4);
    const id = await created(gopal);
    await play('94.00');
    expect(await settled(gopal, id)).toMatchObject({
      status: 'REFUSED',
      refusal: { code: 'HOLDINGS_INSUFFICIENT' },
      order: null,
    });
    expect(await ordersOf(gopal)).toEqual([]);
  });

  it('is made once under its name, and taken back by its owner alone, once', async () => {
    const [gopal, bharat] = [await somebody(), await somebody()];
    const wish = { clientGttId: 'mine' };
    const id = await created(gopal, wish);
    expect(await created(gopal, wish)).toBe(id);
    expect((await create(gopal, { ...wish, legs: [LOSS] })).refusal?.code).toBe('CLIENT_GTT_ID_REUSED');
    expect(await created(bharat, wish)).not.toBe(id);
    expect((await cancel(bharat, id)).refusal?.code).toBe('GTT_UNKNOWN');
    expect(await read(bharat, id)).toBeNull();
    expect((await cancel(gopal, id)).gtt).toEqual({ id, status: 'CANCELLED' });
    expect((await cancel(gopal, id)).refusal?.code).toBe('GTT_CLOSED');
    for (const wrong of [toGlobalId('Gtt', newId()), 'Gtt:x', 'Order:1', ''])
      expect((await cancel(gopal, wrong)).refusal?.code).toBe('GTT_UNKNOWN');
    await play('94.00');
    expect(await ordersOf(gopal)).toEqual([]);
  });

  it.each([
    [{ symbol: 'NOSUCH' }, 'INSTRUMENT_UNKNOWN'],
    [{ legs: [] }, 'GTT_LEGS_INVALID'],
    [{ legs: [{ ...LOSS, triggerPrice: '100.00' }] }, 'GTT_REACHED'],
    [{ legs: [{ ...LOSS, limitPrice: '94.52' }] }, 'TICK_SIZE_VIOLATED'],
    [{ clientGttId: '' }, 'CLIENT_GTT_ID_INVALID'],
  ])('is refused: %o', async (more, code) => {
    expect((await create(await somebody(), more)).refusal?.code).toBe(code);
  });

  it('is one of a hundred that wait', async () => {
    const gopal = await somebody();
    for (let count = 0; count < GTTS_MAX; count++) await created(gopal, { legs: [LOSS] });
    expect((await create(gopal)).refusal?.code).toBe('GTTS_TOO_MANY');
  });

  it('shows its owner theirs, and needs somebody who is signed in', async () => {
    const [gopal, bharat] = [await somebody(), await somebody()];
    const id = await created(gopal);
    await cancel(gopal, await created(gopal));
    const list = async (caller: UserCaller, of = gopal): Promise<unknown> =>
      (
        await trading.data<{ _entities: unknown[] }>(
          LIST,
          { of: [{ __typename: 'User', id: toGlobalId('User', of.userId) }], status: 'ACTIVE' },
          caller,
        )
      )._entities[0];
    expect(await list(gopal)).toEqual({ gtts: { edges: [{ node: { id } }] } });
    expect(await list(bharat)).toEqual({ gtts: null });
    const input = { clientGttId: 'x', symbol, side: 'SELL', product: 'CNC', legs: [LOSS] };
    const { errors } = await trading.ask(CREATE, { input });
    expect(errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  });
});

describe('a restart', () => {
  it('watches on, and places what was reached and not placed: one order, also where it was placed and not noted', async () => {
    const gopal = await somebody();
    const buying = { side: 'BUY' };
    const waiting = await created(gopal, buying);
    const [reached, noted] = [await created(gopal, buying), await created(gopal, buying)];
    const bare = (id: string): string => id.slice('Gtt:'.length);
    await trading.subgraph.stop();
    // As a process leaves them that was killed after it had written one down, and after it had placed another.
    await trading.db.system.query(
      `UPDATE trading.gtt SET status = 'TRIGGERED', triggered_leg = 0, triggered_price = 9500, triggered_at = now()
        WHERE id = ANY ($1)`,
      [[bare(reached), bare(noted)]],
    );
    await trading.subgraph.start();
    expect(await settled(gopal, reached)).toMatchObject({ status: 'PLACED', order: { limitPrice: '94.50' } });
    expect(await settled(gopal, noted)).toMatchObject({ status: 'PLACED' });
    await trading.subgraph.stop();
    await trading.db.system.query(
      `UPDATE trading.gtt SET status = 'TRIGGERED', order_id = NULL WHERE id = $1`,
      [bare(noted)],
    );
    await trading.subgraph.start();
    expect(await settled(gopal, noted)).toMatchObject({ status: 'PLACED' });
    expect((await ordersOf(gopal)).sort()).toEqual([`gtt:${bare(reached)}`, `gtt:${bare(noted)}`].sort());
    await play('106.00');
    expect(await settled(gopal, waiting)).toMatchObject({
      status: 'PLACED',
      order: { limitPrice: '105.00' },
    });
    expect(await ordersOf(gopal)).toHaveLength(3);
  });
});
