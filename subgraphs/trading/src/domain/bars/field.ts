/** The cells of a market data file: text in, exact values out, undefined for what cannot be read. */
import { DAY_MS, MINUTE_MS } from '@gridworks/kit/time';
import { addDays, dateOf } from '../calendar.ts';

/**
 * The cells of one line; undefined when a quoted cell does not end. A quoted cell may hold the delimiter, and a quote
 * written twice; market data has no line breaks inside cells, so one broken line never spoils the next.
 */
export function splitLine(line: string, delimiter: string): string[] | undefined {
  if (!line.includes('"')) return line.split(delimiter).map((cell) => cell.trim());
  const cells: string[] = [];
  let rest = line;
  for (;;) {
    const start = rest.trimStart();
    if (start.startsWith('"')) {
      const match = /^"((?:[^"]|"")*)"\s*/.exec(start);
      if (!match) return undefined;
      cells.push((match[1] ?? '').replaceAll('""', '"').trim());
      rest = start.slice(match[0].length);
      if (rest === '') return cells;
      if (!rest.startsWith(delimiter)) return undefined;
      rest = rest.slice(delimiter.length);
    } else {
      const end = rest.indexOf(delimiter);
      cells.push((end === -1 ? rest : rest.slice(0, end)).trim());
      if (end === -1) return cells;
      rest = rest.slice(end + delimiter.length);
    }
  }
}

export interface ReadPrice {
  /** Minor units. */
  readonly minor: bigint;
  /** Whether the text was finer than a hundredth and was rounded to one, half away from zero. */
  readonly isRounded: boolean;
}

const PLAIN = /^-?\d{1,15}(?:\.\d{0,20})?$/;
/** Thousands as India and the West group them: `1,05,000.50` and `105,000.50`. */
const GROUPED = /^-?\d{1,3}(?:,\d{2,3})+(?:\.\d{0,20})?$/;

export function readPrice(text: string): ReadPrice | undefined {
  const plain = ungrouped(text);
  if (plain === undefined) return undefined;
  const [whole = '', fraction = ''] = plain.replace('-', '').split('.');
  const cents = BigInt(whole + fraction.slice(0, 2).padEnd(2, '0'));
  const rest = fraction.slice(2);
  const magnitude = (rest[0] ?? '0') >= '5' ? cents + 1n : cents;
  return { minor: plain.startsWith('-') ? -magnitude : magnitude, isRounded: /[1-9]/.test(rest) };
}

/** A whole number, which may be written with thousands and with zeros behind a point. */
export function readWhole(text: string): bigint | undefined {
  const plain = ungrouped(text);
  const [whole = '', fraction = ''] = plain?.split('.') ?? [];
  return whole === '' || /[1-9]/.test(fraction) ? undefined : BigInt(whole);
}

function ungrouped(text: string): string | undefined {
  if (PLAIN.test(text)) return text;
  return GROUPED.test(text) ? text.replaceAll(',', '') : undefined;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * A date as `YYYY-MM-DD`, from `2015-07-03`, `2015/07/03`, `20150703`, `03-07-2015`, `03/07/2015` (day first, as India
 * writes) or `03-Jul-2015`. Days that do not exist are not dates.
 */
export function readDate(text: string): string | undefined {
  const yearFirst = /^(\d{4})([-/]?)(\d{2})\2(\d{2})$/.exec(text);
  if (yearFirst) return dateOf(Number(yearFirst[1]), Number(yearFirst[3]), Number(yearFirst[4]));
  const dayFirst = /^(\d{1,2})([-/])(\d{1,2}|[A-Za-z]{3})\2(\d{4})$/.exec(text);
  if (!dayFirst) return undefined;
  const [, day, , month = '', year] = dayFirst;
  const named = MONTHS.indexOf(month.toLowerCase()) + 1;
  return dateOf(Number(year), named > 0 ? named : Number(month), Number(day));
}

/** A time of day in milliseconds since midnight, from `09:16`, `09:16:00` or `09:16:00.250`. */
export function readTime(text: string): number | undefined {
  const match = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?$/.exec(text);
  if (!match) return undefined;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return (hour * 60 + minute) * MINUTE_MS + second * 1_000 + Number((match[4] ?? '').padEnd(3, '0'));
}

export interface Stamp {
  readonly date: string;
  /** Milliseconds since midnight; undefined where the file knows days only. */
  readonly timeMs: number | undefined;
}

const INDIA_OFFSET_MINUTES = 330;

/** `2015-09-16 09:16`, also with a `T` and with an offset; a stamp with an offset is turned into Indian time. */
export function readStamp(text: string): Stamp | undefined {
  const match = /^(\S{8,11}?)(?:[T ]+(\d{1,2}:[\d:.]+)(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  if (!match) return undefined;
  const date = readDate(match[1] ?? '');
  if (date === undefined) return undefined;
  if (match[2] === undefined) return { date, timeMs: undefined };
  const timeMs = readTime(match[2]);
  if (timeMs === undefined) return undefined;
  const local =
    timeMs + (match[3] === undefined ? 0 : INDIA_OFFSET_MINUTES - minutesOf(match[3])) * MINUTE_MS;
  const days = Math.floor(local / DAY_MS);
  return { date: addDays(date, days), timeMs: local - days * DAY_MS };
}

function minutesOf(offset: string): number {
  if (offset === 'Z') return 0;
  const digits = offset.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return digits.startsWith('-') ? -minutes : minutes;
}
