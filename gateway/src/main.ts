/** Serves the gateway alone, over subgraphs that are served elsewhere. */
import { CallerSeal } from '@gridworks/kit/caller';
import { SUBGRAPH_NAMES, readConfig, repoRoot } from '@gridworks/kit/config';
import { Reporter } from '@gridworks/kit/operations/reporter';
import type { OperationsEvent } from '@gridworks/kit/operations';
import { createLog } from '@gridworks/kit/telemetry';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readExamples } from './door/examples.ts';
import { publicFiles } from './door/files.ts';
import { createGateway } from './gateway.ts';
import { httpTransport } from './transport/http.ts';
import { isThere } from './transport/presence.ts';

const config = readConfig();
if (!config.callerSecret) throw new Error('GRIDWORKS_CALLER_SECRET must be shared with the subgraphs');
const seal = new CallerSeal(config.callerSecret);
const reporter = new Reporter({ service: 'gateway', clock: Date.now, deliver: handIn });
const log = createLog('gateway', config.logLevel, (fault) => reporter.fault(fault));
const transports = SUBGRAPH_NAMES.map((name) =>
  httpTransport({ name, url: config.subgraphUrls[name], seal, log }),
);
for (const transport of transports) reporter.watch(transport.name, () => isThere(transport));
const { supergraphFile } = config;
const gateway = await createGateway({
  transports,
  transportOf: (name, url) => httpTransport({ name, url, seal, log }),
  supergraph: await readFile(supergraphFile, 'utf8'),
  supergraphFile,
  examples: await readExamples(join(repoRoot, 'schema/operations')),
  files: await publicFiles('/circuits/', join(repoRoot, 'circuits/keys')),
  host: config.host,
  port: config.port,
  limits: config.limits,
  log,
  reporter,
});
log.info({ port: gateway.port }, 'the gateway is served');

/** The gateway has no database: what operators are to hear, billing puts into the log. */
async function handIn(events: readonly OperationsEvent[]): Promise<void> {
  await transports.find(({ name }) => name === 'billing')?.post('/operations', { events });
}

let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  // What there is to tell travels over the ways that the gateway closes.
  void reporter
    .stop()
    .then(() => gateway.close())
    .finally(() => process.exit(0));
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
