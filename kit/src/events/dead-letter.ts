/** Events that a consumer could not handle: they wait here for a person while the stream goes on. */
import type { Topic } from '@gridworks/schema/events';
import type { Database, Sql, Tx } from '../db.ts';
import { publish, type EventOf, type Reaction } from '../events.ts';
import { newId } from '../id.ts';
import { EVENT } from './log.ts';

export interface DeadLetter {
  readonly id: string;
  readonly consumer: string;
  readonly eventId: string;
  readonly topic: Topic;
  readonly attempts: number;
  readonly error: string;
  readonly at: Date;
}

/** Puts an event aside for one consumer. */
export async function bury(
  tx: Tx,
  consumer: string,
  event: Pick<EventOf<Topic>, 'id' | 'topic'>,
  attempts: number,
  error: unknown,
): Promise<void> {
  await tx.query(
    `INSERT INTO events.dead_letter (id, consumer, event_id, topic, attempts, error) VALUES ($1, $2, $3, $4, $5, $6)`,
    [newId(), consumer, event.id, event.topic, attempts, String(error)],
  );
}

/** What waits, of all consumers or one, in the order of the log. */
export async function deadLetters(sql: Sql, consumer?: string): Promise<DeadLetter[]> {
  const { rows } = await sql.query<DeadLetter>(
    `SELECT d.id, d.consumer, d.event_id AS "eventId", d.topic, d.attempts, d.error, d.at
       FROM events.dead_letter d JOIN events.log l ON l.id = d.event_id
      WHERE $1::text IS NULL OR d.consumer = $1 ORDER BY d.consumer, l.xid, l.pos`,
    [consumer ?? null],
  );
  return rows;
}

/**
 * Lets a consumer try its dead letters again, one transaction each, in the order of the log. What succeeds is gone; what
 * fails stays with the new error. Returns how many there were of each.
 */
export async function retryDeadLetters(
  db: Database,
  reaction: Reaction,
): Promise<{ readonly handled: number; readonly failed: number }> {
  let handled = 0;
  const letters = await deadLetters(db.system, reaction.consumer);
  for (const { id } of letters) {
    if (await db.systemTransaction((tx) => retry(tx, reaction, id))) handled++;
  }
  return { handled, failed: letters.length - handled };
}

async function retry(tx: Tx, reaction: Reaction, id: string): Promise<boolean> {
  // No batch of the consumer runs at the same time, wherever it comes from.
  await tx.query(`SELECT FROM events.consumer WHERE name = $1 FOR UPDATE`, [reaction.consumer]);
  await tx.query(
    `SELECT FROM events.partition_mark WHERE consumer = $1 ORDER BY stream, partition FOR UPDATE`,
    [reaction.consumer],
  );
  const { rows } = await tx.query<EventOf<Topic>>(
    `SELECT ${EVENT} FROM events.log WHERE id = (SELECT event_id FROM events.dead_letter WHERE id = $1 FOR UPDATE)`,
    [id],
  );
  // Somebody else has tried it meanwhile.
  if (rows.length === 0) return true;
  await tx.query('SAVEPOINT retry');
  try {
    await publish(tx, await reaction.handle(tx, rows));
    await tx.query('SET CONSTRAINTS ALL IMMEDIATE');
    await tx.query(`DELETE FROM events.dead_letter WHERE id = $1`, [id]);
    return true;
  } catch (error) {
    await tx.query('ROLLBACK TO SAVEPOINT retry');
    await tx.query(`UPDATE events.dead_letter SET attempts = attempts + 1, error = $2 WHERE id = $1`, [
      id,
      String(error),
    ]);
    return false;
  }
}
