import { describe, expect, it } from 'vitest';
import { cancelled, created, executed, lastStates, stockChange, type Fill } from './happening.ts';
import type { Order, Side } from './order.ts';

function order(id: string, side: Side, quantity: bigint): Order {
  return {
    id,
    userId: 'ann',
    tenantId: 't',
    clientOrderId: id,
    symbol: 'S',
    exchange: 'NSE',
    side,
    type: 'LIMIT',
    product: 'CNC',
    validity: 'DAY',
    quantity,
    limitPrice: 100n,
    status: 'OPEN',
    filledQuantity: 0n,
    turnover: 0n,
    hold: 0n,
    cancelReason: null,
    placedAt: new Date(0),
  };
}

function fill(price: bigint, quantity: bigint): Fill {
  return { tradeId: 'x', executionId: 'e', price, quantity };
}

const buy = order('b', 'BUY', 10n);
const sell = order('s', 'SELL', 6n);

describe('a step', () => {
  it('takes an order from state to state', () => {
    const first = executed(buy, fill(100n, 4n));
    const second = executed(first.order, fill(99n, 6n));
    expect(
      [first, second].map(({ order: { status, filledQuantity, turnover } }) => [
        status,
        filledQuantity,
        turnover,
      ]),
    ).toEqual([
      ['PARTIALLY_FILLED', 4n, 400n],
      ['FILLED', 10n, 994n],
    ]);
    expect(lastStates([created(buy), first, created(sell), second])).toEqual([second.order, sell]);
  });

  it('cannot be taken by an order that is at its end', () => {
    const { order: done } = executed(sell, fill(100n, 6n));
    expect(() => executed(done, fill(100n, 1n))).toThrow(/cannot be filled/);
    expect(() => cancelled(done, 'USER')).toThrow(/cannot be cancelled/);
    expect(() => executed(sell, fill(100n, 7n))).toThrow(/cannot be filled/);
  });
});

describe('stockChange', () => {
  it('follows a sale from its promise to its end', () => {
    const traded = executed(sell, fill(100n, 4n));
    expect([created(sell), traded, cancelled(traded.order, 'USER')].map(stockChange)).toEqual([
      { quantity: 0n, held: 6n },
      { quantity: -4n, held: -4n },
      { quantity: 0n, held: -2n },
    ]);
  });

  it('gives a purchase what it fills and nothing else', () => {
    const traded = executed(buy, fill(100n, 4n));
    expect([created(buy), traded, cancelled(traded.order, 'USER')].map(stockChange)).toEqual([
      { quantity: 0n, held: 0n },
      { quantity: 4n, held: 0n },
      { quantity: 0n, held: 0n },
    ]);
  });
});
