/** The stand-in's tickers: who is connected, what they want to see, and what goes wrong on the way to them. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Time } from '../../remote/time.ts';
import type { Faults } from './faults.ts';
import type { Listings } from './listings.ts';
import type { Logins } from './logins.ts';

interface Client {
  readonly socket: WebSocket;
  readonly modes: Map<number, PacketKind>;
  /** It stays open and is told nothing any more. */
  isSilent: boolean;
}

type PacketKind = 'LTP' | 'QUOTE' | 'FULL';

const HEARTBEAT = Uint8Array.of(0);
/** Says that two packets follow, and ends in the middle of the first. */
const GARBAGE = Uint8Array.of(0, 2, 0, 8, 1, 2, 3);

export class Sockets {
  /** How many have ever connected. */
  count = 0;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #clients = new Set<Client>();
  #held: string | undefined;
  #isClosed = false;
  #cancelBeat: () => void = () => undefined;

  constructor(
    private readonly faults: Faults,
    private readonly listings: Listings,
    private readonly time: Time,
    private readonly logins: Logins,
    private readonly heartbeatMs: number,
  ) {}

  /** How many are connected and are told things. */
  get listening(): number {
    return [...this.#clients].filter(({ isSilent }) => !isSilent).length;
  }

  /** What the connected ones want to see, by token. */
  get modes(): ReadonlyMap<number, PacketKind> {
    return new Map([...this.#clients].flatMap(({ modes }) => [...modes]));
  }

  admit(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const query = new URL(request.url ?? '/', 'http://kite').searchParams;
    if (!this.logins.isGood(query.get('api_key'), query.get('access_token'))) {
      return void socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    }
    if (this.faults.strikes('REFUSED_CONNECTION')) return void socket.destroy();
    this.#server.handleUpgrade(request, socket, head, (accepted) => this.#welcome(accepted));
  }

  /** Says that it is alive, now and then, for as long as it is. */
  beat(): void {
    for (const client of this.#clients) this.#send(client, HEARTBEAT);
    this.#cancelBeat = this.time.after(this.heartbeatMs, () => this.beat());
  }

  /** An order update to everybody, if it gets there. */
  push(text: string): void {
    if (this.faults.strikes('DROPPED_CONNECTION')) this.drop();
    if (this.faults.strikes('SILENT_SOCKET')) this.silence();
    if (this.faults.strikes('LOST_UPDATE')) return;
    if (this.faults.strikes('HELD_UPDATE') && this.#held === undefined) {
      this.#held = text;
      return;
    }
    if (this.faults.strikes('GARBLED_FRAME')) return this.#sendAll(GARBAGE);
    this.#sendAll(text);
    if (this.faults.strikes('DOUBLED_UPDATE')) this.#sendAll(text);
    if (this.#held !== undefined) this.#sendAll(this.#held);
    this.#held = undefined;
  }

  /** A tick to those who want to see it, as much as each wants to see. */
  tick(token: number, frameOf: (kind: PacketKind) => Uint8Array): void {
    for (const client of this.#clients) {
      const kind = client.modes.get(token);
      if (kind) this.#send(client, frameOf(kind));
    }
  }

  /** Sends these very bytes to everybody, also where nothing else is sent any more. */
  garble(frame: Uint8Array | string): void {
    for (const { socket } of this.#clients) if (socket.readyState === socket.OPEN) socket.send(frame);
  }

  silence(): void {
    for (const client of this.#clients) client.isSilent = true;
  }

  drop(): void {
    for (const { socket } of this.#clients) socket.terminate();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelBeat();
    this.drop();
    this.#server.close();
  }

  #welcome(socket: WebSocket): void {
    if (this.#isClosed || this.faults.strikes('HUNG_UP')) return socket.close();
    this.count += 1;
    const client: Client = { socket, modes: new Map(), isSilent: false };
    this.#clients.add(client);
    socket.on('close', () => this.#clients.delete(client));
    socket.on('error', () => undefined);
    socket.on('message', (data) => this.#obey(client, data));
    this.#send(client, HEARTBEAT);
  }

  #obey({ modes }: Client, data: RawData): void {
    const { a: action, v: value } = JSON.parse((data as Buffer).toString('utf8')) as {
      a: string;
      v: unknown;
    };
    const known = (tokens: unknown): number[] =>
      (tokens as number[]).filter((token) => this.listings.all().some((each) => each.token === token));
    if (action === 'subscribe') for (const token of known(value)) modes.set(token, 'QUOTE');
    if (action === 'unsubscribe') for (const token of known(value)) modes.delete(token);
    if (action !== 'mode') return;
    const [mode, tokens] = value as [string, number[]];
    for (const token of known(tokens)) modes.set(token, mode.toUpperCase() as PacketKind);
  }

  #sendAll(frame: Uint8Array | string): void {
    for (const client of this.#clients) this.#send(client, frame);
  }

  #send({ socket, isSilent }: Client, frame: Uint8Array | string): void {
    if (!isSilent && socket.readyState === socket.OPEN) socket.send(frame);
  }
}
