/** `npm run bench:gateway [-- --quick --only=ours,stock --operation=nested --rounds=1 --duration=1000]`. */
import { benchGateway } from '../bench/gateway.ts';
import { readOptions } from '../bench/harness/options.ts';

export async function main(args: string[]): Promise<void> {
  await benchGateway(readOptions(args));
  process.exit(0);
}
