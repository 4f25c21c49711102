/**
 * `npm run bench:subgraph`: the same race over subgraphs that compute every answer anew. Here the subgraphs' core is the
 * bottleneck: what a gateway spares them counts, and how fast it is itself hardly does.
 */
import { chosen } from './contenders.ts';
import { beginRun } from './harness/machine.ts';
import type { Options } from './harness/options.ts';
import { race } from './harness/race.ts';
import { printReport } from './harness/report.ts';
import { against, againstBestPeer, pick, printRace, resultsOf } from './harness/standing.ts';
import type { OperationName } from './shop/operations.ts';

const OPERATIONS: readonly OperationName[] = ['nested', 'small'];

export async function benchSubgraph(options: Options): Promise<void> {
  beginRun();
  const ran = await race({
    contenders: chosen(options.only),
    operations: OPERATIONS.filter((each) => (options.operation ?? each) === each),
    rounds: options.rounds ?? (options.isQuick ? 1 : 3),
    durationMs: options.durationMs ?? (options.isQuick ? 1_000 : 3_000),
    warmUpMs: options.isQuick ? 1_000 : 2_000,
    isMemoised: false,
  });
  const comparisons = {
    nestedVsBestPeer: againstBestPeer(ran, 'nested', 'ours'),
    smallVsBestPeer: againstBestPeer(ran, 'small', 'ours'),
    nestedVsUnsharedPeer: against(ran, 'nested', 'ours', 'hive-rust-unshared'),
    smallVsUnsharedPeer: against(ran, 'small', 'ours', 'hive-rust-unshared'),
    nestedSharedVsBestPeer: againstBestPeer(ran, 'nested', 'ours-shared'),
    smallSharedVsBestPeer: againstBestPeer(ran, 'small', 'ours-shared'),
  };
  printRace(ran);
  printReport({
    bench: 'subgraph',
    results: { leftOut: ran.leftOut, operations: resultsOf(ran), cpuRatios: pick(comparisons, 'perCpu') },
    ratios: pick(comparisons, 'perSecond'),
  });
}
