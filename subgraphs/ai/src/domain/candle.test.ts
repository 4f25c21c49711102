import { expect, it } from 'vitest';
import { toMinor } from './candle.ts';

it.each([
  [1.5, 2n],
  [-1.5, -2n],
  [2.5, 3n],
  [0.49, 0n],
  [-0.49, 0n],
  [140_570.4999, 140_570n],
])('rounds %d half away from zero', (value, minor) => {
  expect(toMinor(value)).toBe(minor);
});
