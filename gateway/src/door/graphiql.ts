/**
 * GraphiQL, served whole from a prebuilt package: nothing is fetched from elsewhere and nothing is built. Its parts
 * are several megabytes, so they are packed once, when the first browser comes, and kept by the browser after that.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** An operation that a tab is opened with. */
export interface Example {
  readonly name: string;
  readonly query: string;
  /** JSON. */
  readonly variables?: string;
}

interface Asset {
  readonly type: string;
  readonly packed: Buffer;
  readonly tag: string;
}

export const ASSETS_PATH = '/graphiql/';
const TITLE = 'GridWorks';

/** Only this server may be asked for anything; the editor styles itself and runs its workers from here. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export class GraphiqlPage {
  #assets: Promise<ReadonlyMap<string, Asset>> | undefined;

  constructor(private readonly examples: readonly Example[]) {}

  /** The page itself, which only names its parts. */
  sendPage(response: ServerResponse): void {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    });
    response.end(PAGE);
  }

  /** One of the page's parts; false when there is none of that name. */
  async sendAsset(name: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const asset = (await (this.#assets ??= pack(this.examples))).get(name);
    if (!asset) return false;
    const headers = { etag: asset.tag, 'cache-control': 'no-cache', 'content-type': asset.type };
    if (request.headers['if-none-match'] === asset.tag) {
      response.writeHead(304, headers).end();
    } else {
      // Every browser that can run GraphiQL takes gzip.
      response.writeHead(200, {
        ...headers,
        'content-encoding': 'gzip',
        'content-length': asset.packed.length,
      });
      response.end(asset.packed);
    }
    return true;
  }
}

async function pack(examples: readonly Example[]): Promise<ReadonlyMap<string, Asset>> {
  const built = await import('@graphql-yoga/render-graphiql/graphiql');
  const script = 'text/javascript; charset=utf-8';
  const parts: readonly (readonly [name: string, type: string, text: string])[] = [
    ['graphiql.js', script, built.js],
    ['graphiql.css', 'text/css; charset=utf-8', built.css],
    ['start.js', script, startScript(examples)],
    ['editor.worker.js', script, built.editorWorkerService],
    ['json.worker.js', script, built.jsonWorker],
    ['graphql.worker.js', script, built.graphqlWorker],
  ];
  const zip = promisify(gzip);
  const packed = parts.map(async ([name, type, text]) => {
    const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
    return [name, { type, tag, packed: await zip(text) }] as const;
  });
  return new Map(await Promise.all(packed));
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${TITLE}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${ASSETS_PATH}graphiql.css">
    <style>
      html, body, #root { height: 100%; margin: 0; }
      /* The tabs of the prebuilt page glide, and a click on one that is gliding is lost. */
      .graphiql-tab { transform: none !important; }
    </style>
  </head>
  <body>
    <noscript>GraphiQL needs JavaScript; the graph itself does not: POST to /graphql.</noscript>
    <div id="root"></div>
    <script src="${ASSETS_PATH}graphiql.js"></script>
    <script src="${ASSETS_PATH}start.js"></script>
  </body>
</html>
`;

/**
 * Runs in the browser. Subscriptions go over a WebSocket of their own: what the prebuilt page would do leaves out the
 * headers of the tab, and with them the token that private streams need.
 */
function startScript(examples: readonly Example[]): string {
  const tabs = examples.map(({ query, variables }) => ({ query, variables }));
  return `'use strict';
(() => {
  const workers = { editorWorkerService: 'editor', json: 'json', graphql: 'graphql' };
  self.MonacoEnvironment = {
    globalAPI: false,
    getWorkerUrl: (_module, label) => '${ASSETS_PATH}' + (workers[label] ?? 'editor') + '.worker.js',
  };

  function isSubscription({ operationName }, document) {
    const operations = (document?.definitions ?? []).filter(({ kind }) => kind === 'OperationDefinition');
    const chosen = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
    return chosen?.operation === 'subscription';
  }

  async function ask(operation, headers) {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(operation),
    });
    return response.json();
  }

  function listen(operation, headers) {
    return {
      subscribe(observer) {
        const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/graphql', 'graphql-transport-ws');
        const send = (message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));
        let over = false;
        const finish = (tell) => {
          if (over) return;
          over = true;
          socket.close(1000);
          tell?.();
        };
        socket.onopen = () => send({ type: 'connection_init', payload: headers });
        socket.onclose = ({ code, reason }) =>
          finish(() => observer.error(new Error('The connection was closed: ' + code + ' ' + reason)));
        socket.onmessage = ({ data }) => {
          const { type, payload } = JSON.parse(data);
          if (over) return;
          if (type === 'connection_ack') send({ id: '1', type: 'subscribe', payload: operation });
          else if (type === 'ping') send({ type: 'pong' });
          else if (type === 'next') observer.next(payload);
          else if (type === 'complete') finish(() => observer.complete());
          else if (type === 'error') {
            observer.next({ errors: payload });
            finish(() => observer.complete());
          }
        };
        return {
          unsubscribe() {
            send({ id: '1', type: 'complete' });
            finish();
          },
        };
      },
    };
  }

  YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
    title: '${TITLE}',
    // Tokens and keys stay out of the browser's storage unless somebody asks for it in the settings.
    shouldPersistHeaders: false,
    defaultTabs: ${tabs.length > 0 ? JSON.stringify(tabs) : 'undefined'},
    fetcher: (operation, { headers = {}, documentAST } = {}) =>
      isSubscription(operation, documentAST) ? listen(operation, headers) : ask(operation, headers),
  });
})();
`;
}
