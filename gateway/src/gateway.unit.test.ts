import { CallerSeal } from '@gridworks/kit/caller';
import { createLog } from '@gridworks/kit/telemetry';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGateway, type Gateway } from './gateway.ts';
import { listen, query } from './testing/client.ts';
import { composeForeign, serveForeign, type Foreign, type ForeignSubgraph } from './testing/foreign.ts';
import { openGateway, type Opened } from './testing/opened.ts';
import { SECRET, log, subgraphOf, type Served } from './testing/subgraphs.ts';
import { httpTransport } from './transport/http.ts';
import { localTransport } from './transport/local.ts';
import type { Transport } from './transport/transport.ts';

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
          name,
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

describe('another supergraph', () => {
  const ONE = 'type Query { one: String }';
  const TWO = 'type Query { one: String two: String }';
  const THREE = 'type Query { two: String }';
  const composed = (sdl: string): string =>
    composeForeign([{ name: 'trading', url: 'http://trading.test', path: '/', sdl, resolvers: {} }]);

  let folder: string;
  let file: string;
  let gateway: Gateway;
  /** Holds up the answer of `one`. */
  let hold: Promise<void>;
  let asked: number;
  const log = createLog('test', 'silent');
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gridworks-supergraph-'));
    file = join(folder, 'supergraph.graphql');
    await writeFile(file, composed(ONE));
    hold = Promise.resolve();
    asked = 0;
    const trading = subgraphOf('trading', TWO, {
      Query: {
        one: async () => {
          asked += 1;
          await hold;
          return 'first';
        },
        two: () => 'second',
      },
    });
    gateway = await createGateway({
      transports: [localTransport(trading)],
      supergraph: composed(ONE),
      supergraphFile: file,
      examples: [],
      host: '127.0.0.1',
      port: 0,
      log,
    });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await gateway.close();
    await rm(folder, { recursive: true });
  });

  const UNKNOWN = { status: 400, code: 'GRAPHQL_VALIDATION_FAILED' };
  async function ask(text: string): Promise<unknown> {
    const { status, body } = await query(gateway.port, text);
    return body.errors ? { status, code: body.errors[0]?.extensions?.['code'] } : body.data;
  }
  const until = { timeout: 30_000, interval: 20 };

  it('comes into force when its file is written: new fields answer, old ones are refused', async () => {
    expect(await ask('{ two }')).toEqual(UNKNOWN);
    await writeFile(file, composed(TWO));
    await expect.poll(() => ask('{ two }'), until).toEqual({ two: 'second' });
    expect(await ask('{ one }')).toEqual({ one: 'first' });

    // As editors and deployments do: another file takes its place.
    await writeFile(`${file}.new`, composed(THREE));
    await rename(`${file}.new`, file);
    await expect.poll(() => ask('{ one }'), until).toEqual(UNKNOWN);
    expect(await ask('{ __type(name: "Query") { fields { name } } }')).toEqual({
      __type: { fields: [{ name: 'two' }] },
    });
  });

  it('changes nothing when it is broken, and is followed again when it is mended', async () => {
    const told = vi.spyOn(log, 'error');
    for (const broken of ['nonsense', composed(TWO).replaceAll('trading', 'unheard-of')]) {
      told.mockClear();
      await writeFile(file, broken);
      const sentences = (): unknown[] => told.mock.calls.map(([, sentence]) => sentence);
      await expect.poll(sentences, until).toContain('the supergraph cannot be loaded; the one before stays');
      expect(await ask('{ one }')).toEqual({ one: 'first' });
      expect(await ask('{ two }')).toEqual(UNKNOWN);
    }
    await writeFile(file, composed(TWO));
    await expect.poll(() => ask('{ two }'), until).toEqual({ two: 'second' });
  });

  it('leaves requests alone that began before it', async () => {
    let release: () => void = () => undefined;
    hold = new Promise((resolve) => (release = resolve));
    const begun = ask('{ one }');
    await expect.poll(() => asked).toBe(1);
    await gateway.reload(composed(THREE));
    expect(await ask('{ one }')).toEqual(UNKNOWN);
    expect(await ask('{ two }')).toEqual({ two: 'second' });
    release();
    expect(await begun).toEqual({ one: 'first' });
  });

  it('waits for the one before it, and the last stays', async () => {
    await Promise.all([gateway.reload(composed(TWO)), gateway.reload(composed(THREE))]);
    expect(await ask('{ one }')).toEqual(UNKNOWN);
    const [refused] = await Promise.allSettled([gateway.reload('nonsense'), gateway.reload(composed(ONE))]);
    expect(refused).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('no composed Federation 2 supergraph') as unknown },
    });
    expect(await ask('{ two }')).toEqual(UNKNOWN);
  });
});

describe('any supergraph', () => {
  const PRODUCTS = {
    name: 'All products',
    path: '/shop/graphql?v=2',
    sdl: 'type Product @key(fields: "id") { id: ID! name: String } type Query { product(id: ID!): Product }',
    resolvers: { Query: { product: (_: never, { id }: { id: string }) => ({ id, name: `product ${id}` }) } },
  };
  const reviews = (name: string, text: string): ForeignSubgraph => ({
    name,
    path: '/graphql',
    sdl: 'type Product @key(fields: "id") { id: ID! review: String }',
    resolvers: { Product: { __resolveReference: (key: object) => key, review: () => text } },
  });

  let served: Foreign[];
  let gateway: Gateway;
  const transportOf = (name: string, url: string): Transport =>
    httpTransport({ name, url, seal: new CallerSeal(SECRET), log });
  beforeEach(async () => {
    served = await Promise.all(
      [
        PRODUCTS,
        reviews('reviews-2', 'good'),
        reviews('reviews-2', 'better'),
        reviews('critics', 'best'),
      ].map(serveForeign),
    );
    gateway = await createGateway({
      transports: [],
      transportOf,
      supergraph: supergraphOf(0, 1),
      examples: [],
      host: '127.0.0.1',
      port: 0,
      log,
    });
  });
  afterEach(async () => {
    await gateway.close();
    await Promise.all(served.map((each) => each.close()));
  });

  function supergraphOf(...indices: number[]): string {
    return composeForeign(served.filter((_, index) => indices.includes(index)));
  }

  async function product(): Promise<unknown> {
    return (await query(gateway.port, '{ product(id: 7) { name review } }')).body.data;
  }

  it('is served over the subgraphs it names, at the addresses it gives', async () => {
    expect(await product()).toEqual({ product: { name: 'product 7', review: 'good' } });
  });

  it('may name new subgraphs and new addresses when it is reloaded', async () => {
    await product();
    await gateway.reload(supergraphOf(0, 2));
    expect(await product()).toEqual({ product: { name: 'product 7', review: 'better' } });
    await gateway.reload(supergraphOf(0, 3));
    expect(await product()).toEqual({ product: { name: 'product 7', review: 'best' } });
    expect(served.map(({ answered }) => answered() > 0)).toEqual([true, true, true, true]);
    // Back where it began: what was retired meanwhile is in use again.
    await gateway.reload(supergraphOf(0, 1));
    expect(await product()).toEqual({ product: { name: 'product 7', review: 'good' } });
  });

  it('is ready when the subgraphs of the supergraph in force are, and no others', async () => {
    const ready = async (): Promise<unknown> =>
      (await fetch(`http://127.0.0.1:${gateway.port}/ready`)).json();
    expect(await ready()).toEqual({ status: 'ready', missing: [] });
    await served[1]?.close();
    expect(await ready()).toEqual({ status: 'unready', missing: ['reviews-2'] });
    await gateway.reload(supergraphOf(0, 3));
    expect(await ready()).toEqual({ status: 'ready', missing: [] });
  });

  it('is not loaded when it gives an address that is none', async () => {
    const broken = supergraphOf(0, 3).replace(/http:[^"]+\/graphql"/, 'nowhere"');
    await expect(gateway.reload(broken)).rejects.toThrow();
    expect(await product()).toEqual({ product: { name: 'product 7', review: 'good' } });
  });
});
