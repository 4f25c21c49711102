import { describe, expect, it } from 'vitest';
import { WATCHED_MAX, WATCHLISTS_MAX, checkWatchlist, saveWatchlist, type Watchlist } from './watchlist.ts';

const FRESH = { id: 'fresh', tenantId: 't', userId: 'u' };
const banks: Watchlist = { id: 'w1', tenantId: 't', userId: 'u', name: 'Banks', symbols: ['HDFCBANK'] };
const metals: Watchlist = { ...banks, id: 'w2', name: 'Metals', symbols: ['TATASTEEL'] };

describe('checkWatchlist', () => {
  it('trims the name and keeps each symbol once, in order', () => {
    expect(checkWatchlist({ name: '  Banks ', symbols: ['B', 'A', 'B'] })).toEqual({
      name: 'Banks',
      symbols: ['B', 'A'],
    });
    expect(checkWatchlist({ name: 'x', symbols: [] })).toEqual({ name: 'x', symbols: [] });
  });

  it.each(['', '   ', 'x'.repeat(41), 'a\nb', 'a\0b'])('refuses the name %j', (name) => {
    expect(checkWatchlist({ name, symbols: [] })).toMatchObject({
      code: 'WATCHLIST_NAME_INVALID',
      path: ['input', 'name'],
    });
  });

  it('counts letters, not code units', () => {
    expect(checkWatchlist({ name: '😀'.repeat(40), symbols: [] })).toMatchObject({ symbols: [] });
  });

  it('holds so many symbols and not one more', () => {
    const symbols = Array.from({ length: WATCHED_MAX + 1 }, (_, index) => `S${index}`);
    expect(checkWatchlist({ name: 'x', symbols })).toMatchObject({ code: 'WATCHLIST_TOO_LONG' });
    expect(checkWatchlist({ name: 'x', symbols: symbols.slice(1) })).toMatchObject({ name: 'x' });
  });
});

describe('saveWatchlist', () => {
  it('makes a new list, or replaces the one of its name', () => {
    const request = { name: 'Banks', symbols: ['SBIN'] };
    expect(saveWatchlist([], request, undefined, FRESH)).toEqual({ ...FRESH, ...request });
    expect(saveWatchlist([metals, banks], request, undefined, FRESH)).toEqual({
      ...banks,
      symbols: ['SBIN'],
    });
  });

  it('renames the list of an id, not to a name that another one has', () => {
    const known = [banks, metals];
    expect(saveWatchlist(known, { name: 'Lenders', symbols: [] }, 'w1', FRESH)).toEqual({
      ...banks,
      name: 'Lenders',
      symbols: [],
    });
    expect(saveWatchlist(known, { name: 'Metals', symbols: [] }, 'w1', FRESH)).toMatchObject({
      code: 'WATCHLIST_NAME_USED',
    });
    expect(saveWatchlist(known, { name: 'Banks', symbols: [] }, 'w1', FRESH)).toMatchObject({ id: 'w1' });
    expect(saveWatchlist(known, { name: 'Any', symbols: [] }, 'other', FRESH)).toMatchObject({
      code: 'WATCHLIST_UNKNOWN',
    });
  });

  it('keeps so many lists; what is there can still be changed', () => {
    const known = Array.from({ length: WATCHLISTS_MAX }, (_, index) => ({
      ...banks,
      id: `w${index}`,
      name: `List ${index}`,
    }));
    expect(saveWatchlist(known, { name: 'More', symbols: [] }, undefined, FRESH)).toMatchObject({
      code: 'WATCHLISTS_TOO_MANY',
    });
    expect(saveWatchlist(known, { name: 'List 3', symbols: [] }, undefined, FRESH)).toMatchObject({
      id: 'w3',
    });
  });
});
