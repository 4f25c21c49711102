/** What is wrong with a file of bars, and the candles that are left to keep. Prices in a report are decimal strings. */
import { formatDecimal, multiplyRatio, type Currency } from '@gridworks/kit/money';
import { refuse, type Refusal } from '@gridworks/kit/refusal';
import { MINUTE_MS, istMidnight } from '@gridworks/kit/time';
import {
  addDays,
  clockTime,
  instantOf,
  isWeekday,
  yearOf,
  type Calendar,
  type MarketHours,
} from '../calendar.ts';
import { rollUp, type Candle, type StoredInterval } from '../candle.ts';
import { isOnTick, tickSizeOn, type InstrumentKind } from '../instrument.ts';
import type { BadRow, BarRow, MarketFile } from './file.ts';
import { findBadTicks, findLargeMoves, findLevelShifts, type PriceField } from './outlier.ts';
import { groupByDate, intervalOf, judgeStamps, lengthName, type StampVerdict } from './stamp.ts';

/** A corporate action that is known from elsewhere. */
export interface KnownAction {
  readonly exDate: string;
  readonly priceFactor: string;
  readonly splitFactor: string;
  readonly source: string;
}

export interface InspectOptions {
  readonly kind: InstrumentKind;
  readonly currency: Currency;
  readonly hours: MarketHours;
  readonly calendar: Calendar;
  readonly actions: readonly KnownAction[];
  /** What stamps mark, where somebody knows; undefined: the file tells. */
  readonly stamps?: 'START' | 'END' | undefined;
  /** Whether rows with bad ticks are kept. */
  readonly keepBad: boolean;
}

/** A row of the file by its stamp. */
export interface Place {
  readonly line: number;
  /** `YYYY-MM-DD`, with the time where the file has one. */
  readonly at: string;
}

export interface Gap {
  readonly date: string;
  readonly minutes: number;
}

export interface BarReport {
  readonly format: 'BARS';
  readonly interval: StoredInterval;
  readonly hasVolume: boolean;
  readonly from: string;
  readonly to: string;
  readonly days: number;
  readonly rows: {
    readonly read: number;
    readonly bad: number;
    readonly duplicate: number;
    readonly quarantined: number;
    readonly kept: number;
  };
  readonly badRows: readonly BadRow[];
  readonly roundedPrices: number;
  /** Null for daily bars, whose stamps are days. */
  readonly stamps: StampVerdict | null;
  /** Kept bars outside continuous trading. */
  readonly outsideSession: readonly (Place & {
    readonly session: 'PRE_OPEN' | 'AFTER_CLOSE';
    readonly price: string;
  })[];
  readonly outOfOrder: readonly Place[];
  readonly duplicates: {
    readonly identical: number;
    /** The first row of such a stamp is kept. */
    readonly conflicting: readonly { readonly at: string; readonly lines: readonly number[] }[];
  };
  readonly missingDays: readonly string[];
  /** Weekdays without bars that are holidays. */
  readonly holidays: number;
  /** Weekdays without bars of years that no holiday calendar covers. */
  readonly unexplainedDays: readonly { readonly year: number; readonly dates: readonly string[] }[];
  /** Days with bars on which the exchange rests: special sessions. */
  readonly specialDays: readonly string[];
  /** Minutes of continuous trading without a bar, on days with bars. */
  readonly missingMinutes: readonly Gap[];
  readonly badTicks: readonly (Place & {
    readonly prices: readonly { readonly field: PriceField; readonly price: string }[];
    readonly around: string;
  })[];
  readonly corporateActions: readonly {
    readonly date: string;
    readonly from: string;
    readonly to: string;
    /** New price to old price as a simple ratio, `1:2`. */
    readonly ratio: string;
    /** Where the action is known from; null when it is only suspected. */
    readonly confirmedBy: string | null;
  }[];
  /** Splits and bonuses known from elsewhere that the prices do not show: the file is adjusted for them. */
  readonly adjustedFor: readonly {
    readonly date: string;
    readonly splitFactor: string;
    readonly source: string;
  }[];
  readonly largeMoves: readonly (Place & {
    readonly from: string;
    readonly to: string;
    readonly percent: string;
  })[];
  readonly flatBars: number;
  /** Null where the file tells no volume. */
  readonly zeroVolumeBars: number | null;
  readonly offTick: {
    readonly prices: number;
    readonly examples: readonly (Place & { readonly price: string })[];
  };
}

export interface Inspected {
  readonly report: BarReport;
  readonly candles: readonly Candle[];
}

const OFF_TICK_EXAMPLES = 3;

/** Refuses only a file without a usable row, and bars of a length that is not stored. */
export function inspectBars(
  file: Extract<MarketFile, { kind: 'BARS' }>,
  options: InspectOptions,
): Inspected | Refusal<'NO_ROWS' | 'INTERVAL_UNSUPPORTED'> {
  const { rows: inOrder, outOfOrder } = sortRows(file.rows);
  const { rows: distinct, identical, conflicting, dropped } = withoutDuplicates(inOrder);
  const [first] = distinct;
  const last = distinct.at(-1);
  if (!first || !last) return refuse('NO_ROWS', `None of the ${file.read} rows can be used.`);
  const interval = intervalOf(distinct);
  if (typeof interval === 'number') {
    return refuse(
      'INTERVAL_UNSUPPORTED',
      `The bars are ${lengthName(interval)} long; bars of one minute and of one day can be kept.`,
    );
  }

  const ticks = findBadTicks(distinct, interval);
  const bad = new Set(ticks.map(({ index }) => index));
  const sound = distinct.filter((_, index) => !bad.has(index));
  const kept = options.keepBad ? distinct : sound;
  const stamps = interval === 'ONE_MINUTE' ? judgeStamps(distinct, options.hours, options.stamps) : null;
  const timed = kept.map((row) => ({ row, timeMs: startTime(row, stamps) }));
  const days = groupByDate(kept);
  const jumps = judgeJumps(sound, interval, options);

  return {
    candles: timed.map(({ row, timeMs }) => toCandle(row, timeMs, interval, options.hours)),
    report: {
      format: 'BARS',
      interval,
      hasVolume: file.hasVolume,
      from: first.date,
      to: last.date,
      days: days.size,
      rows: {
        read: file.read,
        bad: file.bad.length,
        duplicate: dropped,
        quarantined: distinct.length - kept.length,
        kept: kept.length,
      },
      badRows: file.bad,
      roundedPrices: file.rounded,
      stamps,
      outsideSession: stamps ? outsideSession(timed, options.hours) : [],
      outOfOrder: outOfOrder.map(placeOf),
      duplicates: { identical, conflicting },
      ...missingDays(new Set(distinct.map(({ date }) => date)), first.date, last.date, options.calendar),
      missingMinutes: stamps ? missingMinutes(timed, options) : [],
      badTicks: ticks.map(({ index, fields, around }) => {
        const row = distinct[index] as BarRow;
        return {
          ...placeOf(row),
          prices: fields.map((field) => ({ field, price: formatDecimal(row[field]) })),
          around: formatDecimal(around),
        };
      }),
      ...jumps,
      flatBars: kept.filter(({ high, low }) => high === low).length,
      zeroVolumeBars: file.hasVolume ? kept.filter(({ volume }) => volume === 0n).length : null,
      offTick: offTick(kept, options),
    },
  };
}

/** `2015-07-03`, or `2015-09-16 09:16` where the file has times. */
function placeOf({ line, date, timeMs }: BarRow): Place {
  return { line, at: timeMs === undefined ? date : `${date} ${clockTime(timeMs)}` };
}

function stampOf({ date, timeMs }: BarRow): number {
  return istMidnight(date) + (timeMs ?? 0);
}

function sortRows(rows: readonly BarRow[]): { rows: readonly BarRow[]; outOfOrder: BarRow[] } {
  const outOfOrder: BarRow[] = [];
  let latest = -Infinity;
  for (const row of rows) {
    if (stampOf(row) < latest) outOfOrder.push(row);
    latest = Math.max(latest, stampOf(row));
  }
  if (outOfOrder.length === 0) return { rows, outOfOrder };
  return { rows: [...rows].sort((a, b) => stampOf(a) - stampOf(b)), outOfOrder };
}

function withoutDuplicates(rows: readonly BarRow[]): {
  rows: BarRow[];
  identical: number;
  conflicting: { at: string; lines: number[] }[];
  dropped: number;
} {
  const distinct: BarRow[] = [];
  const conflicts = new Map<BarRow, number[]>();
  let identical = 0;
  for (const row of rows) {
    const first = distinct.at(-1);
    if (!first || stampOf(first) !== stampOf(row)) {
      distinct.push(row);
      continue;
    }
    const isSame = (['open', 'high', 'low', 'close', 'volume'] as const).every(
      (name) => first[name] === row[name],
    );
    if (isSame) identical += 1;
    else conflicts.set(first, [...(conflicts.get(first) ?? [first.line]), row.line]);
  }
  return {
    rows: distinct,
    identical,
    conflicting: [...conflicts].map(([first, lines]) => ({ at: placeOf(first).at, lines })),
    dropped: rows.length - distinct.length,
  };
}

/** When the bar starts, in milliseconds since midnight of its date. */
function startTime({ timeMs }: BarRow, stamps: StampVerdict | null): number {
  return (timeMs ?? 0) - (stamps?.mark === 'END' ? MINUTE_MS : 0);
}

function toCandle(row: BarRow, timeMs: number, interval: StoredInterval, hours: MarketHours): Candle {
  const { open, high, low, close, volume } = row;
  const start = interval === 'ONE_DAY' ? istMidnight(row.date) : instantOf(hours.zone, row.date, timeMs);
  return { start, open, high, low, close, volume };
}

interface TimedRow {
  readonly row: BarRow;
  /** Start of the bar since midnight. */
  readonly timeMs: number;
}

function outsideSession(
  timed: readonly TimedRow[],
  { openMs, closeMs }: MarketHours,
): BarReport['outsideSession'] {
  return timed
    .filter(({ timeMs }) => timeMs < openMs || timeMs >= closeMs)
    .map(({ row, timeMs }) => ({
      ...placeOf(row),
      session: timeMs < openMs ? ('PRE_OPEN' as const) : ('AFTER_CLOSE' as const),
      price: formatDecimal(row.close),
    }));
}

function missingDays(
  dates: ReadonlySet<string>,
  from: string,
  to: string,
  calendar: Calendar,
): Pick<BarReport, 'missingDays' | 'holidays' | 'unexplainedDays' | 'specialDays'> {
  const missing: string[] = [];
  const unexplained = new Map<number, string[]>();
  const special: string[] = [];
  let holidays = 0;
  for (let date = from; date <= to; date = addDays(date, 1)) {
    if (dates.has(date)) {
      if (!calendar.isTradingDay(date)) special.push(date);
    } else if (calendar.isHoliday(date)) {
      if (isWeekday(date)) holidays += 1;
    } else if (isWeekday(date)) {
      const year = yearOf(date);
      if (calendar.covers(year)) missing.push(date);
      else unexplained.set(year, [...(unexplained.get(year) ?? []), date]);
    }
  }
  return {
    missingDays: missing,
    holidays,
    unexplainedDays: [...unexplained].map(([year, days]) => ({ year, dates: days })),
    specialDays: special,
  };
}

function missingMinutes(timed: readonly TimedRow[], { hours, calendar }: InspectOptions): Gap[] {
  const perDay = new Map<string, number>();
  for (const { row, timeMs } of timed) {
    const isInSession = timeMs >= hours.openMs && timeMs < hours.closeMs;
    perDay.set(row.date, (perDay.get(row.date) ?? 0) + (isInSession ? 1 : 0));
  }
  const session = (hours.closeMs - hours.openMs) / MINUTE_MS;
  return [...perDay]
    .map(([date, bars]) => ({ date, minutes: session - bars }))
    .filter(({ date, minutes }) => minutes > 0 && calendar.isTradingDay(date));
}

/** Level shifts and large moves, judged from day to day, and within days from minute to minute. */
function judgeJumps(
  rows: readonly BarRow[],
  interval: StoredInterval,
  { actions }: InspectOptions,
): Pick<BarReport, 'corporateActions' | 'adjustedFor' | 'largeMoves'> {
  const ofDays = [...groupByDate(rows).values()];
  const lines = ofDays.map(([opening]) => ({ line: opening?.line ?? 0, at: opening?.date ?? '' }));
  const days = ofDays.map(
    (ofDay) =>
      rollUp(
        ofDay.map((row) => ({ ...row, start: istMidnight(row.date) })),
        'ONE_DAY',
      )[0] as Candle,
  );
  const shifts = findLevelShifts(days);
  const shifted = new Set(shifts.map(({ index }) => index));
  const corporateActions = shifts.map(({ index, from, to, numerator, denominator }) => {
    const date = lines[index]?.at ?? '';
    const known = actions.find((action) => action.exDate === date && Number(action.splitFactor) !== 1);
    return {
      date,
      from: formatDecimal(from),
      to: formatDecimal(to),
      ratio: `${numerator}:${denominator}`,
      confirmedBy: known?.source ?? null,
    };
  });
  const dates = new Set(lines.map(({ at }) => at));
  const adjustedFor = actions
    .filter(
      ({ exDate, splitFactor }) => Number(splitFactor) !== 1 && dates.has(exDate) && exDate !== lines[0]?.at,
    )
    .filter(({ exDate }) => !corporateActions.some(({ date }) => date === exDate))
    .map(({ exDate, splitFactor, source }) => ({ date: exDate, splitFactor, source }));

  const moves = findLargeMoves(days, 'ONE_DAY')
    .filter(({ index }) => !shifted.has(index))
    .map(({ index, from, to }) => ({ ...(lines[index] as Place), ...moveOf(from, to) }));
  if (interval === 'ONE_MINUTE') {
    for (const move of findLargeMoves(rows, 'ONE_MINUTE')) {
      const row = rows[move.index] as BarRow;
      // The step over a night is the day's, and judged as such above.
      if (rows[move.index - 1]?.date === row.date)
        moves.push({ ...placeOf(row), ...moveOf(move.from, move.to) });
    }
  }
  return { corporateActions, adjustedFor, largeMoves: moves };
}

function moveOf(from: bigint, to: bigint): { from: string; to: string; percent: string } {
  const tenths = multiplyRatio(to - from, 1_000n, from);
  const magnitude = tenths < 0n ? -tenths : tenths;
  return {
    from: formatDecimal(from),
    to: formatDecimal(to),
    percent: `${tenths < 0n ? '-' : '+'}${magnitude / 10n}.${magnitude % 10n}`,
  };
}

function offTick(rows: readonly BarRow[], { kind, currency }: InspectOptions): BarReport['offTick'] {
  const examples: (Place & { price: string })[] = [];
  let prices = 0;
  for (const row of rows) {
    for (const price of [row.open, row.high, row.low, row.close]) {
      if (isOnTick(price, tickSizeOn(row.date, price, kind, currency))) continue;
      prices += 1;
      if (examples.length < OFF_TICK_EXAMPLES)
        examples.push({ ...placeOf(row), price: formatDecimal(price) });
    }
  }
  return { prices, examples };
}
