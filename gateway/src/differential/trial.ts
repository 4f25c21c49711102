/** One operation over one graph, answered both ways. */
import { parse, type DocumentNode, type ExecutionResult } from 'graphql';
import type { QueryPlan } from '@apollo/query-planner';
import { pathOf, toldOf, type Told } from './compare.ts';
import { Ours, type Form } from './ours.ts';
import { Random } from './random.ts';
import { Reference, type EntityAsk } from './reference.ts';
import type { Mend } from './mend.ts';
import { buildTestGraph, type TestGraph } from './test-graph.ts';
import type { GraphSource } from './graphs/graph-source.ts';
import { World, type Faults } from './world.ts';

/** Everything that decides the answers. */
export interface Trial {
  readonly text: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly worldSeed: number;
  readonly faults: Faults;
  readonly form: Form;
}

export interface Outcome {
  readonly trial: Trial;
  readonly document: DocumentNode;
  /** Undefined where the stock planner throws. */
  readonly plan: QueryPlan | undefined;
  /** Undefined where the stock planner or executor throws. */
  readonly reference: Told | undefined;
  readonly thrown: string | undefined;
  /** What the stock executor asked for entities. */
  readonly asks: readonly EntityAsk[];
  readonly ours: Told;
  /** What one server with the whole graph would answer; undefined in a world with faults. */
  readonly truth: Truth | undefined;
}

export interface Truth {
  readonly data: string;
  /** Of its errors: there are some even without faults, where clients may not see what a subgraph gave. Sorted. */
  readonly paths: readonly string[];
}

export function isTrue({ data, errors }: Told, truth: Truth): boolean {
  const paths = errors.map((each) => JSON.stringify(pathOf(each))).toSorted();
  return data === truth.data && paths.join('\n') === truth.paths.join('\n');
}

/** A graph with both ways of asking it. */
export class Bench {
  readonly graph: TestGraph;
  readonly #reference: Reference;
  readonly #ours: Ours;

  constructor(source: GraphSource) {
    this.graph = buildTestGraph(source);
    this.#reference = new Reference(this.graph);
    this.#ours = new Ours(this.graph);
  }

  async run(trial: Trial): Promise<Outcome> {
    const { text, operationName, variables, worldSeed, faults, form } = trial;
    const document = parse(text, { noLocation: true });
    const stock = await this.askReference(trial, document);
    const delays = new Random(worldSeed);
    const world = (): World => new World(this.graph, worldSeed, faults);
    const ours = toldOf(await this.#ours.answer({ text, operationName, variables }, world(), form, delays));
    const isFaultless = faults.errors + faults.missing + faults.outages === 0;
    const question = { document, operationName, variables };
    const truth = isFaultless ? truthOf(await world().whole(question)) : undefined;
    return { trial, document, ...stock, ours, truth };
  }

  /** The stock answer to the trial's question in these words. */
  async askReference(
    { operationName, variables, worldSeed, faults }: Trial,
    document: DocumentNode,
    mends: readonly Mend[] = [],
  ): Promise<Pick<Outcome, 'plan' | 'reference' | 'thrown' | 'asks'>> {
    const question = { document, operationName, variables };
    const asks: EntityAsk[] = [];
    let plan: QueryPlan | undefined;
    try {
      plan = mends.reduce((at, mend) => mend.plan?.(at) ?? at, this.#reference.plan(question));
      const world = new World(this.graph, worldSeed, faults);
      return {
        plan,
        reference: toldOf(await this.#reference.answer(plan, question, world, mends, asks)),
        thrown: undefined,
        asks,
      };
    } catch (error) {
      return {
        plan,
        reference: undefined,
        thrown: error instanceof Error ? error.message : String(error),
        asks,
      };
    }
  }
}

function truthOf({ data, errors = [] }: ExecutionResult): Truth {
  const paths = errors.map(({ path }) => JSON.stringify(path ?? null)).toSorted();
  return { data: JSON.stringify(data), paths };
}
