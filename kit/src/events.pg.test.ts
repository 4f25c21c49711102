import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from './db.ts';
import { Bus, publish, reaction, type EventOf } from './events.ts';
import { newId } from './id.ts';
import { createLog } from './telemetry.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

type SignUp = EventOf<'users.registered'>;

let database: TestDatabase;
let db: Database;
const buses: Bus[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  db = new Database(database.url);
});
afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.stop()));
  await db.close();
  await database.drop();
});

/** A bus whose only reaction writes what it saw through the transaction of its delivery. */
async function startBus(handle?: (event: SignUp) => Promise<void>): Promise<Bus> {
  const bus = new Bus(db, createLog('test', 'silent'));
  buses.push(bus);
  bus.on(
    reaction({
      consumer: 'test.sign-ups',
      topics: ['users.registered'],
      async handle(tx, event) {
        await tx.query(`INSERT INTO users.tenant (id, slug, name) VALUES ($1, $2, $3)`, [
          newId(),
          event.key,
          event.payload.displayName,
        ]);
        await handle?.(event);
      },
    }),
  );
  await bus.start();
  return bus;
}

function announce(name: string, key = newId()): { key: string; tenantId: null; payload: SignUp['payload'] } {
  return { key, tenantId: null, payload: { userId: key, displayName: name, tier: 'LITE' } };
}

async function seen(): Promise<string[]> {
  const { rows } = await db.system.query<{ name: string }>(`SELECT name FROM users.tenant ORDER BY id`);
  return rows.map(({ name }) => name);
}

async function deadLetters(): Promise<{ attempts: number; error: string }[]> {
  return (
    await db.system.query<{ attempts: number; error: string }>(
      `SELECT attempts, error FROM events.dead_letter`,
    )
  ).rows;
}

describe('publish', () => {
  it('leaves no event behind when the transaction does not commit', async () => {
    const bus = await startBus();
    await expect(
      db.systemTransaction(async (tx) => {
        await publish(tx, 'users.registered', announce('ghost'));
        throw new Error('the state was not saved');
      }),
    ).rejects.toThrow('the state was not saved');
    await publish(db.system, 'users.registered', announce('real'));
    await bus.settled();
    expect(await seen()).toEqual(['real']);
  });

  it('is append-only for every role that serves requests', async () => {
    await publish(db.system, 'users.registered', announce('kept'));
    for (const statement of [`UPDATE events.log SET topic = 'x'`, `DELETE FROM events.log`]) {
      await expect(db.system.query(statement)).rejects.toThrow(/permission denied/);
      await expect(db.tenant.query(statement)).rejects.toThrow(/permission denied/);
    }
    await expect(db.tenant.query(`SELECT * FROM events.log`)).rejects.toThrow(/permission denied/);
  });
});

describe('Bus', () => {
  it('delivers in order what was published before and after it started, other topics aside', async () => {
    await publish(db.system, 'users.registered', announce('before'));
    const bus = await startBus();
    await publish(db.system, 'users.authenticated', { key: 'x', tenantId: null, payload: { userId: 'x' } });
    for (const name of ['1', '2', '3']) await publish(db.system, 'users.registered', announce(name));
    await bus.settled();
    expect(await seen()).toEqual(['before', '1', '2', '3']);
  });

  it('gives each event to one of several processes of a consumer, exactly once', async () => {
    const [one] = await Promise.all([startBus(), startBus(), startBus()]);
    const names = Array.from({ length: 300 }, (_, index) => String(index));
    await Promise.all(
      names.map(async (name) => {
        await publish(db.system, 'users.registered', announce(name));
        one?.committed();
      }),
    );
    await one?.settled();
    expect((await seen()).sort()).toEqual(names.sort());
    expect(await deadLetters()).toEqual([]);
  });

  it('waits for an older transaction that commits late instead of passing over its event', async () => {
    const bus = await startBus();
    const late = await db.system.connect();
    await late.query('BEGIN');
    await publish(late, 'users.registered', announce('written first, committed last'));
    await publish(db.system, 'users.registered', announce('written last, committed first'));
    await sleep(400);
    expect(await seen()).toEqual([]);
    await late.query('COMMIT');
    late.release();
    await bus.settled();
    expect(await seen()).toEqual(['written first, committed last', 'written last, committed first']);
  });

  it('tries a failing event again and undoes what the failed attempts wrote', async () => {
    let failures = 2;
    const bus = await startBus(async () => {
      if (failures-- > 0) throw new Error('not yet');
    });
    await publish(db.system, 'users.registered', announce('stubborn'));
    await bus.settled();
    expect(await seen()).toEqual(['stubborn']);
    expect(await deadLetters()).toEqual([]);
  });

  it('puts what keeps failing into the dead letters and goes on with the rest', async () => {
    const bus = await startBus(async ({ payload }) => {
      if (payload.displayName === 'poison') throw new Error('cannot digest this');
    });
    for (const name of ['a', 'poison', 'b']) await publish(db.system, 'users.registered', announce(name));
    await bus.settled();
    expect(await seen()).toEqual(['a', 'b']);
    expect(await deadLetters()).toEqual([{ attempts: 4, error: 'Error: cannot digest this' }]);
  });

  it('goes on where it stopped', async () => {
    const first = await startBus();
    await publish(db.system, 'users.registered', announce('1'));
    await first.settled();
    await first.stop();
    await publish(db.system, 'users.registered', announce('2'));
    const second = await startBus();
    await second.settled();
    expect(await seen()).toEqual(['1', '2']);
  });

  it('comes back after its connections were cut', async () => {
    const bus = await startBus();
    await publish(db.system, 'users.registered', announce('1'));
    await bus.settled();
    await admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid()`);
    await sleep(50);
    await publish(db.system, 'users.registered', announce('2')).catch(() =>
      publish(db.system, 'users.registered', announce('2')),
    );
    await bus.settled();
    expect(await seen()).toEqual(['1', '2']);
  });

  it('refuses two reactions of one consumer name', () => {
    const bus = new Bus(db, createLog('test', 'silent'));
    const twin = reaction({ consumer: 'x.y', topics: ['users.registered'], handle: async () => undefined });
    bus.on(twin);
    expect(() => bus.on(twin)).toThrow(/x\.y/);
  });
});

async function admin(sql: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(database.url);
  await client.connect();
  await client.query(sql);
  await client.end();
}
