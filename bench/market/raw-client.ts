/**
 * A WebSocket client that does next to nothing: it opens, sends what it was given, answers pings, and hands on each
 * text frame as bytes. A thousand of them must cost less than what they measure, so all share one read buffer.
 */
import { connect, type Socket } from 'node:net';

/** A text frame: its payload is `bytes[start..end)`, to be read at once, for the buffer is used again. */
export type OnFrame = (bytes: Buffer, start: number, end: number) => void;

export interface RawClientOptions {
  readonly port: number;
  readonly path: string;
  /** The WebSocket subprotocol; undefined for none. */
  readonly protocol: string | undefined;
  /** A text message sent as soon as the connection stands. */
  readonly greeting: string | undefined;
  readonly onFrame: OnFrame;
}

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const HEAD_END = '\r\n\r\n';
const shared = Buffer.allocUnsafe(65_536);

export class RawClient {
  readonly #options: RawClientOptions;
  readonly #socket: Socket;
  /** The answer to the upgrade, until it is whole; undefined afterwards. */
  #greeted: string | undefined = '';
  readonly #head = Buffer.alloc(10);
  #headBytes = 0;
  /** A frame that came in several pieces, and how much of it is here. */
  #partial: { readonly opcode: number; readonly payload: Buffer; bytes: number } | undefined;
  #isOpen = false;

  /** Resolves when the connection stands; rejects when it was refused. */
  static open(options: RawClientOptions): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const client: RawClient = new RawClient(options, () => resolve(client), reject);
    });
  }

  private constructor(
    options: RawClientOptions,
    private readonly opened: () => void,
    private readonly refused: (error: Error) => void,
  ) {
    this.#options = options;
    const { port, path, protocol } = options;
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: shared,
        callback: (bytes) => {
          this.#read(shared, bytes);
          return true;
        },
      },
    });
    this.#socket.setNoDelay(true);
    this.#socket.once('error', (error) => refused(error));
    this.#socket.once('close', () => {
      this.#isOpen = false;
      refused(new Error('the connection was closed before it stood'));
    });
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    ];
    this.#socket.write(lines.join('\r\n') + HEAD_END);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send(text: string): void {
    this.#write(TEXT, Buffer.from(text));
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Clients must mask; with a key of zeros the payload stays what it is. */
  #write(opcode: number, payload: Buffer): void {
    const isShort = payload.length < 126;
    const frame = Buffer.alloc((isShort ? 6 : 8) + payload.length);
    frame[0] = 0x80 | opcode;
    frame[1] = 0x80 | (isShort ? payload.length : 126);
    if (!isShort) frame.writeUInt16BE(payload.length, 2);
    payload.copy(frame, frame.length - payload.length);
    this.#socket.write(frame);
  }

  #read(bytes: Buffer, length: number): void {
    let at = 0;
    if (this.#greeted !== undefined) {
      this.#greeted += bytes.toString('latin1', 0, length);
      const end = this.#greeted.indexOf(HEAD_END);
      if (end < 0) return;
      if (!this.#greeted.startsWith('HTTP/1.1 101')) {
        this.refused(new Error(this.#greeted.slice(0, end)));
        this.#socket.destroy();
        return;
      }
      at = length - (this.#greeted.length - end - HEAD_END.length);
      this.#greeted = undefined;
      this.#isOpen = true;
      if (this.#options.greeting !== undefined) this.send(this.#options.greeting);
      this.opened();
    }
    while (at < length)
      at = this.#partial ? this.#goOn(this.#partial, bytes, at, length) : this.#begin(bytes, at, length);
  }

  /** Reads one byte of a frame's head, and the payload too when that is whole; the result is where to go on. */
  #begin(bytes: Buffer, from: number, length: number): number {
    const head = this.#head;
    head[this.#headBytes++] = bytes[from] as number;
    const at = from + 1;
    const size = (head[1] as number) & 127;
    if (this.#headBytes < 2) return at;
    const headSize = size < 126 ? 2 : size === 126 ? 4 : 10;
    if (this.#headBytes < headSize) return at;
    const payloadBytes = size < 126 ? size : size === 126 ? head.readUInt16BE(2) : head.readUInt32BE(6);
    const opcode = (head[0] as number) & 15;
    this.#headBytes = 0;
    if (at + payloadBytes <= length) {
      this.#take(opcode, bytes, at, at + payloadBytes);
      return at + payloadBytes;
    }
    this.#partial = { opcode, payload: Buffer.allocUnsafe(payloadBytes), bytes: 0 };
    return at;
  }

  #goOn(
    partial: { readonly opcode: number; readonly payload: Buffer; bytes: number },
    bytes: Buffer,
    from: number,
    length: number,
  ): number {
    const { opcode, payload } = partial;
    const copied = bytes.copy(payload, partial.bytes, from, length);
    partial.bytes += copied;
    if (partial.bytes === payload.length) {
      this.#partial = undefined;
      this.#take(opcode, payload, 0, payload.length);
    }
    return from + copied;
  }

  #take(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === TEXT) this.#options.onFrame(bytes, start, end);
    else if (opcode === PING) this.#write(PONG, Buffer.from(bytes.subarray(start, end)));
    else if (opcode === CLOSE) this.#socket.destroy();
  }
}
