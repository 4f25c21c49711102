/**
 * The event backbone as a domain meets it: what it publishes, and how it reacts. `publish` writes into the log inside
 * the caller's transaction: an event exists if and only if the state it reports does. Each consumer keeps a cursor in the
 * log and moves it in the transaction of its own effects, so an effect happens exactly once; what keeps failing goes to
 * the dead letters and the stream goes on.
 */
import type { Topic, Topics } from '@gridworks/schema/events';
import { columnOf } from './arrays.ts';
import type { Sql, Tx } from './db.ts';

export type { Bus } from './events/bus.ts';

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

/** An event that is not in the log yet. */
export type NewEvent = {
  [T in Topic]: {
    readonly topic: T;
    readonly key: string;
    readonly tenantId: string | null;
    readonly payload: Topics[T];
  };
}[Topic];

/** A reaction of one domain to events of others. */
export interface Reaction<T extends Topic = Topic> {
  /** Stable name of the cursor, `domain.purpose`. */
  readonly consumer: string;
  readonly topics: readonly T[];
  /**
   * Takes events in their order, up to some thousands at once: all of them take effect, or it throws and none does.
   * All of its work goes through `tx`. It gives the events that follow, which are published in the same transaction.
   */
  handle(tx: Tx, events: readonly EventOf<T>[]): Promise<readonly NewEvent[]>;
  /** It knows what it has heard for a time only: to hear older events again would double what they did. */
  readonly isForgetful?: true;
  /** Forgets all that `handle` ever did. There for read models, which can be built anew from the log. */
  readonly reset?: (tx: Tx) => Promise<void>;
}

/** Keeps the type of the topics while reactions of different topics stand in one list. */
export function reaction<T extends Topic>(value: Reaction<T>): Reaction {
  return value;
}

/** Appends events to the log, in their order, within an open transaction. */
export async function publish(tx: Sql, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `INSERT INTO events.log (id, topic, key, tenant_id, payload)
     SELECT uuidv7(), topic, key, tenant_id, payload::json
       FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[])
            WITH ORDINALITY AS event (topic, key, tenant_id, payload, place)
      ORDER BY place`,
    [
      columnOf('text', events, ({ topic }) => topic),
      columnOf('text', events, ({ key }) => key),
      columnOf('uuid', events, ({ tenantId }) => tenantId),
      columnOf('text', events, ({ payload }) => JSON.stringify(payload)),
    ],
  );
}
