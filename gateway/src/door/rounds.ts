/**
 * Visits every open connection once in each period, under one timer, a slice of them at a time: ten thousand pings at
 * once would hold up every event meanwhile.
 */
export interface Visited {
  visit(): void;
}

const SLICES = 12;

export class Rounds {
  readonly #slices = Array.from({ length: SLICES }, () => new Set<Visited>());
  readonly #timer: NodeJS.Timeout;
  #next = 0;
  #now = 0;

  constructor(periodMs: number) {
    this.#timer = setInterval(() => this.#visit(), periodMs / SLICES).unref();
  }

  get size(): number {
    return this.#slices.reduce((size, slice) => size + slice.size, 0);
  }

  /** The result is what `remove` needs. */
  add(visited: Visited): number {
    this.#next = (this.#next + 1) % SLICES;
    this.#slices[this.#next]?.add(visited);
    return this.#next;
  }

  remove(visited: Visited, slice: number): void {
    this.#slices[slice]?.delete(visited);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #visit(): void {
    this.#now = (this.#now + 1) % SLICES;
    for (const each of this.#slices[this.#now] ?? []) each.visit();
  }
}
