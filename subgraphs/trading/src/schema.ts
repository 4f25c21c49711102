/** What clients see of trading. */
import {
  BigIntScalar,
  CurrencyEnum,
  DateTime,
  Decimal,
  Money,
  Node,
  connectionOf,
  refusalOf,
  enumOf,
  SideEnum,
  ProductEnum,
  ExchangeEnum,
  SAME_FOR_ALL,
} from '@gridworks/kit/graph';
import type { Currency } from '@gridworks/kit/money';
import { Directive, Field, ID, InputType, Int, ObjectType, type ClassType } from 'type-graphql';
import type { CandleInterval } from './domain/candle.ts';
import type { Exchange, InstrumentKind } from './domain/instrument.ts';
import {
  TRADING_REFUSALS,
  type CancelReason,
  type OrderEventKind,
  type OrderRequest,
  type OrderStatus,
  type Product,
  type TradingRefusal,
  type OrderType,
  type Side,
  type Validity,
} from './domain/order.ts';
import type { Holding as HoldingState, Portfolio as PortfolioState } from './domain/portfolio.ts';
import type { RecordedPrint, RecordedQuote } from './domain/replay.ts';

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

export const InstrumentKindEnum = enumOf<InstrumentKind>('InstrumentKind', 'What sort of thing is quoted.', {
  EQUITY: 'A share of a company.',
  INDEX: 'A number computed from shares; it can be watched but not traded.',
  ETF: 'An exchange-traded fund.',
});

export const CandleIntervalEnum = enumOf<CandleInterval>(
  'CandleInterval',
  'How much time one candle covers.',
  {
    ONE_MINUTE: 'A minute.',
    ONE_DAY: 'A trading day.',
  },
);

export const TickSourceEnum = enumOf('TickSource', 'Where a tick comes from.', {
  LIVE: 'The market as it happens.',
  REPLAY: 'Recorded market data that is being played again.',
});

export const TickModeEnum = enumOf(
  'TickMode',
  'What a watcher of ticks is told, each mode more than the one before it.',
  {
    LTP: 'Every trade.',
    QUOTE: 'Also when the best price of a side changes, or what waits there.',
    FULL: 'Also when anything changes within the five best prices of a side.',
  },
);

export const TradingRefusalType = refusalOf('Trading', TRADING_REFUSALS);

@ObjectType({
  description:
    "The prices at which orders may be placed today, both ends included, in the instrument's currency.",
})
@Directive(SAME_FOR_ALL)
export class PriceBand {
  @Field(() => Decimal, { description: 'The lowest price allowed.' })
  lower!: bigint;

  @Field(() => Decimal, { description: 'The highest price allowed.' })
  upper!: bigint;
}

@ObjectType({ description: "An instrument's day in a line; prices are in its currency." })
@Directive(SAME_FOR_ALL)
export class Quote {
  @Field(() => Decimal, { description: 'Price of the last trade; the previous close before the first one.' })
  last!: bigint;

  @Field(() => Decimal, { nullable: true, description: "Price of the day's first trade; null before it." })
  open!: bigint | null;

  @Field(() => Decimal, {
    nullable: true,
    description: "Highest price of the day's trades; null before the first.",
  })
  high!: bigint | null;

  @Field(() => Decimal, {
    nullable: true,
    description: "Lowest price of the day's trades; null before the first.",
  })
  low!: bigint | null;

  @Field(() => Decimal, { description: 'The last price of the trading day before.' })
  previousClose!: bigint;

  @Field(() => BigIntScalar, { description: 'Units traded over the day.' })
  volume!: bigint;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the last trade was; null before the first ever.',
  })
  at!: Date | null;
}

@ObjectType({ description: 'All that waits at one price.' })
@Directive(SAME_FOR_ALL)
export class DepthLevel {
  @Field(() => Decimal, { description: "The price, in the instrument's currency." })
  price!: bigint;

  @Field(() => BigIntScalar, { description: 'Units that wait.' })
  quantity!: bigint;

  @Field(() => Int, { description: 'Orders that wait.' })
  orders!: number;
}

@ObjectType({ description: 'The best five prices of each side of the order book.' })
@Directive(SAME_FOR_ALL)
export class Depth {
  @Field(() => [DepthLevel], { description: 'Who would buy, the highest price first; at most five levels.' })
  bids!: readonly DepthLevel[];

  @Field(() => [DepthLevel], { description: 'Who would sell, the lowest price first; at most five levels.' })
  asks!: readonly DepthLevel[];
}

@ObjectType({
  description: "What the trades of a span of time did to the price; prices are in the instrument's currency.",
})
@Directive(SAME_FOR_ALL)
export class Candle {
  @Field(() => DateTime, { description: 'When the span begins.' })
  start!: Date;

  @Field(() => Decimal, { description: 'First price.' })
  open!: bigint;

  @Field(() => Decimal, { description: 'Highest price.' })
  high!: bigint;

  @Field(() => Decimal, { description: 'Lowest price.' })
  low!: bigint;

  @Field(() => Decimal, { description: 'Last price.' })
  close!: bigint;

  @Field(() => BigIntScalar, { description: 'Units traded; 0 where the source tells none.' })
  volume!: bigint;
}

@ObjectType({
  implements: Node,
  description: 'What can be quoted: a share, a fund or an index, listed on one exchange.',
})
@Directive('@key(fields: "id")')
@Directive('@key(fields: "symbol")')
export class Instrument extends Node {
  @Directive(SAME_FOR_ALL)
  @Field(() => String, {
    description: 'Unique name: bare for NSE ("RELIANCE"), with a prefix for BSE ("BSE:RELIANCE").',
  })
  symbol!: string;

  @Directive(SAME_FOR_ALL)
  @Field(() => String, { description: 'Name for people.' })
  name!: string;

  @Directive(SAME_FOR_ALL)
  @Field(() => ExchangeEnum, { description: 'Where it is listed.' })
  exchange!: Exchange;

  @Directive(SAME_FOR_ALL)
  @Field(() => InstrumentKindEnum, { description: 'What sort of thing it is.' })
  kind!: InstrumentKind;

  @Directive(SAME_FOR_ALL)
  @Field(() => String, {
    nullable: true,
    description: 'International number (ISO 6166); null where there is none.',
  })
  isin!: string | null;

  @Directive(SAME_FOR_ALL)
  @Field(() => String, { nullable: true, description: 'Line of business; null where none is known.' })
  sector!: string | null;

  @Directive(SAME_FOR_ALL)
  @Field(() => Decimal, { description: 'Prices are whole multiples of it.' })
  tickSize!: bigint;

  @Directive(SAME_FOR_ALL)
  @Field(() => BigIntScalar, { description: 'Quantities of orders are whole multiples of it.' })
  lotSize!: bigint;

  @Directive(SAME_FOR_ALL)
  @Field(() => CurrencyEnum, { description: 'What its prices are counted in.' })
  currency!: Currency;
}

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
export const InstrumentConnection = connectionOf(Instrument, 'Instrument', 'instruments');

@ObjectType({
  implements: Node,
  description:
    'What a user has of an instrument under one product, by average cost. It follows trades within moments.',
})
@Directive('@key(fields: "id")')
export class Position extends Node {
  @Field(() => ProductEnum, { description: 'What the shares are meant for.' })
  product!: Product;

  @Field(() => BigIntScalar, { description: 'Units held; 0 when all were sold again.' })
  quantity!: bigint;

  @Field(() => Decimal, {
    description: 'Mean cost of a unit, in rupees, before charges; 0 when nothing is held.',
  })
  averagePrice!: bigint;

  @Field(() => Money, { description: 'Profit, or loss below zero, of what was sold, before charges.' })
  realisedPnl!: Money;

  symbol!: string;
  cost!: bigint;
  realised!: bigint;
}

@ObjectType({
  description:
    'Units bought together that are still held: of one day and one price. The lots opened first are closed first.',
})
export class Lot {
  @Field(() => BigIntScalar, {
    description: 'Units of it that are left; they follow splits and bonus issues.',
  })
  quantity!: bigint;

  @Field(() => Money, {
    description: 'What these units cost, before charges; what they brought where they were sold first.',
  })
  cost!: Money;

  @Field(() => Decimal, { description: 'Cost of one unit, in rupees to the paisa.' })
  price!: bigint;

  @Field(() => DateTime, { description: 'The beginning, in India, of the day on which it traded.' })
  tradedOn!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'The beginning, in India, of the trading day after it (T+1), from which on it is settled; null for MIS, which is never delivered.',
  })
  settlesOn!: Date | null;
}

export const LotConnection = connectionOf(Lot, 'Lot', 'lots');

@ObjectType({
  description: 'The position of the day: what it began with, and what was traded since midnight in India.',
})
export class DayPosition {
  @Field(() => BigIntScalar, {
    description: 'Units held at the previous close; below zero when they were owed.',
  })
  overnightQuantity!: bigint;

  @Field(() => BigIntScalar, { description: 'Units bought today.' })
  boughtQuantity!: bigint;

  @Field(() => Money, { description: 'What was paid for them, before charges.' })
  boughtValue!: Money;

  @Field(() => BigIntScalar, { description: 'Units sold today.' })
  soldQuantity!: bigint;

  @Field(() => Money, { description: 'What was received for them, before charges.' })
  soldValue!: Money;
}

@ObjectType({
  description:
    'The net position in one instrument under one product, first in, first out: a sale closes the lots bought first. Told by the trades themselves, so it is never behind them.',
})
export class Holding {
  @Field(() => ProductEnum, { description: 'What the shares are meant for.' })
  product!: Product;

  @Field(() => BigIntScalar, {
    description:
      'Units held, settled and unsettled; below zero when they were sold before they were bought, 0 when all that was held was sold today.',
  })
  quantity!: bigint;

  @Field(() => BigIntScalar, {
    description:
      'Units that are delivered: bought with CNC on an earlier trading day (T+1), and not sold since. 0 for MIS.',
  })
  settledQuantity!: bigint;

  @Field(() => BigIntScalar, {
    description:
      'The other units of `quantity`: bought, but delivered on the next trading day only; with MIS all of them.',
  })
  unsettledQuantity!: bigint;

  @Field(() => BigIntScalar, {
    description: 'Units sold with CNC that are handed over on the next trading day; no part of `quantity`.',
  })
  undeliveredQuantity!: bigint;

  @Field(() => Decimal, {
    description:
      'Mean cost of a unit of the open lots, in rupees to the paisa, before charges; 0 when nothing is held. Splits and bonus issues change it, and leave what was paid.',
  })
  averagePrice!: bigint;

  @Field(() => Decimal, { description: 'Price of the last trade of the instrument, in rupees.' })
  lastPrice!: bigint;

  @Field(() => Money, { description: '`quantity` at the last price; below zero when units are owed.' })
  value!: Money;

  @Field(() => Money, {
    description:
      'Cost of the open lots, before charges; below zero what was received where they were sold first.',
  })
  invested!: Money;

  @Field(() => Money, {
    description: '`value` less `invested`: profit, or loss below zero, still to be made.',
  })
  unrealisedPnl!: Money;

  @Field(() => Money, {
    description: 'Profit, or loss below zero, of every lot closed since the first trade, before charges.',
  })
  realisedPnl!: Money;

  @Field(() => Money, {
    description:
      "What today brought, before charges: overnight units from the previous close, today's trades from their own price.",
  })
  dayPnl!: Money;

  @Field(() => DayPosition, { description: 'What the day began with, and what was traded since.' })
  day!: DayPosition;

  state!: HoldingState;
}

export const HoldingConnection = connectionOf(Holding, 'Holding', 'holdings');

@ObjectType({
  description:
    'Everything a user holds, valued at the last prices. Amounts are in rupees, before charges, and follow the trades at once.',
})
export class Portfolio {
  @Field(() => Money, { description: 'What is held at the last prices; units owed count below zero.' })
  value!: Money;

  @Field(() => Money, {
    description:
      'Cost of the open lots; what was received for units sold before they were bought counts below zero.',
  })
  invested!: Money;

  @Field(() => Money, { description: 'What today brought, of all that was held or traded today.' })
  dayPnl!: Money;

  @Field(() => Money, {
    description:
      'Profit, or loss below zero, of every lot closed since the first trade, also of what is no longer held.',
  })
  realisedPnl!: Money;

  @Field(() => Money, {
    description: '`value` less `invested`: profit, or loss below zero, still to be made.',
  })
  unrealisedPnl!: Money;

  state!: PortfolioState;
}

@ObjectType('User', { description: 'A person who trades, builds or operates within one tenant.' })
@Directive('@key(fields: "id")')
export class User {
  @Field(() => ID, { description: 'Global id; opaque to clients.' })
  id!: string;
}

@ObjectType({
  description: 'An order book as it stands. Latest wins: a slow watcher misses states, never the newest.',
})
@Directive(SAME_FOR_ALL)
export class DepthUpdate {
  @Field(() => BigIntScalar, { description: 'Rises with each change of the instrument, also over restarts.' })
  sequence!: bigint;

  @Field(() => DateTime, { description: 'When it came to stand so; of a replay, the recorded time.' })
  at!: Date;

  @Field(() => Int, { description: 'How many older states were skipped because this watcher was slow.' })
  conflated!: number;

  @Field(() => Depth, { description: 'The order book.' })
  depth!: Depth;

  symbol!: string;
}

@ObjectType({
  description: 'A position as it stands. Latest wins: states in between may be skipped, the last one never.',
})
export class PositionUpdate {
  @Field(() => Position, { description: 'The position.' })
  position!: Position;
}

@ObjectType({
  description: 'A change of price. Latest wins: a slow watcher misses old ticks, never the newest.',
})
@Directive(SAME_FOR_ALL)
export class Tick {
  @Field(() => BigIntScalar, { description: 'Rises with each tick of the instrument, also over restarts.' })
  sequence!: bigint;

  @Field(() => DateTime, {
    description: 'When it traded, or the order book changed; of a replay, the recorded time.',
  })
  at!: Date;

  @Field(() => Decimal, { description: "Price of the last trade, in the instrument's currency." })
  price!: bigint;

  @Field(() => BigIntScalar, {
    description: 'Units traded; 0 for the value of an index, and where only the order book changed.',
  })
  quantity!: bigint;

  @Field(() => Int, {
    description: 'How many older ticks of this instrument were skipped because this watcher was slow.',
  })
  conflated!: number;

  @Field(() => Decimal, {
    nullable: true,
    description: 'Highest price somebody would pay; null when nobody would.',
  })
  bid!: bigint | null;

  @Field(() => Decimal, {
    nullable: true,
    description: 'Lowest price somebody would take; null when nobody would.',
  })
  ask!: bigint | null;

  @Field(() => BigIntScalar, { description: 'Units traded over the day.' })
  volume!: bigint;

  @Field(() => Decimal, { description: "First price of the day's trades." })
  open!: bigint;

  @Field(() => Decimal, { description: "Highest price of the day's trades." })
  high!: bigint;

  @Field(() => Decimal, { description: "Lowest price of the day's trades." })
  low!: bigint;

  @Field(() => Decimal, { description: 'The last price of the trading day before.' })
  previousClose!: bigint;

  @Field(() => TickSourceEnum, { description: 'Where it comes from.' })
  source!: 'LIVE' | 'REPLAY';

  @Field(() => Depth, { description: 'The order book just after.' })
  depth!: Depth;

  symbol!: string;
}

@ObjectType({ description: 'A candle of live trades as it stands; what is replayed makes none.' })
@Directive(SAME_FOR_ALL)
export class CandleUpdate {
  @Field(() => Candle, { description: 'The candle.' })
  candle!: Candle;

  @Field(() => Boolean, { description: 'Whether its time is over, so that nothing will change it any more.' })
  isFinal!: boolean;

  @Field(() => Int, {
    description: 'How many older states of it were skipped because this watcher was slow.',
  })
  conflated!: number;
}

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

@InputType({ description: 'A recorded trade.' })
@Directive('@tag(name: "internal")')
export class RecordedPrintInput implements RecordedPrint {
  @Field(() => DateTime, { description: 'When it traded.' })
  at!: Date;

  @Field(() => Decimal, { description: "Price, in the instrument's currency." })
  price!: bigint;

  @Field(() => BigIntScalar, { description: 'Units traded; 0 where only a price was recorded.' })
  quantity!: bigint;
}

@InputType({ description: 'A recorded best price of one side.' })
@Directive('@tag(name: "internal")')
export class RecordedQuoteInput implements RecordedQuote {
  @Field(() => DateTime, { description: 'When it was shown.' })
  at!: Date;

  @Field(() => SideEnum, { description: 'BUY for the bid, SELL for the ask.' })
  side!: Side;

  @Field(() => Decimal, { description: "Price, in the instrument's currency." })
  price!: bigint;

  @Field(() => BigIntScalar, { description: 'Units shown, at least 1.' })
  quantity!: bigint;
}

@InputType({
  description: 'Recorded market data of one instrument: at most 1,000 entries, each list in order of time.',
})
@Directive('@tag(name: "internal")')
export class PlayMarketInput {
  @Field(() => String, { description: 'Symbol of the instrument.' })
  symbol!: string;

  @Field(() => [RecordedPrintInput], { defaultValue: [], description: 'Recorded trades.' })
  prints!: RecordedPrintInput[];

  @Field(() => [RecordedQuoteInput], {
    defaultValue: [],
    description: 'Recorded best prices. Without any, plausible quotes are laid around each trade.',
  })
  quotes!: RecordedQuoteInput[];
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

@ObjectType({ description: 'How much was played; or why nothing.' })
@Directive('@tag(name: "internal")')
export class PlayMarketPayload {
  @Field(() => Int, { description: 'Entries that were played; 0 when refused.' })
  played!: number;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: TradingRefusal | null;
}
