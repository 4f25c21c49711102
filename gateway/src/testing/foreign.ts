/** A subgraph of somebody else: plain GraphQL over HTTP at an address of its own, which knows nothing of sealed callers. */
import { buildSubgraphSchema } from '@apollo/subgraph';
import { listen, readBody, sendJson } from '@gridworks/kit/http';
import { graphql, parse } from 'graphql';
import { composeSupergraph } from '../supergraph/compose.ts';

type Resolvers = Readonly<Record<string, Readonly<Record<string, (source: never, args: never) => unknown>>>>;

export interface ForeignSubgraph {
  readonly name: string;
  readonly sdl: string;
  readonly resolvers: Resolvers;
  /** Of its endpoint. */
  readonly path: string;
}

export interface Foreign extends ForeignSubgraph {
  readonly url: string;
  /** How many requests it has answered. */
  readonly answered: () => number;
  close(): Promise<void>;
}

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n`;

export async function serveForeign(subgraph: ForeignSubgraph): Promise<Foreign> {
  const { path, sdl, resolvers } = subgraph;
  const schema = buildSubgraphSchema({ typeDefs: parse(LINK + sdl), resolvers: resolvers as never });
  let answered = 0;
  const listening = await listen('127.0.0.1', 0, async (request, response) => {
    if (request.url !== path) return sendJson(response, 404, {});
    const { query, variables } = JSON.parse((await readBody(request)) ?? '') as {
      query: string;
      variables?: Record<string, unknown>;
    };
    answered += 1;
    sendJson(response, 200, await graphql({ schema, source: query, variableValues: variables }));
  });
  return {
    ...subgraph,
    url: `http://127.0.0.1:${listening.port}${path}`,
    answered: () => answered,
    close: () => listening.close(),
  };
}

/** The supergraph of foreign subgraphs. */
export function composeForeign(subgraphs: readonly (ForeignSubgraph & { readonly url: string })[]): string {
  const sources = subgraphs.map(({ name, url, sdl }) => ({ name, url, sdl: LINK + sdl }));
  return composeSupergraph(sources).supergraph;
}
