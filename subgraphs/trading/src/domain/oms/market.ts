/**
 * The market's side of one book: quotes that stand for the many people who are no users of ours. They are orders of
 * the matching core like any other, under an owner of their own for each instrument, who may trade with itself.
 */
import type { NewOrder, Report } from '../matching/command.ts';
import type { OrderState } from '../matching/engine.ts';
import type { FastEngine } from '../matching/fast.ts';
import type { Side } from '../order.ts';
import type { MarketCommand, PrintMarket, QuoteMarket, RepeatTrade, StandingQuote } from './command.ts';

/** The matching core counts quantities in 32 bits; what is recorded of a whole day's trading may be more. */
const QUANTITY_MAX = 1_000_000_000;
const SIDES = ['BUY', 'SELL'] as const;

type Emit = (report: Report) => void;
type Shown = Pick<QuoteMarket, 'bids' | 'asks'>;

export class MarketSide {
  constructor(
    /** Of the instrument in the core; the market of that instrument is the owner of the same number. */
    private readonly instrument: number,
    private readonly engine: FastEngine,
    private readonly nextNumber: () => number,
  ) {}

  apply(command: MarketCommand, emit: Emit): void {
    switch (command.kind) {
      case 'quote':
        return this.#quote(command, emit);
      case 'print':
        return this.#order(command, 'IOC', emit);
      case 'repeat':
        return this.#repeat(command, emit);
    }
  }

  /** Whether carrying this out may trade with a user. */
  reachesUser(command: MarketCommand): boolean {
    const bid = this.engine.bestBeside(this.instrument, this.instrument, 'BUY');
    const ask = this.engine.bestBeside(this.instrument, this.instrument, 'SELL');
    const isSelling = (price: number | undefined): boolean =>
      price !== undefined && bid !== null && price <= bid;
    const isBuying = (price: number | undefined): boolean =>
      price !== undefined && ask !== null && price >= ask;
    const isQuoting = (quotes: Shown): boolean =>
      isSelling(quotes.asks[0]?.[0]) || isBuying(quotes.bids[0]?.[0]);
    switch (command.kind) {
      case 'quote':
        return isQuoting(command);
      case 'print': {
        const isReaching = command.side === 'BUY' ? isBuying(command.price) : isSelling(command.price);
        return isReaching || this.#isWaking(command.price, this.#bestFor(command));
      }
      case 'repeat': {
        const isTrading = command.quantity > 0 && this.#isWaking(command.price, command.price);
        return isSelling(command.price) || isBuying(command.price) || isQuoting(command) || isTrading;
      }
    }
  }

  /** Whether trades between two prices, or some of them, wake a user's stop. Null: there are none. */
  #isWaking(price: number, other: number | null): boolean {
    if (other === null) return false;
    const buying = this.engine.nextStop(this.instrument, 'BUY');
    const selling = this.engine.nextStop(this.instrument, 'SELL');
    return (
      (buying !== null && buying <= Math.max(price, other)) ||
      (selling !== null && selling >= Math.min(price, other))
    );
  }

  /** The first price at which a print would trade; null when it would not. */
  #bestFor({ side, price }: PrintMarket): number | null {
    if (!this.engine.wouldTrade(this.instrument, side, price)) return null;
    const { bids, asks } = this.engine.depth(this.instrument, 1);
    return (side === 'BUY' ? asks : bids)[0]?.price ?? null;
  }

  /** Takes all quotes away. */
  withdraw(): void {
    for (const order of this.engine.ordersOf(this.instrument)) this.#trim(order, 0);
  }

  standing(): StandingQuote[] {
    return this.engine
      .ordersOf(this.instrument)
      .map(({ side, price, quantity, filled, priority }): StandingQuote => [
        side,
        price,
        quantity - filled,
        priority,
      ]);
  }

  /** Makes the quotes be these, each with its place in time priority. */
  restate(quotes: readonly StandingQuote[]): void {
    const orders = quotes.map(([side, price, quantity, priority]): OrderState => ({
      order: this.nextNumber(),
      owner: this.instrument,
      instrument: this.instrument,
      side,
      place: 'BOOK',
      type: 'LIMIT',
      validity: 'GTC',
      stp: 'NONE',
      postOnly: false,
      price,
      stop: 0,
      quantity,
      filled: 0,
      shown: quantity,
      display: 0,
      expiresAt: 0,
      entry: priority,
      priority,
    }));
    this.engine.restate(this.instrument, orders);
  }

  /**
   * Makes the quotes be these. Like the many orders it stands for, a level that shrinks loses its newest part and one
   * that grows queues the difference behind whoever waits there. Quotes that reach a user's order trade with it first.
   */
  #quote(quotes: Shown, emit: Emit): void {
    const wanted = { BUY: new Map(quotes.bids), SELL: new Map(quotes.asks) };
    const missing = { BUY: new Map(wanted.BUY), SELL: new Map(wanted.SELL) };
    for (const order of this.engine.ordersOf(this.instrument).sort((a, b) => a.priority - b.priority)) {
      const rooms = missing[order.side];
      const room = rooms.get(order.price) ?? 0;
      const kept = Math.min(room, order.quantity - order.filled);
      rooms.set(order.price, room - kept);
      this.#trim(order, kept);
    }
    for (const side of SIDES)
      for (const price of wanted[side].keys()) {
        const quantity = missing[side].get(price) ?? 0;
        if (quantity > 0) this.#order({ side, price, quantity }, 'GTC', emit);
      }
  }

  /**
   * Exactly the quantity trades, at the price or, as far as users wait at better prices, at theirs. Quotes that would
   * stand in the way, or at the price itself, are withdrawn.
   */
  #repeat(command: RepeatTrade, emit: Emit): void {
    const { side, price, quantity } = command;
    for (const order of this.engine.ordersOf(this.instrument))
      if (order.side === 'BUY' ? order.price >= price : order.price <= price) this.#trim(order, 0);
    const other: Side = side === 'BUY' ? 'SELL' : 'BUY';
    for (let left = quantity; left > 0; left -= QUANTITY_MAX) {
      const part = Math.min(left, QUANTITY_MAX);
      this.#order({ side: other, price, quantity: part }, 'GTC', emit);
      const rest = this.engine
        .ordersOf(this.instrument)
        .reduce((sum, order) => (order.price === price ? sum + order.quantity - order.filled : sum), 0);
      if (rest > 0) this.#order({ side, price, quantity: rest }, 'IOC', emit);
      for (const order of this.engine.ordersOf(this.instrument))
        if (order.price === price) this.#trim(order, 0);
    }
    this.#quote(command, emit);
  }

  #order(
    { side, price, quantity }: { readonly side: Side; readonly price: number; readonly quantity: number },
    validity: 'IOC' | 'GTC',
    emit: Emit,
  ): void {
    const order: NewOrder = {
      kind: 'new',
      at: 0,
      instrument: this.instrument,
      owner: this.instrument,
      order: this.nextNumber(),
      side,
      type: 'LIMIT',
      validity,
      quantity: Math.min(quantity, QUANTITY_MAX),
      price,
      stop: null,
      display: null,
      expiresAt: null,
      postOnly: false,
      stp: 'NONE',
    };
    this.engine.apply(order, emit);
  }

  /** Leaves `kept` of what an order has left. */
  #trim({ order, quantity, filled }: OrderState, kept: number): void {
    if (kept === quantity - filled) return;
    const about = { at: 0, owner: this.instrument, order };
    const none = { price: null, stop: null, display: null };
    this.engine.apply(
      kept === 0
        ? { kind: 'cancel', ...about }
        : { kind: 'modify', ...about, ...none, quantity: filled + kept },
      () => undefined,
    );
  }
}
