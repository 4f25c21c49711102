/**
 * What was computed from each instrument's bars, kept until they change. Live streams ask for forecasts with every tick,
 * so an answer usually costs nothing; looking whether bars have changed costs one small query for all instruments of an
 * operation, and is due once a second. In the process that takes in new bars they are looked for at every question
 * until they must have been committed, so there nothing older is answered.
 */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@gridworks/kit/time';
import type { Candle } from './domain/candle.ts';
import { indicatorsOf, type Indicators } from './domain/indicators.ts';
import { OBSERVATIONS_MAX, forecastOf, type Forecast } from './domain/volatility.ts';
import type { CandleStore } from './store.ts';

/** Computed at the first question for it: few who ask for one ask for the other. */
export interface Analysis {
  readonly forecast: () => Promise<Forecast | null>;
  readonly indicators: () => Promise<Indicators | null>;
}

interface Kept {
  readonly revision: bigint;
  readonly analysis: Analysis;
  readonly checkedAtMs: number;
}

const RECHECK_MS = 1_000;
/** Longer than a batch of events takes to commit. */
const TOUCHED_MS = 10_000;
const CANDLES_MAX = OBSERVATIONS_MAX + 1;
/** Far more than there are instruments; a bound all the same, because symbols come from outside. */
const KEPT_MAX = 10_000;
const NEVER_READ = -1n;

export class Analyses {
  readonly #kept = new Map<string, Kept>();
  readonly #checks = new Map<string, Promise<void>>();
  readonly #touchedUntilMs = new Map<string, number>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: CandleStore,
    private readonly clock: Clock,
  ) {}

  /** The analyses of instruments, in the order of the symbols; with nothing in them where there are no bars. */
  async of(symbols: readonly string[]): Promise<Analysis[]> {
    const nowMs = this.clock();
    const due = symbols.filter((symbol) => !this.#checks.has(symbol) && this.#isDue(symbol, nowMs));
    if (due.length > 0) {
      const check = this.#check(due, nowMs);
      for (const symbol of due) this.#checks.set(symbol, check);
    }
    await Promise.all(symbols.flatMap((symbol) => this.#checks.get(symbol) ?? []));
    return symbols.map((symbol) => this.#kept.get(symbol)?.analysis ?? this.#analysisOf([]));
  }

  /** Says that bars of an instrument are being written. */
  touch(symbol: string): void {
    this.#touchedUntilMs.set(symbol, this.clock() + TOUCHED_MS);
  }

  #isDue(symbol: string, nowMs: number): boolean {
    const kept = this.#kept.get(symbol);
    if (!kept || Math.abs(nowMs - kept.checkedAtMs) >= RECHECK_MS) return true;
    const untilMs = this.#touchedUntilMs.get(symbol);
    if (untilMs === undefined) return false;
    if (nowMs < untilMs) return true;
    this.#touchedUntilMs.delete(symbol);
    return false;
  }

  async #check(symbols: readonly string[], nowMs: number): Promise<void> {
    try {
      const known = symbols.map((symbol) => ({
        symbol,
        revision: this.#kept.get(symbol)?.revision ?? NEVER_READ,
      }));
      const changed = new Map(
        (await this.store.changed(known, CANDLES_MAX)).map((series) => [series.symbol, series]),
      );
      for (const { symbol, revision } of known) {
        const fresh = changed.get(symbol);
        this.#keep(symbol, {
          revision: fresh?.revision ?? revision,
          analysis: fresh
            ? this.#analysisOf(fresh.candles)
            : (this.#kept.get(symbol)?.analysis ?? this.#analysisOf([])),
          checkedAtMs: nowMs,
        });
      }
    } finally {
      for (const symbol of symbols) this.#checks.delete(symbol);
    }
  }

  /** What was checked last stands last, so the first is the one to let go. */
  #keep(symbol: string, kept: Kept): void {
    this.#kept.delete(symbol);
    this.#kept.set(symbol, kept);
    if (this.#kept.size > KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value as string);
  }

  #analysisOf(candles: readonly Candle[]): Analysis {
    return {
      forecast: once(() => this.#inTurn(() => forecastOf(candles))),
      indicators: once(() => this.#inTurn(() => indicatorsOf(candles))),
    };
  }

  /** One computation a turn of the event loop: a fit takes milliseconds, and fifty at once would hold up every stream. */
  #inTurn<T>(compute: () => T): Promise<T> {
    const result = this.#turn.then(() => setImmediate()).then(compute);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function once<T>(compute: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined;
  return () => (begun ??= compute());
}
