/**
 * From a plan over stand-ins to one that subgraphs understand: in what is asked, a stand-in becomes its field with its
 * arguments, under the stand-in's name; in what is sent, it goes by its field's name. A representation has one place
 * for each name, so fields that require different values there are asked for in fetches of their own.
 */
import type {
  FetchDataRewrite,
  FetchNode,
  PlanNode,
  QueryPlan,
  QueryPlanSelectionNode,
} from '@apollo/query-planner';
import {
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
  type DocumentNode,
  type FieldNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Requirements, StandIns } from '../supergraph/stand-ins.ts';

/** The fetches of a plan must not use named fragments (`reuseQueryFragments` and `generateQueryFragments` off). */
export function restorePlan(plan: QueryPlan, standIns: StandIns): QueryPlan {
  const { node } = plan;
  if (!node || standIns.byName.size === 0) return plan;
  const restoring = new Restoring(standIns);
  if (node.kind !== 'Subscription') return { ...plan, node: restoring.node(node) };
  const { primary, rest } = node;
  return {
    ...plan,
    node: {
      ...node,
      primary: {
        ...primary,
        ...restoring.operation(parse(primary.operation, { noLocation: true }), primary),
      },
      ...(rest ? { rest: restoring.node(rest) } : {}),
    },
  };
}

class Restoring {
  constructor(private readonly standIns: StandIns) {}

  /** A fetch that is split becomes fetches in parallel, all of them with its id: what depends on it waits for each. */
  node(node: PlanNode): PlanNode {
    switch (node.kind) {
      case 'Sequence':
      case 'Parallel':
        return { ...node, nodes: node.nodes.map((each) => this.node(each)) };
      case 'Flatten': {
        const inner = this.node(node.node);
        if (inner.kind !== 'Parallel') return { ...node, node: inner };
        return {
          ...inner,
          nodes: inner.nodes.map((each) => ({ ...node, node: each })),
        };
      }
      case 'Condition':
        return {
          ...node,
          ...(node.ifClause ? { ifClause: this.node(node.ifClause) } : {}),
          ...(node.elseClause ? { elseClause: this.node(node.elseClause) } : {}),
        };
      case 'Defer':
        return {
          ...node,
          primary: {
            ...node.primary,
            ...(node.primary.node ? { node: this.node(node.primary.node) } : {}),
          },
          deferred: node.deferred.map((each) => ({
            ...each,
            ...(each.node ? { node: this.node(each.node) } : {}),
          })),
        };
      case 'Fetch': {
        const fetches = this.#fetches(node);
        const [only] = fetches;
        return only && fetches.length === 1 ? only : { kind: 'Parallel', nodes: fetches };
      }
    }
  }

  /** An operation of a fetch, and which variables it uses. */
  operation(document: DocumentNode, { operationDocumentNode }: FetchNode): Partial<FetchNode> {
    const variables = new Set<string>();
    const restored = visit(document, {
      Field: (field) => this.#field(field),
      Variable: ({ name }, _key, parent) => {
        if (!(parent && 'kind' in parent && parent.kind === Kind.VARIABLE_DEFINITION))
          variables.add(name.value);
      },
    });
    const used = visit(restored, {
      VariableDefinition: ({ variable }) => (variables.has(variable.name.value) ? false : null),
    });
    return {
      operation: stripIgnoredCharacters(print(used)),
      ...(operationDocumentNode ? { operationDocumentNode: used } : {}),
      variableUsages: [...variables].filter((name) => name !== 'representations'),
    };
  }

  #field(field: FieldNode): FieldNode | undefined {
    const required = this.standIns.byName.get(field.name.value);
    return (
      required && {
        ...field,
        alias: field.alias ?? field.name,
        name: { kind: Kind.NAME, value: required.field },
        arguments: required.arguments,
      }
    );
  }

  #fetches(node: FetchNode): FetchNode[] {
    const document = parse(node.operation, { noLocation: true });
    const { requires } = node;
    if (!requires) return [{ ...node, ...this.operation(document, node) }];
    const groups = this.#groups(document, node.serviceName);
    const shares =
      groups.length > 1
        ? groups.map((group) => this.#share(node, document, group, groups))
        : [{ node, document }];
    return shares.map((share) => ({
      ...share.node,
      ...this.operation(share.document, node),
      ...this.#inputs(share.node),
    }));
  }

  /** The part of a fetch that asks for one group's fields, by what they require and by nothing that clashes with it. */
  #share(
    node: FetchNode,
    document: DocumentNode,
    group: Group,
    groups: readonly Group[],
  ): { readonly node: FetchNode; readonly document: DocumentNode } {
    const contested = new Set(
      groups.flatMap(({ requires }) => [...requires.keys()]).filter((place) => isContested(place, groups)),
    );
    const keep = (
      selections: readonly QueryPlanSelectionNode[],
      place: readonly string[],
    ): QueryPlanSelectionNode[] =>
      selections.flatMap((selection): QueryPlanSelectionNode[] => {
        if (selection.kind === 'InlineFragment') {
          const inner = keep(selection.selections, place);
          return inner.length > 0 ? [{ ...selection, selections: inner }] : [];
        }
        const below = [...place, this.standIns.byName.get(selection.name)?.field ?? selection.name];
        const key = below.join('.');
        if (contested.has(key) && !namesAt(group.requires, key).has(selection.name)) return [];
        if (!selection.selections) return [selection];
        const inner = keep(selection.selections, below);
        return inner.length > 0 ? [{ ...selection, selections: inner }] : [];
      });
    return {
      node: { ...node, requires: keep(node.requires ?? [], []) },
      document: mapEntityFields(document, (field, type) => group.fields.has(fieldKey(field, type))),
    };
  }

  /** The fetch's fields, in as few groups as there can be without two values for one name. */
  #groups(document: DocumentNode, subgraph: string): readonly Group[] {
    const groups: Group[] = [];
    const common: string[] = [];
    mapEntityFields(document, (field, type) => {
      const requires = this.standIns.requirementsOf(subgraph, type, field.name.value);
      if (!requires) {
        common.push(fieldKey(field, type));
        return true;
      }
      let group = groups.find((each) => isCompatible(each.requires, requires));
      if (!group) groups.push((group = { fields: new Set(), requires: new Map() }));
      group.fields.add(fieldKey(field, type));
      for (const [place, names] of requires) group.requires.set(place, names);
      return true;
    });
    for (const each of common) groups[0]?.fields.add(each);
    return groups;
  }

  /** What is sent goes by the names the subgraph knows. */
  #inputs({ requires = [], inputRewrites = [] }: FetchNode): Partial<FetchNode> {
    const rewrites: FetchDataRewrite[] = [];
    const find = (selections: readonly QueryPlanSelectionNode[], path: readonly string[]): void => {
      for (const selection of selections) {
        if (selection.kind === 'InlineFragment') {
          const { typeCondition } = selection;
          find(
            selection.selections,
            typeCondition === undefined ? path : [...path, `... on ${typeCondition}`],
          );
          continue;
        }
        const at = [...path, selection.name];
        // What lies within is renamed first: its path goes by the names that are still there.
        find(selection.selections ?? [], at);
        const required = this.standIns.byName.get(selection.name);
        if (required)
          rewrites.push({
            kind: 'KeyRenamer',
            path: at,
            renameKeyTo: required.field,
          });
      }
    };
    find(requires, []);
    // The planner's own come after: they may change the type that these paths go by.
    return rewrites.length === 0 ? {} : { inputRewrites: [...rewrites, ...inputRewrites] };
  }
}

/** Fields of an entity that can be asked for by one representation. */
interface Group {
  readonly fields: Set<string>;
  readonly requires: Map<string, ReadonlySet<string>>;
}

function isCompatible(one: Requirements, other: Requirements): boolean {
  return [...other].every(([place, names]) => {
    const known = one.get(place);
    return !known || (known.size === names.size && [...names].every((name) => known.has(name)));
  });
}

function isContested(place: string, groups: readonly Group[]): boolean {
  const names = new Set(groups.flatMap(({ requires }) => [...namesAt(requires, place)]));
  return names.size > 1;
}

function namesAt(requires: Requirements, place: string): ReadonlySet<string> {
  return new Set([...(requires.get(place) ?? [])].map((each) => each.slice(0, each.indexOf(' '))));
}

function fieldKey(field: FieldNode, type: string): string {
  return `${type}.${field.alias?.value ?? field.name.value}`;
}

/** Keeps those fields of the entities that are wanted; `type` is the nearest type condition. */
function mapEntityFields(
  document: DocumentNode,
  isWanted: (field: FieldNode, type: string) => boolean,
): DocumentNode {
  const keep = ({ selections }: SelectionSetNode, type: string): SelectionSetNode => ({
    kind: Kind.SELECTION_SET,
    selections: selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FIELD) return isWanted(selection, type) ? [selection] : [];
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
      const selectionSet = keep(selection.selectionSet, selection.typeCondition?.name.value ?? type);
      return selectionSet.selections.length > 0 ? [{ ...selection, selectionSet }] : [];
    }),
  });
  return visit(document, {
    Field: (field) =>
      field.name.value === '_entities' && field.selectionSet
        ? { ...field, selectionSet: keep(field.selectionSet, '') }
        : undefined,
  });
}
