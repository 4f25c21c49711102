/** `npm run journal`: what the exchange's journal says, now or as of any command; and whether it still says the same. */
import { readConfig } from '@gridworks/kit/config';
import { hashOfOms } from '@gridworks/trading/domain/oms/state';
import { recallOms } from '@gridworks/trading/recall';
import { parseArgs } from 'node:util';
import { openDatabase } from './platform.ts';

const USAGE = `Usage: npm run journal -- [options]

Makes the exchange's state from its journal, checking each command against what it came to, and writes it as JSON lines:
a head with the sequence number of the last command and the state's hash, then every account and every open order.
Works beside a graph that is running.

  --at SEQUENCE  the state as it was after that command; without it, as it is now
  --whole        begin with the first command, not with the latest snapshot before
  --head         the first line only`;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      at: { type: 'string' },
      whole: { type: 'boolean', default: false },
      head: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const at = values.at === undefined ? undefined : Number(values.at);
  if (at !== undefined && !(Number.isSafeInteger(at) && at >= 0))
    throw new Error(`--at: "${values.at}" is not the number of a command.`);
  const database = await openDatabase(readConfig());
  try {
    const recalled = await recallOms(database.db.system, at, values.whole);
    if (!recalled) throw new Error('The exchange of this database has not kept anything yet.');
    const { sequence, snapshotSequence } = recalled;
    const state = recalled.oms.state();
    const { accounts, orders } = state;
    const counts = { accounts: accounts.length, openOrders: orders.length };
    console.log(JSON.stringify({ sequence, snapshotSequence, hash: hashOfOms(state), ...counts }));
    if (values.head) return;
    for (const account of accounts) console.log(JSON.stringify({ account }));
    for (const [, order] of orders) console.log(JSON.stringify({ order }));
  } finally {
    await database.close();
  }
}
