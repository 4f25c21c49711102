import { ANONYMOUS } from '@gridworks/kit/caller';
import { GraphQLError, buildSchema, type ExecutionResult } from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { Feed } from '../testing/subgraphs.ts';
import { SubscriptionRefused, type StreamRequest } from './transport.ts';
import { Streams, type StreamsOptions } from './ws.ts';

type Stream = AsyncIterableIterator<ExecutionResult>;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

vi.setConfig({ testTimeout: 20_000 });

const TIMEOUT_MS = 5_000;
const DONE = { done: true, value: undefined };

function openStreams(port: number, more: Partial<StreamsOptions> = {}): Streams {
  const streams = new Streams({ url: `ws://127.0.0.1:${port}/graphql`, timeoutMs: TIMEOUT_MS, ...more });
  closing.unshift(async () => streams.close());
  return streams;
}

async function listen(
  handle: (server: WebSocketServer) => void,
): Promise<WebSocketServer & { port: number }> {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: () => GRAPHQL_TRANSPORT_WS_PROTOCOL,
  });
  handle(server);
  await new Promise((resolve) => server.once('listening', resolve));
  closing.push(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

interface Room {
  readonly streams: Streams;
  readonly server: WebSocketServer;
  /** What each connection brought along, in order. */
  readonly params: unknown[];
  readonly traces: unknown[];
  readonly feed: (room: string) => Feed<unknown>;
  readonly emit: (room: string, n: number, text?: string) => void;
  readonly subscribe: (room: string, more?: Partial<StreamRequest>, key?: string) => Promise<Stream>;
}

/** A subgraph whose stream `room` is fed by the test, and streams to it. */
async function open(more: Partial<StreamsOptions> = {}): Promise<Room> {
  const feeds = new Map<string, Feed<unknown>>();
  const feed = (room: string): Feed<unknown> => {
    const known = feeds.get(room) ?? new Feed<unknown>();
    feeds.set(room, known);
    return known;
  };
  const schema = buildSchema(`
    type Query { a: Int }
    type Event { n: Int! text: String faulty: Int }
    type Subscription { events(room: String!): Event refused: Event }
  `);
  const params: unknown[] = [];
  const traces: unknown[] = [];
  const server = await listen((sockets) =>
    useServer(
      {
        schema,
        onConnect: ({ connectionParams }) => void params.push(connectionParams),
        onSubscribe: (_context, _id, { extensions }) => void traces.push(extensions?.['traceId']),
        roots: {
          subscription: {
            events: ({ room }: { room: string }) => feed(room).open(),
            refused: () => {
              throw new GraphQLError('Sign in first.', { extensions: { code: 'UNAUTHENTICATED' } });
            },
          },
        },
      },
      sockets,
    ),
  );
  const streams = openStreams(server.port, more);
  return {
    streams,
    server,
    params,
    traces,
    feed,
    emit: (room, n, text) =>
      feed(room).emit({
        events: { n, text: text ?? null, faulty: () => Promise.reject(new Error('broken')) },
      }),
    subscribe: (room, rest = {}, key = 'anonymous') =>
      streams.open(
        {
          query: 'subscription ($room: String!) { events(room: $room) { n } }',
          variables: { room },
          caller: ANONYMOUS,
          traceId: `trace-${room}`,
          ...rest,
        },
        { key, params: { who: key } },
      ),
  };
}

function event(n: number): object {
  return { done: false, value: { data: { events: { n } } } };
}

function connected(server: WebSocketServer): number {
  return server.clients.size;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe('streams of one caller at one subgraph', () => {
  it('share one connection, and each gets its own events', async () => {
    const { subscribe, feed, emit, server, params, traces } = await open();
    const [a, b] = await Promise.all([subscribe('a'), subscribe('b')]);
    const c = await subscribe('c');
    for (const room of ['a', 'b', 'c']) await feed(room).untilOpened(1);
    for (const room of ['c', 'a', 'b']) emit(room, room.charCodeAt(0));
    expect(await Promise.all([a.next(), b.next(), c.next()])).toEqual([event(97), event(98), event(99)]);
    expect(connected(server)).toBe(1);
    expect(params).toEqual([{ who: 'anonymous' }]);
    expect(traces).toEqual(['trace-a', 'trace-b', 'trace-c']);
  });

  it('do not share it with another caller', async () => {
    const { subscribe, feed, server, params } = await open();
    await Promise.all([subscribe('a', {}, 'asha'), subscribe('a', {}, 'ravi')]);
    await feed('a').untilOpened(2);
    expect(connected(server)).toBe(2);
    expect(params).toEqual(expect.arrayContaining([{ who: 'asha' }, { who: 'ravi' }]));
  });

  it('have a connection alone when they must be isolated', async () => {
    const { subscribe, feed, server } = await open();
    const isolated = await subscribe('a', { isolated: true });
    await Promise.all([subscribe('b'), subscribe('c'), subscribe('d', { isolated: true })]);
    for (const room of ['a', 'b', 'c', 'd']) await feed(room).untilOpened(1);
    expect(connected(server)).toBe(3);
    await isolated.return?.();
    await until(() => connected(server) === 2);
  });

  it('leave without disturbing the others, and end at the subgraph', async () => {
    const { subscribe, feed, emit, server } = await open();
    const [a, b] = await Promise.all([subscribe('a'), subscribe('b')]);
    await Promise.all([feed('a').untilOpened(1), feed('b').untilOpened(1)]);
    const waiting = a.next();
    await a.return?.();
    expect(await waiting).toEqual(DONE);
    await feed('a').untilDeserted();
    emit('b', 1);
    expect(await b.next()).toEqual(event(1));
    expect(connected(server)).toBe(1);
  });

  it('end when the subgraph ends them, without disturbing the others', async () => {
    const { subscribe, feed, emit } = await open();
    const [a, b] = await Promise.all([subscribe('a'), subscribe('b')]);
    await Promise.all([feed('a').untilOpened(1), feed('b').untilOpened(1)]);
    emit('a', 1);
    feed('a').end();
    expect([await a.next(), await a.next(), await a.next()]).toEqual([event(1), DONE, DONE]);
    emit('b', 2);
    expect(await b.next()).toEqual(event(2));
  });

  it('all break, once each, when the subgraph is killed, and open again on a new connection', async () => {
    const { subscribe, feed, emit, server } = await open();
    const [a, b] = await Promise.all([subscribe('a'), subscribe('b')]);
    await Promise.all([feed('a').untilOpened(1), feed('b').untilOpened(1)]);
    emit('b', 1);
    const waiting = a.next();
    waiting.catch(() => undefined);
    expect(await b.next()).toEqual(event(1));
    for (const socket of server.clients) socket.terminate();
    await expect(waiting).rejects.toThrow('closed');
    await expect(b.next()).rejects.toThrow('closed');
    expect([await a.next(), await b.next()]).toEqual([DONE, DONE]);

    const again = await subscribe('a');
    await feed('a').untilOpened(2);
    emit('a', 2);
    expect(await again.next()).toEqual(event(2));
  });

  it('break as well when the subgraph closes normally: events are lost all the same', async () => {
    const { subscribe, feed, server } = await open();
    const a = await subscribe('a');
    await feed('a').untilOpened(1);
    for (const socket of server.clients) socket.close(1000);
    await expect(a.next()).rejects.toThrow('closed (1000');
  });

  it('tell what the subgraph refuses, and leave the others alone', async () => {
    const { subscribe, feed, emit } = await open();
    const a = await subscribe('a');
    const refused = await subscribe('', { query: 'subscription { refused { n } }', variables: {} });
    const error = await refused.next().then(String, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(SubscriptionRefused);
    expect((error as SubscriptionRefused).errors).toMatchObject([
      { message: 'Sign in first.', path: ['refused'], extensions: { code: 'UNAUTHENTICATED' } },
    ]);
    expect(await refused.next()).toEqual(DONE);
    await feed('a').untilOpened(1);
    emit('a', 1);
    expect(await a.next()).toEqual(event(1));
  });

  it('go on after an event with a fault, which keeps its place', async () => {
    const { subscribe, feed, emit } = await open();
    const a = await subscribe('a', {
      query: 'subscription ($room: String!) { events(room: $room) { n faulty } }',
    });
    await feed('a').untilOpened(1);
    for (const n of [1, 2]) {
      emit('a', n);
      const step = (await a.next()) as { value: ExecutionResult };
      expect(step.value.data).toEqual({ events: { n, faulty: null } });
      expect(step.value.errors?.[0]).toBeInstanceOf(GraphQLError);
      expect(step.value.errors?.[0]?.path).toEqual(['events', 'faulty']);
    }
  });
});

describe('a connection for streams', () => {
  it('closes some time after its last stream has left', async () => {
    const { subscribe, feed, server } = await open({ idleMs: 20 });
    const stream = await subscribe('a');
    await feed('a').untilOpened(1);
    const codes: number[] = [];
    for (const socket of server.clients) socket.on('close', (code) => codes.push(code));
    await stream.return?.();
    await until(() => connected(server) === 0);
    expect(codes).toEqual([1000]);
    await subscribe('a');
    await feed('a').untilOpened(2);
    expect(connected(server)).toBe(1);
  });

  it('stays when another stream comes in time', async () => {
    const { subscribe, feed, emit, server, params } = await open({ idleMs: 60 });
    const first = await subscribe('a');
    await first.return?.();
    const second = await subscribe('b');
    await feed('b').untilOpened(1);
    // Longer than it would have stayed.
    await new Promise((resolve) => setTimeout(resolve, 120));
    emit('b', 1);
    expect(await second.next()).toEqual(event(1));
    expect([connected(server), params.length]).toEqual([1, 1]);
  });

  it('is cut with the streams on it when the way is closed', async () => {
    const { streams, subscribe, feed, server } = await open();
    const stream = await subscribe('a');
    await feed('a').untilOpened(1);
    streams.close();
    await expect(stream.next()).rejects.toThrow('given up');
    await until(() => connected(server) === 0);
    await feed('a').untilDeserted();
  });

  it('is given up when the subgraph answers no ping', async () => {
    const server = await listen((sockets) =>
      sockets.on('connection', (socket: WebSocket) =>
        socket.on('message', (data: Buffer) => {
          if (String(data).includes('connection_init')) socket.send('{"type":"connection_ack"}');
        }),
      ),
    );
    const streams = openStreams(server.port, { pingMs: 20 });
    const stream = await streams.open(ask(), { key: '', params: {} });
    const error = (await stream.next().catch((reason: unknown) => reason)) as Error;
    expect(error.cause).toMatchObject({ message: 'the subgraph fell silent' });
  });

  it('lives on pongs alone', async () => {
    let pings = 0;
    const server = await listen((sockets) =>
      sockets.on('connection', (socket: WebSocket) =>
        socket.on('message', (data: Buffer) => {
          const { type } = JSON.parse(String(data)) as { type: string };
          if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
          if (type !== 'ping') return;
          pings += 1;
          if (pings < 5) return socket.send('{"type":"pong"}');
          socket.send('{"type":"pong"}');
          socket.send('{"id":"1","type":"next","payload":{"data":{"n":1}}}');
        }),
      ),
    );
    const streams = openStreams(server.port, { pingMs: 20 });
    const stream = await streams.open(ask(), { key: '', params: {} });
    expect(await stream.next()).toEqual({ done: false, value: { data: { n: 1 } } });
    expect(pings).toBeGreaterThanOrEqual(5);
  });

  it('answers the pings of the subgraph', async () => {
    const heard: unknown[] = [];
    const server = await listen((sockets) =>
      sockets.on('connection', (socket: WebSocket) =>
        socket.on('message', (data: Buffer) => {
          heard.push((JSON.parse(String(data)) as { type: string }).type);
          if (heard.length === 1) socket.send('{"type":"connection_ack"}');
          if (heard.length === 2) socket.send('{"type":"ping"}');
        }),
      ),
    );
    await openStreams(server.port).open(ask(), { key: '', params: {} });
    await until(() => heard.length === 3);
    expect(heard).toEqual(['connection_init', 'subscribe', 'pong']);
  });

  it.each<[what: string, answer: (socket: WebSocket) => void]>([
    ['refuses it', (socket) => socket.close(4403, 'CALLER_INVALID')],
    ['never takes it', () => undefined],
    ['speaks something else', (socket) => socket.send('hello')],
    ['speaks as a client', (socket) => socket.send('{"type":"connection_init"}')],
    ['breaks off', (socket) => socket.terminate()],
  ])('does not come to stand when the subgraph %s, for all who wait for it', async (_what, answer) => {
    let connections = 0;
    const server = await listen((sockets) =>
      sockets.on('connection', (socket: WebSocket) => {
        connections += 1;
        socket.on('message', () => answer(socket));
      }),
    );
    const streams = openStreams(server.port, { timeoutMs: 100 });
    const opening = [1, 2].map(() => streams.open(ask(), { key: '', params: {} }));
    for (const each of await Promise.allSettled(opening)) expect(each.status).toBe('rejected');
    expect(connections).toBe(1);
    await expect(streams.open(ask(), { key: '', params: {} })).rejects.toThrow();
    expect(connections).toBe(2);
  });

  it('does not come to stand where nobody listens', async () => {
    const server = await listen(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    await expect(openStreams(server.port).open(ask(), { key: '', params: {} })).rejects.toThrow();
  });
});

describe('a reader who is slow', () => {
  const EVENTS = 1_500;
  /** So much that no buffer on the way holds it all. */
  const TEXT = 'x'.repeat(10_000);
  const BIG = 'subscription ($room: String!) { events(room: $room) { n text } }';

  async function readAll(stream: Stream): Promise<number[]> {
    const seen: number[] = [];
    while (seen.length < EVENTS) {
      const step = await stream.next();
      if (step.done) break;
      seen.push((step.value.data as { events: { n: number } }).events.n);
    }
    return seen;
  }

  function flood({ emit }: Room, room: string): void {
    for (let n = 1; n <= EVENTS; n++) emit(room, n, TEXT);
  }

  const ALL = Array.from({ length: EVENTS }, (_, index) => index + 1);

  it('loses nothing while it is alone, however long it takes, and the subgraph has to wait', async () => {
    const room = await open({ lagMs: 1, pingMs: 10 });
    const stream = await room.subscribe('a', { query: BIG });
    await room.feed('a').untilOpened(1);
    flood(room, 'a');
    // Many times what it might lag or be silent, if it were not alone.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const [socket] = room.server.clients;
    expect(socket?.bufferedAmount).toBeGreaterThan(0);
    expect(await readAll(stream)).toEqual(ALL);
  });

  it('does not hold up a stream that is isolated, nor is held up by it', async () => {
    const room = await open({ lagMs: 60_000 });
    const slow = await room.subscribe('slow', { query: BIG, isolated: true });
    const other = await room.subscribe('other');
    await Promise.all([room.feed('slow').untilOpened(1), room.feed('other').untilOpened(1)]);
    flood(room, 'slow');
    for (const n of [1, 2, 3]) {
      room.emit('other', n);
      expect(await other.next()).toEqual(event(n));
    }
    expect(await readAll(slow)).toEqual(ALL);
  });

  it('is broken off when it holds others up for too long; they go on and miss nothing', async () => {
    const room = await open({ lagMs: 30 });
    const slow = await room.subscribe('slow', { query: BIG });
    const other = await room.subscribe('other');
    await Promise.all([room.feed('slow').untilOpened(1), room.feed('other').untilOpened(1)]);
    flood(room, 'slow');
    for (const n of [1, 2, 3]) {
      room.emit('other', n);
      expect(await other.next()).toEqual(event(n));
    }
    await room.feed('slow').untilDeserted();
    const seen: number[] = [];
    const error = await (async () => {
      for await (const { data } of slow) seen.push((data as { events: { n: number } }).events.n);
    })().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: 'the reader of the stream held others up' });
    expect(seen.length).toBeLessThan(EVENTS);
    expect(seen).toEqual(ALL.slice(0, seen.length));
    expect(connected(room.server)).toBe(1);
  });

  it('is not joined by newcomers while it holds its connection up', async () => {
    const room = await open({ lagMs: 60_000 });
    const slow = await room.subscribe('slow', { query: BIG });
    await room.feed('slow').untilOpened(1);
    flood(room, 'slow');
    // Those who come before the connection is held up still join it.
    let newcomer = slow;
    for (let count = 1; connected(room.server) < 2; count++) {
      newcomer = await room.subscribe('other');
      await room.feed('other').untilOpened(count);
    }
    room.emit('other', 1);
    expect(await newcomer.next()).toEqual(event(1));
    expect(await readAll(slow)).toEqual(ALL);
  });
});

function ask(): StreamRequest {
  return { query: 'subscription { a }', caller: ANONYMOUS, traceId: 'a-trace' };
}
