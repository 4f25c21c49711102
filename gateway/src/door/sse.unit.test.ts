import { JWKS_PATH } from '@gridworks/kit/tokens';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listen, listenByEvents } from '../testing/client.ts';
import { APP, ASHA, createSigner, sign } from '../testing/credentials.ts';
import { openLiveDoor, until, type LiveDoor } from '../testing/live-door.ts';

vi.setConfig({ testTimeout: 60_000 });

const TICKS = 'subscription { ticks(symbols: []) { sequence instrument { risk } } }';
const answerTo = (sequence: number): object => ({ data: { ticks: { sequence, instrument: { risk: 0.4 } } } });
const COMPLETE = { event: 'complete', data: '' };

let door: LiveDoor;
beforeEach(async () => {
  door = await openLiveDoor();
});
afterEach(() => door.close());

describe('an operation whose answer comes as events', () => {
  it.each(['POST', 'GET'] as const)('streams by %s, from its beginning to its end', async (method) => {
    const { port, graph } = door;
    const reader = await listenByEvents(port, { query: TICKS }, { method });
    expect({ status: reader.status, type: reader.headers.get('content-type') }).toEqual({
      status: 200,
      type: 'text/event-stream; charset=utf-8',
    });
    expect(reader.headers.get('x-trace-id')).toMatch(/^[\w-]{8,64}$/);
    graph.ticks.emit({ sequence: 1, symbol: 'INFY' });
    graph.ticks.emit({ sequence: 2, symbol: 'INFY' });
    expect(await reader.next()).toEqual({ event: 'next', data: answerTo(1) });
    expect(await reader.next()).toEqual({ event: 'next', data: answerTo(2) });
    graph.ticks.end();
    expect(await reader.next()).toEqual(COMPLETE);
    expect(await reader.next()).toBeUndefined();
    await until(() => door.live.rounds.size === 0);
  });

  it('is in one group with the same operation over a WebSocket', async () => {
    const { port, graph, live } = door;
    const reader = await listenByEvents(port, { query: TICKS });
    const socket = listen(port, TICKS);
    await until(() => live.groups.listeners === 2);
    graph.ticks.emit({ sequence: 1, symbol: 'INFY' });
    expect(await reader.next()).toEqual({ event: 'next', data: answerTo(1) });
    expect(await socket.next()).toEqual(answerTo(1));
    expect(graph.ticks.opened).toBe(1);
    reader.leave();
    await until(() => live.groups.listeners === 1);
    socket.leave();
    await graph.ticks.untilDeserted();
  });

  it('may be a query, or a mutation by POST', async () => {
    const query = await listenByEvents(door.port, { query: '{ mood }' }, { method: 'GET' });
    expect(await query.next()).toEqual({ event: 'next', data: { data: { mood: 'calm' } } });
    expect(await query.next()).toEqual(COMPLETE);
    const rename = { query: 'mutation { rename(symbol: "TCS", name: "T") { name } }' };
    const mutation = await listenByEvents(door.port, rename);
    expect(await mutation.next()).toEqual({ event: 'next', data: { data: { rename: { name: 'T' } } } });
    expect(await mutation.next()).toEqual(COMPLETE);
    const gotten = await listenByEvents(door.port, rename, { method: 'GET' });
    expect([gotten.status, gotten.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await gotten.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it.each([
    ['what is not GraphQL', '{', 400, 'GRAPHQL_PARSE_FAILED'],
    [
      'a field that does not exist',
      'subscription { ticks(symbols: []) { colour } }',
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a variable that is missing',
      'query ($s: String!) { instrument(symbol: $s) { name } }',
      400,
      'BAD_USER_INPUT',
    ],
    ['a stream that its subgraph refuses', 'subscription { mine { sequence } }', 401, 'UNAUTHENTICATED'],
  ])('is refused before it begins by a plain answer: %s', async (_what, query, status, code) => {
    const reader = await listenByEvents(door.port, { query });
    expect(reader.status).toBe(status);
    expect(reader.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect((await reader.json()).errors?.map(({ extensions }) => extensions)).toEqual([{ code }]);
  });

  it('ends with its errors as the last answer when the stream breaks', async () => {
    const { port, graph } = door;
    const reader = await listenByEvents(port, { query: 'subscription { orderUpdates { sequence } }' });
    graph.updates.fail(new Error('secret: the listener lost its connection'));
    expect(await reader.next()).toMatchObject({
      event: 'next',
      data: { errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }] },
    });
    expect(await reader.next()).toEqual(COMPLETE);
  });

  it('is booked once, and once more as failed when it breaks', async () => {
    const { port, graph } = door;
    graph.partners.keys.set('gw_good', APP);
    const headers = { 'x-api-key': 'gw_good' };
    await listenByEvents(port, { query: 'subscription { orderUpdates { sequence } }' }, { headers });
    const refused = await listenByEvents(port, { query: '{ nonsense }' }, { headers });
    expect(refused.status).toBe(400);
    await (await listenByEvents(port, { query: '{ mood }' }, { headers })).next();
    graph.updates.fail(new Error('gone'));
    await graph.updates.untilDeserted();
    await until(() => door.live.groups.size === 0);
    await door.close();
    expect([...graph.partners.usage.values()]).toEqual([{ requests: 3, errors: 2 }]);
    door = await openLiveDoor();
  });

  it('ends when the token does', async () => {
    const { port, graph } = door;
    const signer = await createSigner();
    graph.routes.users[JWKS_PATH] = async () => ({ keys: [signer.jwk] });
    const token = await sign(signer, { caller: ASHA, expiresAtS: Math.floor(Date.now() / 1_000) + 2 });
    const headers = { authorization: `Bearer ${token}` };
    const reader = await listenByEvents(port, { query: 'subscription { mine { sequence } }' }, { headers });
    expect(await reader.next()).toEqual({
      event: 'next',
      data: { errors: [{ message: 'The token has expired.', extensions: { code: 'TOKEN_EXPIRED' } }] },
    });
    expect(await reader.next()).toEqual(COMPLETE);
    await graph.ticks.untilDeserted();
  });

  it('ends without a farewell when the door closes, so that the client comes back', async () => {
    const reader = await listenByEvents(door.port, { query: TICKS });
    await door.close();
    expect(await reader.next()).toBeUndefined();
    await door.graph.ticks.untilDeserted();
    door = await openLiveDoor();
  });

  it('keeps the way open with comments while nothing happens', async () => {
    await door.close();
    door = await openLiveDoor({ limits: { pingMs: 60 } });
    const response = await fetch(`http://127.0.0.1:${door.port}/graphql?query=${encodeURIComponent(TICKS)}`);
    const body = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (text.split(':\n\n').length < 4) text += new TextDecoder().decode((await body.read()).value);
    expect(text.replaceAll(':\n\n', '')).toBe('');
    await body.cancel();
    await door.graph.ticks.untilDeserted();
  });

  it('conflates for a client that is slow, as over a WebSocket', async () => {
    const { port, graph, live } = door;
    const query = 'subscription { ticks(symbols: []) { sequence firm } }';
    const reader = await listenByEvents(port, { query });
    const fast = listen(port, query);
    await until(() => live.groups.listeners === 2);
    // Nobody reads the response meanwhile.
    const symbol = 'x'.repeat(100_000);
    for (let sequence = 1; sequence <= 200; sequence++) {
      graph.ticks.emit({ sequence, symbol });
      expect(await fast.next()).toMatchObject({ data: { ticks: { sequence } } });
    }
    let heard = 0;
    let missed = 0;
    for (let last = 0; last < 200; heard++) {
      const { data } = (await reader.next()) as {
        data: { data: { ticks: { sequence: number } }; extensions?: { conflated: number } };
      };
      expect(data.data.ticks.sequence).toBeGreaterThan(last);
      last = data.data.ticks.sequence;
      missed += data.extensions?.conflated ?? 0;
    }
    expect(missed).toBeGreaterThan(0);
    expect(heard + missed).toBe(200);
    reader.leave();
    fast.leave();
  });
});

describe('a gapless stream by events', () => {
  const UPDATES = 'subscription ($from: Int) { orderUpdates(after: $from) { sequence } }';

  it('numbers its events and goes on after the last one that the client saw', async () => {
    const { port, graph, upstreams } = door;
    const first = await listenByEvents(port, { query: UPDATES, variables: { from: 3 } });
    graph.updates.emit({ sequence: 4 });
    expect(await first.next()).toEqual({
      event: 'next',
      id: '4',
      data: { data: { orderUpdates: { sequence: 4 } } },
    });
    first.leave();
    await graph.updates.untilDeserted();
    const again = await listenByEvents(
      port,
      { query: UPDATES, variables: { from: 3 } },
      { headers: { 'last-event-id': '4' } },
    );
    expect(upstreams.map(({ variables }) => variables)).toEqual([{ from: 3 }, { from: 4 }]);
    again.leave();
    await graph.updates.untilDeserted();
  });

  it('does not guess: without a variable for it, the last event is not gone on from', async () => {
    const query = 'subscription { orderUpdates(after: 7) { sequence } }';
    const reader = await listenByEvents(door.port, { query }, { headers: { 'last-event-id': '9' } });
    expect(door.upstreams.map(({ variables }) => variables)).toEqual([{}]);
    reader.leave();
  });

  it('refuses a position that is none', async () => {
    const reader = await listenByEvents(door.port, { query: UPDATES }, { headers: { 'last-event-id': 'x' } });
    expect(reader.status).toBe(400);
    expect(await reader.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });
});
