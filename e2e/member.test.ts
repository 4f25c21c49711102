/** From a user of the Black tier to a member under a codename, with nothing but a proof between the two. */
import { messageFor } from '@gridworks/circuits/field';
import { createIdentity, type Identity } from '@gridworks/circuits/identity';
import { proveTierMembership } from '@gridworks/circuits/prove';
import { ProveDocument, type ProveQuery } from '@gridworks/schema/operations';
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { GraphClient } from './client.ts';

const ENROL = `mutation ($input: EnrolInput!) { enrol(input: $input) { group { size } refusal { code } } }`;
const JOIN = `mutation ($input: JoinAsMemberInput!) { joinAsMember(input: $input) {
  member { id codename tier persona { name } } session { accessToken } refusal { code } } }`;

interface Joined {
  readonly joinAsMember: {
    readonly member: { id: string; codename: string; tier: string; persona: { name: string } } | null;
    readonly session: { accessToken: string } | null;
    readonly refusal: { code: string } | null;
  };
}
interface Enrolled {
  readonly enrol: { group: { size: number } | null; refusal: { code: string } | null };
}
interface Proof {
  readonly proof: string;
  readonly publicSignals: readonly string[];
}

describe.each(inject('forms'))('a member, $name', ({ url }) => {
  const anybody = new GraphClient(url);
  const identity = createIdentity();
  const codename = `Kestrel-${randomUUID().slice(0, 8)}`;
  let proof: Proof;
  beforeAll(async () => {
    const dev = await anybody.signedInAs('dev');
    const { enrol } = await dev.data<Enrolled>(ENROL, {
      input: { commitment: identity.commitment.toString() },
    });
    expect(enrol).toMatchObject({ refusal: null });
    proof = await prove(identity, 'ONYX', codename);
  });
  afterAll(() => anybody.close());

  async function butler(tier: 'ONYX' | 'VOID'): Promise<NonNullable<ProveQuery['butler']>> {
    const { butler } = await anybody.data(ProveDocument, { tier });
    if (!butler) throw new Error('the butler does not answer');
    return butler;
  }

  async function prove(
    { secret }: Identity,
    tier: 'ONYX' | 'VOID',
    name: string,
    asTier = tier,
  ): Promise<Proof> {
    const { group, scope } = await butler(tier);
    const { proof, publicSignals } = await proveTierMembership({
      secret,
      leaves: (group?.leaves ?? []).map(BigInt),
      scope: BigInt(scope?.value ?? 0),
      message: messageFor('JOIN_MEMBERSHIP', asTier, name),
    });
    return { proof: JSON.stringify(proof), publicSignals };
  }

  async function join(input: object, client = anybody): Promise<Joined['joinAsMember']> {
    return (await client.data<Joined>(JOIN, { input })).joinAsMember;
  }

  it('gets what a prover needs from this door, unaltered', async () => {
    const { circuit } = await butler('ONYX');
    const digests = await anybody.data<{
      butler: { circuit: { sha256s: { wasm: string; zkey: string } } };
    }>(`{ butler { circuit(name: TIER_MEMBERSHIP) { sha256s { wasm zkey } } } }`);
    for (const part of ['wasm', 'zkey'] as const) {
      const response = await fetch(new URL(circuit?.[`${part}Url`] ?? '', url));
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toContain('public');
      const digest = createHash('sha256').update(Buffer.from(await response.arrayBuffer()));
      expect(digest.digest('hex')).toBe(digests.butler.circuit.sha256s[part]);
    }
    for (const path of [
      '/circuits/',
      '/circuits/../package.json',
      '/circuits/%2e%2e/package.json',
      '/circuits/nothing',
    ]) {
      expect((await fetch(`${url}${path}`)).status).toBe(404);
    }
  });

  it('joins once by proof and is served by the persona of the tier', async () => {
    const other = await anybody.signedInAs('asha');
    const { enrol } = await other.data<Enrolled>(ENROL, {
      input: { commitment: createIdentity().commitment.toString() },
    });
    expect(enrol).toMatchObject({ group: null, refusal: { code: 'TIER_NOT_ELIGIBLE' } });

    // What is not this member's own proof, for this name, in this tier, is refused; each with its own code.
    expect((await join({ tier: 'VOID', codename, ...proof })).refusal?.code).toBe('GROUP_UNKNOWN');
    expect((await join({ tier: 'ONYX', codename: 'Somebody-Else', ...proof })).refusal?.code).toBe(
      'MESSAGE_MISMATCH',
    );
    const tampered = {
      ...proof,
      proof: proof.proof.replace(/"pi_a":\["(\d)/, (_, digit) => `"pi_a":["${(Number(digit) % 9) + 1}`),
    };
    expect((await join({ tier: 'ONYX', codename, ...tampered })).refusal?.code).toMatch(
      /^PROOF_(INVALID|MALFORMED)$/,
    );

    const joined = await join({ tier: 'ONYX', codename, ...proof });
    expect(joined).toMatchObject({
      refusal: null,
      member: { codename, tier: 'ONYX', persona: { name: 'STERLING' } },
    });
    expect((await join({ tier: 'ONYX', codename, ...proof })).refusal?.code).toBe('NULLIFIER_REUSED');

    const member = anybody.withToken(joined.session?.accessToken ?? '');
    expect(
      await member
        .data(`{ butler { me { id codename } } me { id } viewerPartner { name } }`)
        .catch(() => undefined),
    ).not.toMatchObject({
      me: { id: expect.anything() as unknown },
    });
    expect(await member.data(`{ butler { me { codename } } }`)).toEqual({ butler: { me: { codename } } });
    expect(
      await anybody
        .data(`query ($id: ID!) { node(id: $id) { ... on Member { codename } } }`, { id: joined.member?.id })
        .catch(() => ({ node: null })),
    ).not.toMatchObject({ node: { codename } });
    // Under a codename nobody trades or reads wallets: that is for signed-in users.
    expect(
      await member.code(
        `mutation { placeOrder(input: { clientOrderId: "x", symbol: "INFY", side: BUY, type: MARKET, product: CNC, quantity: 1 }) { order { id } } }`,
      ),
    ).toBe('FORBIDDEN');
  });

  it('cannot be proven by somebody outside the group', async () => {
    await expect(prove(createIdentity(), 'ONYX', codename)).rejects.toThrow();
  });
});
