/**
 * Orders at a steady rate, whatever becomes of them (an open loop): each has its appointed time, and its latency runs
 * from then on, so that an exchange that falls behind is not spared the wait.
 */
import { isRefusal } from '@gridworks/kit/refusal';
import { PLAIN } from '@gridworks/trading/domain/order';
import { randomOf, type Random } from '../../e2e/random.ts';
import { quantile } from '../harness/statistics.ts';
import { REFERENCE_PRICE, TICK, type Stage } from './stage.ts';

export interface LoadResult {
  readonly asked: number;
  readonly answered: number;
  readonly refused: number;
  readonly failed: number;
  /** From the first call to the last answer. */
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Of a hundred calls so many place an order that waits; so many one that trades; the others cancel. */
const RESTING = 50;
const CROSSING = 30;
const STEP_MS = 1;
/** Calls that are made in one go; then the process has a turn for what comes back. */
const TURN_MAX = 32;
const LEVELS = 20;

/** Calls the exchange `ratePerS` times a second for so long, and resolves when the last call is answered. */
export async function loadOrders(
  { exchange, symbols, people }: Stage,
  ratePerS: number,
  durationMs: number,
  seed: number,
): Promise<LoadResult> {
  const random = randomOf(seed);
  const count = Math.round((ratePerS * durationMs) / 1_000);
  const latencies: number[] = [];
  const waiting: { readonly person: number; readonly id: string }[] = [];
  let [answered, refused, failed] = [0, 0, 0];

  const call = async (index: number): Promise<void> => {
    const chance = random(1, 100);
    const person = random(0, people.length - 1);
    const caller = people[person];
    if (!caller) return;
    if (chance > RESTING + CROSSING) {
      const chosen = takeAny(waiting, random);
      const owner = chosen && people[chosen.person];
      if (chosen && owner) {
        if (isRefusal(await exchange.cancelOrder(owner, chosen.id))) refused += 1;
        return;
      }
    }
    const isResting = chance <= RESTING;
    const side = random(0, 1) === 0 ? ('BUY' as const) : ('SELL' as const);
    // Written out: to spread the plain terms into it would cost a tenth of what the exchange does with it.
    const placed = await exchange.placeOrder(caller, {
      triggerPrice: null,
      displayQuantity: null,
      postOnly: PLAIN.postOnly,
      selfTradePrevention: PLAIN.selfTradePrevention,
      goodTill: null,
      afterMarket: PLAIN.afterMarket,
      clientOrderId: `${seed}-${index}`,
      // People sell what they have: their own instrument.
      symbol: symbols[person % symbols.length] ?? '',
      side,
      type: 'LIMIT',
      product: 'CNC',
      validity: isResting ? 'DAY' : 'IOC',
      quantity: BigInt(random(1, 10)),
      limitPrice: priceOf(side, isResting, random),
    });
    if (isRefusal(placed)) refused += 1;
    else if (isResting && placed.status !== 'FILLED') waiting.push({ person, id: placed.id });
  };

  const time = async (index: number, scheduledAt: number): Promise<void> => {
    try {
      await call(index);
      answered += 1;
    } catch {
      failed += 1;
    }
    latencies.push(performance.now() - scheduledAt);
  };

  const began = performance.now();
  const due = (index: number): number => began + (index * 1_000) / ratePerS;
  const calls: Promise<void>[] = [];
  await new Promise<void>((resolve) => {
    let next = 0;
    const go = (): void => {
      const turn = Math.min(count, next + TURN_MAX);
      for (const now = performance.now(); next < turn && due(next) <= now; next++)
        calls.push(time(next, due(next)));
      if (next >= count) resolve();
      else if (next === turn) setImmediate(go);
      else setTimeout(go, STEP_MS);
    };
    go();
  });
  await Promise.all(calls);
  const elapsedMs = performance.now() - began;
  latencies.sort((a, b) => a - b);
  return {
    asked: count,
    answered,
    refused,
    failed,
    elapsedMs,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    maxMs: quantile(latencies, 1),
  };
}

/** In constant time: the last one takes its place. */
function takeAny<T>(all: T[], random: Random): T | undefined {
  const place = random(0, Math.max(0, all.length - 1));
  const chosen = all[place];
  const last = all.pop();
  if (last !== undefined && place < all.length) all[place] = last;
  return chosen;
}

/** Those that wait stand on their own side of the reference price, near it; those that trade reach across all of them. */
function priceOf(side: 'BUY' | 'SELL', isResting: boolean, random: Random): bigint {
  const sign = (side === 'BUY') === isResting ? -1n : 1n;
  return REFERENCE_PRICE + sign * TICK * BigInt(isResting ? random(1, LEVELS) : LEVELS);
}
