/** Clients of the live ticks: those who stay and must always hear more, those who read slowly, those who come and go. */
import { createClient } from 'graphql-ws';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import type { Random } from '../../e2e/random.ts';
import type { Tally } from './tally.ts';

const WATCH = `subscription ($symbols: [String!]!) { ticks(symbols: $symbols) {
  sequence price conflated instrument { symbol name forecast { annualisedVolatility } } } }`;
const SYMBOLS = ['RELIANCE', 'TCS', 'INFY', 'HDFCBANK', 'ICICIBANK', 'SBIN'];
const HEARD_MS_MAX = 60_000;

interface Watched {
  readonly ticks: { readonly conflated: number };
}

/** One client with one connection and one subscription. */
export class Watcher {
  heard = 0;
  conflated = 0;
  /** Why it ended, when nobody here ended it. */
  lost: string | undefined;
  #socket: WebSocket | undefined;
  #isLeaving = false;
  readonly #client;
  readonly #unsubscribe: () => void;
  #wake: (() => void) | undefined;

  constructor(url: string, symbols: readonly string[]) {
    this.#client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      on: { opened: (socket) => (this.#socket = socket as WebSocket) },
    });
    this.#unsubscribe = this.#client.subscribe<Watched>(
      { query: WATCH, variables: { symbols } },
      {
        next: ({ data }) => {
          this.heard += 1;
          this.conflated += data?.ticks.conflated ?? 0;
          this.#wake?.();
        },
        error: (error) => this.#end(reasonOf(error)),
        complete: () => this.#end('completed'),
      },
    );
  }

  /** Resolves when `count` more ticks have been heard; false when it ended first, or after a minute of silence. */
  async hears(count: number): Promise<boolean> {
    const wanted = this.heard + count;
    const deadline = Date.now() + HEARD_MS_MAX;
    while (this.heard < wanted && this.lost === undefined && Date.now() < deadline) {
      await Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), sleep(500)]);
    }
    return this.heard >= wanted;
  }

  /** Does not read for a while, as a phone in a tunnel. */
  async doze(durationMs: number): Promise<void> {
    this.#socket?.pause();
    await sleep(durationMs);
    this.#socket?.resume();
  }

  /** Ends the subscription and the connection by the protocol, or without a word. */
  async leave(isPolite: boolean): Promise<void> {
    this.#isLeaving = true;
    if (!isPolite) this.#socket?.terminate();
    this.#unsubscribe();
    await this.#client.dispose();
  }

  #end(reason: string): void {
    if (!this.#isLeaving) this.lost ??= reason;
    this.#wake?.();
  }
}

/** A subscription ends with errors of the graph, with a close event, or with a fault of the connection. */
function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  const { code, reason } = error as { code?: number; reason?: string };
  return code === undefined ? JSON.stringify(error) : `closed with ${code} ${reason ?? ''}`;
}

export function symbolsFor(random: Random): string[] {
  const from = random(0, SYMBOLS.length - 1);
  return SYMBOLS.slice(from, from + random(1, 3));
}

/** Asks every one of them for another tick; who has none is lost. */
export async function rollCall(watchers: readonly Watcher[], when: string, tally: Tally): Promise<void> {
  const heard = await Promise.all(watchers.map((watcher) => watcher.hears(1)));
  const missing = watchers.filter((_, i) => !heard[i]);
  const [first] = missing;
  if (first) tally.fault(`${missing.length} subscribers heard no more ${when}: ${first.lost ?? 'silence'}`);
  tally.count('rollCalls');
}

/** Opens connections and leaves them again, one after the other, until `isOver`. */
export async function comeAndGo(
  url: string,
  random: Random,
  tally: Tally,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    const beganAtMs = Date.now();
    const watcher = new Watcher(url, symbolsFor(random));
    const stays = random(0, 3);
    if (!(await watcher.hears(stays)))
      tally.failed('a visitor of the ticks', new Error(watcher.lost ?? 'silence'), beganAtMs);
    await watcher.leave(random(0, 1) === 0);
    tally.count('visits');
    await sleep(random(20, 200));
  }
}

/** Dozes again and again until `isOver`. */
export async function readSlowly(watcher: Watcher, random: Random, isOver: () => boolean): Promise<void> {
  while (!isOver() && watcher.lost === undefined) {
    await watcher.doze(random(500, 5_000));
    await sleep(random(200, 2_000));
  }
}
