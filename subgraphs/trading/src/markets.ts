/**
 * The markets as they are told of: the session, the band and the best prices of each instrument, and its ticks. What
 * holds of an instrument now is told to the state machine before anything is decided about it.
 */
import { DAY_MS, IST_OFFSET_MS, istDate, type Clock } from '@gridworks/kit/time';
import { addDays } from './domain/calendar.ts';
import { isSymbol, type Instrument, type InstrumentKind, type PriceBand } from './domain/instrument.ts';
import { POSITION_MAX, freezeQuantityOn } from './domain/limits.ts';
import { marginBpsOn } from './domain/margin.ts';
import { PRICE_MAX, type Phase } from './domain/matching/command.ts';
import type { Terms } from './domain/oms/command.ts';
import type { Oms } from './domain/oms/oms.ts';
import type { Print } from './domain/oms/outcome.ts';
import { isInBand } from './domain/order-check.ts';
import { NO_DEPTH, type Depth, type Quote, type Quotes } from './domain/quote.ts';
import {
  bandOf,
  observeDay,
  openSession,
  rollSession,
  tradeInSession,
  type Session,
} from './domain/session.ts';
import { splitPrice, type SplitRatio } from './domain/split.ts';
import { DEPTH_LEVELS, TickHub, modeOf, type Tick } from './domain/tick.ts';
import type { InstrumentStore } from './store/instrument.ts';

/** One instrument as it is told of. */
export interface Market {
  readonly instrument: Instrument;
  /** The best prices, as far as all that led to them is committed. */
  depth: Depth;
  session: Session;
  sequence: bigint;
  /** Live and in a replay: the day up to which splits were looked for. */
  readonly splitsUntil: Record<Tick['source'], string>;
  /** What the splits of a day make of its reference price. */
  exSplit: { readonly date: string; readonly ratio: SplitRatio } | undefined;
  replayedUntilMs: number;
  /** The recorded time that a replay has come to. */
  recordedAt: Date;
  lastSource: Tick['source'];
  /** The replay at hand brings quotes of its own; none are made up then. */
  isQuoted: boolean;
  /** The terms that followed from a session (its date and reference price) on a day in India. */
  terms?: Pick<Session, 'date' | 'referencePrice'> & { readonly day: number; readonly terms: Terms };
}

/** When something happens in a market, and whether that is now or was recorded. */
export type MarketTime = readonly [at: Date, source: Tick['source']];

/** What clients may see of an instrument's market right now. */
export interface MarketView {
  readonly depth: Depth;
  readonly session: Session;
  /** The session as it stands today, also before the first trade of the day; of a replay, on the recorded day. */
  readonly day: Session;
  readonly band: PriceBand;
}

/** What was seen of a market elsewhere. */
export interface Sighting extends Pick<Tick, 'symbol' | 'at' | 'price' | 'quantity'> {
  /** Of the day, with this trade; null where it was not told. */
  readonly day: (NonNullable<Session['range']> & Pick<Session, 'previousClose' | 'volume'>) | null;
  readonly depth: Depth | null;
}

export class Markets {
  readonly ticks = new TickHub();
  readonly #markets = new Map<string, Market>();
  readonly #tickListeners = new Set<(tick: Tick) => void>();
  /** As it is decided. */
  phase: Phase = 'CONTINUOUS';

  constructor(
    private readonly clock: Clock,
    private readonly instruments: InstrumentStore,
  ) {}

  /** As far as it is open. */
  get(symbol: string): Market | undefined {
    return this.#markets.get(symbol);
  }

  all(): Iterable<Market> {
    return this.#markets.values();
  }

  /** Calls back with every tick, also where nobody watches; returns the way out. */
  onTick(listener: (tick: Tick) => void): () => void {
    this.#tickListeners.add(listener);
    return () => this.#tickListeners.delete(listener);
  }

  /** The instruments in memory with their last prices. */
  listings(): { readonly instrument: Instrument; readonly session: Session }[] {
    return [...this.#markets.values()].map(({ instrument, session }) => ({ instrument, session }));
  }

  /** The market of a symbol; undefined when there is no such instrument. */
  async view(symbol: string): Promise<MarketView | undefined> {
    const market = await this.find(symbol);
    if (!market) return undefined;
    const { depth, session } = market;
    return { depth, session, day: this.#dayOf(market), band: this.#bandOf(market) };
  }

  /** Shows what was seen of a market elsewhere; nothing where a replay has the instrument. */
  observe({ symbol, at, price, quantity, day, depth }: Sighting): void {
    const market = this.#markets.get(symbol);
    if (!market || this.clock() < market.replayedUntilMs) return;
    const before = market.depth;
    if (depth) market.depth = depth;
    const session = rollSession(market.session, at.getTime());
    const isTrade = quantity > 0n || price !== session.last || session.range === null;
    market.session = day ? observeDay(session, day, quantity) : session;
    if (isTrade) return this.tick(market, at, price, quantity, 'LIVE');
    const mode = modeOf(before, market.depth);
    if (mode) this.ticks.publish(this.#tickOf(market, { mode, at, price, quantity, source: 'LIVE' }));
  }

  /** To be asked before something is decided about a market; then with the trades; and called when it is committed. */
  tellerOf(
    oms: Oms,
    market: Market | undefined,
    time = this.timeOf(market),
  ): (prints: readonly Print[]) => () => void {
    if (!market) return () => () => undefined;
    const { symbol } = market.instrument;
    const before = this.watchedDepth(oms, symbol);
    return (prints) => {
      const depth = oms.depth(symbol, DEPTH_LEVELS);
      return () => this.tell(market, prints, before, depth, time);
    };
  }

  /** Tells the state machine what holds of an instrument now. */
  list(oms: Oms, market: Market): void {
    oms.list(market.instrument.symbol, this.termsOf(market), Number(market.session.last));
  }

  /** While a replay has an instrument, its clock is the recorded one; otherwise two days would mix in its quote. */
  timeOf(market: Market | undefined): MarketTime {
    const nowMs = this.clock();
    return market && nowMs < market.replayedUntilMs
      ? [market.recordedAt, 'REPLAY']
      : [new Date(nowMs), 'LIVE'];
  }

  /** The best prices as they are decided, where somebody wants to be told when they change. */
  watchedDepth(oms: Oms, symbol: string): Depth | undefined {
    return this.ticks.isWatched({ symbol, mode: 'QUOTE' }) ? oms.depth(symbol, DEPTH_LEVELS) : undefined;
  }

  /** Shows what was decided: its trades, or a change of the book where somebody watches. */
  tell(
    market: Market,
    prints: readonly Print[],
    before: Depth | undefined,
    depth: Depth,
    [at, source]: MarketTime,
  ): void {
    market.depth = depth;
    for (const { price, quantity } of prints) this.tick(market, at, price, quantity, source);
    const mode = prints.length === 0 && before ? modeOf(before, depth) : undefined;
    if (mode === undefined) return;
    const price = market.session.last;
    this.ticks.publish(this.#tickOf(market, { mode, at, price, quantity: 0n, source }));
  }

  /** A trade, or the value of an index. */
  tick(market: Market, at: Date, price: bigint, quantity: bigint, source: Tick['source']): void {
    market.session = tradeInSession(market.session, at.getTime(), price, quantity);
    market.lastSource = source;
    const tick = this.#tickOf(market, { mode: 'LTP', at, price, quantity, source });
    this.ticks.publish(tick);
    for (const listener of this.#tickListeners) listener(tick);
  }

  #tickOf(
    market: Market,
    { mode, at, price, quantity, source }: Pick<Tick, 'mode' | 'at' | 'price' | 'quantity' | 'source'>,
  ): Tick {
    market.sequence += 1n;
    const { session, depth } = market;
    const range = session.range ?? { open: price, high: price, low: price };
    return {
      symbol: market.instrument.symbol,
      mode,
      sequence: market.sequence,
      at,
      price,
      quantity,
      bid: depth.bids[0]?.price ?? null,
      ask: depth.asks[0]?.price ?? null,
      volume: session.volume,
      ...range,
      previousClose: session.previousClose,
      source,
      depth,
    };
  }

  goTo(phase: Phase): void {
    this.phase = phase;
    for (const market of this.#markets.values()) delete market.terms;
  }

  /** The state was made anew: what was shown may never have been committed. */
  showAnew(oms: Oms): void {
    this.goTo(oms.phase);
    for (const market of this.#markets.values()) {
      const { symbol } = market.instrument;
      market.depth = oms.depth(symbol, DEPTH_LEVELS);
      oms.resume(symbol, Number(market.session.last));
    }
  }

  /** What holds of an instrument now; the same object until something of it changes. */
  termsOf(market: Market): Terms {
    const day = Math.floor((this.clock() + IST_OFFSET_MS) / DAY_MS);
    const { date, referencePrice } = market.session;
    const known = market.terms;
    if (known?.day === day && known.date === date && known.referencePrice === referencePrice)
      return known.terms;
    const terms = this.#newTermsOf(market);
    market.terms = { day, date, referencePrice, terms };
    return terms;
  }

  #newTermsOf(market: Market): Terms {
    const { exchange, kind, currency, tickSize, lotSize } = market.instrument;
    const { lower, upper } = this.#bandOf(market);
    const reference = this.#referenceOf(market);
    const highest = PRICE_MAX - (PRICE_MAX % Number(tickSize));
    return {
      exchange,
      kind,
      currency,
      tickSize: Number(tickSize),
      lotSize: Number(lotSize),
      lower: Math.min(Number(lower), highest),
      upper: Math.min(Number(upper), highest),
      reference: Math.min(Number(reference - (reference % tickSize)), highest),
      ...limitsOn(istDate(this.clock()), kind),
    };
  }

  #bandOf(market: Market): PriceBand {
    const day = this.#dayOf(market);
    return bandOf({ ...day, referencePrice: this.#referenceOf(market) }, market.instrument.tickSize);
  }

  /** What the band lies around: after the close, the next day's. */
  #referenceOf(market: Market): bigint {
    const { lastSource, exSplit } = market;
    const day = this.#dayOf(market);
    if (lastSource === 'REPLAY') return day.referencePrice;
    if (this.phase === 'CLOSED' && market.session.date === day.date) return day.last;
    return exSplit?.date === day.date ? splitPrice(day.referencePrice, exSplit.ratio) : day.referencePrice;
  }

  /** After a replayed price the recorded day counts; otherwise today. */
  #dayOf({ session, lastSource }: Market): Session {
    return lastSource === 'REPLAY' ? session : rollSession(session, this.clock());
  }

  /** The market of a symbol, opened when the instrument came after the start. */
  async find(symbol: string): Promise<Market | undefined> {
    const known = this.#markets.get(symbol);
    if (known || !isSymbol(symbol)) return known;
    const [instrument] = await this.instruments.bySymbols([symbol]);
    // Somebody else may have opened it meanwhile.
    return this.#markets.get(symbol) ?? (instrument && this.open(instrument, undefined));
  }

  open(instrument: Instrument, session: Session | undefined): Market {
    const market: Market = {
      instrument,
      depth: NO_DEPTH,
      session: session ?? openSession(instrument.referencePrice),
      // Microseconds since the epoch: no market ticks a million times a second, so a restart never goes back.
      sequence: BigInt(this.clock()) * 1_000n,
      // The splits of the last day that is known of are looked at again: its band needs them.
      splitsUntil: { LIVE: addDays(session?.date ?? istDate(this.clock()), -1), REPLAY: '' },
      exSplit: undefined,
      replayedUntilMs: 0,
      recordedAt: new Date(0),
      lastSource: 'LIVE',
      isQuoted: false,
    };
    this.#markets.set(instrument.symbol, market);
    return market;
  }

  /** What of quotes may stand: an auction must not come to a price at which nobody may trade that day. */
  quotable(oms: Oms, market: Market, quotes: Quotes): Quotes {
    if (oms.phase !== 'PRE_OPEN') return quotes;
    const band = this.#bandOf(market);
    const within = (levels: readonly Quote[]): Quote[] => levels.filter(({ price }) => isInBand(price, band));
    return { bids: within(quotes.bids), asks: within(quotes.asks) };
  }
}

/** The limits of a day as the state machine is told of them. */
function limitsOn(date: string, kind: InstrumentKind): Pick<Terms, 'freeze' | 'positionMax' | 'marginBps'> {
  const freeze = freezeQuantityOn(date, kind);
  return {
    freeze: freeze === undefined ? undefined : Number(freeze),
    positionMax: Number(POSITION_MAX),
    marginBps: marginBpsOn(date),
  };
}
