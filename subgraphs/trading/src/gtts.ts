/**
 * Watches the market for everybody's good-till-triggered orders. A leg that a tick reaches is written down first and
 * placed afterwards; whoever starts finds what was written down and not placed, and places it under the same name, so
 * that it is one order whatever happened in between.
 */
import type { Log } from '@gridworks/kit/telemetry';
import { isRefusal } from '@gridworks/kit/refusal';
import type { Clock } from '@gridworks/kit/time';
import { AlertBoard, type Watched } from './domain/alert.ts';
import { orderOfGtt, type Gtt } from './domain/gtt.ts';
import { isPassing } from './domain/order.ts';
import type { Exchange } from './exchange.ts';
import type { GttStore, ReachedLeg } from './store/gtt.ts';

const RETRY_MS = 1_000;

/** One leg on the board. */
interface WatchedLeg extends Watched {
  readonly gtt: Gtt;
  readonly leg: number;
}

export class GttWatch {
  readonly #board = new AlertBoard<WatchedLeg>();
  #reached: ReachedLeg[] = [];
  /** Triggered, and not settled yet. */
  #due: Gtt[] = [];
  #working: Promise<void> | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;
  #isStopping = false;

  constructor(
    private readonly exchange: Pick<Exchange, 'onTick' | 'listings' | 'placeOrder'>,
    private readonly gtts: GttStore,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** What was reached while nobody watched is told by the price that the market stands at now. */
  async start(): Promise<void> {
    this.#isStopping = false;
    this.#unlisten = this.exchange.onTick(({ symbol, price }) => this.#see(symbol, price));
    for (const gtt of await this.gtts.unsettled()) {
      if (gtt.status === 'ACTIVE') this.#watch(gtt);
      else this.#due.push(gtt);
    }
    for (const { instrument, session } of this.exchange.listings())
      this.#see(instrument.symbol, session.last);
    if (this.#due.length > 0) this.#begin();
  }

  /** Finishes the order at hand; the others are placed after the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#unlisten?.();
    clearTimeout(this.#retryTimer);
    await this.#working;
  }

  /** From now on; `last` is the price of this moment, which may have come to a leg since it was checked. */
  add(gtt: Gtt, last: bigint): void {
    this.#watch(gtt);
    this.#see(gtt.symbol, last);
  }

  remove({ id, legs }: Gtt): void {
    legs.forEach((_, leg) => this.#board.remove(nameOf(id, leg)));
  }

  #watch(gtt: Gtt): void {
    const { id, symbol } = gtt;
    gtt.legs.forEach(({ condition, triggerPrice: price }, leg) =>
      this.#board.add({ id: nameOf(id, leg), symbol, condition, price, gtt, leg }),
    );
  }

  #see(symbol: string, price: bigint): void {
    const taken = this.#board.take(symbol, price);
    if (taken.length === 0) return;
    const at = new Date(this.clock());
    for (const { gtt, leg } of taken) {
      this.remove(gtt);
      this.#reached.push({ id: gtt.id, leg, price, at });
    }
    this.#begin();
  }

  #begin(): void {
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  /** Writes down and places until nothing is left; what could not be done is tried again later. */
  async #work(): Promise<void> {
    // Not before the market has gone on: the tick that reached them waits for nothing.
    await Promise.resolve();
    const later: Gtt[] = [];
    try {
      while (!this.#isStopping && (this.#reached.length > 0 || this.#due.length > 0)) {
        await this.#writeDown();
        const [next] = this.#due;
        if (!next) continue;
        if (!(await this.#place(next))) later.push(next);
        this.#due.shift();
      }
    } catch (error) {
      this.log.error(
        { err: error },
        'orders that were triggered could not be placed and will be tried again',
      );
    }
    this.#due.push(...later);
    const isDone = this.#reached.length === 0 && this.#due.length === 0;
    if (!isDone && !this.#isStopping) this.#retryTimer = setTimeout(() => this.#begin(), RETRY_MS).unref();
  }

  async #writeDown(): Promise<void> {
    const batch = [...this.#reached];
    if (batch.length === 0) return;
    this.#due.push(...(await this.gtts.trigger(batch)));
    this.#reached = this.#reached.slice(batch.length);
  }

  /** Whether it is settled; what comes too early, or too often within one second, is heard again later. */
  async #place(gtt: Gtt): Promise<boolean> {
    const { userId, tenantId, id } = gtt;
    const placed = await this.exchange.placeOrder({ userId, tenantId }, orderOfGtt(gtt));
    if (!isRefusal(placed)) await this.gtts.settle(id, placed.id, null);
    else if (isPassing(placed)) return false;
    else await this.gtts.settle(id, null, placed.code);
    return true;
  }
}

function nameOf(id: string, leg: number): string {
  return `${id} ${leg}`;
}
