/**
 * The planner knows a field that another one requires by its name alone: of two arguments it keeps one, and an entity's
 * representation has one place for both. So, for planning, each required field with arguments is made a field of its
 * own, without arguments: its stand-in. What is planned is put back by `plan/restore.ts`.
 */
import {
  Kind,
  parse,
  print,
  visit,
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  type InterfaceTypeDefinitionNode,
  type ObjectTypeDefinitionNode,
  type SelectionNode,
  type TypeNode,
} from 'graphql';

type FieldsType = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

/** A field and the arguments it is required with. */
export interface Required {
  readonly field: string;
  readonly arguments: NonNullable<FieldNode['arguments']>;
}

/**
 * Which fields a field requires: by their places in the representation, as dotted names without arguments or type
 * conditions, the names (a stand-in's, or the field's own) and types that are found there.
 */
export type Requirements = ReadonlyMap<string, ReadonlySet<string>>;

export interface StandIns {
  /** For the planner. */
  readonly supergraph: DocumentNode;
  /** What each stands for, by its name; empty when nothing is required with arguments. */
  readonly byName: ReadonlyMap<string, Required>;
  /** What a subgraph's field requires; undefined when that is nothing. */
  requirementsOf(subgraph: string, type: string, field: string): Requirements | undefined;
}

/** Puts stand-ins into a composed supergraph. */
export function withStandIns(supergraph: DocumentNode): StandIns {
  return new StandingIn(supergraph).result();
}

class StandingIn {
  readonly #types = new Map<string, FieldsType>();
  readonly #fieldNames = new Set<string>();
  readonly #byText = new Map<string, string>();
  readonly #byName = new Map<string, Required>();
  /** By type: the stand-ins it gets. */
  readonly #wanted = new Map<string, Set<string>>();
  readonly #requirements = new Map<string, Requirements>();

  constructor(private readonly supergraph: DocumentNode) {
    for (const each of supergraph.definitions) {
      if (each.kind !== Kind.OBJECT_TYPE_DEFINITION && each.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
      this.#types.set(each.name.value, each);
      for (const { name } of each.fields ?? []) this.#fieldNames.add(name.value);
    }
  }

  result(): StandIns {
    const subgraphs = subgraphNames(this.supergraph);
    const replaced = new Map<FieldDefinitionNode, FieldDefinitionNode>();
    for (const [type, { fields }] of this.#types) {
      for (const field of fields ?? []) replaced.set(field, this.#replaceRequires(type, field, subgraphs));
    }
    this.#extendToImplementations();
    const extend = (type: FieldsType): FieldsType => {
      const fields = type.fields?.map((field) => replaced.get(field) ?? field) ?? [];
      const added = [...(this.#wanted.get(type.name.value) ?? [])].flatMap((name) => {
        const model = fields.find((each) => each.name.value === this.#byName.get(name)?.field);
        return model ? [standInFor(model, name)] : [];
      });
      return { ...type, fields: [...fields, ...added] };
    };
    const requirements = this.#requirements;
    return {
      supergraph:
        this.#byName.size === 0
          ? this.supergraph
          : visit(this.supergraph, {
              ObjectTypeDefinition: extend,
              InterfaceTypeDefinition: extend,
            }),
      byName: this.#byName,
      requirementsOf: (subgraph, type, field) => requirements.get(`${subgraph} ${type}.${field}`),
    };
  }

  #replaceRequires(
    type: string,
    field: FieldDefinitionNode,
    subgraphs: ReadonlyMap<string, string>,
  ): FieldDefinitionNode {
    const directives = field.directives?.map((directive): ConstDirectiveNode => {
      const requires = textArgument(directive, 'requires');
      if (directive.name.value !== 'join__field' || requires === undefined) return directive;
      const found = new Map<string, Set<string>>();
      const selections = this.#replace(selectionsOf(requires), type, [], found);
      const graph = directive.arguments?.find(({ name }) => name.value === 'graph')?.value;
      const subgraph = graph?.kind === Kind.ENUM ? subgraphs.get(graph.value) : undefined;
      if (subgraph !== undefined) this.#requirements.set(`${subgraph} ${type}.${field.name.value}`, found);
      return withTextArgument(directive, 'requires', selections.map((each) => print(each)).join(' '));
    });
    return directives ? { ...field, directives } : field;
  }

  #replace(
    selections: readonly SelectionNode[],
    type: string,
    place: readonly string[],
    found: Map<string, Set<string>>,
  ): SelectionNode[] {
    return selections.map((selection): SelectionNode => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
      const within = selection.kind === Kind.FIELD ? this.#typeOf(type, selection.name.value) : type;
      const below =
        selection.kind === Kind.FIELD
          ? { on: within, place: [...place, selection.name.value] }
          : { on: selection.typeCondition?.name.value ?? type, place };
      const selectionSet = selection.selectionSet && {
        ...selection.selectionSet,
        selections: this.#replace(selection.selectionSet.selections, below.on, below.place, found),
      };
      if (selection.kind === Kind.INLINE_FRAGMENT)
        return { ...selection, ...(selectionSet && { selectionSet }) };
      const name = this.#standInOf(selection, type);
      const key = below.place.join('.');
      found.set(key, (found.get(key) ?? new Set<string>()).add(`${name} ${type}`));
      const { arguments: _, ...bare } = selection;
      return {
        ...bare,
        name: { kind: Kind.NAME, value: name },
        ...(selectionSet && { selectionSet }),
      };
    });
  }

  /** The stand-in's name, or the field's own when it is required without arguments. */
  #standInOf({ name: { value: field }, arguments: args }: FieldNode, type: string): string {
    if (!args?.length) return field;
    const text = `${field}(${args
      .map((each) => print(each))
      .sort()
      .join(',')})`;
    let name = this.#byText.get(text);
    if (name === undefined) {
      name = this.#freshName(field);
      this.#byText.set(text, name);
      this.#byName.set(name, { field, arguments: args });
    }
    this.#want(type, name);
    return name;
  }

  #freshName(field: string): string {
    let index = this.#byName.size;
    while (this.#fieldNames.has(`${field}__required${index}`)) index += 1;
    const name = `${field}__required${index}`;
    this.#fieldNames.add(name);
    return name;
  }

  #want(type: string, name: string): void {
    this.#wanted.set(type, (this.#wanted.get(type) ?? new Set<string>()).add(name));
  }

  /** What an interface has, each of its implementations must have. */
  #extendToImplementations(): void {
    for (const [type, { interfaces }] of this.#types) {
      for (const each of interfaces ?? []) {
        for (const name of this.#wanted.get(each.name.value) ?? []) this.#want(type, name);
      }
    }
  }

  #typeOf(type: string, field: string): string {
    const definition = this.#types.get(type)?.fields?.find(({ name }) => name.value === field);
    return definition ? namedType(definition.type) : '';
  }
}

function standInFor(model: FieldDefinitionNode, name: string): FieldDefinitionNode {
  return {
    kind: Kind.FIELD_DEFINITION,
    name: { kind: Kind.NAME, value: name },
    type: model.type,
    directives: model.directives?.filter((each) => each.name.value === 'join__field') ?? [],
  };
}

/** The subgraphs' names by their names in the supergraph's enum of graphs. */
function subgraphNames({ definitions }: DocumentNode): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const each of definitions) {
    if (each.kind !== Kind.ENUM_TYPE_DEFINITION || each.name.value !== 'join__Graph') continue;
    for (const { name, directives } of each.values ?? []) {
      const [graph] = directives ?? [];
      const told = graph && textArgument(graph, 'name');
      if (told !== undefined) names.set(name.value, told);
    }
  }
  return names;
}

function selectionsOf(fieldSet: string): readonly SelectionNode[] {
  const [definition] = parse(`{${fieldSet}}`, { noLocation: true }).definitions;
  return definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections : [];
}

function textArgument({ arguments: args }: ConstDirectiveNode, argument: string): string | undefined {
  const value = args?.find(({ name }) => name.value === argument)?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

function withTextArgument(directive: ConstDirectiveNode, argument: string, text: string): ConstDirectiveNode {
  return {
    ...directive,
    arguments:
      directive.arguments?.map((each) =>
        each.name.value === argument ? { ...each, value: { kind: Kind.STRING, value: text } } : each,
      ) ?? [],
  };
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}
