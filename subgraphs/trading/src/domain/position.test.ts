import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Side } from './order.ts';
import { NOTHING, applyFill, averageCost, unrealised, type Holding } from './position.ts';

function after(...fills: [Side, bigint, bigint][]): Holding {
  return fills.reduce(
    (holding, [side, price, quantity]) => applyFill(holding, side, price, quantity),
    NOTHING,
  );
}

describe('a holding by average cost', () => {
  it('averages what was paid', () => {
    const holding = after(['BUY', 100n, 10n], ['BUY', 105n, 20n]);
    expect(holding).toEqual({ quantity: 30n, cost: 3_100n, realised: 0n });
    expect(averageCost(holding)).toBe(103n);
    expect(unrealised(holding, 110n)).toBe(200n);
  });

  it('realises the difference to the share of the cost', () => {
    const holding = after(['BUY', 100n, 10n], ['BUY', 105n, 20n], ['SELL', 120n, 10n]);
    expect(holding).toEqual({ quantity: 20n, cost: 2_067n, realised: 167n });
  });

  it('is nothing again when all is sold, with what it brought', () => {
    const holding = after(['BUY', 100n, 10n], ['SELL', 90n, 10n]);
    expect(holding).toEqual({ quantity: 0n, cost: 0n, realised: -100n });
    expect(averageCost(holding)).toBe(0n);
    expect(unrealised(holding, 1n)).toBe(0n);
  });

  it('is below zero where units were sold before they were bought', () => {
    const owed = after(['SELL', 120n, 10n], ['SELL', 100n, 10n]);
    expect(owed).toEqual({ quantity: -20n, cost: -2_200n, realised: 0n });
    expect(averageCost(owed)).toBe(110n);
    expect(unrealised(owed, 100n)).toBe(200n);
    expect(after(['SELL', 120n, 10n], ['BUY', 130n, 4n])).toEqual({
      quantity: -6n,
      cost: -720n,
      realised: -40n,
    });
  });

  it('turns round in one fill: the rest opens the other direction at its price', () => {
    expect(after(['BUY', 100n, 10n], ['SELL', 90n, 11n])).toEqual({
      quantity: -1n,
      cost: -90n,
      realised: -100n,
    });
    expect(after(['SELL', 90n, 10n], ['BUY', 80n, 15n])).toEqual({
      quantity: 5n,
      cost: 400n,
      realised: 100n,
    });
  });

  it('loses no paisa: cash in, cash out and what is left at cost always add up', () => {
    const fill = fc.tuple(
      fc.constantFrom<Side>('BUY', 'SELL'),
      fc.bigInt(1n, 1_000_00n),
      fc.bigInt(1n, 500n),
    );
    fc.assert(
      fc.property(fc.array(fill, { maxLength: 30 }), (fills) => {
        let [holding, cash] = [NOTHING, 0n];
        for (const [side, price, quantity] of fills) {
          holding = applyFill(holding, side, price, quantity);
          cash += side === 'BUY' ? -price * quantity : price * quantity;
        }
        expect(cash + holding.cost).toBe(holding.realised);
        expect(holding.cost * holding.quantity >= 0n).toBe(true);
      }),
    );
  });
});
