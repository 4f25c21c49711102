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
  type OrderOrigin,
  type OrderRequest,
  type OrderStatus,
  type OrderType,
  type Product,
  type RejectReason,
  type SelfTradePrevention,
  type Side,
  type SquareOffReason,
  type TermsWish,
  type TradingRefusal,
  type Validity,
} from '../domain/order.ts';
import { TradingRefusalType } from './refusal.ts';

/** What a stream of order events can tell: what happens to orders, and where that is not known any more. */
export type OrderUpdateKind = OrderEventKind | 'GAP';

export const OrderTypeEnum = enumOf<OrderType>('OrderType', 'How an order names its price.', {
  LIMIT: 'Trades at its limit price or better.',
  MARKET: 'Trades at once at the best prices there are, up to the end of the price band.',
  STOP: 'Waits for a trade at its trigger price or beyond (a purchase at or above it, a sale at or below), then trades like a MARKET order, up to the end of the price band of the day on which it was placed.',
  STOP_LIMIT: 'Waits for a trade at its trigger price or beyond, then is a LIMIT order.',
});

export const ValidityEnum = enumOf<Validity>(
  'Validity',
  'How long an order waits. A MARKET order never waits: it takes DAY, IOC or FOK. A stop takes DAY, GTC or GTD.',
  {
    DAY: 'Until it is filled or cancelled, at most to the close; where the exchange trades around the clock, to the end of the day in India.',
    IOC: 'Immediate or cancel: what does not trade at once is cancelled.',
    FOK: 'Fill or kill: trades whole at once, or not at all.',
    GTC: 'Good till cancelled: waits from day to day. Not for MIS.',
    GTD: 'Good till date: waits to the end of the day that `goodTill` names. Not for MIS.',
  },
);

export const SelfTradePreventionEnum = enumOf<SelfTradePrevention>(
  'SelfTradePrevention',
  'What happens when an order meets another one of the same user; the mode of the one that arrives counts.',
  {
    CANCEL_NEWEST: 'The one that arrives leaves.',
    CANCEL_OLDEST: 'The one that waits leaves, and the other goes on.',
    CANCEL_BOTH: 'Both leave.',
    DECREMENT: 'Both lose the smaller quantity; nothing trades.',
  },
);

export const OrderStatusEnum = enumOf<OrderStatus>('OrderStatus', 'Where an order stands.', {
  AMO_PENDING: 'An after-market order: waits for the call auction of the next trading day.',
  PENDING: 'Accepted and held for; the broker that is to carry it out has not confirmed it yet.',
  TRIGGER_PENDING: 'A stop that no trade has triggered yet.',
  OPEN: 'Waits; nothing has traded.',
  PARTIALLY_FILLED: 'A part has traded, the rest waits.',
  UNKNOWN:
    'The broker that carries it out has not said, or contradicts itself about, where it stands. It may trade or have traded, and goes on holding what it holds, until the broker was asked again and its word is clear. `filledQuantity` is what is certain.',
  FILLED: 'All of it has traded.',
  CANCELLED: 'What had not traded left the market; a part may have traded before.',
  REJECTED:
    'The broker, or the exchange behind it, turned it down; `rejectReason` says why. A part may have traded before.',
});

export const CancelReasonEnum = enumOf<CancelReason>(
  'CancelReason',
  'Why what was left of an order left the market.',
  {
    USER: 'Its owner took it back.',
    MARKET_REST: 'A MARKET order, or a STOP that was triggered, found nobody else to trade with.',
    TIME_IN_FORCE: 'Its validity said so: IOC, FOK, or its last day is over.',
    SELF_TRADE: 'It met an order of the same user; `selfTradePrevention` says who leaves.',
    OUT_OF_BAND: 'The price band of a new trading day does not hold its price.',
    SQUARE_OFF:
      'Positions of the day were being closed: ten minutes before the close, or because they had lost too much of their margin.',
    MARKET_HALTED: 'The whole market was halted; nothing that waited stays.',
    BROKER: 'The broker, or the exchange behind it, took it out; nobody here asked for that.',
  },
);

export const RejectReasonEnum = enumOf<RejectReason>(
  'RejectReason',
  'Why a broker, or the exchange behind it, turned an order down.',
  {
    FUNDS_INSUFFICIENT: 'For want of funds there.',
    HOLDINGS_INSUFFICIENT: 'For want of the shares there.',
    PRICE_OUT_OF_BAND: 'For its price.',
    FREEZE_QUANTITY_EXCEEDED: 'For its quantity.',
    SESSION_CLOSED: 'For its time: the exchange took no orders.',
    INSTRUMENT_NOT_TRADABLE: 'For its instrument, which is not traded there, or not now.',
    NOT_PLACED: 'It never arrived there, or could not be sent while it was fresh.',
    OTHER: 'For another reason.',
  },
);

export const OrderEventKindEnum = enumOf<OrderUpdateKind>('OrderEventKind', 'What can happen to an order.', {
  CREATED: 'It was accepted.',
  ENTERED: 'An after-market order went to the call auction of a new trading day.',
  CONFIRMED: 'The broker that carries it out has it; after a doubt, has it still.',
  TRIGGERED: 'A trade reached the trigger price of a stop.',
  MODIFIED:
    'Its terms changed: its owner wished so, it met an order of the same user that takes the same quantity from both, or it is a MARKET order that a call auction left over: it waits at the price of the auction.',
  MODIFY_REQUESTED:
    'The broker is asked for other terms; until it says that it has them, or has refused, the order stands under the earlier ones and holds what either may need.',
  MODIFY_REFUSED:
    'The broker, or the exchange behind it, did not change it: it stands under its earlier terms.',
  DOUBTED: 'Where it stands at the broker is not known any more.',
  EXECUTED: 'A part of it, or all, traded.',
  CANCEL_REQUESTED: 'The broker is asked to cancel it; until it says so the order may trade.',
  CANCELLED: 'What was left of it left the market.',
  REJECTED: 'The broker, or the exchange behind it, turned it down.',
  GAP: 'Nothing happened to an order: events between the last one you saw and this one are no longer kept, or never were here. Only `orderUpdates` says so.',
});

export const SquareOffReasonEnum = enumOf<SquareOffReason>(
  'SquareOffReason',
  'Why the exchange closes a position under MIS.',
  {
    DAY_END: 'The day is ending: ten minutes before the close, or in the next auction what was left.',
    MARGIN_CALL:
      'At the last prices the open positions of the day had lost 80 % of the margin that was held for them.',
  },
);

export const OrderOriginEnum = enumOf<OrderOrigin>('OrderOrigin', 'Who placed an order.', {
  USER: 'Its owner.',
  SQUARE_OFF:
    'The exchange, which closes what its owner holds or owes under MIS; `squareOffReason` says why.',
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
  @Field(() => String, {
    description:
      'The name its owner gave it; unique per user. The slices of one wish after the first end in /2, /3, ...',
  })
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
    description: 'Worst price it may trade at, in rupees; null for MARKET and STOP orders.',
  })
  limitPrice!: bigint | null;

  @Field(() => Decimal, {
    nullable: true,
    description: 'The price, in rupees, whose trade triggers a stop; null for the others.',
  })
  triggerPrice!: bigint | null;

  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'How many units others see at a time; null when they see all.',
  })
  displayQuantity!: bigint | null;

  @Field(() => Boolean, { description: 'Whether it was to be refused rather than traded at once.' })
  postOnly!: boolean;

  @Field(() => SelfTradePreventionEnum, { description: 'What happens when it meets an order of its owner.' })
  selfTradePrevention!: SelfTradePrevention;

  @Field(() => String, {
    nullable: true,
    description: 'Last day of a GTD order in India, YYYY-MM-DD; null for the others.',
  })
  goodTill!: string | null;

  @Field(() => Boolean, {
    description: 'Whether it was taken while the exchange was closed, for the next trading day.',
  })
  afterMarket!: boolean;

  @Field(() => OrderOriginEnum, { description: 'Who placed it.' })
  origin!: OrderOrigin;

  @Field(() => SquareOffReasonEnum, {
    nullable: true,
    description: 'Why the exchange placed it; null when its owner did.',
  })
  squareOffReason!: SquareOffReason | null;

  @Field(() => OrderStatusEnum, { description: 'Where it stands.' })
  status!: OrderStatus;

  @Field(() => CancelReasonEnum, {
    nullable: true,
    description: 'Why it was cancelled; null when it was not.',
  })
  cancelReason!: CancelReason | null;

  @Field(() => RejectReasonEnum, {
    nullable: true,
    description: 'Why the broker turned it down; null when it did not.',
  })
  rejectReason!: RejectReason | null;

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

  @Field(() => BigIntScalar, {
    description:
      'Units: 1 to 10,000,000, a multiple of the lot size, at most the freeze quantity unless it is sliced.',
  })
  quantity!: bigint;

  @Field(() => Decimal, {
    nullable: true,
    defaultValue: null,
    description:
      'Worst price in rupees, a multiple of the tick size within the price band; null for MARKET and STOP orders.',
  })
  limitPrice!: bigint | null;

  @Field(() => Decimal, {
    nullable: true,
    defaultValue: null,
    description:
      'The price in rupees whose trade triggers a stop, a multiple of the tick size within the price band: of a STOP_LIMIT purchase at most its limit, of a sale at least. If the last trade was there already, it is triggered at once. Null for LIMIT and MARKET orders.',
  })
  triggerPrice!: bigint | null;

  @Field(() => BigIntScalar, {
    nullable: true,
    defaultValue: null,
    description:
      'Shows others so many units at a time, at least a tenth of the quantity: for LIMIT orders that may wait. Each next part queues anew. Null to show all.',
  })
  displayQuantity!: bigint | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Refuses the order rather than trade at once: for LIMIT orders that may wait.',
  })
  postOnly!: boolean;

  @Field(() => SelfTradePreventionEnum, {
    defaultValue: 'CANCEL_NEWEST',
    description: 'What happens when it meets another order of yours.',
  })
  selfTradePrevention!: SelfTradePrevention;

  @Field(() => String, {
    nullable: true,
    defaultValue: null,
    description: 'Last day of a GTD order in India, YYYY-MM-DD, at most a year ahead; null for the others.',
  })
  goodTill!: string | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Places it while the exchange is closed, for the call auction of the next trading day: what it may cost is held at once. Not for IOC, FOK, post-only, or orders that show a part of themselves.',
  })
  afterMarket!: boolean;
}

@InputType({
  description:
    'Other terms for an open order; what is null stays. A smaller quantity keeps its place in the queue, any other change loses it.',
})
export class ModifyOrderInput implements TermsWish {
  @Field(() => ID, { description: 'Global id of the order.' })
  orderId!: string;

  @Field(() => BigIntScalar, {
    nullable: true,
    defaultValue: null,
    description: 'Units in all, more than have traded already, a multiple of the lot size; null to leave it.',
  })
  quantity!: bigint | null;

  @Field(() => Decimal, {
    nullable: true,
    defaultValue: null,
    description: 'Worst price in rupees, for orders that have one; null to leave it.',
  })
  limitPrice!: bigint | null;

  @Field(() => Decimal, {
    nullable: true,
    defaultValue: null,
    description: 'Trigger price in rupees, for stops that were not triggered yet; null to leave it.',
  })
  triggerPrice!: bigint | null;

  @Field(() => BigIntScalar, {
    nullable: true,
    defaultValue: null,
    description: 'Units shown at a time, for orders that hide some; null to leave it.',
  })
  displayQuantity!: bigint | null;
}

@InputType({ description: 'The order to take back.' })
export class CancelOrderInput {
  @Field(() => ID, { description: 'Global id of the order.' })
  orderId!: string;
}

@ObjectType({ description: 'The orders that the wish was cut into; or why there are none.' })
export class PlaceSlicedOrderPayload {
  @Field(() => [Order], {
    description: 'The orders as they stand, the first slice first; none when refused.',
  })
  orders!: Order[];

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: TradingRefusal | null;
}

@InputType({ description: 'Which of your open orders to take back: all, or those that fit.' })
export class CancelOrdersInput {
  @Field(() => String, {
    nullable: true,
    defaultValue: null,
    description: 'Symbol of the instrument; null for every one.',
  })
  symbol!: string | null;

  @Field(() => SideEnum, { nullable: true, defaultValue: null, description: 'Side; null for both.' })
  side!: Side | null;
}

@ObjectType({ description: 'The order on its new terms; or why not.' })
export class ModifyOrderPayload {
  @Field(() => Order, { nullable: true, description: 'The order as it stands; null when refused.' })
  order!: Order | null;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: TradingRefusal | null;
}

@ObjectType({
  description:
    'The orders without what was left of them; those that a broker carries out, as they stand until that says so. Or why not.',
})
export class CancelOrdersPayload {
  @Field(() => [Order], {
    description: 'The cancelled orders, the first placed first; none when nothing was open.',
  })
  orders!: Order[];

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: TradingRefusal | null;
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

@ObjectType({
  description:
    'The order without what was left of it; where a broker carries it out, as it stands until that says so. Or why not.',
})
export class CancelOrderPayload {
  @Field(() => Order, { nullable: true, description: 'The cancelled order; null when refused.' })
  order!: Order | null;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: TradingRefusal | null;
}
