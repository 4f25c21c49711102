/** Says at the end of a test run what was covered, tier by tier, and in one last line how it went. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule, TestRunEndReason } from 'vitest/node';

interface Tier {
  files: number;
  passed: number;
  failed: number;
  skipped: number;
  durationMs: number;
}

type Tiers = readonly (readonly [name: string, tier: Tier])[];

export default class TierReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const tiers = new Map<string, Tier>();
    for (const module of modules) count(module, tierNamed(module.project.name, tiers));
    // An error that belongs to no test would otherwise hide behind a line that says all is well.
    if (unhandledErrors.length > 0) tierNamed('(no test)', tiers).failed += unhandledErrors.length;
    if (reason === 'interrupted') console.log('The run was interrupted.');

    const { GRIDWORKS_TALLY: tally } = process.env;
    // One of several runs: the last word is said when all of them are over.
    if (tally) appendFileSync(tally, `${JSON.stringify([...tiers])}\n`);
    else print([...tiers]);
    if ([...tiers.values()].every(({ passed, failed }) => passed + failed === 0)) process.exitCode = 1;
  }
}

/** Prints what several runs put into the file of `GRIDWORKS_TALLY`. */
export function printTally(file: string): void {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  print(lines.flatMap((line) => JSON.parse(line) as Tiers));
}

function print(tiers: Tiers): void {
  console.log('\nCovered, by tier');
  for (const [name, { files, passed, failed, skipped, durationMs }] of tiers) {
    const seconds = (durationMs / 1000).toFixed(1);
    console.log(
      `  ${name.padEnd(9)} ${String(files).padStart(3)} files  ${String(passed).padStart(5)} passed  ` +
        `${String(failed).padStart(3)} failed  ${String(skipped).padStart(3)} skipped  ${seconds.padStart(6)} s`,
    );
  }
  const sum = (of: (tier: Tier) => number): number => tiers.reduce((total, [, tier]) => total + of(tier), 0);
  const [passed, failed] = [sum((tier) => tier.passed), sum((tier) => tier.failed)];
  if (passed + failed === 0) console.log('No test ran.');
  console.log(`${passed} passed, ${failed} failed, ${sum((tier) => tier.skipped)} skipped`);
}

function tierNamed(name: string, tiers: Map<string, Tier>): Tier {
  const tier = tiers.get(name) ?? { files: 0, passed: 0, failed: 0, skipped: 0, durationMs: 0 };
  tiers.set(name, tier);
  return tier;
}

function count(module: TestModule, tier: Tier): void {
  const failedBefore = tier.failed;
  tier.files += 1;
  const { prepareDuration, environmentSetupDuration, setupDuration, collectDuration, duration } =
    module.diagnostic();
  tier.durationMs += prepareDuration + environmentSetupDuration + setupDuration + collectDuration + duration;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    // A test that never came to its end was cut short: by a bail, a crash, or the person at the terminal.
    tier[state === 'pending' ? 'skipped' : state] += 1;
  }
  // A file that does not load, or whose hooks fail, has no failing test to show for it.
  if (!module.ok() && tier.failed === failedBefore) tier.failed += 1;
}
