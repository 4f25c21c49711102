/** Keeps the daily bars up to date. Minute bars are left alone: whoever records them rolls them up into days. */
import { reaction, type Reaction } from '@gridworks/kit/events';
import type { CandleRow } from '@gridworks/schema/events';
import type { Analyses } from './analyses.ts';
import type { RecordedCandle } from './domain/candle.ts';
import type { CandleStore } from './store.ts';

export function recordCandles(store: CandleStore, analyses: Analyses): Reaction {
  return reaction({
    consumer: 'ai.candles',
    topics: ['candles.recorded'],
    handle: async (tx, events) => {
      for (const { payload } of events) {
        if (payload.interval !== 'ONE_DAY') continue;
        const { symbol, candles } = payload;
        if (await store.record(tx, symbol, candles.map(toCandle))) analyses.touch(symbol);
      }
      return [];
    },
  });
}

function toCandle([start, open, high, low, close, volume]: CandleRow): RecordedCandle {
  return {
    startMs: Date.parse(start),
    open: BigInt(open),
    high: BigInt(high),
    low: BigInt(low),
    close: BigInt(close),
    volume: BigInt(volume),
  };
}
