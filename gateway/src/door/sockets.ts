/** GraphQL over WebSocket: the same graph, the same callers, and streams. */
import type { ApolloServer } from '@apollo/server';
import { newId } from '@gridworks/kit/id';
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import {
  type GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
} from 'graphql';
import { handleProtocols, makeServer, type Context, type SubscribePayload } from 'graphql-ws';
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { formatted, tellError, tellErrors } from '../execute/answer.ts';
import { passageOf } from '../execute/fetch.ts';
import type { Credentials, Guard, Identity } from '../guard/guard.ts';
import type { Plans } from '../plan/plan.ts';
import { StreamEnded, openSubscription, type Events, type SubscribeOptions } from '../subscribe/subscribe.ts';
import type { Visit } from './apollo.ts';

export interface SocketOptions extends SubscribeOptions {
  readonly server: Server;
  readonly path: string;
  readonly apollo: ApolloServer<Visit>;
  readonly plans: Plans;
  readonly guard: Guard;
  readonly log: Log;
  readonly clock: Clock;
}

/** What belongs to one connection. */
interface Connection {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  identity?: Identity;
  expiry?: NodeJS.Timeout;
}

type Params = Record<string, unknown>;

/** What an accepted operation does once the protocol is ready for its answer. */
type Run = () => Promise<ExecutionResult> | Events;

const MESSAGE_BYTES_MAX = 1_048_576;
const PING_MS = 12_000;
const CLOSE_GRACE_MS = 400;
/** The longest a timer of Node can wait. */
const TIMER_MAX_MS = 2 ** 31 - 1;

const CLOSE = {
  goingAway: 1001,
  fault: 4500,
  badRequest: 4400,
  expired: 4401,
  forbidden: 4403,
  tryLater: 1013,
};

export interface Sockets {
  /** Tells every client that the door closes, and ends within a moment whatever they do. */
  close(): Promise<void>;
}

export function openSockets(options: SocketOptions): Sockets {
  const { apollo, plans, guard, log, clock } = options;

  async function admit({ connectionParams, extra }: Context<Params, Connection>): Promise<boolean> {
    try {
      extra.identity = await guard.identify(credentialsOf(connectionParams ?? {}, extra.request.headers));
    } catch (error) {
      const { code } = tellError(error, { traceId: newId(), log }).extensions;
      extra.socket.close(closeCodeOf(code), String(code));
      return false;
    }
    const { expiresAtMs } = extra.identity;
    if (expiresAtMs !== undefined && extra.socket.readyState === extra.socket.OPEN) {
      const leftMs = Math.min(Math.max(0, expiresAtMs - clock()), TIMER_MAX_MS);
      extra.expiry = setTimeout(() => extra.socket.close(CLOSE.expired, 'TOKEN_EXPIRED'), leftMs);
    }
    return true;
  }

  /** Plans the operation and opens its stream; errors found here end it before it began. */
  async function begin(
    { extra: { identity } }: Context<Params, Connection>,
    { query, operationName, variables }: SubscribePayload,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    if (!identity) throw new Error('an operation came before its connection was admitted');
    const traceId = newId();
    const telling = { traceId, log };
    try {
      const planned = plans.of(query, operationName);
      if (!('kind' in planned)) return refused(identity, planned);
      let run: Run;
      if (planned.kind === 'subscription') {
        const { caller } = identity;
        const asked = { caller, traceId };
        const opened = await openSubscription(options, planned, variables ?? {}, asked, telling);
        if (!('next' in opened)) return refused(identity, opened);
        guard.book(identity, false);
        run = () => opened;
      } else {
        run = () => ask(identity, traceId, { query, operationName, variables });
      }
      return {
        schema: options.supergraph.apiSchema,
        document: planned.document,
        operationName: operationName ?? null,
        contextValue: run,
      };
    } catch (error) {
      return refused(identity, [tellError(error, telling)]);
    }
  }

  function refused(identity: Identity, errors: readonly GraphQLError[]): readonly GraphQLError[] {
    guard.book(identity, true);
    return errors;
  }

  async function ask(
    identity: Identity,
    traceId: string,
    { query, operationName, variables }: SubscribePayload,
  ): Promise<ExecutionResult> {
    const visit: Visit = { ...passageOf(identity.caller, traceId), outcome: { failed: false } };
    const request = {
      query,
      ...(operationName ? { operationName } : {}),
      ...(variables ? { variables } : {}),
    };
    const { body } = await apollo.executeOperation(request, { contextValue: visit });
    guard.book(identity, visit.outcome.failed);
    if (body.kind !== 'single') throw new Error('an answer in parts was not asked for');
    return body.singleResult as ExecutionResult;
  }

  const protocol = makeServer<Params, Connection>({
    onConnect: admit,
    onSubscribe: (context, _id, payload) => begin(context, payload),
    execute: (args) => (args.contextValue as Run)(),
    subscribe: (args) => (args.contextValue as Run)(),
    // Errors of both ways here: plain ones from Apollo Server, graphql's own from streams.
    onNext: (_context, _id, _payload, _args, { data, errors }): FormattedExecutionResult => ({
      ...(data === undefined ? {} : { data }),
      ...(errors ? { errors: errors.map(formatted) } : {}),
    }),
    onError: ({ extra: { identity } }, _id, _payload, errors) => {
      const ended = errors[0]?.originalError;
      if (ended instanceof StreamEnded) {
        if (identity) guard.bookBrokenStream(identity);
        return ended.errors.map(formatted);
      }
      const traceId = newId();
      return tellErrors(errors, { traceId, log }).map(formatted);
    },
    onClose: ({ extra }) => clearTimeout(extra.expiry),
  });

  const sockets = new WebSocketServer({
    server: options.server,
    path: options.path,
    maxPayload: MESSAGE_BYTES_MAX,
    handleProtocols,
  });
  sockets.on('error', (error) => log.error({ err: error }, 'the WebSocket server failed'));
  sockets.on('connection', (socket, request) => {
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        // Resolves when the message has left, so that a slow client slows its own streams down and nobody else's.
        send: (text) =>
          new Promise((resolve, reject) => {
            if (socket.readyState !== socket.OPEN) return resolve();
            socket.send(text, (error) => (error ? reject(error) : resolve()));
          }),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) =>
          socket.on('message', (data) => {
            handle(textOf(data)).catch((error: unknown) => {
              if (socket.readyState !== socket.OPEN) return;
              log.error({ err: error }, 'a WebSocket message met a fault');
              socket.close(CLOSE.fault, 'Internal server error');
            });
          }),
      },
      { socket, request },
    );
    const stopPinging = keepAlive(socket);
    // The socket closes itself with the right code (a message too large, a broken frame); nobody else needs to know.
    socket.on('error', (error) => log.debug({ err: error }, 'a WebSocket failed'));
    socket.once('close', (code, reason) => {
      stopPinging();
      closed(code, String(reason)).catch((error: unknown) =>
        log.error({ err: error }, 'a WebSocket closed badly'),
      );
    });
  });

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

/** Drops a peer that answers no ping: it is gone, whatever TCP believes. */
function keepAlive(socket: WebSocket): () => void {
  let isAlive = true;
  socket.on('pong', () => (isAlive = true));
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, PING_MS);
  return () => clearInterval(timer);
}

/** The credential of a connection: from its parameters, in any case of letters, else from the upgrade request. */
export function credentialsOf(params: Params, headers: IncomingHttpHeaders): Credentials {
  const given = Object.entries(params).map(([name, value]) => [name.toLowerCase(), value] as const);
  const param = (name: string): string | undefined => {
    const value = given.find(([key]) => key === name)?.[1];
    return typeof value === 'string' ? value : undefined;
  };
  const fromParams = { authorization: param('authorization'), apiKey: param('x-api-key') };
  return fromParams.authorization !== undefined || fromParams.apiKey !== undefined
    ? fromParams
    : credentialsOfHeaders(headers);
}

export function credentialsOfHeaders(headers: IncomingHttpHeaders): Credentials {
  const key = headers['x-api-key'];
  return { authorization: headers.authorization, apiKey: Array.isArray(key) ? key[0] : key };
}

function closeCodeOf(code: unknown): number {
  if (code === 'SUBGRAPH_UNAVAILABLE') return CLOSE.tryLater;
  if (code === 'BAD_REQUEST') return CLOSE.badRequest;
  return code === 'INTERNAL_SERVER_ERROR' ? CLOSE.fault : CLOSE.forbidden;
}
