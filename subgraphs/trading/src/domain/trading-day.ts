/**
 * The day of an exchange that keeps hours: which phase follows which, and when. Each day says all that the next one
 * follows from, so whoever knows the last one goes on from there, whatever was missed, in order. Times are of India.
 */
import { MINUTE_MS, istDate, istMidnight, istTimeOfDayMs } from '@gridworks/kit/time';
import { INDIAN_HOURS, addDays, type Calendar } from './calendar.ts';
import type { Phase } from './matching/command.ts';
import { breakerHalt } from './matching/rules.ts';

export interface TradingDay {
  /** `YYYY-MM-DD`; of the phase CLOSED the day that is over. */
  readonly date: string;
  readonly phase: Phase;
  /** When a call auction stops to take orders, and when a halt is over; null for the other phases, and for the rest of the day. */
  readonly endsAt: number | null;
  /** When continuous trading begins after a call auction; null in the other phases. */
  readonly opensAt: number | null;
  /** Whether positions of the day are being closed, and none is opened any more. */
  readonly isMisClosed: boolean;
  /** The level of the day's last halt of the whole market in hundredths of a percent; 0 without one. */
  readonly trippedBps: number;
}

/** What a day is next, and from when on: milliseconds since the epoch. */
export interface DayChange {
  readonly dueAt: number;
  readonly day: TradingDay;
}

/**
 * NSE, pre-open session of the capital market since 18 October 2010 (SEBI circular CIR/MRD/DP/21/2010 of 15 July 2010):
 * orders are taken for 7 to 8 minutes, the end is drawn at random within the last one; matching and a buffer follow to
 * the end of the 15 minutes. The auction that ends a halt of the market has the same form.
 */
const COLLECTING_MS = 7 * MINUTE_MS;
export const RANDOM_CLOSE_MS = MINUTE_MS;
const AUCTION_MS = 15 * MINUTE_MS;

/** Ten minutes before the close: no rule of an exchange, but what brokers in India tell their customers. */
const MIS_CLOSES_MS = INDIAN_HOURS.closeMs - 10 * MINUTE_MS;

/**
 * What comes after a day; undefined is an exchange that was never told of hours. `drawnMs` is how far into its last
 * minute the next call auction takes orders, 0 to `RANDOM_CLOSE_MS` - 1. Days that were over before anybody noticed
 * that they had begun did not take place.
 */
export function nextDay(
  day: TradingDay | undefined,
  nowMs: number,
  calendar: Calendar,
  drawnMs: number,
): DayChange {
  if (!day) return { dueAt: nowMs, day: closed(lastDayBefore(istDate(nowMs), calendar)) };
  const closesAt = at(day.date, INDIAN_HOURS.closeMs);
  switch (day.phase) {
    case 'CLOSED': {
      let date = calendar.tradingDayAfter(day.date);
      while (at(date, INDIAN_HOURS.closeMs) <= nowMs) date = calendar.tradingDayAfter(date);
      return preOpen({ ...closed(date), date }, at(date, INDIAN_HOURS.preOpenMs), drawnMs);
    }
    case 'PRE_OPEN':
      return { dueAt: day.endsAt ?? closesAt, day: { ...day, phase: 'BUFFER', endsAt: null } };
    case 'BUFFER':
      return { dueAt: day.opensAt ?? closesAt, day: { ...day, phase: 'CONTINUOUS', opensAt: null } };
    case 'CONTINUOUS':
      return day.isMisClosed
        ? { dueAt: closesAt, day: closed(day.date) }
        : { dueAt: at(day.date, MIS_CLOSES_MS), day: { ...day, isMisClosed: true } };
    case 'HALTED':
      return day.endsAt === null
        ? { dueAt: closesAt, day: closed(day.date) }
        : preOpen(day, day.endsAt, drawnMs);
  }
}

/** The phase after this one and when it begins at the latest: the random end of an auction stays a secret. */
export function nextPhase(
  day: TradingDay,
  nowMs: number,
  calendar: Calendar,
): { readonly phase: Phase; readonly at: number } {
  const { dueAt, day: next } = nextDay(day, nowMs, calendar, 0);
  if (next.phase === day.phase) return nextPhase(next, nowMs, calendar);
  const isSecret = day.phase === 'PRE_OPEN' && day.opensAt !== null;
  return {
    phase: next.phase,
    at: isSecret ? day.opensAt - AUCTION_MS + COLLECTING_MS + RANDOM_CLOSE_MS : dueAt,
  };
}

/**
 * The day with its market halted, because an index has moved too far from its previous close (both in
 * one unit, whichever); undefined where it has not. Then it opens again by a call auction, or not on that day.
 */
export function haltDay(
  day: TradingDay,
  nowMs: number,
  level: number,
  previousClose: number,
): TradingDay | undefined {
  if (day.phase !== 'CONTINUOUS') return undefined;
  const halt = breakerHalt(level, previousClose, istTimeOfDayMs(nowMs), day.trippedBps);
  if (!halt) return undefined;
  const endsAt = halt.haltMs === Infinity ? null : nowMs + halt.haltMs;
  return { ...day, phase: 'HALTED', endsAt, trippedBps: halt.bps };
}

/**
 * Whether it is time to close what is held under MIS: at the end of the day, and at the beginning of the next one where
 * something of the day before is left.
 */
export function isSquaringOff({ phase, isMisClosed, trippedBps }: TradingDay): boolean {
  return phase === 'CONTINUOUS' ? isMisClosed : phase === 'PRE_OPEN' && trippedBps === 0;
}

function preOpen(day: TradingDay, startsAt: number, drawnMs: number): DayChange {
  const endsAt = startsAt + COLLECTING_MS + drawnMs;
  return { dueAt: startsAt, day: { ...day, phase: 'PRE_OPEN', endsAt, opensAt: startsAt + AUCTION_MS } };
}

function closed(date: string): TradingDay {
  return { date, phase: 'CLOSED', endsAt: null, opensAt: null, isMisClosed: false, trippedBps: 0 };
}

function lastDayBefore(date: string, calendar: Calendar): string {
  return calendar.tradingDaysBefore(date, 1)[0] ?? addDays(date, -1);
}

function at(date: string, timeMs: number): number {
  return istMidnight(date) + timeMs;
}
