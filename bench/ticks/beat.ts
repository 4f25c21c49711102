/** The beat to which instruments tick, by a clock that all processes of a machine share. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Beat {
  readonly symbols: readonly string[];
  readonly ticksPerS: number;
  readonly durationMs: number;
  /** All instruments tick at the same instant; else one after the other, as far apart as they can be. */
  readonly isTogether: boolean;
}

/** By symbol: when each tick had its appointed time, as [sequence, milliseconds] in order. */
export type Struck = Readonly<Record<string, readonly (readonly [sequence: number, atMs: number])[]>>;

/** Milliseconds on the machine's monotonic clock: the same in every process. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Strikes each tick at its appointed time, or as soon as this process gets to it. */
export async function strikeAll(
  { symbols, ticksPerS, durationMs, isTogether }: Beat,
  strike: (symbol: string, atMs: number, round: number) => void,
): Promise<void> {
  const everyMs = 1_000 / ticksPerS;
  const ticks = Math.round((symbols.length * durationMs) / everyMs);
  const began = machineMs();
  for (let tick = 0; tick < ticks; tick++) {
    const place = tick % symbols.length;
    const round = Math.floor(tick / symbols.length);
    const atMs = began + (round + (isTogether ? 0 : place / symbols.length)) * everyMs;
    const waitMs = atMs - machineMs();
    if (waitMs > 0) await sleep(waitMs);
    strike(symbols[place] as string, atMs, round);
  }
}
