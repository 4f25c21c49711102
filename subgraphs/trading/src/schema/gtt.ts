/** What clients see of good-till-triggered orders. */
import {
  BigIntScalar,
  DateTime,
  Decimal,
  Node,
  ProductEnum,
  SideEnum,
  connectionOf,
  enumOf,
} from '@gridworks/kit/graph';
import { Directive, Field, ID, InputType, ObjectType, type ClassType } from 'type-graphql';
import type { AlertCondition } from '../domain/alert.ts';
import type { GttLegRequest, GttRequest, GttStatus } from '../domain/gtt.ts';
import type { Product, Side, TradingRefusal } from '../domain/order.ts';
import { AlertConditionEnum } from './alert.ts';
import { TradingRefusalType } from './refusal.ts';

export const GttStatusEnum = enumOf<GttStatus>('GttStatus', 'Where a good-till-triggered order stands.', {
  ACTIVE: 'It waits for its price.',
  TRIGGERED: 'A leg was reached; its order is on its way.',
  PLACED: 'The order of the leg that was reached is placed.',
  REFUSED: 'The order of the leg that was reached was refused; `refusal` says why.',
  CANCELLED: 'Its owner took it back before it was reached.',
});

@ObjectType({ description: 'A price, and the LIMIT order that is placed when it is reached.' })
export class GttLeg {
  @Field(() => AlertConditionEnum, { description: 'From which side the price is to come to it.' })
  condition!: AlertCondition;

  @Field(() => Decimal, { description: 'The price it waits for, in rupees.' })
  triggerPrice!: bigint;

  @Field(() => Decimal, { description: 'Limit price of the order, in rupees.' })
  limitPrice!: bigint;

  @Field(() => BigIntScalar, { description: 'Units of the order.' })
  quantity!: bigint;
}

@ObjectType('Gtt', {
  implements: Node,
  description:
    'Good till triggered: an order that is kept back, from day to day, until its instrument reaches a price. Of two legs the first that is reached is placed, and the other is over. Funds and shares are looked at when it is placed, not before.',
})
@Directive('@key(fields: "id")')
export class Gtt extends Node {
  @Field(() => String, { description: "The client's own name for it; unique per user." })
  clientGttId!: string;

  symbol!: string;

  @Field(() => SideEnum, { description: 'Buys or sells.' })
  side!: Side;

  @Field(() => ProductEnum, { description: 'What the shares are meant for.' })
  product!: Product;

  @Field(() => [GttLeg], { description: 'One leg; or two, one above the price of the moment and one below.' })
  legs!: readonly GttLeg[];

  @Field(() => GttStatusEnum, { description: 'Where it stands.' })
  status!: GttStatus;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When a leg was reached; null before.' })
  triggeredAt!: Date | null;

  @Field(() => Decimal, { nullable: true, description: 'The price that reached it, in rupees; null before.' })
  triggeredPrice!: bigint | null;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why its order was refused; null when it was not.',
  })
  refusal!: TradingRefusal | null;

  orderId!: string | null;
}

export const GttConnection = connectionOf(Gtt, 'Gtt', 'good-till-triggered orders');

@InputType({ description: 'A price, and the LIMIT order to place when it is reached.' })
export class GttLegInput implements GttLegRequest {
  @Field(() => Decimal, {
    description: 'The price in rupees that it waits for, a multiple of the tick size, not the last price.',
  })
  triggerPrice!: bigint;

  @Field(() => Decimal, { description: 'Limit price of the order in rupees, a multiple of the tick size.' })
  limitPrice!: bigint;

  @Field(() => BigIntScalar, { description: 'Units: 1 to 10,000,000, a multiple of the lot size.' })
  quantity!: bigint;
}

@InputType({ description: 'An order to keep back until a price is reached.' })
export class CreateGttInput implements GttRequest {
  @Field(() => String, {
    description:
      'Your own name for it: 1 to 64 letters, digits, dots, colons, dashes or underscores. Sending the same under it again changes nothing and answers with the first.',
  })
  clientGttId!: string;

  @Field(() => String, { description: 'Symbol of the instrument, for example "RELIANCE".' })
  symbol!: string;

  @Field(() => SideEnum, { description: 'Buy or sell.' })
  side!: Side;

  @Field(() => ProductEnum, { description: 'What the shares are meant for.' })
  product!: Product;

  @Field(() => [GttLegInput], {
    description:
      'One leg; or two, one above the last price and one below, of which the first that is reached counts.',
  })
  legs!: GttLegInput[];
}

@InputType({ description: 'The good-till-triggered order to take back.' })
export class CancelGttInput {
  @Field(() => ID, { description: 'Global id of it.' })
  gttId!: string;
}

@ObjectType({ description: 'The good-till-triggered order; or why not.' })
export class GttPayload {
  @Field(() => Gtt, { nullable: true, description: 'It as it stands; null when refused.' })
  gtt!: Gtt | null;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: TradingRefusal | null;
}
