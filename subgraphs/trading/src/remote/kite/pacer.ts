/** Lets requests go no faster than the venue allows, in their order. */
import { waitMs, type Limit } from '../../domain/broker/pace.ts';
import type { Time } from '../time.ts';

/** What is sent evenly may arrive in a bunch: every stretch of time is taken for this much longer. */
const SLACK_MS = 100;

export class Pacer {
  readonly #limits: readonly Limit[];
  #sentAtMs: number[] = [];
  #tail: Promise<void> = Promise.resolve();
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(
    private readonly time: Time,
    limits: readonly Limit[],
  ) {
    this.#limits = limits.map(({ count, perMs }) => ({ count, perMs: perMs + SLACK_MS }));
  }

  /** Resolves when a request may go, and counts it; false when it may not any more. */
  turn(): Promise<boolean> {
    const turn = this.#tail.then(() => this.#wait());
    this.#tail = turn.then(() => undefined);
    return turn;
  }

  /** What waits is turned away. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  async #wait(): Promise<boolean> {
    while (!this.#isClosed) {
      const nowMs = this.time.now();
      const delayMs = waitMs(this.#sentAtMs, this.#limits, nowMs);
      if (delayMs <= 0) {
        const kept = Math.max(...this.#limits.map(({ count }) => count));
        this.#sentAtMs = [...this.#sentAtMs, nowMs].slice(-kept);
        return true;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.time.after(delayMs, resolve);
      });
    }
    return false;
  }
}
