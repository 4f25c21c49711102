/**
 * `npm run soak -- [--minutes 10] [--form distributed|embedded] [--seed n]`: the product under mixed load for a while, with
 * supergraph reloads and killed processes, and the question whether it holds: memory that does not grow after warm-up,
 * no rejection that nobody handled, no subscription lost, no order event missed. The last line is one JSON object.
 */
import { readConfig, SUBGRAPH_NAMES } from '@gridworks/kit/config';
import { randomInt } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { describeMachine } from '../bench/harness/machine.ts';
import type { GraphClient } from '../e2e/client.ts';
import { OrderReader, toldBy } from '../e2e/order-reader.ts';
import { Orders, history, newTrader } from '../e2e/orders.ts';
import { start, type Running } from '../e2e/process.ts';
import { randomOf, type Random } from '../e2e/random.ts';
import { killProcess, reloadSupergraph } from './soak/disturbances.ts';
import { ask, trade } from './soak/load.ts';
import { growthOf, plot, residentBytes, type Growth, type Sample } from './soak/memory.ts';
import { Tally } from './soak/tally.ts';
import { Watcher, comeAndGo, readSlowly, rollCall, symbolsFor } from './soak/watchers.ts';

const OPTIONS = {
  minutes: { type: 'string', default: '10' },
  form: { type: 'string', default: 'distributed' },
  seed: { type: 'string' },
} as const;

const ASKERS = 4;
const TRADERS = 3;
/** Of each trader: one with a good line, one that loses it now and then, a slow one. */
const READERS = ['events', 'events', 'socket'] as const;
const WATCHERS = 120;
const SLOW_WATCHERS = 8;
const VISITORS = 3;
const SAMPLE_MS = 1_000;
const PROGRESS_MS = 5_000;
/** From the end of one disturbance to the beginning of the next; a killed process takes some seconds to come back. */
const QUIET_MS = 8_000;
const MB = 2 ** 20;
/**
 * With gigabytes to fill, V8 lets garbage lie for minutes and no sample tells what is kept. A small heap is collected
 * whenever it has grown by a third, so that each part of the time sees what is left after a collection.
 */
const HEAP = '--max-old-space-size=256';
/** What no process may print. */
const UNHANDLED = /unhandled|uncaught|heap out of memory|FATAL ERROR/i;

/** A trader, whose orders are followed by several readers, each with its own troubles. */
interface Followed {
  readonly trader: GraphClient;
  readonly orders: Orders;
  readonly readers: readonly OrderReader[];
}

interface Soak {
  readonly graph: Running;
  readonly supergraphFile: string;
  readonly tally: Tally;
  readonly random: Random;
  readonly samples: Sample[];
  readonly isOver: () => boolean;
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const minutes = Number(values.minutes);
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  const isEmbedded = values.form === 'embedded';
  if (!(minutes >= 0.5) || !Number.isInteger(seed) || (!isEmbedded && values.form !== 'distributed')) {
    throw new Error('Usage: npm run soak -- [--minutes 10] [--form distributed|embedded] [--seed n]');
  }
  const at = new Date().toISOString();
  const tally = new Tally();
  let results: object = {};
  try {
    results = await soak({ minutes, seed, isEmbedded }, tally);
  } catch (error) {
    tally.fault(`the soak itself failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
  }
  const passed = tally.faultCount === 0;
  for (const fault of tally.faults) console.log(`  FAULT  ${fault}`);
  const report = { form: values.form, minutes, seed, ...tally.counts, ...results, faults: tally.faultCount };
  console.log(JSON.stringify({ soak: 'mixed', at, machine: describeMachine(), results: report, passed }));
  process.exit(passed ? 0 : 1);
}

async function soak(
  { minutes, seed, isEmbedded }: { minutes: number; seed: number; isEmbedded: boolean },
  tally: Tally,
): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'gridworks-soak-'));
  const supergraphFile = join(folder, 'supergraph.graphql');
  cpSync(readConfig().supergraphFile, supergraphFile);
  console.log(`Starting the ${isEmbedded ? 'embedded' : 'distributed'} form (seed ${seed})`);
  const graph = await start(isEmbedded ? 'start' : 'start-distributed', {
    env: { GRIDWORKS_SUPERGRAPH: supergraphFile, NODE_OPTIONS: HEAP },
  });
  try {
    const endsAtMs = Date.now() + minutes * 60_000;
    let isStopped = false;
    const isOver = (): boolean => isStopped || Date.now() >= endsAtMs;
    const run: Soak = { graph, supergraphFile, tally, random: randomOf(seed), samples: [], isOver };
    return await underLoad(run, isEmbedded, () => (isStopped = true));
  } finally {
    checkOutput(graph, tally);
    await graph.discard();
    rmSync(folder, { recursive: true });
  }
}

async function underLoad(run: Soak, isEmbedded: boolean, stop: () => void): Promise<object> {
  const { graph, tally, random, samples, isOver } = run;
  const { url } = graph;
  const gatewayPid = isEmbedded ? graph.process.pid : graph.pidOf('gateway');
  if (gatewayPid === undefined) throw new Error('the gateway has no process');
  const seeded = (): Random => randomOf(random(0, 2 ** 31));

  const followed = await Promise.all(Array.from({ length: TRADERS }, () => follow(url, tally)));
  const watchers = Array.from({ length: WATCHERS }, () => new Watcher(url, symbolsFor(random)));
  const slow = Array.from({ length: SLOW_WATCHERS }, () => new Watcher(url, symbolsFor(random)));
  await rollCall([...watchers, ...slow], 'at the start', tally);

  const beganAtMs = Date.now();
  const sampler = setInterval(() => {
    const bytes = residentBytes(gatewayPid);
    if (bytes !== undefined) samples.push({ atMs: Date.now(), bytes });
  }, SAMPLE_MS);
  const progress = setInterval(() => report(run, beganAtMs, [...watchers, ...slow], followed), PROGRESS_MS);
  const work = [
    ...followed.map(({ orders }) => trade(orders, seeded(), tally, isOver)),
    ...followed.map(({ readers }) => trouble(readers, seeded(), isOver)),
    ...Array.from({ length: ASKERS }, (_, i) =>
      ask((followed[i % TRADERS] as Followed).trader, seeded(), tally, isOver),
    ),
    ...Array.from({ length: VISITORS }, () => comeAndGo(url, seeded(), tally, isOver)),
    ...slow.map((watcher) => readSlowly(watcher, seeded(), isOver)),
    disturb(run, isEmbedded, [...watchers, ...slow]),
  ];
  try {
    // One part that fails ends the others, so that the reason is told at once.
    await Promise.all(
      work.map((part) => part.catch((error: unknown) => Promise.reject(stopped(error, stop)))),
    );
  } finally {
    clearInterval(sampler);
    clearInterval(progress);
  }
  await rollCall([...watchers, ...slow], 'at the end', tally);
  for (const each of followed) await compare(each, tally);
  await Promise.all([...watchers, ...slow].map((watcher) => watcher.leave(true)));
  if (!isEmbedded && graph.pidOf('gateway') !== gatewayPid) tally.fault('the gateway was started again');

  const growth = growthOf(samples);
  printMemory(samples, growth);
  if (growth?.isGrowing) tally.fault(`memory grew by ${megabytes(growth.grownBytes)} MB after warm-up`);
  return {
    subscribers: WATCHERS + SLOW_WATCHERS,
    ticks: sum([...watchers, ...slow].map(({ heard }) => heard)),
    ticksConflated: sum([...watchers, ...slow].map(({ conflated }) => conflated)),
    orderReaders: sum(followed.map(({ readers }) => readers.length)),
    orderEvents: sum(followed.flatMap(({ readers }) => readers.map(({ updates }) => updates.length))),
    orderConnections: sum(followed.flatMap(({ readers }) => readers.map(({ connections }) => connections))),
    ...(growth && {
      memoryFloorsMb: growth.floors.map(megabytes),
      memoryGrownMb: megabytes(growth.grownBytes),
      memoryAllowedMb: megabytes(growth.allowedBytes),
    }),
  };
}

function stopped(error: unknown, stop: () => void): Error {
  stop();
  return error instanceof Error ? error : new Error(String(error));
}

async function follow(url: string, tally: Tally): Promise<Followed> {
  const trader = await newTrader(url);
  const orders = new Orders(trader, (error, beganAtMs) => tally.failed('an order', error, beganAtMs));
  const { headers } = trader;
  const readers = READERS.map((by) => new OrderReader({ url, headers, by }));
  return { trader, orders, readers };
}

/** The line of the second reader is cut now and then, the third does not read all the time. */
async function trouble(
  [, unlucky, slow]: readonly OrderReader[],
  random: Random,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    await sleep(random(200, 3_000));
    unlucky?.cut();
    slow?.pause();
    await sleep(random(200, 3_000));
    slow?.resume();
  }
}

/** One disturbance after the other, each followed by the question whether everybody still hears. */
async function disturb(run: Soak, isEmbedded: boolean, watchers: readonly Watcher[]): Promise<void> {
  const { graph, supergraphFile, tally, random, isOver } = run;
  for (let round = 1; !isOver(); round++) {
    await reloadSupergraph(supergraphFile, round, graph.url, tally);
    await rollCall(watchers, `after reload ${round}`, tally);
    await sleep(QUIET_MS);
    if (isEmbedded || isOver()) continue;
    // Every other time the one that owns the streams.
    const any = SUBGRAPH_NAMES[random(0, SUBGRAPH_NAMES.length - 1)] ?? 'trading';
    const name = round % 2 === 0 ? 'trading' : any;
    await killProcess(graph, name, tally);
    await rollCall(watchers, `after ${name} was killed`, tally);
    await sleep(QUIET_MS);
  }
}

/** Every reader must have seen the whole history of the trader, each event once and in order. */
async function compare({ trader, orders, readers }: Followed, tally: Tally): Promise<void> {
  for (const reader of readers) reader.resume();
  await orders.place(false);
  const expected = await history(trader);
  const known = new Set(expected.map(([, , id]) => id));
  const missing = orders.acknowledged.filter((id) => !known.has(id));
  if (missing.length > 0) tally.fault(`${missing.length} acknowledged orders are not there`);
  for (const reader of readers) {
    await Promise.race([reader.until(expected.length), sleep(60_000, undefined, { ref: false })]);
    await reader.close();
    if (!isDeepStrictEqual(toldBy(reader), expected)) {
      tally.fault(
        `a reader of ${expected.length} order events saw ${reader.updates.length} that are not the same; ` +
          `the first that differs: ${JSON.stringify(firstDifference(toldBy(reader), expected))}`,
      );
    }
  }
}

function firstDifference(seen: readonly unknown[], expected: readonly unknown[]): object {
  const at = expected.findIndex((each, i) => !isDeepStrictEqual(each, seen[i]));
  return { at, seen: seen[at], expected: expected[at] };
}

/** A process that ends without being killed by us, or that says that something went unhandled, fails the soak. */
function checkOutput(graph: Running, tally: Tally): void {
  const lines = graph.output().split('\n');
  for (const line of lines) if (UNHANDLED.test(line)) tally.fault(`printed: ${line}`);
  const ended = lines.filter((line) => / ended \(/.test(line)).length;
  const killed = tally.counts['kills'] ?? 0;
  if (ended !== killed) tally.fault(`${ended} processes ended, ${killed} were killed here`);
  tally.count('errorLines', lines.filter((line) => /"level":"?(50|60|error|fatal)/.test(line)).length);
}

function report(
  run: Soak,
  beganAtMs: number,
  watchers: readonly Watcher[],
  followed: readonly Followed[],
): void {
  const { counts, faultCount } = run.tally;
  const memory = run.samples.at(-1);
  const parts = [
    `${Math.round((Date.now() - beganAtMs) / 1_000)} s`.padStart(6),
    `${counts['queries'] ?? 0} queries`,
    `${counts['mutations'] ?? 0} mutations`,
    `${sum(watchers.map(({ heard }) => heard))} ticks`,
    `${sum(followed.flatMap(({ readers }) => readers.map(({ updates }) => updates.length)))} order events`,
    `${counts['visits'] ?? 0} visits`,
    `${counts['reloads'] ?? 0} reloads`,
    `${counts['kills'] ?? 0} kills`,
    `gateway ${memory ? megabytes(memory.bytes) : '?'} MB`,
    `${faultCount} faults`,
  ];
  console.log(parts.join('  '));
}

function printMemory(samples: readonly Sample[], growth: Growth | undefined): void {
  console.log(`\nMemory of the gateway\n  ${plot(samples, 100)}`);
  if (!growth) return console.log('  too short a time to say whether it grows: run at least five minutes\n');
  console.log(`  ${'part'.padEnd(6)}${'least'.padStart(10)}`);
  for (const [part, bytes] of growth.floors.entries()) {
    console.log(`  ${String(part + 1).padEnd(6)}${`${megabytes(bytes)} MB`.padStart(10)}`);
  }
  const [grown, allowed] = [megabytes(growth.grownBytes), megabytes(growth.allowedBytes)];
  console.log(`  grew by ${grown} MB, ${allowed} MB are taken for breathing\n`);
}

function megabytes(bytes: number): number {
  return Math.round((bytes / MB) * 10) / 10;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
