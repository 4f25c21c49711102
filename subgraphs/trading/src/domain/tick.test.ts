import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_DEPTH, type Depth } from './quote.ts';
import { TICK_MODES, TickHub, modeOf, type Tick } from './tick.ts';

function tick(symbol: string, sequence: number): Tick {
  const price = 100n;
  return {
    symbol,
    mode: 'LTP',
    sequence: BigInt(sequence),
    at: new Date(sequence),
    price,
    quantity: 1n,
    bid: null,
    ask: null,
    volume: 1n,
    open: price,
    high: price,
    low: price,
    previousClose: price,
    source: 'LIVE',
    depth: NO_DEPTH,
  };
}

const DONE = { done: true, value: undefined };

describe('a watcher', () => {
  it('gets each tick of its symbols when it asks in time', async () => {
    const hub = new TickHub();
    const watcher = hub.watch(['A', 'B']);
    for (const [symbol, sequence] of [
      ['A', 1],
      ['B', 2],
      ['A', 3],
    ] as const) {
      const next = watcher.next();
      hub.publish(tick('C', 9));
      hub.publish(tick(symbol, sequence));
      expect((await next).value).toMatchObject({ symbol, sequence: BigInt(sequence), conflated: 0 });
    }
  });

  it('gets the newest of each symbol when it is slow, and how many it missed', async () => {
    const hub = new TickHub();
    const watcher = hub.watch(['A', 'B']);
    for (const [symbol, sequence] of [
      ['A', 1],
      ['B', 2],
      ['A', 3],
      ['A', 4],
    ] as const) {
      hub.publish(tick(symbol, sequence));
    }
    expect((await watcher.next()).value).toMatchObject({ symbol: 'A', sequence: 4n, conflated: 2 });
    expect((await watcher.next()).value).toMatchObject({ symbol: 'B', sequence: 2n, conflated: 0 });
    hub.publish(tick('A', 5));
    expect((await watcher.next()).value).toMatchObject({ sequence: 5n, conflated: 0 });
  });

  it('is told what its mode tells, and no more', async () => {
    const hub = new TickHub();
    const watchers = TICK_MODES.map((mode) => hub.watch(['A'], mode));
    const told: string[][] = [];
    for (const mode of TICK_MODES) {
      const asked = watchers.map(async (watcher, i) => {
        await watcher.next();
        return TICK_MODES[i] ?? '';
      });
      hub.publish({ ...tick('A', 1), mode });
      const least = TICK_MODES.indexOf(mode);
      told.push(await Promise.all(asked.slice(least)));
      hub.publish({ ...tick('A', 2), mode: 'LTP' });
      await Promise.all(asked);
    }
    expect(told).toEqual([['LTP', 'QUOTE', 'FULL'], ['QUOTE', 'FULL'], ['FULL']]);
  });

  it('is seen by who would tell it something', () => {
    const hub = new TickHub();
    void hub.watch(['A'], 'QUOTE');
    const isWatched = (symbol: string): boolean[] =>
      TICK_MODES.map((mode) => hub.isWatched({ symbol, mode }));
    expect([isWatched('A'), isWatched('B')]).toEqual([
      [true, true, false],
      [false, false, false],
    ]);
  });

  it('does not slow the others down', async () => {
    const hub = new TickHub();
    const [slow, fast] = [hub.watch(['A']), hub.watch(['A'])];
    for (const sequence of [1, 2, 3]) {
      const next = fast.next();
      hub.publish(tick('A', sequence));
      expect((await next).value).toMatchObject({ sequence: BigInt(sequence), conflated: 0 });
    }
    expect((await slow.next()).value).toMatchObject({ sequence: 3n, conflated: 2 });
  });

  it('leaves nothing behind when it returns, and what it waited for ends', async () => {
    const hub = new TickHub();
    const watcher = hub.watch(['A', 'B']);
    hub.publish(tick('A', 1));
    await watcher.next();
    const waiting = [watcher.next(), watcher.next()];
    expect([hub.watcherCount('A'), hub.watcherCount('B')]).toEqual([1, 1]);
    expect(await watcher.return?.()).toEqual(DONE);
    expect(await Promise.all(waiting)).toEqual([DONE, DONE]);
    expect([hub.watcherCount('A'), hub.watcherCount('B')]).toEqual([0, 0]);
    hub.publish(tick('A', 2));
    expect(await watcher.next()).toEqual(DONE);
  });

  it('leaves nothing behind when a loop breaks off', async () => {
    const hub = new TickHub();
    const watcher = hub.watch(['A']);
    hub.publish(tick('A', 1));
    for await (const each of watcher) {
      expect(each.sequence).toBe(1n);
      break;
    }
    expect(hub.watcherCount('A')).toBe(0);
  });

  it('ends when the hub closes, but others may come later', async () => {
    const hub = new TickHub();
    const watcher = hub.watch(['A', 'B']);
    const waiting = watcher.next();
    hub.close();
    expect(await waiting).toEqual(DONE);
    expect(hub.watcherCount('B')).toBe(0);
    const later = hub.watch(['A']).next();
    hub.publish(tick('A', 1));
    expect((await later).value).toMatchObject({ sequence: 1n });
  });

  it('sees, tick by tick, everything or is told: what came and what was skipped add up', async () => {
    const step = fc.oneof(
      fc.constantFrom('A', 'B').map((symbol) => ({ symbol })),
      fc.constant('TAKE' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const hub = new TickHub();
        const watcher = hub.watch(['A', 'B']);
        const published: Record<string, number> = { A: 0, B: 0 };
        const accounted: Record<string, number> = { A: 0, B: 0 };
        const asked: Promise<void>[] = [];
        const ask = (): void => {
          asked.push(
            watcher.next().then((step) => {
              if (step.done) return;
              const { symbol, conflated, sequence } = step.value;
              accounted[symbol] = (accounted[symbol] ?? 0) + 1 + conflated;
              // The newest that came so far always carries everything before it.
              expect(sequence).toBe(BigInt(accounted[symbol]));
            }),
          );
        };
        for (const each of steps) {
          if (each === 'TAKE') ask();
          else hub.publish(tick(each.symbol, (published[each.symbol] = (published[each.symbol] ?? 0) + 1)));
        }
        ask();
        ask();
        await Promise.resolve();
        await watcher.return?.();
        await Promise.all(asked);
        expect(accounted).toEqual(published);
      }),
    );
  });
});

describe('a change of the book', () => {
  const bidding = (...quantities: readonly bigint[]): Depth => ({
    bids: quantities.map((quantity, i) => ({ price: 100n - BigInt(i), quantity, orders: 1 })),
    asks: [],
  });

  it.each([
    ['nothing at all', bidding(1n, 2n), bidding(1n, 2n), undefined],
    ['what waits at the best price', bidding(1n, 2n), bidding(3n, 2n), 'QUOTE'],
    ['that somebody waits at last', NO_DEPTH, bidding(1n), 'QUOTE'],
    ['that nobody waits any more', bidding(1n), NO_DEPTH, 'QUOTE'],
    ['what waits behind it', bidding(1n, 2n), bidding(1n, 3n), 'FULL'],
    ['the last price that is shown', bidding(1n, 1n, 1n, 1n), bidding(1n, 1n, 1n, 1n, 1n), 'FULL'],
    ['what is not shown', bidding(1n, 1n, 1n, 1n, 1n, 1n), bidding(1n, 1n, 1n, 1n, 1n, 9n), undefined],
  ] as const)('%s', (_, before, after, mode) => {
    expect(modeOf(before, after)).toBe(mode);
  });
});
