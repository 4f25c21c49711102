/** What is numbered per user as a stream without gaps: what is kept first, then what is added. */
import type { Bus } from './bus.ts';

/** Numbered things of which none is ever forgotten. */
export interface Numbered<T extends { readonly sequence: bigint }> {
  /** Sequence of the latest; 0 before the first. */
  newest(): Promise<bigint>;
  /** The next ones after a sequence, in order; some at a time. */
  after(sequence: bigint): Promise<readonly T[]>;
}

/**
 * Everything after the sequence `after`, or from now on when undefined, which is when this resolves. Ends when the
 * consumer returns.
 */
export async function follow<T extends { readonly sequence: bigint }>(
  source: Numbered<T>,
  after: bigint | undefined,
  bus: Pick<Bus, 'onWake'>,
): Promise<AsyncIterableIterator<T, undefined>> {
  let cursor = after ?? (await source.newest());
  const fetched: T[] = [];
  return stream(bus, async () => {
    if (fetched.length === 0) fetched.push(...(await source.after(cursor)));
    const next = fetched.shift();
    if (next) cursor = next.sequence;
    return next;
  });
}

/** What `take` gives, asked again at each wake of the bus after it gave undefined. Ends when the consumer returns. */
export function stream<T>(
  bus: Pick<Bus, 'onWake'>,
  take: () => Promise<T | undefined>,
): AsyncIterableIterator<T, undefined> {
  let isEnded = false;
  let isWoken = false;
  let resume: (() => void) | undefined;
  const leave = bus.onWake(() => {
    isWoken = true;
    resume?.();
  });

  async function step(): Promise<IteratorResult<T, undefined>> {
    while (!isEnded) {
      // Looked for after the flag is lowered: what is committed meanwhile raises it again.
      isWoken = false;
      const value = await take();
      if (value !== undefined && !isEnded) return { done: false, value };
      if (isWoken || isEnded) continue;
      await new Promise<void>((resolve) => (resume = resolve));
      resume = undefined;
    }
    return { done: true, value: undefined };
  }

  let turn: Promise<unknown> = Promise.resolve();
  return {
    next() {
      // Two calls at once must not take the same thing twice.
      const result = turn.then(step);
      turn = result.catch(() => undefined);
      return result;
    },
    async return() {
      isEnded = true;
      leave();
      resume?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
