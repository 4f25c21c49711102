/**
 * Process: serves the four subgraphs of the shop over HTTP, each on a port of its own, and tells how often it was
 * called. An answer is computed by graphql once per request body and then kept, so that what is measured is the
 * gateway; with `isMemoised` off every request is executed, on purpose slowly.
 */
import { execute, parse, type DocumentNode, type GraphQLSchema } from 'graphql';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readTask, serveParent } from '../harness/child.ts';
import { SHOP, SHOP_SUBGRAPHS, buildShopSubgraph } from '../shop/subgraphs.ts';
import { withToil } from '../shop/toil.ts';

export interface ShopTask {
  readonly isMemoised: boolean;
}

/** What has been asked since the last count. */
export interface ShopCount {
  readonly calls: number;
  readonly representations: number;
}

interface Kept {
  readonly body: Buffer;
  readonly representations: number;
}

const KEPT_MAX = 10_000;
const KEEP_ALIVE_MS = 600_000;

const { isMemoised } = readTask<ShopTask>();
let calls = 0;
let representations = 0;

function serve(schema: GraphQLSchema): Promise<string> {
  const kept = new Map<string, Kept>();
  const documents = new Map<string, DocumentNode>();

  async function compute(text: string): Promise<Kept> {
    const { query, variables } = JSON.parse(text) as { query: string; variables?: Record<string, unknown> };
    const document = documents.get(query) ?? parse(query);
    documents.set(query, document);
    const result = await execute({ schema, document, variableValues: variables ?? {} });
    const given = Object.values(variables ?? {}).filter(Array.isArray);
    return {
      body: Buffer.from(JSON.stringify(result)),
      representations: given.reduce((sum, each) => sum + each.length, 0),
    };
  }

  async function answer(text: string): Promise<Kept> {
    const known = kept.get(text);
    if (known) return known;
    const fresh = await compute(text);
    if (isMemoised && kept.size < KEPT_MAX) kept.set(text, fresh);
    return fresh;
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      void answer(text).then((answered) => {
        calls += 1;
        representations += answered.representations;
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': answered.body.length,
        });
        response.end(answered.body);
      });
    });
  }

  const server = createServer(handle);
  // Longer than a run: a connection that is closed just when it is used again would be taken for a gateway's fault.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`);
    });
  });
}

const urls: Record<string, string> = {};
for (const name of SHOP) {
  const subgraph = SHOP_SUBGRAPHS[name];
  urls[name] = await serve(buildShopSubgraph(isMemoised ? subgraph : withToil(subgraph)));
}
serveParent({
  urls: async () => urls,
  count: async (): Promise<ShopCount> => {
    const counted = { calls, representations };
    calls = 0;
    representations = 0;
    return counted;
  },
});
