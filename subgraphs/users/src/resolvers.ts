/** caller -> load -> decide -> save -> return */
import { requireUser, type UserCaller } from '@gridworks/kit/caller';
import { Node } from '@gridworks/kit/graph';
import { isUuid, toGlobalId, uuidOf } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import type { CallContext, Platform } from '@gridworks/kit/subgraph';
import type { TokenIssuer } from '@gridworks/kit/tokens';
import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { hashPassword, passwordMatches } from './credentials.ts';
import { checkRegistration, no, normaliseEmail } from './domain/registration.ts';
import type { UsersLoaders } from './loaders.ts';
import {
  NODE_NAMES,
  RegisterInput,
  RegisterPayload,
  SignInInput,
  SignInPayload,
  Tenant,
  User,
  type Session,
} from './schema.ts';
import { mayReadPrivate, type TenantRow, type UserRow, type UsersStore } from './store.ts';

export interface UsersContext extends CallContext {
  readonly platform: Platform;
  readonly store: UsersStore;
  readonly loaders: UsersLoaders;
  readonly tokens: TokenIssuer;
}

export function toUser(row: UserRow): User {
  return Object.assign(new User(), row, { id: toGlobalId('User', row.id) });
}

export function toTenant(row: TenantRow): Tenant {
  return Object.assign(new Tenant(), row, { id: toGlobalId('Tenant', row.id) });
}

async function openSession(context: UsersContext, user: UserRow): Promise<Session> {
  const caller: UserCaller = {
    kind: 'user',
    userId: user.id,
    tenantId: user.tenantId,
    tier: user.tier,
    roles: user.roles,
  };
  const { token, expiresAt } = await context.tokens.issue(user.id, caller, context.platform.clock());
  return { accessToken: token, expiresAt };
}

@Resolver(() => User)
export class UserResolver {
  @Query(() => User, { nullable: true, description: 'The signed-in user; null when nobody is signed in.' })
  async me(@Ctx() context: UsersContext): Promise<User | null> {
    if (context.caller.kind === 'anonymous') return null;
    const row = await context.loaders.user.load(requireUser(context.caller).userId);
    return row ? toUser(row) : null;
  }

  @Query(() => Node, {
    nullable: true,
    description: 'Anything by its global id; null when there is nothing you may see.',
  })
  async node(
    @Arg('id', () => ID, { description: 'A global id as the graph gave it.' }) id: string,
    @Ctx() context: UsersContext,
  ): Promise<object | null> {
    const type = id.slice(0, Math.max(0, id.indexOf(':')));
    if (!NODE_NAMES.has(type)) return null;
    if (type === 'User') return named(type, await resolveUser({ id }, context));
    if (type === 'Tenant') return named(type, await resolveTenant({ id }, context));
    // Of another subgraph's thing only the id is known here; its owner says whether the caller may see the rest.
    return { __typename: type, id };
  }

  @Mutation(() => RegisterPayload, { description: 'Signs somebody up and opens their first session.' })
  async register(
    @Arg('input', () => RegisterInput, { description: 'Who.' }) input: RegisterInput,
    @Ctx() context: UsersContext,
  ): Promise<RegisterPayload> {
    const tenant = await context.store.tenantBySlug(input.tenant);
    const checked = tenant ? checkRegistration(input) : no('TENANT_UNKNOWN', 'tenant');
    if (isRefusal(checked) || !tenant)
      return { user: null, session: null, refusal: isRefusal(checked) ? checked : null };
    const row = await context.store.register({
      tenantId: tenant.id,
      email: checked.email,
      displayName: checked.displayName,
      passwordHash: await hashPassword(checked.password),
    });
    if (!row) return { user: null, session: null, refusal: no('EMAIL_TAKEN', 'email') };
    context.platform.bus.committed();
    return { user: toUser(row), session: await openSession(context, row), refusal: null };
  }

  @Mutation(() => SignInPayload, { description: 'Opens a session by password.' })
  async signIn(
    @Arg('input', () => SignInInput, { description: 'Who, and the proof.' }) input: SignInInput,
    @Ctx() context: UsersContext,
  ): Promise<SignInPayload> {
    const tenant = await context.store.tenantBySlug(input.tenant);
    const user = tenant && (await context.store.credentialsByEmail(tenant.id, normaliseEmail(input.email)));
    const matches = await passwordMatches(input.password, user?.passwordHash);
    if (!user || !matches) return { user: null, session: null, refusal: no('CREDENTIALS_WRONG') };
    await context.store.recordSignIn(user);
    context.platform.bus.committed();
    return { user: toUser(user), session: await openSession(context, user), refusal: null };
  }

  @FieldResolver(() => String, { nullable: true })
  email(@Root() user: User, @Ctx() context: UsersContext): string | null {
    return mayReadPrivate(context.caller, bare(user)) ? user.email : null;
  }

  @FieldResolver(() => String, { nullable: true })
  tier(@Root() user: User, @Ctx() context: UsersContext): string | null {
    return mayReadPrivate(context.caller, bare(user)) ? user.tier : null;
  }

  @FieldResolver(() => Tenant, { description: 'The tenant the user belongs to.' })
  async tenant(@Root() user: User, @Ctx() context: UsersContext): Promise<Tenant> {
    const row = await context.loaders.tenant.load(user.tenantId);
    if (!row) throw new Error(`user ${user.id} has no tenant`);
    return toTenant(row);
  }
}

/** The interface must be told which type it got. */
function named<T extends object>(__typename: string, value: T | null): T | null {
  return value && Object.assign(value, { __typename });
}

function bare(user: User): { id: string; tenantId: string } {
  return { id: uuidOf('User', user.id) ?? '', tenantId: user.tenantId };
}

/** A user by key, as far as the tenant in scope may see one. */
export async function resolveUser(key: { readonly id: string }, context: UsersContext): Promise<User | null> {
  const id = uuidOf('User', key.id);
  const row = id === undefined ? undefined : await context.loaders.user.load(id);
  return row ? toUser(row) : null;
}

/** The caller's own tenant by key; others do not exist for them. */
export async function resolveTenant(
  key: { readonly id: string },
  context: UsersContext,
): Promise<Tenant | null> {
  const id = uuidOf('Tenant', key.id);
  if (id === undefined || !isUuid(id) || context.caller.kind !== 'user' || context.caller.tenantId !== id)
    return null;
  const row = await context.loaders.tenant.load(id);
  return row ? toTenant(row) : null;
}
