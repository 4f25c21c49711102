/** Process: the stock gateway under its own server, as its documentation starts it; nothing but telemetry turned off. */
import { forbidVendorTelemetry } from '@gridworks/kit/config';
import type * as Gateway from '@apollo/gateway';
import type * as Server from '@apollo/server';
import type * as Standalone from '@apollo/server/standalone';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { readTask } from '../harness/child.ts';
import type { Site } from '../contenders.ts';

/** What the peer's entry module exports. */
interface Stock {
  readonly gateway: typeof Gateway;
  readonly server: typeof Server;
  readonly standalone: typeof Standalone;
}

const { port, supergraphFile, entry } = readTask<Site & { readonly entry: string }>();
forbidVendorTelemetry();
const { gateway, server, standalone } = (await import(pathToFileURL(entry).href)) as Stock;

const silent = { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error };
const apollo = new server.ApolloServer({
  gateway: new gateway.ApolloGateway({
    supergraphSdl: readFileSync(supergraphFile, 'utf8'),
    logger: silent,
  }),
  logger: silent,
});
await standalone.startStandaloneServer(apollo, { listen: { port, host: '127.0.0.1' } });
