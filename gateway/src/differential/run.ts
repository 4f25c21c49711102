/** Many random operations over one graph; what is unexplained is made small and told. */
import { OperationTypeNode, print } from 'graphql';
import type { GraphSource } from './graphs/graph-source.ts';
import type { Form } from './ours.ts';
import { randomOperation, randomVariables } from './operations.ts';
import { Random } from './random.ts';
import { oneLine, shrink } from './shrink.ts';
import { Bench, type Outcome, type Trial } from './trial.ts';
import { judge } from './verdict.ts';
import { FAULTS } from './world.ts';

export interface Report {
  readonly graph: string;
  readonly seed: number;
  readonly operations: number;
  /** Of these, how many answers told errors, and how many could be held against the truth. */
  readonly withErrors: number;
  readonly withTruth: number;
  /** How often each written disagreement was needed. */
  readonly explained: Readonly<Record<string, number>>;
  /** Everything that nothing explains, as small as it gets, for a reader. */
  readonly unexplained: readonly string[];
}

export interface RunOptions {
  readonly seed: number;
  readonly operations: number;
  /** The number of the first operation; the n-th of a seed is always the same. */
  readonly from?: number;
}

/** So many disagreements are made small; to see more helps nobody. */
const SHRUNK_MAX = 5;

/** One graph, built once for all of its runs. */
export class Differential {
  readonly #bench: Bench;

  constructor(source: GraphSource) {
    this.#bench = new Bench(source);
  }

  async run({ seed, operations, from = 0 }: RunOptions): Promise<Report> {
    const bench = this.#bench;
    const explained: Record<string, number> = {};
    const unexplained: string[] = [];
    let withErrors = 0;
    let withTruth = 0;
    for (let number = from; number < from + operations; number += 1) {
      const outcome = await bench.run(trialOf(bench, seed, number));
      if (outcome.ours.errors.length > 0) withErrors += 1;
      if (outcome.truth) withTruth += 1;
      const { isGood, explanations } = await judge(bench, outcome);
      for (const each of explanations) explained[each] = (explained[each] ?? 0) + 1;
      if (isGood) continue;
      const told = unexplained.length < SHRUNK_MAX ? await smallest(bench, outcome) : outcome;
      unexplained.push(describe(bench.graph.source.name, seed, number, told));
    }
    const graph = bench.graph.source.name;
    return { graph, seed, operations, withErrors, withTruth, explained, unexplained };
  }
}

/** The n-th question of a seed. */
export function trialOf({ graph }: Bench, seed: number, number: number): Trial {
  const random = new Random(`${graph.source.name} ${seed} ${number}`);
  const hasMutations = Boolean(graph.apiSchema.getMutationType());
  const isMutation = hasMutations && random.chance(0.1);
  const kind = isMutation ? OperationTypeNode.MUTATION : OperationTypeNode.QUERY;
  const { text, operationName, variables } = randomOperation(graph.apiSchema, random, kind);
  const form: Form = random.chance(0.5) ? 'values' : 'text';
  const values = randomVariables({ text, operationName, variables }, random);
  return {
    text,
    operationName,
    variables: values,
    worldSeed: random.below(1_000_000),
    faults: random.pick(FAULTS),
    form,
  };
}

async function smallest(bench: Bench, outcome: Outcome): Promise<Outcome> {
  const { trial, document } = outcome;
  const again = (text: string): Promise<Outcome> => bench.run({ ...trial, text });
  const small = await shrink(bench.graph.apiSchema, document, async (smaller) => {
    const { isGood } = await judge(bench, await again(print(smaller)));
    return !isGood;
  });
  return again(print(small));
}

function describe(graph: string, seed: number, number: number, outcome: Outcome): string {
  const { trial, document, reference, thrown, ours, truth } = outcome;
  return [
    `${graph}, seed ${seed}, operation ${number}, world ${trial.worldSeed}, as ${trial.form}`,
    `  ${oneLine(document)}`,
    `  variables ${JSON.stringify(trial.variables)}, faults ${JSON.stringify(trial.faults)}`,
    `  stock ${reference ? reference.data : `throws ${thrown}`}`,
    ...(reference?.errors ?? []).map((each) => `        ${each}`),
    `  ours  ${ours.data}`,
    ...ours.errors.map((each) => `        ${each}`),
    ...(truth === undefined
      ? []
      : [`  truth ${truth.data}`, ...truth.paths.map((each) => `        ${each}`)]),
  ].join('\n');
}
