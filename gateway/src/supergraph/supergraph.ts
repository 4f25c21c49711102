/** The composed graph, loaded once and read by planning and execution. */
import { Supergraph, type Schema } from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';

export interface LoadedSupergraph {
  readonly planner: QueryPlanner;
  /** What clients may ask for, as the planner's types and as graphql's. */
  readonly api: Schema;
  readonly apiSchema: GraphQLSchema;
  /** The api with everything that only federation sees. */
  readonly schema: GraphQLSchema;
}

/** Loads a composed supergraph; throws when the text is not one. */
export function loadSupergraph(text: string): LoadedSupergraph {
  const supergraph = Supergraph.build(text, { validateSupergraph: false });
  const api = supergraph.apiSchema();
  return {
    planner: new QueryPlanner(supergraph),
    api,
    apiSchema: api.toGraphQLJSSchema(),
    schema: supergraph.schema.toGraphQLJSSchema(),
  };
}
