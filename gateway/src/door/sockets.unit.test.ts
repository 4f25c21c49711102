import { JWKS_PATH } from '@gridworks/kit/tokens';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { APP, ASHA, createSigner, sign } from '../testing/credentials.ts';
import { openLiveDoor, until, type LiveDoor } from '../testing/live-door.ts';
import { ACK, INIT, openAdmitted, openRaw, subscribe, type RawSocket } from '../testing/raw-socket.ts';
import { closeCodeOf } from './protocol.ts';

vi.setConfig({ testTimeout: 60_000 });

let door: LiveDoor;
afterEach(() => door.close());

const TICKS = 'subscription { ticks(symbols: []) { sequence } }';
const MOOD = '{ mood }';

describe('what one connection may', () => {
  it('runs only so many operations at once; the next is refused, and begins when there is room', async () => {
    door = await openLiveDoor({ limits: { operationsMax: 2 } });
    const socket = await openAdmitted(door.port);
    for (const id of ['1', '2', '3']) socket.send(subscribe(id, TICKS));
    expect(await socket.next()).toEqual({
      id: '3',
      type: 'error',
      payload: [
        { message: 'A connection may run 2 operations at once.', extensions: { code: 'BAD_REQUEST' } },
      ],
    });
    socket.send({ id: '1', type: 'complete' });
    socket.send(subscribe('3', MOOD));
    expect([await socket.next(), await socket.next()]).toEqual([
      { id: '3', type: 'next', payload: { data: { mood: 'calm' } } },
      { id: '3', type: 'complete' },
    ]);
    socket.drop();
  });

  it('calls an operation by a short id', async () => {
    door = await openLiveDoor({ limits: { idCharsMax: 36 } });
    const socket = await openAdmitted(door.port);
    socket.send(subscribe('i'.repeat(36), MOOD));
    expect(await socket.next()).toMatchObject({ type: 'next' });
    expect(await socket.next()).toMatchObject({ type: 'complete' });
    socket.send(subscribe('i'.repeat(37), MOOD));
    expect(await socket.closed()).toEqual({ closed: 4400, reason: 'Invalid message received' });
  });

  it('is told briefly that a long id is taken', async () => {
    door = await openLiveDoor();
    const socket = await openAdmitted(door.port);
    const id = 'é'.repeat(60);
    for (const each of [1, 2]) socket.send({ ...subscribe(id, TICKS), each });
    expect(await socket.closed()).toEqual({ closed: 4409, reason: 'Subscriber for this id already exists' });
  });

  it('may not send too much in one message', async () => {
    door = await openLiveDoor({ limits: { messageBytesMax: 1_000 } });
    const socket = await openAdmitted(door.port);
    socket.send({ type: 'ping', payload: { x: 'x'.repeat(1_000) } });
    expect((await socket.closed()).closed).toBe(1009);
  });

  it('may not ask on and on without reading', async () => {
    door = await openLiveDoor({ limits: { waitingBytesMax: 500_000 } });
    const socket = await openAdmitted(door.port);
    socket.socket.pause();
    const text = '{ instrument(symbol: "' + 'x'.repeat(200_000) + '") { symbol } }';
    for (let each = 1; each <= 80; each++) socket.send(subscribe(String(each), text));
    await until(() => door.live.deadlines.size === 0 && socket.socket.bufferedAmount === 0);
    socket.socket.resume();
    expect(await socket.closed()).toEqual({ closed: 1013, reason: 'Too slow' });
  });

  it('may leave an operation before its answer, and use its id for another', async () => {
    door = await openLiveDoor();
    const socket = await openAdmitted(door.port);
    let release = (): void => undefined;
    door.graph.hold.ai = () => new Promise((resolve) => (release = resolve));
    const held = '{ instrument(symbol: "INFY") { risk } }';
    socket.send(subscribe('1', held));
    socket.send({ id: '1', type: 'complete' });
    socket.send(subscribe('1', MOOD));
    expect(await socket.next()).toEqual({ id: '1', type: 'next', payload: { data: { mood: 'calm' } } });
    expect(await socket.next()).toEqual({ id: '1', type: 'complete' });
    release();
    socket.send({ type: 'ping' });
    expect(await socket.next()).toEqual({ type: 'pong' });
    socket.drop();
  });
});

describe('who is let in', () => {
  it('may not ask while it is being looked up', async () => {
    door = await openLiveDoor();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const signer = await createSigner();
    door.graph.routes.users[JWKS_PATH] = async () => {
      await held;
      return { keys: [signer.jwk] };
    };
    const socket = await openRaw(door.port);
    const token = await sign(signer, { caller: ASHA });
    socket.send({ ...INIT, payload: { authorization: `Bearer ${token}` } });
    socket.send(subscribe('1', MOOD));
    expect(await socket.closed()).toEqual({ closed: 4401, reason: 'Unauthorized' });
    release();
  });

  it('is known by the headers of the upgrade when it presents nothing else', async () => {
    door = await openLiveDoor();
    door.graph.partners.keys.set('gw_good', APP);
    const socket = await openAdmitted(door.port, { headers: { 'x-api-key': 'gw_good' } });
    socket.send(subscribe('1', '{ whoami }'));
    expect(await socket.next()).toMatchObject({ payload: { data: { whoami: JSON.stringify(APP) } } });
    socket.drop();
  });

  it('is out when its token expires, with all that ran for it', async () => {
    door = await openLiveDoor();
    const signer = await createSigner();
    door.graph.routes.users[JWKS_PATH] = async () => ({ keys: [signer.jwk] });
    const token = await sign(signer, { caller: ASHA, expiresAtS: Math.floor(Date.now() / 1_000) + 2 });
    const socket = await openRaw(door.port);
    socket.send({ ...INIT, payload: { Authorization: `Bearer ${token}` } });
    expect(await socket.next()).toEqual(ACK);
    socket.send(subscribe('1', TICKS));
    socket.send(subscribe('2', 'subscription { orderUpdates { sequence } }'));
    await door.graph.ticks.untilOpened(1);
    expect(await socket.closed()).toEqual({ closed: 4401, reason: 'TOKEN_EXPIRED' });
    await door.graph.ticks.untilDeserted();
    await door.graph.updates.untilDeserted();
    expect(door.live.groups.size).toBe(0);
  });

  it('is closed for a reason that tells the client whether to come back', () => {
    expect(
      ['SUBGRAPH_UNAVAILABLE', 'BAD_REQUEST', 'INTERNAL_SERVER_ERROR', 'TOKEN_INVALID', 'TOKEN_EXPIRED'].map(
        closeCodeOf,
      ),
    ).toEqual([1013, 4400, 4500, 4403, 4403]);
  });
});

describe('connections', () => {
  it('are dropped when they answer no ping; others stay', async () => {
    door = await openLiveDoor({ limits: { pingMs: 120 } });
    const mute = await openAdmitted(door.port, { autoPong: false });
    const alive = await openAdmitted(door.port);
    for (const each of [mute, alive]) each.send(subscribe('1', TICKS));
    await door.graph.ticks.untilOpened(1);
    expect((await mute.closed()).closed).toBe(1006);
    await until(() => door.live.groups.listeners === 1);
    // Long enough to be asked twice more.
    for (let pings = 0; pings < 2; pings++)
      await new Promise((resolve) => alive.socket.once('ping', resolve));
    door.graph.ticks.emit({ sequence: 1 });
    expect(await alive.next()).toMatchObject({ id: '1', payload: { data: { ticks: { sequence: 1 } } } });
    alive.drop();
  });

  it('leave nothing behind, two thousand of them', async () => {
    door = await openLiveDoor({ limits: { initWaitMs: 600_000 } });
    const { live, graph, port } = door;
    const sockets: RawSocket[] = [];
    for (let batch = 0; batch < 20; batch++) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => openRaw(port)))));
    }
    expect(live.rounds.size).toBe(2_000);
    // A tenth never says who it is.
    const admitted = sockets.filter((_socket, at) => at % 10 !== 0);
    for (const socket of admitted) socket.send(INIT);
    await Promise.all(admitted.map((socket) => socket.next()));
    expect(live.deadlines.size).toBe(200);
    for (const socket of admitted) {
      socket.send(subscribe('1', TICKS));
      socket.send(subscribe('2', 'subscription { orderUpdates { sequence } }'));
    }
    await until(() => live.groups.listeners === 3_600);
    expect(live.groups.size).toBe(1_801);
    expect({ ticks: graph.ticks.opened, updates: graph.updates.opened }).toEqual({
      ticks: 1,
      updates: 1_800,
    });
    graph.ticks.emit({ sequence: 1 });
    const heard = await Promise.all(admitted.map((socket) => socket.next()));
    expect(heard).toHaveLength(1_800);
    // Some say goodbye, some are gone.
    for (const [at, { socket }] of sockets.entries()) {
      if (at % 2 === 0) socket.close(1000);
      else socket.terminate();
    }
    await until(() => live.rounds.size === 0);
    await graph.ticks.untilDeserted();
    await graph.updates.untilDeserted();
    expect({ groups: live.groups.size, deadlines: live.deadlines.size }).toEqual({ groups: 0, deadlines: 0 });
  });
});
