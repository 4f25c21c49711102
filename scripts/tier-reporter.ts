/** Says at the end of a test run what was covered, tier by tier, and in one last line how it went. */
import type { Reporter, SerializedError, TestModule, TestRunEndReason } from 'vitest/node';

interface Tier {
  files: number;
  passed: number;
  failed: number;
  skipped: number;
  durationMs: number;
}

export default class TierReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const tiers = new Map<string, Tier>();
    for (const module of modules) count(module, tierNamed(module.project.name, tiers));

    console.log('\nCovered, by tier');
    for (const [name, { files, passed, failed, skipped, durationMs }] of tiers) {
      const seconds = (durationMs / 1000).toFixed(1);
      console.log(
        `  ${name.padEnd(9)} ${String(files).padStart(3)} files  ${String(passed).padStart(5)} passed  ` +
          `${String(failed).padStart(3)} failed  ${String(skipped).padStart(3)} skipped  ${seconds.padStart(6)} s`,
      );
    }

    const all = [...tiers.values()];
    const sum = (of: (tier: Tier) => number): number => all.reduce((total, tier) => total + of(tier), 0);
    const passed = sum((tier) => tier.passed);
    // An error that belongs to no test would otherwise hide behind a line that says all is well.
    const failed = sum((tier) => tier.failed) + unhandledErrors.length;
    if (passed + failed === 0) {
      console.log('No test ran.');
      process.exitCode = 1;
    }
    if (reason === 'interrupted') console.log('The run was interrupted.');
    console.log(`${passed} passed, ${failed} failed, ${sum((tier) => tier.skipped)} skipped`);
  }
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
