/** Instants are milliseconds since the Unix epoch; the clock is an argument, so tests own time. */
export type Clock = () => number;

/** India has one zone without daylight saving: UTC+05:30. */
export const IST_OFFSET_MS = 5.5 * 3_600_000;
export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** The instant as a `Date`: for the domain, which makes none of its own, because the clock hides in there. */
export function dateOf(instantMs: number): Date {
  return new Date(instantMs);
}

/** The day that was asked for last, which the next one nearly always is. */
let lastDay = Number.NaN;
let lastDate = '';

/** The calendar date in India at an instant, as `YYYY-MM-DD`. */
export function istDate(instantMs: number): string {
  const day = Math.floor((instantMs + IST_OFFSET_MS) / DAY_MS);
  if (day !== lastDay) {
    lastDate = new Date(day * DAY_MS).toISOString().slice(0, 10);
    lastDay = day;
  }
  return lastDate;
}

/** Milliseconds since midnight in India. */
export function istTimeOfDayMs(instantMs: number): number {
  return (((instantMs + IST_OFFSET_MS) % DAY_MS) + DAY_MS) % DAY_MS;
}

/** The instant of midnight in India that begins a `YYYY-MM-DD` date. */
export function istMidnight(date: string): number {
  return Date.parse(`${date}T00:00:00.000Z`) - IST_OFFSET_MS;
}
