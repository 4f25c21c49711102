import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { listen, post, query } from '../testing/client.ts';
import { publicFiles } from './files.ts';
import { openGateway, type Opened } from '../testing/opened.ts';

vi.setConfig({ testTimeout: 60_000 });

const WATCH = {
  name: 'Watch',
  query: 'subscription Watch { ticks(symbols: []) { sequence } }',
  variables: '{}',
};

describe('the door', () => {
  let opened: Opened;
  let origin: string;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gridworks-door-'));
    await writeFile(join(folder, 'key.wasm'), 'the key');
    await mkdir(join(folder, 'private'));
    await writeFile(join(folder, 'private', 'key.wasm'), 'a secret');
    const files = await publicFiles('/circuits/', folder);
    opened = await openGateway('local', { examples: [WATCH], files });
    origin = `http://127.0.0.1:${opened.port}`;
  });
  afterAll(async () => {
    await opened.close();
    await rm(folder, { recursive: true });
  });

  const BAD: readonly [what: string, payload: unknown, status: number, code: string][] = [
    ['a body that is not JSON', '{', 400, 'BAD_REQUEST'],
    ['an empty body', '', 400, 'BAD_REQUEST'],
    ['a body that is no object', '"text"', 400, 'BAD_REQUEST'],
    ['a body without a query', {}, 400, 'BAD_REQUEST'],
    ['a query that is empty', { query: '' }, 400, 'BAD_REQUEST'],
    ['a query that is no text', { query: 1 }, 400, 'BAD_REQUEST'],
    ['variables that are no object', { query: '{ mood }', variables: [1] }, 400, 'BAD_REQUEST'],
    ['several requests in one', [{ query: '{ mood }' }, { query: '{ mood }' }], 400, 'BAD_REQUEST'],
    ['what is not GraphQL', { query: '{ mood' }, 400, 'GRAPHQL_PARSE_FAILED'],
    ['a field that does not exist', { query: '{ colour }' }, 400, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a variable that does not fit',
      { query: 'query ($s: String!) { instrument(symbol: $s) { name } }', variables: { s: 1 } },
      400,
      'BAD_USER_INPUT',
    ],
    [
      'a variable that is missing',
      { query: 'query ($s: String!) { instrument(symbol: $s) { name } }' },
      400,
      'BAD_USER_INPUT',
    ],
    [
      'two operations without a name',
      { query: 'query A { mood } query B { mood }' },
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    [
      'a name that is not there',
      { query: 'query A { mood }', operationName: 'B' },
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['a subscription by POST', { query: WATCH.query }, 400, 'BAD_REQUEST'],
    [
      'the hash of an operation that nobody registered',
      { extensions: { persistedQuery: { version: 1, sha256Hash: 'ab' } } },
      200,
      'BAD_REQUEST',
    ],
  ];
  it.each(BAD)('refuses %s', async (_what, payload, status, code) => {
    const answer = await post(opened.port, payload);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-trace-id')).toMatch(/^[\w-]{8,64}$/);
    expect(answer.body.data).toBeUndefined();
    expect(answer.body.errors?.map(({ extensions }) => extensions)).toEqual([{ code }]);
  });

  it('answers a query by GET from a program, and refuses a mutation by it', async () => {
    const get = (text: string): Promise<Response> =>
      fetch(`${origin}/graphql?query=${encodeURIComponent(text)}`, {
        headers: { accept: 'application/json', 'apollo-require-preflight': 'true' },
      });
    expect(await (await get('{ mood }')).json()).toEqual({ data: { mood: 'calm' } });
    const refused = await get('mutation { rename(symbol: "A", name: "B") { name } }');
    expect(refused.status).toBe(405);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it('replaces a trace that could not be one', async () => {
    const { headers } = await query(opened.port, '{ mood }', {}, { 'x-trace-id': 'a b <script>' });
    expect(headers.get('x-trace-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('refuses a body that is too large, and says so', async () => {
    const answer = await post(opened.port, { query: `{ mood } #${'x'.repeat(1_100_000)}` });
    expect(answer.status).toBe(413);
    expect(answer.body.errors?.[0]?.extensions).toEqual({ code: 'PAYLOAD_TOO_LARGE' });
  });

  it('sends browsers from the root to the graph, where GraphiQL waits whole and alone', async () => {
    const root = await fetch(origin, { redirect: 'manual' });
    expect({ status: root.status, location: root.headers.get('location') }).toEqual({
      status: 302,
      location: '/graphql',
    });

    const page = await fetch(`${origin}/graphql`, { headers: { accept: 'text/html,application/xhtml+xml' } });
    const html = await page.text();
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('x-frame-options')).toBe('DENY');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('content-security-policy')).not.toMatch(/https?:|\*/);
    const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(named.filter((path) => !path.startsWith('data:') && !path.startsWith('/graphiql/'))).toEqual([]);
    for (const path of named.filter((each) => each.startsWith('/'))) {
      const part = await fetch(origin + path);
      expect({ path, status: part.status, isEmpty: (await part.text()) === '' }).toEqual({
        path,
        status: 200,
        isEmpty: false,
      });
    }
    const start = await (await fetch(`${origin}/graphiql/start.js`)).text();
    expect(start).toContain(JSON.stringify([{ query: WATCH.query, variables: WATCH.variables }]));
  });

  it('lets a browser keep the parts of GraphiQL', async () => {
    const first = await fetch(`${origin}/graphiql/start.js`);
    const again = await fetch(`${origin}/graphiql/start.js`, {
      headers: { 'if-none-match': first.headers.get('etag') ?? '' },
    });
    expect(again.status).toBe(304);
  });

  it('hands out the files it was given, and their neighbours to nobody', async () => {
    const file = await fetch(`${origin}/circuits/key.wasm?v=1`);
    expect([file.status, file.headers.get('content-type'), await file.text()]).toEqual([
      200,
      'application/wasm',
      'the key',
    ]);
    const again = { headers: { 'if-none-match': file.headers.get('etag') ?? '' } };
    expect((await fetch(`${origin}/circuits/key.wasm`, again)).status).toBe(304);
  });

  it.each([
    '/circuits/private/key.wasm',
    '/circuits/../key.wasm',
    '/circuits/%2e%2e/key.wasm',
    '/circuits/',
    '/nothing',
    '/graphiql/nothing.js',
    '//',
    '/graphql/',
  ])('has nothing at %s', async (path) => {
    // By hand: fetch would tidy the path up.
    const status = await new Promise((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port: opened.port, path }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(404);
  });

  it('closes a WebSocket whose message is too large', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${opened.port}/graphql`, 'graphql-transport-ws');
    await new Promise((resolve) => socket.once('open', resolve));
    socket.on('error', () => undefined);
    socket.send('x'.repeat(1_100_000));
    expect(await new Promise((resolve) => socket.once('close', resolve))).toBe(1009);
  });

  it('closes a WebSocket that speaks another protocol, or none', async () => {
    for (const [protocol, text, code] of [
      ['graphql-ws', '', 4406],
      ['graphql-transport-ws', 'nonsense', 4400],
      ['graphql-transport-ws', '{"type":"subscribe","id":"1","payload":{"query":"{mood}"}}', 4401],
    ] as const) {
      const socket = new WebSocket(`ws://127.0.0.1:${opened.port}/graphql`, protocol);
      socket.on('error', () => undefined);
      socket.on('open', () => text && socket.send(text));
      const closed = await new Promise((resolve) => socket.once('close', resolve));
      // ws itself refuses a handshake whose protocol the server does not take.
      expect([code, 1006]).toContain(closed);
    }
    expect((await query(opened.port, '{ mood }')).status).toBe(200);
  });

  it('takes several operations on one WebSocket, each by its own id', async () => {
    const before = opened.graph.ticks.opened;
    const { client } = listen(opened.port, 'subscription { ticks(symbols: []) { sequence } }');
    await opened.graph.ticks.untilOpened(before + 1);
    const answer = await new Promise((resolve, reject) => {
      client.subscribe({ query: '{ mood }' }, { next: resolve, error: reject, complete: () => undefined });
    });
    expect(answer).toEqual({ data: { mood: 'calm' } });
    expect(opened.graph.ticks.readers).toBe(1);
    await client.dispose();
    client.terminate();
    await opened.graph.ticks.untilDeserted();
  });
});

describe('closing', () => {
  it('tells every WebSocket, cuts those that do not listen, ends streams, and frees the port', async () => {
    const opened = await openGateway('http');
    const { graph, port } = opened;
    const listener = listen(port, 'subscription { ticks(symbols: []) { sequence } }');
    await graph.ticks.untilOpened(1);
    // A peer that opened a WebSocket and never answers the closing handshake; and one that never finishes its request.
    const mute = connect(port, '127.0.0.1');
    mute.write(
      'GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
    );
    await new Promise((resolve) => mute.once('data', resolve));
    const slow = connect(port, '127.0.0.1');
    slow.on('error', () => undefined);
    slow.write('POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n');
    await new Promise((resolve) => slow.once('ready', resolve).once('connect', resolve));
    await query(port, '{ mood }');

    await opened.close();
    expect(await listener.next()).toEqual({ closed: 1001, reason: 'Going away' });
    await graph.ticks.untilDeserted();
    expect(graph.ticks.readers).toBe(0);
    await expect(query(port, '{ mood }')).rejects.toThrow();
    mute.destroy();
    slow.destroy();
  });

  it('names the port that is taken', async () => {
    const opened = await openGateway('local');
    await expect(openGateway('local', { port: opened.port })).rejects.toThrow(`port ${opened.port}`);
    await opened.close();
  });
});
