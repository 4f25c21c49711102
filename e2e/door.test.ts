/** The public door: health, the page, credentials, bad input; and the side doors, which must be shut. */
import { CALLER_HEADER } from '@gridworks/kit/caller';
import { WatchDocument } from '@gridworks/schema/operations';
import { afterAll, describe, expect, inject, it } from 'vitest';
import WebSocket from 'ws';
import { DEMO_PASSWORD, USERS } from '../prisma/seed/story.ts';
import { GraphClient } from './client.ts';

describe.each(inject('forms'))('the door, $name', ({ url, port, name }) => {
  const anybody = new GraphClient(url);
  afterAll(() => anybody.close());

  it('is healthy and ready', async () => {
    for (const path of ['/health', '/ready']) {
      const response = await fetch(`${url}${path}`);
      expect([path, response.status]).toEqual([path, 200]);
    }
  });

  it('serves GraphiQL whole: nothing is loaded from another host', async () => {
    const response = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
    expect(response.headers.get('content-type')).toContain('text/html');
    const html = await response.text();
    const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part = '']) => part);
    const own = parts.filter((part) => !part.startsWith('data:'));
    expect(own.length).toBeGreaterThan(0);
    const texts = await Promise.all(
      own.map(async (part) => {
        expect(part).toMatch(/^\/[^/]/);
        const file = await fetch(`${url}${part}`);
        expect(file.status).toBe(200);
        return file.text();
      }),
    );
    // The examples are on the page, a live one among them.
    expect([html, ...texts].join('')).toContain('ticks(symbols: $symbols, mode: FULL)');
  });

  it('publishes the keys that verify tokens, and only their public part', async () => {
    const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: object[] };
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
  });

  it('answers bad requests with a code and changes nothing', async () => {
    const send = async (body: string, type = 'application/json'): Promise<[number, string | undefined]> => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      const answer = (await response.json()) as { errors?: { extensions: { code: string } }[] };
      return [response.status, answer.errors?.[0]?.extensions.code];
    };
    expect(await send('{')).toEqual([400, 'BAD_REQUEST']);
    expect(await send('{}')).toEqual([400, 'BAD_REQUEST']);
    expect(await send('[]')).toEqual([400, 'BAD_REQUEST']);
    expect(await send('{"query":"{ me {"}')).toEqual([400, 'GRAPHQL_PARSE_FAILED']);
    expect(await send('{"query":"{ nothing }"}')).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
    expect(await send('{"query":"query ($id: ID!) { node(id: $id) { id } }"}')).toEqual([
      400,
      'BAD_USER_INPUT',
    ]);
    expect(await send(JSON.stringify({ query: `{ me { id } } # ${'x'.repeat(1_100_000)}` }))).toEqual([
      413,
      'PAYLOAD_TOO_LARGE',
    ]);
  });

  describe('credentials', () => {
    async function token(): Promise<string> {
      const client = await anybody.signedInAs('asha');
      return client.headers['authorization']?.slice('Bearer '.length) ?? '';
    }
    const me = '{ me { displayName } }';

    it('knows a signed-in user, over HTTP and over WebSocket', async () => {
      const asha = await anybody.signedInAs('asha');
      expect(await asha.data(me)).toEqual({ me: { displayName: USERS.asha.displayName } });
      expect(await asha.take(me, {}, 1)).toEqual([{ data: { me: { displayName: USERS.asha.displayName } } }]);
      await asha.close();
    });

    it.each<[string, (token: string) => string]>([
      ['with another payload', (token) => withClaims(token, (claims) => ({ ...claims, sub: 'root' }))],
      ['with another signature', (token) => `${token.slice(0, -8)}AAAAAAAA`],
      ['without signature', (token) => `${token.split('.').slice(0, 2).join('.')}.`],
      ['that says it needs none', (token) => ['eyJhbGciOiJub25lIn0', token.split('.')[1], ''].join('.')],
      ['that is none', () => 'me'],
    ])('refuses a token %s', async (_, tamper) => {
      const tampered = anybody.withToken(tamper(await token()));
      expect(await tampered.ask(me)).toMatchObject({
        status: 401,
        errors: [{ extensions: { code: 'TOKEN_INVALID' } }],
      });
    });

    it('closes a WebSocket whose token does not hold with 4403', async () => {
      const authorization = `Bearer ${withClaims(await token(), (claims) => ({ ...claims, sub: 'root' }))}`;
      const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      socket.on('open', () =>
        socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } })),
      );
      const closed = await new Promise((resolve) =>
        socket.on('close', (code, reason) => resolve([code, reason.toString()])),
      );
      expect(closed).toEqual([4403, 'TOKEN_INVALID']);
    });

    it('refuses an unknown API key', async () => {
      const key = { 'x-api-key': 'gw_test_key_of_nobody' };
      expect(await anybody.as(key).code(me)).toBe('API_KEY_INVALID');
    });

    it('does not say whether tenant, address or password was wrong', async () => {
      const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { session { expiresAt } refusal { code message path } } }`;
      const right = { tenant: 'gridworks', email: USERS.asha.email, password: DEMO_PASSWORD };
      const wrongs = [
        { tenant: 'lotus' },
        { email: 'nobody@gridworks.example' },
        { password: 'wrong password' },
      ];
      const answers = await Promise.all(
        wrongs.map(async (wrong) =>
          JSON.stringify(await anybody.data(signIn, { input: { ...right, ...wrong } })),
        ),
      );
      expect(new Set(answers).size).toBe(1);
      expect(answers[0]).toContain('CREDENTIALS_WRONG');
    });
  });

  it('closes every live operation when asked to, with the protocol it promises', async () => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const messages: { type: string; id?: string }[] = [];
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as { type: string }));
    await new Promise((resolve) => socket.on('open', resolve));
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } }));
    const closed = await new Promise((resolve) => socket.on('close', resolve));
    // Subscribing before the connection is initialised is a breach of graphql-transport-ws.
    expect(closed).toBe(4401);
    expect(messages).toEqual([]);
  });

  it('is the only way in', async () => {
    if (name === 'embedded') {
      // There is no other port: subgraphs are called in process.
      await expect(fetch(`http://127.0.0.1:${port + 1}/graphql`)).rejects.toThrow();
      return;
    }
    for (let subgraph = 1; subgraph <= 6; subgraph++) {
      const side = `http://127.0.0.1:${port + subgraph}/graphql`;
      const ask = async (headers: Record<string, string>): Promise<unknown> => {
        const response = await fetch(side, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ query: '{ __typename }' }),
        });
        const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
        return [response.status, errors[0]?.extensions.code];
      };
      expect(await ask({})).toEqual([401, 'CALLER_UNSIGNED']);
      expect(await ask({ [CALLER_HEADER]: 'let me in' })).toEqual([401, 'CALLER_INVALID']);
    }
  });

  it('streams ticks with fields joined from other subgraphs, each newer than the last', async () => {
    const events = await anybody.take(WatchDocument, { symbols: ['RELIANCE', 'TCS'] }, 6);
    const ticks = events.map(({ data, errors }) => {
      expect(errors).toBeUndefined();
      if (!data) throw new Error('an event without data');
      return data.ticks;
    });
    for (const tick of ticks) {
      expect(['RELIANCE', 'TCS']).toContain(tick.instrument.symbol);
      expect(tick.price).toMatch(/^\d+\.\d\d$/);
      expect(tick.instrument.name).toMatch(/Reliance|Tata Consultancy/i);
      expect(tick.instrument.forecast?.annualisedVolatility).toBeGreaterThan(0);
    }
    for (const symbol of ['RELIANCE', 'TCS']) {
      const sequences = ticks
        .filter((tick) => tick.instrument.symbol === symbol)
        .map((tick) => BigInt(tick.sequence));
      expect(sequences).toEqual([...sequences].sort((a, b) => Number(a - b)));
    }
  });
});

function withClaims(token: string, change: (claims: object) => object): string {
  const [header, payload, signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as object;
  return [header, Buffer.from(JSON.stringify(change(claims))).toString('base64url'), signature].join('.');
}
