/**
 * `npm test [-- vitest arguments]`: all tiers, and at the end what each covered. The end-to-end tier runs by itself,
 * after the others: the two running graphs it is about would slow them down all the while.
 */
import { repoRoot } from '@gridworks/kit/config';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printTally } from './tier-reporter.ts';

const RUNS = [['--project=domain', '--project=subgraph'], ['--project=e2e']];

export async function main(args: string[]): Promise<void> {
  if (args.length > 0) process.exit(vitest(args, process.env));
  const folder = mkdtempSync(join(tmpdir(), 'gridworks-tally-'));
  const tally = join(folder, 'tally');
  const codes = RUNS.map((run) => vitest(run, { ...process.env, GRIDWORKS_TALLY: tally }));
  printTally(tally);
  rmSync(folder, { recursive: true });
  process.exit(Math.max(...codes));
}

function vitest(args: readonly string[], env: NodeJS.ProcessEnv): number {
  const { status } = spawnSync(
    process.execPath,
    [join(repoRoot, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args],
    { cwd: repoRoot, stdio: 'inherit', env },
  );
  return status ?? 1;
}
