/** Process: our gateway over the supergraph of a file, by HTTP; anybody may ask. */
import { createGateway } from '@gridworks/gateway/gateway';
import { httpTransport } from '@gridworks/gateway/transport/http';
import { CallerSeal } from '@gridworks/kit/caller';
import { createLog } from '@gridworks/kit/telemetry';
import { readFileSync } from 'node:fs';
import type { Site } from '../contenders.ts';
import { readTask } from '../harness/child.ts';

export interface OursTask extends Site {
  /** Whether equal fetches that are under way at once share one round trip. */
  readonly shareInFlight: boolean;
}

const { port, supergraphFile, shareInFlight } = readTask<OursTask>();
const seal = new CallerSeal('a secret of this benchmark, shared with nobody');
const log = createLog('gateway', 'error');
await createGateway({
  supergraph: readFileSync(supergraphFile, 'utf8'),
  transports: [],
  transportOf: (name, url) => httpTransport({ name, url, seal, log, shareInFlight }),
  examples: [],
  host: '127.0.0.1',
  port,
  log,
});
