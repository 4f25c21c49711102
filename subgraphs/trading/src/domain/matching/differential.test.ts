import { describe, expect, it } from 'vitest';
import { REFUSALS, type Command, type Report } from './command.ts';
import { createRandom } from '../random.ts';
import { LISTING } from './desk.ts';
import { Pair, failureOf, shrink } from './differential.ts';
import type { MatchingEngine, Snapshot } from './engine.ts';
import { FastEngine } from './fast.ts';
import { NaiveEngine } from './naive.ts';
import { RandomMarket } from './random-market.ts';

const COMMANDS = 1_000_000;
const COMMANDS_A_MARKET = 2_000;
const SEEDS = ['amber', 'basalt', 'cedar', 'dune'] as const;
const MARKETS_A_SEED = COMMANDS / COMMANDS_A_MARKET / SEEDS.length;

const REPORT_KINDS: readonly Report['kind'][] = [
  'accepted',
  'traded',
  'modified',
  'cancelled',
  'expired',
  'triggered',
  'replenished',
  'restated',
  'massCancelled',
  'auction',
  'phaseChanged',
  'bandChanged',
  'accountChanged',
  'holdingChanged',
];

/** Every third market is free of accounts: more gets through to the book. In every fifth ids name one order after another. */
function pairFor(market: number): Pair {
  const options = { risk: market % 3 !== 0, reusesIds: market % 5 === 0 };
  return new Pair(new NaiveEngine(options), new FastEngine(options));
}

/** Lets a random market run through a pair, and gives back its commands; a failure is told with the few that matter. */
function run(seed: string, market: number, length: number, seen?: (report: Report) => void): Command[] {
  const pair = pairFor(market);
  const source = new RandomMarket(`${seed}/${market}`);
  const commands = source.opening();
  try {
    for (const command of commands) pair.apply(command);
    while (commands.length < length) {
      const command = source.next([...pair.tally.open.values()]);
      commands.push(command);
      const reports = pair.apply(command);
      if (seen) reports.forEach(seen);
    }
    pair.compareWhole();
  } catch (error) {
    const few = shrink(commands, (some) => failureOf(some, () => pairFor(market)) !== undefined);
    const told = few.map((command) => JSON.stringify(command)).join('\n');
    const reason = failureOf(few, () => pairFor(market));
    throw new Error(`seed ${seed}, market ${market}: ${reason}\n${told}`, { cause: error });
  }
  return commands;
}

describe('the fast engine against its specification', () => {
  it.each(SEEDS)(
    `agrees on every report and state: ${COMMANDS / SEEDS.length} commands from seed %s`,
    (seed) => {
      const seen = new Set<string>();
      for (let market = 0; market < MARKETS_A_SEED; market++) {
        run(seed, market, COMMANDS_A_MARKET, (report) =>
          seen.add(report.kind === 'refused' ? report.code : report.kind),
        );
      }
      // What never came up has not been compared.
      const possible = [...REPORT_KINDS, ...Object.keys(REFUSALS)].filter(
        (name) => name !== 'BALANCE_TOO_LARGE',
      );
      expect(possible.filter((name) => !seen.has(name))).toEqual([]);
    },
    120_000,
  );
});

describe('a large market', () => {
  it('is the same in both engines when every table has grown, and when all of it is gone again', () => {
    const [owners, instruments, count] = [300, 5, 4_000];
    const random = createRandom('large');
    const upTo = (end: number): number => Math.floor(random.uniform() * end);
    const pair = new Pair(new NaiveEngine({ risk: true }), new FastEngine({ risk: true }), 1_000);
    for (let instrument = 1; instrument <= instruments; instrument++) {
      // Prices far apart on a fine tick: many pages of levels, hardly anybody on each.
      pair.apply({ ...LISTING, instrument, tick: 1, bandBps: 2_000, dynamic: false, previousClose: 900_000 });
    }
    pair.apply({ kind: 'phase', at: 0, instrument: null, phase: 'CONTINUOUS' });
    const limits = { positionMax: 1_000_000, orderToTradeMax: 1_000 };
    for (let owner = 1; owner <= owners; owner++) {
      pair.apply({ kind: 'account', at: 0, owner, cash: 10_000_000_000, ...limits });
      const instrument = 1 + upTo(instruments);
      pair.apply({ kind: 'holding', at: 0, owner, instrument, quantity: 1_000 });
    }
    for (let index = 1; index <= count; index++) {
      const side = upTo(3) === 0 ? 'SELL' : 'BUY';
      const away = 1 + upTo(170_000);
      const isBrief = upTo(2) === 0;
      pair.apply({
        kind: 'new',
        at: index * 20,
        instrument: 1 + upTo(instruments),
        owner: 1 + upTo(owners),
        // Far apart, so that sections of ids and pages of used ones are begun again and again.
        order: index * 41,
        side,
        type: 'LIMIT',
        validity: isBrief ? 'GTD' : 'GTC',
        quantity: 1 + upTo(50),
        price: side === 'BUY' ? 900_000 - away : 900_000 + away,
        stop: null,
        display: null,
        expiresAt: isBrief ? 1_000_000 + upTo(1_000_000) : null,
        postOnly: false,
        stp: 'CANCEL_NEWEST',
      });
    }
    expect(pair.tally.open.size).toBeGreaterThan(2_500);
    const restored = new FastEngine({ risk: true }, pair.actual.snapshot());
    expect(restored.hash()).toBe(pair.actual.hash());
    restored.check();
    for (const { order, owner } of [...pair.tally.open.values()])
      if (upTo(2) === 0) pair.apply({ kind: 'cancel', at: 100_000, owner, order });
    pair.apply({ kind: 'clock', at: 1_500_000 });
    for (let owner = 1; owner <= owners; owner++)
      pair.apply({ kind: 'massCancel', at: 1_500_000, owner, instrument: null, side: null });
    expect(pair.tally.open.size).toBe(0);
    pair.compareWhole();
  }, 60_000);
});

describe('replay', () => {
  const commands = run('ember', 1, 3_000);
  const make = (): MatchingEngine[] => [new NaiveEngine({ risk: true }), new FastEngine({ risk: true })];
  const play = (engine: MatchingEngine, some: readonly Command[]): string[] => {
    const reports: string[] = [];
    for (const command of some) engine.apply(command, (report) => reports.push(JSON.stringify(report)));
    return reports;
  };

  it('gives the same reports, to the byte, and the same state, every time and from either engine', () => {
    const [first, ...others] = [...make(), ...make()].map((engine) => {
      const reports = play(engine, commands);
      return { reports, hash: engine.hash() };
    });
    for (const other of others) expect(other).toEqual(first);
  });

  it('goes on from a snapshot, in either engine, as if nothing had happened', () => {
    for (let cut = 150; cut < commands.length; cut += 150) {
      const live = new FastEngine({ risk: true });
      play(live, commands.slice(0, cut));
      // A snapshot is plain data: it survives being written down.
      const snapshot = JSON.parse(JSON.stringify(live.snapshot())) as Snapshot;
      const restored = [
        new NaiveEngine({ risk: true }, snapshot),
        new FastEngine({ risk: true }, snapshot),
      ] as const;
      for (const engine of restored) expect(engine.hash()).toBe(live.hash());
      const tail = play(live, commands.slice(cut));
      for (const engine of restored) {
        expect(play(engine, commands.slice(cut))).toEqual(tail);
        expect(engine.hash()).toBe(live.hash());
        engine.check();
      }
    }
  });
});

describe('shrink', () => {
  it('keeps nothing but the commands that a failure needs', () => {
    const commands = run('flint', 1, 400);
    const needed = [commands[17], commands[180], commands[399]];
    const fails = (some: readonly Command[]): boolean => needed.every((each) => each && some.includes(each));
    expect(shrink(commands, fails)).toEqual(needed);
  });
});
