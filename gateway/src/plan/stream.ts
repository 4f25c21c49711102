/** What a subscription says of its stream: what it promises, who may share it, and what its events are about. */
import { getNamedType, getNullableType, isListType, isObjectType, type GraphQLOutputType } from 'graphql';
import { own, type Value } from '../execute/entities.ts';
import type { LoadedSupergraph } from '../supergraph/supergraph.ts';
import { TYPENAME, fieldsOf, type Field, type Selection } from './selection.ts';

export interface StreamFacts {
  /** The field that brings the events. */
  readonly root: Field;
  /**
   * The stream promises every event and can be taken up again where it broke: by the graph's convention its field has
   * an argument `after`. Other streams promise the latest state only.
   */
  readonly isGapless: boolean;
  /** No field of it depends on who asks. */
  readonly isSameForAll: boolean;
  /** Which of the stream's subjects an event is about, as JSON; latest wins within one subject. */
  readonly subjectOf: (event: Value) => string;
}

/** The tag by which subgraphs say that a field's value is the same for every caller. */
const SAME_FOR_ALL = 'same-for-all';

export function streamFacts(supergraph: LoadedSupergraph, selections: readonly Selection[]): StreamFacts {
  const [root] = fieldsOf(selections);
  if (!root) throw new Error('a subscription has no field');
  const { parent, name } = root;
  const definition = isObjectType(parent) ? parent.getFields()[name] : undefined;
  const readers = subjectReaders(supergraph, root);
  return {
    root,
    isGapless: Boolean(definition?.args.some((each) => each.name === 'after')),
    isSameForAll: allFields(selections).every((each) => isSameForAll(supergraph, each)),
    subjectOf: (event) => JSON.stringify(readers.map((read) => read(event))),
  };
}

function isSameForAll({ isTagged, keyFieldsOf }: LoadedSupergraph, { name, parent }: Field): boolean {
  return (
    name === TYPENAME || keyFieldsOf(parent.name).includes(name) || isTagged(parent.name, name, SAME_FOR_ALL)
  );
}

type Read = (event: Value) => unknown;

/** Fields by which one subject is told from another: the keys of the entities an event is about. */
function subjectReaders(supergraph: LoadedSupergraph, root: Field): readonly Read[] {
  const keys = keyReaders(supergraph, root, []);
  if (keys.length > 0) return keys;
  // The events name no entity; what names they have tell them apart.
  return fieldsOf(root.selections ?? [])
    .filter(({ type }) => isName(type))
    .map(
      ({ canonical }): Read =>
        (event) =>
          own(event, canonical),
    );
}

function keyReaders(supergraph: LoadedSupergraph, field: Field, path: readonly string[]): readonly Read[] {
  const type = getNullableType(field.type);
  if (isListType(type) || !field.selections) return [];
  const keys = supergraph.keyFieldsOf(getNamedType(type).name);
  const below = fieldsOf(field.selections).flatMap((each) =>
    keyReaders(supergraph, each, [...path, each.canonical]),
  );
  return [
    ...keys.map(
      (key): Read =>
        (event) =>
          valueAt(event, [...path, key]),
    ),
    ...below,
  ];
}

function isName(type: GraphQLOutputType): boolean {
  return String(type) === 'ID!' || String(type) === 'String!';
}

function allFields(selections: readonly Selection[]): readonly Field[] {
  return selections.flatMap((each) => [
    ...(each.kind === 'field' ? [each] : []),
    ...allFields(each.selections ?? []),
  ]);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? own(at as Value, name) : undefined),
    value,
  );
}
