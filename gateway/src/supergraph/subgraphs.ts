/** Which subgraphs a supergraph is made of, and where it says they are served. */
import { Kind, parse, type DirectiveNode } from 'graphql';

export interface SubgraphAddress {
  readonly name: string;
  /** Of its GraphQL endpoint, as composition was told; it may be empty. */
  readonly url: string;
}

/** Throws a sentence when the text is not a supergraph; whether all of it is right is seen when it is loaded. */
export function readSubgraphs(text: string): readonly SubgraphAddress[] {
  const subgraphs = graphsOf(text).flatMap(({ directives = [] }) => directives.flatMap(addressOf));
  if (subgraphs.length === 0) throw notASupergraph('it names no subgraph');
  return subgraphs;
}

/** Composition writes each subgraph as a value of one enum. */
function graphsOf(text: string): readonly { readonly directives?: readonly DirectiveNode[] }[] {
  try {
    return parse(text, { noLocation: true }).definitions.flatMap((each) =>
      each.kind === Kind.ENUM_TYPE_DEFINITION && each.name.value === 'join__Graph' ? (each.values ?? []) : [],
    );
  } catch (error) {
    throw notASupergraph((error as Error).message, error);
  }
}

function addressOf({ name: directive, arguments: given = [] }: DirectiveNode): readonly SubgraphAddress[] {
  if (directive.value !== 'join__graph') return [];
  const text = (wanted: string): string => {
    const node = given.find(({ name }) => name.value === wanted)?.value;
    return node?.kind === Kind.STRING ? node.value : '';
  };
  return [{ name: text('name'), url: text('url') }];
}

function notASupergraph(why: string, cause?: unknown): Error {
  return new Error(`this is no composed Federation 2 supergraph: ${why}`, { cause });
}
