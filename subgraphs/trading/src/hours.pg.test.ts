/** An exchange that keeps hours, through the graph's door, in time that the tests own. */
import type { UserCaller } from '@gridworks/kit/caller';
import { publish } from '@gridworks/kit/events';
import { newId, toGlobalId } from '@gridworks/kit/id';
import { createTestDatabase, openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import { istMidnight } from '@gridworks/kit/time';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashOfOms } from './domain/oms/state.ts';
import type { Exchange } from './exchange.ts';
import { recallOms } from './recall.ts';
import { recordCorporateActions, registerInstruments } from './store/instrument.ts';
import { createTrading } from './subgraph.ts';
import { ManualTime } from './testing/manual-time.ts';
import { giveShares } from './testing/shares.ts';

const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id status } refusal { code path } } }`;
const MODIFY = `mutation ($input: ModifyOrderInput!) { modifyOrder(input: $input) { order { id quantity } refusal { code } } }`;
const CANCEL = `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { order { id } refusal { code } } }`;
const ORDER = `query ($id: ID!) { order(id: $id) { status filledQuantity averagePrice cancelReason origin afterMarket history { kind } } }`;
const SESSION = `{ marketSession { phase date nextPhase changesAt breakerPercent conflated } }`;
const SESSIONS = `subscription { marketSession { phase } }`;
const TENANT = newId();
const SYMBOL = 'SHARE';
const TUESDAY = '2026-01-20';

interface Answer {
  readonly order: { readonly id: string; readonly status: string } | null;
  readonly refusal: { readonly code: string; readonly path: readonly string[] } | null;
}

/** Who else trades: whatever a test has them do. */
const NOBODY = { start: () => undefined, stop: async () => undefined };

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let trading: TestSubgraph;
let exchange: Exchange;
let time: ManualTime;
let named = 0;

beforeEach(async () => {
  database = await createTestDatabase();
  time = new ManualTime(instant(TUESDAY, '08:00'));
  trading = await open();
  await registerInstruments(trading.db.system, [
    { ...share(SYMBOL), kind: 'EQUITY' },
    { ...share('NIFTY'), kind: 'INDEX' },
  ]);
});
afterEach(async () => {
  await trading.close();
  await database.drop();
});

function share(symbol: string): Omit<Parameters<typeof registerInstruments>[1][number], 'kind'> {
  const facts = { exchange: 'NSE', isin: null, currency: 'INR', sector: null } as const;
  return { symbol, name: symbol, ...facts, tickSize: 5n, lotSize: 1n, referencePrice: 100_00n };
}

/** The product on the data that is there, at the time that it is. */
function open(env: NodeJS.ProcessEnv = { GRIDWORKS_SESSION: 'exchange' }): Promise<TestSubgraph> {
  return openTestSubgraph(
    (platform) =>
      createTrading(
        { ...platform, clock: () => time.now() },
        (opened) => {
          exchange = opened;
          return NOBODY;
        },
        time,
      ),
    { ...env, GRIDWORKS_SIMULATOR: 'none' },
    database.url,
  );
}

/** As after a kill: another process takes over what the one before has kept, and that one has no say any more. */
async function kill(startAt: number): Promise<void> {
  const killed = trading;
  time = new ManualTime(startAt);
  trading = await open();
  await killed.close();
}

function instant(date: string, clock: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  return istMidnight(date) + ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

async function session(): Promise<Record<string, unknown>> {
  return (await trading.data<{ marketSession: Record<string, unknown> }>(SESSION)).marketSession;
}

/** Lets it become this time of a day, and the exchange come to a phase. */
async function until(clock: string, phase: string, date = TUESDAY): Promise<void> {
  time.advance(instant(date, clock) - time.now());
  await expect.poll(async () => (await session())['phase'], { timeout: 10_000 }).toBe(phase);
}

/** Somebody with 10,000 rupees and shares to sell. */
async function somebody(shares = 0): Promise<UserCaller> {
  const caller = userCaller({ tenantId: TENANT });
  const { userId } = caller;
  if (shares > 0) await giveShares(trading.db, caller, { symbol: SYMBOL, quantity: shares });
  const payload = { userId, amount: '1000000', reason: 'OPENING_CREDIT', orderId: null } as const;
  await publish(trading.db.system, [{ topic: 'wallets.credited', key: userId, tenantId: TENANT, payload }]);
  await trading.platform.bus.settled();
  return caller;
}

async function ask(caller: UserCaller, more: object = {}): Promise<Answer> {
  named += 1;
  const base = { clientOrderId: `c-${named}`, symbol: SYMBOL, side: 'BUY', type: 'LIMIT', product: 'CNC' };
  const limit = 'type' in more ? {} : { limitPrice: '100.00' };
  const input = { ...base, quantity: 10, ...limit, ...more };
  return (await trading.data<{ placeOrder: Answer }>(PLACE, { input }, caller)).placeOrder;
}

async function placed(caller: UserCaller, more: object = {}): Promise<string> {
  const { order, refusal } = await ask(caller, more);
  if (!order) throw new Error(`refused: ${JSON.stringify(refusal)}`);
  return order.id;
}

async function refusalOf(caller: UserCaller, more: object = {}): Promise<string | undefined> {
  return (await ask(caller, more)).refusal?.code;
}

async function orderOf(caller: UserCaller, id: string): Promise<Record<string, unknown>> {
  return (await trading.data<{ order: Record<string, unknown> }>(ORDER, { id }, caller)).order;
}

async function daysOfJournal(): Promise<string[]> {
  const { rows } = await trading.db.system.query<{ day: string }>(
    `SELECT concat_ws(' ', command #>> '{day,date}', command #>> '{day,phase}', CASE command #>> '{day,isMisClosed}' WHEN 'true' THEN 'MIS' END) AS day
       FROM trading.journal WHERE command ->> 'kind' = 'day' ORDER BY sequence`,
  );
  return rows.map(({ day }) => day);
}

/** What the journal makes of it from the first command on is what it makes of it from the latest snapshot. */
async function expectReplay(): Promise<void> {
  const { system } = trading.db;
  const [latest, whole] = [await recallOms(system), await recallOms(system, undefined, true)];
  if (!latest || !whole) throw new Error('nothing was kept');
  expect(hashOfOms(latest.oms.state())).toBe(hashOfOms(whole.oms.state()));
}

describe('a trading day', () => {
  it('goes through its phases, tells of each, and takes orders when it is time', async () => {
    expect(await session()).toEqual({
      phase: 'CLOSED',
      date: '2026-01-19',
      nextPhase: 'PRE_OPEN',
      changesAt: '2026-01-20T03:30:00.000Z',
      breakerPercent: null,
      conflated: 0,
    });
    const [asha, bharat, gopal] = [await somebody(), await somebody(), await somebody(100)];
    expect(await ask(asha)).toEqual({ order: null, refusal: { code: 'SESSION_CLOSED', path: [] } });
    expect(await refusalOf(asha, { symbol: 'NOSUCH' })).toBe('SESSION_CLOSED');
    const request = { query: SESSIONS, variables: {}, caller: asha, traceId: newId() };
    const stream = await trading.subgraph.subscribe(request);
    if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream.errors));
    const told = async (): Promise<unknown> => (await stream.next()).value;
    expect(await told()).toMatchObject({ data: { marketSession: { phase: 'CLOSED' } } });

    await until('09:00', 'PRE_OPEN');
    expect(await told()).toMatchObject({ data: { marketSession: { phase: 'PRE_OPEN' } } });
    expect(await session()).toMatchObject({ nextPhase: 'BUFFER', changesAt: '2026-01-20T03:38:00.000Z' });
    for (const more of [{ validity: 'IOC' }, { postOnly: true }, { displayQuantity: 5 }])
      expect(await refusalOf(asha, more)).toBe('AUCTION_TERMS_NOT_ALLOWED');
    const [atAnyPrice, limited] = [await placed(asha, { type: 'MARKET' }), await placed(bharat)];
    const stays = await placed(bharat, { validity: 'GTC', limitPrice: '95.00', quantity: 1 });
    const sale = await placed(gopal, { side: 'SELL', quantity: 12, limitPrice: '98.00' });
    expect(await orderOf(asha, atAnyPrice)).toMatchObject({ status: 'OPEN', filledQuantity: 0 });

    // It ends at random, after 09:07 and before 09:08.
    await until('09:06:59.999', 'PRE_OPEN');
    await until('09:08', 'BUFFER');
    const price = (await orderOf(gopal, sale))['averagePrice'];
    expect(await orderOf(gopal, sale)).toMatchObject({ status: 'FILLED', averagePrice: '100.00' });
    // Those with a limit come first.
    expect(await orderOf(bharat, limited)).toMatchObject({ status: 'FILLED', averagePrice: price });
    expect(await orderOf(asha, atAnyPrice)).toMatchObject({
      status: 'PARTIALLY_FILLED',
      filledQuantity: 2,
      history: [{ kind: 'CREATED' }, { kind: 'EXECUTED' }, { kind: 'MODIFIED' }],
    });
    expect(await refusalOf(asha)).toBe('SESSION_CLOSED');

    await until('09:15', 'CONTINUOUS');
    expect(await session()).toMatchObject({ nextPhase: 'CLOSED', changesAt: '2026-01-20T10:00:00.000Z' });
    await placed(gopal, { side: 'SELL', quantity: 3, limitPrice: '100.00' });
    expect(await orderOf(asha, atAnyPrice)).toMatchObject({ filledQuantity: 5 });

    await until('15:30', 'CLOSED');
    expect(await orderOf(asha, atAnyPrice)).toMatchObject({
      status: 'CANCELLED',
      cancelReason: 'TIME_IN_FORCE',
    });
    expect(await orderOf(bharat, stays)).toMatchObject({ status: 'OPEN' });
    expect(await session()).toMatchObject({ changesAt: '2026-01-21T03:30:00.000Z' });
    // What is open may be taken back at any time, and not changed.
    const { modifyOrder } = await trading.data<{ modifyOrder: Answer }>(
      MODIFY,
      { input: { orderId: stays, quantity: 2 } },
      bharat,
    );
    expect(modifyOrder.refusal?.code).toBe('SESSION_CLOSED');
    expect(await trading.data(CANCEL, { input: { orderId: stays } }, bharat)).toMatchObject({
      cancelOrder: { refusal: null },
    });
    await stream.return?.();
    await expectReplay();
  });
});

describe('a kill', () => {
  it('misses no phase: whoever starts goes through all of them, in order and once', async () => {
    await until('09:00', 'PRE_OPEN');
    const [asha, gopal] = [await somebody(), await somebody(10)];
    const [bought, sold] = [await placed(asha), await placed(gopal, { side: 'SELL' })];
    await kill(instant(TUESDAY, '12:00'));
    expect(await session()).toMatchObject({ phase: 'CONTINUOUS', date: TUESDAY });
    for (const [caller, id] of [
      [asha, bought],
      [gopal, sold],
    ] as const)
      expect(await orderOf(caller, id)).toMatchObject({ status: 'FILLED', averagePrice: '100.00' });
    await kill(instant(TUESDAY, '12:00'));
    const morning = ['PRE_OPEN', 'BUFFER', 'CONTINUOUS'];
    const first = ['2026-01-19 CLOSED', ...morning.map((phase) => `${TUESDAY} ${phase}`)];
    expect(await daysOfJournal()).toEqual(first);
    // Wednesday to Sunday nobody is there, and Monday is a holiday.
    await kill(instant('2026-01-27', '09:20'));
    expect(await daysOfJournal()).toEqual([
      ...first,
      `${TUESDAY} CONTINUOUS MIS`,
      `${TUESDAY} CLOSED`,
      ...morning.map((phase) => `2026-01-27 ${phase}`),
    ]);
    await expectReplay();
  });

  it('of a commit loses nothing either: what was not kept happens again, once', async () => {
    // The first time that each of these is to be kept, the database keeps nothing.
    const doomed = {
      auction: `#>> '{day,phase}' = 'BUFFER'`,
      closing: `#>> '{day,isMisClosed}' = 'true'`,
      sale: `->> 'origin' = 'SQUARE_OFF'`,
      evening: `#>> '{day,phase}' = 'CLOSED'`,
    };
    const owner = new pg.Client(database.url);
    await owner.connect();
    for (const [name, which] of Object.entries(doomed))
      await owner.query(`CREATE SEQUENCE trading.${name};
        CREATE FUNCTION trading.fail_${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
          IF NEW.command ${which} THEN
            IF nextval('trading.${name}') = 1 THEN RAISE 'no'; END IF;
          END IF;
          RETURN NEW; END $$;
        CREATE TRIGGER ${name} BEFORE INSERT ON trading.journal FOR EACH ROW EXECUTE FUNCTION trading.fail_${name}()`);
    const later = async (clock: string, phase: string): Promise<void> => {
      time.advance(instant(TUESDAY, clock) - time.now());
      const now = async (): Promise<unknown> => {
        time.advance(1_000);
        return (await session())['phase'];
      };
      await expect.poll(now, { timeout: 10_000 }).toBe(phase);
    };
    await later('09:00', 'PRE_OPEN');
    const [asha, bharat, gopal] = [await somebody(), await somebody(), await somebody(10)];
    const bought = await placed(asha, { product: 'MIS', quantity: 4 });
    await placed(gopal, { side: 'SELL', quantity: 4 });
    const buyer = await placed(bharat, { quantity: 6, limitPrice: '99.00' });
    await later('09:08', 'BUFFER');
    expect(await orderOf(asha, bought)).toMatchObject({
      history: [{ kind: 'CREATED' }, { kind: 'EXECUTED' }],
    });
    await later('09:15', 'CONTINUOUS');
    await later('15:20', 'CONTINUOUS');
    await expect
      .poll(
        async () => {
          time.advance(1_000);
          return (await orderOf(bharat, buyer))['filledQuantity'];
        },
        { timeout: 10_000 },
      )
      .toBe(4);
    await later('15:30', 'CLOSED');
    const { rows } = await owner.query<{ most: bigint }>(
      `SELECT least((SELECT last_value FROM trading.auction), (SELECT last_value FROM trading.closing),
                    (SELECT last_value FROM trading.sale), (SELECT last_value FROM trading.evening)) AS most`,
    );
    await owner.end();
    expect(Number(rows[0]?.most)).toBe(2);
    expect((await orderOf(bharat, buyer))['filledQuantity']).toBe(4);
    expect((await daysOfJournal()).slice(1)).toEqual(
      ['PRE_OPEN', 'BUFFER', 'CONTINUOUS', 'CONTINUOUS MIS', 'CLOSED'].map((phase) => `${TUESDAY} ${phase}`),
    );
    await expectReplay();
  });

  it('of an exchange that traded around the clock, or will again, changes only what its hours say', async () => {
    await trading.close();
    trading = await open({});
    const asha = await somebody();
    const [today, stays] = [await placed(asha), await placed(asha, { validity: 'GTC' })];
    expect(await session()).toMatchObject({
      phase: 'CONTINUOUS',
      date: null,
      nextPhase: null,
      changesAt: null,
    });
    await trading.close();
    trading = await open();
    expect(await refusalOf(asha)).toBe('SESSION_CLOSED');
    expect(await orderOf(asha, today)).toMatchObject({ status: 'CANCELLED', cancelReason: 'TIME_IN_FORCE' });
    await trading.close();
    trading = await open({});
    expect(await session()).toMatchObject({ phase: 'CONTINUOUS', date: null });
    expect(await orderOf(asha, stays)).toMatchObject({ status: 'OPEN' });
    await placed(asha);
    await expectReplay();
  });
});

async function power({ userId }: UserCaller): Promise<bigint | undefined> {
  await trading.platform.bus.settled([]);
  const { rows } = await trading.db.system.query<{ buying_power: bigint }>(
    `SELECT buying_power FROM trading.account WHERE user_id = $1`,
    [userId],
  );
  return rows[0]?.buying_power;
}

describe('an after-market order', () => {
  const AMO = { afterMarket: true };

  it('is held at once, can be changed, and enters the next auction in the order of arrival, once over a kill', async () => {
    const [asha, bharat, gopal] = [await somebody(), await somebody(), await somebody(10)];
    const first = await placed(asha, { ...AMO, quantity: 4 });
    const second = await placed(bharat, AMO);
    const sale = await placed(gopal, { ...AMO, side: 'SELL', type: 'MARKET', quantity: 6 });
    expect(await orderOf(asha, first)).toMatchObject({ status: 'AMO_PENDING', afterMarket: true });
    expect(await power(asha)).toBe(1_000_000n - 404_00n);
    expect(await refusalOf(gopal, { ...AMO, side: 'SELL', quantity: 5 })).toBe('HOLDINGS_INSUFFICIENT');
    const input = { orderId: first, quantity: 5 };
    expect(await trading.data(MODIFY, { input }, asha)).toMatchObject({
      modifyOrder: { order: { quantity: 5 }, refusal: null },
    });
    expect(await power(asha)).toBe(1_000_000n - 504_50n);
    const taken = await placed(bharat, AMO);
    expect(await trading.data(CANCEL, { input: { orderId: taken } }, bharat)).toMatchObject({
      cancelOrder: { refusal: null },
    });
    expect(await orderOf(bharat, taken)).toMatchObject({ status: 'CANCELLED', cancelReason: 'USER' });

    await kill(instant(TUESDAY, '09:10'));
    expect(await orderOf(asha, first)).toMatchObject({
      status: 'FILLED',
      averagePrice: '100.00',
      history: [{ kind: 'CREATED' }, { kind: 'MODIFIED' }, { kind: 'ENTERED' }, { kind: 'EXECUTED' }],
    });
    expect(await orderOf(gopal, sale)).toMatchObject({ status: 'FILLED', filledQuantity: 6 });
    await kill(instant(TUESDAY, '09:15'));
    expect(await orderOf(bharat, second)).toMatchObject({
      status: 'PARTIALLY_FILLED',
      filledQuantity: 1,
      history: [{ kind: 'CREATED' }, { kind: 'ENTERED' }, { kind: 'EXECUTED' }],
    });
    expect(await refusalOf(asha, AMO)).toBe('SESSION_OPEN');
    // It is an order of the day that it entered.
    await until('15:30', 'CLOSED');
    expect(await orderOf(bharat, second)).toMatchObject({ cancelReason: 'TIME_IN_FORCE' });
    await expectReplay();
  });

  it('of the evening is checked by the band of the next day, outlasts midnight, and wakes as a stop', async () => {
    await until('09:15', 'CONTINUOUS');
    const [asha, gopal] = [await somebody(), await somebody(20)];
    await placed(gopal, { side: 'SELL', quantity: 1, limitPrice: '110.00' });
    await placed(asha, { quantity: 1, limitPrice: '110.00' });
    const low = await placed(asha, { validity: 'GTC', quantity: 1, limitPrice: '98.95' });
    const sleeping = { side: 'SELL', type: 'STOP', triggerPrice: '95.00', validity: 'GTC' };
    const asleep = await placed(gopal, { ...sleeping, quantity: 1 });
    await until('15:30', 'CLOSED');
    expect(await refusalOf(asha, { ...AMO, limitPrice: '98.95' })).toBe('PRICE_OUT_OF_BAND');
    const { refusal } = await ask(asha, { ...AMO, validity: 'IOC' });
    expect(refusal?.code).toBe('AUCTION_TERMS_NOT_ALLOWED');
    const high = await placed(asha, { ...AMO, limitPrice: '121.00' });
    const stop = await placed(gopal, { ...AMO, side: 'SELL', type: 'STOP', triggerPrice: '105.00' });
    await until('00:30', 'CLOSED', '2026-01-21');
    // In good order: where a market stood is read back from its last minute.
    await trading.close();
    trading = await open();
    expect(await orderOf(asha, high)).toMatchObject({ status: 'AMO_PENDING' });
    await until('09:00', 'PRE_OPEN', '2026-01-21');
    expect(await orderOf(asha, high)).toMatchObject({ status: 'OPEN' });
    // Who waits outside the new band leaves; stops that sleep there stay.
    expect(await orderOf(asha, low)).toMatchObject({ status: 'CANCELLED', cancelReason: 'OUT_OF_BAND' });
    for (const id of [stop, asleep])
      expect(await orderOf(gopal, id)).toMatchObject({ status: 'TRIGGER_PENDING' });
    await expectReplay();
  });
});

describe('an after-market order of a night with a split', () => {
  it('is checked in the new units, and one in the old units ends', async () => {
    await until('09:15', 'CONTINUOUS');
    const [asha, gopal] = [await somebody(), await somebody(10)];
    await placed(gopal, { side: 'SELL', quantity: 1, limitPrice: '104.00' });
    await placed(asha, { quantity: 1, limitPrice: '104.00' });
    await until('15:30', 'CLOSED');
    const facts = { exDate: '2026-01-21', kind: 'SPLIT_OR_BONUS', priceFactor: '1', source: 'test' } as const;
    await recordCorporateActions(trading.db.system, [{ symbol: SYMBOL, ...facts, splitFactor: '0.5' }]);
    const old = await placed(asha, { afterMarket: true, limitPrice: '104.00' });
    await until('00:30', 'CLOSED', '2026-01-21');
    expect(await refusalOf(asha, { afterMarket: true, limitPrice: '104.00' })).toBe('PRICE_OUT_OF_BAND');
    expect(await orderOf(asha, old)).toMatchObject({ status: 'CANCELLED', cancelReason: 'TIME_IN_FORCE' });
    const fresh = await placed(asha, { afterMarket: true, limitPrice: '57.20' });
    await until('09:00', 'PRE_OPEN', '2026-01-21');
    expect(await orderOf(asha, fresh)).toMatchObject({ status: 'OPEN' });
    expect(await refusalOf(asha, { limitPrice: '57.25' })).toBe('PRICE_OUT_OF_BAND');
    // What the split made of the close is what an auction without another hint takes.
    const sale = await placed(gopal, { side: 'SELL', type: 'MARKET', quantity: 1 });
    const wish = await placed(asha, { type: 'MARKET', quantity: 1, selfTradePrevention: 'CANCEL_OLDEST' });
    await trading.data(CANCEL, { input: { orderId: fresh } }, asha);
    await until('09:08', 'BUFFER', '2026-01-21');
    for (const [caller, id] of [
      [gopal, sale],
      [asha, wish],
    ] as const)
      expect(await orderOf(caller, id)).toMatchObject({ status: 'FILLED', averagePrice: '52.00' });
    await until('15:30', 'CLOSED', '2026-01-21');
    expect(await refusalOf(asha, { afterMarket: true, limitPrice: '57.25' })).toBe('PRICE_OUT_OF_BAND');
    await placed(asha, { afterMarket: true, limitPrice: '57.20' });
    await expectReplay();
  });
});

describe('what is held under MIS', () => {
  const MIS = { product: 'MIS' };
  const SALES = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { orders(first: 10) { edges { node {
    clientOrderId origin squareOffReason product side status filledQuantity } } } } } }`;

  async function squaredOff(caller: UserCaller): Promise<Record<string, unknown>[]> {
    interface Orders {
      readonly _entities: [
        { readonly orders: { readonly edges: { readonly node: Record<string, unknown> }[] } },
      ];
    }
    const of = [{ __typename: 'User', id: toGlobalId('User', caller.userId) }];
    const { _entities } = await trading.data<Orders>(SALES, { of }, caller);
    const [{ orders }] = _entities;
    return orders.edges.map(({ node }) => node).filter(({ origin }) => origin === 'SQUARE_OFF');
  }

  async function quote(bids: readonly (readonly [number, number])[]): Promise<void> {
    const levels = bids.map(([price, quantity]) => ({ price: BigInt(price), quantity: BigInt(quantity) }));
    await exchange.act({ kind: 'QUOTE', symbol: SYMBOL, bids: levels, asks: [] });
  }

  async function depth(): Promise<unknown> {
    interface Book {
      readonly instrument: { readonly depth: unknown };
    }
    const query = `{ instrument(symbol: "${SYMBOL}") { depth { bids { price } asks { price } } } }`;
    return (await trading.data<Book>(query)).instrument.depth;
  }

  it('is sold ten minutes before the close, whatever waits is cancelled, and nothing is sold twice over a kill', async () => {
    await until('09:15', 'CONTINUOUS');
    const [asha, gopal] = [await somebody(), await somebody(50)];
    await placed(gopal, { side: 'SELL', quantity: 8 });
    await placed(asha, { ...MIS, quantity: 8 });
    const target = await placed(asha, { ...MIS, side: 'SELL', quantity: 5, limitPrice: '109.00' });
    const wish = await placed(asha, { ...MIS, quantity: 1, limitPrice: '95.00' });
    const kept = await placed(asha, { quantity: 1, limitPrice: '95.00' });
    await quote([[99_00, 6]]);
    time.advance(instant(TUESDAY, '15:20') - time.now());
    await expect.poll(() => squaredOff(asha), { timeout: 10_000 }).toHaveLength(1);
    expect(await squaredOff(asha)).toMatchObject([
      { product: 'MIS', side: 'SELL', status: 'CANCELLED', filledQuantity: 6 },
    ]);
    for (const id of [target, wish])
      expect(await orderOf(asha, id)).toMatchObject({ status: 'CANCELLED', cancelReason: 'SQUARE_OFF' });
    // What is left waits for somebody who buys; their own wish to buy was the last one, and had to go.
    expect(await orderOf(asha, kept)).toMatchObject({ origin: 'USER', cancelReason: 'SELF_TRADE' });
    expect(await refusalOf(asha, { ...MIS, quantity: 1 })).toBe('MIS_CLOSED');
    await kill(instant(TUESDAY, '15:21'));
    await quote([[98_00, 50]]);
    time.advance(60_000);
    await expect.poll(() => squaredOff(asha), { timeout: 10_000 }).toHaveLength(2);
    await kill(instant(TUESDAY, '15:25'));
    await quote([[98_00, 50]]);
    expect(await depth()).toMatchObject({ bids: [{ price: '98.00' }] });
    await until('15:30', 'CLOSED');
    // Who makes the market has left.
    expect(await depth()).toEqual({ bids: [], asks: [] });
    const sold = (await squaredOff(asha)).map(({ filledQuantity }) => filledQuantity);
    expect(sold.reduce((sum: number, each) => sum + Number(each), 0)).toBe(8);
    await expectReplay();
  });

  it('is closed when it has lost too much of its margin, as far as somebody trades, and no unit twice over kills', async () => {
    await until('09:15', 'CONTINUOUS');
    const [asha, bharat, gopal] = [await somebody(), await somebody(), await somebody(50)];
    await placed(gopal, { quantity: 20, limitPrice: '91.00' });
    await placed(asha, { ...MIS, side: 'SELL', quantity: 20, limitPrice: '91.00' });
    const wish = await placed(asha, { ...MIS, quantity: 1, limitPrice: '90.00' });
    // A rise to 109.00 costs 360 of 364 rupees that are held; whatever of the closing is kept, the next one goes on.
    for (const offered of [8, 5, 20]) {
      await placed(gopal, { side: 'SELL', quantity: offered, limitPrice: '109.00' });
      await placed(bharat, { quantity: 1, limitPrice: '109.00' });
      await kill(instant(TUESDAY, '10:00'));
    }
    const bought = async (): Promise<number> =>
      (await squaredOff(asha)).reduce((sum, { filledQuantity }) => sum + Number(filledQuantity), 0);
    await placed(bharat, { quantity: 1, limitPrice: '109.00' });
    await expect.poll(bought, { timeout: 10_000 }).toBe(20);
    await placed(bharat, { quantity: 1, limitPrice: '109.00' });
    await trading.platform.bus.settled();
    expect(await bought()).toBe(20);
    for (const order of await squaredOff(asha))
      expect(order).toMatchObject({ side: 'BUY', squareOffReason: 'MARGIN_CALL' });
    expect(await orderOf(asha, wish)).toMatchObject({ cancelReason: 'SQUARE_OFF' });
    await expectReplay();
  });

  it('is sold, or bought where it was sold first, at the next opening where nobody traded', async () => {
    await until('09:15', 'CONTINUOUS');
    const [asha, bharat, gopal] = [await somebody(), await somebody(), await somebody(50)];
    await placed(gopal, { side: 'SELL', quantity: 8 });
    await placed(asha, { ...MIS, quantity: 8 });
    await placed(gopal, { quantity: 3 });
    await placed(bharat, { ...MIS, side: 'SELL', quantity: 3 });
    await until('15:30', 'CLOSED');
    await placed(bharat, { afterMarket: true });
    // Those with a limit come first: they leave as much to sell as there is to buy.
    await placed(gopal, { afterMarket: true, side: 'SELL', quantity: 5 });
    await kill(instant('2026-01-21', '09:16'));
    expect(await squaredOff(asha)).toMatchObject([{ side: 'SELL', status: 'FILLED', filledQuantity: 8 }]);
    expect(await squaredOff(bharat)).toMatchObject([{ side: 'BUY', status: 'FILLED', filledQuantity: 3 }]);
    await expectReplay();
  });
});

describe('the breaker of the whole market', () => {
  async function index(price: bigint): Promise<void> {
    await exchange.view('NIFTY');
    await exchange.act({ kind: 'VALUE', symbol: 'NIFTY', price });
  }

  it('halts it once a level, cancels what waits, and opens it again by an auction, also over a kill', async () => {
    await until('09:15', 'CONTINUOUS');
    const [asha, gopal] = [await somebody(), await somebody(20)];
    const waiting = await placed(asha, { validity: 'GTC' });
    const stop = await placed(gopal, { side: 'SELL', type: 'STOP', triggerPrice: '95.00' });
    await until('10:00', 'CONTINUOUS');
    await index(90_00n);
    await until('10:00', 'HALTED');
    expect(await session()).toMatchObject({
      breakerPercent: 10,
      nextPhase: 'PRE_OPEN',
      changesAt: '2026-01-20T05:15:00.000Z',
    });
    for (const [caller, id] of [
      [asha, waiting],
      [gopal, stop],
    ] as const)
      expect(await orderOf(caller, id)).toMatchObject({ status: 'CANCELLED', cancelReason: 'MARKET_HALTED' });
    expect(await ask(asha)).toEqual({ order: null, refusal: { code: 'MARKET_HALTED', path: [] } });
    await kill(instant(TUESDAY, '10:46'));
    expect(await session()).toMatchObject({ phase: 'PRE_OPEN', changesAt: '2026-01-20T05:23:00.000Z' });
    const [bought, sold] = [await placed(asha, { type: 'MARKET' }), await placed(gopal, { side: 'SELL' })];
    await until('11:00', 'CONTINUOUS');
    for (const [caller, id] of [
      [asha, bought],
      [gopal, sold],
    ] as const)
      expect(await orderOf(caller, id)).toMatchObject({ status: 'FILLED', averagePrice: '100.00' });
    // That level has halted it already; the last one ends the day.
    await index(89_00n);
    await until('11:01', 'CONTINUOUS');
    await index(120_00n);
    await until('11:02', 'HALTED');
    expect(await session()).toMatchObject({
      breakerPercent: 20,
      nextPhase: 'CLOSED',
      changesAt: '2026-01-20T10:00:00.000Z',
    });
    await until('15:30', 'CLOSED');
    await expectReplay();
  });
});
