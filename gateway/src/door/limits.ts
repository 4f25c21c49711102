/** What one client may cost. */
export interface Limits {
  /** Operations at once on one connection: more than any page shows, few enough that nobody takes the door alone. */
  readonly operationsMax: number;
  /** A message larger than this is no operation. */
  readonly messageBytesMax: number;
  /** An operation's id comes back with each of its answers, so that a long one would cost again and again. */
  readonly idCharsMax: number;
  /** A connection that does not say who it is within this time is closed; clients say it at once. */
  readonly initWaitMs: number;
  /**
   * A client with more than this waiting is slow: market streams conflate for it, gapless ones wait for it. Not less than
   * what a stream of Node buffers before it asks to drain (16 KiB, or 64 from Node 22): below that nobody asks.
   */
  readonly waitingBytesSlow: number;
  /** A client with more than this waiting asks without reading, and is closed. */
  readonly waitingBytesMax: number;
  /** A slow client that has not caught up in this time is closed, so that it comes back and resumes. */
  readonly slowMs: number;
  /** How often a client is asked whether it is still there; one that has not answered by the next time is gone. */
  readonly pingMs: number;
}

export const LIMITS: Limits = {
  operationsMax: 100,
  messageBytesMax: 1_048_576,
  idCharsMax: 256,
  initWaitMs: 3_000,
  waitingBytesSlow: 65_536,
  waitingBytesMax: 8_388_608,
  slowMs: 60_000,
  pingMs: 12_000,
};
