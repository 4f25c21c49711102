/** What carries events from the log to consumers: the log itself, or Kafka. Both keep the same promises. */
import type { Reaction } from '../events.ts';

export interface Backbone {
  /** Begins to hand events over; resolves when consumers are under way, or with false when they will be by themselves later. */
  start(reactions: readonly Reaction[]): Promise<boolean>;
  /** Lets batches at hand finish, and hands over no more. */
  stop(): Promise<void>;
  /** Something may have been committed. */
  wake(): void;
  /** Whether something is committed that one of these reactions has not handled. */
  isBehind(reactions: readonly Reaction[]): Promise<boolean>;
}
