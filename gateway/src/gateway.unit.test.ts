import { CallerSeal } from '@gridworks/kit/caller';
import type { SubgraphName } from '@gridworks/kit/config';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGateway } from './gateway.ts';
import { listen, query } from './testing/client.ts';
import { openGateway, type Opened } from './testing/opened.ts';
import { SECRET, log, type Served } from './testing/subgraphs.ts';
import { httpTransport } from './transport/http.ts';

vi.setConfig({ testTimeout: 60_000 });

const UNAVAILABLE = (name: string): object => ({
  message: `${name} is not available at the moment.`,
  extensions: { code: 'SUBGRAPH_UNAVAILABLE' },
});

describe.each(['local', 'http'] as const)('queries and mutations over %s subgraphs', (form) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await openGateway(form);
  });
  afterAll(() => opened.close());
  beforeEach(() => {
    opened.graph.asked.length = 0;
  });

  it('joins fields of several subgraphs', async () => {
    const { status, body } = await query(
      opened.port,
      '{ instrument(symbol: "INFY") { name forecast(horizon: 5) { volatility horizon } } mood me { id } }',
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      data: {
        instrument: { name: 'Infosys', forecast: { volatility: 0.4, horizon: 5 } },
        mood: 'calm',
        me: null,
      },
    });
  });

  it('runs a mutation and joins on what it changed', async () => {
    const { body } = await query(
      opened.port,
      'mutation ($name: String!) { rename(symbol: "TCS", name: $name) { name forecast { volatility } } }',
      { name: 'Tata' },
    );
    expect(body).toEqual({ data: { rename: { name: 'Tata', forecast: { volatility: 0.3 } } } });
  });

  it('tells subgraphs who asks and in which trace', async () => {
    const traceId = 'a-trace-of-the-client';
    const { headers, body } = await query(
      opened.port,
      '{ whoami instrument(symbol: "INFY") { forecast { horizon } } }',
      {},
      { 'x-trace-id': traceId },
    );
    expect(headers.get('x-trace-id')).toBe(traceId);
    expect(body.data).toMatchObject({ whoami: '{"kind":"anonymous"}' });
    expect(opened.graph.asked.sort()).toEqual([`ai:${traceId}`, `trading:${traceId}`]);
  });

  it('answers queries and mutations over the WebSocket as over HTTP', async () => {
    const text = '{ instrument(symbol: "INFY") { name forecast { volatility } } }';
    const socket = listen(opened.port, text);
    expect(await socket.next()).toEqual((await query(opened.port, text)).body);
    expect(await socket.next()).toBe('complete');

    const change = listen(opened.port, 'mutation { rename(symbol: "TCS", name: "T") { name } }');
    expect(await change.next()).toEqual({ data: { rename: { name: 'T' } } });
    expect(await change.next()).toBe('complete');
  });

  it('keeps the other fields when one field fails, and masks why', async () => {
    const { status, headers, body } = await query(
      opened.port,
      '{ broken mood instrument(symbol: "STUMBLE") { symbol forecast { volatility } } }',
    );
    expect(status).toBe(200);
    expect(body.data).toEqual({
      broken: null,
      mood: 'calm',
      instrument: { symbol: 'STUMBLE', forecast: null },
    });
    const traceId = headers.get('x-trace-id');
    const masked = { code: 'INTERNAL_SERVER_ERROR', traceId };
    const message = 'Something went wrong on our side.';
    expect(body.errors).toHaveLength(2);
    expect(body.errors).toEqual(
      expect.arrayContaining([
        { message, path: ['broken'], extensions: masked },
        { message, path: ['instrument', 'forecast'], extensions: masked },
      ]),
    );
  });

  it("passes a subgraph's own refusal on, with its code and path and nothing more", async () => {
    const { status, body } = await query(opened.port, '{ mood forbidden }');
    expect(status).toBe(200);
    expect(body).toEqual({
      data: { mood: 'calm', forbidden: null },
      errors: [{ message: 'This is for operators.', path: ['forbidden'], extensions: { code: 'FORBIDDEN' } }],
    });
  });

  it('does not blame the client for a fetch that a subgraph cannot read', async () => {
    // As when a subgraph is deployed with another schema than the supergraph was composed of.
    const { trading } = opened.graph.subgraphs;
    const fields = trading.schema.getQueryType()?.getFields();
    const whoami = fields?.['whoami'];
    if (!fields || !whoami) throw new Error('there is no such field');
    delete fields['whoami'];
    try {
      const { status, body } = await query(opened.port, '{ mood whoami }');
      expect(status).toBe(200);
      expect(body.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
      expect(JSON.stringify(body)).not.toContain('whoami');
    } finally {
      fields['whoami'] = whoami;
    }
  });

  it('does not let the refusal of one field set the status of the whole answer', async () => {
    const { status, body } = await query(opened.port, '{ mood oddly }');
    expect(status).toBe(200);
    expect(body.data).toEqual({ mood: 'calm', oddly: null });
    expect(body.errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'TOKEN_INVALID' }]);
  });

  it('tells of a value that must be there and is not, though no subgraph complained', async () => {
    const { status, body } = await query(opened.port, '{ mood instrument(symbol: "LOST") { name certain } }');
    expect(status).toBe(200);
    expect(body.data).toEqual({ mood: 'calm', instrument: null });
    expect(body.errors).toMatchObject([
      { path: ['instrument', 'certain'], extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]);
    expect(body.extensions).toBeUndefined();
  });

  it('introspects', async () => {
    const { body } = await query(opened.port, '{ __schema { subscriptionType { name } } __typename }');
    expect(body).toEqual({
      data: { __schema: { subscriptionType: { name: 'Subscription' } }, __typename: 'Query' },
    });
  });
});

describe('a subgraph that is away', () => {
  let opened: Opened;
  let ai: Served;
  let trading: Served;
  beforeAll(async () => {
    opened = await openGateway('http');
    ai = opened.reached.served.get('ai') as Served;
    trading = opened.reached.served.get('trading') as Served;
  });
  afterAll(() => opened.close());

  it('costs its own fields, is told once although it was needed often, and is asked again when it is back', async () => {
    const text = `{ mood
      a: instrument(symbol: "INFY") { name forecast { volatility } }
      b: instruments(symbols: ["INFY", "TCS"]) { name risk } }`;
    await ai.kill();
    const without = await query(opened.port, text);
    expect(without.status).toBe(200);
    expect(without.body.data).toEqual({
      mood: null,
      a: { name: 'Infosys', forecast: null },
      b: [
        { name: 'Infosys', risk: null },
        { name: 'Tata Consultancy', risk: null },
      ],
    });
    expect(without.body.errors).toEqual([{ ...UNAVAILABLE('ai'), path: expect.any(Array) as unknown }]);
    expect(without.body.errors?.[0]?.path).toEqual(['mood']);

    await ai.revive();
    const again = await query(opened.port, text);
    expect(again.body.errors).toBeUndefined();
    expect(again.body.data).toMatchObject({ mood: 'calm', a: { forecast: { volatility: 0.4 } } });
  });

  it('gives its error the path where its loss is first felt, within lists too', async () => {
    await ai.kill();
    const { body } = await query(
      opened.port,
      '{ list: instruments(symbols: ["INFY", "TCS"]) { name volatility: risk } }',
    );
    expect(body.errors).toEqual([{ ...UNAVAILABLE('ai'), path: ['list', 0, 'volatility'] }]);
    await ai.revive();
  });

  it('is no reason not to open the door', async () => {
    await ai.kill();
    const other = await createGateway({
      transports: [...opened.reached.served].map(([name, { port }]) =>
        httpTransport({
          name: name as SubgraphName,
          url: `http://127.0.0.1:${port}`,
          seal: new CallerSeal(SECRET),
          log,
        }),
      ),
      supergraph: opened.graph.supergraph,
      examples: [],
      host: '127.0.0.1',
      port: 0,
      log,
    });
    expect((await query(other.port, '{ instruments(symbols: []) { name } }')).body).toEqual({
      data: { instruments: [] },
    });
    await other.close();
    await ai.revive();
  });

  it('gives no data when nothing else was asked for', async () => {
    await trading.kill();
    const { status, body } = await query(opened.port, '{ instruments(symbols: []) { name } }');
    expect(status).toBe(200);
    expect(body).toEqual({ data: null, errors: [{ ...UNAVAILABLE('trading'), path: ['instruments'] }] });
    await trading.revive();
  });

  it('does not leave a mutation answered twice or half: it is unavailable, or done', async () => {
    await trading.kill();
    const { body } = await query(opened.port, 'mutation { rename(symbol: "TCS", name: "T") { name } }');
    expect(body).toEqual({
      data: { rename: null },
      errors: [{ ...UNAVAILABLE('trading'), path: ['rename'] }],
    });
    await trading.revive();
    const again = await query(opened.port, 'mutation { rename(symbol: "TCS", name: "T") { name } }');
    expect(again.body).toEqual({ data: { rename: { name: 'T' } } });
  });

  it('makes the door unready, naming who is missing, while the process stays healthy', async () => {
    const ask = async (path: string): Promise<{ status: number; body: unknown }> => {
      const response = await fetch(`http://127.0.0.1:${opened.port}${path}`);
      return { status: response.status, body: await response.json() };
    };
    expect(await ask('/ready')).toEqual({ status: 200, body: { status: 'ready', missing: [] } });
    await ai.kill();
    expect(await ask('/ready')).toEqual({ status: 503, body: { status: 'unready', missing: ['ai'] } });
    expect(await ask('/health')).toEqual({ status: 200, body: { status: 'ok' } });
    await ai.revive();
    expect(await ask('/ready')).toEqual({ status: 200, body: { status: 'ready', missing: [] } });
  });
});
