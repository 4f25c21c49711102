/** Composes subgraphs into the supergraph, or says in sentences what stands in the way. */
import { composeServices } from '@apollo/composition';
import { parse, printSchema } from 'graphql';

export interface SubgraphSource {
  readonly name: string;
  /** Where the subgraph is served by default; recorded in the supergraph. */
  readonly url: string;
  readonly sdl: string;
}

export interface Composed {
  /** For the gateway: who owns and can resolve what. */
  readonly supergraph: string;
  /** For clients: types and fields alone. */
  readonly api: string;
  /** What composes but looks unintended, such as a type described in two ways. */
  readonly hints: readonly string[];
}

export function composeSupergraph(subgraphs: readonly SubgraphSource[]): Composed {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
  const result = composeServices(services);
  if (result.errors) {
    const sentences = result.errors.map((error) => error.message.replaceAll('\n', '\n    '));
    throw new Error(`the subgraphs do not compose:\n  ${sentences.join('\n  ')}`);
  }
  return {
    supergraph: result.supergraphSdl,
    api: `${printSchema(result.schema.toAPISchema().toGraphQLJSSchema())}\n`,
    hints: result.hints.map((hint) => hint.message),
  };
}
