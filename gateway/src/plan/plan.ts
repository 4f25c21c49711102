/** From the text of an operation to its plan: parse, validate, plan; once per text and name. */
import { operationFromDocument } from '@apollo/federation-internals';
import type { FetchNode, PlanNode } from '@apollo/query-planner';
import { doorError } from '@gridworks/kit/caller';
import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  getOperationAST,
  parse,
  validate,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { Recent } from '../recent.ts';
import type { LoadedSupergraph } from '../supergraph/supergraph.ts';

type Fragments = Readonly<Record<string, FragmentDefinitionNode>>;

export interface PlannedSubscription {
  readonly kind: 'subscription';
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Fragments;
  /** Opened once; each of its events begins an answer. */
  readonly primary: FetchNode;
  /** Run for each event: what other subgraphs add. */
  readonly rest: PlanNode | undefined;
  /**
   * The stream promises every event and can be taken up again where it broke: by the graph's convention its field has
   * an argument `after`. Other streams promise the latest state only.
   */
  readonly isGapless: boolean;
}

/** A query or mutation; these are planned where they are executed. */
export interface PlainOperation {
  readonly kind: 'query' | 'mutation';
  readonly document: DocumentNode;
}

export type Planned = PlannedSubscription | PlainOperation;

/** By the characters of their texts; a plan takes some fifty times that in memory. */
const REMEMBERED_CHARS = 1_000_000;

export class Plans {
  readonly #known = new Recent<Planned>(REMEMBERED_CHARS);

  constructor(private readonly supergraph: LoadedSupergraph) {}

  /** The plan, or why there is none: GRAPHQL_PARSE_FAILED, OPERATION_RESOLUTION_FAILURE, GRAPHQL_VALIDATION_FAILED. */
  of(query: string, operationName?: string | null): Planned | readonly GraphQLError[] {
    const key = `${operationName ?? ''}\n${query}`;
    const known = this.#known.get(key);
    if (known) return known;
    const fresh = this.#plan(query, operationName);
    // What is refused is not worth remembering, and anybody could fill the memory with it.
    if ('kind' in fresh) this.#known.set(key, fresh, key.length);
    return fresh;
  }

  #plan(query: string, operationName: string | null | undefined): Planned | readonly GraphQLError[] {
    let document: DocumentNode;
    try {
      document = parse(query);
    } catch (error) {
      if (error instanceof GraphQLError) return [coded(error, 'GRAPHQL_PARSE_FAILED')];
      throw error;
    }
    const operation = getOperationAST(document, operationName);
    if (!operation) return [operationUnknown(operationName)];
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION)
      return { kind: operation.operation, document };

    const fragments = fragmentsOf(document);
    // A stream that may or may not be there has no meaning; graphql cannot validate it, nor the planner plan it.
    if (rootSelections(operation.selectionSet, fragments).some(isConditional)) {
      const message = 'The root field of a subscription cannot carry @skip or @include.';
      return [doorError('GRAPHQL_VALIDATION_FAILED', message)];
    }
    const errors = validate(this.supergraph.apiSchema, document);
    if (errors.length > 0) return errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
    return this.#planSubscription(document, operation, fragments);
  }

  #planSubscription(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    fragments: Fragments,
  ): PlannedSubscription {
    const { planner, api, apiSchema } = this.supergraph;
    const name = operation.name?.value;
    const { node } = planner.buildQueryPlan(
      operationFromDocument(api, document, name === undefined ? {} : { operationName: name }),
    );
    if (node?.kind !== 'Subscription') throw new Error('the planner gave no plan for a subscription');
    const fields = apiSchema.getSubscriptionType()?.getFields();
    const [root] = rootSelections(operation.selectionSet, fragments).filter(isField);
    return {
      kind: 'subscription',
      document,
      operation,
      fragments,
      primary: node.primary,
      rest: node.rest,
      isGapless: Boolean(root && fields?.[root.name.value]?.args.some((arg) => arg.name === 'after')),
    };
  }
}

function fragmentsOf(document: DocumentNode): Fragments {
  const fragments: Record<string, FragmentDefinitionNode> = {};
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments[each.name.value] = each;
  }
  return fragments;
}

/** Everything selected at the root: fields, and the fragments they may stand in. */
function rootSelections(
  { selections }: SelectionSetNode,
  fragments: Fragments,
  within: readonly string[] = [],
): readonly SelectionNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return [selection, ...rootSelections(selection.selectionSet, fragments, within)];
    const name = selection.name.value;
    const fragment = fragments[name];
    // The document is not validated yet: a fragment may be missing or contain itself.
    if (!fragment || within.includes(name)) return [selection];
    return [selection, ...rootSelections(fragment.selectionSet, fragments, [...within, name])];
  });
}

function isField(selection: SelectionNode): selection is FieldNode {
  return selection.kind === Kind.FIELD;
}

function isConditional({ directives }: SelectionNode): boolean {
  return Boolean(directives?.some(({ name }) => name.value === 'skip' || name.value === 'include'));
}

export function operationUnknown(operationName: string | null | undefined): GraphQLError {
  const message = operationName
    ? `There is no operation named "${operationName}" in the document.`
    : 'The document holds several operations or none; name the one to run.';
  return new GraphQLError(message, {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
  });
}

function coded(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    extensions: { code },
  });
}
