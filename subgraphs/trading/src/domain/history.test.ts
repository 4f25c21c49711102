import { istDate } from '@gridworks/kit/time';
import { describe, expect, it } from 'vitest';
import { Calendar, INDIAN_HOLIDAYS } from './calendar.ts';
import { rollUp } from './candle.ts';
import { simulateHistory, type HistoryInstrument } from './history.ts';

const INSTRUMENTS: HistoryInstrument[] = [
  { symbol: 'AAA', kind: 'EQUITY', sector: 'Banks', tickSize: 10n, referencePrice: 1_545_00n },
  { symbol: 'BBB', kind: 'EQUITY', sector: null, tickSize: 1n, referencePrice: 10_20n },
  { symbol: 'INDEX', kind: 'INDEX', sector: null, tickSize: 5n, referencePrice: 26_100_00n },
];
const dates = new Calendar(INDIAN_HOLIDAYS).tradingDaysBefore('2026-01-15', 120);
const pasts = simulateHistory('seed', INSTRUMENTS, dates, 2);
const first = pasts[0]!;

describe('simulateHistory', () => {
  it('makes the same past from the same seed, and another from another', () => {
    expect(simulateHistory('seed', INSTRUMENTS, dates, 2)[0]).toEqual(first);
    expect(simulateHistory('other', INSTRUMENTS, dates, 2)[0]!.days[0]).not.toEqual(first.days[0]);
  });

  it('has a bar for every date, of which the last closes at the reference price', () => {
    for (const [place, { days }] of pasts.entries()) {
      expect(days.map(({ start }) => istDate(start))).toEqual(dates);
      expect(days.at(-1)!.close).toBe(INSTRUMENTS[place]!.referencePrice);
    }
  });

  it('has a bar for every minute of the last sessions, and they roll up to their days', () => {
    for (const { days, minutes } of pasts) {
      expect(minutes).toHaveLength(2 * 375);
      expect(rollUp(minutes, 'ONE_DAY')).toEqual(days.slice(-2));
    }
    expect(new Date(first.minutes[0]!.start).toISOString()).toBe('2026-01-13T03:45:00.000Z');
    expect(new Date(first.minutes.at(-1)!.start).toISOString()).toBe('2026-01-14T09:59:00.000Z');
  });

  it('keeps every bar whole, on tick, and without jumps', () => {
    for (const [place, { days, minutes }] of pasts.entries()) {
      const { tickSize, kind } = INSTRUMENTS[place]!;
      for (const bars of [days, minutes]) {
        for (const [at, { open, high, low, close, volume }] of bars.entries()) {
          const prices = [open, high, low, close];
          expect(prices.every((price) => price > 0n && price % tickSize === 0n)).toBe(true);
          expect(prices.every((price) => low <= price && price <= high)).toBe(true);
          expect(kind === 'INDEX' ? volume === 0n : volume >= 0n).toBe(true);
          const before = bars[at - 1];
          if (before) expect(Math.abs(Number(close) / Number(before.close) - 1)).toBeLessThan(0.25);
        }
      }
    }
    expect(first.days.every(({ volume }) => volume > 0n)).toBe(true);
  });
});
