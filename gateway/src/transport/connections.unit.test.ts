import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Connections, type ConnectionsOptions, type PostRequest } from './connections.ts';

interface Heard {
  readonly body: string;
  /** The how-manieth connection it came by, and the how-manieth request of that. */
  readonly connection: number;
  readonly turn: number;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

/** A server whose every reply is in the test's hands, and connections to it. */
async function open(
  reply: (heard: Heard) => void,
  more: Partial<ConnectionsOptions> = {},
): Promise<{ connections: Connections; heard: Heard[]; server: Server; origin: string }> {
  const heard: Heard[] = [];
  const turns = new Map<Socket, { connection: number; turn: number }>();
  const server = createServer((request: IncomingMessage, response) => {
    const { socket } = request;
    const known = turns.get(socket) ?? { connection: turns.size + 1, turn: 0 };
    known.turn += 1;
    turns.set(socket, known);
    const now = { ...known };
    let body = '';
    request.on('data', (chunk: Buffer) => (body += String(chunk)));
    request.on('end', () => {
      const each = { body, ...now, response, socket };
      heard.push(each);
      reply(each);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connections = new Connections({ origin, timeoutMs: 5_000, replyBytesMax: 1_000_000, ...more });
  opened.push(async () => {
    await connections.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { connections, heard, server, origin };
}

function request(body: string, isRepeatable = true): PostRequest {
  return { path: '/graphql', headers: { 'content-type': 'application/json' }, body, isRepeatable };
}

const echo = ({ body, response }: Heard): void => void response.end(body);

describe('kept connections', () => {
  it('carry one request after another, and no more of them are opened than are needed at a time', async () => {
    const { connections, heard } = await open(echo);
    for (const body of ['1', '2', '3'])
      expect(await connections.post(request(body))).toEqual({ status: 200, text: body });
    expect(heard.map(({ connection }) => connection)).toEqual([1, 1, 1]);

    await Promise.all(['4', '5'].map((body) => connections.post(request(body))));
    expect(new Set(heard.slice(3).map(({ connection }) => connection))).toEqual(new Set([1, 2]));
  });

  it('put the pieces of a reply together, cut through a character or not', async () => {
    const text = JSON.stringify({ price: '₹ 1', note: 'é'.repeat(50_000) });
    const { connections } = await open(({ response }) => {
      const bytes = Buffer.from(text);
      response.write(bytes.subarray(0, 12), () =>
        response.write(bytes.subarray(12, 40_001), () => response.end(bytes.subarray(40_001))),
      );
    });
    expect(await connections.post(request(''))).toEqual({ status: 200, text });
  });

  it('hand on a status and an empty reply as they are', async () => {
    const { connections } = await open(({ response }) => response.writeHead(503).end());
    expect(await connections.post(request(''))).toEqual({ status: 503, text: '' });
  });

  it('let what is too many wait, in order', async () => {
    const held: Heard[] = [];
    const { connections, heard } = await open((each) => void held.push(each), { connectionsMax: 2 });
    const replies = ['1', '2', '3', '4'].map((body) => connections.post(request(body)));
    for (const next of ['3', '4', undefined, undefined]) {
      while (!held[0]) await new Promise((resolve) => setImmediate(resolve));
      const first = held.shift();
      if (first) echo(first);
      if (next) while (heard.at(-1)?.body !== next) await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await Promise.all(replies)).map(({ text }) => text)).toEqual(['1', '2', '3', '4']);
    expect(Math.max(...heard.map(({ connection }) => connection))).toBe(2);
  });

  it('do not let one wait for ever', async () => {
    const { connections, heard } = await open(() => undefined, { connectionsMax: 1, timeoutMs: 60 });
    const replies = await Promise.allSettled(
      [request('1'), request('2')].map((each) => connections.post(each)),
    );
    expect(replies.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(heard.map(({ body }) => body)).toEqual(['1']);
  });
});

describe('a kept connection that the server closes while it is written to', () => {
  /** Closes when a connection is used a second time; `isBroken` makes it close always. */
  const closing = (heard: Heard, isBroken = false): void => {
    if (heard.turn > 1 || isBroken) heard.socket.destroy();
    else echo(heard);
  };

  it('is replaced once for what may be sent twice', async () => {
    const { connections, heard } = await open(closing);
    await connections.post(request('1'));
    expect(await connections.post(request('2'))).toEqual({ status: 200, text: '2' });
    expect(heard.map(({ body, connection, turn }) => [body, connection, turn])).toEqual([
      ['1', 1, 1],
      ['2', 1, 2],
      ['2', 2, 1],
    ]);
  });

  it('fails what may not be sent twice, which the server then has got once', async () => {
    const { connections, heard } = await open(closing);
    await connections.post(request('1'));
    await expect(connections.post(request('2', false))).rejects.toThrow();
    expect(heard.map(({ body }) => body)).toEqual(['1', '2']);
  });

  it('is not replaced a second time', async () => {
    let isBroken = false;
    const { connections, heard } = await open((each) => closing(each, isBroken));
    await connections.post(request('1'));
    isBroken = true;
    await expect(connections.post(request('2'))).rejects.toThrow();
    expect(heard.map(({ body }) => body)).toEqual(['1', '2', '2']);
  });

  it('is not what a fresh connection is taken for', async () => {
    const { connections, heard } = await open((each) => closing(each, true));
    await expect(connections.post(request('1'))).rejects.toThrow();
    expect(heard).toHaveLength(1);
  });

  it('is not what a reply is taken for that breaks off', async () => {
    const { connections, heard } = await open((each) => {
      if (each.turn === 1) return echo(each);
      each.response.write('half', () => each.socket.destroy());
    });
    await connections.post(request('1'));
    await expect(connections.post(request('2'))).rejects.toThrow();
    expect(heard).toHaveLength(2);
  });

  it('leaves the others usable', async () => {
    const { connections } = await open((each) => closing(each));
    await Promise.all([1, 2, 3].map((body) => connections.post(request(String(body)))));
    const again = await Promise.all([4, 5, 6, 7].map((body) => connections.post(request(String(body)))));
    expect(again.map(({ text }) => text)).toEqual(['4', '5', '6', '7']);
  });
});

describe('a server that does not do its part', () => {
  it('is given up when no reply begins', async () => {
    const { connections } = await open(() => undefined, { timeoutMs: 50 });
    await expect(connections.post(request(''))).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
  });

  it('is given up when a reply does not go on', async () => {
    const { connections } = await open(({ response }) => response.write('{'), { timeoutMs: 50 });
    await expect(connections.post(request(''))).rejects.toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' });
  });

  it('is given up when its reply is too large, and is asked again afterwards', async () => {
    const { connections } = await open(echo, { replyBytesMax: 10 });
    await expect(connections.post(request('x'.repeat(11)))).rejects.toMatchObject({
      code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE',
    });
    expect((await connections.post(request('x'.repeat(10)))).text).toHaveLength(10);
  });

  it('is given up when nobody listens', async () => {
    const { connections, server } = await open(echo);
    await new Promise((resolve) => server.close(resolve));
    await expect(connections.post(request(''))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('is given up when it speaks something else', async () => {
    const { connections } = await open(({ socket }) => socket.end('nonsense\r\n\r\n'));
    await expect(connections.post(request(''))).rejects.toMatchObject({ name: 'HTTPParserError' });
  });

  it('leaves nothing waiting when the connections are closed', async () => {
    const { connections } = await open(() => void connections.close(), { connectionsMax: 1 });
    const replies = await Promise.allSettled(
      [request('1'), request('2')].map((each) => connections.post(each)),
    );
    expect(replies.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
