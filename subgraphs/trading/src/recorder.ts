/** Makes candles of live trades and keeps them: minutes as they end, days when the first minute of the next has ended. */
import type { Log } from '@gridworks/kit/telemetry';
import { DAY_MS, MINUTE_MS, type Clock } from '@gridworks/kit/time';
import { CandleBuilder, barStart, rollUp, type Candle } from './domain/candle.ts';
import type { Exchange } from './exchange.ts';
import { recordCandles, type CandleStore } from './store/candle.ts';

const CHECK_MS = 1_000;
const MINUTES_PER_DAY = DAY_MS / MINUTE_MS;

interface Bar {
  readonly symbol: string;
  readonly candle: Candle;
}

export class CandleRecorder {
  readonly #builders = new Map<string, CandleBuilder>();
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

  /** Goes on with the minute that a restart interrupted. */
  async start(): Promise<void> {
    const minute = barStart('ONE_MINUTE', this.clock());
    for (const { instrument, session } of this.exchange.listings()) {
      const { symbol } = instrument;
      if (session.atMs > 0) this.#days.set(symbol, barStart('ONE_DAY', session.atMs));
      if (session.atMs < minute) continue;
      const [bar] = await this.candles.range(symbol, 'ONE_MINUTE', minute, minute + MINUTE_MS, 1);
      if (bar) this.#resume(this.#builderOf(symbol), bar);
    }
    this.#unlisten = this.exchange.onTick(({ symbol, source, at, price, quantity }) => {
      // What is replayed is history already.
      if (source === 'REPLAY') return;
      const { closed } = this.#builderOf(symbol).add({ at: at.getTime(), price, quantity });
      if (closed) this.#ended.push({ symbol, candle: closed });
    });
    this.#timer = setInterval(() => this.#check(), CHECK_MS);
  }

  /** Keeps what there is, also of the minute that has not ended. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#unlisten?.();
    await this.#keeping;
    for (const [symbol, { current }] of this.#builders) {
      if (current) this.#ended.push({ symbol, candle: current });
    }
    await this.#keep();
  }

  #builderOf(symbol: string): CandleBuilder {
    const known = this.#builders.get(symbol);
    if (known) return known;
    const builder = new CandleBuilder('ONE_MINUTE');
    this.#builders.set(symbol, builder);
    return builder;
  }

  /** Puts a builder where it stood, by prints that make the same bar. */
  #resume(builder: CandleBuilder, { start, open, high, low, close, volume }: Candle): void {
    for (const price of [open, high, low]) builder.add({ at: start, price, quantity: 0n });
    builder.add({ at: start, price: close, quantity: volume });
  }

  #check(): void {
    const nowMs = this.clock();
    for (const [symbol, builder] of this.#builders) {
      const candle = builder.closeBefore(nowMs);
      if (candle) this.#ended.push({ symbol, candle });
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
