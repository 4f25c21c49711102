/**
 * Makes candles of live trades, tells them to whoever watches, and keeps them: minutes as they end, days when the first
 * minute of the next has ended.
 */
import type { Log } from '@gridworks/kit/telemetry';
import { DAY_MS, MINUTE_MS, type Clock } from '@gridworks/kit/time';
import {
  CANDLE_INTERVALS,
  CandleBuilder,
  barStart,
  rollUp,
  type Candle,
  type CandleInterval,
} from './domain/candle.ts';
import { Watcher } from './domain/watcher.ts';
import type { Exchange } from './exchange.ts';
import { recordCandles, type CandleStore } from './store/candle.ts';

const CHECK_MS = 1_000;
const MINUTES_PER_DAY = DAY_MS / MINUTE_MS;

interface Bar {
  readonly symbol: string;
  readonly candle: Candle;
}

/** A candle as it stands. */
export interface LiveCandle extends Bar {
  /** Nothing will change it any more. */
  readonly isFinal: boolean;
}

export class CandleRecorder {
  readonly #builders: Readonly<Record<CandleInterval, Map<string, CandleBuilder>>> = {
    ONE_MINUTE: new Map(),
    ONE_DAY: new Map(),
  };
  readonly #watchers: Readonly<Record<CandleInterval, Map<string, Set<Watcher<LiveCandle>>>>> = {
    ONE_MINUTE: new Map(),
    ONE_DAY: new Map(),
  };
  /** The day of the last bar kept, by symbol: when it changes, a day is over. */
  readonly #days = new Map<string, number>();
  #ended: Bar[] = [];
  #unlisten: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #keeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly exchange: Exchange,
    private readonly candles: CandleStore,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Goes on with the minute and the day that a restart interrupted. */
  async start(): Promise<void> {
    const minute = barStart('ONE_MINUTE', this.clock());
    const day = barStart('ONE_DAY', this.clock());
    for (const interval of CANDLE_INTERVALS) this.#builders[interval].clear();
    for (const { instrument, session } of this.exchange.listings()) {
      const { symbol } = instrument;
      const { atMs, range, last, volume } = session;
      if (atMs > 0) this.#days.set(symbol, barStart('ONE_DAY', atMs));
      if (atMs >= day && range)
        this.#resume(this.#builderOf(symbol, 'ONE_DAY'), { start: day, ...range, close: last, volume });
      if (atMs < minute) continue;
      const [bar] = await this.candles.range(symbol, 'ONE_MINUTE', minute, minute + MINUTE_MS, 1);
      if (bar) this.#resume(this.#builderOf(symbol, 'ONE_MINUTE'), bar);
    }
    this.#unlisten = this.exchange.onTick(({ symbol, source, at, price, quantity }) => {
      // What is replayed is history already.
      if (source === 'REPLAY') return;
      for (const interval of CANDLE_INTERVALS) {
        const builder = this.#builderOf(symbol, interval);
        const { closed, accepted } = builder.add({ at: at.getTime(), price, quantity });
        if (closed) this.#end(interval, { symbol, candle: closed });
        if (accepted && builder.current) this.#tell(interval, { symbol, candle: builder.current }, false);
      }
    });
    this.#timer = setInterval(() => this.#check(), CHECK_MS);
  }

  /** Keeps what there is, also of the minute that has not ended. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#unlisten?.();
    for (const interval of CANDLE_INTERVALS) {
      for (const watchers of [...this.#watchers[interval].values()])
        for (const watcher of [...watchers]) watcher.end();
    }
    await this.#keeping;
    for (const [symbol, { current }] of this.#builders.ONE_MINUTE) {
      if (current) this.#ended.push({ symbol, candle: current });
    }
    await this.#keep();
  }

  /**
   * The candle of this moment, if there is one, then each change of it, and each that follows. A watcher that is slow
   * misses states of a candle, never its last one. Ends when the consumer returns or the recorder stops.
   */
  watch(symbol: string, interval: CandleInterval): Watcher<LiveCandle> {
    const all = this.#watchers[interval];
    const watcher = new Watcher<LiveCandle>(() => {
      const watchers = all.get(symbol);
      watchers?.delete(watcher);
      if (watchers?.size === 0) all.delete(symbol);
    });
    all.set(symbol, (all.get(symbol) ?? new Set()).add(watcher));
    const candle = this.#builders[interval].get(symbol)?.current;
    if (candle) watcher.offer(String(candle.start), { symbol, candle, isFinal: false });
    return watcher;
  }

  /** A candle that is over: minutes are to be kept, days are made of the minutes that were. */
  #end(interval: CandleInterval, bar: Bar): void {
    if (interval === 'ONE_MINUTE') this.#ended.push(bar);
    this.#tell(interval, bar, true);
  }

  #tell(interval: CandleInterval, bar: Bar, isFinal: boolean): void {
    for (const watcher of this.#watchers[interval].get(bar.symbol) ?? [])
      watcher.offer(String(bar.candle.start), { ...bar, isFinal });
  }

  #builderOf(symbol: string, interval: CandleInterval): CandleBuilder {
    const builders = this.#builders[interval];
    const known = builders.get(symbol);
    if (known) return known;
    const builder = new CandleBuilder(interval);
    builders.set(symbol, builder);
    return builder;
  }

  /** Puts a builder where it stood, by prints that make the same bar. */
  #resume(builder: CandleBuilder, { start, open, high, low, close, volume }: Candle): void {
    for (const price of [open, high, low]) builder.add({ at: start, price, quantity: 0n });
    builder.add({ at: start, price: close, quantity: volume });
  }

  #check(): void {
    const nowMs = this.clock();
    for (const interval of CANDLE_INTERVALS) {
      for (const [symbol, builder] of this.#builders[interval]) {
        const candle = builder.closeBefore(nowMs);
        if (candle) this.#end(interval, { symbol, candle });
      }
    }
    if (this.#ended.length > 0) this.#keeping = this.#keeping.then(() => this.#keep());
  }

  async #keep(): Promise<void> {
    const bars = this.#ended;
    this.#ended = [];
    if (bars.length === 0) return;
    try {
      await this.exchange.asWriter(async (tx) => {
        for (const { symbol, candle } of bars)
          await recordCandles(tx, symbol, 'ONE_MINUTE', 'LIVE', [candle]);
      });
      for (const bar of bars) await this.#closeDayBefore(bar);
    } catch (error) {
      // Kept for the next try; recording a bar twice changes nothing.
      this.#ended = [...bars, ...this.#ended];
      this.log.error({ err: error, bars: bars.length }, 'candles were not kept and will be tried again');
    }
  }

  async #closeDayBefore({ symbol, candle }: Bar): Promise<void> {
    const day = barStart('ONE_DAY', candle.start);
    const last = this.#days.get(symbol) ?? day;
    if (last < day) {
      const minutes = await this.candles.range(symbol, 'ONE_MINUTE', last, last + DAY_MS, MINUTES_PER_DAY);
      const days = rollUp(minutes, 'ONE_DAY');
      await this.exchange.asWriter((tx) => recordCandles(tx, symbol, 'ONE_DAY', 'LIVE', days));
    }
    this.#days.set(symbol, day);
  }
}
