/** A portfolio through the door of its subgraph: trades of several days, settlement, returns, and who may see it. */
import type { Caller, UserCaller } from '@gridworks/kit/caller';
import { publish } from '@gridworks/kit/events';
import { newId, toGlobalId } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import { istMidnight } from '@gridworks/kit/time';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordCorporateActions, registerInstruments } from './store/instrument.ts';
import { createTrading } from './subgraph.ts';
import { giveShares } from './testing/shares.ts';

const NORTH = newId();
const SOUTH = newId();
const HOUR_MS = 3_600_000;

const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { status } refusal { code } } }`;
const PORTFOLIO = `query ($of: [_Any!]!, $first: Int! = 10, $after: String) { _entities(representations: $of) { ... on User {
  portfolio { value { amount } invested { amount } dayPnl { amount } realisedPnl { amount } unrealisedPnl { amount } xirr
    holdings(first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { node {
      instrument { symbol name } product quantity settledQuantity unsettledQuantity undeliveredQuantity
      averagePrice lastPrice value { amount } invested { amount } unrealisedPnl { amount } realisedPnl { amount } dayPnl { amount }
      day { overnightQuantity boughtQuantity boughtValue { amount } soldQuantity soldValue { amount } }
      lots(first: 1) { pageInfo { hasNextPage } edges { node { quantity price cost { amount } tradedOn settlesOn } } } } } } } } } }`;

interface Amount {
  readonly amount: string;
}

interface PortfolioAnswer {
  readonly value: Amount;
  readonly realisedPnl: Amount;
  readonly xirr: number | null;
  readonly holdings: {
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    readonly edges: readonly { readonly node: Record<string, unknown> }[];
  };
}

let trading: TestSubgraph;
let nowMs: number;
let named = 0;
let symbol: string;
let maker: UserCaller;

function on(date: string): void {
  nowMs = istMidnight(date) + 10 * HOUR_MS;
}

beforeAll(async () => {
  on('2026-01-20');
  trading = await openTestSubgraph((platform) => createTrading({ ...platform, clock: () => nowMs }));
});
afterAll(() => trading.close());

beforeEach(async () => {
  on('2026-01-20');
  symbol = await list();
  maker = await somebody(symbol);
});

/** A share at 100 rupees. */
async function list(): Promise<string> {
  named += 1;
  const name = `SHARE${named}`;
  await registerInstruments(trading.db.system, [
    {
      symbol: name,
      name: `Share ${named} Limited`,
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
  return name;
}

/** Somebody with ten million rupees; with shares to sell where a symbol is given. */
async function somebody(shares?: string, tenantId = NORTH): Promise<UserCaller> {
  const caller = userCaller({ tenantId });
  const { userId } = caller;
  const amount = '1000000000';
  // The exchange reads what somebody has when it first meets them.
  if (shares !== undefined) {
    await giveShares(trading.db, caller, { symbol: shares, quantity: 100_000 });
  }
  await publish(trading.db.system, [
    {
      topic: 'users.registered',
      key: userId,
      tenantId,
      payload: { userId, displayName: 'Somebody', tier: 'LITE' },
    },
  ]);
  await publish(trading.db.system, [
    {
      topic: 'wallets.credited',
      key: userId,
      tenantId,
      payload: { userId, amount, reason: 'OPENING_CREDIT', orderId: null },
    },
  ]);
  await trading.platform.bus.settled();
  return caller;
}

async function place(
  caller: UserCaller,
  side: string,
  quantity: number,
  limitPrice: string,
  product: string,
): Promise<string | undefined> {
  named += 1;
  const input = { clientOrderId: `c-${named}`, symbol, side, type: 'LIMIT', product, quantity, limitPrice };
  const { placeOrder } = await trading.data<{
    placeOrder: { order: { status: string } | null; refusal: { code: string } | null };
  }>(PLACE, { input }, caller);
  if (placeOrder.refusal) throw new Error(placeOrder.refusal.code);
  return placeOrder.order?.status;
}

async function buy(caller: UserCaller, quantity: number, price: string, product = 'CNC'): Promise<void> {
  await place(maker, 'SELL', quantity, price, 'CNC');
  expect(await place(caller, 'BUY', quantity, price, product)).toBe('FILLED');
}

async function sell(caller: UserCaller, quantity: number, price: string, product = 'CNC'): Promise<void> {
  await place(maker, 'BUY', quantity, price, 'CNC');
  expect(await place(caller, 'SELL', quantity, price, product)).toBe('FILLED');
}

async function portfolio(
  of: UserCaller,
  caller: Caller = of,
  variables: object = {},
): Promise<PortfolioAnswer | null> {
  const { _entities } = await trading.data<{ _entities: { portfolio: PortfolioAnswer | null }[] }>(
    PORTFOLIO,
    { of: [{ __typename: 'User', id: toGlobalId('User', of.userId) }], ...variables },
    caller,
  );
  return _entities[0]?.portfolio ?? null;
}

async function holdings(of: UserCaller): Promise<Record<string, unknown>[]> {
  return (await portfolio(of))?.holdings.edges.map(({ node }) => node) ?? [];
}

describe('a portfolio', () => {
  it('is empty before the first trade', async () => {
    const zero = { amount: '0.00' };
    expect(await portfolio(await somebody())).toEqual({
      value: zero,
      invested: zero,
      dayPnl: zero,
      realisedPnl: zero,
      unrealisedPnl: zero,
      xirr: null,
      holdings: { pageInfo: { hasNextPage: false, endCursor: null }, edges: [] },
    });
  });

  it('tells lots, profit and settlement of what was bought over a holiday and sold in part', async () => {
    const asha = await somebody();
    await buy(asha, 10, '100.00');
    // Friday; Monday is Republic Day.
    on('2026-01-23');
    await buy(asha, 5, '104.00');
    const name = `Share ${symbol.slice('SHARE'.length)} Limited`;
    const friday = {
      instrument: { symbol, name },
      product: 'CNC',
      quantity: 15,
      settledQuantity: 10,
      unsettledQuantity: 5,
      undeliveredQuantity: 0,
      averagePrice: '101.33',
      lastPrice: '104.00',
      value: { amount: '1560.00' },
      invested: { amount: '1520.00' },
      unrealisedPnl: { amount: '40.00' },
      realisedPnl: { amount: '0.00' },
      dayPnl: { amount: '40.00' },
      day: {
        overnightQuantity: 10,
        boughtQuantity: 5,
        boughtValue: { amount: '520.00' },
        soldQuantity: 0,
        soldValue: { amount: '0.00' },
      },
      lots: {
        pageInfo: { hasNextPage: true },
        edges: [
          {
            node: {
              quantity: 10,
              price: '100.00',
              cost: { amount: '1000.00' },
              tradedOn: new Date(istMidnight('2026-01-20')).toISOString(),
              settlesOn: new Date(istMidnight('2026-01-21')).toISOString(),
            },
          },
        ],
      },
    };
    expect(await holdings(asha)).toEqual([friday]);

    await sell(asha, 12, '106.00');
    expect(await holdings(asha)).toMatchObject([
      {
        quantity: 3,
        settledQuantity: 0,
        unsettledQuantity: 3,
        undeliveredQuantity: 12,
        averagePrice: '104.00',
        realisedPnl: { amount: '64.00' },
        unrealisedPnl: { amount: '6.00' },
        dayPnl: { amount: '70.00' },
        lots: {
          pageInfo: { hasNextPage: false },
          edges: [{ node: { quantity: 3, settlesOn: new Date(istMidnight('2026-01-27')).toISOString() } }],
        },
      },
    ]);
    on('2026-01-26');
    expect(await holdings(asha)).toMatchObject([
      { settledQuantity: 0, unsettledQuantity: 3, undeliveredQuantity: 12, dayPnl: { amount: '0.00' } },
    ]);
    on('2026-01-27');
    expect(await holdings(asha)).toMatchObject([
      { settledQuantity: 3, unsettledQuantity: 0, undeliveredQuantity: 0 },
    ]);
  });

  it('tells the money-weighted return of all trades', async () => {
    const asha = await somebody();
    on('2025-01-20');
    await buy(asha, 10, '100.00');
    expect((await portfolio(asha))?.xirr).toBeNull();
    on('2026-01-20');
    await sell(asha, 4, '110.00');
    // 1,000 paid; 365 days later 440 received and 660 left.
    expect((await portfolio(asha))?.xirr).toBeCloseTo(0.1, 12);
  });

  it('keeps intraday positions apart, and shows what was closed today for today only', async () => {
    const asha = await somebody();
    await buy(asha, 10, '100.00', 'MIS');
    await sell(asha, 10, '101.00', 'MIS');
    await buy(asha, 1, '101.00');
    expect(await holdings(asha)).toMatchObject([
      { product: 'CNC', quantity: 1 },
      {
        product: 'MIS',
        quantity: 0,
        averagePrice: '0.00',
        realisedPnl: { amount: '10.00' },
        lots: { edges: [] },
      },
    ]);
    on('2026-01-21');
    expect(await portfolio(asha)).toMatchObject({
      realisedPnl: { amount: '10.00' },
      holdings: { edges: [{ node: { product: 'CNC' } }] },
    });
  });

  it('follows a split: other quantities and prices, the same cost', async () => {
    const asha = await somebody();
    await buy(asha, 10, '100.00');
    await trading.db.systemTransaction((tx) =>
      recordCorporateActions(tx, [
        {
          symbol,
          exDate: '2026-01-21',
          kind: 'SPLIT_OR_BONUS',
          priceFactor: '1',
          splitFactor: '0.5',
          source: 'test',
        },
      ]),
    );
    expect(await holdings(asha)).toMatchObject([{ quantity: 10, averagePrice: '100.00' }]);
    on('2026-01-21');
    await buy(asha, 1, '49.00');
    await trading.platform.bus.settled();
    expect(await holdings(asha)).toMatchObject([
      {
        quantity: 21,
        settledQuantity: 20,
        invested: { amount: '1049.00' },
        averagePrice: '49.95',
        day: { overnightQuantity: 10 },
        lots: { edges: [{ node: { quantity: 20, price: '50.00', cost: { amount: '1000.00' } } }] },
      },
    ]);
  });

  it('is read in pages', async () => {
    const asha = await somebody();
    const symbols: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      symbol = await list();
      maker = await somebody(symbol);
      symbols.push(symbol);
      await buy(asha, 1, '100.00');
    }
    const seen: unknown[] = [];
    let after: string | null = null;
    do {
      const page: PortfolioAnswer | null = await portfolio(asha, asha, { first: 2, after });
      seen.push(...(page?.holdings.edges ?? []).map(({ node }) => node['instrument']));
      after = page?.holdings.pageInfo.hasNextPage ? page.holdings.pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toMatchObject([...symbols].sort().map((each) => ({ symbol: each })));
    // However many holdings there are: splits, days of rest, trades, instruments.
    const query = vi.spyOn(trading.db.tenant, 'query');
    expect((await portfolio(asha))?.holdings.edges).toHaveLength(3);
    expect(query).toHaveBeenCalledTimes(4);
    query.mockRestore();
    const of = [{ __typename: 'User', id: toGlobalId('User', asha.userId) }];
    const { errors } = await trading.ask(PORTFOLIO, { of, first: 101 }, asha);
    expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  it('is for its owner and for operators of the tenant', async () => {
    const asha = await somebody();
    await buy(asha, 10, '100.00');
    const [stranger, foreigner] = [await somebody(), await somebody(undefined, SOUTH)];
    expect(await portfolio(asha, stranger)).toBeNull();
    expect(await portfolio(asha, foreigner)).toBeNull();
    expect(await portfolio(asha, { kind: 'anonymous' })).toBeNull();
    const operator = userCaller({ tenantId: NORTH, roles: ['OPERATOR'] });
    expect(await portfolio(asha, operator)).toMatchObject({ value: { amount: '1000.00' } });
    // Another tenant's operator meets row-level security.
    const abroad = userCaller({ tenantId: SOUTH, roles: ['OPERATOR'] });
    expect(await portfolio(asha, abroad)).toMatchObject({
      value: { amount: '0.00' },
      holdings: { edges: [] },
    });
  });
});

describe('a trader of many trades', () => {
  it('reads pages of them in order, each once', async () => {
    const asha = await somebody();
    await buy(asha, 1, '100.00');
    await trading.platform.bus.settled([]);
    // Two trades a second at 100 and 101 rupees, of the one order: bought, and sold again, 10,500 times.
    await trading.db.system.query(
      `INSERT INTO trading.trade (id, tenant_id, user_id, order_id, execution_id, symbol, side, price, quantity, at)
       SELECT gen_random_uuid(), t.tenant_id, t.user_id, t.order_id, gen_random_uuid(), t.symbol,
              (CASE i % 2 WHEN 0 THEN 'SELL' ELSE 'BUY' END)::trading.order_side, 10000 + 100 * ((i + 1) % 2), 1,
              t.at + i * interval '500 milliseconds'
         FROM trading.trade t, generate_series(1, 21000) AS i WHERE t.user_id = $1`,
      [asha.userId],
    );
    expect(await portfolio(asha)).toMatchObject({
      value: { amount: '100.00' },
      realisedPnl: { amount: '10500.00' },
      holdings: { edges: [{ node: { quantity: 1 } }] },
    });
  });
});
