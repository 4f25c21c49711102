/** What the executor of plans calls: each subgraph as a data source over its transport. */
import type { GraphQLDataSource } from '@apollo/gateway';
import type { Caller, DoorCode } from '@gridworks/kit/caller';
import { GraphQLError, Kind, parse, type GraphQLFormattedError, type SelectionSetNode } from 'graphql';
import type { Transport } from '../transport/transport.ts';

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

export function dataSourceOf(transport: Transport): GraphQLDataSource {
  return {
    async process(options) {
      const passage = options.context as Passage;
      const { query = '', variables, operationName } = options.request;
      if (passage.lost.has(transport.name)) return { data: null };
      try {
        const { data, errors } = await transport.execute({
          query,
          variables,
          operationName,
          caller: passage.caller,
          traceId: passage.traceId,
        });
        return { data: data ?? null, ...(errors ? { errors: errors.map(fromSubgraph) } : {}) };
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error;
        passage.lost.add(transport.name);
        return { data: null, errors: [{ ...fromSubgraph(error), path: firstPath(query) }] };
      }
    },
  };
}

/** Codes by which a subgraph finds fault with a request that the gateway wrote: no client can mend that. */
const OUR_FAULTS: ReadonlySet<unknown> = new Set<DoorCode>([
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PAYLOAD_TOO_LARGE',
]);

/**
 * An error as a subgraph means it, for an answer that is made of several. `http` says how an HTTP door should answer,
 * which one fetch of many has no say in.
 */
export function fromSubgraph({ message, path, extensions }: GraphQLError): GraphQLFormattedError {
  const { http: _http, code, ...others } = extensions;
  return {
    message,
    ...(path ? { path } : {}),
    extensions: { ...others, ...(OUR_FAULTS.has(code) ? {} : { code }) },
  };
}

/**
 * The path, within a fetch's own answer, of the first field that it would have brought. The executor turns it into
 * the path in the client's answer, so that an error of a whole fetch still says where it is felt.
 */
function firstPath(query: string): (string | number)[] {
  const [operation] = parse(query, { noLocation: true }).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return [];
  const root = firstField(operation.selectionSet);
  if (root?.name !== '_entities') return root ? [root.response] : [];
  const field = root.selections && firstField(root.selections);
  return ['_entities', 0, ...(field ? [field.response] : [])];
}

function firstField(
  selections: SelectionSetNode,
): { name: string; response: string; selections: SelectionSetNode | undefined } | undefined {
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FIELD && selection.name.value !== '__typename') {
      const name = selection.name.value;
      return { name, response: selection.alias?.value ?? name, selections: selection.selectionSet };
    }
    const inner = selection.kind === Kind.INLINE_FRAGMENT ? firstField(selection.selectionSet) : undefined;
    if (inner) return inner;
  }
  return undefined;
}
