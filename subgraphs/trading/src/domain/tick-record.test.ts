import { expect, it } from 'vitest';
import { vwapOf } from './tick-record.ts';

it('weighs each price by its units, and rounds half up', () => {
  expect(vwapOf({ turnover: 100n * 3n + 103n, volume: 4n })).toBe(101n);
  expect(vwapOf({ turnover: 100n + 101n, volume: 2n })).toBe(101n);
  expect(vwapOf({ turnover: 100n * 2n + 101n, volume: 3n })).toBe(100n);
  expect(vwapOf({ turnover: 0n, volume: 0n })).toBeUndefined();
});
