import { circuitNamed, keyPath } from '@gridworks/circuits/circuit';
import { fieldOrder, messageFor, scopeFor } from '@gridworks/circuits/field';
import { createIdentity, nullifierOf, type Identity } from '@gridworks/circuits/identity';
import { MerkleTree } from '@gridworks/circuits/merkle';
import { proveTierMembership, type Proven } from '@gridworks/circuits/prove';
import { parseCaller, type Caller, type MemberCaller, type Tier } from '@gridworks/kit/caller';
import { newId } from '@gridworks/kit/id';
import { openTestSubgraph, userCaller, type TestSubgraph } from '@gridworks/kit/testing';
import { JWKS_PATH, TOKEN_AUDIENCE, issuerOf } from '@gridworks/kit/tokens';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getNamedType, isCompositeType, isUnionType, type GraphQLSchema } from 'graphql';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BLACK_TIERS } from './domain/persona.ts';
import { GroupStore } from './store/group.ts';
import { MemberStore } from './store/member.ts';
import { createButler } from './subgraph.ts';

const ENROL = `mutation ($input: EnrolInput!) { enrol(input: $input) { group { tier size root } refusal { code path } } }`;
const MEMBER = `member { id codename tier joinedOn persona { name title greeting description } }`;
const PAYLOAD = `{ ${MEMBER} session { accessToken expiresAt } refusal { code path } }`;
const JOIN = `mutation ($input: JoinAsMemberInput!) { joinAsMember(input: $input) ${PAYLOAD} }`;
const RETURN = `mutation ($input: OpenMemberSessionInput!) { openMemberSession(input: $input) ${PAYLOAD} }`;
const GROUP = `query ($tier: Tier!) { butler { group(tier: $tier) { tier root size leaves depth } } }`;
const ME = `{ butler { me { id codename tier joinedOn persona { name } } } }`;

interface Refused {
  code: string;
  path: string[];
}
interface Enrolled {
  enrol: { group: { tier: string; size: number; root: string } | null; refusal: Refused | null };
}
interface MemberAnswer {
  member: { id: string; codename: string; tier: string; joinedOn: string; persona: { name: string } } | null;
  session: { accessToken: string; expiresAt: string } | null;
  refusal: Refused | null;
}
interface Group {
  tier: string;
  root: string;
  size: number;
  leaves: string[];
  depth: number;
}

const membershipScope = scopeFor('MEMBERSHIP', 1);
const north = newId();

let butler: TestSubgraph;
beforeAll(async () => {
  butler = await openTestSubgraph(createButler);
});
afterAll(() => butler.close());

function person(tier: Tier): Caller {
  return userCaller({ tenantId: north, tier });
}

function identity(number: number): Identity {
  return createIdentity(new Uint8Array(32).fill(number));
}

async function enrol(
  caller: Caller,
  commitment: bigint | string,
  at: TestSubgraph = butler,
): Promise<Enrolled['enrol']> {
  const input = { commitment: commitment.toString() };
  return (await at.data<Enrolled>(ENROL, { input }, caller)).enrol;
}

async function groupOf(tier: Tier): Promise<Group> {
  const { butler: answer } = await butler.data<{ butler: { group: Group | null } }>(GROUP, { tier });
  if (!answer.group) throw new Error(`no group of ${tier}`);
  return answer.group;
}

/** What a client does: takes all leaves, and proves at home. */
async function prove(
  tier: Tier,
  { secret }: Identity,
  message: bigint,
  scope = membershipScope,
): Promise<Proven> {
  const leaves = (await groupOf(tier)).leaves.map(BigInt);
  return proveTierMembership({ secret, scope, message, leaves });
}

function proveJoin(tier: Tier, who: Identity, codename: string, scope?: bigint): Promise<Proven> {
  return prove(tier, who, messageFor('JOIN_MEMBERSHIP', tier, codename), scope);
}

interface JoinInput {
  readonly tier: string;
  readonly codename: string;
  readonly proof: string;
  readonly publicSignals: readonly string[];
}

function joinInput(tier: Tier, codename: string, proven: Proven): JoinInput {
  return { tier, codename, proof: JSON.stringify(proven.proof), publicSignals: proven.publicSignals };
}

async function join(input: JoinInput): Promise<MemberAnswer> {
  return (await butler.data<{ joinAsMember: MemberAnswer }>(JOIN, { input })).joinAsMember;
}

async function refusalOf(answer: Promise<{ refusal: Refused | null }>): Promise<string | undefined> {
  return (await answer).refusal?.code;
}

/** The proven signals with some of them exchanged for others. */
function withSignals(
  { publicSignals }: Proven,
  others: Partial<Record<'root' | 'nullifier' | 'scope' | 'message', bigint | string>>,
): string[] {
  return circuitNamed('TIER_MEMBERSHIP').publicSignals.map(
    (name, at) => others[name as keyof typeof others]?.toString() ?? publicSignals[at] ?? '',
  );
}

async function callerOf(answer: MemberAnswer): Promise<MemberCaller> {
  const jwks = (await butler.subgraph.routes[JWKS_PATH]?.(undefined)) as JSONWebKeySet;
  const { payload } = await jwtVerify(answer.session?.accessToken ?? '', createLocalJWKSet(jwks), {
    issuer: issuerOf('butler'),
    audience: TOKEN_AUDIENCE,
  });
  return parseCaller(payload['caller']) as MemberCaller;
}

function count(table: string): Promise<bigint> {
  return butler.db.system
    .query<{ n: bigint }>(`SELECT count(*) AS n FROM butler.${table}`)
    .then(({ rows }) => rows[0]?.n ?? -1n);
}

/** Runs a statement as the owner of the tables, who may do what no role of ours may. */
async function asOwner(sql: string): Promise<void> {
  const client = new pg.Client(butler.db.url);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

describe('enrol', () => {
  it('is for signed-in users', async () => {
    const input = { commitment: identity(200).commitment.toString() };
    const codes = async (caller?: Caller): Promise<unknown> =>
      (await butler.ask(ENROL, { input }, caller)).errors?.map(({ extensions }) => extensions['code']);
    expect(await codes()).toEqual(['UNAUTHENTICATED']);
    expect(await codes({ kind: 'member', memberId: newId(), tier: 'VOID' })).toEqual(['FORBIDDEN']);
  });

  it.each(['LITE', 'PRO', 'ELITE'] as const)('refuses the tier %s', async (tier) => {
    expect(await enrol(person(tier), identity(200).commitment)).toEqual({
      group: null,
      refusal: { code: 'TIER_NOT_ELIGIBLE', path: [] },
    });
  });

  it.each([
    '',
    '0',
    '-1',
    '01',
    '1.0',
    '1e3',
    '0x10',
    ' 1',
    '1\n',
    'secret',
    fieldOrder.toString(),
    `${fieldOrder + 1n}`,
    '9'.repeat(500),
  ])('refuses %j as a commitment', async (commitment) => {
    expect(await enrol(person('VOID'), commitment)).toEqual({
      group: null,
      refusal: { code: 'COMMITMENT_INVALID', path: ['input', 'commitment'] },
    });
  });

  it('takes the largest field element there is', async () => {
    expect((await enrol(person('OBSIDIAN'), fieldOrder - 1n)).refusal).toBeNull();
  });

  it('puts the commitment at the end of the group of the user’s own tier', async () => {
    const { commitment } = identity(201);
    const before = await groupOf('OBSIDIAN');
    const { group } = await enrol(person('OBSIDIAN'), commitment);
    const after = await groupOf('OBSIDIAN');
    expect(after).toEqual({
      tier: 'OBSIDIAN',
      depth: 16,
      size: before.size + 1,
      leaves: [...before.leaves, commitment.toString()],
      root: MerkleTree.of([...before.leaves.map(BigInt), commitment]).root.toString(),
    });
    expect(group).toEqual({ tier: 'OBSIDIAN', size: after.size, root: after.root });
  });

  it('lets a user enrol once in a tier, and once more in another', async () => {
    const userId = newId();
    const asOnyx = userCaller({ tenantId: north, tier: 'ONYX', userId });
    expect((await enrol(asOnyx, identity(202).commitment)).refusal).toBeNull();
    const { size } = await groupOf('ONYX');
    // Said even where the commitment is taken as well: whoever lost the first answer must learn that it was done.
    for (const number of [202, 203]) {
      expect(await enrol(asOnyx, identity(number).commitment)).toEqual({
        group: null,
        refusal: { code: 'ALREADY_ENROLLED', path: [] },
      });
    }
    expect((await groupOf('ONYX')).size).toBe(size);
    expect((await enrol({ ...asOnyx, tier: 'VOID' }, identity(203).commitment)).refusal).toBeNull();
  });

  it('takes a commitment once, in whichever group', async () => {
    const { commitment } = identity(204);
    await enrol(person('ONYX'), commitment);
    for (const tier of BLACK_TIERS) {
      expect(await enrol(person(tier), commitment)).toEqual({
        group: null,
        refusal: { code: 'COMMITMENT_TAKEN', path: ['input', 'commitment'] },
      });
    }
  });

  it('lets one of many simultaneous enrolments of one user win, and of one commitment', async () => {
    const user = person('OBSIDIAN');
    const mine = await Promise.all(
      Array.from({ length: 6 }, (_, at) => enrol(user, identity(210 + at).commitment)),
    );
    expect(mine.map(({ refusal }) => refusal?.code ?? 'done').sort()).toEqual([
      ...Array.from({ length: 5 }, () => 'ALREADY_ENROLLED'),
      'done',
    ]);
    const ours = await Promise.all(
      Array.from({ length: 6 }, (_, at) =>
        enrol(person(BLACK_TIERS[at % 3] ?? 'VOID'), identity(220).commitment),
      ),
    );
    expect(ours.map(({ refusal }) => refusal?.code ?? 'done').sort()).toEqual([
      ...Array.from({ length: 5 }, () => 'COMMITMENT_TAKEN'),
      'done',
    ]);
  });

  it('keeps one tree over several processes, and every root it had', async () => {
    const other = await openTestSubgraph(createButler, {}, butler.db.url);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, at) =>
        enrol(person('VOID'), identity(100 + at).commitment, at % 2 ? butler : other),
      ),
    );
    await other.close();
    expect(answers.filter(({ refusal }) => refusal)).toEqual([]);
    const { leaves, root } = await groupOf('VOID');
    const tree = MerkleTree.of();
    const roots = leaves.map((leaf) => {
      tree.insert(BigInt(leaf));
      return tree.root.toString();
    });
    expect(root).toBe(roots.at(-1));
    const { rows } = await butler.db.system.query<{ root: string }>(
      `SELECT root FROM butler.root WHERE tier = 'VOID' ORDER BY size`,
    );
    expect(rows.map((row) => row.root)).toEqual(roots);
  });

  it('recovers the tree after an enrolment was undone', async () => {
    const { size, leaves } = await groupOf('VOID');
    await asOwner(`ALTER TABLE butler.root ADD CONSTRAINT fault CHECK (size <> ${size + 1})`);
    const input = { commitment: identity(120).commitment.toString() };
    const user = person('VOID');
    const { errors } = await butler.ask(ENROL, { input }, user);
    await asOwner(`ALTER TABLE butler.root DROP CONSTRAINT fault`);
    expect(errors?.[0]?.extensions['code']).toBe('INTERNAL_SERVER_ERROR');
    expect((await groupOf('VOID')).leaves).toEqual(leaves);
    // Another commitment takes the place that the process thought was used.
    const { group } = await enrol(user, identity(121).commitment);
    const expected = MerkleTree.of([...leaves.map(BigInt), identity(121).commitment]).root.toString();
    expect(group).toEqual({ tier: 'VOID', size: size + 1, root: expected });
  });

  it('refuses when the group is full', async () => {
    const { size } = await groupOf('OBSIDIAN');
    await butler.db.system.query(`UPDATE butler."group" SET size = 65536 WHERE tier = 'OBSIDIAN'`);
    const answer = await enrol(person('OBSIDIAN'), identity(230).commitment);
    await butler.db.system.query(`UPDATE butler."group" SET size = $1 WHERE tier = 'OBSIDIAN'`, [size]);
    expect(answer).toEqual({ group: null, refusal: { code: 'GROUP_FULL', path: [] } });
  });
});

describe('what a prover reads', () => {
  it('has no group of tiers that are not private', async () => {
    for (const tier of ['LITE', 'PRO', 'ELITE']) {
      expect(await butler.data(GROUP, { tier })).toEqual({ butler: { group: null } });
    }
  });

  it('names the circuit’s files, and they are what their digests say', async () => {
    const { butler: answer } = await butler.data<{
      butler: {
        circuit: Record<'wasmUrl' | 'zkeyUrl' | 'verificationKeyUrl', string> & {
          publicSignals: string[];
          depth: number;
          sha256s: Record<'wasm' | 'zkey' | 'verificationKey', string>;
        };
      };
    }>(
      `{ butler { circuit(name: TIER_MEMBERSHIP) {
        name wasmUrl zkeyUrl verificationKeyUrl publicSignals depth sha256s { wasm zkey verificationKey } } } }`,
    );
    const { wasmUrl, zkeyUrl, verificationKeyUrl, sha256s, publicSignals, depth } = answer.circuit;
    expect({ publicSignals, depth }).toEqual({
      publicSignals: ['root', 'nullifier', 'scope', 'message'],
      depth: (await groupOf('ONYX')).depth,
    });
    for (const [url, sha256] of [
      [wasmUrl, sha256s.wasm],
      [zkeyUrl, sha256s.zkey],
      [verificationKeyUrl, sha256s.verificationKey],
    ] as const) {
      const { pathname, searchParams } = new URL(url, 'http://door');
      const file = readFileSync(keyPath(pathname.replace(/^\/circuits\//, '')));
      expect(createHash('sha256').update(file).digest('hex')).toBe(sha256);
      expect(sha256.startsWith(searchParams.get('v') ?? '-')).toBe(true);
    }
  });

  it('tells the scope of membership', async () => {
    const query = `{ butler { scope(for: MEMBERSHIP) { purpose value epoch } } }`;
    expect(await butler.data(query)).toEqual({
      butler: { scope: { purpose: 'MEMBERSHIP', value: membershipScope.toString(), epoch: 1 } },
    });
  });

  it('has no member for anybody without a membership token', async () => {
    for (const caller of [undefined, person('VOID')]) {
      expect(await butler.data(ME, {}, caller)).toEqual({ butler: { me: null } });
    }
  });
});

// Each proof costs a second or two, so all are made once; what they are refused for needs no others.
describe('membership', () => {
  const [alice, bob, carol] = [identity(1), identity(2), identity(3)];
  let heron: Proven;
  let bobs: readonly [Proven, Proven];
  let clash: Proven;
  let owl: Proven;
  let nextEpoch: Proven;
  let aliceJoined: MemberAnswer;

  beforeAll(async () => {
    await enrol(person('ONYX'), alice.commitment);
    heron = await proveJoin('ONYX', alice, 'Night-Heron');
    await enrol(person('ONYX'), bob.commitment);
    bobs = [await proveJoin('ONYX', bob, 'Kestrel'), await proveJoin('ONYX', bob, 'Merlin')];
    await enrol(person('VOID'), carol.commitment);
    clash = await proveJoin('VOID', carol, 'NIGHT-heron');
    owl = await proveJoin('VOID', carol, 'Grey-Owl');
    nextEpoch = await proveJoin('VOID', carol, 'Grey-Owl', scopeFor('MEMBERSHIP', 2));
  }, 180_000);

  it('refuses a codename before looking at the proof', async () => {
    const input = { ...joinInput('ONYX', 'no', heron), proof: 'nothing' };
    expect((await join(input)).refusal).toEqual({ code: 'CODENAME_INVALID', path: ['input', 'codename'] });
    expect(await refusalOf(join(joinInput('ONYX', 'Sterling', heron)))).toBe('CODENAME_INVALID');
  });

  it('refuses malformed proofs and signals of every kind', async () => {
    const good = joinInput('ONYX', 'Night-Heron', heron);
    const { proof } = heron;
    const proofs = [
      '',
      'null',
      '[]',
      '"proof"',
      '{',
      '{}',
      JSON.stringify({ ...proof, protocol: 'plonk' }),
      JSON.stringify({ ...proof, curve: 'bls12381' }),
      JSON.stringify({ ...proof, pi_a: undefined }),
      JSON.stringify({ ...proof, pi_a: [1, 2, 1] }),
      JSON.stringify({ ...proof, pi_b: proof.pi_a }),
      JSON.stringify({ ...proof, pi_c: [...proof.pi_c, '1'] }),
      JSON.stringify({ ...proof, pi_c: ['-1', '2', '1'] }),
      JSON.stringify({ ...proof, more: 'x'.repeat(5_000) }),
      `${'['.repeat(2_000)}${']'.repeat(2_000)}`,
    ];
    for (const each of proofs) {
      expect((await join({ ...good, proof: each })).refusal, each).toEqual({
        code: 'PROOF_MALFORMED',
        path: ['input', 'proof'],
      });
    }
    const signals = [
      [],
      heron.publicSignals.slice(1),
      [...heron.publicSignals, '0'],
      withSignals(heron, { nullifier: '' }),
      withSignals(heron, { nullifier: 'x' }),
      withSignals(heron, { nullifier: ` ${heron.publicSignals[1]}` }),
      withSignals(heron, { nullifier: `0${heron.publicSignals[1]}` }),
      // The same number to the circuit, but another text: it would have been a second nullifier.
      withSignals(heron, { nullifier: BigInt(heron.publicSignals[1] ?? '') + fieldOrder }),
    ];
    for (const publicSignals of signals) {
      expect((await join({ ...good, publicSignals })).refusal).toEqual({
        code: 'PROOF_MALFORMED',
        path: ['input', 'publicSignals'],
      });
    }
  });

  it('refuses a proof for another scope, and one that only claims the right scope', async () => {
    const input = joinInput('VOID', 'Grey-Owl', nextEpoch);
    expect(await refusalOf(join(input))).toBe('SCOPE_WRONG');
    const publicSignals = withSignals(nextEpoch, { scope: membershipScope });
    expect(await refusalOf(join({ ...input, publicSignals }))).toBe('PROOF_INVALID');
  });

  it('refuses a proof for another group, and one that only claims this group’s root', async () => {
    const message = messageFor('JOIN_MEMBERSHIP', 'ONYX', 'Grey-Owl');
    const input = joinInput('ONYX', 'Grey-Owl', owl);
    expect(await refusalOf(join({ ...input, publicSignals: withSignals(owl, { message }) }))).toBe(
      'GROUP_UNKNOWN',
    );
    const { root } = await groupOf('ONYX');
    const publicSignals = withSignals(owl, { message, root });
    expect(await refusalOf(join({ ...input, publicSignals }))).toBe('PROOF_INVALID');
  });

  it('refuses roots of no group, of the empty group, and of tiers without one', async () => {
    const input = joinInput('ONYX', 'Night-Heron', heron);
    for (const root of [1n, 0n, MerkleTree.of().root]) {
      expect(await refusalOf(join({ ...input, publicSignals: withSignals(heron, { root }) }))).toBe(
        'GROUP_UNKNOWN',
      );
    }
    expect(await refusalOf(join({ ...input, tier: 'LITE' }))).toBe('GROUP_UNKNOWN');
  });

  it('refuses a root once 256 have enrolled after it', async () => {
    const { size } = await groupOf('ONYX');
    const [root = '', nullifier = '', scope = '', message = ''] = bobs[1].publicSignals;
    const store = new MemberStore(butler.db);
    const known: boolean[] = [];
    for (const later of [255, 256]) {
      await butler.db.system.query(`UPDATE butler."group" SET size = $1 WHERE tier = 'ONYX'`, [size + later]);
      known.push((await store.factsOf('ONYX', { root, nullifier, scope, message })).rootIsKnown);
    }
    await butler.db.system.query(`UPDATE butler."group" SET size = $1 WHERE tier = 'ONYX'`, [size]);
    expect(known).toEqual([true, false]);
  });

  it('refuses a replaced codename, also when the message is replaced with it', async () => {
    const input = joinInput('ONYX', 'Raven', heron);
    expect(await refusalOf(join(input))).toBe('MESSAGE_MISMATCH');
    // Another spelling is another message as well.
    expect(await refusalOf(join({ ...input, codename: 'night-heron' }))).toBe('MESSAGE_MISMATCH');
    const message = messageFor('JOIN_MEMBERSHIP', 'ONYX', 'Raven');
    expect(await refusalOf(join({ ...input, publicSignals: withSignals(heron, { message }) }))).toBe(
      'PROOF_INVALID',
    );
  });

  it('refuses a tampered proof and a made-up nullifier', async () => {
    const input = joinInput('ONYX', 'Night-Heron', heron);
    const { proof } = heron;
    const x = proof.pi_a[0] ?? '';
    for (const tampered of [
      { ...proof, pi_a: proof.pi_c },
      { ...proof, pi_a: [(BigInt(x) + 1n).toString(), proof.pi_a[1], '1'] },
      { ...proof, pi_a: ['0', '0', '1'] },
      { ...proof, pi_a: ['0', '1', '0'] },
      { ...proof, pi_c: ['9'.repeat(77), '1', '1'] },
      { ...proof, pi_b: owl.proof.pi_b },
    ]) {
      expect(await refusalOf(join({ ...input, proof: JSON.stringify(tampered) }))).toBe('PROOF_INVALID');
    }
    const publicSignals = withSignals(heron, { nullifier: nullifierOf(bob.secret, membershipScope) });
    expect(await refusalOf(join({ ...input, publicSignals }))).toBe('PROOF_INVALID');
  });

  it('left nothing behind after all these refusals', async () => {
    expect(await count('member')).toBe(0n);
    expect(await count('nullifier')).toBe(0n);
  });

  it('does not take credentials along with a proof', async () => {
    const input = joinInput('ONYX', 'Night-Heron', heron);
    const app: Caller = {
      kind: 'app',
      appId: newId(),
      partnerId: newId(),
      tenantId: north,
      keyId: newId(),
      scopes: [],
    };
    for (const caller of [person('ONYX'), app]) {
      const { errors } = await butler.ask(JOIN, { input }, caller);
      expect(errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    }
  });

  it('lets a member join against a root that is not the newest any more', async () => {
    expect((await groupOf('ONYX')).root).not.toBe(heron.publicSignals[0]);
    aliceJoined = await join(joinInput('ONYX', 'Night-Heron', heron));
    expect(aliceJoined.refusal).toBeNull();
    expect(aliceJoined.member).toMatchObject({
      codename: 'Night-Heron',
      tier: 'ONYX',
      persona: { name: 'STERLING', greeting: expect.stringContaining('Night-Heron') as string },
    });
    const joinedOn = new Date(`${aliceJoined.member?.joinedOn}T00:00:00Z`);
    expect(joinedOn.getUTCDay()).toBe(1);
    // The id must not tell what the date keeps quiet.
    expect(aliceJoined.member?.id).toMatch(/^Member:.{14}4/);
  });

  it('gives a token that the published keys verify, and the token finds the member', async () => {
    const caller = await callerOf(aliceJoined);
    expect(caller).toEqual({ kind: 'member', memberId: aliceJoined.member?.id.slice(7), tier: 'ONYX' });
    expect(await butler.data(ME, {}, caller)).toMatchObject({
      butler: { me: { id: aliceJoined.member?.id, codename: 'Night-Heron', persona: { name: 'STERLING' } } },
    });
    const jwks = JSON.stringify(await butler.subgraph.routes[JWKS_PATH]?.(undefined));
    expect(jwks).toContain('"Ed25519"');
    expect(jwks).not.toContain('"d"');
  });

  it('announces the member, and no tenant or user with it', async () => {
    const { rows } = await butler.db.system.query(
      `SELECT topic, key, tenant_id, payload FROM events.log WHERE topic LIKE 'anonymous.%'`,
    );
    const memberId = aliceJoined.member?.id.slice(7);
    expect(rows).toEqual([
      {
        topic: 'anonymous.butler.interactions',
        key: memberId,
        tenant_id: null,
        payload: { memberId, kind: 'JOINED' },
      },
    ]);
  });

  it('refuses the same proof again', async () => {
    expect((await join(joinInput('ONYX', 'Night-Heron', heron))).refusal).toEqual({
      code: 'NULLIFIER_REUSED',
      path: ['input', 'publicSignals'],
    });
  });

  it('lets one of two simultaneous joins of one identity win, and refuses the other for ever', async () => {
    const inputs = [joinInput('ONYX', 'Kestrel', bobs[0]), joinInput('ONYX', 'Merlin', bobs[1])];
    const answers = await Promise.all([...inputs, ...inputs].map(join));
    expect(answers.map(({ refusal }) => refusal?.code ?? 'joined').sort()).toEqual([
      'NULLIFIER_REUSED',
      'NULLIFIER_REUSED',
      'NULLIFIER_REUSED',
      'joined',
    ]);
    for (const input of inputs) expect(await refusalOf(join(input))).toBe('NULLIFIER_REUSED');
    expect(await count('member')).toBe(2n);
  });

  it('has the primary key decide when two pass the ladder before either is written', async () => {
    const [root = '', , scope = '', message = ''] = owl.publicSignals;
    const store = new MemberStore(butler.db);
    const signals = { root, nullifier: '77', scope, message };
    const answers = await Promise.all(
      ['Wren', 'Swift', 'Robin', 'Wren'].map((codename) =>
        store.join({ codename, tier: 'VOID', joinedOn: '2026-01-12', signals }),
      ),
    );
    expect(answers.filter((answer) => answer === 'NULLIFIER_REUSED')).toHaveLength(3);
  });

  it('refuses a codename that is taken, in any case, without spending the nullifier', async () => {
    expect((await join(joinInput('VOID', 'NIGHT-heron', clash))).refusal).toEqual({
      code: 'CODENAME_TAKEN',
      path: ['input', 'codename'],
    });
    const answer = await join(joinInput('VOID', 'Grey-Owl', owl));
    expect(answer.member).toMatchObject({ codename: 'Grey-Owl', tier: 'VOID', persona: { name: 'NEXUS' } });
  });

  it('shows a member to nobody but themself', async () => {
    const id = aliceJoined.member?.id;
    const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Member { codename } } }`;
    const variables = { representations: [{ __typename: 'Member', id }] };
    const self = await callerOf(aliceJoined);
    expect(await butler.data(query, variables, self)).toEqual({ _entities: [{ codename: 'Night-Heron' }] });
    const others: (Caller | undefined)[] = [
      undefined,
      { ...self, memberId: newId() },
      userCaller({ tenantId: north, tier: 'ONYX', roles: ['OPERATOR'] }),
      userCaller({ tenantId: north, userId: self.memberId, tier: 'ONYX' }),
    ];
    for (const caller of others) {
      expect(await butler.data(query, variables, caller)).toEqual({ _entities: [null] });
    }
    const malformed = { representations: [{ __typename: 'Member', id: 'Member:no' }] };
    expect(await butler.data(query, malformed, self)).toEqual({ _entities: [null] });
  });

  describe('openMemberSession', () => {
    let challenge: string;
    let returning: Proven;

    beforeAll(async () => {
      challenge = await freshChallenge();
      returning = await prove('ONYX', alice, messageFor('OPEN_MEMBER_SESSION', challenge));
    }, 180_000);

    async function freshChallenge(): Promise<string> {
      const answer = await butler.data<{ butler: { challenge: { value: string; expiresAt: string } } }>(
        `{ butler { challenge { value expiresAt } } }`,
      );
      return answer.butler.challenge.value;
    }

    async function open(
      given: string,
      { proof, publicSignals }: Pick<Proven, 'proof' | 'publicSignals'>,
      at: TestSubgraph = butler,
    ): Promise<MemberAnswer> {
      const input = { challenge: given, proof: JSON.stringify(proof), publicSignals };
      return (await at.data<{ openMemberSession: MemberAnswer }>(RETURN, { input })).openMemberSession;
    }

    it('climbs its ladder in order', async () => {
      const { proof } = returning;
      const other = await freshChallenge();
      const message = messageFor('OPEN_MEMBER_SESSION', other);
      const stranger = nullifierOf(identity(9).secret, membershipScope);
      const { root: rootOfVoid } = await groupOf('VOID');
      const rungs: [string, string, string[]][] = [
        ['PROOF_MALFORMED', 'nonsense', []],
        ['SCOPE_WRONG', 'nonsense', withSignals(returning, { scope: 5n })],
        ['CHALLENGE_UNKNOWN', 'nonsense', returning.publicSignals],
        ['MESSAGE_MISMATCH', other, withSignals(returning, { nullifier: stranger })],
        ['MEMBER_UNKNOWN', challenge, withSignals(returning, { nullifier: stranger, root: 1n })],
        ['GROUP_UNKNOWN', challenge, withSignals(returning, { root: rootOfVoid })],
        ['PROOF_INVALID', other, withSignals(returning, { message })],
      ];
      for (const [code, given, publicSignals] of rungs) {
        expect(await refusalOf(open(given, { proof, publicSignals })), code).toBe(code);
      }
    });

    it('refuses challenges that are not ours, and ours with anything changed', async () => {
      const [expires = '', nonce = '', seal = ''] = challenge.split('.');
      const flipped = seal.startsWith('A') ? `B${seal.slice(1)}` : `A${seal.slice(1)}`;
      for (const given of [
        '',
        '..',
        `${Number(expires) + 1}.${nonce}.${seal}`,
        `${expires}.${nonce.slice(1)}A.${seal}`,
        `${expires}.${nonce}.${flipped}`,
        `${challenge}=`,
        ` ${challenge}`,
        `${'9'.repeat(16)}.${'A'.repeat(22)}.${'A'.repeat(43)}`,
      ]) {
        expect(await refusalOf(open(given, returning)), given).toBe('CHALLENGE_UNKNOWN');
      }
    });

    it('refuses a challenge that has expired', async () => {
      const { platform } = butler;
      const later = await openTestSubgraph(
        (own) => createButler({ ...own, clock: () => platform.clock() + 301_000 }),
        {},
        butler.db.url,
      );
      const code = await refusalOf(open(challenge, returning, later));
      await later.close();
      expect(code).toBe('CHALLENGE_UNKNOWN');
    });

    it('opens one session for the member, whichever process made the challenge', async () => {
      const other = await openTestSubgraph(createButler, {}, butler.db.url);
      const answers = await Promise.all([
        open(challenge, returning),
        open(challenge, returning, other),
        open(challenge, returning),
      ]);
      await other.close();
      expect(answers.map(({ refusal }) => refusal?.code ?? 'opened').sort()).toEqual([
        'CHALLENGE_UNKNOWN',
        'CHALLENGE_UNKNOWN',
        'opened',
      ]);
      const opened = answers.find(({ session }) => session);
      expect(opened?.member).toEqual(aliceJoined.member);
      expect(opened && (await callerOf(opened))).toEqual(await callerOf(aliceJoined));
      expect(await refusalOf(open(challenge, returning))).toBe('CHALLENGE_UNKNOWN');
    });

    it('forgets used challenges when they would have expired', async () => {
      const store = new MemberStore(butler.db);
      const now = new Date();
      await store.spendChallenge('old', new Date(now.getTime() - 1), now);
      expect(await store.challengeIsSpent('old')).toBe(true);
      await store.spendChallenge('new', new Date(now.getTime() + 60_000), now);
      expect(await store.challengeIsSpent('old')).toBe(false);
      expect(await store.challengeIsSpent('new')).toBe(true);
    });

    it('is no way in for somebody who brings credentials', async () => {
      const input = {
        challenge,
        proof: JSON.stringify(returning.proof),
        publicSignals: returning.publicSignals,
      };
      const { errors } = await butler.ask(RETURN, { input }, person('ONYX'));
      expect(errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    });
  });
});

describe('no way from a member to a user', () => {
  /** Names of all types that fields, of whatever depth, lead to from this one. */
  function reachable(schema: GraphQLSchema, name: string, seen = new Set<string>()): Set<string> {
    const type = schema.getType(name);
    if (!isCompositeType(type) || seen.has(name)) return seen;
    seen.add(name);
    const next = isUnionType(type)
      ? type.getTypes().map(({ name: each }) => each)
      : Object.values(type.getFields()).map(({ type: each }) => getNamedType(each).name);
    for (const each of next) reachable(schema, each, seen);
    return seen;
  }

  it('in the graph', () => {
    const { schema, sdl } = butler.subgraph;
    expect([...reachable(schema, 'Member')].sort()).toEqual(['Member', 'Persona']);
    expect(schema.getType('User')).toBeUndefined();
    expect(sdl).not.toMatch(/userId|user_id|: User\b/);
    // A caller who enrols learns of a group, a caller who joins of a member, and neither of the other.
    expect([...reachable(schema, 'EnrolPayload')]).not.toContain('Member');
    expect([...reachable(schema, 'MemberPayload')]).not.toContain('MembershipGroup');
  });

  async function columns(where: string): Promise<string[]> {
    const { rows } = await butler.db.system.query<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
        WHERE table_schema = 'butler' AND (${where}) ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  }

  it('in the tables: the enrolment alone names a user, and names nothing but the tier besides', async () => {
    expect(await columns(`column_name ~ 'user|email|tenant|person|account'`)).toEqual(['enrolment.user_id']);
    expect(await columns(`data_type = 'uuid'`)).toEqual(['enrolment.user_id', 'member.id']);
    expect(await columns(`table_name = 'enrolment'`)).toEqual(['enrolment.tier', 'enrolment.user_id']);
    expect(await columns(`table_name = 'leaf'`)).toEqual(['leaf.commitment', 'leaf.index', 'leaf.tier']);
  });

  it('in times: nothing that could be laid side by side', async () => {
    expect(await columns(`data_type ~ 'time|date'`)).toEqual([
      'member.joined_on',
      'signing_key.created_at',
      'spent_challenge.expires_at',
    ]);
  });

  it('in keys: none leads into this schema or out of it', async () => {
    const { rows } = await butler.db.system.query(
      `SELECT conname FROM pg_constraint c
         JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid
        WHERE c.contype = 'f' AND a.relnamespace <> b.relnamespace
          AND 'butler'::regnamespace IN (a.relnamespace, b.relnamespace)`,
    );
    expect(rows).toEqual([]);
  });

  it('by the role that serves tenants: it may not look at all', async () => {
    const { rows } = await butler.db.system.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c WHERE relnamespace = 'butler'::regnamespace AND relkind IN ('r', 'p')`,
    );
    expect(rows.length).toBeGreaterThan(5);
    for (const { name } of rows) {
      await expect(butler.db.tenant.query(`SELECT FROM butler."${name}"`)).rejects.toThrow(
        /permission denied/,
      );
    }
    const { rows: rights } = await butler.db.system.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'butler'::regnamespace AND relkind IN ('r', 'p')
          AND has_table_privilege('gridworks_app', oid, 'SELECT, INSERT, UPDATE, DELETE')`,
    );
    expect(rights).toEqual([]);
  });

  it('by rewriting: what was written stays as it is', async () => {
    const { rows } = await butler.db.system.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'butler'::regnamespace AND relkind IN ('r', 'p')
          AND has_table_privilege('gridworks_system', oid, 'UPDATE, DELETE') ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([
      'challenge_key',
      'group',
      'signing_key',
      'spent_challenge',
    ]);
    await expect(butler.db.system.query(`DELETE FROM butler.nullifier`)).rejects.toThrow(/permission denied/);
    await expect(butler.db.system.query(`DELETE FROM butler."group"`)).rejects.toThrow(/permission denied/);
  });
});

describe('the tables’ beginning', () => {
  it('has three empty groups with the empty tree’s root', async () => {
    const fresh = await openTestSubgraph(createButler);
    const { rows } = await fresh.db.system.query(`SELECT tier, size, root FROM butler."group" ORDER BY tier`);
    const read = await new GroupStore(fresh.db).groupOf('VOID');
    await fresh.close();
    const root = MerkleTree.of().root.toString();
    expect(rows).toEqual([...BLACK_TIERS].sort().map((tier) => ({ tier, size: 0, root })));
    expect(read).toEqual({ tier: 'VOID', size: 0, root });
  });
});
