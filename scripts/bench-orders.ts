/** `npm run bench:orders [-- --quick --only=exchange,door --rounds=3 --duration=8000]`. */
import { benchOrders } from '../bench/orders.ts';
import { readOptions } from '../bench/harness/options.ts';

export async function main(args: string[]): Promise<void> {
  await benchOrders(readOptions(args));
}
