/** How a fetch travels to a subgraph. The gateway knows subgraphs by nothing else. */
import { doorError } from '@gridworks/kit/caller';
import type { SubgraphName } from '@gridworks/kit/config';
import type { SubgraphRequest } from '@gridworks/kit/subgraph';
import type { Log } from '@gridworks/kit/telemetry';
import { GraphQLError, type ExecutionResult, type GraphQLFormattedError } from 'graphql';

export interface Transport {
  readonly name: SubgraphName;

  /** A query or mutation. Rejects with SUBGRAPH_UNAVAILABLE when the subgraph gave no answer. */
  execute(request: SubgraphRequest): Promise<ExecutionResult>;

  /**
   * A subscription; resolves once the way to the subgraph stands. Rejects with SUBGRAPH_UNAVAILABLE when there is no
   * way. The stream's `next` rejects with SubscriptionRefused when the subgraph said no, with anything else when the
   * way broke; its `return` ends a waiting `next` at once.
   */
  subscribe(request: SubgraphRequest): Promise<AsyncIterableIterator<ExecutionResult>>;

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
