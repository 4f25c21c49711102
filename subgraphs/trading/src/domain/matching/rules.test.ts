import { describe, expect, it } from 'vitest';
import { bandOf, breakerHalt, canGo, flexShift, flexStep, mayFlex, tickSizeOf } from './rules.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('tickSizeOf', () => {
  it.each([
    [1, 1],
    [249_99, 1],
    [250_00, 5],
    [1_000_00, 5],
    [1_000_05, 10],
    [5_000_00, 10],
    [5_000_10, 50],
    [10_000_00, 50],
    [10_000_50, 1_00],
    [20_000_00, 1_00],
    [20_001_00, 5_00],
  ])('of %i paise is %i', (price, tick) => {
    expect(tickSizeOf(price)).toBe(tick);
  });
});

describe('bandOf', () => {
  it.each([
    [200, 1_377_60, 1_433_80],
    [500, 1_335_50, 1_475_90],
    [1_000, 1_265_20, 1_546_20],
    [2_000, 1_124_60, 1_686_80],
  ])('of %i bps around 1,405.70 is rounded inward to the tick', (bps, lower, upper) => {
    expect(bandOf(1_405_70, bps, 0, 10)).toEqual({ lower, upper });
  });

  it('slides with a flex: 90 to 110 becomes 95 to 115, then 100 to 120, then 103 to 123', () => {
    let shift = 0;
    const bands = [0, 1, 2].map((done) => {
      shift = flexShift(done, shift, 'UP');
      return bandOf(100_00, 1_000, shift, 5);
    });
    expect(bands).toEqual([
      { lower: 95_00, upper: 115_00 },
      { lower: 100_00, upper: 120_00 },
      { lower: 103_00, upper: 123_00 },
    ]);
    expect(bandOf(100_00, 1_000, flexShift(0, 0, 'DOWN'), 5)).toEqual({ lower: 85_00, upper: 105_00 });
  });

  it('never reaches nought, nor beyond what may be asked', () => {
    expect(bandOf(3, 2_000, 0, 1)).toEqual({ lower: 3, upper: 3 });
    expect(bandOf(1_00, 1_000, -20_000, 1)).toEqual({ lower: 1, upper: 1 });
    expect(bandOf(100_000_000, 2_000, 0, 500).upper).toBe(100_000_000);
  });
});

describe('flexing', () => {
  it('takes 5 % twice, 3 % twice, then 2 %, and cools off longer each time', () => {
    expect([0, 1, 2, 3, 4, 9].map((done) => flexStep(done).bps)).toEqual([500, 500, 300, 300, 200, 200]);
    expect([0, 1, 2, 3, 4].map((done) => flexStep(done).coolingMs / MINUTE)).toEqual([15, 15, 30, 30, 60]);
    expect(flexStep(1, true).coolingMs).toBe(5 * MINUTE);
  });

  it('needs 50 trades, 10 clients and 3 members', () => {
    expect(mayFlex({ trades: 50, clients: 10, members: 3 })).toBe(true);
    expect(mayFlex({ trades: 49, clients: 10, members: 3 })).toBe(false);
    expect(mayFlex({ trades: 50, clients: 9, members: 3 })).toBe(false);
    expect(mayFlex({ trades: 50, clients: 10, members: 2 })).toBe(false);
  });
});

describe('breakerHalt', () => {
  const at = (percent: number, timeMs: number, tripped = 0): number | null =>
    breakerHalt(10_000 - percent * 100, 10_000, timeMs, tripped)?.haltMs ?? null;

  it.each([
    [10, 13 * HOUR - 1, 45 * MINUTE],
    [10, 13 * HOUR, 15 * MINUTE],
    [10, 14.5 * HOUR - 1, 15 * MINUTE],
    [10, 14.5 * HOUR, null],
    [15, 13 * HOUR - 1, 105 * MINUTE],
    [15, 13 * HOUR, 45 * MINUTE],
    [15, 14 * HOUR - 1, 45 * MINUTE],
    [15, 14 * HOUR, Infinity],
    [20, 9.5 * HOUR, Infinity],
    [20, 15 * HOUR, Infinity],
    [9.99, 10 * HOUR, null],
  ])('%i %% at %i ms of the day', (percent, timeMs, haltMs) => {
    expect(at(percent, timeMs)).toBe(haltMs);
  });

  it('looks at both directions, and halts once a level', () => {
    expect(breakerHalt(11_000, 10_000, 10 * HOUR)).toEqual({
      bps: 1_000,
      haltMs: 45 * MINUTE,
      preOpenMs: 15 * MINUTE,
    });
    expect(at(12, 10 * HOUR, 1_000)).toBeNull();
    expect(at(15, 10 * HOUR, 1_000)).toBe(105 * MINUTE);
    expect(breakerHalt(8_000, 10_000, 10 * HOUR, 1_500)?.preOpenMs).toBe(0);
  });
});

describe('canGo', () => {
  it('opens through the auction or straight, and reopens after a halt', () => {
    expect(canGo('CLOSED', 'PRE_OPEN') && canGo('PRE_OPEN', 'BUFFER') && canGo('BUFFER', 'CONTINUOUS')).toBe(
      true,
    );
    expect(canGo('HALTED', 'PRE_OPEN') && canGo('CONTINUOUS', 'HALTED')).toBe(true);
    expect(canGo('CONTINUOUS', 'PRE_OPEN') || canGo('BUFFER', 'PRE_OPEN') || canGo('CLOSED', 'HALTED')).toBe(
      false,
    );
  });
});
