/** `npm run bench:fanout [-- --quick --only=ours,bare-ws --rounds=1 --duration=1000]`. */
import { benchFanout } from '../bench/fanout.ts';
import { readOptions } from '../bench/harness/options.ts';

export async function main(args: string[]): Promise<void> {
  await benchFanout(readOptions(args));
  process.exit(0);
}
