/**
 * The exchange: books in memory, truth in Postgres, one writer. Every command waits its turn in one queue. What touches
 * a user's order is decided and written in one transaction, and the book in memory changes only after its commit;
 * what only moves the market's own quotes touches no database at all.
 */
import type { UserCaller } from '@gridworks/kit/caller';
import type { Database, Tx } from '@gridworks/kit/db';
import { publishAll, type Bus } from '@gridworks/kit/events';
import { newId } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import type { Log } from '@gridworks/kit/telemetry';
import { istDate, istMidnight, type Clock } from '@gridworks/kit/time';
import {
  EMPTY_BOOK,
  bestAsk,
  bestBid,
  cancel,
  marketQuotes,
  printMarket,
  repeatTrade,
  replaceMarketQuotes,
  restore,
  submit,
  type Book,
  type Matched,
} from './domain/book.ts';
import { cancelled, created, executed, stockChanges, tradedIds, type Happening } from './domain/happening.ts';
import { isSymbol, type Instrument, type PriceBand } from './domain/instrument.ts';
import {
  checkOrder,
  createOrder,
  isClientOrderId,
  isOpen,
  isSameRequest,
  no,
  remainingOf,
  type CancelReason,
  type Order,
  type OrderRequest,
  type TradingRefusal,
} from './domain/order.ts';
import {
  aggressorOf,
  mergeRecorded,
  quotesAround,
  withRecordedQuote,
  withinPrice,
  type Recorded,
  type RecordedPrint,
  type RecordedQuote,
} from './domain/replay.ts';
import {
  anchorReplay,
  bandOf,
  openSession,
  rollSession,
  tradeInSession,
  type Session,
} from './domain/session.ts';
import type { MarketAction } from './domain/simulator.ts';
import { TickHub, modeOf, type Tick } from './domain/tick.ts';
import { eventOf } from './events.ts';
import { holdFunds, lockBuyingPower } from './store/account.ts';
import type { InstrumentStore } from './store/instrument.ts';
import { changeInventory, lockFreeQuantity } from './store/inventory.ts';
import {
  openOrders,
  orderByClientOrderId,
  ordersByIds,
  recordHappenings,
  type OrderRow,
} from './store/order.ts';
import { readSessions } from './store/session.ts';
import { holdTurn, takeTurn } from './store/writer.ts';

/** After the last batch of a replay the simulator stays away from the instrument for this long. */
export const REPLAY_HOLD_MS = 10_000;
const EXPIRY_CHECK_MS = 60_000;

/** One instrument as it stands in memory. */
interface Market {
  readonly instrument: Instrument;
  book: Book;
  session: Session;
  sequence: bigint;
  /** A transaction failed, and whether it was committed may be unknown: the database must be asked. */
  isStale: boolean;
  replayedUntilMs: number;
  /** The recorded time that a replay has come to. */
  recordedAt: Date;
  lastSource: Tick['source'];
  /** The replay at hand brings quotes of its own; none are made up then. */
  isQuoted: boolean;
}

/** What clients may see of an instrument's market right now. */
export interface MarketView {
  readonly book: Book;
  readonly session: Session;
  /** The session as it stands today, also before the first trade of the day; of a replay, on the recorded day. */
  readonly day: Session;
  readonly band: PriceBand;
}

export interface RecordedBatch {
  readonly symbol: string;
  readonly prints: readonly RecordedPrint[];
  readonly quotes: readonly RecordedQuote[];
}

/** What a transaction decided: its answer, and the match to adopt once it is committed. */
interface Decision<T> {
  readonly answer: T;
  readonly matched?: Matched;
}

export class Exchange {
  readonly ticks = new TickHub();
  readonly #markets = new Map<string, Market>();
  readonly #tickListeners = new Set<(tick: Tick) => void>();
  #tail: Promise<unknown> = Promise.resolve();
  #epoch = 0n;
  #expiryTimer: NodeJS.Timeout | undefined;
  #expiredOn = '';

  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly instruments: InstrumentStore,
  ) {}

  /** Takes the turn as the one writer and rebuilds every book from the orders that still wait. */
  async start(): Promise<void> {
    this.#epoch = await takeTurn(this.db.system);
    const sessions = await readSessions(this.db.system, this.clock());
    const waiting = await openOrders(this.db.system, undefined);
    for (const instrument of await this.instruments.all()) {
      const { symbol } = instrument;
      const ofSymbol = waiting.filter((order) => order.symbol === symbol);
      this.#open(instrument, sessions.get(symbol), bookOf(ofSymbol));
    }
    await this.#expire();
    this.#expiryTimer = setInterval(() => {
      this.#expire().catch((error: unknown) =>
        this.log.error({ err: error }, 'orders of the day did not expire'),
      );
    }, EXPIRY_CHECK_MS).unref();
  }

  /** Lets what waits in the queue finish and ends every stream. */
  async stop(): Promise<void> {
    clearInterval(this.#expiryTimer);
    this.ticks.close();
    await this.#tail;
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
    const market = await this.#marketOf(symbol);
    if (!market) return undefined;
    const { book, session } = market;
    return { book, session, day: this.#dayOf(market), band: this.#bandOf(market) };
  }

  /**
   * Places an order, or says which rule it breaks. The same request under the same client order id is answered with
   * the order it made the first time; a refusal is not remembered.
   */
  placeOrder(caller: UserCaller, request: OrderRequest): Promise<Order | TradingRefusal> {
    return this.#inTurn(async () => {
      const market = await this.#marketOf(request.symbol);
      return this.#transact<Order | TradingRefusal>(market, async (tx) => {
        const { userId, tenantId } = caller;
        const isNameSound = isClientOrderId(request.clientOrderId);
        const earlier = isNameSound && (await orderByClientOrderId(tx, userId, request.clientOrderId));
        if (earlier) {
          const isSame = isSameRequest(earlier, request);
          return { answer: isSame ? earlier : no('CLIENT_ORDER_ID_REUSED', 'clientOrderId') };
        }
        const accepted = checkOrder(request, {
          listing: market && { ...market.instrument, band: this.#bandOf(market) },
          buyingPower: await lockBuyingPower(tx, userId),
          freeQuantity: market ? await lockFreeQuantity(tx, { ...request, userId }) : 0n,
        });
        if (isRefusal(accepted)) return { answer: accepted };
        if (!market) throw new Error(`an order for ${request.symbol} passed without a market`);

        const facts = { id: newId(), userId, tenantId, placedAt: new Date(this.clock()) };
        const order = createOrder(request, accepted, facts);
        const submitted = submit(market.book, { ...order, owner: userId, price: accepted.worstPrice });
        const makers = await ordersByIds(tx, without(tradedIds(submitted.executions), order.id));
        const happenings = [created(order), ...executed(submitted.executions, [order, ...makers])];
        const lastState = (): Order =>
          happenings.findLast(({ order: { id } }) => id === order.id)?.order ?? order;
        if (submitted.cancelled) happenings.push(cancelled(lastState(), submitted.cancelled.reason));
        if (order.hold > 0n) await holdFunds(tx, userId, order.hold);
        await this.#keep(tx, happenings, facts.placedAt);
        const answer = lastState();
        return { answer, matched: submitted };
      });
    });
  }

  /** Takes what is left of the caller's order out of the market. */
  cancelOrder(caller: UserCaller, orderId: string): Promise<Order | TradingRefusal> {
    return this.#inTurn(async () => {
      const [known] = await ordersByIds(this.db.system, [orderId]);
      if (known?.userId !== caller.userId) return no('ORDER_UNKNOWN', 'orderId');
      return this.#withdraw(known, 'USER');
    });
  }

  /** Carries out what the market's other participants do; nothing where a replay has the instrument. */
  act(action: MarketAction): Promise<void> {
    return this.#inTurn(async () => {
      const market = this.#markets.get(action.symbol);
      const at = new Date(this.clock());
      if (!market || at.getTime() < market.replayedUntilMs) return;
      if (action.kind === 'VALUE') return this.#tick(market, at, action.price, 0n, 'LIVE');
      await this.#match(market, at, 'LIVE', (book) =>
        action.kind === 'QUOTE'
          ? replaceMarketQuotes(book, action)
          : printMarket(book, action.side, action.price, action.quantity),
      );
    });
  }

  /**
   * Plays recorded market data; returns how many entries. Prints arrive as ticks of their recorded time. Users' orders
   * that the recorded prices reach trade at their own prices.
   */
  async play(batch: RecordedBatch): Promise<number | TradingRefusal> {
    const market = await this.#marketOf(batch.symbol);
    if (!market) return no('INSTRUMENT_UNKNOWN', 'symbol');
    const entries = mergeRecorded(batch.prints, batch.quotes);
    if (isRefusal(entries)) return entries;
    for (const entry of entries) {
      await this.#inTurn(() => this.#playEntry(market, entry, batch.quotes.length > 0));
    }
    return entries.length;
  }

  /** Runs a transaction as the one writer: it fails when another process has taken over. */
  asWriter<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.db.systemTransaction(async (tx) => {
      await holdTurn(tx, this.#epoch);
      return work(tx);
    });
  }

  async #playEntry(market: Market, entry: Recorded, bringsQuotes: boolean): Promise<void> {
    const { kind, tickSize, lotSize } = market.instrument;
    const { at, price, quantity } = entry;
    market.replayedUntilMs = this.clock() + REPLAY_HOLD_MS;
    market.recordedAt = at;
    // A replay begins with a market of its own: what happened live is not its yesterday.
    const isBeginning = market.lastSource === 'LIVE';
    const session = isBeginning ? openSession(price) : market.session;
    if (isBeginning) market.book = replaceMarketQuotes(market.book, { bids: [], asks: [] }).book;
    market.session = anchorReplay(session, at.getTime(), price, tickSize);
    market.isQuoted = bringsQuotes || (market.isQuoted && !isBeginning);
    market.lastSource = 'REPLAY';
    if (kind === 'INDEX') {
      if (entry.kind === 'PRINT') this.#tick(market, at, price, quantity, 'REPLAY');
      return;
    }
    if (entry.kind === 'QUOTE') {
      return this.#match(market, at, 'REPLAY', (book) =>
        replaceMarketQuotes(book, withRecordedQuote(marketQuotes(book), entry)),
      );
    }
    const side = aggressorOf(price, market.session.last);
    await this.#match(market, at, 'REPLAY', (book) => {
      const quotes = market.isQuoted
        ? withinPrice(marketQuotes(book), price)
        : quotesAround(entry, tickSize, lotSize);
      const repeated = quantity > 0n ? repeatTrade(book, side, price, quantity) : { book, executions: [] };
      const quoted = replaceMarketQuotes(repeated.book, quotes);
      return { book: quoted.book, executions: [...repeated.executions, ...quoted.executions] };
    });
    if (quantity === 0n) this.#tick(market, at, price, 0n, 'REPLAY');
  }

  /** Cancels what is left of an order, in a transaction of its own. */
  async #withdraw(known: OrderRow, reason: CancelReason): Promise<Order | TradingRefusal> {
    const market = await this.#marketOf(known.symbol);
    return this.#transact<Order | TradingRefusal>(market, async (tx) => {
      const [order] = await ordersByIds(tx, [known.id]);
      if (!order || !isOpen(order)) return { answer: no('ORDER_CLOSED', 'orderId') };
      const { side, limitPrice } = order;
      const book =
        market && limitPrice !== null ? cancel(market.book, side, limitPrice, order.id) : undefined;
      if (!book) throw new Error(`order ${order.id} is open but does not wait in its book`);
      const happening = cancelled(order, reason);
      await this.#keep(tx, [happening], new Date(this.clock()));
      return { answer: happening.order, matched: { book, executions: [] } };
    });
  }

  /** Orders are good for the day they were placed on, by the calendar of India. */
  async #expire(): Promise<void> {
    const today = istDate(this.clock());
    if (today === this.#expiredOn) return;
    const midnight = istMidnight(today);
    for (const order of await openOrders(this.db.system, undefined)) {
      if (order.placedAt.getTime() < midnight)
        await this.#inTurn(() => this.#withdraw(order, 'TIME_IN_FORCE'));
    }
    this.#expiredOn = today;
  }

  /** One command at a time, in the order in which they came. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async #transact<T>(market: Market | undefined, decide: (tx: Tx) => Promise<Decision<T>>): Promise<T> {
    if (market) await this.#freshen(market);
    const { answer, matched } = await this.#write(market, decide);
    if (market && matched) this.#adopt(market, matched, ...this.#timeOf(market));
    return answer;
  }

  /** Changes a book on the market's behalf; the database is asked only when that trades with a user. */
  async #match(
    market: Market,
    at: Date,
    source: Tick['source'],
    change: (book: Book) => Matched,
  ): Promise<void> {
    await this.#freshen(market);
    const matched = change(market.book);
    const ids = tradedIds(matched.executions);
    if (ids.length > 0) {
      // Trades of users happen now, also where the price they trade at was recorded long ago.
      const now = new Date(this.clock());
      await this.#write(market, async (tx) =>
        this.#keep(tx, executed(matched.executions, await ordersByIds(tx, ids)), now),
      );
    }
    this.#adopt(market, matched, at, source);
  }

  /** Commits, tells those who wait for events, and knows when the book in memory can no longer be trusted. */
  async #write<T>(market: Market | undefined, work: (tx: Tx) => Promise<T>): Promise<T> {
    try {
      const result = await this.asWriter(work);
      this.bus.committed();
      return result;
    } catch (error) {
      if (market) market.isStale = true;
      throw error;
    }
  }

  /** Keeps what happened to users' orders, with everything that follows from it. */
  async #keep(tx: Tx, happenings: readonly Happening[], at: Date): Promise<void> {
    const trades = await recordHappenings(tx, happenings, at, newId);
    await changeInventory(tx, stockChanges(happenings));
    await publishAll(
      tx,
      happenings.map((happening, i) => eventOf(happening, trades[i] ?? null)),
    );
  }

  /** While a replay has an instrument, its clock is the recorded one; otherwise two days would mix in its quote. */
  #timeOf(market: Market): [at: Date, source: Tick['source']] {
    const nowMs = this.clock();
    return nowMs < market.replayedUntilMs ? [market.recordedAt, 'REPLAY'] : [new Date(nowMs), 'LIVE'];
  }

  #adopt(market: Market, { book, executions }: Matched, at: Date, source: Tick['source']): void {
    const before = market.book;
    market.book = book;
    for (const { price, quantity } of executions) this.#tick(market, at, price, quantity, source);
    if (executions.length === 0) this.#tellBook(market, before, at, source);
  }

  /** A trade, or the value of an index. */
  #tick(market: Market, at: Date, price: bigint, quantity: bigint, source: Tick['source']): void {
    market.session = tradeInSession(market.session, at.getTime(), price, quantity);
    market.lastSource = source;
    const tick = this.#tickOf(market, { mode: 'LTP', at, price, quantity, source });
    this.ticks.publish(tick);
    for (const listener of this.#tickListeners) listener(tick);
  }

  /** What changed in the book without a trade, where somebody wants to be told. */
  #tellBook(market: Market, before: Book, at: Date, source: Tick['source']): void {
    const { symbol } = market.instrument;
    if (!this.ticks.isWatched({ symbol, mode: 'QUOTE' })) return;
    const mode = modeOf(before, market.book);
    if (mode === undefined) return;
    const price = market.session.last;
    this.ticks.publish(this.#tickOf(market, { mode, at, price, quantity: 0n, source }));
  }

  #tickOf(
    market: Market,
    { mode, at, price, quantity, source }: Pick<Tick, 'mode' | 'at' | 'price' | 'quantity' | 'source'>,
  ): Tick {
    market.sequence += 1n;
    const { session, book } = market;
    const range = session.range ?? { open: price, high: price, low: price };
    return {
      symbol: market.instrument.symbol,
      mode,
      sequence: market.sequence,
      at,
      price,
      quantity,
      bid: bestBid(book),
      ask: bestAsk(book),
      volume: session.volume,
      ...range,
      previousClose: session.previousClose,
      source,
      book,
    };
  }

  /** Brings a book whose last transaction failed back to what the database says; the market will quote anew. */
  async #freshen(market: Market): Promise<void> {
    if (!market.isStale) return;
    market.book = bookOf(await openOrders(this.db.system, market.instrument.symbol));
    market.isStale = false;
  }

  #bandOf(market: Market): PriceBand {
    return bandOf(this.#dayOf(market), market.instrument.tickSize);
  }

  /** After a replayed price the recorded day counts; otherwise today. */
  #dayOf({ session, lastSource }: Market): Session {
    return lastSource === 'REPLAY' ? session : rollSession(session, this.clock());
  }

  /** The market of a symbol, opened when the instrument came after the start. */
  async #marketOf(symbol: string): Promise<Market | undefined> {
    const known = this.#markets.get(symbol);
    if (known || !isSymbol(symbol)) return known;
    const [instrument] = await this.instruments.bySymbols([symbol]);
    // Somebody else may have opened it meanwhile.
    return this.#markets.get(symbol) ?? (instrument && this.#open(instrument, undefined, EMPTY_BOOK));
  }

  #open(instrument: Instrument, session: Session | undefined, book: Book): Market {
    const market: Market = {
      instrument,
      book,
      session: session ?? openSession(instrument.referencePrice),
      // Microseconds since the epoch: no market ticks a million times a second, so a restart never goes back.
      sequence: BigInt(this.clock()) * 1_000n,
      isStale: false,
      replayedUntilMs: 0,
      recordedAt: new Date(0),
      lastSource: 'LIVE',
      isQuoted: false,
    };
    this.#markets.set(instrument.symbol, market);
    return market;
  }
}

function bookOf(orders: readonly OrderRow[]): Book {
  return restore(
    orders.map((order) => {
      const { id, userId: owner, side, limitPrice } = order;
      if (limitPrice === null) throw new Error(`order ${id} waits without a price`);
      return { id, owner, side, price: limitPrice, remaining: remainingOf(order) };
    }),
  );
}

function without(ids: readonly string[], id: string): string[] {
  return ids.filter((each) => each !== id);
}
