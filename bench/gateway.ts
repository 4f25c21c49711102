/** `npm run bench:gateway`: how many operations a second one core of gateway answers, ours and others'. */
import { chosen } from './contenders.ts';
import { compareForms, type Form, type FormTurn } from './forms.ts';
import { LeftOut } from './harness/left-out.ts';
import { beginRun } from './harness/machine.ts';
import type { Options } from './harness/options.ts';
import { race } from './harness/race.ts';
import { printReport, printTable, shown } from './harness/report.ts';
import {
  against,
  againstBestPeer,
  pick,
  printRace,
  resultsOf,
  timesOf,
  type Times,
} from './harness/standing.ts';
import { median, rounded } from './harness/statistics.ts';
import type { OperationName } from './shop/operations.ts';

const PLATFORM = { name: 'platform', label: "the platform's own graph" };
const OPERATIONS: readonly OperationName[] = ['nested', 'small'];

export async function benchGateway(options: Options): Promise<void> {
  beginRun();
  const isWanted = (operation: string): boolean => (options.operation ?? operation) === operation;
  const pace = {
    rounds: options.rounds ?? (options.isQuick ? 2 : 7),
    durationMs: options.durationMs ?? (options.isQuick ? 1_000 : 2_000),
    warmUpMs: options.isQuick ? 1_500 : 4_000,
  };
  const operations = OPERATIONS.filter(isWanted);
  const contenders = operations.length > 0 ? chosen(options.only) : [];
  const ran = await race({ ...pace, contenders, operations, isMemoised: true });
  const leftOut = new LeftOut();
  const forms = isWanted('platform') ? await leftOut.attempt(PLATFORM, compareForms(pace)) : undefined;
  const comparisons = {
    nestedVsBestPeer: againstBestPeer(ran, 'nested', 'ours'),
    smallVsBestPeer: againstBestPeer(ran, 'small', 'ours'),
    smallVsHandWritten: against(ran, 'small', 'ours', 'hand-written'),
    nestedVsUnsharedPeer: against(ran, 'nested', 'ours', 'hive-rust-unshared'),
    smallVsUnsharedPeer: against(ran, 'small', 'ours', 'hive-rust-unshared'),
    nestedSharedVsBestPeer: againstBestPeer(ran, 'nested', 'ours-shared'),
    smallSharedVsBestPeer: againstBestPeer(ran, 'small', 'ours-shared'),
    inProcessVsHttp: formTimes(forms),
  };
  if (operations.length > 0) printRace(ran);
  if (forms) printForms(forms);
  printReport({
    bench: 'gateway',
    results: {
      leftOut: [...ran.leftOut, ...leftOut.list],
      operations: resultsOf(ran),
      platform: formResults(forms),
      cpuRatios: pick(comparisons, 'perCpu'),
    },
    ratios: pick(comparisons, 'perSecond'),
  });
}

type Forms = ReadonlyMap<Form, readonly FormTurn[]>;

function formTimes(forms: Forms | undefined): Times {
  const turnsOf = (form: Form): readonly FormTurn[] => forms?.get(form) ?? [];
  return timesOf(turnsOf('embedded'), turnsOf('distributed'));
}

function formResults(forms: Forms | undefined): readonly (FormTurn & { readonly form: Form })[] {
  return [...(forms ?? [])].map(([form, turns]) => ({
    form,
    requestsPerS: rounded(median(turns.map((each) => each.requestsPerS))),
    p50Ms: rounded(median(turns.map((each) => each.p50Ms))),
    p99Ms: rounded(median(turns.map((each) => each.p99Ms))),
    cpuMsPerRequest: rounded(median(turns.map((each) => each.cpuMsPerRequest))),
  }));
}

function printForms(forms: Forms): void {
  printTable([
    ["the platform's own graph", 'requests/s', 'p50 ms', 'p99 ms', 'CPU ms'],
    ...formResults(forms).map(({ form, requestsPerS, p50Ms, p99Ms, cpuMsPerRequest }) => [
      form === 'embedded' ? 'in process' : 'over HTTP',
      shown(requestsPerS),
      shown(p50Ms, 1),
      shown(p99Ms, 1),
      shown(cpuMsPerRequest, 2),
    ]),
  ]);
}
