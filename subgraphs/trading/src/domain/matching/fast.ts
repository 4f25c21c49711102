/**
 * The exchange built for speed: orders in one block of memory, queues linked through them, levels found by bits, ids in
 * flat tables. What it must do is written in `naive.ts`, in the same order and under the same names; where a comment is
 * missing here, it stands there. Nothing is allocated for a command but its reports.
 */
import { Accounts } from './accounts.ts';
import { findEquilibrium } from './auction.ts';
import { AS_STOP, BUY, Book, FOR_AUCTION, IN_BOOK, PLACES, SELL } from './book.ts';
import {
  ORDER_TYPES,
  SIDES,
  STP_MODES,
  VALIDITIES,
  type Cancel,
  type CancelReason,
  type Command,
  type Direction,
  type MassCancel,
  type Modify,
  type NewOrder,
  type OrderType,
  type Phase,
  type RefusalCode,
  type Side,
  type StpMode,
  type Validity,
} from './command.ts';
import { hashOf, type Depth, type DepthLevel, type Emit, type EngineOptions } from './engine.ts';
import type { MatchingEngine, OrderState, Snapshot } from './engine.ts';
import { ExpiryHeap } from './expiry.ts';
import { IdSet, IdTable } from './ids.ts';
import { LevelStore, NOWHERE, type Ladder } from './ladder.ts';
import {
  DISPLAY,
  ENTRY,
  EXPIRES_AT,
  FILLED,
  HEAP_AT,
  ID,
  INSTRUMENT,
  NEXT,
  NO_ORDER,
  OWNER,
  OWNER_NEXT,
  OWNER_PREVIOUS,
  OrderPool,
  PLACE,
  POSITION,
  POST_ONLY,
  PRICE,
  PRIORITY,
  QUANTITY,
  SHOWN,
  SIDE,
  STOP,
  STP,
  TYPE,
  VALIDITY,
} from './pool.ts';
import { canGo, flexShift } from './rules.ts';

/** Indices of `ORDER_TYPES`, `VALIDITIES` and `STP_MODES`. */
const MARKET = 0;
const LIMIT = 1;
const STOP_MARKET = 2;
const STOP_LIMIT = 3;
const ICEBERG = 4;
const DAY = 0;
const IOC = 1;
const FOK = 2;
const GTC = 3;
const GTD = 4;
const STP_NONE = 0;
const CANCEL_NEWEST = 1;
const CANCEL_OLDEST = 2;
const CANCEL_BOTH = 3;
const DECREMENT = 4;

/** Market orders that wait for an auction all stand on one level. */
const AUCTION_LEVEL = 0;

export class FastEngine implements MatchingEngine {
  #now = 0;
  #sequence = 0;
  #trade = 0;
  readonly #orders = new OrderPool();
  readonly #levels = new LevelStore();
  readonly #ids = new IdTable();
  readonly #used = new IdSet();
  readonly #expiries = new ExpiryHeap(this.#orders);
  readonly #accounts = new Accounts();
  /** By instrument id; a gap is an instrument that is not listed. */
  readonly #books: (Book | undefined)[] = [];
  /** First and last order of each owner, in the order of acceptance. */
  #owners = new Int32Array(2 * 256);
  readonly #woken: number[] = [];
  #emit: Emit = () => undefined;
  readonly #hasRisk: boolean;
  readonly #reusesIds: boolean;

  constructor({ risk, reusesIds = false }: EngineOptions, snapshot?: Snapshot) {
    this.#hasRisk = risk;
    this.#reusesIds = reusesIds;
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
      case 'massCancel':
        return this.#massCancel(command);
      case 'phase':
        return this.#setPhase(command.instrument, command.phase);
      case 'clock':
        this.#expireDue();
        return null;
      case 'day':
        this.#accounts.startDay();
        return null;
      case 'instrument': {
        const { kind: _, at: __, ...terms } = command;
        if (this.#books[terms.instrument]) return 'INSTRUMENT_KNOWN';
        const book = new Book(terms, this.#levels, this.#orders);
        this.#books[terms.instrument] = book;
        this.#emitBand(book);
        return null;
      }
      case 'reference': {
        const book = this.#books[command.instrument];
        if (!book) return 'INSTRUMENT_UNKNOWN';
        if (book.phase !== 'CLOSED') return 'PHASE_INVALID';
        book.previousClose = command.previousClose;
        book.flexes = 0;
        book.shiftBps = 0;
        this.#moveBand(book);
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
        if (!this.#books[instrument]) return 'INSTRUMENT_UNKNOWN';
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
    return this.#reusesIds ? this.#ids.get(order) !== NO_ORDER : this.#used.has(order);
  }

  #place(command: NewOrder): RefusalCode | null {
    const book = this.#books[command.instrument];
    if (!book) return 'INSTRUMENT_UNKNOWN';
    const { owner, side, quantity, type } = command;
    const isBuy = side === 'BUY';
    const price = command.price ?? (isBuy ? book.upper : book.lower);
    const refusal = placingRefusal(command, book);
    if (refusal !== null) return refusal;
    if (this.#isUsed(command.order)) return 'CLIENT_ORDER_ID_USED';
    let position = 0;
    if (this.#hasRisk) {
      position = this.#accounts.position(owner, command.instrument);
      const denied = this.#accounts.refusal(position, isBuy, quantity, price * quantity, this.#now);
      if (denied !== null) return denied;
    }
    if (command.postOnly && book.phase === 'CONTINUOUS' && book.wouldTrade(side, price))
      return 'POST_ONLY_WOULD_TRADE';

    const orders = this.#orders;
    const order = orders.take();
    this.#sequence += 1;
    orders.set(order, ID, command.order);
    orders.set(order, OWNER, owner);
    orders.set(order, INSTRUMENT, command.instrument);
    orders.set(order, SIDE, isBuy ? BUY : SELL);
    orders.set(order, PLACE, IN_BOOK);
    orders.set(order, TYPE, typeIndex(type));
    orders.set(order, VALIDITY, validityIndex(command.validity));
    orders.set(order, STP, stpIndex(command.stp));
    orders.set(order, POST_ONLY, command.postOnly ? 1 : 0);
    orders.set(order, PRICE, price);
    orders.set(order, STOP, command.stop ?? 0);
    orders.set(order, QUANTITY, quantity);
    orders.set(order, FILLED, 0);
    orders.set(order, SHOWN, 0);
    orders.set(order, DISPLAY, command.display ?? 0);
    orders.set(order, HEAP_AT, 0);
    orders.set(order, POSITION, position);
    orders.setWide(order, ENTRY, this.#sequence);
    orders.setWide(order, PRIORITY, this.#sequence);
    orders.setWide(order, EXPIRES_AT, command.expiresAt ?? 0);
    if (!this.#reusesIds) this.#used.add(command.order);
    if (this.#hasRisk) {
      this.#accounts.count(position, this.#now);
      this.#accounts.promise(position, isBuy, quantity, price * quantity);
    }
    this.#register(order);
    this.#emit({
      kind: 'accepted',
      at: this.#now,
      instrument: command.instrument,
      order: command.order,
      owner,
      side,
      type,
      quantity,
      price: command.price,
      stop: command.stop,
    });
    this.#send(book, order);
    return null;
  }

  #send(book: Book, order: number): void {
    const type = this.#orders.get(order, TYPE);
    if (type === STOP_MARKET || type === STOP_LIMIT) {
      this.#enqueue(book, order, AS_STOP);
      if (book.phase === 'CONTINUOUS' && book.last !== 0) this.#wake(book, book.last);
    } else if (book.phase === 'PRE_OPEN') {
      if (this.#meetsOwn(book, order)) return this.#end(order, 'SELF_TRADE');
      this.#enqueue(book, order, type === MARKET ? FOR_AUCTION : IN_BOOK);
    } else {
      this.#match(book, order);
    }
    if (this.#woken.length > 0) this.#runWoken(book);
  }

  // Continuous trading

  #match(book: Book, order: number): void {
    const orders = this.#orders;
    const validity = orders.get(order, VALIDITY);
    if (validity === FOK && !this.#isFillable(book, order)) return this.#end(order, 'FOK_UNFILLED');
    const makers = orders.get(order, SIDE) === BUY ? book.asks : book.bids;
    const limit = orders.get(order, PRICE) / book.tick;
    const owner = orders.get(order, OWNER);
    const mayMeetOwn = orders.get(order, STP) === STP_NONE;
    while (makers.isReachedFrom(limit)) {
      const maker = makers.head(makers.best);
      if (mayMeetOwn || orders.get(maker, OWNER) !== owner) {
        const quantity = Math.min(orders.remaining(order), orders.get(maker, SHOWN));
        const price = makers.best * book.tick;
        this.#emitTrade(book, maker, order, price, quantity);
        orders.set(order, FILLED, orders.get(order, FILLED) + quantity);
        this.#fillQueued(makers, maker, quantity);
        if (book.phase === 'CONTINUOUS') this.#wake(book, price);
        if (orders.remaining(order) === 0) return this.#forget(order);
      } else if (this.#preventSelfTrade(makers, maker, order)) {
        return;
      }
    }
    if (orders.get(order, TYPE) === MARKET) return this.#end(order, 'MARKET_REST');
    if (validity === IOC) return this.#end(order, 'IOC_REST');
    this.#enqueue(book, order, IN_BOOK);
  }

  #isFillable(book: Book, order: number): boolean {
    const orders = this.#orders;
    const makers = orders.get(order, SIDE) === BUY ? book.asks : book.bids;
    const limit = orders.get(order, PRICE) / book.tick;
    const owner = orders.get(order, OWNER);
    const stp = orders.get(order, STP);
    let missing = orders.get(order, QUANTITY);
    for (let level = makers.best; level !== NOWHERE; level = makers.after(level)) {
      if (!makers.isWithin(level, limit)) return false;
      let hidden = 0;
      for (let maker = makers.head(level); maker !== NO_ORDER; maker = orders.get(maker, NEXT)) {
        if (stp !== STP_NONE && orders.get(maker, OWNER) === owner) {
          if (stp === CANCEL_OLDEST) continue;
          return false;
        }
        const shown = orders.get(maker, SHOWN);
        missing -= shown;
        hidden += orders.remaining(maker) - shown;
        if (missing <= 0) return true;
      }
      missing -= hidden;
      if (missing <= 0) return true;
    }
    return false;
  }

  /** Whether the newcomer is gone. */
  #preventSelfTrade(makers: Ladder, maker: number, taker: number): boolean {
    const orders = this.#orders;
    const stp = orders.get(taker, STP);
    if (stp === DECREMENT) {
      const quantity = Math.min(orders.remaining(taker), orders.get(maker, SHOWN));
      if (quantity === orders.remaining(maker)) {
        this.#takeOut(maker, 'SELF_TRADE');
      } else {
        makers.adjust(maker, -quantity, -quantity);
        orders.set(maker, SHOWN, orders.get(maker, SHOWN) - quantity);
        this.#reduce(maker, quantity);
        if (orders.get(maker, SHOWN) === 0) this.#replenish(makers, maker);
      }
      if (quantity === orders.remaining(taker)) {
        this.#end(taker, 'SELF_TRADE');
        return true;
      }
      this.#reduce(taker, quantity);
      return false;
    }
    if (stp !== CANCEL_NEWEST) this.#takeOut(maker, 'SELF_TRADE');
    if (stp === CANCEL_OLDEST) return false;
    this.#end(taker, 'SELF_TRADE');
    return true;
  }

  /** Takes quantity from an order that keeps some. */
  #reduce(order: number, quantity: number): void {
    const orders = this.#orders;
    orders.set(order, QUANTITY, orders.get(order, QUANTITY) - quantity);
    this.#promise(order, -quantity);
    this.#emitRestated(order, 'SELF_TRADE');
  }

  /** Tells of a trade and settles it; the orders themselves are the caller's. */
  #emitTrade(book: Book, maker: number, taker: number, price: number, quantity: number): void {
    const orders = this.#orders;
    const isBuy = orders.get(taker, SIDE) === BUY;
    this.#trade += 1;
    book.last = price;
    this.#emit({
      kind: 'traded',
      at: this.#now,
      instrument: book.terms.instrument,
      trade: this.#trade,
      price,
      quantity,
      maker: orders.get(maker, ID),
      makerOwner: orders.get(maker, OWNER),
      taker: orders.get(taker, ID),
      takerOwner: orders.get(taker, OWNER),
      takerSide: isBuy ? 'BUY' : 'SELL',
    });
    if (!this.#hasRisk) return;
    const makerPosition = orders.get(maker, POSITION);
    const takerPosition = orders.get(taker, POSITION);
    if (isBuy) this.#accounts.settle(takerPosition, makerPosition, price, quantity);
    else this.#accounts.settle(makerPosition, takerPosition, price, quantity);
    this.#promise(maker, -quantity);
    this.#promise(taker, -quantity);
  }

  /** A queued order has traded: it leaves, shows less, or shows its next slice. */
  #fillQueued(ladder: Ladder, order: number, quantity: number): void {
    const orders = this.#orders;
    ladder.adjust(order, -quantity, -quantity);
    orders.set(order, FILLED, orders.get(order, FILLED) + quantity);
    const shown = orders.get(order, SHOWN) - quantity;
    orders.set(order, SHOWN, shown);
    if (shown > 0) return;
    if (orders.remaining(order) > 0) return this.#replenish(ladder, order);
    ladder.remove(order);
    this.#forget(order);
  }

  #replenish(ladder: Ladder, order: number): void {
    const orders = this.#orders;
    const left = orders.remaining(order);
    this.#sequence += 1;
    ladder.remove(order);
    orders.setWide(order, PRIORITY, this.#sequence);
    orders.set(order, SHOWN, Math.min(orders.get(order, DISPLAY), left));
    ladder.append(order, this.#levelOf(order));
    this.#emit({
      kind: 'replenished',
      at: this.#now,
      instrument: orders.get(order, INSTRUMENT),
      order: orders.get(order, ID),
      owner: orders.get(order, OWNER),
      shown: orders.get(order, SHOWN),
      remaining: left,
    });
  }

  // Stops

  #wake(book: Book, price: number): void {
    const { buyStops, sellStops } = book;
    const level = price / book.tick;
    while (buyStops.count > 0 && buyStops.best <= level) this.#wakeBest(buyStops);
    while (sellStops.count > 0 && sellStops.best >= level) this.#wakeBest(sellStops);
  }

  #wakeBest(stops: Ladder): void {
    const order = stops.head(stops.best);
    stops.remove(order);
    this.#woken.push(order);
  }

  #runWoken(book: Book): void {
    const orders = this.#orders;
    // Those that are woken meanwhile are appended, and the loop reaches them.
    for (let index = 0; index < this.#woken.length; index++) {
      const order = this.#woken[index] as number;
      this.#emit({
        kind: 'triggered',
        at: this.#now,
        instrument: book.terms.instrument,
        order: orders.get(order, ID),
        owner: orders.get(order, OWNER),
        stop: orders.get(order, STOP),
      });
      this.#sequence += 1;
      const isMarket = orders.get(order, TYPE) === STOP_MARKET;
      orders.setWide(order, PRIORITY, this.#sequence);
      orders.set(order, PLACE, IN_BOOK);
      orders.set(order, STOP, 0);
      orders.set(order, TYPE, isMarket ? MARKET : LIMIT);
      if (!isMarket && book.isOutside(orders.get(order, PRICE))) this.#end(order, 'OUT_OF_BAND');
      else this.#match(book, order);
    }
    this.#woken.length = 0;
  }

  // Changes of open orders

  #modify(command: Modify): RefusalCode | null {
    const orders = this.#orders;
    const order = this.#ids.get(command.order);
    if (order === NO_ORDER || orders.get(order, OWNER) !== command.owner) return 'ORDER_UNKNOWN';
    const book = this.#bookOf(order);
    const refusal = this.#modifyingRefusal(command, order, book);
    if (refusal !== null) return refusal;
    const quantityBefore = orders.get(order, QUANTITY);
    const priceBefore = orders.get(order, PRICE);
    const before = orders.remaining(order);
    const quantity = command.quantity ?? quantityBefore;
    const price = command.price ?? priceBefore;
    const stop = command.stop ?? orders.get(order, STOP);
    const display = command.display ?? orders.get(order, DISPLAY);
    const left = quantity - orders.get(order, FILLED);
    const isBuy = orders.get(order, SIDE) === BUY;
    const isSame =
      price === priceBefore && stop === orders.get(order, STOP) && display === orders.get(order, DISPLAY);
    const isKept = isSame && quantity <= quantityBefore;
    const position = orders.get(order, POSITION);
    const extra = left - before;
    const extraCash = left * price - before * priceBefore;
    if (this.#hasRisk) {
      const denied = this.#accounts.refusal(position, isBuy, extra, extraCash, this.#now);
      if (denied !== null) return denied;
    }
    const isPosting = orders.get(order, POST_ONLY) === 1 && !isKept && book.phase === 'CONTINUOUS';
    if (isPosting && book.wouldTrade(isBuy ? 'BUY' : 'SELL', price)) return 'POST_ONLY_WOULD_TRADE';

    if (this.#hasRisk) {
      this.#accounts.count(position, this.#now);
      this.#accounts.promise(position, isBuy, extra, extraCash);
    }
    const ladder = book.ladder(orders.get(order, PLACE), orders.get(order, SIDE));
    if (isKept) {
      const shown = Math.min(orders.get(order, SHOWN), left);
      ladder.adjust(order, shown - orders.get(order, SHOWN), extra);
      orders.set(order, SHOWN, shown);
    } else {
      this.#sequence += 1;
      ladder.remove(order);
      orders.setWide(order, PRIORITY, this.#sequence);
      orders.set(order, SHOWN, 0);
    }
    orders.set(order, QUANTITY, quantity);
    orders.set(order, PRICE, price);
    orders.set(order, STOP, stop);
    orders.set(order, DISPLAY, display);
    this.#emit({
      kind: 'modified',
      at: this.#now,
      instrument: book.terms.instrument,
      order: command.order,
      owner: command.owner,
      quantity,
      remaining: left,
      price: this.#limitOf(order),
      stop: stop === 0 ? null : stop,
      keptPriority: isKept,
    });
    if (!isKept) this.#send(book, order);
    return null;
  }

  #modifyingRefusal(command: Modify, order: number, book: Book): RefusalCode | null {
    const { price, stop, quantity, display } = command;
    const orders = this.#orders;
    if (book.phase !== 'CONTINUOUS' && book.phase !== 'PRE_OPEN') return 'SESSION_CLOSED';
    if (price !== null && this.#limitOf(order) === null) return 'FIELD_NOT_APPLICABLE';
    if (stop !== null && orders.get(order, PLACE) !== AS_STOP) return 'FIELD_NOT_APPLICABLE';
    if (display !== null && orders.get(order, DISPLAY) === 0) return 'FIELD_NOT_APPLICABLE';
    const refusal = valuesRefusal(book, price, stop, quantity, display);
    if (refusal !== null) return refusal;
    return quantity !== null && quantity <= orders.get(order, FILLED) ? 'QUANTITY_TRADED' : null;
  }

  #cancel(command: Cancel): RefusalCode | null {
    const order = this.#ids.get(command.order);
    if (order === NO_ORDER || this.#orders.get(order, OWNER) !== command.owner) return 'ORDER_UNKNOWN';
    this.#takeOut(order, 'REQUESTED');
    return null;
  }

  #massCancel({ owner, instrument, side }: MassCancel): RefusalCode | null {
    const orders = this.#orders;
    let count = 0;
    let next = this.#firstOf(owner);
    while (next !== NO_ORDER) {
      const order = next;
      next = orders.get(order, OWNER_NEXT);
      if (instrument !== null && orders.get(order, INSTRUMENT) !== instrument) continue;
      if (side !== null && this.#sideOf(order) !== side) continue;
      this.#takeOut(order, 'MASS_CANCEL');
      count += 1;
    }
    this.#emit({ kind: 'massCancelled', at: this.#now, owner, count });
    return null;
  }

  // Sessions

  #expireDue(): void {
    for (let order = this.#expiries.first(); order !== NO_ORDER; order = this.#expiries.first()) {
      if (this.#orders.getWide(order, EXPIRES_AT) > this.#now) return;
      this.#expire(order);
    }
  }

  #setPhase(instrument: number | null, phase: Phase): RefusalCode | null {
    if (instrument === null) {
      for (const book of this.#books) if (book && canGo(book.phase, phase)) this.#go(book, phase);
      return null;
    }
    const book = this.#books[instrument];
    if (!book) return 'INSTRUMENT_UNKNOWN';
    if (!canGo(book.phase, phase)) return 'PHASE_INVALID';
    this.#go(book, phase);
    return null;
  }

  #go(book: Book, phase: Phase): void {
    if (book.isCollecting && (phase === 'BUFFER' || phase === 'CONTINUOUS')) this.#uncross(book);
    if (phase === 'PRE_OPEN') book.isCollecting = true;
    book.phase = phase;
    this.#emit({ kind: 'phaseChanged', at: this.#now, instrument: book.terms.instrument, phase });
    if (phase === 'CLOSED') {
      const ofTheDay = this.#queued(book.ladders, (order) => this.#orders.get(order, VALIDITY) === DAY);
      for (const order of ofTheDay) this.#expire(order);
    }
    if (phase === 'CONTINUOUS' && book.last !== 0) {
      this.#wake(book, book.last);
      this.#runWoken(book);
    }
  }

  #flex(instrument: number, direction: Direction): RefusalCode | null {
    const book = this.#books[instrument];
    if (!book) return 'INSTRUMENT_UNKNOWN';
    if (book.phase !== 'CONTINUOUS') return 'SESSION_CLOSED';
    if (!book.terms.dynamic) return 'BAND_FIXED';
    book.shiftBps = flexShift(book.flexes, book.shiftBps, direction);
    book.flexes += 1;
    this.#moveBand(book);
    return null;
  }

  #moveBand(book: Book): void {
    book.moveBand();
    this.#emitBand(book);
    const resting = [book.bids, book.asks];
    const outside = this.#queued(resting, (order) => book.isOutside(this.#orders.get(order, PRICE)));
    for (const order of outside) this.#takeOut(order, 'OUT_OF_BAND');
  }

  // The call auction

  #uncross(book: Book): void {
    book.isCollecting = false;
    const { bids, asks, marketBuys, marketSells } = book;
    const found = findEquilibrium(book);
    this.#emit({
      kind: 'auction',
      at: this.#now,
      instrument: book.terms.instrument,
      price: found?.price ?? null,
      volume: found?.volume ?? 0,
      imbalance: found?.imbalance ?? 0,
    });
    if (found) {
      this.#crossAt(book, found.price, bids, asks);
      this.#crossAt(book, found.price, bids, marketSells);
      this.#crossAt(book, found.price, marketBuys, asks);
      this.#crossAt(book, found.price, marketBuys, marketSells);
    }
    const price = found?.price ?? book.closeOnTick;
    this.#moveToBook(book, marketBuys, price);
    this.#moveToBook(book, marketSells, price);
  }

  #crossAt(book: Book, price: number, buys: Ladder, sells: Ladder): void {
    const orders = this.#orders;
    const level = price / book.tick;
    const isReached = (ladder: Ladder): boolean =>
      ladder === book.marketBuys || ladder === book.marketSells
        ? ladder.count > 0
        : ladder.isReachedFrom(level);
    while (isReached(buys) && isReached(sells)) {
      const [buy, sell] = [buys.head(buys.best), sells.head(sells.best)];
      const quantity = Math.min(orders.get(buy, SHOWN), orders.get(sell, SHOWN));
      const isBuyFirst = orders.getWide(buy, PRIORITY) < orders.getWide(sell, PRIORITY);
      this.#emitTrade(book, isBuyFirst ? buy : sell, isBuyFirst ? sell : buy, price, quantity);
      this.#fillQueued(buys, buy, quantity);
      this.#fillQueued(sells, sell, quantity);
    }
  }

  /** Market orders that the auction left over go into the book by their time. */
  #moveToBook(book: Book, waiting: Ladder, price: number): void {
    const orders = this.#orders;
    while (waiting.count > 0) {
      const order = waiting.head(waiting.best);
      const left = orders.remaining(order);
      waiting.remove(order);
      if (this.#hasRisk && orders.get(order, SIDE) === BUY) {
        const cash = left * (price - orders.get(order, PRICE));
        this.#accounts.promise(orders.get(order, POSITION), true, 0, cash);
      }
      orders.set(order, TYPE, LIMIT);
      orders.set(order, PLACE, IN_BOOK);
      orders.set(order, PRICE, price);
      book.ladder(IN_BOOK, orders.get(order, SIDE)).insert(order, price / book.tick);
      this.#emitRestated(order, 'AUCTION');
    }
  }

  // Queues

  #enqueue(book: Book, order: number, place: number): void {
    const orders = this.#orders;
    const display = orders.get(order, DISPLAY);
    const left = orders.remaining(order);
    orders.set(order, PLACE, place);
    orders.set(order, SHOWN, place === AS_STOP ? 0 : display === 0 ? left : Math.min(display, left));
    book.ladder(place, orders.get(order, SIDE)).append(order, this.#levelOf(order));
  }

  #levelOf(order: number): number {
    const orders = this.#orders;
    const place = orders.get(order, PLACE);
    if (place === FOR_AUCTION) return AUCTION_LEVEL;
    return orders.get(order, place === AS_STOP ? STOP : PRICE) / this.#bookOf(order).tick;
  }

  /** Makes an accepted order known by its id, to its owner, and to the clock. */
  #register(order: number): void {
    const orders = this.#orders;
    this.#ids.add(orders.get(order, ID), order);
    const owner = 2 * orders.get(order, OWNER);
    if (owner >= this.#owners.length) {
      const wider = new Int32Array(Math.max(owner + 2, 2 * this.#owners.length));
      wider.set(this.#owners);
      this.#owners = wider;
    }
    const last = this.#owners[owner + 1] as number;
    orders.set(order, OWNER_NEXT, NO_ORDER);
    orders.set(order, OWNER_PREVIOUS, last);
    if (last === NO_ORDER) this.#owners[owner] = order;
    else orders.set(last, OWNER_NEXT, order);
    this.#owners[owner + 1] = order;
    if (orders.getWide(order, EXPIRES_AT) !== 0) this.#expiries.add(order);
  }

  /** An order that queues nowhere is no longer open: its place is free for another. */
  #forget(order: number): void {
    const orders = this.#orders;
    this.#ids.remove(orders.get(order, ID));
    const owner = 2 * orders.get(order, OWNER);
    const next = orders.get(order, OWNER_NEXT);
    const previous = orders.get(order, OWNER_PREVIOUS);
    if (next === NO_ORDER) this.#owners[owner + 1] = previous;
    else orders.set(next, OWNER_PREVIOUS, previous);
    if (previous === NO_ORDER) this.#owners[owner] = next;
    else orders.set(previous, OWNER_NEXT, next);
    if (orders.get(order, HEAP_AT) !== 0) this.#expiries.remove(order);
    orders.release(order);
  }

  /** What is left of an order that queues nowhere leaves the market. */
  #end(order: number, reason: CancelReason): void {
    const orders = this.#orders;
    const quantity = orders.remaining(order);
    this.#promise(order, -quantity);
    this.#emit({
      kind: 'cancelled',
      at: this.#now,
      instrument: orders.get(order, INSTRUMENT),
      order: orders.get(order, ID),
      owner: orders.get(order, OWNER),
      quantity,
      reason,
    });
    this.#forget(order);
  }

  #takeOut(order: number, reason: CancelReason): void {
    this.#ladderOf(order).remove(order);
    this.#end(order, reason);
  }

  #expire(order: number): void {
    const orders = this.#orders;
    const quantity = orders.remaining(order);
    this.#ladderOf(order).remove(order);
    this.#promise(order, -quantity);
    this.#emit({
      kind: 'expired',
      at: this.#now,
      instrument: orders.get(order, INSTRUMENT),
      order: orders.get(order, ID),
      owner: orders.get(order, OWNER),
      quantity,
      validity: VALIDITIES[orders.get(order, VALIDITY)] ?? 'DAY',
    });
    this.#forget(order);
  }

  /** An order promises more, or with a negative quantity less, at its price. */
  #promise(order: number, quantity: number): void {
    if (!this.#hasRisk) return;
    const orders = this.#orders;
    const isBuy = orders.get(order, SIDE) === BUY;
    this.#accounts.promise(orders.get(order, POSITION), isBuy, quantity, quantity * orders.get(order, PRICE));
  }

  /** The orders of some ladders that are meant, as they were accepted. */
  #queued(ladders: readonly Ladder[], isMeant: (order: number) => boolean): number[] {
    const found: number[] = [];
    for (const ladder of ladders) this.#walk(ladder, (order) => isMeant(order) && found.push(order));
    return found.sort((a, b) => this.#orders.getWide(a, ENTRY) - this.#orders.getWide(b, ENTRY));
  }

  #walk(ladder: Ladder, visit: (order: number) => void): void {
    for (let level = ladder.best; level !== NOWHERE; level = ladder.after(level))
      for (let order = ladder.head(level); order !== NO_ORDER; order = this.#orders.get(order, NEXT))
        visit(order);
  }

  #meetsOwn(book: Book, order: number): boolean {
    const orders = this.#orders;
    if (orders.get(order, STP) === STP_NONE) return false;
    const isMarket = orders.get(order, TYPE) === MARKET;
    const isBuy = orders.get(order, SIDE) === BUY;
    const [instrument, price] = [book.terms.instrument, orders.get(order, PRICE)];
    const first = this.#firstOf(orders.get(order, OWNER));
    for (let own = first; own !== NO_ORDER; own = orders.get(own, OWNER_NEXT)) {
      const place = orders.get(own, PLACE);
      const isOpposite = orders.get(own, SIDE) !== orders.get(order, SIDE);
      if (!isOpposite || place === AS_STOP || orders.get(own, INSTRUMENT) !== instrument) continue;
      if (isMarket || place === FOR_AUCTION) return true;
      const ownPrice = orders.get(own, PRICE);
      if (isBuy ? ownPrice <= price : ownPrice >= price) return true;
    }
    return false;
  }

  #firstOf(owner: number): number {
    return 2 * owner < this.#owners.length ? (this.#owners[2 * owner] as number) : NO_ORDER;
  }

  #bookOf(order: number): Book {
    return this.#books[this.#orders.get(order, INSTRUMENT)] as Book;
  }

  #ladderOf(order: number): Ladder {
    return this.#bookOf(order).ladder(this.#orders.get(order, PLACE), this.#orders.get(order, SIDE));
  }

  #sideOf(order: number): Side {
    return this.#orders.get(order, SIDE) === BUY ? 'BUY' : 'SELL';
  }

  #limitOf(order: number): number | null {
    const type = this.#orders.get(order, TYPE);
    return type === MARKET || type === STOP_MARKET ? null : this.#orders.get(order, PRICE);
  }

  // Reports

  #emitRestated(order: number, reason: 'SELF_TRADE' | 'AUCTION'): void {
    const orders = this.#orders;
    this.#emit({
      kind: 'restated',
      at: this.#now,
      instrument: orders.get(order, INSTRUMENT),
      order: orders.get(order, ID),
      owner: orders.get(order, OWNER),
      reason,
      quantity: orders.get(order, QUANTITY),
      remaining: orders.remaining(order),
      price: this.#limitOf(order),
    });
  }

  #emitBand({ terms: { instrument }, lower, upper }: Book): void {
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
    const orders: OrderState[] = [];
    const instruments = this.#books.filter((book) => book !== undefined);
    for (const book of instruments)
      for (const ladder of book.ladders) this.#walk(ladder, (order) => orders.push(this.#orderState(order)));
    return {
      now: this.#now,
      sequence: this.#sequence,
      trade: this.#trade,
      used: this.#used.runs(),
      instruments: instruments.map((book) => book.state()),
      orders,
      accounts: this.#accounts.accountStates(),
      holdings: this.#accounts.holdingStates(),
    };
  }

  hash(): string {
    return hashOf(this.snapshot());
  }

  #orderState(order: number): OrderState {
    const orders = this.#orders;
    return {
      order: orders.get(order, ID),
      owner: orders.get(order, OWNER),
      instrument: orders.get(order, INSTRUMENT),
      side: this.#sideOf(order),
      place: PLACES[orders.get(order, PLACE)] ?? 'BOOK',
      type: ORDER_TYPES[orders.get(order, TYPE)] ?? 'LIMIT',
      validity: VALIDITIES[orders.get(order, VALIDITY)] ?? 'DAY',
      stp: STP_MODES[orders.get(order, STP)] ?? 'NONE',
      postOnly: orders.get(order, POST_ONLY) === 1,
      price: orders.get(order, PRICE),
      stop: orders.get(order, STOP),
      quantity: orders.get(order, QUANTITY),
      filled: orders.get(order, FILLED),
      shown: orders.get(order, SHOWN),
      display: orders.get(order, DISPLAY),
      expiresAt: orders.getWide(order, EXPIRES_AT),
      entry: orders.getWide(order, ENTRY),
      priority: orders.getWide(order, PRIORITY),
    };
  }

  #restore(snapshot: Snapshot): void {
    this.#now = snapshot.now;
    this.#sequence = snapshot.sequence;
    this.#trade = snapshot.trade;
    for (const [first, last] of snapshot.used) this.#used.addRun(first, last);
    for (const state of snapshot.instruments) {
      const book = new Book(state, this.#levels, this.#orders);
      book.restore(state);
      this.#books[state.instrument] = book;
    }
    this.#accounts.restore(snapshot.accounts, snapshot.holdings);
    const handles = new Map<number, number>();
    for (const state of snapshot.orders) {
      const order = this.#restoreOrder(state);
      this.#ladderOf(order).append(order, this.#levelOf(order));
      handles.set(state.entry, order);
    }
    for (const [, order] of [...handles].sort(([a], [b]) => a - b)) this.#register(order);
  }

  #restoreOrder(state: OrderState): number {
    const orders = this.#orders;
    const order = orders.take();
    const position = this.#hasRisk ? this.#accounts.position(state.owner, state.instrument) : 0;
    orders.set(order, ID, state.order);
    orders.set(order, OWNER, state.owner);
    orders.set(order, INSTRUMENT, state.instrument);
    orders.set(order, SIDE, SIDES.indexOf(state.side));
    orders.set(order, PLACE, PLACES.indexOf(state.place));
    orders.set(order, TYPE, typeIndex(state.type));
    orders.set(order, VALIDITY, validityIndex(state.validity));
    orders.set(order, STP, stpIndex(state.stp));
    orders.set(order, POST_ONLY, state.postOnly ? 1 : 0);
    orders.set(order, PRICE, state.price);
    orders.set(order, STOP, state.stop);
    orders.set(order, QUANTITY, state.quantity);
    orders.set(order, FILLED, state.filled);
    orders.set(order, SHOWN, state.shown);
    orders.set(order, DISPLAY, state.display);
    orders.set(order, HEAP_AT, 0);
    orders.set(order, POSITION, position);
    orders.setWide(order, EXPIRES_AT, state.expiresAt);
    orders.setWide(order, ENTRY, state.entry);
    orders.setWide(order, PRIORITY, state.priority);
    this.#promise(order, orders.remaining(order));
    return order;
  }

  // What the owner of the engine may ask beyond commands

  isOpen(order: number): boolean {
    return this.#ids.get(order) !== NO_ORDER;
  }

  /** An open order as it stands. */
  orderOf(id: number): OrderState | undefined {
    const order = this.#ids.get(id);
    return order === NO_ORDER ? undefined : this.#orderState(order);
  }

  /** The open orders of an owner, as they were accepted. */
  ordersOf(owner: number): OrderState[] {
    const states: OrderState[] = [];
    for (let order = this.#firstOf(owner); order !== NO_ORDER; order = this.#orders.get(order, OWNER_NEXT))
      states.push(this.#orderState(order));
    return states;
  }

  /** The best price at which anybody but this owner waits in the book; null when nobody does. */
  bestBeside(owner: number, instrument: number, side: Side): number | null {
    const book = this.#books[instrument];
    if (!book) return null;
    const ladder = side === 'BUY' ? book.bids : book.asks;
    for (let level = ladder.best; level !== NOWHERE; level = ladder.after(level))
      for (let order = ladder.head(level); order !== NO_ORDER; order = this.#orders.get(order, NEXT))
        if (this.#orders.get(order, OWNER) !== owner) return level * book.tick;
    return null;
  }

  /** Whether a new order of this side and limit would trade at once. */
  wouldTrade(instrument: number, side: Side, price: number): boolean {
    return this.#books[instrument]?.wouldTrade(side, price) ?? false;
  }

  /** The price whose trade would wake the first stop of a side; null when none waits. */
  nextStop(instrument: number, side: Side): number | null {
    const book = this.#books[instrument];
    const stops = side === 'BUY' ? book?.buyStops : book?.sellStops;
    return book && stops && stops.count > 0 ? stops.best * book.tick : null;
  }

  /** Price of the last trade; 0 before the first. */
  lastOf(instrument: number): number {
    return this.#books[instrument]?.last ?? 0;
  }

  /** The last trade took place at this price, as another engine has it. */
  restateLast(instrument: number, price: number): void {
    const book = this.#books[instrument];
    if (book) book.last = price;
  }

  /** The previous close, as another engine has it; the band stays where it is. */
  restateClose(instrument: number, price: number): void {
    const book = this.#books[instrument];
    if (book) book.previousClose = price;
  }

  /** The last entry or priority that was given. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Goes on counting from here: another engine has given the numbers up to it. */
  countFrom(sequence: number): void {
    if (sequence < this.#sequence) throw new RangeError('entries are never given twice');
    this.#sequence = sequence;
  }

  /** Makes the open orders of an owner be these, each at its own place in time priority. */
  restate(owner: number, orders: readonly OrderState[]): void {
    for (let order = this.#firstOf(owner); order !== NO_ORDER; order = this.#firstOf(owner)) {
      this.#ladderOf(order).remove(order);
      this.#forget(order);
    }
    for (const state of orders) {
      const order = this.#restoreOrder(state);
      this.#ladderOf(order).insert(order, this.#levelOf(order));
      this.#register(order);
    }
  }

  depth(instrument: number, levels: number): Depth {
    const book = this.#books[instrument];
    if (!book) return { bids: [], asks: [] };
    return { bids: bestLevels(book.bids, levels, book.tick), asks: bestLevels(book.asks, levels, book.tick) };
  }

  check(): void {
    const orders = this.#orders;
    const promised = new Map<number, { buying: number; selling: number }>();
    const cashOfOwner = new Map<number, number>();
    let [queued, expiring] = [0, 0];
    for (const book of this.#books) {
      if (!book) continue;
      const { instrument } = book.terms;
      const isCrossed = book.bids.best !== NOWHERE && book.asks.isReachedFrom(book.bids.best);
      assert(book.phase !== 'CONTINUOUS' || !isCrossed, `instrument ${instrument} is crossed`);
      for (const ladder of book.ladders) {
        assert(ladder.isConsistent(), `a ladder of instrument ${instrument} is not what its queues say`);
        this.#walk(ladder, (order) => {
          const [id, left, shown] = [
            orders.get(order, ID),
            orders.remaining(order),
            orders.get(order, SHOWN),
          ];
          queued += 1;
          if (orders.get(order, HEAP_AT) !== 0) expiring += 1;
          assert(this.#ids.get(id) === order, `order ${id} queues and is not open`);
          assert(
            left > 0 && shown <= left,
            `order ${id} queues with nothing left, or shows more than it has`,
          );
          assert(shown > 0 || orders.get(order, PLACE) === AS_STOP, `order ${id} shows nothing`);
          const position = orders.get(order, POSITION);
          const sums = promised.get(position) ?? { buying: 0, selling: 0 };
          promised.set(position, sums);
          if (orders.get(order, SIDE) === SELL) {
            sums.selling += left;
            return;
          }
          const [owner, cash] = [orders.get(order, OWNER), left * orders.get(order, PRICE)];
          sums.buying += left;
          cashOfOwner.set(owner, (cashOfOwner.get(owner) ?? 0) + cash);
        });
      }
    }
    const isCounted = queued === orders.live && queued === this.#ids.size && expiring === this.#expiries.size;
    assert(isCounted && orders.isWhole(), 'an order leaked');
    assert(queued > 0 || this.#levels.taken === 0, 'a page of levels leaked');
    if (!this.#hasRisk) return;
    this.#accounts.check(promised, cashOfOwner);
  }
}

// A switch over a handful of words is faster than a search of their list.

function typeIndex(type: OrderType): number {
  switch (type) {
    case 'MARKET':
      return MARKET;
    case 'LIMIT':
      return LIMIT;
    case 'STOP':
      return STOP_MARKET;
    case 'STOP_LIMIT':
      return STOP_LIMIT;
    case 'ICEBERG':
      return ICEBERG;
  }
}

function validityIndex(validity: Validity): number {
  switch (validity) {
    case 'DAY':
      return DAY;
    case 'IOC':
      return IOC;
    case 'FOK':
      return FOK;
    case 'GTC':
      return GTC;
    case 'GTD':
      return GTD;
  }
}

function stpIndex(mode: StpMode): number {
  switch (mode) {
    case 'NONE':
      return STP_NONE;
    case 'CANCEL_NEWEST':
      return CANCEL_NEWEST;
    case 'CANCEL_OLDEST':
      return CANCEL_OLDEST;
    case 'CANCEL_BOTH':
      return CANCEL_BOTH;
    case 'DECREMENT':
      return DECREMENT;
  }
}

function placingRefusal(order: NewOrder, book: Book): RefusalCode | null {
  const { phase } = book;
  if (phase !== 'CONTINUOUS') {
    if (phase !== 'PRE_OPEN') return 'SESSION_CLOSED';
    const { validity, type, postOnly } = order;
    if (validity === 'IOC' || validity === 'FOK' || type === 'ICEBERG' || postOnly) return 'SESSION_TYPE';
  }
  return valuesRefusal(book, order.price, order.stop, order.quantity, order.display);
}

function valuesRefusal(
  book: Book,
  price: number | null,
  stop: number | null,
  quantity: number | null,
  display: number | null,
): RefusalCode | null {
  const { tick, lot, freeze } = book;
  if (price !== null && price % tick !== 0) return 'TICK_SIZE_VIOLATED';
  if (stop !== null && stop % tick !== 0) return 'TICK_SIZE_VIOLATED';
  if (quantity !== null && quantity % lot !== 0) return 'LOT_SIZE_VIOLATED';
  if (display !== null && display % lot !== 0) return 'LOT_SIZE_VIOLATED';
  if (price !== null && book.isOutside(price)) return 'PRICE_OUT_OF_BAND';
  if (stop !== null && book.isOutside(stop)) return 'PRICE_OUT_OF_BAND';
  if (quantity !== null && quantity > freeze) return 'FREEZE_QUANTITY_EXCEEDED';
  return display !== null && display > freeze ? 'FREEZE_QUANTITY_EXCEEDED' : null;
}

function assert(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

function bestLevels(ladder: Ladder, levels: number, tick: number): DepthLevel[] {
  const rows: DepthLevel[] = [];
  for (let level = ladder.best; level !== NOWHERE && rows.length < levels; level = ladder.after(level))
    rows.push({ price: level * tick, quantity: ladder.shown(level), orders: ladder.ordersAt(level) });
  return rows;
}
