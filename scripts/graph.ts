/** The one place that knows both sides: six subgraphs called in process, and the gateway before them. */
import { readExamples } from '@gridworks/gateway/door/examples';
import { publicFiles } from '@gridworks/gateway/door/files';
import { createGateway } from '@gridworks/gateway/gateway';
import { localTransport } from '@gridworks/gateway/transport/local';
import { repoRoot, type Config, type SubgraphName } from '@gridworks/kit/config';
import { createPlatform } from '@gridworks/kit/subgraph';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenDatabase } from './platform.ts';
import { seed } from './seed.ts';
import { CREATE } from './subgraphs.ts';

export interface Graph {
  readonly port: number;
  stop(): Promise<void>;
}

/** Resolves when the door is open. */
export async function runGraph(
  config: Config,
  { db, synced }: OpenDatabase,
  create: typeof CREATE = CREATE,
): Promise<Graph> {
  const seeding = config.story ? seed(db, Date.now()) : Promise.resolve(false);
  const platform = createPlatform(config, db, 'gridworks');
  const names = Object.keys(create) as SubgraphName[];
  const subgraphs = await Promise.all(names.map(async (name) => create[name](platform)));

  async function begin(): Promise<void> {
    const [isFirst] = await Promise.all([seeding, synced]);
    for (const subgraph of subgraphs) await subgraph.start();
    const isCarrying = await platform.bus.start();
    // The story's people have their wallets when the first visitor comes, unless what carries events is away.
    if (isFirst && isCarrying) await platform.bus.settled(['billing.wallets', 'trading.accounts']);
  }
  const { supergraphFile } = config;
  const gateway = await createGateway({
    transports: subgraphs.map(localTransport),
    supergraph: readFileSync(supergraphFile, 'utf8'),
    supergraphFile,
    files: await publicFiles('/circuits/', join(repoRoot, 'circuits', 'keys')),
    examples: await readExamples(join(repoRoot, 'schema', 'operations')),
    host: config.host,
    port: config.port,
    limits: config.limits,
    log: platform.log,
    reporter: platform.reporter,
    after: begin(),
  });
  return {
    port: gateway.port,
    stop: async () => {
      await gateway.close();
      await Promise.all(subgraphs.map((subgraph) => subgraph.stop()));
      await platform.reporter.stop();
      await platform.bus.stop();
    },
  };
}
