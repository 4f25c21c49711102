/** A WebSocket that says exactly what a test tells it to, and keeps all it hears. */
import WebSocket, { type ClientOptions } from 'ws';

export interface RawSocket {
  readonly socket: WebSocket;
  /** Sends text as it is, anything else as JSON. */
  send(message: unknown): void;
  /** The next message; or how the socket closed, once all messages were taken. */
  next(): Promise<unknown>;
  /** How the socket closed; what it heard until then stays to be taken. */
  closed(): Promise<Closed>;
  /** Says goodbye; resolves when the socket has closed. */
  leave(): Promise<void>;
  /** The socket is gone at once, without a farewell. */
  drop(): void;
}

export interface Closed {
  readonly closed: number;
  readonly reason: string;
}

export const INIT = { type: 'connection_init' };
export const ACK = { type: 'connection_ack' };

export async function openRaw(
  port: number,
  protocol: string | string[] = 'graphql-transport-ws',
  options: ClientOptions = {},
): Promise<RawSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, protocol, options);
  const waiting: unknown[] = [];
  const readers: ((value: unknown) => void)[] = [];
  const hear = (value: unknown): void => {
    const reader = readers.shift();
    if (reader) reader(value);
    else waiting.push(value);
  };
  socket.on('message', (data: Buffer) => hear(JSON.parse(data.toString('utf8'))));
  const closed = new Promise<Closed>((resolve) =>
    socket.once('close', (code, reason) => {
      const how = { closed: code, reason: String(reason) };
      hear(how);
      resolve(how);
    }),
  );
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('error', () => undefined);
  return {
    socket,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next: () =>
      waiting.length > 0 ? Promise.resolve(waiting.shift()) : new Promise((resolve) => readers.push(resolve)),
    closed: () => closed,
    leave: async () => {
      socket.close(1000);
      await closed;
    },
    drop: () => socket.terminate(),
  };
}

/** A socket that has been let in. */
export async function openAdmitted(port: number, options?: ClientOptions): Promise<RawSocket> {
  const raw = await openRaw(port, undefined, options);
  raw.send(INIT);
  const heard = await raw.next();
  if ((heard as typeof ACK).type !== ACK.type) throw new Error(`not let in: ${JSON.stringify(heard)}`);
  return raw;
}

export function subscribe(id: string, query: string, variables?: Record<string, unknown>): object {
  return { id, type: 'subscribe', payload: { query, ...(variables ? { variables } : {}) } };
}
