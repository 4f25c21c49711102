/**
 * What a trader has and what it brought, told by the trades themselves, from the first one on: lots first in, first
 * out, what is settled, what the day did, and the cash that went in and out. Amounts are minor units, before charges.
 */
import type { Side } from './order.ts';
import { addDays, type Calendar } from './calendar.ts';
import { exchangeOf, type Exchange } from './instrument.ts';
import { LotBook, type Lot } from './lots.ts';
import type { Product } from './order.ts';
import type { SplitRatio } from './split.ts';
import type { CashFlow } from './xirr.ts';

/** A fill as a portfolio sees it. */
export interface PortfolioFill {
  readonly symbol: string;
  readonly product: Product;
  readonly side: Side;
  readonly price: bigint;
  readonly quantity: bigint;
  /** In India. */
  readonly date: string;
}

export interface Split {
  readonly symbol: string;
  /** In India, of the first price of the new units at the exchange. */
  readonly date: string;
  readonly ratio: SplitRatio;
}

/** What an instrument is worth. */
export interface Mark {
  readonly last: bigint;
  readonly previousClose: bigint;
}

export interface Traded {
  readonly quantity: bigint;
  readonly value: bigint;
}

/** The position of the day: what it began with, and what was traded since. */
export interface DayPosition {
  /** Units held at the previous close. */
  readonly overnightQuantity: bigint;
  readonly bought: Traded;
  readonly sold: Traded;
}

/** The net position in one instrument under one product. */
export interface Holding {
  readonly symbol: string;
  readonly product: Product;
  /** Below zero when units were sold before they were bought. */
  readonly quantity: bigint;
  readonly cost: bigint;
  readonly realised: bigint;
  readonly lots: readonly Lot[];
  readonly settledQuantity: bigint;
  readonly unsettledQuantity: bigint;
  /** Units sold that have yet to be handed over. */
  readonly undeliveredQuantity: bigint;
  readonly day: DayPosition;
  readonly mark: Mark;
  /** Of its exchange. */
  readonly calendar: Calendar;
}

export interface Portfolio {
  /** In order of symbol and product: what is held, and what was traded today. */
  readonly holdings: readonly Holding[];
  readonly value: bigint;
  readonly invested: bigint;
  readonly dayPnl: bigint;
  /** Of everything there ever was, also of what is no longer held. */
  readonly realised: bigint;
  readonly unrealised: bigint;
  /** Net cash of each date, and what is held as if it were sold today. */
  readonly cashFlows: readonly CashFlow[];
}

const NOTHING_TRADED: Traded = { quantity: 0n, value: 0n };

/**
 * The day on which a delivery trade is settled: the trading day after it (T+1, the cycle of NSE and BSE for all
 * equities since 27 January 2023). Traded on Friday, 23 January 2026: settled on Tuesday, Monday being Republic Day.
 */
export function settlementDate(tradeDate: string, calendar: Calendar): string {
  return calendar.tradingDayAfter(tradeDate);
}

/** Trades of earlier dates than this are settled on `today`: the last trading day up to it. */
export function settledBefore(today: string, calendar: Calendar): string {
  return calendar.tradingDaysBefore(addDays(today, 1), 1)[0] ?? today;
}

/** Profit, or loss below zero, if what is held were closed at the last price. */
export function unrealisedPnl({ quantity, cost, mark }: Holding): bigint {
  return quantity * mark.last - cost;
}

/** What the day brought: what was held overnight since the previous close, what was traded since its price. */
export function dayPnl({ quantity, day, mark }: Holding): bigint {
  const { overnightQuantity, bought, sold } = day;
  return quantity * mark.last - overnightQuantity * mark.previousClose + sold.value - bought.value;
}

/** The date on which a lot of the holding is settled; undefined for what is never delivered. */
export function settlementOf({ product, calendar }: Holding, lot: Lot): string | undefined {
  return product === 'CNC' ? settlementDate(lot.date, calendar) : undefined;
}

interface Delivery {
  readonly calendar: Calendar;
  readonly settledBefore: string;
}

/** One instrument under one product in the making. */
class HoldingBuilder {
  readonly #lots = new LotBook();
  #overnightQuantity: bigint | undefined;
  #bought = NOTHING_TRADED;
  #sold = NOTHING_TRADED;
  #undelivered = 0n;

  constructor(
    readonly symbol: string,
    readonly product: Product,
    private readonly today: string,
    private readonly delivery: Delivery,
  ) {}

  add({ side, price, quantity, date }: PortfolioFill): void {
    if (date >= this.today) {
      this.#overnightQuantity ??= this.#lots.quantity;
      if (side === 'BUY') this.#bought = plus(this.#bought, price, quantity);
      else this.#sold = plus(this.#sold, price, quantity);
    }
    if (side === 'SELL' && this.product === 'CNC' && date >= this.delivery.settledBefore)
      this.#undelivered += quantity;
    this.#lots.trade({ side, price, quantity, date });
  }

  /** The previous close was a price of the units before today's. */
  split({ date, ratio }: Split): void {
    if (date >= this.today) this.#overnightQuantity ??= this.#lots.quantity;
    this.#lots.split(ratio);
  }

  build(mark: Mark): Holding {
    const { quantity, cost, realised, lots } = this.#lots;
    const settledQuantity = lots.reduce(
      (total, lot) => (this.#isSettled(lot, quantity) ? total + lot.quantity : total),
      0n,
    );
    return {
      symbol: this.symbol,
      product: this.product,
      quantity,
      cost,
      realised,
      lots,
      settledQuantity,
      unsettledQuantity: quantity - settledQuantity,
      undeliveredQuantity: this.#undelivered,
      day: {
        overnightQuantity: this.#overnightQuantity ?? quantity,
        bought: this.#bought,
        sold: this.#sold,
      },
      mark,
      calendar: this.delivery.calendar,
    };
  }

  /** Intraday positions are never delivered, and what is owed is not there to be settled. */
  #isSettled({ date }: Lot, quantity: bigint): boolean {
    return this.product === 'CNC' && quantity > 0n && date < this.delivery.settledBefore;
  }
}

export class PortfolioBuilder {
  readonly #deliveries: Readonly<Record<Exchange, Delivery>>;
  readonly #holdings = new Map<string, HoldingBuilder>();
  readonly #cash = new Map<string, bigint>();

  constructor(
    private readonly today: string,
    calendars: Readonly<Record<Exchange, Calendar>>,
  ) {
    const delivery = (calendar: Calendar): Delivery => ({
      calendar,
      settledBefore: settledBefore(today, calendar),
    });
    this.#deliveries = { NSE: delivery(calendars.NSE), BSE: delivery(calendars.BSE) };
  }

  /** The instruments of the fills so far. */
  get symbols(): string[] {
    return [...new Set([...this.#holdings.values()].map(({ symbol }) => symbol))];
  }

  /** Fills and splits come in order of time. */
  add(fill: PortfolioFill): void {
    const { symbol, product, side, price, quantity, date } = fill;
    const value = price * quantity;
    this.#cash.set(date, (this.#cash.get(date) ?? 0n) + (side === 'BUY' ? -value : value));
    const key = keyOf({ symbol, product });
    let holding = this.#holdings.get(key);
    if (!holding) {
      const delivery = this.#deliveries[exchangeOf(symbol)];
      holding = new HoldingBuilder(symbol, product, this.today, delivery);
      this.#holdings.set(key, holding);
    }
    holding.add(fill);
  }

  /** The units of an instrument became others. */
  split(split: Split): void {
    for (const holding of this.#holdings.values()) if (holding.symbol === split.symbol) holding.split(split);
  }

  /** What the fills come to at these prices, one for each of `symbols`. */
  build(marks: ReadonlyMap<string, Mark>): Portfolio {
    const all = [...this.#holdings.values()].map((holding) => {
      const mark = marks.get(holding.symbol);
      if (!mark) throw new Error(`there is no price of ${holding.symbol}`);
      return holding.build(mark);
    });
    const total = (amountOf: (holding: Holding) => bigint): bigint =>
      all.reduce((sum, holding) => sum + amountOf(holding), 0n);
    const value = total(({ quantity, mark }) => quantity * mark.last);
    const cash = [...this.#cash].map(([date, amount]) => ({ date, amount }));
    return {
      holdings: all.filter(isShown).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
      value,
      invested: total(({ cost }) => cost),
      dayPnl: total(dayPnl),
      realised: total(({ realised }) => realised),
      unrealised: total(unrealisedPnl),
      cashFlows: [...cash, { date: this.today, amount: value }],
    };
  }
}

/** Names a holding within a portfolio, in the order of the holdings: no symbol has a character before the space. */
export function keyOf({ symbol, product }: Pick<Holding, 'symbol' | 'product'>): string {
  return `${symbol} ${product}`;
}

function isShown({ quantity, day }: Holding): boolean {
  return quantity !== 0n || day.bought.quantity > 0n || day.sold.quantity > 0n;
}

function plus(traded: Traded, price: bigint, quantity: bigint): Traded {
  return { quantity: traded.quantity + quantity, value: traded.value + price * quantity };
}
