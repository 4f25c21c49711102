/** `npm start`: the whole graph in one process, on embedded defaults. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readExamples } from '@gridworks/gateway/door/examples';
import { publicFiles } from '@gridworks/gateway/door/files';
import { createGateway } from '@gridworks/gateway/gateway';
import { localTransport } from '@gridworks/gateway/transport/local';
import { readConfig, repoRoot, type SubgraphName } from '@gridworks/kit/config';
import { listen } from '@gridworks/kit/http';
import { createPlatform } from '@gridworks/kit/subgraph';
import { openDatabase } from './platform.ts';
import { seed } from './seed.ts';
import { CREATE } from './subgraphs.ts';
import { onStop, welcome } from './terminal.ts';

export async function main(): Promise<void> {
  const config = readConfig();
  // A taken port is better told before the database has been started.
  await (await listen(config.host, config.port, async () => undefined)).close();
  const database = await openDatabase(config, { alone: true });
  if (config.story) await seed(database.db, Date.now());

  const platform = createPlatform(config, database.db, 'gridworks');
  const names = Object.keys(CREATE) as SubgraphName[];
  const subgraphs = await Promise.all(names.map(async (name) => CREATE[name](platform)));
  for (const subgraph of subgraphs) await subgraph.start();
  await platform.bus.start();
  const gateway = await createGateway({
    transports: subgraphs.map(localTransport),
    supergraph: readFileSync(join(repoRoot, 'schema', 'supergraph.graphql'), 'utf8'),
    files: await publicFiles('/circuits/', join(repoRoot, 'circuits', 'keys')),
    examples: await readExamples(join(repoRoot, 'schema', 'operations')),
    host: config.host,
    port: config.port,
    log: platform.log,
  });
  onStop(async () => {
    await gateway.close();
    await Promise.all(subgraphs.map((subgraph) => subgraph.stop()));
    await platform.bus.stop();
    await database.close();
  });
  welcome(`http://${config.host}:${gateway.port}`, { story: config.story });
}
