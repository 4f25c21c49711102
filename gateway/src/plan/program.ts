/**
 * A query plan as a program: the calls to subgraphs, what each waits for, and what it brings where. The planner says
 * which fetches there are and gives an order that is safe; here each waits only for those that bring what it needs, and
 * fetches of one subgraph that wait for the same become one call.
 */
import type { FetchDataRewrite, FetchNode, PlanNode, QueryPlanSelectionNode } from '@apollo/query-planner';
import {
  Kind,
  OperationTypeNode,
  parse,
  print,
  stripIgnoredCharacters,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type VariableNode,
  visit,
} from 'graphql';

/** One fetch of the plan, or several that ask the same. */
export interface Part {
  /** Response names from the root to the objects it completes; '@' for each list on the way. */
  readonly paths: readonly (readonly string[])[];
  /** Equal for equal paths. */
  readonly place: string;
  /** All that is asked, but for where: equal for fetches that can be answered as one. */
  readonly question: string;
  /** What an object must give for the subgraph to know it by; undefined for fields of the root. */
  readonly requires: readonly QueryPlanSelectionNode[] | undefined;
  readonly inputRewrites: readonly FetchDataRewrite[];
  readonly outputRewrites: readonly FetchDataRewrite[];
  /** As the only part of its call. */
  readonly alone: CallText;
  /** In the merged call: where its answer is, and the variable of its representations. */
  readonly answerKey: string;
  readonly representationsName: string;
  /** Whether anything it brings has fields of its own. */
  readonly bringsObjects: boolean;
  /** Path, within its own answer, of the first field it brings: where an outage of the subgraph is told. */
  readonly firstPath: readonly string[];
}

/** One request to a subgraph. */
export interface Call {
  readonly index: number;
  readonly subgraph: string;
  readonly isMutation: boolean;
  readonly parts: readonly Part[];
  /** Of all parts together; of the only part when there is one. */
  readonly text: CallText;
  /** How many calls it waits for, and who waits for it. */
  readonly waitsFor: number;
  readonly wakes: readonly number[];
  /** The deferred part of the answer it belongs to; undefined for the first answer. */
  readonly deferral: string | undefined;
}

/** What is asked by one request, whether it was planned as one call or several. */
export type JoinedCall = Pick<Call, 'subgraph' | 'isMutation' | 'parts' | 'text' | 'deferral'>;

/** An operation of a subgraph, as it travels. */
export interface CallText {
  readonly query: string;
  readonly operationName: string | undefined;
  /** Of the client's variables; representations come on top. */
  readonly variableNames: readonly string[];
  /** The request body up to its variables: `{"query":"...","variables":{`. */
  readonly opening: string;
}

export interface Program {
  readonly calls: readonly Call[];
  /** One call in place of several to one subgraph that have become ready together. */
  readonly join: (calls: readonly Call[]) => JoinedCall;
  /** Deferred parts of the answer in the plan's order, each after the one it lies in. */
  readonly deferrals: readonly DeferredProgram[];
}

export interface DeferredProgram {
  readonly id: string;
  /** The deferred part it lies in. */
  readonly within: string | undefined;
}

/** How a program is cut from its plan: what is decided before it runs. */
export interface ProgramOptions {
  readonly isMutation: boolean;
  /** Some type's name may be corrected by a later fetch (interface objects), so every fetch that brings it counts. */
  readonly typenamesChange: boolean;
}

/** A fetch on its way to become a part. */
interface Draft {
  readonly node: FetchNode;
  readonly path: readonly string[];
  readonly deferral: string | undefined;
  /** Fetches that the plan puts before it. */
  readonly before: readonly Draft[];
  readonly needs: ReadonlySet<string>;
  readonly brings: ReadonlySet<string>;
  waitsFor: ReadonlySet<Draft>;
}

const REPRESENTATIONS = 'representations';
const ENTITIES = '_entities';
const TYPENAME = '__typename';

export function compileProgram(plan: PlanNode | undefined, options: ProgramOptions): Program {
  const drafts: Draft[] = [];
  const deferrals: DeferredProgram[] = [];
  if (plan) collect(plan, { path: [], before: [], deferral: undefined });
  for (const draft of drafts) draft.waitsFor = waitsFor(draft, options);
  for (const draft of drafts) waitForLater(draft, drafts);
  return { calls: callsOf(inOrder(drafts)), join: joiner(), deferrals };

  interface Place {
    readonly path: readonly string[];
    readonly before: readonly Draft[];
    readonly deferral: string | undefined;
  }

  /** Takes the fetches of a node in order; the result is all of them. */
  function collect(node: PlanNode, place: Place): readonly Draft[] {
    switch (node.kind) {
      case 'Fetch': {
        const draft: Draft = {
          ...place,
          node,
          needs: needsOf(node, place.path),
          brings: bringsOf(node, place.path),
          waitsFor: new Set(),
        };
        drafts.push(draft);
        return [draft];
      }
      case 'Sequence': {
        const taken: Draft[] = [];
        for (const each of node.nodes) {
          taken.push(...collect(each, { ...place, before: [...place.before, ...taken] }));
        }
        return taken;
      }
      case 'Parallel':
        return node.nodes.flatMap((each) => collect(each, place));
      case 'Flatten':
        return collect(node.node, { ...place, path: [...place.path, ...node.path.map(String)] });
      case 'Condition':
        throw new Error('a plan has a condition, but conditions are decided before');
      case 'Defer': {
        const first = node.primary.node ? collect(node.primary.node, place) : [];
        const before = [...place.before, ...first];
        for (const { label, node: deferred } of node.deferred) {
          if (label === undefined) throw new Error('a deferred part of a plan has no label');
          deferrals.push({ id: label, within: place.deferral });
          if (deferred) collect(deferred, { path: place.path, before, deferral: label });
        }
        return first;
      }
    }
  }
}

/** Of the fetches before it, those that bring what it needs. */
function waitsFor(draft: Draft, { isMutation, typenamesChange }: ProgramOptions): ReadonlySet<Draft> {
  // The fields of a mutation are carried out one after the other, and what hangs on one is done before the next.
  if (isMutation && !draft.node.requires) return new Set(draft.before);
  const own = [...draft.path.filter((each) => each !== '@'), TYPENAME].join('.');
  return new Set(
    draft.before.filter(({ brings, path }) => {
      for (const need of draft.needs) {
        if (!brings.has(need)) continue;
        // An object's type comes with the object; that a later fetch asks for it again is nothing to wait for.
        if (need === own && !typenamesChange && samePath(path, draft.path)) continue;
        return true;
      }
      return false;
    }),
  );
}

/** The plan may put a fetch before the one that brings what it needs; then it waits for that one all the same. */
function waitForLater(draft: Draft, drafts: readonly Draft[]): void {
  const isBrought = (need: string): boolean => draft.before.some(({ brings }) => brings.has(need));
  for (const need of draft.needs) {
    if (isBrought(need)) continue;
    const later = drafts.filter(
      (each) =>
        each !== draft &&
        each.brings.has(need) &&
        (each.deferral === undefined || each.deferral === draft.deferral) &&
        !allBefore(each).has(draft),
    );
    draft.waitsFor = new Set([...draft.waitsFor, ...later]);
  }
}

/** Those it waits for, those that they wait for, and so on. */
function allBefore(draft: Draft, all = new Set<Draft>()): ReadonlySet<Draft> {
  for (const each of draft.waitsFor) {
    if (all.has(each)) continue;
    all.add(each);
    allBefore(each, all);
  }
  return all;
}

/** Of one subgraph, for one part of the answer. */
function isAlike(one: Draft, other: Draft): boolean {
  return one.node.serviceName === other.node.serviceName && one.deferral === other.deferral;
}

/** Each after those it waits for. */
function inOrder(drafts: readonly Draft[]): readonly Draft[] {
  const ordered = new Set<Draft>();
  const take = (draft: Draft): void => {
    if (ordered.has(draft)) return;
    for (const each of draft.waitsFor) take(each);
    ordered.add(draft);
  };
  for (const draft of drafts) take(draft);
  return [...ordered];
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}

/** Fetches of one subgraph that wait for the same, and whose objects are known by keys, travel together. */
function callsOf(drafts: readonly Draft[]): readonly Call[] {
  const groups: Draft[][] = [];
  const callOf = new Map<Draft, number>();
  for (const draft of drafts) {
    const found = groups.findIndex(([first]) => first && canJoin(first, draft, callOf));
    const index = found < 0 ? groups.push([]) - 1 : found;
    groups[index]?.push(draft);
    callOf.set(draft, index);
  }
  const waits = groups.map(([first]) => waitedCalls(first?.waitsFor ?? new Set(), callOf));
  return groups.map((group, index): Call => {
    const [first] = group;
    return {
      index,
      subgraph: first?.node.serviceName ?? '',
      isMutation: first?.node.operationKind === OperationTypeNode.MUTATION,
      ...together(group.map(partOf)),
      waitsFor: waits[index]?.size ?? 0,
      wakes: waits.flatMap((waited, other) => (waited.has(index) ? [other] : [])),
      deferral: first?.deferral,
    };
  });
}

function waitedCalls(waited: ReadonlySet<Draft>, callOf: ReadonlyMap<Draft, number>): ReadonlySet<number> {
  return new Set([...waited].map((each) => callOf.get(each) ?? -1));
}

function canJoin(first: Draft, draft: Draft, callOf: ReadonlyMap<Draft, number>): boolean {
  if (!first.node.requires || !draft.node.requires || !isAlike(first, draft)) return false;
  const a = waitedCalls(first.waitsFor, callOf);
  const b = waitedCalls(draft.waitsFor, callOf);
  return a.size === b.size && [...a].every((each) => b.has(each));
}

function partOf({ node, path }: Draft): Part {
  const { operation, operationName, variableUsages = [], requires } = node;
  const { inputRewrites = [], outputRewrites = [] } = node;
  const { name: _name, ...definition } = definitionOf(operation);
  return {
    paths: [path],
    place: placeOf([path]),
    question: JSON.stringify([print(definition), requires, inputRewrites, outputRewrites]),
    requires,
    inputRewrites,
    outputRewrites,
    alone: callText(operation, operationName, variableUsages),
    answerKey: ENTITIES,
    representationsName: REPRESENTATIONS,
    bringsObjects: bringsObjects(definition.selectionSet, requires !== undefined),
    firstPath: firstPathOf(definition.selectionSet),
  };
}

/** Parts as one call; those that ask the same become one. */
function together(parts: readonly Part[]): Pick<Call, 'parts' | 'text'> {
  const united = new Map<string, Part>();
  for (const part of parts) {
    const known = united.get(part.question);
    const paths = distinct([...(known?.paths ?? []), ...part.paths]);
    united.set(part.question, { ...(known ?? part), paths, place: placeOf(paths) });
  }
  const isOne = united.size === 1;
  const named = [...united.values()].map((part, index): Part => ({
    ...part,
    answerKey: isOne ? ENTITIES : `${ENTITIES}${index}`,
    representationsName: isOne ? REPRESENTATIONS : `${REPRESENTATIONS}${index}`,
  }));
  const [first] = named;
  if (!first) throw new Error('a call has no part');
  return { parts: named, text: isOne ? first.alone : mergedText(named.map(({ alone }) => alone)) };
}

function placeOf(paths: readonly (readonly string[])[]): string {
  return paths.map((path) => path.join('.')).join(' ');
}

function distinct(paths: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map(paths.map((path) => [path.join(), path])).values()];
}

function callText(
  operation: string,
  operationName: string | undefined,
  variableNames: readonly string[],
): CallText {
  const query = stripIgnoredCharacters(operation);
  const named = operationName === undefined ? '' : `"operationName":${JSON.stringify(operationName)},`;
  return {
    query,
    operationName,
    variableNames: variableNames.filter((each) => each !== REPRESENTATIONS),
    opening: `{"query":${JSON.stringify(query)},${named}"variables":{`,
  };
}

/** Joins calls, each set of them once: their number is small, and the same ones become ready together again. */
function joiner(): Program['join'] {
  const known = new Map<string, JoinedCall>();
  return (calls) => {
    const key = calls.map(({ index }) => index).join();
    const joined = known.get(key) ?? joinCalls(calls);
    known.set(key, joined);
    return joined;
  };
}

function joinCalls(calls: readonly Call[]): JoinedCall {
  const [first] = calls;
  if (!first) throw new Error('no call is to be joined');
  return { ...first, ...together(calls.flatMap(({ parts }) => parts)) };
}

/** One operation that asks for the entities of each part under names of its own. */
function mergedText(texts: readonly CallText[]): CallText {
  const definitions = texts.map(({ query }, index) => renameEntities(definitionOf(query), index));
  const [first] = definitions;
  if (!first) throw new Error('no operation is to be merged');
  const variables = new Map(
    definitions.flatMap(({ variableDefinitions = [] }) =>
      variableDefinitions.map((each) => [each.variable.name.value, each] as const),
    ),
  );
  const selections = definitions.flatMap(({ selectionSet }) => selectionSet.selections);
  const merged: OperationDefinitionNode = {
    ...first,
    variableDefinitions: [...variables.values()],
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
  const names = new Set(texts.flatMap(({ variableNames }) => variableNames));
  return callText(print(merged), texts[0]?.operationName, [...names]);
}

function renameEntities(definition: OperationDefinitionNode, index: number): OperationDefinitionNode {
  const name = (value: string): { readonly kind: Kind.NAME; readonly value: string } => ({
    kind: Kind.NAME,
    value,
  });
  return visit(definition, {
    Variable: (node): VariableNode | undefined =>
      node.name.value === REPRESENTATIONS ? { ...node, name: name(`${REPRESENTATIONS}${index}`) } : undefined,
    Field: (node): FieldNode | undefined =>
      node.name.value === ENTITIES ? { ...node, alias: name(`${ENTITIES}${index}`) } : undefined,
  });
}

function definitionOf(operation: string): OperationDefinitionNode {
  const [definition] = parse(operation, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('a fetch of a plan has no operation');
  return definition;
}

/** Places of the answer, as dotted paths without lists, that a fetch fills in. */
function bringsOf(node: FetchNode, path: readonly string[]): ReadonlySet<string> {
  const brings = new Set<string>();
  const add = ({ selections }: SelectionSetNode, at: readonly string[]): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) add(selection.selectionSet, at);
      else if (selection.kind === Kind.FIELD) {
        const isEntities = Boolean(node.requires) && selection.name.value === ENTITIES;
        const below = isEntities ? at : [...at, selection.alias?.value ?? selection.name.value];
        if (!isEntities) brings.add(below.join('.'));
        if (selection.selectionSet) add(selection.selectionSet, below);
      }
    }
  };
  const at = path.filter((each) => each !== '@');
  add(definitionOf(node.operation).selectionSet, at);
  for (const rewrite of node.outputRewrites ?? []) {
    const names = rewrite.path.filter((each) => !each.startsWith('... on '));
    const inner = names.filter((each) => each !== ENTITIES && each !== '@');
    if (rewrite.kind === 'KeyRenamer')
      brings.add([...at, ...inner.slice(0, -1), rewrite.renameKeyTo].join('.'));
  }
  return brings;
}

/** Whether a field of the root, or of an entity, has fields of its own. */
function bringsObjects({ selections }: SelectionSetNode, isOfEntities: boolean): boolean {
  return selections.some((each) => {
    if (each.kind === Kind.FRAGMENT_SPREAD) return true;
    if (each.kind === Kind.INLINE_FRAGMENT) return bringsObjects(each.selectionSet, isOfEntities);
    if (!each.selectionSet) return false;
    return !isOfEntities || each.name.value !== ENTITIES || bringsObjects(each.selectionSet, false);
  });
}

/** Places of the answer that must be there before a fetch can begin: its objects, and what they are known by. */
function needsOf(node: FetchNode, path: readonly string[]): ReadonlySet<string> {
  const at = path.filter((each) => each !== '@');
  const needs = new Set(at.map((_, index) => at.slice(0, index + 1).join('.')));
  const add = (selections: readonly QueryPlanSelectionNode[], within: readonly string[]): void => {
    for (const selection of selections) {
      if (selection.kind === 'InlineFragment') add(selection.selections, within);
      else {
        const below = [...within, selection.alias ?? selection.name];
        needs.add(below.join('.'));
        add(selection.selections ?? [], below);
      }
    }
  };
  add(node.requires ?? [], at);
  return needs;
}

function firstPathOf(selections: SelectionSetNode): readonly string[] {
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FIELD) {
      const key = selection.alias?.value ?? selection.name.value;
      if (selection.name.value === ENTITIES && selection.selectionSet)
        return firstPathOf(selection.selectionSet);
      if (key !== TYPENAME) return [key];
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      const inner = firstPathOf(selection.selectionSet);
      if (inner.length > 0) return inner;
    }
  }
  return [];
}
