/**
 * The event backbone on Postgres. `publish` writes into the log inside the caller's transaction: an event exists if
 * and only if the state it reports does. Each consumer keeps a cursor in the log and moves it in the transaction of its
 * own effects, so an effect happens exactly once; what keeps failing goes to the dead letters and the stream goes on.
 */
import type { Topic, Topics } from '@gridworks/schema/events';
import pg from 'pg';
import type { Database, Sql, Tx } from './db.ts';
import { newId } from './id.ts';
import type { Log } from './telemetry.ts';

export interface Envelope<T extends Topic = Topic> {
  readonly id: string;
  readonly topic: T;
  /** What the event is about (an order, a user): its events keep their order. */
  readonly key: string;
  readonly tenantId: string | null;
  readonly at: Date;
  readonly payload: Topics[T];
}

/** An envelope whose topic narrows its payload. */
export type EventOf<T extends Topic> = { [K in T]: Envelope<K> }[T];

/** A reaction of one domain to events of others; `handle` does all of its work through `tx`. */
export interface Reaction<T extends Topic = Topic> {
  /** Stable name of the cursor, `domain.purpose`. */
  readonly consumer: string;
  readonly topics: readonly T[];
  handle(tx: Tx, event: EventOf<T>): Promise<void>;
}

/** Keeps the type of the topics while reactions of different topics stand in one list. */
export function reaction<T extends Topic>(value: Reaction<T>): Reaction {
  return value;
}

/** Appends an event to the log within an open transaction. */
export async function publish<T extends Topic>(
  tx: Sql,
  topic: T,
  event: { readonly key: string; readonly tenantId: string | null; readonly payload: Topics[T] },
): Promise<void> {
  await tx.query(`INSERT INTO events.log (id, topic, key, tenant_id, payload) VALUES ($1, $2, $3, $4, $5)`, [
    newId(),
    topic,
    event.key,
    event.tenantId,
    JSON.stringify(event.payload),
  ]);
}

/** An event that is not in the log yet. */
export type NewEvent = {
  [T in Topic]: {
    readonly topic: T;
    readonly key: string;
    readonly tenantId: string | null;
    readonly payload: Topics[T];
  };
}[Topic];

/** Appends several events, in their order, by one statement. */
export async function publishAll(tx: Sql, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `INSERT INTO events.log (id, topic, key, tenant_id, payload)
     SELECT id, topic, key, tenant_id, payload
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[])
            WITH ORDINALITY AS event (id, topic, key, tenant_id, payload, place)
      ORDER BY place`,
    [
      events.map(() => newId()),
      events.map(({ topic }) => topic),
      events.map(({ key }) => key),
      events.map(({ tenantId }) => tenantId),
      events.map(({ payload }) => JSON.stringify(payload)),
    ],
  );
}

interface LogRow {
  xid: string;
  pos: bigint;
  id: string;
  topic: Topic;
  key: string;
  tenant_id: string | null;
  at: Date;
  payload: never;
}

const CHANNEL = 'gridworks_events';
const BATCH = 200;
const POLL_MS = 250;
const NOTIFY_GAP_MS = 5;
const ATTEMPTS = 4;
const RETRY_MS = 50;

export class Bus {
  readonly #reactions: Reaction[] = [];
  readonly #wakers = new Set<() => void>();
  readonly #loops: Promise<void>[] = [];
  #listener: pg.Client | undefined;
  #notifyTimer: NodeJS.Timeout | undefined;
  #pollTimer: NodeJS.Timeout | undefined;
  #running = false;

  constructor(
    readonly db: Database,
    readonly log: Log,
  ) {}

  /** Adds a reaction; before `start`. */
  on(added: Reaction): void {
    if (this.#reactions.some((known) => known.consumer === added.consumer)) {
      throw new Error(`two reactions share the consumer name ${added.consumer}`);
    }
    this.#reactions.push(added);
  }

  /** Calls back whenever there may be something new in the log or the tables written with it; returns the way out. */
  onWake(callback: () => void): () => void {
    this.#wakers.add(callback);
    return () => this.#wakers.delete(callback);
  }

  /**
   * Says that something was committed. Other processes hear of it within milliseconds. Notifying inside the business
   * transaction would serialise all commits on one lock, so it is done here, at most every 5 ms.
   */
  committed(): void {
    this.#wake();
    this.#notifyTimer ??= setTimeout(() => {
      this.#notifyTimer = undefined;
      if (this.#running) this.db.system.query(`NOTIFY ${CHANNEL}`).catch(() => undefined);
    }, NOTIFY_GAP_MS);
  }

  async start(): Promise<void> {
    this.#running = true;
    await this.#listen();
    this.#pollTimer = setInterval(() => this.#wake(), POLL_MS);
    for (const { consumer } of this.#reactions) {
      await this.db.system.query(
        `INSERT INTO events.consumer (name, xid, pos) VALUES ($1, '0', 0) ON CONFLICT (name) DO NOTHING`,
        [consumer],
      );
    }
    this.#loops.push(...this.#reactions.map((each) => this.#consume(each)));
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearInterval(this.#pollTimer);
    clearTimeout(this.#notifyTimer);
    this.#wake();
    await Promise.all(this.#loops);
    await this.#listener?.end().catch(() => undefined);
    this.#listener = undefined;
  }

  /** Resolves when every reaction, or those of the named consumers, has seen all that is committed now. */
  async settled(consumers?: readonly string[]): Promise<void> {
    while (this.#running && (await this.#behind(consumers))) {
      this.#wake();
      await sleep(5);
    }
  }

  async #behind(consumers: readonly string[] | undefined): Promise<boolean> {
    for (const { consumer, topics } of this.#reactions) {
      if (consumers && !consumers.includes(consumer)) continue;
      const { rows } = await this.db.system.query<{ behind: boolean }>(
        `SELECT EXISTS (SELECT 1 FROM events.log l, events.consumer c
                         WHERE c.name = $1 AND l.topic = ANY ($2) AND (l.xid, l.pos) > (c.xid, c.pos)) AS behind`,
        [consumer, topics],
      );
      if (rows[0]?.behind) return true;
    }
    return false;
  }

  #wake(): void {
    for (const waker of this.#wakers) waker();
  }

  async #listen(): Promise<void> {
    const client = new pg.Client({ connectionString: this.db.url, application_name: 'gridworks-bus' });
    client.on('notification', () => this.#wake());
    // Polling carries on meanwhile; a lost listener only costs latency.
    client.on('error', () => {
      if (this.#running && this.#listener === client) setTimeout(() => void this.#relisten(), 1_000).unref();
    });
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    this.#listener = client;
  }

  async #relisten(): Promise<void> {
    if (!this.#running) return;
    try {
      await this.#listen();
    } catch {
      setTimeout(() => void this.#relisten(), 1_000).unref();
    }
  }

  async #consume(each: Reaction): Promise<void> {
    let wakes = 0;
    let resume: (() => void) | undefined;
    const off = this.onWake(() => {
      wakes++;
      resume?.();
    });
    while (this.#running) {
      const wakesBefore = wakes;
      let handled = 0;
      try {
        handled = await this.#batch(each);
      } catch (error) {
        this.log.error(
          { error, consumer: each.consumer },
          'a batch of events failed and will be tried again',
        );
        await sleep(RETRY_MS * 10);
      }
      if (handled > 0) this.committed();
      if (handled < BATCH && wakes === wakesBefore && this.#running) {
        await new Promise<void>((resolve) => (resume = resolve));
        resume = undefined;
      }
    }
    off();
  }

  /** Handles the next events of one consumer in one transaction; returns how many. */
  async #batch(each: Reaction): Promise<number> {
    // Most wakes bring a consumer nothing; looking costs one read, and a transaction only where there is work.
    return this.db.systemTransaction(async (tx) => {
      // Another process of the same subgraph may be at it: then there is nothing for this one to do.
      const cursor = await tx.query<{ xid: string; pos: bigint }>(
        `SELECT xid, pos FROM events.consumer WHERE name = $1 FOR UPDATE SKIP LOCKED`,
        [each.consumer],
      );
      const from = cursor.rows[0];
      if (!from) return 0;
      // Positions are given out before commit, so a reader below the oldest running transaction is the only one that
      // can be sure nothing will still appear behind its cursor.
      const { rows } = await tx.query<LogRow>(
        `SELECT xid, pos, id, topic, key, tenant_id, at, payload FROM events.log
          WHERE topic = ANY ($1) AND (xid, pos) > ($2::xid8, $3::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
          ORDER BY xid, pos LIMIT $4`,
        [each.topics, from.xid, from.pos, BATCH],
      );
      const last = rows.at(-1);
      if (!last) return 0;
      for (const row of rows) await this.#deliver(tx, each, row);
      await tx.query(`UPDATE events.consumer SET xid = $2, pos = $3, updated_at = now() WHERE name = $1`, [
        each.consumer,
        last.xid,
        last.pos,
      ]);
      return rows.length;
    });
  }

  async #deliver(tx: Tx, each: Reaction, row: LogRow): Promise<void> {
    const event = { ...row, tenantId: row.tenant_id } as unknown as EventOf<Topic>;
    for (let attempt = 1; ; attempt++) {
      await tx.query('SAVEPOINT delivery');
      try {
        await each.handle(tx, event);
        await tx.query('RELEASE SAVEPOINT delivery');
        return;
      } catch (error) {
        await tx.query('ROLLBACK TO SAVEPOINT delivery');
        if (attempt < ATTEMPTS) {
          await sleep(RETRY_MS * attempt);
          continue;
        }
        this.log.error(
          { error, consumer: each.consumer, event: row.id },
          'an event went to the dead letters',
        );
        await tx.query(
          `INSERT INTO events.dead_letter (id, consumer, event_id, topic, attempts, error)
           VALUES ($1, $2, $3, $4, $5, $6)`,
          [newId(), each.consumer, row.id, row.topic, attempt, String(error)],
        );
        return;
      }
    }
  }
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
