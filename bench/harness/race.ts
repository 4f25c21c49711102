/**
 * The measurement itself: every contender is started once, checked against the right answer, warmed, and then asked in
 * turns, round after round, so that a machine that changes its speed changes it for all.
 */
import { composeSupergraph } from '@gridworks/gateway/supergraph/compose';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Contender, Site } from '../contenders.ts';
import type { LoadOrder, LoadResult } from '../processes/load.ts';
import type { ShopCount } from '../processes/shop.ts';
import { rightAnswer, OPERATIONS, type OperationName } from '../shop/operations.ts';
import { SHOP, SHOP_SUBGRAPHS } from '../shop/subgraphs.ts';
import { LeftOut } from './left-out.ts';
import { CORE } from './machine.ts';
import { freePorts, startOwn, untilAnswers, type Running } from './process.ts';
import { shown } from './report.ts';
import { say } from './say.ts';

const CONNECTIONS = 16;
/** How much of a wrong answer is shown. */
const TOLD_CHARS_MAX = 300;

export interface RaceOptions {
  readonly contenders: readonly Contender[];
  readonly operations: readonly OperationName[];
  readonly rounds: number;
  readonly durationMs: number;
  readonly warmUpMs: number;
  /** Whether the subgraphs keep their answers, so that the gateway is what is measured. */
  readonly isMemoised: boolean;
}

/** One turn of one contender. */
export interface Turn {
  readonly requestsPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
  /** Of the gateway's process, user and system. */
  readonly cpuMsPerRequest: number;
  /** Of one core, 0 to 1: how busy the gateway, the subgraphs and the load were. */
  readonly gatewayShare: number;
  readonly subgraphShare: number;
  readonly loadShare: number;
  /** Calls to subgraphs, and entities named in them, for one request. */
  readonly calls: number;
  readonly representations: number;
}

export interface Outcome {
  readonly contender: Contender;
  readonly operation: OperationName;
  readonly turns: readonly Turn[];
}

export interface Race {
  readonly outcomes: readonly Outcome[];
  /** Who is not in the results and why; never left unsaid. */
  readonly leftOut: LeftOut['list'];
}

interface Entrant {
  readonly contender: Contender;
  readonly running: Running;
  readonly url: string;
  /** Length of its right answer, by operation; absent where its answer was wrong. */
  readonly answerBytes: Map<OperationName, number>;
}

const HEADERS = { 'content-type': 'application/json', accept: 'application/json' };

export async function race(options: RaceOptions): Promise<Race> {
  const folder = mkdtempSync(join(tmpdir(), 'gridworks-bench-'));
  const shop = startOwn(CORE.others, 'shop', { isMemoised: options.isMemoised });
  const load = startOwn(CORE.others, 'load', { connections: CONNECTIONS });
  const leftOut = new LeftOut();
  const entrants: Entrant[] = [];
  try {
    const urls = await shop.ask<Record<string, string>>('urls');
    const { supergraph, api } = composeSupergraph(
      SHOP.map((name) => ({ name, url: urls[name] ?? '', sdl: SHOP_SUBGRAPHS[name].sdl })),
    );
    const supergraphFile = join(folder, 'supergraph.graphql');
    writeFileSync(supergraphFile, supergraph);

    for (const contender of options.contenders) {
      const site = { supergraphFile, urls, port: await freePorts(1) };
      const entrant = await leftOut.attempt(contender, enter(contender, site, options, api, leftOut));
      if (entrant) entrants.push(entrant);
    }

    const outcomes: { contender: Contender; operation: OperationName; turns: Turn[] }[] = [];
    for (const operation of options.operations) {
      const able = entrants.filter(({ answerBytes }) => answerBytes.has(operation));
      say(`  ${operation}: warming up`);
      for (const entrant of able) await turn(entrant, operation, options.warmUpMs);
      const turns = new Map(able.map((each) => [each, [] as Turn[]]));
      for (let round = 1; round <= options.rounds; round++) {
        // Who goes first changes, so that nobody always follows the same neighbour.
        const order = round % 2 === 0 ? able.toReversed() : able;
        const told: string[] = [];
        for (const entrant of order) {
          const taken = await turn(entrant, operation, options.durationMs);
          turns.get(entrant)?.push(taken);
          told.push(`${entrant.contender.name} ${shown(taken.requestsPerS)}`);
        }
        say(`  ${operation} ${round}/${options.rounds}: ${told.join(', ')} requests/s`);
      }
      for (const [{ contender }, taken] of turns) outcomes.push({ contender, operation, turns: taken });
    }
    return { outcomes, leftOut: leftOut.list };
  } finally {
    await Promise.all([shop, load, ...entrants.map(({ running }) => running)].map((each) => each.stop()));
    rmSync(folder, { recursive: true, force: true });
  }

  async function turn(
    { contender, running, url, answerBytes }: Entrant,
    operation: OperationName,
    durationMs: number,
  ): Promise<Turn> {
    const order: LoadOrder = {
      url,
      asked: [{ body: JSON.stringify(OPERATIONS[operation]), headers: HEADERS }],
      durationMs,
      answerBytes: answerBytes.get(operation),
    };
    await shop.ask('count');
    const before = [running, shop, load].map((each) => each.cpuMs());
    const result = await load.ask<LoadResult>('load', order);
    const spent = [running, shop, load].map((each, index) => each.cpuMs() - (before[index] ?? 0));
    const { calls, representations } = await shop.ask<ShopCount>('count');
    const [gatewayMs = Number.NaN, shopMs = Number.NaN, loadMs = Number.NaN] = spent;
    const { requests, elapsedMs, failures, p50Ms, p99Ms } = result;
    if (failures > 0) say(`  ${contender.label} failed ${failures} of ${requests} requests`);
    return {
      requestsPerS: ((requests - failures) / elapsedMs) * 1_000,
      p50Ms,
      p99Ms,
      failures,
      cpuMsPerRequest: gatewayMs / requests,
      gatewayShare: gatewayMs / elapsedMs,
      subgraphShare: shopMs / elapsedMs,
      loadShare: loadMs / elapsedMs,
      calls: calls / requests,
      representations: representations / requests,
    };
  }
}

/** Starts a contender and holds its answers against the right ones; one that answers nothing right does not enter. */
async function enter(
  contender: Contender,
  site: Site,
  { operations }: RaceOptions,
  api: string,
  leftOut: LeftOut,
): Promise<Entrant> {
  const entry = (await contender.prepare?.()) ?? '';
  say(`  starting ${contender.label}`);
  const running = contender.start(site, entry);
  const url = `http://127.0.0.1:${site.port}/graphql`;
  try {
    await untilAnswers(url, running);
    const answerBytes = new Map<OperationName, number>();
    for (const operation of operations.filter((each) => contender.operations.includes(each))) {
      const response = await fetch(url, {
        method: 'POST',
        headers: HEADERS,
        body: JSON.stringify(OPERATIONS[operation]),
      });
      const text = await response.text();
      const right = JSON.parse(JSON.stringify(await rightAnswer(api, OPERATIONS[operation]))) as unknown;
      if (isDeepStrictEqual(JSON.parse(text), right)) answerBytes.set(operation, Buffer.byteLength(text));
      else leftOut.note(contender, `its answer to ${operation} is wrong: ${text.slice(0, TOLD_CHARS_MAX)}`);
    }
    return { contender, running, url, answerBytes };
  } catch (error) {
    await running.stop();
    throw error;
  }
}
