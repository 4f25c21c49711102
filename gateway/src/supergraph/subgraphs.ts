/** Which subgraphs a supergraph is made of, and where it says they are served. */
import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals';

export interface SubgraphAddress {
  readonly name: string;
  /** Of its GraphQL endpoint, as composition was told; it may be empty. */
  readonly url: string;
}

/** Throws a sentence when the text is not a supergraph. */
export function readSubgraphs(text: string): readonly SubgraphAddress[] {
  try {
    const supergraph = Supergraph.build(text, {
      validateSupergraph: false,
      supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
    });
    return supergraph.subgraphsMetadata().map(({ name, url }) => ({ name, url }));
  } catch (error) {
    throw new Error(`this is no composed Federation 2 supergraph: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
