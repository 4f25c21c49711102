/** One turn of a workload through a book: how fast it goes, how long single commands take, what is left standing. */
import type { Command, Report } from '@gridworks/trading/domain/matching/command';
import { FastEngine } from '@gridworks/trading/domain/matching/fast';
import { quantile } from '../harness/statistics.ts';
import type { Workload } from './workload.ts';

/** A book as the benchmark uses it. What it is asked is prepared before it is timed. */
export interface Contender {
  readonly name: string;
  readonly label: string;
  /** A book in the state before the workload, and what applies one batch of it. */
  readonly open: (workload: Workload) => OpenBook;
}

export interface OpenBook {
  /** Everything that can be done for some commands before the book sees them; what is given back runs them. */
  prepare(commands: readonly Command[]): () => void;
  /** What stands at the end, by price, as text: equal for books that did the same. */
  standing(): string;
}

/**
 * A decoder hands commands over one at a time, fresh in the cache; a recording of hundreds of thousands lies all over
 * memory. So they are copied a few at a time, and only what follows is timed.
 */
const BATCH = 500;

export interface Turn {
  readonly commandsPerCpuS: number;
  readonly standing: string;
}

/** Processor time is that of this whole process, the collector's threads included. */
export function takeTurn(contender: Contender, workload: Workload): Turn {
  const book = contender.open(workload);
  const { commands } = workload;
  let cpuUs = 0;
  for (let from = 0; from < commands.length; from += BATCH) {
    const run = book.prepare(commands.slice(from, from + BATCH));
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    cpuUs += user + system;
  }
  return { commandsPerCpuS: commands.length / (cpuUs / 1e6), standing: book.standing() };
}

export interface Latency {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
}

/** How long each single command takes, the clock's own cost included (`clockUs` tells it). */
export function takeLatency(workload: Workload): Latency {
  const engine = openEngine(workload);
  const { commands } = workload;
  const tookUs = new Float64Array(commands.length);
  for (let from = 0; from < commands.length; from += BATCH) {
    const batch = commands.slice(from, from + BATCH).map((command) => ({ ...command }));
    for (const [index, command] of batch.entries()) {
      const began = performance.now();
      engine.apply(command, listen);
      tookUs[from + index] = (performance.now() - began) * 1_000;
    }
  }
  const ascending = [...tookUs.sort()];
  return {
    p50Us: quantile(ascending, 0.5),
    p99Us: quantile(ascending, 0.99),
    p999Us: quantile(ascending, 0.999),
    maxUs: quantile(ascending, 1),
  };
}

/** What two readings of the clock are apart with nothing between them. */
export function clockUs(): number {
  const apart = Array.from({ length: 100_000 }, () => {
    const began = performance.now();
    return (performance.now() - began) * 1_000;
  });
  return quantile(
    apart.sort((a, b) => a - b),
    0.5,
  );
}

export const OURS: Contender = {
  name: 'ours',
  label: 'GridWorks',
  open(workload) {
    const engine = openEngine(workload);
    return {
      prepare(commands) {
        const batch = commands.map((command) => ({ ...command }));
        return () => {
          for (const command of batch) engine.apply(command, listen);
        };
      },
      standing() {
        const { bids, asks } = engine.depth(1, Number.MAX_SAFE_INTEGER);
        return [...bids, ...asks].map(({ price, quantity }) => `${quantity}@${price}`).join(' ');
      },
    };
  },
};

function openEngine({ risk, opening }: Workload): FastEngine {
  lastAt = 0;
  const engine = new FastEngine({ risk });
  for (const command of opening) engine.apply(command, listen);
  return engine;
}

/** Who listens to the reports: each is made, handed over and looked at. */
let lastAt = 0;
function listen(report: Report): void {
  if (report.at < lastAt) throw new Error('a report is dated before the one that came last');
  lastAt = report.at;
}
