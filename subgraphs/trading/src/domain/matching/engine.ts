/**
 * What a matching engine is: commands in, reports out, nothing else. Two meet it: `naive.ts`, which is the
 * specification, and `fast.ts`, which is held to it. Their snapshots are one format, so that either can go on where the
 * other stopped.
 */
import type { Command, OrderType, Phase, Report, Side, StpMode, Validity } from './command.ts';

export type Emit = (report: Report) => void;

export interface EngineOptions {
  /** Whether accounts are looked at: funds, holdings, limits, rates. Off, anybody may order anything. */
  readonly risk: boolean;
  /**
   * Whether the id of an order that is gone may name another. Otherwise an id is used once and for ever, and stands for a
   * client order id; with it, ids are handles, and whoever gives them out looks after client order ids.
   */
  readonly reusesIds?: boolean;
}

export interface MatchingEngine {
  /** Carries out one command and reports all that came of it, in order. */
  apply(command: Command, emit: Emit): void;
  snapshot(): Snapshot;
  /** Equal for equal states, whichever engine is in them. */
  hash(): string;
  /** The best `levels` prices of each side, hidden quantities left out; nothing for an unknown instrument. */
  depth(instrument: number, levels: number): Depth;
  /** Throws when something that must always hold does not. */
  check(): void;
}

export interface DepthLevel {
  readonly price: number;
  readonly quantity: number;
  readonly orders: number;
}

export interface Depth {
  readonly bids: readonly DepthLevel[];
  readonly asks: readonly DepthLevel[];
}

/** Where an open order waits: in the book, for its stop price, or as a market order for the auction. */
export type Place = 'BOOK' | 'STOP' | 'AUCTION';

export interface OrderState {
  readonly order: number;
  readonly owner: number;
  readonly instrument: number;
  readonly side: Side;
  readonly place: Place;
  readonly type: OrderType;
  readonly validity: Validity;
  readonly stp: StpMode;
  readonly postOnly: boolean;
  /** The worst price it may trade at; an order without a limit has the end of the band at its entry. */
  readonly price: number;
  /** 0 without. */
  readonly stop: number;
  readonly quantity: number;
  readonly filled: number;
  readonly shown: number;
  /** 0 where all is shown. */
  readonly display: number;
  /** 0 without. */
  readonly expiresAt: number;
  /** Place in the order of acceptance. */
  readonly entry: number;
  /** Place in time priority. */
  readonly priority: number;
}

export interface InstrumentState {
  readonly instrument: number;
  readonly tick: number;
  readonly lot: number;
  readonly freeze: number;
  readonly bandBps: number;
  readonly dynamic: boolean;
  readonly previousClose: number;
  readonly lower: number;
  readonly upper: number;
  readonly flexes: number;
  readonly shiftBps: number;
  readonly phase: Phase;
  /** Whether an auction has collected orders and not matched them yet. */
  readonly isCollecting: boolean;
  /** Price of the last trade; 0 before the first. */
  readonly last: number;
}

export interface AccountState {
  readonly owner: number;
  readonly cash: number;
  readonly positionMax: number;
  readonly orderToTradeMax: number;
  readonly orders: number;
  readonly trades: number;
  /** Instants of the last orders, the oldest first, as many as the rate looks at. */
  readonly recent: readonly number[];
}

export interface HoldingState {
  readonly owner: number;
  readonly instrument: number;
  readonly quantity: number;
}

export interface Snapshot {
  readonly now: number;
  /** Last given entry or priority. */
  readonly sequence: number;
  readonly trade: number;
  /** Order ids that were given to an order, as runs [first, last], ascending. */
  readonly used: readonly (readonly [first: number, last: number])[];
  readonly instruments: readonly InstrumentState[];
  /** By instrument; then bids, asks, buying and selling stops, buying and selling market orders; each as it queues. */
  readonly orders: readonly OrderState[];
  readonly accounts: readonly AccountState[];
  readonly holdings: readonly HoldingState[];
}

/** 64 bits over all numbers, truths and texts in a snapshot, in their order, as 16 hexadecimal digits. */
export function hashOf(snapshot: object): string {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  const mix = (value: number): void => {
    low = Math.imul(low ^ (value | 0), 0x01000193);
    high = Math.imul(high ^ Math.floor(value / 4_294_967_296) ^ (low >>> 15), 0x85ebca6b);
    low ^= high >>> 13;
  };
  const add = (value: unknown): void => {
    if (typeof value === 'number') mix(value);
    else if (typeof value === 'boolean') mix(value ? 1 : 2);
    else if (typeof value === 'string') {
      mix(value.length);
      for (let index = 0; index < value.length; index++) mix(value.charCodeAt(index));
    } else if (Array.isArray(value)) {
      mix(value.length);
      for (const each of value) add(each);
    } else if (typeof value === 'object' && value !== null) {
      for (const each of Object.values(value)) add(each);
    }
  };
  add(snapshot);
  return hex(high) + hex(low);
}

function hex(bits: number): string {
  return (bits >>> 0).toString(16).padStart(8, '0');
}
