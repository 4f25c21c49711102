/** What clients see of partners. */
import { BigIntScalar, DateTime, Node, connectionOf, refusalOf, enumOf } from '@gridworks/kit/graph';
import { Directive, Field, ID, InputType, ObjectType, registerEnumType, type ClassType } from 'type-graphql';
import { PARTNERS_REFUSALS, type PartnerStatus, type PartnersRefusal, type Scope } from './domain/partner.ts';
import type { UsagePeriod } from './domain/usage.ts';

export const PartnerStatusEnum = enumOf<PartnerStatus>(
  'PartnerStatus',
  'Whether a partner may call the graph.',
  {
    PENDING: 'Registered and not approved yet: may set up apps, but has no keys.',
    ACTIVE: 'Approved: its keys work.',
    SUSPENDED: 'Stopped by an operator: none of its keys works.',
  },
);

/** Names outside, OAuth-style scopes inside. */
export const ApiScopeEnum = {
  MARKET_READ: 'market:read',
  ORDERS_READ: 'orders:read',
  ORDERS_WRITE: 'orders:write',
  USAGE_READ: 'usage:read',
} as const satisfies Record<string, Scope>;
registerEnumType(ApiScopeEnum, {
  name: 'ApiScope',
  description: 'What an API key may be used for.',
  valuesConfig: {
    MARKET_READ: { description: 'Scope `market:read`: instruments, quotes, candles, ticks.' },
    ORDERS_READ: { description: 'Scope `orders:read`: orders, trades and positions.' },
    ORDERS_WRITE: { description: 'Scope `orders:write`: placing and cancelling orders.' },
    USAGE_READ: { description: "Scope `usage:read`: the app's own usage." },
  },
});

export const UsagePeriodEnum = enumOf<UsagePeriod>('UsagePeriod', 'A span of time that ends now.', {
  HOUR: 'The last 60 minutes.',
  DAY: 'The last 24 hours.',
  WEEK: 'The last 7 days.',
});

export type ReviewDecision = 'APPROVE' | 'SUSPEND';
export const ReviewDecisionEnum = enumOf<ReviewDecision>(
  'ReviewDecision',
  'What an operator decides about a partner.',
  {
    APPROVE: 'The partner becomes ACTIVE.',
    SUSPEND: 'The partner becomes SUSPENDED; its keys stop working and stay.',
  },
);

const PartnersRefusalType = refusalOf('Partners', PARTNERS_REFUSALS) as ClassType<PartnersRefusal>;

@ObjectType({
  implements: Node,
  description:
    'A business that builds on the platform. Seen by its owner, its apps and operators of its tenant.',
})
@Directive('@key(fields: "id")')
export class Partner extends Node {
  @Field(() => String, { description: 'Name for people; unique within the tenant.' })
  name!: string;

  @Field(() => PartnerStatusEnum, { description: 'Whether the partner may call the graph.' })
  status!: PartnerStatus;

  @Field(() => DateTime, { description: 'When the partner registered.' })
  createdAt!: Date;
}

@ObjectType({
  implements: Node,
  description: 'A program of a partner that calls the graph with keys of its own.',
})
@Directive('@key(fields: "id")')
export class PartnerApp extends Node {
  @Field(() => String, { description: 'Name for people; unique within the partner.' })
  name!: string;

  @Field(() => DateTime, { description: 'When the app was created.' })
  createdAt!: Date;
}

@ObjectType({
  description: 'A credential of an app, without its secret: that was shown once, when the key was made.',
})
export class ApiKey {
  @Field(() => ID, { description: 'Global id; opaque to clients.' })
  id!: string;

  @Field(() => String, {
    description:
      'The 12 characters between the underscores of the key, by which to recognise it; not secret.',
  })
  prefix!: string;

  @Field(() => [ApiScopeEnum], { description: 'What the key may be used for; never empty.' })
  scopes!: Scope[];

  @Field(() => DateTime, { description: 'When the key was made.' })
  createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the key was last used; null when it never was.',
  })
  lastUsedAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the key was revoked and stopped working; null while it lives.',
  })
  revokedAt!: Date | null;
}

@ObjectType({ description: 'How much an app called the graph.' })
export class AppUsage {
  @Field(() => BigIntScalar, { description: 'Requests with a valid key of the app.' })
  requests!: bigint;

  @Field(() => BigIntScalar, { description: 'Those of the requests whose answer held an error.' })
  errors!: bigint;
}

export const PartnerConnection = connectionOf(Partner, 'Partner', 'partners');

@InputType({ description: 'A new partner; its owner is whoever asks.' })
export class RegisterPartnerInput {
  @Field(() => String, { description: 'Name for people, 2 to 60 characters, unique within the tenant.' })
  name!: string;
}

@InputType({ description: 'What an operator decides about which partner.' })
export class ReviewPartnerInput {
  @Field(() => ID, { description: 'The partner.' })
  partnerId!: string;

  @Field(() => ReviewDecisionEnum, { description: 'The decision.' })
  decision!: ReviewDecision;
}

@InputType({ description: 'A new app.' })
export class CreateAppInput {
  @Field(() => ID, { description: 'The partner the app belongs to.' })
  partnerId!: string;

  @Field(() => String, { description: 'Name for people, 2 to 60 characters, unique within the partner.' })
  name!: string;
}

@InputType({ description: 'A new key.' })
export class CreateApiKeyInput {
  @Field(() => ID, { description: 'The app the key belongs to.' })
  appId!: string;

  @Field(() => [ApiScopeEnum], { description: 'What the key may be used for; at least one.' })
  scopes!: Scope[];
}

@InputType({ description: 'A key that shall not work any more.' })
export class RevokeApiKeyInput {
  @Field(() => ID, { description: 'The key.' })
  keyId!: string;
}

const refused = { nullable: true, description: 'Why not; null when it was done.' } as const;

@ObjectType({ description: 'The new partner, PENDING; or why not.' })
export class RegisterPartnerPayload {
  @Field(() => Partner, { nullable: true, description: 'The new partner; null when refused.' })
  partner!: Partner | null;

  @Field(() => PartnersRefusalType, refused)
  refusal!: PartnersRefusal | null;
}

@ObjectType({ description: 'The reviewed partner; or why not.' })
export class ReviewPartnerPayload {
  @Field(() => Partner, { nullable: true, description: 'The partner as it is now; null when refused.' })
  partner!: Partner | null;

  @Field(() => PartnersRefusalType, refused)
  refusal!: PartnersRefusal | null;
}

@ObjectType({ description: 'The new app; or why not.' })
export class CreateAppPayload {
  @Field(() => PartnerApp, { nullable: true, description: 'The new app; null when refused.' })
  app!: PartnerApp | null;

  @Field(() => PartnersRefusalType, refused)
  refusal!: PartnersRefusal | null;
}

@ObjectType({ description: 'The new key and, this once, its secret; or why not.' })
export class CreateApiKeyPayload {
  @Field(() => ApiKey, { nullable: true, description: 'The new key; null when refused.' })
  key!: ApiKey | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The whole key, to send as `x-api-key`. It is shown here and never again: keep it safe. Null when refused.',
  })
  secret!: string | null;

  @Field(() => PartnersRefusalType, refused)
  refusal!: PartnersRefusal | null;
}

@ObjectType({ description: 'The revoked key; or why not.' })
export class RevokeApiKeyPayload {
  @Field(() => ApiKey, { nullable: true, description: 'The key as it is now; null when refused.' })
  key!: ApiKey | null;

  @Field(() => PartnersRefusalType, refused)
  refusal!: PartnersRefusal | null;
}
