/** The composed graph, loaded once and read by planning and execution. */
import { Supergraph, type Schema } from '@apollo/federation-internals';
import { isAbstractType, isInterfaceType, isObjectType, parse, type GraphQLSchema } from 'graphql';
import { Planner } from '../plan/planner.ts';
import { withResolvableKeysFirst } from './key-order.ts';
import { withStandIns } from './stand-ins.ts';

export interface LoadedSupergraph {
  readonly planner: Planner;
  /** What clients may ask for. */
  readonly apiSchema: GraphQLSchema;
  /** Names of the subgraphs, and where each is served unless somebody knows better. */
  readonly subgraphs: ReadonlyMap<string, string>;
  /** Some subgraph knows an interface as an object, so what it calls an object's type can be corrected by a later fetch. */
  readonly typenamesChange: boolean;
  /** Whether the first type is, or belongs to, the second; also for types that clients cannot see. */
  readonly isOfType: (typename: string, condition: string) => boolean;
  /** Whether it is an object's own type, not one that stands for several. */
  readonly isObjectType: (typename: unknown) => boolean;
  /** Labels of progressive `@override`s: what decides which subgraph gives a field while it moves. */
  readonly overrideLabels: readonly string[];
  /** Whether these fields hold a whole key by which a subgraph can know an entity of a type. */
  readonly isKeyed: (subgraph: string, type: string, names: readonly string[]) => boolean;
  /** Fields by which entities of a type are known; empty for what is no entity. */
  readonly keyFieldsOf: (type: string) => readonly string[];
  /**
   * Whether a field of the graph carries `@tag(name:)`. That its type does counts, unless the type is an entity: those
   * get fields from other subgraphs, which do not see the tag.
   */
  readonly isTagged: (type: string, field: string, tag: string) => boolean;
}

/** Loads a composed supergraph; throws when the text is not one. */
export function loadSupergraph(text: string): LoadedSupergraph {
  const document = withResolvableKeysFirst(parse(text, { noLocation: true }));
  const standIns = withStandIns(document);
  const supergraph = Supergraph.build(document, { validateSupergraph: false });
  const planned =
    standIns.byName.size === 0
      ? supergraph
      : Supergraph.build(standIns.supergraph, { validateSupergraph: false });
  const schema = supergraph.schema.toGraphQLJSSchema();
  return {
    planner: new Planner(planned, standIns),
    apiSchema: supergraph.apiSchema().toGraphQLJSSchema({ includeDefer: true }),
    subgraphs: new Map([...supergraph.subgraphsMetadata()].map(({ name, url }) => [name, url])),
    typenamesChange: /\bisInterfaceObject:\s*true\b/.test(text),
    overrideLabels: [
      ...new Set([...text.matchAll(/\boverrideLabel:\s*"([^"]+)"/g)].map(([, label]) => label ?? '')),
    ],
    isOfType: typeTest(schema),
    isObjectType: (typename) => typeof typename === 'string' && isObjectType(schema.getType(typename)),
    isKeyed: keyTest(supergraph),
    keyFieldsOf: (type) => keyFields(supergraph.schema, type),
    isTagged: tagTest(supergraph.schema),
  };
}

function typeTest(schema: GraphQLSchema): LoadedSupergraph['isOfType'] {
  return (typename, condition) => {
    if (typename === condition) return true;
    const type = schema.getType(typename);
    const abstract = schema.getType(condition);
    return (
      isAbstractType(abstract) &&
      (isObjectType(type) || isInterfaceType(type)) &&
      schema.isSubType(abstract, type)
    );
  };
}

function tagTest(schema: Schema): LoadedSupergraph['isTagged'] {
  return (typeName, fieldName, tag) => {
    const type = schema.type(typeName);
    if (type?.kind !== 'ObjectType' && type?.kind !== 'InterfaceType') return false;
    const ofField = type.field(fieldName)?.appliedDirectivesOf('tag') ?? [];
    const ofType = keyFields(schema, typeName).length === 0 ? type.appliedDirectivesOf('tag') : [];
    return [...ofField, ...ofType].some((each) => each.arguments()['name'] === tag);
  };
}

/** Keys by subgraph; what is nested in one is told by its parent. */
function keysOf(schema: Schema, type: string): readonly { graph: string; names: readonly string[] }[] {
  const joins = schema.type(type)?.appliedDirectivesOf('join__type') ?? [];
  return joins.flatMap((each) => {
    const { key, graph } = each.arguments() as { key?: unknown; graph?: unknown };
    if (typeof key !== 'string') return [];
    return [{ graph: String(graph), names: topNames(key) }];
  });
}

function topNames(key: string): readonly string[] {
  let text = key;
  for (let inner = ''; inner !== text;) {
    inner = text;
    text = text.replace(/{[^{}]*}/g, ' ');
  }
  return text.match(/\w+/g) ?? [];
}

function keyFields(schema: Schema, type: string): readonly string[] {
  return [...new Set(keysOf(schema, type).flatMap(({ names }) => names))];
}

function keyTest(supergraph: Supergraph): LoadedSupergraph['isKeyed'] {
  const graphs = supergraph.subgraphNameToGraphEnumValue();
  const known = new Map<string, readonly (readonly string[])[]>();
  return (subgraph, type, names) => {
    const id = `${subgraph} ${type}`;
    let keys = known.get(id);
    if (!keys) {
      const graph = graphs.get(subgraph);
      keys = keysOf(supergraph.schema, type)
        .filter((each) => each.graph === graph)
        .map((each) => each.names);
      known.set(id, keys);
    }
    return keys.some((key) => key.every((name) => names.includes(name)));
  };
}
