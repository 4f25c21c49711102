/**
 * The instruments of the exchange: the name of each in the matching core, the market's side of its book, and what was last
 * said about it.
 */
import { ID_MAX, PRICE_MAX, type Phase } from '../matching/command.ts';
import type { OrderState } from '../matching/engine.ts';
import type { FastEngine } from '../matching/fast.ts';
import type { Listing } from '../order-check.ts';
import type { Depth, DepthLevel, Quotes } from '../quote.ts';
import type { Command, MarketCommand, StateMarket, Terms } from './command.ts';
import { MarketSide } from './market.ts';
import type { Print } from './outcome.ts';
import { isSame, listingOf, printOf } from './words.ts';

/** In the core the market of an instrument owns orders under the instrument's number; users are numbered from here. */
export const USERS_FROM = 65_536;
/** Numbers of orders in the core are used again and again; far more than are ever open at once. */
const NUMBER_MAX = 2 ** 26 - 1;
const NONE: readonly never[] = [];

/** How a book of the core that is closed at first comes to a phase. */
const WAY_TO: Readonly<Record<Phase, readonly Phase[]>> = {
  CLOSED: [],
  PRE_OPEN: ['PRE_OPEN'],
  BUFFER: ['PRE_OPEN', 'BUFFER'],
  CONTINUOUS: ['CONTINUOUS'],
  HALTED: ['PRE_OPEN', 'HALTED'],
};

/** Of an instrument that was not listed yet: nothing can be placed. */
export const UNLISTED: Terms = {
  exchange: 'NSE',
  kind: 'INDEX',
  currency: 'INR',
  tickSize: 1,
  lotSize: 1,
  lower: 1,
  upper: 1,
};

/** One instrument: its name in the core, the market's side of its book, and what was last said about it. */
export interface Floor {
  readonly symbol: string;
  readonly instrument: number;
  readonly market: MarketSide;
  terms: Terms;
  /** The terms in the words of the ladder. */
  listing: Listing;
  /** Whether the commands so far tell where the market's side stands. */
  isStated: boolean;
}

export class Floors {
  readonly #floors = new Map<string, Floor>();
  /** By number in the core. */
  readonly #symbols: string[] = [];
  #lastNumber = 0;

  constructor(
    private readonly core: FastEngine,
    private readonly phaseNow: () => Phase,
  ) {}

  has(symbol: string): boolean {
    return this.#floors.has(symbol);
  }

  get(symbol: string): Floor | undefined {
    return this.#floors.get(symbol);
  }

  all(): Iterable<Floor> {
    return this.#floors.values();
  }

  symbolOf(instrument: number): string {
    return this.#symbols[instrument] ?? '';
  }

  /** These orders of a snapshot are there. */
  countFrom(orders: readonly Pick<OrderState, 'order'>[]): void {
    for (const { order } of orders) this.#lastNumber = Math.max(this.#lastNumber, order);
  }

  depth(symbol: string, levels: number): Depth {
    const floor = this.#floors.get(symbol);
    const { bids, asks } = this.core.depth(floor?.instrument ?? 0, levels);
    return { bids: bids.map(wide), asks: asks.map(wide) };
  }

  /** The market's quotes as they stand. */
  quotes(symbol: string): Quotes {
    const levels = { BUY: new Map<number, number>(), SELL: new Map<number, number>() };
    for (const [side, price, quantity] of this.#floors.get(symbol)?.market.standing() ?? [])
      levels[side].set(price, (levels[side].get(price) ?? 0) + quantity);
    const best = (side: 'BUY' | 'SELL', sign: 1 | -1): Quotes['bids'] =>
      [...levels[side]]
        .sort(([a], [b]) => sign * (a - b))
        .map(([price, quantity]) => ({ price: BigInt(price), quantity: BigInt(quantity) }));
    return { bids: best('BUY', -1), asks: best('SELL', 1) };
  }

  /**
   * What holds of an instrument just now; every command about it that comes later is decided by this. `last` is its last
   * price, for an instrument that is new here: of the others each trade tells.
   */
  list(symbol: string, terms: Terms, last: number): void {
    const floor = this.#floors.get(symbol);
    if (!floor) this.core.restateLast(this.listNew(symbol, terms).instrument, last);
    else if (!isSame(floor.terms, terms))
      Object.assign(floor, { terms, listing: listingOf(terms), isStated: false });
  }

  /** Whether a command of the market may trade with a user: then it has to be carried out as a command. */
  reachesUser(command: MarketCommand): boolean {
    return this.of(command.symbol).market.reachesUser(command);
  }

  /** Carries out what reaches no user's order; no command tells of it. */
  move(command: MarketCommand): readonly Print[] {
    const floor = this.of(command.symbol);
    const prints: Print[] = [];
    floor.isStated = false;
    floor.market.apply(command, (report) => {
      if (report.kind === 'triggered') throw new Error(`the market of ${command.symbol} woke a stop unseen`);
      if (report.kind !== 'traded') return;
      if (report.makerOwner >= USERS_FROM || report.takerOwner >= USERS_FROM)
        throw new Error(`the market of ${command.symbol} traded with a user unseen`);
      prints.push(printOf(command.symbol, report));
    });
    return prints;
  }

  /** Takes the market's quotes away, as at a start: they will come anew. */
  withdrawQuotes(): void {
    for (const floor of this.#floors.values()) {
      floor.market.withdraw();
      floor.isStated = false;
    }
  }

  /** The last price as it was told to everybody: trades among the market that no command tells of moved it too. */
  resume(symbol: string, last: number): void {
    const floor = this.#floors.get(symbol);
    if (!floor) return;
    this.core.restateLast(floor.instrument, last);
    floor.isStated = false;
  }

  state({ symbol, terms, quotes, last }: StateMarket): void {
    const floor = this.#floors.get(symbol) ?? this.listNew(symbol, terms);
    floor.terms = terms;
    floor.listing = listingOf(terms);
    floor.isStated = true;
    floor.market.restate(quotes);
    if (last !== undefined) this.core.restateLast(floor.instrument, last);
  }

  /** Where the markets stand that a command depends on, as far as that was not told. */
  statementsFor(command: Command): readonly StateMarket[] {
    if (command.kind === 'day')
      return [...this.#floors.keys()].flatMap((symbol) => this.#statement(symbol, command.at) ?? []);
    const statement = 'symbol' in command ? this.#statement(command.symbol, command.at) : undefined;
    return statement ? [statement] : NONE;
  }

  #statement(symbol: string, at: number): StateMarket | undefined {
    const floor = this.#floors.get(symbol);
    if (!floor || floor.isStated) return undefined;
    const { terms, market, instrument } = floor;
    const last = this.core.lastOf(instrument);
    return { kind: 'market', at, symbol, terms, quotes: market.standing(), last };
  }

  /** An instrument that is new here, in the phase in which all are. */
  listNew(symbol: string, terms: Terms): Floor {
    const instrument = this.#floors.size + 1;
    // Tick, lot and band are rungs of our own ladder; the core takes any price.
    const listing = { tick: 1, lot: 1, freeze: ID_MAX, bandBps: 10_000, dynamic: false };
    const ignore = (): void => undefined;
    this.core.apply(
      { kind: 'instrument', at: 0, instrument, ...listing, previousClose: PRICE_MAX / 2 },
      ignore,
    );
    for (const phase of WAY_TO[this.phaseNow()])
      this.core.apply({ kind: 'phase', at: 0, instrument, phase }, ignore);
    return this.recall(symbol, terms);
  }

  /** The core has the instrument already. */
  recall(symbol: string, terms: Terms): Floor {
    const instrument = this.#floors.size + 1;
    const market = new MarketSide(instrument, this.core, () => this.nextNumber());
    const floor: Floor = { symbol, instrument, market, terms, listing: listingOf(terms), isStated: false };
    this.#floors.set(symbol, floor);
    this.#symbols[instrument] = symbol;
    return floor;
  }

  nextNumber(): number {
    do this.#lastNumber = (this.#lastNumber % NUMBER_MAX) + 1;
    while (this.core.isOpen(this.#lastNumber));
    return this.#lastNumber;
  }

  of(symbol: string): Floor {
    const floor = this.#floors.get(symbol);
    if (!floor) throw new Error(`there is no market of ${symbol}`);
    return floor;
  }
}

function wide(level: {
  readonly price: number;
  readonly quantity: number;
  readonly orders: number;
}): DepthLevel {
  return { price: BigInt(level.price), quantity: BigInt(level.quantity), orders: level.orders };
}
