/**
 * Has the exchange keep its hours: when a phase of the day is over, the next one begins by a command. What comes next
 * follows from the day as the exchange keeps it, so whoever starts goes through everything that was missed, in order.
 */
import type { Config } from '@gridworks/kit/config';
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import { randomInt } from 'node:crypto';
import { Calendar, INDIAN_HOLIDAYS } from './domain/calendar.ts';
import type { Phase } from './domain/matching/command.ts';
import type { Tick } from './domain/tick.ts';
import {
  RANDOM_CLOSE_MS,
  haltDay,
  isSquaringOff,
  nextDay,
  nextPhase,
  type TradingDay,
} from './domain/trading-day.ts';
import { Watcher } from './domain/watcher.ts';
import type { Exchange } from './exchange.ts';
import type { Time } from './remote/time.ts';
import type { InstrumentStore } from './store/instrument.ts';

/** Whichever of them moves too far halts the market. */
const INDICES: readonly string[] = ['NIFTY', 'BSE:SENSEX'];
/** Looked at so often at least: clocks are set. */
const LOOK_MS = 60_000;
const RETRY_MS = 1_000;

/** What clients are told of the trading day; nothing follows where the exchange keeps no hours. */
export interface MarketHours {
  readonly phase: Phase;
  readonly date: string | null;
  readonly nextPhase: Phase | null;
  readonly changesAt: Date | null;
  /** The level of the day's last halt; null without one. */
  readonly breakerPercent: number | null;
}

const AROUND_THE_CLOCK: MarketHours = {
  phase: 'CONTINUOUS',
  date: null,
  nextPhase: null,
  changesAt: null,
  breakerPercent: null,
};

export class TradingHours {
  #calendar = new Calendar(INDIAN_HOLIDAYS);
  readonly #watchers = new Set<Watcher<MarketHours>>();
  /** As it is kept. */
  #day: TradingDay | undefined;
  /** An index that has moved too far. */
  #alarm: Pick<Tick, 'price' | 'previousClose'> | undefined;
  #unlisten: (() => void) | undefined;
  #forget: (() => void) | undefined;
  #working: Promise<void> = Promise.resolve();
  #isRunning = false;

  constructor(
    private readonly exchange: Exchange,
    private readonly instruments: Pick<InstrumentStore, 'holidays'>,
    private readonly mode: Config['session'],
    private readonly clock: Clock,
    private readonly time: Pick<Time, 'after'>,
    private readonly log: Log,
  ) {}

  /** Goes through what was missed; from then on each phase begins when it is due. */
  async start(): Promise<void> {
    this.#calendar = new Calendar([...INDIAN_HOLIDAYS, ...(await this.instruments.holidays('NSE'))]);
    this.#isRunning = true;
    this.#schedule(await this.#keep());
    this.#unlisten = this.exchange.onTick((tick) => this.#see(tick));
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#unlisten?.();
    this.#forget?.();
    for (const watcher of this.#watchers) watcher.end();
    await this.#working;
  }

  /** The trading day as it stands. */
  now(): MarketHours {
    if (!this.#day) return AROUND_THE_CLOCK;
    const { phase, date, trippedBps } = this.#day;
    const next = nextPhase(this.#day, this.clock(), this.#calendar);
    const breakerPercent = trippedBps === 0 ? null : trippedBps / 100;
    return { phase, date, nextPhase: next.phase, changesAt: new Date(next.at), breakerPercent };
  }

  /** The trading day as it stands, and each change of it. */
  watch(): Watcher<MarketHours> {
    const watcher = new Watcher<MarketHours>(() => this.#watchers.delete(watcher));
    this.#watchers.add(watcher);
    watcher.offer('', this.now());
    return watcher;
  }

  /** Lets everything happen that is due; returns for how long nothing more is. */
  async #keep(): Promise<number> {
    this.#day = await this.exchange.day();
    if (this.mode === 'continuous') {
      if (this.#day) await this.#change(undefined);
      return LOOK_MS;
    }
    for (;;) {
      const nowMs = this.clock();
      const halted = this.#haltedAt(nowMs);
      if (halted) await this.#change(halted);
      this.#alarm = undefined;
      if (this.#day && isSquaringOff(this.#day)) await this.exchange.squareOff();
      const next = nextDay(this.#day, nowMs, this.#calendar, randomInt(RANDOM_CLOSE_MS));
      if (next.dueAt > nowMs) return Math.min(next.dueAt - nowMs, LOOK_MS);
      await this.#change(next.day);
    }
  }

  async #change(day: TradingDay | undefined): Promise<void> {
    await this.exchange.changeDay(day);
    this.#day = day;
    for (const watcher of this.#watchers) watcher.offer('', this.now());
  }

  #haltedAt(nowMs: number): TradingDay | undefined {
    if (!this.#alarm || !this.#day) return undefined;
    const { price, previousClose } = this.#alarm;
    return haltDay(this.#day, nowMs, Number(price), Number(previousClose));
  }

  async #run(): Promise<void> {
    let waitMs = RETRY_MS;
    try {
      waitMs = await this.#keep();
    } catch (error) {
      this.log.error({ err: error }, 'the trading day could not go on and will be tried again');
    }
    this.#schedule(waitMs);
  }

  /** An index that has moved too far halts the market as soon as what happens now is through. */
  #see({ symbol, source, price, previousClose }: Tick): void {
    if (source !== 'LIVE' || !INDICES.includes(symbol) || this.#alarm) return;
    this.#alarm = { price, previousClose };
    if (this.#haltedAt(this.clock())) this.#working = this.#working.then(() => this.#run());
    else this.#alarm = undefined;
  }

  #schedule(waitMs: number): void {
    this.#forget?.();
    if (!this.#isRunning || this.mode === 'continuous') return;
    this.#forget = this.time.after(waitMs, () => {
      this.#working = this.#working.then(() => this.#run());
    });
  }
}
