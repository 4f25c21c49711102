/**
 * Things that the stock planner and executor do to requests, plans and answers which lead them astray, undone before
 * they see the result. If the stock way then gives our answer, its first one was wrong by its own measure.
 */
import { Kind, parse, type SelectionSetNode } from 'graphql';
import type { PlanNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner';
import type { Room, TestGraph } from './test-graph.ts';
import { isTold, type Representation } from './world.ts';

export interface Mend {
  readonly plan?: (plan: QueryPlan) => QueryPlan;
  /** Which of the representations are asked for; the others are answered with null. */
  readonly asks?: (room: Room, representation: Representation) => boolean;
  /** Changes what a subgraph answered. */
  readonly answer?: (data: Record<string, unknown>, graph: TestGraph) => void;
}

/** Entities of a subgraph that knows their interface only do not tell their type, which the gateway knows already. */
export const withoutInterfaceNames: Mend = {
  answer: (data, { source }) => {
    const entities = data['_entities'];
    if (!Array.isArray(entities)) return;
    for (const entity of entities as (Record<string, unknown> | null)[]) {
      const typename = entity?.['__typename'];
      if (entity && typeof typename === 'string' && source.families?.[typename]) delete entity['__typename'];
    }
  },
};

/** Nobody is asked about an entity without one of its keys. */
export const withKeysOnly: Mend = { asks: isTold };

/** A fetch comes after those that bring what it requires. */
export const inOrderOfNeeds: Mend = {
  plan: (plan) =>
    plan.node && plan.node.kind !== 'Subscription' ? { ...plan, node: reordered(plan.node) } : plan,
};

function reordered(node: PlanNode): PlanNode {
  if (node.kind === 'Parallel') return { ...node, nodes: node.nodes.map(reordered) };
  if (node.kind !== 'Sequence') return node;
  const waiting = node.nodes.map(reordered);
  const nodes: PlanNode[] = [];
  while (waiting.length > 0) {
    const isReady = (each: PlanNode): boolean =>
      waiting.every((other) => other === each || !brings(other, each));
    const at = waiting.findIndex(isReady);
    nodes.push(...waiting.splice(Math.max(at, 0), 1));
  }
  return { ...node, nodes };
}

/** Whether a fetch of the one brings something that the other requires, for the same objects, and does not need it itself. */
function brings(one: PlanNode, other: PlanNode): boolean {
  return entityFetches(one).some((a) =>
    entityFetches(other).some(
      (b) =>
        a.path === b.path &&
        [...b.requires].some((name) => a.brings.has(name) && !a.requires.has(name)) &&
        ![...a.requires].some((name) => b.brings.has(name) && !b.requires.has(name)),
    ),
  );
}

interface EntityFetch {
  readonly path: string;
  readonly requires: ReadonlySet<string>;
  readonly brings: ReadonlySet<string>;
}

function entityFetches(node: PlanNode, path = ''): readonly EntityFetch[] {
  switch (node.kind) {
    case 'Flatten':
      return entityFetches(node.node, `${path}.${node.path.join('.')}`);
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap((each) => entityFetches(each, path));
    case 'Fetch':
      if (!node.requires) return [];
      return [{ path, requires: new Set(namesOf(node.requires)), brings: entityFields(node.operation) }];
    case 'Condition':
    case 'Defer':
      return [];
  }
}

function namesOf(selections: readonly QueryPlanSelectionNode[]): readonly string[] {
  const names = selections.flatMap((each) =>
    each.kind === 'Field' ? [each.alias ?? each.name] : namesOf(each.selections),
  );
  return names.filter((name) => name !== '__typename');
}

/** The names at the top of what an operation asks of each entity. */
function entityFields(operation: string): ReadonlySet<string> {
  const [definition] = parse(operation, { noLocation: true }).definitions;
  const names = ({ selections }: SelectionSetNode): readonly string[] =>
    selections.flatMap((each) => {
      if (each.kind === Kind.FIELD) return [each.alias?.value ?? each.name.value];
      return each.kind === Kind.INLINE_FRAGMENT ? names(each.selectionSet) : [];
    });
  const root =
    definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections[0] : undefined;
  return new Set(root?.kind === Kind.FIELD && root.selectionSet ? names(root.selectionSet) : []);
}
