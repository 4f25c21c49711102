/** Serves the gateway alone, over subgraphs that are served elsewhere. */
import { CallerSeal } from '@gridworks/kit/caller';
import { SUBGRAPH_NAMES, readConfig, repoRoot } from '@gridworks/kit/config';
import { createLog } from '@gridworks/kit/telemetry';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readExamples } from './door/examples.ts';
import { publicFiles } from './door/files.ts';
import { createGateway } from './gateway.ts';
import { httpTransport } from './transport/http.ts';

const config = readConfig();
if (!config.callerSecret) throw new Error('GRIDWORKS_CALLER_SECRET must be shared with the subgraphs');
const seal = new CallerSeal(config.callerSecret);
const log = createLog('gateway', config.logLevel);
const { supergraphFile } = config;
const gateway = await createGateway({
  transports: SUBGRAPH_NAMES.map((name) =>
    httpTransport({ name, url: config.subgraphUrls[name], seal, log }),
  ),
  transportOf: (name, url) => httpTransport({ name, url, seal, log }),
  supergraph: await readFile(supergraphFile, 'utf8'),
  supergraphFile,
  examples: await readExamples(join(repoRoot, 'schema/operations')),
  files: await publicFiles('/circuits/', join(repoRoot, 'circuits/keys')),
  host: config.host,
  port: config.port,
  limits: config.limits,
  log,
});
log.info({ port: gateway.port }, 'the gateway is served');

let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  void gateway.close().finally(() => process.exit(0));
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
