import { ANONYMOUS, type AppCaller, type Caller, type UserCaller } from '@gridworks/kit/caller';
import { readConfig } from '@gridworks/kit/config';
import { Database, withTenant } from '@gridworks/kit/db';
import { newId, toGlobalId, uuidOf } from '@gridworks/kit/id';
import { createPlatform, type Subgraph } from '@gridworks/kit/subgraph';
import { createTestDatabase, type TestDatabase } from '@gridworks/kit/testing';
import { MINUTE_MS } from '@gridworks/kit/time';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formatKey } from './domain/key.ts';
import { createPartners } from './subgraph.ts';

const TENANT = newId();
const OTHER_TENANT = newId();
const NOON_MS = Date.parse('2026-01-15T12:00:00.000Z');

let test: TestDatabase;
let db: Database;
let partners: Subgraph;
let owner: pg.Client;
let nowMs = NOON_MS;

beforeAll(async () => {
  test = await createTestDatabase();
  db = new Database(test.url);
  const platform = createPlatform(readConfig({ LOG_LEVEL: 'silent' }), db, 'test');
  partners = createPartners({ ...platform, clock: () => nowMs });
  owner = new pg.Client(test.url);
  await owner.connect();
});

afterAll(async () => {
  await partners.stop();
  await owner.end();
  await db.close();
  await test.drop();
});

beforeEach(() => {
  nowMs = NOON_MS;
});

function user(tenantId = TENANT, roles: UserCaller['roles'] = ['TRADER']): UserCaller {
  return { kind: 'user', userId: newId(), tenantId, tier: 'PRO', roles };
}

interface Refused {
  readonly code: string;
  readonly path: string[];
}
interface KeyJson {
  readonly id: string;
  readonly prefix: string;
  readonly scopes: string[];
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}
interface AppJson {
  readonly id: string;
  readonly name: string;
  readonly keys: KeyJson[];
}
interface PartnerJson {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly apps: AppJson[];
}
interface Payload {
  readonly partner: PartnerJson | null;
  readonly app: AppJson | null;
  readonly key: KeyJson | null;
  readonly secret: string | null;
  readonly refusal: Refused | null;
}

async function ask(
  caller: Caller,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<{ data: Record<string, unknown> | null | undefined; codes: unknown[] }> {
  const result = await partners.execute({ query, variables, caller, traceId: 'test' });
  const codes = (result.errors ?? []).map((error) => error.extensions['code']);
  return { data: result.data as Record<string, unknown> | null | undefined, codes };
}

const KEY = `key { id prefix scopes createdAt lastUsedAt revokedAt }`;
const REFUSAL = `refusal { code path }`;
const MUTATIONS = {
  registerPartner: `mutation ($input: RegisterPartnerInput!) { registerPartner(input: $input) { partner { id name status apps { id } } ${REFUSAL} } }`,
  reviewPartner: `mutation ($input: ReviewPartnerInput!) { reviewPartner(input: $input) { partner { id status } ${REFUSAL} } }`,
  createApp: `mutation ($input: CreateAppInput!) { createApp(input: $input) { app { id name keys { id } } ${REFUSAL} } }`,
  createApiKey: `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { ${KEY} secret ${REFUSAL} } }`,
  revokeApiKey: `mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { ${KEY} ${REFUSAL} } }`,
} as const;

/** A mutation whose door lets the caller through. */
async function change(caller: Caller, name: keyof typeof MUTATIONS, input: object): Promise<Payload> {
  const { data, codes } = await ask(caller, MUTATIONS[name], { input });
  expect(codes).toEqual([]);
  return data?.[name] as Payload;
}

async function codesOf(caller: Caller, name: keyof typeof MUTATIONS, input: object): Promise<unknown[]> {
  return (await ask(caller, MUTATIONS[name], { input })).codes;
}

const operator = user(TENANT, ['TRADER', 'OPERATOR']);
let names = 0;

interface Setting {
  readonly caller: UserCaller;
  readonly partnerId: string;
  readonly appId: string;
}

/** An approved partner with one app. */
async function givenPartner(tenantId = TENANT): Promise<Setting> {
  const caller = user(tenantId);
  const { partner } = await change(caller, 'registerPartner', { name: `Partner ${++names}` });
  const partnerId = partner?.id ?? '';
  const reviewer = tenantId === TENANT ? operator : user(tenantId, ['OPERATOR']);
  await change(reviewer, 'reviewPartner', { partnerId, decision: 'APPROVE' });
  const { app } = await change(caller, 'createApp', { partnerId, name: 'Terminal' });
  return { caller, partnerId, appId: app?.id ?? '' };
}

async function givenKey(
  { caller, appId }: Setting,
  scopes: string[] = ['MARKET_READ'],
): Promise<{ key: KeyJson; keyId: string; secret: string }> {
  const { key, secret } = await change(caller, 'createApiKey', { appId, scopes });
  if (!key || !secret) throw new Error('no key was made');
  return { key, keyId: uuidOf('ApiKey', key.id) ?? '', secret };
}

async function identify(key: string): Promise<AppCaller | null> {
  const answer = (await partners.routes['/identify']?.({ key })) as { caller: AppCaller | null };
  return answer.caller;
}

async function report(usage: unknown): Promise<void> {
  await partners.routes['/usage']?.({ usage });
}

const DASHBOARD = `{ viewerPartner { id name status apps { id name keys { id prefix scopes createdAt lastUsedAt revokedAt } } } }`;

async function dashboard(caller: Caller): Promise<PartnerJson | null> {
  const { data, codes } = await ask(caller, DASHBOARD);
  expect(codes).toEqual([]);
  return data?.['viewerPartner'] as PartnerJson | null;
}

async function usageOf(caller: Caller, period: string): Promise<unknown[]> {
  const { data } = await ask(
    caller,
    `query ($last: UsagePeriod!) { viewerPartner { apps { usage(last: $last) { requests errors } } } }`,
    { last: period },
  );
  return (data?.['viewerPartner'] as { apps: { usage: unknown }[] }).apps.map(({ usage }) => usage);
}

async function entities(caller: Caller, ids: readonly string[]): Promise<unknown> {
  const { data } = await ask(
    caller,
    `query ($representations: [_Any!]!) { _entities(representations: $representations) {
       __typename ... on Partner { name } ... on PartnerApp { name } } }`,
    { representations: ids.map((id) => ({ __typename: id.slice(0, id.indexOf(':')), id })) },
  );
  return data?.['_entities'];
}

describe('onboarding', () => {
  it('registers a partner that waits for approval, and shows it to its owner', async () => {
    const caller = user();
    expect(await dashboard(caller)).toBeNull();
    const { partner, refusal } = await change(caller, 'registerPartner', { name: '  Acme Labs ' });
    expect(refusal).toBeNull();
    expect(partner).toMatchObject({ name: 'Acme Labs', status: 'PENDING', apps: [] });
    expect(await dashboard(caller)).toEqual(partner);
  });

  it('refuses a second partner of one owner, and a name that another has', async () => {
    const caller = user();
    await change(caller, 'registerPartner', { name: 'Zenith' });
    expect((await change(caller, 'registerPartner', { name: 'Nadir' })).refusal).toEqual({
      code: 'PARTNER_EXISTS',
      path: [],
    });
    expect((await change(caller, 'registerPartner', { name: 'zenith' })).refusal?.code).toBe(
      'PARTNER_EXISTS',
    );
    expect((await change(user(), 'registerPartner', { name: ' zenITH' })).refusal).toEqual({
      code: 'NAME_TAKEN',
      path: ['input', 'name'],
    });
    expect((await change(user(OTHER_TENANT), 'registerPartner', { name: 'Zenith' })).refusal).toBeNull();
    expect((await change(user(), 'registerPartner', { name: 'x' })).refusal?.code).toBe(
      'NAME_LENGTH_INVALID',
    );
  });

  it('makes one partner when one owner registers several times at once', async () => {
    const caller = user();
    const payloads = await Promise.all(
      Array.from({ length: 6 }, (_, index) => change(caller, 'registerPartner', { name: `Racer ${index}` })),
    );
    expect(payloads.filter(({ partner }) => partner)).toHaveLength(1);
    expect(payloads.flatMap(({ refusal }) => refusal?.code ?? [])).toEqual(Array(5).fill('PARTNER_EXISTS'));
  });

  it('lets an operator of the tenant list and review, and nobody else', async () => {
    const tenantId = newId();
    const reviewer = user(tenantId, ['OPERATOR']);
    const people = [user(tenantId), user(tenantId), user(tenantId)];
    const ids: string[] = [];
    for (const [index, person] of people.entries()) {
      ids.push((await change(person, 'registerPartner', { name: `Listed ${index}` })).partner?.id ?? '');
    }
    const LIST = `query ($status: PartnerStatus, $first: Int, $after: String) {
      partners(status: $status, first: $first, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }`;
    interface List {
      edges: { node: { id: string } }[];
      pageInfo: { hasNextPage: boolean; endCursor: string };
    }
    const list = async (variables: object): Promise<List> =>
      (await ask(reviewer, LIST, { ...variables })).data?.['partners'] as List;
    const first = await list({ first: 2 });
    expect(first.edges.map(({ node }) => node.id)).toEqual(ids.slice(0, 2));
    expect(first.pageInfo.hasNextPage).toBe(true);
    const rest = await list({ first: 2, after: first.pageInfo.endCursor });
    expect(rest.edges.map(({ node }) => node.id)).toEqual(ids.slice(2));
    expect(rest.pageInfo.hasNextPage).toBe(false);

    await change(reviewer, 'reviewPartner', { partnerId: ids[1], decision: 'APPROVE' });
    expect((await list({ status: 'ACTIVE' })).edges.map(({ node }) => node.id)).toEqual([ids[1]]);
    expect((await ask(reviewer, LIST, { first: 101 })).codes).toEqual(['BAD_USER_INPUT']);
    expect((await ask(reviewer, LIST, { after: 'x' })).codes).toEqual(['BAD_USER_INPUT']);

    expect((await ask(people[0] as UserCaller, LIST)).codes).toEqual(['FORBIDDEN']);
    const input = { partnerId: ids[0], decision: 'APPROVE' };
    expect(await codesOf(people[0] as UserCaller, 'reviewPartner', input)).toEqual(['FORBIDDEN']);
    expect(await codesOf(ANONYMOUS, 'reviewPartner', input)).toEqual(['UNAUTHENTICATED']);
    expect((await change(operator, 'reviewPartner', input)).refusal).toEqual({
      code: 'PARTNER_UNKNOWN',
      path: ['input', 'partnerId'],
    });
    expect((await dashboard(people[0] as UserCaller))?.status).toBe('PENDING');
  });
});

describe('apps', () => {
  it('stops at ten, also when they are asked for at once', async () => {
    const { caller, partnerId } = await givenPartner();
    const payloads = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        change(caller, 'createApp', { partnerId, name: `App ${index}` }),
      ),
    );
    expect(payloads.filter(({ app }) => app)).toHaveLength(9);
    expect(payloads.flatMap(({ refusal }) => refusal?.code ?? [])).toEqual(Array(3).fill('APPS_TOO_MANY'));
    expect((await dashboard(caller))?.apps).toHaveLength(10);
  });

  it('refuses by rung', async () => {
    const { caller, partnerId } = await givenPartner();
    const refused = async (input: object): Promise<Refused | null> =>
      (await change(caller, 'createApp', input)).refusal;
    expect(await refused({ partnerId, name: 'TERMINAL' })).toEqual({
      code: 'NAME_TAKEN',
      path: ['input', 'name'],
    });
    expect(await refused({ partnerId, name: '' })).toEqual({
      code: 'NAME_LENGTH_INVALID',
      path: ['input', 'name'],
    });
    for (const unknown of [toGlobalId('Partner', newId()), 'Partner:1', 'nothing', partnerId.slice(8)]) {
      expect(await refused({ partnerId: unknown, name: 'App' })).toEqual({
        code: 'PARTNER_UNKNOWN',
        path: ['input', 'partnerId'],
      });
    }
    await change(operator, 'reviewPartner', { partnerId, decision: 'SUSPEND' });
    expect(await refused({ partnerId, name: '' })).toEqual({
      code: 'PARTNER_SUSPENDED',
      path: ['input', 'partnerId'],
    });
    expect((await dashboard(caller))?.apps.map(({ name }) => name)).toEqual(['Terminal']);
  });

  it('shows in one operation what its mutations changed', async () => {
    const caller = user(TENANT, ['OPERATOR']);
    const partnerId = (await change(caller, 'registerPartner', { name: `Partner ${++names}` })).partner?.id;
    const { data, codes } = await ask(
      caller,
      `mutation ($review: ReviewPartnerInput!, $app: CreateAppInput!) {
         before: reviewPartner(input: $review) { partner { apps { name } } }
         createApp(input: $app) { app { name } }
         after: reviewPartner(input: $review) { partner { apps { name } } }
       }`,
      { review: { partnerId, decision: 'APPROVE' }, app: { partnerId, name: 'New' } },
    );
    expect(codes).toEqual([]);
    expect(data).toEqual({
      before: { partner: { apps: [] } },
      createApp: { app: { name: 'New' } },
      after: { partner: { apps: [{ name: 'New' }] } },
    });
  });
});

describe('keys', () => {
  it('shows the secret once, and keeps it nowhere', async () => {
    const setting = await givenPartner();
    const { key, secret } = await givenKey(setting, ['ORDERS_WRITE', 'MARKET_READ', 'MARKET_READ']);
    expect(secret).toMatch(/^gw_[a-z2-7]{12}_[0-9A-Za-z]{49}$/);
    expect(key).toMatchObject({
      prefix: secret.slice(3, 15),
      scopes: ['MARKET_READ', 'ORDERS_WRITE'],
      lastUsedAt: null,
      revokedAt: null,
    });
    const seen = await dashboard(setting.caller);
    expect(seen?.apps[0]?.keys).toEqual([key]);

    const hidden = secret.slice(16);
    expect(JSON.stringify(seen)).not.toContain(hidden);
    const tables = await owner.query<{ table: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS table FROM pg_tables
        WHERE schemaname IN ('partners', 'events', 'users')`,
    );
    let found = '';
    for (const { table } of tables.rows) {
      const { rows } = await owner.query<{ text: string | null }>(
        `SELECT string_agg(t::text, ' ') AS text FROM ${table} t`,
      );
      found += rows[0]?.text ?? '';
    }
    // The prefix is there, so the look through the tables does see this key's row.
    expect(found).toContain(key.prefix);
    expect(found).not.toContain(hidden);
    expect(found).not.toContain(Buffer.from(hidden).toString('hex'));
    expect(found).not.toContain(Buffer.from(secret).toString('hex'));
  });

  it("does not let the callers' role read a hash, move a key or raise its scopes", async () => {
    const { keyId } = await givenKey(await givenPartner());
    const as = (sql: string): Promise<unknown> =>
      withTenant(TENANT, async () => db.tenant.query(sql, [keyId]));
    await expect(as(`SELECT hash FROM partners.api_key WHERE id = $1`)).rejects.toThrow(/permission denied/);
    await expect(as(`UPDATE partners.api_key SET scopes = '{orders:write}' WHERE id = $1`)).rejects.toThrow(
      /permission denied/,
    );
    await expect(as(`DELETE FROM partners.api_key WHERE id = $1`)).rejects.toThrow(/permission denied/);
    await expect(as(`UPDATE partners.key_usage SET requests = 1 WHERE key_id = $1`)).rejects.toThrow(
      /permission denied/,
    );
  });

  it('stops at five that live, also when they are asked for at once; revoking one makes room', async () => {
    const setting = await givenPartner();
    const input = { appId: setting.appId, scopes: ['MARKET_READ'] };
    const payloads = await Promise.all(
      Array.from({ length: 8 }, () => change(setting.caller, 'createApiKey', input)),
    );
    const made = payloads.flatMap(({ key }) => key ?? []);
    expect(made).toHaveLength(5);
    expect(payloads.flatMap(({ refusal }) => refusal?.code ?? [])).toEqual(Array(3).fill('KEYS_TOO_MANY'));
    expect(payloads.filter(({ secret }) => secret)).toHaveLength(5);
    await change(setting.caller, 'revokeApiKey', { keyId: made[0]?.id });
    expect((await change(setting.caller, 'createApiKey', input)).refusal).toBeNull();
    expect((await change(setting.caller, 'createApiKey', input)).refusal?.code).toBe('KEYS_TOO_MANY');
  });

  it('refuses by rung', async () => {
    const caller = user();
    const partnerId = (await change(caller, 'registerPartner', { name: `Partner ${++names}` })).partner?.id;
    const appId = (await change(caller, 'createApp', { partnerId, name: 'Early' })).app?.id;
    const refused = async (input: object): Promise<Refused | null> =>
      (await change(caller, 'createApiKey', input)).refusal;
    for (const unknown of [toGlobalId('PartnerApp', newId()), partnerId]) {
      expect(await refused({ appId: unknown, scopes: [] })).toEqual({
        code: 'APP_UNKNOWN',
        path: ['input', 'appId'],
      });
    }
    expect(await refused({ appId, scopes: [] })).toEqual({ code: 'PARTNER_PENDING', path: [] });
    await change(operator, 'reviewPartner', { partnerId, decision: 'APPROVE' });
    expect(await refused({ appId, scopes: [] })).toEqual({ code: 'SCOPES_EMPTY', path: ['input', 'scopes'] });
    expect(await codesOf(caller, 'createApiKey', { appId, scopes: ['ADMIN'] })).toEqual(['BAD_USER_INPUT']);
    await change(operator, 'reviewPartner', { partnerId, decision: 'SUSPEND' });
    expect(await refused({ appId, scopes: ['MARKET_READ'] })).toEqual({
      code: 'PARTNER_SUSPENDED',
      path: [],
    });
    expect((await dashboard(caller))?.apps[0]?.keys).toEqual([]);
  });

  it('is for the owner alone: not for neighbours, operators, apps or nobody', async () => {
    const setting = await givenPartner();
    const { key, secret } = await givenKey(setting);
    const app = await identify(secret);
    if (!app) throw new Error('the key does not work');
    const asked = [
      ['createApp', { partnerId: setting.partnerId, name: 'Theirs' }],
      ['createApiKey', { appId: setting.appId, scopes: ['MARKET_READ'] }],
      ['revokeApiKey', { keyId: key.id }],
    ] as const;
    for (const [name, input] of asked) {
      for (const stranger of [user(), operator, (await givenPartner()).caller, app]) {
        expect(await codesOf(stranger, name, input)).toEqual(['FORBIDDEN']);
      }
      expect(await codesOf(ANONYMOUS, name, input)).toEqual(['UNAUTHENTICATED']);
    }
    expect(await codesOf(app, 'registerPartner', { name: 'App owned' })).toEqual(['FORBIDDEN']);
    expect(await codesOf(ANONYMOUS, 'registerPartner', { name: 'Nobody' })).toEqual(['UNAUTHENTICATED']);
    expect((await ask(ANONYMOUS, DASHBOARD)).codes).toEqual(['UNAUTHENTICATED']);
    expect((await dashboard(setting.caller))?.apps).toMatchObject([
      { keys: [{ id: key.id, revokedAt: null }] },
    ]);
  });

  it('shows in one operation what its mutations changed', async () => {
    const caller = user(TENANT, ['OPERATOR']);
    const partnerId = (await change(caller, 'registerPartner', { name: `Partner ${++names}` })).partner?.id;
    await change(caller, 'reviewPartner', { partnerId, decision: 'APPROVE' });
    const appId = (await change(caller, 'createApp', { partnerId, name: 'Terminal' })).app?.id ?? '';
    const { key } = await givenKey({ caller, partnerId: partnerId ?? '', appId });
    const { data, codes } = await ask(
      caller,
      `mutation ($review: ReviewPartnerInput!, $key: CreateApiKeyInput!, $revoke: RevokeApiKeyInput!) {
         one: reviewPartner(input: $review) { ...keys }
         createApiKey(input: $key) { key { id } }
         two: reviewPartner(input: $review) { ...keys }
         revokeApiKey(input: $revoke) { key { id } }
         three: reviewPartner(input: $review) { ...keys }
       }
       fragment keys on ReviewPartnerPayload { partner { apps { keys { id revokedAt } } } }`,
      {
        review: { partnerId, decision: 'APPROVE' },
        key: { appId, scopes: ['MARKET_READ'] },
        revoke: { keyId: key.id },
      },
    );
    expect(codes).toEqual([]);
    const created = (data?.['createApiKey'] as Payload).key?.id;
    const shows = (keys: object[]): object => ({ partner: { apps: [{ keys }] } });
    const lives = { id: key.id, revokedAt: null };
    expect(data?.['one']).toEqual(shows([lives]));
    expect(data?.['two']).toEqual(shows([{ id: created, revokedAt: null }, lives]));
    const revokedAt = new Date(NOON_MS).toISOString();
    expect(data?.['three']).toEqual(
      shows([
        { id: created, revokedAt: null },
        { id: key.id, revokedAt },
      ]),
    );
  });

  it('shows every live key and the twenty revoked last', async () => {
    const setting = await givenPartner();
    const lasting = (await givenKey(setting)).key;
    const revoked: string[] = [];
    for (let index = 0; index < 22; index++) {
      const { key } = await givenKey(setting);
      nowMs += 1_000;
      await change(setting.caller, 'revokeApiKey', { keyId: key.id });
      revoked.push(key.id);
    }
    const shown = (await dashboard(setting.caller))?.apps[0]?.keys.map(({ id }) => id);
    expect(shown).toEqual([...revoked.slice(2).reverse(), lasting.id]);
  });
});

describe('the audit', () => {
  interface Said {
    readonly topic: string;
    readonly kind: string;
    readonly userId: string;
    readonly subjectId: string;
    readonly tenantId: string;
  }
  async function saidBy(caller: UserCaller): Promise<Said[]> {
    const { rows } = await db.system.query<Said>(
      `SELECT topic, payload ->> 'kind' AS kind, payload ->> 'userId' AS "userId", tenant_id AS "tenantId",
              payload ->> 'subjectId' AS "subjectId"
         FROM events.log WHERE topic LIKE 'audit.%' AND payload ->> 'userId' = $1 ORDER BY xid, pos`,
      [caller.userId],
    );
    return rows;
  }

  it('says who did what, once, and nothing of what was refused', async () => {
    const tenantId = newId();
    const reviewer = user(tenantId, ['OPERATOR']);
    const caller = user(tenantId);
    const { partner } = await change(caller, 'registerPartner', { name: 'Audited' });
    const input = { partnerId: partner?.id, decision: 'APPROVE' };
    await change(reviewer, 'reviewPartner', input);
    const { app } = await change(caller, 'createApp', { partnerId: partner?.id, name: 'Terminal' });
    const setting = { caller, partnerId: partner?.id ?? '', appId: app?.id ?? '' };
    const { key, keyId } = await givenKey(setting);
    await change(caller, 'revokeApiKey', { keyId: key.id });
    await change(caller, 'revokeApiKey', { keyId: key.id });
    await change(reviewer, 'reviewPartner', { ...input, decision: 'SUSPEND' });

    await change(caller, 'registerPartner', { name: 'Audited again' });
    await change(caller, 'createApp', { partnerId: partner?.id, name: '' });
    await change(caller, 'createApiKey', { appId: app?.id, scopes: [] });
    await codesOf(caller, 'reviewPartner', input);

    const [partnerId, appId] = [uuidOf('Partner', setting.partnerId), uuidOf('PartnerApp', setting.appId)];
    const facts = { userId: caller.userId, tenantId };
    expect(await saidBy(caller)).toEqual([
      { topic: 'audit.user.actions', kind: 'PARTNER_REGISTERED', subjectId: partnerId, ...facts },
      { topic: 'audit.user.actions', kind: 'APP_CREATED', subjectId: appId, ...facts },
      { topic: 'audit.security.events', kind: 'API_KEY_CREATED', subjectId: keyId, ...facts },
      { topic: 'audit.security.events', kind: 'API_KEY_REVOKED', subjectId: keyId, ...facts },
    ]);
    const decided = { topic: 'audit.admin.actions', subjectId: partnerId, userId: reviewer.userId, tenantId };
    expect(await saidBy(reviewer)).toEqual([
      { ...decided, kind: 'PARTNER_APPROVED' },
      { ...decided, kind: 'PARTNER_SUSPENDED' },
    ]);
  });
});

describe('identify', () => {
  it('knows the app of a key', async () => {
    const setting = await givenPartner();
    const { keyId, secret } = await givenKey(setting, ['USAGE_READ', 'ORDERS_READ']);
    expect(await identify(secret)).toEqual({
      kind: 'app',
      appId: uuidOf('PartnerApp', setting.appId),
      partnerId: uuidOf('Partner', setting.partnerId),
      tenantId: TENANT,
      keyId,
      scopes: ['orders:read', 'usage:read'],
    });
  });

  it("knows nobody by a wrong secret, a typo, another key's prefix or something else", async () => {
    const setting = await givenPartner();
    const { secret } = await givenKey(setting);
    const other = (await givenKey(setting)).secret;
    const stranger = formatKey(new Uint8Array(40).fill(7)).text;
    expect(await identify(stranger)).toBeNull();
    expect(await identify(secret.slice(0, -1) + (secret.endsWith('a') ? 'b' : 'a'))).toBeNull();
    expect(await identify(secret.slice(0, 16) + other.slice(16))).toBeNull();
    expect(await identify(forged(secret))).toBeNull();
    expect(await identify('')).toBeNull();
    expect(await identify(secret.toUpperCase())).toBeNull();
    expect(await identify(secret)).not.toBeNull();
  });

  it('knows nobody by a key that was revoked; revoking again changes nothing', async () => {
    const setting = await givenPartner();
    const { key, secret } = await givenKey(setting);
    const first = await change(setting.caller, 'revokeApiKey', { keyId: key.id });
    expect(first.key?.revokedAt).toBe(new Date(NOON_MS).toISOString());
    expect(await identify(secret)).toBeNull();
    nowMs += MINUTE_MS;
    expect((await change(setting.caller, 'revokeApiKey', { keyId: key.id })).key).toEqual(first.key);
    for (const unknown of [toGlobalId('ApiKey', newId()), setting.appId, 'ApiKey:x']) {
      expect((await change(setting.caller, 'revokeApiKey', { keyId: unknown })).refusal).toEqual({
        code: 'KEY_UNKNOWN',
        path: ['input', 'keyId'],
      });
    }
  });

  it('knows nobody while the partner is suspended', async () => {
    const setting = await givenPartner();
    const { secret } = await givenKey(setting);
    await change(operator, 'reviewPartner', { partnerId: setting.partnerId, decision: 'SUSPEND' });
    expect(await identify(secret)).toBeNull();
    await change(operator, 'reviewPartner', { partnerId: setting.partnerId, decision: 'APPROVE' });
    expect(await identify(secret)).not.toBeNull();
  });

  it('throws for a body of another shape', async () => {
    await expect(partners.routes['/identify']?.({ key: 1 })).rejects.toThrow();
    await expect(partners.routes['/identify']?.(undefined)).rejects.toThrow();
  });
});

describe('usage', () => {
  it('sums exactly when reports come at once, and counts nothing of unknown keys', async () => {
    const setting = await givenPartner();
    const a = (await givenKey(setting)).keyId;
    const b = (await givenKey(setting)).keyId;
    const reports = Array.from({ length: 40 }, (_, index) => {
      const both = [
        { keyId: a, requests: 3, errors: 1 },
        { keyId: b, requests: index + 1, errors: 0 },
        { keyId: a, requests: 2, errors: 2 },
        { keyId: newId(), requests: 1_000, errors: 0 },
      ];
      return index % 2 ? both : both.reverse();
    });
    await Promise.all(reports.map((usage) => report(usage)));
    expect(await usageOf(setting.caller, 'HOUR')).toEqual([{ requests: 40 * 5 + 820, errors: 40 * 3 }]);
    const shown = (await dashboard(setting.caller))?.apps[0]?.keys.map(({ lastUsedAt }) => lastUsedAt);
    expect(shown).toEqual(Array(2).fill(new Date(NOON_MS).toISOString()));
    const { rows } = await owner.query(`SELECT minute FROM partners.key_usage WHERE key_id = $1`, [a]);
    expect(rows).toEqual([{ minute: new Date(NOON_MS) }]);
  });

  it('looks back an hour, a day and a week, app by app', async () => {
    const setting = await givenPartner();
    const { app } = await change(setting.caller, 'createApp', {
      partnerId: setting.partnerId,
      name: 'Quiet',
    });
    expect(app).not.toBeNull();
    const { keyId } = await givenKey(setting);
    const agoMinutes = [0, 59, 60, 24 * 60 - 1, 24 * 60, 7 * 24 * 60 - 1, 7 * 24 * 60];
    for (const [index, ago] of agoMinutes.entries()) {
      nowMs = NOON_MS - ago * MINUTE_MS;
      await report([{ keyId, requests: 10 ** index, errors: 0 }]);
    }
    nowMs = NOON_MS;
    const none = { requests: 0, errors: 0 };
    expect(await usageOf(setting.caller, 'HOUR')).toEqual([{ requests: 11, errors: 0 }, none]);
    expect(await usageOf(setting.caller, 'DAY')).toEqual([{ requests: 1_111, errors: 0 }, none]);
    expect(await usageOf(setting.caller, 'WEEK')).toEqual([{ requests: 111_111, errors: 0 }, none]);
    const [latest] = (await dashboard(setting.caller))?.apps[0]?.keys ?? [];
    expect(latest?.lastUsedAt).toBe(new Date(NOON_MS).toISOString());
  });

  it('answers an app about itself, if its key may', async () => {
    const setting = await givenPartner();
    const { app: second } = await change(setting.caller, 'createApp', {
      partnerId: setting.partnerId,
      name: 'Second',
    });
    const allowed = await identify((await givenKey(setting, ['USAGE_READ'])).secret);
    const plain = await identify((await givenKey(setting, ['MARKET_READ'])).secret);
    if (!allowed || !plain) throw new Error('the keys do not work');
    await report([{ keyId: plain.keyId, requests: 4, errors: 1 }]);
    expect(await usageOf(allowed, 'DAY')).toEqual([{ requests: 4, errors: 1 }]);
    const { data, codes } = await ask(
      plain,
      `{ viewerPartner { name apps { id usage(last: DAY) { requests } } } }`,
    );
    expect(codes).toEqual(['FORBIDDEN']);
    expect(data).toMatchObject({ viewerPartner: { apps: [{ id: setting.appId, usage: null }] } });
    expect(await entities(plain, [setting.partnerId, setting.appId, second?.id ?? ''])).toMatchObject([
      { __typename: 'Partner' },
      { name: 'Terminal' },
      null,
    ]);
  });

  it.each([
    ['no list', { usage: 1 }],
    ['no key', { usage: [{ requests: 1, errors: 0 }] }],
    ['not a uuid', { usage: [{ keyId: 'x', requests: 1, errors: 0 }] }],
    ['nothing counted', { usage: [{ keyId: newId(), requests: 0, errors: 0 }] }],
    ['a fraction', { usage: [{ keyId: newId(), requests: 1.5, errors: 0 }] }],
    ['less than no error', { usage: [{ keyId: newId(), requests: 1, errors: -1 }] }],
    ['more errors than requests', { usage: [{ keyId: newId(), requests: 1, errors: 2 }] }],
  ])('throws for a report of another shape: %s', async (_, body) => {
    await expect(partners.routes['/usage']?.(body)).rejects.toThrow();
  });

  it('takes a report without anything in it', async () => {
    await expect(partners.routes['/usage']?.({ usage: [] })).resolves.toEqual({});
  });
});

describe('tenants', () => {
  it('are separate, even for a statement without a filter', async () => {
    const mine = await givenPartner(TENANT);
    const theirs = await givenPartner(OTHER_TENANT);
    for (const setting of [mine, theirs]) {
      await report([{ keyId: (await givenKey(setting)).keyId, requests: 1, errors: 0 }]);
    }
    for (const table of ['partner', 'app', 'api_key', 'key_usage']) {
      const tenantsSeen = async (tenantId: string | undefined): Promise<string[]> => {
        const { rows } = await withTenant(tenantId, async () =>
          db.tenant.query<{ tenant_id: string }>(`SELECT DISTINCT tenant_id FROM partners.${table}`),
        );
        return rows.map((row) => row.tenant_id);
      };
      expect(await tenantsSeen(TENANT)).toEqual([TENANT]);
      expect(await tenantsSeen(OTHER_TENANT)).toEqual([OTHER_TENANT]);
      expect(await tenantsSeen(undefined)).toEqual([]);
    }
    await expect(
      withTenant(TENANT, async () =>
        db.tenant.query(
          `INSERT INTO partners.app (id, tenant_id, partner_id, name, name_key) VALUES ($1, $2, $3, 'x', 'x')`,
          [newId(), OTHER_TENANT, uuidOf('Partner', theirs.partnerId)],
        ),
      ),
    ).rejects.toThrow(/row-level security/);
  });

  it('do not see, change or use what belongs to the other', async () => {
    const theirs = await givenPartner(OTHER_TENANT);
    const { key, secret } = await givenKey(theirs);
    for (const stranger of [user(), operator]) {
      expect(await entities(stranger, [theirs.partnerId, theirs.appId])).toEqual([null, null]);
      const refused = async (name: keyof typeof MUTATIONS, input: object): Promise<string | undefined> =>
        (await change(stranger, name, input)).refusal?.code;
      expect(await refused('createApp', { partnerId: theirs.partnerId, name: 'Mine' })).toBe(
        'PARTNER_UNKNOWN',
      );
      expect(await refused('createApiKey', { appId: theirs.appId, scopes: ['MARKET_READ'] })).toBe(
        'APP_UNKNOWN',
      );
      expect(await refused('revokeApiKey', { keyId: key.id })).toBe('KEY_UNKNOWN');
    }
    // A key is its own tenant's, whoever sends it.
    expect((await identify(secret))?.tenantId).toBe(OTHER_TENANT);
  });
});

describe('entities', () => {
  it('answer the owner, the app and operators of the tenant, and nobody else', async () => {
    const setting = await givenPartner();
    const ids = [setting.partnerId, setting.appId];
    const app = await identify((await givenKey(setting)).secret);
    const otherApp = await identify((await givenKey(await givenPartner())).secret);
    if (!app || !otherApp) throw new Error('the keys do not work');
    const seen = [
      { __typename: 'Partner', name: expect.stringMatching(/^Partner/) as string },
      { __typename: 'PartnerApp', name: 'Terminal' },
    ];
    for (const caller of [setting.caller, operator, app]) expect(await entities(caller, ids)).toEqual(seen);
    for (const caller of [user(), otherApp, ANONYMOUS])
      expect(await entities(caller, ids)).toEqual([null, null]);
    expect(await entities(setting.caller, ['Partner:x', 'PartnerApp:'])).toEqual([null, null]);
  });
});

/** A well-formed key with the prefix of another and a secret of its own: only the hash can tell. */
function forged(secret: string): string {
  const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
  const bits = [...secret.slice(3, 15)]
    .map((char) => BASE32.indexOf(char).toString(2).padStart(5, '0'))
    .join('');
  const random = new Uint8Array(40).fill(1);
  for (let index = 0; index < 8; index++) {
    random[index] = parseInt(bits.slice(index * 8, index * 8 + 8).padEnd(8, '0'), 2);
  }
  const { text, prefix } = formatKey(random);
  expect(prefix).toBe(secret.slice(3, 15));
  return text;
}
