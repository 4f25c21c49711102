/**
 * The exchange as a state machine. Everything it decides by is in its memory: the books in the matching core, what
 * each user may promise, the facts of the open orders. It knows no clock, no chance and no database; ids and time come
 * with the commands, so the same commands give the same state and the same outcomes.
 *
 * The market's quotes move all the time and concern nobody until a user's order depends on them. They may therefore
 * move outside the commands (`move`), as long as they reach no user's order; the next command that depends on them is
 * then preceded by one that states where they stand (`decide`). That rule makes a replay of the commands exact.
 */
import { isRefusal } from '@gridworks/kit/refusal';
import { dateOf } from '@gridworks/kit/time';
import { cancelled, created, entered, executed, modified, triggered, type Step } from '../happening.ts';
import {
  ID_MAX,
  PRICE_MAX,
  type Phase,
  type Report,
  type Restated,
  type Traded,
} from '../matching/command.ts';
import { FastEngine } from '../matching/fast.ts';
import {
  checkChange,
  checkOrder,
  isInBand,
  type AcceptedChange,
  type Listing,
  type Standing,
} from '../order-check.ts';
import {
  ORDER_RATE_MAX,
  createOrder,
  holdOf,
  no,
  remainingOf,
  type CancelReason,
  type Order,
  type OrderOrigin,
  type Product,
  type TradingRefusal,
} from '../order.ts';
import type { Depth, DepthLevel, Quotes } from '../quote.ts';
import { splitRatio } from '../split.ts';
import type { TradingDay } from '../trading-day.ts';
import { Account, type AccountState, type Assets } from './account.ts';
import type {
  AdjustStock,
  CancelOrders,
  ChangeDay,
  Command,
  MarketCommand,
  ModifyOrder,
  MoveWithdrawal,
  OpenAccount,
  PlaceOrder,
  StateMarket,
  Terms,
} from './command.ts';
import type { Terms as BrokerTerms } from '../broker/order.ts';
import { unsupported, type VenueStanding } from '../broker/standing.ts';
import { idAfter } from './ids.ts';
import { MarketSide } from './market.ts';
import { NOTHING, Work, type Decided, type Outcome, type Print } from './outcome.ts';
import { RoutedOrders, type Routed } from './routed.ts';
import { factsOf, orderOf, type KeptAfterMarket, type KeptOrder, type OmsState } from './state.ts';
import { Withdrawals } from './withdrawals.ts';
import {
  coreTypeOf,
  isSame,
  listingOf,
  printOf,
  refuseRefusal,
  requestOf,
  restReason,
  sliceOf,
  wishOf,
} from './words.ts';

/** In the core the market of an instrument owns orders under the instrument's number; users are numbered from here. */
const USERS_FROM = 65_536;
/** Numbers of orders in the core are used again and again; far more than are ever open at once. */
const NUMBER_MAX = 2 ** 26 - 1;
const NONE: readonly never[] = [];
/** So many credits are remembered: who tells of one twice does so soon. */
const CREDITS_MAX = 16_384;

/** How a book of the core that is closed at first comes to a phase. */
const WAY_TO: Readonly<Record<Phase, readonly Phase[]>> = {
  CLOSED: [],
  PRE_OPEN: ['PRE_OPEN'],
  BUFFER: ['PRE_OPEN', 'BUFFER'],
  CONTINUOUS: ['CONTINUOUS'],
  HALTED: ['PRE_OPEN', 'HALTED'],
};

/** Of an instrument that was not listed yet: nothing can be placed. */
const UNLISTED: Terms = {
  exchange: 'NSE',
  kind: 'INDEX',
  currency: 'INR',
  tickSize: 1,
  lotSize: 1,
  lower: 1,
  upper: 1,
};

/** One instrument: its name in the core, the market's side of its book, and what was last said about it. */
interface Floor {
  readonly symbol: string;
  readonly instrument: number;
  readonly market: MarketSide;
  terms: Terms;
  /** The terms in the words of the ladder. */
  listing: Listing;
  /** Whether the commands so far tell where the market's side stands. */
  isStated: boolean;
}

/** An order that waits for the next trading day. */
interface AfterMarket {
  readonly order: Order;
  /** What it trades at then at worst. */
  readonly worstPrice: number;
}

/** Units that somebody has and does not sell yet. */
export interface FreeStock {
  readonly userId: string;
  readonly symbol: string;
  readonly quantity: bigint;
}

export class Oms {
  #now = 0;
  #orderRateMax = ORDER_RATE_MAX;
  #day: TradingDay | undefined;
  #lastNumber = 0;
  readonly #core: FastEngine;
  readonly #accounts = new Map<string, Account>();
  readonly #floors = new Map<string, Floor>();
  /** By number in the core. */
  readonly #symbols: string[] = [];
  /** By number in the core, and by id. */
  readonly #orders = new Map<number, Order>();
  readonly #numbers = new Map<string, number>();
  readonly #routed = new RoutedOrders(
    (order) => this.#accountOf(order),
    (step, work) => this.#take(step, work),
    ({ symbol, side }) => this.#floorOf(symbol).listing.band[side === 'BUY' ? 'upper' : 'lower'],
  );
  /** After-market orders by id, as they came. */
  readonly #waiting = new Map<string, AfterMarket>();
  readonly #credited = new Set<string>();
  /** Splits that were carried out, each by its instrument and ex-date. */
  readonly #adjusted = new Set<string>();
  readonly #withdrawals: Withdrawals;

  constructor(state?: OmsState) {
    this.#core = new FastEngine({ risk: false, reusesIds: true }, state?.core);
    this.#withdrawals = new Withdrawals(state?.withdrawals);
    if (!state) return;
    this.#now = state.now;
    this.#orderRateMax = state.orderRateMax;
    this.#day = state.day;
    state.accounts.forEach((account) => this.#addAccount(account));
    state.floors.forEach(({ symbol, terms }) => this.#addFloor(symbol, terms));
    for (const [number, facts] of state.orders) this.#recall(number, orderOf(facts));
    for (const [worstPrice, facts] of state.waiting ?? []) {
      const order = orderOf(facts);
      this.#accountOf(order).remember(order);
      this.#waiting.set(order.id, { order, worstPrice });
    }
    for (const { order } of state.core.orders) this.#lastNumber = Math.max(this.#lastNumber, order);
    for (const id of state.credited) this.#credited.add(id);
    for (const name of state.adjusted ?? []) this.#adjusted.add(name);
    for (const routed of state.routed ?? []) this.#routed.recall(routed);
  }

  /** How far the matching core has counted. */
  get sequence(): number {
    return this.#core.sequence;
  }

  get orderRateMax(): number {
    return this.#orderRateMax;
  }

  /** Undefined where the exchange keeps no hours. */
  get day(): TradingDay | undefined {
    return this.#day;
  }

  get phase(): Phase {
    return this.#day?.phase ?? 'CONTINUOUS';
  }

  /** Whether anything was ever said of this instrument. */
  isListed(symbol: string): boolean {
    return this.#floors.has(symbol);
  }

  hasAccount(userId: string): boolean {
    return this.#accounts.has(userId);
  }

  /** Of somebody who has an account. */
  assetsOf(userId: string): Assets {
    const account = this.#accounts.get(userId);
    if (!account) throw new Error(`user ${userId} has no account`);
    return account.assets;
  }

  isCredited(eventId: string): boolean {
    return this.#credited.has(eventId);
  }

  get withdrawals(): Pick<Withdrawals, 'isReleased' | 'isKnown'> {
    return this.#withdrawals;
  }

  isAdjusted(symbol: string, exDate: string): boolean {
    return this.#adjusted.has(adjustmentName(symbol, exDate));
  }

  /** The open order of this id. */
  order(id: string): Order | undefined {
    const number = this.#numbers.get(id);
    if (number !== undefined) return this.#orders.get(number);
    return this.#waiting.get(id)?.order ?? this.#routed.order(id);
  }

  /** The open orders that wait in the books, or for the next trading day. */
  *openOrders(): IterableIterator<Order> {
    yield* this.#orders.values();
    for (const { order } of this.#waiting.values()) yield order;
  }

  /** What everybody has free under a product. */
  freeStock(product: Product): FreeStock[] {
    return [...this.#accounts.values()].flatMap((account) =>
      account.symbolsOf(product).flatMap((symbol) => {
        const quantity = account.freeQuantity(symbol, product);
        return quantity > 0n ? [{ userId: account.userId, symbol, quantity }] : [];
      }),
    );
  }

  /** The order of this id that a broker carries out, as long as it is remembered. */
  routed(id: string): Routed | undefined {
    return this.#routed.get(id);
  }

  /** The open orders that a broker carries out. */
  routedOrders(): Iterable<Order> {
    return this.#routed.orders();
  }

  /** Whether anything follows from what a broker says of an order. */
  isNews(orderId: string, standing: VenueStanding): boolean {
    return this.#routed.isNews(orderId, standing);
  }

  /** Whether what a broker says of an order's terms is not what they are here. */
  isAmended(orderId: string, told: BrokerTerms): boolean {
    return this.#routed.isAmended(orderId, told);
  }

  /** Whether a trade of an order at a broker is still to be counted. */
  isUncounted(orderId: string, tradeId: string): boolean {
    return this.#routed.isUncounted(orderId, tradeId);
  }

  /** The open orders of a user, of one instrument and one side where they are given, as they were accepted. */
  ordersOf(userId: string, only: CancelOrders['only']): Order[] {
    const account = this.#accounts.get(userId);
    const orders = this.#core
      .ordersOf(account?.number ?? 0)
      .flatMap(({ order }) => this.#orders.get(order) ?? []);
    for (const order of this.#routed.orders()) if (order.userId === userId) orders.push(order);
    for (const { order } of this.#waiting.values()) if (order.userId === userId) orders.push(order);
    return orders.filter(
      ({ symbol, side }) => symbol === (only.symbol ?? symbol) && side === (only.side ?? side),
    );
  }

  depth(symbol: string, levels: number): Depth {
    const floor = this.#floors.get(symbol);
    const { bids, asks } = this.#core.depth(floor?.instrument ?? 0, levels);
    return { bids: bids.map(wide), asks: asks.map(wide) };
  }

  /** Takes in an order that waited before there were commands; in the order of their arrival, its account first. */
  adopt(order: Order): void {
    if (order.limitPrice === null) throw new Error(`order ${order.id} waits without a price`);
    const floor = this.#floors.get(order.symbol) ?? this.#listFloor(order.symbol, UNLISTED);
    const quantity = Number(remainingOf(order));
    this.#accountOf(order).remember(order);
    this.#enter(floor, order, this.#nextNumber(), Number(order.limitPrice), quantity, (report) => {
      if (report.kind !== 'accepted') throw new Error(`order ${order.id} does not wait in its book`);
    });
  }

  /** The market's quotes as they stand. */
  quotes(symbol: string): Quotes {
    const levels = { BUY: new Map<number, number>(), SELL: new Map<number, number>() };
    for (const [side, price, quantity] of this.#floors.get(symbol)?.market.standing() ?? [])
      levels[side].set(price, (levels[side].get(price) ?? 0) + quantity);
    const best = (side: 'BUY' | 'SELL', sign: 1 | -1): Quotes['bids'] =>
      [...levels[side]]
        .sort(([a], [b]) => sign * (a - b))
        .map(([price, quantity]) => ({ price: BigInt(price), quantity: BigInt(quantity) }));
    return { bids: best('BUY', -1), asks: best('SELL', 1) };
  }

  /**
   * What holds of an instrument just now; every command about it that comes later is decided by this. `last` is its last
   * price, for an instrument that is new here: of the others each trade tells.
   */
  list(symbol: string, terms: Terms, last: number): void {
    const floor = this.#floors.get(symbol);
    if (!floor) this.#core.restateLast(this.#listFloor(symbol, terms).instrument, last);
    else if (!isSame(floor.terms, terms))
      Object.assign(floor, { terms, listing: listingOf(terms), isStated: false });
  }

  /** Whether a command of the market may trade with a user: then it has to be carried out as a command. */
  reachesUser(command: MarketCommand): boolean {
    return this.#floorOf(command.symbol).market.reachesUser(command);
  }

  /** Carries out what reaches no user's order; no command tells of it. */
  move(command: MarketCommand): readonly Print[] {
    const floor = this.#floorOf(command.symbol);
    const prints: Print[] = [];
    floor.isStated = false;
    floor.market.apply(command, (report) => {
      if (report.kind === 'triggered') throw new Error(`the market of ${command.symbol} woke a stop unseen`);
      if (report.kind !== 'traded') return;
      if (report.makerOwner >= USERS_FROM || report.takerOwner >= USERS_FROM)
        throw new Error(`the market of ${command.symbol} traded with a user unseen`);
      prints.push(printOf(command.symbol, report));
    });
    return prints;
  }

  /** Takes the market's quotes away, as at a start: they will come anew. */
  withdrawQuotes(): void {
    for (const floor of this.#floors.values()) {
      floor.market.withdraw();
      floor.isStated = false;
    }
  }

  /** The last price as it was told to everybody: trades among the market that no command tells of moved it too. */
  resume(symbol: string, last: number): void {
    const floor = this.#floors.get(symbol);
    if (!floor) return;
    this.#core.restateLast(floor.instrument, last);
    floor.isStated = false;
  }

  /**
   * Carries out a command, and says which commands would have to be repeated for the same to happen again: where the
   * market has moved that this one depends on, a statement of it comes first. None for a refusal.
   */
  decide(command: Command): Decided {
    const statements = this.#statementsFor(command);
    const outcome = this.apply(command);
    if (isRefusal(outcome)) return { outcome, steps: [] };
    const step = { command, outcome };
    if (statements.length === 0) return { outcome, steps: [step] };
    for (const { symbol } of statements) this.#floorOf(symbol).isStated = true;
    return {
      outcome,
      steps: [...statements.map((statement) => ({ command: statement, outcome: NOTHING })), step],
    };
  }

  /** Carries out a command. A refusal changes nothing. */
  apply(command: Command): Outcome | TradingRefusal {
    if ('sequence' in command && command.kind !== 'open') this.#core.countFrom(command.sequence);
    const work = new Work(command.at);
    switch (command.kind) {
      case 'open':
        this.#open(command);
        break;
      case 'credit':
        this.#credit(command.credits, work);
        break;
      case 'limits':
        this.#orderRateMax = command.orderRateMax;
        break;
      case 'market':
        this.#state(command);
        break;
      case 'adjust':
        this.#adjust(command, work);
        break;
      case 'withdrawal': {
        const refusal = this.#withdraw(command, work);
        if (refusal) return refusal;
        break;
      }
      case 'place': {
        const refusal = this.#place(command, work);
        if (refusal) return refusal;
        break;
      }
      case 'modify': {
        const refusal = this.#modify(command, work);
        if (refusal) return refusal;
        break;
      }
      case 'cancelAll':
        this.#cancelAll(command, work);
        break;
      case 'cancel': {
        const refusal = this.#cancel(command, work);
        if (refusal) return refusal;
        break;
      }
      case 'standing':
        this.#routed.stand(command, work);
        break;
      case 'terms': {
        const refusal = this.#routed.changeTerms(command, work);
        if (refusal) return refusal;
        break;
      }
      case 'fill': {
        const refusal = this.#routed.fill(command, work);
        if (refusal) return refusal;
        break;
      }
      case 'day':
        this.#changeDay(command, work);
        break;
      case 'quote':
      case 'print':
      case 'repeat':
        this.#floorOf(command.symbol).market.apply(command, (report) => this.#hear(report, command.id, work));
        break;
    }
    this.#now = command.at;
    return work.outcome();
  }

  /** The first rung of the ladder that a request breaks, or the order that it would become. */
  #place(command: PlaceOrder, work: Work): TradingRefusal | undefined {
    const { at, id, userId, origin = 'USER' } = command;
    const account = this.#accounts.get(userId);
    if (!account) throw new Error(`user ${userId} places an order without an account`);
    const request = requestOf(command);
    const floor = this.#floors.get(request.symbol);
    const untaken = command.isRouted && unsupported(request);
    if (untaken) return untaken;
    const accepted = checkOrder(
      request,
      floor?.listing,
      this.#standingOf(account, request, at, origin),
      command.isSliced,
    );
    if (isRefusal(accepted)) return accepted;
    if (!floor) throw new Error(`an order for ${request.symbol} passed without a market`);
    if (origin === 'USER') account.count(at, this.#orderRateMax);
    const { tenantId } = account;
    const { listing, slices } = accepted;
    const about = { userId, tenantId, origin, placedAt: dateOf(at), exchange: listing.exchange };
    const worstPrice = Number(accepted.worstPrice);
    slices.forEach(({ quantity, hold }, index) => {
      const sliceId = index === 0 ? id : idAfter(id, work.nextId());
      const wish = slices.length === 1 ? request : sliceOf(request, index, quantity);
      const order = createOrder(wish, { ...about, id: sliceId, hold });
      if (command.isRouted) return this.#routed.add(order, work);
      this.#take(created(order), work);
      if (request.afterMarket) this.#waiting.set(sliceId, { order, worstPrice });
      else
        this.#enter(floor, order, this.#nextNumber(), worstPrice, Number(quantity), (report) =>
          this.#hear(report, id, work),
        );
    });
    return undefined;
  }

  #modify(command: ModifyOrder, work: Work): TradingRefusal | undefined {
    const { id, userId, orderId } = command;
    const order = this.order(orderId);
    if (order?.userId !== userId) return no('ORDER_UNKNOWN', 'orderId');
    if (this.#routed.order(orderId)) {
      const accept = (wished: Order, worst: bigint): AcceptedChange | TradingRefusal =>
        this.#acceptChange(command, wished, Number(worst), this.#accountOf(order));
      return this.#routed.amend(command, accept, work);
    }
    const number = this.#numbers.get(orderId);
    if (number === undefined) return this.#modifyWaiting(command, order, work);
    const waiting = this.#core.orderOf(number);
    if (!waiting) throw new Error(`order ${orderId} waits nowhere`);
    const account = this.#accountOf(order);
    const accepted = this.#acceptChange(command, order, waiting.price, account);
    if (isRefusal(accepted)) return accepted;
    const step = modified(order, accepted.terms, accepted.hold);
    this.#orders.set(number, step.order);
    this.#take(step, work);
    // What traded before there were commands the core knows nothing of.
    const quantity = Number(remainingOf(step.order)) + waiting.filled;
    const { limitPrice: price, triggerPrice: stop, displayQuantity: display } = command;
    const about = { at: 0, owner: account.number, order: number };
    this.#core.apply({ kind: 'modify', ...about, quantity, price, stop, display }, (report) =>
      this.#hear(report, id, work),
    );
    return undefined;
  }

  /** An after-market order is changed and keeps its place. */
  #modifyWaiting(command: ModifyOrder, order: Order, work: Work): TradingRefusal | undefined {
    const worstPrice = this.#waiting.get(order.id)?.worstPrice ?? 0;
    const accepted = this.#acceptChange(command, order, worstPrice, this.#accountOf(order));
    if (isRefusal(accepted)) return accepted;
    const step = modified(order, accepted.terms, accepted.hold);
    this.#waiting.set(order.id, { order: step.order, worstPrice: command.limitPrice ?? worstPrice });
    this.#take(step, work);
    return undefined;
  }

  /** The first rung that a change breaks; otherwise it counts. */
  #acceptChange(
    command: ModifyOrder,
    order: Order,
    worstPrice: number,
    account: Account,
  ): AcceptedChange | TradingRefusal {
    const { listing } = this.#floorOf(order.symbol);
    const standing = this.#standingOf(account, order, command.at);
    const accepted = checkChange(order, wishOf(command), BigInt(worstPrice), listing, standing);
    if (!isRefusal(accepted)) account.count(command.at, this.#orderRateMax);
    return accepted;
  }

  #cancelAll({ userId, only }: CancelOrders, work: Work): void {
    for (const order of this.ordersOf(userId, only)) {
      const refusal = this.#cancel({ orderId: order.id, userId, reason: 'USER' }, work);
      if (refusal) throw new Error(`open order ${order.id} is refused to be cancelled: ${refusal.code}`);
    }
  }

  #cancel(
    {
      orderId,
      userId,
      reason,
    }: { readonly orderId: string; readonly userId: string; readonly reason: CancelReason },
    work: Work,
  ): TradingRefusal | undefined {
    const order = this.order(orderId);
    if (order?.userId !== userId) return no('ORDER_UNKNOWN', 'orderId');
    if (this.#routed.order(orderId)) this.#routed.cancel(orderId, reason, work);
    else this.#leave(order, reason, work);
    return undefined;
  }

  /** An order leaves from wherever it waits. */
  #leave(order: Order, reason: CancelReason, work: Work): void {
    const number = this.#numbers.get(order.id);
    if (number === undefined) this.#waiting.delete(order.id);
    else this.#takeOut(number, order);
    this.#take(cancelled(order, reason), work);
  }

  #takeOut(number: number, order: Order): void {
    this.#core.apply(
      { kind: 'cancel', at: 0, owner: this.#accountOf(order).number, order: number },
      refuseRefusal,
    );
    this.#forget(number, order);
  }

  /** What stands behind a wish about a side of an instrument. */
  #standingOf(
    account: Account,
    { symbol, product, side }: Pick<Order, 'symbol' | 'product' | 'side'>,
    at: number,
    origin: OrderOrigin = 'USER',
  ): Standing {
    const { orders, trades } = account.countsOn(at);
    return {
      at,
      phase: this.phase,
      isMisClosed: this.#day?.isMisClosed ?? false,
      origin,
      buyingPower: account.buyingPower,
      freeQuantity: account.freeQuantity(symbol, product),
      exposure: account.exposure(symbol),
      isRateReached: account.isRateReached(at, this.#orderRateMax),
      ordersToday: orders,
      tradesToday: trades,
      wouldTrade: (price) => this.#core.wouldTrade(this.#floorOf(symbol).instrument, side, Number(price)),
    };
  }

  /** Lets an order into its book, or has it wait for its trigger. `price` is the worst that it may trade at. */
  #enter(
    { instrument }: Floor,
    order: Order,
    number: number,
    price: number,
    quantity: number,
    emit: (report: Report) => void,
  ): void {
    this.#keep(number, order);
    const { side, type, validity, triggerPrice, displayQuantity } = order;
    this.#core.apply(
      {
        kind: 'new',
        at: 0,
        instrument,
        owner: this.#accountOf(order).number,
        order: number,
        side,
        type: coreTypeOf(order, this.phase),
        // A MARKET order trades up to the end of the band and never waits, but for an auction.
        validity: type === 'MARKET' && validity === 'DAY' && this.phase !== 'PRE_OPEN' ? 'IOC' : validity,
        quantity,
        price,
        stop: order.status === 'TRIGGER_PENDING' ? Number(triggerPrice) : null,
        display: displayQuantity === null ? null : Number(displayQuantity),
        // Days end by commands of ours.
        expiresAt: null,
        postOnly: order.postOnly,
        stp: order.selfTradePrevention,
      },
      emit,
    );
  }

  /** What the core reports of users' orders; `id` is what the ids of trades count on from. */
  #hear(report: Report, id: string, work: Work): void {
    if (report.kind === 'traded') return this.#trade(report, id, work);
    if (report.kind === 'triggered') return this.#change(report.order, triggered, work);
    if (report.kind === 'restated') return this.#change(report.order, this.#reduced(report), work);
    if (report.kind === 'cancelled' || report.kind === 'expired') {
      const order = this.#orders.get(report.order);
      if (!order) return;
      this.#forget(report.order, order);
      const reason = report.kind === 'expired' ? 'TIME_IN_FORCE' : restReason(report.reason, order);
      return this.#take(cancelled(order, reason), work);
    }
    refuseRefusal(report);
  }

  /** Self-trade prevention took from an order, or an auction gave it a price: what is left promises less. */
  #reduced({ order: number, remaining }: Restated): (order: Order) => Step {
    const left = BigInt(remaining);
    const worstPrice = BigInt(this.#core.orderOf(number)?.price ?? 0);
    return (order) => {
      const hold = holdOf(order.side, worstPrice, left, order.turnover);
      return modified(order, { ...order, quantity: order.filledQuantity + left }, hold);
    };
  }

  #trade(report: Traded, id: string, work: Work): void {
    const print = printOf(this.#symbols[report.instrument] ?? '', report);
    work.prints.push(print);
    const executionId = idAfter(id, work.nextId());
    for (const number of [report.maker, report.taker]) {
      const order = this.#orders.get(number);
      if (!order) continue;
      const { price, quantity } = print;
      const step = executed(order, { tradeId: idAfter(id, work.nextId()), executionId, price, quantity });
      if (step.order.status === 'FILLED') this.#forget(number, order);
      else this.#orders.set(number, step.order);
      this.#take(step, work);
    }
  }

  /** A user's order goes on otherwise. */
  #change(number: number, stepOf: (order: Order) => Step, work: Work): void {
    const order = this.#orders.get(number);
    if (!order) return;
    const step = stepOf(order);
    this.#orders.set(number, step.order);
    this.#take(step, work);
  }

  #take(step: Step, work: Work): void {
    const account = this.#accountOf(step.order);
    const stock = account.take(step, work.at);
    const { kind, order, fill, change } = step;
    work.add({ kind, order, fill, change, sequence: account.sequence, at: work.date }, account, stock);
  }

  #open({ kind: _, at: __, ...facts }: OpenAccount): void {
    if (this.#accounts.has(facts.userId)) throw new Error(`user ${facts.userId} is known already`);
    this.#addAccount({ ...facts, recent: [], day: 0, orders: 0, trades: 0 });
  }

  #credit(credits: readonly { eventId: string; userId: string; amount: number }[], work: Work): void {
    for (const { eventId, userId, amount } of credits) {
      const account = this.#accounts.get(userId);
      if (!account) throw new Error(`user ${userId} is credited without an account`);
      if (this.#credited.has(eventId)) throw new Error(`event ${eventId} is credited a second time`);
      account.buyingPower += BigInt(amount);
      work.addBalance(account);
      this.#credited.add(eventId);
      if (this.#credited.size > CREDITS_MAX)
        this.#credited.delete(this.#credited.values().next().value ?? '');
    }
  }

  #withdraw(command: MoveWithdrawal, work: Work): TradingRefusal | undefined {
    const account = this.#accountOf(command);
    const amount = BigInt(command.amount);
    if (command.step === 'RELEASE' && amount > account.buyingPower) return no('FUNDS_INSUFFICIENT');
    this.#withdrawals.move(command);
    if (command.step === 'RELEASE') account.buyingPower -= amount;
    if (command.step === 'RESTORE') account.buyingPower += amount;
    work.addBalance(account);
    return undefined;
  }

  #adjust({ symbol, exDate, splitFactor }: AdjustStock, work: Work): void {
    if (this.isAdjusted(symbol, exDate)) throw new Error(`${symbol} is adjusted a second time for ${exDate}`);
    const ratio = splitRatio(splitFactor);
    for (const account of this.#accounts.values())
      for (const stock of account.adjust(symbol, ratio)) work.addStock(account, stock);
    this.#adjusted.add(adjustmentName(symbol, exDate));
  }

  /** All books go to the phase of the day at once: orders of the day end, or an auction finds its price. */
  #changeDay({ id, day }: ChangeDay, work: Work): void {
    const { phase: before } = this;
    this.#day = day ? dayOf(day) : undefined;
    const { phase } = this;
    if (phase === before) return;
    for (const [number, order] of this.#orders)
      if (phase === 'HALTED') this.#leave(order, 'MARKET_HALTED', work);
      else if (phase === 'PRE_OPEN' && this.#isBeyondBand(number, order))
        this.#leave(order, 'OUT_OF_BAND', work);
    for (const { instrument, market, terms } of this.#floors.values()) {
      if (phase === 'PRE_OPEN')
        this.#core.restateClose(instrument, terms.reference ?? this.#core.lastOf(instrument));
      // Who makes the market leaves with it.
      if (phase === 'CLOSED' || phase === 'HALTED') market.withdraw();
    }
    const hear = (report: Report): void => this.#hear(report, id, work);
    this.#core.apply({ kind: 'phase', at: 0, instrument: null, phase }, hear);
    if (phase === 'PRE_OPEN' || phase === 'CONTINUOUS') this.#enterWaiting(hear, work);
  }

  /** An auction must not come to a price at which nobody may trade that day: who waits there leaves before. */
  #isBeyondBand(number: number, { symbol }: Order): boolean {
    const { band } = this.#floorOf(symbol).listing;
    const waiting = this.#core.orderOf(number);
    return waiting?.place === 'BOOK' && !isInBand(BigInt(waiting.price), band);
  }

  /** After-market orders enter as they came. What was promised for one is what it may cost: the band must be the same. */
  #enterWaiting(hear: (report: Report) => void, work: Work): void {
    for (const { order, worstPrice } of this.#waiting.values()) {
      const floor = this.#floorOf(order.symbol);
      const { band } = floor.listing;
      const isCovered = order.type !== 'MARKET' || order.side === 'SELL' || BigInt(worstPrice) >= band.upper;
      if (!isCovered || (order.limitPrice !== null && !isInBand(order.limitPrice, band))) {
        this.#leave(order, 'OUT_OF_BAND', work);
        continue;
      }
      this.#waiting.delete(order.id);
      const step = entered(order);
      this.#take(step, work);
      this.#enter(floor, step.order, this.#nextNumber(), worstPrice, Number(order.quantity), hear);
    }
  }

  #state({ symbol, terms, quotes, last }: StateMarket): void {
    const floor = this.#floors.get(symbol) ?? this.#listFloor(symbol, terms);
    floor.terms = terms;
    floor.listing = listingOf(terms);
    floor.isStated = true;
    floor.market.restate(quotes);
    if (last !== undefined) this.#core.restateLast(floor.instrument, last);
  }

  /** Where the markets stand that a command depends on, as far as that was not told. */
  #statementsFor(command: Command): readonly StateMarket[] {
    if (command.kind === 'day')
      return [...this.#floors.keys()].flatMap((symbol) => this.#statement(symbol, command.at) ?? []);
    const statement = 'symbol' in command ? this.#statement(command.symbol, command.at) : undefined;
    return statement ? [statement] : NONE;
  }

  #statement(symbol: string, at: number): StateMarket | undefined {
    const floor = this.#floors.get(symbol);
    if (!floor || floor.isStated) return undefined;
    const { terms, market, instrument } = floor;
    const last = this.#core.lastOf(instrument);
    return { kind: 'market', at, symbol, terms, quotes: market.standing(), last };
  }

  #addAccount(state: AccountState): void {
    this.#accounts.set(state.userId, new Account(USERS_FROM + this.#accounts.size, state));
  }

  /** An instrument that is new here, in the phase in which all are. */
  #listFloor(symbol: string, terms: Terms): Floor {
    const instrument = this.#floors.size + 1;
    // Tick, lot and band are rungs of our own ladder; the core takes any price.
    const listing = { tick: 1, lot: 1, freeze: ID_MAX, bandBps: 10_000, dynamic: false };
    const ignore = (): void => undefined;
    this.#core.apply(
      { kind: 'instrument', at: 0, instrument, ...listing, previousClose: PRICE_MAX / 2 },
      ignore,
    );
    for (const phase of WAY_TO[this.phase])
      this.#core.apply({ kind: 'phase', at: 0, instrument, phase }, ignore);
    return this.#addFloor(symbol, terms);
  }

  /** The core has the instrument already. */
  #addFloor(symbol: string, terms: Terms): Floor {
    const instrument = this.#floors.size + 1;
    const market = new MarketSide(instrument, this.#core, () => this.#nextNumber());
    const floor: Floor = { symbol, instrument, market, terms, listing: listingOf(terms), isStated: false };
    this.#floors.set(symbol, floor);
    this.#symbols[instrument] = symbol;
    return floor;
  }

  #nextNumber(): number {
    do this.#lastNumber = (this.#lastNumber % NUMBER_MAX) + 1;
    while (this.#core.isOpen(this.#lastNumber));
    return this.#lastNumber;
  }

  /** An order of a snapshot: the core has it already. */
  #recall(number: number, order: Order): void {
    this.#accountOf(order).remember(order);
    this.#keep(number, order);
  }

  #keep(number: number, order: Order): void {
    this.#orders.set(number, order);
    this.#numbers.set(order.id, number);
  }

  #forget(number: number, { id }: Order): void {
    this.#orders.delete(number);
    this.#numbers.delete(id);
  }

  #accountOf({ userId }: Pick<Order, 'userId'>): Account {
    const account = this.#accounts.get(userId);
    if (!account) throw new Error(`user ${userId} has an order and no account`);
    return account;
  }

  #floorOf(symbol: string): Floor {
    const floor = this.#floors.get(symbol);
    if (!floor) throw new Error(`there is no market of ${symbol}`);
    return floor;
  }

  state(): OmsState {
    const routed = this.#routed.state();
    const withdrawals = this.#withdrawals.state();
    return {
      now: this.#now,
      orderRateMax: this.#orderRateMax,
      accounts: [...this.#accounts.values()].map((account) => account.state()),
      floors: [...this.#floors.values()].map(({ symbol, terms }) => ({ symbol, terms })),
      orders: [...this.#orders].map(([number, order]): KeptOrder => [number, factsOf(order)]),
      core: this.#core.snapshot(),
      credited: [...this.#credited],
      ...(this.#adjusted.size > 0 && { adjusted: [...this.#adjusted] }),
      ...(routed.length > 0 && { routed }),
      ...(this.#day && { day: this.#day }),
      ...(this.#waiting.size > 0 && { waiting: [...this.#waiting.values()].map(keptOf) }),
      ...(withdrawals && { withdrawals }),
    };
  }
}

/** Written in one order, whoever tells of it: states are compared by what they say, value by value. */
function dayOf({ date, phase, endsAt, opensAt, isMisClosed, trippedBps }: TradingDay): TradingDay {
  return { date, phase, endsAt, opensAt, isMisClosed, trippedBps };
}

function keptOf({ order, worstPrice }: AfterMarket): KeptAfterMarket {
  return [worstPrice, factsOf(order)];
}

function adjustmentName(symbol: string, exDate: string): string {
  return `${symbol} ${exDate}`;
}

function wide(level: {
  readonly price: number;
  readonly quantity: number;
  readonly orders: number;
}): DepthLevel {
  return { price: BigInt(level.price), quantity: BigInt(level.quantity), orders: level.orders };
}
