/**
 * From what was fetched to what the client asked for, in one pass: the client's names in the client's order, nulls
 * carried up to where they are allowed, every leaf checked against its type, all of it written as JSON at once. For
 * each selection and concrete type a function is generated when it is first met.
 */
import {
  getNamedType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  isCompositeType,
  isAbstractType,
  type GraphQLCompositeType,
  type GraphQLLeafType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { compileFunction } from 'node:vm';
import { TYPENAME, counts, isIntrospection, type Deferral, type Selection } from '../plan/selection.ts';
import { own, type Value } from './entities.ts';
import { text } from './text.ts';

/** A place in the answer, from the inside out; undefined is the root. */
export interface Place {
  readonly up: Place | undefined;
  readonly key: string | number;
}

/** A value that is not what its type promises; `path` is the client's. */
export interface Fault {
  readonly message: string;
  readonly path: readonly (string | number)[];
}

/** One writing of an answer. */
export class Writing {
  readonly faults: Fault[] = [];
  readonly #written = new Map<object, Map<object, string>>();

  /** `shared`: objects that stand in several places, which are written once. */
  constructor(readonly shared: ReadonlySet<object> | undefined) {}

  fault(message: string, up: Place | undefined, key: string | number): null {
    this.faults.push({ message, path: pathOf({ up, key }) });
    return null;
  }

  /** Writes what stands in several places once; not where there are faults, for these differ in their paths. */
  once(writer: object, value: object, write: () => string | null): string | null {
    let known = this.#written.get(writer);
    if (!known) this.#written.set(writer, (known = new Map<object, string>()));
    const before = known.get(value);
    if (before !== undefined) return before;
    const faults = this.faults.length;
    const written = write();
    if (written !== null && this.faults.length === faults) known.set(value, written);
    return written;
  }
}

function pathOf(place: Place): readonly (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: Place | undefined = place; at; at = at.up) path.unshift(at.key);
  return path;
}

/** JSON of a value that is not null; null where it (or something in it that must not be) is null or wrong. */
type Write = (value: unknown, writing: Writing, up: Place | undefined, key: string | number) => string | null;

/** One name of the client's answer, for one concrete type. */
interface Entry {
  readonly key: string;
  readonly canonical: string;
  readonly scope: Scope | undefined;
}

export interface ProjectionOptions {
  readonly schema: GraphQLSchema;
  /** What decides selections that depend on variables. */
  readonly conditionIs: (variable: string) => boolean;
  /** Fragments that are not part of this writing, because their part of the answer comes later. */
  readonly isDeferred: (deferral: Deferral) => boolean;
}

/** The selections on one object of the answer: compiled for each type that the object turns out to have. */
export class Scope {
  readonly #compiled = new Map<string, CompiledType>();
  readonly #declared: CompiledType;

  constructor(
    private readonly options: ProjectionOptions,
    private readonly type: GraphQLCompositeType,
    private readonly selections: readonly (readonly Selection[])[],
    /** The root of the answer has a type that no subgraph tells; a part of it begins its paths anew. */
    private readonly stands: 'root' | 'part' | 'within' = 'within',
  ) {
    this.#declared = this.#compile(type);
  }

  /** JSON of an object; null when something in it that must not be null is. */
  readonly write: Write = (value, writing, up, key) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return writing.fault(`A value of type ${this.type.name} is not an object.`, up, key);
    }
    const source = value as Value;
    const compiled = this.#typeOf(source);
    if (!compiled) return writing.fault(`A value of type ${this.type.name} has an unknown type.`, up, key);
    const place = this.stands === 'within' ? { up, key } : undefined;
    if (!writing.shared?.has(value)) return compiled.write(source, writing, place);
    return writing.once(this, value, () => compiled.write(source, writing, place));
  };

  /**
   * The client's paths for a path in what was fetched: a field that was asked for under two names has two. Where the
   * client did not ask, the rest of the path is told by the fields' own names.
   */
  clientPaths(path: readonly (string | number)[], data: unknown): readonly (readonly (string | number)[])[] {
    const known = this.#pathsBelow(path, data, 0);
    const asked = known.filter(({ isAsked }) => isAsked);
    return (asked.length > 0 ? asked : known.slice(0, 1)).map((each) => each.path);
  }

  #pathsBelow(
    path: readonly (string | number)[],
    data: unknown,
    index: number,
  ): readonly { readonly path: readonly (string | number)[]; readonly isAsked: boolean }[] {
    const step = path[index];
    if (step === undefined) return [{ path: [], isAsked: true }];
    if (typeof step === 'number') {
      const item = Array.isArray(data) ? (data as unknown[])[step] : undefined;
      return this.#pathsBelow(path, item, index + 1).map((below) => ({
        ...below,
        path: [step, ...below.path],
      }));
    }
    const source = typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Value) : {};
    const compiled = this.#typeOf(source) ?? this.#declared;
    const entries = (compiled.isExact ? compiled.entries : this.#entriesOfAny()).filter(
      ({ canonical }) => canonical === step,
    );
    if (entries.length === 0) return [{ path: path.slice(index).map(plainName), isAsked: false }];
    return entries.flatMap(({ key, scope }) => {
      // Within a leaf there are only the positions of its lists.
      const below = scope
        ? scope.#pathsBelow(path, own(source, step), index + 1)
        : [{ path: path.slice(index + 1), isAsked: true }];
      return below.map((each) => ({ ...each, path: [key, ...each.path] }));
    });
  }

  #typeOf(source: Value): CompiledType | undefined {
    const typename = this.stands === 'root' ? undefined : source[TYPENAME];
    if (typename === undefined || typename === null || typename === '') return this.#declared;
    if (typeof typename !== 'string') return undefined;
    const known = this.#compiled.get(typename);
    if (known) return known;
    const type = this.options.schema.getType(typename);
    return isCompositeType(type) ? this.#compile(type) : undefined;
  }

  #compile(type: GraphQLCompositeType): CompiledType {
    const compiled = compileType(this.options, type, this.selections, this.stands === 'root');
    this.#compiled.set(type.name, compiled);
    return compiled;
  }

  /** Of an object whose type is not known, because it never came. */
  #entriesOfAny(): readonly Entry[] {
    if (!isAbstractType(this.type)) return this.#declared.entries;
    const types = this.options.schema.getPossibleTypes(this.type);
    const entries = types.flatMap((each) => (this.#compiled.get(each.name) ?? this.#compile(each)).entries);
    return [...new Map(entries.map((entry) => [`${entry.canonical} ${entry.key}`, entry])).values()];
  }
}

/** A field's own name, without what tells its arguments apart. */
function plainName(step: string | number): string | number {
  return typeof step === 'number' ? step : step.replace(/(?<=.)__.*/, '');
}

interface CompiledType {
  readonly entries: readonly Entry[];
  /** The type is an object type, so its entries are just those of the object. */
  readonly isExact: boolean;
  readonly write: (source: Value, writing: Writing, place: Place | undefined) => string | null;
}

interface Collected {
  readonly canonical: string;
  readonly type: GraphQLOutputType;
  readonly name: string;
  readonly selections: (readonly Selection[])[];
}

function compileType(
  options: ProjectionOptions,
  type: GraphQLCompositeType,
  selections: readonly (readonly Selection[])[],
  isRoot: boolean,
): CompiledType {
  const collected = new Map<string, Collected>();
  for (const each of selections) collect(options, type, each, collected);
  const fields = [...collected].map(([key, field]): CompiledField => {
    const named = getNamedType(field.type);
    const scope =
      field.selections.length > 0 && isCompositeType(named)
        ? new LazyScope(() => new Scope(options, named, field.selections))
        : undefined;
    return { key, ...field, scope };
  });
  return {
    isExact: isObjectType(type),
    entries: fields.map(({ key, canonical, scope }) => ({
      key,
      canonical,
      get scope() {
        return scope?.get();
      },
    })),
    write: generate(type, fields, isRoot),
  };
}

/** Built when it is first needed: most selections under abstract types are for types that never come. */
class LazyScope {
  #scope: Scope | undefined;
  constructor(private readonly create: () => Scope) {}
  get(): Scope {
    return (this.#scope ??= this.create());
  }
}

interface CompiledField extends Omit<Collected, 'selections'> {
  readonly key: string;
  readonly scope: LazyScope | undefined;
}

/** The fields that apply to a type, by the client's names, in the order GraphQL gives them. */
function collect(
  options: ProjectionOptions,
  type: GraphQLCompositeType,
  selections: readonly Selection[],
  into: Map<string, Collected>,
): void {
  const { schema, conditionIs, isDeferred } = options;
  for (const selection of selections) {
    if (!counts(selection, conditionIs)) continue;
    if (selection.kind === 'fragment') {
      const { on, deferral } = selection;
      if (deferral && isDeferred(deferral)) continue;
      const applies =
        !on || on === type || (isAbstractType(on) && !isUnion(type) && schema.isSubType(on, type));
      if (applies) collect(options, type, selection.selections, into);
      continue;
    }
    const { key, canonical, type: fieldType, name } = selection;
    const known = into.get(key);
    if (known) {
      if (selection.selections) known.selections.push(selection.selections);
    } else {
      into.set(key, {
        canonical,
        name,
        type: fieldType,
        selections: selection.selections ? [selection.selections] : [],
      });
    }
  }
}

function isUnion(type: GraphQLCompositeType): type is Exclude<GraphQLCompositeType, { getFields: unknown }> {
  return !('getFields' in type);
}

/**
 * The function that writes an object of one type. In it each field is read by its own instruction and the text between
 * values is already joined, which is what makes it several times as fast as a loop over the fields.
 */
function generate(
  type: GraphQLCompositeType,
  fields: readonly CompiledField[],
  isRoot: boolean,
): CompiledType['write'] {
  const writers: Write[] = [];
  const lines: string[] = [];
  let pending = '{';
  /** Ends the text before a value, so that the value can be added to it. */
  const flush = (): string => {
    const literal = JSON.stringify(pending);
    pending = '';
    return literal;
  };
  fields.forEach(({ key, canonical, name, type: fieldType, scope }, index) => {
    const label = `${index === 0 ? '' : ','}${JSON.stringify(key)}:`;
    pending += label;
    if (name === TYPENAME) {
      // The name of an interface stands for an object whose real type is not known: there is no such object.
      if (isObjectType(type)) pending += JSON.stringify(type.name);
      else lines.push('return null;');
      return;
    }
    const at = JSON.stringify(key);
    const read = `own(source, ${JSON.stringify(canonical)})`;
    const property = `source[${JSON.stringify(canonical)}]`;
    lines.push(`text += ${flush()};`, `value = ${canonical in {} ? read : property};`);
    if (isRoot && isIntrospection(name)) {
      lines.push('text += JSON.stringify(value ?? null);');
      return;
    }
    const isRequired = isNonNullType(fieldType);
    const inner = isNonNullType(fieldType) ? fieldType.ofType : fieldType;
    const writer = `w${writers.push(writerOf(inner, scope, `${type.name}.${name}`)) - 1}`;
    const what = JSON.stringify(`Cannot return null for non-nullable field ${type.name}.${name}.`);
    lines.push('if (value === null || value === undefined) {');
    lines.push(isRequired ? `return writing.fault(${what}, place, ${at});` : "text += 'null';");
    lines.push(`} else {`, `part = ${writer}(value, writing, place, ${at});`);
    lines.push(isRequired ? 'if (part === null) return null; text += part;' : "text += part ?? 'null';", '}');
  });
  pending += '}';
  lines.push(`return text + ${flush()};`);
  const names = writers.map((_, index) => `w${index}`);
  const body = `'use strict'; return (source, writing, place) => { let text = '', value, part;\n${lines.join('\n')}\n};`;
  // Nothing of a request is in this text but GraphQL names, quoted as JSON.
  const make = compileFunction(body, ['own', ...names]) as (...args: unknown[]) => CompiledType['write'];
  return make(own, ...writers);
}

/** The writer of a nullable type's values that are not null. */
function writerOf(type: GraphQLOutputType, scope: LazyScope | undefined, field: string): Write {
  if (isListType(type)) return listWriter(type.ofType as GraphQLOutputType, scope, field);
  if (isNonNullType(type)) return writerOf(type.ofType, scope, field);
  if (isCompositeType(type)) {
    if (!scope) throw new Error(`${field} has no selection`);
    return (value, writing, up, key) => scope.get().write(value, writing, up, key);
  }
  return leafWriter(type, field);
}

function listWriter(itemType: GraphQLOutputType, scope: LazyScope | undefined, field: string): Write {
  const isRequired = isNonNullType(itemType);
  const item = writerOf(
    isNonNullType(itemType) ? (itemType.ofType as GraphQLOutputType) : itemType,
    scope,
    field,
  );
  const missing = `Cannot return null for non-nullable item of ${field}.`;
  const writeItems = (items: readonly unknown[], writing: Writing, place: Place): string | null => {
    let written = '[';
    let isNull = false;
    for (let index = 0; index < items.length; index++) {
      const value = items[index];
      let part: string | null = null;
      if (value !== null && value !== undefined) part = item(value, writing, place, index);
      else if (isRequired) writing.fault(missing, place, index);
      // The other items are looked at all the same: their faults are told, too.
      if (part === null && isRequired) isNull = true;
      written += index === 0 ? (part ?? 'null') : `,${part ?? 'null'}`;
    }
    return isNull ? null : `${written}]`;
  };
  return (value, writing, up, key) => {
    if (!Array.isArray(value)) return writing.fault(`The value of ${field} is not a list.`, up, key);
    const place = { up, key };
    if (!writing.shared?.has(value)) return writeItems(value, writing, place);
    return writing.once(item, value, () => writeItems(value, writing, place));
  };
}

/** From here on numbers are written with an exponent, which is no integer of GraphQL's. */
const EXPONENT_FROM = 1e21;

function isInteger(value: unknown): boolean {
  return Number.isInteger(value) && Math.abs(value as number) < EXPONENT_FROM;
}

/** JSON of a leaf, or undefined when the value is none of its type. */
function leafWriter(type: GraphQLLeafType, field: string): Write {
  const json = leafJson(type);
  return (value, writing, up, key) =>
    json(value) ?? writing.fault(`The value of ${field} is no ${type.name}.`, up, key);
}

function leafJson(type: GraphQLLeafType): (value: unknown) => string | undefined {
  if (isEnumType(type)) {
    const values = new Map(type.getValues().map(({ name }) => [name, JSON.stringify(name)]));
    return (value) => values.get(value as string);
  }
  // What a scalar of our own may be is for the subgraph that defines it.
  if (!isSpecifiedScalarType(type))
    return (value) => (typeof value === 'string' ? text(value) : JSON.stringify(value));
  switch (type.name) {
    case 'Boolean':
      return (value) => (typeof value === 'boolean' ? String(value) : undefined);
    case 'Int':
      return (value) => (isInteger(value) ? String(value) : undefined);
    case 'Float':
      return (value) => (typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined);
    case 'ID':
      return (value) =>
        typeof value === 'string' ? text(value) : isInteger(value) ? String(value) : undefined;
    default:
      return (value) => (typeof value === 'string' ? text(value) : undefined);
  }
}
