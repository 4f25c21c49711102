/**
 * The graph of the fan-out: a market that streams ticks, and research that knows more about each tick's instrument.
 * Both run in the process that also holds the clients, so that one clock tells when a tick left and when it arrived.
 */
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { EventEmitter, on } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n';

export const MARKET_SDL: Readonly<Record<'market' | 'research', string>> = {
  market: `${LINK}
    type Query { instrument(symbol: String!): Instrument }
    type Instrument @key(fields: "symbol") { symbol: String! }
    type Tick { sequence: Int! at: Float! price: Float! quantity: Int! instrument: Instrument! }
    type Subscription { ticks(room: String!): Tick! }
  `,
  research: `${LINK}
    type Query { covered: Int }
    type Instrument @key(fields: "symbol") { symbol: String! name: String annualisedVolatility: Float }
  `,
};

/** What every client of the fan-out asks for: each tick joined with two fields of another subgraph. */
export const WATCH =
  'subscription Watch($room: String!) { ticks(room: $room) { sequence at price quantity instrument { symbol name annualisedVolatility } } }';

export interface Tick {
  readonly sequence: number;
  /** When it left, by the clock of this process. */
  readonly at: number;
  readonly price: number;
  readonly quantity: number;
  readonly instrument: { readonly symbol: string };
}

const KNOWN = { symbol: 'RELIANCE', name: 'Reliance Industries', annualisedVolatility: 0.2371 };

export function tickOf(sequence: number): Tick {
  return {
    sequence,
    at: performance.now(),
    price: 1_400 + (sequence % 100) / 10,
    quantity: 1 + (sequence % 50),
    instrument: { symbol: KNOWN.symbol },
  };
}

/** The message that a client gets for a tick: the same bytes whoever sends them. */
export function messageOf(tick: Tick): string {
  const data = { ticks: { ...tick, instrument: KNOWN } };
  return JSON.stringify({ id: '1', type: 'next', payload: { data } });
}

const FEED = '/feed/';
const KEEP_ALIVE_MS = 600_000;

/** One query of one room: its events are computed once, however many ask. */
interface Audience {
  readonly document: DocumentNode;
  readonly emitter: EventEmitter;
}

export interface Market {
  readonly urls: Readonly<Record<string, string>>;
  /** Where a plain broadcaster of a room connects: a WebSocket that carries each message as it is to be sent on. */
  feedUrlOf(room: string): string;
  emit(room: string, tick: Tick): Promise<void>;
}

export async function openMarket(): Promise<Market> {
  const market = buildSubgraphSchema({ typeDefs: parse(MARKET_SDL.market) });
  const research = buildSubgraphSchema({
    typeDefs: parse(MARKET_SDL.research),
    resolvers: { Instrument: { __resolveReference: () => KNOWN } },
  });
  const rooms = new Map<string, Map<string, Audience>>();
  const feeds = new Map<WebSocket, string>();

  const marketServer = answering(market);
  const researchServer = answering(research);
  const streams = new WebSocketServer({ noServer: true });
  const broadcasters = new WebSocketServer({ noServer: true });
  marketServer.on('upgrade', (request, socket, head) => {
    const server = request.url?.startsWith(FEED) ? broadcasters : streams;
    server.handleUpgrade(request, socket, head, (opened) => server.emit('connection', opened, request));
  });
  broadcasters.on('connection', (socket, request) => {
    feeds.set(socket, request.url?.slice(FEED.length) ?? '');
    socket.once('close', () => feeds.delete(socket));
  });
  useServer(
    {
      onSubscribe: (_context, _id, { query, variables }) => ({
        schema: market,
        document: parse(query),
        contextValue: { query },
        variableValues: variables ?? {},
      }),
      subscribe: ({ document, contextValue, variableValues }) => {
        const { query } = contextValue as { query: string };
        const room = String(Object.values(variableValues ?? {})[0]);
        const audiences = rooms.get(room) ?? new Map<string, Audience>();
        rooms.set(room, audiences);
        const audience = audiences.get(query) ?? { document, emitter: new EventEmitter().setMaxListeners(0) };
        audiences.set(query, audience);
        return eventsOf(audience.emitter);
      },
    },
    streams,
  );

  const marketUrl = await listen(marketServer);
  const researchUrl = await listen(researchServer);
  return {
    urls: { market: `${marketUrl}/graphql`, research: `${researchUrl}/graphql` },
    feedUrlOf: (room) => `${marketUrl.replace('http', 'ws')}${FEED}${room}`,
    emit: async (room, tick) => {
      for (const { document, emitter } of rooms.get(room)?.values() ?? []) {
        if (emitter.listenerCount('event') === 0) continue;
        const result = await execute({
          schema: market,
          document,
          rootValue: { ticks: tick },
          variableValues: { room },
        });
        emitter.emit('event', result);
      }
      for (const [feed, fed] of feeds) if (fed === room) feed.send(messageOf(tick));
    },
  };
}

/** Events as they come; `return` ends the wait at once. */
function eventsOf(emitter: EventEmitter): AsyncIterableIterator<ExecutionResult> {
  const source = on(emitter, 'event') as AsyncIterableIterator<[ExecutionResult]>;
  return {
    next: async () => {
      const step = await source.next();
      return step.done ? { done: true, value: undefined } : { done: false, value: step.value[0] };
    },
    return: async () => {
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Answers GraphQL by POST, each body computed once. */
function answering(schema: GraphQLSchema): Server {
  const kept = new Map<string, string>();
  return createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      void answer(schema, kept, text).then((body) => {
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        });
        response.end(body);
      });
    });
  });
}

async function answer(schema: GraphQLSchema, kept: Map<string, string>, text: string): Promise<string> {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const { query, variables } = JSON.parse(text) as { query: string; variables?: Record<string, unknown> };
  const result = await execute({ schema, document: parse(query), variableValues: variables ?? {} });
  const body = JSON.stringify(result);
  kept.set(text, body);
  return body;
}

function listen(server: Server): Promise<string> {
  // Longer than a run: a connection that is closed just when it is used again would be taken for a gateway's fault.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}
