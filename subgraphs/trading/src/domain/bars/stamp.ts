/** How long the bars of a file are, and whether their stamps tell when a bar starts or when it ends. */
import { DAY_MS, MINUTE_MS, istMidnight } from '@gridworks/kit/time';
import { clockTime, type MarketHours } from '../calendar.ts';
import type { StoredInterval } from '../candle.ts';
import type { BarRow } from './file.ts';

/** Daily bars with gaps in all of a few weeks are still daily bars; those a week apart are weekly. */
const DAYS_APART_MAX = 4;

/** The interval, or the length in milliseconds of bars that are neither minutes nor days. */
export function intervalOf(rows: readonly BarRow[]): StoredInterval | number {
  const gaps = new Map<number, number>();
  let previous: number | undefined;
  for (const { date, timeMs } of rows) {
    const at = istMidnight(date) + (timeMs ?? 0);
    if (previous !== undefined && at > previous) gaps.set(at - previous, (gaps.get(at - previous) ?? 0) + 1);
    previous = at;
  }
  // Nights, weekends and missing bars make other gaps, but none that is as frequent.
  const [common] = [...gaps].sort(
    ([gap, count], [otherGap, otherCount]) => otherCount - count || gap - otherGap,
  );
  const [gap] = common ?? [rows[0]?.timeMs === undefined ? DAY_MS : MINUTE_MS];
  if (gap === MINUTE_MS) return 'ONE_MINUTE';
  return gap % DAY_MS === 0 && gap <= DAYS_APART_MAX * DAY_MS ? 'ONE_DAY' : gap;
}

/** `5 minutes`, `7 days`. */
export function lengthName(lengthMs: number): string {
  return lengthMs % DAY_MS === 0 ? `${lengthMs / DAY_MS} days` : `${lengthMs / MINUTE_MS} minutes`;
}

export interface StampVerdict {
  readonly mark: 'START' | 'END';
  /** Days that say so, and days that say anything. */
  readonly agreeing: number;
  readonly deciding: number;
  readonly days: number;
  /** Usual first and last stamp of a session, `HH:MM`. */
  readonly first: string;
  readonly last: string;
  /** Days that say the opposite. */
  readonly dissenting: readonly string[];
  /** Whether somebody said so, and the file was not asked. */
  readonly isGiven: boolean;
}

/**
 * Of a session from 09:15 to 15:30, bars stamped at their start run from 09:15 to 15:29, and bars stamped at their
 * end from 09:16 to 15:30. So a day with 09:15 and without 15:30 speaks for START, the other way round for END. A day
 * with both has one bar too many: where the one at 09:15 is a single price, it is the print of the opening auction
 * in a file stamped at the end; where it moved, it is a minute of trading, and the one at 15:30 is the closing print
 * in a file stamped at the start. Days with neither say nothing. The majority of days decides; a file that says
 * nothing is taken as START.
 */
export function judgeStamps(
  rows: readonly BarRow[],
  hours: MarketHours,
  given: 'START' | 'END' | undefined,
): StampVerdict {
  const votes = new Map<string, 'START' | 'END' | undefined>();
  for (const [date, ofDay] of groupByDate(rows)) votes.set(date, voteOf(ofDay, hours));
  const count = (mark: 'START' | 'END'): number => [...votes.values()].filter((vote) => vote === mark).length;
  const mark = given ?? (count('END') > count('START') ? 'END' : 'START');
  const opposite = mark === 'START' ? 'END' : 'START';
  const shiftMs = mark === 'END' ? MINUTE_MS : 0;
  return {
    mark,
    agreeing: count(mark),
    deciding: count('START') + count('END'),
    days: votes.size,
    first: clockTime(hours.openMs + shiftMs),
    last: clockTime(hours.closeMs - MINUTE_MS + shiftMs),
    dissenting: [...votes].filter(([, vote]) => vote === opposite).map(([date]) => date),
    isGiven: given !== undefined,
  };
}

function voteOf(rows: readonly BarRow[], { openMs, closeMs }: MarketHours): 'START' | 'END' | undefined {
  const atOpen = rows.find(({ timeMs }) => timeMs === openMs);
  const atClose = rows.some(({ timeMs }) => timeMs === closeMs);
  if (atOpen && atClose) return atOpen.high === atOpen.low ? 'END' : 'START';
  if (atOpen) return 'START';
  return atClose ? 'END' : undefined;
}

/** The rows of each date, dates in order of appearance. */
export function groupByDate<Row extends { readonly date: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const byDate = new Map<string, Row[]>();
  for (const row of rows) {
    const known = byDate.get(row.date);
    if (known) known.push(row);
    else byDate.set(row.date, [row]);
  }
  return byDate;
}
