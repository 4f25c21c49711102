/** One listener's place in a group: what passes goes straight through, what a slow client cannot take waits here. */
import type { Caller } from '@gridworks/kit/caller';
import type { GraphQLError } from 'graphql';
import { Conflation } from './conflation.ts';
import type { Delivery } from './delivery.ts';
import type { Group } from './group.ts';
import type { Listener } from './listener.ts';

export class Seat {
  /** Undefined once the listener has left, or the stream has ended for it. */
  group: Group | undefined;
  /** While the client does not keep up. */
  #held: Conflation | undefined;

  constructor(
    readonly listener: Listener,
    readonly caller: Caller,
  ) {}

  /**
   * Runs for every client and event: where the client keeps up it must allocate nothing, and touch as little of the
   * client as it can, for with thousands of them nothing is in the processor's cache.
   */
  take(deliveries: readonly Delivery[]): void {
    if (this.#held !== undefined) {
      for (const each of deliveries) this.#held.hold(each.subject, each);
      return;
    }
    const keepsUp = this.listener.push(deliveries);
    // A gapless stream is slowed down instead; its reader misses nothing.
    if (keepsUp || deliveries[0]?.isGapless) return;
    this.#held = new Conflation();
    this.listener.awaitDrain();
  }

  /** What waited for the client has left. */
  drained(): void {
    while (this.#held && !this.listener.isCongested) this.#passOn();
    if (this.#held) this.listener.awaitDrain();
    this.group?.resume();
  }

  complete(): void {
    this.#release();
    this.listener.complete();
  }

  fail(errors: readonly GraphQLError[]): void {
    this.#release();
    this.listener.fail(errors);
  }

  leave(): void {
    this.#held = undefined;
    this.group?.remove(this);
  }

  /** What is held at the end is still the latest there is. */
  #release(): void {
    while (this.#held) this.#passOn();
  }

  #passOn(): void {
    const answer = this.#held?.take(this.group?.operation.conflatedAt);
    if (answer) this.listener.push([answer]);
    else this.#held = undefined;
  }
}
