/** What clients see of the place where their orders are carried out. */
import { DateTime, enumOf } from '@gridworks/kit/graph';
import { Field, ID, InputType, ObjectType, type ClassType } from 'type-graphql';
import type { Finding } from '../domain/broker/order.ts';
import type { TradingRefusal } from '../domain/order.ts';
import { Order } from './order.ts';
import { TradingRefusalType } from './refusal.ts';

export type VenueKind = 'EMBEDDED' | 'BROKER';
export type VenueConnection = 'CONNECTED' | 'DISCONNECTED' | 'LOGGED_OUT';

export const VenueKindEnum = enumOf<VenueKind>('VenueKind', 'What carries orders out.', {
  EMBEDDED: 'The exchange of this graph: nothing leaves it.',
  BROKER:
    'A broker. It takes DAY and IOC orders that show all of their quantity; it confirms, changes, fills and cancels them in its own time.',
});

export const VenueConnectionEnum = enumOf<VenueConnection>(
  'VenueConnection',
  'Whether orders can be sent there just now.',
  {
    CONNECTED: 'They can, and what is known of earlier ones was compared with the venue.',
    DISCONNECTED:
      'They cannot: the venue is away, or what is known of it may be old. It is tried again by itself.',
    LOGGED_OUT: 'They cannot until somebody has signed in at the broker anew.',
  },
);

@ObjectType({ description: 'The place where orders are carried out.' })
export class Venue {
  @Field(() => VenueKindEnum, { description: 'What it is.' })
  kind!: VenueKind;

  @Field(() => VenueConnectionEnum, { description: 'Whether orders can be sent there just now.' })
  connection!: VenueConnection;
}

@ObjectType({
  description:
    'An order at a broker of which nobody knows what became. It holds what it holds until that is known.',
})
export class UnknownOrder {
  @Field(() => Order, { description: 'The order, as it stood when it was last certain.' })
  order!: Order;

  @Field(() => DateTime, { description: 'Since when it has been unknown.' })
  since!: Date;

  @Field(() => String, {
    nullable: true,
    description: "The broker's id of it, to look for it there; null when the broker never named it.",
  })
  brokerOrderId!: string | null;
}

export type BrokerFinding = Finding['kind'];

export const BrokerFindingEnum = enumOf<BrokerFinding>(
  'BrokerFinding',
  'What became of an unknown order, by the word of somebody who looked at the broker.',
  {
    ABSENT:
      'It is not there, and nothing more of it will trade: what is known of its trades counts, and the rest is released.',
    FOUND: 'It is there, under an id: what the broker says of that order is taken.',
  },
);

@InputType({ description: 'What became of an unknown order.' })
export class ResolveUnknownOrderInput {
  @Field(() => ID, { description: 'Global id of the order.' })
  orderId!: string;

  @Field(() => BrokerFindingEnum, { description: 'What became of it.' })
  finding!: BrokerFinding;

  @Field(() => String, {
    nullable: true,
    defaultValue: null,
    description: "The broker's id of the order, 1 to 64 letters or digits, for FOUND; null for ABSENT.",
  })
  brokerOrderId!: string | null;

  @Field(() => String, {
    description: 'Why you say so, 1 to 500 characters; it is kept in the audit trail with your name.',
  })
  reason!: string;
}

@ObjectType({ description: 'The order after the word about it; or why it was not taken.' })
export class ResolveUnknownOrderPayload {
  @Field(() => Order, { nullable: true, description: 'The order as it stands; null when refused.' })
  order!: Order | null;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: TradingRefusal | null;
}

@InputType({ description: 'A login at the broker.' })
export class SignInAtBrokerInput {
  @Field(() => String, {
    description:
      'What the login page of the broker sends back as `request_token`: good for a few minutes, and once. It is kept nowhere.',
  })
  requestToken!: string;
}

@ObjectType({ description: 'The venue after a login; or why there was none.' })
export class SignInAtBrokerPayload {
  @Field(() => Venue, { description: 'The venue as it stands; it is CONNECTED a moment after a login.' })
  venue!: Venue;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: TradingRefusal | null;
}
