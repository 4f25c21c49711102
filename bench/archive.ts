/** `npm run bench:archive`: how fast are ticks kept for good, and how fast are ten million of them asked? */
import type { TickRecord } from '@gridworks/trading/domain/tick-record';
import { TickFile } from '@gridworks/trading/store/tick-file';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Options } from './harness/options.ts';
import { printReport, printTable, shown } from './harness/report.ts';
import { say } from './harness/say.ts';
import { median, quantile, rounded } from './harness/statistics.ts';

const TICKS = 10_000_000;
const TICKS_QUICK = 1_000_000;
const SYMBOLS = 50;
/** What a busy market makes in a second is one batch. */
const BATCH = 1_000;
const START = Date.parse('2026-01-15T03:45:00.000Z');
const PAGE = 1_000;

export async function benchArchive(options: Options): Promise<void> {
  const ticks = options.isQuick ? TICKS_QUICK : TICKS;
  const folder = mkdtempSync(join(tmpdir(), 'gridworks-bench-'));
  const path = join(folder, 'ticks');
  const archive = new TickFile(path);
  try {
    await archive.open();
    say(`  keeping ${shown(ticks)} ticks, ${shown(BATCH)} at a time`);
    const batchMs: number[] = [];
    for (let from = 0; from < ticks; from += BATCH) {
      const batch = Array.from({ length: BATCH }, (_, index) => tickOf(from + index));
      batchMs.push(await timed(() => archive.append(batch)));
    }
    const appendMs = batchMs.reduce((sum, each) => sum + each, 0);
    batchMs.sort((a, b) => a - b);
    const span = { symbol: symbolOf(7), fromMs: START, toMs: START + ticks };
    const middle = BigInt(ticks / 2);
    const rounds = options.rounds ?? 9;
    const summaries: number[] = [];
    const pages: number[] = [];
    for (let round = 0; round < rounds; round++) {
      summaries.push(await timed(() => archive.summary(span)));
      pages.push(await timed(() => archive.page(span, middle, PAGE)));
    }
    const summary = await archive.summary(span);
    if (summary?.ticks !== ticks / SYMBOLS) throw new Error(`of ${ticks} ticks the archive knows others`);
    await archive.close();
    const bytesPerTick = statSync(path).size / ticks;
    const perSecond = (ticks / appendMs) * 1_000;
    const batchP99Ms = quantile(batchMs, 0.99);
    printTable([
      [`${shown(ticks)} ticks`, 'ticks/s', 'batch p99 ms', 'summary ms', 'page ms', 'bytes a tick'],
      [
        'a file of DuckDB',
        shown(perSecond),
        shown(batchP99Ms, 1),
        shown(median(summaries), 1),
        shown(median(pages), 1),
        shown(bytesPerTick, 1),
      ],
    ]);
    printReport({
      bench: 'archive',
      results: { ticks, batch: BATCH, batchP99Ms: rounded(batchP99Ms), summaryTicks: summary.ticks },
      ratios: {
        keptPerSecond: rounded(perSecond),
        summaryMs: rounded(median(summaries)),
        pageMs: rounded(median(pages)),
        bytesPerTick: rounded(bytesPerTick),
      },
    });
  } finally {
    await archive.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function symbolOf(place: number): string {
  return `SHARE${place % SYMBOLS}`;
}

/** Prices wander as they do: a few steps up and down around a level that changes slowly. */
function tickOf(place: number): TickRecord {
  const price = 1_000_00n + BigInt((place % 97) + Math.floor(place / 10_000)) * 5n;
  return {
    symbol: symbolOf(place),
    sequence: BigInt(place + 1),
    at: START + place,
    price,
    quantity: BigInt(1 + (place % 50)),
    bid: price - 5n,
    ask: price,
  };
}
