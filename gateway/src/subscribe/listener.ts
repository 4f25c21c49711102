/** What a stream knows of a client: one subscription, whatever carries it. */
import type { GraphQLError } from 'graphql';
import type { StreamOperation } from '../engine.ts';
import type { Written } from './written.ts';

export interface Listener {
  /** More waits for this client than it may; what comes now is held back until it has drained. */
  readonly isCongested: boolean;
  /** Asks that the seat be told (`Seat.drained`) once what waits has left; asking twice is asking once. */
  awaitDrain(): void;
  /** The stream stands. Told again when it goes on from another upstream. */
  opened(operation: StreamOperation): void;
  /**
   * Some answers in order, each a whole GraphQL result. Must not throw, and must not wait. The result says whether the
   * client keeps up; if not, it is congested.
   */
  push(answers: readonly Written[]): boolean;
  /** The stream has ended by itself; nothing follows. */
  complete(): void;
  /** The stream ended, or never began, for these reasons, written as a client may read them; nothing follows. */
  fail(errors: readonly GraphQLError[]): void;
}
