import { ANONYMOUS, CALLER_HEADER, CallerSeal, type Caller, type UserCaller } from '@gridworks/kit/caller';
import { newId } from '@gridworks/kit/id';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { CERTIFICATE, CERTIFICATE_KEY } from '../testing/certificate.ts';
import { SECRET, log } from '../testing/subgraphs.ts';
import { httpTransport, type HttpTransportOptions } from './http.ts';
import type { FetchRequest, Transport } from './transport.ts';

interface Asked {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly response: ServerResponse;
}

interface Opened {
  readonly transport: Transport;
  readonly asked: Asked[];
  /** Resolves when the subgraph was asked this often. */
  readonly untilAsked: (count: number) => Promise<void>;
}

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

const seal = new CallerSeal(SECRET);
const ASHA: UserCaller = {
  kind: 'user',
  userId: newId(),
  tenantId: newId(),
  tier: 'PRO',
  roles: ['TRADER'],
};
const ANSWER = { data: { list: [{ id: '1' }] } };

/** A subgraph whose answers are in the test's hands, by default all `ANSWER`. */
async function open(
  more: Partial<HttpTransportOptions> & {
    readonly path?: string;
    readonly answer?: (asked: Asked) => void;
  } = {},
): Promise<Opened> {
  const { path = '', answer = ({ response }) => send(response, ANSWER), ...options } = more;
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += String(chunk)));
    request.on('end', () => {
      const each = { path: request.url, headers: request.headers, body, response };
      asked.push(each);
      answer(each);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const transport = httpTransport({ name: 'trading', url, seal, log, ...options });
  opened.push(async () => {
    await transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    transport,
    asked,
    untilAsked: async (count) => {
      while (asked.length < count) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function send(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json');
  response.end(typeof value === 'string' ? value : JSON.stringify(value));
}

function request(more: Partial<FetchRequest> = {}): FetchRequest {
  return { query: '{ list { id } }', caller: ANONYMOUS, traceId: 'a-trace', ...more };
}

const UNAVAILABLE = {
  message: 'trading is not available at the moment.',
  extensions: { code: 'SUBGRAPH_UNAVAILABLE' },
};

describe('a fetch over HTTP', () => {
  it('says what is asked, who asks, and in which trace', async () => {
    const { transport, asked } = await open();
    const variables = { symbol: 'INFY' };
    expect(
      await transport.execute(request({ query: 'query Q { a }', variables, operationName: 'Q' })),
    ).toEqual(ANSWER);
    const [first] = asked;
    expect(JSON.parse(first?.body ?? '')).toEqual({ query: 'query Q { a }', variables, operationName: 'Q' });
    expect(first?.path).toBe('/graphql');
    expect(first?.headers).toMatchObject({ 'content-type': 'application/json', 'x-trace-id': 'a-trace' });
    expect(await seal.verify(first?.headers[CALLER_HEADER] as string, 'trading')).toEqual(ANONYMOUS);
  });

  it('sends a body that is already written as it stands', async () => {
    const { transport, asked } = await open();
    const body = '{"query":"{ list { id } }","variables":{"r":[{"__typename":"X","id":"é"}]}}';
    await transport.execute(request({ query: 'not looked at', body }));
    expect(asked.map((each) => each.body)).toEqual([body]);
  });

  it('goes to the very address it was given, unless that is an origin only', async () => {
    for (const [path, expected] of [
      ['', '/graphql'],
      ['/', '/graphql'],
      ['/api/v2/query', '/api/v2/query'],
      ['/api/?tenant=1', '/api/?tenant=1'],
    ] as const) {
      const { transport, asked } = await open({ path });
      await transport.execute(request());
      expect(asked.map((each) => each.path)).toEqual([expected]);
    }
  });

  it('finds routes at the origin, wherever GraphQL is', async () => {
    const { transport, asked } = await open({
      path: '/api/graphql',
      answer: ({ response }) => send(response, { keys: [] }),
    });
    expect(await transport.post('/identify', { key: 'k' })).toEqual({ keys: [] });
    expect(asked.map(({ path, body }) => [path, body])).toEqual([['/identify', '{"key":"k"}']]);
  });

  it('hands on errors as they came, with or without data', async () => {
    const answers = [
      { data: { a: null }, errors: [{ message: 'no', path: ['a'], extensions: { code: 'FORBIDDEN' } }] },
      { data: null, errors: [{ message: 'no' }] },
      { errors: [{ message: 'no', locations: [{ line: 1, column: 2 }] }] },
    ];
    const left = [...answers];
    const { transport } = await open({ answer: ({ response }) => send(response, left.shift()) });
    for (const answer of answers) expect(await transport.execute(request())).toEqual(answer);
  });

  it.each<[what: string, answer: unknown]>([
    ['is no JSON', '<html>Bad gateway</html>'],
    ['is nothing', ''],
    ['is cut off', '{"data":{"list":['],
    ['is JSON of another kind', '[1]'],
    ['is null', 'null'],
    ['has neither data nor errors', { message: 'hello' }],
    ['has data that is no object', { data: 'hello' }],
    ['refuses our seal', { errors: [{ message: 'who?', extensions: { code: 'CALLER_INVALID' } }] }],
    ['is larger than an answer may be', { data: { text: 'x'.repeat(2_000) } }],
  ])('has no answer when what comes back %s', async (_what, answer) => {
    const { transport } = await open({
      answer: ({ response }) => send(response, answer),
      answerBytesMax: 1_000,
    });
    await expect(transport.execute(request())).rejects.toMatchObject(UNAVAILABLE);
  });

  it('has no answer when nobody is there', async () => {
    const transport = httpTransport({ name: 'trading', url: 'http://127.0.0.1:1', seal, log });
    await expect(transport.execute(request())).rejects.toMatchObject(UNAVAILABLE);
    await expect(transport.post('/identify', {})).rejects.toMatchObject(UNAVAILABLE);
    await expect(transport.subscribe(request())).rejects.toMatchObject(UNAVAILABLE);
    await transport.close();
  });

  it('is sent again when its kept connection turned out closed, unless it is a mutation', async () => {
    const hold = { closes: false };
    const { transport, asked } = await open({
      answer: ({ response }) => {
        if (hold.closes) response.socket?.destroy();
        else send(response, ANSWER);
        hold.closes = false;
      },
    });
    const ask = (query: string, isMutation?: boolean): Promise<unknown> => {
      hold.closes = true;
      return transport.execute(request({ query, ...(isMutation === undefined ? {} : { isMutation }) }));
    };
    await transport.execute(request());
    expect(await ask('{ list { id } }')).toEqual(ANSWER);
    await expect(ask(' mutation { m }')).rejects.toMatchObject(UNAVAILABLE);
    await transport.execute(request());
    await expect(ask('{ said { to be { a mutation } } }', true)).rejects.toMatchObject(UNAVAILABLE);
    await transport.execute(request());
    expect(await ask('mutation { said { to be { none } } }', false)).toEqual(ANSWER);
    expect(asked).toHaveLength(9);
  });
});

describe('a subgraph behind TLS', () => {
  /** Answers over HTTPS, and acknowledges streams and ends them. */
  async function openSecure(ca?: string): Promise<Transport> {
    const server = createHttpsServer({ key: CERTIFICATE_KEY, cert: CERTIFICATE }, (_request, response) =>
      send(response, ANSWER),
    );
    new WebSocketServer({ server, path: '/graphql' }).on('connection', (socket) =>
      socket.on('message', (data: Buffer) => {
        const { type } = JSON.parse(String(data)) as { type: string };
        socket.send(type === 'subscribe' ? '{"id":"1","type":"complete"}' : '{"type":"connection_ack"}');
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const transport = httpTransport({ name: 'trading', url, seal, log, ...(ca === undefined ? {} : { ca }) });
    opened.push(async () => {
      await transport.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return transport;
  }

  it('is asked and listened to where its certificate is trusted', async () => {
    const transport = await openSecure(CERTIFICATE);
    expect(await transport.execute(request())).toEqual(ANSWER);
    const stream = await transport.subscribe(request({ query: 'subscription { s }' }));
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('has no answer where its certificate is not', async () => {
    const transport = await openSecure();
    await expect(transport.execute(request())).rejects.toMatchObject(UNAVAILABLE);
    await expect(transport.subscribe(request())).rejects.toMatchObject(UNAVAILABLE);
  });
});

describe('equal fetches that are under way', () => {
  /** Answers when it is told to, the how-manieth first. */
  async function openHeld(
    more: Partial<HttpTransportOptions> = {},
  ): Promise<Opened & { readonly answer: (value?: unknown) => void }> {
    const held: ServerResponse[] = [];
    const open_ = await open({ ...more, answer: ({ response }) => void held.push(response) });
    return {
      ...open_,
      answer: (value = ANSWER) => {
        for (const response of held.splice(0)) send(response, value);
      },
    };
  }

  it('share one round trip, and each gets an answer of its own', async () => {
    const { transport, asked, untilAsked, answer } = await openHeld();
    const answers = [1, 2, 3].map(() => transport.execute(request()));
    await untilAsked(1);
    const late = transport.execute(request());
    answer();
    const all = await Promise.all([...answers, late]);
    expect(asked).toHaveLength(1);
    expect(all).toEqual([ANSWER, ANSWER, ANSWER, ANSWER]);
    expect(new Set(all.map(({ data }) => data)).size).toBe(4);
    expect(new Set(all.map(({ data }) => data?.['list'])).size).toBe(4);
  });

  it('are asked again once they are answered', async () => {
    const { transport, asked } = await open();
    await transport.execute(request());
    await transport.execute(request());
    expect(asked).toHaveLength(2);
  });

  it.each<[what: string, other: Partial<FetchRequest>]>([
    ['another caller', { caller: ASHA }],
    ['other variables', { variables: { a: 1 } }],
    ['another body', { body: '{"query":"{ list { id } }","variables":{}}' }],
    ['another operation', { operationName: 'B' }],
  ])('do not share with %s', async (_what, other) => {
    const { transport, untilAsked, answer } = await openHeld();
    const answers = [transport.execute(request()), transport.execute(request(other))];
    await untilAsked(2);
    answer();
    await Promise.all(answers);
  });

  it('share among equal callers, however often those were made', async () => {
    const { transport, asked, untilAsked, answer } = await openHeld();
    const callers: Caller[] = [ASHA, { ...ASHA }, { ...ASHA, roles: [...ASHA.roles] }];
    const answers = callers.map((caller) => transport.execute(request({ caller })));
    await untilAsked(1);
    answer();
    await Promise.all(answers);
    expect(asked).toHaveLength(1);
  });

  it('do not share when they are mutations', async () => {
    const { transport, untilAsked, answer } = await openHeld();
    const query = 'mutation { m }';
    const told = request({ query: '{ m }', isMutation: true });
    const answers = [request({ query }), request({ query }), told, told].map((each) =>
      transport.execute(each),
    );
    await untilAsked(4);
    answer();
    await Promise.all(answers);
  });

  it('are not joined by those who ask after a mutation that was answered meanwhile', async () => {
    const { transport, asked, untilAsked } = await open({ answer: () => undefined });
    const before = transport.execute(request());
    await untilAsked(1);
    const change = transport.execute(request({ query: 'mutation { m }' }));
    await untilAsked(2);
    send(asked[1]!.response, { data: { m: 1 } });
    await change;
    const after = transport.execute(request());
    await untilAsked(3);
    send(asked[2]!.response, { data: { list: ['new'] } });
    expect(await after).toEqual({ data: { list: ['new'] } });
    // And the one that was overtaken does not take the place of a newer one when it ends.
    const newer = [transport.execute(request()), before];
    await untilAsked(4);
    send(asked[0]!.response, { data: { list: ['old'] } });
    await before;
    const joined = transport.execute(request());
    send(asked[3]!.response, ANSWER);
    expect(await Promise.all([...newer, joined])).toEqual([ANSWER, { data: { list: ['old'] } }, ANSWER]);
    expect(asked).toHaveLength(4);
  });

  it('share what goes wrong, and are asked again afterwards', async () => {
    const { transport, asked, untilAsked, answer } = await openHeld();
    const answers = Promise.allSettled([1, 2].map(() => transport.execute(request())));
    await untilAsked(1);
    answer('no JSON');
    for (const each of await answers) expect(each).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
    const again = transport.execute(request());
    await untilAsked(2);
    answer();
    expect(await again).toEqual(ANSWER);
    expect(asked).toHaveLength(2);
  });

  it('go their own ways when sharing is off', async () => {
    const { transport, untilAsked, answer } = await openHeld({ shareInFlight: false });
    const answers = [1, 2].map(() => transport.execute(request()));
    await untilAsked(2);
    answer();
    expect(await Promise.all(answers)).toEqual([ANSWER, ANSWER]);
  });
});

describe('the seal of a caller', () => {
  it('is made once for equal callers, and apart for others', async () => {
    let made = 0;
    class CountingSeal extends CallerSeal {
      override sign(caller: Caller, audience: string): Promise<string> {
        made += 1;
        return super.sign(caller, audience);
      }
    }
    const { transport, asked } = await open({ seal: new CountingSeal(SECRET) });
    for (const caller of [ASHA, ASHA, { ...ASHA }]) await transport.execute(request({ caller }));
    expect(made).toBe(1);
    const other = { ...ASHA, userId: newId() };
    await transport.execute(request({ caller: other }));
    expect(made).toBe(2);
    const verified = asked.map(({ headers }) => seal.verify(headers[CALLER_HEADER] as string, 'trading'));
    expect(await Promise.all(verified)).toEqual([ASHA, ASHA, ASHA, other]);
  });
});
