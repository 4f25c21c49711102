/** `npm run bench:ticks [-- --quick --only=ours,bare-ws --rounds=1 --duration=5000]`. */
import { readOptions } from '../bench/harness/options.ts';
import { benchTicks } from '../bench/ticks.ts';

export async function main(args: string[]): Promise<void> {
  await benchTicks(readOptions(args));
  process.exit(0);
}
