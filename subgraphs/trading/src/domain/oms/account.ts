/** What a user may promise: cash, units of instruments, and how many orders. All of it is the exchange's own state. */
import { DAY_MS, IST_OFFSET_MS } from '@gridworks/kit/time';
import { buyingChange, cashPromised, stockChange, type Step } from '../happening.ts';
import { ORDER_RATE_WINDOW_MS, PRODUCTS, remainingOf, type Order, type Product } from '../order.ts';
import { splitQuantity, type SplitRatio } from '../split.ts';
import type { OpenAccount, StockState } from './command.ts';

/** Units of one instrument under one product. */
export interface Stock {
  readonly symbol: string;
  readonly product: Product;
  readonly quantity: bigint;
  /** Of these, promised to open sales. */
  readonly held: bigint;
}

/** What a user has: cash that is not promised, and units, promised or not. */
export interface Assets {
  readonly buyingPower: bigint;
  readonly stock: readonly Stock[];
}

export type AccountState = Omit<OpenAccount, 'kind' | 'at'> & {
  /** Instants of the latest orders, the oldest first. */
  readonly recent: readonly number[];
  /** The day in India that the two counts are of, in days since the epoch; 0 before the first order. */
  readonly day: number;
  readonly orders: number;
  readonly trades: number;
};

export class Account {
  readonly userId: string;
  readonly tenantId: string;
  buyingPower: bigint;
  /** Number of the latest order event. */
  sequence: bigint;
  readonly #stock = new Map<string, Stock>();
  /** Units that sales would promise if their broker gave them the terms that it is asked for. */
  readonly #reserved = new Map<string, bigint>();
  /** Units that open orders would buy, by symbol. */
  readonly #buying = new Map<string, bigint>();
  #recent: number[];
  #day: number;
  #orders: number;
  #trades: number;

  constructor(
    /** Names the user in the matching core. */
    readonly number: number,
    state: AccountState,
  ) {
    this.userId = state.userId;
    this.tenantId = state.tenantId;
    this.buyingPower = BigInt(state.buyingPower);
    this.sequence = BigInt(state.sequence);
    for (const [symbol, product, quantity, held] of state.stock)
      this.#stock.set(keyOf(symbol, product), {
        symbol,
        product,
        quantity: BigInt(quantity),
        held: BigInt(held),
      });
    this.#recent = [...state.recent];
    this.#day = state.day;
    this.#orders = state.orders;
    this.#trades = state.trades;
  }

  /** The instruments of which something is, or was, here under a product. */
  symbolsOf(product: Product): string[] {
    return [...this.#stock.values()].filter((stock) => stock.product === product).map(({ symbol }) => symbol);
  }

  /** What a user has and may promise. */
  get assets(): Assets {
    return { buyingPower: this.buyingPower, stock: [...this.#stock.values()] };
  }

  /** What is not promised to another sale. */
  freeQuantity(symbol: string, product: Product): bigint {
    const key = keyOf(symbol, product);
    const stock = this.#stock.get(key);
    return stock ? stock.quantity - stock.held - (this.#reserved.get(key) ?? 0n) : 0n;
  }

  /** Units of an instrument, under every product, and those that open orders would buy. */
  exposure(symbol: string): bigint {
    let units = this.#buying.get(symbol) ?? 0n;
    for (const product of PRODUCTS) units += this.#stock.get(keyOf(symbol, product))?.quantity ?? 0n;
    return units;
  }

  /** An open order is there, from before what this account was told. */
  remember(order: Order): void {
    if (order.side === 'BUY') this.#addBuying(order.symbol, remainingOf(order));
  }

  /** An order may come to be for so many more units, or, below 0, will not after all. */
  reserve({ side, symbol, product }: Pick<Order, 'side' | 'symbol' | 'product'>, units: bigint): void {
    if (side === 'BUY') return this.#addBuying(symbol, units);
    const key = keyOf(symbol, product);
    this.#reserved.set(key, (this.#reserved.get(key) ?? 0n) + units);
  }

  #addBuying(symbol: string, units: bigint): void {
    const sum = (this.#buying.get(symbol) ?? 0n) + units;
    if (sum === 0n) this.#buying.delete(symbol);
    else this.#buying.set(symbol, sum);
  }

  /** Whether `max` orders were placed within the last second. */
  isRateReached(at: number, max: number): boolean {
    const oldest = this.#recent.at(-max);
    // A clock that was set back must not keep somebody out until it has caught up.
    return oldest !== undefined && Math.abs(at - oldest) < ORDER_RATE_WINDOW_MS;
  }

  /** Orders of the day, changes of them included, and trades. */
  countsOn(at: number): { readonly orders: number; readonly trades: number } {
    return this.#day === dayOf(at)
      ? { orders: this.#orders, trades: this.#trades }
      : { orders: 0, trades: 0 };
  }

  /** An order was placed or changed; of the latest, `max` are remembered. */
  count(at: number, max: number): void {
    this.#recent.push(at);
    if (this.#recent.length > max) this.#recent = this.#recent.slice(-max);
    const { orders, trades } = this.countsOn(at);
    this.#day = dayOf(at);
    this.#orders = orders + 1;
    this.#trades = trades;
  }

  /** A step of one of the user's orders; returns the stock that it changed. */
  take(step: Step, at: number): Stock | undefined {
    this.sequence += 1n;
    this.buyingPower -= cashPromised(step);
    if (step.kind === 'EXECUTED' && this.#day === dayOf(at)) this.#trades += 1;
    if (step.order.side === 'BUY') this.#addBuying(step.order.symbol, buyingChange(step));
    const change = stockChange(step);
    if (change.quantity === 0n && change.held === 0n) return undefined;
    const { symbol, product } = step.order;
    const key = keyOf(symbol, product);
    const before = this.#stock.get(key) ?? { symbol, product, quantity: 0n, held: 0n };
    const after = {
      symbol,
      product,
      quantity: before.quantity + change.quantity,
      held: before.held + change.held,
    };
    if (after.held < 0n || after.held > after.quantity)
      throw new Error(`user ${this.userId} moves units of ${symbol} that are not there`);
    this.#stock.set(key, after);
    return after;
  }

  /** The units of an instrument become others, under every product; returns the stock that it changed. */
  adjust(symbol: string, ratio: SplitRatio): Stock[] {
    return [...this.#stock].flatMap(([key, before]) => {
      if (before.symbol !== symbol || before.quantity === 0n) return [];
      if (before.held !== 0n) throw new Error(`user ${this.userId} still sells units of ${symbol}`);
      const after = { ...before, quantity: splitQuantity(before.quantity, ratio) };
      this.#stock.set(key, after);
      return [after];
    });
  }

  state(): AccountState {
    const stock = [...this.#stock.values()]
      .map(({ symbol, product, quantity, held }): StockState => [
        symbol,
        product,
        Number(quantity),
        Number(held),
      ])
      .sort((a, b) => (keyOf(a[0], a[1]) < keyOf(b[0], b[1]) ? -1 : 1));
    return {
      userId: this.userId,
      tenantId: this.tenantId,
      buyingPower: Number(this.buyingPower),
      sequence: Number(this.sequence),
      stock,
      recent: [...this.#recent],
      day: this.#day,
      orders: this.#orders,
      trades: this.#trades,
    };
  }
}

function dayOf(at: number): number {
  return Math.floor((at + IST_OFFSET_MS) / DAY_MS);
}

function keyOf(symbol: string, product: Product): string {
  return `${symbol} ${product}`;
}
