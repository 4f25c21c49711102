/**
 * Under load the gateway is killed, the client's connection is cut, the whole product is killed, at random points: every
 * order event arrives once and in order, and every order that was acknowledged is there.
 */
import { MyOrdersDocument, type MyOrdersSubscription } from '@gridworks/schema/operations';
import type { ExecutionResult } from 'graphql';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { eventually, type GraphClient } from './client.ts';
import { OrderReader, toldBy } from './order-reader.ts';
import { Orders, history, newTrader } from './orders.ts';
import { start } from './process.ts';
import { randomOf, type Random } from './random.ts';

interface Load {
  /** Rejects when the load could not go on. */
  readonly working: Promise<void>;
  stop(): Promise<void>;
}

/** Places and cancels without a pause until it is stopped. */
function keepTrading(orders: Orders, random: Random): Load {
  let isOver = false;
  const working = (async () => {
    while (!isOver) {
      const isResting = random(0, 2) > 0;
      const id = await orders.place(isResting);
      if (isResting) await orders.cancel(id);
    }
  })();
  // Looked at by those who wait for what it does.
  working.catch(() => undefined);
  return {
    working,
    stop: () => {
      isOver = true;
      return working;
    },
  };
}

/** Readers by either way, each of which loses its connection again and again, after a random number of events. */
class CutReaders {
  cuts = 0;
  readonly all: readonly OrderReader[];

  constructor({ url, headers }: GraphClient, random: Random) {
    this.all = (['socket', 'events'] as const).map((by) => {
      let left = random(1, 25);
      const reader: OrderReader = new OrderReader({
        url,
        headers,
        by,
        onUpdate: () => {
          left -= 1;
          if (left > 0) return;
          left = random(1, 25);
          this.cuts += 1;
          reader.cut();
        },
      });
      return reader;
    });
  }

  /** Resolves when each of them has heard so many events more of what these loads do. */
  async hear(count: number, loads: readonly Load[]): Promise<void> {
    const heard = Promise.all(this.all.map((reader) => reader.until(reader.last + count)));
    await Promise.race([heard, ...loads.map(({ working }) => working)]);
  }
}

/** What each read is the whole history and nothing else, and the history knows every acknowledged order. */
async function expectWhole(readers: CutReaders, trader: GraphClient, orders: Orders): Promise<void> {
  // One more event on one more connection: whatever came twice before it is there when it is.
  for (const reader of readers.all) reader.cut();
  await orders.place(false);
  const expected = await history(trader);
  expect(expected.map(([sequence]) => sequence)).toEqual(expected.map((_, index) => index + 1));
  for (const reader of readers.all) {
    await reader.until(expected.length);
    await reader.close();
    expect(toldBy(reader)).toEqual(expected);
    expect(reader.connections).toBeGreaterThan(1);
  }
  const ids = new Set(expected.map(([, , id]) => id));
  expect(orders.acknowledged.filter((id) => !ids.has(id))).toEqual([]);
  expect(new Set(orders.acknowledged).size).toBe(orders.acknowledged.length);
}

describe('every order event arrives once, in order', { timeout: 180_000 }, () => {
  const seed = randomInt(2 ** 31);

  it(`when the gateway is killed and connections are cut (seed ${seed})`, async () => {
    console.log(`resume: gateways are killed with seed ${seed}`);
    const graph = await start('start-distributed');
    try {
      const random = randomOf(seed);
      const trader = await newTrader(graph.url);
      const readers = new CutReaders(trader, randomOf(seed + 1));
      const orders = new Orders(trader);
      const load = [2, 3].map((more) => keepTrading(orders, randomOf(seed + more)));
      const killed = new Set<number>();
      for (let round = 0; round < 3; round++) {
        await readers.hear(random(10, 40), load);
        const pid = graph.pidOf('gateway');
        killed.add(pid);
        process.kill(pid, 'SIGKILL');
        await eventually(
          async () => graph.pidOf('gateway'),
          (now) => now !== pid,
        );
      }
      await readers.hear(random(10, 40), load);
      await Promise.all(load.map((each) => each.stop()));
      await expectWhole(readers, trader, orders);
      // Three gateways died, and connections were cut between their deaths.
      expect(killed.size).toBe(3);
      expect(readers.cuts).toBeGreaterThan(3);
    } finally {
      await graph.discard();
    }
  });

  it(`when everything is killed, the database too (seed ${seed})`, async () => {
    console.log(`resume: everything is killed with seed ${seed}`);
    let graph = await start('start');
    const { dataDir, port, url } = graph;
    try {
      const random = randomOf(seed);
      const trader = await newTrader(url);
      const readers = new CutReaders(trader, randomOf(seed + 1));
      const orders = new Orders(trader);
      const load = [2, 3].map((more) => keepTrading(orders, randomOf(seed + more)));
      await readers.hear(random(10, 40), load);
      const [database] = readFileSync(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n');
      const closed = once(graph.process, 'close');
      process.kill(Number(database), 'SIGKILL');
      graph.process.kill('SIGKILL');
      await closed;
      graph = await start('start', { dataDir, port });
      await readers.hear(random(10, 40), load);
      await Promise.all(load.map((each) => each.stop()));
      await expectWhole(readers, trader, orders);
    } finally {
      await graph.discard();
    }
  });
});

describe.each(inject('forms'))('who comes from another database, $name', ({ url }) => {
  it('gets a gap and the open orders, and goes on from there', async () => {
    const trader = await newTrader(url);
    const orders = new Orders(trader);
    const resting = await orders.place(true);
    const stream = trader.stream(MyOrdersDocument, { after: 1_000_000 });
    const { value: gap } = (await stream.next()) as { value: ExecutionResult<MyOrdersSubscription> };
    expect(gap.data?.orderUpdates).toMatchObject({
      sequence: 1,
      kind: 'GAP',
      order: null,
      trade: null,
      snapshot: [{ id: resting, status: 'OPEN', filledQuantity: 0 }],
    });
    await orders.cancel(resting);
    const { value: next } = (await stream.next()) as { value: ExecutionResult<MyOrdersSubscription> };
    expect(next.data?.orderUpdates).toMatchObject({
      sequence: 2,
      kind: 'CANCELLED',
      order: { id: resting },
      snapshot: null,
    });
    await stream.return?.();
    await trader.close();
  });
});
