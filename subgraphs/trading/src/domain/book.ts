/**
 * The order book of one instrument: price first, then time. A book is a value: each function returns a new one and
 * leaves its argument alone, so the exchange can match first and adopt the result only once it is committed.
 * Prices are minor units, quantities whole units. Naive on purpose: it is the specification a faster book is held to.
 */

export type Side = 'BUY' | 'SELL';
export type OrderType = 'LIMIT' | 'MARKET';
export type Validity = 'DAY' | 'IOC' | 'FOK';
/** Why the rest of an order left without trading, as far as the book can say. */
export type RestReason = 'MARKET_REST' | 'TIME_IN_FORCE' | 'SELF_TRADE';

/** Owner of the quotes that stand for everybody who is not a user of ours. */
export const MARKET = 'market';

/** An order that waits in the book. */
export interface Resting {
  readonly id: string;
  readonly owner: string;
  readonly remaining: bigint;
}

/** All that waits at one price, the oldest first. */
export interface Level {
  readonly price: bigint;
  readonly queue: readonly Resting[];
}

/** Both sides, the best price first. */
export interface Book {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export interface Incoming {
  readonly id: string;
  readonly owner: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly validity: Validity;
  /** The worst price it may trade at; null for any, which only a MARKET order may say. */
  readonly price: bigint | null;
  readonly quantity: bigint;
}

/** One trade, at the price of the order that waited (the maker). */
export interface Execution {
  readonly price: bigint;
  readonly quantity: bigint;
  readonly maker: Pick<Resting, 'id' | 'owner'>;
  readonly taker: Pick<Resting, 'id' | 'owner'>;
  readonly takerSide: Side;
}

export interface Matched {
  readonly book: Book;
  readonly executions: readonly Execution[];
}

export interface Submitted extends Matched {
  /** What of the order now waits in the book. */
  readonly resting: bigint;
  /** What of it left without trading; `quantity` is never 0. */
  readonly cancelled: { readonly quantity: bigint; readonly reason: RestReason } | null;
}

export interface Quote {
  readonly price: bigint;
  readonly quantity: bigint;
}

/** The market's side of the book, the best price first on each side. */
export interface Quotes {
  readonly bids: readonly Quote[];
  readonly asks: readonly Quote[];
}

export interface DepthLevel extends Quote {
  readonly orders: number;
}

export const EMPTY_BOOK: Book = { bids: [], asks: [] };

/**
 * Matches an order and lets a LIMIT order of validity DAY wait with what is left. IOC and MARKET orders never wait;
 * FOK fills whole or changes nothing. An order stops where it meets one of the same owner: the newcomer's rest is
 * cancelled. The market is many people and may trade with itself.
 */
export function submit(book: Book, order: Incoming): Submitted {
  if (order.quantity <= 0n) throw new RangeError('submit: the quantity must be positive');
  if (order.price === null && order.type === 'LIMIT')
    throw new RangeError('submit: a LIMIT order needs a price');
  const { opposite, executions, remaining, metOwn } = take(oppositeOf(book, order.side), order);
  if (remaining > 0n && order.validity === 'FOK') {
    const reason = metOwn ? 'SELF_TRADE' : 'TIME_IN_FORCE';
    return { book, executions: [], resting: 0n, cancelled: { quantity: order.quantity, reason } };
  }
  const matched = order.side === 'BUY' ? { ...book, asks: opposite } : { ...book, bids: opposite };
  if (remaining === 0n) return { book: matched, executions, resting: 0n, cancelled: null };
  const mayRest = order.type === 'LIMIT' && order.validity === 'DAY' && !metOwn;
  if (!mayRest || order.price === null) {
    const reason = metOwn ? 'SELF_TRADE' : order.type === 'MARKET' ? 'MARKET_REST' : 'TIME_IN_FORCE';
    return { book: matched, executions, resting: 0n, cancelled: { quantity: remaining, reason } };
  }
  const waiting = { id: order.id, owner: order.owner, remaining };
  return {
    book: append(matched, order.side, order.price, waiting),
    executions,
    resting: remaining,
    cancelled: null,
  };
}

/** Takes a waiting order out; undefined when it does not wait there. */
export function cancel(book: Book, side: Side, price: bigint, id: string): Book | undefined {
  const levels = sameOf(book, side);
  const level = levels.find((each) => each.price === price);
  if (!level?.queue.some((each) => each.id === id)) return undefined;
  return withSide(
    book,
    side,
    changeLevels(levels, (each) =>
      each === level ? each.queue.filter((resting) => resting.id !== id) : each.queue,
    ),
  );
}

/**
 * Makes the market's side of the book be `quotes`. Like the many orders it stands for, a level that shrinks loses its
 * newest part and one that grows queues the difference behind whoever waits there. Quotes that reach a user's order
 * trade with it first. Throws when the quotes cross one another.
 */
export function replaceMarketQuotes(book: Book, quotes: Quotes): Matched {
  checkQuotes(quotes);
  let now: Book = {
    bids: changeLevels(book.bids, (level) => trimMarket(level, quantityAt(quotes.bids, level.price))),
    asks: changeLevels(book.asks, (level) => trimMarket(level, quantityAt(quotes.asks, level.price))),
  };
  const executions: Execution[] = [];
  for (const [side, levels] of [
    ['BUY', quotes.bids],
    ['SELL', quotes.asks],
  ] as const) {
    for (const { price, quantity } of levels) {
      const missing = quantity - marketQuantity(sameOf(now, side), price);
      if (missing <= 0n) continue;
      const submitted = submit(now, marketOrder(side, price, missing, 'DAY'));
      now = submitted.book;
      executions.push(...submitted.executions);
    }
  }
  return { book: now, executions };
}

/** An order of the market that trades at once up to `price` with whoever waits, and does not wait itself. */
export function printMarket(book: Book, side: Side, price: bigint, quantity: bigint): Matched {
  return submit(book, marketOrder(side, price, quantity, 'IOC'));
}

/**
 * Repeats a trade that was recorded elsewhere: exactly `quantity` trades, at `price` or, as far as users wait at
 * better prices, at theirs. The market's quotes that would stand in the way, or at the price itself, are withdrawn;
 * whoever replays lays new ones afterwards.
 */
export function repeatTrade(book: Book, side: Side, price: bigint, quantity: bigint): Matched {
  const withdrawn: Book = {
    bids: changeLevels(book.bids, (level) => (level.price >= price ? trimMarket(level, 0n) : level.queue)),
    asks: changeLevels(book.asks, (level) => (level.price <= price ? trimMarket(level, 0n) : level.queue)),
  };
  const maker = submit(withdrawn, marketOrder(side === 'BUY' ? 'SELL' : 'BUY', price, quantity, 'DAY'));
  if (maker.resting === 0n) return maker;
  const taker = submit(maker.book, marketOrder(side, price, maker.resting, 'IOC'));
  const left: Book = {
    bids: changeLevels(taker.book.bids, (level) =>
      level.price === price ? trimMarket(level, 0n) : level.queue,
    ),
    asks: changeLevels(taker.book.asks, (level) =>
      level.price === price ? trimMarket(level, 0n) : level.queue,
    ),
  };
  return { book: left, executions: [...maker.executions, ...taker.executions] };
}

/** The market's quotes as they stand. */
export function marketQuotes(book: Book): Quotes {
  const quotesOf = (levels: readonly Level[]): Quote[] =>
    levels
      .map(({ price }) => ({ price, quantity: marketQuantity(levels, price) }))
      .filter(({ quantity }) => quantity > 0n);
  return { bids: quotesOf(book.bids), asks: quotesOf(book.asks) };
}

/** A book of orders that waited before, in the order of their arrival. */
export function restore(
  orders: readonly (Resting & { readonly side: Side; readonly price: bigint })[],
): Book {
  return orders.reduce<Book>(
    (book, { id, owner, remaining, side, price }) => append(book, side, price, { id, owner, remaining }),
    EMPTY_BOOK,
  );
}

/** The best `levels` prices of each side with all that waits there. */
export function depth(book: Book, levels: number): { bids: DepthLevel[]; asks: DepthLevel[] } {
  const view = (side: readonly Level[]): DepthLevel[] =>
    side.slice(0, levels).map(({ price, queue }) => ({
      price,
      quantity: queue.reduce((sum, { remaining }) => sum + remaining, 0n),
      orders: queue.length,
    }));
  return { bids: view(book.bids), asks: view(book.asks) };
}

/** The highest price somebody would pay; null when nobody waits. */
export function bestBid(book: Book): bigint | null {
  return book.bids[0]?.price ?? null;
}

/** The lowest price somebody would take; null when nobody waits. */
export function bestAsk(book: Book): bigint | null {
  return book.asks[0]?.price ?? null;
}

function take(
  levels: readonly Level[],
  order: Incoming,
): { opposite: readonly Level[]; executions: Execution[]; remaining: bigint; metOwn: boolean } {
  const executions: Execution[] = [];
  let remaining = order.quantity;
  let metOwn = false;
  const opposite = changeLevels(levels, ({ price, queue }) => {
    if (remaining === 0n || metOwn || !reaches(order, price)) return queue;
    const left: Resting[] = [];
    for (const waiting of queue) {
      metOwn ||= remaining > 0n && order.owner !== MARKET && waiting.owner === order.owner;
      const quantity = metOwn ? 0n : smaller(remaining, waiting.remaining);
      if (quantity > 0n) {
        remaining -= quantity;
        executions.push({
          price,
          quantity,
          maker: { id: waiting.id, owner: waiting.owner },
          taker: { id: order.id, owner: order.owner },
          takerSide: order.side,
        });
      }
      if (quantity < waiting.remaining)
        left.push(quantity === 0n ? waiting : { ...waiting, remaining: waiting.remaining - quantity });
    }
    return left;
  });
  return { opposite, executions, remaining, metOwn };
}

function reaches(order: Incoming, price: bigint): boolean {
  if (order.price === null) return true;
  return order.side === 'BUY' ? price <= order.price : price >= order.price;
}

function append(book: Book, side: Side, price: bigint, waiting: Resting): Book {
  const levels = sameOf(book, side);
  const at = levels.findIndex((level) => (side === 'BUY' ? level.price <= price : level.price >= price));
  const found = at === -1 ? undefined : levels[at];
  if (found?.price === price) {
    return withSide(
      book,
      side,
      levels.map((level) => (level === found ? { price, queue: [...level.queue, waiting] } : level)),
    );
  }
  const place = at === -1 ? levels.length : at;
  const level: Level = { price, queue: [waiting] };
  return withSide(book, side, [...levels.slice(0, place), level, ...levels.slice(place)]);
}

/** Replaces queues; a level whose queue empties disappears. */
function changeLevels(
  levels: readonly Level[],
  change: (level: Level) => readonly Resting[],
): readonly Level[] {
  const changed: Level[] = [];
  for (const level of levels) {
    const queue = change(level);
    if (queue.length > 0) changed.push(queue === level.queue ? level : { price: level.price, queue });
  }
  return changed;
}

/** The queue of a level with at most `target` of the market in it; the newest leaves first. */
function trimMarket({ queue }: Level, target: bigint): readonly Resting[] {
  let room = target;
  return queue.flatMap((each) => {
    if (each.owner !== MARKET) return [each];
    const remaining = smaller(each.remaining, room);
    room -= remaining;
    if (remaining === 0n) return [];
    return [remaining === each.remaining ? each : { ...each, remaining }];
  });
}

function marketQuantity(levels: readonly Level[], price: bigint): bigint {
  const queue = levels.find((level) => level.price === price)?.queue ?? [];
  return queue.reduce((sum, each) => (each.owner === MARKET ? sum + each.remaining : sum), 0n);
}

function marketOrder(side: Side, price: bigint, quantity: bigint, validity: Validity): Incoming {
  return { id: MARKET, owner: MARKET, side, type: 'LIMIT', validity, price, quantity };
}

function quantityAt(quotes: readonly Quote[], price: bigint): bigint {
  return quotes.reduce((sum, quote) => (quote.price === price ? sum + quote.quantity : sum), 0n);
}

function checkQuotes({ bids, asks }: Quotes): void {
  const isPositive = [...bids, ...asks].every(({ price, quantity }) => price > 0n && quantity > 0n);
  const isOrdered =
    bids.every(({ price }, i) => i === 0 || price < (bids[i - 1]?.price ?? 0n)) &&
    asks.every(({ price }, i) => i === 0 || price > (asks[i - 1]?.price ?? 0n));
  const [bid, ask] = [bids[0], asks[0]];
  const isCrossed = bid !== undefined && ask !== undefined && bid.price >= ask.price;
  if (!isPositive || !isOrdered || isCrossed) {
    throw new RangeError('quotes must be positive, in order from the best price, and must not cross');
  }
}

function sameOf(book: Book, side: Side): readonly Level[] {
  return side === 'BUY' ? book.bids : book.asks;
}

function oppositeOf(book: Book, side: Side): readonly Level[] {
  return side === 'BUY' ? book.asks : book.bids;
}

function withSide(book: Book, side: Side, levels: readonly Level[]): Book {
  return side === 'BUY' ? { ...book, bids: levels } : { ...book, asks: levels };
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
