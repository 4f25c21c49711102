import { describe, expect, it } from 'vitest';
import type { NewOrder, Phase, StpMode } from './command.ts';
import { Desk, INSTRUMENT, LISTING } from './desk.ts';
import { FastEngine } from './fast.ts';
import { NaiveEngine } from './naive.ts';

const ENGINES = [
  ['the specification', NaiveEngine],
  ['the fast engine', FastEngine],
] as const;

describe.each(ENGINES)('%s', (_, Engine) => {
  const open = (phase: Phase = 'CONTINUOUS', listing: object = {}): Desk =>
    new Desk(new Engine({ risk: false }), listing, phase);

  describe('price and time', () => {
    it('trades with the best price first, then with whoever came first, at the price of who waited', () => {
      const desk = open();
      desk.sell(5, 101_00);
      desk.sell(5, 100_50);
      desk.sell(5, 100_50);
      expect(desk.buy(12, 101_00)).toEqual(['accepted 4', '2x4 5@10050', '3x4 5@10050', '1x4 2@10100']);
      expect(desk.book()).toEqual({ bids: [], asks: ['3@10100'] });
    });

    it('lets a limit order wait with what is left of it', () => {
      const desk = open();
      desk.sell(5, 100_00);
      expect(desk.buy(8, 100_00)).toEqual(['accepted 2', '1x2 5@10000']);
      expect(desk.book().bids).toEqual(['3@10000']);
    });
  });

  describe('order types', () => {
    it('MARKET takes what there is up to the end of the band and never waits', () => {
      const desk = open();
      desk.sell(5, 110_00);
      expect(desk.buy(8, null)).toEqual(['accepted 2', '1x2 5@11000', 'cancelled 2 3 MARKET_REST']);
    });

    it('STOP wakes when a trade reaches its price and goes to the market', () => {
      const desk = open();
      desk.sell(1, 101_00);
      desk.sell(9, 102_00);
      desk.buy(4, null, { type: 'STOP', stop: 101_00 });
      expect(desk.buy(1, 101_00)).toEqual(['accepted 4', '1x4 1@10100', 'triggered 3', '2x3 4@10200']);
    });

    it('STOP_LIMIT waits at its limit once it is woken', () => {
      const desk = open();
      desk.buy(1, 99_00);
      desk.sell(5, 98_00, { type: 'STOP_LIMIT', stop: 99_00 });
      expect(desk.sell(1, 99_00)).toEqual(['accepted 3', '1x3 1@9900', 'triggered 2']);
      expect(desk.book().asks).toEqual(['5@9800']);
    });

    it('wakes stops at every price of a sweep, the buying ones first, the nearest first', () => {
      const desk = open();
      desk.sell(1, 100_00);
      desk.sell(1, 101_00);
      desk.buy(1, null, { type: 'STOP', stop: 101_00 });
      desk.buy(1, null, { type: 'STOP', stop: 100_50 });
      desk.sell(1, null, { type: 'STOP', stop: 100_00 });
      const told = desk.buy(2, 101_00);
      expect(told.filter((each) => each.startsWith('triggered'))).toEqual([
        'triggered 5',
        'triggered 4',
        'triggered 3',
      ]);
    });

    it('a stop that the last trade has passed already goes to the market at once', () => {
      const desk = open();
      desk.sell(1, 101_00);
      desk.buy(1, 101_00);
      expect(desk.buy(1, null, { type: 'STOP', stop: 100_00 })).toEqual([
        'accepted 3',
        'triggered 3',
        'cancelled 3 1 MARKET_REST',
      ]);
    });

    it('ICEBERG shows a slice at a time; the next one queues behind', () => {
      const desk = open();
      desk.sell(30, 100_00, { type: 'ICEBERG', display: 10 });
      desk.sell(5, 100_00);
      expect(desk.book().asks).toEqual(['15@10000']);
      expect(desk.buy(18, 100_00)).toEqual([
        'accepted 3',
        '1x3 10@10000',
        'replenished 1 10 of 20',
        '2x3 5@10000',
        '1x3 3@10000',
      ]);
      expect(desk.book().asks).toEqual(['7@10000']);
    });

    it('post-only is refused where it would trade, and waits where it would not', () => {
      const desk = open();
      desk.sell(5, 100_00);
      expect(desk.buy(5, 100_00, { postOnly: true })).toEqual(['POST_ONLY_WOULD_TRADE']);
      expect(desk.buy(5, 99_95, { postOnly: true })).toEqual(['accepted 3']);
      expect(desk.modify(3, { price: 100_00 })).toEqual(['POST_ONLY_WOULD_TRADE']);
    });
  });

  describe('validity', () => {
    it('IOC takes what there is; the rest leaves', () => {
      const desk = open();
      desk.sell(5, 100_00);
      expect(desk.buy(8, 100_00, { validity: 'IOC' })).toEqual([
        'accepted 2',
        '1x2 5@10000',
        'cancelled 2 3 IOC_REST',
      ]);
    });

    it('FOK trades whole, hidden quantities included, or not at all', () => {
      const desk = open();
      desk.sell(5, 100_00);
      desk.sell(20, 100_05, { type: 'ICEBERG', display: 5 });
      expect(desk.buy(26, 100_05, { validity: 'FOK' })).toEqual([
        'accepted 3',
        'cancelled 3 26 FOK_UNFILLED',
      ]);
      expect(desk.buy(25, 100_00, { validity: 'FOK' })).toEqual([
        'accepted 4',
        'cancelled 4 25 FOK_UNFILLED',
      ]);
      expect(desk.buy(25, 100_05, { validity: 'FOK' }).filter((each) => each.includes('x5'))).toHaveLength(5);
    });

    it('DAY ends when the instrument closes, GTC and GTD do not', () => {
      const desk = open();
      desk.buy(5, 99_00);
      desk.buy(5, 98_00, { validity: 'GTC' });
      desk.buy(5, 97_00, { validity: 'GTD', expiresAt: 500 });
      desk.buy(5, null, { type: 'STOP', stop: 105_00 });
      expect(desk.phase('CLOSED')).toEqual(['CLOSED', 'expired 1 5 DAY', 'expired 4 5 DAY']);
      expect(desk.book().bids).toEqual(['5@9800', '5@9700']);
    });

    it('GTD expires with the clock, the earliest first', () => {
      const desk = open();
      desk.buy(5, 97_00, { validity: 'GTD', expiresAt: 500 });
      desk.buy(5, 97_00, { validity: 'GTD', expiresAt: 400 });
      expect(desk.clock(399)).toEqual([]);
      expect(desk.clock(500)).toEqual(['expired 2 5 GTD', 'expired 1 5 GTD']);
    });
  });

  describe('modify and cancel', () => {
    const first = (desk: Desk): string | undefined => desk.sell(1, 100_00)[1];

    it('a cut keeps the place', () => {
      const desk = open();
      desk.buy(5, 100_00);
      desk.buy(5, 100_00);
      expect(desk.modify(1, { quantity: 3 })).toEqual(['modified 1 in place']);
      expect(first(desk)).toBe('1x3 1@10000');
    });

    it.each([{ quantity: 6 }, { price: 100_05 }, { quantity: 4, price: 100_05 }])('%o loses it', (change) => {
      const desk = open();
      desk.buy(5, 100_00);
      desk.buy(5, change.price ?? 100_00);
      expect(desk.modify(1, change)).toEqual(['modified 1 out of place']);
      expect(first(desk)).toMatch(/^2x3/);
    });

    it('a price that reaches the other side trades at once', () => {
      const desk = open();
      desk.sell(5, 101_00);
      desk.buy(5, 100_00);
      expect(desk.modify(2, { price: 101_00 })).toEqual(['modified 2 out of place', '1x2 5@10100']);
    });

    it('a cut of an iceberg takes from what is hidden first', () => {
      const desk = open();
      desk.buy(30, 100_00, { type: 'ICEBERG', display: 10 });
      desk.modify(1, { quantity: 12 });
      expect(desk.book().bids).toEqual(['10@10000']);
      desk.modify(1, { quantity: 4 });
      expect(desk.book().bids).toEqual(['4@10000']);
    });

    it('another slice of an iceberg is shown at once, at the back of the queue', () => {
      const desk = open();
      desk.buy(30, 100_00, { type: 'ICEBERG', display: 10 });
      desk.buy(5, 100_00);
      expect(desk.modify(1, { display: 10 })).toEqual(['modified 1 in place']);
      expect(desk.modify(1, { display: 20 })).toEqual(['modified 1 out of place']);
      expect(desk.book().bids).toEqual(['25@10000']);
      expect(first(desk)).toMatch(/^2x3/);
    });

    it('a stop without a limit trades up to the price that it was given', () => {
      const desk = open();
      desk.sell(1, 101_00);
      desk.buy(1, null, { type: 'STOP', stop: 101_00, price: 102_00 });
      desk.sell(1, 102_05);
      expect(desk.buy(1, 101_00)).toContain('triggered 2');
      expect(desk.book().asks).toEqual(['1@10205']);
    });

    it('moves a sleeping stop, and wakes it where the last trade has been', () => {
      const desk = open();
      desk.sell(1, 101_00);
      desk.buy(1, 101_00);
      desk.buy(1, null, { type: 'STOP', stop: 105_00 });
      expect(desk.modify(3, { stop: 101_00 })).toEqual([
        'modified 3 out of place',
        'triggered 3',
        'cancelled 3 1 MARKET_REST',
      ]);
    });

    it('refuses what does not fit the order', () => {
      const desk = open();
      desk.sell(2, 100_00);
      desk.buy(5, 100_00);
      desk.buy(5, null, { type: 'STOP', stop: 105_00 });
      expect(desk.modify(2, { quantity: 2 })).toEqual(['QUANTITY_TRADED']);
      expect(desk.modify(2, { stop: 101_00 })).toEqual(['FIELD_NOT_APPLICABLE']);
      expect(desk.modify(3, { price: 101_00 })).toEqual(['FIELD_NOT_APPLICABLE']);
      expect(desk.modify(2, { display: 1 })).toEqual(['FIELD_NOT_APPLICABLE']);
      expect(desk.modify(2, { owner: 9, quantity: 3 })).toEqual(['ORDER_UNKNOWN']);
      expect(desk.modify(9, { quantity: 3 })).toEqual(['ORDER_UNKNOWN']);
    });

    it('cancels for the owner alone, once', () => {
      const desk = open();
      desk.buy(5, 100_00);
      expect(desk.cancel(1, 2)).toEqual(['ORDER_UNKNOWN']);
      expect(desk.cancel(1)).toEqual(['cancelled 1 5 REQUESTED']);
      expect(desk.cancel(1)).toEqual(['ORDER_UNKNOWN']);
    });

    it('cancels all of an owner, or those of an instrument or a side, as they were accepted', () => {
      const desk = open();
      for (const price of [99_00, 98_00]) desk.buy(5, price, { owner: 7 });
      desk.sell(5, 101_00, { owner: 7 });
      desk.sell(5, null, { owner: 7, type: 'STOP', stop: 95_00 });
      desk.buy(5, 99_00, { owner: 8 });
      const all = { kind: 'massCancel', at: 0, owner: 7, instrument: null, side: null } as const;
      expect(desk.do({ ...all, instrument: 2 })).toEqual(['massCancelled 0']);
      expect(desk.do({ ...all, side: 'BUY' })).toEqual([
        'cancelled 1 5 MASS_CANCEL',
        'cancelled 2 5 MASS_CANCEL',
        'massCancelled 2',
      ]);
      expect(desk.do({ ...all, instrument: INSTRUMENT })).toEqual([
        'cancelled 3 5 MASS_CANCEL',
        'cancelled 4 5 MASS_CANCEL',
        'massCancelled 2',
      ]);
      expect(desk.book().bids).toEqual(['5@9900']);
    });
  });

  describe('self-trade prevention', () => {
    const meet = (stp: StpMode): { readonly told: string[]; readonly desk: Desk } => {
      const desk = open();
      desk.sell(5, 100_00, { owner: 7 });
      desk.sell(5, 100_00, { owner: 8 });
      return { told: desk.buy(8, 100_00, { owner: 7, stp }), desk };
    };

    it('CANCEL_NEWEST: the order that arrives leaves', () => {
      const { told, desk } = meet('CANCEL_NEWEST');
      expect(told).toEqual(['accepted 3', 'cancelled 3 8 SELF_TRADE']);
      expect(desk.book().asks).toEqual(['10@10000']);
    });

    it('CANCEL_OLDEST: the order that waits leaves', () => {
      const { told, desk } = meet('CANCEL_OLDEST');
      expect(told).toEqual(['accepted 3', 'cancelled 1 5 SELF_TRADE', '2x3 5@10000']);
      expect(desk.book().bids).toEqual(['3@10000']);
    });

    it('CANCEL_BOTH: both leave', () => {
      expect(meet('CANCEL_BOTH').told).toEqual([
        'accepted 3',
        'cancelled 1 5 SELF_TRADE',
        'cancelled 3 8 SELF_TRADE',
      ]);
    });

    it('DECREMENT: the smaller leaves, the larger loses as much', () => {
      const { told } = meet('DECREMENT');
      expect(told).toEqual([
        'accepted 3',
        'cancelled 1 5 SELF_TRADE',
        'restated 3 3 at 10000 SELF_TRADE',
        '2x3 3@10000',
      ]);
    });

    it('DECREMENT takes a slice of an iceberg at a time', () => {
      const desk = open();
      desk.sell(20, 100_00, { owner: 7, type: 'ICEBERG', display: 5 });
      expect(desk.buy(5, 100_00, { owner: 7, stp: 'DECREMENT' })).toEqual([
        'accepted 2',
        'restated 1 15 at 10000 SELF_TRADE',
        'replenished 1 5 of 15',
        'cancelled 2 5 SELF_TRADE',
      ]);
    });

    it('NONE: owners who stand for many may trade with themselves', () => {
      expect(meet('NONE').told).toEqual(['accepted 3', '1x3 5@10000', '2x3 3@10000']);
    });

    it('counts own orders out of a fill-or-kill, unless they are the ones to leave', () => {
      for (const [stp, last] of [
        ['CANCEL_NEWEST', 'cancelled 3 5 FOK_UNFILLED'],
        ['CANCEL_OLDEST', '2x3 5@10000'],
      ] as const) {
        const desk = open();
        desk.sell(5, 100_00, { owner: 7 });
        desk.sell(5, 100_00, { owner: 8 });
        expect(desk.buy(5, 100_00, { owner: 7, stp, validity: 'FOK' }).at(-1)).toBe(last);
      }
    });
  });

  describe('the call auction', () => {
    it("finds the price at which most trades: NSE's example, 27,500 shares at 105", () => {
      const desk = open('PRE_OPEN', { freeze: 100_000 });
      const orders = [
        [103, 13_500, 11_500],
        [104, 9_500, 9_800],
        [105, 12_000, 15_000],
        [106, 6_500, 12_000],
        [107, 5_000, 12_500],
        [108, 4_000, 10_000],
      ] as const;
      // Demand at 105: 12,000 + 6,500 + 5,000 + 4,000; supply: 11,500 + 9,800 + 15,000.
      for (const [rupees, buying, selling] of orders) {
        desk.buy(buying, rupees * 100);
        desk.sell(selling, rupees * 100);
      }
      expect(desk.phase('BUFFER')[0]).toBe('auction 27500@10500 imbalance -8800');
    });

    it('of equal volumes takes the least imbalance, then the nearest to the previous close', () => {
      const balanced = open('PRE_OPEN');
      balanced.buy(10, 102_00);
      balanced.sell(10, 101_00);
      balanced.buy(5, 101_00);
      expect(balanced.phase('BUFFER')[0]).toBe('auction 10@10200 imbalance 0');
      const near = open('PRE_OPEN');
      near.buy(10, 102_00);
      near.sell(10, 101_00);
      expect(near.phase('BUFFER')[0]).toBe('auction 10@10100 imbalance 0');
    });

    it('takes the previous close itself when it lies midway', () => {
      const desk = open('PRE_OPEN');
      desk.buy(10, 101_00);
      desk.sell(10, 99_00);
      expect(desk.phase('BUFFER')[0]).toBe('auction 10@10000 imbalance 0');
    });

    it('matches limit with limit, then limit with market, then market with market', () => {
      const desk = open('PRE_OPEN');
      desk.buy(10, null);
      desk.buy(10, 101_00);
      desk.sell(8, null);
      desk.sell(4, 101_00);
      desk.sell(3, null);
      const told = desk.phase('BUFFER');
      expect(told).toEqual([
        'auction 15@10100 imbalance 5',
        '2x4 4@10100',
        '2x3 6@10100',
        '1x3 2@10100',
        '1x5 3@10100',
        'restated 1 5 at 10100 AUCTION',
        'BUFFER',
      ]);
    });

    it('leaves what did not trade in the book with its time', () => {
      const desk = open('PRE_OPEN');
      desk.buy(10, null);
      desk.buy(10, 100_00);
      desk.sell(2, 100_00);
      desk.phase('CONTINUOUS');
      // The market order was first: at the price it has now it stands before the limit order.
      expect(desk.sell(10, 100_00)).toEqual(['accepted 4', '1x4 10@10000']);
    });

    it('without a price leaves market orders at the previous close; with market orders alone trades there', () => {
      const none = open('PRE_OPEN');
      none.buy(10, null);
      none.buy(5, 99_00);
      expect(none.phase('BUFFER')).toEqual([
        'auction 0@null imbalance 0',
        'restated 1 10 at 10000 AUCTION',
        'BUFFER',
      ]);
      const alone = open('PRE_OPEN');
      alone.buy(10, null);
      alone.sell(4, null);
      expect(alone.phase('BUFFER').slice(0, 2)).toEqual(['auction 4@10000 imbalance 6', '1x2 4@10000']);
    });

    it('takes no order that could trade with its own owner, whatever its mode', () => {
      const desk = open('PRE_OPEN');
      desk.buy(10, 100_00, { owner: 7 });
      expect(desk.sell(10, 100_00, { owner: 7, stp: 'CANCEL_OLDEST' })).toEqual([
        'accepted 2',
        'cancelled 2 10 SELF_TRADE',
      ]);
      expect(desk.sell(10, null, { owner: 7 })[1]).toBe('cancelled 3 10 SELF_TRADE');
      expect(desk.sell(10, 100_05, { owner: 7 })).toEqual(['accepted 4']);
    });

    it('takes plain orders only', () => {
      const desk = open('PRE_OPEN');
      const others: readonly Partial<NewOrder>[] = [
        { validity: 'IOC' },
        { validity: 'FOK' },
        { type: 'ICEBERG', display: 1 },
        { postOnly: true },
      ];
      for (const more of others) expect(desk.buy(5, 100_00, more)).toEqual(['SESSION_TYPE']);
    });

    it('wakes stops by its price, once continuous trading begins', () => {
      const desk = open('PRE_OPEN');
      desk.buy(5, null, { type: 'STOP', stop: 101_00 });
      desk.buy(5, 101_00);
      desk.sell(5, 101_00);
      expect(desk.phase('BUFFER').at(-1)).toBe('BUFFER');
      expect(desk.phase('CONTINUOUS')).toEqual(['CONTINUOUS', 'triggered 1', 'cancelled 1 5 MARKET_REST']);
    });
  });

  describe('sessions', () => {
    it.each(['HALTED', 'CLOSED', 'BUFFER'] as const)(
      '%s takes no orders, and lets them be cancelled',
      (phase) => {
        const desk = open(phase === 'BUFFER' ? 'PRE_OPEN' : 'CONTINUOUS');
        desk.buy(5, 99_00, { validity: 'GTC' });
        desk.phase(phase);
        expect(desk.buy(5, 99_00)).toEqual(['SESSION_CLOSED']);
        expect(desk.modify(1, { quantity: 4 })).toEqual(['SESSION_CLOSED']);
        expect(desk.cancel(1)).toEqual(['cancelled 1 5 REQUESTED']);
      },
    );

    it('never opens a crossed book: an auction that was broken off is matched first', () => {
      const desk = open('PRE_OPEN');
      desk.buy(5, 101_00, { validity: 'GTC' });
      desk.sell(5, 99_00, { validity: 'GTC' });
      desk.phase('CLOSED');
      expect(desk.phase('CONTINUOUS')).toEqual(['auction 5@10000 imbalance 0', '1x2 5@10000', 'CONTINUOUS']);
    });

    it('moves all instruments at once, those that can', () => {
      const desk = open();
      desk.do({ ...LISTING, instrument: 2 });
      const halt = { kind: 'phase', at: 0, instrument: null, phase: 'HALTED' } as const;
      expect(desk.do(halt)).toEqual(['HALTED']);
      expect(desk.do({ ...halt, phase: 'PRE_OPEN' })).toEqual(['PRE_OPEN', 'PRE_OPEN']);
      expect(desk.phase('CLOSED').concat(desk.phase('CLOSED'))).toEqual(['CLOSED', 'PHASE_INVALID']);
    });
  });

  describe('bands', () => {
    it('take the prices at both ends and none beyond', () => {
      const desk = open();
      expect(desk.buy(1, 90_00)).toEqual(['accepted 1']);
      expect(desk.sell(1, 110_00)).toEqual(['accepted 2']);
      expect(desk.buy(1, 89_95)).toEqual(['PRICE_OUT_OF_BAND']);
      expect(desk.sell(1, 110_05)).toEqual(['PRICE_OUT_OF_BAND']);
      expect(desk.buy(1, null, { type: 'STOP', stop: 110_05 })).toEqual(['PRICE_OUT_OF_BAND']);
    });

    it('a flex cancels resting orders outside, keeps sleeping stops, and looks at their limit when they wake', () => {
      const desk = open();
      desk.buy(1, 94_95);
      desk.buy(1, 95_00);
      desk.sell(5, 94_00, { type: 'STOP_LIMIT', stop: 94_50 });
      desk.sell(5, 94_00, { type: 'STOP_LIMIT', stop: 95_00 });
      const flex = { kind: 'flex', at: 0, instrument: INSTRUMENT, direction: 'UP' } as const;
      expect(desk.do(flex)).toEqual(['band 9500 to 11500', 'cancelled 1 1 OUT_OF_BAND']);
      expect(desk.sell(1, 95_00)).toEqual([
        'accepted 5',
        '2x5 1@9500',
        'triggered 4',
        'cancelled 4 5 OUT_OF_BAND',
      ]);
    });

    it('are flexed only where they are dynamic, and while trading goes on', () => {
      const flex = { kind: 'flex', at: 0, instrument: INSTRUMENT, direction: 'DOWN' } as const;
      expect(open('CONTINUOUS', { dynamic: false }).do(flex)).toEqual(['BAND_FIXED']);
      expect(open('PRE_OPEN').do(flex)).toEqual(['SESSION_CLOSED']);
      expect(open().do({ ...flex, instrument: 9 })).toEqual(['INSTRUMENT_UNKNOWN']);
    });

    it('lie around the next previous close from the day it is given', () => {
      const desk = open();
      desk.buy(1, 91_00, { validity: 'GTC' });
      const reference = { kind: 'reference', at: 0, instrument: INSTRUMENT, previousClose: 105_00 } as const;
      expect(desk.do(reference)).toEqual(['PHASE_INVALID']);
      desk.phase('CLOSED');
      expect(desk.do(reference)).toEqual(['band 9450 to 11550', 'cancelled 1 1 OUT_OF_BAND']);
    });
  });

  describe('the ladder', () => {
    it('stands in its order: each rung is looked at only when those before it hold', () => {
      const desk = new Desk(new Engine({ risk: true }), { lot: 10, freeze: 100 });
      desk.fund(1, 1_000_00, 50, { positionMax: 60 });
      desk.buy(10, 99_00, { owner: 1, order: 77 });
      // Everything is wrong at first; one thing after the other is put right.
      let wish: Partial<NewOrder> = { owner: 2, order: 77, instrument: 9, quantity: 1_005, price: 120_01 };
      const next = (right: Partial<NewOrder>): string | undefined => {
        wish = { ...wish, ...right };
        return desk.buy(1, 1, wish)[0];
      };
      expect(next({})).toBe('INSTRUMENT_UNKNOWN');
      expect(next({ instrument: INSTRUMENT })).toBe('TICK_SIZE_VIOLATED');
      expect(next({ price: 120_00 })).toBe('LOT_SIZE_VIOLATED');
      expect(next({ quantity: 1_000 })).toBe('PRICE_OUT_OF_BAND');
      expect(next({ price: 100_00 })).toBe('FREEZE_QUANTITY_EXCEEDED');
      expect(next({ quantity: 20 })).toBe('CLIENT_ORDER_ID_USED');
      expect(next({ order: 78 })).toBe('ACCOUNT_UNKNOWN');
      expect(next({ owner: 1 })).toBe('FUNDS_INSUFFICIENT');
      desk.fund(1, 9_000_00, 0, { positionMax: 60 });
      expect(next({})).toBe('POSITION_LIMIT_EXCEEDED');
      desk.fund(1, 0, 0, { positionMax: 80, orderToTradeMax: 1 });
      expect(next({})).toBe('ORDER_TO_TRADE_EXCEEDED');
      desk.phase('HALTED');
      expect(next({ price: 120_01 })).toBe('SESSION_CLOSED');
    });

    it('lets a refused client order id be used again, a used one never', () => {
      const desk = open();
      expect(desk.buy(1, 120_00, { order: 5 })).toEqual(['PRICE_OUT_OF_BAND']);
      expect(desk.buy(1, 100_00, { order: 5 })).toEqual(['accepted 5']);
      desk.cancel(5, 2);
      expect(desk.buy(1, 100_00, { order: 5 })).toEqual(['CLIENT_ORDER_ID_USED']);
    });

    it('promises cash until the order ends, and takes what was paid', () => {
      const desk = new Desk(new Engine({ risk: true }));
      desk.fund(1, 1_000_00);
      desk.fund(2, 0, 10);
      expect(desk.buy(10, 100_00, { owner: 1 })).toEqual(['accepted 1']);
      expect(desk.buy(1, 90_00, { owner: 1 })).toEqual(['FUNDS_INSUFFICIENT']);
      expect(desk.sell(4, 99_00, { owner: 2 })).toEqual(['accepted 3', '1x3 4@10000']);
      expect(desk.fund(1, 0)).toEqual(['cash 60000']);
      desk.cancel(1, 1);
      expect(desk.fund(1, -600_00)).toEqual(['cash 0']);
      expect(desk.fund(1, -1)).toEqual(['FUNDS_INSUFFICIENT']);
      expect(desk.fund(2, 0)).toEqual(['cash 40000']);
    });

    it('gives back what a better price saves, and promises a market order at the end of the band', () => {
      const desk = new Desk(new Engine({ risk: true }));
      desk.fund(1, 1_100_00);
      desk.fund(2, 0, 10);
      desk.sell(10, 98_00, { owner: 2 });
      expect(desk.buy(11, null, { owner: 1 })).toEqual(['FUNDS_INSUFFICIENT']);
      expect(desk.buy(10, null, { owner: 1 })).toEqual(['accepted 3', '1x3 10@9800']);
      expect(desk.fund(1, -120_00)).toEqual(['cash 0']);
    });

    it('sells no more than is held and not on order already', () => {
      const desk = new Desk(new Engine({ risk: true }));
      desk.fund(1, 0, 10);
      expect(desk.sell(6, 100_00, { owner: 1 })).toEqual(['accepted 1']);
      expect(desk.sell(5, 100_00, { owner: 1 })).toEqual(['HOLDINGS_INSUFFICIENT']);
      expect(desk.modify(1, { quantity: 11 })).toEqual(['HOLDINGS_INSUFFICIENT']);
      expect(desk.modify(1, { quantity: 5 })).toEqual(['modified 1 in place']);
      expect(desk.sell(5, 100_00, { owner: 1 })).toEqual(['accepted 3']);
    });

    it('takes ten orders within a second, modifications counted, cancellations not', () => {
      const desk = new Desk(new Engine({ risk: true }));
      desk.fund(1, 10_000_000);
      for (let each = 0; each < 9; each++) desk.buy(1, 95_00, { owner: 1 });
      expect(desk.modify(1, { quantity: 2 })).toEqual(['modified 1 out of place']);
      expect(desk.buy(1, 95_00, { owner: 1 })).toEqual(['ORDER_RATE_EXCEEDED']);
      expect(desk.modify(1, { quantity: 1 })).toEqual(['ORDER_RATE_EXCEEDED']);
      expect(desk.cancel(1)).toEqual(['cancelled 1 2 REQUESTED']);
      desk.at = 999;
      expect(desk.buy(1, 95_00, { owner: 1 })).toEqual(['ORDER_RATE_EXCEEDED']);
      desk.at = 1_000;
      expect(desk.buy(1, 95_00, { owner: 1 })).toEqual(['accepted 12']);
    });

    it('measures orders by the trades that came of them, day by day', () => {
      const desk = new Desk(new Engine({ risk: true }));
      desk.fund(1, 10_000_000, 0, { orderToTradeMax: 2 });
      desk.fund(2, 0, 10);
      desk.buy(1, 95_00, { owner: 1 });
      desk.buy(1, 95_00, { owner: 1 });
      expect(desk.buy(1, 95_00, { owner: 1 })).toEqual(['ORDER_TO_TRADE_EXCEEDED']);
      desk.sell(2, 95_00, { owner: 2 });
      expect(desk.buy(1, 95_00, { owner: 1 })).toEqual(['accepted 5']);
      expect(desk.do({ kind: 'day', at: 0 })).toEqual([]);
      expect(desk.buy(1, 95_00, { owner: 1 })).toEqual(['accepted 6']);
    });

    it('counts no more than can be counted', () => {
      const desk = new Desk(new Engine({ risk: true }));
      desk.fund(1, 9_000_000_000_000_000);
      expect(desk.fund(2, 1)).toEqual(['BALANCE_TOO_LARGE']);
      desk.fund(2, 0, 10);
      const whole = { owner: 1, instrument: INSTRUMENT, quantity: 9_000_000_000_000_000 };
      expect(desk.do({ kind: 'holding', at: 0, ...whole })).toEqual(['BALANCE_TOO_LARGE']);
    });
  });

  it('refuses what is dated before the last command, and changes nothing', () => {
    const desk = open();
    desk.clock(1_000);
    const before = desk.engine.hash();
    desk.at = 999;
    expect(desk.buy(1, 100_00)).toEqual(['CLOCK_BACKWARDS']);
    expect(desk.engine.hash()).toBe(before);
  });

  it('lists an instrument once', () => {
    expect(open().do(LISTING)).toEqual(['INSTRUMENT_KNOWN']);
  });
});

describe('check', () => {
  it('finds two sides that cross in continuous trading', () => {
    const desk = new Desk(new NaiveEngine({ risk: false }), {}, 'PRE_OPEN');
    desk.buy(5, 101_00);
    desk.sell(5, 99_00);
    const snapshot = desk.engine.snapshot();
    const opened = snapshot.instruments.map((state) => ({ ...state, phase: 'CONTINUOUS' as const }));
    for (const [, Engine] of ENGINES) {
      const engine = new Engine({ risk: false }, { ...snapshot, instruments: opened });
      expect(() => engine.check()).toThrow('instrument 1 is crossed');
    }
  });

  it('finds orders out of turn, and promises that are not covered', () => {
    const desk = new Desk(new NaiveEngine({ risk: true }));
    desk.fund(1, 1_000_00, 10);
    desk.buy(5, 100_00, { owner: 1 });
    desk.buy(5, 100_00, { owner: 1 });
    desk.sell(5, 101_00, { owner: 1 });
    const snapshot = desk.engine.snapshot();
    const poor = snapshot.accounts.map((account) => ({ ...account, cash: 999_99 }));
    for (const [, Engine] of ENGINES) {
      const turned = new Engine({ risk: true }, { ...snapshot, orders: snapshot.orders.toReversed() });
      expect(() => turned.check()).toThrow(/out of turn|not what its queues say/);
      const unpaid = new Engine({ risk: true }, { ...snapshot, accounts: poor });
      expect(() => unpaid.check()).toThrow('owner 1 promises more cash than there is');
      const holdings = snapshot.holdings.map((holding) => ({ ...holding, quantity: 4 }));
      const bare = new Engine({ risk: true }, { ...snapshot, holdings });
      expect(() => bare.check()).toThrow(/promises more/);
    }
  });
});
