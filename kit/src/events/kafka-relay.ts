/**
 * Sends the log to Kafka, in its order and at least once: one more cursor. Of all processes one is at it at a time,
 * because it holds the cursor's row until the brokers have the batch.
 */
import type { Admin, Producer } from 'kafkajs';
import type { Database } from '../db.ts';
import { streamOf, toMessage } from './kafka-message.ts';
import { LogFeed, type LoggedEvent } from './log.ts';

export const RELAY = 'kafka.relay';
const BATCH_MAX = 2_000;
const PARTITIONS = 6;
const REPLICAS_MAX = 3;
/** Every replica that is in step has a message before it counts as sent. */
const ALL_IN_STEP = -1;

export class Relay {
  readonly #feed = new LogFeed(RELAY);
  readonly #streams = new Set<string>();

  constructor(
    private readonly db: Database,
    private readonly admin: Admin,
    private readonly producer: Producer,
    private readonly prefix: string,
  ) {}

  /** Sends the next batch; false when there is none. */
  async next(): Promise<boolean> {
    if (!(await this.#feed.hasMore(this.db.background))) return false;
    return this.db.backgroundTransaction(async (tx) => {
      const batch = await this.#feed.take(tx, BATCH_MAX);
      if (!batch) return false;
      await this.#send(batch.events);
      await batch.keep();
      return true;
    });
  }

  /** Makes the streams that are not there yet. */
  async open(streams: Iterable<string>): Promise<void> {
    const missing = [...new Set(streams)].filter((stream) => !this.#streams.has(stream));
    if (missing.length === 0) return;
    const { brokers } = await this.admin.describeCluster();
    const replicationFactor = Math.min(REPLICAS_MAX, brokers.length);
    await this.admin.createTopics({
      topics: missing.map((topic) => ({ topic, numPartitions: PARTITIONS, replicationFactor })),
    });
    for (const stream of missing) this.#streams.add(stream);
  }

  async #send(events: readonly LoggedEvent[]): Promise<void> {
    const byStream = new Map<string, LoggedEvent[]>();
    for (const event of events) {
      const stream = streamOf(this.prefix, event.topic);
      const known = byStream.get(stream);
      if (known) known.push(event);
      else byStream.set(stream, [event]);
    }
    await this.open(byStream.keys());
    const topicMessages = Array.from(byStream, ([topic, its]) => ({ topic, messages: its.map(toMessage) }));
    await this.producer.sendBatch({ acks: ALL_IN_STEP, topicMessages });
  }
}
