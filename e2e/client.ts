/** A client of the graph as a front-end team would have one: typed operations over HTTP, live ones over graphql-ws. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print, type ExecutionResult } from 'graphql';
import { createClient, type Client as SocketClient } from 'graphql-ws';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEMO_PASSWORD, USERS } from '../prisma/seed/story.ts';
import { SignInDocument } from '@gridworks/schema/operations';
import WebSocket from 'ws';

export interface GraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string };
}
export interface Answer<T> {
  readonly status: number;
  readonly data?: T | null;
  readonly errors?: readonly GraphError[];
}

type Headers = Record<string, string>;

export class GraphClient {
  readonly #sockets: SocketClient[] = [];

  constructor(
    readonly url: string,
    readonly headers: Headers = {},
  ) {}

  /** The same door, with other credentials. */
  as(headers: Headers): GraphClient {
    return new GraphClient(this.url, headers);
  }

  withToken(token: string): GraphClient {
    return this.as({ authorization: `Bearer ${token}` });
  }

  async signedInAs(person: keyof typeof USERS): Promise<GraphClient> {
    const { email, tenantId } = USERS[person];
    const tenant = tenantId === USERS.gopal.tenantId ? 'lotus' : 'gridworks';
    const { signIn } = await this.data(SignInDocument, { input: { tenant, email, password: DEMO_PASSWORD } });
    if (!signIn.session) throw new Error(`could not sign in: ${JSON.stringify(signIn.refusal)}`);
    return this.withToken(signIn.session.accessToken);
  }

  /** The whole answer, errors included. */
  async ask<T, V = object>(document: TypedDocumentNode<T, V> | string, variables?: V): Promise<Answer<T>> {
    const query = typeof document === 'string' ? document : print(document);
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.headers },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, ...((await response.json()) as object) };
  }

  /** The data; throws when there are errors. */
  async data<T, V = object>(document: TypedDocumentNode<T, V> | string, variables?: V): Promise<T> {
    const { data, errors } = await this.ask<T, V>(document, variables);
    if (errors || !data) throw new Error(`unexpected errors: ${JSON.stringify(errors)}`);
    return data;
  }

  /** The code of the first error. */
  async code(query: string, variables?: object): Promise<string | undefined> {
    return (await this.ask(query, variables)).errors?.[0]?.extensions.code;
  }

  /** A live operation; ending the iteration ends it. Every call has a connection of its own. */
  stream<T, V = object>(
    document: TypedDocumentNode<T, V> | string,
    variables?: V,
  ): AsyncIterableIterator<ExecutionResult<T>> {
    const socket = createClient({
      url: `${this.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: this.headers,
      retryAttempts: 0,
    });
    this.#sockets.push(socket);
    const query = typeof document === 'string' ? document : print(document);
    return socket.iterate({
      query,
      variables: variables ?? {},
    }) as AsyncIterableIterator<ExecutionResult<T>>;
  }

  /** The first `count` events of a live operation. */
  async take<T, V = object>(
    document: TypedDocumentNode<T, V> | string,
    variables: V,
    count: number,
  ): Promise<ExecutionResult<T>[]> {
    const events: ExecutionResult<T>[] = [];
    for await (const event of this.stream<T, V>(document, variables)) {
      events.push(event);
      if (events.length === count) break;
    }
    return events;
  }

  async close(): Promise<void> {
    await Promise.all(this.#sockets.splice(0).map(async (socket) => socket.dispose()));
  }
}

/** Asks until the answer holds, for what becomes true by events a moment later; then gives that answer. */
export async function eventually<T>(
  ask: () => Promise<T>,
  holds: (answer: T) => boolean,
  waitMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still not so after ${waitMs} ms: ${JSON.stringify(answer)}`);
    await sleep(50);
  }
}
