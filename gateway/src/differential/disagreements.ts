/**
 * Where the stock planner or executor is wrong, and how such a case is known. Most are known by asking the same
 * question in other words: if the stock way then gives our answer, its first one was wrong by its own measure. The
 * others are about errors alone: the data is the same, and each error that only one side tells is accounted for.
 */
import { Kind, type DocumentNode, type FieldNode, type SelectionSetNode } from 'graphql';
import { pathOf, type Path } from './compare.ts';
import { inOrderOfNeeds, withKeysOnly, withoutInterfaceNames, type Mend } from './mend.ts';
import type { EntityAsk } from './reference.ts';
import { decided, renamed, sorted, spliced, unaliased, type Asked } from './restate.ts';
import type { TestGraph } from './test-graph.ts';
import type { Outcome } from './trial.ts';

interface Named {
  readonly name: string;
  /** What the stock way does, and why it is wrong. */
  readonly reason: string;
}

/** Known by other words for the same question, or by subgraphs' answers that leave out what leads astray. */
export interface Restatement extends Named {
  readonly restate?: (asked: Asked) => DocumentNode;
  readonly mend?: Mend;
}

/** Known by the errors that differ where the data is the same. */
export interface Excuse extends Named {
  readonly excuse: (differing: Differing, context: ExcuseContext) => Differing;
}

/** Errors, as `toldOf` writes them, that one side alone tells. */
export interface Differing {
  readonly reference: readonly string[];
  readonly ours: readonly string[];
}

export interface ExcuseContext {
  readonly outcome: Outcome;
  readonly graph: TestGraph;
  /** The stock answer's data with the type of every object under `TYPE_KEY`. */
  readonly typedData: unknown;
  /** What the stock executor asked for entities on the way to it. */
  readonly typedAsks: readonly EntityAsk[];
}

export const TYPE_KEY = 'type__';

export const RESTATEMENTS: readonly Restatement[] = [
  {
    name: 'conditions decided too late',
    reason:
      'The stock planner plans around @skip and @include: what a literal condition excludes is fetched all the same and its errors are told; a field below which everything is excluded is not fetched and becomes null though it is there; what a fetch requires can be missing because something else was skipped.',
    restate: decided,
  },
  {
    name: 'fragments on abstract types',
    reason:
      'Where an object brought no __typename, the stock executor takes the type of the fragment it is in for that of the object: fragments inside it are dropped, with fields that the client asked for.',
    restate: spliced,
  },
  {
    name: 'order of fields',
    reason:
      'The stock executor answers fragments of one type together, at the place of the first; GraphQL gives fields in the order in which they are met.',
    restate: sorted,
  },
  {
    name: 'arguments that clash',
    reason:
      'A field that is required with some arguments and asked for with others, or asked for with different ones for two types behind an interface object, has one name in the stock plan: the subgraph refuses the fetch, or one of the two gets the other’s value.',
    restate: renamed,
  },
  {
    name: 'aliases that clash with what the plan needs',
    reason:
      'When a client’s alias is the name of a field that the plan needs for itself (a key, a requirement), the two overwrite each other.',
    restate: unaliased,
  },
  {
    name: 'names of interface objects',
    reason:
      'A subgraph that knows an interface as one object calls each object by the interface’s name; in the stock executor that overwrites the type it already knew, and the object loses its fields or becomes null.',
    mend: withoutInterfaceNames,
  },
  {
    name: 'representations without a key',
    reason:
      'Where a fetch is for objects of several types and one of them needs more than its key, the stock plan has objects of the others asked for by what they happen to have, without any key: a subgraph can only answer with an error.',
    mend: withKeysOnly,
  },
  {
    name: 'fetches before what they require',
    reason:
      'The stock planner sometimes puts a fetch before those that bring what it requires; the executor finds it cannot ask, says nothing, and the field is null.',
    mend: inOrderOfNeeds,
  },
];

/** The one fault that ours has, too: it follows the plan. */
export const PLANNED_TOGETHER: Restatement = {
  name: 'planned together',
  reason:
    'Of an interface object the planner may ask a field together with one that requires more, by a representation that only some of the objects have; for the others the field is null though it is there. Asked type by type the planner is right, but it then fails on other operations.',
  restate: sorted,
};

export const EXCUSES: readonly Excuse[] = [
  {
    name: 'errors at the wrong index',
    reason:
      'The stock executor takes the position of a representation for that of its object in the list, but objects that are null or of a type that is not asked for have no representation: the error stands at an object before the one it is about.',
    excuse: wrongIndex,
  },
  {
    name: 'one outage, told by fetch',
    reason:
      'What a subgraph says of a whole request comes once for each fetch of the stock plan; ours sends several of them as one request.',
    excuse: ({ reference, ours }, { outcome }) => ({
      reference: reference.filter((each) => pathOf(each) !== null || !outcome.ours.errors.includes(each)),
      ours,
    }),
  },
  {
    name: 'siblings of a propagated null',
    reason:
      'When one field makes its object null, GraphQL leaves open whether errors of the object’s other fields are told. The stock executor’s subgraph stops at the first name of a field that is asked for under two; ours is asked once, and the error is told at both.',
    excuse: siblings,
  },
  {
    name: 'names that nobody asked for',
    reason:
      'Where the client has an alias and the plan needs the field, too, the stock executor tells its error under a name that is not in the operation; ours under the client’s.',
    excuse: otherNames,
  },
];

/** The error without its place. */
function substance(error: string): string {
  const [message, , code] = JSON.parse(error) as [string, Path | null, string];
  return JSON.stringify([message, code]);
}

function keysOf(path: Path): readonly string[] {
  return path.filter((each) => typeof each === 'string');
}

/** Takes out pairs of errors that `belong` together. */
function withoutPairs(
  { reference, ours }: Differing,
  belong: (reference: string, ours: string) => boolean,
): Differing {
  const left = [...ours];
  return {
    reference: reference.filter((each) => {
      const at = left.findIndex((other) => substance(each) === substance(other) && belong(each, other));
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    }),
    ours: left,
  };
}

function wrongIndex(differing: Differing, { typedData, typedAsks }: ExcuseContext): Differing {
  // Only where there are more objects than representations does a representation have another place than its object.
  const shifting = typedAsks.filter(
    ({ path, representations }) => objectsAt(typedData, path) > representations,
  );
  return withoutPairs(differing, (reference, ours) => {
    const [wrong, right] = [pathOf(reference), pathOf(ours)];
    if (!wrong || !right || keysOf(wrong).join('.') !== keysOf(right).join('.')) return false;
    const isShifted = shifting.some(({ path }) => path.every((name, at) => keysOf(wrong)[at] === name));
    return isShifted && isBefore(wrong, right);
  });
}

/** How many objects there may have been below these names: what is null in the answer can have been one. */
function objectsAt(data: unknown, names: readonly string[]): number {
  if (Array.isArray(data)) return data.reduce<number>((sum, each) => sum + objectsAt(each, names), 0);
  if (data === null) return 1;
  const [name, ...more] = names;
  if (typeof data !== 'object') return 0;
  return name === undefined ? 1 : objectsAt((data as Record<string, unknown>)[name], more);
}

function isBefore(a: Path, b: Path): boolean {
  const at = a.findIndex((step, index) => step !== b[index]);
  return at >= 0 && Number(a[at]) < Number(b[at]);
}

/** An error of ours under an object that has become null, which the reference tells at the same field's other name. */
function siblings({ reference, ours }: Differing, { outcome }: ExcuseContext): Differing {
  const data: unknown = outcome.ours.data === undefined ? null : JSON.parse(outcome.ours.data);
  const named = (error: string, path: Path): string =>
    JSON.stringify([substance(error), fieldNames(outcome.document, path)]);
  return {
    reference,
    ours: ours.filter((error) => {
      const path = pathOf(error);
      const length = path ? nullAbove(data, path) : undefined;
      if (!path || length === undefined) return true;
      return !outcome.reference?.errors.some((other) => {
        const place = pathOf(other);
        const isBelow = place?.slice(0, length).every((step, at) => step === path[at]);
        return place && isBelow && named(other, place) === named(error, path);
      });
    }),
  };
}

/** How long the path is down to the null that stands above the field it names; undefined when none does. */
function nullAbove(data: unknown, path: Path): number | undefined {
  let at = data;
  for (const [index, step] of path.entries()) {
    if (at === null) return index;
    if (typeof at !== 'object') return undefined;
    at = (at as Record<string | number, unknown>)[step];
    if (at === undefined) return undefined;
  }
  return undefined;
}

function otherNames({ reference, ours }: Differing, { outcome }: ExcuseContext): Differing {
  /** The error as it would be under the fields' own names; undefined when the client did not ask for the place. */
  const named = (error: string): string | undefined => {
    const path = pathOf(error);
    const names = path && fieldNames(outcome.document, path);
    return names ? JSON.stringify([substance(error), names]) : undefined;
  };
  const explained = new Set<string>();
  const ofOurs = new Map(outcome.ours.errors.map((each) => [named(each), each]));
  const left = reference.filter((each) => {
    const path = pathOf(each);
    if (!path || named(each) !== undefined) return true;
    const same = ofOurs.get(JSON.stringify([substance(each), bare(path)]));
    if (same === undefined) return true;
    explained.add(same);
    return false;
  });
  return { reference: left, ours: ours.filter((each) => !explained.has(each)) };
}

/** Names that the planner makes up are those of a field with a suffix. */
function bare(path: Path): Path {
  return path.map((step) => (typeof step === 'string' ? step.replace(/__alias_\d+$/, '') : step));
}

/** The path with fields for their response keys; undefined when the operation does not ask for it. */
function fieldNames(document: DocumentNode, path: Path): Path | undefined {
  const fragments = new Map(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  );
  const [definition] = document.definitions;
  let sets: readonly SelectionSetNode[] =
    definition?.kind === Kind.OPERATION_DEFINITION ? [definition.selectionSet] : [];
  const names: (string | number)[] = [];
  for (const step of path) {
    if (typeof step === 'number') {
      names.push(step);
      continue;
    }
    const fields = sets.flatMap(fieldsOf).filter(({ alias, name }) => (alias?.value ?? name.value) === step);
    const [first] = fields;
    if (!first) return undefined;
    names.push(first.name.value);
    sets = fields.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []));
  }
  return names;

  function fieldsOf({ selections }: SelectionSetNode): readonly FieldNode[] {
    return selections.flatMap((each) => {
      if (each.kind === Kind.FIELD) return [each];
      if (each.kind === Kind.INLINE_FRAGMENT) return fieldsOf(each.selectionSet);
      const fragment = fragments.get(each.name.value);
      return fragment ? fieldsOf(fragment.selectionSet) : [];
    });
  }
}
