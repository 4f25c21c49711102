/** On which days and at which hours an exchange trades. Dates are `YYYY-MM-DD`; times are milliseconds since midnight. */
import { DAY_MS, IST_OFFSET_MS, MINUTE_MS, istDate, istMidnight } from '@gridworks/kit/time';

export interface MarketHours {
  /** IANA name of the zone that the times are of. */
  readonly zone: string;
  readonly preOpenMs: number;
  readonly openMs: number;
  readonly closeMs: number;
  /** When trading after the close ends. */
  readonly postCloseMs: number;
}

/** Equities of NSE and BSE: pre-open from 09:00, continuous trading 09:15 to 15:30, closing session to 16:00. */
export const INDIAN_HOURS: MarketHours = {
  zone: 'Asia/Kolkata',
  preOpenMs: 9 * 60 * MINUTE_MS,
  openMs: (9 * 60 + 15) * MINUTE_MS,
  closeMs: (15 * 60 + 30) * MINUTE_MS,
  postCloseMs: 16 * 60 * MINUTE_MS,
};

/** Equities of the United States: 09:30 to 16:00 in New York, with trading before from 04:00 and after until 20:00. */
export const AMERICAN_HOURS: MarketHours = {
  zone: 'America/New_York',
  preOpenMs: 4 * 60 * MINUTE_MS,
  openMs: (9 * 60 + 30) * MINUTE_MS,
  closeMs: 16 * 60 * MINUTE_MS,
  postCloseMs: 20 * 60 * MINUTE_MS,
};

/**
 * Weekdays without a normal session of NSE's capital market, from the exchange's yearly holiday circulars and the
 * closures it announced for elections and mourning. A Diwali with nothing but the evening hour of Muhurat trading
 * counts as one. BSE keeps the same days.
 */
const HOLIDAYS: Readonly<Record<number, string>> = {
  2010: '01-26 02-12 03-01 03-24 04-02 04-14 09-10 11-05 11-17 12-17',
  2011: '01-26 03-02 04-12 04-14 04-22 08-15 08-31 09-01 10-06 10-26 10-27 11-07 11-10 12-06',
  2012: '01-26 02-20 03-08 04-05 04-06 05-01 08-15 08-20 09-19 10-02 10-24 11-13 11-14 11-28 12-25',
  2013: '03-27 03-29 04-19 04-24 05-01 08-09 08-15 09-09 10-02 10-16 11-04 11-15 12-25',
  2014: '02-27 03-17 04-08 04-14 04-18 04-24 05-01 07-29 08-15 08-29 10-02 10-03 10-06 10-15 10-23 10-24 11-04 11-06 12-25',
  2015: '01-26 02-17 03-06 04-02 04-03 04-14 05-01 09-17 09-25 10-02 10-22 11-11 11-12 11-25 12-25',
  2016: '01-26 03-07 03-24 03-25 04-14 04-15 04-19 07-06 08-15 09-05 09-13 10-11 10-12 10-31 11-14',
  2017: '01-26 02-24 03-13 04-04 04-14 05-01 06-26 08-15 08-25 10-02 10-19 10-20 12-25',
  2018: '01-26 02-13 03-02 03-29 03-30 05-01 08-15 08-22 09-13 09-20 10-02 10-18 11-07 11-08 11-23 12-25',
  2019: '03-04 03-21 04-17 04-19 04-29 05-01 06-05 08-12 08-15 09-02 09-10 10-02 10-08 10-21 10-28 11-12 12-25',
  2020: '02-21 03-10 04-02 04-06 04-10 04-14 05-01 05-25 10-02 11-16 11-30 12-25',
  2021: '01-26 03-11 03-29 04-02 04-14 04-21 05-13 07-21 08-19 09-10 10-15 11-04 11-05 11-19',
  2022: '01-26 03-01 03-18 04-14 04-15 05-03 08-09 08-15 08-31 10-05 10-24 10-26 11-08',
  2023: '01-26 03-07 03-30 04-04 04-07 04-14 05-01 06-29 08-15 09-19 10-02 10-24 11-14 11-27 12-25',
  2024: '01-22 01-26 03-08 03-25 03-29 04-11 04-17 05-01 05-20 06-17 07-17 08-15 10-02 11-01 11-15 11-20 12-25',
  2025: '02-26 03-14 03-31 04-10 04-14 04-18 05-01 08-15 08-27 10-02 10-21 10-22 11-05 12-25',
  2026: '01-15 01-26 03-03 03-26 03-31 04-03 04-14 05-01 05-28 06-26 09-14 10-02 10-20 11-10 11-24 12-25',
};

/** The known days of rest of the Indian exchanges, 2010 to 2026, in order. */
export const INDIAN_HOLIDAYS: readonly string[] = Object.entries(HOLIDAYS).flatMap(([year, days]) =>
  days.split(' ').map((day) => `${year}-${day}`),
);

/** The exchanges have rested on 10 weekdays or more in every year since 2010: a shorter list is not whole. */
const HOLIDAYS_A_YEAR_MIN = 9;

/** Days of rest, and for which years the list can be believed. */
export class Calendar {
  readonly #holidays: ReadonlySet<string>;
  readonly #perYear = new Map<number, number>();

  constructor(holidays: Iterable<string>) {
    this.#holidays = new Set(holidays);
    for (const date of this.#holidays) {
      if (isWeekday(date)) this.#perYear.set(yearOf(date), (this.#perYear.get(yearOf(date)) ?? 0) + 1);
    }
  }

  isHoliday(date: string): boolean {
    return this.#holidays.has(date);
  }

  /** Whether the list of a year is long enough to be a whole one. */
  covers(year: number): boolean {
    return (this.#perYear.get(year) ?? 0) >= HOLIDAYS_A_YEAR_MIN;
  }

  /** A weekday that is no known holiday; in a year not covered, simply a weekday. */
  isTradingDay(date: string): boolean {
    return isWeekday(date) && !this.isHoliday(date);
  }

  /** The `count` trading days before a date (exclusive), oldest first. */
  tradingDaysBefore(date: string, count: number): string[] {
    const days: string[] = [];
    for (let day = addDays(date, -1); days.length < count; day = addDays(day, -1)) {
      if (this.isTradingDay(day)) days.unshift(day);
    }
    return days;
  }

  /** The first trading day after a date. */
  tradingDayAfter(date: string): string {
    let day = addDays(date, 1);
    while (!this.isTradingDay(day)) day = addDays(day, 1);
    return day;
  }
}

/** The instant of a date and time of day in a zone. Clocks that change do so at night: the offset is that of noon. */
export function instantOf(zone: string, date: string, timeMs: number): number {
  if (zone === INDIAN_HOURS.zone) return istMidnight(date) + timeMs;
  const midnightUtc = istMidnight(date) + IST_OFFSET_MS;
  const noonUtc = midnightUtc + DAY_MS / 2;
  const shown = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(noonUtc);
  const part = (type: 'day' | 'hour' | 'minute'): number =>
    Number(shown.find((each) => each.type === type)?.value);
  const dayShift = part('day') === Number(date.slice(8)) ? 0 : DAY_MS;
  const localMs = dayShift + (part('hour') * 60 + part('minute')) * MINUTE_MS;
  return midnightUtc + timeMs - (localMs - DAY_MS / 2);
}

/** The date when the three numbers are one, as `YYYY-MM-DD`; undefined for the 30th of February. */
export function dateOf(year: number, month: number, day: number): string | undefined {
  const date = `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
  const midnight = istMidnight(date);
  return !Number.isNaN(midnight) && istDate(midnight) === date ? date : undefined;
}

export function addDays(date: string, days: number): string {
  return istDate(istMidnight(date) + days * DAY_MS);
}

export function yearOf(date: string): number {
  return Number(date.slice(0, 4));
}

/** 0 for Sunday to 6 for Saturday. */
export function weekdayOf(date: string): number {
  // 1 January 1970 was a Thursday.
  return ((istMidnight(date) + IST_OFFSET_MS) / DAY_MS + 4) % 7;
}

export function isWeekday(date: string): boolean {
  const weekday = weekdayOf(date);
  return weekday !== 0 && weekday !== 6;
}

/** `33_360_000` -> `09:16`, with seconds where there are any. */
export function clockTime(timeMs: number): string {
  const seconds = Math.floor(timeMs / 1_000);
  const [hour, minute, second] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${padded(hour, 2)}:${padded(minute, 2)}${second === 0 ? '' : `:${padded(second, 2)}`}`;
}

function padded(value: number, width: number): string {
  return value.toString().padStart(width, '0');
}
