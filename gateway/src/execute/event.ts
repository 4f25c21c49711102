/**
 * One event of a subscription as an answer to its client. The event is the primary fetch's answer, already here; the
 * rest of the plan asks other subgraphs for what they add; the client's selection shapes the whole. Today the stock
 * executor does it: it takes a plan whose first fetch is answered by the event itself.
 */
import { executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway';
import type { GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface';
import type { PlanNode, QueryPlan } from '@apollo/query-planner';
import type { ExecutionResult } from 'graphql';
import type { PlannedSubscription } from '../plan/plan.ts';
import type { LoadedSupergraph } from '../supergraph/supergraph.ts';
import { fromSubgraph, type Passage } from './fetch.ts';

export type Variables = Readonly<Record<string, unknown>>;

/** Answers one event; the result is the executor's own and still has to be told (`tellResult`). */
export type EventExecutor = (
  plan: PlannedSubscription,
  variables: Variables,
  event: ExecutionResult,
  passage: Passage,
) => Promise<ExecutionResult>;

/** No subgraph can have this name, so the event is never taken for one. */
const EVENT = '(event)';

export function eventExecutor(
  supergraph: LoadedSupergraph,
  sources: Readonly<Record<string, GraphQLDataSource>>,
): EventExecutor {
  return async (plan, variables, event, passage) => {
    const primary: PlanNode = { ...plan.primary, serviceName: EVENT };
    const nodes = plan.rest ? [primary, plan.rest] : [primary];
    const queryPlan: QueryPlan = { kind: 'QueryPlan', node: { kind: 'Sequence', nodes } };
    const source: GraphQLDataSource = {
      process: async () => ({
        data: event.data ?? null,
        ...(event.errors ? { errors: event.errors.map(fromSubgraph) } : {}),
      }),
    };
    // The executor reads no more of a request than this.
    const request = {
      request: { variables: { ...variables } },
      context: passage,
      metrics: {},
    } as unknown as GatewayGraphQLRequestContext;
    const operationContext = {
      schema: supergraph.apiSchema,
      operation: plan.operation,
      fragments: { ...plan.fragments },
    };
    return executeQueryPlan(
      queryPlan,
      { ...sources, [EVENT]: source },
      request,
      operationContext,
      supergraph.schema,
      supergraph.api,
    );
  };
}
