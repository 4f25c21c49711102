import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
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
    ['variables that are text', { query: '{ mood }', variables: '{}' }, 400, 'BAD_REQUEST'],
    ['a name that is no text', { query: '{ mood }', operationName: 1 }, 400, 'BAD_REQUEST'],
    ['extensions that are no object', { query: '{ mood }', extensions: 'x' }, 400, 'BAD_REQUEST'],
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

  /** By hand: fetch would tidy headers up. */
  function send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<{ status: number | undefined; headers: IncomingHttpHeaders; text: string }> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port: opened.port, method, path, headers },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
        },
      );
      request.on('error', reject).end(body);
    });
  }
  const JSON_TYPE = { 'content-type': 'application/json' };
  const MOOD = '{"query":"{ mood }"}';
  const CALM = '{"data":{"mood":"calm"}}';

  it('takes an operation as JSON, with what else clients write around it', async () => {
    for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON']) {
      const answer = await send('POST', '/graphql?x=1', { 'content-type': type }, MOOD);
      expect(answer).toMatchObject({ status: 200, text: CALM });
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'content-length': String(CALM.length),
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
    }
    const more = { query: 'query A { mood } query B { me { id } }', operationName: 'A', extensions: {} };
    expect((await post(opened.port, { ...more, variables: null })).body).toEqual({ data: { mood: 'calm' } });
    expect((await post(opened.port, { query: '{ mood }', operationName: '' })).body).toEqual({
      data: { mood: 'calm' },
    });
  });

  const PREFLIGHT = { 'apollo-require-preflight': 'true' };
  it.each<[string, number, Record<string, string>]>([
    // What a page may send to another origin without asking, and would be believed.
    ['no content type', 400, {}],
    ['text', 400, { 'content-type': 'text/plain' }],
    ['text that says it is JSON', 400, { 'content-type': 'text/plain; application/json' }],
    ['a form', 400, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a form in parts', 400, { 'content-type': 'Multipart/Form-Data; boundary=x' }],
    [
      'text, with an empty sign that it is no simple request',
      400,
      { 'content-type': 'text/plain', 'apollo-require-preflight': '' },
    ],
    // What no page may send, and is not JSON.
    ['text, from a program', 415, { 'content-type': 'text/plain', ...PREFLIGHT }],
    ['no content type, from a program', 415, PREFLIGHT],
    ['XML', 415, { 'content-type': 'application/xml' }],
    ['what only begins like JSON', 415, { 'content-type': 'application/json5' }],
  ])('refuses a POST of %s with %i', async (_what, status, headers) => {
    const answer = await send('POST', '/graphql', headers, MOOD);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  function get(parameters: Record<string, string>, headers: Record<string, string> = PREFLIGHT) {
    return send('GET', `/graphql?${new URLSearchParams(parameters).toString()}`, headers);
  }

  it('answers a query by GET from a program', async () => {
    expect(await get({ query: '{ mood }' })).toMatchObject({ status: 200, text: CALM });
    expect(await get({ query: '{ mood }' }, { 'x-apollo-operation-name': 'Mood' })).toMatchObject({
      text: CALM,
    });
    expect(await get({ query: '{ mood }' }, JSON_TYPE)).toMatchObject({ text: CALM });
    const whole = await get({
      query: 'query A { mood } query B($s: String!) { instrument(symbol: $s) { name } }',
      operationName: 'B',
      variables: '{"s":"INFY"}',
      extensions: '{}',
    });
    expect(whole.text).toBe('{"data":{"instrument":{"name":"Infosys"}}}');
  });

  it.each<[string, number, Record<string, string>, Record<string, string>?]>([
    ['from a page of another origin', 400, { query: '{ mood }' }, {}],
    [
      'with a content type that is not its own',
      415,
      { query: '{ mood }' },
      { ...PREFLIGHT, 'content-type': 'text/plain' },
    ],
    ['without a query', 400, {}],
    ['with variables that are not JSON', 400, { query: '{ mood }', variables: '{' }],
    ['with variables that are no object', 400, { query: '{ mood }', variables: '[]' }],
    ['with extensions that are no object', 400, { query: '{ mood }', extensions: '"x"' }],
    ['of a mutation', 405, { query: 'mutation { rename(symbol: "A", name: "B") { name } }' }],
    ['of a subscription', 400, { query: WATCH.query }],
  ])('refuses a GET %s with %i', async (_what, status, parameters, headers) => {
    const answer = await get(parameters, headers);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    expect(answer.headers['allow']).toBe(status === 405 ? 'POST' : undefined);
  });

  it('refuses a GET that asks for two things at once', async () => {
    const answer = await send('GET', '/graphql?query={mood}&query={me{id}}', PREFLIGHT);
    expect(answer.status).toBe(400);
  });

  it.each(['PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'])('is not asked by %s', async (method) => {
    const answer = await send(method, '/graphql', JSON_TYPE);
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, POST' } });
  });

  it('answers in the form that the client takes', async () => {
    const ask = (accept: string, body = MOOD): ReturnType<typeof send> =>
      send('POST', '/graphql', { ...JSON_TYPE, accept }, body);
    const newer = 'application/graphql-response+json';
    expect(await ask(newer)).toMatchObject({
      status: 200,
      headers: { 'content-type': `${newer}; charset=utf-8` },
      text: CALM,
    });
    expect(await ask(newer, '{"query":"{ colour }"}')).toMatchObject({
      status: 400,
      headers: { 'content-type': `${newer}; charset=utf-8` },
    });
    // Part of an answer is an answer.
    expect(await ask(newer, '{"query":"{ mood forbidden }"}')).toMatchObject({ status: 200 });
    expect(await ask('text/csv')).toMatchObject({
      status: 406,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
  });

  it('tells clients that know an operation by its hash to send the whole text', async () => {
    const persistedQuery = { version: 1, sha256Hash: 'ab' };
    const { body } = await post(opened.port, { extensions: { persistedQuery } });
    expect(body.errors?.[0]?.message).toBe('PersistedQueryNotSupported');
    const whole = await post(opened.port, { query: '{ mood }', extensions: { persistedQuery } });
    expect(whole.body).toEqual({ data: { mood: 'calm' } });
  });

  describe('deferred parts', () => {
    const query = '{ instrument(symbol: "INFY") { name ... @defer { forecast { volatility } } } }';

    it('come later to a client that takes parts', async () => {
      let release: () => void = () => undefined;
      opened.graph.hold.ai = () => new Promise((resolve) => (release = resolve));
      const answer = await fetch(`${origin}/graphql`, {
        method: 'POST',
        headers: { ...JSON_TYPE, accept: 'multipart/mixed;deferSpec=20220824,application/json' },
        body: JSON.stringify({ query }),
      });
      expect(answer.headers.get('content-type')).toBe('multipart/mixed; boundary="-"; deferSpec=20220824');
      expect(answer.headers.get('x-trace-id')).toMatch(/^[0-9a-f-]{36}$/);
      const parts: unknown[] = [];
      let text = '';
      for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += chunk;
        const whole = text.split('\r\n---');
        text = whole.pop() ?? '';
        for (const each of whole) {
          const [, json] = each.split('\r\n\r\n');
          if (json !== undefined) parts.push(JSON.parse(json));
        }
        // Only the first is there while the other subgraph is still at work.
        if (parts.length === 1) {
          await expect.poll(() => release).not.toBe(undefined);
          release();
        }
      }
      opened.graph.hold.ai = async () => undefined;
      expect(parts).toEqual([
        { data: { instrument: { name: 'Infosys' } }, hasNext: true },
        {
          incremental: [{ path: ['instrument'], data: { forecast: { volatility: 0.4 } } }],
          hasNext: false,
        },
      ]);
      expect(text).toBe('--\r\n');
    });

    it('are part of the whole for one that does not', async () => {
      const { body } = await post(opened.port, { query });
      expect(body).toEqual({ data: { instrument: { name: 'Infosys', forecast: { volatility: 0.4 } } } });
    });
  });

  it('streams a subscription as events to a client that takes those', async () => {
    const before = opened.graph.ticks.opened;
    const leaving = new AbortController();
    const answer = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { ...JSON_TYPE, accept: 'text/event-stream' },
      body: JSON.stringify({ query: WATCH.query }),
      signal: leaving.signal,
    });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    await opened.graph.ticks.untilOpened(before + 1);
    leaving.abort();
    await opened.graph.ticks.untilDeserted();
  });

  it('replaces a trace that could not be one', async () => {
    const { headers } = await query(opened.port, '{ mood }', {}, { 'x-trace-id': 'a b <script>' });
    expect(headers.get('x-trace-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('goes on with a client whose body was too large', async () => {
    const socket = connect(opened.port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const head = (bytes: number): string =>
      `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`;
    socket.write(head(3_000_000) + 'x'.repeat(2_000_000));
    await expect.poll(() => text).toContain('HTTP/1.1 413');
    socket.write('x'.repeat(1_000_000) + head(MOOD.length) + MOOD);
    await expect.poll(() => text).toContain(CALM);
    socket.destroy();
  });

  it('hands what is told from outside to the subgraph that it names, and answers with its verdict', async () => {
    const heard: unknown[] = [];
    let verdict: unknown = 'TAKEN';
    opened.graph.routes.users['/hooks/bell'] = async (text) => {
      heard.push(text);
      return verdict;
    };
    opened.graph.routes.users['/secret'] = async () => 'TAKEN';
    const tell = async (path: string, body = '{"rings":1}', method = 'POST'): Promise<number | undefined> =>
      (await send(method, path, {}, method === 'POST' ? body : undefined)).status;
    expect(await tell('/hooks/users/bell')).toBe(200);
    verdict = 'UNREADABLE';
    expect(await tell('/hooks/users/bell', '')).toBe(400);
    verdict = 'NOT_GENUINE';
    expect(await tell('/hooks/users/bell', 'x')).toBe(403);
    expect(heard).toEqual(['{"rings":1}', '', 'x']);

    expect(await tell('/hooks/users/bell', '', 'GET')).toBe(405);
    expect(await tell('/hooks/users/bell', 'x'.repeat(1_100_000))).toBe(413);
    expect(await tell('/hooks/users/unheard-of')).toBe(503);
    expect(await tell('/hooks/nobody/bell')).toBe(404);
    expect(await tell('/hooks/users/../secret')).toBe(404);
    expect(heard).toHaveLength(3);
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

describe('limits', () => {
  it('are what the gateway is told', async () => {
    const opened = await openGateway('local', { limits: { bodyBytesMax: 30, requestTimeoutMs: 50 } });
    expect((await query(opened.port, '{ mood }', {})).status).toBe(413);
    expect((await post(opened.port, { query: '{ mood }' })).status).toBe(200);
    // One who begins a request and never ends it is let go.
    const slow = connect(opened.port, '127.0.0.1');
    let text = '';
    slow.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    slow.write(
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    await new Promise((resolve) => slow.once('close', resolve));
    expect(text).toMatch(/^HTTP\/1.1 408 /);
    await opened.close();
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
