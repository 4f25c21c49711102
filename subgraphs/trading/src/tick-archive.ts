/**
 * Where ticks are kept for good. Ticks are many and small, are written once, and are read by the million: a database for
 * analysis holds them, embedded (`store/tick-file.ts`) or a server of its own (`remote/clickhouse.ts`).
 */
import type { TickRecord, TickSpan, TickSummary } from './domain/tick-record.ts';

export interface TickArchive {
  /**
   * Gets ready; what it needs is loaded no earlier. Throws when it cannot, and may be called again. True when whoever
   * wrote last ended without closing: what had not been given to `append` by then is lost.
   */
  open(): Promise<boolean>;
  /** Keeps all of them. When it throws, the same may be given again: each counts once. */
  append(ticks: readonly TickRecord[]): Promise<void>;
  /** The ticks of a span after a sequence, in order, `limit` at most. */
  page(span: TickSpan, after: bigint, limit: number): Promise<TickRecord[]>;
  /** Undefined where there are none. */
  summary(span: TickSpan): Promise<TickSummary | undefined>;
  /** The instant of the newest tick of all; undefined when there is none. */
  newestMs(): Promise<number | undefined>;
  /** Removes ticks of before this instant: those of a day, beginning with the oldest. False when there were none. */
  forgetDay(beforeMs: number): Promise<boolean>;
  close(): Promise<void>;
}
