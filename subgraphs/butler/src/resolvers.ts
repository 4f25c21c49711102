/** caller -> load -> decide -> save -> return */
import { requireUser, doorError, type Caller, type MemberCaller, type Tier } from '@gridworks/kit/caller';
import { TierEnum } from '@gridworks/kit/graph';
import { toGlobalId, uuidOf } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import type { CallContext, Platform } from '@gridworks/kit/subgraph';
import type { TokenIssuer } from '@gridworks/kit/tokens';
import type { Verifier } from '@gridworks/circuits/verify';
import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ChallengeSeal } from './challenge.ts';
import {
  MEMBERSHIP_EPOCH,
  checkEnrolment,
  checkJoin,
  checkReturn,
  no,
  readClaim,
  readJoin,
  weekOf,
  type ButlerRefusal,
  type Claim,
} from './domain/membership.ts';
import { personaFor } from './domain/persona.ts';
import type { ButlerLoaders } from './loaders.ts';
import {
  joinMessage,
  membershipCircuit,
  membershipScope,
  parseCommitment,
  parseProof,
  parseSignals,
  returnMessage,
} from './proof.ts';
import {
  Butler,
  Circuit,
  CircuitNameEnum,
  type CircuitName,
  type ScopePurpose,
  EnrolInput,
  EnrolPayload,
  JoinAsMemberInput,
  Member,
  MemberPayload,
  MembershipGroup,
  OpenMemberSessionInput,
  Persona,
  ProofScope,
  ScopePurposeEnum,
  SessionChallenge,
} from './schema.ts';
import type { GroupRow, GroupStore } from './store/group.ts';
import type { MemberRow, MemberStore } from './store/member.ts';

export interface ButlerContext extends CallContext {
  readonly platform: Platform;
  readonly groups: GroupStore;
  readonly members: MemberStore;
  readonly verifier: Verifier;
  readonly tokens: TokenIssuer;
  readonly loaders: ButlerLoaders;
  readonly challenges: () => Promise<ChallengeSeal>;
}

@Resolver(() => Butler)
export class ButlerResolver {
  @Query(() => Butler, { description: 'The private Black tier.' })
  butler(): Butler {
    return new Butler();
  }

  @FieldResolver(() => Member, {
    nullable: true,
    description: 'The member whose token came along; null for everybody else, signed-in users included.',
  })
  async me(@Ctx() context: ButlerContext): Promise<Member | null> {
    return ownMember(context);
  }

  @FieldResolver(() => MembershipGroup, {
    nullable: true,
    description: 'The group of a tier; null for tiers that have none (LITE, PRO, ELITE).',
  })
  async group(
    @Arg('tier', () => TierEnum, { description: 'The tier.' }) tier: Tier,
    @Ctx() context: ButlerContext,
  ): Promise<MembershipGroup | null> {
    const row = await context.groups.groupOf(tier);
    return row ? toGroup(row) : null;
  }

  @FieldResolver(() => Circuit, { description: 'What is needed to prove a statement.' })
  circuit(@Arg('name', () => CircuitNameEnum, { description: 'The statement.' }) name: CircuitName): Circuit {
    const { depth, publicSignals, artefacts } = membershipCircuit;
    const { wasm, zkey, vkey } = artefacts;
    return {
      name,
      depth,
      publicSignals,
      wasmUrl: pathOf(wasm),
      zkeyUrl: pathOf(zkey),
      verificationKeyUrl: pathOf(vkey),
      sha256s: { wasm: wasm.sha256, zkey: zkey.sha256, verificationKey: vkey.sha256 },
    };
  }

  @FieldResolver(() => ProofScope, {
    description: 'The scope in which an identity may do something once, now.',
  })
  scope(@Arg('for', () => ScopePurposeEnum, { description: 'What for.' }) purpose: ScopePurpose): ProofScope {
    return { purpose, value: membershipScope, epoch: MEMBERSHIP_EPOCH };
  }

  @FieldResolver(() => SessionChallenge, { description: 'A fresh challenge for `openMemberSession`.' })
  async challenge(@Ctx() context: ButlerContext): Promise<SessionChallenge> {
    return (await context.challenges()).make(context.platform.clock());
  }

  @Mutation(() => EnrolPayload, {
    description:
      'Puts an identity commitment into the group of your own tier; once for each user and tier. Come back without credentials to join.',
  })
  async enrol(
    @Arg('input', () => EnrolInput, { description: 'The commitment.' }) input: EnrolInput,
    @Ctx() context: ButlerContext,
  ): Promise<EnrolPayload> {
    const { userId, tier } = requireUser(context.caller);
    const checked = checkEnrolment(tier, parseCommitment(input.commitment));
    if (isRefusal(checked)) return { group: null, refusal: checked };
    const group = await context.groups.enrol({ userId, ...checked });
    if (group === 'COMMITMENT_TAKEN') return { group: null, refusal: no(group, 'commitment') };
    if (typeof group === 'string') return { group: null, refusal: no(group) };
    return { group: toGroup(group), refusal: null };
  }

  @Mutation(() => MemberPayload, {
    description:
      'Joins a tier under a codename by proof alone. Send it without credentials: with them it would say who you are, and is refused.',
  })
  async joinAsMember(
    @Arg('input', () => JoinAsMemberInput, { description: 'Codename and proof.' }) input: JoinAsMemberInput,
    @Ctx() context: ButlerContext,
  ): Promise<MemberPayload> {
    requireNobody(context.caller);
    const { tier, codename } = input;
    const claim = readJoin(codename, parseProof(input.proof), parseSignals(input.publicSignals));
    if (isRefusal(claim)) return refused(claim);
    const { signals } = claim;
    const facts = await context.members.factsOf(tier, signals);
    const refusal =
      checkJoin(signals, { ...facts, scope: membershipScope, message: joinMessage(tier, codename) }) ??
      (await checkProof(context, claim, input.publicSignals));
    if (refusal) return refused(refusal);
    const joinedOn = weekOf(context.platform.clock());
    const member = await context.members.join({ codename, tier, joinedOn, signals });
    if (member === 'CODENAME_TAKEN') return refused(no(member, 'codename'));
    if (member === 'NULLIFIER_REUSED') return refused(no(member, 'publicSignals'));
    context.platform.bus.committed();
    return openSession(context, member);
  }

  @Mutation(() => MemberPayload, {
    description:
      'Opens a session for a member who joined before, by a proof about a fresh challenge. Send it without credentials.',
  })
  async openMemberSession(
    @Arg('input', () => OpenMemberSessionInput, { description: 'Challenge and proof.' })
    input: OpenMemberSessionInput,
    @Ctx() context: ButlerContext,
  ): Promise<MemberPayload> {
    requireNobody(context.caller);
    const claim = readClaim(parseProof(input.proof), parseSignals(input.publicSignals));
    if (isRefusal(claim)) return refused(claim);
    const { members } = context;
    const now = context.platform.clock();
    const challenge = (await context.challenges()).read(input.challenge, now);
    const member = await members.memberByNullifier(claim.signals);
    const refusal =
      checkReturn(claim.signals, {
        scope: membershipScope,
        message: returnMessage(input.challenge),
        challengeIsOpen: challenge !== undefined && !(await members.challengeIsSpent(challenge.value)),
        memberIsKnown: member !== undefined,
        rootIsKnown: member !== undefined && (await members.factsOf(member.tier, claim.signals)).rootIsKnown,
      }) ?? (await checkProof(context, claim, input.publicSignals));
    if (refusal) return refused(refusal);
    if (!challenge || !member) throw new Error('a claim to return passed without challenge or member');
    // Of two with the same proof at once, one has spent the challenge before the other.
    const isFirst = await members.spendChallenge(challenge.value, challenge.expiresAt, new Date(now));
    return isFirst ? openSession(context, member) : refused(no('CHALLENGE_UNKNOWN', 'challenge'));
  }
}

@Resolver(() => MembershipGroup)
export class GroupResolver {
  @FieldResolver(() => [String], {
    description:
      'All commitments in their order, field elements in decimal digits. Always the whole list and never a page: whoever asks for one path says which leaf is theirs.',
  })
  async leaves(@Root() group: MembershipGroup, @Ctx() context: ButlerContext): Promise<string[]> {
    return context.groups.leavesOf(group);
  }
}

@Resolver(() => Member)
export class MemberResolver {
  @FieldResolver(() => Persona, { description: 'Who serves the member.' })
  persona(@Root() member: Member): Persona {
    return personaFor(member.tier, member.codename);
  }
}

/** A member by key: to others than themself a member does not exist. */
export async function resolveMember(
  key: { readonly id: string },
  context: ButlerContext,
): Promise<Member | null> {
  const { caller } = context;
  return caller.kind === 'member' && caller.memberId === uuidOf('Member', key.id) ? ownMember(context) : null;
}

async function ownMember({ caller, loaders }: ButlerContext): Promise<Member | null> {
  if (caller.kind !== 'member') return null;
  const row = await loaders.member.load(caller.memberId);
  return row ? toMember(row) : null;
}

function toMember(row: MemberRow): Member {
  return Object.assign(new Member(), row, { id: toGlobalId('Member', row.id) });
}

function toGroup(row: GroupRow): MembershipGroup {
  return Object.assign(new MembershipGroup(), row, { depth: membershipCircuit.depth });
}

/** The digest in the address lets a cache keep the file for ever: another file has another address. */
function pathOf({ file, sha256 }: { readonly file: string; readonly sha256: string }): string {
  return `/circuits/${file}?v=${sha256.slice(0, 16)}`;
}

/** Whoever proves membership must not say in the same breath who they are. */
function requireNobody(caller: Caller): void {
  if (caller.kind !== 'anonymous') {
    throw doorError('FORBIDDEN', 'Membership is proven without credentials: they would say who you are.');
  }
}

async function checkProof(
  { verifier }: ButlerContext,
  { proof }: Claim,
  publicSignals: readonly string[],
): Promise<ButlerRefusal | undefined> {
  return (await verifier.verify(proof, publicSignals)) ? undefined : no('PROOF_INVALID', 'proof');
}

async function openSession(context: ButlerContext, member: MemberRow): Promise<MemberPayload> {
  const caller: MemberCaller = { kind: 'member', memberId: member.id, tier: member.tier };
  const { token, expiresAt } = await context.tokens.issue(member.id, caller, context.platform.clock());
  return { member: toMember(member), session: { accessToken: token, expiresAt }, refusal: null };
}

function refused(refusal: ButlerRefusal): MemberPayload {
  return { member: null, session: null, refusal };
}
