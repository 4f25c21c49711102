/** How fast a venue may be asked. */

/** At most `count` requests in any `perMs`. */
export interface Limit {
  readonly count: number;
  readonly perMs: number;
}

/** How long a request must wait, given when the earlier ones were sent (in order of time), so that every limit holds. */
export function waitMs(sentAtMs: readonly number[], limits: readonly Limit[], nowMs: number): number {
  const waits = limits.map(({ count, perMs }) => {
    const first = sentAtMs.at(-count);
    return first === undefined ? 0 : first + perMs - nowMs;
  });
  return Math.max(0, ...waits);
}
