/**
 * The specification of the exchange, written to be read: plain arrays kept in order of price and time, sums taken anew
 * whenever they are needed. `fast.ts` must give the same reports and reach the same states.
 */
import type { Cancel, CancelReason, Command, Direction, Modify, NewOrder } from './command.ts';
import type { Phase, RefusalCode, Report, Side } from './command.ts';
import type { Depth, DepthLevel, Emit, EngineOptions, InstrumentState, MatchingEngine } from './engine.ts';
import { hashOf, type OrderState, type Place, type Snapshot } from './engine.ts';
import { NaiveAccounts } from './naive-accounts.ts';
import { bandOf, canGo, flexShift } from './rules.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Order = Mutable<OrderState>;
type Queues = Readonly<Record<Side, Order[]>>;

interface Market extends Mutable<InstrumentState> {
  readonly queues: Readonly<Record<Place, Queues>>;
}

/** A price for the auction, and what it would move. */
interface Equilibrium {
  readonly price: number;
  readonly volume: number;
  readonly imbalance: number;
}

export class NaiveEngine implements MatchingEngine {
  #now = 0;
  #sequence = 0;
  #trade = 0;
  readonly #used = new Set<number>();
  readonly #markets = new Map<number, Market>();
  readonly #open = new Map<number, Order>();
  /** Without accounts to look at, orders promise nothing. */
  readonly #accounts = new NaiveAccounts(() => (this.options.risk ? this.#open.values() : []));
  /** Stop orders that a trade has woken and that have not gone to the market yet. */
  readonly #woken: Order[] = [];
  #emit: Emit = () => undefined;

  constructor(
    private readonly options: EngineOptions,
    snapshot?: Snapshot,
  ) {
    if (snapshot) this.#restore(snapshot);
  }

  apply(command: Command, emit: Emit): void {
    this.#emit = emit;
    if (command.at < this.#now) return this.#refuse(command, 'CLOCK_BACKWARDS');
    this.#now = command.at;
    const refusal = this.#carryOut(command);
    if (refusal !== null) this.#refuse(command, refusal);
  }

  #carryOut(command: Command): RefusalCode | null {
    switch (command.kind) {
      case 'new':
        return this.#place(command);
      case 'modify':
        return this.#modify(command);
      case 'cancel':
        return this.#cancel(command);
      case 'massCancel': {
        const { owner, instrument, side } = command;
        const own = this.#opened(
          (order) =>
            order.owner === owner &&
            (instrument === null || order.instrument === instrument) &&
            (side === null || order.side === side),
        );
        for (const order of own) this.#takeOut(order, 'MASS_CANCEL');
        this.#emit({ kind: 'massCancelled', at: this.#now, owner, count: own.length });
        return null;
      }
      case 'phase':
        return this.#setPhase(command.instrument, command.phase);
      case 'clock': {
        const due = this.#opened(({ expiresAt }) => expiresAt !== 0 && expiresAt <= this.#now);
        for (const order of due.sort((a, b) => a.expiresAt - b.expiresAt || a.entry - b.entry))
          this.#expire(order);
        return null;
      }
      case 'day':
        this.#accounts.startDay();
        return null;
      case 'instrument': {
        const { kind: _, at: __, ...spec } = command;
        if (this.#markets.has(spec.instrument)) return 'INSTRUMENT_KNOWN';
        const band = bandOf(spec.previousClose, spec.bandBps, 0, spec.tick);
        const state = { flexes: 0, shiftBps: 0, phase: 'CLOSED' as const, isCollecting: false, last: 0 };
        const market = { ...spec, ...band, ...state, queues: emptyQueues() };
        this.#markets.set(spec.instrument, market);
        this.#emitBand(market);
        return null;
      }
      case 'reference': {
        const market = this.#markets.get(command.instrument);
        if (!market) return 'INSTRUMENT_UNKNOWN';
        if (market.phase !== 'CLOSED') return 'PHASE_INVALID';
        Object.assign(market, { previousClose: command.previousClose, flexes: 0, shiftBps: 0 });
        this.#moveBand(market);
        return null;
      }
      case 'flex':
        return this.#flex(command.instrument, command.direction);
      case 'account': {
        const { owner, cash, positionMax, orderToTradeMax } = command;
        const refusal = this.#accounts.fund(owner, cash, positionMax, orderToTradeMax);
        if (refusal !== null) return refusal;
        this.#emit({ kind: 'accountChanged', at: this.#now, owner, cash: this.#accounts.cash(owner) });
        return null;
      }
      case 'holding': {
        const { owner, instrument } = command;
        if (!this.#markets.has(instrument)) return 'INSTRUMENT_UNKNOWN';
        const refusal = this.#accounts.deposit(owner, instrument, command.quantity);
        if (refusal !== null) return refusal;
        const quantity = this.#accounts.holding(owner, instrument);
        this.#emit({ kind: 'holdingChanged', at: this.#now, owner, instrument, quantity });
        return null;
      }
    }
  }

  // New orders

  #isUsed(order: number): boolean {
    return this.options.reusesIds ? this.#open.has(order) : this.#used.has(order);
  }

  #place(command: NewOrder): RefusalCode | null {
    const market = this.#markets.get(command.instrument);
    if (!market) return 'INSTRUMENT_UNKNOWN';
    const { owner, side, type, quantity, display, validity } = command;
    // An order without a limit protects itself with the end of the band: it never promises, nor pays, more than that.
    const price = command.price ?? (side === 'BUY' ? market.upper : market.lower);
    const refusal =
      placingRefusal(command, market) ??
      (this.#isUsed(command.order) ? 'CLIENT_ORDER_ID_USED' : null) ??
      this.#accountRefusal({ owner, instrument: market.instrument, side }, quantity, price * quantity) ??
      (command.postOnly && market.phase === 'CONTINUOUS' && this.#wouldTrade(market, side, price)
        ? 'POST_ONLY_WOULD_TRADE'
        : null);
    if (refusal !== null) return refusal;

    this.#sequence += 1;
    const order: Order = {
      order: command.order,
      owner,
      instrument: market.instrument,
      side,
      place: 'BOOK',
      type,
      validity,
      stp: command.stp,
      postOnly: command.postOnly,
      price,
      stop: command.stop ?? 0,
      quantity,
      filled: 0,
      shown: 0,
      display: display ?? 0,
      expiresAt: command.expiresAt ?? 0,
      entry: this.#sequence,
      priority: this.#sequence,
    };
    if (!this.options.reusesIds) this.#used.add(order.order);
    this.#open.set(order.order, order);
    if (this.options.risk) this.#accounts.count(owner, this.#now);
    this.#emit({
      kind: 'accepted',
      at: this.#now,
      instrument: market.instrument,
      order: order.order,
      owner,
      side,
      type,
      quantity,
      price: command.price,
      stop: command.stop,
    });
    this.#send(market, order);
    return null;
  }

  /** An order that came, came back changed, or was woken goes where it belongs now. */
  #send(market: Market, order: Order): void {
    if (order.type === 'STOP' || order.type === 'STOP_LIMIT') {
      this.#enqueue(market, order, 'STOP');
      if (market.phase === 'CONTINUOUS' && market.last !== 0) this.#wake(market, market.last);
    } else if (market.phase === 'PRE_OPEN') {
      // As NSE does it: what could trade with its own owner does not enter an auction, whatever its mode.
      if (this.#meetsOwn(market, order)) return this.#end(order, 'SELF_TRADE');
      this.#enqueue(market, order, order.type === 'MARKET' ? 'AUCTION' : 'BOOK');
    } else {
      this.#match(market, order);
    }
    this.#runWoken(market);
  }

  // Continuous trading

  #match(market: Market, order: Order): void {
    if (order.validity === 'FOK' && !this.#isFillable(market, order)) return this.#end(order, 'FOK_UNFILLED');
    const makers = market.queues.BOOK[opposite(order.side)];
    for (let maker = makers[0]; maker && crosses(order, maker.price); maker = makers[0]) {
      if (maker.owner !== order.owner || order.stp === 'NONE') {
        this.#fill(market, maker, order, maker.price, Math.min(remaining(order), maker.shown));
      } else {
        this.#preventSelfTrade(market, maker, order);
      }
      if (!this.#open.has(order.order)) return;
    }
    if (order.type === 'MARKET') return this.#end(order, 'MARKET_REST');
    if (order.validity === 'IOC') return this.#end(order, 'IOC_REST');
    this.#enqueue(market, order, 'BOOK');
  }

  /**
   * Whether the whole order would trade. What an iceberg hides queues up behind those who wait at its price, so behind an
   * own order there, and an own order ends the newcomer in every mode but one.
   */
  #isFillable(market: Market, order: Order): boolean {
    const makers = market.queues.BOOK[opposite(order.side)].filter(({ price }) => crosses(order, price));
    let fillable = 0;
    for (const price of new Set(makers.map((maker) => maker.price))) {
      const level = makers.filter((maker) => maker.price === price);
      const others = level.filter(({ owner }) => owner !== order.owner || order.stp === 'NONE');
      if (others.length === level.length || order.stp === 'CANCEL_OLDEST') {
        fillable += sum(others, remaining);
      } else {
        const ahead = level.slice(
          0,
          level.findIndex(({ owner }) => owner === order.owner),
        );
        return fillable + sum(ahead, ({ shown }) => shown) >= order.quantity;
      }
    }
    return fillable >= order.quantity;
  }

  #preventSelfTrade(market: Market, maker: Order, taker: Order): void {
    if (taker.stp === 'DECREMENT') {
      const quantity = Math.min(remaining(taker), maker.shown);
      this.#decrement(maker, quantity);
      if (this.#open.has(maker.order)) this.#replenish(market, maker);
      this.#decrement(taker, quantity);
      return;
    }
    if (taker.stp !== 'CANCEL_NEWEST') this.#takeOut(maker, 'SELF_TRADE');
    if (taker.stp !== 'CANCEL_OLDEST') this.#end(taker, 'SELF_TRADE');
  }

  #decrement(order: Order, quantity: number): void {
    const isGone = remaining(order) === quantity;
    if (isGone) return this.#takeOut(order, 'SELF_TRADE');
    order.quantity -= quantity;
    order.shown = Math.max(0, order.shown - quantity);
    this.#emitRestated(order, 'SELF_TRADE');
  }

  /** One trade; either side may wait in a queue. */
  #fill(market: Market, maker: Order, taker: Order, price: number, quantity: number): void {
    this.#trade += 1;
    market.last = price;
    this.#emit({
      kind: 'traded',
      at: this.#now,
      instrument: market.instrument,
      trade: this.#trade,
      price,
      quantity,
      maker: maker.order,
      makerOwner: maker.owner,
      taker: taker.order,
      takerOwner: taker.owner,
      takerSide: taker.side,
    });
    const [buyer, seller] = taker.side === 'BUY' ? [taker, maker] : [maker, taker];
    if (this.options.risk)
      this.#accounts.settle(market.instrument, buyer.owner, seller.owner, price, quantity);
    for (const order of [buyer, seller]) {
      const isQueued = queueOf(market, order).includes(order);
      order.filled += quantity;
      if (isQueued) order.shown -= quantity;
      if (remaining(order) === 0) this.#close(order);
      else if (isQueued) this.#replenish(market, order);
    }
    if (market.phase === 'CONTINUOUS') this.#wake(market, price);
  }

  /** The next slice of an iceberg that shows nothing any more goes to the back of its queue. */
  #replenish(market: Market, order: Order): void {
    if (order.shown > 0) return;
    this.#sequence += 1;
    order.priority = this.#sequence;
    this.#dequeue(order);
    this.#enqueue(market, order, order.place);
    const { shown } = order;
    this.#emit({ kind: 'replenished', ...this.#of(order), shown, remaining: remaining(order) });
  }

  // Stops

  /** A trade at this price wakes stops: the buying ones first, on each side the nearest first. */
  #wake(market: Market, price: number): void {
    const { BUY, SELL } = market.queues.STOP;
    const hit = [...BUY.filter(({ stop }) => stop <= price), ...SELL.filter(({ stop }) => stop >= price)];
    for (const order of hit) this.#dequeue(order);
    this.#woken.push(...hit);
  }

  #runWoken(market: Market): void {
    for (let order = this.#woken.shift(); order; order = this.#woken.shift()) {
      this.#emit({ kind: 'triggered', ...this.#of(order), stop: order.stop });
      this.#sequence += 1;
      order.priority = this.#sequence;
      order.place = 'BOOK';
      order.stop = 0;
      const isMarket = order.type === 'STOP';
      order.type = isMarket ? 'MARKET' : 'LIMIT';
      // The band may have moved since the order came.
      if (!isMarket && isOutside(market, order.price)) this.#end(order, 'OUT_OF_BAND');
      else this.#match(market, order);
    }
  }

  // Changes of open orders

  #modify(command: Modify): RefusalCode | null {
    const order = this.#open.get(command.order);
    if (order?.owner !== command.owner) return 'ORDER_UNKNOWN';
    const market = this.#marketOf(order);
    const quantity = command.quantity ?? order.quantity;
    const price = command.price ?? order.price;
    const stop = command.stop ?? order.stop;
    const display = command.display ?? order.display;
    const left = quantity - order.filled;
    const isSame = price === order.price && stop === order.stop && display === order.display;
    const isKept = isSame && quantity <= order.quantity;
    const extraCash = left * price - remaining(order) * order.price;
    const refusal =
      modifyingRefusal(command, order, market) ??
      this.#accountRefusal(order, left - remaining(order), extraCash) ??
      (order.postOnly &&
      !isKept &&
      market.phase === 'CONTINUOUS' &&
      this.#wouldTrade(market, order.side, price)
        ? 'POST_ONLY_WOULD_TRADE'
        : null);
    if (refusal !== null) return refusal;

    if (this.options.risk) this.#accounts.count(order.owner, this.#now);
    Object.assign(order, { quantity, price, stop, display });
    if (isKept) {
      order.shown = Math.min(order.shown, left);
    } else {
      this.#sequence += 1;
      order.priority = this.#sequence;
      this.#dequeue(order);
      order.shown = 0;
    }
    this.#emit({
      kind: 'modified',
      ...this.#of(order),
      quantity,
      remaining: left,
      price: limitOf(order),
      stop: stop === 0 ? null : stop,
      keptPriority: isKept,
    });
    if (!isKept) this.#send(market, order);
    return null;
  }

  #cancel({ owner, order: id }: Cancel): RefusalCode | null {
    const order = this.#open.get(id);
    if (order?.owner !== owner) return 'ORDER_UNKNOWN';
    this.#takeOut(order, 'REQUESTED');
    return null;
  }

  // Sessions

  #setPhase(instrument: number | null, phase: Phase): RefusalCode | null {
    if (instrument === null) {
      const markets = [...this.#markets.values()].sort((a, b) => a.instrument - b.instrument);
      for (const market of markets) if (canGo(market.phase, phase)) this.#go(market, phase);
      return null;
    }
    const market = this.#markets.get(instrument);
    if (!market) return 'INSTRUMENT_UNKNOWN';
    if (!canGo(market.phase, phase)) return 'PHASE_INVALID';
    this.#go(market, phase);
    return null;
  }

  #go(market: Market, phase: Phase): void {
    if (market.isCollecting && (phase === 'BUFFER' || phase === 'CONTINUOUS')) this.#uncross(market);
    if (phase === 'PRE_OPEN') market.isCollecting = true;
    market.phase = phase;
    this.#emit({ kind: 'phaseChanged', at: this.#now, instrument: market.instrument, phase });
    if (phase === 'CLOSED') {
      const ofTheDay = (order: Order): boolean =>
        order.instrument === market.instrument && order.validity === 'DAY';
      for (const order of this.#opened(ofTheDay)) this.#expire(order);
    }
    if (phase === 'CONTINUOUS' && market.last !== 0) {
      this.#wake(market, market.last);
      this.#runWoken(market);
    }
  }

  #flex(instrument: number, direction: Direction): RefusalCode | null {
    const market = this.#markets.get(instrument);
    if (!market) return 'INSTRUMENT_UNKNOWN';
    if (market.phase !== 'CONTINUOUS') return 'SESSION_CLOSED';
    if (!market.dynamic) return 'BAND_FIXED';
    market.shiftBps = flexShift(market.flexes, market.shiftBps, direction);
    market.flexes += 1;
    this.#moveBand(market);
    return null;
  }

  /** Resting orders outside the new band are cancelled; stops that wait are kept. */
  #moveBand(market: Market): void {
    Object.assign(market, bandOf(market.previousClose, market.bandBps, market.shiftBps, market.tick));
    this.#emitBand(market);
    const outside = this.#opened(
      (order) =>
        order.instrument === market.instrument && order.place === 'BOOK' && isOutside(market, order.price),
    );
    for (const order of outside) this.#takeOut(order, 'OUT_OF_BAND');
  }

  // The call auction

  /**
   * NSE's pre-open: limit orders with limit orders, what is left of them with market orders, market orders with each
   * other, all at one price. Market orders that are left become limit orders at that price, or at the previous close when
   * there was none, and keep their time.
   */
  #uncross(market: Market): void {
    market.isCollecting = false;
    const { BOOK, AUCTION } = market.queues;
    const found = equilibrium(market);
    this.#emit({
      kind: 'auction',
      at: this.#now,
      instrument: market.instrument,
      price: found?.price ?? null,
      volume: found?.volume ?? 0,
      imbalance: found?.imbalance ?? 0,
    });
    if (found) {
      this.#crossAt(market, found.price, BOOK.BUY, BOOK.SELL);
      this.#crossAt(market, found.price, BOOK.BUY, AUCTION.SELL);
      this.#crossAt(market, found.price, AUCTION.BUY, BOOK.SELL);
      this.#crossAt(market, found.price, AUCTION.BUY, AUCTION.SELL);
    }
    const price = found?.price ?? closeOnTick(market);
    for (const order of [...AUCTION.BUY, ...AUCTION.SELL]) {
      this.#dequeue(order);
      Object.assign(order, { type: 'LIMIT', price });
      this.#enqueue(market, order, 'BOOK');
      this.#emitRestated(order, 'AUCTION');
    }
  }

  #crossAt(market: Market, price: number, buys: Order[], sells: Order[]): void {
    const isEligible = (order: Order): boolean => order.place === 'AUCTION' || crosses(order, price);
    for (let [buy, sell] = [buys[0], sells[0]]; buy && sell; [buy, sell] = [buys[0], sells[0]]) {
      if (!isEligible(buy) || !isEligible(sell)) return;
      const [maker, taker] = buy.priority < sell.priority ? [buy, sell] : [sell, buy];
      this.#fill(market, maker, taker, price, Math.min(buy.shown, sell.shown));
    }
  }

  // Queues

  #enqueue(market: Market, order: Order, place: Place): void {
    order.place = place;
    const left = remaining(order);
    if (place === 'STOP') order.shown = 0;
    else if (order.shown === 0) order.shown = order.display === 0 ? left : Math.min(order.display, left);
    queueOf(market, order).push(order);
    queueOf(market, order).sort(inQueueOrder);
  }

  #dequeue(order: Order): void {
    const queue = queueOf(this.#marketOf(order), order);
    const at = queue.indexOf(order);
    if (at !== -1) queue.splice(at, 1);
  }

  #close(order: Order): void {
    this.#dequeue(order);
    this.#open.delete(order.order);
  }

  /** What is left of an order leaves the market. */
  #end(order: Order, reason: CancelReason): void {
    this.#open.delete(order.order);
    this.#emit({ kind: 'cancelled', ...this.#of(order), quantity: remaining(order), reason });
  }

  #takeOut(order: Order, reason: CancelReason): void {
    this.#dequeue(order);
    this.#end(order, reason);
  }

  #expire(order: Order): void {
    this.#close(order);
    const { validity } = order;
    this.#emit({ kind: 'expired', ...this.#of(order), quantity: remaining(order), validity });
  }

  /** Open orders as they were accepted. */
  #opened(isMeant: (order: Order) => boolean): Order[] {
    return [...this.#open.values()].filter(isMeant).sort((a, b) => a.entry - b.entry);
  }

  #wouldTrade(market: Market, side: Side, price: number): boolean {
    const best = market.queues.BOOK[opposite(side)][0];
    return best !== undefined && crosses({ side, price }, best.price);
  }

  #meetsOwn(market: Market, order: Order): boolean {
    if (order.stp === 'NONE') return false;
    const isOwn = ({ owner }: Order): boolean => owner === order.owner;
    const other = opposite(order.side);
    return (
      market.queues.AUCTION[other].some(isOwn) ||
      market.queues.BOOK[other].some(
        (each) => isOwn(each) && (order.type === 'MARKET' || crosses(order, each.price)),
      )
    );
  }

  #accountRefusal(
    { owner, instrument, side }: Pick<Order, 'owner' | 'instrument' | 'side'>,
    quantity: number,
    cash: number,
  ): RefusalCode | null {
    if (!this.options.risk) return null;
    return this.#accounts.refusal({ owner, instrument, side, quantity, cash, at: this.#now });
  }

  #marketOf(order: Order): Market {
    const market = this.#markets.get(order.instrument);
    if (!market) throw new Error(`order ${order.order} is of no instrument`);
    return market;
  }

  // Reports

  #of({ instrument, order, owner }: Order): Pick<OrderState, 'instrument' | 'order' | 'owner'> & {
    at: number;
  } {
    return { at: this.#now, instrument, order, owner };
  }

  #emitRestated(order: Order, reason: 'SELF_TRADE' | 'AUCTION'): void {
    const report: Report = {
      kind: 'restated',
      ...this.#of(order),
      reason,
      quantity: order.quantity,
      remaining: remaining(order),
      price: limitOf(order),
    };
    this.#emit(report);
  }

  #emitBand({ instrument, lower, upper }: Market): void {
    this.#emit({ kind: 'bandChanged', at: this.#now, instrument, lower, upper });
  }

  #refuse(command: Command, code: RefusalCode): void {
    this.#emit({
      kind: 'refused',
      at: command.at,
      command: command.kind,
      code,
      instrument: 'instrument' in command ? command.instrument : null,
      order: 'order' in command ? command.order : null,
      owner: 'owner' in command ? command.owner : null,
    });
  }

  // State

  snapshot(): Snapshot {
    const markets = [...this.#markets.values()].sort((a, b) => a.instrument - b.instrument);
    return {
      now: this.#now,
      sequence: this.#sequence,
      trade: this.#trade,
      used: runsOf([...this.#used].sort((a, b) => a - b)),
      instruments: markets.map(instrumentState),
      orders: markets.flatMap(({ queues: { BOOK, STOP, AUCTION } }) =>
        [BOOK.BUY, BOOK.SELL, STOP.BUY, STOP.SELL, AUCTION.BUY, AUCTION.SELL].flatMap((queue) =>
          queue.map(orderState),
        ),
      ),
      accounts: this.#accounts.accountStates(),
      holdings: this.#accounts.holdingStates(),
    };
  }

  hash(): string {
    return hashOf(this.snapshot());
  }

  #restore(snapshot: Snapshot): void {
    this.#now = snapshot.now;
    this.#sequence = snapshot.sequence;
    this.#trade = snapshot.trade;
    for (const [first, last] of snapshot.used) for (let id = first; id <= last; id++) this.#used.add(id);
    for (const state of snapshot.instruments)
      this.#markets.set(state.instrument, { ...state, queues: emptyQueues() });
    for (const state of snapshot.orders) {
      const order = { ...state };
      this.#open.set(order.order, order);
      queueOf(this.#marketOf(order), order).push(order);
    }
    this.#accounts.restore(snapshot.accounts, snapshot.holdings);
  }

  depth(instrument: number, levels: number): Depth {
    const market = this.#markets.get(instrument);
    if (!market) return { bids: [], asks: [] };
    const view = (queue: readonly Order[]): DepthLevel[] =>
      [...new Set(queue.map(({ price }) => price))].slice(0, levels).map((price) => {
        const level = queue.filter((order) => order.price === price);
        return { price, quantity: sum(level, ({ shown }) => shown), orders: level.length };
      });
    return { bids: view(market.queues.BOOK.BUY), asks: view(market.queues.BOOK.SELL) };
  }

  check(): void {
    let queued = 0;
    for (const market of this.#markets.values()) {
      const { BOOK, STOP, AUCTION } = market.queues;
      for (const queue of [BOOK.BUY, BOOK.SELL, STOP.BUY, STOP.SELL, AUCTION.BUY, AUCTION.SELL]) {
        queued += queue.length;
        for (const [index, order] of queue.entries()) {
          const before = queue[index - 1];
          assert(!before || inQueueOrder(before, order) < 0, `order ${order.order} queues out of turn`);
          assert(this.#open.get(order.order) === order, `order ${order.order} queues and is not open`);
          assert(remaining(order) > 0, `order ${order.order} queues with nothing left`);
          assert(order.shown <= remaining(order), `order ${order.order} shows more than it has`);
          assert(order.shown > 0 || order.place === 'STOP', `order ${order.order} shows nothing`);
        }
      }
      const [bid, ask] = [BOOK.BUY[0], BOOK.SELL[0]];
      const isCrossed = bid && ask && bid.price >= ask.price;
      assert(market.phase !== 'CONTINUOUS' || !isCrossed, `instrument ${market.instrument} is crossed`);
    }
    assert(queued === this.#open.size, 'an open order waits nowhere');
    for (const owner of this.#accounts.owners()) {
      if (!this.options.risk) continue;
      assert(this.#accounts.freeCash(owner) >= 0, `owner ${owner} promises more cash than there is`);
      for (const instrument of this.#markets.keys()) {
        const free = this.#accounts.freeHolding(owner, instrument);
        assert(free >= 0, `owner ${owner} promises more of ${instrument} than there is`);
      }
    }
  }
}

/** The rungs that look at the order and the instrument alone. */
function placingRefusal(order: NewOrder, market: Market): RefusalCode | null {
  const { price, stop, quantity, display } = order;
  if (market.phase !== 'CONTINUOUS' && market.phase !== 'PRE_OPEN') return 'SESSION_CLOSED';
  const isPlain =
    order.validity !== 'IOC' && order.validity !== 'FOK' && order.type !== 'ICEBERG' && !order.postOnly;
  if (market.phase === 'PRE_OPEN' && !isPlain) return 'SESSION_TYPE';
  return valuesRefusal(market, [price, stop], [quantity, display]);
}

function modifyingRefusal(
  { price, stop, quantity, display }: Modify,
  order: Order,
  market: Market,
): RefusalCode | null {
  if (market.phase !== 'CONTINUOUS' && market.phase !== 'PRE_OPEN') return 'SESSION_CLOSED';
  if (price !== null && limitOf(order) === null) return 'FIELD_NOT_APPLICABLE';
  if (stop !== null && order.place !== 'STOP') return 'FIELD_NOT_APPLICABLE';
  if (display !== null && order.display === 0) return 'FIELD_NOT_APPLICABLE';
  const refusal = valuesRefusal(market, [price, stop], [quantity, display]);
  if (refusal !== null) return refusal;
  return quantity !== null && quantity <= order.filled ? 'QUANTITY_TRADED' : null;
}

function valuesRefusal(
  market: Market,
  prices: readonly (number | null)[],
  quantities: readonly (number | null)[],
): RefusalCode | null {
  const given = (each: number | null): each is number => each !== null;
  if (prices.filter(given).some((price) => price % market.tick !== 0)) return 'TICK_SIZE_VIOLATED';
  if (quantities.filter(given).some((quantity) => quantity % market.lot !== 0)) return 'LOT_SIZE_VIOLATED';
  if (prices.filter(given).some((price) => isOutside(market, price))) return 'PRICE_OUT_OF_BAND';
  const isFrozen = quantities.filter(given).some((quantity) => quantity > market.freeze);
  return isFrozen ? 'FREEZE_QUANTITY_EXCEEDED' : null;
}

/**
 * The price at which most would trade; of several the one that leaves the least imbalance; of those the nearest to the
 * previous close; and the previous close itself when it lies midway between two (SEBI circular CIR/MRD/DP/21/2010 of
 * 15 July 2010). With market orders alone it is the previous close (SEBI circular
 * CIR/MRD/DP/32/2010 of 17 September 2010; NSE's pre-open FAQ). Null when nothing would trade.
 */
function equilibrium(market: Market): Equilibrium | null {
  const { BOOK, AUCTION } = market.queues;
  const at = (price: number): Equilibrium => {
    const demand = sum([...BOOK.BUY.filter((order) => crosses(order, price)), ...AUCTION.BUY], remaining);
    const supply = sum([...BOOK.SELL.filter((order) => crosses(order, price)), ...AUCTION.SELL], remaining);
    return { price, volume: Math.min(demand, supply), imbalance: demand - supply };
  };
  const prices = new Set([...BOOK.BUY, ...BOOK.SELL].map(({ price }) => price));
  if (prices.size === 0) prices.add(closeOnTick(market));
  const distance = ({ price }: Equilibrium): number => Math.abs(price - market.previousClose);
  const [best, second] = [...prices]
    .map(at)
    .sort(
      (a, b) =>
        b.volume - a.volume ||
        Math.abs(a.imbalance) - Math.abs(b.imbalance) ||
        distance(a) - distance(b) ||
        a.price - b.price,
    );
  if (!best || best.volume === 0) return null;
  const isTie =
    second?.volume === best.volume &&
    Math.abs(second.imbalance) === Math.abs(best.imbalance) &&
    distance(second) === distance(best);
  return isTie ? at(Math.max(best.price, floorTo(market.previousClose, market.tick))) : best;
}

/** The previous close as a price that orders may have. */
function closeOnTick({ previousClose, tick, lower, upper }: Market): number {
  return Math.min(Math.max(floorTo(previousClose, tick), lower), upper);
}

function floorTo(value: number, step: number): number {
  return value - (value % step);
}

function emptyQueues(): Market['queues'] {
  return { BOOK: { BUY: [], SELL: [] }, STOP: { BUY: [], SELL: [] }, AUCTION: { BUY: [], SELL: [] } };
}

function queueOf(market: Market, { place, side }: Order): Order[] {
  return market.queues[place][side];
}

/** Book: best price first. Stops: nearest first. Then, and for auction orders alone, time. */
function inQueueOrder(a: Order, b: Order): number {
  const rising =
    a.place === 'BOOK' ? (a.side === 'SELL' ? 1 : -1) : a.place === 'STOP' ? (a.side === 'BUY' ? 1 : -1) : 0;
  const ahead = a.place === 'STOP' ? a.stop - b.stop : a.price - b.price;
  return rising * ahead || a.priority - b.priority;
}

function crosses({ side, price }: Pick<Order, 'side' | 'price'>, at: number): boolean {
  return side === 'BUY' ? price >= at : price <= at;
}

function remaining({ quantity, filled }: Order): number {
  return quantity - filled;
}

/** The price its owner gave; an order without one shows none. */
function limitOf({ type, price }: Order): number | null {
  return type === 'MARKET' || type === 'STOP' ? null : price;
}

function isOutside({ lower, upper }: Market, price: number): boolean {
  return price < lower || price > upper;
}

function opposite(side: Side): Side {
  return side === 'BUY' ? 'SELL' : 'BUY';
}

function sum(orders: readonly Order[], of: (order: Order) => number): number {
  return orders.reduce((total, order) => total + of(order), 0);
}

function runsOf(ascending: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const id of ascending) {
    const run = runs.at(-1);
    if (run?.[1] === id - 1) run[1] = id;
    else runs.push([id, id]);
  }
  return runs;
}

function instrumentState(market: Market): InstrumentState {
  return {
    instrument: market.instrument,
    tick: market.tick,
    lot: market.lot,
    freeze: market.freeze,
    bandBps: market.bandBps,
    dynamic: market.dynamic,
    previousClose: market.previousClose,
    lower: market.lower,
    upper: market.upper,
    flexes: market.flexes,
    shiftBps: market.shiftBps,
    phase: market.phase,
    isCollecting: market.isCollecting,
    last: market.last,
  };
}

function orderState(order: Order): OrderState {
  return { ...order };
}

function assert(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
