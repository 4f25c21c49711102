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
import type { Phase, Report, Restated, Traded } from '../matching/command.ts';
import { FastEngine } from '../matching/fast.ts';
import { checkChange, checkOrder, isInBand, type AcceptedChange, type Standing } from '../order-check.ts';
import {
  ORDER_RATE_MAX,
  chargesOf,
  createOrder,
  holdOf,
  no,
  remainingOf,
  type CancelReason,
  type Order,
  type OrderOrigin,
  type TradingRefusal,
} from '../order.ts';
import type { Depth, Quotes } from '../quote.ts';
import { splitRatio } from '../split.ts';
import type { TradingDay } from '../trading-day.ts';
import { Account, type AccountState, type Assets, type UserPosition } from './account.ts';
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
  Terms,
} from './command.ts';
import type { Terms as BrokerTerms } from '../broker/order.ts';
import { unsupported, type VenueStanding } from '../broker/standing.ts';
import { Floors, UNLISTED, USERS_FROM, type Floor } from './floors.ts';
import { idAfter } from './ids.ts';
import { NOTHING, Work, type Decided, type Outcome, type Print } from './outcome.ts';
import { RoutedOrders, type Routed } from './routed.ts';
import { factsOf, orderOf, type KeptAfterMarket, type KeptOrder, type OmsState } from './state.ts';
import { Withdrawals } from './withdrawals.ts';
import { coreTypeOf, printOf, refuseRefusal, requestOf, restReason, sliceOf, wishOf } from './words.ts';

/** So many credits are remembered: who tells of one twice does so soon. */
const CREDITS_MAX = 16_384;

/** An order that waits for the next trading day. */
interface AfterMarket {
  readonly order: Order;
  /** What it trades at then at worst. */
  readonly worstPrice: number;
}

export class Oms {
  #now = 0;
  #orderRateMax = ORDER_RATE_MAX;
  #day: TradingDay | undefined;
  readonly #core: FastEngine;
  readonly #accounts = new Map<string, Account>();
  readonly #floors: Floors;
  /** By number in the core, and by id. */
  readonly #orders = new Map<number, Order>();
  readonly #numbers = new Map<string, number>();
  readonly #routed = new RoutedOrders(
    (order) => this.#accountOf(order),
    (step, work) => this.#take(step, work),
    ({ symbol, side }) => this.#floors.of(symbol).listing.band[side === 'BUY' ? 'upper' : 'lower'],
  );
  /** After-market orders by id, as they came. */
  readonly #waiting = new Map<string, AfterMarket>();
  /** Who has a position under margin in an instrument. */
  readonly #holders = new Map<string, Set<Account>>();
  readonly #credited = new Set<string>();
  /** Splits that were carried out, each by its instrument and ex-date. */
  readonly #adjusted = new Set<string>();
  readonly #withdrawals: Withdrawals;

  constructor(state?: OmsState) {
    this.#core = new FastEngine({ risk: false, reusesIds: true }, state?.core);
    this.#floors = new Floors(this.#core, () => this.phase);
    this.#withdrawals = new Withdrawals(state?.withdrawals);
    if (!state) return;
    this.#now = state.now;
    this.#orderRateMax = state.orderRateMax;
    this.#day = state.day;
    state.accounts.forEach((account) => this.#addAccount(account));
    state.floors.forEach(({ symbol, terms }) => this.#floors.recall(symbol, terms));
    for (const [number, facts] of state.orders) this.#recall(number, orderOf(facts));
    for (const [worstPrice, facts] of state.waiting ?? []) {
      const order = orderOf(facts);
      this.#accountOf(order).remember(order);
      this.#waiting.set(order.id, { order, worstPrice });
    }
    this.#floors.countFrom(state.core.orders);
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

  /** What everybody has, or owes, under MIS, as far as no open order closes it. */
  openPositions(): UserPosition[] {
    return [...this.#accounts.values()].flatMap((account) => [
      ...account.paidPositions(),
      ...account.marginedPositions(),
    ]);
  }

  /** What a user has, or owes, under margin, as far as no open order closes it. */
  marginedPositionsOf(userId: string): UserPosition[] {
    return this.#accounts.get(userId)?.marginedPositions() ?? [];
  }

  /** Those with positions under margin in an instrument that have lost too much of what is held for them. */
  marginCalls(symbol: string): string[] {
    const called: string[] = [];
    for (const account of this.#holders.get(symbol) ?? [])
      if (account.isMarginCalled((each) => this.#lastPriceOf(each))) called.push(account.userId);
    return called;
  }

  #lastPriceOf(symbol: string): bigint {
    return BigInt(this.#core.lastOf(this.#floors.of(symbol).instrument));
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
    return this.#floors.depth(symbol, levels);
  }

  /** The market's quotes as they stand. */
  quotes(symbol: string): Quotes {
    return this.#floors.quotes(symbol);
  }

  /**
   * What holds of an instrument just now; every command about it that comes later is decided by this. `last` is its last
   * price, for an instrument that is new here: of the others each trade tells.
   */
  list(symbol: string, terms: Terms, last: number): void {
    this.#floors.list(symbol, terms, last);
  }

  /** Whether a command of the market may trade with a user: then it has to be carried out as a command. */
  reachesUser(command: MarketCommand): boolean {
    return this.#floors.reachesUser(command);
  }

  /** Carries out what reaches no user's order; no command tells of it. */
  move(command: MarketCommand): readonly Print[] {
    return this.#floors.move(command);
  }

  /** Takes the market's quotes away, as at a start: they will come anew. */
  withdrawQuotes(): void {
    this.#floors.withdrawQuotes();
  }

  /** The last price as it was told to everybody: trades among the market that no command tells of moved it too. */
  resume(symbol: string, last: number): void {
    this.#floors.resume(symbol, last);
  }

  /** Takes in an order that waited before there were commands; in the order of their arrival, its account first. */
  adopt(order: Order): void {
    if (order.limitPrice === null) throw new Error(`order ${order.id} waits without a price`);
    const floor = this.#floors.get(order.symbol) ?? this.#floors.listNew(order.symbol, UNLISTED);
    const quantity = Number(remainingOf(order));
    this.#accountOf(order).remember(order);
    this.#enter(floor, order, this.#floors.nextNumber(), Number(order.limitPrice), quantity, (report) => {
      if (report.kind !== 'accepted') throw new Error(`order ${order.id} does not wait in its book`);
    });
  }

  /**
   * Carries out a command, and says which commands would have to be repeated for the same to happen again: where the
   * market has moved that this one depends on, a statement of it comes first. None for a refusal.
   */
  decide(command: Command): Decided {
    const statements = this.#floors.statementsFor(command);
    const outcome = this.apply(command);
    if (isRefusal(outcome)) return { outcome, steps: [] };
    const step = { command, outcome };
    if (statements.length === 0) return { outcome, steps: [step] };
    for (const { symbol } of statements) this.#floors.of(symbol).isStated = true;
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
        this.#floors.state(command);
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
        this.#floors
          .of(command.symbol)
          .market.apply(command, (report) => this.#hear(report, command.id, work));
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
    const marginBps = command.isRouted ? undefined : this.#marginBpsOf(account, request);
    const standing = this.#standingOf(account, request, { at, origin, marginBps });
    const accepted = checkOrder(request, floor?.listing, standing, command.isSliced);
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
      if (marginBps !== undefined) account.margins.admit(order, accepted.highestPrice, marginBps);
      this.#take(created(order), work);
      if (request.afterMarket) this.#waiting.set(sliceId, { order, worstPrice });
      else
        this.#enter(floor, order, this.#floors.nextNumber(), worstPrice, Number(quantity), (report) =>
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
    const step = this.#modified(order, accepted);
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
    const step = this.#modified(order, accepted);
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
    const { listing } = this.#floors.of(order.symbol);
    const marginBps = account.isUnderMargin(order) ? account.margins.bpsOf(order.symbol) : undefined;
    const standing = this.#standingOf(account, order, { at: command.at, origin: 'USER', marginBps });
    const accepted = checkChange(order, wishOf(command), BigInt(worstPrice), listing, standing);
    if (!isRefusal(accepted)) account.count(command.at, this.#orderRateMax);
    return accepted;
  }

  /** The change of an order that was accepted; under margin it may come to another value. */
  #modified(order: Order, { terms, hold, highestPrice }: AcceptedChange): Step {
    const account = this.#accountOf(order);
    if (account.isUnderMargin(order))
      account.margins.admit(order, highestPrice, account.margins.bpsOf(order.symbol));
    return modified(order, terms, hold);
  }

  /**
   * What part of its value an order would hold; undefined for all of it. What was bought under MIS before there was margin
   * is paid for, and is sold like other shares; what is under margin is closed first.
   */
  #marginBpsOf(
    account: Account,
    { symbol, product, side, quantity }: Pick<Order, 'symbol' | 'product' | 'side' | 'quantity'>,
  ): bigint | undefined {
    if (product !== 'MIS') return undefined;
    const isPaid = side === 'SELL' && quantity <= account.freeQuantity(symbol, product);
    if (isPaid && quantity > account.margins.closable(symbol, side)) return undefined;
    const bps = this.#floors.get(symbol)?.terms.marginBps;
    return bps === undefined ? undefined : BigInt(bps);
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
    wish: Pick<Order, 'symbol' | 'product' | 'side'> & { readonly id?: string },
    about: { readonly at: number; readonly origin: OrderOrigin; readonly marginBps: bigint | undefined },
  ): Standing {
    const { symbol, product, side } = wish;
    const { at, origin, marginBps } = about;
    const { orders, trades } = account.countsOn(at);
    return {
      at,
      phase: this.phase,
      isMisClosed: this.#day?.isMisClosed ?? false,
      origin,
      buyingPower: account.buyingPower,
      dues: account.dues,
      margin: marginBps === undefined ? undefined : account.marginStanding(wish, marginBps),
      freeQuantity: account.freeQuantity(symbol, product),
      exposure: marginBps !== undefined && side === 'SELL' ? account.owing(symbol) : account.exposure(symbol),
      isRateReached: account.isRateReached(at, this.#orderRateMax),
      ordersToday: orders,
      tradesToday: trades,
      wouldTrade: (price) => this.#core.wouldTrade(this.#floors.of(symbol).instrument, side, Number(price)),
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
      const account = this.#accountOf(order);
      const hold = account.isUnderMargin(order)
        ? chargesOf(order.turnover + account.margins.worstPriceOf(order) * left)
        : holdOf(order.side, worstPrice, left, order.turnover);
      return modified(order, { ...order, quantity: order.filledQuantity + left }, hold);
    };
  }

  #trade(report: Traded, id: string, work: Work): void {
    const print = printOf(this.#floors.symbolOf(report.instrument), report);
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
    const { stock, margin } = account.take(step, work.at);
    const { kind, order, fill, change } = step;
    if (margin && fill) this.#noteHolder(account, order.symbol);
    work.add(
      { kind, order, fill, change, sequence: account.sequence, at: work.date, margin },
      account,
      stock,
    );
  }

  #noteHolder(account: Account, symbol: string): void {
    const holders = this.#holders.get(symbol) ?? new Set();
    if (account.margins.position(symbol).quantity === 0n) holders.delete(account);
    else holders.add(account);
    this.#holders.set(symbol, holders);
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
      work.addMargin(account, eventId, account.move(BigInt(amount)));
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
    const moved = { RELEASE: -amount, RESTORE: amount, CLOSE: 0n }[command.step];
    work.addMargin(account, command.id, account.move(moved));
    work.addBalance(account);
    return undefined;
  }

  #adjust({ id, symbol, exDate, splitFactor }: AdjustStock, work: Work): void {
    if (this.isAdjusted(symbol, exDate)) throw new Error(`${symbol} is adjusted a second time for ${exDate}`);
    const ratio = splitRatio(splitFactor);
    for (const account of this.#accounts.values()) {
      const { stock, margin } = account.adjust(symbol, ratio);
      for (const each of stock) work.addStock(account, each);
      if (stock.some(({ product }) => product === 'MIS')) this.#noteHolder(account, symbol);
      if (!margin) continue;
      work.addMargin(account, `${id}:${account.userId}`, margin);
      work.addBalance(account);
    }
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
    for (const { instrument, market, terms } of this.#floors.all()) {
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
    const { band } = this.#floors.of(symbol).listing;
    const waiting = this.#core.orderOf(number);
    return waiting?.place === 'BOOK' && !isInBand(BigInt(waiting.price), band);
  }

  /** After-market orders enter as they came. What was promised for one is what it may cost: the band must be the same. */
  #enterWaiting(hear: (report: Report) => void, work: Work): void {
    for (const { order, worstPrice } of this.#waiting.values()) {
      const floor = this.#floors.of(order.symbol);
      const { band } = floor.listing;
      const isCovered = order.type !== 'MARKET' || order.side === 'SELL' || BigInt(worstPrice) >= band.upper;
      if (!isCovered || (order.limitPrice !== null && !isInBand(order.limitPrice, band))) {
        this.#leave(order, 'OUT_OF_BAND', work);
        continue;
      }
      this.#waiting.delete(order.id);
      const step = entered(order);
      this.#take(step, work);
      this.#enter(floor, step.order, this.#floors.nextNumber(), worstPrice, Number(order.quantity), hear);
    }
  }

  #addAccount(state: AccountState): void {
    const account = new Account(USERS_FROM + this.#accounts.size, state);
    this.#accounts.set(state.userId, account);
    for (const [symbol] of state.margins?.positions ?? []) this.#noteHolder(account, symbol);
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

  state(): OmsState {
    const routed = this.#routed.state();
    const withdrawals = this.#withdrawals.state();
    return {
      now: this.#now,
      orderRateMax: this.#orderRateMax,
      accounts: [...this.#accounts.values()].map((account) => account.state()),
      floors: [...this.#floors.all()].map(({ symbol, terms }) => ({ symbol, terms })),
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
