/**
 * Consumers hear of events through Kafka. The log in Postgres stays where events are written, in the transaction of the
 * state they report; a relay sends it on. Each consumer is a group of Kafka's: its processes share the partitions.
 */
import type { Admin, Consumer, EachBatchPayload, Kafka, Producer } from 'kafkajs';
import type { KafkaSettings } from '../config.ts';
import type { Database } from '../db.ts';
import type { Reaction } from '../events.ts';
import type { Log } from '../telemetry.ts';
import type { Backbone } from './backbone.ts';
import { Delivery } from './delivery.ts';
import { Inbox } from './kafka-inbox.ts';
import { fromMessage, streamOf } from './kafka-message.ts';
import { RELAY, Relay } from './kafka-relay.ts';
import { addConsumers, anyBehind } from './log.ts';
import { Loop } from './loop.ts';

const FAULT_PAUSE_MS = 500;
/** `maxWaitTimeInMs`: how long a broker keeps a request for which it has nothing, and so how long stopping may take. */
const GROUP = { sessionTimeout: 10_000, heartbeatInterval: 1_000, maxWaitTimeInMs: 300 };
/** A broker that is away for longer than all tries is tried again from the start. */
const RETRY = { initialRetryTime: 200, maxRetryTime: 2_000, retries: 8, restartOnFailure: async () => true };

/** What is open while the backbone runs. */
interface Connections {
  readonly admin: Admin;
  readonly producer: Producer;
  readonly consumers: readonly Consumer[];
  readonly loop: Loop;
}

export class KafkaBackbone implements Backbone {
  #open: Connections | undefined;

  constructor(
    private readonly db: Database,
    private readonly log: Log,
    /** Told when something was handled: what followed from it is committed. */
    private readonly committed: () => void,
    private readonly settings: KafkaSettings,
  ) {}

  async start(reactions: readonly Reaction[]): Promise<void> {
    const kafka = await this.#connect();
    const admin = kafka.admin();
    // One request at a time: a second one must not overtake a first that is sent again.
    const producer = kafka.producer({ maxInFlightRequests: 1 });
    await Promise.all([admin.connect(), producer.connect()]);
    const relay = new Relay(this.db, admin, producer, this.settings.prefix);
    await addConsumers(this.db.system, [RELAY, ...reactions.map(({ consumer }) => consumer)]);
    await relay.open(reactions.flatMap((each) => this.#streamsOf(each)));
    const consumers = await Promise.all(reactions.map((each) => this.#consume(kafka, each)));
    this.#open = { admin, producer, consumers, loop: new Loop(() => relay.next(), this.log, RELAY) };
  }

  async stop(): Promise<void> {
    if (!this.#open) return;
    const { admin, producer, consumers, loop } = this.#open;
    await loop.stop();
    await Promise.all(consumers.map((consumer) => consumer.disconnect()));
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }

  wake(): void {
    this.#open?.loop.wake();
  }

  async isBehind(reactions: readonly Reaction[]): Promise<boolean> {
    if (!this.#open || (await anyBehind(this.db.system, [{ consumer: RELAY, topics: null }]))) return true;
    const { admin } = this.#open;
    const looks = reactions.map(async (reaction) => {
      const topics = this.#streamsOf(reaction);
      const heard = await admin.fetchOffsets({ groupId: this.#groupOf(reaction), topics });
      const written = await Promise.all(topics.map((topic) => admin.fetchTopicOffsets(topic)));
      return topics.some((topic, index) =>
        (written[index] ?? []).some(({ partition, high }) => {
          const its = heard.find((each) => each.topic === topic)?.partitions;
          const offset = its?.find((each) => each.partition === partition)?.offset ?? '-1';
          return BigInt(high) > 0n && BigInt(offset) < BigInt(high);
        }),
      );
    });
    return (await Promise.all(looks)).includes(true);
  }

  async #connect(): Promise<Kafka> {
    // Loaded only where it is used.
    const { default: kafkajs } = await import('kafkajs');
    const { WARN, ERROR } = kafkajs.logLevel;
    return new kafkajs.Kafka({
      clientId: 'gridworks',
      brokers: [...this.settings.brokers],
      retry: RETRY,
      logLevel: WARN,
      logCreator:
        () =>
        ({ level, log: { message, ...facts } }) =>
          this.log[level <= ERROR ? 'error' : 'warn'](facts, message),
    });
  }

  async #consume(kafka: Kafka, reaction: Reaction): Promise<Consumer> {
    const consumer = kafka.consumer({ ...GROUP, groupId: this.#groupOf(reaction), retry: RETRY });
    const delivery = new Delivery(this.db, this.log, reaction);
    await consumer.connect();
    await consumer.subscribe({ topics: this.#streamsOf(reaction), fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#handle(consumer, reaction, delivery, payload),
    });
    return consumer;
  }

  async #handle(
    consumer: Consumer,
    reaction: Reaction,
    delivery: Delivery,
    payload: EachBatchPayload,
  ): Promise<void> {
    const { topic, partition, messages } = payload.batch;
    const topics: readonly string[] = reaction.topics;
    const events = messages.map(fromMessage).filter((event) => topics.includes(event.topic));
    const inbox = new Inbox(reaction.consumer, topic, partition, events);
    for (let isDone = events.length === 0; !isDone; await payload.heartbeat()) {
      // What is left comes again, here or to whom the partition is given.
      if (!payload.isRunning() || payload.isStale()) return;
      try {
        isDone = (await delivery.next((tx, limit) => inbox.take(tx, limit))) === 0;
        if (!isDone) this.committed();
      } catch (error) {
        this.log.error(
          { error, consumer: reaction.consumer },
          'a batch of events failed and will be tried again',
        );
        await new Promise((resolve) => setTimeout(resolve, FAULT_PAUSE_MS));
      }
    }
    const last = payload.batch.lastOffset();
    payload.resolveOffset(last);
    // Only where to go on after a restart; what was handled the marks know better.
    await consumer.commitOffsets([{ topic, partition, offset: (BigInt(last) + 1n).toString() }]);
  }

  #groupOf({ consumer }: Reaction): string {
    return `${this.settings.prefix}.${consumer}`;
  }

  #streamsOf({ topics }: Reaction): string[] {
    return [...new Set(topics.map((topic) => streamOf(this.settings.prefix, topic)))];
  }
}
