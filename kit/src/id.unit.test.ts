import { describe, expect, it } from 'vitest';
import { isUuid, newId } from './id.ts';

describe('newId', () => {
  it('gives ids of which each comes after those before, also many of one millisecond', () => {
    const ids = Array.from({ length: 20_000 }, () => newId());
    expect(ids.every(isUuid)).toBe(true);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
