/**
 * An operation's selections as a typed tree: fragments written out, constant conditions decided, and every field with
 * its canonical name, the one under which its value is fetched and kept. Clients' aliases come back only when the
 * answer is written (`execute/projection.ts`), so that within one answer a name of an object always means the same
 * field with the same arguments, whoever asked for it under whatever name.
 */
import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isLeafType,
  isUnionType,
  print,
  typeFromAST,
  valueFromAST,
  type ArgumentNode,
  type DirectiveNode,
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLCompositeType,
  type GraphQLOutputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  GraphQLString,
} from 'graphql';
import type { CheckedDocument, Fragments } from './document.ts';

/** What stands on a selection: it counts when the variable has this value. Constant conditions are decided already. */
export interface Condition {
  readonly variable: string;
  readonly is: boolean;
}

/** A `@defer` that may take effect: unless it has a variable, and that is false. */
export interface Deferral {
  /** Ours, unique in the operation: the plan's parts are found by it. */
  readonly id: string;
  /** The client's. */
  readonly label: string | undefined;
  readonly variable: string | undefined;
}

export interface Field {
  readonly kind: 'field';
  readonly node: FieldNode;
  readonly parent: GraphQLCompositeType;
  readonly name: string;
  /** The name in the client's answer. */
  readonly key: string;
  /** The name in what is fetched; assigned once the whole scope is known. */
  canonical: string;
  readonly type: GraphQLOutputType;
  readonly conditions: readonly Condition[];
  /** Undefined for a leaf. */
  readonly selections: readonly Selection[] | undefined;
}

export interface Fragment {
  readonly kind: 'fragment';
  /** Undefined when it holds for any type. */
  readonly on: GraphQLCompositeType | undefined;
  readonly conditions: readonly Condition[];
  readonly deferral: Deferral | undefined;
  readonly selections: readonly Selection[];
}

export type Selection = Field | Fragment;

export const TYPENAME = '__typename';

/** The typed tree of a checked operation; `parent` is its root type. */
export function selectionsOf(
  schema: GraphQLSchema,
  { definition, fragments }: CheckedDocument,
): { readonly root: GraphQLCompositeType; readonly selections: readonly Selection[] } {
  const root = schema.getRootType(definition.operation);
  if (!root) throw new GraphQLError(`The graph has no ${definition.operation}.`);
  const selections = new Reading(schema, fragments, definition).read(definition.selectionSet, root);
  new Naming(definition.operation === OperationTypeNode.MUTATION).name([selections]);
  return { root, selections };
}

/** What is decided about conditions and deferrals when an operation is planned. */
export interface Decided {
  readonly conditionIs: (variable: string) => boolean;
  readonly isDeferring: (deferral: Deferral) => boolean;
  /** With it, what is selected on an abstract type is written out for each of the object types it stands for. */
  readonly sortedBy?: GraphQLSchema;
}

/**
 * What the planner is to plan: canonical names, what the conditions leave, without what the gateway answers itself.
 * Undefined when nothing is left. The planner sees no condition: it would take what is fetched under one for fetched.
 */
export function plannedOperation(
  definition: OperationDefinitionNode,
  root: readonly Selection[],
  { conditionIs, isDeferring, sortedBy }: Decided,
): OperationDefinitionNode | undefined {
  /** Those that apply to one type when it is given, with fragments written out; all of them, as they are, when not. */
  const write = (selections: readonly Selection[], type?: GraphQLObjectType): SelectionNode[] =>
    selections.flatMap((selection): SelectionNode[] => {
      if (!counts(selection, conditionIs)) return [];
      if (selection.kind === 'field') return [writeField(selection)];
      const { on, deferral } = selection;
      if (type && on && !isOf(sortedBy, type, on)) return [];
      const inner = write(selection.selections, type);
      const directives = deferral && isDeferring(deferral) ? [writeDefer(deferral)] : [];
      const condition = type ? undefined : on;
      if (inner.length === 0 || (!condition && directives.length === 0)) return inner;
      return [writeFragment(condition, directives, inner)];
    });
  const writeSorted = (type: GraphQLAbstractType, selections: readonly Selection[]): SelectionNode[] =>
    (sortedBy?.getPossibleTypes(type) ?? []).flatMap((each) => {
      const inner = write(selections, each);
      return inner.length === 0 ? [] : [writeFragment(each, [], inner)];
    });
  const writeField = ({ node, name, canonical, type, selections }: Field): FieldNode => {
    const named = getNamedType(type);
    const isSorted = sortedBy && isAbstractType(named);
    const inner = selections && (isSorted ? writeSorted(named, selections) : write(selections));
    // What is left without a single field is still asked whether it is there.
    if (inner?.length === 0) inner.push({ kind: Kind.FIELD, name: nameNode(TYPENAME) });
    return {
      kind: Kind.FIELD,
      name: node.name,
      ...(canonical === name ? {} : { alias: nameNode(canonical) }),
      ...(node.arguments ? { arguments: node.arguments } : {}),
      ...(inner ? { selectionSet: { kind: Kind.SELECTION_SET, selections: inner } } : {}),
    };
  };
  const selections = write(forSubgraphs(root));
  if (selections.length === 0) return undefined;
  return { ...definition, directives: [], selectionSet: { kind: Kind.SELECTION_SET, selections } };
}

/** Without what the gateway tells itself: the root's type, and the schema. */
function forSubgraphs(root: readonly Selection[]): readonly Selection[] {
  return root.flatMap((each): readonly Selection[] => {
    if (each.kind === 'field') return each.name.startsWith('__') ? [] : [each];
    return [{ ...each, selections: forSubgraphs(each.selections) }];
  });
}

function writeFragment(
  type: GraphQLCompositeType | undefined,
  directives: readonly DirectiveNode[],
  selections: readonly SelectionNode[],
): InlineFragmentNode {
  return {
    kind: Kind.INLINE_FRAGMENT,
    ...(type ? { typeCondition: { kind: Kind.NAMED_TYPE, name: nameNode(type.name) } } : {}),
    directives,
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
}

function isOf(schema: GraphQLSchema | undefined, type: GraphQLObjectType, on: GraphQLCompositeType): boolean {
  return type === on || (isAbstractType(on) && Boolean(schema?.isSubType(on, type)));
}

/** Whether a selection is part of the operation once its conditions are decided. */
export function counts({ conditions }: Selection, conditionIs: Decided['conditionIs']): boolean {
  return conditions.every(({ variable, is }) => conditionIs(variable) === is);
}

/** The document's selections, typed. */
class Reading {
  #deferrals = 0;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly fragments: Fragments,
    private readonly definition: OperationDefinitionNode,
  ) {}

  read({ selections }: SelectionSetNode, parent: GraphQLCompositeType): readonly Selection[] {
    return selections.flatMap((selection): readonly Selection[] => {
      const conditions = this.#conditionsOf(selection.directives ?? []);
      if (!conditions) return [];
      if (selection.kind === Kind.FIELD) return [this.#field(selection, parent, conditions)];
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : this.fragments.get(selection.name.value);
      if (!fragment) return [];
      const on = fragment.typeCondition && typeFromAST(this.schema, fragment.typeCondition);
      const deferral = this.#deferralOf(selection.directives ?? []);
      const inner = this.read(fragment.selectionSet, isCompositeType(on) ? on : parent);
      // A fragment that neither narrows, nor depends on anything, is no more than its fields.
      if ((!on || on === parent) && conditions.length === 0 && !deferral) return inner;
      return [
        {
          kind: 'fragment',
          on: isCompositeType(on) ? on : undefined,
          conditions,
          deferral,
          selections: inner,
        },
      ];
    });
  }

  #field(node: FieldNode, parent: GraphQLCompositeType, conditions: readonly Condition[]): Field {
    const name = node.name.value;
    const key = node.alias?.value ?? name;
    const type = fieldType(this.schema, parent, name);
    const named = getNamedType(type);
    return {
      kind: 'field',
      node,
      parent,
      name,
      key,
      canonical: isIntrospection(name) ? `__${key}` : name,
      type,
      conditions,
      // Introspection is answered whole, from the document itself.
      selections:
        node.selectionSet && isCompositeType(named) && !isIntrospection(name)
          ? this.read(node.selectionSet, named)
          : undefined,
    };
  }

  /** The conditions that depend on variables; undefined when a constant one already says no. */
  #conditionsOf(directives: readonly DirectiveNode[]): readonly Condition[] | undefined {
    const conditions: Condition[] = [];
    for (const directive of directives) {
      const is = directive.name.value === 'include';
      if (!is && directive.name.value !== 'skip') continue;
      const value = argumentOf(directive, 'if')?.value;
      if (value?.kind === Kind.VARIABLE) conditions.push({ variable: value.name.value, is });
      else if (value?.kind === Kind.BOOLEAN && value.value !== is) return undefined;
    }
    return conditions;
  }

  #deferralOf(directives: readonly DirectiveNode[]): Deferral | undefined {
    const directive = directives.find(({ name }) => name.value === 'defer');
    if (!directive || this.definition.operation === OperationTypeNode.SUBSCRIPTION) return undefined;
    const condition = argumentOf(directive, 'if')?.value;
    if (condition?.kind === Kind.BOOLEAN && !condition.value) return undefined;
    const label = argumentOf(directive, 'label')?.value;
    return {
      id: `defer${this.#deferrals++}`,
      label: label && (valueFromAST(label, GraphQLString) as string | undefined),
      variable: condition?.kind === Kind.VARIABLE ? condition.name.value : undefined,
    };
  }
}

/**
 * Gives every field its canonical name. A plain name stands for a field without arguments: the planner adds keys and
 * requirements under plain names, and must find nothing else there. A field with arguments gets a name of its own for
 * each set of arguments. Under an abstract type one name can stand for fields of different types; GraphQL lets them
 * into one selection under different aliases only, so there the client's aliases take part in the name; and so they do
 * where two aliases of one field select different things.
 */
class Naming {
  readonly #withArguments = new Map<string, string>();

  constructor(private readonly isMutation: boolean) {}

  /** Names one scope: selections that are merged into one object, and below it what is merged from them. */
  name(scope: readonly (readonly Selection[])[], isRoot = true): void {
    const fields = scope.flatMap(fieldsOf).filter(({ name }) => !name.startsWith('__'));
    const aliases = new Aliases(fields, (field) => this.#baseOf(field));
    const merged = new Map<string, (readonly Selection[])[]>();
    for (const field of fields) {
      // Each field of a mutation is carried out by itself, however alike two of them are.
      field.canonical = isRoot && this.isMutation ? field.key : aliases.canonicalOf(field);
      if (!field.selections) continue;
      const together = merged.get(field.canonical);
      if (together) together.push(field.selections);
      else merged.set(field.canonical, [field.selections]);
    }
    for (const below of merged.values()) this.name(below, false);
  }

  #baseOf({ name, node }: Field): string {
    return node.arguments?.length ? this.#nameWithArguments(name, node.arguments) : name;
  }

  #nameWithArguments(name: string, args: readonly ArgumentNode[]): string {
    const sorted = args.map((each) => `${each.name.value}:${print(each.value)}`).sort();
    const text = `${name}(${sorted.join(',')})`;
    const known = this.#withArguments.get(text);
    if (known !== undefined) return known;
    const fresh = `${name}__${this.#withArguments.size}`;
    this.#withArguments.set(text, fresh);
    return fresh;
  }
}

/** Which of a scope's fields share a name though clients gave them several, and which must not. */
class Aliases {
  readonly #shapes = new Map<string, Set<string>>();
  /** What each alias of a field selects below it, by the field's base name. */
  readonly #selected = new Map<string, Map<string, Set<string>>>();

  constructor(
    fields: readonly Field[],
    private readonly baseOf: (field: Field) => string,
  ) {
    for (const field of fields) {
      const { name, key, type, node } = field;
      this.#shapes.set(name, (this.#shapes.get(name) ?? new Set()).add(shapeOf(type)));
      if (!node.selectionSet) continue;
      const base = baseOf(field);
      const keys = this.#selected.get(base) ?? new Map<string, Set<string>>();
      keys.set(key, (keys.get(key) ?? new Set()).add(print(node.selectionSet)));
      this.#selected.set(base, keys);
    }
  }

  canonicalOf(field: Field): string {
    const { name, key } = field;
    const base = this.baseOf(field);
    const isAmbiguous = (this.#shapes.get(name)?.size ?? 0) > 1 && key !== name;
    return isAmbiguous || !this.#isLikeFirst(base, key) ? `${base}__${key}` : base;
  }

  /** Under one name, a null that one alias must carry up would take along what the other selects. */
  #isLikeFirst(base: string, key: string): boolean {
    const keys = this.#selected.get(base);
    const [first] = keys?.keys() ?? [];
    if (!keys || first === undefined || first === key) return true;
    return textOf(keys.get(first)) === textOf(keys.get(key));
  }
}

function textOf(selected: ReadonlySet<string> | undefined): string {
  return [...(selected ?? [])].sort().join();
}

/** The fields of one selection, fragments written out. */
export function fieldsOf(selections: readonly Selection[]): readonly Field[] {
  return selections.flatMap((each) => (each.kind === 'field' ? [each] : fieldsOf(each.selections)));
}

/** Lists and non-nulls around it, and what it is unless it has fields: those are compared one by one. */
function shapeOf(type: GraphQLOutputType): string {
  const named = getNamedType(type);
  return isLeafType(named) ? String(type) : String(type).replace(named.name, '');
}

function fieldType(schema: GraphQLSchema, parent: GraphQLCompositeType, name: string): GraphQLOutputType {
  if (name === TYPENAME) return TypeNameMetaFieldDef.type;
  if (parent === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef.type;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef.type;
  }
  const field = isUnionType(parent) ? undefined : parent.getFields()[name];
  if (!field) throw new Error(`${parent.name} has no field ${name}`);
  return field.type;
}

export function isIntrospection(name: string): boolean {
  return name === SchemaMetaFieldDef.name || name === TypeMetaFieldDef.name;
}

function argumentOf({ arguments: args }: DirectiveNode, name: string): ArgumentNode | undefined {
  return args?.find((each) => each.name.value === name);
}

function nameNode(value: string): { readonly kind: Kind.NAME; readonly value: string } {
  return { kind: Kind.NAME, value };
}

function writeDefer({ id }: Deferral): DirectiveNode {
  return {
    kind: Kind.DIRECTIVE,
    name: nameNode('defer'),
    arguments: [{ kind: Kind.ARGUMENT, name: nameNode('label'), value: { kind: Kind.STRING, value: id } }],
  };
}
