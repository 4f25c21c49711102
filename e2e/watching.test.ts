/** What a trader's screen keeps an eye on: a watchlist, an alert that the market reaches, positions that change. */
import {
  BuyDocument,
  CreateAlertDocument,
  MyAlertsDocument,
  MyPositionsDocument,
  SaveWatchlistDocument,
} from '@gridworks/schema/operations';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { GraphClient } from './client.ts';

const LAST = `query ($symbol: String!) { instrument(symbol: $symbol) { lastPrice } }`;
const PLAY = `mutation ($input: PlayMarketInput!) { playMarket(input: $input) { played refusal { code } } }`;
const SYMBOL = 'ITC';

describe.each(inject('forms'))('watching, $name', ({ url }) => {
  const anybody = new GraphClient(url);
  const clients: GraphClient[] = [];
  afterAll(() => Promise.all(clients.map((client) => client.close())));

  async function signedInAs(person: 'bharat' | 'ops'): Promise<GraphClient> {
    const client = await anybody.signedInAs(person);
    clients.push(client);
    return client;
  }

  it('keeps a watchlist and tells of an alert once the market is there', async () => {
    const bharat = await signedInAs('bharat');
    const { saveWatchlist } = await bharat.data(SaveWatchlistDocument, {
      input: { name: 'Mine', symbols: [SYMBOL, 'TCS'] },
    });
    expect(saveWatchlist.watchlist?.instruments.map(({ symbol }) => symbol)).toEqual([SYMBOL, 'TCS']);

    const { instrument } = await anybody.data<{ instrument: { lastPrice: string } }>(LAST, {
      symbol: SYMBOL,
    });
    const price = (Number(instrument.lastPrice) * 1.02).toFixed(2);
    const told = bharat.stream(MyAlertsDocument, { after: 0 });
    const first = told.next();
    const input = { clientAlertId: 'e2e', symbol: SYMBOL, condition: 'AT_OR_ABOVE', price } as const;
    expect((await bharat.data(CreateAlertDocument, { input })).createAlert.alert?.status).toBe('ACTIVE');
    const operator = await signedInAs('ops');
    const reached = (Math.ceil(Number(price) * 10) / 10 + 0.1).toFixed(2);
    const prints = [{ at: new Date().toISOString(), price: reached, quantity: 1 }];
    await operator.data(PLAY, { input: { symbol: SYMBOL, prints } });
    const { value } = (await first) as { value: { data: { alerts: { sequence: unknown; alert: unknown } } } };
    expect(value.data.alerts).toMatchObject({
      sequence: 1,
      alert: { price, instrument: { symbol: SYMBOL, name: expect.any(String) as string } },
    });
    await told.return?.();
  });

  it('tells of positions as they stand and as they change, joined with other subgraphs', async () => {
    const bharat = await signedInAs('bharat');
    const positions = bharat.stream(MyPositionsDocument, {});
    const wanted = new Promise<void>((resolve, reject) => {
      void (async () => {
        for (let step = await positions.next(); !step.done; step = await positions.next()) {
          const position = step.value.data?.positionUpdates.position;
          if (position?.instrument.symbol !== 'TCS') continue;
          expect(position.averagePrice).toMatch(/^\d+\.\d\d$/);
          return resolve();
        }
        reject(new Error('the stream ended'));
      })().catch(reject);
    });
    const terms = { symbol: 'TCS', side: 'BUY', type: 'MARKET', product: 'CNC', validity: 'DAY' } as const;
    const { placeOrder } = await bharat.data(BuyDocument, {
      input: { clientOrderId: 'watching-tcs', quantity: 1, limitPrice: null, ...terms },
    });
    expect(placeOrder.refusal).toBeNull();
    await wanted;
    await positions.return?.();
  });
});
