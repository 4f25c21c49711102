/** GraphQL over WebSocket: real sockets for `Connection`, and the care of their lives. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer, type RawData } from 'ws';
import { credentialsOfHeaders } from '../guard/guard.ts';
import { Connection, type Peer } from './connection.ts';
import { writeTexts, type Ending } from './frame.ts';
import type { Live } from './live.ts';
import { CLOSE, PROTOCOL } from './protocol.ts';
import type { Visited } from './rounds.ts';

export interface SocketOptions {
  readonly live: Live;
  readonly server: Server;
  readonly path: string;
}

export interface Sockets {
  /** Tells every client that the door closes, and ends within a moment whatever they do. */
  close(): Promise<void>;
}

const CLOSE_GRACE_MS = 400;

/** What is kept for each client beside the protocol is kept on its socket: one object less for each of thousands. */
class ClientSocket extends WebSocket implements Peer, Visited {
  connection: Connection | undefined;
  isAlive = true;
  slice: number | undefined;
  #stream: Duplex | undefined;
  /** Since when more waits than may, by `performance.now`. */
  #slowSinceMs: number | undefined;

  /** Takes up the protocol. */
  begin(live: Live, request: IncomingMessage): void {
    this.#stream = request.socket;
    this.connection = new Connection(live, this, credentialsOfHeaders(request.headers));
    this.slice = live.rounds.add(this);
  }

  sendEach(start: string, ends: readonly Ending[]): boolean {
    if (this.readyState !== this.OPEN || !this.#stream) return true;
    return writeTexts(this.#stream, start, ends);
  }

  awaitDrain(): void {
    if (this.#slowSinceMs !== undefined) return;
    this.#slowSinceMs = performance.now();
    this.#stream?.once('drain', () => {
      this.#slowSinceMs = undefined;
      this.connection?.drained();
    });
  }

  /**
   * Drops a peer that answers no ping: it is gone, whatever TCP believes. A ping waits behind all that waits for a slow
   * peer; that one has longer, and is told that it may come back.
   */
  visit(): void {
    if (this.readyState !== this.OPEN) return;
    if (this.#slowSinceMs !== undefined) return this.#visitSlow(this.#slowSinceMs);
    if (!this.isAlive) return this.terminate();
    this.isAlive = false;
    this.ping();
  }

  #visitSlow(sinceMs: number): void {
    this.isAlive = true;
    const slowMs = this.connection?.live.limits.slowMs ?? 0;
    if (performance.now() - sinceMs > slowMs) this.connection?.close(CLOSE.tryLater, 'Too slow');
  }
}

export function openSockets({ live, server, path }: SocketOptions): Sockets {
  const { log } = live.options;
  const sockets = new WebSocketServer({
    server,
    path,
    maxPayload: live.limits.messageBytesMax,
    // Frames are written beside those of `ws`: see `frame.ts`.
    perMessageDeflate: false,
    handleProtocols: (offered) => offered.has(PROTOCOL) && PROTOCOL,
    WebSocket: ClientSocket,
  });
  sockets.on('error', (error) => log.error({ err: error }, 'the WebSocket server failed'));
  sockets.on('connection', (socket, request) => {
    socket.on('error', onError);
    if (socket.protocol !== PROTOCOL) {
      return socket.close(CLOSE.protocolUnknown, 'Subprotocol not acceptable');
    }
    socket.begin(live, request);
    socket.on('message', onMessage);
    socket.on('pong', onPong);
    socket.on('close', onClose);
  });

  // One function each for all sockets, which `this` tells apart.
  function onMessage(this: WebSocket, data: RawData): void {
    const { connection } = this as ClientSocket;
    try {
      connection?.receive(textOf(data));
    } catch (error) {
      log.error({ err: error }, 'a WebSocket message met a fault');
      connection?.close(CLOSE.fault, 'Internal server error');
    }
  }

  function onPong(this: WebSocket): void {
    (this as ClientSocket).isAlive = true;
  }

  function onClose(this: WebSocket): void {
    const socket = this as ClientSocket;
    socket.connection?.closed();
    if (socket.slice !== undefined) live.rounds.remove(socket, socket.slice);
  }

  // The socket closes itself with the right code (a message too large, a broken frame); nobody else needs to know.
  function onError(error: Error): void {
    log.debug({ err: error }, 'a WebSocket failed');
  }

  return {
    close: async () => {
      const ended = new Promise<void>((resolve) => sockets.close(() => resolve()));
      for (const socket of sockets.clients) socket.close(CLOSE.goingAway, 'Going away');
      const grace = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, CLOSE_GRACE_MS);
      await ended;
      clearTimeout(grace);
    },
  };
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
