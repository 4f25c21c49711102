/**
 * Live prices on their way to whoever watches. Latest wins: per symbol a watcher has one place, and a newer tick takes
 * it from an older one that was not fetched in time; `conflated` tells how many were skipped that way.
 */
import type { Book } from './book.ts';

export interface Tick {
  readonly symbol: string;
  /** Rises by one with each tick of the instrument; higher than before after a restart. */
  readonly sequence: bigint;
  readonly at: Date;
  readonly price: bigint;
  readonly quantity: bigint;
  readonly bid: bigint | null;
  readonly ask: bigint | null;
  readonly volume: bigint;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly previousClose: bigint;
  readonly source: 'LIVE' | 'REPLAY';
  readonly book: Book;
}

export interface WatchedTick extends Tick {
  readonly conflated: number;
}

export class TickHub {
  readonly #watchers = new Map<string, Set<Watcher>>();

  publish(tick: Tick): void {
    for (const watcher of this.#watchers.get(tick.symbol) ?? []) watcher.offer(tick);
  }

  /** Every tick of these symbols from now on. Ends when the consumer returns or the hub closes. */
  watch(symbols: readonly string[]): AsyncIterableIterator<WatchedTick, undefined> {
    const watcher = new Watcher(() => {
      for (const symbol of symbols) {
        const watchers = this.#watchers.get(symbol);
        watchers?.delete(watcher);
        if (watchers?.size === 0) this.#watchers.delete(symbol);
      }
    });
    for (const symbol of symbols) {
      const watchers = this.#watchers.get(symbol) ?? new Set();
      this.#watchers.set(symbol, watchers.add(watcher));
    }
    return watcher;
  }

  /** How many watch a symbol. */
  watcherCount(symbol: string): number {
    return this.#watchers.get(symbol)?.size ?? 0;
  }

  /** Ends every watcher. */
  close(): void {
    for (const watchers of [...this.#watchers.values()]) for (const watcher of [...watchers]) watcher.end();
  }
}

type Step = IteratorResult<WatchedTick, undefined>;
const DONE: Step = { done: true, value: undefined };

class Watcher implements AsyncIterableIterator<WatchedTick, undefined> {
  /** At most one tick a symbol, in the order in which the symbols' places were taken. */
  readonly #places = new Map<string, WatchedTick>();
  readonly #waiting: ((step: Step) => void)[] = [];
  #ended = false;

  constructor(private readonly leave: () => void) {}

  offer(tick: Tick): void {
    const waiting = this.#waiting.shift();
    if (waiting) return waiting({ done: false, value: { ...tick, conflated: 0 } });
    const skipped = this.#places.get(tick.symbol);
    this.#places.set(tick.symbol, { ...tick, conflated: skipped ? skipped.conflated + 1 : 0 });
  }

  // Not async: each call's promise must settle before those of later calls.
  next(): Promise<Step> {
    if (this.#ended) return Promise.resolve(DONE);
    const [oldest] = this.#places.values();
    if (!oldest) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#places.delete(oldest.symbol);
    return Promise.resolve({ done: false, value: oldest });
  }

  return(): Promise<Step> {
    this.end();
    return Promise.resolve(DONE);
  }

  end(): void {
    this.#ended = true;
    this.leave();
    this.#places.clear();
    for (const resolve of this.#waiting.splice(0)) resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
