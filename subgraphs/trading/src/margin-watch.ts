/** Watches what positions under margin lose with every price: those that lost too much of what is held are closed. */
import type { Log } from '@gridworks/kit/telemetry';
import type { Exchange } from './exchange.ts';

const RETRY_MS = 1_000;

export class MarginWatch {
  /** Instruments whose price has moved since it was looked at. */
  readonly #moved = new Set<string>();
  #working: Promise<void> | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;
  #isStopping = false;

  constructor(
    private readonly exchange: Pick<Exchange, 'onTick' | 'listings' | 'callMargins'>,
    private readonly log: Log,
  ) {}

  /** What was lost while nobody watched is told by the prices that the market stands at now. */
  start(): void {
    this.#isStopping = false;
    this.#unlisten = this.exchange.onTick(({ symbol }) => this.#see(symbol));
    for (const { instrument } of this.exchange.listings()) this.#see(instrument.symbol);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#unlisten?.();
    clearTimeout(this.#retryTimer);
    await this.#working;
  }

  #see(symbol: string): void {
    this.#moved.add(symbol);
    this.#begin();
  }

  #begin(): void {
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  /** Looks until nothing has moved any more; what could not be done is tried again later. */
  async #work(): Promise<void> {
    // Not before the market has gone on: the tick that was heard waits for nothing.
    await Promise.resolve();
    for (const symbol of this.#moved) {
      if (this.#isStopping) return;
      this.#moved.delete(symbol);
      try {
        await this.exchange.callMargins(symbol);
      } catch (error) {
        this.#moved.add(symbol);
        this.log.error({ err: error, symbol }, 'positions were not looked at and will be later');
        this.#retryTimer = setTimeout(() => this.#begin(), RETRY_MS).unref();
        return;
      }
    }
  }
}
