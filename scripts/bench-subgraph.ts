/** `npm run bench:subgraph [-- --quick --only=ours,stock --operation=nested --rounds=1 --duration=1000]`. */
import { readOptions } from '../bench/harness/options.ts';
import { benchSubgraph } from '../bench/subgraph.ts';

export async function main(args: string[]): Promise<void> {
  await benchSubgraph(readOptions(args));
  process.exit(0);
}
