import { describe, expect, it } from 'vitest';
import { Calendar, INDIAN_HOLIDAYS, addDays, clockTime, dateOf, instantOf, isWeekday } from './calendar.ts';

const calendar = new Calendar(INDIAN_HOLIDAYS);

describe('Calendar', () => {
  it('rests on weekends and holidays', () => {
    expect(calendar.isTradingDay('2026-01-14')).toBe(true);
    expect(calendar.isTradingDay('2026-01-26')).toBe(false);
    expect(calendar.isTradingDay('2026-01-17')).toBe(false);
    expect(calendar.isHoliday('2026-01-17')).toBe(false);
  });

  it('finds the trading days around a date', () => {
    expect(calendar.tradingDaysBefore('2026-01-27', 3)).toEqual(['2026-01-21', '2026-01-22', '2026-01-23']);
    expect(calendar.tradingDayAfter('2026-01-23')).toBe('2026-01-27');
  });

  it('believes a year only when its list is long enough to be whole', () => {
    expect([2009, 2010, 2026, 2027].map((year) => calendar.covers(year))).toEqual([false, true, true, false]);
    const few = new Calendar([
      '2010-01-26',
      '2010-04-14',
      ...Array.from({ length: 9 }, (_, day) => `2010-05-${15 + 7 * (day % 2)}`),
    ]);
    expect(few.covers(2010)).toBe(false);
  });

  it('names only weekdays as holidays, each once and in order', () => {
    expect(INDIAN_HOLIDAYS.every(isWeekday)).toBe(true);
    expect([...new Set(INDIAN_HOLIDAYS)].sort()).toEqual(INDIAN_HOLIDAYS);
  });
});

describe('dates', () => {
  it('knows the days that exist', () => {
    expect(dateOf(2016, 2, 29)).toBe('2016-02-29');
    for (const [year, month, day] of [
      [2015, 2, 29],
      [2015, 13, 1],
      [2015, 0, 1],
      [2015, 4, 31],
    ] as const) {
      expect(dateOf(year, month, day)).toBeUndefined();
    }
    expect(addDays('2016-02-28', 2)).toBe('2016-03-01');
    expect(['2026-01-16', '2026-01-17', '2026-01-18', '2026-01-19'].map(isWeekday)).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('finds the instant of a local time, in summer and in winter', () => {
    const halfPastNine = 34_200_000;
    const shown = (zone: string, date: string): string =>
      new Date(instantOf(zone, date, halfPastNine)).toISOString();
    expect(shown('Asia/Kolkata', '2013-10-11')).toBe('2013-10-11T04:00:00.000Z');
    expect(shown('America/New_York', '2013-10-11')).toBe('2013-10-11T13:30:00.000Z');
    expect(shown('America/New_York', '2013-12-11')).toBe('2013-12-11T14:30:00.000Z');
    expect(shown('Pacific/Auckland', '2013-12-11')).toBe('2013-12-10T20:30:00.000Z');
  });

  it('writes times of day', () => {
    expect(clockTime(33_360_000)).toBe('09:16');
    expect(clockTime(34_200_034)).toBe('09:30');
    expect(clockTime(34_201_999)).toBe('09:30:01');
  });
});
