/** The same conversations with the library's own server and with ours; both must say the same and close alike. */
import { buildSchema, type GraphQLFormattedError } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { openLiveDoor } from '../testing/live-door.ts';
import { INIT, openRaw, subscribe, type RawSocket } from '../testing/raw-socket.ts';
import { Feed, createGraph, type Tick } from '../testing/subgraphs.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Both wait as long; the one conversation that runs into it waits it out. */
const INIT_WAIT_MS = 1_000;

interface Server {
  readonly port: number;
  /** The source of the stream, and how an event comes from it. */
  readonly ticks: Pick<Feed<unknown>, 'opened' | 'readers' | 'untilOpened' | 'untilDeserted' | 'end'>;
  readonly emit: (sequence: number) => void;
}

type Closable = Server & { close(): Promise<void> };

let ours: Closable;
let theirs: Closable;
beforeAll(async () => {
  const door = await openLiveDoor({ limits: { initWaitMs: INIT_WAIT_MS } });
  const { port, graph } = door;
  ours = {
    port,
    ticks: graph.ticks,
    emit: (sequence) => graph.ticks.emit({ sequence }),
    close: () => door.close(),
  };
  theirs = await openReference();
});
afterAll(async () => {
  await ours.close();
  await theirs.close();
});

async function openReference(): Promise<Closable> {
  const ticks = new Feed<{ ticks: Tick }>();
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, path: '/graphql' });
  const served = useServer(
    {
      schema: buildSchema(createGraph().api),
      connectionInitWaitTimeout: INIT_WAIT_MS,
      roots: { query: { mood: 'calm' }, subscription: { ticks: () => ticks.open() } },
    },
    sockets,
  );
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    port: (http.address() as AddressInfo).port,
    ticks,
    emit: (sequence) => ticks.emit({ ticks: { sequence } }),
    close: async () => {
      await served.dispose();
      http.close();
    },
  };
}

const TICKS = 'subscription { ticks(symbols: []) { sequence } }';
const MOOD = '{ mood }';

/** What a client does; the socket's own `next` and `closed` say when. */
type Conversation = (raw: RawSocket, server: Server) => Promise<unknown[]>;

async function heard(raw: RawSocket, count: number): Promise<unknown[]> {
  const messages: unknown[] = [];
  while (messages.length < count) {
    const message = await raw.next();
    messages.push(comparable(message));
    // Nothing comes after it; whoever waited for more would wait for ever.
    if (isClosing(message)) break;
  }
  return messages;
}

function isClosing(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'closed' in message;
}

/** Of errors the message alone: our closed list of codes is our own. */
function comparable(message: unknown): unknown {
  const { type, payload } = message as { type?: string; payload?: GraphQLFormattedError[] };
  if (type !== 'error') return message;
  return { ...(message as object), payload: payload?.map((error) => error.message) };
}

/** Says it and tells how the socket was closed for it, and what came before. */
function fatal(...messages: readonly unknown[]): Conversation {
  return async (raw) => {
    for (const each of messages) raw.send(each);
    await raw.closed();
    return heard(raw, Infinity);
  };
}

const CONVERSATIONS: readonly [what: string, conversation: Conversation][] = [
  [
    'a query and a ping',
    async (raw) => {
      raw.send({ ...INIT, payload: { some: 'parameter' } });
      const ack = await heard(raw, 1);
      raw.send({ type: 'pong' });
      raw.send({ type: 'ping' });
      raw.send({ type: 'ping', payload: null });
      raw.send({ type: 'ping', payload: { at: 1, deep: { list: [null] } } });
      raw.send(subscribe('1', MOOD));
      return [...ack, ...(await heard(raw, 5))];
    },
  ],
  [
    'a ping before the client said who it is',
    async (raw) => {
      raw.send({ type: 'ping' });
      return heard(raw, 1);
    },
  ],
  [
    'a stream that the client ends, and what it asks next by the same id',
    async (raw, { ticks, emit }) => {
      raw.send({ ...INIT, payload: null });
      const ack = await heard(raw, 1);
      const before = ticks.opened;
      raw.send(subscribe('some id', TICKS));
      await ticks.untilOpened(before + 1);
      emit(1);
      emit(2);
      const events = await heard(raw, 2);
      raw.send({ id: 'some id', type: 'complete' });
      await ticks.untilDeserted();
      raw.send(subscribe('some id', MOOD));
      return [...ack, ...events, ...(await heard(raw, 2))];
    },
  ],
  [
    'a stream that ends, and what is asked next by the same id',
    async (raw, { ticks, emit }) => {
      raw.send(INIT);
      const ack = await heard(raw, 1);
      const before = ticks.opened;
      raw.send(subscribe('1', TICKS));
      await ticks.untilOpened(before + 1);
      emit(1);
      ticks.end();
      const ended = await heard(raw, 2);
      raw.send(subscribe('1', MOOD));
      return [...ack, ...ended, ...(await heard(raw, 2))];
    },
  ],
  [
    'an operation that is not valid, and one that is, by the same id',
    async (raw) => {
      raw.send(INIT);
      const ack = await heard(raw, 1);
      raw.send(subscribe('1', '{ colour }'));
      const refused = await heard(raw, 1);
      raw.send(subscribe('1', MOOD));
      return [...ack, ...refused, ...(await heard(raw, 2))];
    },
  ],
  [
    'an end of what never began',
    async (raw) => {
      raw.send(INIT);
      const ack = await heard(raw, 1);
      raw.send({ id: 'nothing', type: 'complete' });
      raw.send(subscribe('1', MOOD));
      return [...ack, ...(await heard(raw, 2))];
    },
  ],
  [
    'operations with everything that may be absent',
    async (raw) => {
      raw.send(INIT);
      const ack = await heard(raw, 1);
      const payload = { query: MOOD, operationName: null, variables: null, extensions: null, more: 1 };
      raw.send({ id: '1', type: 'subscribe', payload, more: 2 });
      return [...ack, ...(await heard(raw, 2))];
    },
  ],
  [
    'messages in binary frames',
    async (raw) => {
      raw.socket.send(Buffer.from(JSON.stringify(INIT)));
      return heard(raw, 1);
    },
  ],
  ['nothing at all', fatal()],
  ['two inits', fatal(INIT, INIT)],
  ['an operation before the init', fatal(subscribe('1', MOOD))],
  [
    'an id that is taken',
    async (raw, server) => {
      raw.send(INIT);
      const before = server.ticks.opened;
      const ack = await heard(raw, 1);
      raw.send(subscribe('é', TICKS));
      await server.ticks.untilOpened(before + 1);
      return [...ack, ...(await fatal(subscribe('é', TICKS))(raw, server))];
    },
  ],
  ...[
    '',
    'nonsense',
    'null',
    '[]',
    '"text"',
    '{}',
    { type: 1 },
    { type: 'unknown' },
    { ...INIT, payload: 'text' },
    { ...INIT, payload: [] },
    { type: 'ping', payload: [] },
    { type: 'pong', payload: 1 },
    { type: 'subscribe', payload: { query: MOOD } },
    { type: 'subscribe', id: '', payload: { query: MOOD } },
    { type: 'subscribe', id: 1, payload: { query: MOOD } },
    { type: 'subscribe', id: '1' },
    { type: 'subscribe', id: '1', payload: {} },
    { type: 'subscribe', id: '1', payload: { query: 1 } },
    { type: 'subscribe', id: '1', payload: { query: MOOD, variables: [] } },
    { type: 'subscribe', id: '1', payload: { query: MOOD, operationName: 1 } },
    { type: 'subscribe', id: '1', payload: { query: MOOD, extensions: 'text' } },
    { type: 'complete' },
    { type: 'complete', id: '' },
  ].map((message): [string, Conversation] => [`the message ${JSON.stringify(message)}`, fatal(message)]),
];

describe('a conversation', () => {
  it.each(CONVERSATIONS)('goes as with the reference: %s', async (_what, conversation) => {
    const own = await openRaw(ours.port);
    const reference = await openRaw(theirs.port);
    const [said, expected] = await Promise.all([conversation(own, ours), conversation(reference, theirs)]);
    expect(said).toEqual(expected);
    expect(said.length).toBeGreaterThan(0);
    await Promise.all([own.leave(), reference.leave()]);
    await Promise.all([ours.ticks.untilDeserted(), theirs.ticks.untilDeserted()]);
  });

  it.each([[[]], [['graphql-transport-ws', 'graphql-ws']], [['graphql-ws', 'graphql-transport-ws']]])(
    'begins by the same subprotocol when the client offers %j',
    async (offered) => {
      const [own, reference] = [await openRaw(ours.port, offered), await openRaw(theirs.port, offered)];
      expect(own.socket.protocol).toBe(reference.socket.protocol);
      if (offered.length === 0) expect(await own.closed()).toEqual(await reference.closed());
      await Promise.all([own.leave(), reference.leave()]);
    },
  );

  it('does not begin by another subprotocol alone', async () => {
    for (const port of [ours.port, theirs.port]) {
      await expect(openRaw(port, 'graphql-ws')).rejects.toThrow('Server sent no subprotocol');
    }
  });

  // The library takes what only a server may say for a fault of its own, and text that is no GraphQL, too.
  it.each([
    ['what only servers say', { type: 'connection_ack' }, 4400],
    ['an answer', { type: 'next', id: '1', payload: {} }, 4400],
  ])('differs on purpose: %s is the fault of the client', async (_what, message, code) => {
    const raw = await openRaw(ours.port);
    raw.send(message);
    expect(await raw.closed()).toEqual({ closed: code, reason: 'Invalid message received' });
  });

  it('differs on purpose: text that is no GraphQL ends the operation, not the connection', async () => {
    const raw = await openRaw(ours.port);
    raw.send(INIT);
    await heard(raw, 1);
    raw.send(subscribe('1', '{'));
    raw.send(subscribe('2', MOOD));
    expect(await heard(raw, 2)).toMatchObject([
      { id: '1', type: 'error' },
      { id: '2', type: 'next' },
    ]);
    await raw.leave();
  });
});
