/** Consumers read the log in Postgres themselves, each by its cursor. */
import type { Database } from '../db.ts';
import type { Reaction } from '../events.ts';
import type { Log } from '../telemetry.ts';
import type { Backbone } from './backbone.ts';
import { Delivery } from './delivery.ts';
import { LogFeed, addConsumers, anyBehind, heardThroughKafka } from './log.ts';
import { Loop } from './loop.ts';

export class LogBackbone implements Backbone {
  #loops: Loop[] = [];

  constructor(
    private readonly db: Database,
    private readonly log: Log,
    /** Told when something was handled: what followed from it is committed. */
    private readonly committed: () => void,
  ) {}

  async start(reactions: readonly Reaction[]): Promise<boolean> {
    const consumers = reactions.map(({ consumer }) => consumer);
    const marked = await heardThroughKafka(this.db.system, consumers);
    if (marked.length > 0) {
      throw new Error(
        `${marked.join(', ')} heard of events through Kafka, and would hear them again: set KAFKA_BROKERS`,
      );
    }
    await addConsumers(this.db.system, consumers);
    this.#loops = reactions.map((each) => this.#consume(each));
    return true;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }

  wake(): void {
    for (const loop of this.#loops) loop.wake();
  }

  isBehind(reactions: readonly Reaction[]): Promise<boolean> {
    return anyBehind(this.db.system, reactions);
  }

  #consume(reaction: Reaction): Loop {
    const feed = new LogFeed(reaction.consumer, reaction.topics);
    const delivery = new Delivery(this.db, this.log, reaction);
    const step = async (): Promise<boolean> => {
      // Most wakes bring a consumer nothing; looking costs one read, and a transaction only where there is work.
      if (!(await feed.hasMore(this.db.background))) return false;
      const handled = await delivery.next((tx, limit) => feed.take(tx, limit));
      if (handled > 0) this.committed();
      return handled > 0;
    };
    return new Loop(step, this.log, reaction.consumer);
  }
}
