interface Reader<T> {
  resolve(step: IteratorResult<T, undefined>): void;
  reject(error: Error): void;
}

/**
 * A queue that is filled from one side and iterated from the other. It tells its source to pause when the reader
 * falls behind, so that what waits stays bounded.
 */
export class Inbox<T> implements AsyncIterableIterator<T> {
  readonly #waiting: T[] = [];
  #reader: Reader<T> | undefined;
  #end: { readonly error?: Error } | undefined;
  #paused = false;

  constructor(
    private readonly source: { pause(): void; resume(): void; close(): void },
    private readonly waitingMax = 64,
  ) {}

  push(value: T): void {
    if (this.#end) return;
    const reader = this.#takeReader();
    if (reader) return reader.resolve({ done: false, value });
    this.#waiting.push(value);
    if (!this.#paused && this.#waiting.length >= this.waitingMax) {
      this.#paused = true;
      this.source.pause();
    }
  }

  /** Nothing more will come; what waits is still read first. */
  end(): void {
    this.#finish({});
  }

  /** The source broke; what waits is still read first. */
  fail(error: Error): void {
    this.#finish({ error });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#waiting.length > 0) {
      const value = this.#waiting.shift() as T;
      if (this.#paused && this.#waiting.length === 0) {
        this.#paused = false;
        this.source.resume();
      }
      return Promise.resolve({ done: false, value });
    }
    if (this.#end) {
      const { error } = this.#end;
      // Told once; afterwards the stream is simply over.
      this.#end = {};
      return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => (this.#reader = { resolve, reject }));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#waiting.length = 0;
    this.#finish({});
    this.#end = {};
    if (this.#paused) this.source.resume();
    this.source.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(end: { readonly error?: Error }): void {
    if (this.#end) return;
    this.#end = end;
    const reader = this.#takeReader();
    if (!reader) return;
    this.#end = {};
    if (end.error === undefined) reader.resolve({ done: true, value: undefined });
    else reader.reject(end.error);
  }

  #takeReader(): Reader<T> | undefined {
    const reader = this.#reader;
    this.#reader = undefined;
    return reader;
  }
}
