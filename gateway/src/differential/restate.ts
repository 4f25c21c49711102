/**
 * The same question in other words. Each of these gives an operation that must have the very same answer (once `plain`
 * has taken out what they put in), but spares the stock planner or executor something it gets wrong.
 */
import {
  Kind,
  TypeInfo,
  getNamedType,
  getOperationAST,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isUnionType,
  print,
  typeFromAST,
  visit,
  visitWithTypeInfo,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { hashOf } from './random.ts';
import { inlined } from './shrink.ts';

export interface Asked {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Before a name of ours: `own`, which arguments it is for, and two underscores. */
const OWN = /^own\d*__/;
const NOTHING = 'nothing__';

/** With every condition decided: what is excluded is not there, what is included stands for itself. */
export function decided({ document, variables, operationName }: Asked): DocumentNode {
  const defaults = new Map<string, unknown>();
  for (const each of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
    if (each.defaultValue?.kind === Kind.BOOLEAN)
      defaults.set(each.variable.name.value, each.defaultValue.value);
  }
  const excludes = ({ name, arguments: args }: DirectiveNode): boolean => {
    const value = args?.find((each) => each.name.value === 'if')?.value;
    const is =
      value?.kind === Kind.VARIABLE
        ? (variables[value.name.value] ?? defaults.get(value.name.value)) === true
        : value?.kind === Kind.BOOLEAN && value.value;
    return name.value === 'skip' ? is : name.value === 'include' && !is;
  };
  const decide = (selection: SelectionNode): SelectionNode | null | undefined => {
    if (selection.directives?.some(excludes)) return null;
    return selection.directives?.length ? { ...selection, directives: [] } : undefined;
  };
  const without = visit(inlined(document), { Field: decide, InlineFragment: decide });
  return usedVariables(visit(without, { SelectionSet: { leave: orNothing } }));
}

/** With the fragments that hold for every object they can meet written out in their places. */
export function spliced({ document, schema }: Asked): DocumentNode {
  return rewritten(inlined(document), schema, (set, type) => splice(schema, set, type));
}

/** As `spliced`; and where types differ, one fragment for each type of object with all of its fields in their order. */
export function sorted({ document, schema }: Asked): DocumentNode {
  return rewritten(inlined(document), schema, (set, type) => {
    const flat = splice(schema, set, type);
    if (!isAbstractType(type) || !flat.some((each) => each.kind === Kind.INLINE_FRAGMENT)) return flat;
    return schema.getPossibleTypes(type).flatMap((possible): SelectionNode[] => {
      const selections = splice(schema, { kind: Kind.SELECTION_SET, selections: flat }, possible);
      if (selections.length === 0) return [];
      const typeCondition = {
        kind: Kind.NAMED_TYPE,
        name: { kind: Kind.NAME, value: possible.name },
      } as const;
      return [
        { kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet: { kind: Kind.SELECTION_SET, selections } },
      ];
    });
  });
}

/** With a name of its own for every field that takes arguments, given or not, and for each set of them. */
export function renamed({ document, schema }: Asked): DocumentNode {
  const types = new TypeInfo(schema);
  const rename = (field: FieldNode): FieldNode | undefined => {
    if (!types.getFieldDef()?.args.length) return undefined;
    const key = (field.alias?.value ?? field.name.value).replace(OWN, '');
    const args = hashOf((field.arguments ?? []).map((each) => print(each)).join());
    return { ...field, alias: { kind: Kind.NAME, value: `own${args}__${key}` } };
  };
  return visit(document, visitWithTypeInfo(types, { Field: { leave: rename } }));
}

/** With a name of its own for every field that has an alias. */
export function unaliased({ document }: Asked): DocumentNode {
  return visit(document, {
    Field: ({ alias, ...field }): FieldNode | undefined =>
      alias && !OWN.test(alias.value)
        ? { ...field, alias: { kind: Kind.NAME, value: `own__${alias.value}` } }
        : undefined,
  });
}

/** With the type of every object, under a name of ours. */
export function typed(document: DocumentNode, key: string): DocumentNode {
  const typename: FieldNode = {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: key },
    name: { kind: Kind.NAME, value: '__typename' },
  };
  return visit(document, {
    SelectionSet: { leave: (set) => ({ ...set, selections: [typename, ...set.selections] }) },
    OperationDefinition: {
      leave: (node) => ({
        ...node,
        selectionSet: { ...node.selectionSet, selections: node.selectionSet.selections.slice(1) },
      }),
    },
  });
}

/** An answer's JSON, or an error's, as the question in its first words would have it. */
export function plain(json: string): string {
  if (!/own\d*__|nothing__/.test(json)) return json;
  return JSON.stringify(JSON.parse(json), (_key, value: unknown) => {
    if (typeof value === 'string') return value.replace(OWN, '');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, each]): [string, unknown][] => {
        if (name.startsWith(NOTHING)) return [];
        return [[name.replace(OWN, ''), each]];
      }),
    );
  });
}

function rewritten(
  document: DocumentNode,
  schema: GraphQLSchema,
  rewrite: (set: SelectionSetNode, type: GraphQLCompositeType) => readonly SelectionNode[],
): DocumentNode {
  const below = (set: SelectionSetNode, type: GraphQLCompositeType): SelectionSetNode => {
    const selections = rewrite(set, type).map((each): SelectionNode => {
      if (each.kind === Kind.FRAGMENT_SPREAD || !each.selectionSet) return each;
      const inner =
        each.kind === Kind.FIELD ? fieldType(type, each.name.value) : (conditionOf(schema, each) ?? type);
      return inner ? { ...each, selectionSet: below(each.selectionSet, inner) } : each;
    });
    return orNothing({ ...set, selections }) ?? { ...set, selections };
  };
  return {
    ...document,
    definitions: document.definitions.map((each) => {
      const root = each.kind === Kind.OPERATION_DEFINITION ? schema.getRootType(each.operation) : undefined;
      if (each.kind !== Kind.OPERATION_DEFINITION || !root) return each;
      return { ...each, selectionSet: below(each.selectionSet, root) };
    }),
  };
}

/** The selections with the fragments that always hold written out, and without those that never do. */
function splice(
  schema: GraphQLSchema,
  { selections }: SelectionSetNode,
  type: GraphQLCompositeType,
): readonly SelectionNode[] {
  const possible = possibleTypes(schema, type);
  return selections.flatMap((each): readonly SelectionNode[] => {
    if (each.kind !== Kind.INLINE_FRAGMENT) return [each];
    const on = conditionOf(schema, each) ?? type;
    const meets = possibleTypes(schema, on).filter((one) => possible.includes(one));
    if (meets.length === 0) return [];
    if (meets.length < possible.length || each.directives?.length) return [each];
    return splice(schema, each.selectionSet, type);
  });
}

function possibleTypes(schema: GraphQLSchema, type: GraphQLCompositeType): readonly GraphQLCompositeType[] {
  return isObjectType(type) ? [type] : schema.getPossibleTypes(type);
}

function conditionOf(
  schema: GraphQLSchema,
  node: Extract<SelectionNode, { kind: Kind.INLINE_FRAGMENT }>,
): GraphQLCompositeType | undefined {
  const type = node.typeCondition && typeFromAST(schema, node.typeCondition);
  return isCompositeType(type) ? type : undefined;
}

function fieldType(parent: GraphQLCompositeType, name: string): GraphQLCompositeType | undefined {
  const field = isUnionType(parent) ? undefined : parent.getFields()[name];
  const type = field && getNamedType(field.type);
  return isCompositeType(type) ? type : undefined;
}

/** An empty selection is no GraphQL: it asks for something that `plain` takes out again. */
function orNothing(set: SelectionSetNode): SelectionSetNode | undefined {
  if (set.selections.length > 0) return undefined;
  const alias = { kind: Kind.NAME, value: NOTHING } as const;
  return {
    ...set,
    selections: [{ kind: Kind.FIELD, alias, name: { kind: Kind.NAME, value: '__typename' } }],
  };
}

function usedVariables(document: DocumentNode): DocumentNode {
  const used = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void used.add(name.value),
  });
  return visit(document, {
    VariableDefinition: ({ variable }) => (used.has(variable.name.value) ? undefined : null),
  });
}
