/**
 * Accounts as the specification keeps them: what is promised to open orders is never stored but summed up from the
 * orders themselves, each time anew.
 */
import { BALANCE_MAX, type RefusalCode, type Side } from './command.ts';
import type { AccountState, HoldingState } from './engine.ts';
import { ORDER_RATE_MAX, ORDER_RATE_WINDOW_MS } from './rules.ts';

/** What an open order promises: its price for what it may still buy, or the shares it may still sell. */
export interface Pledge {
  readonly owner: number;
  readonly instrument: number;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
  readonly filled: number;
}

interface Account {
  cash: number;
  positionMax: number;
  orderToTradeMax: number;
  orders: number;
  trades: number;
  recent: number[];
  readonly holdings: Map<number, number>;
}

/** What a new or changed order asks of its owner's account. */
export interface Demand {
  readonly owner: number;
  readonly instrument: number;
  readonly side: Side;
  /** Shares on order beyond those before; negative for a cut. */
  readonly quantity: number;
  /** Cash promised beyond that before. */
  readonly cash: number;
  readonly at: number;
}

export class NaiveAccounts {
  readonly #accounts = new Map<number, Account>();

  constructor(private readonly open: () => Iterable<Pledge>) {}

  /** The rungs of the ladder that look at the account, in their order. */
  refusal({ owner, instrument, side, quantity, cash, at }: Demand): RefusalCode | null {
    const account = this.#accounts.get(owner);
    if (!account) return 'ACCOUNT_UNKNOWN';
    if (side === 'BUY' && cash > this.freeCash(owner)) return 'FUNDS_INSUFFICIENT';
    if (side === 'SELL' && quantity > this.freeHolding(owner, instrument)) return 'HOLDINGS_INSUFFICIENT';
    const position = (account.holdings.get(instrument) ?? 0) + this.#promised(owner, instrument, 'BUY');
    if (side === 'BUY' && quantity > 0 && position + quantity > account.positionMax)
      return 'POSITION_LIMIT_EXCEEDED';
    const [oldest] = account.recent;
    if (
      account.recent.length === ORDER_RATE_MAX &&
      oldest !== undefined &&
      at < oldest + ORDER_RATE_WINDOW_MS
    )
      return 'ORDER_RATE_EXCEEDED';
    if (account.orders + 1 > account.orderToTradeMax * Math.max(account.trades, 1))
      return 'ORDER_TO_TRADE_EXCEEDED';
    return null;
  }

  /** An order was accepted or modified. */
  count(owner: number, at: number): void {
    const account = this.#accounts.get(owner);
    if (!account) return;
    account.orders += 1;
    account.recent = [...account.recent, at].slice(-ORDER_RATE_MAX);
  }

  settle(instrument: number, buyer: number, seller: number, price: number, quantity: number): void {
    this.#move(buyer, instrument, -price * quantity, quantity);
    this.#move(seller, instrument, price * quantity, -quantity);
  }

  /** Opens an account or adds to it. */
  fund(owner: number, cash: number, positionMax: number, orderToTradeMax: number): RefusalCode | null {
    if (cash < 0 && this.freeCash(owner) + cash < 0) return 'FUNDS_INSUFFICIENT';
    if (this.#total((account) => account.cash) + cash > BALANCE_MAX) return 'BALANCE_TOO_LARGE';
    const account = this.#accounts.get(owner);
    if (account) {
      Object.assign(account, { cash: account.cash + cash, positionMax, orderToTradeMax });
    } else {
      const nothing = { orders: 0, trades: 0, recent: [], holdings: new Map<number, number>() };
      this.#accounts.set(owner, { cash, positionMax, orderToTradeMax, ...nothing });
    }
    return null;
  }

  deposit(owner: number, instrument: number, quantity: number): RefusalCode | null {
    const account = this.#accounts.get(owner);
    if (!account) return 'ACCOUNT_UNKNOWN';
    if (quantity < 0 && this.freeHolding(owner, instrument) + quantity < 0) return 'HOLDINGS_INSUFFICIENT';
    const shares = this.#total(({ holdings }) => [...holdings.values()].reduce((sum, each) => sum + each, 0));
    if (shares + quantity > BALANCE_MAX) return 'BALANCE_TOO_LARGE';
    account.holdings.set(instrument, (account.holdings.get(instrument) ?? 0) + quantity);
    return null;
  }

  startDay(): void {
    for (const account of this.#accounts.values()) Object.assign(account, { orders: 0, trades: 0 });
  }

  cash(owner: number): number {
    return this.#accounts.get(owner)?.cash ?? 0;
  }

  holding(owner: number, instrument: number): number {
    return this.#accounts.get(owner)?.holdings.get(instrument) ?? 0;
  }

  freeCash(owner: number): number {
    let free = this.cash(owner);
    for (const order of this.open())
      if (order.owner === owner && order.side === 'BUY')
        free -= order.price * (order.quantity - order.filled);
    return free;
  }

  freeHolding(owner: number, instrument: number): number {
    return this.holding(owner, instrument) - this.#promised(owner, instrument, 'SELL');
  }

  owners(): number[] {
    return [...this.#accounts.keys()];
  }

  accountStates(): AccountState[] {
    return [...this.#accounts]
      .map(([owner, { cash, positionMax, orderToTradeMax, orders, trades, recent }]) => ({
        owner,
        cash,
        positionMax,
        orderToTradeMax,
        orders,
        trades,
        recent: [...recent],
      }))
      .sort((a, b) => a.owner - b.owner);
  }

  holdingStates(): HoldingState[] {
    return [...this.#accounts]
      .flatMap(([owner, { holdings }]) =>
        [...holdings].map(([instrument, quantity]) => ({ owner, instrument, quantity })),
      )
      .filter(({ quantity }) => quantity !== 0)
      .sort((a, b) => a.owner - b.owner || a.instrument - b.instrument);
  }

  restore(accounts: readonly AccountState[], holdings: readonly HoldingState[]): void {
    for (const { owner, recent, ...rest } of accounts)
      this.#accounts.set(owner, { ...rest, recent: [...recent], holdings: new Map() });
    for (const { owner, instrument, quantity } of holdings)
      this.#accounts.get(owner)?.holdings.set(instrument, quantity);
  }

  #move(owner: number, instrument: number, cash: number, quantity: number): void {
    const account = this.#accounts.get(owner);
    if (!account) return;
    account.cash += cash;
    account.trades += 1;
    account.holdings.set(instrument, (account.holdings.get(instrument) ?? 0) + quantity);
  }

  #promised(owner: number, instrument: number, side: Side): number {
    let promised = 0;
    for (const order of this.open())
      if (order.owner === owner && order.instrument === instrument && order.side === side)
        promised += order.quantity - order.filled;
    return promised;
  }

  #total(of: (account: Account) => number): number {
    return [...this.#accounts.values()].reduce((sum, account) => sum + of(account), 0);
  }
}
