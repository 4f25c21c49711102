/** Loaded before any gateway of a benchmark: collects garbage when told to, and ends with the benchmark. */
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { serveParent } from '../harness/child.ts';

/** What one collection frees may be what keeps more alive. */
const COLLECTIONS = 5;
const BETWEEN_MS = 200;

export interface Memory {
  /** What the process holds, as the operating system counts it. */
  readonly rssBytes: number;
  /** That, less what the heap holds in reserve for objects to come. */
  readonly liveBytes: number;
}

serveParent({
  collect: async (): Promise<Memory> => {
    for (let each = 0; each < COLLECTIONS; each++) {
      globalThis.gc?.();
      await sleep(BETWEEN_MS);
    }
    const rssBytes = process.memoryUsage.rss();
    const { total_physical_size: heldBytes, used_heap_size: usedBytes } = getHeapStatistics();
    return { rssBytes, liveBytes: rssBytes - (heldBytes - usedBytes) };
  },
});
