/**
 * `npm run bench:matching`: how many commands a second of one core does the matching core carry out with everything on,
 * what becomes of that in a crowded book, and how does it compare with the order book that npm offers?
 */
import { LeftOut } from './harness/left-out.ts';
import { beginRun } from './harness/machine.ts';
import type { Options } from './harness/options.ts';
import { printReport, printTable, shown } from './harness/report.ts';
import { say } from './harness/say.ts';
import { median, ratio, rounded } from './harness/statistics.ts';
import { PEER, peerContender } from './matching/peer.ts';
import { OURS, clockUs, takeLatency, takeTurn, type Contender, type Latency } from './matching/turn.ts';
import { fullWorkload, plainWorkload, type Workload } from './matching/workload.ts';

const FULL_STANDING = [100, 10_000, 100_000] as const;
const PLAIN_STANDING = [100, 1_000, 10_000] as const;
/** The number of standing orders that the headline figures are of. */
const USUAL = 10_000;

interface Plan {
  readonly rounds: number;
  readonly fullCommands: number;
  readonly plainCommands: number;
}

export async function benchMatching(options: Options): Promise<void> {
  beginRun();
  const plan: Plan = {
    rounds: options.rounds ?? (options.isQuick ? 2 : 7),
    fullCommands: options.isQuick ? 100_000 : 300_000,
    plainCommands: options.isQuick ? 50_000 : 100_000,
  };
  const isWanted = ({ name }: { readonly name: string }): boolean => options.only?.has(name) ?? true;
  const leftOut = new LeftOut();
  const peer = isWanted(PEER) ? await leftOut.attempt(PEER, peerContender()) : undefined;
  const full = isWanted(OURS) ? runFull(plan) : undefined;
  const plain = runPlain([OURS, ...(peer ? [peer] : [])].filter(isWanted), plan);

  const usual = full?.find(({ workload }) => workload.standing === USUAL);
  const [few, , many] = full ?? [];
  const plainOf = (name: string): readonly number[] =>
    plain.find((each) => each.standing === USUAL)?.rates.get(name) ?? [];
  printReport({
    bench: 'matching',
    results: {
      leftOut: leftOut.list,
      full: full?.map(({ workload, rates, latencies }) => ({
        standing: workload.standing,
        standingMin: workload.standingMin,
        standingMax: workload.standingMax,
        commandsPerCpuSecond: rounded(median(rates)),
        ...latencyOf(latencies),
        reports: workload.reports,
      })),
      clockUs: rounded(clockUs()),
      plain: plain.map(({ standing, rates }) => ({
        standing,
        ...Object.fromEntries([...rates].map(([name, each]) => [name, rounded(median(each))])),
      })),
    },
    ratios: {
      commandsPerCpuSecond: usual ? rounded(median(usual.rates)) : null,
      slowdown100To100k: few && many ? rounded(ratio(few.rates, many.rates)) : null,
      p99Us: usual ? latencyOf(usual.latencies).p99Us : null,
      vsNodejsOrderBook:
        plainOf(OURS.name).length > 0 && plainOf(PEER.name).length > 0
          ? rounded(ratio(plainOf(OURS.name), plainOf(PEER.name)))
          : null,
    },
  });
}

interface FullResult {
  readonly workload: Workload;
  /** Commands a processor second, a figure a round. */
  readonly rates: number[];
  readonly latencies: Latency[];
}

/** All sizes in turns, round after round; the first round warms up and does not count. */
function runFull({ rounds, fullCommands }: Plan): FullResult[] {
  say('  all order types, pre-trade ladder and reports on; recording the commands');
  const results = FULL_STANDING.map((standing): FullResult => ({
    workload: fullWorkload(standing, fullCommands),
    rates: [],
    latencies: [],
  }));
  for (let round = 0; round <= rounds; round++) {
    for (const { workload, rates, latencies } of inTurn(results, round)) {
      const { commandsPerCpuS } = takeTurn(OURS, workload);
      const latency = takeLatency(workload);
      if (round === 0) continue;
      rates.push(commandsPerCpuS);
      latencies.push(latency);
    }
  }
  printTable([
    ['everything on', 'commands/CPU s', 'p50 us', 'p99 us', 'p99.9 us', 'max us', 'standing'],
    ...results.map(({ workload, rates, latencies }) => {
      const { p50Us, p99Us, p999Us, maxUs } = latencyOf(latencies);
      return [
        `${shown(workload.standing)} orders`,
        shown(median(rates)),
        ...[p50Us, p99Us, p999Us, maxUs].map((us) => shown(us, 2)),
        `${shown(workload.standingMin)} to ${shown(workload.standingMax)}`,
      ];
    }),
  ]);
  say(`  reading the clock twice costs ${shown(clockUs(), 2)} us of each of these times`);
  return results;
}

interface PlainResult {
  readonly standing: number;
  readonly rates: ReadonlyMap<string, number[]>;
}

/** The same plain work for all contenders, which must leave the same book behind. */
function runPlain(contenders: readonly Contender[], { rounds, plainCommands }: Plan): PlainResult[] {
  say('  plain work: 50 % additions, 40 % cancellations, 10 % orders that trade');
  const results = PLAIN_STANDING.map((standing): PlainResult => {
    const workload = plainWorkload(standing, plainCommands);
    const rates = new Map(contenders.map(({ name }) => [name, [] as number[]]));
    for (let round = 0; round <= rounds; round++) {
      const standings = new Set<string>();
      for (const contender of inTurn(contenders, round)) {
        const turn = takeTurn(contender, workload);
        standings.add(turn.standing);
        if (round > 0) rates.get(contender.name)?.push(turn.commandsPerCpuS);
      }
      if (standings.size > 1)
        throw new Error(`the books differ after the same work on ${standing} standing orders`);
    }
    return { standing, rates };
  });
  printTable([
    ['plain', ...contenders.map(({ label }) => `${label}/CPU s`)],
    ...results.map(({ standing, rates }) => [
      `${shown(standing)} orders`,
      ...contenders.map(({ name }) => shown(median(rates.get(name) ?? []))),
    ]),
  ]);
  return results;
}

/** There and back again, so that nobody is always the first. */
function inTurn<T>(list: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? list : list.toReversed();
}

function latencyOf(rounds: readonly Latency[]): Latency {
  const of = (pick: (latency: Latency) => number): number => rounded(median(rounds.map(pick)));
  return {
    p50Us: of(({ p50Us }) => p50Us),
    p99Us: of(({ p99Us }) => p99Us),
    p999Us: of(({ p999Us }) => p999Us),
    maxUs: of(({ maxUs }) => maxUs),
  };
}
