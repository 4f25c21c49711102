/**
 * The exchange: what is told of each instrument, and whose turn it is to trade there. What users may do is decided by
 * the state machine in `domain/oms/` and kept by `journal.ts`; here are the markets around it: their sessions and
 * bands, replays of recorded data, and the ticks, which are told when what they tell is committed. What only moves the
 * market's own quotes touches no database at all.
 */
import type { Database, Tx } from '@gridworks/kit/db';
import type { Bus } from '@gridworks/kit/events';
import { newId } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import type { Log } from '@gridworks/kit/telemetry';
import { istDate, type Clock } from '@gridworks/kit/time';
import { lastStates } from './domain/happening.ts';
import { SLICES_MAX } from './domain/limits.ts';
import {
  changeTerms,
  hasTerms,
  isClientOrderId,
  isExpired,
  isSameRequest,
  isSliceName,
  no,
  squareOffRequest,
  type Order,
  type OrderRequest,
  type SquareOffReason,
  type TermsWish,
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
import { anchorReplay, openSession } from './domain/session.ts';
import type { MarketAction } from './domain/simulator.ts';
import { splitRatio } from './domain/split.ts';
import type { TradingDay } from './domain/trading-day.ts';
import { DEPTH_LEVELS, type Tick, type TickHub } from './domain/tick.ts';
import type {
  CancelOrder,
  CancelOrders,
  MarketCommand,
  ModifyOrder,
  PlaceOrder,
} from './domain/oms/command.ts';
import type { Assets, UserPosition } from './domain/oms/account.ts';
import { wishedOrder } from './domain/oms/amendment.ts';
import type { Oms } from './domain/oms/oms.ts';
import { placing, plain, plainQuotes, plainTerms } from './domain/oms/words.ts';
import { JournaledOms, type Decision, type Owner } from './journal.ts';
import { Markets, type Market, type MarketTime, type MarketView, type Sighting } from './markets.ts';
import { RoutedBook } from './routed-book.ts';
import { holdersOf, splitsBetween } from './store/adjustment.ts';
import type { InstrumentStore } from './store/instrument.ts';
import { orderById, ordersOfWish, type PlacedOrder } from './store/order.ts';
import { readSessions } from './store/session.ts';

/** After the last batch of a replay the simulator stays away from the instrument for this long. */
export const REPLAY_HOLD_MS = 10_000;
const EXPIRY_CHECK_MS = 60_000;

export interface RecordedBatch {
  readonly symbol: string;
  readonly prints: readonly RecordedPrint[];
  readonly quotes: readonly RecordedQuote[];
}

/** Where orders go that are not matched here. */
export interface Route {
  /** Whether orders can be sent there just now. */
  readonly isOpen: boolean;
  /** Something about these orders changed here; it is committed. */
  attend(orderIds: readonly string[]): void;
}

/** Cash that another domain gave to a user. */
export interface Deposit {
  readonly eventId: string;
  readonly userId: string;
  readonly tenantId: string;
  readonly amount: bigint;
}

/** Money that is to leave a wallet, minor units. */
export interface Withdrawal {
  readonly id: string;
  readonly amount: bigint;
}

export class Exchange {
  /** What is told of each instrument. */
  readonly #markets: Markets;
  readonly #journal: JournaledOms;
  /** The orders that a broker carries out. */
  readonly routed: RoutedBook;
  #route: Route | undefined;
  #expiryTimer: NodeJS.Timeout | undefined;
  #expiredOn = '';

  constructor(
    private readonly db: Database,
    bus: Bus,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly instruments: InstrumentStore,
    orderRateMax: number,
  ) {
    this.#markets = new Markets(clock, instruments);
    this.#journal = new JournaledOms(db, bus, clock, log, orderRateMax, (oms) => this.#markets.showAnew(oms));
    this.routed = new RoutedBook(this.#journal, clock);
  }

  /** Takes the turn as the one writer and goes on where the journal ends. */
  async start(): Promise<void> {
    const sessions = await readSessions(this.db.system, this.clock());
    for (const instrument of await this.instruments.all())
      this.#markets.open(instrument, sessions.get(instrument.symbol));
    await this.#journal.start();
    await this.#expire();
    this.#expiryTimer = setInterval(() => {
      this.#expire().catch((error: unknown) =>
        this.log.error({ err: error }, 'orders of the day did not expire'),
      );
    }, EXPIRY_CHECK_MS).unref();
  }

  /** Lets what is decided be committed and ends every stream. */
  async stop(): Promise<void> {
    clearInterval(this.#expiryTimer);
    this.#markets.ticks.close();
    await this.#journal.stop();
  }

  /** From now on orders are not matched here but go this way. */
  routeTo(route: Route): void {
    this.#route = route;
  }

  get ticks(): TickHub {
    return this.#markets.ticks;
  }

  /** Calls back with every tick, also where nobody watches; returns the way out. */
  onTick(listener: (tick: Tick) => void): () => void {
    return this.#markets.onTick(listener);
  }

  /** The instruments in memory with their last prices. */
  listings(): ReturnType<Markets['listings']> {
    return this.#markets.listings();
  }

  /** The market of a symbol; undefined when there is no such instrument. */
  view(symbol: string): Promise<MarketView | undefined> {
    return this.#markets.view(symbol);
  }

  /** Shows what was seen of a market elsewhere; nothing where a replay has the instrument. */
  observe(sighting: Sighting): void {
    this.#markets.observe(sighting);
  }

  /** Whether the market's other participants may quote just now. */
  get isQuoted(): boolean {
    return this.#markets.phase === 'CONTINUOUS' || this.#markets.phase === 'PRE_OPEN';
  }

  /**
   * Places an order, or says which rule it breaks. The same request under the same client order id is answered with
   * the order it made the first time; a refusal is not remembered.
   */
  async placeOrder(caller: Owner, request: OrderRequest): Promise<Order | TradingRefusal> {
    const placed = await this.#place(caller, request);
    if (isRefusal(placed)) return placed;
    const [order] = placed;
    if (!order) throw new Error(`nothing came of order ${request.clientOrderId}`);
    return order;
  }

  /**
   * Places a wish that may be above the freeze quantity: all of the orders that it is cut into, or none. It is repeated
   * like an order, under its one client order id.
   */
  placeSlicedOrder(caller: Owner, request: OrderRequest): Promise<readonly Order[] | TradingRefusal> {
    return this.#place(caller, request, true);
  }

  async #place(
    caller: Owner,
    request: OrderRequest,
    isSliced = false,
  ): Promise<readonly Order[] | TradingRefusal> {
    const market = this.#markets.get(request.symbol) ?? (await this.#markets.find(request.symbol));
    if (market && this.#isNewDay(market)) await this.#adjustLive(market);
    const { userId } = caller;
    const { clientOrderId } = request;
    const isNameSound = isClientOrderId(clientOrderId);
    for (let isUnused = !isNameSound; ;) {
      const oms = await this.#journal.ready(caller);
      if (isNameSound && this.#journal.isNaming(userId, clientOrderId)) {
        await this.#journal.settled();
      } else if (!isUnused && this.#journal.isNamed(userId, clientOrderId)) {
        await this.#journal.shown();
        const earlier = await ordersOfWish(this.db.system, userId, clientOrderId);
        if (earlier.length > 0)
          return isSameWish(earlier, request)
            ? earlier.map(({ order }) => order)
            : no('CLIENT_ORDER_ID_REUSED', 'clientOrderId');
        isUnused = true;
      } else {
        if (market) this.#markets.list(oms, market);
        const plain = placing(request, userId, newId(), oms.sequence, this.clock());
        const command = isSliced ? { ...plain, isSliced } : plain;
        const isMeant = (order: Order): boolean =>
          order.userId === userId && isSliceName(order.clientOrderId, clientOrderId);
        if (!this.#route) return this.#answerAll(this.#decide(oms, market, command), isMeant);
        if (!this.#route.isOpen) return no('VENUE_UNAVAILABLE');
        return this.#sent(
          await this.#answerAll(this.#decide(oms, undefined, { ...command, isRouted: true }), isMeant),
        );
      }
    }
  }

  /**
   * Gives the caller's open order other terms; what is null stays. An order that has them already is answered as it
   * stands, so asking twice does no harm.
   */
  async modifyOrder(caller: Owner, orderId: string, wish: TermsWish): Promise<Order | TradingRefusal> {
    const oms = await this.#journal.ready();
    const order = oms.order(orderId);
    if (order?.userId !== caller.userId) return this.#noOpenOrder(caller, orderId);
    const routed = oms.routed(orderId);
    if (routed && !this.#route?.isOpen) return no('VENUE_UNAVAILABLE');
    const stands = wishedOrder(order, routed?.amendment ?? null);
    if (hasTerms(stands, changeTerms(stands, wish))) {
      await this.#journal.settled();
      return order;
    }
    const { userId, symbol } = order;
    const market = this.#markets.get(symbol);
    if (market) this.#markets.list(oms, market);
    const about = { id: newId(), sequence: oms.sequence, at: this.clock(), userId, orderId, symbol };
    const command = { kind: 'modify', ...about, ...plainTerms(wish) } as const;
    const modified = await this.#answer(this.#decide(oms, routed ? undefined : market, command), orderId);
    if (routed && !isRefusal(modified)) this.#route?.attend([orderId]);
    return modified;
  }

  /** Takes what is left of the caller's order out of the market. */
  async cancelOrder(caller: Pick<Owner, 'userId'>, orderId: string): Promise<Order | TradingRefusal> {
    const oms = await this.#journal.ready();
    const order = oms.order(orderId);
    if (order?.userId !== caller.userId) return this.#noOpenOrder(caller, orderId);
    const { userId, symbol } = order;
    const command = { kind: 'cancel', at: this.clock(), userId, orderId, reason: 'USER' } as const;
    const routed = oms.routed(orderId);
    if (!routed) return this.#answer(this.#decide(oms, this.#markets.get(symbol), command), orderId);
    if (routed.cancel === null) await this.#decide(oms, undefined, command).committed;
    else await this.#journal.settled();
    this.#route?.attend([orderId]);
    return order;
  }

  /** Takes all of the caller's open orders out of the market, or those of one instrument or side; returns them. */
  async cancelOrders(caller: Owner, only: CancelOrders['only']): Promise<readonly Order[] | TradingRefusal> {
    if (only.symbol !== null && !(await this.#markets.find(only.symbol)))
      return no('INSTRUMENT_UNKNOWN', 'symbol');
    const oms = await this.#journal.ready(caller);
    const { userId } = caller;
    const orders = oms.ordersOf(userId, only);
    const matched = orders.filter(({ id }) => !oms.routed(id));
    const symbols = [...new Set(matched.map(({ symbol }) => symbol))];
    const tellers = symbols.map((symbol) => this.#markets.tellerOf(oms, this.#markets.get(symbol)));
    if (orders.length === 0) {
      await this.#journal.settled();
      return [];
    }
    const tells: (() => void)[] = [];
    const command = { kind: 'cancelAll', at: this.clock(), userId, only } as const;
    const decision = this.#journal.execute(command, () => tells.forEach((tell) => tell()));
    tells.push(...tellers.map((teller) => teller([])));
    return this.#sent(await this.#answerAll(decision, () => true));
  }

  /** Adds cash to what users may promise; resolves when that is kept. Each event counts once, however often it is told. */
  async credit(deposits: readonly Deposit[]): Promise<void> {
    await Promise.all(deposits.map((deposit) => this.#journal.ready(deposit)));
    const oms = await this.#journal.ready();
    const credits = deposits
      .filter(({ eventId }) => !oms.isCredited(eventId))
      .map(({ eventId, userId, amount }) => ({ eventId, userId, amount: Number(amount) }));
    if (credits.length === 0) return this.#journal.settled();
    await this.#journal.execute({ kind: 'credit', at: this.clock(), credits }).committed;
  }

  /**
   * Takes money for a withdrawal out of what its user may promise; when that is kept, or refused. What was released
   * before, under this id, stays as it is.
   */
  async releaseWithdrawal(owner: Owner, { id, amount }: Withdrawal): Promise<TradingRefusal | undefined> {
    const { withdrawals } = await this.#journal.ready(owner);
    const { userId } = owner;
    if (withdrawals.isKnown(id)) return this.#journal.settled().then(() => undefined);
    const about = { at: this.clock(), id, userId, amount: Number(amount) };
    const decision = this.#journal.execute({ kind: 'withdrawal', step: 'RELEASE', ...about });
    await decision.committed;
    return isRefusal(decision.outcome) ? decision.outcome : undefined;
  }

  /** Gives back what was released, or closes what is out of the wallet; nothing where it was done or never released. */
  async endWithdrawal(owner: Owner, { id, amount }: Withdrawal, step: 'RESTORE' | 'CLOSE'): Promise<void> {
    const { withdrawals } = await this.#journal.ready(owner);
    if (!withdrawals.isReleased(id)) return this.#journal.settled();
    const about = { at: this.clock(), id, userId: owner.userId, amount: Number(amount) };
    await this.#journal.execute({ kind: 'withdrawal', step, ...about }).committed;
  }

  /** What a user has and may promise, when all of it is kept. */
  async assetsOf(owner: Owner): Promise<Assets> {
    await this.#journal.ready(owner);
    await this.#journal.settled();
    return (await this.#journal.ready(owner)).assetsOf(owner.userId);
  }

  /**
   * Carries out what the market's other participants do; nothing where a replay has the instrument, and while nothing
   * trades. They quote for a call auction, too.
   */
  async act(action: MarketAction): Promise<void> {
    const market = this.#markets.get(action.symbol);
    if (market && this.#isNewDay(market)) await this.#adjustLive(market);
    const oms = await this.#journal.ready();
    const at = new Date(this.clock());
    const isTime = oms.phase === 'CONTINUOUS' || (oms.phase === 'PRE_OPEN' && action.kind === 'QUOTE');
    if (!market || !isTime || at.getTime() < market.replayedUntilMs) return;
    if (action.kind === 'VALUE')
      return this.#journal.afterwards(() => this.#markets.tick(market, at, action.price, 0n, 'LIVE'));
    const { symbol } = action;
    const about = { id: newId(), sequence: oms.sequence, symbol, at: this.clock() };
    await this.#move(
      oms,
      market,
      action.kind === 'QUOTE'
        ? { kind: 'quote', ...about, ...plainQuotes(this.#markets.quotable(oms, market, action)) }
        : { kind: 'print', ...about, side: action.side, ...plain(action) },
      [at, 'LIVE'],
    );
  }

  /**
   * Plays recorded market data; returns how many entries. Prints arrive as ticks of their recorded time. Users' orders
   * that the recorded prices reach trade at their own prices.
   */
  async play(batch: RecordedBatch): Promise<number | TradingRefusal> {
    const market = await this.#markets.find(batch.symbol);
    if (!market) return no('INSTRUMENT_UNKNOWN', 'symbol');
    const entries = mergeRecorded(batch.prints, batch.quotes);
    if (isRefusal(entries)) return entries;
    for (const [index, entry] of entries.entries()) {
      if (this.#markets.phase !== 'CONTINUOUS') return index === 0 ? no('SESSION_CLOSED') : index;
      // Who was impatient is told from the price before, which must have been told first.
      await this.#journal.settled();
      await this.#adjustReplay(market, entry.at.getTime());
      await this.#playEntry(await this.#journal.ready(), market, entry, batch.quotes.length > 0);
    }
    return entries.length;
  }

  /** Makes sure within a transaction that orders are this process's to write; throws when they are another's by now. */
  holdTurn(tx: Tx): Promise<void> {
    return this.#journal.holdTurn(tx);
  }

  /** The trading day as it is kept; undefined where the exchange keeps no hours. */
  async day(): Promise<TradingDay | undefined> {
    await this.#journal.ready();
    await this.#journal.settled();
    return (await this.#journal.ready()).day;
  }

  /** The trading day goes on; undefined: the exchange keeps no hours any more. Resolves when that is kept and told. */
  async changeDay(day: TradingDay | undefined): Promise<void> {
    for (const market of this.#markets.all()) if (this.#isNewDay(market)) await this.#adjustLive(market);
    const oms = await this.#journal.ready();
    const listed = [...this.#markets.all()].filter(({ instrument }) => oms.isListed(instrument.symbol));
    for (const market of listed) this.#markets.list(oms, market);
    const tellers = listed.map((market) => ({
      symbol: market.instrument.symbol,
      teller: this.#markets.tellerOf(oms, market),
    }));
    const tells: (() => void)[] = [];
    const about = { id: newId(), sequence: oms.sequence, at: this.clock() };
    const decision = this.#journal.execute({ kind: 'day', ...about, day: day ?? null }, () =>
      tells.forEach((tell) => tell()),
    );
    const { outcome } = decision;
    if (isRefusal(outcome)) throw new Error(`the day is refused to go on: ${outcome.code}`);
    this.#markets.goTo(oms.phase);
    for (const { symbol, teller } of tellers)
      tells.push(teller(outcome.prints.filter((print) => print.symbol === symbol)));
    await decision.committed;
  }

  /**
   * Closes what users hold, or owe, under MIS, as far as somebody trades: what they still wish is cancelled, what they have
   * is sold for them, what they owe is bought. What was closed is not there any more, so nothing is closed twice, however
   * often this is asked.
   */
  async squareOff(): Promise<void> {
    const oms = await this.#journal.ready();
    const isMeant = ({ product }: Order): boolean => product === 'MIS';
    const decisions = oms.day?.isMisClosed ? this.#withdraw(oms, [...oms.openOrders()].filter(isMeant)) : [];
    decisions.push(...this.#close(oms, oms.openPositions(), 'DAY_END'));
    await this.#closed(decisions);
  }

  /**
   * Closes the positions of those whom an instrument's last price has cost too much of their margin. Like the square-off it
   * does what the state at hand asks for, so it may be asked at any time.
   */
  async callMargins(symbol: string): Promise<void> {
    const oms = await this.#journal.ready();
    if (oms.phase !== 'CONTINUOUS') return;
    const decisions = oms.marginCalls(symbol).flatMap((userId) => {
      const orders = oms.ordersOf(userId, { symbol: null, side: null });
      const withdrawn = this.#withdraw(
        oms,
        orders.filter(({ id, product }) => product === 'MIS' && !oms.routed(id)),
      );
      return [...withdrawn, ...this.#close(oms, oms.marginedPositionsOf(userId), 'MARGIN_CALL')];
    });
    await this.#closed(decisions);
  }

  #withdraw(oms: Oms, orders: readonly Order[]): Decision[] {
    const at = this.clock();
    return orders.map(({ id: orderId, userId, symbol }) => {
      const command = { kind: 'cancel', at, userId, orderId, reason: 'SQUARE_OFF' } as const;
      return this.#decide(oms, this.#markets.get(symbol), command);
    });
  }

  #close(oms: Oms, positions: readonly UserPosition[], reason: SquareOffReason): Decision[] {
    const at = this.clock();
    return positions.flatMap(({ userId, symbol, quantity }) => {
      const market = this.#markets.get(symbol);
      const { bids, asks } = oms.depth(symbol, 1);
      const isWanted = oms.phase === 'PRE_OPEN' || (quantity > 0n ? bids : asks).length > 0;
      if (!market || !isWanted) return [];
      this.#markets.list(oms, market);
      const id = newId();
      // What is more than can be cut into orders at once has its turn when this is asked again.
      const freeze = this.#markets.termsOf(market).freeze;
      const most = freeze === undefined ? undefined : SLICES_MAX * BigInt(freeze);
      const request = squareOffRequest(id, { symbol, quantity: within(quantity, most) }, reason);
      const plain = placing(request, userId, id, oms.sequence, at);
      return [this.#decide(oms, market, { ...plain, isSliced: true, origin: 'SQUARE_OFF' })];
    });
  }

  async #closed(decisions: readonly Decision[]): Promise<void> {
    for (const { outcome } of decisions)
      if (isRefusal(outcome)) this.log.error({ code: outcome.code }, 'a position was not closed');
    await Promise.all(decisions.map(({ committed }) => committed));
  }

  /** Resolves when the tables show everything that was acknowledged before. */
  shown(): Promise<void> {
    return this.#journal.shown();
  }

  /** Runs a transaction as the one writer: it fails when another process has taken over. */
  asWriter<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#journal.asWriter(work);
  }

  /** Whether this is the first action of a day at a market that nobody replays. */
  #isNewDay({ splitsUntil, replayedUntilMs }: Market): boolean {
    const nowMs = this.clock();
    return nowMs >= replayedUntilMs && splitsUntil.LIVE < istDate(nowMs);
  }

  /** Before the first action of a day: its splits take place, and its band lies around what they make of the close. */
  async #adjustLive(market: Market): Promise<void> {
    const date = istDate(this.clock());
    const splits = await this.#adjust(market, market.splitsUntil.LIVE, date);
    market.splitsUntil.LIVE = date;
    const today = splits.find(({ exDate }) => exDate === date);
    market.exSplit = today && { date, ratio: splitRatio(today.splitFactor) };
    delete market.terms;
  }

  /** A replay passes over ex-dates as days do; where it begins, nothing came before. */
  async #adjustReplay(market: Market, atMs: number): Promise<void> {
    const date = istDate(atMs);
    const { REPLAY: until } = market.splitsUntil;
    if (market.lastSource === 'REPLAY' && until < date) await this.#adjust(market, until, date);
    market.splitsUntil.REPLAY = date;
  }

  /**
   * Carries out the splits between two days, each once for ever. Orders that wait are in units that are no more: their
   * time is over.
   */
  async #adjust({ instrument }: Market, after: string, upTo: string): ReturnType<typeof splitsBetween> {
    const { symbol } = instrument;
    const splits = await splitsBetween(this.db.system, symbol, after, upTo);
    for (const split of splits) {
      // What somebody has is known to the state once it has met them.
      await this.#journal.shown();
      const holders = await holdersOf(this.db.system, symbol);
      await Promise.all(holders.map((holder) => this.#journal.ready(holder)));
      const oms = await this.#journal.ready();
      if (oms.isAdjusted(symbol, split.exDate)) continue;
      const at = this.clock();
      for (const { id: orderId, userId, symbol: of } of [...oms.openOrders()])
        if (of === symbol)
          this.#journal.execute({ kind: 'cancel', at, userId, orderId, reason: 'TIME_IN_FORCE' });
      await this.#journal.execute({ kind: 'adjust', at, id: newId(), symbol, ...split }).committed;
    }
    return splits;
  }

  async #playEntry(oms: Oms, market: Market, entry: Recorded, bringsQuotes: boolean): Promise<void> {
    const { kind, symbol, tickSize, lotSize } = market.instrument;
    const { at, price, quantity } = entry;
    market.replayedUntilMs = this.clock() + REPLAY_HOLD_MS;
    market.recordedAt = at;
    // A replay begins with a market of its own: what happened live is not its yesterday.
    const isBeginning = market.lastSource === 'LIVE';
    const session = isBeginning ? openSession(price) : market.session;
    market.session = anchorReplay(session, at.getTime(), price, tickSize);
    market.isQuoted = bringsQuotes || (market.isQuoted && !isBeginning);
    market.lastSource = 'REPLAY';
    if (kind === 'INDEX') {
      if (entry.kind === 'PRINT') this.#markets.tick(market, at, price, quantity, 'REPLAY');
      return;
    }
    const standing = isBeginning ? { bids: [], asks: [] } : oms.quotes(symbol);
    const about = { id: newId(), sequence: oms.sequence, symbol, at: this.clock() };
    if (entry.kind === 'QUOTE') {
      const quotes = withRecordedQuote(standing, entry);
      return this.#move(oms, market, { kind: 'quote', ...about, ...plainQuotes(quotes) }, [at, 'REPLAY']);
    }
    const quotes = market.isQuoted ? withinPrice(standing, price) : quotesAround(entry, tickSize, lotSize);
    const side = aggressorOf(price, market.session.last);
    const command = { kind: 'repeat', ...about, side, ...plain(entry), ...plainQuotes(quotes) } as const;
    await this.#move(oms, market, command, [at, 'REPLAY']);
    if (quantity === 0n) this.#markets.tick(market, at, price, 0n, 'REPLAY');
  }

  /** Orders end with the day that they are good for, by the calendar of India. */
  async #expire(): Promise<void> {
    const today = istDate(this.clock());
    if (today === this.#expiredOn) return;
    const oms = await this.#journal.ready();
    // Where the exchange keeps hours, orders of the day end when it closes.
    const late = [...oms.openOrders()].filter(
      (order) => isExpired(order, today) && (!oms.day || order.validity !== 'DAY'),
    );
    const at = this.clock();
    const decisions = late.map(({ id: orderId, userId, symbol }) =>
      this.#decide(oms, this.#markets.get(symbol), {
        kind: 'cancel',
        at,
        userId,
        orderId,
        reason: 'TIME_IN_FORCE',
      }),
    );
    await Promise.all(decisions.map(({ committed }) => committed));
    this.#expiredOn = today;
  }

  /** The order as a decision left it, when that is kept. */
  async #answer(decision: Decision, orderId: string): Promise<Order | TradingRefusal> {
    const orders = await this.#answerAll(decision, ({ id }) => id === orderId);
    if (isRefusal(orders)) return orders;
    const [order] = orders;
    if (!order) throw new Error(`nothing happened to order ${orderId}`);
    return order;
  }

  /** Those that are meant of the orders that something happened to, as a decision left them, when that is kept. */
  async #answerAll(
    { outcome, committed }: Decision,
    isMeant: (order: Order) => boolean,
  ): Promise<readonly Order[] | TradingRefusal> {
    await committed;
    return isRefusal(outcome) ? outcome : lastStates(outcome.happenings).filter(isMeant);
  }

  /** Sees to it that orders go where they are carried out. */
  #sent<T extends readonly Order[] | TradingRefusal>(orders: T): T {
    if (!isRefusal(orders)) this.#route?.attend(orders.map(({ id }) => id));
    return orders;
  }

  /** Why an order is none of the caller's open ones. */
  async #noOpenOrder(caller: Pick<Owner, 'userId'>, orderId: string): Promise<TradingRefusal> {
    let owner = this.#journal.ownerOfEnded(orderId);
    if (owner === undefined) {
      await this.#journal.shown();
      owner = (await orderById(this.db.system, orderId))?.userId;
    }
    await this.#journal.settled();
    return no(owner === caller.userId ? 'ORDER_CLOSED' : 'ORDER_UNKNOWN', 'orderId');
  }

  /** Carries out what the market does; it is kept only when it reaches a user's order. */
  async #move(oms: Oms, market: Market, command: MarketCommand, time: MarketTime): Promise<void> {
    const { symbol } = command;
    this.#markets.list(oms, market);
    if (oms.reachesUser(command)) return this.#decide(oms, market, command, time).committed;
    const before = this.#markets.watchedDepth(oms, symbol);
    const prints = oms.move(command);
    const depth = oms.depth(symbol, DEPTH_LEVELS);
    this.#journal.afterwards(() => this.#markets.tell(market, prints, before, depth, time));
  }

  /** Carries out a command about a market's orders; what it does there is told when it is committed. */
  #decide(
    oms: Oms,
    market: Market | undefined,
    command: PlaceOrder | ModifyOrder | CancelOrder | MarketCommand,
    time = this.#markets.timeOf(market),
  ): Decision {
    const teller = this.#markets.tellerOf(oms, market, time);
    let tell = (): void => undefined;
    const decision = this.#journal.execute(command, () => tell());
    if (!isRefusal(decision.outcome)) tell = teller(decision.outcome.prints);
    return decision;
  }
}

/** A quantity, in whichever direction, of at most so many units. */
function within(quantity: bigint, most: bigint | undefined): bigint {
  if (most === undefined) return quantity;
  if (quantity > most) return most;
  return quantity < -most ? -most : quantity;
}

/** Whether the orders, as they were placed, are what comes of this very request. */
function isSameWish(placed: readonly PlacedOrder[], request: OrderRequest): boolean {
  const [first] = placed;
  if (!first) return false;
  const { limitPrice, triggerPrice, displayQuantity } = first.terms;
  const quantity = placed.reduce((sum, { terms }) => sum + terms.quantity, 0n);
  return isSameRequest({ ...first.order, quantity, limitPrice, triggerPrice, displayQuantity }, request);
}
