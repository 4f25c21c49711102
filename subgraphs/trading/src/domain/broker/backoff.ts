/** How long to wait before the next attempt, and how long silence may last. */

export interface Backoff {
  readonly firstMs: number;
  readonly capMs: number;
}

/**
 * The wait before attempt 1, 2, 3, ...: it doubles up to the cap, and between half and all of it is taken by chance, so
 * that clients that lost one server do not come back at one instant. `uniform` lies in [0, 1).
 */
export function backoffMs(attempt: number, { firstMs, capMs }: Backoff, uniform: number): number {
  const ceiling = Math.min(capMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return ceiling / 2 + (ceiling / 2) * uniform;
}

/** What is left of the silence that a connection is allowed; 0 when it counts as dead. */
export function silenceLeftMs(heardAtMs: number, nowMs: number, silenceMsMax: number): number {
  return Math.max(0, heardAtMs + silenceMsMax - nowMs);
}
