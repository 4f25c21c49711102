/** `npm test [-- vitest arguments]`: all tiers, with what each covers at the end. */
import { spawnSync } from 'node:child_process';
import { repoRoot } from '@gridworks/kit/config';
import { join } from 'node:path';

export async function main(args: string[]): Promise<void> {
  const { status } = spawnSync(
    process.execPath,
    [join(repoRoot, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args],
    { cwd: repoRoot, stdio: 'inherit' },
  );
  process.exit(status ?? 1);
}
