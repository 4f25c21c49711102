/** What every archive of ticks promises, by each of them. */
import { testChdb } from '@gridworks/kit/config';
import { createLog } from '@gridworks/kit/telemetry';
import fc from 'fast-check';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TickRecord, TickSummary } from './domain/tick-record.ts';
import type { Tick } from './domain/tick.ts';
import { ClickHouse } from './remote/clickhouse.ts';
import { TickFile } from './store/tick-file.ts';
import { startClickHouse, type TestClickHouse } from './testing/clickhouse.ts';
import type { TickArchive } from './tick-archive.ts';
import { TickKeeper } from './tick-keeper.ts';
import { TickRetention } from './tick-retention.ts';

const START = Date.parse('2026-01-15T03:45:00.000Z');
const folder = await mkdtemp(join(tmpdir(), 'gridworks-ticks-'));
const chdb = testChdb();
let server: TestClickHouse | undefined;
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

function tickOf(symbol: string, sequence: bigint, more: Partial<TickRecord> = {}): TickRecord {
  const at = START + Number(sequence % 1_000_000n);
  return { symbol, sequence, at, price: 100_00n, quantity: 1n, bid: null, ask: null, ...more };
}

/** The whole definition at once. */
function summaryOf(ticks: readonly TickRecord[]): TickSummary | undefined {
  const prices = ticks.map(({ price }) => price).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const [first] = ticks;
  if (!first) return undefined;
  return {
    ticks: ticks.length,
    volume: ticks.reduce((sum, { quantity }) => sum + quantity, 0n),
    turnover: ticks.reduce((sum, { price, quantity }) => sum + price * quantity, 0n),
    open: first.price,
    high: prices.at(-1) ?? 0n,
    low: prices[0] ?? 0n,
    close: ticks.at(-1)?.price ?? 0n,
  };
}

// Where no `chdb` is (GRIDWORKS_TEST_CHDB), what ClickHouse promises is not proven, and counts as skipped.
describe.each(['a file', 'ClickHouse'] as const)('%s', (kind) => {
  describe.skipIf(kind === 'ClickHouse' && chdb === undefined)('as an archive of ticks', () => {
    let archive: TickArchive;
    let symbols = 0;
    const newSymbol = (): string => `SHARE'${++symbols}`;
    beforeAll(async () => {
      if (kind === 'ClickHouse') server = await startClickHouse(chdb ?? '');
      archive =
        server && kind === 'ClickHouse' ? new ClickHouse(server.url) : new TickFile(join(folder, 'ticks'));
      expect(await archive.open()).toBe(false);
    }, 60_000);
    afterAll(() => archive.close());

    it('gives back what it was given, page by page, and what it comes to', async () => {
      const money = fc.bigInt({ min: 1n, max: 2n ** 40n });
      const given = fc.array(
        fc.record({
          sequence: fc.bigInt({ min: 1n, max: 2n ** 53n }),
          at: fc.integer({ min: 0, max: 999 }).map((ms) => START + ms),
          price: money,
          quantity: fc.bigInt({ min: 0n, max: 2n ** 31n }),
          bid: fc.option(money),
          ask: fc.option(money),
        }),
        { maxLength: 20 },
      );
      const span = fc.tuple(fc.nat(999), fc.nat(999));
      await fc.assert(
        fc.asyncProperty(given, span, async (ticks, [from, to]) => {
          const symbol = newSymbol();
          const sequences = new Set(ticks.map(({ sequence }) => sequence));
          const distinct = [...sequences].map((sequence) => ({
            ...(ticks.find((each) => each.sequence === sequence) as TickRecord),
            symbol,
          }));
          await archive.append(distinct);
          // Its answer may be lost on the way; then the batch comes again.
          if (kind === 'ClickHouse') await archive.append(distinct);
          await archive.append([tickOf(newSymbol(), 1n)]);
          const wanted = { symbol, fromMs: START + from, toMs: START + to };
          const expected = distinct
            .filter(({ at }) => at >= wanted.fromMs && at < wanted.toMs)
            .sort((a, b) => (a.sequence < b.sequence ? -1 : 1));
          expect(await archive.summary(wanted)).toEqual(summaryOf(expected));
          const pages: TickRecord[] = [];
          for (;;) {
            const page = await archive.page(wanted, pages.at(-1)?.sequence ?? 0n, 7);
            pages.push(...page);
            if (page.length < 7) break;
          }
          expect(pages).toEqual(expected);
        }),
        { numRuns: 20 },
      );
    });

    it('takes more at once than it works on at once, and knows its newest', async () => {
      const symbol = newSymbol();
      const ticks = Array.from({ length: 5_000 }, (_, index) => tickOf(symbol, BigInt(index + 1)));
      await archive.append(ticks);
      const all = { symbol, fromMs: START, toMs: START + 10_000 };
      expect(await archive.summary(all)).toMatchObject({ ticks: 5_000, volume: 5_000n });
      expect(await archive.newestMs()).toBe(START + 5_000);
    });

    it('lets go what is too old, a day at a time, and nothing else', async () => {
      const symbol = newSymbol();
      const DAY_MS = 86_400_000;
      const daysAgo = [5, 4.5, 3, 1];
      await archive.append(
        daysAgo.map((days, at) => tickOf(symbol, BigInt(at + 1), { at: START - days * DAY_MS })),
      );
      const left = async (): Promise<bigint[]> =>
        (await archive.page({ symbol, fromMs: 0, toMs: START }, 0n, 10)).map(({ sequence }) => sequence);
      const beforeMs = START - 2 * DAY_MS;
      expect(await archive.forgetDay(beforeMs)).toBe(true);
      expect(await left()).toEqual([3n, 4n]);
      const clock = (): number => beforeMs + 366 * DAY_MS;
      const upToDate = async (): Promise<TickArchive> => archive;
      await new TickRetention({ upToDate }, clock, createLog('test', 'silent'), {}).forget();
      expect(await left()).toEqual([4n]);
      expect(await archive.forgetDay(beforeMs)).toBe(false);
      expect(await archive.newestMs()).toBeGreaterThanOrEqual(START);
    });
  });
});

describe('a file of ticks', () => {
  it('holds after a crash what was appended, and says that it was left open', async () => {
    const path = join(folder, 'crashed');
    const file = new TickFile(path);
    await file.open();
    await file.append([tickOf('A', 1n), tickOf('A', 2n)]);
    // As it is on the disk at this instant.
    for (const end of ['', '.wal']) await copyFile(`${path}${end}`, join(folder, `copy${end}`));
    await file.close();
    const [copy, closed] = [new TickFile(join(folder, 'copy')), new TickFile(path)];
    expect([await copy.open(), await closed.open()]).toEqual([true, false]);
    const span = { symbol: 'A', fromMs: START, toMs: START + 10 };
    expect(await copy.page(span, 0n, 10)).toEqual([tickOf('A', 1n), tickOf('A', 2n)]);
    expect(await closed.page(span, 1n, 10)).toEqual([tickOf('A', 2n)]);
    await Promise.all([copy.close(), closed.close()]);
  });
});

describe('who keeps ticks', () => {
  /** An archive that can be away. */
  class Away implements Pick<TickArchive, 'open' | 'append'> {
    isAway = true;
    readonly kept: bigint[] = [];
    readonly #check = async (): Promise<void> => {
      if (this.isAway) throw new Error('away');
    };
    open = async (): Promise<boolean> => {
      await this.#check();
      return false;
    };
    append = async (ticks: readonly TickRecord[]): Promise<void> => {
      await this.#check();
      this.kept.push(...ticks.map(({ sequence }) => sequence));
    };
    close = async (): Promise<void> => undefined;
  }

  interface Ticking {
    readonly onTick: (listener: (tick: Tick) => void) => () => void;
    readonly tick: (sequence: bigint, source?: 'REPLAY') => void;
  }

  function market(): Ticking {
    const listeners = new Set<(tick: Tick) => void>();
    return {
      onTick: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      tick: (sequence, source) => {
        const tick = { ...tickOf('A', sequence), at: new Date(START), source: source ?? 'LIVE' };
        for (const listener of listeners) listener(tick as unknown as Tick);
      },
    };
  }

  it('keeps them in order while the archive comes and goes, and nothing that is replayed', async () => {
    const [archive, { onTick, tick }] = [new Away(), market()];
    const keeper = new TickKeeper({ onTick }, archive as unknown as TickArchive, createLog('test', 'silent'));
    keeper.start();
    tick(1n);
    await keeper.flush();
    await expect(keeper.upToDate()).rejects.toThrow('away');
    tick(2n);
    tick(3n, 'REPLAY');
    archive.isAway = false;
    await keeper.upToDate();
    archive.isAway = true;
    tick(4n);
    await keeper.flush();
    archive.isAway = false;
    tick(5n);
    await keeper.stop();
    tick(6n);
    expect(archive.kept).toEqual([1n, 2n, 4n, 5n]);
  });

  it('gives up the oldest when too many wait', async () => {
    const [archive, { onTick, tick }] = [new Away(), market()];
    const keeper = new TickKeeper(
      { onTick },
      archive as unknown as TickArchive,
      createLog('test', 'silent'),
      20,
    );
    keeper.start();
    for (let sequence = 1n; sequence <= 21n; sequence++) tick(sequence);
    archive.isAway = false;
    await keeper.stop();
    expect(archive.kept).toEqual(Array.from({ length: 19 }, (_, index) => BigInt(index + 3)));
  });
});
