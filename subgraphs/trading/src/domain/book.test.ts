import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EMPTY_BOOK,
  MARKET,
  bestAsk,
  bestBid,
  cancel,
  depth,
  marketQuotes,
  printMarket,
  repeatTrade,
  replaceMarketQuotes,
  restore,
  submit,
  type Book,
  type Execution,
  type Incoming,
  type Quotes,
  type Side,
  type Submitted,
} from './book.ts';

let count = 0;
function order(side: Side, price: bigint | null, quantity: bigint, more: Partial<Incoming> = {}): Incoming {
  const type = price === null ? 'MARKET' : 'LIMIT';
  count += 1;
  return { id: `o${count}`, owner: `u${count}`, side, type, validity: 'DAY', price, quantity, ...more };
}

function bookWith(...orders: Incoming[]): Book {
  return orders.reduce((book, each) => submit(book, each).book, EMPTY_BOOK);
}

function trades(executions: readonly Execution[]): [string, bigint, bigint][] {
  return executions.map(({ maker, price, quantity }) => [maker.id, price, quantity]);
}

describe('submit', () => {
  it('lets an order wait that meets nobody', () => {
    const submitted = submit(EMPTY_BOOK, order('BUY', 100n, 5n, { id: 'a', owner: 'x' }));
    expect(submitted).toEqual({
      book: { bids: [{ price: 100n, queue: [{ id: 'a', owner: 'x', remaining: 5n }] }], asks: [] },
      executions: [],
      resting: 5n,
      cancelled: null,
    });
  });

  it('trades at the price of the order that waited, the best price first, then the oldest', () => {
    const book = bookWith(
      order('SELL', 102n, 5n, { id: 'late' }),
      order('SELL', 101n, 3n, { id: 'first' }),
      order('SELL', 101n, 3n, { id: 'second' }),
    );
    const { executions, resting, book: left } = submit(book, order('BUY', 102n, 8n));
    expect(trades(executions)).toEqual([
      ['first', 101n, 3n],
      ['second', 101n, 3n],
      ['late', 102n, 2n],
    ]);
    expect(resting).toBe(0n);
    expect(depth(left, 5)).toEqual({ bids: [], asks: [{ price: 102n, quantity: 3n, orders: 1 }] });
  });

  it('lets the rest of a limit order wait at its own price', () => {
    const { book, resting } = submit(bookWith(order('SELL', 100n, 3n)), order('BUY', 101n, 5n));
    expect(resting).toBe(2n);
    expect([bestBid(book), bestAsk(book)]).toEqual([101n, null]);
  });

  it('does not trade beyond the limit', () => {
    const { executions, book } = submit(bookWith(order('BUY', 99n, 3n)), order('SELL', 100n, 5n));
    expect(executions).toEqual([]);
    expect([bestBid(book), bestAsk(book)]).toEqual([99n, 100n]);
  });

  it.each([
    ['MARKET', { type: 'MARKET', price: null }, 'MARKET_REST'],
    ['MARKET with a worst price', { type: 'MARKET', price: 105n }, 'MARKET_REST'],
    ['IOC', { validity: 'IOC' }, 'TIME_IN_FORCE'],
  ] as const)('cancels the rest of %s', (_, more, reason) => {
    const book = bookWith(order('SELL', 100n, 3n), order('SELL', 106n, 9n));
    const submitted = submit(book, order('BUY', 101n, 15n, { ...more }));
    const unlimited = 'price' in more && more.price === null;
    expect(submitted.cancelled).toEqual({ quantity: unlimited ? 3n : 12n, reason });
    expect(submitted.resting).toBe(0n);
    expect(submitted.book.bids).toEqual([]);
  });

  it('fills FOK whole or leaves the very same book', () => {
    const book = bookWith(order('SELL', 100n, 3n), order('SELL', 101n, 3n));
    expect(submit(book, order('BUY', 101n, 6n, { validity: 'FOK' })).executions).toHaveLength(2);
    const killed = submit(book, order('BUY', 101n, 7n, { validity: 'FOK' }));
    expect(killed.book).toBe(book);
    expect(killed.executions).toEqual([]);
    expect(killed.cancelled).toEqual({ quantity: 7n, reason: 'TIME_IN_FORCE' });
  });

  it('stops where a user meets their own order, and trades with those before it', () => {
    const book = bookWith(
      order('SELL', 100n, 2n, { id: 'other' }),
      order('SELL', 100n, 2n, { id: 'own', owner: 'me' }),
      order('SELL', 100n, 2n, { id: 'behind' }),
    );
    const { executions, cancelled, resting } = submit(book, order('BUY', 101n, 6n, { owner: 'me' }));
    expect(trades(executions)).toEqual([['other', 100n, 2n]]);
    expect(cancelled).toEqual({ quantity: 4n, reason: 'SELF_TRADE' });
    expect(resting).toBe(0n);
    const whole = submit(book, order('BUY', 101n, 2n, { owner: 'me' }));
    expect(whole.cancelled).toBeNull();
    const killed = submit(book, order('BUY', 101n, 6n, { owner: 'me', validity: 'FOK' }));
    expect([killed.executions, killed.cancelled?.reason]).toEqual([[], 'SELF_TRADE']);
  });

  it('throws on what cannot be an order', () => {
    expect(() => submit(EMPTY_BOOK, order('BUY', 100n, 0n))).toThrow(RangeError);
    expect(() => submit(EMPTY_BOOK, order('BUY', null, 1n, { type: 'LIMIT' }))).toThrow(RangeError);
  });
});

describe('cancel', () => {
  it('takes exactly one order out, and knows when it is not there', () => {
    const book = bookWith(order('BUY', 100n, 1n, { id: 'a' }), order('BUY', 100n, 2n, { id: 'b' }));
    const left = cancel(book, 'BUY', 100n, 'a');
    expect(left && depth(left, 5).bids).toEqual([{ price: 100n, quantity: 2n, orders: 1 }]);
    expect(left && cancel(left, 'BUY', 100n, 'b')).toEqual(EMPTY_BOOK);
    expect(cancel(book, 'BUY', 101n, 'a')).toBeUndefined();
    expect(cancel(book, 'SELL', 100n, 'a')).toBeUndefined();
    expect(cancel(book, 'BUY', 100n, 'c')).toBeUndefined();
  });
});

describe('replaceMarketQuotes', () => {
  const quotes: Quotes = {
    bids: [
      { price: 99n, quantity: 10n },
      { price: 98n, quantity: 20n },
    ],
    asks: [{ price: 101n, quantity: 10n }],
  };

  it('leaves just these quotes of the market and every order of users', () => {
    const first = replaceMarketQuotes(bookWith(order('BUY', 97n, 5n)), quotes);
    expect(first.executions).toEqual([]);
    expect(marketQuotes(first.book)).toEqual(quotes);
    const moved: Quotes = { bids: [{ price: 100n, quantity: 1n }], asks: [] };
    const second = replaceMarketQuotes(first.book, moved);
    expect(marketQuotes(second.book)).toEqual(moved);
    expect(depth(second.book, 5).bids.map(({ price }) => price)).toEqual([100n, 97n]);
  });

  it('queues what is added behind a user and takes away from the back', () => {
    const quoted = replaceMarketQuotes(EMPTY_BOOK, quotes).book;
    const joined = submit(quoted, order('BUY', 99n, 5n, { id: 'user' })).book;
    const grown = replaceMarketQuotes(joined, { ...quotes, bids: [{ price: 99n, quantity: 14n }] }).book;
    expect(grown.bids[0]?.queue.map(({ id, remaining }) => [id, remaining])).toEqual([
      [MARKET, 10n],
      ['user', 5n],
      [MARKET, 4n],
    ]);
    const shrunk = replaceMarketQuotes(grown, { ...quotes, bids: [{ price: 99n, quantity: 3n }] }).book;
    expect(shrunk.bids[0]?.queue.map(({ id, remaining }) => [id, remaining])).toEqual([
      [MARKET, 3n],
      ['user', 5n],
    ]);
  });

  it("trades with users' orders it reaches, at their prices", () => {
    const book = bookWith(order('SELL', 100n, 4n, { id: 'user' }));
    const { executions, book: left } = replaceMarketQuotes(book, {
      bids: [{ price: 101n, quantity: 10n }],
      asks: [{ price: 102n, quantity: 1n }],
    });
    expect(trades(executions)).toEqual([['user', 100n, 4n]]);
    expect(executions[0]?.taker.owner).toBe(MARKET);
    expect(depth(left, 5).bids).toEqual([{ price: 101n, quantity: 6n, orders: 1 }]);
  });

  it('throws on quotes that cross, are out of order or are not positive', () => {
    for (const wrong of [
      { bids: [{ price: 101n, quantity: 1n }], asks: [{ price: 101n, quantity: 1n }] },
      {
        bids: [
          { price: 98n, quantity: 1n },
          { price: 99n, quantity: 1n },
        ],
        asks: [],
      },
      { bids: [{ price: 99n, quantity: 0n }], asks: [] },
      { bids: [], asks: [{ price: 0n, quantity: 1n }] },
    ]) {
      expect(() => replaceMarketQuotes(EMPTY_BOOK, wrong)).toThrow(RangeError);
    }
  });
});

describe('the market trades', () => {
  const quoted = replaceMarketQuotes(EMPTY_BOOK, {
    bids: [{ price: 99n, quantity: 10n }],
    asks: [{ price: 101n, quantity: 10n }],
  }).book;

  it('with itself in a print, and leaves nothing waiting', () => {
    const { executions, book } = printMarket(quoted, 'BUY', 101n, 25n);
    expect(trades(executions)).toEqual([[MARKET, 101n, 10n]]);
    expect(marketQuotes(book)).toEqual({ bids: [{ price: 99n, quantity: 10n }], asks: [] });
  });

  it('with users first where they wait at better prices', () => {
    const book = submit(quoted, order('SELL', 100n, 3n, { id: 'user' })).book;
    expect(trades(printMarket(book, 'BUY', 101n, 5n).executions)).toEqual([
      ['user', 100n, 3n],
      [MARKET, 101n, 2n],
    ]);
  });

  it('repeats a recorded trade at its price, through quotes that stood in the way', () => {
    const { executions, book } = repeatTrade(quoted, 'BUY', 105n, 7n);
    expect(trades(executions)).toEqual([[MARKET, 105n, 7n]]);
    expect(marketQuotes(book)).toEqual({ bids: [{ price: 99n, quantity: 10n }], asks: [] });
  });

  it("repeats a recorded trade with users' orders it reaches, at their prices", () => {
    const book = [
      order('BUY', 97n, 2n, { id: 'above' }),
      order('BUY', 95n, 2n, { id: 'at' }),
      order('BUY', 94n, 2n, { id: 'below' }),
    ].reduce((each, next) => submit(each, next).book, quoted);
    for (const side of ['BUY', 'SELL'] as const) {
      const { executions, book: left } = repeatTrade(book, side, 95n, 9n);
      const byUser = executions.flatMap(({ maker, taker, price, quantity }) =>
        [maker, taker].filter(({ owner }) => owner !== MARKET).map(({ id }) => [id, price, quantity]),
      );
      expect(byUser).toEqual([
        ['above', 97n, 2n],
        ['at', 95n, 2n],
      ]);
      expect(executions.reduce((sum, { quantity }) => sum + quantity, 0n)).toBe(9n);
      expect(depth(left, 5)).toEqual({
        bids: [{ price: 94n, quantity: 2n, orders: 1 }],
        asks: [depth(book, 1).asks[0]],
      });
    }
  });
});

type Command =
  | { readonly kind: 'SUBMIT'; readonly order: Omit<Incoming, 'id'> }
  | { readonly kind: 'CANCEL'; readonly pick: number }
  | { readonly kind: 'QUOTE'; readonly quotes: Quotes }
  | {
      readonly kind: 'PRINT' | 'REPEAT';
      readonly side: Side;
      readonly price: bigint;
      readonly quantity: bigint;
    };

const side = fc.constantFrom<Side>('BUY', 'SELL');
const price = fc.bigInt({ min: 95n, max: 105n });
const quantity = fc.bigInt({ min: 1n, max: 20n });
const levels = fc.uniqueArray(price, { maxLength: 6 }).chain((prices) =>
  fc.record({
    sorted: fc.constant([...prices].sort((a, b) => Number(a - b))),
    sizes: fc.array(quantity, { minLength: prices.length, maxLength: prices.length }),
    split: fc.nat(prices.length),
  }),
);
const quotesArbitrary: fc.Arbitrary<Quotes> = levels.map(({ sorted, sizes, split }) => {
  const all = sorted.map((each, i) => ({ price: each, quantity: sizes[i] ?? 1n }));
  return { bids: all.slice(0, split).reverse(), asks: all.slice(split) };
});
const submitted: fc.Arbitrary<Command> = fc
  .record({
    owner: fc.constantFrom('ann', 'bob', 'cy'),
    side,
    type: fc.constantFrom('LIMIT' as const, 'LIMIT' as const, 'MARKET' as const),
    validity: fc.constantFrom('DAY' as const, 'DAY' as const, 'IOC' as const, 'FOK' as const),
    price,
    quantity,
  })
  .map((wish) => ({ kind: 'SUBMIT', order: wish }));
const command: fc.Arbitrary<Command> = fc.oneof(
  { arbitrary: submitted, weight: 6 },
  { arbitrary: fc.record({ kind: fc.constant('CANCEL' as const), pick: fc.nat(50) }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('QUOTE' as const), quotes: quotesArbitrary }), weight: 1 },
  {
    arbitrary: fc.record({
      kind: fc.constantFrom('PRINT' as const, 'REPEAT' as const),
      side,
      price,
      quantity,
    }),
    weight: 1,
  },
);

interface Step {
  readonly command: Command;
  readonly before: Book;
  readonly book: Book;
  readonly executions: readonly Execution[];
  readonly submitted?: Submitted;
  readonly order?: Incoming;
}

/** Carries out commands on the book; ids are their places, so a replay is the same. */
function play(commands: readonly Command[]): Step[] {
  let book = EMPTY_BOOK;
  return commands.map((each, i) => {
    const before = freeze(book);
    let step: Omit<Step, 'command' | 'before'>;
    if (each.kind === 'SUBMIT') {
      const incoming = { ...each.order, id: `#${i}` };
      const result = submit(before, incoming);
      step = { book: result.book, executions: result.executions, submitted: result, order: incoming };
    } else if (each.kind === 'CANCEL') {
      const waiting = users(before);
      const chosen = waiting[each.pick % Math.max(1, waiting.length)];
      const left = chosen && cancel(before, chosen.side, chosen.price, chosen.id);
      step = { book: left ?? before, executions: [] };
    } else if (each.kind === 'QUOTE') step = replaceMarketQuotes(before, each.quotes);
    else if (each.kind === 'PRINT') step = printMarket(before, each.side, each.price, each.quantity);
    else step = repeatTrade(before, each.side, each.price, each.quantity);
    book = step.book;
    return { command: each, before, ...step };
  });
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}

interface Waiting {
  readonly id: string;
  readonly owner: string;
  readonly side: Side;
  readonly price: bigint;
  readonly remaining: bigint;
}

function everyone(book: Book): Waiting[] {
  return (['BUY', 'SELL'] as const).flatMap((each) =>
    (each === 'BUY' ? book.bids : book.asks).flatMap((level) =>
      level.queue.map((waiting) => ({ ...waiting, side: each, price: level.price })),
    ),
  );
}

function users(book: Book): Waiting[] {
  return everyone(book).filter(({ owner }) => owner !== MARKET);
}

describe('whatever happens', () => {
  const commands = fc.array(command, { minLength: 1, maxLength: 40 });

  it('no book is crossed, out of order or holds an empty level', () => {
    fc.assert(
      fc.property(commands, (all) => {
        for (const { book } of play(all)) {
          const [bid, ask] = [bestBid(book), bestAsk(book)];
          if (bid !== null && ask !== null) expect(bid < ask).toBe(true);
          const ascending = (prices: bigint[]): boolean =>
            prices.every((p, i) => i === 0 || p > (prices[i - 1] ?? p));
          expect(ascending(book.asks.map((level) => level.price))).toBe(true);
          expect(ascending(book.bids.map((level) => level.price).reverse())).toBe(true);
          expect([...book.bids, ...book.asks].every(({ queue }) => queue.length > 0)).toBe(true);
          expect(everyone(book).every(({ remaining }) => remaining > 0n)).toBe(true);
        }
      }),
    );
  });

  it('quantity is conserved: what an order asked for traded, waits, or was cancelled', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const owed = new Map<string, bigint>();
        for (const { command: each, before, book, executions, submitted: result, order: incoming } of play(
          all,
        )) {
          if (incoming) owed.set(incoming.id, incoming.quantity - (result?.cancelled?.quantity ?? 0n));
          if (each.kind === 'CANCEL') {
            const left = new Set(users(book).map(({ id }) => id));
            for (const { id } of users(before)) if (!left.has(id)) owed.delete(id);
          }
          for (const { maker, taker, quantity: traded } of executions) {
            expect(traded > 0n).toBe(true);
            for (const { id, owner } of [maker, taker]) {
              if (owner !== MARKET) owed.set(id, (owed.get(id) ?? 0n) - traded);
            }
          }
          const waiting = new Map(users(book).map(({ id, remaining }) => [id, remaining]));
          for (const [id, rest] of owed) expect([id, waiting.get(id) ?? 0n]).toEqual([id, rest]);
        }
      }),
    );
  });

  it('nobody trades with themself, and nobody trades past their price', () => {
    fc.assert(
      fc.property(commands, (all) => {
        for (const { executions, order: incoming, command: each } of play(all)) {
          for (const { maker, taker, price: traded } of executions) {
            if (maker.owner !== MARKET) expect(maker.owner).not.toBe(taker.owner);
            if (!incoming || each.kind !== 'SUBMIT' || incoming.price === null) continue;
            expect(incoming.side === 'BUY' ? traded <= incoming.price : traded >= incoming.price).toBe(true);
          }
        }
      }),
    );
  });

  it('orders trade exactly as a list sorted anew each time would have it', () => {
    fc.assert(
      fc.property(commands, (all) => {
        for (const { before, executions, order: incoming, submitted: result, book } of play(all)) {
          if (!incoming || !result) continue;
          const expected = reference(before, incoming);
          expect(trades(executions)).toEqual(expected.trades);
          expect(users(book).some(({ id }) => id === incoming.id)).toBe(expected.waits);
        }
      }),
    );
  });

  it('the same commands make the same books and trades', () => {
    fc.assert(
      fc.property(commands, (all) => {
        expect(play(all)).toEqual(play(all));
      }),
      { numRuns: 20 },
    );
  });

  it("quotes leave exactly the market's side that was asked for, less what users took", () => {
    fc.assert(
      fc.property(commands, (all) => {
        for (const { command: each, executions, book } of play(all)) {
          if (each.kind !== 'QUOTE') continue;
          const quoted = (quotes: Quotes): bigint =>
            [...quotes.bids, ...quotes.asks].reduce((sum, level) => sum + level.quantity, 0n);
          const taken = executions.reduce((sum, execution) => sum + execution.quantity, 0n);
          expect(quoted(marketQuotes(book)) + taken).toBe(quoted(each.quotes));
          if (taken === 0n) expect(marketQuotes(book)).toEqual(each.quotes);
        }
      }),
    );
  });

  it('a repeated trade has exactly the recorded size', () => {
    fc.assert(
      fc.property(commands, (all) => {
        for (const { command: each, executions } of play(all)) {
          if (each.kind !== 'REPEAT') continue;
          expect(executions.reduce((sum, execution) => sum + execution.quantity, 0n)).toBe(each.quantity);
          const better = executions.filter((execution) => execution.price !== each.price);
          // Away from the recorded price only users trade, and to their own liking.
          expect(better.every(({ maker }) => maker.owner !== MARKET)).toBe(true);
        }
      }),
    );
  });

  it('a book restored from what waited is the same book', () => {
    fc.assert(
      fc.property(fc.array(submitted, { minLength: 1, maxLength: 40 }), (all) => {
        const book = play(all).at(-1)?.book ?? EMPTY_BOOK;
        const byArrival = users(book).sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
        expect(restore(byArrival)).toEqual(book);
      }),
    );
  });
});

/** What ought to trade, worked out from a flat list: sort by price, keep the order of arrival, walk. */
function reference(book: Book, incoming: Incoming): { trades: [string, bigint, bigint][]; waits: boolean } {
  const buys = incoming.side === 'BUY';
  const opposite = everyone(book)
    .filter((each) => each.side !== incoming.side)
    .filter(
      (each) =>
        incoming.price === null || (buys ? each.price <= incoming.price : each.price >= incoming.price),
    )
    .sort((a, b) => Number(buys ? a.price - b.price : b.price - a.price));
  const done: [string, bigint, bigint][] = [];
  let left = incoming.quantity;
  let met = false;
  for (const each of opposite) {
    if (left === 0n) break;
    if (each.owner === incoming.owner) {
      met = true;
      break;
    }
    const traded = each.remaining < left ? each.remaining : left;
    done.push([each.id, each.price, traded]);
    left -= traded;
  }
  if (incoming.validity === 'FOK' && left > 0n) return { trades: [], waits: false };
  const waits = left > 0n && !met && incoming.type === 'LIMIT' && incoming.validity === 'DAY';
  return { trades: done, waits };
}
