/**
 * Everything that ever changes the exchange's state, as a closed union. Commands are kept in the journal as they are
 * here, so they hold nothing but JSON: prices and amounts are minor units as whole numbers that JavaScript holds
 * exactly, instants milliseconds since the epoch. Ids and time come with them: carrying out the same commands again
 * gives the same state.
 */
import type {
  CancelReason,
  OrderOrigin,
  OrderType,
  Product,
  RejectReason,
  SelfTradePrevention,
  Side,
  Validity,
} from '../order.ts';
import type { VenueStanding } from '../broker/standing.ts';
import type { Currency } from '@gridworks/kit/money';
import type { Exchange, InstrumentKind } from '../instrument.ts';
import type { TradingDay } from '../trading-day.ts';

interface At {
  /** When, by the clock of the exchange; clocks are set back at times, so this may go back too. */
  readonly at: number;
}

/** What may bring orders into the matching core. */
interface Entering extends At {
  /** How far the core has counted: quotes that no command tells of have taken numbers too. */
  readonly sequence: number;
  /** The ids of what comes of it count on from this one, which is that of the order if there is one. */
  readonly id: string;
}

/** What a user has, read when the exchange first meets them: the state before knows nothing of them. */
export interface OpenAccount extends At {
  readonly kind: 'open';
  readonly userId: string;
  readonly tenantId: string;
  readonly buyingPower: number;
  /** Number of the user's latest order event. */
  readonly sequence: number;
  readonly stock: readonly StockState[];
}

export type StockState = readonly [symbol: string, product: Product, quantity: number, held: number];

/** Cash from outside. An event is credited once, however often it is told. */
export interface CreditAccounts extends At {
  readonly kind: 'credit';
  readonly credits: readonly Credit[];
}

export interface Credit {
  readonly eventId: string;
  readonly userId: string;
  readonly amount: number;
}

/** What an instrument is and where its market stands: facts from outside, told before a command that depends on them. */
export interface StateMarket extends At {
  readonly kind: 'market';
  readonly symbol: string;
  readonly terms: Terms;
  readonly quotes: readonly StandingQuote[];
  /** Price of the last trade, which wakes stops; 0 before the first. Not there: as the commands so far have it. */
  readonly last?: number;
}

export interface Terms {
  readonly exchange: Exchange;
  readonly kind: InstrumentKind;
  readonly currency: Currency;
  readonly tickSize: number;
  readonly lotSize: number;
  /** The prices at which orders may be placed just now. */
  readonly lower: number;
  readonly upper: number;
  /** The most units of one order, and of what one user may have; not there: no limit. */
  readonly freeze?: number | undefined;
  readonly positionMax?: number;
  /** What positions of the day hold of their value, hundredths of a percent; not there: all of it, and none is sold first. */
  readonly marginBps?: number | undefined;
  /** What the band lies around, on tick: the price of an auction that finds none better. Not there: the last price. */
  readonly reference?: number;
}

/** A part of the market's side of a book, with its place in time priority. */
export type StandingQuote = readonly [side: Side, price: number, quantity: number, priority: number];

export interface PlaceOrder extends Entering {
  readonly kind: 'place';
  readonly userId: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly product: Product;
  readonly validity: Validity;
  readonly quantity: number;
  readonly limitPrice: number | null;
  /** What is above the freeze quantity becomes several orders. */
  readonly isSliced?: true;
  /** A broker carries it out, and nothing here matches it. */
  readonly isRouted?: true;
  // What most orders do not have is there only where it says something.
  readonly triggerPrice?: number;
  readonly displayQuantity?: number;
  readonly postOnly?: true;
  readonly selfTradePrevention?: SelfTradePrevention;
  readonly goodTill?: string;
  readonly afterMarket?: true;
  readonly origin?: OrderOrigin;
}

/** An open order gets other terms; what is null stays. */
export interface ModifyOrder extends Entering {
  readonly kind: 'modify';
  readonly userId: string;
  readonly orderId: string;
  /** Of the order. */
  readonly symbol: string;
  readonly quantity: number | null;
  readonly limitPrice: number | null;
  readonly triggerPrice: number | null;
  readonly displayQuantity: number | null;
}

export interface CancelOrder extends At {
  readonly kind: 'cancel';
  readonly userId: string;
  readonly orderId: string;
  readonly reason: CancelReason;
}

/** A user's open orders leave together, in the order in which they were accepted. */
export interface CancelOrders extends At {
  readonly kind: 'cancelAll';
  readonly userId: string;
  /** Of one instrument, and of one side; null for all. */
  readonly only: { readonly symbol: string | null; readonly side: Side | null };
}

type PlainQuote = readonly [price: number, quantity: number];

/** The market's side of a book becomes this. */
export interface QuoteMarket extends Entering {
  readonly kind: 'quote';
  readonly symbol: string;
  readonly bids: readonly PlainQuote[];
  readonly asks: readonly PlainQuote[];
}

/** Somebody of the market takes what stands up to a price, and does not wait. */
export interface PrintMarket extends Entering {
  readonly kind: 'print';
  readonly symbol: string;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
}

/** A trade that was recorded elsewhere happens here. */
export interface RepeatTrade extends Entering {
  readonly kind: 'repeat';
  readonly symbol: string;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
  /** What the market shows afterwards. */
  readonly bids: readonly PlainQuote[];
  readonly asks: readonly PlainQuote[];
}

/** The trading day goes on to its next phase; all books at once. */
export interface ChangeDay extends Entering {
  readonly kind: 'day';
  /** What it is from now on; null: the exchange keeps no hours. */
  readonly day: TradingDay | null;
}

/** How many orders a user may place within a second. */
export interface SetLimits extends At {
  readonly kind: 'limits';
  readonly orderRateMax: number;
}

/** The units of an instrument become others from the next price on; none of its orders waits then. */
export interface AdjustStock extends At {
  readonly kind: 'adjust';
  readonly id: string;
  readonly symbol: string;
  /** `YYYY-MM-DD`: an instrument is adjusted once for each. */
  readonly exDate: string;
  /** As it was recorded: what earlier prices are multiplied by, '0.2' for five units in place of one. */
  readonly splitFactor: string;
}

/** A broker says where an order of ours stands. */
export interface TellStanding extends At {
  readonly kind: 'standing';
  readonly orderId: string;
  readonly standing: VenueStanding;
  /** Why it was turned down, where it was. */
  readonly reason?: RejectReason;
}

/** A broker says what the terms of an order of ours are. */
export interface TellTerms extends At {
  readonly kind: 'terms';
  readonly orderId: string;
  /** Of the order. */
  readonly symbol: string;
  readonly quantity: number;
  readonly limitPrice: number | null;
  readonly triggerPrice: number | null;
  /** They are what came of the change that it was asked for: it was asked, and compared since. */
  readonly isFinal?: true;
}

/** A broker says that an order of ours traded: each of its trades is told once. */
export interface TellFill extends At {
  readonly kind: 'fill';
  /** The ids of what comes of it count on from this one. */
  readonly id: string;
  readonly orderId: string;
  /** The broker's. */
  readonly tradeId: string;
  readonly price: number;
  readonly quantity: number;
}

/**
 * Money for a withdrawal leaves what its user may promise (RELEASE), comes back (RESTORE), or is out of the wallet for good
 * (CLOSE). Each once.
 */
export interface MoveWithdrawal extends At {
  readonly kind: 'withdrawal';
  readonly step: 'RELEASE' | 'RESTORE' | 'CLOSE';
  readonly id: string;
  readonly userId: string;
  readonly amount: number;
}

/** What the market's other participants do. */
export type MarketCommand = QuoteMarket | PrintMarket | RepeatTrade;
export type Command =
  | OpenAccount
  | CreditAccounts
  | StateMarket
  | PlaceOrder
  | ModifyOrder
  | CancelOrder
  | CancelOrders
  | MarketCommand
  | ChangeDay
  | SetLimits
  | AdjustStock
  | TellStanding
  | TellTerms
  | TellFill
  | MoveWithdrawal;
