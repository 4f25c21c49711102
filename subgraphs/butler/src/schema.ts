/** What clients see of the private Black tier. */
import type { Tier } from '@gridworks/kit/caller';
import { DateTime, Node, TierEnum, refusalOf, enumOf } from '@gridworks/kit/graph';
import { Directive, Field, InputType, Int, ObjectType, type ClassType } from 'type-graphql';
import { BUTLER_REFUSALS, type ButlerRefusal } from './domain/membership.ts';
import type { BlackTier, Persona as PersonaValue, PersonaName } from './domain/persona.ts';

export type CircuitName = 'TIER_MEMBERSHIP';
export const CircuitNameEnum = enumOf<CircuitName>('CircuitName', 'The statements that can be proven.', {
  TIER_MEMBERSHIP:
    'I know the secret of a leaf of the tree with this root, this nullifier is that of my secret in this scope, and I say so about this message.',
});

export type ScopePurpose = 'MEMBERSHIP';
export const ScopePurposeEnum = enumOf<ScopePurpose>(
  'ScopePurpose',
  'What an identity may do once an epoch.',
  {
    MEMBERSHIP: 'Join under a codename; later proofs in this scope find the member again.',
  },
);

export const PersonaNameEnum = enumOf<PersonaName>('PersonaName', 'Who serves a member.', {
  STERLING: 'Serves ONYX.',
  PRISM: 'Serves OBSIDIAN.',
  NEXUS: 'Serves VOID.',
});

export const ButlerRefusalType = refusalOf('Butler', BUTLER_REFUSALS);

@ObjectType({ description: 'The persona that serves a tier, as it turns to one member.' })
export class Persona implements PersonaValue {
  @Field(() => PersonaNameEnum, { description: 'The name of the persona.' })
  name!: PersonaName;

  @Field(() => String, { description: 'What the persona is to the member.' })
  title!: string;

  @Field(() => String, { description: 'The first words to this member.' })
  greeting!: string;

  @Field(() => String, { description: 'Manner and reach, in a sentence.' })
  description!: string;
}

@ObjectType({
  implements: Node,
  description:
    'Somebody of the private tier, known by codename. Visible to themself alone; nothing leads from here to a user.',
})
@Directive('@key(fields: "id")')
export class Member extends Node {
  @Field(() => String, { description: 'The codename, spelt as the member chose it.' })
  codename!: string;

  @Field(() => TierEnum, { description: 'ONYX, OBSIDIAN or VOID.' })
  tier!: BlackTier;

  @Field(() => String, {
    description:
      'The Monday of the week of joining, by India’s calendar, as YYYY-MM-DD. More is not kept: a finer time could be laid beside the time at which a user enrolled.',
  })
  joinedOn!: string;
}

@ObjectType({
  description:
    'The members-to-be of one tier: a Merkle tree (Poseidon over BN254, filled from the left, unused places 0).',
})
export class MembershipGroup {
  @Field(() => TierEnum, { description: 'ONYX, OBSIDIAN or VOID.' })
  tier!: BlackTier;

  @Field(() => String, { description: 'Root of the tree, a field element in decimal digits.' })
  root!: string;

  @Field(() => Int, {
    description:
      'How many have enrolled: a proof hides its maker among so many, so in a young group it pays to wait.',
  })
  size!: number;

  @Field(() => Int, { description: 'Levels between leaf and root; the group has room for 2^depth.' })
  depth!: number;
}

@ObjectType({ description: 'SHA-256 of the files of a circuit, in lower-case hex.' })
export class CircuitDigests {
  @Field(() => String, { description: 'Of the file at wasmUrl.' })
  wasm!: string;

  @Field(() => String, { description: 'Of the file at zkeyUrl.' })
  zkey!: string;

  @Field(() => String, { description: 'Of the file at verificationKeyUrl.' })
  verificationKey!: string;
}

@ObjectType({ description: 'What a prover needs besides its own secret.' })
export class Circuit {
  @Field(() => CircuitNameEnum, { description: 'The statement.' })
  name!: CircuitName;

  @Field(() => String, { description: 'Path at this door of the program that computes the witness.' })
  wasmUrl!: string;

  @Field(() => String, { description: 'Path at this door of the proving key (Groth16 over BN254).' })
  zkeyUrl!: string;

  @Field(() => String, {
    description: 'Path at this door of the verification key, in the JSON form of snarkjs.',
  })
  verificationKeyUrl!: string;

  @Field(() => [String], {
    description: 'Names of the public signals, in the order in which proofs carry them.',
  })
  publicSignals!: readonly string[];

  @Field(() => Int, { description: 'Levels of the Merkle path that the circuit takes.' })
  depth!: number;

  @Field(() => CircuitDigests, { description: 'What the files must hash to.' })
  sha256s!: CircuitDigests;
}

@ObjectType({
  description: 'The scope of a nullifier: the same identity leaves the same one in it, and only there.',
})
export class ProofScope {
  @Field(() => ScopePurposeEnum, { description: 'What it is the scope of.' })
  purpose!: ScopePurpose;

  @Field(() => String, { description: 'The public signal `scope`: a field element in decimal digits.' })
  value!: string;

  @Field(() => Int, { description: 'Which period it is; with the next one all nullifiers change.' })
  epoch!: number;
}

@ObjectType({
  description: 'What a returning member proves something about, so that an old proof does not serve again.',
})
export class SessionChallenge {
  @Field(() => String, { description: 'Pass it on as it is.' })
  value!: string;

  @Field(() => DateTime, { description: 'Until when it opens a session; it opens one.' })
  expiresAt!: Date;
}

@ObjectType({ description: 'The private Black tier: who may join, how, and who you are there.' })
export class Butler {}

@InputType({
  description: 'Who enrols is the signed-in user; as what they will be a member is theirs to keep.',
})
export class EnrolInput {
  @Field(() => String, {
    description:
      'Identity commitment: Poseidon(secret) over BN254, a field element other than 0 in decimal digits. Use a fresh secret for each tier and lose it never: it is the membership.',
  })
  commitment!: string;
}

@InputType({ description: 'A codename, and the proof that whoever asks for it is of the tier.' })
export class JoinAsMemberInput {
  @Field(() => TierEnum, { description: 'The tier whose group the proof is for.' })
  tier!: Tier;

  @Field(() => String, {
    description:
      'What to be called: 3 to 24 letters, digits and single hyphens, beginning with a letter; unique whatever the case.',
  })
  codename!: string;

  @Field(() => String, {
    description:
      'Proof of TIER_MEMBERSHIP in the JSON form of snarkjs. Its message is the first 31 bytes, big-endian, of the SHA-256 of the JSON text ["gridworks/message/v1","JOIN_MEMBERSHIP",tier,codename].',
  })
  proof!: string;

  @Field(() => [String], {
    description: 'The public signals in the order that the circuit declares, decimal digits.',
  })
  publicSignals!: string[];
}

@InputType({ description: 'The proof that whoever asks is a member who joined before.' })
export class OpenMemberSessionInput {
  @Field(() => String, { description: 'A challenge as `butler { challenge { value } }` gave it.' })
  challenge!: string;

  @Field(() => String, {
    description:
      'Proof of TIER_MEMBERSHIP in the JSON form of snarkjs. Its message is the first 31 bytes, big-endian, of the SHA-256 of the JSON text ["gridworks/message/v1","OPEN_MEMBER_SESSION",challenge].',
  })
  proof!: string;

  @Field(() => [String], {
    description: 'The public signals in the order that the circuit declares, decimal digits.',
  })
  publicSignals!: string[];
}

@ObjectType({ description: 'A signed access token of a member and how long it lasts.' })
export class MemberSession {
  @Field(() => String, {
    description:
      'JWT (EdDSA) to send as `Authorization: Bearer ...`, or in the connection parameters of a WebSocket. It names the member, never a user.',
  })
  accessToken!: string;

  @Field(() => DateTime, { description: 'When the token ends; prove again for the next.' })
  expiresAt!: Date;
}

@ObjectType({ description: 'The group with its new leaf; or why there is none.' })
export class EnrolPayload {
  @Field(() => MembershipGroup, { nullable: true, description: 'The group enrolled in; null when refused.' })
  group!: MembershipGroup | null;

  @Field(() => ButlerRefusalType as ClassType<ButlerRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: ButlerRefusal | null;
}

@ObjectType({ description: 'A member and their session; or why not.' })
export class MemberPayload {
  @Field(() => Member, { nullable: true, description: 'The member; null when refused.' })
  member!: Member | null;

  @Field(() => MemberSession, { nullable: true, description: 'A session of the member; null when refused.' })
  session!: MemberSession | null;

  @Field(() => ButlerRefusalType as ClassType<ButlerRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: ButlerRefusal | null;
}
