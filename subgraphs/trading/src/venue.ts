/**
 * A place where orders go and prices come from. Trading sees this much of it, whether it is a broker on the other side
 * of a network or an exchange in this process.
 */
import { refuse, type Refusal } from '@gridworks/kit/refusal';
import type { Change, OrderReport, Terms, Ticket, TradeReport, VenueOrder } from './domain/broker/order.ts';
import type { DepthLevel } from './domain/broker/packet.ts';
import type { Discrepancy, NetPosition } from './domain/broker/reconcile.ts';
import type { TickMode } from './domain/tick.ts';

/**
 * CONNECTING: nothing is known yet. CONNECTED: updates arrive, and what we believe was compared with the venue since they
 * do. STALE: updates stopped, or the comparison fails; what we believe may be old. LOGGED_OUT: the venue does not take
 * our credentials; somebody has to sign in anew. CLOSED: not started, or stopped.
 */
export type VenueState = 'CLOSED' | 'CONNECTING' | 'CONNECTED' | 'STALE' | 'LOGGED_OUT';

/** Every refusal of a venue, in the order in which the rules are looked at. After each of them nothing was changed. */
export const VENUE_REFUSALS = {
  VENUE_ORDER_ID_REUSED: 'This id names another order.',
  VENUE_ORDER_UNKNOWN: 'There is no order of this id.',
  VENUE_ORDER_CLOSED: 'The order has ended.',
  VENUE_ORDER_UNCONFIRMED:
    'The venue has not confirmed the order yet; it cannot be changed until it is found.',
  VENUE_ORDER_CERTAIN: 'It is known where the order stands.',
  VENUE_ORDER_OTHER: 'The order that the venue has under this id is another one.',
  VENUE_UNAVAILABLE: 'The venue cannot be reached, or what we know of it is stale.',
  VENUE_BUSY: 'The venue takes no more requests at the moment.',
  VENUE_LOGGED_OUT: 'The venue does not take our credentials.',
  VENUE_FUNDS_INSUFFICIENT: 'The venue says that the funds do not suffice.',
  VENUE_HOLDINGS_INSUFFICIENT: 'The venue says that the holdings do not suffice.',
  VENUE_REFUSED: 'The venue refused.',
} as const;
export type VenueRefusalCode = keyof typeof VENUE_REFUSALS;
export type VenueRefusal = Refusal<VenueRefusalCode>;

/** A refusal of a venue with its standard sentence, or in the venue's own words. */
export function venueRefusal(code: VenueRefusalCode, message: string = VENUE_REFUSALS[code]): VenueRefusal {
  return refuse(code, message);
}

const PASSING: readonly VenueRefusalCode[] = [
  'VENUE_ORDER_UNCONFIRMED',
  'VENUE_UNAVAILABLE',
  'VENUE_BUSY',
  'VENUE_LOGGED_OUT',
];

/** Whether a refusal is over by itself, so that whoever can wait asks again. */
export function isPassing({ code }: VenueRefusal): boolean {
  return PASSING.includes(code);
}

export interface VenueTick {
  readonly symbol: string;
  readonly price: bigint;
  /** The venue's time, milliseconds since the epoch; null where the mode does not tell it. */
  readonly atMs: number | null;
  /** Of the day; null in mode LTP. */
  readonly quote: {
    readonly open: bigint;
    readonly high: bigint;
    readonly low: bigint;
    readonly previousClose: bigint;
    /** Of the day; null for an index. */
    readonly volume: bigint | null;
    /** Of the last trade; null for an index. */
    readonly quantity: bigint | null;
  } | null;
  /** The best first; null unless the mode is FULL. */
  readonly depth: { readonly bids: readonly DepthLevel[]; readonly asks: readonly DepthLevel[] } | null;
}

/** A login at a venue. */
export interface Session {
  /** Secret; good until the venue ends it. */
  readonly accessToken: string;
  /** Who we are there. */
  readonly account: string;
}

/** What a venue says when it is asked for everything of today. */
export interface VenueReport {
  readonly orders: readonly OrderReport[];
  readonly trades: readonly TradeReport[];
  readonly positions: readonly NetPosition[];
}

export interface VenueListener {
  /** An order is believed differently, and that is kept. */
  readonly changed?: (change: Change) => void;
  readonly ticked?: (tick: VenueTick) => void;
  readonly turned?: (state: VenueState) => void;
  /** Somebody has to look; told again for as long as it lasts. */
  readonly found?: (discrepancy: Discrepancy) => void;
}

/** Somebody's word about an order of which nobody else knows what became. */
export interface Ruling {
  /** Of the tenant whose order it is. */
  readonly tenantId: string;
  /** Who gave it. */
  readonly userId: string;
  /** Why they think so. */
  readonly reason: string;
}

/**
 * Keeps what a venue must remember over a restart. Each call is one transaction: what follows from a happening belongs
 * into it, so that it happens exactly once.
 */
export interface VenueJournal {
  /** The orders that have not settled, and those of which something was learned since: they may fill late. */
  recent(sinceMs: number): Promise<readonly VenueOrder[]>;
  /** Rejects when nothing was kept; then nothing is believed either, and the venue is asked again. */
  record(changes: readonly Change[], ruling?: Ruling): Promise<void>;
}

export interface Venue {
  readonly state: VenueState;
  /** Takes up where the journal left off and connects; does not wait for the connection. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /**
   * Places an order under an id of ours (UUIDv7). The same id and ticket again place nothing and give the order as it
   * stands. An order whose fate is not known is in doubt (`statusOf` says UNKNOWN); it is never sent again.
   */
  place(id: string, ticket: Ticket): Promise<VenueOrder | VenueRefusal>;
  /** Asks for other terms; the order shows them when the venue has taken them. */
  modify(id: string, terms: Partial<Terms>): Promise<VenueOrder | VenueRefusal>;
  /** Asks to cancel; the order is cancelled when the venue says so, and may fill until then. */
  cancel(id: string): Promise<VenueOrder | VenueRefusal>;
  /**
   * Somebody who looked there says what became of an order in doubt: `venueOrderId` is the venue's name for it, null that
   * it has none like it. The same word again changes nothing.
   */
  resolve(id: string, venueOrderId: string | null, ruling: Ruling): Promise<VenueOrder | VenueRefusal>;
  /** Goes on with another login, which a token of a few minutes stands for; returns the access token that it gives. */
  logIn(requestToken: string): Promise<Session | VenueRefusal>;
  order(id: string): VenueOrder | undefined;
  /** Every order of today, and those before that have not settled. */
  orders(): readonly VenueOrder[];
  /** What the venue itself says; undefined when it cannot be had. */
  report(): Promise<VenueReport | undefined>;
  /** Compares what is believed with the venue; whether that succeeded. */
  reconcile(): Promise<boolean>;
  /** Ticks of these symbols, as much as the mode tells, until the returned function is called. */
  watch(symbols: readonly string[], mode: TickMode): () => void;
  listen(listener: VenueListener): () => void;
}
