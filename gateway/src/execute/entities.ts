/**
 * What a fetch asks entities by, and where its answers go. An answer is kept as objects under canonical names. Entities
 * that are told by the same representation are asked for once, and what comes back is put into each of their objects:
 * what lies deeper is then one object in many places, walked, completed and written once.
 */
import type { FetchDataRewrite, QueryPlanSelectionNode } from '@apollo/query-planner';
import { text } from './text.ts';

/** An object of the answer in the making. */
export type Value = { [name: string]: unknown };

/** Whether an object of this type (its `__typename`) is of that type, which may be abstract. */
export type IsOfType = (typename: string, condition: string) => boolean;

const TYPENAME = '__typename';

/** Every object at some paths. An object that stands in several places already is taken once: `shared` holds those. */
export function objectsAt(
  root: Value,
  paths: readonly (readonly string[])[],
  shared: ReadonlySet<object> | undefined,
): readonly Value[] {
  const [path = []] = paths;
  if (path.length === 0) return [root];
  if (paths.length === 1) return objectsAtPath(root, path, shared);
  const found = paths.flatMap((each) => objectsAtPath(root, each, shared));
  return shared ? [...new Set(found)] : found;
}

function objectsAtPath(
  root: Value,
  path: readonly string[],
  shared: ReadonlySet<object> | undefined,
): readonly Value[] {
  const found: Value[] = [];
  gather(root, path, 0, found, shared, shared && new Set());
  return found;
}

/** Not a function within a function: one is made for nobody, and this is called for every object there is. */
function gather(
  value: unknown,
  path: readonly string[],
  index: number,
  found: Value[],
  shared: ReadonlySet<object> | undefined,
  seen: Set<object> | undefined,
): void {
  // A field may bear the name of a method that every object inherits: that is no object either.
  if (typeof value !== 'object' || value === null) return;
  if (seen && shared?.has(value)) {
    if (seen.has(value)) return;
    seen.add(value);
  }
  const step = path[index];
  if (step !== undefined && step !== '@') {
    gather((value as Value)[step], path, index + 1, found, shared, seen);
  } else if (Array.isArray(value)) {
    const below = step === undefined ? index : index + 1;
    for (const each of value) gather(each, path, below, found, shared, seen);
  } else if (step === undefined) {
    found.push(value as Value);
  }
}

/** The place of each object at some paths, by object; one that stands in several places has several. */
export function placesAt(
  root: Value,
  paths: readonly (readonly string[])[],
): ReadonlyMap<object, readonly (readonly (string | number)[])[]> {
  const places = new Map<object, (readonly (string | number)[])[]>();
  for (const path of paths) {
    const walk = (value: unknown, index: number, place: readonly (string | number)[]): void => {
      if (typeof value !== 'object' || value === null) return;
      const step = path[index];
      if (Array.isArray(value)) {
        const below = step === '@' ? index + 1 : index;
        value.forEach((each, position) => walk(each, below, [...place, position]));
      } else if (step === undefined) {
        const known = places.get(value);
        if (known) known.push(place);
        else places.set(value, [place]);
      } else {
        walk(own(value as Value, step), index + 1, [...place, step]);
      }
    };
    walk(root, 0, []);
  }
  return places;
}

/** The distinct representations of some objects. */
export interface Representations {
  /** As JSON, in the order they are asked. */
  readonly texts: readonly string[];
  /** The objects that each stands for. */
  readonly objects: readonly (readonly Value[])[];
}

/** Compiled from a fetch's `requires`: tells an entity's representation as JSON. */
export class RepresentationWriter {
  readonly #byType = new Map<string, Teller>();

  constructor(
    private readonly requires: readonly QueryPlanSelectionNode[],
    private readonly rewrites: readonly FetchDataRewrite[],
    private readonly isOfType: IsOfType,
    /** Whether the subgraph can know an entity of a type by these fields. */
    private readonly isKnown: (typename: string, names: readonly string[]) => boolean,
  ) {}

  /** Those of the objects that the subgraph can be asked for; an object that lacks what identifies it is left out. */
  of(objects: readonly Value[]): Representations {
    const gathering = new Gathering();
    for (const object of objects) {
      const typename = object[TYPENAME];
      if (typeof typename !== 'string') continue;
      let teller = this.#byType.get(typename);
      if (!teller) this.#byType.set(typename, (teller = this.#tellerOf(typename)));
      gathering.add(teller, object);
    }
    return gathering;
  }

  /** An entity's representation as a value; undefined for an object that cannot be asked for. */
  valueOf(object: Value): Value | undefined {
    const value = select(object, this.requires, this.isOfType);
    if (value?.[TYPENAME] === undefined) return undefined;
    applyRewrites(this.rewrites, value, this.isOfType);
    const typename = value[TYPENAME];
    // Planned for several types at once, some of what is required may tell nothing of who an object is.
    return typeof typename === 'string' && this.isKnown(typename, Object.keys(value)) ? value : undefined;
  }

  #tellerOf(typename: string): Teller {
    const applying = this.requires.filter(
      (each) =>
        each.kind === 'Field' ||
        each.typeCondition === undefined ||
        this.isOfType(typename, each.typeCondition),
    );
    const [only] = applying;
    if (applying.length === 1 && only?.kind === 'InlineFragment' && this.rewrites.length === 0) {
      const fields = simpleFields(only.selections);
      const names = fields?.map(({ name }) => name) ?? [];
      if (fields && this.isKnown(typename, names)) {
        const keys = names.filter((name) => name !== TYPENAME);
        return { keys, write: (source) => writeSimple(source, fields) };
      }
    }
    return {
      keys: [],
      write: (source) => {
        const value = this.valueOf(source);
        return value && JSON.stringify(value);
      },
    };
  }
}

/** How entities of one type are told. */
interface Teller {
  /** The fields beside the type that tell one from another, where plain values do; empty where only the text does. */
  readonly keys: readonly string[];
  /** JSON; undefined when something is missing. */
  readonly write: (source: Value) => string | undefined;
}

/** What has been met so far of a key's values, the first key first; with the last one comes the entity. */
class Branch {
  readonly next = new Map<unknown, Branch>();
  alike: Value[] | undefined;
}

/** Representations as they are gathered. */
class Gathering implements Representations {
  readonly texts: string[] = [];
  readonly objects: Value[][] = [];
  /** Of each teller by its keys, of the others by their texts: no text can come from both. */
  readonly #roots = new Map<Teller | undefined, Branch>();

  /** An object that cannot be asked for is left out. */
  add(teller: Teller, object: Value): void {
    // Most keys are plain values, which tell entities apart before anything is written.
    const branch = teller.keys.length === 0 ? undefined : this.#branchOf(teller, object);
    if (branch?.alike) return void branch.alike.push(object);
    const text = teller.write(object);
    if (text === undefined) return;
    const place = branch ?? this.#at(this.#root(undefined), text);
    if (place.alike) return void place.alike.push(object);
    place.alike = [object];
    this.texts.push(text);
    this.objects.push(place.alike);
  }

  /** Undefined when a key is not one plain value. */
  #branchOf(teller: Teller, object: Value): Branch | undefined {
    let branch = this.#root(teller);
    for (const key of teller.keys) {
      const value = object[key];
      if (typeof value !== 'string' && typeof value !== 'number') return undefined;
      branch = this.#at(branch, value);
    }
    return branch;
  }

  #root(teller: Teller | undefined): Branch {
    let root = this.#roots.get(teller);
    if (!root) this.#roots.set(teller, (root = new Branch()));
    return root;
  }

  #at({ next }: Branch, value: string | number): Branch {
    let branch = next.get(value);
    if (!branch) next.set(value, (branch = new Branch()));
    return branch;
  }
}

interface SimpleField {
  readonly name: string;
  /** `,"name":` */
  readonly label: string;
}

/** Fields without selections of their own: nearly every key there is. */
function simpleFields(selections: readonly QueryPlanSelectionNode[]): readonly SimpleField[] | undefined {
  const fields: SimpleField[] = [];
  for (const each of selections) {
    if (each.kind !== 'Field' || each.selections) return undefined;
    const name = each.alias ?? each.name;
    fields.push({ name, label: `${fields.length === 0 ? '{' : ','}${JSON.stringify(name)}:` });
  }
  return fields.some(({ name }) => name === TYPENAME) ? fields : undefined;
}

function writeSimple(source: Value, fields: readonly SimpleField[]): string | undefined {
  let written = '';
  for (const { name, label } of fields) {
    const value = own(source, name);
    if (value === undefined) return undefined;
    written += label + (typeof value === 'string' ? text(value) : JSON.stringify(value));
  }
  return `${written}}`;
}

/** What the selections name of an object; null when a part of it is missing, and with it the right to ask. */
function select(
  source: Value | null,
  selections: readonly QueryPlanSelectionNode[],
  isOfType: IsOfType,
): Value | null {
  if (source === null) return null;
  const result: Value = {};
  for (const selection of selections) {
    if (selection.kind === 'Field') {
      const name = selection.alias ?? selection.name;
      const value = own(source, name);
      if (value === undefined) return null;
      result[name] = selection.selections ? selectEach(value, selection.selections, isOfType) : value;
    } else {
      const { typeCondition } = selection;
      const typename = source[TYPENAME];
      if (typeCondition !== undefined && !(typeof typename === 'string' && isOfType(typename, typeCondition)))
        continue;
      const inner = select(source, selection.selections, isOfType);
      if (inner) merge(result, inner);
    }
  }
  return result;
}

function selectEach(
  value: unknown,
  selections: readonly QueryPlanSelectionNode[],
  isOfType: IsOfType,
): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => selectEach(each, selections, isOfType));
  return select(value as Value | null, selections, isOfType);
}

/** Whether a type's name is that of an object's own type, not of an interface that stands for it. */
export type IsObjectType = (typename: unknown) => boolean;

/**
 * Puts one object's fields into another; objects and lists of one length are joined, all else is replaced. With
 * `isObjectType`, for graphs where a subgraph may know an interface as an object: such a subgraph does not know the
 * object's own type, so what it says of that does not replace what is known.
 */
export function merge(target: Value, source: Value, isObjectType?: IsObjectType): void {
  if (target === source) return;
  for (const name of Object.keys(source)) mergeField(target, name, source[name], isObjectType);
}

/** As `merge`, for several objects that are to have the same. */
export function mergeInto(targets: readonly Value[], source: Value, isObjectType?: IsObjectType): void {
  for (const name of Object.keys(source)) {
    const value = source[name];
    // Nearly all of it are plain values, which take the place of whatever there is.
    const isPlain = typeof value !== 'object' && value !== undefined && (!isObjectType || name !== TYPENAME);
    for (const target of targets) {
      if (isPlain) target[name] = value;
      else mergeField(target, name, value, isObjectType);
    }
  }
}

function mergeField(target: Value, name: string, value: unknown, isObjectType?: IsObjectType): void {
  if (value === undefined) return;
  const present = own(target, name);
  if (isObject(value) && isObject(present)) merge(present, value, isObjectType);
  else if (Array.isArray(value) && Array.isArray(present) && value.length === present.length) {
    mergeLists(present, value, isObjectType);
  } else if (!(isObjectType && name === TYPENAME && present !== undefined && !isObjectType(value))) {
    target[name] = value;
  }
}

function mergeLists(target: unknown[], source: readonly unknown[], isObjectType?: IsObjectType): void {
  if (target === source) return;
  source.forEach((value, index) => {
    const present = target[index];
    if (isObject(value) && isObject(present)) merge(present, value, isObjectType);
    else target[index] = value;
  });
}

function isObject(value: unknown): value is Value {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field's value; a field may bear the name of a method that every object inherits, and data has no functions. */
export function own(source: Value, name: string): unknown {
  const value = source[name];
  return typeof value === 'function' ? undefined : value;
}

const ON = '... on ';

/** The planner's corrections of what is sent or received: a value set, a field renamed, wherever the path leads. */
export function applyRewrites(
  rewrites: readonly FetchDataRewrite[],
  value: unknown,
  isOfType: IsOfType,
): void {
  for (const rewrite of rewrites) rewriteAt(value, rewrite, 0, isOfType);
}

function rewriteAt(value: unknown, rewrite: FetchDataRewrite, index: number, isOfType: IsOfType): void {
  if (Array.isArray(value)) {
    for (const each of value) rewriteAt(each, rewrite, index, isOfType);
    return;
  }
  if (!isObject(value)) return;
  const step = rewrite.path[index] ?? '';
  if (index < rewrite.path.length - 1) {
    if (!step.startsWith(ON)) return rewriteAt(own(value, step), rewrite, index + 1, isOfType);
    const typename = value[TYPENAME];
    // Not every object tells its type; the planner means these, too.
    if (typeof typename !== 'string' || isOfType(typename, step.slice(ON.length)))
      rewriteAt(value, rewrite, index + 1, isOfType);
  } else if (rewrite.kind === 'ValueSetter') {
    value[step] = rewrite.setValueTo;
  } else if (own(value, step) !== undefined) {
    value[rewrite.renameKeyTo] = value[step];
    delete value[step];
  }
}
