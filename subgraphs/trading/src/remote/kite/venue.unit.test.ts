import { newId } from '@gridworks/kit/id';
import { afterEach, describe, expect, it } from 'vitest';
import { isSettled, statusOf, type VenueOrder } from '../../domain/broker/order.ts';
import { createRandom } from '../../domain/random.ts';
import { Crowd } from '../../testing/kite/crowd.ts';
import type { Fault } from '../../testing/kite/faults.ts';
import { Scene, ticket, type SceneOptions } from '../../testing/kite/scene.ts';

const open: Scene[] = [];

async function connected(options: SceneOptions = {}): Promise<Scene> {
  const scene = await Scene.connected(options);
  open.push(scene);
  return scene;
}

afterEach(async () => {
  for (const scene of open.splice(0)) await scene.close();
});

function placements({ standIn }: Scene): number {
  return standIn.asked.filter((each) => each.startsWith('POST')).length;
}

describe('a broker that behaves', () => {
  it('takes an order, tells its fills once each, and ends it', async () => {
    const scene = await connected();
    const order = await scene.place();
    expect(order).toMatchObject({ venueOrderId: '261122000000001', doubt: null });
    const truth = scene.truthOf(order);
    expect(truth).toMatchObject({
      ...{ exchange: 'NSE', tradingsymbol: 'INFY', side: 'BUY', orderType: 'LIMIT', product: 'CNC' },
      ...{ validity: 'DAY', quantity: 100, price: 1_499_95n, tag: order.tag },
    });
    scene.standIn.fill(truth, 40);
    scene.standIn.fill(truth, 60, 1_499_90n);
    await scene.until(() => isSettled(scene.now(order)));
    expect(scene.told(order)).toEqual(['ACCEPTED', 'EXECUTED', 'EXECUTED', 'COMPLETED']);
    expect(scene.now(order).fills.map(({ price, quantity }) => [price, quantity])).toEqual([
      [1_499_95n, 40n],
      [1_499_90n, 60n],
    ]);
    const report = await scene.outcome(scene.venue.report());
    expect(report?.positions).toEqual([{ symbol: 'INFY', product: 'CNC', quantity: 100n }]);
  });

  it('modifies, cancels, rejects and triggers orders', async () => {
    const scene = await connected();
    const stop = await scene.place({ symbol: 'BSE:SBIN', type: 'STOP_LIMIT', triggerPrice: 1_490_00n });
    await scene.until(() => scene.now(stop).status === 'TRIGGER_PENDING');
    scene.standIn.trigger(scene.truthOf(stop));
    await scene.until(() => scene.now(stop).status === 'OPEN');

    await scene.outcome(scene.venue.modify(stop.id, { limitPrice: 1_480_00n, quantity: 50n }));
    await scene.until(() => scene.now(stop).terms.limitPrice === 1_480_00n);
    expect(scene.now(stop).terms).toEqual({ quantity: 50n, limitPrice: 1_480_00n, triggerPrice: 1_490_00n });

    await scene.outcome(scene.venue.cancel(stop.id));
    await scene.until(() => isSettled(scene.now(stop)));
    expect(scene.told(stop)).toEqual(['ACCEPTED', 'MODIFIED', 'CANCELLED']);

    const other = await scene.place();
    scene.standIn.reject(scene.truthOf(other), 'Circuit limit.');
    await scene.until(() => isSettled(scene.now(other)));
    expect(scene.now(other)).toMatchObject({ status: 'REJECTED', message: 'Circuit limit.' });
  });

  it('says no in a fixed order, and nothing changes', async () => {
    const scene = await connected();
    const code = async (asked: Promise<unknown>): Promise<unknown> =>
      ((await scene.outcome(asked)) as { code?: string }).code;
    const order = await scene.place();
    expect(await code(scene.venue.place(order.id, ticket({ quantity: 5n })))).toBe('VENUE_ORDER_ID_REUSED');
    expect(await code(scene.venue.cancel(newId()))).toBe('VENUE_ORDER_UNKNOWN');
    expect(await code(scene.venue.modify(order.id, { quantity: 0n }))).toBe('VENUE_REFUSED');
    expect(await code(scene.venue.place(newId(), ticket({ symbol: 'NOSUCH' })))).toBe('VENUE_REFUSED');
    const rich = ticket({ quantity: 9_000_000n });
    expect(await code(scene.venue.place(newId(), rich))).toBe('VENUE_FUNDS_INSUFFICIENT');
    expect(scene.standIn.truth.orders).toHaveLength(1);
    expect(scene.truthOf(order)).toMatchObject({ quantity: 100, status: 'OPEN' });

    scene.standIn.faults.arm('ERROR_BEFORE');
    const lost = await scene.place();
    expect(await code(scene.venue.cancel(lost.id))).toBe('VENUE_ORDER_UNCONFIRMED');
    await scene.outcome(scene.venue.cancel(order.id));
    await scene.until(() => isSettled(scene.now(order)));
    expect(await code(scene.venue.cancel(order.id))).toBe('VENUE_ORDER_CLOSED');
  });

  it('places an order once, however often it is asked to', async () => {
    const scene = await connected();
    const id = newId();
    const asked = [1, 2, 3].map(() => scene.venue.place(id, ticket()));
    await scene.outcome(Promise.all(asked));
    await scene.place({}, id);
    expect(placements(scene)).toBe(1);
  });

  it('sends ticks in the mode that is wanted, each level of detail as it is', async () => {
    const scene = await connected();
    const leave = scene.venue.watch(['INFY'], 'LTP');
    const leaveFull = scene.venue.watch(['INFY', 'BSE:SBIN'], 'FULL');
    await scene.until(() => scene.standIn.sockets.modes.size === 2);
    scene.standIn.move('NSE:INFY', 1_501_00n, 25n);
    await scene.until(() => scene.ticks.length === 1);
    expect(scene.ticks[0]).toMatchObject({
      symbol: 'INFY',
      price: 1_501_00n,
      quote: { open: 1_500_00n, high: 1_501_00n, low: 1_500_00n, previousClose: 1_500_00n, volume: 25n },
      depth: { bids: { length: 5 }, asks: { length: 5 } },
    });
    leaveFull();
    await scene.until(() => scene.standIn.sockets.modes.get(408_065) === 'LTP');
    scene.standIn.move('NSE:INFY', 1_502_00n, 5n);
    await scene.until(() => scene.ticks.length === 2);
    expect(scene.ticks[1]).toEqual({
      symbol: 'INFY',
      price: 1_502_00n,
      atMs: null,
      quote: null,
      depth: null,
    });
    leave();
    await scene.until(() => scene.standIn.sockets.modes.size === 0);
  });

  it('is asked for ticks by the numbers of the day', async () => {
    const beforeMidnightMs = Date.UTC(2026, 10, 23, 18, 29);
    const scene = await connected({ startMs: beforeMidnightMs });
    scene.venue.watch(['INFY'], 'QUOTE');
    await scene.until(() => scene.standIn.sockets.modes.has(408_065));
    scene.standIn.listings.renumber('NSE:INFY', 999_169);
    await scene.until(() => scene.standIn.sockets.modes.has(999_169), 100);
    scene.standIn.move('NSE:INFY', 1_501_00n, 1n);
    await scene.until(() => scene.ticks.length === 1);
    expect(scene.ticks[0]).toMatchObject({ symbol: 'INFY', price: 1_501_00n, depth: null });
  });

  it('trades by itself with what its prices reach', async () => {
    const scene = await connected();
    const crowd = new Crowd(scene.standIn, createRandom('crowd'));
    const buy = await scene.place({ type: 'MARKET', limitPrice: null });
    const far = await scene.place({ limitPrice: 1_00n });
    const stop = await scene.place({ side: 'SELL', type: 'STOP', limitPrice: null, triggerPrice: 9_999_00n });
    await scene.until(() => {
      crowd.trade();
      return isSettled(scene.now(buy)) && isSettled(scene.now(stop));
    });
    expect([buy, far, stop].map((order) => statusOf(scene.now(order)))).toEqual(['FILLED', 'OPEN', 'FILLED']);
    const prices = scene.now(buy).fills.map(({ price }) => price);
    expect(prices.every((price) => price > 1_400_00n && price < 1_600_00n)).toBe(true);
  });

  it('is never asked faster than it allows', async () => {
    const scene = await connected({ standIn: { orderLimit: { count: 10, perMs: 1_000 } } });
    const placed = Array.from({ length: 35 }, () => scene.venue.place(newId(), ticket()));
    await scene.outcome(Promise.all(placed));
    expect(scene.standIn.truth.orders).toHaveLength(35);
    expect(scene.standIn.turnedAway).toBe(0);
  });
});

describe('a broker whose updates do not arrive as they should', () => {
  it.each<Fault>(['LOST_UPDATE', 'DOUBLED_UPDATE', 'HELD_UPDATE', 'GARBLED_FRAME'])(
    'survives %s',
    async (fault) => {
      const scene = await connected();
      const order = await scene.place();
      scene.standIn.faults.arm(fault, 2);
      scene.standIn.fill(scene.truthOf(order), 40);
      scene.standIn.fill(scene.truthOf(order), 60);
      await scene.until(() => isSettled(scene.now(order)), 100);
      expect(scene.told(order)).toEqual(['ACCEPTED', 'EXECUTED', 'EXECUTED', 'COMPLETED']);
      expect(scene.standIn.faults.counts.get(fault)).toBeGreaterThan(0);
    },
  );

  it('survives SILENT_SOCKET: notices, connects anew, asks for its ticks again, misses nothing', async () => {
    const scene = await connected();
    scene.venue.watch(['INFY'], 'QUOTE');
    scene.venue.watch(['SBIN'], 'FULL');
    const order = await scene.place();
    await scene.until(() => scene.standIn.sockets.modes.size === 2);
    scene.standIn.sockets.silence();
    scene.standIn.fill(scene.truthOf(order), 100);
    await scene.until(() => scene.venue.state === 'STALE');
    expect(statusOf(scene.now(order))).toBe('OPEN');
    await scene.until(() => scene.venue.state === 'CONNECTED');
    await scene.until(() => isSettled(scene.now(order)));
    expect(scene.told(order)).toEqual(['ACCEPTED', 'EXECUTED', 'COMPLETED']);
    expect(scene.standIn.sockets.count).toBe(2);
    expect([...scene.standIn.sockets.modes]).toEqual([
      [408_065, 'QUOTE'],
      [779_521, 'FULL'],
    ]);
  });

  it.each<Fault>(['REFUSED_CONNECTION', 'HUNG_UP'])(
    'survives DROPPED_CONNECTION and %s: tries again, ever more slowly',
    async (fault) => {
      const scene = await connected();
      const order = await scene.place();
      scene.standIn.faults.arm(fault, 5);
      scene.standIn.sockets.drop();
      await scene.until(() => scene.venue.state === 'STALE');
      const failedAtMs: number[] = [];
      await scene.until(() => {
        const count = scene.standIn.faults.counts.get(fault) ?? 0;
        if (count > failedAtMs.length) failedAtMs.push(scene.time.now());
        return scene.venue.state === 'CONNECTED';
      });
      const gaps = failedAtMs.slice(1).map((at, i) => at - (failedAtMs[i] ?? 0));
      expect(gaps).toHaveLength(4);
      expect(gaps.at(-1)).toBeGreaterThan(3 * (gaps[0] ?? Infinity));
      expect(statusOf(scene.now(order))).toBe('OPEN');
    },
  );

  it('counts a socket that sends only what nobody can read as silent', async () => {
    const scene = await connected();
    scene.standIn.sockets.silence();
    let rounds = 0;
    await scene.until(() => {
      if (rounds++ % 20 === 0) scene.standIn.sockets.garble('{"type":');
      return scene.venue.state === 'STALE';
    });
  });

  it('takes postbacks that are genuine, as often as they come', async () => {
    const scene = await connected();
    const order = await scene.place();
    scene.standIn.faults.arm('LOST_UPDATE');
    scene.standIn.fill(scene.truthOf(order), 100);
    const body = scene.standIn.postback(scene.truthOf(order));
    expect(await scene.venue.takePostback(body.replace('COMPLETE', 'CANCELLED').slice(1))).toBe('UNREADABLE');
    expect(await scene.venue.takePostback(body.replace(/"checksum":"../, '"checksum":"00'))).toBe(
      'CHECKSUM_WRONG',
    );
    expect(scene.now(order).filledQuantity).toBe(0n);
    for (let times = 0; times < 3; times++) expect(await scene.venue.takePostback(body)).toBeUndefined();
    expect(scene.now(order)).toMatchObject({ status: 'FILLED', filledQuantity: 100n });
    await scene.until(() => isSettled(scene.now(order)));
    expect(scene.told(order)).toEqual(['ACCEPTED', 'EXECUTED', 'COMPLETED']);
  });
});

describe('a broker that does not answer as it should', () => {
  it.each<Fault>([
    'ERROR_AFTER',
    'RESET_AFTER',
    'TIMED_OUT_AFTER',
    'GARBLED_ANSWER',
    'DONE_LATE',
    'SLOW_ANSWER',
  ])('survives %s: the order is unknown, found by its tag, and never sent again', async (fault) => {
    const scene = await connected();
    // Nor does the ticker tell.
    scene.standIn.faults.arm('LOST_UPDATE');
    scene.standIn.faults.arm(fault);
    const order = await scene.place();
    expect(statusOf(order)).toBe('UNKNOWN');
    await scene.until(() => statusOf(scene.now(order)) === 'OPEN');
    expect(scene.told(order)).toEqual(['DOUBTED', 'ACCEPTED', 'CLARIFIED']);
    expect(placements(scene)).toBe(1);
    expect(scene.truthOf(order).status).toBe('OPEN');
  });

  it('survives ERROR_BEFORE: not placed, but only after the order was missing for long enough', async () => {
    const scene = await connected();
    scene.standIn.faults.arm('ERROR_BEFORE');
    const order = await scene.place();
    const sinceMs = scene.time.now();
    let books = 0;
    await scene.until(() => {
      books = scene.standIn.asked.filter((each) => each === 'GET /orders').length;
      return statusOf(scene.now(order)) !== 'UNKNOWN';
    }, 100);
    expect(statusOf(scene.now(order))).toBe('NOT_PLACED');
    expect(scene.time.now() - sinceMs).toBeGreaterThanOrEqual(60_000);
    expect(books).toBeGreaterThanOrEqual(3);
    expect(placements(scene)).toBe(1);
    expect(scene.standIn.truth.orders).toEqual([]);
  });

  it('takes back that an order was not placed when it turns up later still', async () => {
    const scene = await connected({ standIn: { lateMs: 300_000 } });
    scene.standIn.faults.arm('DONE_LATE');
    const order = await scene.place();
    await scene.until(() => statusOf(scene.now(order)) === 'NOT_PLACED', 100);
    await scene.until(() => statusOf(scene.now(order)) === 'OPEN', 100);
    expect(scene.told(order)).toEqual(['DOUBTED', 'CLARIFIED', 'NOT_PLACED', 'ACCEPTED']);
  });

  it('survives TOO_MANY_REQUESTS: waits and asks again, and in the end says so', async () => {
    const scene = await connected();
    scene.standIn.faults.arm('TOO_MANY_REQUESTS', 3);
    const order = await scene.place();
    expect(order.doubt).toBeNull();
    expect(scene.standIn.truth.orders).toHaveLength(1);

    scene.standIn.faults.setRates({ TOO_MANY_REQUESTS: 1 });
    const id = newId();
    const refused = await scene.outcome(scene.venue.place(id, ticket()));
    expect(refused).toMatchObject({ code: 'VENUE_BUSY' });
    expect(scene.now({ id }).status).toBe('NOT_PLACED');
    expect(scene.standIn.truth.orders).toHaveLength(1);
  });

  it('survives an unanswered cancellation: unknown, then what it truly is', async () => {
    const scene = await connected();
    const [done, notDone] = [await scene.place(), await scene.place()];
    scene.standIn.faults.arm('LOST_UPDATE');
    scene.standIn.faults.arm('ERROR_AFTER');
    await scene.outcome(scene.venue.cancel(done.id));
    scene.standIn.faults.arm('ERROR_BEFORE');
    await scene.outcome(scene.venue.cancel(notDone.id));
    expect([done, notDone].map((order) => statusOf(scene.now(order)))).toEqual(['UNKNOWN', 'UNKNOWN']);
    await scene.until(() => [done, notDone].every((order) => scene.now(order).doubt === null));
    expect(statusOf(scene.now(done))).toBe('CANCELLED');
    expect(statusOf(scene.now(notDone))).toBe('OPEN');
    expect(scene.told(notDone)).not.toContain('CANCELLED');
  });

  it('survives MISSING_ORDER: "not found" for a filled order is unknown, and then filled', async () => {
    const scene = await connected();
    const order = await scene.place();
    scene.standIn.faults.arm('LOST_UPDATE');
    scene.standIn.fill(scene.truthOf(order), 100);
    scene.standIn.faults.arm('MISSING_ORDER', 4);
    const answer = await scene.outcome(scene.venue.cancel(order.id));
    expect(answer).toMatchObject({ code: 'VENUE_REFUSED' });
    expect(statusOf(scene.now(order))).toBe('UNKNOWN');
    await scene.until(() => isSettled(scene.now(order)));
    expect(scene.told(order)).not.toContain('CANCELLED');
    expect(scene.told(order).filter((kind) => kind === 'EXECUTED')).toHaveLength(1);
    expect(scene.now(order).status).toBe('FILLED');
  });

  it('survives STALE_BOOK: what is known does not go back', async () => {
    const scene = await connected();
    const order = await scene.place();
    await scene.outcome(scene.venue.reconcile());
    const seen: VenueOrder[] = [];
    scene.venue.listen({ changed: ({ order: after }) => seen.push(after) });
    scene.standIn.faults.arm('STALE_BOOK');
    scene.standIn.fill(scene.truthOf(order), 40);
    await scene.until(() => scene.now(order).fills.length === 1);
    await scene.outcome(scene.venue.reconcile());
    expect(scene.standIn.faults.counts.get('STALE_BOOK')).toBe(1);
    expect(seen.map(({ filledQuantity }) => filledQuantity)).toEqual(seen.map(() => 40n));
    expect(seen.length).toBeGreaterThan(0);
  });

  it('survives MISSING_TRADE: not complete before the trades are known', async () => {
    const scene = await connected();
    const order = await scene.place();
    scene.standIn.faults.setRates({ MISSING_TRADE: 1 });
    scene.standIn.fill(scene.truthOf(order), 60);
    scene.standIn.fill(scene.truthOf(order), 40);
    await scene.until(() => scene.now(order).fills.length === 1);
    expect(scene.now(order).status).toBe('FILLED');
    expect(isSettled(scene.now(order))).toBe(false);
    scene.standIn.faults.calm();
    await scene.until(() => isSettled(scene.now(order)));
    expect(scene.told(order)).toEqual(['ACCEPTED', 'EXECUTED', 'EXECUTED', 'COMPLETED']);
  });

  it('survives LATE_FILL: a fill after the cancellation counts', async () => {
    const scene = await connected();
    const order = await scene.place();
    scene.standIn.faults.arm('LATE_FILL');
    await scene.outcome(scene.venue.cancel(order.id));
    await scene.until(() => scene.now(order).fills.length === 1 && isSettled(scene.now(order)));
    expect(scene.now(order)).toMatchObject({ status: 'CANCELLED', filledQuantity: 50n });
    expect(scene.told(order).filter((kind) => kind === 'EXECUTED')).toHaveLength(1);
    expect(scene.told(order).at(-1)).toBe('CANCELLED');
  });

  it('that takes no credentials is logged out, and gets no orders until somebody signs in', async () => {
    const scene = await Scene.open({ venue: { accessToken: 'old' } });
    open.push(scene);
    await scene.until(() => scene.venue.state === 'LOGGED_OUT');
    expect(await scene.venue.place(newId(), ticket())).toMatchObject({ code: 'VENUE_LOGGED_OUT' });
    expect(scene.venue.orders()).toEqual([]);
    scene.venue.signIn('token');
    await scene.until(() => scene.venue.state === 'CONNECTED');
    await scene.place();
  });

  it('that answers no question any more is stale, also where its ticker goes on', async () => {
    const scene = await connected();
    scene.standIn.faults.setRates({ ERROR_BEFORE: 1 });
    await scene.until(() => scene.venue.state === 'STALE', 100);
    expect(await scene.outcome(scene.venue.reconcile())).toBe(false);
    scene.standIn.faults.calm();
    await scene.until(() => scene.venue.state === 'CONNECTED');
    expect(scene.standIn.sockets.count).toBe(1);
  });

  it('gets no new orders while what is known of it is stale, but cancellations', async () => {
    const scene = await connected();
    const order = await scene.place();
    scene.standIn.faults.setRates({ REFUSED_CONNECTION: 1 });
    scene.standIn.sockets.drop();
    await scene.until(() => scene.venue.state === 'STALE');
    expect(await scene.venue.place(newId(), ticket())).toMatchObject({ code: 'VENUE_UNAVAILABLE' });
    await scene.outcome(scene.venue.cancel(order.id));
    await scene.until(() => isSettled(scene.now(order)), 100);
    expect(scene.truthOf(order).status).toBe('CANCELLED');
  });
});

describe('what is remembered', () => {
  it('is taken up after a restart: an order that was being sent is unknown, and looked for', async () => {
    const before = await connected();
    before.standIn.faults.arm('SLOW_ANSWER');
    const id = newId();
    void before.venue.place(id, ticket());
    await before.until(() => before.journal.kept.has(id));
    expect(before.journal.kept.get(id)?.status).toBe('SENT');
    // The process ends here. Another one begins, at a broker that never got the order.
    const after = await connected({ journal: before.journal });
    expect(statusOf(after.now({ id }))).toBe('UNKNOWN');
    await after.until(() => statusOf(after.now({ id })) === 'NOT_PLACED', 100);
    expect(after.standIn.truth.orders).toEqual([]);
  });

  it('is what is believed: where nothing can be kept nothing is told, and all of it is learned later', async () => {
    const scene = await connected();
    const order = await scene.place();
    let failures = 3;
    scene.journal.isFailing = () => failures-- > 0;
    scene.standIn.fill(scene.truthOf(order), 100);
    await scene.until(() => isSettled(scene.now(order)));
    expect(scene.told(order)).toEqual(['ACCEPTED', 'EXECUTED', 'COMPLETED']);
  });

  it('that an order was placed may be what could not be kept: it is unknown then, and found', async () => {
    const scene = await connected();
    const id = newId();
    scene.standIn.faults.arm('LOST_UPDATE');
    let failures = 1;
    scene.journal.isFailing = (changes) =>
      changes.some(({ order }) => order.venueOrderId !== null) && failures-- > 0;
    await expect(scene.outcome(scene.venue.place(id, ticket()))).rejects.toThrow('the database is away');
    expect(scene.now({ id }).status).toBe('SENT');
    await scene.until(() => statusOf(scene.now({ id })) === 'OPEN');
    expect(scene.told({ id })).toEqual(['DOUBTED', 'ACCEPTED', 'CLARIFIED']);
    expect(placements(scene)).toBe(1);
  });

  it('does not depend on those who listen', async () => {
    const scene = await connected();
    const leave = scene.venue.listen({
      changed: () => {
        throw new Error('not mine');
      },
    });
    const order = await scene.place();
    leave();
    scene.standIn.fill(scene.truthOf(order), 100);
    await scene.until(() => isSettled(scene.now(order)));
  });

  it('does not cover what others trade on the account, but the positions add up', async () => {
    const scene = await connected();
    const form = new URLSearchParams({
      ...{ exchange: 'NSE', tradingsymbol: 'SBIN', transaction_type: 'SELL', order_type: 'MARKET' },
      ...{ product: 'MIS', quantity: '7' },
    });
    const foreign = scene.standIn.truth.place(form, scene.time.now());
    if (!('orderId' in foreign)) throw new Error(foreign.message);
    scene.standIn.fill(foreign, 7, 800_00n);
    await scene.outcome(scene.venue.reconcile());
    await scene.outcome(scene.venue.reconcile());
    expect(scene.venue.orders()).toEqual([]);
    expect(scene.discrepancies).toEqual([]);

    scene.standIn.faults.setRates({ MISSING_TRADE: 1 });
    await scene.outcome(scene.venue.reconcile());
    // It may be no more than that one list was ahead of the other.
    expect(scene.discrepancies).toEqual([]);
    await scene.outcome(scene.venue.reconcile());
    expect(scene.discrepancies).toEqual([
      { kind: 'POSITION_DIFFERS', symbol: 'SBIN', product: 'MIS', traded: 0n, reported: -7n },
    ]);
  });
});
