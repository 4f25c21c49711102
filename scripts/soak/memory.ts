/** How much memory a process holds over time, and whether that grows. */
import { readFileSync } from 'node:fs';

export interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

export interface Growth {
  /** The least that was held in each part of the time after warm-up: what is left where garbage has been collected. */
  readonly floors: readonly number[];
  /** Slope through the floors (median of all pairs, so that one odd part decides nothing), over the measured time. */
  readonly grownBytes: number;
  readonly allowedBytes: number;
  readonly isGrowing: boolean;
}

/** The first part of the time fills caches and lets the heap find its size: some reloads and some collections. */
const WARM_UP_SHARE = 0.3;
const WARM_UP_MS_MIN = 120_000;
const PARTS = 6;
/** A heap that is full of what lives only for a moment breathes by this much between collections. */
const ALLOWED_SHARE = 0.08;
const ALLOWED_BYTES_MIN = 12 * 2 ** 20;

/** Memory of a process that is in RAM; undefined when there is no such process, or no way to tell. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
  } catch {
    return undefined;
  }
}

/** Undefined when less time was measured after warm-up than warm-up took: that says nothing. Throws without samples. */
export function growthOf(samples: readonly Sample[]): Growth | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last) throw new Error('no memory was sampled');
  const tookMs = last.atMs - first.atMs;
  const warmUpMs = Math.max(WARM_UP_MS_MIN, tookMs * WARM_UP_SHARE);
  if (tookMs < 2 * warmUpMs) return undefined;
  const fromMs = first.atMs + warmUpMs;
  const partMs = (last.atMs - fromMs) / PARTS;
  const floors = Array.from({ length: PARTS }, (_, part) => {
    const of = samples.filter(({ atMs }) => Math.floor((atMs - fromMs) / partMs) === part);
    if (of.length === 0) throw new Error('memory was sampled too seldom');
    return Math.min(...of.map(({ bytes }) => bytes));
  });
  const slopes = floors.flatMap((from, i) => floors.slice(i + 1).map((to, more) => (to - from) / (more + 1)));
  const grownBytes = median(slopes) * (PARTS - 1);
  const allowedBytes = Math.max(ALLOWED_BYTES_MIN, median(floors) * ALLOWED_SHARE);
  return { floors, grownBytes, allowedBytes, isGrowing: grownBytes > allowedBytes };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? NaN) + (high ?? NaN)) / 2;
}

const BARS = '▁▂▃▄▅▆▇█';

/** The samples as one line, `width` characters wide; the lowest bar is the least of them. */
export function plot(samples: readonly Sample[], width: number): string {
  const bytes = samples.map((sample) => sample.bytes);
  const [least, most] = [Math.min(...bytes), Math.max(...bytes)];
  return Array.from({ length: Math.min(width, bytes.length) }, (_, column) => {
    const value = bytes[Math.floor((column * bytes.length) / Math.min(width, bytes.length))] ?? least;
    return BARS[Math.round(((value - least) / (most - least || 1)) * (BARS.length - 1))];
  }).join('');
}
