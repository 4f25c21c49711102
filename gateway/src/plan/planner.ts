/**
 * The planner, with what it gets wrong put right: over a supergraph it cannot misread, and with its plans restored to
 * what the subgraphs know.
 */
import { operationFromDocument, type Schema, type Supergraph } from '@apollo/federation-internals';
import { QueryPlanner, type QueryPlan } from '@apollo/query-planner';
import { Kind, type OperationDefinitionNode } from 'graphql';
import type { StandIns } from '../supergraph/stand-ins.ts';
import { restorePlan } from './restore.ts';
import { unplannedField } from './unplanned.ts';

/** The planner tripped over what it wrote itself. What it says is of its inside, and clients must not read it. */
export class PlannerFailed extends Error {
  constructor(cause: unknown) {
    super('the operation cannot be planned', { cause });
  }
}

/**
 * Of the ways to plan one operation. A short text over nested unions has so many that at the planner's own ten thousand
 * it holds everybody up for seconds; beyond the first thousand none was seen to be better.
 */
const EVALUATED_PLANS_MAX = 1_000;

/** By which the planner says that it works as it should, and no subgraph can be asked; there is no other sign of it. */
const NO_WAY = /^Was not able to find any options for/;

export class Planner {
  readonly #planner: QueryPlanner;
  readonly #api: Schema;

  /** Of the supergraph that has the stand-ins in it. */
  constructor(
    supergraph: Supergraph,
    private readonly standIns: StandIns,
  ) {
    this.#api = supergraph.apiSchema();
    this.#planner = new QueryPlanner(supergraph, {
      reuseQueryFragments: false,
      incrementalDelivery: { enableDefer: true },
      debug: { maxEvaluatedPlans: EVALUATED_PLANS_MAX },
    });
  }

  /**
   * Plans a valid operation in canonical names, without named fragments. `overrides` says of each label of a
   * progressive override whether it is in force; a label that is left out is not. Throws when no subgraph can answer.
   */
  plan(definition: OperationDefinitionNode, overrides: ReadonlyMap<string, boolean>): QueryPlan {
    const plan = this.#build(definition, overrides);
    const unplanned = unplannedField(plan, definition);
    if (unplanned !== undefined) throw new Error(`no subgraph can answer for the root field ${unplanned}`);
    return restorePlan(plan, this.standIns);
  }

  #build(definition: OperationDefinitionNode, overrides: ReadonlyMap<string, boolean>): QueryPlan {
    try {
      const document = { kind: Kind.DOCUMENT, definitions: [definition] } as const;
      const operation = operationFromDocument(this.#api, document, { validate: false });
      return this.#planner.buildQueryPlan(operation, { overrideConditions: new Map(overrides) });
    } catch (error) {
      if (error instanceof Error && NO_WAY.test(error.message)) {
        throw new Error('no subgraph can answer for what is asked', { cause: error });
      }
      throw new PlannerFailed(error);
    }
  }
}
