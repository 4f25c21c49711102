/** Live prices on their way to whoever watches. Latest wins, for each symbol by itself (`watcher.ts`). */
import type { Depth, DepthLevel } from './quote.ts';
import { Watcher, type Watched } from './watcher.ts';

/** How many prices of each side a watcher is shown. */
export const DEPTH_LEVELS = 5;

/** What is told: trades; changes of the best prices as well; of all prices that are shown. Each tells more than the last. */
export const TICK_MODES = ['LTP', 'QUOTE', 'FULL'] as const;
export type TickMode = (typeof TICK_MODES)[number];

export interface Tick {
  readonly symbol: string;
  /** The least mode that tells of it. */
  readonly mode: TickMode;
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
  readonly depth: Depth;
}

export type WatchedTick = Watched<Tick>;

class TickWatcher extends Watcher<Tick> {
  constructor(
    readonly mode: TickMode,
    leave: () => void,
  ) {
    super(leave);
  }
}

export class TickHub {
  readonly #watchers = new Map<string, Set<TickWatcher>>();

  publish(tick: Tick): void {
    for (const watcher of this.#watchers.get(tick.symbol) ?? []) {
      if (tells(watcher.mode, tick.mode)) watcher.offer(tick.symbol, tick);
    }
  }

  /** Every tick of these symbols from now on that the mode tells of. Ends when the consumer returns or the hub closes. */
  watch(symbols: readonly string[], mode: TickMode = 'LTP'): AsyncIterableIterator<WatchedTick, undefined> {
    const watcher = new TickWatcher(mode, () => {
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

  /** Whether somebody would be told of a tick. */
  isWatched({ symbol, mode }: Pick<Tick, 'symbol' | 'mode'>): boolean {
    return [...(this.#watchers.get(symbol) ?? [])].some((watcher) => tells(watcher.mode, mode));
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

/** The least mode that tells of a change of the book without a trade; undefined when what is shown is as before. */
export function modeOf(was: Depth, is: Depth): TickMode | undefined {
  const isSame = (levels: number): boolean =>
    areSame(was.bids, is.bids, levels) && areSame(was.asks, is.asks, levels);
  if (!isSame(1)) return 'QUOTE';
  return isSame(DEPTH_LEVELS) ? undefined : 'FULL';
}

function areSame(before: readonly DepthLevel[], after: readonly DepthLevel[], levels: number): boolean {
  return Array.from({ length: levels }, (_, index) => [before[index], after[index]]).every(
    ([was, is]) => was?.price === is?.price && was?.quantity === is?.quantity && was?.orders === is?.orders,
  );
}

function tells(mode: TickMode, of: TickMode): boolean {
  return TICK_MODES.indexOf(of) <= TICK_MODES.indexOf(mode);
}
