import { isRefusal } from '@gridworks/kit/refusal';
import { istDate } from '@gridworks/kit/time';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Calendar, INDIAN_HOLIDAYS, INDIAN_HOURS, addDays, clockTime } from '../calendar.ts';
import { createRandom } from '../random.ts';
import { describeBars } from './describe.ts';
import { readMarketFile } from './file.ts';
import { inspectBars, type InspectOptions, type Inspected } from './inspect.ts';

const CALENDAR = new Calendar(INDIAN_HOLIDAYS);
const OPTIONS: InspectOptions = {
  kind: 'EQUITY',
  currency: 'INR',
  hours: INDIAN_HOURS,
  calendar: CALENDAR,
  actions: [],
  keepBad: false,
};

interface Row {
  stamp: string;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number | string;
}

/** A quiet walk on a tick of 0.05, one row a stamp. */
function walk(stamps: readonly string[], from = 1_000, stepTicks = 60): Row[] {
  const random = createRandom('walk');
  let level = Math.round(from * 20);
  return stamps.map((stamp) => {
    const open = level;
    level += Math.round(stepTicks * random.normal());
    const spare = 1 + Math.floor(stepTicks * random.uniform());
    const high = Math.max(open, level) + spare;
    const low = Math.min(open, level) - spare;
    return { stamp, open: open / 20, high: high / 20, low: low / 20, close: level / 20, volume: 100 };
  });
}

function text(rows: readonly Row[], header = 'date,open,high,low,close,volume'): string {
  const lines = rows.map(({ stamp, open, high, low, close, volume }) =>
    [stamp, open.toFixed(2), high.toFixed(2), low.toFixed(2), close.toFixed(2), volume].join(','),
  );
  return [header, ...lines].join('\n');
}

function inspect(csv: string, options: Partial<InspectOptions> = {}): Inspected {
  const file = readMarketFile(csv);
  if (isRefusal(file) || file.kind !== 'BARS') throw new Error('not bars');
  const inspected = inspectBars(file, { ...OPTIONS, ...options });
  if (isRefusal(inspected)) throw new Error(inspected.message);
  return inspected;
}

/** The report in words, as one line. */
function words(csv: string, options: Partial<InspectOptions> = {}): string {
  return describeBars(inspect(csv, options).report).join('\n').replaceAll(/\s+/g, ' ');
}

const DAYS = [...CALENDAR.tradingDaysBefore('2021-06-01', 80)];
function days(change: (rows: Row[]) => void = () => undefined): string {
  const rows = walk(DAYS);
  change(rows);
  return text(rows);
}
function scale(row: Row, factor: number): void {
  for (const name of ['open', 'high', 'low', 'close'] as const)
    row[name] = Math.round(row[name] * factor * 20) / 20;
}

const MINUTES = Array.from({ length: 375 }, (_, minute) => minute);
/** Minute bars of three days, stamped at the start or the end. */
function minutes(mark: 'START' | 'END', change: (rows: Row[]) => Row[] = (rows) => rows): string {
  const shift = mark === 'END' ? 1 : 0;
  const stamps = DAYS.slice(0, 3).flatMap((day) =>
    MINUTES.map((minute) => `${day},${clockTime(INDIAN_HOURS.openMs + (minute + shift) * 60_000)}`),
  );
  return text(change(walk(stamps, 1_000, 4)), 'date,time,open,high,low,close,volume');
}

describe('a clean file', () => {
  it('is kept whole, and every finding is none', () => {
    const { report, candles } = inspect(days());
    expect(report).toMatchObject({
      interval: 'ONE_DAY',
      rows: { read: 80, bad: 0, duplicate: 0, quarantined: 0, kept: 80 },
      from: DAYS[0],
      to: DAYS.at(-1),
      stamps: null,
      badTicks: [],
      missingDays: [],
      corporateActions: [],
      largeMoves: [],
      specialDays: [],
      offTick: { prices: 0 },
      flatBars: 0,
      zeroVolumeBars: 0,
    });
    expect(candles.map(({ start }) => istDate(start))).toEqual(DAYS);
  });

  it('is refused only without a usable row, or with bars of another length', () => {
    const header = 'date,time,open,high,low,close';
    const outcome = (csv: string): unknown => {
      const file = readMarketFile(csv);
      if (isRefusal(file) || file.kind !== 'BARS') throw new Error('not bars');
      return inspectBars(file, OPTIONS);
    };
    expect(outcome(`${header}\n2021-03-04,09:15,1,1,2,1`)).toMatchObject({ code: 'NO_ROWS' });
    const fives = ['09:15', '09:20', '09:25', '09:30'].map((time) => `2021-03-04,${time},1,1,1,1`);
    expect(outcome([header, ...fives].join('\n'))).toMatchObject({
      code: 'INTERVAL_UNSUPPORTED',
      message: expect.stringContaining('5 minutes') as string,
    });
    const weeks = [0, 7, 14, 21].map((shift) => `${addDays('2021-03-05', shift)},1,1,1,1`);
    expect(outcome(['date,open,high,low,close', ...weeks].join('\n'))).toMatchObject({
      message: expect.stringContaining('7 days') as string,
    });
  });
});

describe('stamps', () => {
  it('at the end of a bar are found out, and bars are kept by their start', () => {
    const { report, candles } = inspect(minutes('END'));
    expect(report.stamps).toMatchObject({
      mark: 'END',
      agreeing: 3,
      deciding: 3,
      first: '09:16',
      last: '15:30',
    });
    expect(new Date(candles[0]!.start).toISOString().slice(11, 16)).toBe('03:45');
    expect(words(minutes('END'))).toContain(
      'mark the END of a bar: sessions run from 09:16 to 15:30 on 3 of the 3 days',
    );
  });

  it('at the start of a bar are found out, and both forms make the same candles', () => {
    expect(inspect(minutes('START')).report.stamps).toMatchObject({
      mark: 'START',
      agreeing: 3,
      deciding: 3,
    });
    expect(inspect(minutes('START')).candles).toEqual(inspect(minutes('END')).candles);
  });

  it('of an auction print before an end-stamped session do not mislead', () => {
    const withPrint = minutes('END', (rows) => [{ ...flat(1_000), stamp: `${DAYS[0]},09:15` }, ...rows]);
    const { report, candles } = inspect(withPrint);
    expect(report.stamps).toMatchObject({ mark: 'END', agreeing: 3 });
    expect(report.outsideSession).toEqual([
      { line: 2, at: `${DAYS[0]} 09:15`, session: 'PRE_OPEN', price: '1000.00' },
    ]);
    expect(candles).toHaveLength(3 * 375 + 1);
    expect(words(withPrint)).toContain(`Pre-open prints ${DAYS[0]} 09:15 (line 2) at 1000.00`);
  });

  it('of a pre-open print and closing prints in a start-stamped file do not mislead', () => {
    const { report } = inspect(
      minutes('START', (rows) => [
        { ...flat(1_000), stamp: `${DAYS[0]},09:07` },
        ...rows,
        { ...rows.at(-1)!, stamp: `${DAYS[2]},15:30` },
      ]),
    );
    expect(report.stamps).toMatchObject({ mark: 'START', agreeing: 3, deciding: 3 });
    expect(report.outsideSession).toMatchObject([{ session: 'PRE_OPEN' }, { session: 'AFTER_CLOSE' }]);
    expect(report.missingMinutes).toEqual([]);
  });

  it('that no day can tell are taken as starts, unless somebody says otherwise', () => {
    const noon = minutes('START', (rows) => rows.filter(({ stamp }) => stamp.includes(',12:')));
    expect(inspect(noon).report.stamps).toMatchObject({ mark: 'START', deciding: 0, isGiven: false });
    expect(words(noon)).toContain('none of 3 days can tell');
    const given = inspect(noon, { stamps: 'END' });
    expect(given.report.stamps).toMatchObject({ mark: 'END', isGiven: true });
    expect(given.candles[0]!.start).toBe(inspect(noon).candles[0]!.start - 60_000);
  });

  it('of days that disagree go by the majority, and the others are named', () => {
    const { report } = inspect(
      minutes('END', (rows) =>
        rows.map((row) => (row.stamp === `${DAYS[1]},15:30` ? { ...row, stamp: `${DAYS[1]},09:15` } : row)),
      ),
    );
    expect(report.stamps).toMatchObject({ mark: 'END', agreeing: 2, deciding: 3, dissenting: [DAYS[1]] });
  });
});

function flat(price: number): Row {
  return { stamp: '', open: price, high: price, low: price, close: price, volume: 50 };
}

describe('gaps', () => {
  it('are trading days without a bar, and neither weekends nor holidays', () => {
    const gone = new Set([DAYS[10], DAYS[11], DAYS[40]]);
    const csv = days((rows) => rows.splice(0, rows.length, ...rows.filter(({ stamp }) => !gone.has(stamp))));
    expect(inspect(csv).report.missingDays).toEqual([DAYS[10], DAYS[11], DAYS[40]]);
    expect(inspect(csv).report.holidays).toBeGreaterThan(0);
    expect(words(csv)).toContain(`3 trading days without bars: ${DAYS[10]}, ${DAYS[11]}, ${DAYS[40]}`);
  });

  it('of years without a calendar are weekdays that nobody can explain', () => {
    const csv = days((rows) => rows.splice(10, 1));
    const { report } = inspect(csv, { calendar: new Calendar([]) });
    expect(report.missingDays).toEqual([]);
    expect(report.unexplainedDays).toEqual([
      { year: 2021, dates: expect.arrayContaining([DAYS[10]]) as string[] },
    ]);
    expect(words(csv, { calendar: new Calendar([]) })).toContain('no calendar for 2021');
  });

  it('within sessions are counted by day', () => {
    const csv = minutes('END', (rows) => rows.filter((_, index) => index < 20 || index >= 27));
    expect(inspect(csv).report.missingMinutes).toEqual([{ date: DAYS[0], minutes: 7 }]);
  });

  it('are not there on days of rest that had a special session', () => {
    const csv = days((rows) => rows.push(...walk(['2021-06-05'], rows.at(-1)!.close)));
    expect(inspect(csv).report.specialDays).toEqual(['2021-06-05']);
    expect(words(csv)).toContain('2021-06-05 is a Saturday');
  });
});

describe('rows', () => {
  it('out of order are sorted and named', () => {
    const csv = days((rows) => rows.push(...rows.splice(5, 1)));
    const { report, candles } = inspect(csv);
    expect(report.outOfOrder).toEqual([{ line: 81, at: DAYS[5] }]);
    expect(candles).toEqual(inspect(days()).candles);
  });

  it('of the same stamp are dropped when identical, and the first is kept when they conflict', () => {
    const csv = days((rows) => {
      const other = { ...rows[8]!, volume: 101 };
      rows.splice(5, 0, { ...rows[4]! });
      rows.splice(10, 0, other);
    });
    const { report, candles } = inspect(csv);
    expect(report.duplicates).toEqual({ identical: 1, conflicting: [{ at: DAYS[8], lines: [11, 12] }] });
    expect(report.rows).toMatchObject({ read: 82, duplicate: 2, kept: 80 });
    expect(candles).toEqual(inspect(days()).candles);
  });

  it('off the tick of their time are counted', () => {
    const csv = days((rows) => {
      rows[3]!.close += 0.02;
      rows[3]!.high += 1;
    });
    expect(inspect(csv).report.offTick).toMatchObject({ prices: 1, examples: [{ at: DAYS[3] }] });
    expect(inspect(csv, { currency: 'USD' }).report.offTick.prices).toBe(0);
  });

  it('without volume or movement are counted', () => {
    const csv = days((rows) => {
      rows[3]!.volume = 0;
      rows[4] = { ...flat(rows[4]!.close), stamp: rows[4]!.stamp };
    });
    expect(inspect(csv).report).toMatchObject({ zeroVolumeBars: 1, flatBars: 1 });
  });
});

describe('bad ticks', () => {
  it('in any of the four prices are set aside, and kept only when asked', () => {
    const spoil: [string, (row: Row) => void, string[]][] = [
      ['a close a tenth of it', (row) => ((row.close = 100.5), (row.low = 98)), ['low', 'close']],
      ['a high ten times it', (row) => (row.high = 10_000), ['high']],
      ['a low near zero', (row) => (row.low = 0.05), ['low']],
      ['an open of twice it', (row) => ((row.open = 2_000), (row.high = 2_010)), ['open', 'high']],
      ['all of it in paise', (row) => scale(row, 100), ['open', 'high', 'low', 'close']],
    ];
    for (const [what, change, fields] of spoil) {
      const csv = days((rows) => change(rows[30]!));
      const { report, candles } = inspect(csv);
      expect(report.badTicks, what).toMatchObject([{ line: 32, at: DAYS[30] }]);
      expect(
        report.badTicks[0]!.prices.map(({ field }) => field),
        what,
      ).toEqual(fields);
      expect(report.rows, what).toMatchObject({ quarantined: 1, kept: 79 });
      expect(report.largeMoves, what).toEqual([]);
      expect(report.corporateActions, what).toEqual([]);
      expect(
        candles.some(({ start }) => istDate(start) === DAYS[30]),
        what,
      ).toBe(false);
      const kept = inspect(csv, { keepBad: true });
      expect(kept.report.badTicks, what).toHaveLength(1);
      expect(kept.candles, what).toHaveLength(80);
    }
  });

  it('are found in pairs and next to the ends as well', () => {
    const csv = days((rows) => [1, 40, 41, 78].forEach((index) => scale(rows[index]!, 0.1)));
    expect(inspect(csv).report.badTicks.map(({ at }) => at)).toEqual(
      [1, 40, 41, 78].map((index) => DAYS[index]),
    );
  });

  it('are found among minutes, where less is extreme', () => {
    const csv = minutes('END', (rows) => (scale(rows[500]!, 0.85), rows));
    expect(inspect(csv).report.badTicks).toHaveLength(1);
    expect(words(csv)).toContain('where the neighbours are near');
  });

  it('are not what a market does on a wild day that turns', () => {
    const csv = days((rows) => {
      rows[30]!.low *= 0.85;
      scale(rows[31]!, 0.93);
    });
    expect(inspect(csv).report.badTicks).toEqual([]);
  });
});

describe('corporate actions', () => {
  const split = (factor: number, at = 40): string =>
    days((rows) => rows.slice(at).forEach((row) => scale(row, factor)));

  it.each([
    [0.5, '1:2'],
    [0.2, '1:5'],
    [0.1, '1:10'],
    [2 / 3, '2:3'],
    [5, '5:1'],
  ])('show as a level that stays at %d of the old, and are named %s', (factor, ratio) => {
    const { report } = inspect(split(factor));
    expect(report.corporateActions).toMatchObject([{ date: DAYS[40], ratio, confirmedBy: null }]);
    expect(report.badTicks).toEqual([]);
    expect(report.largeMoves).toEqual([]);
    expect(report.rows.kept).toBe(80);
  });

  it('are confirmed by what is known, and known ones that do not show mean adjusted prices', () => {
    const known = { exDate: DAYS[40]!, priceFactor: '1', splitFactor: '0.5', source: 'factors.csv' };
    expect(inspect(split(0.5), { actions: [known] }).report.corporateActions).toMatchObject([
      { confirmedBy: 'factors.csv' },
    ]);
    expect(words(split(0.5), { actions: [known] })).toContain('confirmed by factors.csv');
    const adjusted = inspect(days(), { actions: [known, { ...known, exDate: '1999-01-01' }] }).report;
    expect(adjusted.corporateActions).toEqual([]);
    expect(adjusted.adjustedFor).toEqual([{ date: DAYS[40], splitFactor: '0.5', source: 'factors.csv' }]);
  });

  it('are seen on the last day too, and in files of minutes', () => {
    expect(inspect(split(0.5, 79)).report.corporateActions).toMatchObject([{ date: DAYS[79] }]);
    const csv = minutes('END', (rows) => (rows.slice(375).forEach((row) => scale(row, 0.5)), rows));
    expect(inspect(csv).report.corporateActions).toMatchObject([{ date: DAYS[1], ratio: '1:2' }]);
  });

  it('are not claimed for a crash that is no simple fraction', () => {
    const { report } = inspect(split(0.82));
    expect(report.corporateActions).toEqual([]);
    expect(report.largeMoves).toMatchObject([{ at: DAYS[40] }]);
  });
});

describe('large moves', () => {
  it('are kept, with their percentage', () => {
    const csv = days((rows) => {
      const [before, after] = [rows[39]!, rows[40]!];
      const close = Math.round(before.close * 0.9 * 20) / 20;
      rows.splice(40, 40);
      rows.push({ ...after, open: before.close, high: before.close, low: close, close });
      rows.push(...walk(DAYS.slice(41), close));
    });
    const { report } = inspect(csv);
    expect(report.largeMoves).toMatchObject([{ at: DAYS[40], percent: '-10.0' }]);
    expect(report.badTicks).toEqual([]);
    expect(report.rows.kept).toBe(80);
    expect(words(csv)).toContain('(-10.0 %), kept');
  });
});

function put(cells: readonly string[], changes: Readonly<Record<number, string>>): string {
  return cells.map((cell, index) => changes[index] ?? cell).join(',');
}

describe('any damage', () => {
  it('never stops the reading, and every row is accounted for', () => {
    const lines = days().split('\n');
    const damage = fc.record({
      line: fc.integer({ min: 1, max: lines.length - 1 }),
      what: fc.constantFrom('cut', 'double', 'zero', 'huge', 'swap', 'noise', 'gone'),
    });
    fc.assert(
      fc.property(fc.array(damage, { maxLength: 12 }), (damages) => {
        const spoiled = [...lines];
        for (const { line, what } of damages) {
          const cells = spoiled[line]!.split(',');
          if (what === 'cut') spoiled[line] = cells.slice(0, 3).join(',');
          if (what === 'double') spoiled[line] = `${spoiled[line]}\n${spoiled[line]}`;
          if (what === 'zero') spoiled[line] = put(cells, { 1: '0' });
          if (what === 'huge') spoiled[line] = put(cells, { 2: '999999999999' });
          if (what === 'swap') spoiled[line] = put(cells, { 2: cells[3] ?? '', 3: cells[2] ?? '' });
          if (what === 'noise') spoiled[line] = '"\t;;|';
          if (what === 'gone') spoiled[line] = '';
        }
        const { report, candles } = inspect(spoiled.join('\n'));
        const { read, bad, duplicate, quarantined, kept } = report.rows;
        expect(bad + duplicate + quarantined + kept).toBe(read);
        expect(candles).toHaveLength(kept);
        expect(candles.every(({ start }, index) => index === 0 || start > candles[index - 1]!.start)).toBe(
          true,
        );
        expect(describeBars(report).length).toBeGreaterThan(10);
      }),
      { numRuns: 60 },
    );
  });
});
