/** A trader's day: sign up, buy, see it everywhere, sell, and get every word of "no". */
import {
  BuyDocument,
  CancelAllDocument,
  CancelDocument,
  HomeDocument,
  ModifyDocument,
  MyOrdersDocument,
  NodeDocument,
  ProtectDocument,
  RebalancePortfolioDocument,
  RebalancingPreviewDocument,
  RegisterDocument,
  StatementDocument,
  WithdrawFundsDocument,
  type BuyMutation,
  type BuyMutationVariables,
  type HomeQuery,
} from '@gridworks/schema/operations';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { GraphClient, eventually } from './client.ts';

const OPENING_CREDIT = 100_000_000n;

type Order = NonNullable<BuyMutation['placeOrder']['order']>;
type Request = Partial<BuyMutationVariables['input']>;

/** Paise of a decimal string. */
function paise(amount: string): bigint {
  return BigInt(amount.replace('.', ''));
}

describe.each(inject('forms'))('a trader, $name', ({ url }) => {
  let trader: GraphClient;
  beforeEach(async () => {
    trader = await newTrader();
  });
  afterEach(() => trader.close());

  async function newTrader(): Promise<GraphClient> {
    const anybody = new GraphClient(url);
    const { register } = await anybody.data(RegisterDocument, {
      input: {
        tenant: 'gridworks',
        email: `${randomUUID()}@gridworks.example`,
        password: 'a long enough password',
        displayName: 'New Trader',
      },
    });
    const client = anybody.withToken(register.session?.accessToken ?? '');
    // Signing up is told to billing and trading by events; a moment later there is money to trade with.
    await eventually(
      () => home(client),
      ({ wallet, buyingPower }) =>
        wallet?.available.amount === '1000000.00' && buyingPower?.amount === '1000000.00',
    );
    return client;
  }

  async function home(client = trader): Promise<NonNullable<HomeQuery['me']>> {
    const { me } = await client.data(HomeDocument, {});
    if (!me) throw new Error('nobody is signed in');
    return me;
  }

  async function place(request: Request, client = trader): Promise<BuyMutation['placeOrder']> {
    const input: BuyMutationVariables['input'] = {
      clientOrderId: randomUUID(),
      symbol: 'INFY',
      side: 'BUY',
      type: 'MARKET',
      product: 'CNC',
      quantity: 10,
      ...request,
    };
    return (await client.data(BuyDocument, { input })).placeOrder;
  }

  async function buy(request: Request = {}): Promise<Order> {
    const { order, refusal } = await place(request);
    if (!order) throw new Error(`refused: ${JSON.stringify(refusal)}`);
    return order;
  }

  async function resting(): Promise<Order> {
    const { instrument } = await trader.data<{ instrument: { priceBand: { lower: string } } }>(
      `{ instrument(symbol: "INFY") { priceBand { lower } } }`,
    );
    // At the lower end of the band nobody sells: the order waits.
    return buy({ type: 'LIMIT', limitPrice: instrument.priceBand.lower });
  }

  it('buys and finds it in the answer, in the position, in the wallet and in the statement', async () => {
    const order = await buy();
    expect(order).toMatchObject({ status: 'FILLED', filledQuantity: 10 });
    const value = paise(order.averagePrice ?? '') * 10n;
    const charges = paise(order.charges?.total.amount ?? '');
    expect(charges).toBeGreaterThan(0n);

    const { positions, portfolio, orders } = await eventually(
      () => home(),
      ({ wallet, positions }) => wallet?.held.amount === '0.00' && positions?.length === 1,
    );
    expect(positions).toMatchObject([
      { quantity: 10, averagePrice: order.averagePrice, instrument: { symbol: 'INFY' } },
    ]);
    expect(portfolio?.holdings.edges).toMatchObject([
      { node: { quantity: 10, settledQuantity: 0, averagePrice: order.averagePrice } },
    ]);
    expect(orders?.edges[0]?.node).toMatchObject({ id: order.id, status: 'FILLED' });
    // The average is rounded to the paisa; ten shares of it may be a few paise off the exact value.
    const settled = await eventually(
      () => home(),
      ({ buyingPower, wallet }) => buyingPower?.amount === wallet?.available.amount,
    );
    const spent = OPENING_CREDIT - paise(settled.wallet?.available.amount ?? '');
    expect(Number(spent - value - charges)).toBeGreaterThan(-10);
    expect(Number(spent - value - charges)).toBeLessThan(10);

    const { me } = await trader.data(StatementDocument, {});
    const lines = me?.wallet?.statement.edges.map(({ node }) => node) ?? [];
    expect(lines.at(-1)).toMatchObject({ kind: 'OPENING_CREDIT', amount: { amount: '1000000.00' } });
    expect(lines.reduce((sum, line) => sum + paise(line.amount.amount), 0n)).toBe(
      paise(settled.wallet?.available.amount ?? ''),
    );
  });

  it('sells what was bought, and not more', async () => {
    await buy();
    const sold = await buy({ side: 'SELL', quantity: 4 });
    expect(sold).toMatchObject({ status: 'FILLED', filledQuantity: 4 });
    const tooMuch = await place({ side: 'SELL', quantity: 7 });
    expect(tooMuch).toMatchObject({ order: null, refusal: { code: 'HOLDINGS_INSUFFICIENT' } });
    const { positions } = await eventually(
      () => home(),
      ({ positions }) => positions?.[0]?.quantity === 6,
    );
    expect(positions).toHaveLength(1);
  });

  it('sells first under MIS, and when the price costs too much of the margin the position is closed, to the paisa', async () => {
    const symbol = 'SBIN';
    const operator = await new GraphClient(url).signedInAs('ops');
    const { instrument } = await trader.data<{ instrument: { lastPrice: string } }>(
      `{ instrument(symbol: "${symbol}") { lastPrice } }`,
    );
    const play = (rupees: number): Promise<unknown> =>
      operator.data(
        `mutation ($input: PlayMarketInput!) { playMarket(input: $input) { played refusal { code } } }`,
        { input: { symbol, prints: [{ at: new Date().toISOString(), price: `${rupees}.00`, quantity: 1 }] } },
      );
    interface Intraday {
      readonly me: {
        readonly wallet: Record<'available' | 'held' | 'margin', { readonly amount: string }>;
        readonly margin: Record<'used' | 'available' | 'dues', { readonly amount: string }>;
        readonly positions: readonly {
          readonly quantity: number;
          readonly realisedPnl: { readonly amount: string };
        }[];
        readonly orders: {
          readonly edges: readonly {
            readonly node: {
              readonly side: string;
              readonly status: string;
              readonly squareOffReason: string | null;
              readonly turnover: { readonly amount: string };
              readonly charges: { readonly total: { readonly amount: string } } | null;
            };
          }[];
        };
      };
    }
    const intraday = async (): Promise<Intraday['me']> =>
      (
        await trader.data<Intraday>(`{ me {
          wallet { available { amount } held { amount } margin { amount } }
          margin { used { amount } available { amount } dues { amount } }
          positions { quantity realisedPnl { amount } }
          orders(first: 2) { edges { node { side status squareOffReason turnover { amount } charges { total { amount } } } } }
        } }`)
      ).me;

    const price = Math.round(Number(instrument.lastPrice));
    await play(price);
    const sold = await buy({ symbol, side: 'SELL', product: 'MIS', quantity: 10 });
    expect(sold).toMatchObject({ status: 'FILLED', filledQuantity: 10 });
    const open = await eventually(
      intraday,
      ({ wallet, margin, positions }) =>
        positions.length === 1 &&
        wallet.held.amount === '0.00' &&
        wallet.margin.amount === margin.used.amount,
    );
    const brought = paise(open.orders.edges[0]?.node.turnover.amount ?? '');
    expect(open).toMatchObject({ positions: [{ quantity: -10 }], margin: { dues: { amount: '0.00' } } });
    expect(paise(open.wallet.margin.amount)).toBe((brought + 4n) / 5n);

    await play(Math.round(price * 1.2));
    const closed = await eventually(
      intraday,
      ({ positions, wallet, margin }) =>
        positions[0]?.quantity === 0 &&
        wallet.held.amount === '0.00' &&
        wallet.margin.amount === '0.00' &&
        wallet.available.amount === margin.available.amount,
    );
    const nodes = closed.orders.edges.map(({ node }) => node);
    expect(nodes).toMatchObject([
      { side: 'BUY', status: 'FILLED', squareOffReason: 'MARGIN_CALL' },
      { side: 'SELL', status: 'FILLED', squareOffReason: null },
    ]);
    const cost = paise(nodes[0]?.turnover.amount ?? '');
    const charges = nodes.reduce((sum, each) => sum + paise(each.charges?.total.amount ?? ''), 0n);
    expect(paise(closed.positions[0]?.realisedPnl.amount ?? '')).toBe(brought - cost);
    expect(paise(closed.wallet.available.amount)).toBe(OPENING_CREDIT + brought - cost - charges);
  });

  it('is refused without funds, and nothing changes', async () => {
    const before = await home();
    const refused = await place({ quantity: 100_000 });
    expect(refused).toMatchObject({ order: null, refusal: { code: 'FUNDS_INSUFFICIENT' } });
    const after = await home();
    expect(after).toEqual({ ...before, positions: after.positions });
    expect(after.orders?.edges).toEqual([]);
  });

  it.each<[string, Request, string[]]>([
    ['INSTRUMENT_UNKNOWN', { symbol: 'NOSUCH' }, ['input', 'symbol']],
    ['INSTRUMENT_NOT_TRADABLE', { symbol: 'NIFTY' }, ['input', 'symbol']],
    ['QUANTITY_INVALID', { quantity: 0 }, ['input', 'quantity']],
    ['QUANTITY_INVALID', { quantity: -5 }, ['input', 'quantity']],
    ['PRICE_REQUIRED', { type: 'LIMIT' }, ['input', 'limitPrice']],
    ['PRICE_NOT_ALLOWED', { type: 'MARKET', limitPrice: '100.00' }, ['input', 'limitPrice']],
    ['PRICE_OUT_OF_BAND', { type: 'LIMIT', limitPrice: '1.00' }, ['input', 'limitPrice']],
  ])('is refused with %s', async (code, request, path) => {
    expect(await place(request)).toMatchObject({ order: null, refusal: { code, path } });
  });

  it('gets one order for one clientOrderId, however often it is sent', async () => {
    const request = { clientOrderId: randomUUID(), quantity: 2 };
    const answers = await Promise.all(Array.from({ length: 5 }, () => place(request)));
    expect(new Set(answers.map(({ order }) => order?.id)).size).toBe(1);
    expect(await place({ ...request, quantity: 3 })).toMatchObject({
      order: null,
      refusal: { code: 'CLIENT_ORDER_ID_REUSED' },
    });
    expect((await home()).orders?.edges).toHaveLength(1);
  });

  it('takes an order back and has its funds again; a second time there is nothing to take back', async () => {
    const order = await resting();
    expect(order.status).toBe('OPEN');
    await eventually(
      () => home(),
      ({ wallet }) => wallet?.held.amount !== '0.00',
    );
    const cancel = async (): Promise<object> =>
      (await trader.data(CancelDocument, { input: { orderId: order.id } })).cancelOrder;
    expect(await cancel()).toMatchObject({
      order: { status: 'CANCELLED', filledQuantity: 0 },
      refusal: null,
    });
    expect(await cancel()).toMatchObject({ order: null, refusal: { code: 'ORDER_CLOSED' } });
    await eventually(
      () => home(),
      ({ wallet, buyingPower }) =>
        wallet?.available.amount === '1000000.00' && buyingPower?.amount === '1000000.00',
    );
  });

  it('changes an order: more is held, then less, to the paisa, and all of it comes back', async () => {
    const { id } = await resting();
    const modify = async (quantity: number): Promise<object> =>
      (await trader.data(ModifyDocument, { input: { orderId: id, quantity } })).modifyOrder;
    const held = async (quantity: number): Promise<void> => {
      const order = `query ($id: ID!) { order(id: $id) { limitPrice } }`;
      const answer = await trader.data<{ order: { limitPrice: string } }>(order, { id });
      const value = paise(answer.order.limitPrice) * BigInt(quantity);
      const promised = value + (value * 50n + 9_999n) / 10_000n + 200n;
      await eventually(
        () => home(),
        ({ wallet, buyingPower }) =>
          paise(wallet?.held.amount ?? '') === promised &&
          wallet?.available.amount === buyingPower?.amount &&
          paise(buyingPower?.amount ?? '') === OPENING_CREDIT - promised,
      );
    };
    await held(10);
    expect(await modify(25)).toMatchObject({ order: { quantity: 25, status: 'OPEN' }, refusal: null });
    expect(await modify(25)).toMatchObject({ order: { quantity: 25 }, refusal: null });
    await held(25);
    expect(await modify(4)).toMatchObject({ order: { quantity: 4 } });
    await held(4);
    const { cancelOrders } = await trader.data(CancelAllDocument, { input: { symbol: 'INFY' } });
    expect(cancelOrders).toMatchObject({ orders: [{ id, status: 'CANCELLED' }], refusal: null });
    expect(await modify(5)).toMatchObject({ order: null, refusal: { code: 'ORDER_CLOSED' } });
    await eventually(
      () => home(),
      ({ wallet, buyingPower }) =>
        wallet?.available.amount === '1000000.00' && buyingPower?.amount === '1000000.00',
    );
  });

  it('protects what was bought by a stop, which is triggered where the price has been', async () => {
    await buy();
    const { instrument } = await trader.data<{ instrument: { priceBand: { lower: string; upper: string } } }>(
      `{ instrument(symbol: "INFY") { priceBand { lower upper } } }`,
    );
    const protect = async (quantity: number, triggerPrice: string): Promise<object> => {
      const wish = {
        symbol: 'INFY',
        side: 'SELL',
        type: 'STOP',
        product: 'CNC',
        quantity,
        triggerPrice,
      } as const;
      const input = { clientOrderId: randomUUID(), ...wish };
      return (await trader.data(ProtectDocument, { input })).placeOrder;
    };
    expect(await protect(6, instrument.priceBand.lower)).toMatchObject({
      order: { status: 'TRIGGER_PENDING' },
    });
    expect(await protect(5, instrument.priceBand.lower)).toMatchObject({
      refusal: { code: 'HOLDINGS_INSUFFICIENT' },
    });
    expect(await protect(4, instrument.priceBand.upper)).toMatchObject({ order: { status: 'FILLED' } });
    const { me } = await trader.data<{
      me: { orders: { edges: { node: { history: { kind: string }[] } }[] } };
    }>(`{ me { orders(first: 1) { edges { node { history { kind } } } } } }`);
    const kinds = me.orders.edges[0]?.node.history.map(({ kind }) => kind);
    expect(kinds?.slice(0, 3)).toEqual(['CREATED', 'TRIGGERED', 'EXECUTED']);
  });

  it('brings the portfolio to weights, and takes money out of the wallet', async () => {
    const targets = [
      { symbol: 'INFY', weightBps: 500 },
      { symbol: 'RELIANCE', weightBps: 1_000 },
    ];
    const { rebalancingPreview } = await trader.data(RebalancingPreviewDocument, { input: { targets } });
    const charged = rebalancingPreview.preview?.orders.map(({ side, charges }) => [
      side,
      paise(charges?.total.amount ?? '0') > 0n,
    ]);
    expect(charged).toEqual([
      ['BUY', true],
      ['BUY', true],
    ]);
    const input = { clientRebalancingId: randomUUID(), targets };
    // The market moves meanwhile: who waits longer than one answer asks again.
    const { rebalancePortfolio } = await eventually(
      () => trader.data(RebalancePortfolioDocument, { input }),
      (answer) => answer.rebalancePortfolio.rebalancing?.status === 'COMPLETED',
    );
    const orders = rebalancePortfolio.rebalancing?.orders ?? [];
    expect(orders.map(({ side, instrument }) => [side, instrument.symbol])).toEqual([
      ['BUY', 'INFY'],
      ['BUY', 'RELIANCE'],
    ]);
    const withdrawal = { clientWithdrawalId: randomUUID(), amount: '100000.00' };
    const { withdrawFunds } = await trader.data(WithdrawFundsDocument, { input: withdrawal });
    expect(withdrawFunds).toMatchObject({ withdrawal: { status: 'POSTED' }, refusal: null });
    const { positions, wallet } = await eventually(
      () => home(),
      (at) => at.positions?.length === 2 && at.buyingPower?.amount === at.wallet?.available.amount,
    );
    const cost = (positions ?? []).reduce(
      (sum, { quantity, averagePrice }) => sum + BigInt(quantity) * paise(averagePrice),
      0n,
    );
    // Fifteen percent of a million, less what does not make a whole unit.
    expect(Number(cost)).toBeGreaterThan(140_000_00);
    expect(Number(cost)).toBeLessThan(151_000_00);
    expect(Number(OPENING_CREDIT - cost - paise(wallet?.available.amount ?? ''))).toBeGreaterThan(100_000_00);
  });

  it('streams order events without gap or repeat over a lost connection', async () => {
    await buy({ quantity: 1 });
    const first = await trader.take(MyOrdersDocument, { after: 0 }, 2);
    expect(first.map(({ data }) => data?.orderUpdates.kind)).toEqual(['CREATED', 'EXECUTED']);
    const after = first.at(-1)?.data?.orderUpdates.sequence ?? 0;
    // Away meanwhile.
    await buy({ quantity: 2 });
    const stream = trader.stream(MyOrdersDocument, { after });
    const seen = [await stream.next(), await stream.next()];
    await buy({ quantity: 3 });
    seen.push(await stream.next(), await stream.next());
    const sequences = seen.map(({ value }) =>
      Number((value as { data: { orderUpdates: { sequence: number } } }).data.orderUpdates.sequence),
    );
    const start = Number(after);
    expect(sequences).toEqual([start + 1, start + 2, start + 3, start + 4]);
    await stream.return?.();
  });

  it('does not see another trader, neither of the same tenant nor of another', async () => {
    const order = await resting();
    const strangers = [
      await newTrader(),
      await new GraphClient(url).signedInAs('gopal'),
      new GraphClient(url),
    ];
    for (const stranger of strangers) {
      expect(await stranger.data(`query ($id: ID!) { order(id: $id) { id } }`, { id: order.id })).toEqual({
        order: null,
      });
      const { node } = await stranger
        .data<{ node: { status?: string } | null }>(
          `query ($id: ID!) { node(id: $id) { ... on Order { status clientOrderId } } }`,
          { id: order.id },
        )
        .catch(() => ({ node: null }));
      expect(node?.status).toBeUndefined();
    }
    const { cancelOrder } = await (strangers[0] as GraphClient).data(CancelDocument, {
      input: { orderId: order.id },
    });
    expect(cancelOrder).toMatchObject({ order: null, refusal: { code: 'ORDER_UNKNOWN' } });
    expect((await trader.data(NodeDocument, { id: order.id })).node).toMatchObject({ status: 'OPEN' });
    await Promise.all(strangers.map((stranger) => stranger.close()));
  });

  it('sees that the market is open, and is told that there is no order for after hours then', async () => {
    const session = `{ marketSession { phase date nextPhase changesAt breakerPercent } }`;
    expect(await trader.data(session, {})).toEqual({
      marketSession: {
        phase: 'CONTINUOUS',
        date: null,
        nextPhase: null,
        changesAt: null,
        breakerPercent: null,
      },
    });
    expect(await place({ afterMarket: true })).toMatchObject({
      order: null,
      refusal: { code: 'SESSION_OPEN', path: ['input', 'afterMarket'] },
    });
    const { order } = await trader.data<{ order: object }>(
      `query ($id: ID!) { order(id: $id) { origin afterMarket } }`,
      { id: (await buy()).id },
    );
    expect(order).toEqual({ origin: 'USER', afterMarket: false });
  });

  it('must be signed in to trade or to watch orders', async () => {
    const anybody = new GraphClient(url);
    const place = `mutation { placeOrder(input: { clientOrderId: "x", symbol: "INFY", side: BUY, type: MARKET, product: CNC, quantity: 1 }) { order { id } } }`;
    expect(await anybody.code(place)).toBe('UNAUTHENTICATED');
    const [event] = await anybody
      .take(MyOrdersDocument, {}, 1)
      .catch((errors: unknown) => [{ errors: errors as { extensions: { code: string } }[] }]);
    expect(event?.errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
    await anybody.close();
  });
});
