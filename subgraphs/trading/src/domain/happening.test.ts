import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_BOOK, MARKET, submit, type Execution, type Side } from './book.ts';
import {
  cancelled,
  created,
  executed,
  lastStates,
  stockChanges,
  tradedIds,
  type Happening,
} from './happening.ts';
import type { Order } from './order.ts';

function order(id: string, userId: string, side: Side, quantity: bigint): Order {
  return {
    id,
    userId,
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

function execution(maker: Order, taker: Order | null, price: bigint, quantity: bigint): Execution {
  return {
    price,
    quantity,
    maker: { id: maker.id, owner: maker.userId },
    taker: taker ? { id: taker.id, owner: taker.userId } : { id: MARKET, owner: MARKET },
    takerSide: taker?.side ?? (maker.side === 'BUY' ? 'SELL' : 'BUY'),
  };
}

const buy = order('b', 'ann', 'BUY', 10n);
const sell = order('s', 'bob', 'SELL', 6n);

describe('executed', () => {
  it('takes both sides from state to state, in the order of the executions', () => {
    const executions = [
      execution(buy, sell, 100n, 4n),
      execution(buy, sell, 99n, 2n),
      execution(buy, null, 98n, 1n),
    ];
    const happenings = executed(executions, [sell, buy]);
    expect(
      happenings.map(({ order: { id, status, filledQuantity }, fill }) => [
        id,
        status,
        filledQuantity,
        fill?.execution,
      ]),
    ).toEqual([
      ['b', 'PARTIALLY_FILLED', 4n, 0],
      ['s', 'PARTIALLY_FILLED', 4n, 0],
      ['b', 'PARTIALLY_FILLED', 6n, 1],
      ['s', 'FILLED', 6n, 1],
      ['b', 'PARTIALLY_FILLED', 7n, 2],
    ]);
    expect(lastStates(happenings).map(({ id, turnover }) => [id, turnover])).toEqual([
      ['b', 696n],
      ['s', 598n],
    ]);
    expect(tradedIds(executions)).toEqual(['b', 's']);
  });

  it('throws when an order is missing', () => {
    expect(() => executed([execution(buy, sell, 100n, 1n)], [buy])).toThrow(/not known/);
  });
});

describe('stockChanges', () => {
  it('follows a sale from its promise to its end', () => {
    const steps: Happening[] = [created(sell), ...executed([execution(sell, null, 100n, 4n)], [sell])];
    expect(stockChanges([created(sell)])).toMatchObject([{ userId: 'bob', quantity: 0n, held: 6n }]);
    expect(stockChanges(steps)).toMatchObject([{ userId: 'bob', quantity: -4n, held: 2n }]);
    const last = steps.at(-1)?.order ?? sell;
    expect(stockChanges([...steps, cancelled(last, 'USER')])).toMatchObject([{ quantity: -4n, held: 0n }]);
  });

  it('gives a purchase what it fills and nothing before', () => {
    expect(stockChanges([created(buy)])).toEqual([]);
    expect(stockChanges(executed([execution(buy, null, 100n, 4n)], [buy]))).toMatchObject([
      { userId: 'ann', quantity: 4n, held: 0n },
    ]);
  });

  it('moves shares between users without making or losing any, whatever trades', () => {
    const wishes = fc.array(
      fc.record({
        owner: fc.constantFrom('ann', 'bob', 'cy'),
        side: fc.constantFrom<Side>('BUY', 'SELL'),
        quantity: fc.bigInt(1n, 9n),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(wishes, (all) => {
        let book = EMPTY_BOOK;
        const orders = new Map<string, Order>();
        const happenings: Happening[] = [];
        for (const [i, { owner, side, quantity }] of all.entries()) {
          const next = order(`o${i}`, owner, side, quantity);
          const submitted = submit(book, { ...next, owner, price: 100n });
          book = submitted.book;
          orders.set(next.id, next);
          const steps = [created(next), ...executed(submitted.executions, [...orders.values()])];
          for (const each of lastStates(steps)) orders.set(each.id, each);
          const last = orders.get(next.id) ?? next;
          if (submitted.cancelled) steps.push(cancelled(last, submitted.cancelled.reason));
          happenings.push(...steps);
        }
        const changes = stockChanges(happenings);
        expect(changes.reduce((sum, change) => sum + change.quantity, 0n)).toBe(0n);
        const waiting = book.asks
          .flatMap(({ queue }) => queue)
          .reduce((sum, each) => sum + each.remaining, 0n);
        expect(changes.reduce((sum, change) => sum + change.held, 0n)).toBe(waiting);
      }),
    );
  });
});
