/** A past for the simulated market: bars of the same model that the simulator runs on, ending at the reference prices. */
import { MINUTE_MS, istMidnight } from '@gridworks/kit/time';
import { INDIAN_HOURS } from './calendar.ts';
import { rollUp, type Candle } from './candle.ts';
import type { Instrument } from './instrument.ts';
import { MarketModel, SESSION_S, type Mover } from './market-model.ts';
import { createRandom, type Random } from './random.ts';
import { activity } from './simulator.ts';

export interface SimulatedHistory {
  readonly symbol: string;
  /** One bar for every date, oldest first; the last closes at the reference price. */
  readonly days: readonly Candle[];
  /** One bar for every minute of the last `minuteSessions` dates; they roll up to those dates' daily bars. */
  readonly minutes: readonly Candle[];
}

export type HistoryInstrument = Pick<
  Instrument,
  'symbol' | 'kind' | 'sector' | 'tickSize' | 'referencePrice'
>;

/** Volatility comes in spells of about two weeks. */
const PERSISTENCE_S = 10 * SESSION_S;
/** What moves while the market is closed, as a share of a day's variance. */
const OVERNIGHT_SHARE = 0.2;
const MINUTES = 375;
const STEPS_A_DAY = 8;
const STEPS_A_MINUTE = 3;
/** How much of a path's whole rise or fall is kept: a year in which half of the market trebles would look odd. */
const DRIFT_KEPT = 0.3;
/** Middle turnover of an instrument in a day, minor units. */
const TURNOVER = 1_500_000_000_00;

/** One bar of a path: logarithms of price relative to where the path began. */
interface LogBar {
  readonly start: number;
  /** Which of the dates it is of. */
  readonly day: number;
  open: number;
  high: number;
  low: number;
  close: number;
}

/** `dates`: the trading days to tell of, oldest first. The same seed, instruments and dates make the same past. */
export function simulateHistory(
  seed: string,
  instruments: readonly HistoryInstrument[],
  dates: readonly string[],
  minuteSessions: number,
): SimulatedHistory[] {
  const model = new MarketModel(`${seed}/history`, instruments, PERSISTENCE_S);
  const paths = model.movers.map((mover) => new Path(mover));
  const minutesFrom = dates.length - minuteSessions;
  for (const [index, date] of dates.entries()) {
    const openAt = istMidnight(date) + INDIAN_HOURS.openMs;
    const inMinutes = index >= minutesFrom;
    const bars = inMinutes ? MINUTES : 1;
    const steps = inMinutes ? STEPS_A_MINUTE : STEPS_A_DAY;
    const stepS = (SESSION_S * (1 - OVERNIGHT_SHARE)) / (bars * steps);
    model.advance(SESSION_S * OVERNIGHT_SHARE);
    for (const path of paths) path.gap();
    for (let bar = 0; bar < bars; bar++) {
      const start = inMinutes ? openAt + bar * MINUTE_MS : istMidnight(date);
      for (const path of paths) path.begin(start, index);
      for (let step = 0; step < steps; step++) {
        model.advance(stepS);
        for (const path of paths) path.move();
      }
    }
  }
  return instruments.map((instrument, index) =>
    toHistory(seed, instrument, (paths[index] as Path).bars, dates.length, minutesFrom),
  );
}

class Path {
  readonly bars: LogBar[] = [];
  #level = 0;

  constructor(private readonly mover: Mover) {}

  gap(): void {
    this.#level += this.mover.change;
  }

  begin(start: number, day: number): void {
    const level = this.#level;
    this.bars.push({ start, day, open: level, high: level, low: level, close: level });
  }

  move(): void {
    this.#level += this.mover.change;
    const bar = this.bars.at(-1) as LogBar;
    bar.close = this.#level;
    bar.high = Math.max(bar.high, this.#level);
    bar.low = Math.min(bar.low, this.#level);
  }
}

function toHistory(
  seed: string,
  instrument: HistoryInstrument,
  bars: readonly LogBar[],
  days: number,
  minutesFrom: number,
): SimulatedHistory {
  const random = createRandom(`${seed}/turnover/${instrument.symbol}`);
  const size = TURNOVER * Math.exp(0.9 * random.normal());
  const end = bars.at(-1)?.close ?? 0;
  const reference = Number(instrument.referencePrice) / Number(instrument.tickSize);
  const candles = bars.map((bar, index): Candle => {
    const rest = (1 - DRIFT_KEPT) * end * ((days - 1 - bar.day) / days);
    const priceAt = (level: number): bigint =>
      BigInt(Math.max(1, Math.round(Math.exp(level - end + rest) * reference))) * instrument.tickSize;
    const isMinute = index >= minutesFrom;
    const share = isMinute ? activity(bar.start) / MINUTES : 1;
    const turnover = instrument.kind === 'INDEX' ? 0 : size * share * surprise(random, isMinute);
    const close = priceAt(bar.close);
    return {
      start: bar.start,
      open: priceAt(bar.open),
      high: priceAt(bar.high),
      low: priceAt(bar.low),
      close,
      volume: BigInt(Math.round(turnover / Number(close))),
    };
  });
  const minutes = candles.slice(minutesFrom);
  return {
    symbol: instrument.symbol,
    days: [...candles.slice(0, minutesFrom), ...rollUp(minutes, 'ONE_DAY')],
    minutes,
  };
}

function surprise(random: Random, isMinute: boolean): number {
  return Math.exp((isMinute ? 0.6 : 0.35) * random.normal());
}
