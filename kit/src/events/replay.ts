/**
 * Hearing events anew. Only the cursor moves here; whoever runs the consumer goes on from there as always, and until it
 * is back where it was, what it answers is not published a second time.
 */
import type { Database, Sql, Tx } from '../db.ts';
import type { Reaction } from '../events.ts';
import { heardThroughKafka, type Place } from './log.ts';

const BEGINNING: Place = { xid: '0', pos: 0n };

/**
 * Drops the read model of a reaction and lets it be built again from the beginning of the log. Meanwhile it is there as
 * far as it has come. Throws when the reaction keeps what cannot be built again.
 */
export async function rebuild(db: Database, { consumer, reset }: Reaction): Promise<void> {
  if (!reset)
    throw new Error(`${consumer} keeps more than a read model: it can hear events anew, but not forget`);
  await db.systemTransaction(async (tx) => {
    await moveBack(tx, consumer, BEGINNING);
    await reset(tx);
  });
}

/**
 * Lets a reaction hear again what happened since `since`, over what it has made of it: right for those that do things
 * once, however long ago. Throws for one that does not know that it has done them.
 */
export async function replay(
  db: Database,
  { consumer, isForgetful }: Pick<Reaction, 'consumer' | 'isForgetful'>,
  since: Date,
): Promise<void> {
  if (isForgetful) throw new Error(`${consumer} would do again what it has done: it cannot hear events anew`);
  await db.systemTransaction(async (tx) => moveBack(tx, consumer, await placeBefore(tx, since)));
}

/** Waits for the batch at hand. A cursor never moves forward by this: that would leave events out. */
async function moveBack(tx: Tx, consumer: string, to: Place): Promise<void> {
  const [marked] = await heardThroughKafka(tx, [consumer]);
  if (marked)
    throw new Error(`${marked} hears of events through Kafka, not from the log that could be played again`);
  const { rowCount } = await tx.query(
    `UPDATE events.consumer
        SET repeat_xid = coalesce(repeat_xid, xid), repeat_pos = coalesce(repeat_pos, pos),
            xid = $2, pos = $3, updated_at = now()
      WHERE name = $1 AND (xid, pos) >= ($2::xid8, $3::bigint)`,
    [consumer, to.xid, to.pos],
  );
  if (rowCount !== 1) throw new Error(`there is no consumer ${consumer} that has come as far as that`);
}

async function placeBefore(sql: Sql, since: Date): Promise<Place> {
  const { rows } = await sql.query<Place>(
    `SELECT xid, pos - 1 AS pos FROM events.log WHERE at >= $1 ORDER BY xid, pos LIMIT 1`,
    [since],
  );
  const [place] = rows;
  if (!place) throw new Error(`nothing happened since ${since.toISOString()}`);
  return place;
}
