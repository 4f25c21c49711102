/** The one public port: GraphQL by HTTP and WebSocket, GraphiQL for people, and what operators and peers ask for. */
import { ANONYMOUS } from '@gridworks/kit/caller';
import { listen, sendError, sendJson } from '@gridworks/kit/http';
import type { Clock } from '@gridworks/kit/time';
import { JWKS_PATH } from '@gridworks/kit/tokens';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatted, tellError } from '../execute/answer.ts';
import type { Ways } from '../supergraph/ways.ts';
import type { Transport } from '../transport/transport.ts';
import { sendFile, type PublicFiles } from './files.ts';
import { ASSETS_PATH, GraphiqlPage, type Example } from './graphiql.ts';
import { answerHook } from './hooks.ts';
import { operationsDesk, type HttpOptions } from './http.ts';
import { Live } from './live.ts';
import { openSockets } from './sockets.ts';

export interface DoorOptions extends Omit<HttpOptions, 'live'> {
  readonly host: string;
  readonly port: number;
  readonly ways: Ways;
  readonly examples: readonly Example[];
  readonly files: PublicFiles;
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
  const { engines, guard, ways, limits, log, clock, meter } = options;
  const { transports } = ways;
  const graphiql = new GraphiqlPage(options.examples);
  const live = new Live({ engines, guard, transports, log, clock });
  const answerOperation = operationsDesk({ engines, guard, live, limits, log, meter });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const traceId = traceOf(request);
    const path = pathOf(request);
    try {
      if (path === GRAPHQL_PATH && !isBrowsing(request)) {
        await answerOperation(request, response, traceId);
      } else {
        response.setHeader('x-trace-id', traceId);
        response.setHeader('x-content-type-options', 'nosniff');
        await answerOther(path, request, response);
      }
    } catch (error) {
      // The client went away in the middle of its own request, or of the answer.
      if (response.destroyed || (request.destroyed && !request.complete)) return;
      const told = tellError(error, { traceId, log });
      // What was broken off must not look whole.
      if (response.headersSent) return void response.destroy();
      response.setHeader('x-trace-id', traceId);
      sendJson(response, 500, { errors: [formatted(told)] });
    }
  }

  /** What stands beside the operations. */
  async function answerOther(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    switch (path) {
      case GRAPHQL_PATH:
        return graphiql.sendPage(response);
      case '/':
        response.writeHead(302, { location: GRAPHQL_PATH }).end();
        return;
      case '/health':
        return sendJson(response, 200, { status: 'ok' });
      case '/ready': {
        const missing = await missingSubgraphs(ways.needed);
        const status = missing.length === 0 ? 'ready' : 'unready';
        return sendJson(response, missing.length === 0 ? 200 : 503, { status, missing });
      }
      case JWKS_PATH:
        response.setHeader('cache-control', 'public, max-age=60');
        return sendJson(response, 200, { keys: await guard.keys() });
    }
    const { bodyBytesMax } = limits;
    if (await answerHook(path, request, response, { transports, bodyBytesMax, log })) return;
    if (path.startsWith(ASSETS_PATH)) {
      const isSent = await graphiql.sendAsset(path.slice(ASSETS_PATH.length), request, response);
      if (isSent) return;
    }
    if (await sendFile(options.files, path, request, response)) return;
    sendError(response, 404, 'BAD_REQUEST', 'There is nothing at this path.');
  }

  const listening = await listen(options.host, options.port, answer, undefined, limits).catch(
    (error: unknown) => {
      live.close();
      throw error;
    },
  );
  const sockets = openSockets({ live, server: listening.server, path: GRAPHQL_PATH });
  return {
    port: listening.port,
    close: async () => {
      live.close();
      await Promise.all([sockets.close(), listening.close()]);
    },
  };
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

function isBrowsing({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html');
}

function traceOf({ headers }: IncomingMessage): string {
  const given = headers['x-trace-id'];
  // Not one of our ids, which cost twenty times as much: a trace is found by its text, never by its order.
  return typeof given === 'string' && TRACE.test(given) ? given : randomUUID();
}

/** The subgraphs that do not answer now. */
async function missingSubgraphs(transports: readonly Transport[]): Promise<string[]> {
  const asked = transports.map(async (transport) => {
    const request = { query: '{__typename}', caller: ANONYMOUS, traceId: randomUUID() };
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
