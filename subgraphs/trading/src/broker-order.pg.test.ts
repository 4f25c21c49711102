/** What is believed of orders at a broker, kept in the database and taken up again. */
import { Database } from '@gridworks/kit/db';
import { createTestDatabase, type TestDatabase } from '@gridworks/kit/testing';
import { newId } from '@gridworks/kit/id';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isSettled, sendOrder, statusOf, type Change } from './domain/broker/order.ts';
import { tagOf } from './domain/broker/tag.ts';
import { BrokerOrderStore } from './store/broker-order.ts';
import { MemoryJournal, Scene, ticket } from './testing/kite/scene.ts';

let database: TestDatabase;
let db: Database;

beforeEach(async () => {
  database = await createTestDatabase();
  db = new Database(database.url);
});

afterEach(async () => {
  await db.close();
  await database.drop();
});

describe('orders at a broker', () => {
  it('are taken up by the next process as this one left them, and their trades count once', async () => {
    const store = new BrokerOrderStore(db);
    const scene = await Scene.connected({ journal: new MemoryJournal(store) });
    const [part, whole] = [
      await scene.place(),
      await scene.place({ type: 'STOP_LIMIT', triggerPrice: 1_490_00n }),
    ];
    scene.standIn.trigger(scene.truthOf(whole));
    scene.standIn.fill(scene.truthOf(whole), 100);
    scene.standIn.fill(scene.truthOf(part), 30);
    await scene.until(() => isSettled(scene.now(whole)) && scene.now(part).fills.length === 1);
    const believed = scene.now(part);
    expect(await store.recent(8.64e15)).toEqual([believed]);
    expect(await store.recent(0)).toHaveLength(2);

    scene.standIn.faults.arm('LOST_UPDATE');
    scene.standIn.fill(scene.truthOf(part), 70);
    await scene.restart();
    expect(scene.now(part)).toEqual(believed);
    await scene.until(() => isSettled(scene.now(part)));
    expect(scene.now(part).fills.map(({ quantity }) => quantity)).toEqual([30n, 70n]);
    expect(await store.recent(8.64e15)).toEqual([]);
    const { rows } = await db.system.query('SELECT * FROM trading.broker_fill');
    expect(rows).toHaveLength(3);
    await scene.close();
  });

  it('that were being sent when the process ended are unknown, and found', async () => {
    const store = new BrokerOrderStore(db);
    const id = newId();
    await store.record([{ order: sendOrder(id, tagOf(id), ticket(), 1_000), happenings: [] }]);
    const scene = await Scene.connected({ journal: new MemoryJournal(store) });
    expect(statusOf(scene.now({ id }))).toBe('UNKNOWN');
    const { rows } = await db.system.query('SELECT status, doubt FROM trading.broker_order');
    expect(rows).toEqual([{ status: 'SENT', doubt: 'UNANSWERED' }]);
    await scene.close();
  });

  it('are kept with all that follows, or not at all', async () => {
    let isBroken = true;
    const followed: Change[] = [];
    const store = new BrokerOrderStore(db, async (_tx, changes) => {
      if (isBroken) throw new Error('what follows failed');
      followed.push(...changes);
    });
    const id = newId();
    const change = { order: sendOrder(id, tagOf(id), ticket(), 1_000), happenings: [] };
    await expect(store.record([change])).rejects.toThrow('what follows failed');
    expect(await store.recent(8.64e15)).toEqual([]);
    isBroken = false;
    await store.record([change]);
    expect(followed).toEqual([change]);
    const fill = { tradeId: 't1', price: 1n, quantity: 1n, atMs: 1_000 };
    const executed = {
      order: change.order,
      happenings: [{ kind: 'EXECUTED' as const, order: change.order, fill }],
    };
    await store.record([executed]);
    await expect(store.record([executed])).rejects.toThrow('broker_fill_pkey');
  });

  it('are no business of callers, and no trade is ever taken back', async () => {
    await expect(db.system.query('DELETE FROM trading.broker_fill')).rejects.toThrow('permission denied');
    await expect(db.system.query('UPDATE trading.broker_fill SET price = 1')).rejects.toThrow(
      'permission denied',
    );
    await expect(db.tenant.query('SELECT * FROM trading.broker_order')).rejects.toThrow('permission denied');
    await expect(db.tenant.query('SELECT * FROM trading.broker_fill')).rejects.toThrow('permission denied');
  });
});
