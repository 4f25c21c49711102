import { JWKS_PATH } from '@gridworks/kit/tokens';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { listen, query, type Answered } from '../testing/client.ts';
import { APP, ASHA, CODENAME, createSigner, sign, type Signer } from '../testing/credentials.ts';
import { openGateway, type Opened } from '../testing/opened.ts';
import { createGraph, log } from '../testing/subgraphs.ts';
import { localTransport } from '../transport/local.ts';
import { Guard, type Credentials } from './guard.ts';

vi.setConfig({ testTimeout: 60_000 });

const WHO = '{ whoami }';

function whoami({ body }: Answered): unknown {
  return JSON.parse((body.data as { whoami: string }).whoami);
}

function refusal({ status, body }: Answered): unknown {
  return { status, code: body.errors?.[0]?.extensions?.['code'], data: body.data };
}

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

describe.each(['local', 'http'] as const)('tokens, their keys fetched over %s transports', (form) => {
  let opened: Opened;
  let signer: Signer;
  let nowMs: number;
  let keysAsked: number;
  let published: unknown[];
  beforeAll(async () => {
    signer = await createSigner();
    opened = await openGateway(form, { clock: () => nowMs });
    opened.graph.routes.users[JWKS_PATH] = async () => {
      keysAsked += 1;
      return { keys: published };
    };
  });
  beforeEach(() => {
    nowMs = Date.now();
    keysAsked = 0;
    published = [signer.jwk];
  });
  afterAll(() => opened.close());

  it('makes the caller of a good token, and asks for the keys once', async () => {
    const token = await sign(signer, { caller: ASHA });
    const answers = await Promise.all([1, 2, 3].map(() => query(opened.port, WHO, {}, bearer(token))));
    expect(answers.map(whoami)).toEqual([ASHA, ASHA, ASHA]);
    expect(keysAsked).toBeLessThanOrEqual(1);
  });

  it('is anonymous without a credential', async () => {
    expect(whoami(await query(opened.port, WHO))).toEqual({ kind: 'anonymous' });
  });

  const WRONG: readonly [what: string, make: (signer: Signer) => Promise<string>][] = [
    [
      'whose claims were changed after signing',
      async (key) => {
        const [head, , signature] = (await sign(key, { caller: ASHA })).split('.');
        const [, claims] = (await sign(key, { caller: { ...ASHA, roles: ['OPERATOR'] } })).split('.');
        return [head, claims, signature].join('.');
      },
    ],
    [
      'whose signature was changed',
      async (key) => {
        const token = await sign(key, { caller: ASHA });
        const at = token.length - 20;
        return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      },
    ],
    [
      'signed with another key under the known id',
      async ({ kid }) => sign(await createSigner(), { caller: ASHA, kid }),
    ],
    ['signed with a key nobody published', async () => sign(await createSigner(), { caller: ASHA })],
    ['of an issuer nobody knows', (key) => sign(key, { caller: ASHA, issuer: 'gridworks/nobody' })],
    ['of an issuer that issues none', (key) => sign(key, { caller: ASHA, issuer: 'gridworks/trading' })],
    [
      'of the wrong issuer, which has other keys',
      (key) => sign(key, { caller: CODENAME, issuer: 'gridworks/butler' }),
    ],
    ['that vouches for a kind of caller that is not its own', (key) => sign(key, { caller: CODENAME })],
    ['that vouches for an app', (key) => sign(key, { caller: APP })],
    ['that vouches for nobody', (key) => sign(key, { caller: { kind: 'anonymous' } })],
    ['whose caller has no shape', (key) => sign(key, { caller: { ...ASHA, userId: '1' } })],
    ['without a caller', (key) => sign(key, { caller: undefined })],
    ['for another audience', (key) => sign(key, { caller: ASHA, audience: 'elsewhere' })],
    ['that never ends', (key) => sign(key, { caller: ASHA, expiresAtS: null })],
    [
      'signed by HS256 with the public key as its secret',
      ({ kid, spki }) =>
        new SignJWT({ caller: ASHA })
          .setProtectedHeader({ alg: 'HS256', kid })
          .setIssuer('gridworks/users')
          .setAudience('gridworks')
          .setSubject('somebody')
          .setExpirationTime('10m')
          .sign(new TextEncoder().encode(spki)),
    ],
    [
      'signed by nothing',
      async (key) => {
        const [, claims] = (await sign(key, { caller: ASHA })).split('.');
        const head = Buffer.from(JSON.stringify({ alg: 'none', kid: key.kid })).toString('base64url');
        return `${head}.${claims}.`;
      },
    ],
    ['that is no token', async () => 'not-a-token'],
    ['that is huge', async () => 'a'.repeat(10_000)],
  ];
  it.each(WRONG)('refuses a token %s', async (_what, make) => {
    const token = await make(signer);
    const expected = { status: 401, code: 'TOKEN_INVALID', data: undefined };
    expect(refusal(await query(opened.port, WHO, {}, bearer(token)))).toEqual(expected);
    expect(await listen(opened.port, WHO, { params: bearer(token) }).next()).toEqual({
      closed: 4403,
      reason: 'TOKEN_INVALID',
    });
  });

  it('refuses an Authorization header of another kind', async () => {
    const answer = await query(opened.port, WHO, {}, { authorization: 'Basic YTpi' });
    expect(refusal(answer)).toEqual({ status: 401, code: 'TOKEN_INVALID', data: undefined });
  });

  it('tells an expired token apart, to the second', async () => {
    const expiresAtS = Math.floor(nowMs / 1_000) + 60;
    const token = await sign(signer, { caller: ASHA, expiresAtS });
    nowMs = expiresAtS * 1_000 - 1;
    expect(whoami(await query(opened.port, WHO, {}, bearer(token)))).toEqual(ASHA);
    nowMs = expiresAtS * 1_000;
    const expected = { status: 401, code: 'TOKEN_EXPIRED', data: undefined };
    expect(refusal(await query(opened.port, WHO, {}, bearer(token)))).toEqual(expected);
    expect(await listen(opened.port, WHO, { params: bearer(token) }).next()).toEqual({
      closed: 4403,
      reason: 'TOKEN_EXPIRED',
    });
  });

  it('finds a new key of the issuer, but asks for made-up ones at most once in a while', async () => {
    const rotated = await createSigner();
    published = [rotated.jwk, signer.jwk];
    nowMs += 60_000;
    expect(whoami(await query(opened.port, WHO, {}, bearer(await sign(rotated, { caller: ASHA }))))).toEqual(
      ASHA,
    );
    expect(keysAsked).toBe(1);
    for (let each = 0; each < 5; each++) {
      const token = await sign(await createSigner(), { caller: ASHA });
      expect(refusal(await query(opened.port, WHO, {}, bearer(token)))).toMatchObject({
        code: 'TOKEN_INVALID',
      });
    }
    expect(keysAsked).toBe(1);
  });

  it('takes the token of a WebSocket from its parameters, whatever the case of their names', async () => {
    const token = await sign(signer, { caller: ASHA });
    for (const name of ['authorization', 'Authorization', 'AUTHORIZATION']) {
      const answer = await listen(opened.port, WHO, { params: { [name]: `Bearer ${token}` } }).next();
      expect(answer).toEqual({ data: { whoami: JSON.stringify(ASHA) } });
    }
  });

  it('ends a connection when its token does', async () => {
    const expiresAtS = Math.floor(Date.now() / 1_000) + 60;
    // The clock stands just before the end; the timer of the connection runs in real time.
    nowMs = expiresAtS * 1_000 - 1_500;
    const token = await sign(signer, { caller: ASHA, expiresAtS });
    const before = opened.graph.ticks.opened;
    const listener = listen(opened.port, 'subscription { mine { sequence } }', { params: bearer(token) });
    await opened.graph.ticks.untilOpened(before + 1);
    expect(await listener.next()).toEqual({ closed: 4401, reason: 'TOKEN_EXPIRED' });
    await opened.graph.ticks.untilDeserted();
  });

  it('publishes the keys of every issuer', async () => {
    const answer = await fetch(`http://127.0.0.1:${opened.port}${JWKS_PATH}`);
    const { keys } = (await answer.json()) as { keys: { kid: string }[] };
    expect(keys.map(({ kid }) => kid)).toContain(signer.kid);
    expect(keys.every((key) => !('d' in key))).toBe(true);
  });
});

describe('a token that was found good', () => {
  let nowMs: number;
  let signer: Signer;
  let published: unknown[];
  let guard: Guard;
  beforeEach(async () => {
    nowMs = Date.now();
    signer = await createSigner();
    published = [signer.jwk];
    const graph = createGraph();
    graph.routes.users[JWKS_PATH] = async () => ({ keys: published });
    const transports = Object.values(graph.subgraphs).map(localTransport);
    guard = new Guard(new Map(transports.map((each) => [each.name, each])), log, () => nowMs);
  });
  afterEach(() => guard.close());

  const present = (token: string): Credentials => ({ ...bearer(token), apiKey: undefined });

  it('is verified once, and stands for the same caller object from then on', async () => {
    const credentials = present(await sign(signer, { caller: ASHA }));
    const [first, second] = await Promise.all([guard.identify(credentials), guard.identify(credentials)]);
    expect(first.caller).toEqual(ASHA);
    expect(second.caller).toBe(first.caller);
    // At once: nothing is asked or computed any more.
    expect(guard.identify(credentials)).toBe(first);
  });

  it('is refused when it has expired, though it is remembered', async () => {
    const expiresAtS = Math.floor(nowMs / 1_000) + 30;
    const credentials = present(await sign(signer, { caller: ASHA, expiresAtS }));
    await guard.identify(credentials);
    nowMs = expiresAtS * 1_000 - 1;
    expect(guard.identify(credentials)).toMatchObject({ expiresAtMs: expiresAtS * 1_000 });
    nowMs += 1;
    await expect(guard.identify(credentials)).rejects.toMatchObject({
      extensions: { code: 'TOKEN_EXPIRED' },
    });
  });

  it('outlives the key it was signed with by a minute at most', async () => {
    const credentials = present(await sign(signer, { caller: ASHA }));
    await guard.identify(credentials);
    const rotated = await createSigner();
    published = [rotated.jwk];
    nowMs += 59_999;
    await guard.identify(present(await sign(rotated, { caller: ASHA })));
    expect(guard.identify(credentials)).toMatchObject({ caller: ASHA });
    nowMs += 1;
    await expect(guard.identify(credentials)).rejects.toMatchObject({
      extensions: { code: 'TOKEN_INVALID' },
    });
  });

  it('stays remembered whatever forged ones come after it, none of which is', async () => {
    const good = present(await sign(signer, { caller: ASHA }));
    await guard.identify(good);
    const forged = present(await sign(await createSigner(), { caller: ASHA, kid: signer.kid }));
    const invalid = { extensions: { code: 'TOKEN_INVALID' } };
    for (let time = 0; time < 2; time++) await expect(guard.identify(forged)).rejects.toMatchObject(invalid);
    // More of them than there is room for.
    for (let each = 0; each < 1_100; each++) {
      await expect(guard.identify(present(`${each}.`.padEnd(8_000, 'a')))).rejects.toMatchObject(invalid);
    }
    expect(guard.identify(good)).toMatchObject({ caller: ASHA });
  });
});

describe('tokens while their issuer is away', () => {
  it('hold by the keys that are known, and cannot be judged without any', async () => {
    const signer = await createSigner();
    const opened = await openGateway('http');
    opened.graph.routes.users[JWKS_PATH] = async () => ({ keys: [signer.jwk] });
    const token = await sign(signer, { caller: ASHA });
    const users = opened.reached.served.get('users');
    await users?.kill();
    const unjudged = await query(opened.port, WHO, {}, bearer(token));
    expect(refusal(unjudged)).toEqual({ status: 503, code: 'SUBGRAPH_UNAVAILABLE', data: undefined });
    expect(await listen(opened.port, WHO, { params: bearer(token) }).next()).toEqual({
      closed: 1013,
      reason: 'SUBGRAPH_UNAVAILABLE',
    });
    await users?.revive();
    expect(whoami(await query(opened.port, WHO, {}, bearer(token)))).toEqual(ASHA);
    await users?.kill();
    expect(whoami(await query(opened.port, WHO, {}, bearer(token)))).toEqual(ASHA);
    await opened.close();
  });
});

describe.each(['local', 'http'] as const)('an issuer that stumbles, over %s transports', (form) => {
  it.each([
    ['fails', () => Promise.reject(new Error('secret: no database'))],
    ['gives no key set', () => Promise.resolve({ sorry: true })],
  ])('is not available when it %s', async (_what, route) => {
    const opened = await openGateway(form);
    opened.graph.routes.users[JWKS_PATH] = route;
    const token = await sign(await createSigner(), { caller: ASHA });
    const answer = await query(opened.port, WHO, {}, bearer(token));
    expect(refusal(answer)).toEqual({ status: 503, code: 'SUBGRAPH_UNAVAILABLE', data: undefined });
    await opened.close();
  });
});

describe.each(['local', 'http'] as const)('API keys over %s transports', (form) => {
  let opened: Opened;
  let nowMs: number;
  beforeEach(async () => {
    nowMs = Date.now();
    opened = await openGateway(form, { clock: () => nowMs });
    opened.graph.partners.keys.set('gw_good', APP);
  });
  afterEach(() => opened.close());

  const key = (value: string): Record<string, string> => ({ 'x-api-key': value });

  it('make the app the caller, and are looked up once in ten seconds', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => query(opened.port, WHO, {}, key('gw_good'))));
    expect(answers.map(whoami)).toEqual([APP, APP, APP]);
    expect(opened.graph.partners.identified).toBe(1);
    nowMs += 10_001;
    await query(opened.port, WHO, {}, key('gw_good'));
    expect(opened.graph.partners.identified).toBe(2);
  });

  it('stop to work ten seconds after they were revoked', async () => {
    await query(opened.port, WHO, {}, key('gw_good'));
    opened.graph.partners.keys.clear();
    nowMs += 10_001;
    const expected = { status: 401, code: 'API_KEY_INVALID', data: undefined };
    expect(refusal(await query(opened.port, WHO, {}, key('gw_good')))).toEqual(expected);
  });

  it('are refused when nobody knows them, and work a second after they were made', async () => {
    const expected = { status: 401, code: 'API_KEY_INVALID', data: undefined };
    expect(refusal(await query(opened.port, WHO, {}, key('gw_new')))).toEqual(expected);
    expect(await listen(opened.port, WHO, { params: key('gw_new') }).next()).toEqual({
      closed: 4403,
      reason: 'API_KEY_INVALID',
    });
    expect(opened.graph.partners.identified).toBe(1);
    opened.graph.partners.keys.set('gw_new', APP);
    nowMs += 1_001;
    expect(whoami(await query(opened.port, WHO, {}, key('gw_new')))).toEqual(APP);
  });

  it('are refused unasked when they are too long or empty', async () => {
    for (const value of ['', 'k'.repeat(300)]) {
      expect(refusal(await query(opened.port, WHO, {}, key(value)))).toMatchObject({
        code: 'API_KEY_INVALID',
      });
    }
    expect(opened.graph.partners.identified).toBe(0);
  });

  it('never stand for another kind of caller', async () => {
    opened.graph.partners.keys.set('gw_odd', ASHA);
    expect(refusal(await query(opened.port, WHO, {}, key('gw_odd')))).toMatchObject({
      code: 'API_KEY_INVALID',
    });
  });

  it('do not go together with a token', async () => {
    const both = { ...key('gw_good'), authorization: 'Bearer x' };
    expect(refusal(await query(opened.port, WHO, {}, both))).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
    });
    expect(await listen(opened.port, WHO, { params: both }).next()).toEqual({
      closed: 4400,
      reason: 'BAD_REQUEST',
    });
  });

  it('are counted exactly: every request, those that failed, over HTTP and over WebSocket', async () => {
    const { port, graph } = opened;
    await Promise.all(Array.from({ length: 20 }, () => query(port, WHO, {}, key('gw_good'))));
    await query(port, '{ broken }', {}, key('gw_good'));
    await query(port, '{ nonsense }', {}, key('gw_good'));
    await query(port, '{', {}, key('gw_good'));
    await query(port, '', {}, key('gw_good'));
    await query(port, WHO);
    await listen(port, WHO, { params: key('gw_good') }).next();
    await listen(port, '{ broken }', { params: key('gw_good') }).next();
    await listen(port, 'subscription { mine { sequence } }', { params: key('gw_good') }).next();
    const stream = listen(port, 'subscription { ticks(symbols: []) { sequence } }', {
      params: key('gw_good'),
    });
    await graph.ticks.untilOpened(1);
    stream.leave();
    // What is refused before the caller is known is nobody's request.
    await query(port, WHO, {}, key('gw_unknown'));
    await opened.close();
    expect(Object.fromEntries(graph.partners.usage)).toEqual({
      [(APP as { keyId: string }).keyId]: { requests: 28, errors: 6 },
    });
  });

  it('keep their counts while the partners are away, and hand them in later', async () => {
    const { port, graph } = opened;
    graph.partners.refuseUsage = true;
    await query(port, WHO, {}, key('gw_good'));
    await query(port, '{ broken }', {}, key('gw_good'));
    // More than one attempt to hand in fails.
    await new Promise((resolve) => setTimeout(resolve, 2_200));
    expect(graph.partners.usage.size).toBe(0);
    graph.partners.refuseUsage = false;
    await query(port, WHO, {}, key('gw_good'));
    await opened.close();
    expect([...graph.partners.usage.values()]).toEqual([{ requests: 3, errors: 1 }]);
  });
});
