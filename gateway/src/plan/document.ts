/** From a client's text to one checked operation: parse, limits, which operation, validation. */
import { doorError } from '@gridworks/kit/caller';
import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  getOperationAST,
  parse,
  print,
  validate,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** By name; only those the operation uses. */
export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** One valid operation of a client's text. */
export interface CheckedDocument {
  readonly definition: OperationDefinitionNode;
  readonly fragments: Fragments;
  /** The operation and the fragments it uses, printed: equal texts mean equal operations, whatever stood around them. */
  readonly text: string;
}

/** The parser stops here: the text of a client's largest screen takes about a tenth of it. */
const TOKENS_MAX = 10_000;
/** Fields with every fragment written out: fragments that use fragments grow by powers where the text grows by lines. */
const FIELDS_MAX = 10_000;

/** The operation, or why there is none: GRAPHQL_PARSE_FAILED, OPERATION_RESOLUTION_FAILURE, GRAPHQL_VALIDATION_FAILED. */
export function checkDocument(
  schema: GraphQLSchema,
  query: string,
  operationName: string | null | undefined,
): CheckedDocument | readonly GraphQLError[] {
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: TOKENS_MAX });
  } catch (error) {
    if (error instanceof GraphQLError) return [coded(error, 'GRAPHQL_PARSE_FAILED')];
    throw error;
  }
  const definition = getOperationAST(document, operationName);
  if (!definition) return [operationUnknown(operationName)];
  const all = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) all.set(each.name.value, each);
  }
  if (countFields(definition.selectionSet, all) > FIELDS_MAX) {
    return [invalid(`An operation may not ask for more than ${FIELDS_MAX} fields.`)];
  }
  // A stream that may or may not be there has no meaning; graphql does not see it, nor can it be planned.
  if (
    definition.operation === OperationTypeNode.SUBSCRIPTION &&
    hasConditionalRoot(definition.selectionSet, all)
  ) {
    return [invalid('The root field of a subscription cannot carry @skip or @include.')];
  }
  const errors = validate(schema, document);
  if (errors.length > 0) return errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
  const fragments = usedFragments(definition, all);
  const text = print({ kind: Kind.DOCUMENT, definitions: [definition, ...fragments.values()] });
  return { definition, fragments, text };
}

export function operationUnknown(operationName: string | null | undefined): GraphQLError {
  const message = operationName
    ? `There is no operation named "${operationName}" in the document.`
    : 'The document holds several operations or none; name the one to run.';
  return new GraphQLError(message, {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
  });
}

function invalid(message: string): GraphQLError {
  return doorError('GRAPHQL_VALIDATION_FAILED', message);
}

function coded(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    extensions: { code },
  });
}

/** The document is not validated yet: a fragment may be missing, or contain itself. */
function countFields(root: SelectionSetNode, fragments: Fragments): number {
  const counts = new Map<string, number>();
  const count = ({ selections }: SelectionSetNode): number => {
    let sum = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) sum += countFragment(selection.name.value);
      else {
        sum += selection.kind === Kind.FIELD ? 1 : 0;
        sum += selection.selectionSet ? count(selection.selectionSet) : 0;
      }
    }
    return sum;
  };
  const countFragment = (name: string): number => {
    const known = counts.get(name);
    if (known !== undefined) return known;
    counts.set(name, 0);
    const fragment = fragments.get(name);
    const counted = fragment ? count(fragment.selectionSet) : 0;
    counts.set(name, counted);
    return counted;
  };
  return count(root);
}

function hasConditionalRoot(
  { selections }: SelectionSetNode,
  fragments: Fragments,
  within: readonly string[] = [],
): boolean {
  return selections.some((selection) => {
    if (isConditional(selection)) return true;
    if (selection.kind === Kind.FIELD) return false;
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return hasConditionalRoot(selection.selectionSet, fragments, within);
    const name = selection.name.value;
    const fragment = fragments.get(name);
    if (!fragment || within.includes(name)) return false;
    return hasConditionalRoot(fragment.selectionSet, fragments, [...within, name]);
  });
}

function isConditional({ directives }: SelectionNode): boolean {
  return Boolean(directives?.some(({ name }) => name.value === 'skip' || name.value === 'include'));
}

function usedFragments(definition: OperationDefinitionNode, all: Fragments): Fragments {
  const used = new Map<string, FragmentDefinitionNode>();
  const visit = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = all.get(selection.name.value);
        if (!fragment || used.has(fragment.name.value)) continue;
        used.set(fragment.name.value, fragment);
        visit(fragment.selectionSet);
      } else if (selection.selectionSet) {
        visit(selection.selectionSet);
      }
    }
  };
  visit(definition.selectionSet);
  return used;
}
