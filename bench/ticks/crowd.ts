/** Clients that watch one instrument each, and note when they get which tick. */
import { RawClient } from '../market/raw-client.ts';
import { quantile } from '../harness/statistics.ts';
import { machineMs, type Struck } from './beat.ts';

export interface CrowdOptions {
  readonly port: number;
  readonly symbols: readonly string[];
  readonly clients: number;
  /** What each asks for, with its symbol as the one of `$symbols`; undefined where the path names the symbol. */
  readonly query: string | undefined;
}

/** How long ticks were on their way, from their appointed time to each client. */
export interface Latencies {
  readonly deliveries: number;
  /** Ticks times clients that watch them. */
  readonly expected: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** How many connections may be on their way to standing at once. */
const OPENING_MAX = 50;
const SEQUENCE = '"sequence":';
const COMMA = ','.charCodeAt(0);
const I = 'i'.charCodeAt(0);
const INIT = JSON.stringify({ type: 'connection_init' });
const PONG = JSON.stringify({ type: 'pong' });

/** What a client got: sequences and instants in pairs. */
type Got = number[];

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #clients: RawClient[] = [];
  readonly #got: Got[] = [];
  #deliveries = 0;
  #sample = '';
  #fault: string | undefined;

  constructor(options: CrowdOptions) {
    this.#options = options;
  }

  get deliveries(): number {
    return this.#deliveries;
  }

  /** How many have had at least one tick. */
  get reached(): number {
    return this.#got.filter(({ length }) => length > 0).length;
  }

  /** The last tick of the first client, as it came. */
  get sample(): string {
    return this.#sample;
  }

  /** What a client got that was no tick, the first of its kind. */
  get fault(): string | undefined {
    return this.#fault;
  }

  async open(): Promise<void> {
    const openOne = async (): Promise<void> => {
      while (this.#got.length < this.#options.clients) await this.#openClient(this.#got.push([]) - 1);
    };
    await Promise.all(Array.from({ length: OPENING_MAX }, openOne));
  }

  /** Forgets what has come so far. */
  clear(): void {
    this.#deliveries = 0;
    for (const got of this.#got) got.length = 0;
  }

  latenciesOf(struck: Struck): Latencies {
    const latencies: number[] = [];
    let expected = 0;
    for (const [index, got] of this.#got.entries()) {
      const ticks = struck[this.#symbolOf(index)] ?? [];
      const appointed = new Map(ticks);
      expected += ticks.length;
      for (let each = 0; each < got.length; each += 2) {
        const atMs = appointed.get(got[each] as number);
        if (atMs !== undefined) latencies.push((got[each + 1] as number) - atMs);
      }
    }
    latencies.sort((a, b) => a - b);
    return {
      deliveries: latencies.length,
      expected,
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
      maxMs: latencies.at(-1) ?? Number.NaN,
    };
  }

  #symbolOf(index: number): string {
    return this.#options.symbols[index % this.#options.symbols.length] as string;
  }

  async #openClient(index: number): Promise<void> {
    const { port, query } = this.#options;
    const symbol = this.#symbolOf(index);
    const payload = { query, variables: { symbols: [symbol] } };
    const client: RawClient = await RawClient.open({
      port,
      path: query === undefined ? `/${encodeURIComponent(symbol)}` : '/graphql',
      protocol: query === undefined ? undefined : 'graphql-transport-ws',
      greeting: query === undefined ? undefined : INIT,
      onFrame: (bytes, start, end) => {
        // `{"id":...` is a message of the stream; `{"type":...` is one of the connection.
        if (bytes[start + 2] === I) return this.#note(index, bytes, start, end);
        const { type } = JSON.parse(bytes.toString('utf8', start, end)) as { type?: string };
        if (type === 'connection_ack') client.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
        else if (type === 'ping') client.send(PONG);
      },
    });
    this.#clients.push(client);
  }

  #note(index: number, bytes: Buffer, start: number, end: number): void {
    const atMs = machineMs();
    const found = bytes.indexOf(SEQUENCE, start, 'latin1');
    if (found < 0 || found >= end) {
      this.#fault ??= bytes.toString('utf8', start, end);
      return;
    }
    const from = found + SEQUENCE.length;
    const sequence = Number(bytes.toString('latin1', from, bytes.indexOf(COMMA, from)));
    this.#got[index]?.push(sequence, atMs);
    this.#deliveries += 1;
    if (index === 0) this.#sample = bytes.toString('utf8', start, end);
  }
}
