/**
 * Somebody who reads their order events as a careful client does: whatever becomes of the connection, they come back
 * and ask for what follows the last event they saw. Nothing is left out and nothing is sorted: what arrived is kept.
 */
import { createClient } from 'graphql-ws';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import type { Told } from './orders.ts';

export interface ReadUpdate {
  readonly sequence: number;
  readonly kind: string;
  readonly order: { readonly id: string } | null;
}

interface Answer {
  readonly data?: { readonly orderUpdates: ReadUpdate } | null | undefined;
}

/** A connection while it stands. */
interface Line {
  /** Drops it without a word, as a network does. */
  cut(): void;
  /** Takes nothing from it until `resume`. */
  pause?(): void;
  resume?(): void;
}

interface Reading {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly after: number;
  readonly onLine: (line: Line) => void;
  readonly onAnswer: (answer: Answer) => void;
}

export interface OrderReaderOptions {
  /** Address of the door, `http://...`. */
  readonly url: string;
  /** The reader's credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** How the events travel. */
  readonly by: 'socket' | 'events';
  readonly onUpdate?: (update: ReadUpdate) => void;
}

const UPDATES = `subscription ($after: BigInt) { orderUpdates(after: $after) { sequence kind order { id } } }`;
const RETRY_MS = 100;

export class OrderReader {
  readonly updates: ReadUpdate[] = [];
  /** Connections that were made. */
  connections = 0;
  #last = 0;
  #line: Line | undefined;
  #isClosed = false;
  #wake: (() => void) | undefined;
  readonly #reading: Promise<void>;

  /** Begins with the first event there ever was. */
  constructor(private readonly options: OrderReaderOptions) {
    this.#reading = this.#read();
  }

  /** Sequence of the last event that arrived. */
  get last(): number {
    return this.#last;
  }

  cut(): void {
    this.#line?.cut();
  }

  pause(): void {
    this.#line?.pause?.();
  }

  resume(): void {
    this.#line?.resume?.();
  }

  /** Resolves when the event of this sequence has arrived. */
  async until(sequence: number): Promise<void> {
    while (this.#last < sequence && !this.#isClosed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake?.();
    this.cut();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { url, headers, by } = this.options;
    const read = by === 'socket' ? readSocket : readEvents;
    while (!this.#isClosed) {
      const reading: Reading = {
        url,
        headers,
        after: this.#last,
        onLine: (line) => this.#begin(line),
        onAnswer: (answer) => this.#take(answer),
      };
      // However it ended, and also when it never began, the way on is the same.
      await read(reading).catch(() => undefined);
      this.#line = undefined;
      await sleep(RETRY_MS);
    }
  }

  #begin(line: Line): void {
    this.#line = line;
    this.connections += 1;
    if (this.#isClosed) line.cut();
  }

  /** What comes without data ends with its connection, and is asked for again. */
  #take({ data }: Answer): void {
    if (!data) return this.cut();
    const update = data.orderUpdates;
    this.updates.push(update);
    this.#last = Number(update.sequence);
    this.options.onUpdate?.(update);
    this.#wake?.();
    this.#wake = undefined;
  }
}

/** By graphql-ws. Resolves or rejects when the connection or the subscription has ended. */
async function readSocket({ url, headers, after, onLine, onAnswer }: Reading): Promise<void> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: headers,
    retryAttempts: 0,
    on: {
      opened: (opened) => {
        const socket = opened as WebSocket;
        onLine({
          cut: () => socket.terminate(),
          pause: () => socket.pause(),
          resume: () => socket.resume(),
        });
      },
    },
  });
  try {
    const answers = client.iterate<{ orderUpdates: ReadUpdate }>({ query: UPDATES, variables: { after } });
    for await (const answer of answers) onAnswer(answer);
  } finally {
    await client.dispose();
  }
}

/** By server-sent events, as a browser does it: the last event's id says where to go on. */
async function readEvents({ url, headers, after, onLine, onAnswer }: Reading): Promise<void> {
  const asking = request(`${url}/graphql`, {
    method: 'POST',
    // A connection of its own, as each reader has one.
    agent: false,
    headers: {
      ...headers,
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(after > 0 && { 'last-event-id': after }),
    },
  });
  asking.end(JSON.stringify({ query: UPDATES, variables: { after: 0 } }));
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  if (response.statusCode === 200) onLine({ cut: () => response.destroy() });
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk as string;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.+)$/m.exec(event)?.[1];
      if (data && !response.destroyed) onAnswer(JSON.parse(data) as Answer);
    }
  }
}

/** What arrived, as `history` tells it. */
export function toldBy({ updates }: OrderReader): Told[] {
  return updates.map(({ sequence, kind, order }) => [sequence, kind, order?.id]);
}
