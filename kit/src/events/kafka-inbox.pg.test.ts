import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database } from '../db.ts';
import { createTestDatabase, type TestDatabase } from '../testing.ts';
import { Inbox } from './kafka-inbox.ts';
import type { LoggedEvent } from './log.ts';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = new Database(database.url);
  await db.system.query(`INSERT INTO events.consumer (name, xid, pos) VALUES ('test.inbox', '100', 3)`);
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

function at(pos: bigint, xid = '100'): LoggedEvent {
  const payload = { userId: 'asha' };
  return {
    xid,
    pos,
    id: `${xid}:${pos}`,
    topic: 'users.authenticated',
    key: 'asha',
    tenantId: null,
    at: new Date(0),
    payload,
  };
}

/** What a consumer is handed of these messages, batch by batch, until nothing is left. */
async function handled(
  partition: number,
  limit: number,
  messages: readonly LoggedEvent[],
): Promise<string[][]> {
  const inbox = new Inbox('test.inbox', 'test.users', partition, messages);
  const batches: string[][] = [];
  for (;;) {
    const ids = await db.systemTransaction(async (tx) => {
      const batch = await inbox.take(tx, limit);
      await batch?.keep();
      return batch?.events.map(({ id }) => id);
    });
    if (!ids) return batches;
    batches.push(ids);
  }
}

it('hands over each event once and in order, whatever comes again, and nothing from before there was Kafka', async () => {
  expect(await handled(0, 2, [at(2n), at(3n), at(4n), at(5n), at(6n)])).toEqual([
    ['100:4', '100:5'],
    ['100:6'],
  ]);
  const again = [at(4n), at(7n), at(5n), at(7n), at(6n), at(1n, '101')];
  expect(await handled(0, 10, again)).toEqual([['100:7', '101:1']]);
  expect(await handled(0, 10, again)).toEqual([]);
});

it('marks each partition for itself', async () => {
  expect(await handled(1, 10, [at(4n)])).toEqual([['100:4']]);
});

it('hands over again what was not kept', async () => {
  const inbox = new Inbox('test.inbox', 'test.users', 2, [at(4n)]);
  const fail = db.systemTransaction(async (tx) => {
    await (await inbox.take(tx, 10))?.keep();
    throw new Error('the effects were lost');
  });
  await expect(fail).rejects.toThrow(/were lost/);
  expect(await handled(2, 10, [at(4n)])).toEqual([['100:4']]);
});
