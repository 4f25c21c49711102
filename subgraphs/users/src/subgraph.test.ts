import { parseCaller, type UserCaller } from '@gridworks/kit/caller';
import { withTenant } from '@gridworks/kit/db';
import { newId } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import { JWKS_PATH, TOKEN_AUDIENCE, issuerOf } from '@gridworks/kit/tokens';
import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUsers } from './subgraph.ts';

const REGISTER = `mutation ($input: RegisterInput!) { register(input: $input) {
  user { id displayName email tier tenant { slug } } session { accessToken expiresAt } refusal { code path } } }`;
const SIGN_IN = `mutation ($input: SignInInput!) { signIn(input: $input) {
  user { id } session { accessToken } refusal { code path } } }`;

interface Registered {
  register: {
    user: {
      id: string;
      displayName: string;
      email: string | null;
      tier: string | null;
      tenant: { slug: string };
    } | null;
    session: { accessToken: string; expiresAt: string } | null;
    refusal: { code: string; path: string[] } | null;
  };
}
interface SignedIn {
  signIn: {
    user: { id: string } | null;
    session: { accessToken: string } | null;
    refusal: { code: string; path: string[] } | null;
  };
}

let users: TestSubgraph;
const tenants = { north: newId(), south: newId() };

beforeAll(async () => {
  users = await openTestSubgraph(createUsers);
  for (const [slug, id] of Object.entries(tenants)) {
    await users.db.system.query(`INSERT INTO users.tenant (id, slug, name) VALUES ($1, $2, $2)`, [id, slug]);
  }
});
afterAll(() => users.close());

function somebody(
  tenant: string,
  email = `${newId()}@example.in`,
): { tenant: string; email: string; password: string; displayName: string } {
  return { tenant, email, password: 'correct horse battery', displayName: 'Asha Rao' };
}

function callerOf(token: string): UserCaller {
  return parseCaller(decodeJwt(token)['caller']) as UserCaller;
}

async function register(
  tenant: string,
  email?: string,
): Promise<{ id: string; email: string; caller: UserCaller }> {
  const input = somebody(tenant, email);
  const { register } = await users.data<Registered>(REGISTER, { input });
  if (!register.user || !register.session) throw new Error(JSON.stringify(register.refusal));
  return { id: register.user.id, email: input.email, caller: callerOf(register.session.accessToken) };
}

describe('register', () => {
  it('opens a session whose token verifies with the published keys', async () => {
    const { register } = await users.data<Registered>(REGISTER, { input: somebody('north') });
    expect(register.refusal).toBeNull();
    // Nobody is signed in while registering, so what is private stays private even in the answer.
    expect(register.user).toMatchObject({
      displayName: 'Asha Rao',
      email: null,
      tier: null,
      tenant: { slug: 'north' },
    });
    const jwks = (await users.subgraph.routes[JWKS_PATH]?.(undefined)) as JSONWebKeySet;
    expect(JSON.stringify(jwks)).not.toContain('"d"');
    const { payload } = await jwtVerify(register.session?.accessToken ?? '', createLocalJWKSet(jwks), {
      issuer: issuerOf('users'),
      audience: TOKEN_AUDIENCE,
    });
    expect(parseCaller(payload['caller'])).toMatchObject({
      kind: 'user',
      tenantId: tenants.north,
      tier: 'LITE',
    });
  });

  it('publishes users.registered with the user, once', async () => {
    const { id } = await register('north');
    const { rows } = await users.db.system.query<{ payload: object; tenant_id: string }>(
      `SELECT payload, tenant_id FROM events.log WHERE topic = 'users.registered' AND key = $1`,
      [id.slice('User:'.length)],
    );
    expect(rows).toEqual([
      {
        payload: { userId: id.slice('User:'.length), displayName: 'Asha Rao', tier: 'LITE' },
        tenant_id: tenants.north,
      },
    ]);
  });

  it('keeps the password only as an argon2id hash', async () => {
    const { email } = await register('north');
    const { rows } = await users.db.system.query<{ password_hash: string }>(
      `SELECT password_hash FROM users.user WHERE email = $1`,
      [email],
    );
    expect(rows[0]?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('refuses an e-mail address twice in one tenant, in any case, and takes it in another', async () => {
    const { email } = await register('north');
    const again = await users.data<Registered>(REGISTER, { input: somebody('north', email.toUpperCase()) });
    expect(again.register).toMatchObject({
      user: null,
      session: null,
      refusal: { code: 'EMAIL_TAKEN', path: ['input', 'email'] },
    });
    const elsewhere = await users.data<Registered>(REGISTER, { input: somebody('south', email) });
    expect(elsewhere.register.refusal).toBeNull();
  });

  it('lets one of many simultaneous registrations of one address win', async () => {
    const email = `${newId()}@example.in`;
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => users.data<Registered>(REGISTER, { input: somebody('north', email) })),
    );
    expect(answers.filter(({ register }) => register.user !== null)).toHaveLength(1);
    expect(answers.filter(({ register }) => register.refusal?.code === 'EMAIL_TAKEN')).toHaveLength(7);
  });

  it('refuses an unknown tenant before looking at the rest', async () => {
    const input = { ...somebody('nowhere'), email: 'no' };
    const { register } = await users.data<Registered>(REGISTER, { input });
    expect(register.refusal).toEqual({ code: 'TENANT_UNKNOWN', path: ['input', 'tenant'] });
  });
});

describe('signIn', () => {
  it('opens a session for the right password, whatever the case of the address', async () => {
    const { email, id } = await register('north');
    const input = { tenant: 'north', email: ` ${email.toUpperCase()}`, password: 'correct horse battery' };
    const { signIn } = await users.data<SignedIn>(SIGN_IN, { input });
    expect(signIn.user?.id).toBe(id);
    expect(callerOf(signIn.session?.accessToken ?? '').userId).toBe(id.slice('User:'.length));
  });

  it.each([
    ['a wrong password', { password: 'correct horse batterz' }],
    ['an unknown address', { email: 'nobody@example.in' }],
    ['another tenant', { tenant: 'south' }],
    ['an unknown tenant', { tenant: 'nowhere' }],
  ])('refuses %s with one and the same answer', async (_, wrong) => {
    const { email } = await register('north');
    const input = { tenant: 'north', email, password: 'correct horse battery', ...wrong };
    const { signIn } = await users.data<SignedIn>(SIGN_IN, { input });
    expect(signIn).toEqual({ user: null, session: null, refusal: { code: 'CREDENTIALS_WRONG', path: [] } });
  });
});

describe('who sees what', () => {
  it('shows a user themself and nobody to nobody', async () => {
    const { id, email, caller } = await register('north');
    const { me } = await users.data<{ me: object }>(`{ me { id email tier } }`, {}, caller);
    expect(me).toEqual({ id, email, tier: 'LITE' });
    expect(await users.data(`{ me { id } }`)).toEqual({ me: null });
  });

  it('hides what is private from others of the tenant, but not from its operators', async () => {
    const { id, email } = await register('north');
    const query = `query ($id: ID!) { node(id: $id) { ... on User { displayName email tier } } }`;
    const colleague = userCaller({ tenantId: tenants.north });
    expect(await users.data(query, { id }, colleague)).toEqual({
      node: { displayName: 'Asha Rao', email: null, tier: null },
    });
    const operator = userCaller({ tenantId: tenants.north, roles: ['OPERATOR'] });
    expect(await users.data(query, { id }, operator)).toEqual({
      node: { displayName: 'Asha Rao', email, tier: 'LITE' },
    });
  });

  it('does not admit to another tenant that a user exists, by node or by entity', async () => {
    const { id } = await register('north');
    const stranger = userCaller({ tenantId: tenants.south, roles: ['OPERATOR'] });
    const query = `query ($id: ID!, $representations: [_Any!]!) {
      node(id: $id) { id } _entities(representations: $representations) { ... on User { id } } }`;
    for (const caller of [stranger, undefined]) {
      const variables = { id, representations: [{ __typename: 'User', id }] };
      expect(await users.data(query, variables, caller)).toEqual({ node: null, _entities: [null] });
    }
  });

  it('separates tenants even where a query forgets to', async () => {
    await register('north');
    await register('south');
    const everyone = `SELECT DISTINCT tenant_id FROM users.user`;
    const inNorth = await withTenant(tenants.north, async () => users.db.tenant.query(everyone));
    expect(inNorth.rows).toEqual([{ tenant_id: tenants.north }]);
    const nowhere = await users.db.tenant.query(everyone);
    expect(nowhere.rows).toEqual([]);
    await expect(
      withTenant(tenants.north, async () =>
        users.db.tenant.query(
          `INSERT INTO users.user (id, tenant_id, email, display_name, password_hash) VALUES ($1, $2, 'x', 'x', 'x')`,
          [newId(), tenants.south],
        ),
      ),
    ).rejects.toThrow(/row-level security/);
  });

  it('answers hundreds of callers of two tenants at once without mixing them', async () => {
    const people = [await register('north'), await register('south')];
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const [asked, asking] = [people[index % 2], people[(index >> 1) % 2]];
        const { node } = await users.data<{ node: { id: string } | null }>(
          `query ($id: ID!) { node(id: $id) { id } }`,
          { id: asked?.id },
          asking?.caller,
        );
        return (node !== null) === (asked === asking);
      }),
    );
    expect(answers.every(Boolean)).toBe(true);
  });

  it('keeps signing keys from the role that serves callers', async () => {
    await expect(users.db.tenant.query(`SELECT * FROM users.signing_key`)).rejects.toThrow(
      /permission denied/,
    );
  });

  it('knows no thing of an unknown type or a malformed id', async () => {
    for (const id of ['Nothing:1', 'User:not-a-uuid', '', ':', `User:${newId()}`]) {
      expect(await users.data(`query ($id: ID!) { node(id: $id) { id } }`, { id })).toEqual({ node: null });
    }
  });
});
