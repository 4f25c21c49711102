import { describe, expect, it } from 'vitest';
import { checkQuotes, type Quote } from './quote.ts';

function quotes(...pairs: readonly (readonly [bigint, bigint])[]): Quote[] {
  return pairs.map(([price, quantity]) => ({ price, quantity }));
}

describe('checkQuotes', () => {
  it('lets quotes through that are positive, in order from the best price, and do not cross', () => {
    expect(() => checkQuotes({ bids: [], asks: [] })).not.toThrow();
    expect(() =>
      checkQuotes({ bids: quotes([99n, 1n], [98n, 1n]), asks: quotes([100n, 1n], [101n, 1n]) }),
    ).not.toThrow();
  });

  it.each([
    ['cross', quotes([101n, 1n]), quotes([101n, 1n])],
    ['are out of order', quotes([98n, 1n], [99n, 1n]), []],
    ['stand at one price twice', [], quotes([98n, 1n], [98n, 1n])],
    ['are for nothing', quotes([99n, 0n]), []],
    ['have no price', [], quotes([0n, 1n])],
  ])('throws on quotes that %s', (_, bids, asks) => {
    expect(() => checkQuotes({ bids, asks })).toThrow(RangeError);
  });
});
