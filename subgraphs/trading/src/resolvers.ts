/** caller -> load -> decide -> save -> return */
import { doorError, requireUser, type Caller } from '@gridworks/kit/caller';
import {
  BigIntScalar,
  DateTime,
  Decimal,
  Money,
  pageSize,
  rupees,
  toPage,
  type Page,
  SAME_FOR_ALL,
} from '@gridworks/kit/graph';
import { fromGlobalId, toGlobalId, uuidOf } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import type { CallContext, Platform } from '@gridworks/kit/subgraph';
import { istMidnight } from '@gridworks/kit/time';
import {
  Arg,
  Ctx,
  Directive,
  FieldResolver,
  Float,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import type { CandleInterval } from './domain/candle.ts';
import type { Lot as LotState } from './domain/lots.ts';
import { averagePrice, no, stateAfter, type Order as OrderState } from './domain/order.ts';
import {
  dayPnl,
  keyOf,
  settlementOf,
  unrealisedPnl,
  type Holding as HoldingState,
  type Mark,
  type Portfolio as PortfolioState,
} from './domain/portfolio.ts';
import { averageCost, unrealised } from './domain/position.ts';
import type { TickMode, WatchedTick } from './domain/tick.ts';
import type { Watched } from './domain/watcher.ts';
import { xirr } from './domain/xirr.ts';
import type { Exchange, MarketView } from './exchange.ts';
import type { TradingLoaders } from './loaders.ts';
import type { CandleRecorder, LiveCandle } from './recorder.ts';
import {
  CancelOrderInput,
  CancelOrderPayload,
  Candle,
  CandleIntervalEnum,
  CandleUpdate,
  Depth,
  DepthUpdate,
  Holding,
  HoldingConnection,
  Instrument,
  InstrumentConnection,
  type Lot,
  LotConnection,
  Order,
  OrderConnection,
  OrderEvent,
  OrderUpdate,
  PlaceOrderInput,
  PlaceOrderPayload,
  PlayMarketInput,
  PlayMarketPayload,
  Portfolio,
  Position,
  PositionUpdate,
  PriceBand,
  Quote,
  Tick,
  TickModeEnum,
  Trade,
  User,
} from './schema.ts';
import type { AlertWatch } from './alerts.ts';
import type { AccountStore } from './store/account.ts';
import type { AlertStore } from './store/alert.ts';
import type { CandleStore } from './store/candle.ts';
import type { InstrumentRow, InstrumentStore } from './store/instrument.ts';
import type { OrderStore, OrderUpdateRow, TradeRow } from './store/order.ts';
import type { PositionRow, PositionStore } from './store/position.ts';
import type { WatchlistStore } from './store/watchlist.ts';
import { positionUpdatesOf } from './positions.ts';
import { orderUpdatesOf, type OrderGap } from './updates.ts';

export interface TradingContext extends CallContext {
  readonly platform: Platform;
  readonly exchange: Exchange;
  readonly instruments: InstrumentStore;
  readonly candles: CandleStore;
  readonly recorder: CandleRecorder;
  readonly orders: OrderStore;
  readonly accounts: AccountStore;
  readonly positions: PositionStore;
  readonly watchlists: WatchlistStore;
  readonly alerts: AlertStore;
  readonly alertWatch: AlertWatch;
  readonly loaders: TradingLoaders;
}

const CANDLES_MAX = 1_000;
const SYMBOLS_MAX = 50;
const SEARCH_LENGTH_MAX = 80;

function toInstrument(row: InstrumentRow): Instrument {
  return Object.assign(new Instrument(), row, { id: toGlobalId('Instrument', row.symbol) });
}

function toOrder(row: OrderState): Order {
  return Object.assign(new Order(), row, {
    id: toGlobalId('Order', row.id),
    averagePrice: averagePrice(row.turnover, row.filledQuantity),
    turnover: rupees(row.turnover),
  });
}

function toTrade(row: TradeRow): Trade {
  return Object.assign(new Trade(), row, { id: toGlobalId('Trade', row.id) });
}

export function toPosition(row: PositionRow): Position {
  return Object.assign(new Position(), row, {
    id: toGlobalId('Position', row.id),
    averagePrice: averageCost(row),
    realisedPnl: rupees(row.realised),
  });
}

function toPortfolio(state: PortfolioState): Portfolio {
  return Object.assign(new Portfolio(), {
    value: rupees(state.value),
    invested: rupees(state.invested),
    dayPnl: rupees(state.dayPnl),
    realisedPnl: rupees(state.realised),
    unrealisedPnl: rupees(state.unrealised),
    state,
  });
}

function toHolding(state: HoldingState): Holding {
  const { product, quantity, cost, realised, mark, day } = state;
  const { settledQuantity, unsettledQuantity, undeliveredQuantity } = state;
  return Object.assign(new Holding(), {
    product,
    quantity,
    settledQuantity,
    unsettledQuantity,
    undeliveredQuantity,
    averagePrice: quantity < 0n ? averageCost({ quantity: -quantity, cost: -cost }) : averageCost(state),
    lastPrice: mark.last,
    value: rupees(quantity * mark.last),
    invested: rupees(cost),
    unrealisedPnl: rupees(unrealisedPnl(state)),
    realisedPnl: rupees(realised),
    dayPnl: rupees(dayPnl(state)),
    day: {
      overnightQuantity: day.overnightQuantity,
      boughtQuantity: day.bought.quantity,
      boughtValue: rupees(day.bought.value),
      soldQuantity: day.sold.quantity,
      soldValue: rupees(day.sold.value),
    },
    state,
  });
}

function toLot(holding: HoldingState, lot: LotState): Lot {
  const { quantity, cost, date } = lot;
  const settlement = settlementOf(holding, lot);
  return {
    quantity,
    cost: rupees(cost),
    price: averageCost(lot),
    tradedOn: new Date(istMidnight(date)),
    settlesOn: settlement === undefined ? null : new Date(istMidnight(settlement)),
  };
}

function toUpdate(row: OrderUpdateRow | OrderGap): OrderUpdate {
  return row.kind === 'GAP'
    ? { ...row, order: null, trade: null, snapshot: row.snapshot.map(toOrder) }
    : { ...row, order: toOrder(row.order), trade: row.trade && toTrade(row.trade), snapshot: null };
}

/** Whether what belongs to this user is the caller's to see. Row-level security keeps other tenants' rows out. */
function mayRead(caller: Caller, userId: string): boolean {
  return caller.kind === 'user' && (caller.userId === userId || caller.roles.includes('OPERATOR'));
}

export function ownRow<Row extends { readonly userId: string }>(
  row: Row | undefined,
  caller: Caller,
): Row | undefined {
  return row && mayRead(caller, row.userId) ? row : undefined;
}

async function viewOf(symbol: string, context: TradingContext): Promise<MarketView> {
  const view = await context.exchange.view(symbol);
  if (!view) throw new Error(`the exchange has no market for ${symbol}`);
  return view;
}

async function markOf(symbol: string, context: TradingContext): Promise<[symbol: string, mark: Mark]> {
  const { session, day } = await viewOf(symbol, context);
  return [symbol, { date: session.date, last: session.last, previousClose: day.previousClose }];
}

export async function instrumentOf(symbol: string, context: TradingContext): Promise<Instrument> {
  const row = await context.loaders.instrument.load(symbol);
  if (!row) throw new Error(`there is no instrument ${symbol}`);
  return toInstrument(row);
}

/** Symbols without repetitions, all of them known; BAD_USER_INPUT otherwise. */
export async function knownSymbols(symbols: readonly string[], context: TradingContext): Promise<string[]> {
  const distinct = [...new Set(symbols)];
  if (distinct.length < 1 || distinct.length > SYMBOLS_MAX) {
    throw doorError('BAD_USER_INPUT', `Between 1 and ${SYMBOLS_MAX} symbols can be watched at once.`);
  }
  const views = await Promise.all(distinct.map((symbol) => context.exchange.view(symbol)));
  const unknown = distinct.filter((_, i) => !views[i]);
  if (unknown.length > 0) {
    throw doorError(
      'BAD_USER_INPUT',
      `There is no instrument of the symbol ${unknown.join(', ').slice(0, 200)}.`,
    );
  }
  return distinct;
}

function cursorOf(after: string | null | undefined): bigint | undefined {
  if (after === null || after === undefined) return undefined;
  if (!/^\d{1,18}$/.test(after)) throw doorError('BAD_USER_INPUT', '`after` is not a cursor of this list.');
  return BigInt(after);
}

@Resolver(() => Instrument)
export class InstrumentResolver {
  @Query(() => Instrument, {
    nullable: true,
    description: 'An instrument by its symbol; null when there is none.',
  })
  async instrument(
    @Arg('symbol', () => String, { description: 'Symbol, for example "RELIANCE" or "BSE:RELIANCE".' })
    symbol: string,
    @Ctx() context: TradingContext,
  ): Promise<Instrument | null> {
    return resolveInstrument({ symbol }, context);
  }

  @Query(() => InstrumentConnection, { description: 'Instruments in order of their symbols.' })
  async instruments(
    @Arg('search', () => String, {
      nullable: true,
      description: 'Part of a symbol or name, case does not matter, up to 80 characters; null for all.',
    })
    search: string | null | undefined,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from; null for the start.' })
    after: string | null | undefined,
    @Ctx() context: TradingContext,
  ): Promise<Page<Instrument>> {
    const text = search?.trim() || undefined;
    if (text !== undefined && (text.length > SEARCH_LENGTH_MAX || text.includes('\0'))) {
      throw doorError('BAD_USER_INPUT', '`search` has at most 80 characters.');
    }
    if (after?.includes('\0')) throw doorError('BAD_USER_INPUT', '`after` is not a cursor of this list.');
    const rows = await context.instruments.page({ text }, pageSize(first) + 1, after ?? undefined);
    return toPage(rows.map(toInstrument), first, ({ symbol }) => symbol);
  }

  @Directive(SAME_FOR_ALL)
  @FieldResolver(() => PriceBand, { description: 'The prices at which orders may be placed today.' })
  async priceBand(@Root() { symbol }: Instrument, @Ctx() context: TradingContext): Promise<PriceBand> {
    return (await viewOf(symbol, context)).band;
  }

  @Directive(SAME_FOR_ALL)
  @FieldResolver(() => Decimal, {
    description:
      "Price of the last trade, in the instrument's currency; the previous close before the first one.",
  })
  async lastPrice(@Root() { symbol }: Instrument, @Ctx() context: TradingContext): Promise<bigint> {
    return (await viewOf(symbol, context)).session.last;
  }

  @Directive(SAME_FOR_ALL)
  @FieldResolver(() => Quote, { description: 'The day in a line.' })
  async quote(@Root() { symbol }: Instrument, @Ctx() context: TradingContext): Promise<Quote> {
    const { session } = await viewOf(symbol, context);
    const { last, previousClose, volume, atMs } = session;
    const range = session.range ?? { open: null, high: null, low: null };
    return { last, ...range, previousClose, volume, at: atMs === 0 ? null : new Date(atMs) };
  }

  @Directive(SAME_FOR_ALL)
  @FieldResolver(() => Depth, { description: 'The order book as it stands.' })
  async depth(@Root() { symbol }: Instrument, @Ctx() context: TradingContext): Promise<Depth> {
    return (await viewOf(symbol, context)).depth;
  }

  @Directive(SAME_FOR_ALL)
  @FieldResolver(() => [Candle], { description: 'The last finished candles, the oldest first.' })
  async candles(
    @Root() { symbol }: Instrument,
    @Arg('interval', () => CandleIntervalEnum, { description: 'How much time each covers.' })
    interval: CandleInterval,
    @Arg('last', () => Int, { defaultValue: 100, description: 'How many, 1 to 1,000.' }) last: number,
    @Arg('before', () => DateTime, {
      nullable: true,
      description: 'Only candles that start before this instant; null for the latest there are.',
    })
    before: Date | null,
    @Ctx() context: TradingContext,
  ): Promise<Candle[]> {
    if (last < 1 || last > CANDLES_MAX) {
      throw doorError('BAD_USER_INPUT', `\`last\` must lie between 1 and ${CANDLES_MAX}.`);
    }
    const candles = await context.candles.last(symbol, interval, last, before?.getTime());
    return candles.map((candle) => ({ ...candle, start: new Date(candle.start) }));
  }
}

@Resolver(() => Order)
export class OrderResolver {
  @Query(() => Order, {
    nullable: true,
    description: 'An order by its id; null when you have none of this id.',
  })
  async order(
    @Arg('id', () => ID, { description: 'Global id of the order.' }) id: string,
    @Ctx() context: TradingContext,
  ): Promise<Order | null> {
    return resolveOrder({ id }, context);
  }

  @Mutation(() => PlaceOrderPayload, { description: 'Places an order and holds what it may cost.' })
  async placeOrder(
    @Arg('input', () => PlaceOrderInput, { description: 'The wish.' }) input: PlaceOrderInput,
    @Ctx() { caller, exchange }: TradingContext,
  ): Promise<PlaceOrderPayload> {
    const placed = await exchange.placeOrder(requireUser(caller), input);
    return isRefusal(placed) ? { order: null, refusal: placed } : { order: toOrder(placed), refusal: null };
  }

  @Mutation(() => CancelOrderPayload, { description: 'Takes what is left of an order out of the market.' })
  async cancelOrder(
    @Arg('input', () => CancelOrderInput, { description: 'Which.' }) input: CancelOrderInput,
    @Ctx() { caller, exchange }: TradingContext,
  ): Promise<CancelOrderPayload> {
    const user = requireUser(caller);
    const id = uuidOf('Order', input.orderId);
    const cancelled =
      id === undefined ? no('ORDER_UNKNOWN', 'orderId') : await exchange.cancelOrder(user, id);
    return isRefusal(cancelled)
      ? { order: null, refusal: cancelled }
      : { order: toOrder(cancelled), refusal: null };
  }

  @Subscription(() => OrderUpdate, {
    description:
      "Every event of the signed-in user's orders, without gaps, in order. Where events after `after` are no longer kept, it begins with one GAP that brings the open orders.",
    subscribe: ({ args, context }: { args: { after?: bigint | null }; context: TradingContext }) =>
      orderUpdatesOf(
        requireUser(context.caller).userId,
        args.after ?? undefined,
        context.orders,
        context.platform.bus,
        context.platform.clock,
      ),
  })
  orderUpdates(
    @Root() update: OrderUpdateRow | OrderGap,
    @Arg('after', () => BigIntScalar, {
      nullable: true,
      description:
        'The last sequence you saw, 0 for all from the first on; null for what happens from now on.',
    })
    _after: bigint | null | undefined,
  ): OrderUpdate {
    return toUpdate(update);
  }

  @FieldResolver(() => Instrument, { description: 'What it trades.' })
  async instrument(@Root() { symbol }: Order, @Ctx() context: TradingContext): Promise<Instrument> {
    return instrumentOf(symbol, context);
  }

  @FieldResolver(() => [Trade], { description: 'Its fills, the first one first.' })
  async trades(@Root() order: Order, @Ctx() context: TradingContext): Promise<Trade[]> {
    return (await context.loaders.tradesOf.load(uuidOf('Order', order.id) ?? '')).map(toTrade);
  }

  @FieldResolver(() => [OrderEvent], {
    description:
      'What happened to it, the first event first. Events are kept for a time, by default 30 days.',
  })
  async history(@Root() order: Order, @Ctx() context: TradingContext): Promise<OrderEvent[]> {
    return context.loaders.historyOf.load(uuidOf('Order', order.id) ?? '');
  }

  @FieldResolver(() => Order, {
    nullable: true,
    description: 'The order as it was just after an event; null before its first one that is kept.',
  })
  async stateAt(
    @Root() { id }: Order,
    @Arg('sequence', () => BigIntScalar, {
      description: "Number of an event of the user's orders, as `history` and `orderUpdates` tell it.",
    })
    sequence: bigint,
    @Ctx() { loaders }: TradingContext,
  ): Promise<Order | null> {
    const uuid = uuidOf('Order', id) ?? '';
    const [row, history] = await Promise.all([loaders.order.load(uuid), loaders.historyOf.load(uuid)]);
    const event = history.findLast((each) => each.sequence <= sequence);
    return row && event ? toOrder(stateAfter(row, event)) : null;
  }
}

@Resolver(() => Position)
export class PositionResolver {
  @Subscription(() => PositionUpdate, {
    description:
      'Your positions: first each as it stands, then each that trades. Latest wins: states in between may be skipped.',
    subscribe: ({ context }: { context: TradingContext }) =>
      positionUpdatesOf(requireUser(context.caller).userId, context.positions, context.platform.bus),
  })
  positionUpdates(@Root() row: PositionRow): PositionUpdate {
    return { position: toPosition(row) };
  }

  @FieldResolver(() => Instrument, { description: 'What is held.' })
  async instrument(@Root() { symbol }: Position, @Ctx() context: TradingContext): Promise<Instrument> {
    return instrumentOf(symbol, context);
  }

  @FieldResolver(() => Decimal, { description: 'Price of the last trade of the instrument, in rupees.' })
  async lastPrice(@Root() { symbol }: Position, @Ctx() context: TradingContext): Promise<bigint> {
    return (await viewOf(symbol, context)).session.last;
  }

  @FieldResolver(() => Money, {
    description: 'Profit, or loss below zero, if what is held were sold at the last price, before charges.',
  })
  async unrealisedPnl(@Root() position: Position, @Ctx() context: TradingContext): Promise<Money> {
    const { session } = await viewOf(position.symbol, context);
    return rupees(unrealised(position, session.last));
  }
}

@Resolver(() => User)
export class UserResolver {
  @FieldResolver(() => OrderConnection, {
    nullable: true,
    description: 'Orders, the latest first; null unless it is you or you operate the tenant.',
  })
  async orders(
    @Root() user: User,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from; null for the start.' })
    after: string | null | undefined,
    @Ctx() context: TradingContext,
  ): Promise<Page<Order> | null> {
    const userId = readable(user, context);
    if (userId === undefined) return null;
    const rows = await context.orders.page(userId, pageSize(first) + 1, cursorOf(after));
    const page = toPage(rows, first, ({ arrival }) => arrival.toString());
    return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: toOrder(node) })) };
  }

  @FieldResolver(() => [Position], {
    nullable: true,
    description: 'What the user holds or has held; null unless it is you or you operate the tenant.',
  })
  async positions(@Root() user: User, @Ctx() context: TradingContext): Promise<Position[] | null> {
    const userId = readable(user, context);
    return userId === undefined ? null : (await context.positions.ofUser(userId)).map(toPosition);
  }

  @FieldResolver(() => Portfolio, {
    nullable: true,
    description:
      'What the user holds and what it brought, first in, first out; null unless it is you or you operate the tenant.',
  })
  async portfolio(@Root() user: User, @Ctx() context: TradingContext): Promise<Portfolio | null> {
    const userId = readable(user, context);
    if (userId === undefined) return null;
    const builder = await context.loaders.portfolioOf.load(userId);
    const marks = await Promise.all(builder.symbols.map((symbol) => markOf(symbol, context)));
    return toPortfolio(builder.build(new Map(marks)));
  }

  @FieldResolver(() => Money, {
    nullable: true,
    description:
      'What new orders may promise; null unless it is you or you operate the tenant, and before the wallet has opened.',
  })
  async buyingPower(@Root() user: User, @Ctx() context: TradingContext): Promise<Money | null> {
    const userId = readable(user, context);
    const amount = userId === undefined ? undefined : await context.accounts.buyingPower(userId);
    return amount === undefined ? null : rupees(amount);
  }
}

@Resolver(() => Portfolio)
export class PortfolioResolver {
  @FieldResolver(() => Float, {
    nullable: true,
    description:
      'Money-weighted return of all purchases and sales, with what is held sold at the last prices today: a fraction a year of 365 days, 0.12 is 12 %. Null where there is no such rate: without a trade, when every trade was today, when all was lost, and where flows in both directions leave no rate at all. Where several fit, the one nearest to 10 %.',
  })
  xirr(@Root() { state }: Portfolio): number | null {
    return xirr(state.cashFlows) ?? null;
  }

  @FieldResolver(() => HoldingConnection, {
    description: 'What is held now, and what was traded today, in order of symbol and product.',
  })
  holdings(
    @Root() { state }: Portfolio,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from; null for the start.' })
    after: string | null | undefined,
  ): Page<Holding> {
    const size = pageSize(first);
    const rows = state.holdings.filter((holding) => keyOf(holding) > (after ?? '')).slice(0, size + 1);
    return toPage(rows.map(toHolding), size, (holding) => keyOf(holding.state));
  }
}

@Resolver(() => Holding)
export class HoldingResolver {
  @FieldResolver(() => Instrument, { description: 'What is held.' })
  async instrument(@Root() { state }: Holding, @Ctx() context: TradingContext): Promise<Instrument> {
    return instrumentOf(state.symbol, context);
  }

  @FieldResolver(() => LotConnection, { description: 'The open lots, the first one opened first.' })
  lots(
    @Root() { state }: Holding,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from; null for the start.' })
    after: string | null | undefined,
  ): Page<Lot> {
    const from = cursorOf(after) ?? 0n;
    const rows = state.lots.filter(({ number }) => BigInt(number) > from);
    const page = toPage(rows, pageSize(first), ({ number }) => number.toString());
    return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: toLot(state, node) })) };
  }
}

interface CandlesArgs {
  readonly symbol: string;
  readonly interval: CandleInterval;
}

interface TicksArgs {
  readonly symbols: readonly string[];
  readonly mode: TickMode;
}

@Resolver(() => Tick)
export class MarketResolver {
  @Directive(SAME_FOR_ALL)
  @Subscription(() => Tick, {
    description: 'Live prices. Latest wins: a slow watcher misses old ticks and is told how many.',
    subscribe: async ({ args: { symbols, mode }, context }: { args: TicksArgs; context: TradingContext }) =>
      context.exchange.ticks.watch(await knownSymbols(symbols, context), mode),
  })
  ticks(
    @Root() tick: WatchedTick,
    @Arg('symbols', () => [String], { description: 'Symbols to watch, 1 to 50.' }) _symbols: string[],
    @Arg('mode', () => TickModeEnum, { defaultValue: 'LTP', description: 'What to be told.' })
    _mode: TickMode,
  ): Tick {
    return tick;
  }

  @Directive(SAME_FOR_ALL)
  @Subscription(() => CandleUpdate, {
    description:
      'The candle of this moment with every trade, and each that follows; of `Instrument.candles` what comes next. Latest wins: a slow watcher misses states and is told how many.',
    subscribe: async ({ args, context }: { args: CandlesArgs; context: TradingContext }) => {
      await knownSymbols([args.symbol], context);
      return context.recorder.watch(args.symbol, args.interval);
    },
  })
  candles(
    @Root() { candle, isFinal, conflated }: Watched<LiveCandle>,
    @Arg('symbol', () => String, { description: 'Symbol of the instrument.' }) _symbol: string,
    @Arg('interval', () => CandleIntervalEnum, { description: 'How much time each covers.' })
    _interval: CandleInterval,
  ): CandleUpdate {
    return { candle: { ...candle, start: new Date(candle.start) }, isFinal, conflated };
  }

  @Mutation(() => PlayMarketPayload, {
    description:
      'Plays recorded market data through the exchange; for operators. The simulator leaves the instrument alone until ten seconds after the last batch, and the price band follows the record.',
  })
  @Directive('@tag(name: "internal")')
  async playMarket(
    @Arg('input', () => PlayMarketInput, { description: 'What was recorded.' }) input: PlayMarketInput,
    @Ctx() { caller, exchange }: TradingContext,
  ): Promise<PlayMarketPayload> {
    requireUser(caller, 'OPERATOR');
    const played = await exchange.play(input);
    return isRefusal(played) ? { played: 0, refusal: played } : { played, refusal: null };
  }

  @Directive(SAME_FOR_ALL)
  @FieldResolver(() => Instrument, { description: 'What it is a price of.' })
  async instrument(@Root() { symbol }: Tick, @Ctx() context: TradingContext): Promise<Instrument> {
    return instrumentOf(symbol, context);
  }
}

@Resolver(() => DepthUpdate)
export class DepthUpdateResolver {
  @Directive(SAME_FOR_ALL)
  @Subscription(() => DepthUpdate, {
    description:
      'The five best prices of each side whenever anything changes in them. Latest wins: a slow watcher misses states and is told how many.',
    subscribe: async ({ args, context }: { args: { symbol: string }; context: TradingContext }) =>
      context.exchange.ticks.watch(await knownSymbols([args.symbol], context), 'FULL'),
  })
  depth(
    @Root() { symbol, sequence, at, conflated, depth }: WatchedTick,
    @Arg('symbol', () => String, { description: 'Symbol of the instrument.' }) _symbol: string,
  ): DepthUpdate {
    return Object.assign(new DepthUpdate(), {
      symbol,
      sequence,
      at,
      conflated,
      depth,
    });
  }

  @Directive(SAME_FOR_ALL)
  @FieldResolver(() => Instrument, { description: 'Whose order book it is.' })
  async instrument(@Root() { symbol }: DepthUpdate, @Ctx() context: TradingContext): Promise<Instrument> {
    return instrumentOf(symbol, context);
  }
}

/** The bare id of a user whose things the caller may see. */
export function readable(user: User, { caller }: TradingContext): string | undefined {
  const userId = uuidOf('User', user.id);
  return userId !== undefined && mayRead(caller, userId) ? userId : undefined;
}

/** An instrument by either of its keys. */
export async function resolveInstrument(
  key: { readonly id?: string; readonly symbol?: string },
  context: TradingContext,
): Promise<Instrument | null> {
  const symbol = key.symbol ?? (key.id === undefined ? undefined : fromGlobalId('Instrument', key.id));
  if (symbol === undefined || !(await context.exchange.view(symbol))) return null;
  return instrumentOf(symbol, context);
}

/** An order by key, as far as the caller may see one. */
export async function resolveOrder(
  key: { readonly id: string },
  { loaders, caller }: TradingContext,
): Promise<Order | null> {
  const id = uuidOf('Order', key.id);
  const row = ownRow(id === undefined ? undefined : await loaders.order.load(id), caller);
  return row ? toOrder(row) : null;
}

export async function resolveTrade(
  key: { readonly id: string },
  { loaders, caller }: TradingContext,
): Promise<Trade | null> {
  const id = uuidOf('Trade', key.id);
  const row = ownRow(id === undefined ? undefined : await loaders.trade.load(id), caller);
  return row ? toTrade(row) : null;
}

export async function resolvePosition(
  key: { readonly id: string },
  { loaders, caller }: TradingContext,
): Promise<Position | null> {
  const id = uuidOf('Position', key.id);
  const row = ownRow(id === undefined ? undefined : await loaders.position.load(id), caller);
  return row ? toPosition(row) : null;
}

/** Every user has an extension here; its fields say whether the caller may see them. */
export function resolveUser(key: { readonly id: string }): User {
  return Object.assign(new User(), { id: key.id });
}
