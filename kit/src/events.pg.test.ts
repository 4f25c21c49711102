import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KafkaSettings } from './config.ts';
import { Database } from './db.ts';
import { Bus } from './events/bus.ts';
import { deadLetters, retryDeadLetters } from './events/dead-letter.ts';
import { addConsumers } from './events/log.ts';
import { EventRetention, forgetPassing, keptEvents } from './events/retention.ts';
import { rebuild, replay } from './events/replay.ts';
import { publish, reaction, type EventOf, type NewEvent, type Reaction } from './events.ts';
import { AUDIT_TOPICS } from './audit.ts';
import { Sealer } from './audit/sealer.ts';
import { newId } from './id.ts';
import { topicsOf } from './retention.ts';
import { createLog } from './telemetry.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';
import { startTestKafka } from './testing-kafka.ts';

type SignUp = EventOf<'users.registered'>;

/** Every event is about this user, so that on any backbone all of them keep their order. */
const SOMEBODY = newId();

let database: TestDatabase;
let kafka: KafkaSettings | undefined;
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

/** Writes what it hears through the transaction of its delivery, and answers each event with another. */
function signUps(
  handle?: (event: SignUp) => Promise<void>,
  heard?: (events: readonly SignUp[]) => void,
): Reaction {
  return reaction({
    consumer: 'test.sign-ups',
    topics: ['users.registered'],
    async handle(tx, events) {
      heard?.(events);
      for (const event of events) {
        await tx.query(`INSERT INTO users.tenant (id, slug, name) VALUES ($1, $2, $3)`, [
          newId(),
          event.key,
          event.payload.displayName,
        ]);
        await handle?.(event);
      }
      return events.map(({ key }) => ({
        topic: 'users.authenticated',
        key,
        tenantId: null,
        payload: { userId: key },
      }));
    },
    reset: async (tx) => void (await tx.query(`DELETE FROM users.tenant`)),
  });
}

async function startBus(...handle: Parameters<typeof signUps>): Promise<Bus> {
  const bus = new Bus(db, createLog('test', 'silent'), kafka);
  buses.push(bus);
  bus.on(signUps(...handle));
  await bus.start();
  return bus;
}

function announce(name: string, key = newId()): NewEvent & { readonly topic: 'users.registered' } {
  const payload = { userId: SOMEBODY, displayName: name, tier: 'LITE' };
  return { topic: 'users.registered', key, tenantId: null, payload };
}

/** Keys of the events that followed, in the order of the log. */
async function answered(): Promise<string[]> {
  const { rows } = await db.system.query<{ name: string }>(
    `SELECT t.name FROM events.log l LEFT JOIN users.tenant t ON t.slug = l.key
      WHERE l.topic = 'users.authenticated' ORDER BY l.xid, l.pos`,
  );
  return rows.map(({ name }) => name);
}

async function seen(): Promise<string[]> {
  const { rows } = await db.system.query<{ name: string }>(`SELECT name FROM users.tenant ORDER BY id`);
  return rows.map(({ name }) => name);
}

async function buried(): Promise<{ attempts: number; error: string }[]> {
  const letters = await deadLetters(db.system);
  return letters.map(({ attempts, error }) => ({ attempts, error }));
}

describe('publish', () => {
  it('leaves no event behind when the transaction does not commit', async () => {
    const bus = await startBus();
    await expect(
      db.systemTransaction(async (tx) => {
        await publish(tx, [announce('ghost')]);
        throw new Error('the state was not saved');
      }),
    ).rejects.toThrow('the state was not saved');
    await publish(db.system, [announce('real')]);
    await bus.settled();
    expect(await seen()).toEqual(['real']);
  });

  it('is append-only for every role that serves requests', async () => {
    await publish(db.system, [announce('kept')]);
    for (const statement of [`UPDATE events.log SET topic = 'x'`, `DELETE FROM events.log`]) {
      await expect(db.system.query(statement)).rejects.toThrow(/permission denied/);
      await expect(db.tenant.query(statement)).rejects.toThrow(/permission denied/);
    }
    await expect(db.tenant.query(`SELECT * FROM events.log`)).rejects.toThrow(/permission denied/);
  });
});

describe('what is no record', () => {
  const log = createLog('test', 'silent');
  const DAY_MS = 86_400_000;
  const after = (days: number): EventRetention =>
    // One at a time, so that it has to come back for the others.
    new EventRetention(db, () => Date.now() + days * DAY_MS, log, {}, 1);

  async function tell(topic: string, key = newId()): Promise<void> {
    await publish(db.system, [{ topic, key, tenantId: null, payload: { userId: key } } as never]);
  }

  async function topics(): Promise<string[]> {
    const { rows } = await db.system.query<{ topic: string }>('SELECT topic FROM events.log ORDER BY pos');
    return rows.map(({ topic }) => topic);
  }

  async function hearAll(consumer: string): Promise<void> {
    await addConsumers(db.system, [consumer]);
    await db.system.query(
      `UPDATE events.consumer c SET xid = l.xid, pos = l.pos
         FROM (SELECT xid, pos FROM events.log ORDER BY xid DESC, pos DESC LIMIT 1) l WHERE c.name = $1`,
      [consumer],
    );
  }

  it('goes when its time is over, class by class, and records do not', async () => {
    const all = [
      'services.performance.metrics',
      'users.authenticated',
      'errors.critical',
      'alerts.triggered',
    ];
    for (const topic of [...all, 'orders.entered', 'alerts.triggered']) await tell(topic);
    await hearAll('test.all');
    expect(await after(0).forget()).toBe(0);
    expect(await after(8).forget()).toBe(1);
    expect(await topics()).not.toContain('services.performance.metrics');
    expect(await after(31).forget()).toBe(1);
    expect(await after(91).forget()).toBe(2);
    expect(await keptEvents(db.system, Date.now(), {})).toMatchObject([
      { class: 'METRICS', events: 0, oldest: null },
      { class: 'OPERATIONS', events: 0 },
      { class: 'DERIVED', events: 0 },
      { class: 'BOOKS', events: 1, oldest: expect.any(Date) as Date },
    ]);
    expect(await after(8 * 366).forget()).toBe(0);
    expect(await after(10 * 366).forget()).toBe(1);
    expect(await topics()).toEqual(['users.authenticated']);
  });

  it('waits for consumers that have not heard it, hear it again, or could not handle it', async () => {
    await tell('alerts.triggered');
    expect(await after(91).forget()).toBe(0);
    await addConsumers(db.system, ['test.slow']);
    await hearAll('test.quick');
    expect(await after(91).forget()).toBe(0);
    await hearAll('test.slow');
    await replay(db, { consumer: 'test.quick' }, new Date(0));
    expect(await after(91).forget()).toBe(0);
    await hearAll('test.quick');
    await db.system.query(
      `INSERT INTO events.dead_letter (id, consumer, event_id, topic, attempts, error)
       SELECT uuidv7(), 'test.slow', id, topic, 4, 'no' FROM events.log`,
    );
    expect(await after(91).forget()).toBe(0);
    await db.system.query('DELETE FROM events.dead_letter');
    expect(await after(91).forget()).toBe(1);
  });

  it('is heard when the relay has it, where events travel through Kafka', async () => {
    await tell('alerts.triggered');
    await addConsumers(db.system, ['test.through-kafka', 'kafka.relay']);
    expect(await after(91).forget()).toBe(0);
    await hearAll('kafka.relay');
    expect(await after(91).forget()).toBe(1);
  });

  it('is not what was sealed, whoever asks', async () => {
    await tell('users.authenticated');
    const sealer = new Sealer(db, Date.now, log);
    await vi.waitFor(async () => expect(await sealer.seal()).toBe(1), { timeout: 20_000 });
    const tomorrow = new Date(Date.now() + DAY_MS);
    await expect(forgetPassing(db.system, AUDIT_TOPICS, tomorrow, 1)).rejects.toThrow(
      'leave with their seals',
    );
    expect(await forgetPassing(db.system, topicsOf('METRICS'), tomorrow, 1)).toBe(0);
    await expect(forgetPassing(db.tenant, topicsOf('METRICS'), tomorrow, 1)).rejects.toThrow(
      'permission denied',
    );
  });
});

const broker = await startTestKafka();
afterAll(() => broker?.discard());

describe.each(['the log', 'Kafka'] as const)('over %s', (form) => {
  // Where there are no jars of Kafka (GRIDWORKS_TEST_KAFKA_LIBS), what it promises is not proven, and counts as skipped.
  describe.skipIf(form === 'Kafka' && !broker)('the bus', () => {
    beforeEach(() => {
      kafka = form === 'Kafka' && broker ? { brokers: broker.brokers, prefix: `test-${newId()}` } : undefined;
    });
    afterEach(() => {
      kafka = undefined;
    });

    it('delivers in order what was published before and after it started, other topics aside', async () => {
      await publish(db.system, [announce('before')]);
      const bus = await startBus();
      await publish(db.system, [
        { topic: 'users.authenticated', key: 'x', tenantId: null, payload: { userId: 'x' } },
      ]);
      for (const name of ['1', '2', '3']) await publish(db.system, [announce(name)]);
      await bus.settled();
      expect(await seen()).toEqual(['before', '1', '2', '3']);
    });

    it('gives each event to one of several processes of a consumer, exactly once', async () => {
      const [one] = await Promise.all([startBus(), startBus(), startBus()]);
      const names = Array.from({ length: 300 }, (_, index) => String(index));
      await Promise.all(
        names.map(async (name) => {
          await publish(db.system, [announce(name)]);
          one?.committed();
        }),
      );
      await one?.settled();
      expect((await seen()).sort()).toEqual(names.sort());
      expect(await buried()).toEqual([]);
    });

    it('waits for an older transaction that commits late instead of passing over its event', async () => {
      await publish(db.system, [announce('written and committed before')]);
      const late = await db.system.connect();
      await late.query('BEGIN');
      await publish(late, [announce('written first, committed last')]);
      await publish(db.system, [announce('written last, committed first')]);
      const bus = await startBus();
      // Everything that may be handled now is handled in one batch; the last event is visible, and must wait.
      await vi.waitFor(async () => expect(await seen()).not.toEqual([]), { timeout: 20_000 });
      expect(await seen()).toEqual(['written and committed before']);
      await late.query('COMMIT');
      late.release();
      await bus.settled();
      expect(await seen()).toEqual([
        'written and committed before',
        'written first, committed last',
        'written last, committed first',
      ]);
    });

    it('tries a failing event again and undoes what the failed attempts wrote', async () => {
      let failures = 2;
      const bus = await startBus(async () => {
        if (failures-- > 0) throw new Error('not yet');
      });
      await publish(db.system, [announce('stubborn')]);
      await bus.settled();
      expect(await seen()).toEqual(['stubborn']);
      expect(await buried()).toEqual([]);
    });

    it('puts what keeps failing into the dead letters and goes on with the rest', async () => {
      const bus = await startBus(async ({ payload }) => {
        if (payload.displayName === 'poison') throw new Error('cannot digest this');
      });
      for (const name of ['a', 'poison', 'b']) await publish(db.system, [announce(name)]);
      await bus.settled();
      expect(await seen()).toEqual(['a', 'b']);
      expect(await answered()).toEqual(['a', 'b']);
      expect(await buried()).toEqual([{ attempts: 4, error: 'Error: cannot digest this' }]);
    });

    it('picks the failing ones out of a batch; all others take effect once, in order', async () => {
      const names = Array.from({ length: 300 }, (_, index) => String(index));
      const poison = new Set(['0', '137', '138', '299']);
      await publish(
        db.system,
        names.map((name) => announce(name)),
      );
      const bus = await startBus(async ({ payload }) => {
        if (poison.has(payload.displayName)) throw new Error(`cannot digest ${payload.displayName}`);
      });
      await bus.settled();
      const digestible = names.filter((name) => !poison.has(name));
      expect(await seen()).toEqual(digestible);
      expect(await answered()).toEqual(digestible);
      expect((await buried()).map(({ error }) => error)).toEqual(
        [...poison].map((name) => `Error: cannot digest ${name}`),
      );
    });

    it('knows whose fault it is when the database objects only at the end of the transaction', async () => {
      await admin(`CREATE TABLE users.once (name text UNIQUE DEFERRABLE INITIALLY DEFERRED)`);
      const bus = new Bus(db, createLog('test', 'silent'), kafka);
      buses.push(bus);
      bus.on(
        reaction({
          consumer: 'test.once',
          topics: ['users.registered'],
          async handle(tx, events) {
            for (const { payload } of events) {
              await tx.query(`INSERT INTO users.once VALUES ($1)`, [payload.displayName]);
            }
            return [];
          },
        }),
      );
      await publish(
        db.system,
        ['a', 'b', 'a', 'c'].map((name) => announce(name)),
      );
      await bus.start();
      await bus.settled();
      const { rows } = await db.system.query(`SELECT name FROM users.once ORDER BY name`);
      expect(rows).toEqual([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
      expect((await buried()).map(({ error }) => error)).toEqual([expect.stringContaining('duplicate key')]);
    });

    it('holds nothing against an event when the connection breaks or the database asks to try again', async () => {
      let faults = 0;
      const bus = await startBus(async () => {
        faults++;
        if (faults <= 2) {
          await admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'`);
        } else if (faults <= 6) {
          await db.system.query(`DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$`);
        }
      });
      await publish(db.system, [announce('patient')]);
      await bus.settled();
      expect(await seen()).toEqual(['patient']);
      expect(await buried()).toEqual([]);
    });

    it('goes on where it stopped', async () => {
      const first = await startBus();
      await publish(db.system, [announce('1')]);
      await first.settled();
      await first.stop();
      await publish(db.system, [announce('2')]);
      const second = await startBus();
      await second.settled();
      expect(await seen()).toEqual(['1', '2']);
    });

    it('comes back after its connections were cut', async () => {
      const bus = await startBus();
      await publish(db.system, [announce('1')]);
      await bus.settled();
      await admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid()`);
      // Whoever uses a connection that was cut hears of it, once.
      await vi.waitFor(() => publish(db.system, [announce('2')]), { timeout: 20_000 });
      await vi.waitFor(() => bus.settled(), { timeout: 20_000 });
      expect(await seen()).toEqual(['1', '2']);
    });
  });
});

describe.skipIf(!broker)('a broker of Kafka that goes away and comes back', () => {
  it('loses nothing and doubles nothing', async () => {
    if (!broker) throw new Error('there is no broker');
    kafka = { brokers: broker.brokers, prefix: `test-${newId()}` };
    const [one] = await Promise.all([startBus(), startBus()]);
    kafka = undefined;
    const names = Array.from({ length: 600 }, (_, index) => String(index));
    const say = async (part: readonly string[]): Promise<void> => {
      for (const name of part) await publish(db.system, [announce(name)]);
      one.committed();
    };
    await say(names.slice(0, 200));
    await vi.waitFor(async () => expect((await seen()).length).toBeGreaterThan(0), { timeout: 20_000 });
    await broker.kill();
    await say(names.slice(200, 400));
    await broker.start();
    await say(names.slice(400));
    await one.settled();
    expect(await seen()).toEqual(names);
    expect(await answered()).toEqual(names);
    expect(await buried()).toEqual([]);
  }, 90_000);

  it('need not be there at the start', async () => {
    if (!broker) throw new Error('there is no broker');
    await broker.kill();
    kafka = { brokers: broker.brokers, prefix: `test-${newId()}` };
    const bus = await startBus();
    kafka = undefined;
    await publish(db.system, [announce('early')]);
    await broker.start();
    await publish(db.system, [announce('late')]);
    await bus.settled();
    expect(await seen()).toEqual(['early', 'late']);
  }, 60_000);

  it('may send again what it has sent: each event takes effect once', async () => {
    if (!broker) throw new Error('there is no broker');
    kafka = { brokers: broker.brokers, prefix: `test-${newId()}` };
    const bus = await startBus();
    kafka = undefined;
    const names = Array.from({ length: 50 }, (_, index) => String(index));
    for (const name of names) await publish(db.system, [announce(name)]);
    await bus.settled();
    await replay(db, { consumer: 'kafka.relay' }, new Date(0));
    await publish(db.system, [announce('after')]);
    await bus.settled();
    expect(await seen()).toEqual([...names, 'after']);
    expect(await answered()).toEqual([...names, 'after']);
  }, 60_000);
});

it('starts and stops where no broker of Kafka answers, and keeps events for later', async () => {
  const bus = new Bus(db, createLog('test', 'silent'), { brokers: ['127.0.0.1:1'], prefix: 'test' });
  bus.on(signUps());
  expect(await bus.start()).toBe(false);
  await publish(db.system, [announce('waits')]);
  await bus.stop();
  const overLog = await startBus();
  await overLog.settled();
  expect(await seen()).toEqual(['waits']);
});

describe('a consumer that heard of events through Kafka', () => {
  beforeEach(async () => {
    await db.system.query(`INSERT INTO events.consumer (name, xid, pos) VALUES ('test.sign-ups', '0', 0)`);
    await db.system.query(
      `INSERT INTO events.partition_mark (consumer, stream, partition, xid, pos)
       VALUES ('test.sign-ups', 'test.users', 0, '5', 5)`,
    );
  });

  it('does not hear them again from the log by mistake', async () => {
    await expect(startBus()).rejects.toThrow(/test\.sign-ups heard of events through Kafka/);
    await expect(rebuild(db, signUps())).rejects.toThrow(/through Kafka/);
  });
});

describe('the log', () => {
  it('hands over what has gathered in batches, in order', async () => {
    const names = Array.from({ length: 2_500 }, (_, index) => String(index));
    await publish(
      db.system,
      names.map((name) => announce(name)),
    );
    const sizes: number[] = [];
    const bus = await startBus(undefined, (events) => sizes.push(events.length));
    await bus.settled();
    expect(sizes).toEqual([2_000, 500]);
    expect(await seen()).toEqual(names);
    expect(await answered()).toEqual(names);
  });

  it('moves the cursor of a consumer that hears nothing along, past events of others', async () => {
    const bus = await startBus();
    const place = async (): Promise<bigint> => {
      const { rows } = await db.system.query<{ xid: bigint }>(
        `SELECT xid::text::bigint AS xid FROM events.consumer`,
      );
      return rows[0]?.xid ?? -1n;
    };
    await bus.settled();
    const before = await place();
    await Promise.all(
      Array.from({ length: 1_100 }, () =>
        publish(db.system, [
          { topic: 'users.authenticated', key: 'x', tenantId: null, payload: { userId: 'x' } },
        ]),
      ),
    );
    bus.committed();
    await vi.waitFor(async () => expect(await place()).toBeGreaterThan(before), { timeout: 10_000 });
    await publish(db.system, [announce('after')]);
    await bus.settled();
    expect(await seen()).toEqual(['after']);
  });

  it('refuses two reactions of one consumer name', () => {
    const bus = new Bus(db, createLog('test', 'silent'));
    const twin = reaction({ consumer: 'x.y', topics: ['users.registered'], handle: async () => [] });
    bus.on(twin);
    expect(() => bus.on(twin)).toThrow(/x\.y/);
  });
});

describe('dead letters', () => {
  it('are tried again in the order of the log: what now succeeds takes effect once and is gone', async () => {
    const broken = new Set(['1', '2', '3']);
    const handle = async ({ payload }: SignUp): Promise<void> => {
      if (broken.has(payload.displayName)) throw new Error('not yet');
    };
    const bus = await startBus(handle);
    await publish(
      db.system,
      ['1', '2', 'fine', '3'].map((name) => announce(name)),
    );
    await bus.settled();
    expect(await seen()).toEqual(['fine']);

    broken.delete('1');
    broken.delete('3');
    expect(await retryDeadLetters(db, signUps(handle))).toEqual({ handled: 2, failed: 1 });
    expect(await seen()).toEqual(['fine', '1', '3']);
    expect(await answered()).toEqual(['fine', '1', '3']);
    expect(await buried()).toEqual([{ attempts: 5, error: 'Error: not yet' }]);
    expect(await deadLetters(db.system, 'somebody.else')).toEqual([]);

    broken.clear();
    expect(await retryDeadLetters(db, signUps(handle))).toEqual({ handled: 1, failed: 0 });
    expect(await retryDeadLetters(db, signUps(handle))).toEqual({ handled: 0, failed: 0 });
    expect(await answered()).toEqual(['fine', '1', '3', '2']);
  });
});

describe('a read model', () => {
  it('is dropped and built again from the log while events go on, and nothing that followed is said twice', async () => {
    const bus = await startBus();
    const names = Array.from({ length: 2_300 }, (_, index) => String(index));
    await publish(
      db.system,
      names.map((name) => announce(name)),
    );
    await bus.settled();
    await admin(`UPDATE users.tenant SET name = 'spoilt'`);

    await Promise.all([rebuild(db, signUps()), publish(db.system, [announce('meanwhile')])]);
    await publish(db.system, [announce('afterwards')]);
    await bus.settled();
    const all = [...names, 'meanwhile', 'afterwards'];
    expect(await seen()).toEqual(all);
    expect(await answered()).toEqual(all);
  });

  it('is built again to the end by another process when the first stops in the middle', async () => {
    const names = Array.from({ length: 2_300 }, (_, index) => String(index));
    await publish(
      db.system,
      names.map((name) => announce(name)),
    );
    const first = await startBus();
    await first.settled();
    await first.stop();
    await rebuild(db, signUps());
    let stopping: Promise<void> | undefined;
    const second: Bus = await startBus(async ({ payload }) => {
      if (payload.displayName === '100') stopping = second.stop();
    });
    await vi.waitFor(() => expect(stopping).toBeDefined(), { timeout: 10_000 });
    await stopping;
    expect(await seen()).toHaveLength(2_000);
    const third = await startBus();
    await third.settled();
    expect(await seen()).toEqual(names);
    expect(await answered()).toEqual(names);
  });

  it('is nothing again where nothing was heard', async () => {
    const bus = await startBus();
    await bus.settled();
    await rebuild(db, signUps());
    await bus.settled();
    await publish(db.system, [announce('first')]);
    await bus.settled();
    expect(await seen()).toEqual(['first']);
    expect(await answered()).toEqual(['first']);
  });

  it('cannot be dropped where a reaction keeps more than one', async () => {
    const { reset: _reset, ...keeper } = signUps();
    await expect(rebuild(db, keeper)).rejects.toThrow(/test\.sign-ups/);
  });

  it('hears again what happened since a time, and only that', async () => {
    const bus = await startBus();
    await publish(db.system, [announce('before')]);
    const { rows } = await db.system.query<{ now: Date }>(`SELECT now()`);
    await sleep(5);
    await publish(db.system, [announce('after')]);
    await bus.settled();
    await admin(`DELETE FROM users.tenant`);
    await replay(db, signUps(), rows[0]?.now ?? new Date(0));
    await bus.settled();
    expect(await seen()).toEqual(['after']);
    expect(await answered()).toEqual([null, 'after']);
    await expect(replay(db, signUps(), new Date('2999-01-01'))).rejects.toThrow(/nothing happened/);
    await expect(replay(db, { consumer: 'no.body' }, new Date(0))).rejects.toThrow(/no\.body/);
    const forgetful = { ...signUps(), isForgetful: true } as const;
    await expect(replay(db, forgetful, new Date(0))).rejects.toThrow(/cannot hear events anew/);
  });
});

async function admin(sql: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(database.url);
  await client.connect();
  await client.query(sql);
  await client.end();
}
