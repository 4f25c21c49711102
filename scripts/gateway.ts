/** `npm run gateway -- --supergraph FILE ...`: serves the graph of any Federation 2 supergraph, over its own subgraphs. */
import { createGateway } from '@gridworks/gateway/gateway';
import { httpTransport } from '@gridworks/gateway/transport/http';
import { CallerSeal } from '@gridworks/kit/caller';
import { readConfig } from '@gridworks/kit/config';
import { createLog } from '@gridworks/kit/telemetry';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { onStop } from './terminal.ts';

const USAGE = `Usage: npm run gateway -- --supergraph FILE [options]

Serves the graph that FILE describes (a composed Federation 2 supergraph, as SDL) over the subgraphs that it names, at
the addresses it gives for them. When FILE changes, the gateway follows.

  --supergraph FILE   the supergraph
  --port N            the port to listen on, default PORT or 4000; 0 for any that is free
  --host ADDRESS      the address to listen on, default HOST or 127.0.0.1

With GRIDWORKS_CALLER_SECRET, subgraphs that share it learn who asks; others may ignore the header that says so.`;

const OPTIONS = {
  supergraph: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  help: { type: 'boolean' },
} as const;

export async function main(args: string[]): Promise<void> {
  const values = parse(args);
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (values.supergraph === undefined)
    throw new Error(`Which supergraph? Say --supergraph FILE.\n\n${USAGE}`);
  const config = readConfig();
  const host = values.host ?? config.host;
  const port = values.port === undefined ? config.port : portOf(values.port);
  // npm runs its commands in the folder of the repository, wherever they are typed.
  const file = resolve(process.env['INIT_CWD'] ?? process.cwd(), values.supergraph);
  const log = createLog('gateway', config.logLevel);
  const seal = new CallerSeal(config.callerSecret ?? randomBytes(32).toString('base64url'));
  const gateway = await createGateway({
    transports: [],
    transportOf: (name, url) => httpTransport({ name, url: addressOf(name, url), seal, log }),
    supergraph: readSupergraph(file),
    supergraphFile: file,
    examples: [],
    host,
    port,
    limits: config.limits,
    log,
  });
  onStop(() => gateway.close());
  console.log(`The graph of ${file} is served at http://${host}:${gateway.port}/graphql`);
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    throw new Error(`${(error as Error).message.split('. ')[0]}.\n\n${USAGE}`, { cause: error });
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error(`--port: "${text}" is not the number of a port.`);
  return port;
}

function readSupergraph(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`The file ${file} cannot be read.`, { cause: error });
  }
}

function addressOf(name: string, url: string): string {
  if (!URL.canParse(url)) throw new Error(`the supergraph gives no address for the subgraph ${name}`);
  return url;
}
