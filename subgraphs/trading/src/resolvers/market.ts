/** Instruments and their markets: caller -> load -> decide -> save -> return */
import { doorError, requireUser } from '@gridworks/kit/caller';
import { DateTime, Decimal, pageSize, SAME_FOR_ALL, toPage, type Page } from '@gridworks/kit/graph';
import { fromGlobalId, toGlobalId } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import {
  Arg,
  Ctx,
  Directive,
  FieldResolver,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import type { CandleInterval } from '../domain/candle.ts';
import { type Mark } from '../domain/portfolio.ts';
import type { TickMode, WatchedTick } from '../domain/tick.ts';
import type { Watched } from '../domain/watcher.ts';
import type { MarketView } from '../markets.ts';
import type { LiveCandle } from '../recorder.ts';
import {
  Candle,
  CandleIntervalEnum,
  CandleUpdate,
  Depth,
  DepthUpdate,
  Instrument,
  InstrumentConnection,
  PlayMarketInput,
  PlayMarketPayload,
  PriceBand,
  Quote,
  Tick,
  TickModeEnum,
} from '../schema/market.ts';
import type { InstrumentRow } from '../store/instrument.ts';
import type { TradingContext } from './context.ts';

const CANDLES_MAX = 1_000;

const SYMBOLS_MAX = 50;

const SEARCH_LENGTH_MAX = 80;

function toInstrument(row: InstrumentRow): Instrument {
  return Object.assign(new Instrument(), row, { id: toGlobalId('Instrument', row.symbol) });
}

export async function viewOf(symbol: string, context: TradingContext): Promise<MarketView> {
  const view = await context.exchange.view(symbol);
  if (!view) throw new Error(`the exchange has no market for ${symbol}`);
  return view;
}

export async function markOf(symbol: string, context: TradingContext): Promise<[symbol: string, mark: Mark]> {
  const { session, day } = await viewOf(symbol, context);
  return [symbol, { last: session.last, previousClose: day.previousClose }];
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
    const candles = await context.recorder.history(symbol, interval, last, before?.getTime());
    return candles.map((candle) => ({ ...candle, start: new Date(candle.start) }));
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

/** An instrument by either of its keys. */
export async function resolveInstrument(
  key: { readonly id?: string; readonly symbol?: string },
  context: TradingContext,
): Promise<Instrument | null> {
  const symbol = key.symbol ?? (key.id === undefined ? undefined : fromGlobalId('Instrument', key.id));
  if (symbol === undefined || !(await context.exchange.view(symbol))) return null;
  return instrumentOf(symbol, context);
}
