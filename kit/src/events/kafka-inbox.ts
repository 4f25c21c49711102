/**
 * Messages of one partition on their way to one consumer. Kafka may bring a message twice, and the relay may send one
 * twice; the mark, moved in the transaction of the effects, tells which were handled. The relay sends in the order of
 * the log, so one mark a partition is enough, and no ids need be kept.
 */
import type { Tx } from '../db.ts';
import type { Batch } from './delivery.ts';
import { isAfter } from './kafka-message.ts';
import type { LoggedEvent, Place } from './log.ts';

export class Inbox {
  constructor(
    private readonly consumer: string,
    private readonly stream: string,
    private readonly partition: number,
    private readonly events: readonly LoggedEvent[],
  ) {}

  /** The next events beyond the mark; undefined when all are handled. */
  async take(tx: Tx, limit: number): Promise<Batch | undefined> {
    const mark = await this.#lockMark(tx);
    // Not only from the first beyond it on: what is repeated may stand behind what is new.
    const events: LoggedEvent[] = [];
    let last = mark;
    for (const event of this.events) {
      if (!isAfter(event, last)) continue;
      last = event;
      if (events.push(event) === limit) break;
    }
    if (events.length === 0) return undefined;
    return { events, isRepeated: false, keep: () => this.#moveMark(tx, last) };
  }

  /**
   * Whoever was given the partition before may still be at it; the lock lets one go on after the other. The first mark is
   * the consumer's cursor: what it heard of from the log itself, before there was Kafka, is not for it any more.
   */
  async #lockMark(tx: Tx): Promise<Place> {
    const { rows } = await tx.query<Place>({
      name: 'events.mark',
      text: `INSERT INTO events.partition_mark AS known (consumer, stream, partition, xid, pos)
             SELECT $1, $2, $3, c.xid, c.pos FROM events.consumer c WHERE c.name = $1
             ON CONFLICT (consumer, stream, partition) DO UPDATE SET pos = known.pos RETURNING xid, pos`,
      values: [this.consumer, this.stream, this.partition],
    });
    return rows[0] as Place;
  }

  async #moveMark(tx: Tx, { xid, pos }: Place): Promise<void> {
    await tx.query({
      name: 'events.move-mark',
      text: `UPDATE events.partition_mark SET xid = $4, pos = $5
              WHERE consumer = $1 AND stream = $2 AND partition = $3`,
      values: [this.consumer, this.stream, this.partition, xid, pos],
    });
  }
}
