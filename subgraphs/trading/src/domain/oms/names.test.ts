import { describe, expect, it } from 'vitest';
import { idAfter } from './ids.ts';
import { NameSet } from './names.ts';

describe('a set of names', () => {
  it('knows each name of each user that was added, and no other, through all its growth', () => {
    const names = new NameSet();
    for (let i = 0; i < 20_000; i++) {
      expect(names.has('ann', `c-${i}`)).toBe(false);
      names.add('ann', `c-${i}`);
    }
    names.add('ann', 'c-1');
    for (let i = 0; i < 20_000; i++) expect(names.has('ann', `c-${i}`)).toBe(true);
    expect([names.has('bob', 'c-1'), names.has('ann', 'c-20000'), names.has('an', 'nc-1')]).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('idAfter', () => {
  it('counts on in the last 48 bits, over their end too', () => {
    const id = '01900000-0000-7000-8000-0000000000ff';
    expect(idAfter(id, 1)).toBe('01900000-0000-7000-8000-000000000100');
    expect(idAfter('01900000-0000-7000-8000-ffffffffffff', 2)).toBe('01900000-0000-7000-8000-000000000001');
  });
});
