import { isRefusal } from '@gridworks/kit/refusal';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../random.ts';
import type { Side } from '../order.ts';
import type { Phase } from '../matching/command.ts';
import { PLAIN, createOrder, fillOrder, triggerOrder, type Order } from '../order.ts';
import type { TradingDay } from '../trading-day.ts';
import type { Command, MarketCommand, ModifyOrder, PlaceOrder, Terms } from './command.ts';
import { digestOf, type Outcome } from './outcome.ts';
import { hashOfOms, type OmsState } from './state.ts';
import { Oms } from './oms.ts';

const TERMS: Terms = {
  exchange: 'NSE',
  kind: 'EQUITY',
  currency: 'INR',
  tickSize: 1,
  lotSize: 1,
  lower: 50,
  upper: 150,
};
/** Where every instrument stood before its first trade here. */
const LAST = 100;
/** Instruments that have limits. */
const LIMITS: Readonly<Record<string, Partial<Terms>>> = { F: { freeze: 10 }, P: { positionMax: 20 } };
const MORNING = Date.UTC(2026, 0, 5, 4, 0, 0);
const DAY_MS = 86_400_000;

type Pair = readonly [price: number, quantity: number];
interface Kept {
  readonly command: Command;
  readonly digest: string;
}

/** A oms as it is served, with what a journal would keep of it. */
class Stage {
  readonly oms: Oms;
  readonly journal: Kept[] = [];
  at = MORNING;
  #ids = 0;

  constructor(state?: OmsState, firstId = 0) {
    this.oms = new Oms(state);
    this.#ids = firstId;
  }

  execute(command: Command): Outcome | string {
    const { outcome, steps } = this.oms.decide(command);
    for (const step of steps) this.journal.push({ command: step.command, digest: digestOf(step.outcome) });
    return isRefusal(outcome) ? outcome.code : outcome;
  }

  /** As the exchange does it: kept when it reaches a user's order, forgotten otherwise. */
  market(
    symbol: string,
    command: (about: { at: number; id: string; sequence: number; symbol: string }) => MarketCommand,
  ): string[] {
    this.oms.list(symbol, TERMS, LAST);
    const wanted = command({ at: this.at, id: this.id(), sequence: this.oms.sequence, symbol });
    if (!this.oms.reachesUser(wanted)) return this.oms.move(wanted).map(printed);
    const outcome = this.execute(wanted);
    return typeof outcome === 'string' ? [outcome] : outcome.prints.map(printed);
  }

  quote(bids: readonly Pair[], asks: readonly Pair[], symbol = 'S'): string[] {
    return this.market(symbol, (about) => ({ kind: 'quote', ...about, bids, asks }));
  }

  print(side: Side, price: number, quantity: number): string[] {
    return this.market('S', (about) => ({ kind: 'print', ...about, side, price, quantity }));
  }

  repeat(
    side: Side,
    price: number,
    quantity: number,
    bids: readonly Pair[] = [],
    asks: readonly Pair[] = [],
  ): string[] {
    return this.market('S', (about) => ({ kind: 'repeat', ...about, side, price, quantity, bids, asks }));
  }

  open(userId: string, buyingPower = 1_000_000, shares = 1_000): void {
    this.execute({
      kind: 'open',
      at: this.at,
      userId,
      tenantId: 'T',
      buyingPower,
      sequence: 0,
      stock: ['S', 'R', 'F', 'P'].map((symbol) => [symbol, 'CNC', shares, 0]),
    });
  }

  place(
    userId: string,
    side: Side,
    price: number | null,
    quantity: number,
    more: Partial<PlaceOrder> = {},
  ): Outcome | string {
    const id = this.id();
    const symbol = more.symbol ?? 'S';
    this.oms.list(symbol, { ...TERMS, ...LIMITS[symbol] }, LAST);
    return this.execute({
      kind: 'place',
      at: this.at,
      id,
      sequence: this.oms.sequence,
      userId,
      clientOrderId: `c-${this.#ids}`,
      symbol,
      side,
      type: price === null ? 'MARKET' : 'LIMIT',
      product: 'CNC',
      validity: 'DAY',
      quantity,
      limitPrice: price,
      ...more,
    });
  }

  /** Places an order of somebody new: its trades, then how it ended unless it waits. */
  trade(side: Side, price: number | null, quantity: number, more: Partial<PlaceOrder> = {}): string[] {
    const userId = more.userId ?? `u${this.#ids}`;
    if (!this.oms.hasAccount(userId)) this.open(userId);
    return told(this.place(userId, side, price, quantity, more));
  }

  id(): string {
    this.#ids += 1;
    return `01900000-0000-7000-8000-${(this.#ids * 1_000).toString(16).padStart(12, '0')}`;
  }

  /** Both sides as `quantity@price`, the best first. */
  book(): string {
    const { bids, asks } = this.oms.depth('S', 10);
    const row = ({ price, quantity }: { price: bigint; quantity: bigint }): string => `${quantity}@${price}`;
    return `${bids.map(row).join(' ')} | ${asks.map(row).join(' ')}`;
  }
}

function printed({ price, quantity }: { price: bigint; quantity: bigint }): string {
  return `${quantity}@${price}`;
}

function told(outcome: Outcome | string): string[] {
  if (typeof outcome === 'string') return [outcome];
  const end = outcome.happenings.flatMap(({ order }) => order.cancelReason ?? []);
  return [...outcome.prints.map(printed), ...end];
}

describe('an order', () => {
  it('trades at the price of the one that waited, the best price first, then the oldest', () => {
    const stage = new Stage();
    for (const [user, price, quantity] of [
      ['late', 102, 5],
      ['first', 101, 3],
      ['second', 101, 3],
    ] as const) {
      stage.open(user);
      stage.place(user, 'SELL', price, quantity);
    }
    expect(stage.trade('BUY', 102, 8)).toEqual(['3@101', '3@101', '2@102']);
    expect(stage.book()).toBe(' | 3@102');
    expect(stage.trade('BUY', 101, 5)).toEqual([]);
    expect(stage.book()).toBe('5@101 | 3@102');
  });

  it.each([
    ['a MARKET order to the end of the band', null, {}, ['3@100', 'MARKET_REST']],
    ['IOC', 120, { validity: 'IOC' }, ['3@100', 'TIME_IN_FORCE']],
    ['FOK', 120, { validity: 'FOK' }, ['TIME_IN_FORCE']],
  ] as const)('%s leaves nothing behind', (_, price, more, expected) => {
    const stage = new Stage();
    stage.trade('SELL', 100, 3);
    expect(stage.trade('BUY', price, 15, more)).toEqual(expected);
    expect(stage.book().startsWith(' | ')).toBe(true);
  });

  it('stops where a user meets their own, and trades with those before it', () => {
    const stage = new Stage();
    stage.trade('SELL', 100, 2);
    stage.trade('SELL', 100, 2, { userId: 'me' });
    stage.trade('SELL', 100, 2);
    expect(stage.trade('BUY', 101, 6, { userId: 'me' })).toEqual(['2@100', 'SELF_TRADE']);
    expect(stage.book()).toBe(' | 4@100');
  });

  it('promises cash and shares, and takes and gives what it trades', () => {
    const stage = new Stage();
    stage.open('ann', 10_000, 0);
    stage.open('bob', 0, 10);
    const bought = stage.place('ann', 'BUY', 100, 10);
    // 1,000, and 5 and 200 for charges.
    expect(bought).toMatchObject({ balances: [{ userId: 'ann', buyingPower: 8_795n }], stock: [] });
    const sold = stage.place('bob', 'SELL', 100, 4);
    expect(sold).toMatchObject({
      balances: [],
      stock: [
        { userId: 'bob', symbol: 'S', quantity: 6n, held: 0n },
        { userId: 'ann', symbol: 'S', quantity: 4n, held: 0n },
      ],
    });
    expect(stage.place('bob', 'SELL', 100, 7)).toBe('HOLDINGS_INSUFFICIENT');
    expect(stage.place('ann', 'BUY', 100, 86)).toBe('FUNDS_INSUFFICIENT');
  });

  it('is cancelled by its owner alone, and once', () => {
    const stage = new Stage();
    stage.open('ann');
    stage.open('bob');
    const outcome = stage.place('ann', 'SELL', 100, 10);
    if (typeof outcome === 'string') throw new Error(outcome);
    const orderId = outcome.happenings[0]?.order.id ?? '';
    const cancel = (userId: string) =>
      stage.execute({ kind: 'cancel', at: stage.at, userId, orderId, reason: 'USER' });
    expect(cancel('bob')).toBe('ORDER_UNKNOWN');
    expect(cancel('ann')).toMatchObject({
      happenings: [{ kind: 'CANCELLED', sequence: 2n, order: { status: 'CANCELLED', cancelReason: 'USER' } }],
      stock: [{ quantity: 1_000n, held: 0n }],
    });
    expect(cancel('ann')).toBe('ORDER_UNKNOWN');
    expect(stage.book()).toBe(' | ');
  });

  it('is refused after ten within a second, and after the day has too many', () => {
    const stage = new Stage();
    stage.open('ann');
    const one = () => stage.place('ann', 'BUY', 51, 1);
    for (let i = 0; i < 10; i++) expect(typeof one()).toBe('object');
    stage.at += 999;
    expect(one()).toBe('ORDER_RATE_EXCEEDED');
    stage.at += 1;
    expect(typeof one()).toBe('object');
    for (let i = 11; i < 500; i++) {
      stage.at += 1_000;
      expect(typeof one()).toBe('object');
    }
    stage.at += 1_000;
    expect(one()).toBe('ORDER_TO_TRADE_EXCEEDED');
    stage.at += DAY_MS;
    expect(typeof one()).toBe('object');
  });
});

describe('a stop', () => {
  const stop = (triggerPrice: number, limitPrice: number | null = null): Partial<PlaceOrder> => ({
    type: limitPrice === null ? 'STOP' : 'STOP_LIMIT',
    limitPrice,
    triggerPrice,
  });
  const statusOf = (stage: Stage, userId: string): string | undefined =>
    [...stage.oms.openOrders()].find((order) => order.userId === userId)?.status;
  const kinds = (outcome: Outcome | string): string[] =>
    typeof outcome === 'string'
      ? [outcome]
      : outcome.happenings.map(({ kind, order: { userId } }) => `${userId} ${kind}`);

  it('waits unseen for a trade at its price, then takes what there is to the end of the band', () => {
    const stage = new Stage();
    stage.open('ann');
    expect(kinds(stage.place('ann', 'BUY', null, 10, stop(105)))).toEqual(['ann CREATED']);
    expect([statusOf(stage, 'ann'), stage.book()]).toEqual(['TRIGGER_PENDING', ' | ']);
    stage.trade('SELL', 104, 1);
    stage.trade('BUY', 104, 1);
    expect(statusOf(stage, 'ann')).toBe('TRIGGER_PENDING');
    stage.trade('SELL', 105, 1, { userId: 'bob' });
    stage.trade('SELL', 140, 4, { userId: 'bob' });
    stage.open('cy');
    expect(kinds(stage.place('cy', 'BUY', 105, 1))).toEqual([
      'cy CREATED',
      'bob EXECUTED',
      'cy EXECUTED',
      'ann TRIGGERED',
      'bob EXECUTED',
      'ann EXECUTED',
      'ann CANCELLED',
    ]);
  });

  it('with a limit waits there once it is triggered', () => {
    const stage = new Stage();
    stage.trade('SELL', null, 10, { userId: 'ann', ...stop(95, 94) });
    stage.trade('BUY', 95, 1);
    expect(stage.trade('SELL', 95, 1)).toEqual(['1@95']);
    expect([statusOf(stage, 'ann'), stage.book()]).toEqual(['OPEN', ' | 10@94']);
  });

  it('is triggered at once where the last trade has been', () => {
    const stage = new Stage();
    stage.open('ann');
    const outcome = stage.place('ann', 'BUY', null, 10, stop(LAST, 101));
    expect(kinds(outcome)).toEqual(['ann CREATED', 'ann TRIGGERED']);
    expect(stage.book()).toBe('10@101 | ');
  });

  it('makes a command of whatever among the market reaches it', () => {
    const stage = new Stage();
    stage.open('ann');
    stage.place('ann', 'SELL', null, 10, stop(95, 90));
    stage.quote([[96, 10]], [[101, 10]]);
    const before = stage.journal.length;
    stage.print('SELL', 96, 1);
    stage.print('BUY', 101, 1);
    stage.quote([[95, 10]], [[101, 10]]);
    stage.repeat('BUY', 97, 1, [[95, 10]], [[99, 10]]);
    expect(stage.journal.length).toBe(before);
    stage.print('SELL', 95, 1);
    expect(stage.journal.slice(before).map(({ command }) => command.kind)).toEqual(['market', 'print']);
    // It took what was left of the bid.
    expect(stage.book()).toBe(' | 1@90 10@99');
  });

  it('is told apart on a replay from one that the last trade had not reached', () => {
    const stage = new Stage();
    stage.open('ann');
    // Nobody's order depends on these: no command tells of them, but of the price that they left.
    stage.quote([], [[104, 5]]);
    stage.print('BUY', 104, 2);
    stage.place('ann', 'BUY', null, 1, stop(103, 103));
    expect(statusOf(stage, 'ann')).toBe('OPEN');
    expect(hashOfOms(replay(stage.journal).state())).toBe(hashOfOms(stage.oms.state()));
  });

  it('goes by the price that everybody was told last, after a restart', () => {
    const stage = new Stage();
    stage.trade('BUY', 90, 1);
    const restarted = new Stage(JSON.parse(JSON.stringify(stage.oms.state())) as OmsState, 1_000_000);
    restarted.oms.withdrawQuotes();
    restarted.oms.resume('S', 120);
    restarted.trade('SELL', null, 1, { userId: 'ann', ...stop(110, 100) });
    expect(statusOf(restarted, 'ann')).toBe('TRIGGER_PENDING');
    restarted.trade('BUY', null, 1, { userId: 'bob', ...stop(115, 115) });
    expect(statusOf(restarted, 'bob')).toBe('OPEN');
  });
});

describe('an order that', () => {
  it('hides shows a part at a time, and each part queues anew', () => {
    const stage = new Stage();
    stage.trade('SELL', 101, 10, { userId: 'ann', displayQuantity: 4 });
    stage.trade('SELL', 101, 3);
    expect(stage.book()).toBe(' | 7@101');
    expect(stage.trade('BUY', 101, 9)).toEqual(['4@101', '3@101', '2@101']);
    expect(stage.book()).toBe(' | 2@101');
  });

  it('is post-only is refused rather than traded, and promises nothing then', () => {
    const stage = new Stage();
    stage.trade('SELL', 101, 10);
    stage.open('ann', 2_000);
    expect(stage.place('ann', 'BUY', 101, 10, { postOnly: true })).toBe('POST_ONLY_WOULD_TRADE');
    expect(typeof stage.place('ann', 'BUY', 100, 10, { postOnly: true })).toBe('object');
    expect(stage.book()).toBe('10@100 | 10@101');
  });

  it.each([
    ['CANCEL_NEWEST', ['SELF_TRADE'], ' | 4@100'],
    ['CANCEL_OLDEST', ['SELF_TRADE'], '6@100 | '],
    ['CANCEL_BOTH', ['SELF_TRADE', 'SELF_TRADE'], ' | '],
    ['DECREMENT', ['SELF_TRADE'], '2@100 | '],
  ] as const)('meets its own does what it said: %s', (selfTradePrevention, reasons, book) => {
    const stage = new Stage();
    stage.trade('SELL', 100, 4, { userId: 'ann' });
    expect(stage.trade('BUY', 100, 6, { userId: 'ann', selfTradePrevention })).toEqual(reasons);
    expect(stage.book()).toBe(book);
  });

  it('loses a part to its own promises less', () => {
    const stage = new Stage();
    stage.open('ann', 10_000, 4);
    stage.place('ann', 'SELL', 100, 4);
    const outcome = stage.place('ann', 'BUY', 100, 6, { selfTradePrevention: 'DECREMENT' });
    if (typeof outcome === 'string') throw new Error(outcome);
    const [, , reduced] = outcome.happenings;
    expect(reduced).toMatchObject({
      kind: 'MODIFIED',
      order: { quantity: 2n, hold: 401n },
      change: { units: -4n },
    });
    expect(outcome.stock).toMatchObject([{ held: 0n }]);
    // Billing gives back the difference, and not the exchange.
    expect(outcome.balances).toMatchObject([{ buyingPower: 10_000n - 803n }]);
  });
});

describe('a change of an order', () => {
  function waiting(stage: Stage, more: Partial<PlaceOrder> = {}): string {
    stage.open('ann', 10_000, 10);
    const outcome = stage.place('ann', 'BUY', 95, 10, more);
    if (typeof outcome === 'string') throw new Error(outcome);
    return outcome.happenings[0]?.order.id ?? '';
  }
  function modify(
    stage: Stage,
    orderId: string,
    wish: Partial<ModifyOrder>,
    userId = 'ann',
  ): Outcome | string {
    const about = {
      at: stage.at,
      id: stage.id(),
      sequence: stage.oms.sequence,
      userId,
      orderId,
      symbol: 'S',
    };
    const none = { quantity: null, limitPrice: null, triggerPrice: null, displayQuantity: null };
    return stage.execute({ kind: 'modify', ...about, ...none, ...wish });
  }

  it('promises more at once, and what it frees it leaves to billing', () => {
    const stage = new Stage();
    const id = waiting(stage);
    const grown = modify(stage, id, { quantity: 20 });
    // 1,900 and 9.50 and 200, of which 950 and 4.75 and 200 were promised: 955 more.
    expect(grown).toMatchObject({
      happenings: [{ kind: 'MODIFIED', sequence: 2n, order: { quantity: 20n, hold: 2_110n } }],
      balances: [{ buyingPower: 10_000n - 2_110n }],
    });
    expect(modify(stage, id, { quantity: 5 })).toMatchObject({
      happenings: [{ order: { quantity: 5n, hold: 678n }, change: { cash: -1_432n } }],
      balances: [],
    });
    expect(modify(stage, id, { quantity: 200 })).toBe('FUNDS_INSUFFICIENT');
    expect(modify(stage, id, { quantity: 5 }, 'bob')).toBe('ORDER_UNKNOWN');
  });

  it('keeps its place for a cut, and loses it for anything else', () => {
    const stage = new Stage();
    const id = waiting(stage);
    stage.trade('BUY', 95, 10, { userId: 'bob' });
    modify(stage, id, { quantity: 6 });
    stage.trade('SELL', 95, 2);
    expect(stage.oms.order(id)?.filledQuantity).toBe(2n);
    modify(stage, id, { quantity: 12 });
    stage.trade('SELL', 95, 10);
    expect(stage.oms.order(id)?.filledQuantity).toBe(2n);
    expect(modify(stage, id, { quantity: 2 })).toBe('QUANTITY_FILLED');
  });

  it('may trade at once, or trigger', () => {
    const stage = new Stage();
    const id = waiting(stage);
    stage.trade('SELL', 99, 4);
    expect(told(modify(stage, id, { limitPrice: 99 }))).toEqual(['4@99']);
    expect(stage.book()).toBe('6@99 | ');
    stage.trade('BUY', null, 1, { userId: 'bob', type: 'STOP_LIMIT', limitPrice: 110, triggerPrice: 105 });
    const [stop] = [...stage.oms.openOrders()].filter(({ userId }) => userId === 'bob');
    const moved = modify(stage, stop?.id ?? '', { triggerPrice: 99 }, 'bob');
    expect(moved).toMatchObject({ happenings: [{ kind: 'MODIFIED' }, { kind: 'TRIGGERED' }] });
  });

  it('is one of the ten a second', () => {
    const stage = new Stage();
    const id = waiting(stage);
    for (let i = 1; i < 10; i++) expect(typeof modify(stage, id, { quantity: 10 + i })).toBe('object');
    expect(modify(stage, id, { quantity: 9 })).toBe('ORDER_RATE_EXCEEDED');
  });

  it('of a stop from before the commands knows whether it was triggered', () => {
    const stage = new Stage();
    stage.open('ann', 10_000, 10);
    const terms = { ...PLAIN, symbol: 'S', side: 'BUY', type: 'STOP_LIMIT', product: 'CNC' } as const;
    const request = {
      ...terms,
      validity: 'DAY',
      quantity: 3n,
      limitPrice: 105n,
      triggerPrice: 104n,
    } as const;
    const owner = { tenantId: 'T', userId: 'ann', origin: 'USER' } as const;
    const facts = { ...owner, exchange: 'NSE', hold: 600n } as const;
    const old = (clientOrderId: string): Order =>
      createOrder({ ...request, clientOrderId }, { ...facts, id: stage.id(), placedAt: new Date(MORNING) });
    stage.oms.adopt(old('asleep'));
    expect(stage.book()).toBe(' | ');
    stage.oms.adopt(triggerOrder(old('awake')));
    expect(stage.book()).toBe('3@105 | ');
  });

  it('of an order from before the commands counts what traded then', () => {
    const stage = new Stage();
    stage.open('ann', 10_000, 10);
    const terms = {
      ...PLAIN,
      clientOrderId: 'old',
      symbol: 'S',
      side: 'BUY',
      type: 'LIMIT',
      product: 'CNC',
    } as const;
    const request = { ...terms, validity: 'DAY', quantity: 10n, limitPrice: 95n } as const;
    const owner = { tenantId: 'T', userId: 'ann', origin: 'USER' } as const;
    const facts = { ...owner, id: stage.id(), exchange: 'NSE', hold: 1_155n } as const;
    stage.oms.adopt(fillOrder(createOrder(request, { ...facts, placedAt: new Date(MORNING) }), 95n, 4n));
    expect(typeof modify(stage, facts.id, { quantity: 7 })).toBe('object');
    expect(stage.book()).toBe('3@95 | ');
    expect(stage.trade('SELL', 95, 3)).toEqual(['3@95']);
    expect(stage.oms.order(facts.id)).toBeUndefined();
  });
});

describe('a wish above the freeze quantity', () => {
  it('becomes several orders at once, each with its own hold, or none', () => {
    const stage = new Stage();
    stage.open('ann', 1_000_000);
    const more = { symbol: 'F', isSliced: true as const };
    expect(stage.place('ann', 'BUY', 95, 25, { symbol: 'F' })).toBe('FREEZE_QUANTITY_EXCEEDED');
    const outcome = stage.place('ann', 'BUY', 95, 25, { ...more, clientOrderId: 'big' });
    if (typeof outcome === 'string') throw new Error(outcome);
    const orders = outcome.happenings.map(({ order }) => order);
    expect(orders.map(({ clientOrderId, quantity }) => [clientOrderId, quantity])).toEqual([
      ['big', 10n],
      ['big/2', 10n],
      ['big/3', 5n],
    ]);
    expect(new Set(orders.map(({ id }) => id)).size).toBe(3);
    const held = orders.reduce((sum, { hold }) => sum + hold, 0n);
    expect(outcome.balances).toMatchObject([{ buyingPower: 1_000_000n - held }]);
    expect(stage.oms.depth('F', 1).bids).toEqual([{ price: 95n, quantity: 25n, orders: 3 }]);
    expect(stage.place('ann', 'BUY', 95, 201, more)).toBe('FREEZE_QUANTITY_EXCEEDED');
    expect(hashOfOms(replay(stage.journal).state())).toBe(hashOfOms(stage.oms.state()));
  });
});

describe('what came to orders later', () => {
  it('is not there in the commands and snapshots of plain orders: those from before read as they are', () => {
    const stage = new Stage();
    stage.trade('BUY', 95, 1);
    const { orders } = stage.oms.state();
    const command = stage.journal.find(({ command: { kind } }) => kind === 'place')?.command;
    for (const word of Object.keys(PLAIN)) {
      expect(orders[0]?.[1]).not.toHaveProperty(word);
      expect(command).not.toHaveProperty(word);
    }
    expect(
      new Oms(JSON.parse(JSON.stringify(stage.oms.state())) as OmsState).openOrders().next().value,
    ).toMatchObject(PLAIN);
  });

  it('of an instrument is looked at as soon as it is told, and not before', () => {
    const stage = new Stage();
    stage.open('ann');
    stage.oms.list('F', TERMS, LAST);
    const about = {
      kind: 'place',
      at: stage.at,
      userId: 'ann',
      symbol: 'F',
      side: 'BUY',
      type: 'LIMIT',
    } as const;
    const wish = { ...about, product: 'CNC', validity: 'DAY', quantity: 11, limitPrice: 95 } as const;
    const place = (clientOrderId: string): Outcome | string =>
      stage.execute({ ...wish, clientOrderId, id: stage.id(), sequence: stage.oms.sequence });
    expect(typeof place('one')).toBe('object');
    stage.oms.list('F', { ...TERMS, ...LIMITS['F'] }, LAST);
    expect(place('two')).toBe('FREEZE_QUANTITY_EXCEEDED');
    replay(stage.journal);
  });
});

describe('the position limit', () => {
  it('counts shares and purchases on order, through every change and a restart', () => {
    const stage = new Stage();
    stage.open('ann', 1_000_000, 0);
    const buy = (quantity: number, on = stage): Outcome | string =>
      on.place('ann', 'BUY', 95, quantity, { symbol: 'P' });
    const first = buy(10);
    if (typeof first === 'string') throw new Error(first);
    expect(buy(11)).toBe('POSITION_LIMIT_EXCEEDED');
    stage.trade('SELL', 95, 4, { symbol: 'P', userId: 'bob' });
    expect(buy(11)).toBe('POSITION_LIMIT_EXCEEDED');
    const restarted = new Stage(JSON.parse(JSON.stringify(stage.oms.state())) as OmsState, 1_000_000);
    expect(buy(11, restarted)).toBe('POSITION_LIMIT_EXCEEDED');
    expect(typeof buy(10, restarted)).toBe('object');
    const orderId = first.happenings[0]?.order.id ?? '';
    stage.execute({ kind: 'cancel', at: stage.at, userId: 'ann', orderId, reason: 'USER' });
    expect([buy(17), typeof buy(16)]).toEqual(['POSITION_LIMIT_EXCEEDED', 'object']);
  });
});

describe('taking everything back', () => {
  it("takes a user's orders, all or those that fit, and nobody else's", () => {
    const stage = new Stage();
    for (const user of ['ann', 'bob']) {
      stage.open(user);
      stage.place(user, 'BUY', 90, 1);
      stage.place(user, 'SELL', 110, 1);
      stage.place(user, 'BUY', 90, 1, { symbol: 'R' });
      stage.place(user, 'BUY', null, 1, { type: 'STOP', triggerPrice: 120 });
    }
    const left = (): string[] =>
      [...stage.oms.openOrders()].map(({ userId, side, symbol }) => `${userId} ${side} ${symbol}`);
    const cancel = (symbol: string | null, side: Side | null): Outcome | string =>
      stage.execute({ kind: 'cancelAll', at: stage.at, userId: 'ann', only: { symbol, side } });
    expect(cancel('S', 'BUY')).toMatchObject({
      happenings: [
        { kind: 'CANCELLED', sequence: 5n, order: { type: 'LIMIT', cancelReason: 'USER' } },
        { kind: 'CANCELLED', sequence: 6n, order: { type: 'STOP', cancelReason: 'USER' } },
      ],
    });
    expect(left().filter((each) => each.startsWith('ann'))).toEqual(['ann SELL S', 'ann BUY R']);
    cancel(null, null);
    expect(left().every((each) => each.startsWith('bob'))).toBe(true);
    expect(left()).toHaveLength(4);
  });
});

describe('the market', () => {
  it('shows just what it quotes, beside the orders of users', () => {
    const stage = new Stage();
    stage.trade('BUY', 97, 5);
    stage.quote(
      [
        [99, 10],
        [98, 20],
      ],
      [[101, 10]],
    );
    expect(stage.book()).toBe('10@99 20@98 5@97 | 10@101');
    stage.quote([[100, 1]], []);
    expect(stage.book()).toBe('1@100 5@97 | ');
    expect(stage.oms.quotes('S')).toEqual({ bids: [{ price: 100n, quantity: 1n }], asks: [] });
  });

  it('queues what it adds behind a user and takes away from the back', () => {
    const stage = new Stage();
    const filled = (): bigint | undefined =>
      [...stage.oms.openOrders()].find(({ userId }) => userId === 'me')?.filledQuantity;
    stage.quote([[99, 10]], []);
    stage.trade('BUY', 99, 5, { userId: 'me' });
    stage.quote([[99, 14]], []);
    stage.trade('SELL', 99, 11);
    expect(filled()).toBe(1n);
    stage.quote([[99, 14]], []);
    stage.quote([[99, 3]], []);
    // All that is left of the market came after the user.
    stage.trade('SELL', 99, 3);
    expect(filled()).toBe(4n);
  });

  it('trades with users it reaches, at their prices', () => {
    const stage = new Stage();
    stage.trade('SELL', 100, 4);
    expect(stage.quote([[101, 10]], [[102, 1]])).toEqual(['4@100']);
    expect(stage.book()).toBe('6@101 | 1@102');
    stage.trade('SELL', 102, 3);
    expect(stage.print('BUY', 102, 25)).toEqual(['1@102', '3@102']);
    expect(stage.book()).toBe('6@101 | ');
  });

  it('repeats a recorded trade exactly, at its price or at those of users it reaches', () => {
    for (const side of ['BUY', 'SELL'] as const) {
      const stage = new Stage();
      for (const price of [97, 95, 94]) stage.trade('BUY', price, 2);
      stage.quote([[96, 10]], [[101, 10]]);
      const prints = stage.repeat(side, 95, 9, [[93, 1]], [[96, 2]]);
      expect(prints.slice(0, 2).sort()).toEqual(['2@95', '2@97']);
      expect(prints.reduce((sum, print) => sum + Number(print.split('@')[0]), 0)).toBe(9);
      expect(stage.book()).toBe('2@94 1@93 | 2@96');
    }
  });

  it('repeats what is more than the matching core counts', () => {
    const stage = new Stage();
    const prints = stage.repeat('BUY', 95, 2_500_000_000);
    expect(prints).toEqual(['1000000000@95', '1000000000@95', '500000000@95']);
    expect(stage.book()).toBe(' | ');
  });

  it('leaves no trace until a user depends on it', () => {
    const stage = new Stage();
    for (let i = 1; i < 20; i++) stage.quote([[90 + (i % 3), i]], [[100, i]]);
    expect(stage.journal).toEqual([]);
    stage.trade('BUY', 95, 1);
    stage.trade('BUY', 94, 1);
    expect(stage.journal.map(({ command }) => command.kind)).toEqual([
      'open',
      'market',
      'place',
      'open',
      'place',
    ]);
    stage.quote([[90, 1]], [[96, 1]]);
    stage.quote([[90, 1]], [[95, 1]]);
    expect(stage.journal.slice(5).map(({ command }) => command.kind)).toEqual(['market', 'quote']);
  });
});

describe('a split', () => {
  const split = (exDate: string, splitFactor: string): Command => ({
    kind: 'adjust',
    at: MORNING,
    id: '01980000-0000-7000-8000-000000000000',
    symbol: 'S',
    exDate,
    splitFactor,
  });

  it("makes other units of everybody's stock of that instrument, once, also after a restart", () => {
    const stage = new Stage();
    stage.open('A', 1_000_000, 7);
    stage.open('B', 1_000_000, 0);
    const outcome = stage.execute(split('2026-01-21', '0.666667'));
    expect(outcome).toMatchObject({ stock: [{ userId: 'A', symbol: 'S', quantity: 10n, held: 0n }] });
    const again = new Oms(JSON.parse(JSON.stringify(stage.oms.state())) as OmsState);
    expect(hashOfOms(again.state())).toBe(hashOfOms(stage.oms.state()));
    expect([again.isAdjusted('S', '2026-01-21'), again.isAdjusted('S', '2026-01-22')]).toEqual([true, false]);
    expect(() => again.apply(split('2026-01-21', '0.5'))).toThrow(/a second time/);
    expect(again.apply(split('2026-01-22', '0.5'))).toMatchObject({ stock: [{ quantity: 20n }] });
  });

  it('does not pass over a sale that waits in the old units', () => {
    const stage = new Stage();
    stage.open('A');
    stage.place('A', 'SELL', 100, 5);
    expect(() => stage.execute(split('2026-01-21', '0.5'))).toThrow(/still sells/);
  });
});

describe('a credit', () => {
  it('counts once, however often its event is told', () => {
    const stage = new Stage();
    stage.open('ann', 5);
    const credit = { eventId: 'e1', userId: 'ann', amount: 7 };
    const outcome = stage.execute({ kind: 'credit', at: stage.at, credits: [credit] });
    expect(outcome).toMatchObject({ balances: [{ buyingPower: 12n }] });
    expect(stage.oms.isCredited('e1')).toBe(true);
    expect(() => stage.execute({ kind: 'credit', at: stage.at, credits: [credit] })).toThrow(/second time/);
  });
});

describe('a withdrawal', () => {
  it('is released once while the money is free, restored or closed once, also after a restart', () => {
    const stage = new Stage();
    stage.open('ann', 500);
    const step = (id: string, what: 'RELEASE' | 'RESTORE' | 'CLOSE', amount: number): Command => {
      return { kind: 'withdrawal', step: what, at: stage.at, id, userId: 'ann', amount };
    };
    expect(stage.oms.state().withdrawals).toBeUndefined();
    expect(stage.execute(step('w1', 'RELEASE', 501))).toBe('FUNDS_INSUFFICIENT');
    expect(stage.oms.withdrawals.isKnown('w1')).toBe(false);
    expect(stage.execute(step('w1', 'RELEASE', 300))).toMatchObject({ balances: [{ buyingPower: 200n }] });
    expect(stage.execute(step('w2', 'RELEASE', 200))).toMatchObject({ balances: [{ buyingPower: 0n }] });
    const again = new Oms(JSON.parse(JSON.stringify(stage.oms.state())) as OmsState);
    expect(hashOfOms(again.state())).toBe(hashOfOms(stage.oms.state()));
    for (const oms of [stage.oms, again]) {
      expect(oms.apply(step('w1', 'RESTORE', 300))).toMatchObject({ balances: [{ buyingPower: 300n }] });
      expect(() => oms.apply(step('w1', 'RELEASE', 1))).toThrow(/cannot take the step/);
      expect(oms.apply(step('w2', 'CLOSE', 200))).toMatchObject({ balances: [{ buyingPower: 300n }] });
      expect(() => oms.apply(step('w1', 'RESTORE', 300))).toThrow(/cannot take the step/);
      expect(() => oms.apply(step('w2', 'RESTORE', 200))).toThrow(/cannot take the step/);
      expect(oms.withdrawals.isReleased('w2')).toBe(false);
      expect(oms.withdrawals.isKnown('w2')).toBe(true);
    }
    expect(hashOfOms(again.state())).toBe(hashOfOms(stage.oms.state()));
  });
});

const USERS = ['ann', 'bob', 'cy', 'dee'];
const SYMBOLS = ['S', 'R'];

const DAY: TradingDay = {
  date: '2026-01-05',
  phase: 'CLOSED',
  endsAt: null,
  opensAt: null,
  isMisClosed: false,
  trippedBps: 0,
};
const PHASES_AFTER: Readonly<Record<Phase, readonly Phase[]>> = {
  CLOSED: ['PRE_OPEN'],
  PRE_OPEN: ['BUFFER', 'BUFFER', 'HALTED', 'CLOSED'],
  BUFFER: ['CONTINUOUS'],
  CONTINUOUS: ['HALTED', 'CLOSED', 'CLOSED'],
  HALTED: ['PRE_OPEN', 'PRE_OPEN', 'CLOSED'],
};

/** Everything that can happen on two instruments, at random: the same seed does the same. */
function live(stage: Stage, random: Random, steps: number): void {
  const upTo = (end: number): number => Math.floor(random.uniform() * end);
  const pick = <T>(from: readonly T[]): T => from[upTo(from.length)] as T;
  const levels = (from: number, step: number): Pair[] =>
    Array.from({ length: upTo(4) }, (_, i): Pair => [from + step * i, 1 + upTo(20)]);
  for (let i = 0; i < steps; i++) {
    stage.at += upTo(300);
    const symbol = pick(SYMBOLS);
    const side = pick(['BUY', 'SELL'] as const);
    const price = 95 + upTo(11);
    const chance = upTo(20);
    const { phase } = stage.oms;
    // A market of its own has quotes for an auction, and trades only where everybody does.
    const isQuoted = phase === 'CONTINUOUS' || phase === 'PRE_OPEN';
    if (upTo(phase === 'CONTINUOUS' ? 100 : 15) === 0) {
      const day = upTo(20) === 0 ? null : { ...DAY, phase: pick(PHASES_AFTER[phase]) };
      stage.execute({ kind: 'day', at: stage.at, id: stage.id(), sequence: stage.oms.sequence, day });
    } else if (phase === 'CLOSED' && chance < 9) {
      const terms = upTo(4) === 0 ? { type: 'STOP' as const, triggerPrice: price } : {};
      const limitPrice = upTo(3) === 0 || 'type' in terms ? null : price;
      stage.place(pick(USERS), side, limitPrice, 1 + upTo(20), { symbol, ...terms, afterMarket: true });
    } else if (chance < 9) {
      const validity = pick(['DAY', 'DAY', 'DAY', 'IOC', 'FOK', 'GTC'] as const);
      const selfTradePrevention = pick([
        'CANCEL_NEWEST',
        'CANCEL_OLDEST',
        'CANCEL_BOTH',
        'DECREMENT',
      ] as const);
      const kind = upTo(10);
      const quantity = 1 + upTo(20);
      const common = { symbol, selfTradePrevention };
      // Stops near the market, icebergs, post-only orders, and the plain ones.
      if (kind < 2) {
        const limitPrice = kind === 0 ? null : price;
        const triggerPrice = price + (side === 'BUY' ? -1 : 1) * upTo(4);
        const type = kind === 0 ? 'STOP' : 'STOP_LIMIT';
        stage.place(pick(USERS), side, limitPrice, quantity, { ...common, type, triggerPrice });
      } else if (kind < 4) {
        const more = kind === 2 ? { displayQuantity: 1 + upTo(quantity) } : { postOnly: true as const };
        stage.place(pick(USERS), side, price, quantity, { ...common, ...more });
      } else {
        const plain = { ...common, validity: kind === 4 && validity === 'GTC' ? 'DAY' : validity } as const;
        const isMarket = kind === 4;
        stage.place(pick(USERS), side, isMarket ? null : price, quantity, plain);
      }
    } else if (chance < 10) {
      const chosen = pick([...stage.oms.openOrders()]);
      if (!chosen) continue;
      const { userId, id: orderId, symbol: of } = chosen;
      stage.oms.list(of, TERMS, LAST);
      stage.execute({
        kind: 'modify',
        at: stage.at,
        id: stage.id(),
        sequence: stage.oms.sequence,
        userId,
        orderId,
        symbol: of,
        quantity: upTo(2) === 0 ? null : 1 + upTo(25),
        limitPrice: chosen.limitPrice === null || upTo(2) === 0 ? null : price,
        triggerPrice: chosen.status !== 'TRIGGER_PENDING' || upTo(2) === 0 ? null : price,
        displayQuantity: chosen.displayQuantity === null || upTo(2) === 0 ? null : 1 + upTo(10),
      });
    } else if (chance < 11 && upTo(10) === 0) {
      const only = { symbol: upTo(2) === 0 ? null : symbol, side: upTo(2) === 0 ? null : side };
      stage.execute({ kind: 'cancelAll', at: stage.at, userId: pick(USERS), only });
    } else if (chance < 12) {
      const chosen = pick([...stage.oms.openOrders()]);
      if (!chosen) continue;
      const { userId, id: orderId } = chosen;
      stage.execute({ kind: 'cancel', at: stage.at, userId, orderId, reason: 'USER' });
    } else if (chance < 13) {
      const credits = [{ eventId: stage.id(), userId: pick(USERS), amount: upTo(50) }];
      stage.execute({ kind: 'credit', at: stage.at, credits });
    } else if (!isQuoted) {
      continue;
    } else if (chance < 17 || phase === 'PRE_OPEN') {
      stage.quote(levels(price, -1), levels(price + 1 + upTo(3), 1), symbol);
    } else {
      const kind = pick(['print', 'repeat'] as const);
      const shown = { bids: levels(price - 1, -1), asks: levels(price + 1, 1) };
      stage.market(symbol, (about) => {
        const trade = { ...about, side, price, quantity: 1 + upTo(20) };
        return kind === 'print' ? { kind, ...trade } : { kind, ...trade, ...shown };
      });
    }
  }
}

/** A journal is kept as values, not as text: fields come back in an order of their own. */
function reordered(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).reverse());
}

function replay(journal: readonly Kept[], state?: OmsState): Oms {
  const oms = new Oms(state);
  for (const { command, digest } of JSON.parse(JSON.stringify(journal), reordered) as Kept[]) {
    const outcome = oms.apply(command);
    if (isRefusal(outcome)) throw new Error(`a replay refuses with ${outcome.code}`);
    expect(digestOf(outcome)).toBe(digest);
  }
  return oms;
}

describe.each(['amber', 'basalt', 'cedar', 'dune', 'ember', 'flint'])('whatever happens, seed %s', (seed) => {
  function run(steps: number, halfway?: (stage: Stage) => void): Stage {
    const stage = new Stage();
    const random = createRandom(seed);
    for (const user of USERS) stage.open(user, 100_000, 100);
    live(stage, random, steps / 2);
    halfway?.(stage);
    live(stage, random, steps / 2);
    return stage;
  }
  const hash = (oms: Oms): string => hashOfOms(oms.state());

  it('the journal alone, and a snapshot with what follows it, give the state that was lived', () => {
    let snapshot = '';
    let kept = 0;
    const stage = run(4_000, ({ oms, journal }) => {
      snapshot = JSON.stringify(oms.state());
      kept = journal.length;
    });
    expect(kept).toBeGreaterThan(500);
    const whole = replay(stage.journal);
    const resumed = replay(stage.journal.slice(kept), JSON.parse(snapshot) as OmsState);
    expect(hash(whole)).toBe(hash(stage.oms));
    expect(hash(resumed)).toBe(hash(stage.oms));
    // And it goes on alike: the books are the same down to who stands before whom.
    for (const oms of [whole, resumed]) {
      oms.withdrawQuotes();
      expect(oms.depth('S', 50)).toEqual(
        (() => {
          const other = new Oms(JSON.parse(JSON.stringify(stage.oms.state())) as OmsState);
          other.withdrawQuotes();
          return other.depth('S', 50);
        })(),
      );
    }
  });

  it('a restart that loses the quotes changes nothing of what users have', () => {
    const stage = run(1_000);
    const restarted = new Stage(JSON.parse(JSON.stringify(stage.oms.state())) as OmsState, 1_000_000);
    restarted.at = stage.at;
    restarted.oms.withdrawQuotes();
    expect(hash(restarted.oms)).toBe(hash(stage.oms));
    const random = createRandom(`${seed}/after`);
    live(restarted, random, 1_000);
    expect(hash(replay([...stage.journal, ...restarted.journal]))).toBe(hash(restarted.oms));
  });

  it('cash is promised or there, shares only change hands with the market, numbers have no gap', () => {
    const stage = new Stage();
    for (const user of USERS) stage.open(user, 100_000, 100);
    const sums = new Map(USERS.map((user) => [user, { cash: 100_000n, events: 0n }]));
    const journal = new Proxy(stage.journal, {});
    live(stage, createRandom(seed), 2_000);
    const oms = new Oms();
    for (const { command } of journal) {
      const outcome = oms.apply(command);
      if (isRefusal(outcome)) throw new Error(outcome.code);
      if (command.kind === 'credit')
        for (const { userId, amount } of command.credits)
          (sums.get(userId) as { cash: bigint }).cash += BigInt(amount);
      const parties = new Map<string, { bought: bigint; sold: bigint; users: Set<string> }>();
      for (const { order, kind, sequence, fill, change } of outcome.happenings) {
        const sum = sums.get(order.userId) as { cash: bigint; events: bigint };
        sum.events += 1n;
        expect(sequence).toBe(sum.events);
        if (kind === 'CREATED') sum.cash -= order.hold;
        if (change && change.cash > 0n) sum.cash -= change.cash;
        expect(order.side === 'SELL' || order.turnover <= order.hold).toBe(true);
        if (!fill) continue;
        expect(order.status).not.toBe('TRIGGER_PENDING');
        const party = parties.get(fill.executionId) ?? { bought: 0n, sold: 0n, users: new Set() };
        if (order.side === 'BUY') party.bought += fill.quantity;
        else party.sold += fill.quantity;
        expect(party.users.has(order.userId)).toBe(false);
        party.users.add(order.userId);
        parties.set(fill.executionId, party);
        if (order.limitPrice !== null)
          expect(order.side === 'BUY' ? fill.price <= order.limitPrice : fill.price >= order.limitPrice).toBe(
            true,
          );
      }
      for (const { bought, sold, users } of parties.values()) if (users.size === 2) expect(bought).toBe(sold);
    }
    const { accounts, orders, waiting = [] } = oms.state();
    for (const { userId, buyingPower, stock } of accounts) {
      expect(BigInt(buyingPower)).toBe(sums.get(userId)?.cash);
      for (const [symbol, product, quantity, held] of stock) {
        expect(0 <= held && held <= quantity).toBe(true);
        const selling = [...orders, ...waiting]
          .filter(
            ([, order]) => order.userId === userId && order.symbol === symbol && order.product === product,
          )
          .reduce(
            (sum, [, order]) => sum + (order.side === 'SELL' ? order.quantity - order.filledQuantity : 0),
            0,
          );
        expect(held).toBe(selling);
      }
    }
  });
});
