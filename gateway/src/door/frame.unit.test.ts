import fc from 'fast-check';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { writeTexts } from './frame.ts';
import { nextPrefix } from './protocol.ts';

vi.setConfig({ testTimeout: 60_000 });

const http = createServer();
const sockets = new WebSocketServer({ server: http });
let client: WebSocket;
let server: WebSocket;
let write: (start: string, ...ends: string[]) => void;
const heard: string[] = [];
let changed = (): void => undefined;

beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const taken = new Promise<void>((resolve) => {
    sockets.on('connection', (socket, request) => {
      server = socket;
      write = (start, ...ends) =>
        writeTexts(
          request.socket,
          start,
          ends.map((end) => ({ message: Buffer.from(end) })),
        );
      resolve();
    });
  });
  client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
  client.on('message', (data: Buffer) => {
    heard.push(data.toString('utf8'));
    changed();
  });
  await taken;
});
afterAll(() => {
  client.terminate();
  sockets.close();
  http.close();
});

async function next(count: number): Promise<string[]> {
  while (heard.length < count) await new Promise<void>((resolve) => (changed = resolve));
  return heard.splice(0);
}

it.each([0, 1, 124, 125, 126, 127, 3_999, 4_000, 4_001, 65_534, 65_535, 65_536, 65_537, 200_000])(
  'carries a message of %d bytes whole, between messages of ws itself',
  async (length) => {
    const start = 's'.repeat(Math.min(length, 40));
    const end = 'e'.repeat(length - start.length);
    server.send('before');
    write(start, end);
    server.send('after');
    expect(await next(3)).toEqual(['before', start + end, 'after']);
  },
);

it.each([[0], [1, 2, 3], [125, 126, 127, 3_000], [3_999, 1], [70_000, 0, 70_000]])(
  'carries messages of %d, %d, %d... bytes together, each whole and in order',
  async (...lengths) => {
    const ends = lengths.map((length, index) => String(index).repeat(length));
    server.send('before');
    write('start ', ...ends);
    server.send('after');
    const messages = ends.map((end) => `start ${end}`);
    expect(await next(lengths.length + 2)).toEqual(['before', ...messages, 'after']);
  },
);

it('carries whatever text, by whatever id', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.json(), async (id, payload) => {
      write(nextPrefix(id), `${payload}}`);
      const [message = ''] = await next(1);
      expect(JSON.parse(message)).toEqual({ id, type: 'next', payload: JSON.parse(payload) as unknown });
    }),
    { numRuns: 300 },
  );
});
