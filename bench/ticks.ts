/**
 * `npm run bench:ticks`: how long is a tick on its way from the exchange to a client behind the gateway, when fifty
 * instruments tick twenty times a second each and a thousand clients watch one of them each?
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CORE, beginRun } from './harness/machine.ts';
import type { Options } from './harness/options.ts';
import { freePorts, startOwn, untilAnswers, untilListens, type Running } from './harness/process.ts';
import { printReport, printTable, shown } from './harness/report.ts';
import { say } from './harness/say.ts';
import { median, ratio, rounded } from './harness/statistics.ts';
import type { BareBeat } from './processes/bare-floor.ts';
import type { Beat, Struck } from './ticks/beat.ts';
import type { CrowdOptions, Latencies } from './ticks/crowd.ts';

const CLIENTS = 1_000;
const SYMBOLS = 50;
const TICKS_PER_S = 20;
const WARM_UP_MS = 3_000;
/** Ticks for so long, again and again, until every client has had one. */
const SETTLE_MS = 300;
const SETTLE_MS_MAX = 30_000;

/** What a client that shows a price asks for. */
const PLAIN =
  'subscription Ticks($symbols: [String!]!) { ticks(symbols: $symbols) { sequence at price quantity volume bid ask conflated } }';
/** The same, joined with what two subgraphs know of the instrument. */
const JOINED =
  'subscription Joined($symbols: [String!]!) { ticks(symbols: $symbols) { sequence at price quantity volume bid ask conflated instrument { symbol name forecast { annualisedVolatility } } } }';

/** What is measured: who sends, what its clients ask for, and how ticks come. */
interface Entry {
  readonly name: string;
  readonly label: string;
  readonly query: string | undefined;
  readonly isTogether: boolean;
}

const ENTRIES: readonly Entry[] = [
  { name: 'bare-ws', label: 'a bare ws broadcast', query: undefined, isTogether: false },
  { name: 'ours', label: 'ours', query: PLAIN, isTogether: false },
  { name: 'ours-joined', label: 'ours, joined with another subgraph', query: JOINED, isTogether: false },
  { name: 'bare-ws-together', label: 'a bare ws broadcast, all at once', query: undefined, isTogether: true },
  { name: 'ours-together', label: 'ours, all at once', query: PLAIN, isTogether: true },
];

interface Turn extends Latencies {
  readonly deliveriesPerS: number;
  /** How much of the sender's core it used, its database included. */
  readonly senderShare: number;
  readonly crowdShare: number;
}

/** Who sends the ticks, and the instruments it has. */
interface Floor {
  readonly running: Running;
  readonly port: number;
}

interface Stage {
  readonly symbols: readonly string[];
  readonly platform: Floor;
  readonly bare: Floor;
  /** A tick as the platform's clients get it. */
  readonly sample: string;
}

export async function benchTicks(options: Options): Promise<void> {
  beginRun();
  const rounds = options.rounds ?? (options.isQuick ? 1 : 3);
  const durationMs = options.durationMs ?? (options.isQuick ? 3_000 : 8_000);
  const entries = ENTRIES.filter(({ name }) => options.only?.has(name) ?? true);
  const turns = new Map<Entry, Turn[]>(entries.map((entry) => [entry, []]));
  const folder = mkdtempSync(join(tmpdir(), 'gridworks-bench-'));
  const stage = await openStage(folder);
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const entry of round % 2 === 0 ? entries.toReversed() : entries) {
        const { turn } = await takeTurn(stage, entry, durationMs);
        turns.get(entry)?.push(turn);
        const { deliveriesPerS, p50Ms, p99Ms, maxMs } = turn;
        say(
          `  ${round}/${rounds} ${entry.label}: ${shown(deliveriesPerS)} deliveries/s, ` +
            `p50 ${shown(p50Ms, 1)} ms, p99 ${shown(p99Ms, 1)} ms, at most ${shown(maxMs, 1)} ms`,
        );
      }
    }
  } finally {
    await Promise.all([stage.platform, stage.bare].map(({ running }) => running.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
  printTurns(turns);
}

/** Everybody who sends, on one core; the platform is warm, and what a client gets of it is known. */
async function openStage(folder: string): Promise<Stage> {
  const [port, barePort] = [await freePorts(1), await freePorts(1)];
  const env = { PORT: String(port), GRIDWORKS_DATA: folder, LOG_LEVEL: 'error' };
  say('  starting the platform');
  const platform = { running: startOwn(CORE.gateway, 'trading-floor', {}, { env }), port };
  const bare = { running: startOwn(CORE.gateway, 'bare-floor', { port: barePort }), port: barePort };
  try {
    await untilAnswers(`http://127.0.0.1:${port}/graphql`, platform.running);
    await untilListens(barePort, bare.running);
    const symbols = await platform.running.ask<string[]>('symbols', SYMBOLS);
    const stage: Stage = { symbols, platform, bare, sample: '' };
    const warmUp: Entry = { name: 'warm-up', label: 'warming up', query: PLAIN, isTogether: false };
    const { sample } = await takeTurn(stage, warmUp, WARM_UP_MS);
    return { ...stage, sample };
  } catch (error) {
    await Promise.all([platform, bare].map(({ running }) => running.stop()));
    throw error;
  }
}

/** A thousand clients come, hear ticks for a while, and leave. */
async function takeTurn(
  { symbols, platform, bare, sample }: Stage,
  { query, isTogether }: Entry,
  durationMs: number,
): Promise<{ readonly turn: Turn; readonly sample: string }> {
  const { running, port } = query === undefined ? bare : platform;
  const options: CrowdOptions = { port, symbols, clients: CLIENTS, query };
  const crowd = startOwn(CORE.others, 'watchers', options);
  try {
    await crowd.ask('open');
    const beat = (ms: number): Promise<Struck> => {
      const order: Beat = { symbols, ticksPerS: TICKS_PER_S, durationMs: ms, isTogether };
      return running.ask<Struck>(
        'beat',
        query === undefined ? ({ ...order, sample } satisfies BareBeat) : order,
      );
    };
    // A tick is the only proof that a client is subscribed.
    const deadline = performance.now() + SETTLE_MS_MAX;
    for (let reached = 0; reached < CLIENTS; reached = await crowd.ask<number>('reached')) {
      if (performance.now() > deadline) throw new Error(`only ${reached} of ${CLIENTS} clients get ticks`);
      await beat(SETTLE_MS);
    }
    await crowd.ask('clear');
    const before = [running.cpuMs(), crowd.cpuMs()] as const;
    const began = performance.now();
    const struck = await beat(durationMs);
    const elapsedMs = performance.now() - began;
    const [senderMs, crowdMs] = [running.cpuMs() - before[0], crowd.cpuMs() - before[1]];
    const latencies = await crowd.ask<Latencies>('latenciesOf', struck);
    const turn: Turn = {
      ...latencies,
      deliveriesPerS: (latencies.deliveries / elapsedMs) * 1_000,
      senderShare: senderMs / elapsedMs,
      crowdShare: crowdMs / elapsedMs,
    };
    const got = await crowd.ask<string>('sample');
    checkSample(got);
    return { turn, sample: got };
  } finally {
    await crowd.stop();
  }
}

/** What is measured must be the whole answer; one with faults in it would be quick for the wrong reason. */
function checkSample(sample: string): void {
  const { payload } = JSON.parse(sample) as { payload: { errors?: unknown } };
  if (payload.errors !== undefined || sample.includes('null')) throw new Error(`a client got ${sample}`);
}

function printTurns(turns: ReadonlyMap<Entry, readonly Turn[]>): void {
  const of = (name: string, key: keyof Turn): number[] =>
    [...turns].find(([entry]) => entry.name === name)?.[1].map((turn) => turn[key]) ?? [];
  const mid = (name: string, key: keyof Turn): number => median(of(name, key));
  const orNull = (value: number): number | null => (Number.isNaN(value) ? null : rounded(value));
  printTable([
    [
      '1,000 clients, 50 instruments',
      'deliveries/s',
      'lost',
      'p50 ms',
      'p99 ms',
      'max ms',
      'core',
      'clients',
    ],
    ...[...turns].map(([{ name, label }]) => [
      label,
      shown(mid(name, 'deliveriesPerS')),
      shown(mid(name, 'expected') - mid(name, 'deliveries')),
      shown(mid(name, 'p50Ms'), 1),
      shown(mid(name, 'p99Ms'), 1),
      shown(Math.max(...of(name, 'maxMs')), 1),
      `${shown(mid(name, 'senderShare') * 100)} %`,
      `${shown(mid(name, 'crowdShare') * 100)} %`,
    ]),
  ]);
  printReport({
    bench: 'ticks',
    results: Object.fromEntries([...turns].map(([{ name }, its]) => [name, its.map(resultOf)])),
    ratios: {
      p50Ms: orNull(mid('ours', 'p50Ms')),
      p99Ms: orNull(mid('ours', 'p99Ms')),
      deliveriesPerSecond: orNull(mid('ours', 'deliveriesPerS')),
      joinedP99Ms: orNull(mid('ours-joined', 'p99Ms')),
      togetherP99Ms: orNull(mid('ours-together', 'p99Ms')),
      p99VsBareWs: orNull(ratio(of('ours', 'p99Ms'), of('bare-ws', 'p99Ms'))),
    },
  });
}

function resultOf(turn: Turn): object {
  return Object.fromEntries(
    Object.entries(turn).map(([key, value]: [string, number]) => [key, rounded(value)]),
  );
}
