import { isRefusal } from '@gridworks/kit/refusal';
import { describe, expect, it } from 'vitest';
import {
  BATCH_MAX,
  aggressorOf,
  mergeRecorded,
  quotesAround,
  withRecordedQuote,
  withinPrice,
  type RecordedPrint,
  type RecordedQuote,
} from './replay.ts';

function print(atMs: number, price = 100n, quantity = 1n): RecordedPrint {
  return { at: new Date(atMs), price, quantity };
}
function quote(atMs: number, price = 100n, quantity = 1n): RecordedQuote {
  return { at: new Date(atMs), side: 'BUY', price, quantity };
}

describe('mergeRecorded', () => {
  it('puts both lists into one order of time, quotes before the prints they led to', () => {
    const merged = mergeRecorded([print(1), print(2)], [quote(0), quote(2), quote(3)]);
    expect(isRefusal(merged) ? merged.code : merged.map(({ kind, at }) => [kind, at.getTime()])).toEqual([
      ['QUOTE', 0],
      ['PRINT', 1],
      ['QUOTE', 2],
      ['PRINT', 2],
      ['QUOTE', 3],
    ]);
  });

  it.each([
    ['nothing', [], []],
    ['too much', Array.from({ length: BATCH_MAX }, (_, i) => print(i)), [quote(0)]],
    ['prints out of order', [print(2), print(1)], []],
    ['quotes out of order', [], [quote(2), quote(1)]],
    ['a price of zero', [print(1, 0n)], []],
    ['a negative quantity', [print(1, 1n, -1n)], []],
    ['a quote of nothing', [], [quote(1, 1n, 0n)]],
  ])('refuses %s', (_, prints, quotes) => {
    expect(mergeRecorded(prints, quotes)).toMatchObject({ code: 'BATCH_INVALID' });
  });

  it('takes a full batch, and a price without a trade', () => {
    const full = Array.from({ length: BATCH_MAX }, (_, i) => print(i, 1n, 0n));
    expect(mergeRecorded(full, [])).toHaveLength(BATCH_MAX);
  });
});

describe('quotes of a replay', () => {
  it('lie five levels deep around a print, above zero and uncrossed', () => {
    const { bids, asks } = quotesAround({ price: 100n, quantity: 7n }, 5n, 2n);
    expect(bids.map(({ price }) => price)).toEqual([95n, 90n, 85n, 80n, 75n]);
    expect(asks.map(({ price }) => price)).toEqual([105n, 110n, 115n, 120n, 125n]);
    expect(bids.every(({ quantity }) => quantity === 207n)).toBe(true);
    expect(quotesAround({ price: 10n, quantity: 1n }, 5n, 1n).bids.map(({ price }) => price)).toEqual([5n]);
  });

  it('give way to a recorded one on its side and where it crosses', () => {
    const quotes = quotesAround({ price: 100n, quantity: 0n }, 5n, 1n);
    const bid = withRecordedQuote(quotes, { side: 'BUY', price: 110n, quantity: 3n });
    expect(bid.bids).toEqual([{ price: 110n, quantity: 3n }]);
    expect(bid.asks.map(({ price }) => price)).toEqual([115n, 120n, 125n]);
    const ask = withRecordedQuote(quotes, { side: 'SELL', price: 90n, quantity: 3n });
    expect(ask.asks).toEqual([{ price: 90n, quantity: 3n }]);
    expect(ask.bids.map(({ price }) => price)).toEqual([85n, 80n, 75n]);
  });

  it('stand after a print only where they did not offer better than its price', () => {
    const quotes = quotesAround({ price: 100n, quantity: 0n }, 5n, 1n);
    expect(withinPrice(quotes, 110n).asks.map(({ price }) => price)).toEqual([110n, 115n, 120n, 125n]);
    expect(withinPrice(quotes, 110n).bids).toEqual(quotes.bids);
    expect(withinPrice(quotes, 90n).bids.map(({ price }) => price)).toEqual([90n, 85n, 80n, 75n]);
  });
});

describe('aggressorOf', () => {
  it('is the tick test', () => {
    expect([aggressorOf(99n, 100n), aggressorOf(100n, 100n), aggressorOf(101n, 100n)]).toEqual([
      'SELL',
      'BUY',
      'BUY',
    ]);
  });
});
