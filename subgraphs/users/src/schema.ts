/** What clients see of users. */
import { DateTime, Node, TierEnum, refusalOf, enumOf } from '@gridworks/kit/graph';
import type { Role, Tier } from '@gridworks/kit/caller';
import { Directive, Field, InputType, ObjectType, type ClassType } from 'type-graphql';
import { USERS_REFUSALS, type Registration, type UsersRefusal } from './domain/registration.ts';

export const RoleEnum = enumOf<Role>('Role', 'What a user may do besides reading their own things.', {
  TRADER: 'Trades for themself.',
  PARTNER: 'Builds on the platform: apps, keys, usage.',
  OPERATOR: 'Runs the platform for a tenant.',
});

export const UsersRefusalType = refusalOf('Users', USERS_REFUSALS);

@ObjectType({
  implements: Node,
  description: 'A business with traders of its own; tenants cannot see each other.',
})
@Directive('@key(fields: "id")')
export class Tenant extends Node {
  @Field(() => String, { description: 'Short name used at sign-in.' })
  slug!: string;

  @Field(() => String, { description: 'Name for people.' })
  name!: string;
}

@ObjectType({ implements: Node, description: 'A person who trades, builds or operates within one tenant.' })
@Directive('@key(fields: "id")')
export class User extends Node {
  @Field(() => String, { description: 'The name other users of the tenant see.' })
  displayName!: string;

  @Field(() => String, {
    nullable: true,
    description: 'E-mail address; null unless it is your own or you operate the tenant.',
  })
  email!: string | null;

  @Field(() => TierEnum, {
    nullable: true,
    description: 'What the user subscribes to; null unless it is you or you operate the tenant.',
  })
  tier!: Tier | null;

  @Field(() => [RoleEnum], { description: 'What the user may do.' })
  roles!: Role[];

  @Field(() => DateTime, { description: 'When the user signed up.' })
  createdAt!: Date;

  tenantId!: string;
}

@InputType({ description: 'Somebody new.' })
export class RegisterInput implements Registration {
  @Field(() => String, { description: 'Short name of the tenant to join, for example "gridworks".' })
  tenant!: string;

  @Field(() => String, { description: 'E-mail address; unique within the tenant, case does not matter.' })
  email!: string;

  @Field(() => String, { description: 'Password of 10 to 200 characters.' })
  password!: string;

  @Field(() => String, { description: 'Name for others, 1 to 80 characters.' })
  displayName!: string;
}

@InputType({ description: 'Who signs in, and the proof.' })
export class SignInInput {
  @Field(() => String, { description: 'Short name of the tenant.' })
  tenant!: string;

  @Field(() => String, { description: 'E-mail address.' })
  email!: string;

  @Field(() => String, { description: 'Password.' })
  password!: string;
}

@ObjectType({ description: 'A signed access token and how long it lasts.' })
export class Session {
  @Field(() => String, {
    description:
      'JWT (EdDSA) to send as `Authorization: Bearer ...`, or in the connection parameters of a WebSocket.',
  })
  accessToken!: string;

  @Field(() => DateTime, { description: 'When the token ends.' })
  expiresAt!: Date;
}

/** Payloads share their tail: what changed, or the refusal. */
@ObjectType({ description: 'A new user, signed in; or why not.' })
export class RegisterPayload {
  @Field(() => User, { nullable: true, description: 'The new user; null when refused.' })
  user!: User | null;

  @Field(() => Session, { nullable: true, description: 'A session of the new user; null when refused.' })
  session!: Session | null;

  @Field(() => UsersRefusalType as ClassType<UsersRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: UsersRefusal | null;
}

@ObjectType({ description: 'A session; or why not.' })
export class SignInPayload {
  @Field(() => User, { nullable: true, description: 'Who signed in; null when refused.' })
  user!: User | null;

  @Field(() => Session, { nullable: true, description: 'The session; null when refused.' })
  session!: Session | null;

  @Field(() => UsersRefusalType as ClassType<UsersRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: UsersRefusal | null;
}

/** Types of other subgraphs that `node(id:)` can point at; their owners fill in the rest. */
const NODES_ELSEWHERE = [
  'Instrument',
  'Order',
  'Trade',
  'Position',
  'Wallet',
  'Plan',
  'Partner',
  'PartnerApp',
  'Member',
] as const;
export const nodeTypes: readonly Function[] = NODES_ELSEWHERE.map(stubOf);
export const NODE_NAMES: ReadonlySet<string> = new Set(['User', 'Tenant', ...NODES_ELSEWHERE]);

function stubOf(name: string): Function {
  @ObjectType(name, { implements: Node })
  @Directive('@key(fields: "id", resolvable: false)')
  class Stub extends Node {}
  return Stub;
}
