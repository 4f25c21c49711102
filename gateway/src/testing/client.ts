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

export interface EventReader {
  readonly status: number;
  readonly headers: Headers;
  /** The next event that is no comment; undefined when the response has ended. */
  next(): Promise<ServerSentEvent | undefined>;
  /** The whole body, for an answer that is no stream. */
  json(): Promise<FormattedExecutionResult>;
  leave(): void;
}

export interface ServerSentEvent {
  readonly event: string;
  readonly id?: string;
  readonly data: unknown;
}

/** Asks for one operation as a stream of events, by POST or GET. */
export async function listenByEvents(
  port: number,
  payload: { query: string; variables?: Record<string, unknown> },
  options: { method?: 'GET' | 'POST'; headers?: Record<string, string> } = {},
): Promise<EventReader> {
  const leaving = new AbortController();
  const url = new URL(`http://127.0.0.1:${port}/graphql`);
  const isGet = options.method === 'GET';
  if (isGet) {
    url.searchParams.set('query', payload.query);
    if (payload.variables) url.searchParams.set('variables', JSON.stringify(payload.variables));
  }
  const response = await fetch(url, {
    method: options.method ?? 'POST',
    headers: {
      accept: 'text/event-stream',
      ...(isGet ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(isGet ? {} : { body: JSON.stringify(payload) }),
    signal: leaving.signal,
  });
  const events = eventsOf(response);
  return {
    status: response.status,
    headers: response.headers,
    next: async () => (await events.next()).value,
    json: async () => (await response.json()) as FormattedExecutionResult,
    leave: () => leaving.abort(),
  };
}

async function* eventsOf({ body }: Response): AsyncGenerator<ServerSentEvent, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
      ) as { event?: string; id?: string; data?: string };
      text = text.slice(end + 2);
      if (fields.event === undefined) continue;
      const data = fields.data ? (JSON.parse(fields.data) as unknown) : fields.data;
      yield { event: fields.event, ...(fields.id === undefined ? {} : { id: fields.id }), data };
    }
  }
  return undefined;
}
