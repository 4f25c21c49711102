/**
 * Consumers hear of events through Kafka. The log in Postgres stays where events are written, in the transaction of the
 * state they report; a relay sends it on. Each consumer is a group of Kafka's: its processes share the partitions.
 */
import type { Admin, Consumer, EachBatchPayload, Kafka, RetryOptions } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
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
/** Brokers that are not there at the start are looked for again after this long, later less often. */
const OPEN_FIRST_MS = 500;
const OPEN_MAX_MS = 5_000;
/** `maxWaitTimeInMs`: how long a broker keeps a request for which it has nothing, and so how long stopping may take. */
const GROUP = { sessionTimeout: 10_000, heartbeatInterval: 1_000, maxWaitTimeInMs: 300 };
/** A broker that is away for longer than all tries is tried again from the start. */
const RETRY = { initialRetryTime: 200, maxRetryTime: 2_000, retries: 8, restartOnFailure: async () => true };

/** What is open while the backbone runs. */
interface Connections {
  readonly admin: Admin;
  readonly loop: Loop;
  readonly closing: readonly Closing[];
}

interface Closing {
  disconnect(): Promise<void>;
}

export class KafkaBackbone implements Backbone {
  #open: Connections | undefined;
  /** While brokers are waited for. */
  #opening: Promise<void> | undefined;
  readonly #stopping = new AbortController();

  constructor(
    private readonly db: Database,
    private readonly log: Log,
    /** Told when something was handled: what followed from it is committed. */
    private readonly committed: () => void,
    private readonly settings: KafkaSettings,
  ) {}

  /** False when no broker answers: events wait in the log, and consumers begin once one does. */
  async start(reactions: readonly Reaction[]): Promise<boolean> {
    await addConsumers(this.db.system, [RELAY, ...reactions.map(({ consumer }) => consumer)]);
    if (await this.#tryOpen(reactions)) return true;
    this.#opening = this.#openLater(reactions);
    return false;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#opening;
    if (!this.#open) return;
    const { loop, closing } = this.#open;
    await loop.stop();
    await closeAll(closing);
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

  /** From one failure to the next it waits longer, up to the longest wait. */
  async #openLater(reactions: readonly Reaction[]): Promise<void> {
    for (let waitMs = OPEN_FIRST_MS; ; waitMs = Math.min(2 * waitMs, OPEN_MAX_MS)) {
      await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted || (await this.#tryOpen(reactions))) return;
    }
  }

  async #tryOpen(reactions: readonly Reaction[]): Promise<boolean> {
    const { brokers } = this.settings;
    const closing: Closing[] = [];
    try {
      await this.#reach();
      this.#open = await this.#openAll(reactions, closing);
    } catch (error) {
      await closeAll(closing);
      this.log.warn({ err: error, brokers }, 'Kafka cannot be reached; events wait in the log');
      return false;
    }
    this.log.info({ brokers }, 'events go through Kafka');
    return true;
  }

  /** One short try: connections that are to last would try for long before they say that nobody is there. */
  async #reach(): Promise<void> {
    const kafka = await this.#kafka({ retry: { retries: 0 }, isSilent: true });
    const admin = kafka.admin();
    await admin.connect();
    await admin.disconnect();
  }

  /** `closing` gets what is open, also when the rest fails. */
  async #openAll(reactions: readonly Reaction[], closing: Closing[]): Promise<Connections> {
    const { DefaultPartitioner } = (await import('kafkajs')).default.Partitioners;
    const kafka = await this.#kafka({ retry: RETRY, isSilent: false });
    const admin = kafka.admin();
    // One request at a time: a second one must not overtake a first that is sent again. The partitioner is named only
    // because the library warns at every start where it is not.
    const producer = kafka.producer({ maxInFlightRequests: 1, createPartitioner: DefaultPartitioner });
    closing.push(admin, producer);
    await Promise.all([admin.connect(), producer.connect()]);
    const relay = new Relay(this.db, admin, producer, this.settings.prefix);
    await relay.open(reactions.flatMap((each) => this.#streamsOf(each)));
    // Each is followed to its end, so that none is left behind when another fails.
    const begun = await Promise.allSettled(
      reactions.map((reaction) => {
        const consumer = kafka.consumer({ ...GROUP, groupId: this.#groupOf(reaction), retry: RETRY });
        closing.push(consumer);
        return this.#consume(consumer, reaction);
      }),
    );
    const failed = begun.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
    return { admin, closing, loop: new Loop(() => relay.next(), this.log, RELAY) };
  }

  async #kafka({ retry, isSilent }: { retry: RetryOptions; isSilent: boolean }): Promise<Kafka> {
    // Loaded only where it is used.
    const { default: kafkajs } = await import('kafkajs');
    const { NOTHING, WARN, ERROR } = kafkajs.logLevel;
    return new kafkajs.Kafka({
      clientId: 'gridworks',
      brokers: [...this.settings.brokers],
      retry,
      logLevel: isSilent ? NOTHING : WARN,
      logCreator:
        () =>
        ({ level, log: { message, ...facts } }) =>
          this.log[level <= ERROR ? 'error' : 'warn'](facts, message),
    });
  }

  async #consume(consumer: Consumer, reaction: Reaction): Promise<void> {
    const delivery = new Delivery(this.db, this.log, reaction);
    await consumer.connect();
    await consumer.subscribe({ topics: this.#streamsOf(reaction), fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#handle(consumer, reaction, delivery, payload),
    });
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
        await sleep(FAULT_PAUSE_MS);
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

/** Whatever becomes of each: a connection that is broken is closed. */
async function closeAll(closing: readonly Closing[]): Promise<void> {
  await Promise.allSettled(closing.map((each) => each.disconnect()));
}
