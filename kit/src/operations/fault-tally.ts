/** Holds faults of one cause back when they come too often: so many a minute are told, the others are counted. */

const WINDOW_MS = 60_000;
const TOLD_MAX = 5;
/** Of causes at one time; more than these are counted as one. */
const CAUSES_MAX = 200;
const OTHERS = 'others';

/** A fault to be told, and how many of its cause were not since the last one that was. */
export interface Tallied<Fault> {
  readonly fault: Fault;
  readonly leftOut: number;
}

interface Window<Fault> {
  readonly endsMs: number;
  told: number;
  /** Those that were held back: how many, and the last. */
  leftOut: number;
  last: Fault;
}

export class FaultTally<Fault> {
  readonly #windows = new Map<string, Window<Fault>>();

  /** Undefined when it is held back. Times are milliseconds of any clock that only goes forward. */
  take(fingerprint: string, fault: Fault, nowMs: number): Tallied<Fault> | undefined {
    const isKnown = this.#windows.has(fingerprint) || this.#windows.size < CAUSES_MAX;
    const cause = isKnown ? fingerprint : OTHERS;
    const window = this.#windows.get(cause);
    if (!window || window.endsMs <= nowMs) {
      this.#windows.set(cause, { endsMs: nowMs + WINDOW_MS, told: 1, leftOut: 0, last: fault });
      return { fault, leftOut: window?.leftOut ?? 0 };
    }
    if (window.told < TOLD_MAX) {
      window.told += 1;
      return { fault, leftOut: 0 };
    }
    window.leftOut += 1;
    window.last = fault;
    return undefined;
  }

  /** The last of what was held back in minutes that are over; it counts as told. */
  ended(nowMs: number): Tallied<Fault>[] {
    const over = [...this.#windows].filter(([, { endsMs }]) => endsMs <= nowMs);
    for (const [cause] of over) this.#windows.delete(cause);
    return over.flatMap(([, { last, leftOut }]) =>
      leftOut > 0 ? [{ fault: last, leftOut: leftOut - 1 }] : [],
    );
  }
}
