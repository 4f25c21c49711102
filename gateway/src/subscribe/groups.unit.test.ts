import { afterEach, describe, expect, it, vi } from 'vitest';
import { JWKS_PATH } from '@gridworks/kit/tokens';
import { composeSupergraph } from '../supergraph/compose.ts';
import { listen } from '../testing/client.ts';
import { ASHA, createSigner, sign } from '../testing/credentials.ts';
import { openLiveDoor, until, type LiveDoor, type LiveDoorOptions } from '../testing/live-door.ts';
import { openAdmitted, subscribe, type RawSocket } from '../testing/raw-socket.ts';
import { subgraphOf, type Graph } from '../testing/subgraphs.ts';
import { localTransport } from '../transport/local.ts';

vi.setConfig({ testTimeout: 60_000 });

let door: LiveDoor;
afterEach(() => door.close());

async function open(options?: LiveDoorOptions): Promise<LiveDoor> {
  return (door = await openLiveDoor(options));
}

const TICKS =
  'subscription ($symbols: [String!]!, $limit: Int) { ticks(symbols: $symbols, limit: $limit) { sequence instrument { forecast { horizon } } } }';
const answerTo = (sequence: number): object => ({
  data: { ticks: { sequence, instrument: { forecast: { horizon: 1 } } } },
});

describe('identical subscriptions', () => {
  it('share one upstream, one execution for each event, and the same answer', async () => {
    const { graph, port, live } = await open();
    const listeners = [
      listen(port, TICKS, { variables: { symbols: ['A', 'B'], limit: 3 } }),
      // The same in other words: order of keys, layout, commas.
      listen(port, TICKS.replaceAll(' ', '\n '), { variables: { limit: 3, symbols: ['A', 'B'] } }),
      listen(port, TICKS, { variables: { symbols: ['A', 'B'], limit: 3 } }),
    ];
    await until(() => live.groups.listeners === 3);
    expect({ streams: live.groups.size, opened: graph.ticks.opened }).toEqual({ streams: 1, opened: 1 });
    for (const sequence of [1, 2]) {
      graph.asked.length = 0;
      graph.ticks.emit({ sequence, symbol: 'INFY' });
      const answers = await Promise.all(listeners.map((each) => each.next()));
      expect(answers).toEqual([answerTo(sequence), answerTo(sequence), answerTo(sequence)]);
      expect(graph.asked).toHaveLength(1);
    }
  });

  it('are others with other variables, and with another selection', async () => {
    const { graph, port, live } = await open();
    listen(port, TICKS, { variables: { symbols: ['A', 'B'] } });
    listen(port, TICKS, { variables: { symbols: ['B', 'A'] } });
    listen(port, TICKS, { variables: { symbols: ['A', 'B'], limit: null } });
    listen(port, TICKS.replace('horizon', 'volatility'), { variables: { symbols: ['A', 'B'] } });
    await graph.ticks.untilOpened(4);
    expect(live.groups.size).toBe(4);
  });

  it('go on for the others when one leaves, take in who comes later, and end with the last', async () => {
    const { graph, port, live } = await open();
    const variables = { symbols: [] };
    const first = listen(port, TICKS, { variables });
    await graph.ticks.untilOpened(1);
    graph.ticks.emit({ sequence: 1, symbol: 'INFY' });
    expect(await first.next()).toEqual(answerTo(1));
    const second = listen(port, TICKS, { variables });
    await until(() => live.groups.listeners === 2);
    first.leave();
    await until(() => live.groups.listeners === 1);
    graph.ticks.emit({ sequence: 2, symbol: 'INFY' });
    expect(await second.next()).toEqual(answerTo(2));
    expect(graph.ticks.opened).toBe(1);
    second.leave();
    await graph.ticks.untilDeserted();
    expect(live.groups.size).toBe(0);
  });

  it('are refused together when the stream cannot be opened', async () => {
    const { graph, port, live } = await open();
    graph.stumbles.left = 1;
    const socket = await openAdmitted(port);
    // In one packet, so that both are there before the subgraph has answered.
    socket.send(subscribe('1', TICKS, { symbols: [] }));
    socket.send(subscribe('2', TICKS, { symbols: [] }));
    for (const id of ['1', '2']) {
      expect(await socket.next()).toMatchObject({
        id,
        type: 'error',
        payload: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
      });
    }
    expect(live.groups.size).toBe(0);
    socket.drop();
  });

  it('end together when the stream does', async () => {
    const { graph, port, live } = await open();
    const listeners = [1, 2].map(() => listen(port, TICKS, { variables: { symbols: [] } }));
    await until(() => live.groups.listeners === 2 && graph.ticks.readers === 1);
    graph.ticks.end();
    expect(await Promise.all(listeners.map((each) => each.next()))).toEqual(['complete', 'complete']);
    expect(live.groups.size).toBe(0);
  });

  it('on one socket are told apart by their ids', async () => {
    const { graph, port } = await open();
    const socket = await openAdmitted(port);
    socket.send(subscribe('a"1', TICKS, { symbols: [] }));
    socket.send(subscribe('b', TICKS, { symbols: [] }));
    await graph.ticks.untilOpened(1);
    graph.ticks.emit({ sequence: 1, symbol: 'INFY' });
    for (const id of ['a"1', 'b'])
      expect(await socket.next()).toEqual({ id, type: 'next', payload: answerTo(1) });
    socket.drop();
  });
});

describe('callers', () => {
  async function openWithTokens(options?: LiveDoorOptions): Promise<[asha: string, other: string]> {
    const signer = await createSigner();
    const { graph } = await open(options);
    graph.routes.users[JWKS_PATH] = async () => ({ keys: [signer.jwk] });
    const other = { ...ASHA, userId: '018f0000-0000-7000-8000-0000000000ff' };
    return [await sign(signer, { caller: ASHA }), await sign(signer, { caller: other })];
  }
  const as = (token: string): { variables: Record<string, unknown>; params: Record<string, unknown> } => ({
    variables: { symbols: [] },
    params: { authorization: `Bearer ${token}` },
  });

  it('who differ never share a stream; one caller on two sockets does', async () => {
    const [asha, other] = await openWithTokens();
    const { port, live, upstreams } = door;
    listen(port, TICKS, as(asha));
    listen(port, TICKS, as(other));
    listen(port, TICKS, { variables: { symbols: [] } });
    await until(() => live.groups.listeners === 3);
    listen(port, TICKS, as(asha));
    await until(() => live.groups.listeners === 4);
    expect(upstreams.map(({ caller }) => caller.kind).sort()).toEqual(['anonymous', 'user', 'user']);
  });

  it('share what is the same for all, which is asked for as nobody', async () => {
    const [asha, other] = await openWithTokens({ stream: { isSameForAll: true } });
    const { port, live, graph, upstreams } = door;
    const listeners = [
      listen(port, TICKS, as(asha)),
      listen(port, TICKS, as(other)),
      listen(port, TICKS, { variables: { symbols: [] } }),
    ];
    await until(() => live.groups.listeners === 3);
    expect(upstreams.map(({ caller }) => caller)).toEqual([{ kind: 'anonymous' }]);
    graph.ticks.emit({ sequence: 1, symbol: 'INFY' });
    for (const each of listeners) expect(await each.next()).toEqual(answerTo(1));
  });
});

/** More than any socket holds on its way: events of a hundred kilobytes each. */
const LARGE = 'x'.repeat(100_000);

async function drainTo(socket: RawSocket, isLast: (payload: Payload) => boolean): Promise<Payload[]> {
  const payloads: Payload[] = [];
  for (;;) {
    const { payload } = (await socket.next()) as { payload: Payload };
    payloads.push(payload);
    if (isLast(payload)) return payloads;
  }
}

interface Payload {
  readonly data: { readonly ticks: { readonly sequence: number; readonly price: number } };
  readonly extensions?: { readonly conflated: number };
}

describe('a client that is slow', () => {
  it('gets the latest of each subject of a market stream and is told what it missed; its sibling misses nothing', async () => {
    const { graph, port, live } = await open({
      stream: {
        conflatedAt: ['ticks', 'price'],
        // Odd and even ones are of two subjects.
        // The names of the primary data are the gateway's own.
        subjectOf: (data) => String((Object.values(data)[0] as { sequence: number }).sequence % 2),
      },
    });
    const text = 'subscription { ticks(symbols: []) { sequence price firm } }';
    const slow = await openAdmitted(port);
    const fast = await openAdmitted(port);
    for (const each of [slow, fast]) each.send(subscribe('1', text));
    await until(() => live.groups.listeners === 2 && graph.ticks.readers === 1);
    slow.socket.pause();
    const count = 201;
    for (let sequence = 1; sequence <= count; sequence++) {
      graph.ticks.emit({ sequence, price: 1_000, symbol: LARGE });
      expect(await fast.next()).toEqual({
        id: '1',
        type: 'next',
        payload: { data: { ticks: { sequence, price: 1_000, firm: LARGE } } },
      });
    }
    slow.socket.resume();
    const heard = await drainTo(slow, ({ data }) => data.ticks.sequence === count);
    // The last even one may stand behind the last odd one in the line.
    if (!heard.some(({ data }) => data.ticks.sequence === count - 1)) {
      heard.push(...(await drainTo(slow, ({ data }) => data.ticks.sequence === count - 1)));
    }
    const missed = heard.reduce((sum, { extensions }) => sum + (extensions?.conflated ?? 0), 0);
    expect(missed).toBeGreaterThan(50);
    expect(heard.length + missed).toBe(count);
    for (const { data, extensions } of heard) {
      expect(data.ticks.price).toBe(1_000 + (extensions?.conflated ?? 0));
    }
    for (const parity of [0, 1]) {
      const sequences = heard.map(({ data }) => data.ticks.sequence).filter((each) => each % 2 === parity);
      expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    }
    // Once it has caught up, nothing is held back from it any more.
    graph.ticks.emit({ sequence: 500, price: 1, symbol: 'S' });
    expect(await slow.next()).toEqual({
      id: '1',
      type: 'next',
      payload: { data: { ticks: { sequence: 500, price: 1, firm: 'S' } } },
    });
    slow.drop();
    fast.drop();
  });

  it('gets what was held back for it before the stream ends', async () => {
    const { graph, port, live } = await open();
    const slow = await openAdmitted(port);
    slow.send(subscribe('1', 'subscription { ticks(symbols: []) { sequence price firm } }'));
    await graph.ticks.untilOpened(1);
    slow.socket.pause();
    for (let sequence = 1; sequence <= 200; sequence++)
      graph.ticks.emit({ sequence, price: 1, symbol: LARGE });
    graph.ticks.end();
    await until(() => live.groups.size === 0);
    slow.socket.resume();
    const heard = await drainTo(slow, ({ data }) => data.ticks.sequence === 200);
    expect(heard.at(-1)?.extensions?.conflated).toBe(200 - heard.length);
    expect(await slow.next()).toEqual({ id: '1', type: 'complete' });
    slow.drop();
  });

  it('slows a gapless stream down to its source, misses nothing, and holds up nobody else', async () => {
    const { graph, port, executed } = await open();
    const text = 'subscription { orderUpdates { sequence firm } }';
    const slow = await openAdmitted(port);
    const fast = await openAdmitted(port);
    for (const each of [slow, fast]) each.send(subscribe('1', text));
    await graph.updates.untilOpened(2);
    slow.socket.pause();
    const count = 200;
    for (let sequence = 1; sequence <= count; sequence++) {
      graph.updates.emit({ sequence, symbol: LARGE });
      expect(await fast.next()).toMatchObject({ payload: { data: { orderUpdates: { sequence } } } });
    }
    // Turns enough for every event to be taken, if nothing held the stream up.
    for (let turn = 0; turn < 20 * count; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(executed.count).toBeLessThan(2 * count - 50);
    slow.socket.resume();
    for (let sequence = 1; sequence <= count; sequence++) {
      expect(await slow.next()).toMatchObject({ payload: { data: { orderUpdates: { sequence } } } });
    }
    expect(executed.count).toBe(2 * count);
    slow.drop();
    fast.drop();
    await graph.updates.untilDeserted();
  });

  it('is closed when it does not catch up, so that it comes back and resumes', async () => {
    const { graph, port, live } = await open({ limits: { pingMs: 60, slowMs: 100 } });
    const slow = await openAdmitted(port);
    slow.send(subscribe('1', 'subscription { orderUpdates { sequence firm } }'));
    await graph.updates.untilOpened(1);
    slow.socket.pause();
    for (let sequence = 1; sequence <= 200; sequence++) graph.updates.emit({ sequence, symbol: LARGE });
    await graph.updates.untilDeserted();
    expect(live.groups.size).toBe(0);
    slow.socket.resume();
    expect(await slow.closed()).toEqual({ closed: 1013, reason: 'Too slow' });
  });
});

describe('another supergraph', () => {
  /** The same subgraphs composed anew, with changes. */
  function composed(
    { subgraphs }: Graph,
    changes: Readonly<Record<string, (sdl: string) => string>>,
  ): string {
    const parts = Object.values(subgraphs).map(({ name, sdl }) => ({
      name,
      url: `http://${name}.test/graphql`,
      sdl: changes[name]?.(sdl) ?? sdl,
    }));
    return composeSupergraph(parts).supergraph;
  }

  const withoutPrice = (graph: Graph): string =>
    composed(graph, { trading: (sdl) => sdl.replace('price(scale: Int = 1): Float', '') });

  /** ai takes the name of instruments over, so that trading is asked something else from then on. */
  const nameMoved = (graph: Graph): string =>
    composed(graph, {
      ai: (sdl) =>
        sdl
          .replace('"@requires"', '"@requires", "@override"')
          .replace('risk: Float', 'risk: Float name: String @override(from: "trading")'),
    });

  /** An ai that knows names already, though the supergraph does not say so yet. */
  const KNOWING_AI = localTransport(
    subgraphOf(
      'ai',
      'type Instrument @key(fields: "symbol") { symbol: String! name: String @shareable } type Query { mood: String }',
      { Instrument: { name: () => 'from ai' } },
    ),
  );
  const NAMED = 'subscription { ticks(symbols: []) { sequence instrument { name } } }';

  it('leaves streams alone that mean the same in it, and lets others join them', async () => {
    const { graph, port, engines, live, executed } = await open();
    const listener = listen(port, TICKS, { variables: { symbols: [] } });
    await graph.ticks.untilOpened(1);
    graph.ticks.emit({ sequence: 1, symbol: 'INFY' });
    expect(await listener.next()).toEqual(answerTo(1));
    expect(executed.engine).toBe(1);
    engines.reload(withoutPrice(graph));
    const other = listen(port, TICKS, { variables: { symbols: [] } });
    await until(() => live.groups.listeners === 2);
    graph.ticks.emit({ sequence: 2, symbol: 'INFY' });
    expect([await listener.next(), await other.next()]).toEqual([answerTo(2), answerTo(2)]);
    expect(executed.engine).toBe(2);
    expect({ opened: graph.ticks.opened, readers: graph.ticks.readers }).toEqual({ opened: 1, readers: 1 });
  });

  it('ends a stream that is not valid in it with the reason, and leaves the connection', async () => {
    const { graph, port, engines } = await open();
    const socket = await openAdmitted(port);
    socket.send(subscribe('1', 'subscription { ticks(symbols: []) { price } }'));
    socket.send(subscribe('2', 'subscription { ticks(symbols: []) { sequence } }'));
    await graph.ticks.untilOpened(2);
    engines.reload(withoutPrice(graph));
    expect(await socket.next()).toMatchObject({
      id: '1',
      type: 'error',
      payload: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    });
    await until(() => graph.ticks.readers === 1);
    graph.ticks.emit({ sequence: 1 });
    expect(await socket.next()).toEqual({
      id: '2',
      type: 'next',
      payload: { data: { ticks: { sequence: 1 } } },
    });
    socket.drop();
  });

  it('opens a market stream anew that it asks for in another way, and the clients hear nothing of it', async () => {
    const { graph, port, engines } = await open({ transports: [KNOWING_AI] });
    const listeners = [listen(port, NAMED), listen(port, NAMED)];
    await graph.ticks.untilOpened(1);
    await until(() => door.live.groups.listeners === 2);
    graph.ticks.emit({ sequence: 1, symbol: 'INFY' });
    for (const each of listeners) {
      expect(await each.next()).toEqual({
        data: { ticks: { sequence: 1, instrument: { name: 'Infosys' } } },
      });
    }
    engines.reload(nameMoved(graph));
    await graph.ticks.untilOpened(2);
    await until(() => graph.ticks.readers === 1);
    graph.ticks.emit({ sequence: 2, symbol: 'INFY' });
    for (const each of listeners) {
      expect(await each.next()).toEqual({
        data: { ticks: { sequence: 2, instrument: { name: 'from ai' } } },
      });
    }
    expect(door.live.groups.size).toBe(1);
  });

  const RESUMABLE =
    'subscription ($from: Int) { u: orderUpdates(after: $from) { n: sequence instrument { name } } }';

  it('opens a gapless stream anew after the last event that its reader got', async () => {
    const { graph, port, engines, upstreams } = await open({ transports: [KNOWING_AI] });
    const listener = listen(port, RESUMABLE, { variables: { from: 3 } });
    await graph.updates.untilOpened(1);
    graph.updates.emit({ sequence: 4, symbol: 'INFY' });
    expect(await listener.next()).toEqual({ data: { u: { n: 4, instrument: { name: 'Infosys' } } } });
    engines.reload(nameMoved(graph));
    await graph.updates.untilOpened(2);
    expect(upstreams.map(({ variables }) => variables)).toEqual([{ from: 3 }, { from: 4 }]);
    await until(() => graph.updates.readers === 1);
    graph.updates.emit({ sequence: 5, symbol: 'INFY' });
    expect(await listener.next()).toEqual({ data: { u: { n: 5, instrument: { name: 'from ai' } } } });
  });

  it.each([
    [
      'whose position it cannot give',
      'subscription { orderUpdates(after: 3) { sequence instrument { name } } }',
    ],
    [
      'whose position was not selected',
      'subscription ($from: Int) { orderUpdates(after: $from) { instrument { name } } }',
    ],
  ])('ends a gapless stream %s, so that its reader resumes it', async (_what, text) => {
    const { graph, port, engines } = await open({ transports: [KNOWING_AI] });
    const listener = listen(port, text);
    await graph.updates.untilOpened(1);
    graph.updates.emit({ sequence: 4, symbol: 'INFY' });
    expect(await listener.next()).toMatchObject({
      data: { orderUpdates: { instrument: { name: 'Infosys' } } },
    });
    engines.reload(nameMoved(graph));
    expect(await listener.next()).toMatchObject({
      ended: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }],
    });
    await graph.updates.untilDeserted();
  });
});
