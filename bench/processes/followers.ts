/** Process: who follows the exchange's events and is not the exchange: billing's ledger and the positions. */
import { createBilling } from '@gridworks/billing/subgraph';
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
serveParent({
  // Resolves when they have heard everything that is in the log.
  settled: () => platform.bus.settled(),
});
