/** How the stand-in misbehaves: on command, or by chance from a seed. */
import type { Random } from '../../domain/random.ts';

/** Every misbehaviour, each of which real brokers show. */
export const FAULTS = {
  SILENT_SOCKET: 'The ticker stays open and says nothing any more, not even that it lives.',
  DROPPED_CONNECTION: 'The ticker breaks.',
  REFUSED_CONNECTION: 'The ticker cannot be opened.',
  HUNG_UP: 'The ticker is closed as soon as it is open.',
  LOST_UPDATE: 'An order update is never sent.',
  DOUBLED_UPDATE: 'An order update is sent twice.',
  HELD_UPDATE: 'An order update is sent only after the next one.',
  GARBLED_FRAME: 'A frame that nobody can read takes the place of an order update.',
  TOO_MANY_REQUESTS: 'A request is turned away with status 429, and nothing is done.',
  ERROR_BEFORE: 'Status 502, and nothing was done.',
  ERROR_AFTER: 'Status 502, and it was done.',
  RESET_AFTER: 'The connection is reset, and it was done.',
  TIMED_OUT_AFTER: 'Status 400 with "timed out", and it was done.',
  GARBLED_ANSWER: 'Status 200 and half a text, and it was done.',
  DONE_LATE: 'Status 504, and it is done some time after.',
  REFUSED_CHANGE: 'A modification is turned down for want of funds.',
  UNMADE_CHANGE: 'A modification is taken, and the exchange does not make it.',
  SLOW_ANSWER: 'The answer takes its time.',
  STALE_BOOK: 'The order book is the one that was given out the time before.',
  MISSING_ORDER: 'The order book leaves out an order, and asked for a filled one it says "not found".',
  MISSING_TRADE: 'The list of trades leaves out the latest one.',
  LATE_FILL: 'An order that is cancelled, and said to be, trades after that.',
} as const;
export type Fault = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as Fault[];

export class Faults {
  /** How often each has happened. */
  readonly counts = new Map<Fault, number>();
  readonly #armed = new Map<Fault, number>();
  #rates: Partial<Record<Fault, number>> = {};

  constructor(private readonly random: Random) {}

  /** Lets a fault happen at the next chances. */
  arm(fault: Fault, times = 1): void {
    this.#armed.set(fault, (this.#armed.get(fault) ?? 0) + times);
  }

  /** From now on faults happen by chance, each with a probability of its own; what is not named does not. */
  setRates(rates: Partial<Record<Fault, number>>): void {
    this.#rates = rates;
  }

  /** No more faults. */
  calm(): void {
    this.#rates = {};
    this.#armed.clear();
  }

  /** Whether a fault happens, at a moment when it could. */
  strikes(fault: Fault): boolean {
    const armed = this.#armed.get(fault) ?? 0;
    if (armed > 0) this.#armed.set(fault, armed - 1);
    const isStriking = armed > 0 || this.random.uniform() < (this.#rates[fault] ?? 0);
    if (isStriking) this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    return isStriking;
  }
}
