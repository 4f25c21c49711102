/**
 * A user's positions of the day under margin, with the open orders that open or close them, and what all of them are to
 * hold. An order is under margin for its whole life or not at all: it was admitted here when it was accepted.
 */
import type { Step } from '../happening.ts';
import { marginOf, worstValue, type OpenPosition, type OpenUnits } from '../margin.ts';
import { isOpen, remainingOf, type Order, type Side } from '../order.ts';
import { NOTHING, applyFill, applySplit, unrealised, type Holding } from '../position.ts';
import type { SplitRatio } from '../split.ts';

export interface MarginsState {
  readonly positions: readonly PositionState[];
  readonly orders: readonly OrderState[];
  readonly margin: number;
  readonly dues: number;
}

type PositionState = readonly [symbol: string, quantity: number, cost: number, bps: number];
type OrderState = readonly [orderId: string, worstPrice: number];

/** What would be ordered, or how an open order would be changed. */
export interface MarginWish extends OpenUnits {
  readonly symbol: string;
  /** The order that it would change. */
  readonly orderId?: string;
}

/** One instrument. */
interface Book extends OpenPosition {
  readonly symbol: string;
  /** Hundredths of a percent, as at the latest order. */
  bps: bigint;
  quantity: bigint;
  cost: bigint;
  /** By order id. */
  readonly orders: Map<string, OpenUnits>;
  required: bigint;
}

export class Margins {
  readonly #books = new Map<string, Book>();
  /** Worst prices of a snapshot's orders, until these are recalled. */
  readonly #worstPrices: Map<string, bigint>;
  #required = 0n;

  constructor(state?: MarginsState) {
    this.#worstPrices = new Map(state?.orders.map(([orderId, price]) => [orderId, BigInt(price)]));
    for (const [symbol, quantity, cost, bps] of state?.positions ?? [])
      this.#refresh(
        Object.assign(this.#bookOf(symbol), {
          quantity: BigInt(quantity),
          cost: BigInt(cost),
          bps: BigInt(bps),
        }),
      );
  }

  get isUsed(): boolean {
    return this.#books.size > 0;
  }

  /** What is to be held, minor units. */
  get required(): bigint {
    return this.#required;
  }

  has({ id, symbol }: Pick<Order, 'id' | 'symbol'>): boolean {
    return this.#books.get(symbol)?.orders.has(id) ?? false;
  }

  /** What is to be held for one instrument. */
  requiredFor(symbol: string): bigint {
    return this.#books.get(symbol)?.required ?? 0n;
  }

  position(symbol: string): OpenPosition {
    return this.#books.get(symbol) ?? NOTHING;
  }

  /** Of which units are held or owed, in order of the first trade. */
  openPositions(): { readonly symbol: string; readonly quantity: bigint }[] {
    return [...this.#books.values()].filter(({ quantity }) => quantity !== 0n);
  }

  /** Units that open orders of a side would trade. */
  ordered(symbol: string, side: Side): bigint {
    let units = 0n;
    for (const order of this.#books.get(symbol)?.orders.values() ?? [])
      if (order.side === side) units += order.quantity;
    return units;
  }

  /** Units of the other direction that an order of this side would close, and that no other order of it closes. */
  closable(symbol: string, side: Side, orderId?: string): bigint {
    const book = this.#books.get(symbol);
    if (!book) return 0n;
    const open = side === 'SELL' ? book.quantity : -book.quantity;
    const own = (orderId !== undefined && book.orders.get(orderId)?.quantity) || 0n;
    const left = open - (this.ordered(symbol, side) - own);
    return left > 0n ? left : 0n;
  }

  /** The rate of the latest order, hundredths of a percent. */
  bpsOf(symbol: string): bigint {
    return this.#books.get(symbol)?.bps ?? 0n;
  }

  /** The worst price of an order that is here. */
  worstPriceOf({ id, symbol }: Pick<Order, 'id' | 'symbol'>): bigint {
    const worstPrice = this.#books.get(symbol)?.orders.get(id)?.worstPrice;
    if (worstPrice === undefined) throw new Error(`order ${id} is not under margin`);
    return worstPrice;
  }

  /** How much more would have to be held; below zero: less. */
  needs({ symbol, orderId = '', ...units }: MarginWish, bps: bigint): bigint {
    const book = this.#books.get(symbol);
    const orders = new Map(book?.orders).set(orderId, units);
    return marginOf(worstValue(book ?? NOTHING, orders.values()), bps) - (book?.required ?? 0n);
  }

  /** An order that is about to be created, or to get other terms, may come to this. */
  admit({ id, symbol, side }: Order, worstPrice: bigint, bps: bigint): void {
    const book = this.#bookOf(symbol);
    const quantity = book.orders.get(id)?.quantity ?? 0n;
    book.bps = bps;
    book.orders.set(id, { side, worstPrice, quantity });
  }

  /** Order of a snapshot; nothing happens to those that are not under margin. */
  remember(order: Order): void {
    const worstPrice = this.#worstPrices.get(order.id);
    if (worstPrice === undefined) return;
    this.#worstPrices.delete(order.id);
    const book = this.#bookOf(order.symbol);
    book.orders.set(order.id, { side: order.side, worstPrice, quantity: remainingOf(order) });
    this.#refresh(book);
  }

  /** A step of an order that is here; returns what it realised. */
  take({ order, fill }: Step): bigint {
    const book = this.#bookOf(order.symbol);
    const { worstPrice } = book.orders.get(order.id) ?? {};
    if (worstPrice === undefined) throw new Error(`order ${order.id} is not under margin`);
    if (isOpen(order))
      book.orders.set(order.id, { side: order.side, worstPrice, quantity: remainingOf(order) });
    else book.orders.delete(order.id);
    const before = holdingOf(book.quantity, book.cost);
    return this.#keep(book, fill ? applyFill(before, order.side, fill.price, fill.quantity) : before);
  }

  /** The units of an instrument become others; returns what was lost with parts of one, undefined where there are none. */
  adjust(symbol: string, ratio: SplitRatio): bigint | undefined {
    const book = this.#books.get(symbol);
    if (!book) return undefined;
    if (book.orders.size > 0) throw new Error(`units of ${symbol} are still ordered`);
    return this.#keep(book, applySplit(holdingOf(book.quantity, book.cost), ratio));
  }

  /** Loss at these prices, above zero; a profit is below. */
  lossAt(priceOf: (symbol: string) => bigint): bigint {
    let loss = 0n;
    for (const { symbol, quantity, cost } of this.#books.values())
      if (quantity !== 0n) loss -= unrealised(holdingOf(quantity, cost), priceOf(symbol));
    return loss;
  }

  state({ margin, dues }: { readonly margin: bigint; readonly dues: bigint }): MarginsState {
    const books = [...this.#books.values()].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
    return {
      positions: books.map(({ symbol, quantity, cost, bps }) => [
        symbol,
        Number(quantity),
        Number(cost),
        Number(bps),
      ]),
      orders: books
        .flatMap(({ orders }) =>
          [...orders].map(([id, { worstPrice }]): OrderState => [id, Number(worstPrice)]),
        )
        .sort(([a], [b]) => (a < b ? -1 : 1)),
      margin: Number(margin),
      dues: Number(dues),
    };
  }

  #bookOf(symbol: string): Book {
    let book = this.#books.get(symbol);
    if (!book) {
      book = { symbol, bps: 0n, quantity: 0n, cost: 0n, orders: new Map(), required: 0n };
      this.#books.set(symbol, book);
    }
    return book;
  }

  /** Returns what it realised. */
  #keep(book: Book, { quantity, cost, realised }: Holding): bigint {
    book.quantity = quantity;
    book.cost = cost;
    this.#refresh(book);
    if (quantity === 0n && book.orders.size === 0) this.#books.delete(book.symbol);
    return realised;
  }

  #refresh(book: Book): void {
    const required = marginOf(worstValue(book, book.orders.values()), book.bps);
    this.#required += required - book.required;
    book.required = required;
  }
}

function holdingOf(quantity: bigint, cost: bigint): Holding {
  return { ...NOTHING, quantity, cost };
}
