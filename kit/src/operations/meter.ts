/** Counts the requests that a service answers and how long they took, for one period after the other. */
import { createHistogram } from 'node:perf_hooks';
import type { Topics } from '@gridworks/schema/events';

export type Measured = Pick<
  Topics['services.performance.metrics'],
  'requests' | 'errors' | 'p50Us' | 'p95Us' | 'p99Us' | 'maxUs'
>;

export class Meter {
  /** Of microseconds. */
  readonly #durations = createHistogram();
  #errors = 0;

  /** Costs less than a microsecond: it is called for every request. */
  record(durationMs: number, hasErrors: boolean): void {
    // The histogram takes whole numbers from 1 on.
    this.#durations.record(Math.max(1, Math.round(durationMs * 1_000)));
    if (hasErrors) this.#errors += 1;
  }

  /** What was recorded since the last call; undefined when that is nothing. */
  take(): Measured | undefined {
    const durations = this.#durations;
    if (durations.count === 0) return undefined;
    const measured = {
      requests: durations.count,
      errors: this.#errors,
      p50Us: durations.percentile(50),
      p95Us: durations.percentile(95),
      p99Us: durations.percentile(99),
      maxUs: durations.max,
    };
    durations.reset();
    this.#errors = 0;
    return measured;
  }
}
