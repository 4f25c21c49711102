/**
 * Makes candles of live trades, tells them to whoever watches, and keeps them: minutes as they end, days when the first
 * minute of the next has ended. Candles of other intervals are made of these when they are asked for, and grow with the
 * trades as long as somebody watches.
 */
import type { Log } from '@gridworks/kit/telemetry';
import { DAY_MS, MINUTE_MS, type Clock } from '@gridworks/kit/time';
import {
  CANDLE_INTERVALS,
  CandleBuilder,
  STORED_INTERVALS,
  barEnd,
  barStart,
  isStored,
  rollUp,
  type Candle,
  type CandleInterval,
  type CandlePrint,
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

/** A candle that grows. */
interface Growing {
  readonly builder: CandleBuilder;
  /** Trades that happen while what was before them is being read. */
  missed?: CandlePrint[] | undefined;
  /** Resolves when the builder stands where it should. */
  ready?: Promise<void>;
}

type BySymbol<T> = ReadonlyMap<CandleInterval, Map<string, T>>;

function bySymbol<T>(): BySymbol<T> {
  return new Map(CANDLE_INTERVALS.map((interval) => [interval, new Map()]));
}

export class CandleRecorder {
  /** Of the intervals that are kept, those of all instruments that traded; of the others, those that are watched. */
  readonly #growing: BySymbol<Growing> = bySymbol();
  readonly #watchers: BySymbol<Set<Watcher<LiveCandle>>> = bySymbol();
  /** The day of the last bar kept, by symbol: when it changes, a day is over. */
  readonly #days = new Map<string, number>();
  /** Minutes that are over, and not kept yet. */
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
    for (const growing of this.#growing.values()) growing.clear();
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
      const print = { at: at.getTime(), price, quantity };
      for (const interval of STORED_INTERVALS) this.#builderOf(symbol, interval);
      for (const [interval, its] of this.#growing) {
        const growing = its.get(symbol);
        if (growing?.missed) growing.missed.push(print);
        else if (growing) this.#add(symbol, interval, growing.builder, print);
      }
    });
    this.#timer = setInterval(() => this.#check(), CHECK_MS);
  }

  /** Keeps what there is, also of the minute that has not ended. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#unlisten?.();
    for (const its of this.#watchers.values()) {
      for (const watchers of [...its.values()]) for (const watcher of [...watchers]) watcher.end();
    }
    await this.#keeping;
    for (const [symbol, { builder }] of this.#of(this.#growing, 'ONE_MINUTE')) {
      if (builder.current) this.#ended.push({ symbol, candle: builder.current });
    }
    await this.#keep();
  }

  /**
   * The candle of this moment, if there is one, then each change of it, and each that follows. A watcher that is slow
   * misses states of a candle, never its last one. Ends when the consumer returns or the recorder stops.
   */
  async watch(symbol: string, interval: CandleInterval): Promise<Watcher<LiveCandle>> {
    const all = this.#of(this.#watchers, interval);
    const watcher = new Watcher<LiveCandle>(() => {
      const watchers = all.get(symbol);
      watchers?.delete(watcher);
      if (watchers?.size !== 0) return;
      all.delete(symbol);
      if (!isStored(interval)) this.#of(this.#growing, interval).delete(symbol);
    });
    all.set(symbol, (all.get(symbol) ?? new Set()).add(watcher));
    try {
      const candle = (await this.#grow(symbol, interval))?.current;
      if (candle) watcher.offer(String(candle.start), { symbol, candle, isFinal: false });
      return watcher;
    } catch (error) {
      watcher.end();
      throw error;
    }
  }

  /** The last candles that are over and start before an instant, oldest first, as they are told to whoever watches. */
  history(
    symbol: string,
    interval: CandleInterval,
    count: number,
    beforeMs: number | undefined,
  ): Promise<Candle[]> {
    const presentMs = barStart(interval, this.clock());
    const wantedMs = beforeMs === undefined ? presentMs : barEnd(interval, barStart(interval, beforeMs - 1));
    const toMs = Math.min(presentMs, wantedMs);
    return this.candles.last({ symbol, interval, count, toMs }, this.#unkept(symbol));
  }

  /** Minutes of which the store may not know all, oldest first. */
  #unkept(symbol: string): Candle[] {
    const ended = this.#ended.filter((bar) => bar.symbol === symbol).map(({ candle }) => candle);
    const current = this.#of(this.#growing, 'ONE_MINUTE').get(symbol)?.builder.current;
    return current ? [...ended, current] : ended;
  }

  /** What builds the candle; one that nobody watched before begins with what the present candle has come to. */
  async #grow(symbol: string, interval: CandleInterval): Promise<CandleBuilder | undefined> {
    const all = this.#of(this.#growing, interval);
    const known = all.get(symbol);
    if (known || isStored(interval)) {
      await known?.ready;
      return known?.builder;
    }
    const growing: Growing = { builder: new CandleBuilder(interval), missed: [] };
    all.set(symbol, growing);
    growing.ready = this.#catchUp(symbol, interval, growing);
    await growing.ready;
    return growing.builder;
  }

  async #catchUp(symbol: string, interval: CandleInterval, growing: Growing): Promise<void> {
    const nowMs = this.clock();
    const wanted = { symbol, interval, count: 1, toMs: nowMs + 1 };
    const [bar] = await this.candles.last(wanted, this.#unkept(symbol));
    // Whoever watched may have left meanwhile.
    if (this.#of(this.#growing, interval).get(symbol) !== growing) return;
    const { builder, missed = [] } = growing;
    if (bar?.start === barStart(interval, nowMs)) this.#resume(builder, bar);
    growing.missed = undefined;
    for (const print of missed) this.#add(symbol, interval, builder, print);
  }

  #add(symbol: string, interval: CandleInterval, builder: CandleBuilder, print: CandlePrint): void {
    const { closed, accepted } = builder.add(print);
    if (closed) this.#end(interval, { symbol, candle: closed });
    if (accepted && builder.current) this.#tell(interval, { symbol, candle: builder.current }, false);
  }

  /** A candle that is over: minutes are to be kept, days are made of the minutes that were. */
  #end(interval: CandleInterval, bar: Bar): void {
    if (interval === 'ONE_MINUTE') this.#ended.push(bar);
    this.#tell(interval, bar, true);
  }

  #tell(interval: CandleInterval, bar: Bar, isFinal: boolean): void {
    for (const watcher of this.#of(this.#watchers, interval).get(bar.symbol) ?? [])
      watcher.offer(String(bar.candle.start), { ...bar, isFinal });
  }

  #builderOf(symbol: string, interval: CandleInterval): CandleBuilder {
    const growing = this.#of(this.#growing, interval);
    const known = growing.get(symbol);
    if (known) return known.builder;
    const builder = new CandleBuilder(interval);
    growing.set(symbol, { builder });
    return builder;
  }

  #of<T>(all: BySymbol<T>, interval: CandleInterval): Map<string, T> {
    return all.get(interval) as Map<string, T>;
  }

  /** Puts a builder where it stood, by prints that make the same bar. */
  #resume(builder: CandleBuilder, { start, open, high, low, close, volume }: Candle): void {
    for (const price of [open, high, low]) builder.add({ at: start, price, quantity: 0n });
    builder.add({ at: start, price: close, quantity: volume });
  }

  #check(): void {
    const nowMs = this.clock();
    for (const [interval, its] of this.#growing) {
      for (const [symbol, { builder }] of its) {
        const candle = builder.closeBefore(nowMs);
        if (candle) this.#end(interval, { symbol, candle });
      }
    }
    if (this.#ended.length > 0) this.#keeping = this.#keeping.then(() => this.#keep());
  }

  async #keep(): Promise<void> {
    const bars = [...this.#ended];
    if (bars.length === 0) return;
    try {
      await this.exchange.asWriter(async (tx) => {
        for (const { symbol, candle } of bars)
          await recordCandles(tx, symbol, 'ONE_MINUTE', 'LIVE', [candle]);
      });
      for (const bar of bars) await this.#closeDayBefore(bar);
      this.#ended = this.#ended.slice(bars.length);
    } catch (error) {
      // They stay for the next try; recording a bar twice changes nothing.
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
