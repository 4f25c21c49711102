/**
 * One who watches what changes all the time. Latest wins: each key has one place, and a newer value takes it from an
 * older one that was not fetched in time; `conflated` tells how many were skipped that way.
 */

export type Watched<T> = T & { readonly conflated: number };

type Step<T> = IteratorResult<Watched<T>, undefined>;
const DONE = { done: true, value: undefined } as const;

export class Watcher<T extends object> implements AsyncIterableIterator<Watched<T>, undefined> {
  /** At most one value a key, in the order in which the keys' places were taken. */
  readonly #places = new Map<string, Watched<T>>();
  readonly #waiting: ((step: Step<T>) => void)[] = [];
  #ended = false;

  constructor(private readonly leave: () => void) {}

  offer(key: string, value: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) return waiting({ done: false, value: { ...value, conflated: 0 } });
    const skipped = this.#places.get(key);
    this.#places.set(key, { ...value, conflated: skipped ? skipped.conflated + 1 : 0 });
  }

  // Not async: each call's promise must settle before those of later calls.
  next(): Promise<Step<T>> {
    if (this.#ended) return Promise.resolve(DONE);
    const [oldest] = this.#places;
    if (!oldest) return new Promise((resolve) => this.#waiting.push(resolve));
    const [key, value] = oldest;
    this.#places.delete(key);
    return Promise.resolve({ done: false, value });
  }

  return(): Promise<Step<T>> {
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
