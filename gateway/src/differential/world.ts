/**
 * What the subgraphs answer. Every value follows from the world's seed and from what is asked: the entity (by its
 * number, however it was reached and in whichever subgraph), the field and its arguments. So shared fields agree
 * between subgraphs, and two executors that ask in different ways must still get the same. Some of it is missing or
 * fails, as seldom or often as `faults` says; a fault follows from the seed like any value.
 */
import {
  GraphQLError,
  GraphQLEnumType,
  execute,
  getArgumentValues,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type ExecutionResult,
  type GraphQLCompositeType,
  type GraphQLLeafType,
  type GraphQLOutputType,
  type DocumentNode,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLObjectType,
  type SelectionSetNode,
} from 'graphql';
import { unavailable } from '../transport/transport.ts';
import { chanceOf, hashOf } from './random.ts';
import type { Room, TestGraph } from './test-graph.ts';

/** How often, of 1: */
export interface Faults {
  /** a nullable value is null; */
  readonly nulls: number;
  /** a field, an item of a list or the finding of an entity fails; */
  readonly errors: number;
  /** a subgraph does not know an entity; */
  readonly missing: number;
  /** a whole subgraph gives nothing. */
  readonly outages: number;
}

/** From all being well to most going wrong. */
export const FAULTS: readonly Faults[] = [
  { nulls: 0, errors: 0, missing: 0, outages: 0 },
  { nulls: 0.15, errors: 0, missing: 0, outages: 0 },
  { nulls: 0.05, errors: 0.12, missing: 0, outages: 0 },
  { nulls: 0.05, errors: 0, missing: 0.3, outages: 0 },
  { nulls: 0.1, errors: 0.15, missing: 0.15, outages: 0 },
  { nulls: 0.02, errors: 0.02, missing: 0.05, outages: 0.3 },
];

/** How many of each entity there are; few, so that the same one is met again and again. */
const ENTITIES = 4;

/** An object of the graph as one subgraph hands it out. */
interface Thing {
  /** The same for the same entity everywhere, and for a plain object wherever its owner's field is read. */
  readonly identity: string;
  readonly typename: string;
  /** An entity's number. */
  readonly index: number | undefined;
  /** What the gateway brought along. */
  readonly brought: Readonly<Record<string, unknown>> | undefined;
}

type FieldInfo = Pick<GraphQLResolveInfo, 'fieldName' | 'parentType' | 'returnType'>;

const ROOT: Thing = { identity: 'root', typename: 'root', index: undefined, brought: undefined };
const NOTHING: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };

interface Owner {
  readonly room: Room;
  readonly parentType: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
}

interface AskedWhole {
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
}

/** A request to a subgraph. */
export interface Asked {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
}

/** The state of one execution: mutations count up, so that each is seen to run once and in its turn. */
export class World {
  #mutations = 0;

  constructor(
    private readonly graph: TestGraph,
    private readonly seed: number,
    private readonly faults: Faults,
  ) {}

  /** As a server would answer; rejects with SUBGRAPH_UNAVAILABLE where the subgraph cannot be reached. */
  async answer(
    room: Room,
    { query, variables, operationName }: Asked,
    documentOf = room.documentOf,
  ): Promise<ExecutionResult> {
    const outage = this.#outageOf(room);
    if (outage) return outage();
    const document = documentOf(query);
    if (!('kind' in document)) return { errors: document };
    return execute({
      schema: room.schema,
      document,
      variableValues: variables ?? {},
      operationName: operationName ?? null,
      rootValue: ROOT,
      fieldResolver: (source: Thing, args: Record<string, unknown>, _context, info) =>
        info.fieldName === '_entities'
          ? this.#entities(room, args['representations'] as Representation[])
          : this.#field(room, source, args, info),
      typeResolver: ({ typename }: Thing) => typename,
    });
  }

  /**
   * What one server that held the whole graph would answer: the truth, as long as nothing is at fault that only a graph
   * of several can be.
   */
  async whole({ document, variables, operationName }: AskedWhole): Promise<ExecutionResult> {
    return execute({
      schema: this.graph.apiSchema,
      document,
      variableValues: variables,
      operationName: operationName ?? null,
      rootValue: ROOT,
      fieldResolver: (source: Thing, args: Record<string, unknown>, _context, { fieldName, parentType }) =>
        this.#wherever(source === ROOT ? parentType.name : source.typename, fieldName, source, args),
      typeResolver: (source: Thing) => this.#concrete(source),
    });
  }

  /** A field's value from a subgraph that has it. */
  #wherever(typename: string, fieldName: string, source: Thing, args: Record<string, unknown>): unknown {
    const { room, parentType, field } = this.#ownerOf(typename, fieldName, source);
    const required = room.requires.get(`${parentType.name}.${fieldName}`);
    const brought = required ? this.#bring(required, source) : undefined;
    const info = { fieldName, parentType, returnType: field.type };
    return this.#field(room, { ...source, brought: brought ?? source.brought }, args, info);
  }

  #ownerOf(typename: string, fieldName: string, source: Thing): Owner {
    const concrete = source === ROOT ? typename : this.#concrete(source);
    for (const name of new Set([typename, concrete, this.#familyOf(typename)])) {
      for (const room of this.graph.rooms.values()) {
        const parentType = room.schema.getType(name);
        const field = isObjectType(parentType) ? parentType.getFields()[fieldName] : undefined;
        if (!isObjectType(parentType) || !field || room.external.has(`${name}.${fieldName}`)) continue;
        return { room, parentType, field };
      }
    }
    throw new Error(`no subgraph has ${typename}.${fieldName}`);
  }

  /** The name that clients know the type by, where a subgraph has another. */
  #concrete({ typename, index }: Thing): string {
    const members = this.graph.source.families?.[typename];
    return members?.[(index ?? 0) % members.length] ?? typename;
  }

  /** What a field requires, as it would stand in a representation. */
  #bring({ selections }: SelectionSetNode, source: Thing): Record<string, unknown> {
    const brought: Record<string, unknown> = {};
    for (const each of selections) {
      if (each.kind !== Kind.FIELD) continue;
      const { field } = this.#ownerOf(source.typename, each.name.value, source);
      const value = this.#wherever(source.typename, each.name.value, source, getArgumentValues(field, each));
      brought[each.name.value] = this.#broughtValue(field.type, value, each.selectionSet);
    }
    return brought;
  }

  #broughtValue(type: GraphQLOutputType, value: unknown, below: SelectionSetNode | undefined): unknown {
    if (value === null || value === undefined) return null;
    if (isNonNullType(type)) return this.#broughtValue(type.ofType, value, below);
    if (isListType(type))
      return (value as unknown[]).map((each) => this.#broughtValue(type.ofType, each, below));
    return isLeafType(type) ? type.serialize(value) : this.#bring(below ?? NOTHING, value as Thing);
  }

  #is(probability: number, ...what: string[]): boolean {
    return probability > 0 && chanceOf(`${this.seed}|${what.join('|')}`) < probability;
  }

  #outageOf({ name }: Room): (() => ExecutionResult) | undefined {
    if (!this.#is(this.faults.outages, 'outage', name)) return undefined;
    const error = this.#error(`outage of ${name}`);
    const ways = [
      () => {
        throw unavailable(name);
      },
      () => ({ errors: [error] }),
      () => ({ data: null, errors: [error] }),
    ];
    return ways[hashOf(`${this.seed}|way|${name}`) % ways.length];
  }

  #error(about: string): GraphQLError {
    const code = CODES[hashOf(`${this.seed}|code|${about}`) % CODES.length];
    return new GraphQLError(`fault: ${about}`, { extensions: code ? { code } : {} });
  }

  #field(room: Room, source: Thing, args: Record<string, unknown>, info: FieldInfo): unknown {
    const { fieldName, parentType, returnType } = info;
    const isMutation = parentType === room.schema.getMutationType();
    if (isMutation) this.#mutations += 1;
    const turn = isMutation ? `#${this.#mutations}` : '';
    const required = room.requires.get(`${parentType.name}.${fieldName}`);
    const brought = required ? canonical(pickedBy(required, source.brought ?? {})) : '';
    const about = `${source.identity}.${fieldName}${turn}${canonical(args)}${brought}`;
    const isKey = this.graph.keyFields.has(`${parentType.name}.${fieldName}`);
    if (isKey && isLeafType(getNamedType(returnType)))
      return this.#keyValue(source, parentType.name, fieldName);
    if (!isKey && this.#is(this.faults.errors, 'error', about)) throw this.#error(about);
    return this.#value(room, returnType, about, isKey);
  }

  #keyValue({ identity, index }: Thing, type: string, field: string): string | number {
    const family = this.#familyOf(type);
    const value = this.graph.source.keyValues?.[`${family}.${field}`];
    if (index === undefined) return hashOf(identity) % ENTITIES;
    return value ? value(index) : index;
  }

  #value(room: Room, type: GraphQLOutputType, about: string, isKey: boolean): unknown {
    if (isNonNullType(type)) return this.#present(room, type.ofType, about, isKey);
    if (!isKey && this.#is(this.faults.nulls, 'null', about)) return null;
    return this.#present(room, type, about, isKey);
  }

  #present(room: Room, type: GraphQLOutputType, about: string, isKey: boolean): unknown {
    if (isNonNullType(type)) return this.#present(room, type.ofType, about, isKey);
    if (isListType(type)) {
      const length = hashOf(`${this.seed}|length|${about}`) % 4;
      return Array.from({ length }, (_, at) => {
        const item = `${about}/${at}`;
        if (this.#is(this.faults.errors / 3, 'error', item)) return this.#error(item);
        return this.#value(room, type.ofType, item, isKey);
      });
    }
    return isLeafType(type) ? this.#leaf(type, about) : this.#thing(room, type, about);
  }

  #leaf(type: GraphQLLeafType, about: string): unknown {
    const hash = hashOf(`${this.seed}|leaf|${about}`);
    if (type instanceof GraphQLEnumType) return type.getValues()[hash % type.getValues().length]?.value;
    switch (type.name) {
      case 'Int':
        return (hash % 2_000) - 1_000;
      case 'Float':
        return hash % 3 === 0 ? hash % 50 : (hash % 100_000) / 64;
      case 'Boolean':
        return hash % 2 === 0;
      case 'ID':
        return `id-${hash % 1_000}`;
      case 'String':
        return TEXTS[hash % TEXTS.length] ?? `text ${hash % 10_000}`;
      default:
        return ANYTHING[hash % ANYTHING.length];
    }
  }

  #thing(room: Room, type: GraphQLCompositeType, about: string): Thing {
    const hash = hashOf(`${this.seed}|thing|${about}`);
    const members = this.graph.source.families?.[type.name];
    if (members) return this.#entity(room, type.name, hash % (members.length * 2));
    let { name } = type;
    if (isAbstractType(type)) {
      const possible = room.schema.getPossibleTypes(type).map((each) => each.name);
      name = possible.toSorted()[hash % possible.length] ?? name;
    }
    if (!this.graph.entities.has(name))
      return { identity: `${name}~${hash}`, typename: name, index: undefined, brought: undefined };
    const family = this.#familyOf(name);
    const behind = this.graph.source.families?.[family];
    if (!behind) return this.#entity(room, name, (hash >>> 8) % ENTITIES);
    return this.#entity(room, name, behind.indexOf(name) + behind.length * ((hash >>> 8) % 2));
  }

  #entity(room: Room, type: string, index: number, brought?: Readonly<Record<string, unknown>>): Thing {
    const family = this.#familyOf(type);
    const members = this.graph.source.families?.[family];
    // Where the subgraph knows the interface as one object, that is its name there.
    const isInterface = isInterfaceType(room.schema.getType(type));
    const typename = isInterface && members ? (members[index % members.length] ?? type) : type;
    return { identity: `${family}#${index}`, typename, index, brought };
  }

  #familyOf(type: string): string {
    const families = Object.entries(this.graph.source.families ?? {});
    return families.find(([name, members]) => name === type || members.includes(type))?.[0] ?? type;
  }

  #entities(room: Room, representations: readonly Representation[]): unknown[] {
    return representations.map((each) => {
      // What cannot be told by any one key is a fault of who asks.
      if (!isTold(room, each))
        return new Error(`${room.name} knows no ${each.__typename} by ${JSON.stringify(each)}`);
      const thing = this.#find(room, each);
      if (!thing || this.#is(this.faults.missing, 'missing', room.name, thing.identity)) return null;
      const about = `${thing.identity} in ${room.name}`;
      return this.#is(this.faults.errors / 3, 'error', about) ? this.#error(about) : thing;
    });
  }

  /** The one entity that has the representation's keys; undefined when there is none. */
  #find(room: Room, representation: Representation): Thing | undefined {
    const type = representation.__typename;
    const members = this.graph.source.families?.[this.#familyOf(type)];
    const count = members ? members.length * 2 : ENTITIES;
    for (let index = 0; index < count; index += 1) {
      if (members?.includes(type) && members[index % members.length] !== type) continue;
      const thing = this.#entity(room, type, index, representation);
      if (this.#answersTo(room, thing, representation)) return thing;
    }
    return undefined;
  }

  #answersTo(room: Room, thing: Thing, given: Readonly<Record<string, unknown>>): boolean {
    const type = room.schema.getType(thing.typename);
    if (!isObjectType(type)) return false;
    return Object.entries(given).every(([field, value]) => {
      const returnType = type.getFields()[field]?.type;
      if (!returnType || !this.graph.keyFields.has(`${type.name}.${field}`)) return true;
      if (isLeafType(getNamedType(returnType)))
        return String(this.#keyValue(thing, type.name, field)) === String(value);
      const nested = this.#value(room, returnType, `${thing.identity}.${field}{}`, true) as Thing;
      return this.#answersTo(room, nested, value as Readonly<Record<string, unknown>>);
    });
  }
}

export interface Representation extends Readonly<Record<string, unknown>> {
  readonly __typename: string;
}

/** Most errors keep their message on the way out; those without a code of the door, or with one that blames us, do not. */
const CODES = [
  'FORBIDDEN',
  'FORBIDDEN',
  'UNAUTHENTICATED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'TEAPOT',
  undefined,
];

const TEXTS: readonly (string | undefined)[] = [
  '',
  'with "quotes"',
  'é\n\u2028 end',
  ...Array.from({ length: 9 }, () => undefined),
];

/** Whatever a scalar of somebody's own may be. It is every answer's: nobody may write into it. */
const ANYTHING: readonly unknown[] = frozen([
  'plain',
  7,
  { id: 'inner', __typename: 'Nobody', list: [1, null, { deep: true }] },
  [[1, 2], [], null],
  false,
  { 'a.b': '', '': null },
]);

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

/** JSON with its keys in order, whatever order they came in. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function pickedBy({ selections }: SelectionSetNode, from: unknown): unknown {
  if (Array.isArray(from))
    return from.map((each) => pickedBy({ kind: Kind.SELECTION_SET, selections }, each));
  if (typeof from !== 'object' || from === null) return from;
  const values = from as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    selections.flatMap((each) => {
      if (each.kind !== Kind.FIELD) return [];
      const value = values[each.name.value];
      if (value === undefined) return [[each.name.value, 'not brought']];
      return [[each.name.value, each.selectionSet ? pickedBy(each.selectionSet, value) : value]];
    }),
  );
}

/** Whether it holds one whole key by which the subgraph can find the entity. */
export function isTold(room: Room, representation: Representation): boolean {
  return Boolean(room.keys.get(representation.__typename)?.some((key) => holds(representation, key)));
}

function holds(value: unknown, { selections }: SelectionSetNode): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const given = value as Readonly<Record<string, unknown>>;
  return selections.every((each) => {
    if (each.kind !== Kind.FIELD) return false;
    const field = given[each.name.value];
    return each.selectionSet ? holds(field, each.selectionSet) : field !== undefined && field !== null;
  });
}
