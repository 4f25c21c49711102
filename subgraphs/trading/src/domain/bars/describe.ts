/** Reports in words: one line a finding, what is fine included, so that a reader knows what was looked at. */
import { isWeekday, weekdayOf } from '../calendar.ts';
import { BAD_ROW_KINDS, type BadRow, type BadRowKind } from './file.ts';
import type { BarReport } from './inspect.ts';
import type { StampVerdict } from './stamp.ts';
import type { QuoteReport, TradeReport } from './tick.ts';

const LABEL_WIDTH = 20;
const DATES_MAX = 40;
const PLACES_MAX = 12;
const BAD_ROWS_MAX = 10;
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

export function describeBars(report: BarReport): string[] {
  const { interval, rows, stamps } = report;
  return [
    ...entry('Bars', [
      `of one ${interval === 'ONE_DAY' ? 'day' : 'minute'}, ${report.from} to ${report.to}, ${counted(report.days, 'day')} with bars` +
        (report.hasVolume ? '' : '; the file tells no volume'),
    ]),
    ...entry('Rows', [
      `${rows.read} read, ${rows.kept} kept` +
        listed([
          [rows.bad, 'bad'],
          [rows.duplicate, 'duplicate'],
          [rows.quarantined, 'set aside as bad ticks'],
        ]),
    ]),
    ...entry('Bad rows', badRows(report.badRows)),
    ...(report.roundedPrices > 0
      ? entry('Rounded', [`${counted(report.roundedPrices, 'price')} finer than 0.01, to the nearest`])
      : []),
    ...entry('Stamps', stamps ? stampLines(stamps) : ['are days']),
    ...entry('Pre-open prints', outside(report, 'PRE_OPEN')),
    ...entry('After the close', outside(report, 'AFTER_CLOSE')),
    ...entry('Out of order', [places(report.outOfOrder, ({ line, at }) => `${at} (line ${line})`)]),
    ...entry('Duplicates', duplicateLines(report)),
    ...entry('Missing days', missingDayLines(report)),
    ...(interval === 'ONE_MINUTE' ? entry('Missing minutes', missingMinuteLines(report)) : []),
    ...entry(
      'Special sessions',
      report.specialDays.length === 0
        ? ['none']
        : [`bars on days of rest: ${places(report.specialDays, restReason)}`],
    ),
    ...entry(
      'Bad ticks',
      report.badTicks.length === 0
        ? ['none']
        : report.badTicks.map(
            ({ line, at, prices, around }) =>
              `${at} (line ${line}): ${prices.map(({ field, price }) => `${field} ${price}`).join(', ')}, where the ` +
              `neighbours are near ${around} on both sides; ${rows.quarantined > 0 ? 'set aside' : 'kept, as asked'}`,
          ),
    ),
    ...entry('Corporate actions', actionLines(report)),
    ...entry('Large moves', [
      places(
        [...report.largeMoves].sort((a, b) => Math.abs(Number(b.percent)) - Math.abs(Number(a.percent))),
        ({ at, from, to, percent }) => `${at}: ${from} to ${to} (${percent} %), kept`,
        '\n',
      ),
    ]),
    ...entry('Flat bars', [
      `${report.flatBars}` +
        (report.zeroVolumeBars === null ? '' : `; without volume ${report.zeroVolumeBars}`),
    ]),
    ...entry('Off-tick prices', [
      report.offTick.prices === 0
        ? 'none'
        : `${report.offTick.prices}, such as ${report.offTick.examples.map(({ at, price }) => `${price} on ${at}`).join(', ')}`,
    ]),
  ];
}

export function describeTrades(report: TradeReport): string[] {
  return [
    ...entry('Trades', [tickSpan(report)]),
    ...entry('Rows', [tickRows(report.rows)]),
    ...entry('Bad rows', badRows(report.badRows)),
    ...entry('Order', [orderOf(report)]),
    ...entry('Marked suspicious', [amount(report.suspicious)]),
    ...entry('Without size', [amount(report.zeroSize)]),
    ...entry('Outside the session', [
      `${report.beforeOpen} before the open, ${report.afterClose} after the close; kept`,
    ]),
    ...entry('Bad ticks', [
      places(
        report.badTicks,
        ({ line, at, price, around }) => `${at} (line ${line}): ${price}, neighbours near ${around}`,
      ),
    ]),
    ...entry('Prices', [`${report.lowest} to ${report.highest}`]),
    ...entry('Volume', [`${report.volume} units on ${counted(report.venues, 'venue')}`]),
    ...entry('Bars made', [`${report.bars} of one minute, stamped at their start`]),
  ];
}

export function describeQuotes(report: QuoteReport): string[] {
  return [
    ...entry('Quotes', [tickSpan(report)]),
    ...entry('Rows', [tickRows(report.rows)]),
    ...entry('Bad rows', badRows(report.badRows)),
    ...entry('Order', [orderOf(report)]),
    ...entry('Marked suspicious', [amount(report.suspicious)]),
    ...entry('Sides', [
      `bid only ${report.bidOnly}, ask only ${report.askOnly} (the other side is written as zero and means nothing), ` +
        `both ${report.bothSides}, neither ${report.neitherSide}`,
    ]),
    ...entry('Without size', [amount(report.zeroSize)]),
    ...entry('Crossed', [
      `${report.crossed} rows leave the best bid above the best ask, ${report.locked} at it`,
    ]),
    ...entry('Venues', [`${report.venues}`]),
  ];
}

/** A label with its lines, the first beside it and the others under the first. */
export function entry(label: string, lines: readonly string[]): string[] {
  return lines
    .flatMap((line) => line.split('\n'))
    .map((line, index) => `  ${(index === 0 ? label : '').padEnd(LABEL_WIDTH)}${line}`);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function amount(count: number): string {
  return count === 0 ? 'none' : `${count}`;
}

function listed(parts: readonly (readonly [number, string])[]): string {
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `, ${count} ${what}`)
    .join('');
}

export function badRows(rows: readonly BadRow[]): string[] {
  if (rows.length === 0) return ['none'];
  const counts = new Map<BadRowKind, number>();
  for (const { kind } of rows) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kinds = [...counts].map(([kind, count]) => `${count} with ${BAD_ROW_KINDS[kind]}`);
  const examples = rows
    .slice(0, BAD_ROWS_MAX)
    .map(({ line, kind, detail }) => `line ${line}: ${BAD_ROW_KINDS[kind]}: ${detail}`);
  const rest = rows.length - examples.length;
  return [kinds.join(', '), ...examples, ...(rest > 0 ? [`and ${rest} more`] : [])];
}

function stampLines(stamps: StampVerdict): string[] {
  const { mark, first, last, agreeing, deciding, days, dissenting } = stamps;
  const meaning = `mark the ${mark} of a bar: sessions run from ${first} to ${last}`;
  const kept = mark === 'END' ? '; kept by start, one minute earlier' : '';
  if (stamps.isGiven) return [`${meaning}, as was said${kept}`];
  if (deciding === 0) {
    return [
      `taken as the START of a bar: none of ${counted(days, 'day')} can tell (--stamps end, if they are ends)`,
    ];
  }
  const confidence = Math.round((100 * agreeing) / deciding);
  return [
    `${meaning} on ${agreeing} of the ${counted(deciding, 'day')} that can tell (confidence ${confidence} %)${kept}`,
    ...(dissenting.length > 0 ? [`${dates(dissenting)} look the other way round`] : []),
  ];
}

function outside(report: BarReport, session: 'PRE_OPEN' | 'AFTER_CLOSE'): string[] {
  const found = report.outsideSession.filter((each) => each.session === session);
  return [places(found, ({ at, line, price }) => `${at} (line ${line}) at ${price}`)];
}

function duplicateLines({ duplicates }: BarReport): string[] {
  if (duplicates.identical === 0 && duplicates.conflicting.length === 0) return ['none'];
  return [
    ...(duplicates.identical > 0 ? [`${duplicates.identical} identical, dropped`] : []),
    ...(duplicates.conflicting.length > 0
      ? [
          `${duplicates.conflicting.length} conflicting, of which the first is kept:`,
          places(duplicates.conflicting, ({ at, lines }) => `${at} (lines ${lines.join(', ')})`),
        ]
      : []),
  ];
}

function missingDayLines(report: BarReport): string[] {
  const { missingDays, holidays, unexplainedDays } = report;
  const lines: string[] = [];
  if (missingDays.length > 0) {
    lines.push(`${counted(missingDays.length, 'trading day')} without bars: ${dates(missingDays)}`);
  }
  for (const { year, dates: days } of unexplainedDays) {
    lines.push(
      `${counted(days.length, 'weekday')} without bars, and no calendar for ${year} to tell holidays by: ${dates(days)}`,
    );
  }
  if (lines.length === 0) lines.push('none');
  if (holidays > 0)
    lines.push(
      `${counted(holidays, 'other weekday')} without bars ${holidays === 1 ? 'was a holiday' : 'were holidays'}`,
    );
  return lines;
}

function missingMinuteLines({ missingMinutes }: BarReport): string[] {
  if (missingMinutes.length === 0) return ['none'];
  const total = missingMinutes.reduce((sum, { minutes }) => sum + minutes, 0);
  return [
    `${total} of the sessions' minutes have no bar (no trade, or lost): ` +
      places(missingMinutes, ({ date, minutes }) => `${date} ${minutes}`),
  ];
}

function restReason(date: string): string {
  return isWeekday(date) ? `${date} is a holiday` : `${date} is a ${WEEKDAYS[weekdayOf(date)]}`;
}

function actionLines(report: BarReport): string[] {
  const lines = report.corporateActions.map(
    ({ date, from, to, ratio, confirmedBy }) =>
      `${date}: ${from} to ${to}, and stays: a ratio of about ${ratio}, as of ${causeOf(ratio)}; ` +
      (confirmedBy === null
        ? 'suspected, prices before it are not adjusted'
        : `confirmed by ${confirmedBy}, prices before it are not adjusted`),
  );
  for (const { date, splitFactor, source } of report.adjustedFor) {
    lines.push(
      `${date}: factor ${splitFactor} (${source}) does not show: the prices are adjusted for it already`,
    );
  }
  return lines.length === 0 ? ['none'] : lines;
}

function causeOf(ratio: string): string {
  const [numerator = 1, denominator = 1] = ratio.split(':').map(Number);
  if (numerator > denominator) return `a consolidation of ${numerator} shares into ${denominator}`;
  const bonus = `a bonus of ${denominator - numerator} for ${numerator}`;
  return numerator === 1 ? `a split of 1 share into ${denominator} or ${bonus}` : bonus;
}

function tickSpan({ date, zone, first, last }: TradeReport | QuoteReport): string {
  return `of ${date}, ${first} to ${last} (${zone})`;
}

function tickRows(rows: TradeReport['rows']): string {
  return (
    `${rows.read} read, ${rows.kept} kept` +
    listed([
      [rows.bad, 'bad'],
      [rows.quarantined, 'set aside'],
    ])
  );
}

function orderOf({ outOfOrder, sameMillisecond }: TradeReport | QuoteReport): string {
  const order = outOfOrder === 0 ? 'by time' : `${outOfOrder} rows earlier than one before them; sorted`;
  return `${order}; ${sameMillisecond} share a millisecond with the row before`;
}

function dates(days: readonly string[]): string {
  const shown = days.slice(0, DATES_MAX).join(', ');
  return days.length > DATES_MAX ? `${shown} and ${days.length - DATES_MAX} more` : shown;
}

function places<P>(found: readonly P[], say: (place: P) => string, between = ', '): string {
  if (found.length === 0) return 'none';
  const shown = found.slice(0, PLACES_MAX).map(say).join(between);
  return found.length > PLACES_MAX ? `${shown}${between}and ${found.length - PLACES_MAX} more` : shown;
}
