/** Small real subgraphs for the gateway's tests: federated schemas that run in process or are served by the kit. */
import { buildSubgraphSchema } from '@apollo/subgraph';
import { CallerSeal, doorError, requireUser, type Caller } from '@gridworks/kit/caller';
import { readConfig, type SubgraphName } from '@gridworks/kit/config';
import { Database } from '@gridworks/kit/db';
import type { Listening } from '@gridworks/kit/http';
import { serveSubgraph } from '@gridworks/kit/serve';
import {
  createPlatform,
  maskError,
  type CallContext,
  type Platform,
  type Routes,
  type Subgraph,
} from '@gridworks/kit/subgraph';
import { createLog, type Log } from '@gridworks/kit/telemetry';
import { execute, parse, subscribe, validate, type ExecutionResult } from 'graphql';
import { composeSupergraph } from '../supergraph/compose.ts';
import { httpTransport } from '../transport/http.ts';
import { Inbox } from '../transport/inbox.ts';
import { localTransport } from '../transport/local.ts';
import type { Transport } from '../transport/transport.ts';

export const SECRET = 'a secret of the tests that is long enough';
export const log: Log = createLog('test', 'silent');
/** Nothing here touches a database; the pools never connect. */
const platform: Platform = createPlatform(
  readConfig({ LOG_LEVEL: 'silent' }),
  new Database('postgres://nobody@127.0.0.1:1/none'),
  'test',
);

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@override"])\n`;

type Resolver = (source: never, args: never, context: CallContext) => unknown;
type Resolvers = Record<
  string,
  Record<string, Resolver | { subscribe: Resolver; resolve: (value: unknown) => unknown }>
>;

/** A Subgraph from SDL and resolvers, answering as the kit's own do. */
export function subgraphOf(
  name: SubgraphName,
  sdl: string,
  resolvers: Resolvers,
  routes: Routes = {},
): Subgraph {
  const full = LINK + sdl;
  const schema = buildSubgraphSchema({ typeDefs: parse(full), resolvers: resolvers as never });
  const masked = (result: ExecutionResult, traceId: string): ExecutionResult =>
    result.errors
      ? { ...result, errors: result.errors.map((error) => maskError(error, traceId, log)) }
      : result;
  return {
    name,
    sdl: full,
    schema,
    routes,
    meter: platform.reporter.meter(name),
    contextOf: (caller, traceId) => ({ caller, traceId }),
    async execute({ query, variables, operationName, caller, traceId }) {
      const document = parse(query);
      const errors = validate(schema, document);
      if (errors.length > 0) return { errors };
      const result = await execute({
        schema,
        document,
        contextValue: { caller, traceId },
        variableValues: variables ?? {},
        operationName: operationName ?? null,
      });
      return masked(result, traceId);
    },
    async subscribe({ query, variables, operationName, caller, traceId }) {
      const stream = await subscribe({
        schema,
        document: parse(query),
        contextValue: { caller, traceId },
        variableValues: variables ?? {},
        operationName: operationName ?? null,
      });
      return Symbol.asyncIterator in stream
        ? (stream as AsyncIterableIterator<ExecutionResult>)
        : masked(stream, traceId);
    },
    start: async () => undefined,
    stop: async () => undefined,
  };
}

/** A source of events that tests feed by hand. */
export class Feed<T> {
  readonly #readers = new Set<Inbox<T>>();
  #opened = 0;
  #changed: (() => void)[] = [];

  /** How many readers there ever were. */
  get opened(): number {
    return this.#opened;
  }

  get readers(): number {
    return this.#readers.size;
  }

  open(): AsyncIterableIterator<T> {
    const reader: Inbox<T> = new Inbox<T>({
      pause: () => undefined,
      resume: () => undefined,
      close: () => {
        this.#readers.delete(reader);
        this.#notify();
      },
    });
    this.#readers.add(reader);
    this.#opened += 1;
    this.#notify();
    return reader;
  }

  emit(value: T): void {
    for (const reader of this.#readers) reader.push(value);
  }

  fail(error: Error): void {
    for (const reader of this.#readers) reader.fail(error);
    this.#readers.clear();
  }

  end(): void {
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  /** Resolves when the feed has had this many readers. */
  async untilOpened(count: number): Promise<void> {
    while (this.#opened < count) await new Promise<void>((resolve) => this.#changed.push(resolve));
  }

  /** Resolves when nobody reads. */
  async untilDeserted(): Promise<void> {
    while (this.#readers.size > 0) await new Promise<void>((resolve) => this.#changed.push(resolve));
  }

  #notify(): void {
    for (const each of this.#changed.splice(0)) each();
  }
}

export interface Tick {
  readonly sequence: number;
  readonly price?: number | null | undefined;
  readonly symbol?: string | null;
  readonly peers?: readonly string[];
}

export interface Graph {
  readonly ticks: Feed<Tick>;
  readonly updates: Feed<Tick>;
  /** How often trading still fails to open a stream. */
  readonly stumbles: { left: number };
  readonly subgraphs: Readonly<Record<'trading' | 'ai' | 'users' | 'partners', Subgraph>>;
  readonly supergraph: string;
  readonly api: string;
  /** What trading and ai were asked, in order: `ai:<trace>`. */
  readonly asked: string[];
  /** Resolves before ai answers; replace it to hold ai up. */
  hold: { ai: () => Promise<void> };
  readonly partners: {
    keys: Map<string, Caller>;
    identified: number;
    usage: Map<string, { requests: number; errors: number }>;
    refuseUsage: boolean;
  };
  readonly routes: { users: Record<string, (body: unknown) => Promise<unknown>> };
}

export const NAMES: Readonly<Record<string, string | null>> = {
  INFY: 'Infosys',
  TCS: 'Tata Consultancy',
  GHOST: null,
};

/** The volatility ai gives for a symbol: null for one it does not know, a fault for one it stumbles over. */
export function volatilityOf(symbol: string): number | null {
  if (symbol === 'STUMBLE') throw new Error('secret: the model file at /srv/models is gone');
  return symbol === 'GHOST' ? null : symbol.length / 10;
}

const TRADING = `
  interface Asset { symbol: String! }
  type Instrument implements Asset @key(fields: "symbol") { symbol: String! name: String }
  type Cash implements Asset { symbol: String! amount: Int! }
  union Thing = Instrument | Cash
  type Tick {
    sequence: Int!
    price(scale: Int = 1): Float
    instrument: Instrument
    peers: [Instrument!]!
    asset: Asset
    thing: Thing
    broken: String
    firm: String!
  }
  type Query {
    instrument(symbol: String!): Instrument
    instruments(symbols: [String!]!): [Instrument!]!
    whoami: String!
    broken: String
    forbidden: String
    oddly: String
  }
  type Mutation { rename(symbol: String!, name: String!): Instrument }
  type Subscription {
    ticks(symbols: [String!]!, limit: Int = 5): Tick
    firmTicks: Tick!
    orderUpdates(after: Int): Tick
    mine: Tick
  }
`;

const AI = `
  type Forecast { volatility: Float! horizon: Int! }
  type Instrument @key(fields: "symbol") { symbol: String! forecast(horizon: Int = 1): Forecast risk: Float certain: Float! }
  type Query { mood: String }
`;

const USERS = `
  type User @key(fields: "id") { id: ID! name: String! }
  type Query { me: User }
`;

const PARTNERS = `
  type Query { viewerPartner: String }
`;

/** One graph of four subgraphs, its feeds in the test's hands. */
export function createGraph(): Graph {
  const ticks = new Feed<Tick>();
  const updates = new Feed<Tick>();
  const asked: string[] = [];
  const stumbles = { left: 0 };
  const hold = { ai: async (): Promise<void> => undefined };
  const partners: Graph['partners'] = {
    keys: new Map(),
    identified: 0,
    usage: new Map(),
    refuseUsage: false,
  };
  const routes: Graph['routes'] = { users: {} };
  const instrument = (symbol: string): object => ({
    __typename: 'Instrument',
    symbol,
    name: NAMES[symbol] ?? null,
  });

  const stream = (feed: Feed<Tick>): { subscribe: Resolver; resolve: (value: unknown) => unknown } => ({
    subscribe: () => {
      if (stumbles.left > 0) {
        stumbles.left -= 1;
        throw new Error('secret: the database is starting up');
      }
      return feed.open();
    },
    resolve: (value) => value,
  });
  const trading = subgraphOf('trading', TRADING, {
    Instrument: { __resolveReference: ({ symbol }: { symbol: string }) => instrument(symbol) },
    Tick: {
      price: ({ price }: Tick, { scale }: { scale: number }) => (price == null ? null : price * scale),
      instrument: ({ symbol }: Tick) => (symbol == null ? null : instrument(symbol)),
      peers: ({ peers }: Tick) => (peers ?? []).map(instrument),
      asset: ({ symbol }: Tick) =>
        symbol == null ? { __typename: 'Cash', symbol: 'INR', amount: 7 } : instrument(symbol),
      thing: ({ symbol }: Tick) =>
        symbol == null ? { __typename: 'Cash', symbol: 'INR', amount: 7 } : instrument(symbol),
      broken: () => {
        throw new Error('secret: pool exhausted at 10.0.0.7');
      },
      firm: ({ symbol }: Tick) => symbol,
    },
    Query: {
      instrument: (_: never, { symbol }: { symbol: string }, { traceId }) => {
        asked.push(`trading:${traceId}`);
        return instrument(symbol);
      },
      instruments: (_: never, { symbols }: { symbols: string[] }) => symbols.map(instrument),
      whoami: (_: never, _args: never, { caller }) => JSON.stringify(caller),
      broken: () => {
        throw new Error('secret: relation "trading"."order" does not exist');
      },
      forbidden: () => {
        throw doorError('FORBIDDEN', 'This is for operators.');
      },
      oddly: () => {
        throw doorError('TOKEN_INVALID', 'A field may refuse, too.');
      },
    },
    Mutation: {
      rename: (_: never, { symbol, name }: { symbol: string; name: string }) => ({ symbol, name }),
    },
    Subscription: {
      ticks: stream(ticks),
      firmTicks: stream(ticks),
      orderUpdates: stream(updates),
      mine: {
        subscribe: (_: never, _args: never, { caller }) => {
          requireUser(caller);
          return ticks.open();
        },
        resolve: (value) => value,
      },
    },
  });

  const ai = subgraphOf('ai', AI, {
    Instrument: {
      __resolveReference: async (reference: { symbol: string }, _args: never, _context: CallContext) => {
        await hold.ai();
        return reference.symbol === 'LOST' ? null : reference;
      },
      forecast: ({ symbol }: { symbol: string }, { horizon }: { horizon: number }, { traceId }) => {
        asked.push(`ai:${traceId}`);
        const volatility = volatilityOf(symbol);
        return volatility === null ? null : { volatility, horizon };
      },
      risk: ({ symbol }: { symbol: string }) => volatilityOf(symbol),
      certain: () => 1,
    },
    Query: { mood: () => 'calm' },
  });

  const users = subgraphOf(
    'users',
    USERS,
    {
      User: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `user ${id}` }) },
      Query: {
        me: (_: never, _args: never, { caller }: CallContext) =>
          caller.kind === 'user' ? { id: caller.userId, name: 'Asha' } : null,
      },
    },
    // Looked up late, so that a test can change what the route answers.
    new Proxy({}, { get: (_, path: string) => routes.users[path] }),
  );

  const partnersSubgraph = subgraphOf(
    'partners',
    PARTNERS,
    {
      Query: { viewerPartner: (_: never, _args: never, { caller }: CallContext) => caller.kind },
    },
    {
      '/identify': async (body) => {
        partners.identified += 1;
        return { caller: partners.keys.get((body as { key: string }).key) ?? null };
      },
      '/usage': async (body) => {
        if (partners.refuseUsage) throw new Error('no database');
        const { usage } = body as { usage: { keyId: string; requests: number; errors: number }[] };
        for (const { keyId, requests, errors } of usage) {
          const counts = partners.usage.get(keyId) ?? { requests: 0, errors: 0 };
          partners.usage.set(keyId, {
            requests: counts.requests + requests,
            errors: counts.errors + errors,
          });
        }
        return {};
      },
    },
  );

  const subgraphs = { trading, ai, users, partners: partnersSubgraph };
  const composed = composeSupergraph(
    Object.values(subgraphs).map(({ name, sdl }) => ({ name, url: `http://${name}.test/graphql`, sdl })),
  );
  return { ticks, updates, stumbles, asked, hold, partners, routes, subgraphs, ...composed };
}

/** A subgraph's own server, which can be killed and brought back at the same port. */
export interface Served {
  readonly port: number;
  /** As a killed process: every connection is cut. */
  kill(): Promise<void>;
  revive(): Promise<void>;
}

export async function serve(subgraph: Subgraph): Promise<Served> {
  const options = { host: '127.0.0.1', secret: SECRET };
  let listening: Listening = await serveSubgraph(subgraph, platform, { ...options, port: 0 });
  const { port } = listening;
  const sockets = new Set<{ destroy(): void }>();
  const watch = (): void => {
    listening.server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
  };
  watch();
  let isUp = true;
  return {
    port,
    kill: async () => {
      if (!isUp) return;
      isUp = false;
      for (const socket of sockets) socket.destroy();
      const closed = listening.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    revive: async () => {
      listening = await serveSubgraph(subgraph, platform, { ...options, port });
      watch();
      isUp = true;
    },
  };
}

export type Form = 'local' | 'http';

export interface Reached {
  readonly transports: readonly Transport[];
  readonly served: ReadonlyMap<string, Served>;
  /** Ends the servers; the transports are the gateway's to close. */
  stop(): Promise<void>;
}

/** The ways to the subgraphs of a graph, in process or over the wire. */
export async function reach(graph: Graph, form: Form): Promise<Reached> {
  const subgraphs = Object.values(graph.subgraphs);
  if (form === 'local')
    return { transports: subgraphs.map(localTransport), served: new Map(), stop: async () => undefined };
  const seal = new CallerSeal(SECRET);
  const served = new Map<string, Served>();
  for (const subgraph of subgraphs) served.set(subgraph.name, await serve(subgraph));
  return {
    served,
    transports: subgraphs.map(({ name }) =>
      httpTransport({ name, url: `http://127.0.0.1:${served.get(name)?.port}`, seal, log }),
    ),
    stop: async () => {
      await Promise.all([...served.values()].map((each) => each.kill()));
    },
  };
}
