/** One subscription over one WebSocket to a subgraph, as a stream that pauses the socket when its reader is slow. */
import type { SubgraphRequest } from '@gridworks/kit/subgraph';
import type { ExecutionResult, FormattedExecutionResult, GraphQLFormattedError } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { Inbox } from './inbox.ts';
import { SubscriptionRefused, revive } from './transport.ts';

const PING_MS = 5_000;
const PONG_MS = 5_000;

export interface StreamOptions {
  readonly url: string;
  /** Connection parameters: the signed caller, the trace. */
  readonly params: Readonly<Record<string, string>>;
  readonly request: SubgraphRequest;
  /** How long the connection may take to stand. */
  readonly timeoutMs: number;
}

/** Resolves when the subgraph has taken the caller; rejects when there is no connection or it has not. */
export function openStream(options: StreamOptions): Promise<AsyncIterableIterator<ExecutionResult>> {
  const { request, timeoutMs } = options;
  let socket: WebSocket | undefined;
  let isPaused = false;
  let silence: NodeJS.Timeout | undefined;

  class BoundedWebSocket extends WebSocket {
    constructor(address: string, protocol: string) {
      super(address, protocol, { handshakeTimeout: timeoutMs });
    }
  }

  const inbox = new Inbox<ExecutionResult>({
    pause: () => {
      isPaused = true;
      socket?.pause();
    },
    resume: () => {
      isPaused = false;
      socket?.resume();
    },
    close: () => leave(),
  });

  const client = createClient({
    url: options.url,
    webSocketImpl: BoundedWebSocket,
    connectionParams: { ...options.params },
    // Whether a lost stream may be opened again is for `subscribe/` to say, not for the client of the protocol.
    retryAttempts: 0,
    connectionAckWaitTimeout: timeoutMs,
    keepAlive: PING_MS,
    on: {
      opened: (connected) => (socket = connected as WebSocket),
      ping: (received) => {
        if (received) return;
        // A paused socket does not read pongs either; the slow reader is no sign of a lost subgraph.
        silence = setTimeout(() => (isPaused ? undefined : socket?.terminate()), PONG_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(silence);
      },
      closed: () => {
        clearTimeout(silence);
        inbox.fail(new Error('the connection to the subgraph was closed'));
        // Otherwise the client of the protocol opens again by itself after a normal closure, and events are lost unseen.
        leave();
      },
    },
  });

  let leave: () => void = () => undefined;
  return new Promise((resolve, reject) => {
    client.on('connected', () => resolve(inbox));
    leave = client.subscribe<Record<string, unknown>>(
      {
        query: request.query,
        ...(request.variables ? { variables: { ...request.variables } } : {}),
        ...(request.operationName === undefined ? {} : { operationName: request.operationName }),
      },
      {
        next: (value) => {
          const result = value as FormattedExecutionResult;
          const errors = result.errors && revive(result.errors);
          if (errors && result.data === undefined) inbox.fail(new SubscriptionRefused(errors));
          else inbox.push(errors ? { ...result, errors } : (result as ExecutionResult));
        },
        error: (reason) => {
          const error = Array.isArray(reason)
            ? new SubscriptionRefused(revive(reason as GraphQLFormattedError[]))
            : new Error('the connection to the subgraph was lost', { cause: reason });
          reject(error);
          inbox.fail(error);
        },
        complete: () => {
          reject(new Error('the connection to the subgraph was closed before it stood'));
          inbox.end();
        },
      },
    );
  });
}
