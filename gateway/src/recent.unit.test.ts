import { describe, expect, it } from 'vitest';
import { Recent } from './recent.ts';

describe('what is remembered', () => {
  it('is forgotten when there is no more room, the longest unasked first', () => {
    const recent = new Recent<string>(20);
    for (let each = 0; each < 20; each++) recent.set(`k${each}`, `v${each}`);
    expect(recent.get('k0')).toBe('v0');
    recent.set('k20', 'v20');
    expect([recent.get('k0'), recent.get('k1'), recent.get('k20')]).toEqual(['v0', undefined, 'v20']);
  });

  it('takes room by its weight', () => {
    const recent = new Recent<string>(20);
    for (let each = 0; each < 10; each++) recent.set(`k${each}`, 'light');
    for (let each = 0; each < 8; each++) recent.set(`h${each}`, 'heavy', 2);
    const kept = [...Array(10).keys()].filter((each) => recent.get(`k${each}`));
    expect(kept).toEqual([6, 7, 8, 9]);
  });

  it('leaves out what would push out everything else', () => {
    const recent = new Recent<string>(20);
    recent.set('light', 'kept');
    recent.set('huge', 'left out', 3);
    expect([recent.get('huge'), recent.get('light')]).toEqual([undefined, 'kept']);
  });

  it('counts a value once however often it is set or deleted', () => {
    const recent = new Recent<string>(20);
    for (let each = 0; each < 100; each++) recent.set('same', 'v', 2);
    recent.delete('same');
    recent.delete('same');
    for (let each = 0; each < 20; each++) recent.set(`k${each}`, 'v');
    expect(recent.get('k0')).toBe('v');
  });
});
