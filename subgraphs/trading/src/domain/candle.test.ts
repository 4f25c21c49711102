import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CANDLE_INTERVALS,
  CandleBuilder,
  barEnd,
  barStart,
  isIntraday,
  rollUp,
  type Candle,
  type CandleInterval,
  type CandlePrint,
} from './candle.ts';

const OPEN = Date.parse('2026-01-15T03:45:00.000Z');
const MINUTE = 60_000;
const DAY = 86_400_000;

function print(at: number, price: bigint, quantity = 1n): CandlePrint {
  return { at: OPEN + at, price, quantity };
}

/** The whole definition at once: group by bar, sort by time, look at all prints. */
function recompute(prints: readonly CandlePrint[], interval: CandleInterval): Candle[] {
  const starts = [...new Set(prints.map(({ at }) => barStart(interval, at)))].sort((a, b) => a - b);
  return starts.map((start) => {
    const own = prints.filter(({ at }) => barStart(interval, at) === start).sort((a, b) => a.at - b.at);
    const byPrice = own.map(({ price }) => price).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    return {
      start,
      open: own[0]!.price,
      high: byPrice.at(-1)!,
      low: byPrice[0]!,
      close: own.at(-1)!.price,
      volume: own.reduce((sum, { quantity }) => sum + quantity, 0n),
    };
  });
}

function build(prints: readonly CandlePrint[], interval: CandleInterval): { bars: Candle[]; late: number } {
  const builder = new CandleBuilder(interval);
  const bars: Candle[] = [];
  let late = 0;
  for (const each of prints) {
    const { closed, accepted } = builder.add(each);
    if (closed) bars.push(closed);
    if (!accepted) late += 1;
  }
  if (builder.current) bars.push(builder.current);
  return { bars, late };
}

const anyPrint = fc.record({
  at: fc.integer({ min: 0, max: 5 * MINUTE - 1 }).map((at) => OPEN + at),
  price: fc.bigInt({ min: 1n, max: 1_000n }),
  quantity: fc.bigInt({ min: 1n, max: 500n }),
});

describe('barStart', () => {
  it('is the minute, or midnight in India', () => {
    expect(barStart('ONE_MINUTE', OPEN + 59_999)).toBe(OPEN);
    expect(new Date(barStart('ONE_DAY', OPEN)).toISOString()).toBe('2026-01-14T18:30:00.000Z');
    expect(barStart('ONE_DAY', OPEN + DAY) - barStart('ONE_DAY', OPEN)).toBe(DAY);
  });
});

describe('bars of every interval', () => {
  const start = (interval: CandleInterval, time: string): string =>
    new Date(barStart(interval, Date.parse(`${time}+05:30`)) + 5.5 * 3_600_000).toISOString().slice(0, 16);

  it('begin with the session', () => {
    expect(start('ONE_HOUR', '2026-01-15T09:14')).toBe('2026-01-15T08:15');
    for (const interval of CANDLE_INTERVALS.filter(isIntraday)) {
      expect(start(interval, '2026-01-15T09:15'), interval).toBe('2026-01-15T09:15');
    }
    expect(start('TEN_MINUTES', '2026-01-15T15:29')).toBe('2026-01-15T15:25');
    expect(start('THIRTY_MINUTES', '2026-01-15T10:44')).toBe('2026-01-15T10:15');
    expect(start('ONE_HOUR', '2026-01-15T15:29')).toBe('2026-01-15T15:15');
    // None spans two days: what is left of an hour at midnight is a bar of its own.
    expect(start('ONE_HOUR', '2026-01-15T00:10')).toBe('2026-01-15T00:00');
    expect(start('ONE_HOUR', '2026-01-14T23:59')).toBe('2026-01-14T23:15');
  });

  it('are weeks from Monday on, and months', () => {
    expect(start('ONE_WEEK', '2026-01-18T23:59')).toBe('2026-01-12T00:00');
    expect(start('ONE_WEEK', '2026-01-19T00:00')).toBe('2026-01-19T00:00');
    expect(start('ONE_MONTH', '2026-03-01T00:00')).toBe('2026-03-01T00:00');
    expect(start('ONE_MONTH', '2026-02-28T23:59')).toBe('2026-02-01T00:00');
  });

  it('lie side by side, each instant in exactly one', () => {
    const at = fc.integer({ min: Date.parse('1969-01-01'), max: Date.parse('2100-01-01') });
    fc.assert(
      fc.property(fc.constantFrom(...CANDLE_INTERVALS), at, (interval, instant) => {
        const from = barStart(interval, instant);
        const to = barEnd(interval, from);
        expect(from).toBeLessThanOrEqual(instant);
        expect(to).toBeGreaterThan(instant);
        expect([barStart(interval, from), barStart(interval, to - 1), barStart(interval, to)]).toEqual([
          from,
          from,
          to,
        ]);
        if (isIntraday(interval)) expect(barStart('ONE_DAY', to - 1)).toBe(barStart('ONE_DAY', from));
      }),
    );
  });
});

describe('CandleBuilder', () => {
  it('builds what a recomputation from all prints gives', () => {
    for (const interval of CANDLE_INTERVALS) {
      fc.assert(
        fc.property(fc.array(anyPrint, { maxLength: 60 }), (prints) => {
          const inOrder = [...prints].sort((a, b) => a.at - b.at);
          expect(build(inOrder, interval)).toEqual({ bars: recompute(prints, interval), late: 0 });
        }),
      );
    }
  });

  it('takes prints of one bar in any order, as long as the bar is open', () => {
    fc.assert(
      fc.property(fc.array(anyPrint, { minLength: 1, maxLength: 30 }), (prints) => {
        const ofOneBar = prints.map((each) => ({ ...each, at: OPEN + ((each.at - OPEN) % MINUTE) }));
        expect(build(ofOneBar, 'ONE_MINUTE')).toEqual({ bars: recompute(ofOneBar, 'ONE_MINUTE'), late: 0 });
      }),
    );
  });

  it('leaves out exactly the prints of closed bars when bars interleave', () => {
    fc.assert(
      fc.property(fc.array(anyPrint, { maxLength: 60 }), (prints) => {
        let newest = -Infinity;
        const timely = prints.filter(({ at }) => {
          const start = barStart('ONE_MINUTE', at);
          newest = Math.max(newest, start);
          return start === newest;
        });
        expect(build(prints, 'ONE_MINUTE')).toEqual({
          bars: recompute(timely, 'ONE_MINUTE'),
          late: prints.length - timely.length,
        });
      }),
    );
  });

  it('closes a bar on its boundary, not before', () => {
    const builder = new CandleBuilder('ONE_MINUTE');
    builder.add(print(0, 100n, 5n));
    builder.add(print(59_999, 90n, 5n));
    expect(builder.closeBefore(OPEN + 59_999)).toBeUndefined();
    const bar = { start: OPEN, open: 100n, high: 100n, low: 90n, close: 90n, volume: 10n };
    expect(builder.closeBefore(OPEN + MINUTE)).toEqual(bar);
    expect(builder.closeBefore(OPEN + MINUTE)).toBeUndefined();
    expect(builder.current).toBeUndefined();
  });

  it('refuses prints of a bar that the clock closed, and begins the next', () => {
    const builder = new CandleBuilder('ONE_MINUTE');
    builder.add(print(0, 100n));
    builder.closeBefore(OPEN + MINUTE);
    expect(builder.add(print(30_000, 1n))).toEqual({ closed: undefined, accepted: false });
    expect(builder.add(print(MINUTE, 2n))).toEqual({ closed: undefined, accepted: true });
    expect(builder.current?.start).toBe(OPEN + MINUTE);
  });

  it('makes no bar for minutes without prints', () => {
    const { bars } = build([print(0, 1n), print(3 * MINUTE, 2n)], 'ONE_MINUTE');
    expect(bars.map(({ start }) => start - OPEN)).toEqual([0, 3 * MINUTE]);
  });
});

describe('rollUp', () => {
  it('gives the bars that the prints themselves would give, by way of any bars that fit into them', () => {
    const spread = fc.record({
      at: fc.integer({ min: 0, max: 40 * DAY }).map((at) => OPEN + at),
      price: fc.bigInt({ min: 1n, max: 1_000n }),
      quantity: fc.bigInt({ min: 0n, max: 500n }),
    });
    fc.assert(
      fc.property(fc.array(spread, { maxLength: 60 }), (prints) => {
        const minutes = recompute(prints, 'ONE_MINUTE');
        expect(rollUp(minutes, 'ONE_MINUTE')).toEqual(minutes);
        for (const interval of CANDLE_INTERVALS) {
          expect(rollUp(minutes, interval), interval).toEqual(recompute(prints, interval));
          const days = isIntraday(interval) ? minutes : rollUp(minutes, 'ONE_DAY');
          expect(rollUp(days, interval), interval).toEqual(recompute(prints, interval));
        }
      }),
    );
  });

  it('throws on bars out of order', () => {
    const bar = (start: number): Candle => ({ start, open: 1n, high: 1n, low: 1n, close: 1n, volume: 0n });
    expect(() => rollUp([bar(OPEN + DAY), bar(OPEN)], 'ONE_DAY')).toThrow(RangeError);
  });
});
