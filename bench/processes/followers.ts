/** Process: who follows the exchange's events and is not the exchange: billing's ledger, the positions, the seals over the log. */
import { createBilling } from '@gridworks/billing/subgraph';
import { Sealer } from '@gridworks/kit/audit/sealer';
import { readConfig } from '@gridworks/kit/config';
import { Database } from '@gridworks/kit/db';
import { createPlatform } from '@gridworks/kit/subgraph';
import { reactions } from '@gridworks/trading/events';
import { readTask, serveParent } from '../harness/child.ts';

export interface FollowersTask {
  readonly databaseUrl: string;
  readonly openingCredit: string;
}

const { databaseUrl, openingCredit } = readTask<FollowersTask>();
const config = readConfig({ LOG_LEVEL: 'error', GRIDWORKS_OPENING_CREDIT: openingCredit });
const platform = createPlatform(config, new Database(databaseUrl), 'followers');
createBilling(platform);
for (const each of reactions) platform.bus.on(each);
await platform.bus.start();
const sealer = new Sealer(platform.db, platform.clock, platform.log);
await sealer.start();
serveParent({
  // Resolves when they have heard everything that is in the log, and it is sealed.
  settled: async () => {
    await platform.bus.settled();
    await sealer.seal();
  },
});
