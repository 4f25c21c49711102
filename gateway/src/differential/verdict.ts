/** Whether two answers agree, and if not, what explains it. */
import { isSame, type Told } from './compare.ts';
import {
  EXCUSES,
  PLANNED_TOGETHER,
  RESTATEMENTS,
  TYPE_KEY,
  type Differing,
  type ExcuseContext,
  type Restatement,
} from './disagreements.ts';
import { plain, typed } from './restate.ts';
import { FAULTS } from './world.ts';
import { isTrue, type Bench, type Outcome } from './trial.ts';

export interface Verdict {
  /** Ours is as it should be: the stock answer, or one that the written list explains. */
  readonly isGood: boolean;
  /** Names of the written disagreements that explain it; none where there is nothing to explain. */
  readonly explanations: readonly string[];
}

export const UNPLANNABLE = 'operations the stock planner cannot plan';

const AGREED: Verdict = { isGood: true, explanations: [] };
const UNEXPLAINED: Verdict = { isGood: false, explanations: [] };

export async function judge(bench: Bench, outcome: Outcome): Promise<Verdict> {
  const { ours, reference, truth } = outcome;
  // Where all is well there is only one right answer, whatever the stock one is.
  if (truth && !isTrue(ours, truth)) return shared(bench, outcome);
  if (!reference) return unplannable(bench, outcome);
  if (isSame(reference, ours)) return AGREED;
  return explained(bench, outcome);
}

/** Ours is wrong where the plan is: the stock answer is the same, and right once the planner is asked by type. */
async function shared(bench: Bench, outcome: Outcome): Promise<Verdict> {
  const { ours, reference, truth } = outcome;
  const retold = await retell(bench, outcome, [PLANNED_TOGETHER]);
  const isShared = reference && isSame(reference, ours) && truth && retold?.reference;
  if (!isShared || !isTrue(retold.reference, truth)) return UNEXPLAINED;
  return { isGood: true, explanations: [PLANNED_TOGETHER.name] };
}

/** What the stock planner can plan in other words is compared with that; else ours must be right without faults. */
async function unplannable(bench: Bench, outcome: Outcome): Promise<Verdict> {
  const retold = await retell(bench, outcome, RESTATEMENTS);
  const excuses = retold && (await agrees(bench, retold));
  if (excuses) return { isGood: true, explanations: [UNPLANNABLE, ...excuses] };
  const [faults = outcome.trial.faults] = FAULTS;
  const { ours, truth } = await bench.run({ ...outcome.trial, faults });
  if (!truth || !isTrue(ours, truth)) return UNEXPLAINED;
  return { isGood: true, explanations: [UNPLANNABLE, 'right without faults'] };
}

/** Tries each of the written disagreements alone, then all of them one after the other. */
async function explained(bench: Bench, outcome: Outcome): Promise<Verdict> {
  const direct = await excused(bench, outcome);
  if (direct) return { isGood: true, explanations: direct };
  for (const each of RESTATEMENTS) {
    const retold = await retell(bench, outcome, [each]);
    const excuses = retold && (await agrees(bench, retold));
    if (excuses) return { isGood: true, explanations: [each.name, ...excuses] };
  }
  let used: readonly Restatement[] = [];
  for (const each of RESTATEMENTS) {
    const retold = await retell(bench, outcome, [...used, each]);
    // Some operations cannot be planned in these words.
    if (!retold) continue;
    used = [...used, each];
    const excuses = await agrees(bench, retold);
    if (excuses)
      return { isGood: true, explanations: [`several: ${await needed(bench, outcome, used)}`, ...excuses] };
  }
  return UNEXPLAINED;
}

/** Those without which it would not be explained. */
async function needed(bench: Bench, outcome: Outcome, used: readonly Restatement[]): Promise<string> {
  let left = used;
  for (const each of used) {
    const fewer = left.filter((other) => other !== each);
    const retold = await retell(bench, outcome, fewer);
    if (retold && (await agrees(bench, retold))) left = fewer;
  }
  return left.map(({ name }) => name).join(' + ');
}

/** The outcome with the stock answer to the same question, told otherwise; undefined when there is none. */
async function retell(
  bench: Bench,
  outcome: Outcome,
  tellings: readonly Restatement[],
): Promise<Outcome | undefined> {
  const { operationName, variables } = outcome.trial;
  const schema = bench.graph.apiSchema;
  let { document } = outcome;
  for (const { restate } of tellings) {
    if (restate) document = restate({ schema, document, operationName, variables });
  }
  const mends = tellings.flatMap(({ mend }) => (mend ? [mend] : []));
  const stock = await bench.askReference(outcome.trial, document, mends);
  if (!stock.reference) return undefined;
  return { ...outcome, ...stock, document, reference: plainTold(stock.reference) };
}

/** Names of the excuses it takes; undefined when it does not agree even so. */
async function agrees(bench: Bench, outcome: Outcome): Promise<readonly string[] | undefined> {
  if (outcome.reference && isSame(outcome.reference, outcome.ours)) return [];
  return excused(bench, outcome);
}

function plainTold({ data, errors }: Told): Told {
  return { data: data === undefined ? undefined : plain(data), errors: errors.map(plain).toSorted() };
}

/** The data is the same, and every error that only one tells is accounted for. */
async function excused(bench: Bench, outcome: Outcome): Promise<readonly string[] | undefined> {
  const { reference, ours, document, trial } = outcome;
  if (!reference || reference.data !== ours.data) return undefined;
  let differing: Differing = {
    reference: without(reference.errors, ours.errors),
    ours: without(ours.errors, reference.errors),
  };
  const typedAnswer = await bench.askReference(trial, typed(document, TYPE_KEY));
  const context: ExcuseContext = {
    outcome,
    graph: bench.graph,
    typedAsks: typedAnswer.asks,
    typedData: JSON.parse(typedAnswer.reference?.data ?? 'null') as unknown,
  };
  const excuses: string[] = [];
  for (const { name, excuse } of EXCUSES) {
    const left = excuse(differing, context);
    if (left.reference.length + left.ours.length < differing.reference.length + differing.ours.length)
      excuses.push(name);
    differing = left;
  }
  if (differing.reference.length + differing.ours.length > 0) return undefined;
  return excuses;
}

/** As many of each as there are more of it. */
function without(list: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return list.filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
