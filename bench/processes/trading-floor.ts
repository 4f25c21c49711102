/** Process: the platform as `npm start` runs it, but that its instruments tick to a beat. */
import { readConfig } from '@gridworks/kit/config';
import { createTrading } from '@gridworks/trading/subgraph';
import { runGraph } from '../../scripts/graph.ts';
import { openDatabase } from '../../scripts/platform.ts';
import { CREATE } from '../../scripts/subgraphs.ts';
import { serveParent } from '../harness/child.ts';
import type { Beat } from '../ticks/beat.ts';
import { SteadyMarket } from '../ticks/steady-market.ts';

const config = readConfig();
const database = await openDatabase(config, { alone: true });
const market = await new Promise<SteadyMarket>((resolve, reject) => {
  let opened: SteadyMarket | undefined;
  const trading = (platform: Parameters<typeof createTrading>[0]): ReturnType<typeof createTrading> =>
    createTrading(platform, (exchange) => (opened = new SteadyMarket(exchange)));
  runGraph(config, database, { ...CREATE, trading }).then((graph) => {
    process.once('SIGTERM', () => void graph.stop().then(() => database.close()));
    if (opened) resolve(opened);
    else reject(new Error('the configuration opens no market'));
  }, reject);
});

serveParent({
  symbols: async (count: number) => market.symbols(count),
  beat: (beat: Beat) => market.beat(beat),
});
