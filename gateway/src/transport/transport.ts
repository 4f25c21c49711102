/** How a fetch travels to a subgraph. The gateway knows subgraphs by nothing else. */
import { doorError } from '@gridworks/kit/caller';
import type { SubgraphRequest } from '@gridworks/kit/subgraph';
import type { Log } from '@gridworks/kit/telemetry';
import { GraphQLError, type ExecutionResult, type GraphQLFormattedError } from 'graphql';

/** A query or mutation, as the executor asks it. */
export interface FetchRequest extends SubgraphRequest {
  /**
   * The whole JSON body, already written: `{"query":...,"variables":{...}}`. A transport that carries text sends it as
   * it stands and looks at `query` and `variables` no more; one that carries values does not look at it.
   */
  readonly body?: string | undefined;
  /** Only what is no mutation may be asked twice, or once for several. Told from `query` when it is absent. */
  readonly isMutation?: boolean | undefined;
}

/** What a subgraph answered; `data` is the asker's own, to change as it likes. */
export interface FetchAnswer {
  readonly data?: Record<string, unknown> | null | undefined;
  /** Graphql's own from this process, plain ones from a wire. */
  readonly errors?: readonly GraphQLFormattedError[] | undefined;
}

export interface StreamRequest extends SubgraphRequest {
  /**
   * The stream must not be held up or broken by the slow reader of another one: it gets a connection of its own. For
   * streams that promise every event.
   */
  readonly isolated?: boolean | undefined;
}

export interface Transport {
  /** The subgraph's name in the supergraph. */
  readonly name: string;

  /** Whether `execute` sends JSON text, so that a written `body` saves work, or hands over variables as they are. */
  readonly carries: 'text' | 'values';

  /** A query or mutation. Rejects with SUBGRAPH_UNAVAILABLE when the subgraph gave no answer. */
  execute(request: FetchRequest): Promise<FetchAnswer>;

  /**
   * A subscription; resolves once the way to the subgraph stands. Rejects with SUBGRAPH_UNAVAILABLE when there is no
   * way. The stream's `next` rejects with SubscriptionRefused when the subgraph said no, with anything else when the
   * way broke; its `return` ends a waiting `next` at once.
   */
  subscribe(request: StreamRequest): Promise<AsyncIterableIterator<ExecutionResult>>;

  /** A plain route beside GraphQL, at least once. Rejects with SUBGRAPH_UNAVAILABLE when it gave no answer. */
  post(path: string, body: unknown): Promise<unknown>;

  close(): Promise<void>;
}

/** What a client reads about a subgraph that does not answer: its name, and nothing of why. */
export function unavailable(name: string): GraphQLError {
  return doorError('SUBGRAPH_UNAVAILABLE', `${name} is not available at the moment.`);
}

/** The subgraph answered a subscription with request errors instead of a stream. */
export class SubscriptionRefused extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super('the subgraph refused the subscription');
  }
}

/** A route's answer; its own fault is logged here and is SUBGRAPH_UNAVAILABLE to whoever needed it. */
export async function askRoute(
  transport: Transport,
  log: Log,
  path: string,
  body?: unknown,
): Promise<unknown> {
  try {
    return await transport.post(path, body);
  } catch (error) {
    if (error instanceof GraphQLError) throw error;
    log.error({ err: error, subgraph: transport.name, path }, 'a route failed');
    throw unavailable(transport.name);
  }
}

/** Errors as they came over a wire, as values that graphql works with. */
export function revive(errors: readonly GraphQLFormattedError[]): GraphQLError[] {
  return errors.map(
    ({ message, path, extensions }) =>
      new GraphQLError(message, { path: path ?? null, extensions: extensions ?? null }),
  );
}
