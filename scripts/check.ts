/** `npm run check`: formatting, lint and import rules, types, what is derived, models against migrations. Unchanged parts come from turbo's cache. */
import { spawnSync } from 'node:child_process';
import { repoRoot } from '@gridworks/kit/config';
import { join } from 'node:path';

const TASKS = ['check:format', 'check:lint', 'check:types', 'check:schema', 'check:models', 'check:compose'];

export async function main(args: string[]): Promise<void> {
  const { status } = spawnSync(
    join(repoRoot, 'node_modules', '.bin', process.platform === 'win32' ? 'turbo.cmd' : 'turbo'),
    ['run', ...TASKS.map((task) => `//#${task}`), '--output-logs=errors-only', '--continue', ...args],
    { cwd: repoRoot, stdio: 'inherit' },
  );
  process.exit(status ?? 1);
}
