/** `npm run bench:archive [-- --quick --rounds=3]`. */
import { benchArchive } from '../bench/archive.ts';
import { readOptions } from '../bench/harness/options.ts';

export async function main(args: string[]): Promise<void> {
  await benchArchive(readOptions(args));
}
