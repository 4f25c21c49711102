/**
 * What the exchange is asked and what it answers, as two closed unions. Everything is a whole number that JavaScript
 * holds exactly: prices in paise, quantities in shares, instants in milliseconds since the epoch. Ids are whole numbers
 * as well, given out at the edge (`edge.ts`): an order's id stands for one client order id of one owner, for ever.
 */

export const SIDES = ['BUY', 'SELL'] as const;
export const ORDER_TYPES = ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT', 'ICEBERG'] as const;
export const VALIDITIES = ['DAY', 'IOC', 'FOK', 'GTC', 'GTD'] as const;
export const STP_MODES = ['NONE', 'CANCEL_NEWEST', 'CANCEL_OLDEST', 'CANCEL_BOTH', 'DECREMENT'] as const;
export const PHASES = ['CLOSED', 'PRE_OPEN', 'BUFFER', 'CONTINUOUS', 'HALTED'] as const;

export type Side = (typeof SIDES)[number];
export type OrderType = (typeof ORDER_TYPES)[number];
/** DAY ends when the instrument closes, GTD at a `clock` command that has reached its instant. */
export type Validity = (typeof VALIDITIES)[number];
/**
 * What happens when an order meets one of the same owner; the mode of the order that arrives counts. NONE is for owners
 * who stand for many people and may trade with themselves.
 */
export type StpMode = (typeof STP_MODES)[number];
/** BUFFER lies between the end of the call auction's order collection (a random moment) and continuous trading. */
export type Phase = (typeof PHASES)[number];
export type Direction = 'UP' | 'DOWN';

/** Bounds of what may be asked, so that price x quantity stays exact: 10 lakh rupees, a crore of shares. */
export const PRICE_MAX = 100_000_000;
export const QUANTITY_MAX = 10_000_000;
export const ID_MAX = 2_147_483_647;
/** Owners and instruments are indices of tables: they are given out without gaps, from 1. */
export const OWNER_MAX = 16_777_215;
export const INSTRUMENT_MAX = 65_535;
/** What all accounts together may own, in paise or shares: trades only move it, so every sum of it is exact. */
export const BALANCE_MAX = 9_000_000_000_000_000;

interface At {
  /** When it happens; never earlier than the command before. */
  readonly at: number;
}

export interface NewOrder extends At {
  readonly kind: 'new';
  readonly instrument: number;
  readonly owner: number;
  readonly order: number;
  readonly side: Side;
  readonly type: OrderType;
  readonly validity: Validity;
  readonly quantity: number;
  /** The worst price it may trade at: LIMIT, STOP_LIMIT and ICEBERG. Null for the others: the end of the band. */
  readonly price: number | null;
  /** A trade at this price or beyond wakes it: STOP and STOP_LIMIT. */
  readonly stop: number | null;
  /** How much of an ICEBERG is shown at a time. */
  readonly display: number | null;
  /** When a GTD order expires. */
  readonly expiresAt: number | null;
  /** Refused rather than traded at once. */
  readonly postOnly: boolean;
  readonly stp: StpMode;
}

export interface Modify extends At {
  readonly kind: 'modify';
  readonly owner: number;
  readonly order: number;
  /** The new whole quantity, what has traded included; null leaves it, as for the rest. */
  readonly quantity: number | null;
  readonly price: number | null;
  readonly stop: number | null;
  /** How much of an ICEBERG is shown at a time. */
  readonly display: number | null;
}

export interface Cancel extends At {
  readonly kind: 'cancel';
  readonly owner: number;
  readonly order: number;
}

export interface MassCancel extends At {
  readonly kind: 'massCancel';
  readonly owner: number;
  /** Null for all instruments, and for both sides. */
  readonly instrument: number | null;
  readonly side: Side | null;
}

export interface SetPhase extends At {
  readonly kind: 'phase';
  /** Null for every instrument that can go there from where it is. */
  readonly instrument: number | null;
  readonly phase: Phase;
}

export interface Clock extends At {
  readonly kind: 'clock';
}

/** A trading day begins: the orders and trades of the order-to-trade ratio are counted from nought. */
export interface StartDay extends At {
  readonly kind: 'day';
}

export interface ListInstrument extends At {
  readonly kind: 'instrument';
  readonly instrument: number;
  readonly tick: number;
  readonly lot: number;
  /** The largest quantity of one order. */
  readonly freeze: number;
  /** Half-width of the price band in hundredths of a percent of the previous close: 200, 500, 1,000 or 2,000. */
  readonly bandBps: number;
  /** Whether the band may be flexed during the day. */
  readonly dynamic: boolean;
  readonly previousClose: number;
}

/** Another day's previous close, given while the instrument is closed: the band lies around it from now on. */
export interface SetReference extends At {
  readonly kind: 'reference';
  readonly instrument: number;
  readonly previousClose: number;
}

/** A dynamic band slides by its next step; when it may is for surveillance to say (`rules.ts`). */
export interface Flex extends At {
  readonly kind: 'flex';
  readonly instrument: number;
  readonly direction: Direction;
}

export interface FundAccount extends At {
  readonly kind: 'account';
  readonly owner: number;
  /** Paise to add; negative to take out. The first one opens the account. */
  readonly cash: number;
  /** The most shares of one instrument that it may hold or have on order. */
  readonly positionMax: number;
  /** The most orders and modifications a day for each trade. */
  readonly orderToTradeMax: number;
}

export interface DepositHolding extends At {
  readonly kind: 'holding';
  readonly owner: number;
  readonly instrument: number;
  /** Shares to add; negative to take out. */
  readonly quantity: number;
}

export type Command =
  | NewOrder
  | Modify
  | Cancel
  | MassCancel
  | SetPhase
  | Clock
  | StartDay
  | ListInstrument
  | SetReference
  | Flex
  | FundAccount
  | DepositHolding;

/** Every refusal; the rungs of the pre-trade ladder stand in the order in which they are looked at. */
export const REFUSALS = {
  CLOCK_BACKWARDS: 'The command is dated before the one that came last.',
  SESSION_CLOSED: 'The instrument is halted, between sessions or closed.',
  SESSION_TYPE: 'A call auction takes plain orders only: no IOC, FOK, ICEBERG or post-only.',
  INSTRUMENT_UNKNOWN: 'There is no such instrument.',
  ORDER_UNKNOWN: 'This owner has no such open order.',
  FIELD_NOT_APPLICABLE: 'The order has no such price, or nothing that it hides, to modify.',
  TICK_SIZE_VIOLATED: 'The price is not a multiple of the tick size.',
  LOT_SIZE_VIOLATED: 'The quantity is not a multiple of the lot size.',
  PRICE_OUT_OF_BAND: 'The price lies outside the price band.',
  FREEZE_QUANTITY_EXCEEDED: 'The quantity is above the freeze quantity.',
  CLIENT_ORDER_ID_USED: 'The client order id has named another order.',
  QUANTITY_TRADED: 'As much as that, or more, has traded already.',
  ACCOUNT_UNKNOWN: 'The owner has no account.',
  FUNDS_INSUFFICIENT: 'The free cash does not cover it.',
  HOLDINGS_INSUFFICIENT: 'The free holding does not cover it.',
  POSITION_LIMIT_EXCEEDED: 'Holding and open orders together would exceed the position limit.',
  ORDER_RATE_EXCEEDED: 'More than ten orders within one second.',
  ORDER_TO_TRADE_EXCEEDED: 'Too many orders for the trades that came of them.',
  POST_ONLY_WOULD_TRADE: 'The order would trade at once.',
  INSTRUMENT_KNOWN: 'The instrument is listed already.',
  PHASE_INVALID: 'The instrument cannot go to this phase from the one it is in.',
  BAND_FIXED: 'The band of this instrument is not flexed.',
  BALANCE_TOO_LARGE: 'All accounts together would own more than can be counted.',
} as const;
export type RefusalCode = keyof typeof REFUSALS;

export type CancelReason =
  'REQUESTED' | 'MASS_CANCEL' | 'MARKET_REST' | 'IOC_REST' | 'FOK_UNFILLED' | 'SELF_TRADE' | 'OUT_OF_BAND';

interface OfOrder extends At {
  readonly instrument: number;
  readonly order: number;
  readonly owner: number;
}

export interface Accepted extends OfOrder {
  readonly kind: 'accepted';
  readonly side: Side;
  readonly type: OrderType;
  readonly quantity: number;
  readonly price: number | null;
  readonly stop: number | null;
}

export interface Refused extends At {
  readonly kind: 'refused';
  readonly command: Command['kind'];
  readonly code: RefusalCode;
  readonly instrument: number | null;
  readonly order: number | null;
  readonly owner: number | null;
}

/** In an auction the order with the later time counts as the taker. */
export interface Traded extends At {
  readonly kind: 'traded';
  readonly instrument: number;
  /** Counted from 1 over all instruments. */
  readonly trade: number;
  readonly price: number;
  readonly quantity: number;
  readonly maker: number;
  readonly makerOwner: number;
  readonly taker: number;
  readonly takerOwner: number;
  readonly takerSide: Side;
}

export interface Modified extends OfOrder {
  readonly kind: 'modified';
  readonly quantity: number;
  /** What of it has not traded. */
  readonly remaining: number;
  readonly price: number | null;
  readonly stop: number | null;
  /** Whether it kept its place in the queue. */
  readonly keptPriority: boolean;
}

export interface Cancelled extends OfOrder {
  readonly kind: 'cancelled';
  /** What had not traded and now never will. */
  readonly quantity: number;
  readonly reason: CancelReason;
}

export interface Expired extends OfOrder {
  readonly kind: 'expired';
  readonly quantity: number;
  readonly validity: Validity;
}

/** A trade reached the order's stop price: it goes to the market now. */
export interface Triggered extends OfOrder {
  readonly kind: 'triggered';
  readonly stop: number;
}

/** The next slice of an iceberg, at the back of the queue. */
export interface Replenished extends OfOrder {
  readonly kind: 'replenished';
  readonly shown: number;
  readonly remaining: number;
}

/**
 * SELF_TRADE: decrement took the same quantity from two orders of one owner. AUCTION: a market order that the auction
 * left over is a limit order at this price from now on.
 */
export interface Restated extends OfOrder {
  readonly kind: 'restated';
  readonly reason: 'SELF_TRADE' | 'AUCTION';
  readonly quantity: number;
  readonly remaining: number;
  readonly price: number | null;
}

export interface MassCancelled extends At {
  readonly kind: 'massCancelled';
  readonly owner: number;
  readonly count: number;
}

export interface AuctionResult extends At {
  readonly kind: 'auction';
  readonly instrument: number;
  /** Null when nothing can trade. */
  readonly price: number | null;
  readonly volume: number;
  /** What would buy at the price less what would sell. */
  readonly imbalance: number;
}

export interface PhaseChanged extends At {
  readonly kind: 'phaseChanged';
  readonly instrument: number;
  readonly phase: Phase;
}

/** Also the answer to a listing. */
export interface BandChanged extends At {
  readonly kind: 'bandChanged';
  readonly instrument: number;
  readonly lower: number;
  readonly upper: number;
}

export interface AccountChanged extends At {
  readonly kind: 'accountChanged';
  readonly owner: number;
  readonly cash: number;
}

export interface HoldingChanged extends At {
  readonly kind: 'holdingChanged';
  readonly owner: number;
  readonly instrument: number;
  readonly quantity: number;
}

export type Report =
  | Accepted
  | Refused
  | Traded
  | Modified
  | Cancelled
  | Expired
  | Triggered
  | Replenished
  | Restated
  | MassCancelled
  | AuctionResult
  | PhaseChanged
  | BandChanged
  | AccountChanged
  | HoldingChanged;
