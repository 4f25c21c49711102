/** Process: the limit of a fan-out. What comes in on one WebSocket goes out on all others, and nothing else happens. */
import { WebSocket, WebSocketServer } from 'ws';
import { readTask } from '../harness/child.ts';

export interface BareTask {
  readonly port: number;
  readonly feedUrl: string;
}

const { port, feedUrl } = readTask<BareTask>();
const server = new WebSocketServer({ port, host: '127.0.0.1' });
new WebSocket(feedUrl).on('message', (message) => {
  for (const client of server.clients) client.send(message, { binary: false });
});
