/**
 * The ticker socket of Kite Connect v3: binary ticks, order updates as text, and a byte every few seconds that says it is
 * alive. A socket that says nothing readable for too long is dead, whatever TCP believes. After each new connection it is
 * told again what to send and how much of it.
 */
import WebSocket, { type RawData } from 'ws';
import { backoffMs, silenceLeftMs, type Backoff } from '../../domain/broker/backoff.ts';
import type { OrderReport } from '../../domain/broker/order.ts';
import { decodeFrame, type FrameFault, type Packet } from '../../domain/broker/packet.ts';
import { TICK_MODES, type TickMode } from '../../domain/tick.ts';
import type { Time } from '../time.ts';
import { readPush } from './wire.ts';

export interface TickerOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly accessToken: string;
  /** The longest silence; also how long a connection may take to stand. Kite's heartbeat comes every second or so. */
  readonly silenceMsMax: number;
  readonly backoff: Backoff;
}

export interface TickerListener {
  /** The first readable frame of a connection came: updates arrive from now on. */
  opened(): void;
  /** Updates stopped arriving. */
  lost(isLoggedOut: boolean): void;
  ticked(packets: readonly Packet[]): void;
  reported(report: OrderReport): void;
  /** Something came that cannot be read: whatever it said is lost. */
  garbled(fault: FrameFault | 'TEXT'): void;
}

const FRAME_BYTES_MAX = 1_048_576;
const FORBIDDEN = 403;

export class KiteTicker {
  readonly #modes = new Map<number, TickMode>();
  #accessToken: string;
  #socket: WebSocket | undefined;
  #attempt = 0;
  #heardAtMs = 0;
  #isOpen = false;
  #isLoggedOut = false;
  #cancelTimer: () => void = () => undefined;

  constructor(
    private readonly options: TickerOptions,
    private readonly time: Time,
    private readonly uniform: () => number,
    private readonly listener: TickerListener,
  ) {
    this.#accessToken = options.accessToken;
  }

  start(): void {
    this.#connect();
  }

  stop(): void {
    this.#cancelTimer();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.terminate();
  }

  /** Connects anew with this token: the one before is worth nothing any more, whatever its socket says. */
  signIn(accessToken: string): void {
    this.#accessToken = accessToken;
    this.stop();
    if (this.#isOpen) this.listener.lost(false);
    this.#isOpen = false;
    this.#connect();
  }

  /** What to send of these instruments from now on; undefined for nothing. */
  setMode(tokens: readonly number[], mode: TickMode | undefined): void {
    for (const token of tokens) {
      if (mode) this.#modes.set(token, mode);
      else this.#modes.delete(token);
    }
    if (tokens.length === 0 || this.#socket?.readyState !== WebSocket.OPEN) return;
    if (mode) this.#subscribe(tokens, mode);
    else this.#say({ a: 'unsubscribe', v: tokens });
  }

  #connect(): void {
    const { url, apiKey } = this.options;
    const address = new URL(url);
    address.searchParams.set('api_key', apiKey);
    address.searchParams.set('access_token', this.#accessToken);
    const socket = new WebSocket(address, { maxPayload: FRAME_BYTES_MAX, perMessageDeflate: false });
    this.#socket = socket;
    this.#isLoggedOut = false;
    this.#heardAtMs = this.time.now();
    this.#watch();
    socket.on('open', () => this.#resubscribe());
    socket.on('message', (data, isBinary) => {
      if (socket === this.#socket) this.#read(data, isBinary);
    });
    socket.on('unexpected-response', (request, response) => {
      this.#isLoggedOut = response.statusCode === FORBIDDEN;
      request.destroy();
      this.#drop(socket);
    });
    // What went wrong does not matter: the connection is over either way.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#drop(socket));
  }

  /** Gives the connection up when it has been silent for too long, and looks again when that may be. */
  #watch(): void {
    const leftMs = silenceLeftMs(this.#heardAtMs, this.time.now(), this.options.silenceMsMax);
    if (leftMs > 0) {
      this.#cancelTimer = this.time.after(leftMs, () => this.#watch());
    } else if (this.#socket) {
      this.#drop(this.#socket);
    }
  }

  #drop(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.stop();
    this.#isOpen = false;
    this.listener.lost(this.#isLoggedOut);
    this.#attempt += 1;
    const delayMs = backoffMs(this.#attempt, this.options.backoff, this.uniform());
    this.#cancelTimer = this.time.after(delayMs, () => this.#connect());
  }

  #read(data: RawData, isBinary: boolean): void {
    // One message is one buffer unless ws is told otherwise.
    const bytes = data as Buffer;
    const fault = isBinary ? this.#readTicks(bytes) : this.#readText(bytes.toString('utf8'));
    // A peer that sends only what nobody can read is as good as silent.
    if (fault) return this.listener.garbled(fault);
    this.#heardAtMs = this.time.now();
  }

  #readTicks(frame: Uint8Array): FrameFault | undefined {
    const packets = decodeFrame(frame);
    if (typeof packets === 'string') return packets;
    this.#opened();
    if (packets.length > 0) this.listener.ticked(packets);
    return undefined;
  }

  #readText(text: string): 'TEXT' | undefined {
    const report = readPush(text);
    if (report === undefined) return 'TEXT';
    this.#opened();
    if (report) this.listener.reported(report);
    return undefined;
  }

  /** Not when it connects: one that is closed right after each handshake must not be tried ever so fast. */
  #opened(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#attempt = 0;
    this.listener.opened();
  }

  #resubscribe(): void {
    for (const mode of TICK_MODES) {
      const tokens = [...this.#modes].filter(([, wanted]) => wanted === mode).map(([token]) => token);
      if (tokens.length > 0) this.#subscribe(tokens, mode);
    }
  }

  #subscribe(tokens: readonly number[], mode: TickMode): void {
    this.#say({ a: 'subscribe', v: tokens });
    this.#say({ a: 'mode', v: [mode.toLowerCase(), tokens] });
  }

  #say(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }
}
