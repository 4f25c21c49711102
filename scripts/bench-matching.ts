/** `npm run bench:matching [-- --quick --only=ours,nodejs-order-book --rounds=3]`. */
import { readOptions } from '../bench/harness/options.ts';
import { benchMatching } from '../bench/matching.ts';

export async function main(args: string[]): Promise<void> {
  await benchMatching(readOptions(args));
}
