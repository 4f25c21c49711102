/** What is being asked right now, by what it asks: who asks the same meanwhile waits for the same answer. */
export class InFlight<T> {
  readonly #asked = new Map<string, Promise<T>>();

  /** The answer that is under way for this key, an error included; otherwise that of `ask`, which begins now. */
  join(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#asked.get(key);
    if (known) return known;
    const fresh = ask();
    this.#asked.set(key, fresh);
    const forget = (): void => {
      // Another may have been begun in its place since.
      if (this.#asked.get(key) === fresh) this.#asked.delete(key);
    };
    fresh.then(forget, forget);
    return fresh;
  }

  /** Whoever asks from now on asks anew: what is under way may be out of date. */
  forget(): void {
    this.#asked.clear();
  }
}
