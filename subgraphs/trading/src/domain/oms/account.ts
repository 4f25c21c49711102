/** What a user may promise: cash, units of instruments, and how many orders. All of it is the exchange's own state. */
import { DAY_MS, IST_OFFSET_MS } from '@gridworks/kit/time';
import { buyingChange, cashPromised, stockChange, type Step } from '../happening.ts';
import { allocate, isMarginCalled, type Funds, type MarginChange } from '../margin.ts';
import type { MarginStanding } from '../order-check.ts';
import {
  ORDER_RATE_WINDOW_MS,
  PRODUCTS,
  remainingOf,
  type Order,
  type Product,
  type Side,
} from '../order.ts';
import { splitQuantity, type SplitRatio } from '../split.ts';
import type { OpenAccount, StockState } from './command.ts';
import { Margins, type MarginsState } from './margins.ts';

/** Units of one instrument under one product. */
export interface Stock {
  readonly symbol: string;
  readonly product: Product;
  /** Below zero: sold before they were bought, under margin. */
  readonly quantity: bigint;
  /** Promised to open sales. */
  readonly held: bigint;
  /** What the units under margin cost; what is paid for in full counts nothing. */
  readonly cost: bigint;
  /** To be held for the units under margin and the orders that open them. */
  readonly margin: bigint;
}

/** Units that are paid for in full. */
type PaidStock = Omit<Stock, 'cost' | 'margin'>;

/** Units that somebody has and no order sells yet; below zero: owes and no order buys yet. */
export interface UserPosition {
  readonly userId: string;
  readonly symbol: string;
  readonly quantity: bigint;
}

/** What a step did to a user's stock and margin. */
export interface Taken {
  readonly stock: Stock | undefined;
  /** Null where nothing of it is under margin. */
  readonly margin: MarginChange | null;
}

/** What a user has: cash that is not promised, and units, promised or not. */
export interface Assets {
  readonly buyingPower: bigint;
  readonly stock: readonly PaidStock[];
}

export type AccountState = Omit<OpenAccount, 'kind' | 'at'> & {
  /** Instants of the latest orders, the oldest first. */
  readonly recent: readonly number[];
  /** The day in India that the two counts are of, in days since the epoch; 0 before the first order. */
  readonly day: number;
  readonly orders: number;
  readonly trades: number;
  /** Left out while nothing is under margin, and nothing owed. */
  readonly margins?: MarginsState;
};

export class Account {
  readonly userId: string;
  readonly tenantId: string;
  /** Number of the latest order event. */
  sequence: bigint;
  /** Everything that orders do not hold: what is available and the margin, less what is owed. */
  #funds: bigint;
  #margins: Margins | undefined;
  readonly #stock = new Map<string, PaidStock>();
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
    const { margins } = state;
    this.#funds = BigInt(state.buyingPower + (margins ? margins.margin - margins.dues : 0));
    this.#margins = margins && new Margins(margins);
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

  get buyingPower(): bigint {
    const required = this.#margins?.required ?? 0n;
    return this.#funds > required ? this.#funds - required : 0n;
  }

  /** What there is, beside what orders hold. */
  get funds(): Funds {
    return allocate(this.#funds, this.#margins?.required ?? 0n);
  }

  /** Positions of the day under margin; made when the first order needs them. */
  get margins(): Margins {
    this.#margins ??= new Margins();
    return this.#margins;
  }

  /** Whether an order is under margin. */
  isUnderMargin(order: Pick<Order, 'id' | 'symbol'>): boolean {
    return this.#margins?.has(order) ?? false;
  }

  /** Cash comes in, or leaves (below zero); returns what that did beside, where anything is under margin or owed. */
  move(amount: bigint): MarginChange | null {
    const before = this.#margins && this.funds;
    this.#funds += amount;
    return before ? changeOf(before, this.funds, 0n) : null;
  }

  /** What a user has and may promise. */
  get assets(): Assets {
    return { buyingPower: this.buyingPower, stock: [...this.#stock.values()] };
  }

  get dues(): bigint {
    return this.#funds < 0n ? -this.#funds : 0n;
  }

  /** What stands behind an order under margin, or behind a change of one. */
  marginStanding(
    { id, symbol, side }: { readonly id?: string; readonly symbol: string; readonly side: Side },
    bps: bigint,
  ): MarginStanding {
    const { margins } = this;
    return {
      needs: (worstPrice, quantity) =>
        margins.needs({ ...(id !== undefined && { orderId: id }), symbol, side, worstPrice, quantity }, bps),
      closable: margins.closable(symbol, side, id),
    };
  }

  /** Units of an instrument that the user owes, and those that open sales would sell. */
  owing(symbol: string): bigint {
    return this.margins.ordered(symbol, 'SELL') - this.margins.position(symbol).quantity;
  }

  /** What is held under MIS and paid for in full, as far as no open order sells it. */
  paidPositions(): UserPosition[] {
    const { userId } = this;
    return [...this.#stock.values()]
      .map(({ symbol, product, quantity, held }) => ({ userId, symbol, product, quantity: quantity - held }))
      .filter(({ product, quantity }) => product === 'MIS' && quantity !== 0n);
  }

  /** What is held, or owed, under margin, as far as no open order closes it. */
  marginedPositions(): UserPosition[] {
    const { userId } = this;
    return (this.#margins?.openPositions() ?? []).flatMap(({ symbol, quantity }) => {
      const left = this.margins.closable(symbol, quantity > 0n ? 'SELL' : 'BUY');
      return left === 0n ? [] : [{ userId, symbol, quantity: quantity > 0n ? left : -left }];
    });
  }

  /** Whether the positions under margin have lost too much, at these prices, of what is held for them. */
  isMarginCalled(priceOf: (symbol: string) => bigint): boolean {
    return this.#margins !== undefined && isMarginCalled(this.#margins.lossAt(priceOf), this.funds.margin);
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
    return units + (this.#margins?.position(symbol).quantity ?? 0n);
  }

  /** An open order is there, from before what this account was told. */
  remember(order: Order): void {
    if (order.side === 'BUY') this.#addBuying(order.symbol, remainingOf(order));
    this.#margins?.remember(order);
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

  /** A step of one of the user's orders. */
  take(step: Step, at: number): Taken {
    const { order } = step;
    this.sequence += 1n;
    if (step.kind === 'EXECUTED' && this.#day === dayOf(at)) this.#trades += 1;
    if (order.side === 'BUY') this.#addBuying(order.symbol, buyingChange(step));
    if (this.#margins?.has(order)) return this.#takeUnderMargin(step, this.#margins);
    this.#funds -= cashPromised(step);
    const change = stockChange(step);
    if (change.quantity === 0n && change.held === 0n) return { stock: undefined, margin: null };
    const { symbol, product } = order;
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
    return { stock: this.#stockOf(symbol, product), margin: null };
  }

  /** What it promises for its charges is no move of margin; everything else is. */
  #takeUnderMargin(step: Step, margins: Margins): Taken {
    const { symbol, product } = step.order;
    const before = this.funds;
    const promised = cashPromised(step);
    const realised = margins.take(step);
    this.#funds += realised - promised;
    return {
      stock: this.#stockOf(symbol, product),
      margin: changeOf(before, this.funds, realised),
    };
  }

  #stockOf(symbol: string, product: Product): Stock {
    const { quantity, held } = this.#stock.get(keyOf(symbol, product)) ?? { quantity: 0n, held: 0n };
    const margins = product === 'MIS' ? this.#margins : undefined;
    if (!margins) return { symbol, product, quantity, held, cost: 0n, margin: 0n };
    const position = margins.position(symbol);
    return {
      symbol,
      product,
      quantity: quantity + position.quantity,
      held: held + margins.ordered(symbol, 'SELL'),
      cost: position.cost,
      margin: margins.requiredFor(symbol),
    };
  }

  /** The units of an instrument become others, under every product. */
  adjust(
    symbol: string,
    ratio: SplitRatio,
  ): { readonly stock: Stock[]; readonly margin: MarginChange | null } {
    const changed = new Set<Product>();
    for (const [key, before] of this.#stock) {
      if (before.symbol !== symbol || before.quantity === 0n) continue;
      if (before.held !== 0n) throw new Error(`user ${this.userId} still sells units of ${symbol}`);
      this.#stock.set(key, { ...before, quantity: splitQuantity(before.quantity, ratio) });
      changed.add(before.product);
    }
    const before = this.funds;
    const realised = this.#margins?.adjust(symbol, ratio);
    if (realised !== undefined) changed.add('MIS');
    this.#funds += realised ?? 0n;
    return {
      stock: [...changed].map((product) => this.#stockOf(symbol, product)),
      margin: realised ? changeOf(before, this.funds, realised) : null,
    };
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
      ...((this.#funds < 0n || this.#margins?.isUsed) && { margins: this.margins.state(this.funds) }),
    };
  }
}

function changeOf(before: Funds, after: Funds, realised: bigint): MarginChange {
  return { margin: after.margin - before.margin, dues: after.dues - before.dues, realised };
}

function dayOf(at: number): number {
  return Math.floor((at + IST_OFFSET_MS) / DAY_MS);
}

function keyOf(symbol: string, product: Product): string {
  return `${symbol} ${product}`;
}
