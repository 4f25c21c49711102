/** A client of the door, as tests need one. */
import type { FormattedExecutionResult, GraphQLFormattedError } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: FormattedExecutionResult & { errors?: GraphQLFormattedError[] };
}

export async function post(
  port: number,
  payload: unknown,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answered['body'],
  };
}

export function query(
  port: number,
  text: string,
  variables?: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Answered> {
  return post(port, { query: text, variables }, headers);
}

export interface Listener {
  readonly client: Client;
  /** The next message: an answer, `complete`, the errors that ended the stream, or how the socket closed. */
  next(): Promise<FormattedExecutionResult | Ended>;
  leave(): void;
}

export type Ended =
  | 'complete'
  | { readonly ended: readonly GraphQLFormattedError[] }
  | { readonly closed: number; readonly reason: string };

/** Subscribes over a WebSocket of its own. */
export function listen(
  port: number,
  text: string,
  options: { variables?: Record<string, unknown>; params?: Record<string, unknown> } = {},
): Listener {
  const client = createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...(options.params ? { connectionParams: options.params } : {}),
  });
  const waiting: (FormattedExecutionResult | Ended)[] = [];
  const readers: ((value: FormattedExecutionResult | Ended) => void)[] = [];
  const push = (value: FormattedExecutionResult | Ended): void => {
    const reader = readers.shift();
    if (reader) reader(value);
    else waiting.push(value);
  };
  const leave = client.subscribe(
    { query: text, ...(options.variables ? { variables: options.variables } : {}) },
    {
      next: (value) => push(value as FormattedExecutionResult),
      error: (reason) => {
        if (Array.isArray(reason)) return push({ ended: reason as GraphQLFormattedError[] });
        const { code, reason: why } = reason as { code?: number; reason?: string };
        push({ closed: code ?? 0, reason: why ?? String(reason) });
      },
      complete: () => push('complete'),
    },
  );
  return {
    client,
    next: () => {
      const value = waiting.shift();
      return value === undefined ? new Promise((resolve) => readers.push(resolve)) : Promise.resolve(value);
    },
    leave,
  };
}
