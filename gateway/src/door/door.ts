/** The one public port: GraphQL by HTTP and WebSocket, GraphiQL for people, and what operators and peers ask for. */
import type { ApolloServer } from '@apollo/server';
import { ANONYMOUS } from '@gridworks/kit/caller';
import { answerGraphql } from '@gridworks/kit/graphql-http';
import { listen, sendError, sendJson } from '@gridworks/kit/http';
import { newId } from '@gridworks/kit/id';
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import { JWKS_PATH } from '@gridworks/kit/tokens';
import type { GraphQLError } from 'graphql';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatted, tellError } from '../execute/answer.ts';
import { passageOf } from '../execute/fetch.ts';
import type { Guard, Identity } from '../guard/guard.ts';
import type { Plans } from '../plan/plan.ts';
import type { SubscribeOptions } from '../subscribe/subscribe.ts';
import type { Transport } from '../transport/transport.ts';
import type { Visit } from './apollo.ts';
import { sendFile, type PublicFiles } from './files.ts';
import { ASSETS_PATH, GraphiqlPage, type Example } from './graphiql.ts';
import { credentialsOfHeaders, openSockets } from './sockets.ts';

export interface DoorOptions extends SubscribeOptions {
  readonly host: string;
  readonly port: number;
  readonly apollo: ApolloServer<Visit>;
  readonly plans: Plans;
  readonly guard: Guard;
  readonly examples: readonly Example[];
  readonly files: PublicFiles;
  readonly log: Log;
  readonly clock: Clock;
}

export interface Door {
  readonly port: number;
  close(): Promise<void>;
}

const GRAPHQL_PATH = '/graphql';
const READY_MS = 2_000;
/** What a client may call its own trace; anything else is replaced. */
const TRACE = /^[\w-]{8,64}$/;

export async function openDoor(options: DoorOptions): Promise<Door> {
  const { apollo, guard, log } = options;
  const graphiql = new GraphiqlPage(options.examples);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const traceId = traceOf(request);
    response.setHeader('x-trace-id', traceId);
    response.setHeader('x-content-type-options', 'nosniff');
    try {
      await route(request, response, traceId);
    } catch (error) {
      // The client went away in the middle of its own request, or of the answer.
      if (response.destroyed || (request.destroyed && !request.complete)) return;
      const told = tellError(error, { traceId, log });
      if (response.headersSent) response.end();
      else sendRefusal(response, told, 500);
    }
  }

  async function route(request: IncomingMessage, response: ServerResponse, traceId: string): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    switch (path) {
      case GRAPHQL_PATH:
        if (isBrowsing(request)) return graphiql.sendPage(response);
        return answerOperation(request, response, traceId);
      case '/':
        response.writeHead(302, { location: GRAPHQL_PATH }).end();
        return;
      case '/health':
        return sendJson(response, 200, { status: 'ok' });
      case '/ready': {
        const missing = await missingSubgraphs([...options.transports.values()]);
        const status = missing.length === 0 ? 'ready' : 'unready';
        return sendJson(response, missing.length === 0 ? 200 : 503, { status, missing });
      }
      case JWKS_PATH:
        response.setHeader('cache-control', 'public, max-age=60');
        return sendJson(response, 200, { keys: await guard.keys() });
    }
    if (path.startsWith(ASSETS_PATH)) {
      const isSent = await graphiql.sendAsset(path.slice(ASSETS_PATH.length), request, response);
      if (isSent) return;
    }
    if (await sendFile(options.files, path, request, response)) return;
    sendError(response, 404, 'BAD_REQUEST', 'There is nothing at this path.');
  }

  async function answerOperation(
    request: IncomingMessage,
    response: ServerResponse,
    traceId: string,
  ): Promise<void> {
    let identity: Identity;
    try {
      identity = await guard.identify(credentialsOfHeaders(request.headers));
    } catch (error) {
      return sendRefusal(response, tellError(error, { traceId, log }), 503);
    }
    const visit: Visit = { ...passageOf(identity.caller, traceId), outcome: { failed: false } };
    try {
      await answerGraphql(apollo, request, response, async () => visit);
    } finally {
      guard.book(identity, visit.outcome.failed || response.statusCode >= 400);
    }
  }

  const listening = await listen(options.host, options.port, answer);
  const sockets = openSockets({ ...options, server: listening.server, path: GRAPHQL_PATH });
  return {
    port: listening.port,
    close: async () => {
      await Promise.all([sockets.close(), listening.close()]);
    },
  };
}

/** A refusal before GraphQL began; its status is its code's own, else the one given. */
function sendRefusal(response: ServerResponse, error: GraphQLError, otherwise: number): void {
  const { status } = (error.extensions['http'] ?? {}) as { status?: number };
  sendJson(response, status ?? otherwise, { errors: [formatted(error)] });
}

function isBrowsing({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html');
}

function traceOf({ headers }: IncomingMessage): string {
  const given = headers['x-trace-id'];
  return typeof given === 'string' && TRACE.test(given) ? given : newId();
}

/** The subgraphs that do not answer now. */
async function missingSubgraphs(transports: readonly Transport[]): Promise<string[]> {
  const asked = transports.map(async (transport) => {
    const request = { query: '{__typename}', caller: ANONYMOUS, traceId: newId() };
    const isThere = await within(READY_MS, transport.execute(request)).then(
      (result) => result?.data != null,
      () => false,
    );
    return isThere ? [] : [transport.name];
  });
  return (await Promise.all(asked)).flat();
}

/** The value, or undefined when it takes longer. */
async function within<T>(limitMs: number, value: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), limitMs)));
  try {
    return await Promise.race([value, limit]);
  } finally {
    clearTimeout(timer);
  }
}
