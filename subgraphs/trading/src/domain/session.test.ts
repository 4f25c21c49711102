import { istMidnight } from '@gridworks/kit/time';
import { describe, expect, it } from 'vitest';
import { anchorReplay, bandOf, openSession, rollSession, tradeInSession } from './session.ts';

const MONDAY = istMidnight('2026-01-12') + 10 * 3_600_000;
const TUESDAY = istMidnight('2026-01-13');

describe('a session', () => {
  it('begins with the previous close and no range', () => {
    expect(openSession(100_00n)).toMatchObject({
      last: 100_00n,
      previousClose: 100_00n,
      range: null,
      volume: 0n,
    });
  });

  it('gathers the trades of a day', () => {
    let session = openSession(100_00n);
    for (const [price, quantity] of [
      [101_00n, 5n],
      [99_00n, 2n],
      [100_50n, 1n],
    ] as const) {
      session = tradeInSession(session, MONDAY, price, quantity);
    }
    expect(session).toMatchObject({
      date: '2026-01-12',
      last: 100_50n,
      previousClose: 100_00n,
      range: { open: 101_00n, high: 101_00n, low: 99_00n },
      volume: 8n,
    });
  });

  it('takes the last price for the previous close when a new day begins in India, not in Greenwich', () => {
    const monday = tradeInSession(openSession(100_00n), MONDAY, 105_00n, 1n);
    expect(rollSession(monday, TUESDAY - 1)).toBe(monday);
    const tuesday = tradeInSession(monday, TUESDAY, 106_00n, 3n);
    expect(tuesday).toMatchObject({
      date: '2026-01-13',
      previousClose: 105_00n,
      referencePrice: 105_00n,
      range: { open: 106_00n, high: 106_00n, low: 106_00n },
      volume: 3n,
    });
  });

  it('has a band of 10 % around its reference price, on ticks', () => {
    expect(bandOf(openSession(1_405_70n), 10n)).toEqual({ lower: 1_265_20n, upper: 1_546_20n });
  });
});

describe('a replay', () => {
  it('moves the band to the first price of each recorded day, and leaves it there', () => {
    const live = tradeInSession(openSession(190_00n), MONDAY, 190_00n, 1n);
    const past = istMidnight('2015-02-02') + 36_000_000;
    let session = anchorReplay(live, past, 45_00n, 5n);
    expect(session).toMatchObject({ date: '2015-02-02', previousClose: 190_00n, referencePrice: 45_00n });
    session = tradeInSession(session, past, 45_00n, 1n);
    expect(anchorReplay(session, past + 60_000, 46_00n, 5n).referencePrice).toBe(45_00n);
  });

  it('takes the band along when a price leaves it', () => {
    const past = istMidnight('2015-02-02') + 36_000_000;
    const session = tradeInSession(anchorReplay(openSession(45_00n), past, 45_00n, 5n), past, 45_00n, 1n);
    expect(anchorReplay(session, past, 49_50n, 5n).referencePrice).toBe(45_00n);
    expect(anchorReplay(session, past, 49_55n, 5n).referencePrice).toBe(49_55n);
    expect(anchorReplay(session, past, 40_00n, 5n).referencePrice).toBe(40_00n);
  });
});
