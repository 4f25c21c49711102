/** Process: the limit of what the platform does with ticks. To a beat, the same bytes to whoever connected for a symbol. */
import { WebSocketServer, type WebSocket } from 'ws';
import { readTask, serveParent } from '../harness/child.ts';
import { strikeAll, type Beat, type Struck } from '../ticks/beat.ts';

export interface BareBeat extends Beat {
  /** A message of the platform; each tick is this with a sequence of its own. */
  readonly sample: string;
}

const { port } = readTask<{ readonly port: number }>();
const server = new WebSocketServer({ port, host: '127.0.0.1' });
const watching = new Map<string, Set<WebSocket>>();
server.on('connection', (socket, { url = '/' }) => {
  const symbol = decodeURIComponent(url.slice(1));
  const watchers = watching.get(symbol) ?? new Set();
  watching.set(symbol, watchers.add(socket));
  socket.once('close', () => watchers.delete(socket));
});

async function beat({ sample, ...beat }: BareBeat): Promise<Struck> {
  const struck = new Map(beat.symbols.map((symbol) => [symbol, [] as [number, number][]]));
  const first = Number(/"sequence":(\d+)/.exec(sample)?.[1]);
  await strikeAll(beat, (symbol, atMs, round) => {
    const message = sample.replace(String(first), String(first + round));
    struck.get(symbol)?.push([first + round, atMs]);
    for (const socket of watching.get(symbol) ?? []) socket.send(message, { binary: false });
  });
  return Object.fromEntries(struck);
}

serveParent({ beat });
