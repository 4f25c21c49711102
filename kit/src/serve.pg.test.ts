import { createUsers } from '@gridworks/users/subgraph';
import { createClient } from 'graphql-ws';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { ANONYMOUS, CALLER_HEADER, CallerSeal, type Caller } from './caller.ts';
import type { Listening } from './http.ts';
import { newId } from './id.ts';
import { serveSubgraph } from './serve.ts';
import { openTestSubgraph, userCaller, type TestSubgraph } from './testing.ts';

const SECRET = 'a secret of more than thirty-two characters';
const seal = new CallerSeal(SECRET);

let users: TestSubgraph;
let served: Listening;
beforeAll(async () => {
  users = await openTestSubgraph(createUsers);
  served = await serveSubgraph(users.subgraph, users.platform, {
    host: '127.0.0.1',
    port: 0,
    secret: SECRET,
  });
});
afterAll(async () => {
  await served.close();
  await users.close();
});

async function post(
  token: string | undefined,
  body: unknown = { query: '{ me { id } }' },
  port = served.port,
): Promise<{
  status: number;
  body: { data?: unknown; errors?: { message: string; extensions: { code: string } }[] };
}> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { [CALLER_HEADER]: token }),
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as never };
}

async function codeOf(token: string | undefined): Promise<string | undefined> {
  return (await post(token)).body.errors?.[0]?.extensions.code;
}

describe('a subgraph served alone', () => {
  it('answers a caller the gateway has signed, as in process', async () => {
    const { status, body } = await post(await seal.sign(ANONYMOUS, 'users'));
    expect({ status, body }).toEqual({ status: 200, body: { data: { me: null } } });
  });

  it('refuses a request without a signed caller', async () => {
    expect((await post(undefined)).status).toBe(401);
    expect(await codeOf(undefined)).toBe('CALLER_UNSIGNED');
  });

  it.each<[string, () => Promise<string>]>([
    ['signed with another secret', () => new CallerSeal(SECRET.toUpperCase()).sign(ANONYMOUS, 'users')],
    ['meant for another subgraph', () => seal.sign(ANONYMOUS, 'billing')],
    ['of an unknown kind', () => seal.sign({ kind: 'root' } as unknown as Caller, 'users')],
    ['that is over', () => sealed('-1s')],
    ['with its payload exchanged', async () => exchanged(await seal.sign(ANONYMOUS, 'users'))],
    ['without any signature', async () => unsigned(await seal.sign(ANONYMOUS, 'users'))],
    ['that is no token', async () => 'root'],
  ])('refuses a caller %s', async (_, token) => {
    expect(await codeOf(await token())).toBe('CALLER_INVALID');
  });

  it('refuses the same over WebSocket, by closing with 4403 and the code', async () => {
    const closed = async (params: Record<string, string>): Promise<{ code: number; reason: string }> => {
      const socket = new WebSocket(`ws://127.0.0.1:${served.port}/graphql`, 'graphql-transport-ws');
      socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: params })));
      return new Promise((resolve) =>
        socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
      );
    };
    expect(await closed({})).toEqual({ code: 4403, reason: 'CALLER_UNSIGNED' });
    expect(await closed({ [CALLER_HEADER]: await seal.sign(ANONYMOUS, 'ai') })).toEqual({
      code: 4403,
      reason: 'CALLER_INVALID',
    });
  });

  it('answers operations over WebSocket in the scope of their caller', async () => {
    const tenantId = newId();
    const caller = userCaller({ tenantId });
    await users.db.system.query(`INSERT INTO users.tenant (id, slug, name) VALUES ($1, 'east', 'East')`, [
      tenantId,
    ]);
    await users.db.system.query(
      `INSERT INTO users.user (id, tenant_id, email, display_name, password_hash) VALUES ($1, $2, 'x@y.in', 'X', 'x')`,
      [caller.userId, tenantId],
    );
    const client = createClient({
      url: `ws://127.0.0.1:${served.port}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { [CALLER_HEADER]: await seal.sign(caller, 'users') },
    });
    const results = [];
    for await (const result of client.iterate({ query: '{ me { displayName tenant { slug } } }' }))
      results.push(result);
    expect(results).toEqual([{ data: { me: { displayName: 'X', tenant: { slug: 'east' } } } }]);
    await client.dispose();
  });

  it('says clearly what is wrong with a bad request, and nothing of its insides', async () => {
    const token = await seal.sign(ANONYMOUS, 'users');
    const answers = [
      await post(token, '{not json'),
      await post(token, { query: '{ me { ' }),
      await post(token, { query: '{ nothing }' }),
      await post(token, { query: 'query ($id: ID!) { node(id: $id) { id } }', variables: {} }),
      await post(token, JSON.stringify({ query: `{ me { id } } #${'x'.repeat(1_100_000)}` })),
    ];
    expect(answers.map(({ status, body }) => [status, body.errors?.[0]?.extensions.code])).toEqual([
      [400, 'BAD_REQUEST'],
      [400, 'GRAPHQL_PARSE_FAILED'],
      [400, 'GRAPHQL_VALIDATION_FAILED'],
      [400, 'BAD_USER_INPUT'],
      [413, 'PAYLOAD_TOO_LARGE'],
    ]);
    for (const { body } of answers)
      expect(JSON.stringify(body)).not.toMatch(/node_modules|at Object|stacktrace/);
  });

  it('masks a fault and gives a trace id to ask about', async () => {
    const broken = await openTestSubgraph(createUsers);
    const door = await serveSubgraph(broken.subgraph, broken.platform, {
      host: '127.0.0.1',
      port: 0,
      secret: SECRET,
    });
    await broken.db.tenant.end();
    const token = await seal.sign(userCaller({ tenantId: newId() }), 'users');
    const { body } = await post(token, undefined, door.port);
    const client = createClient({
      url: `ws://127.0.0.1:${door.port}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { [CALLER_HEADER]: token, 'x-trace-id': 'the-openers' },
    });
    // One connection carries the operations of many requests, each in its own trace.
    const traces: unknown[] = [];
    for (const extensions of [{ traceId: 'its-own' }, {}]) {
      for await (const { errors: faults } of client.iterate({ query: '{ me { id } }', extensions }))
        traces.push(faults?.[0]?.extensions?.['traceId']);
    }
    expect(traces).toEqual(['its-own', 'the-openers']);
    await client.dispose();
    await door.close();
    await broken.close().catch(() => undefined);
    const [error] = body.errors ?? [];
    expect(error?.message).toBe('Something went wrong on our side.');
    expect(error?.extensions).toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      traceId: expect.any(String) as string,
    });
  });
});

function sealed(expires: string): Promise<string> {
  return new SignJWT({ caller: ANONYMOUS })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('gridworks-door')
    .setAudience('users')
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(SECRET));
}

function exchanged(token: string): string {
  const [header, payload, signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as object;
  const caller = userCaller({ tenantId: newId(), roles: ['OPERATOR'] });
  return [header, Buffer.from(JSON.stringify({ ...claims, caller })).toString('base64url'), signature].join(
    '.',
  );
}

function unsigned(token: string): string {
  const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  return `${none}.${token.split('.')[1]}.`;
}
