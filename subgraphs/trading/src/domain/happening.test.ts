import { describe, expect, it } from 'vitest';
import {
  cancelled,
  cashPromised,
  created,
  executed,
  lastStates,
  modified,
  stockChange,
  type Fill,
} from './happening.ts';
import { PLAIN, type Order, type Side } from './order.ts';

function order(id: string, side: Side, quantity: bigint): Order {
  return {
    ...PLAIN,
    id,
    origin: 'USER',
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
    rejectReason: null,
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

  it('promises more units of a sale that grows, and frees those of one that shrinks', () => {
    const changed = modified(sell, { ...sell, quantity: 9n }, 0n);
    expect(stockChange(changed)).toEqual({ quantity: 0n, held: 3n });
    expect(stockChange(modified(changed.order, { ...sell, quantity: 2n }, 0n))).toEqual({
      quantity: 0n,
      held: -7n,
    });
    expect(stockChange(modified(buy, { ...buy, quantity: 20n }, 0n))).toEqual({ quantity: 0n, held: 0n });
  });

  it('takes the cash of a purchase that grows, and leaves it to billing to give some back', () => {
    const rich = { ...buy, hold: 500n };
    const more = modified(rich, { ...rich, quantity: 20n }, 800n);
    expect(
      [created(rich), more, modified(more.order, rich, 500n), cancelled(rich, 'USER')].map(cashPromised),
    ).toEqual([500n, 300n, 0n, 0n]);
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
