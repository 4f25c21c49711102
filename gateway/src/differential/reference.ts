/**
 * The stock way of answering: the stock planner's plan, run by the stock executor, told to the client by the rules that
 * hold for every answer of this gateway. It shares no code with what it is held against but those rules.
 */
import { Supergraph, operationFromDocument, type Schema } from '@apollo/federation-internals';
import { executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway';
import { QueryPlanner, type QueryPlan } from '@apollo/query-planner';
import type { GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface';
import {
  GraphQLError,
  Kind,
  getOperationAST,
  parse,
  type DocumentNode,
  type ExecutionResult,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { tellErrors, type Answer } from '../execute/answer.ts';
import { fromSubgraph } from '../execute/passage.ts';
import { log } from './silent.ts';
import type { Mend } from './mend.ts';
import type { Room, TestGraph } from './test-graph.ts';
import type { Representation, World } from './world.ts';

export const TRACE_ID = 'differential';

export interface Question {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** One request of the stock executor for entities. */
export interface EntityAsk {
  /** Names down to the objects it is for, without '@'. */
  readonly path: readonly string[];
  readonly representations: number;
}

export class Reference {
  readonly #api: Schema;
  readonly #apiSchema: GraphQLSchema;
  readonly #schema: GraphQLSchema;
  readonly #planner: QueryPlanner;
  readonly #graph: TestGraph;

  constructor(graph: TestGraph) {
    const supergraph = Supergraph.build(graph.supergraph, { validateSupergraph: false });
    this.#api = supergraph.apiSchema();
    this.#apiSchema = this.#api.toGraphQLJSSchema();
    this.#schema = supergraph.schema.toGraphQLJSSchema();
    // Far short of its ten thousand, at which a few short texts take seconds; no answer depends on the plan that is found.
    this.#planner = new QueryPlanner(supergraph, { debug: { maxEvaluatedPlans: 100 } });
    this.#graph = graph;
  }

  /** Throws what the stock planner throws. */
  plan({ document, operationName }: Question): QueryPlan {
    const named = operationName === undefined ? {} : { operationName };
    return this.#planner.buildQueryPlan(operationFromDocument(this.#api, document, named));
  }

  async answer(
    plan: QueryPlan,
    { document, operationName, variables }: Question,
    world: World,
    mends: readonly Mend[] = [],
    asks: EntityAsk[] = [],
  ): Promise<Answer> {
    const operation = getOperationAST(document, operationName);
    if (!operation) throw new Error('there is no such operation');
    const fragments: Record<string, FragmentDefinitionNode> = {};
    for (const each of document.definitions) {
      if (each.kind === Kind.FRAGMENT_DEFINITION) fragments[each.name.value] = each;
    }
    const lost = new Set<string>();
    const sources = [...this.#graph.rooms.values()].map(
      (room) => [room.name, sourceOf(room, { graph: this.#graph, world, lost, mends, asks })] as const,
    );
    // The executor reads no more of a request than this.
    const request = { request: { variables: { ...variables } }, context: {}, metrics: {} };
    const result = await executeQueryPlan(
      plan,
      Object.fromEntries(sources),
      request as unknown as GatewayGraphQLRequestContext,
      { schema: this.#apiSchema, operation, fragments },
      this.#schema,
      this.#api,
    );
    return told(result);
  }
}

interface SourceOptions {
  readonly graph: TestGraph;
  readonly world: World;
  /** Subgraphs that could not be reached; they are not asked again. */
  readonly lost: Set<string>;
  readonly mends: readonly Mend[];
  readonly asks: EntityAsk[];
}

function sourceOf(room: Room, { graph, world, lost, mends, asks }: SourceOptions): GraphQLDataSource {
  return {
    async process({ request: { query = '', variables = {}, operationName }, ...more }) {
      if (Array.isArray(variables['representations'])) {
        const path = ('pathInIncomingRequest' in more ? more.pathInIncomingRequest : undefined) ?? [];
        const names = path.filter((each) => typeof each === 'string' && each !== '@').map(String);
        asks.push({ path: names, representations: variables['representations'].length });
      }
      if (lost.has(room.name)) return { data: null };
      try {
        const asked = askedOf(room, variables, mends);
        const request = { query, variables: asked.variables, operationName };
        const { data, errors } = await world.answer(room, request, room.parsed);
        // As over a wire: the executor writes into what it is given.
        const copy = JSON.parse(JSON.stringify(data ?? null)) as Record<string, unknown> | null;
        for (const { answer } of copy ? mends : []) answer?.(copy ?? {}, graph);
        if (Array.isArray(copy?.['_entities'])) copy['_entities'] = asked.restore(copy['_entities']);
        return { data: copy, ...(errors ? { errors: errors.map(fromSubgraph) } : {}) };
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error;
        lost.add(room.name);
        return { data: null, errors: [{ ...fromSubgraph(error), path: firstPath(query) }] };
      }
    },
  };
}

interface AskedOf {
  readonly variables: Readonly<Record<string, unknown>>;
  /** Puts the answers where those who ask expect them. */
  readonly restore: (entities: readonly unknown[]) => unknown[];
}

/** What is asked of a subgraph once the mends have had their say. */
function askedOf(room: Room, variables: Readonly<Record<string, unknown>>, mends: readonly Mend[]): AskedOf {
  const all = variables['representations'];
  if (!Array.isArray(all)) return { variables, restore: (entities) => [...entities] };
  const representations = all as readonly Representation[];
  const isAsked = representations.map((each) => mends.every(({ asks }) => asks?.(room, each) ?? true));
  return {
    variables: { ...variables, representations: representations.filter((_, at) => isAsked[at]) },
    restore: (entities) => {
      const left = [...entities];
      return isAsked.map((is) => (is ? left.shift() : null));
    },
  };
}

/** The executor notes values that are missing or wrong aside, and only where nobody said why. */
function told({ data, errors, extensions }: ExecutionResult): Answer {
  const noted = (extensions?.['valueCompletion'] ?? []) as readonly GraphQLError[];
  // Its own code would blame the client's document.
  const silent = noted.map(({ message, path }) => new GraphQLError(message, { path: path ?? null }));
  return {
    data: data === undefined ? undefined : JSON.stringify(data),
    errors: tellErrors(errors ?? silent, { traceId: TRACE_ID, log }),
  };
}

/** The path, within a fetch's own answer, of the first field that it would have brought. */
function firstPath(query: string): (string | number)[] {
  const [operation] = parse(query, { noLocation: true }).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return [];
  const root = firstField(operation.selectionSet);
  if (root?.name !== '_entities') return root ? [root.response] : [];
  const field = root.selections && firstField(root.selections);
  return ['_entities', 0, ...(field ? [field.response] : [])];
}

interface FirstField {
  readonly name: string;
  readonly response: string;
  readonly selections: SelectionSetNode | undefined;
}

function firstField(set: SelectionSetNode): FirstField | undefined {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD && selection.name.value !== '__typename') {
      const name = selection.name.value;
      return { name, response: selection.alias?.value ?? name, selections: selection.selectionSet };
    }
    const inner = selection.kind === Kind.INLINE_FRAGMENT ? firstField(selection.selectionSet) : undefined;
    if (inner) return inner;
  }
  return undefined;
}
