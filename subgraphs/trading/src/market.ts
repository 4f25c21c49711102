/** A simulated market on the exchange: the simulator says what the others do, the exchange carries it out. */
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import { createSimulator, type Simulator } from './domain/simulator.ts';
import { REPLAY_HOLD_MS, type Exchange } from './exchange.ts';

const STEP_MS = 250;

/** What moves prices where no orders do. */
export interface Market {
  start(): void;
  /** Nothing moves afterwards. */
  stop(): Promise<void>;
}

export class SimulatedMarket implements Market {
  readonly #simulator: Simulator;
  #unfollow: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #step: Promise<void> = Promise.resolve();
  #isRunning = false;

  /** The same seed makes the same market. */
  constructor(
    seed: string,
    private readonly exchange: Exchange,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    const instruments = exchange.listings().map(({ instrument, session }) => ({
      ...instrument,
      referencePrice: session.referencePrice,
      lastPrice: session.last,
    }));
    this.#simulator = createSimulator(seed, instruments);
  }

  start(): void {
    this.#isRunning = true;
    // Where a replay leaves a price, the simulated market goes on.
    this.#unfollow = this.exchange.onTick(({ source, symbol, price }) => {
      if (source === 'REPLAY') this.#simulator.follow(symbol, price, REPLAY_HOLD_MS);
    });
    this.#schedule(0);
  }

  /** Finishes the action at hand; nothing moves afterwards. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    this.#unfollow?.();
    await this.#step;
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      const startedMs = performance.now();
      // The next step is planned when this one is through: a slow database slows the market, it does not pile up.
      this.#step = this.#run().then(() => {
        if (this.#isRunning) this.#schedule(Math.max(0, STEP_MS - (performance.now() - startedMs)));
      });
    }, delayMs);
  }

  async #run(): Promise<void> {
    // Over night prices stay where they are.
    if (!this.exchange.isQuoted) return;
    for (const action of this.#simulator.step(this.clock())) {
      if (!this.#isRunning) return;
      try {
        await this.exchange.act(action);
      } catch (error) {
        this.log.error({ err: error, symbol: action.symbol }, 'the market could not act');
      }
    }
  }
}
