/** A hand-written graph, composed and loaded: its supergraph, and each subgraph's schema with what federation says of it. */
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  FieldsOnCorrectTypeRule,
  KnownArgumentNamesRule,
  KnownTypeNamesRule,
  NoUndefinedVariablesRule,
  NoUnusedVariablesRule,
  OverlappingFieldsCanBeMergedRule,
  PossibleFragmentSpreadsRule,
  ProvidedRequiredArgumentsRule,
  ScalarLeafsRule,
  ValuesOfCorrectTypeRule,
  VariablesInAllowedPositionRule,
  Kind,
  OperationTypeNode,
  buildSchema,
  isUnionType,
  parse,
  print,
  validate,
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLError,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { composeSupergraph } from '../supergraph/compose.ts';
import type { GraphSource } from './graphs/graph-source.ts';

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject"])\n`;

/** What a gateway could get wrong in a request; the rest of what a server checks takes its time, ten thousand times over. */
const RULES = [
  FieldsOnCorrectTypeRule,
  KnownArgumentNamesRule,
  KnownTypeNamesRule,
  NoUndefinedVariablesRule,
  NoUnusedVariablesRule,
  OverlappingFieldsCanBeMergedRule,
  PossibleFragmentSpreadsRule,
  ProvidedRequiredArgumentsRule,
  ScalarLeafsRule,
  ValuesOfCorrectTypeRule,
  VariablesInAllowedPositionRule,
];

export interface TestGraph {
  readonly source: GraphSource;
  readonly supergraph: string;
  /** What clients see. */
  readonly apiSchema: GraphQLSchema;
  readonly rooms: ReadonlyMap<string, Room>;
  /** Fields ("Type.field") that are part of a key anywhere: what they hold never fails. */
  readonly keyFields: ReadonlySet<string>;
  /** Types that can be found again by a key. */
  readonly entities: ReadonlySet<string>;
}

/** One subgraph of it. */
export interface Room {
  readonly name: string;
  readonly schema: GraphQLSchema;
  /** By "Type.field": what the gateway must bring along for it. */
  readonly requires: ReadonlyMap<string, SelectionSetNode>;
  /** Fields ("Type.field") that it names but does not have. */
  readonly external: ReadonlySet<string>;
  /** By type: the fields by which its entities can be found here, one of these sets at a time. */
  readonly keys: ReadonlyMap<string, readonly SelectionSetNode[]>;
  /** Parses and validates as a server does, once per text. */
  readonly documentOf: (query: string) => DocumentNode | readonly GraphQLError[];
  /** Parses only: what the stock way asks is not what is under test. */
  readonly parsed: (query: string) => DocumentNode;
}

export function buildTestGraph(source: GraphSource): TestGraph {
  const names = Object.keys(source.subgraphs);
  const sdls = names.map((name) => LINK + (source.subgraphs[name] ?? ''));
  const { supergraph, api } = composeSupergraph(
    names.map((name, at) => ({ name, url: `http://${name}.test/graphql`, sdl: sdls[at] ?? '' })),
  );
  const keyFields = new Set<string>();
  const entities = new Set<string>();
  const rooms = new Map<string, Room>();
  names.forEach((name, at) => rooms.set(name, buildRoom(name, sdls[at] ?? '', { keyFields, entities })));
  return { source, supergraph, apiSchema: buildSchema(api), rooms, keyFields, entities };
}

interface Found {
  readonly keyFields: Set<string>;
  readonly entities: Set<string>;
}

function buildRoom(name: string, sdl: string, found: Found): Room {
  const typeDefs = parse(sdl, { noLocation: true });
  const schema = buildSubgraphSchema({ typeDefs });
  // Entities are found by who answers, as every other field.
  const entities = schema.getQueryType()?.getFields()['_entities'];
  if (entities) delete entities.resolve;
  const entity = schema.getType('_Entity');
  if (isUnionType(entity)) entity.resolveType = undefined;
  const requires = new Map<string, SelectionSetNode>();
  const keys = new Map<string, SelectionSetNode[]>();
  const external = new Set<string>();
  for (const type of typeDefs.definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const directive of type.directives ?? []) {
      if (directive.name.value !== 'key') continue;
      const key = fieldSetOf(directive);
      keys.set(type.name.value, [...(keys.get(type.name.value) ?? []), key]);
      found.entities.add(type.name.value);
      for (const field of topFields(key)) found.keyFields.add(`${type.name.value}.${field}`);
    }
    for (const field of type.fields ?? []) {
      if (field.directives?.some((each) => each.name.value === 'external'))
        external.add(`${type.name.value}.${field.name.value}`);
      const directive = field.directives?.find((each) => each.name.value === 'requires');
      if (directive) requires.set(`${type.name.value}.${field.name.value}`, fieldSetOf(directive));
    }
  }
  const documents = new Map<string, DocumentNode | readonly GraphQLError[]>();
  return {
    name,
    schema,
    requires,
    keys,
    external,
    parsed: (query) => inOrder(parse(query, { noLocation: true })),
    documentOf: (query) => {
      const known = documents.get(query);
      if (known) return known;
      const document = inOrder(parse(query, { noLocation: true }));
      const errors = validate(schema, document, RULES);
      const fresh = errors.length > 0 ? errors : document;
      documents.set(query, fresh);
      return fresh;
    },
  };
}

function fieldSetOf({ arguments: args }: ConstDirectiveNode): SelectionSetNode {
  const fields = args?.find((each) => each.name.value === 'fields')?.value;
  const [definition] = parse(fields?.kind === Kind.STRING ? `{ ${fields.value} }` : '{}').definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('a field set is written as a string');
  return definition.selectionSet;
}

function topFields({ selections }: SelectionSetNode): string[] {
  return selections.flatMap((each) => (each.kind === Kind.FIELD ? [each.name.value] : []));
}

/**
 * The same document with the fields of each selection by name. An error at a field that must not be null may keep its
 * siblings from being read at all; this server reads them in an order that does not depend on who wrote the query.
 */
function inOrder(document: DocumentNode): DocumentNode {
  const definitions = document.definitions.map((each) => {
    if (each.kind === Kind.FRAGMENT_DEFINITION)
      return { ...each, selectionSet: setInOrder(each.selectionSet) };
    if (each.kind !== Kind.OPERATION_DEFINITION) return each;
    // The fields of a mutation are carried out as they stand.
    const isMutation = each.operation === OperationTypeNode.MUTATION;
    return {
      ...each,
      selectionSet: isMutation ? withinOrder(each.selectionSet) : setInOrder(each.selectionSet),
    };
  });
  return { ...document, definitions };
}

function setInOrder(set: SelectionSetNode): SelectionSetNode {
  const within = withinOrder(set);
  return { ...within, selections: within.selections.toSorted(byPlace) };
}

function withinOrder({ kind, selections }: SelectionSetNode): SelectionSetNode {
  const within = selections.map((each) =>
    each.kind !== Kind.FRAGMENT_SPREAD && each.selectionSet
      ? { ...each, selectionSet: setInOrder(each.selectionSet) }
      : each,
  );
  return { kind, selections: within };
}

/** Fields come before fragments. What else is needed to tell two apart is seldom looked at, because it costs. */
function byPlace(a: SelectionNode, b: SelectionNode): number {
  if (a.kind !== Kind.FIELD || b.kind !== Kind.FIELD) {
    if (a.kind === Kind.FIELD) return -1;
    return b.kind === Kind.FIELD ? 1 : compare(print(a), print(b));
  }
  const byName = compare(a.name.value, b.name.value);
  return byName === 0 ? compare(argumentsOf(a), argumentsOf(b)) : byName;
}

function argumentsOf({ arguments: args = [] }: FieldNode): string {
  return args.map((each) => print(each)).join();
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
