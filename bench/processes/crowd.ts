/** Process: the market, its research, and every client that watches; one clock for all of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readTask, serveParent } from '../harness/child.ts';
import { quantile } from '../harness/statistics.ts';
import { Crowd, type CrowdOptions } from '../market/crowd.ts';
import { openMarket, tickOf } from '../market/subgraphs.ts';

export interface GrowOrder extends CrowdOptions {
  readonly size: number;
}

export interface PourOrder {
  readonly room: string;
  readonly durationMs: number;
  /** Ticks that may be on their way at once. */
  readonly window: number;
}

export interface Poured {
  readonly deliveries: number;
  readonly lost: number;
  readonly elapsedMs: number;
  readonly messageBytes: number;
  /** The last message of one client. */
  readonly sample: string | undefined;
}

export interface PaceOrder {
  readonly room: string;
  readonly durationMs: number;
  readonly ticksPerS: number;
}

export interface Paced {
  readonly deliveries: number;
  readonly expected: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Held {
  readonly open: number;
  /** Clients that got a tick that was sent now. */
  readonly reached: number;
}

/** A stream that gives nothing for so long has nothing more to give; a slow gateway may think for seconds. */
const PATIENCE_MS = 3_000;
/** How long a tick is waited for while not everybody need be subscribed yet. */
const SETTLE_MS = 500;
const SETTLE_MS_MAX = 60_000;

readTask();
const market = await openMarket();
const crowds = new Map<string, Crowd>();
let sequence = 0;

function crowdOf(room: string): Crowd {
  const crowd = crowds.get(room);
  if (!crowd) throw new Error(`nobody watches ${room}`);
  return crowd;
}

/** The crowd at its new size, and every one of it has got a message, which is the only proof that it will. */
async function grow({ size, ...options }: GrowOrder): Promise<void> {
  const crowd = crowds.get(options.room) ?? new Crowd(options);
  crowds.set(options.room, crowd);
  await crowd.grow(size);
  const deadline = performance.now() + SETTLE_MS_MAX;
  while (crowd.countWithAtLeast(1) < size) {
    if (crowd.fault !== undefined) throw new Error(`a client got no event but ${crowd.fault}`);
    if (performance.now() > deadline) {
      throw new Error(`only ${crowd.countWithAtLeast(1)} of ${size} clients get anything`);
    }
    await market.emit(options.room, tickOf(++sequence));
    await crowd.untilDeliveries(Infinity, SETTLE_MS);
  }
}

/** As fast as the clients get them. */
async function pour({ room, durationMs, window }: PourOrder): Promise<Poured> {
  const crowd = crowdOf(room);
  const before = crowd.deliveries;
  const began = performance.now();
  const end = began + durationMs;
  let ticks = 0;
  let lost = 0;
  while (performance.now() < end) {
    await market.emit(room, tickOf(++sequence));
    ticks += 1;
    const due = before - lost + (ticks - window + 1) * crowd.size;
    // What has not come by now was left out for slow clients, and nothing waits for it any longer.
    if (!(await crowd.untilDeliveries(due, PATIENCE_MS))) lost += due - crowd.deliveries;
  }
  const deliveries = crowd.deliveries - before;
  const elapsedMs = performance.now() - began;
  await crowd.untilDeliveries(before - lost + ticks * crowd.size, PATIENCE_MS);
  return { deliveries, lost, elapsedMs, messageBytes: crowd.messageBytes, sample: crowd.sample };
}

/** At a steady beat, whatever becomes of the ticks before. */
async function pace({ room, durationMs, ticksPerS }: PaceOrder): Promise<Paced> {
  const crowd = crowdOf(room);
  const before = crowd.deliveries;
  const latencies = crowd.collectLatencies();
  const began = performance.now();
  const ticks = Math.round((durationMs / 1_000) * ticksPerS);
  for (let tick = 0; tick < ticks; tick++) {
    await sleep(Math.max(0, began + (tick * 1_000) / ticksPerS - performance.now()));
    await market.emit(room, tickOf(++sequence));
  }
  const expected = ticks * crowd.size;
  await crowd.untilDeliveries(before + expected, PATIENCE_MS);
  crowd.stopCollecting();
  latencies.sort((a, b) => a - b);
  return {
    deliveries: crowd.deliveries - before,
    expected,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    maxMs: latencies.at(-1) ?? Number.NaN,
  };
}

async function hold(room: string): Promise<Held> {
  const crowd = crowdOf(room);
  const before = crowd.deliveries;
  await market.emit(room, tickOf(++sequence));
  await crowd.untilDeliveries(before + crowd.size, PATIENCE_MS);
  return { open: crowd.open, reached: crowd.deliveries - before };
}

serveParent({
  urls: async () => market.urls,
  feedUrlOf: async (room: string) => market.feedUrlOf(room),
  grow,
  pour,
  pace,
  hold,
  leave: async (room: string) => {
    crowds.get(room)?.leave();
    crowds.delete(room);
  },
});
