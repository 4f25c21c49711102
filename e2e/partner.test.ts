/** A partner's first day: registered, reviewed, an app, a key shown once, requests under it, counted. */
import { RegisterDocument } from '@gridworks/schema/operations';
import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { GraphClient, eventually } from './client.ts';

interface Partner {
  readonly viewerPartner: {
    readonly id: string;
    readonly status: string;
    readonly apps: readonly {
      readonly id: string;
      readonly usage: { readonly requests: number; readonly errors: number };
      readonly keys: readonly {
        readonly id: string;
        readonly prefix: string;
        readonly lastUsedAt: string | null;
      }[];
    }[];
  };
}

const DASHBOARD = `{ viewerPartner { id status apps { id usage(last: HOUR) { requests errors } keys { id prefix lastUsedAt } } } }`;

describe.each(inject('forms'))('a partner, $name', ({ url }) => {
  const anybody = new GraphClient(url);
  afterAll(() => anybody.close());

  it('gets a key that works, is counted to the request, and ends when it is revoked', async () => {
    const { register } = await anybody.data(RegisterDocument, {
      input: {
        tenant: 'gridworks',
        email: `${randomUUID()}@gridworks.example`,
        password: 'a long enough password',
        displayName: 'Builder',
      },
    });
    const builder = anybody.withToken(register.session?.accessToken ?? '');
    const operator = await anybody.signedInAs('ops');
    const name = `Builder ${randomUUID().slice(0, 8)}`;
    const { registerPartner } = await builder.data<{
      registerPartner: { partner: { id: string; status: string } };
    }>(
      `mutation ($input: RegisterPartnerInput!) { registerPartner(input: $input) { partner { id status } refusal { code } } }`,
      { input: { name } },
    );
    const partnerId = registerPartner.partner.id;
    expect(registerPartner.partner.status).toBe('PENDING');
    const review = `mutation ($input: ReviewPartnerInput!) { reviewPartner(input: $input) { partner { status } } }`;
    const approve = { input: { partnerId, decision: 'APPROVE' } };
    expect(await builder.code(review, approve)).toBe('FORBIDDEN');
    expect(await operator.data(review, approve)).toEqual({
      reviewPartner: { partner: { status: 'ACTIVE' } },
    });

    const { createApp } = await builder.data<{ createApp: { app: { id: string } } }>(
      `mutation ($input: CreateAppInput!) { createApp(input: $input) { app { id } refusal { code } } }`,
      { input: { partnerId, name: 'Charts' } },
    );
    const { createApiKey } = await builder.data<{
      createApiKey: { key: { id: string; prefix: string }; secret: string };
    }>(
      `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key { id prefix } secret refusal { code } } }`,
      { input: { appId: createApp.app.id, scopes: ['MARKET_READ', 'USAGE_READ'] } },
    );
    const { secret, key } = createApiKey;
    expect(secret).toContain(key.prefix);
    expect(JSON.stringify(await builder.data(DASHBOARD))).not.toContain(secret);

    const app = anybody.as({ 'x-api-key': secret });
    const price = `{ instrument(symbol: "RELIANCE") { lastPrice } }`;
    for (let request = 0; request < 7; request++) await app.data(price);
    expect(await app.code('{ nothing }')).toBe('GRAPHQL_VALIDATION_FAILED');
    const { viewerPartner } = await eventually(
      () => builder.data<Partner>(DASHBOARD),
      ({ viewerPartner }) => viewerPartner.apps[0]?.usage.requests === 8,
    );
    expect(viewerPartner.apps[0]?.usage).toEqual({ requests: 8, errors: 1 });
    expect(viewerPartner.apps[0]?.keys[0]?.lastUsedAt).not.toBeNull();

    // An app is not a person: it cannot trade for one, nor administer its partner.
    expect(await app.code(`mutation { revokeApiKey(input: { keyId: "${key.id}" }) { key { id } } }`)).toBe(
      'FORBIDDEN',
    );
    const typo = `${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`;
    expect(await anybody.as({ 'x-api-key': typo }).code(price)).toBe('API_KEY_INVALID');

    await builder.data(
      `mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { key { id } } }`,
      {
        input: { keyId: key.id },
      },
    );
    // The door remembers a good key for ten seconds.
    await eventually(
      () => app.code(price),
      (code) => code === 'API_KEY_INVALID',
      15_000,
    );
  });
});
