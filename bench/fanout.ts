/** `npm run bench:fanout`: one stream, each event joined with another subgraph's fields, to very many clients. */
import { composeSupergraph } from '@gridworks/gateway/supergraph/compose';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LeftOut } from './harness/left-out.ts';
import { beginRun, openFilesMax } from './harness/machine.ts';
import type { Options } from './harness/options.ts';
import { printReport, shown } from './harness/report.ts';
import { say } from './harness/say.ts';
import {
  printTaken,
  rateOf,
  ratiosOf,
  resultOf,
  type Idle,
  type Round,
  type Taken,
} from './market/figures.ts';
import type { Memory } from './processes/probe.ts';
import { sendersOf, type Sender } from './market/senders.ts';
import { Stage, type Standing } from './market/stage.ts';
import { MARKET_SDL } from './market/subgraphs.ts';

const CLIENTS = 1_000;
const TICKS_PER_S = 20;
const IDLE_FROM = 500;
const IDLE_MANY = 10_000;
/** A gateway with a stream upstream for each client is not asked to hold ten thousand. */
const IDLE_FEW = 1_500;
/** Files that a process has open besides its clients. */
const FILES_SPARE = 500;

/** How long each part takes. */
interface Pace {
  readonly rounds: number;
  readonly pourMs: number;
  readonly paceMs: number;
  readonly holdMs: number;
}

interface Entrant {
  readonly standing: Standing;
  readonly taken: Taken;
}

export async function benchFanout(options: Options): Promise<void> {
  beginRun();
  const pace: Pace = {
    rounds: options.rounds ?? (options.isQuick ? 1 : 5),
    pourMs: options.durationMs ?? (options.isQuick ? 1_000 : 3_000),
    paceMs: options.isQuick ? 2_000 : 10_000,
    holdMs: options.isQuick ? 1_000 : 5_000,
  };
  const folder = mkdtempSync(join(tmpdir(), 'gridworks-bench-'));
  const stage = new Stage();
  try {
    const urls = await stage.crowd.ask<Record<string, string>>('urls');
    const parts = Object.entries(MARKET_SDL).map(([name, sdl]) => ({ name, url: urls[name] ?? '', sdl }));
    const supergraphFile = join(folder, 'supergraph.graphql');
    writeFileSync(supergraphFile, composeSupergraph(parts).supergraph);
    await run(stage, sendersOf({ supergraphFile, urls }, options.only), pace);
  } finally {
    await stage.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(stage: Stage, senders: readonly Sender[], pace: Pace): Promise<void> {
  const leftOut = new LeftOut();
  const warmed = await admitAll(stage, senders, pace, leftOut);
  const entrants = await takeRounds(stage, warmed, pace, leftOut);
  await takeLatencies(stage, entrants, pace);
  for (const { standing } of entrants) await stage.dismiss(standing);
  const taken = entrants.map((each) => each.taken);
  for (const each of taken) {
    each.idle = await leftOut.attempt(each.sender, measureIdle(stage, each.sender, pace));
  }
  printTaken(taken);
  printReport({
    bench: 'fanout',
    results: { leftOut: leftOut.list, senders: taken.map(resultOf) },
    ratios: ratiosOf(taken),
  });
}

/** Everybody with their clients; a first turn warms them up, and shows that clients get what they should. */
async function admitAll(
  stage: Stage,
  senders: readonly Sender[],
  pace: Pace,
  leftOut: LeftOut,
): Promise<Entrant[]> {
  const entrants: Entrant[] = [];
  for (const sender of senders) {
    say(`  starting ${sender.label}, ${shown(CLIENTS)} clients`);
    const standing = await leftOut.attempt(sender, stage.admit(sender, CLIENTS));
    if (!standing) continue;
    const entrant = { standing, taken: { sender, rounds: [] } };
    if (await pour(stage, entrant, pace, leftOut)) entrants.push(entrant);
  }
  return entrants;
}

/** Full speed, in turns; the result is who came through all of them. */
async function takeRounds(
  stage: Stage,
  warmed: readonly Entrant[],
  pace: Pace,
  leftOut: LeftOut,
): Promise<readonly Entrant[]> {
  const entrants = new Set(warmed);
  for (let round = 1; round <= pace.rounds; round++) {
    const told: string[] = [];
    for (const entrant of round % 2 === 0 ? [...entrants].toReversed() : [...entrants]) {
      const poured = await pour(stage, entrant, pace, leftOut);
      if (!poured) {
        entrants.delete(entrant);
        continue;
      }
      entrant.taken.rounds.push(poured);
      told.push(`${entrant.taken.sender.name} ${shown(poured.deliveriesPerS)}`);
    }
    say(`  full speed ${round}/${pace.rounds}: ${told.join(', ')} deliveries/s`);
  }
  return [...entrants];
}

/** One turn; who fails it is dismissed. */
async function pour(
  stage: Stage,
  { standing, taken }: Entrant,
  pace: Pace,
  leftOut: LeftOut,
): Promise<Round | undefined> {
  const poured = await leftOut.attempt(taken.sender, stage.pour(standing, pace.pourMs));
  if (!poured) await stage.dismiss(standing);
  return poured;
}

/** A steady beat, for those who can hold it: of others it would only show how long their queue grew. */
async function takeLatencies(stage: Stage, entrants: readonly Entrant[], pace: Pace): Promise<void> {
  const beat = CLIENTS * TICKS_PER_S;
  for (const { standing, taken } of entrants) {
    const { label } = taken.sender;
    if (rateOf(taken) < beat) {
      say(`  ${label} cannot carry ${shown(beat)} deliveries/s; its latency is not taken`);
      continue;
    }
    taken.paced = await stage.pace(standing, TICKS_PER_S, pace.paceMs);
    say(`  ${label} at ${shown(beat)} deliveries/s: p99 ${shown(taken.paced.p99Ms, 1)} ms`);
  }
}

/** What one more client costs that only waits, in a process that has done nothing else; and whether all stay. */
async function measureIdle(stage: Stage, sender: Sender, pace: Pace): Promise<Idle> {
  const clients = sender.isPeer ? IDLE_FEW : heldMax();
  say(`  ${sender.label}: ${shown(clients)} idle clients`);
  const standing = await stage.admit(sender, IDLE_FROM);
  try {
    const { running } = standing;
    const before = await running.ask<Memory>('collect');
    await stage.grow(standing, clients);
    const after = await running.ask<Memory>('collect');
    await sleep(pace.holdMs);
    return {
      clients,
      bytesPerClient: (after.rssBytes - before.rssBytes) / (clients - IDLE_FROM),
      liveBytesPerClient: (after.liveBytes - before.liveBytes) / (clients - IDLE_FROM),
      held: await stage.hold(standing),
    };
  } finally {
    await stage.dismiss(standing);
  }
}

/** Ten thousand, or as many as this machine lets one process have open. */
function heldMax(): number {
  const files = openFilesMax();
  if (files === undefined || files >= IDLE_MANY + FILES_SPARE) return IDLE_MANY;
  say(`  a process may open ${shown(files)} files here (ulimit -n): not all ${shown(IDLE_MANY)} can be held`);
  return files - FILES_SPARE;
}
