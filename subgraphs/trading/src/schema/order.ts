/** What clients see of orders and their trades. */
import {
  BigIntScalar,
  connectionOf,
  DateTime,
  Decimal,
  enumOf,
  ExchangeEnum,
  Money,
  Node,
  ProductEnum,
  SideEnum,
} from '@gridworks/kit/graph';
import { Directive, Field, ID, InputType, ObjectType, type ClassType } from 'type-graphql';
import type { Exchange } from '../domain/instrument.ts';
import {
  type CancelReason,
  type OrderEventKind,
  type OrderRequest,
  type OrderStatus,
  type OrderType,
  type Product,
  type Side,
  type TradingRefusal,
  type Validity,
} from '../domain/order.ts';
import { TradingRefusalType } from './refusal.ts';

/** What a stream of order events can tell: what happens to orders, and where that is not known any more. */
export type OrderUpdateKind = OrderEventKind | 'GAP';

export const OrderTypeEnum = enumOf<OrderType>('OrderType', 'How an order names its price.', {
  LIMIT: 'Trades at its limit price or better.',
  MARKET: 'Trades at once at the best prices there are, up to the end of the price band.',
});

export const ValidityEnum = enumOf<Validity>(
  'Validity',
  'How long an order waits. A MARKET order never waits, whatever it says here.',
  {
    DAY: 'Until it is filled or cancelled, at most to the end of the day in India.',
    IOC: 'Immediate or cancel: what does not trade at once is cancelled.',
    FOK: 'Fill or kill: trades whole at once, or not at all.',
  },
);

export const OrderStatusEnum = enumOf<OrderStatus>('OrderStatus', 'Where an order stands.', {
  OPEN: 'Waits; nothing has traded.',
  PARTIALLY_FILLED: 'A part has traded, the rest waits.',
  FILLED: 'All of it has traded.',
  CANCELLED: 'What had not traded left the market; a part may have traded before.',
});

export const CancelReasonEnum = enumOf<CancelReason>(
  'CancelReason',
  'Why what was left of an order left the market.',
  {
    USER: 'Its owner took it back.',
    MARKET_REST: 'A MARKET order found nobody else to trade with.',
    TIME_IN_FORCE: 'Its validity said so: IOC, FOK, or the day is over.',
    SELF_TRADE: 'It met an order of the same user; the newcomer leaves.',
  },
);

export const OrderEventKindEnum = enumOf<OrderUpdateKind>('OrderEventKind', 'What can happen to an order.', {
  CREATED: 'It was accepted.',
  EXECUTED: 'A part of it, or all, traded.',
  CANCELLED: 'What was left of it left the market.',
  GAP: 'Nothing happened to an order: events between the last one you saw and this one are no longer kept, or never were here. Only `orderUpdates` says so.',
});

@ObjectType({ implements: Node, description: 'A fill of an order.' })
@Directive('@key(fields: "id")')
export class Trade extends Node {
  @Field(() => Decimal, { description: 'Price of one unit, in rupees.' })
  price!: bigint;

  @Field(() => BigIntScalar, { description: 'Units traded.' })
  quantity!: bigint;

  @Field(() => DateTime, { description: 'When it traded.' })
  at!: Date;
}

@ObjectType({ description: 'Something that happened to an order.' })
export class OrderEvent {
  @Field(() => BigIntScalar, {
    description: "Its number among all events of the user's orders; these go 1, 2, 3, ... without a gap.",
  })
  sequence!: bigint;

  @Field(() => OrderEventKindEnum, { description: 'What happened.' })
  kind!: OrderEventKind;

  @Field(() => DateTime, { description: 'When it happened.' })
  at!: Date;
}

@ObjectType({ implements: Node, description: 'The wish to trade, and what became of it.' })
@Directive('@key(fields: "id")')
export class Order extends Node {
  @Field(() => String, { description: 'The name its owner gave it; unique per user.' })
  clientOrderId!: string;

  @Field(() => SideEnum, { description: 'Buys or sells.' })
  side!: Side;

  @Field(() => OrderTypeEnum, { description: 'How it names its price.' })
  type!: OrderType;

  @Field(() => ProductEnum, { description: 'What the shares are meant for.' })
  product!: Product;

  @Field(() => ValidityEnum, { description: 'How long it waits.' })
  validity!: Validity;

  @Field(() => BigIntScalar, { description: 'Units wished for.' })
  quantity!: bigint;

  @Field(() => Decimal, {
    nullable: true,
    description: 'Worst price it may trade at, in rupees; null for MARKET orders.',
  })
  limitPrice!: bigint | null;

  @Field(() => OrderStatusEnum, { description: 'Where it stands.' })
  status!: OrderStatus;

  @Field(() => CancelReasonEnum, {
    nullable: true,
    description: 'Why it was cancelled; null when it was not.',
  })
  cancelReason!: CancelReason | null;

  @Field(() => BigIntScalar, { description: 'Units that have traded.' })
  filledQuantity!: bigint;

  @Field(() => Decimal, {
    nullable: true,
    description: 'Mean price of what has traded, in rupees to the paisa; null before the first fill.',
  })
  averagePrice!: bigint | null;

  @Field(() => Money, { description: 'Sum of price times quantity over its fills.' })
  turnover!: Money;

  @Field(() => ExchangeEnum, { description: 'Where it trades.' })
  exchange!: Exchange;

  @Field(() => DateTime, { description: 'When it was accepted.' })
  placedAt!: Date;

  symbol!: string;
  userId!: string;
}

export const OrderConnection = connectionOf(Order, 'Order', 'orders');

@ObjectType({
  description:
    "One event of the signed-in user's orders. The stream has no gaps; where history is gone, an event of the kind GAP says so and brings the open orders.",
})
export class OrderUpdate {
  @Field(() => BigIntScalar, {
    description:
      'Goes 1, 2, 3, ... per user; pass the last one you saw as `after` to go on from there. After a GAP that is its own, which may also be lower than yours was.',
  })
  sequence!: bigint;

  @Field(() => OrderEventKindEnum, { description: 'What happened.' })
  kind!: OrderUpdateKind;

  @Field(() => DateTime, { description: 'When it happened; of a GAP, when the open orders were looked at.' })
  at!: Date;

  @Field(() => Order, {
    nullable: true,
    description: 'The order as it was just after this event; null for a GAP, which is about no one order.',
  })
  order!: Order | null;

  @Field(() => Trade, { nullable: true, description: 'The fill; null unless something traded.' })
  trade!: Trade | null;

  @Field(() => [Order], {
    nullable: true,
    description:
      'All of your open orders as they stood just after `sequence`, the first placed first: forget every other order and start from these. Null unless the kind is GAP.',
  })
  snapshot!: Order[] | null;
}

@InputType({ description: 'The wish to trade.' })
export class PlaceOrderInput implements OrderRequest {
  @Field(() => String, {
    description:
      'Your own name for the order: 1 to 64 letters, digits, dots, colons, dashes or underscores. Sending the same order under it again changes nothing and answers with the first.',
  })
  clientOrderId!: string;

  @Field(() => String, { description: 'Symbol of the instrument, for example "RELIANCE".' })
  symbol!: string;

  @Field(() => SideEnum, { description: 'Buy or sell. A sale needs the shares; there is no short selling.' })
  side!: Side;

  @Field(() => OrderTypeEnum, { description: 'How the order names its price.' })
  type!: OrderType;

  @Field(() => ProductEnum, { description: 'What the shares are meant for.' })
  product!: Product;

  @Field(() => ValidityEnum, { defaultValue: 'DAY', description: 'How long it waits.' })
  validity!: Validity;

  @Field(() => BigIntScalar, { description: 'Units: 1 to 10,000,000, a multiple of the lot size.' })
  quantity!: bigint;

  @Field(() => Decimal, {
    nullable: true,
    defaultValue: null,
    description:
      'Worst price in rupees, a multiple of the tick size within the price band; null for MARKET orders.',
  })
  limitPrice!: bigint | null;
}

@InputType({ description: 'The order to take back.' })
export class CancelOrderInput {
  @Field(() => ID, { description: 'Global id of the order.' })
  orderId!: string;
}

@ObjectType({ description: 'The order; or why not.' })
export class PlaceOrderPayload {
  @Field(() => Order, { nullable: true, description: 'The order as it stands; null when refused.' })
  order!: Order | null;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: TradingRefusal | null;
}

@ObjectType({ description: 'The order without what was left of it; or why not.' })
export class CancelOrderPayload {
  @Field(() => Order, { nullable: true, description: 'The cancelled order; null when refused.' })
  order!: Order | null;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: TradingRefusal | null;
}
