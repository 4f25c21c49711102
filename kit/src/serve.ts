/** Serves one subgraph alone: GraphQL over HTTP and graphql-ws on one port, for callers the gateway has signed. */
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { GraphQLError, parse } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { WebSocketServer } from 'ws';
import { ANONYMOUS, CALLER_HEADER, CallerSeal, tenantOf, type Caller } from './caller.ts';
import { readConfig, type SubgraphName } from './config.ts';
import { Database, withTenant } from './db.ts';
import { answerGraphql } from './graphql-http.ts';
import { listen, readBody, sendError, sendJson, type Listening } from './http.ts';
import { newId } from './id.ts';
import {
  createPlatform,
  maskError,
  type CallContext,
  type Platform,
  type Subgraph,
  type SubgraphRequest,
} from './subgraph.ts';

/** GraphQL over WebSocket closes with this code when the caller does not hold. */
const CLOSE_FORBIDDEN = 4403;

export async function serveSubgraph(
  subgraph: Subgraph,
  platform: Platform,
  options: { readonly host: string; readonly port: number; readonly secret: string },
): Promise<Listening> {
  const seal = new CallerSeal(options.secret);
  const log = platform.log;
  const apollo = new ApolloServer<CallContext>({
    schema: subgraph.schema,
    introspection: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    plugins: [
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      {
        requestDidStart: async () => {
          const beganMs = performance.now();
          return {
            // Masking sees the error alone, so the trace id of its request must be on it.
            didEncounterErrors: async ({ errors, contextValue: { traceId } }) => {
              for (const { extensions } of errors) extensions['traceId'] = traceId;
            },
            willSendResponse: async ({ errors }) => {
              subgraph.meter.record(performance.now() - beganMs, errors !== undefined);
            },
          };
        },
      },
    ],
    formatError: (formatted, error) =>
      error instanceof GraphQLError
        ? maskError(error, error.extensions['traceId'] as string, log).toJSON()
        : formatted,
  });
  await apollo.start();

  /** The verified caller of a request, or undefined after it was answered with the refusal. */
  async function callerOf(request: IncomingMessage, response: ServerResponse): Promise<Caller | undefined> {
    const token = request.headers[CALLER_HEADER];
    try {
      return await seal.verify(typeof token === 'string' ? token : undefined, subgraph.name);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      sendError(response, 401, String(error.extensions['code']), error.message);
      return undefined;
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://door').pathname;
    if (path === '/health') return sendJson(response, 200, { status: 'ok', subgraph: subgraph.name });
    const route = subgraph.routes[path];
    if (path !== '/graphql' && !route) {
      return sendError(response, 404, 'BAD_REQUEST', 'There is nothing at this path.');
    }
    const caller = await callerOf(request, response);
    if (!caller) return;
    if (route) {
      const text = request.method === 'POST' ? await readBody(request) : '';
      return sendJson(response, 200, await route(text ? JSON.parse(text) : undefined));
    }
    const traceId = String(request.headers['x-trace-id'] ?? newId());
    return withTenant(tenantOf(caller), () =>
      answerGraphql(apollo, request, response, async () => subgraph.contextOf(caller, traceId)),
    );
  }

  const listening = await listen(options.host, options.port, answer, (err) =>
    log.error({ err }, 'a request met a fault'),
  );

  const sockets = new WebSocketServer({ server: listening.server, path: '/graphql' });
  const streams = useServer<Record<string, unknown>, { caller: Caller }>(
    {
      onConnect: async (connection) => {
        const token = connection.connectionParams?.[CALLER_HEADER];
        try {
          connection.extra.caller = await seal.verify(
            typeof token === 'string' ? token : undefined,
            subgraph.name,
          );
          return true;
        } catch (error) {
          if (!(error instanceof GraphQLError)) throw error;
          connection.extra.socket.close(CLOSE_FORBIDDEN, String(error.extensions['code']));
          return false;
        }
      },
      onSubscribe: (connection, _id, payload) => {
        // One connection carries the streams of many requests; where they do not say their trace, it is the opener's.
        const traceId = payload.extensions?.['traceId'] ?? connection.connectionParams?.['x-trace-id'];
        const request: SubgraphRequest = {
          query: payload.query,
          variables: payload.variables ?? undefined,
          operationName: payload.operationName ?? undefined,
          caller: connection.extra.caller ?? ANONYMOUS,
          traceId: typeof traceId === 'string' ? traceId : newId(),
        };
        try {
          return { schema: subgraph.schema, document: parse(payload.query), contextValue: request };
        } catch (error) {
          return [error as GraphQLError];
        }
      },
      // The Subgraph value answers itself: scope, masking and context are the same as in process.
      execute: (args) => subgraph.execute(args.contextValue as SubgraphRequest),
      subscribe: (args) => subgraph.subscribe(args.contextValue as SubgraphRequest),
    },
    sockets,
  );

  return {
    ...listening,
    close: async () => {
      await streams.dispose();
      await listening.close();
      await apollo.stop();
    },
  };
}

/** The whole life of a process that serves one subgraph: read the configuration, start, stop on a signal. */
export async function runSubgraph(
  name: SubgraphName,
  create: (platform: Platform) => Promise<Subgraph> | Subgraph,
): Promise<void> {
  const config = readConfig();
  if (!config.databaseUrl)
    throw new Error('DATABASE_URL must name the database when a subgraph is served alone');
  if (!config.callerSecret) throw new Error('GRIDWORKS_CALLER_SECRET must be shared with the gateway');
  const db = new Database(config.databaseUrl);
  const platform = createPlatform(config, db, name);
  const subgraph = await create(platform);
  await subgraph.start();
  await platform.bus.start();
  const { port } = new URL(config.subgraphUrls[subgraph.name]);
  const served = await serveSubgraph(subgraph, platform, {
    host: config.host,
    port: Number(port),
    secret: config.callerSecret,
  });
  platform.log.info({ port: served.port }, `${subgraph.name} is served`);
  platform.reporter.start(subgraph.sdl);

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void (async () => {
      await served.close();
      await subgraph.stop();
      await platform.reporter.stop();
      await platform.bus.stop();
      await db.close();
      process.exit(0);
    })();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
