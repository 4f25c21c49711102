/**
 * When a venue is compared with what we believe: on a timer, soon after something gave reason to, and again and again,
 * ever more slowly, while it fails or leaves something open. One comparison at a time.
 */
import { backoffMs, type Backoff } from '../domain/broker/backoff.ts';
import type { Time } from './time.ts';

/** FAILED: the venue did not say. OPEN: it did, and something is still in doubt. SETTLED: nothing is. */
export type Outcome = 'FAILED' | 'OPEN' | 'SETTLED';

export interface ReconcilerOptions {
  /** Between comparisons where nothing gives reason to look sooner. */
  readonly intervalMs: number;
  /** Between comparisons while something is open. */
  readonly backoff: Backoff;
}

export class Reconciler {
  #attempt = 0;
  #isRunning = false;
  #isWanted = false;
  #isStopped = true;
  #dueAtMs = Infinity;
  #cancel: () => void = () => undefined;
  #waiting: (() => void)[] = [];

  constructor(
    private readonly options: ReconcilerOptions,
    private readonly time: Time,
    private readonly uniform: () => number,
    private readonly compare: () => Promise<Outcome>,
  ) {}

  start(): void {
    this.#isStopped = false;
    this.#schedule(this.options.intervalMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
    for (const done of this.#waiting.splice(0)) done();
  }

  /** Asks for a comparison; several wishes become one. */
  soon(): void {
    if (this.#isRunning) this.#isWanted = true;
    else this.#schedule(this.options.backoff.firstMs);
  }

  /** Resolves when a comparison that began after this call is over, or when there will be none. */
  next(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    const done = new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#isRunning) this.#isWanted = true;
    else this.#schedule(0);
    return done;
  }

  /** Pulls the next comparison nearer, never away. */
  #schedule(delayMs: number): void {
    const dueAtMs = this.time.now() + delayMs;
    if (this.#isStopped || dueAtMs >= this.#dueAtMs) return;
    this.#cancel();
    this.#dueAtMs = dueAtMs;
    this.#cancel = this.time.after(delayMs, () => void this.#run());
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    this.#isWanted = false;
    this.#dueAtMs = Infinity;
    const waiting = this.#waiting.splice(0);
    const outcome = await this.compare();
    this.#isRunning = false;
    for (const done of waiting) done();
    const { intervalMs, backoff } = this.options;
    this.#attempt = outcome === 'SETTLED' ? 0 : this.#attempt + 1;
    this.#schedule(intervalMs);
    if (this.#attempt > 0) this.#schedule(backoffMs(this.#attempt, backoff, this.uniform()));
    if (this.#waiting.length > 0) this.#schedule(0);
    else if (this.#isWanted) this.#schedule(backoff.firstMs);
  }
}
