/**
 * Random operations over a graph's API. They are valid by construction: one response key means one field with one set
 * of arguments wherever types overlap, so fragments may be used anywhere their type fits. Nothing here knows how
 * operations are planned or executed.
 */
import {
  GraphQLEnumType,
  type GraphQLInputObjectType,
  GraphQLNonNull,
  OperationTypeNode,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import type { Random } from './random.ts';

export interface RandomOperation {
  readonly text: string;
  /** Given where the document holds several. */
  readonly operationName: string | undefined;
  readonly variables: readonly RandomVariable[];
}

/** A variable of the operation, by what may be given for it. */
export interface RandomVariable {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly mayBeAbsent: boolean;
  readonly mayBeNull: boolean;
}

const DEPTH_MAX = 4;
/** Fields of one operation: mostly few, as many of them are planned. */
const FIELDS_MAX = [2, 3, 4, 5, 6, 8, 12];

export function randomOperation(
  schema: GraphQLSchema,
  random: Random,
  kind: OperationTypeNode = OperationTypeNode.QUERY,
): RandomOperation {
  return new Writer(schema, random).operation(kind);
}

/** Values for the operation's variables as a client would send them. */
export function randomVariables(operation: RandomOperation, random: Random): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, type, mayBeAbsent, mayBeNull } of operation.variables) {
    if (mayBeAbsent && random.chance(0.3)) continue;
    values[name] = mayBeNull && random.chance(0.2) ? null : inputValue(presentOf(type), random);
  }
  return values;
}

/** What a response key stands for. */
interface Meaning {
  readonly field: string;
  readonly args: string;
  readonly shape: string;
  readonly on: GraphQLCompositeType;
}

interface Fragment {
  readonly name: string;
  readonly on: GraphQLCompositeType;
  readonly text: string;
}

class Writer {
  readonly #meanings = new Map<string, Meaning[]>();
  readonly #fragments: Fragment[] = [];
  readonly #variables: (RandomVariable & { readonly definition: string; readonly place: string })[] = [];
  #fieldsLeft: number;
  #introspections = 0;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly random: Random,
  ) {
    this.#fieldsLeft = random.pick(FIELDS_MAX);
  }

  operation(kind: OperationTypeNode): RandomOperation {
    const root = this.schema.getRootType(kind);
    if (!root) throw new Error(`the graph has no ${kind}`);
    const isStream = kind === OperationTypeNode.SUBSCRIPTION;
    const selection = isStream ? this.#stream(root) : this.#selection(root, 0);
    const definitions = this.#variables.map((each) => each.definition).join(', ');
    const name = this.random.chance(0.7) ? 'Asked' : '';
    const isOneOfMany = name !== '' && this.random.chance(0.05);
    const text = [
      `${kind} ${name}${definitions && `(${definitions})`} ${selection}`,
      ...this.#fragments.map((each) => `fragment ${each.name} on ${each.on.name} ${each.text}`),
      ...(isOneOfMany ? ['query Other { __typename }'] : []),
    ].join('\n');
    return { text, operationName: isOneOfMany ? name : undefined, variables: this.#variables };
  }

  /** One root field, as a subscription must have. */
  #stream(root: GraphQLCompositeType): string {
    const fields = isUnionType(root) ? [] : Object.values(root.getFields());
    for (;;) {
      const written = this.#field(root, this.random.pick(fields), 0);
      if (written && this.random.chance(0.8)) return `{ ${written} }`;
      if (written) return `{ ... on ${root.name} { ${written} } }`;
    }
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const { random } = this;
    const written: string[] = [];
    const count = 1 + random.below(depth === 0 ? 4 : 5);
    for (let at = 0; at < count && this.#fieldsLeft > 0; at += 1) {
      const draw = random.next();
      if (draw >= 0.08 && draw < 0.45) this.#fieldsLeft -= 0.5;
      if (draw < 0.08) written.push(this.#typename(type));
      else if (draw < (isUnionType(type) ? 0.9 : isObjectType(type) ? 0.2 : 0.45) && depth < DEPTH_MAX)
        written.push(random.chance(0.3) ? this.#spread(type, depth) : this.#inline(type, depth));
      else if (draw > 0.99 && type === this.schema.getQueryType()) written.push(this.#introspection());
      else if (draw > 0.95 && written.length > 0) written.push(random.pick(written));
      else if (!isUnionType(type)) {
        const field = this.#field(type, random.pick(Object.values(type.getFields())), depth);
        if (field) written.push(field);
      }
    }
    if (written.length === 0) written.push('__typename');
    return `{ ${written.join(' ')} }`;
  }

  #typename(type: GraphQLCompositeType): string {
    const alias = this.random.chance(0.2) ? this.random.pick(ALIASES) : undefined;
    const meaning = { field: '__typename', args: '', shape: 'String!', on: type };
    if (!alias || !this.#bind(alias, meaning)) return `__typename${this.#condition(0.05)}`;
    return `${alias}: __typename${this.#condition()}`;
  }

  #introspection(): string {
    const { random } = this;
    const type = random.pick(Object.keys(this.schema.getTypeMap()));
    const [key, field] = random.pick([
      ['schema', '__schema { queryType { name } mutationType { name fields { name } } }'],
      [
        'type',
        `__type(name: "${type}") { kind name fields(includeDeprecated: true) { name type { kind name } } }`,
      ],
      ['shape', `__type(name: "${type}") { __typename possibleTypes { name } inputFields { name } }`],
    ] as const);
    // No other field has such a name, and each stands for itself alone.
    this.#introspections += 1;
    return `${key}${this.#introspections}: ${field}`;
  }

  #inline(type: GraphQLCompositeType, depth: number): string {
    const on = this.random.chance(0.1) ? undefined : this.random.pick(this.#overlapping(type));
    const condition = this.#condition(0.2);
    return `...${on ? ` on ${on.name}` : ''}${condition} ${this.#selection(on ?? type, depth + (on ? 0 : 1))}`;
  }

  #spread(type: GraphQLCompositeType, depth: number): string {
    const { random } = this;
    const overlapping = this.#overlapping(type);
    const known = this.#fragments.filter((each) => overlapping.includes(each.on));
    if (known.length > 0 && random.chance(0.6)) return `...${random.pick(known).name}${this.#condition(0.2)}`;
    const on = random.pick(overlapping);
    // Written before it has a name, so no fragment contains itself.
    const text = this.#selection(on, depth + 1);
    const name = `Part${this.#fragments.length + 1}`;
    this.#fragments.push({ name, on, text });
    return `...${name}${this.#condition(0.2)}`;
  }

  /** Undefined when it cannot stand here: too deep, or each name it could have means something else already. */
  #field(
    type: GraphQLCompositeType,
    field: GraphQLField<unknown, unknown>,
    depth: number,
  ): string | undefined {
    const { random } = this;
    const named = getNamedType(field.type);
    if (isCompositeType(named) && (depth >= DEPTH_MAX || this.#fieldsLeft < 2)) return undefined;
    const variables = this.#variables.length;
    const given = field.args.filter((arg) => isRequiredArgument(arg) || random.chance(0.6));
    const args = given.map((arg) => `${arg.name}: ${this.#argument(arg)}`).join(', ');
    const meaning = { field: field.name, args, shape: shapeOf(field.type), on: type };
    const key = this.#keyFor(meaning);
    if (key === undefined) {
      this.#variables.length = variables;
      return undefined;
    }
    this.#fieldsLeft -= 1;
    const name = key === field.name ? key : `${key}: ${field.name}`;
    const below = isCompositeType(named) ? ` ${this.#selection(named, depth + 1)}` : '';
    return `${name}${args && `(${args})`}${this.#condition()}${below}`;
  }

  #keyFor(meaning: Meaning): string | undefined {
    const { random } = this;
    // Now and then a field goes by the name of another.
    const others = random.chance(0.04) ? ['id', 'name', 'title', 'price', 'email', 'code'] : [];
    const aliases = [random.pick(ALIASES), random.pick(ALIASES), random.pick(ALIASES)];
    const keys = random.chance(0.15)
      ? [...(others.length > 0 ? [random.pick(others)] : []), ...aliases]
      : [meaning.field, ...aliases];
    return keys.find((key) => this.#bind(key, meaning));
  }

  #bind(key: string, meaning: Meaning): boolean {
    const known = this.#meanings.get(key) ?? [];
    const fits = known.every(
      (each) =>
        each.shape === meaning.shape &&
        ((each.field === meaning.field && each.args === meaning.args) ||
          (isObjectType(each.on) && isObjectType(meaning.on) && each.on !== meaning.on)),
    );
    if (fits) this.#meanings.set(key, [...known, meaning]);
    return fits;
  }

  #possible(type: GraphQLCompositeType): readonly GraphQLObjectType[] {
    return isObjectType(type) ? [type] : this.schema.getPossibleTypes(type);
  }

  #overlapping(type: GraphQLCompositeType): GraphQLCompositeType[] {
    const possible = this.#possible(type);
    return Object.values(this.schema.getTypeMap()).filter(
      (each): each is GraphQLCompositeType =>
        isCompositeType(each) &&
        !each.name.startsWith('__') &&
        this.#possible(each).some((one) => possible.includes(one)),
    );
  }

  #condition(probability = 0.08): string {
    const { random } = this;
    if (!random.chance(probability)) return '';
    const [first, second] = random.chance(0.5) ? ['skip', 'include'] : ['include', 'skip'];
    const one = ` @${first}(if: ${this.#flag()})`;
    return random.chance(0.1) ? `${one} @${second}(if: ${this.#flag()})` : one;
  }

  #flag(): string {
    const { random } = this;
    if (random.chance(0.25)) return String(random.chance(0.5));
    return this.#variable(
      'flag',
      undefined,
      random.pick(['Boolean!', 'Boolean! = true', 'Boolean = false']),
      {
        mayBeNull: false,
      },
    );
  }

  #argument(arg: GraphQLArgument): string {
    return this.#input(arg.type, arg.defaultValue !== undefined, 0);
  }

  /** A literal or a variable that fits the place; `hasDefault`: the place may do without a value. */
  #input(type: GraphQLInputType, hasDefault: boolean, depth: number): string {
    const { random } = this;
    if (random.chance(0.35)) {
      const bare = isNonNullType(type) ? String(type.ofType) : String(type);
      const literal = constant(type, random, depth + 1);
      const definitions = isNonNullType(type)
        ? [`${bare}!`, `${bare}! = ${literal}`, `${bare} = ${literal}`, ...(hasDefault ? [bare] : [])]
        : [bare, `${bare}!`, `${bare} = ${literal}`, `${bare} = null`];
      return this.#variable('value', type, random.pick(definitions), { mayBeNull: !isNonNullType(type) });
    }
    if (!isNonNullType(type) && random.chance(0.1)) return 'null';
    const inner = isNonNullType(type) ? type.ofType : type;
    if (isListType(inner)) {
      if (!isListType(inner.ofType) && random.chance(0.1))
        return constant(presentOf(inner.ofType), random, depth + 1);
      const items = Array.from({ length: random.below(3) }, () =>
        this.#input(inner.ofType, false, depth + 1),
      );
      return `[${items.join(', ')}]`;
    }
    if (isInputObjectType(inner)) return this.#inputObject(inner, depth);
    return constant(type, random, depth);
  }

  #inputObject(type: GraphQLInputObjectType, depth: number): string {
    const fields = Object.values(type.getFields()).filter(
      (field) => isRequiredInputField(field) || (depth < 3 && this.random.chance(0.5)),
    );
    const written = fields.map(
      (field) => `${field.name}: ${this.#input(field.type, field.defaultValue !== undefined, depth + 1)}`,
    );
    return `{${written.join(', ')}}`;
  }

  /** A variable of this definition: sometimes one that is there already. */
  #variable(
    stem: string,
    type: GraphQLInputType | undefined,
    definition: string,
    { mayBeNull }: { mayBeNull: boolean },
  ): string {
    const place = `${String(type)} of ${definition}`;
    const known = this.#variables.filter((each) => each.place === place);
    if (known.length > 0 && this.random.chance(0.5)) return `$${this.random.pick(known).name}`;
    const name = `${stem}${this.#variables.length + 1}`;
    const isRequired = /!$/.test(definition);
    const isNonNull = /!( =|$)/.test(definition);
    this.#variables.push({
      name,
      type: type ?? this.#flagType(),
      mayBeAbsent: !isRequired,
      mayBeNull: mayBeNull && !isNonNull,
      definition: `$${name}: ${definition}`,
      place,
    });
    return `$${name}`;
  }

  #flagType(): GraphQLInputType {
    return this.schema.getType('Boolean') as GraphQLInputType;
  }
}

/** Few, so that they are used again and again. */
const ALIASES = ['a', 'b', 'c', 'd', 'e', 'first', 'second', 'other'];

function presentOf(type: GraphQLInputType): GraphQLInputType {
  return isNonNullType(type) ? type : new GraphQLNonNull(type);
}

/** Fields that may share a response key have one of these in common: wrapping, and the leaf type. */
function shapeOf(type: GraphQLOutputType): string {
  const named = getNamedType(type);
  return isLeafType(named) ? String(type) : String(type).replace(named.name, '{}');
}

/** A literal without variables. */
function constant(type: GraphQLInputType, random: Random, depth: number): string {
  return literalOf(inputValue(type, random, depth), type);
}

function literalOf(value: unknown, type: GraphQLInputType): string {
  if (value === null) return 'null';
  const inner = isNonNullType(type) ? type.ofType : type;
  if (isListType(inner) && Array.isArray(value))
    return `[${value.map((each) => literalOf(each, inner.ofType)).join(', ')}]`;
  if (isInputObjectType(inner)) {
    const fields = inner.getFields();
    const written = Object.entries(value as object).map(([name, each]) => {
      const field = fields[name];
      return field ? `${name}: ${literalOf(each, field.type)}` : '';
    });
    return `{${written.join(', ')}}`;
  }
  if (isEnumType(inner) && typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** A value as a client would send it in JSON. */
function inputValue(type: GraphQLInputType, random: Random, depth = 0): unknown {
  if (!isNonNullType(type) && random.chance(0.08)) return null;
  const inner = isNonNullType(type) ? type.ofType : type;
  if (isListType(inner))
    return Array.from({ length: random.below(3) }, () => inputValue(inner.ofType, random, depth + 1));
  if (isInputObjectType(inner)) {
    const fields = Object.values(inner.getFields()).filter(
      (field) => isRequiredInputField(field) || (depth < 3 && random.chance(0.5)),
    );
    return Object.fromEntries(fields.map((field) => [field.name, inputValue(field.type, random, depth + 1)]));
  }
  if (inner instanceof GraphQLEnumType) return random.pick(inner.getValues()).name;
  switch (inner.name) {
    case 'Int':
      return random.below(5);
    case 'Float':
      return random.below(100) / 8;
    case 'Boolean':
      return random.chance(0.5);
    case 'ID':
      return String(random.below(5));
    default:
      return random.pick(['', 'word', 'with "quotes"', 'ünï']);
  }
}
