/** caller -> load -> decide -> save -> return */
import { doorError, requireUser, type AppCaller, type Caller, type UserCaller } from '@gridworks/kit/caller';
import { pageSize, toPage, type Page } from '@gridworks/kit/graph';
import { isUuid, toGlobalId, uuidOf } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import type { CallContext, Platform } from '@gridworks/kit/subgraph';
import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { mintKey } from './credentials.ts';
import { checkName, checkNewApp, checkNewKey, no, type PartnerStatus } from './domain/partner.ts';
import type { UsagePeriod } from './domain/usage.ts';
import type { PartnersLoaders } from './loaders.ts';
import {
  ApiKey,
  AppUsage,
  CreateApiKeyInput,
  CreateApiKeyPayload,
  CreateAppInput,
  CreateAppPayload,
  Partner,
  PartnerApp,
  PartnerConnection,
  PartnerStatusEnum,
  RegisterPartnerInput,
  RegisterPartnerPayload,
  ReviewPartnerInput,
  ReviewPartnerPayload,
  RevokeApiKeyInput,
  RevokeApiKeyPayload,
  UsagePeriodEnum,
} from './schema.ts';
import type { AppRow, KeyRow, PartnerRow, PartnersStore } from './store.ts';

export interface PartnersContext extends CallContext {
  readonly platform: Platform;
  readonly store: PartnersStore;
  readonly loaders: PartnersLoaders;
}

function toPartner(row: PartnerRow): Partner {
  const { id, name, status, createdAt } = row;
  return Object.assign(new Partner(), { id: toGlobalId('Partner', id), name, status, createdAt });
}

function toApp(row: AppRow): PartnerApp {
  const { id, name, createdAt } = row;
  return Object.assign(new PartnerApp(), { id: toGlobalId('PartnerApp', id), name, createdAt });
}

function toKey({ id, prefix, scopes, createdAt, lastUsedAt, revokedAt }: KeyRow): ApiKey {
  const key = { id: toGlobalId('ApiKey', id), prefix, scopes, createdAt, lastUsedAt, revokedAt };
  return Object.assign(new ApiKey(), key);
}

/** A partner is its owner's, its apps' and, to look at and review, its tenant's operators'. */
function mayRead(caller: Caller, partner: PartnerRow): boolean {
  if (caller.kind === 'app') return caller.partnerId === partner.id;
  if (caller.kind !== 'user' || caller.tenantId !== partner.tenantId) return false;
  return caller.userId === partner.ownerUserId || caller.roles.includes('OPERATOR');
}

function requireOwner(caller: UserCaller, partner: PartnerRow): void {
  if (caller.userId !== partner.ownerUserId) throw doorError('FORBIDDEN', "This is for the partner's owner.");
}

@Resolver(() => Partner)
export class PartnerResolver {
  @Query(() => Partner, {
    nullable: true,
    description: 'The partner you own or, for an app, belong to; null when there is none.',
  })
  async viewerPartner(@Ctx() context: PartnersContext): Promise<Partner | null> {
    const { caller, loaders, store } = context;
    const row =
      caller.kind === 'app'
        ? await loaders.partner.load(caller.partnerId)
        : await store.partnerByOwner(requireUser(caller).userId);
    return row ? toPartner(row) : null;
  }

  @Query(() => PartnerConnection, {
    description: 'The partners of your tenant in the order of registration; for operators.',
  })
  async partners(
    @Arg('status', () => PartnerStatusEnum, {
      nullable: true,
      description: 'Only those of this status; null for all.',
    })
    status: PartnerStatus | null,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many at most, 1 to 100.' }) first: number,
    @Arg('after', () => String, {
      nullable: true,
      description: 'Cursor to go on from; null for the beginning.',
    })
    after: string | null,
    @Ctx() context: PartnersContext,
  ): Promise<Page<Partner>> {
    requireUser(context.caller, 'OPERATOR');
    const limit = pageSize(first) + 1;
    if (after !== null && after !== undefined && !isUuid(after)) {
      throw doorError('BAD_USER_INPUT', '`after` must be a cursor of this list.');
    }
    const rows = await context.store.partners({
      status: status ?? undefined,
      after: after ?? undefined,
      limit,
    });
    const page = toPage(rows, first, (row) => row.id);
    return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: toPartner(node) })) };
  }

  @Mutation(() => RegisterPartnerPayload, {
    description: 'Makes you the owner of a new partner, to be approved.',
  })
  async registerPartner(
    @Arg('input', () => RegisterPartnerInput, { description: 'The new partner.' })
    input: RegisterPartnerInput,
    @Ctx() context: PartnersContext,
  ): Promise<RegisterPartnerPayload> {
    const { tenantId, userId } = requireUser(context.caller);
    const name = checkName(input.name);
    const row = isRefusal(name)
      ? name
      : await context.store.register({ ...name, tenantId, ownerUserId: userId });
    return isRefusal(row) ? { partner: null, refusal: row } : { partner: toPartner(row), refusal: null };
  }

  @Mutation(() => ReviewPartnerPayload, {
    description: 'Approves or suspends a partner; for operators of its tenant.',
  })
  async reviewPartner(
    @Arg('input', () => ReviewPartnerInput, { description: 'The decision.' }) input: ReviewPartnerInput,
    @Ctx() context: PartnersContext,
  ): Promise<ReviewPartnerPayload> {
    const { userId } = requireUser(context.caller, 'OPERATOR');
    const id = uuidOf('Partner', input.partnerId);
    const status = input.decision === 'APPROVE' ? 'ACTIVE' : 'SUSPENDED';
    const row = id === undefined ? undefined : await context.store.setStatus(id, status, userId);
    if (!row) return { partner: null, refusal: no('PARTNER_UNKNOWN', 'partnerId') };
    return { partner: toPartner(row), refusal: null };
  }

  @Mutation(() => CreateAppPayload, { description: 'Adds an app to your partner.' })
  async createApp(
    @Arg('input', () => CreateAppInput, { description: 'The new app.' }) input: CreateAppInput,
    @Ctx() context: PartnersContext,
  ): Promise<CreateAppPayload> {
    const caller = requireUser(context.caller);
    const id = uuidOf('Partner', input.partnerId);
    const partner = id === undefined ? undefined : await context.loaders.partner.load(id);
    if (!partner) return { app: null, refusal: no('PARTNER_UNKNOWN', 'partnerId') };
    requireOwner(caller, partner);
    const row = await context.store.createApp(partner.id, (locked, apps) =>
      checkNewApp(locked, input.name, apps),
    );
    context.loaders.appsOfPartner.clear(partner.id);
    return isRefusal(row) ? { app: null, refusal: row } : { app: toApp(row), refusal: null };
  }

  @Mutation(() => CreateApiKeyPayload, { description: 'Makes a key for an app of yours and shows it, once.' })
  async createApiKey(
    @Arg('input', () => CreateApiKeyInput, { description: 'The new key.' }) input: CreateApiKeyInput,
    @Ctx() context: PartnersContext,
  ): Promise<CreateApiKeyPayload> {
    const caller = requireUser(context.caller);
    const id = uuidOf('PartnerApp', input.appId);
    const app = id === undefined ? undefined : await context.loaders.app.load(id);
    if (!app) return { key: null, secret: null, refusal: no('APP_UNKNOWN', 'appId') };
    requireOwner(caller, await partnerOf(app, context));
    const minted = mintKey();
    const row = await context.store.createKey(app, minted, (partner, liveKeys) =>
      checkNewKey(partner, input.scopes, liveKeys),
    );
    context.loaders.keysOfApp.clear(app.id);
    if (isRefusal(row)) return { key: null, secret: null, refusal: row };
    return { key: toKey(row), secret: minted.text, refusal: null };
  }

  @Mutation(() => RevokeApiKeyPayload, {
    description: 'Ends a key of an app of yours for good; again changes nothing.',
  })
  async revokeApiKey(
    @Arg('input', () => RevokeApiKeyInput, { description: 'The key.' }) input: RevokeApiKeyInput,
    @Ctx() context: PartnersContext,
  ): Promise<RevokeApiKeyPayload> {
    const caller = requireUser(context.caller);
    const id = uuidOf('ApiKey', input.keyId);
    const key = id === undefined ? undefined : await context.store.keyById(id);
    const app = key && (await context.loaders.app.load(key.appId));
    if (!key || !app) return { key: null, refusal: no('KEY_UNKNOWN', 'keyId') };
    requireOwner(caller, await partnerOf(app, context));
    const now = new Date(context.platform.clock());
    const row = (await context.store.revokeKey(key.id, caller, now)) ?? (await context.store.keyById(key.id));
    context.loaders.keysOfApp.clear(app.id);
    return { key: toKey(row ?? key), refusal: null };
  }

  @FieldResolver(() => [PartnerApp], {
    description: 'The apps of the partner, oldest first; an app sees itself alone.',
  })
  async apps(@Root() partner: Partner, @Ctx() context: PartnersContext): Promise<PartnerApp[]> {
    const rows = await context.loaders.appsOfPartner.load(uuidOf('Partner', partner.id) ?? '');
    const { caller } = context;
    return rows.filter((row) => caller.kind !== 'app' || caller.appId === row.id).map(toApp);
  }
}

@Resolver(() => PartnerApp)
export class PartnerAppResolver {
  @FieldResolver(() => [ApiKey], {
    description: 'The keys of the app, newest first: all that live, and the twenty revoked last.',
  })
  async keys(@Root() app: PartnerApp, @Ctx() context: PartnersContext): Promise<ApiKey[]> {
    return (await context.loaders.keysOfApp.load(uuidOf('PartnerApp', app.id) ?? '')).map(toKey);
  }

  @FieldResolver(() => AppUsage, {
    nullable: true,
    description:
      'How much the app called the graph; null, with an error, for an app whose key lacks `usage:read`.',
  })
  async usage(
    @Root() app: PartnerApp,
    @Arg('last', () => UsagePeriodEnum, { description: 'How far back, by the minute.' }) period: UsagePeriod,
    @Ctx() context: PartnersContext,
  ): Promise<AppUsage> {
    if (context.caller.kind === 'app') requireScope(context.caller, 'usage:read');
    const row = await context.loaders.usage.load({ appId: uuidOf('PartnerApp', app.id) ?? '', period });
    return { requests: row?.requests ?? 0n, errors: row?.errors ?? 0n };
  }
}

function requireScope(caller: AppCaller, scope: string): void {
  if (!caller.scopes.includes(scope))
    throw doorError('FORBIDDEN', `This needs a key with the scope ${scope}.`);
}

async function partnerOf(app: AppRow, context: PartnersContext): Promise<PartnerRow> {
  const row = await context.loaders.partner.load(app.partnerId);
  if (!row) throw new Error(`app ${app.id} has no partner`);
  return row;
}

/** A partner by key, for those who may see it. */
export async function resolvePartner(
  key: { readonly id: string },
  context: PartnersContext,
): Promise<Partner | null> {
  const id = uuidOf('Partner', key.id);
  const row = id === undefined ? undefined : await context.loaders.partner.load(id);
  return row && mayRead(context.caller, row) ? toPartner(row) : null;
}

/** An app by key, for those who may see its partner; an app sees no other. */
export async function resolveApp(
  key: { readonly id: string },
  context: PartnersContext,
): Promise<PartnerApp | null> {
  const id = uuidOf('PartnerApp', key.id);
  const row = id === undefined ? undefined : await context.loaders.app.load(id);
  if (!row || !mayRead(context.caller, await partnerOf(row, context))) return null;
  return context.caller.kind !== 'app' || context.caller.appId === row.id ? toApp(row) : null;
}
