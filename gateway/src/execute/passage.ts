/** One operation's passage through the gateway: who asks, and what its subgraphs say. */
import type { Caller, DoorCode } from '@gridworks/kit/caller';
import type { GraphQLFormattedError } from 'graphql';

/** One operation on its way through the gateway. */
export interface Passage {
  readonly caller: Caller;
  readonly traceId: string;
  /** Subgraphs that gave no answer to this operation; they are not waited for a second time. */
  readonly lost: Set<string>;
}

export function passageOf(caller: Caller, traceId: string): Passage {
  return { caller, traceId, lost: new Set() };
}

/** Codes by which a subgraph finds fault with a request that the gateway wrote: no client can mend that. */
const OUR_FAULTS: ReadonlySet<unknown> = new Set<DoorCode>([
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PAYLOAD_TOO_LARGE',
]);

/** An error as it came from a subgraph: plain from a wire, graphql's own from this process. */
export interface SubgraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * An error as a subgraph means it, for an answer that is made of several. `http` says how an HTTP door should answer,
 * which one fetch of many has no say in.
 */
export function fromSubgraph({ message, path, extensions }: SubgraphError): GraphQLFormattedError {
  const { http: _http, code, ...others } = extensions ?? {};
  return {
    message,
    ...(path ? { path } : {}),
    extensions: { ...others, ...(OUR_FAULTS.has(code) ? {} : { code }) },
  };
}
