/**
 * `npm run bench:orders`: how many orders a second does the exchange keep for good, how long does each caller wait for
 * that, do those who follow its events keep up, and how much of it is left behind the GraphQL door?
 */
import type { Options } from './harness/options.ts';
import { printReport, printTable, shown } from './harness/report.ts';
import { say } from './harness/say.ts';
import { median, rounded } from './harness/statistics.ts';
import { compareDoor, type DoorResult } from './orders/door.ts';
import { loadOrders, type LoadResult } from './orders/load.ts';
import { openStage } from './orders/stage.ts';

const PEOPLE = 1_000;
const SYMBOLS = 50;
/** What is asked for, and less, for when that is too much. */
const RATES = [2_000, 5_000, 10_000] as const;
const GOAL = 10_000;
const LAG_EVERY_MS = 1_000;

interface Round {
  readonly ratePerS: number;
  readonly load: LoadResult;
  /** Events that the slowest consumer had still to hear of, once a second from the start of the load on. */
  readonly lags: readonly Readonly<Record<string, number>>[];
  /** From the end of the load until every consumer had heard everything; null when that took too long. */
  readonly caughtUpMs: number | null;
}

export async function benchOrders(options: Options): Promise<void> {
  const durationMs = options.durationMs ?? (options.isQuick ? 2_000 : 8_000);
  const roundCount = options.rounds ?? (options.isQuick ? 1 : 3);
  const isWanted = (name: string): boolean => options.only?.has(name) ?? true;
  const rounds = isWanted('exchange') ? await runExchange(durationMs, roundCount) : [];
  const door = isWanted('door') ? await compareDoor(roundCount, durationMs) : undefined;
  const goal = rounds.filter(({ ratePerS }) => ratePerS === GOAL);
  printReport({
    bench: 'orders',
    results: { exchange: rounds.map(resultOf), door },
    ratios: {
      durablePerSecond: goal.length > 0 ? rounded(median(goal.map(({ load }) => perSecond(load)))) : null,
      p99Ms: goal.length > 0 ? rounded(median(goal.map(({ load }) => load.p99Ms))) : null,
      doorVsCeiling: door ? rounded(doorRatio(door)) : null,
    },
  });
}

async function runExchange(durationMs: number, roundCount: number): Promise<Round[]> {
  say(`  ${shown(PEOPLE)} people sign up and buy shares of ${SYMBOLS} instruments`);
  const stage = await openStage(PEOPLE, SYMBOLS);
  const rounds: Round[] = [];
  try {
    await loadOrders(stage, 1_000, Math.min(2_000, durationMs), 0);
    for (let round = 1; round <= roundCount; round++) {
      for (const ratePerS of RATES) {
        const lags: Readonly<Record<string, number>>[] = [];
        const timer = setInterval(() => void stage.lag().then((lag) => void lags.push(lag)), LAG_EVERY_MS);
        const load = await loadOrders(stage, ratePerS, durationMs, round * 100_000 + ratePerS);
        clearInterval(timer);
        const caughtUpMs = await untilHeard(stage.heard(), durationMs * 10);
        rounds.push({ ratePerS, load, lags, caughtUpMs });
        say(
          `  round ${round}, ${shown(ratePerS)}/s asked: ${shown(perSecond(load))}/s kept, p50 ${shown(load.p50Ms, 1)} ms, ` +
            `p99 ${shown(load.p99Ms, 1)} ms, ${load.failed} failed; consumers caught up ${caughtUpMs === null ? 'not in time' : `after ${shown(caughtUpMs)} ms`}`,
        );
      }
    }
  } finally {
    await stage.stop();
  }
  printTable([
    ['the exchange', 'asked/s', 'kept/s', 'p50 ms', 'p99 ms', 'max ms', 'refused', 'lag max', 'caught up ms'],
    ...RATES.map((ratePerS) => {
      const of = rounds.filter((round) => round.ratePerS === ratePerS);
      const mid = (value: (round: Round) => number): number => median(of.map(value));
      return [
        'durable',
        shown(ratePerS),
        shown(mid(({ load }) => perSecond(load))),
        shown(
          mid(({ load }) => load.p50Ms),
          1,
        ),
        shown(
          mid(({ load }) => load.p99Ms),
          1,
        ),
        shown(
          mid(({ load }) => load.maxMs),
          1,
        ),
        shown(mid(({ load }) => load.refused)),
        shown(Math.max(...of.map(lagMax))),
        shown(mid(({ caughtUpMs }) => caughtUpMs ?? Number.NaN)),
      ];
    }),
  ]);
  return rounds;
}

/** How long it took; null when it did not happen in time. */
async function untilHeard(settled: Promise<void>, msMax: number): Promise<number | null> {
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), msMax)));
  const heard = await Promise.race([settled.then(() => performance.now() - began), late]);
  clearTimeout(timer);
  return heard;
}

function perSecond({ answered, elapsedMs }: LoadResult): number {
  return (answered / elapsedMs) * 1_000;
}

function lagMax({ lags }: Round): number {
  return Math.max(0, ...lags.flatMap((lag) => Object.values(lag)));
}

function doorRatio({ orders, ceiling }: DoorResult): number {
  return median(orders.map(({ perSecond: each }, round) => each / (ceiling[round]?.perSecond ?? Number.NaN)));
}

function resultOf(round: Round): object {
  const { p50Ms, p99Ms, maxMs, refused, failed } = round.load;
  return {
    askedPerSecond: round.ratePerS,
    keptPerSecond: rounded(perSecond(round.load)),
    p50Ms: rounded(p50Ms),
    p99Ms: rounded(p99Ms),
    maxMs: rounded(maxMs),
    refused,
    failed,
    lags: round.lags,
    caughtUpMs: round.caughtUpMs === null ? null : rounded(round.caughtUpMs),
  };
}
