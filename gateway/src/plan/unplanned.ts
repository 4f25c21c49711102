/**
 * The planner leaves out, without a word, what no subgraph can tell: a field of an interface that has no types, or none
 * that can be reached. A client would take the missing value for an empty one, so such an operation is refused.
 */
import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';
import {
  Kind,
  parse,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * A root field of the planned operation that no fetch brings; undefined when there is none. Fields under a condition
 * are not judged: what can never be asked for is rightly left out. The operation has no named fragments.
 */
export function unplannedField(
  plan: QueryPlan,
  { selectionSet }: OperationDefinitionNode,
): string | undefined {
  const brought = new Set(rootFetches(plan.node).flatMap(({ operation }) => rootNames(operation)));
  return unconditional(selectionSet).find((name) => !name.startsWith('__') && !brought.has(name));
}

function rootFetches(node: QueryPlan['node']): readonly FetchNode[] {
  switch (node?.kind) {
    case undefined:
      return [];
    case 'Fetch':
      return node.requires ? [] : [node];
    case 'Flatten':
      return rootFetches(node.node);
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap((each: PlanNode) => rootFetches(each));
    case 'Condition':
      return [...rootFetches(node.ifClause), ...rootFetches(node.elseClause)];
    case 'Defer':
      return [node.primary, ...node.deferred].flatMap((each) => rootFetches(each.node));
    case 'Subscription':
      return [node.primary];
  }
}

function rootNames(operation: string): readonly string[] {
  const [definition] = parse(operation, { noLocation: true }).definitions;
  return definition?.kind === Kind.OPERATION_DEFINITION ? namesOf(definition.selectionSet) : [];
}

function namesOf({ selections }: SelectionSetNode): readonly string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection.alias?.value ?? selection.name.value];
    return selection.kind === Kind.INLINE_FRAGMENT ? namesOf(selection.selectionSet) : [];
  });
}

function unconditional({ selections }: SelectionSetNode): readonly string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD || hasCondition(selection)) return [];
    if (selection.kind === Kind.FIELD) return [selection.alias?.value ?? selection.name.value];
    return unconditional(selection.selectionSet);
  });
}

/** On the selection itself or anywhere within. */
function hasCondition(selection: SelectionNode): boolean {
  if (selection.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include'))
    return true;
  return (
    selection.kind !== Kind.FRAGMENT_SPREAD &&
    Boolean(selection.selectionSet?.selections.some((each) => hasCondition(each)))
  );
}
