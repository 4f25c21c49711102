/** Many clients of one stream: who has got how many messages, and how long these were on their way. */
import { RawClient } from './raw-client.ts';
import { WATCH } from './subgraphs.ts';

export interface CrowdOptions {
  /** Names the stream that this crowd watches. */
  readonly room: string;
  readonly port: number;
  readonly path: string;
  /** Whether the server speaks graphql-ws; else it sends without being asked. */
  readonly isGraphql: boolean;
}

/** How many connections may be on their way to standing at once. */
const OPENING_MAX = 50;
const I = 'i'.charCodeAt(0);
const COMMA = ','.charCodeAt(0);
const INIT = JSON.stringify({ type: 'connection_init' });
const PONG = JSON.stringify({ type: 'pong' });

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #clients: RawClient[] = [];
  readonly #subscribe: string;
  /** By client: messages so far. */
  readonly #got: number[] = [];
  #deliveries = 0;
  #bytes = 0;
  #sample: string | undefined;
  #latencies: number[] | undefined;
  #changed: (() => void) | undefined;
  #fault: string | undefined;

  constructor(options: CrowdOptions) {
    this.#options = options;
    const payload = { query: WATCH, variables: { room: options.room } };
    this.#subscribe = JSON.stringify({ id: '1', type: 'subscribe', payload });
  }

  get size(): number {
    return this.#clients.length;
  }

  /** Clients whose connection still stands. */
  get open(): number {
    return this.#clients.filter((each) => each.isOpen).length;
  }

  /** What a client got that was no event, the first of its kind. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Messages that clients have got, all together. */
  get deliveries(): number {
    return this.#deliveries;
  }

  /** The last message of the first client. */
  get sample(): string | undefined {
    return this.#sample;
  }

  /** Mean length of a message. */
  get messageBytes(): number {
    return this.#bytes / this.#deliveries;
  }

  /** How many have had at least so many messages. */
  countWithAtLeast(messages: number): number {
    return this.#got.filter((each) => each >= messages).length;
  }

  /** Opens connections until there are so many; resolves when all stand. */
  async grow(size: number): Promise<void> {
    const openOne = async (): Promise<void> => {
      while (this.#got.length < size) await this.#openClient(this.#got.push(0) - 1);
    };
    await Promise.all(Array.from({ length: OPENING_MAX }, openOne));
  }

  leave(): void {
    for (const each of this.#clients.splice(0)) each.close();
    this.#got.length = 0;
  }

  /** Collects from now on how long messages were on their way, in milliseconds. */
  collectLatencies(): number[] {
    return (this.#latencies = []);
  }

  stopCollecting(): void {
    this.#latencies = undefined;
  }

  /** Resolves when there are so many deliveries, or after a while without any. */
  async untilDeliveries(count: number, patienceMs: number): Promise<boolean> {
    while (this.#deliveries < count) {
      const before = this.#deliveries;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#changed = () => (this.#deliveries >= count ? resolve() : undefined);
        timer = setTimeout(resolve, patienceMs);
      });
      clearTimeout(timer);
      this.#changed = undefined;
      if (this.#deliveries === before) return false;
    }
    return true;
  }

  async #openClient(index: number): Promise<void> {
    const { port, path, isGraphql } = this.#options;
    const client: RawClient = await RawClient.open({
      port,
      path,
      protocol: isGraphql ? 'graphql-transport-ws' : undefined,
      greeting: isGraphql ? INIT : undefined,
      onFrame: (bytes, start, end) => {
        // `{"id":...` is a message of the stream; `{"type":...` is one of the connection.
        if (bytes[start + 2] === I) this.#count(index, bytes, start, end);
        else this.#converse(client, bytes.toString('utf8', start, end));
      },
    });
    this.#clients.push(client);
  }

  #converse(client: RawClient, text: string): void {
    const { type } = JSON.parse(text) as { type?: string };
    if (type === 'connection_ack') client.send(this.#subscribe);
    else if (type === 'ping') client.send(PONG);
  }

  #count(index: number, bytes: Buffer, start: number, end: number): void {
    const before = this.#got[index] ?? 0;
    if (before === 0 && !isEvent(bytes.toString('utf8', start, end))) {
      this.#fault ??= bytes.toString('utf8', start, end);
      return;
    }
    this.#got[index] = before + 1;
    this.#deliveries += 1;
    this.#bytes += end - start;
    if (index === 0) this.#sample = bytes.toString('utf8', start, end);
    if (this.#latencies) {
      const at = bytes.indexOf('"at":', start, 'latin1') + 5;
      this.#latencies.push(
        performance.now() - Number(bytes.toString('latin1', at, bytes.indexOf(COMMA, at))),
      );
    }
    this.#changed?.();
  }
}

/** A stream may also begin with its end, which is no event of it. */
function isEvent(text: string): boolean {
  return (JSON.parse(text) as { type?: string }).type === 'next';
}
