/** What clients see of instruments and their markets. */
import {
  BigIntScalar,
  connectionOf,
  CurrencyEnum,
  DateTime,
  Decimal,
  enumOf,
  ExchangeEnum,
  Node,
  SAME_FOR_ALL,
  SideEnum,
} from '@gridworks/kit/graph';
import type { Currency } from '@gridworks/kit/money';
import { Directive, Field, InputType, Int, ObjectType, type ClassType } from 'type-graphql';
import type { CandleInterval } from '../domain/candle.ts';
import type { Exchange, InstrumentKind } from '../domain/instrument.ts';
import { type Side, type TradingRefusal } from '../domain/order.ts';
import type { RecordedPrint, RecordedQuote } from '../domain/replay.ts';
import { TradingRefusalType } from './refusal.ts';

export const InstrumentKindEnum = enumOf<InstrumentKind>('InstrumentKind', 'What sort of thing is quoted.', {
  EQUITY: 'A share of a company.',
  INDEX: 'A number computed from shares; it can be watched but not traded.',
  ETF: 'An exchange-traded fund.',
});

export const CandleIntervalEnum = enumOf<CandleInterval>(
  'CandleInterval',
  'How much time one candle covers, in India. Candles shorter than a day are counted from the opening of the market at 09:15, and none spans two days.',
  {
    ONE_MINUTE: 'A minute.',
    THREE_MINUTES: 'Three minutes.',
    FIVE_MINUTES: 'Five minutes.',
    TEN_MINUTES: 'Ten minutes.',
    FIFTEEN_MINUTES: 'A quarter of an hour.',
    THIRTY_MINUTES: 'Half an hour.',
    ONE_HOUR: 'An hour: 09:15 to 10:15, and so on; the last of a session is shorter.',
    ONE_DAY: 'A trading day.',
    ONE_WEEK: 'A week, from Monday on.',
    ONE_MONTH: 'A calendar month.',
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

export const InstrumentConnection = connectionOf(Instrument, 'Instrument', 'instruments');

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
