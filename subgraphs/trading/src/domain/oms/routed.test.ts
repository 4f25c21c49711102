import { isRefusal } from '@gridworks/kit/refusal';
import { beforeEach, describe, expect, it } from 'vitest';
import type { VenueStanding } from '../broker/standing.ts';
import type { Order, Side } from '../order.ts';
import type { Command, ModifyOrder, PlaceOrder } from './command.ts';
import { Oms } from './oms.ts';
import { digestOf, type Outcome } from './outcome.ts';
import { hashOfOms } from './state.ts';

const MORNING = Date.UTC(2026, 0, 5, 4, 0, 0);
const DAY_MS = 86_400_000;
const BUYING_POWER = 100_000;

let oms: Oms;
let journal: { readonly command: Command; readonly digest: string }[];
let at: number;
let ids: number;

function idOf(number: number): string {
  return `01900000-0000-7000-8000-${(number * 1_000).toString(16).padStart(12, '0')}`;
}

function execute(command: Command): Outcome | string {
  const { outcome, steps } = oms.decide(command);
  for (const step of steps) journal.push({ command: step.command, digest: digestOf(step.outcome) });
  return isRefusal(outcome) ? outcome.code : outcome;
}

beforeEach(() => {
  [oms, journal, at, ids] = [new Oms(), [], MORNING, 0];
  const stock = [['S', 'CNC', 100, 0]] as const;
  execute({ kind: 'open', at, userId: 'u', tenantId: 'T', buyingPower: BUYING_POWER, sequence: 0, stock });
});

/** The id of an order that a broker is to carry out. */
function route(side: Side, price: number | null, quantity: number, more: Partial<PlaceOrder> = {}): string {
  const outcome = placing(side, price, quantity, more);
  if (typeof outcome === 'string') throw new Error(outcome);
  return outcome.happenings[0]?.order.id ?? '';
}

function placing(
  side: Side,
  price: number | null,
  quantity: number,
  more: Partial<PlaceOrder> = {},
): Outcome | string {
  ids += 1;
  const market = { kind: 'EQUITY', currency: 'INR', tickSize: 1, lotSize: 1, lower: 50, upper: 150 } as const;
  oms.list('S', { exchange: 'NSE', ...market }, 100);
  const type = price === null ? 'MARKET' : 'LIMIT';
  const wish = {
    symbol: 'S',
    side,
    type,
    product: 'CNC',
    validity: 'DAY',
    quantity,
    limitPrice: price,
  } as const;
  const about = { at, id: idOf(ids), sequence: oms.sequence, userId: 'u', clientOrderId: `c-${ids}` };
  return execute({ kind: 'place', ...about, ...wish, isRouted: true, ...more });
}

function stand(orderId: string, standing: VenueStanding): Outcome | string {
  return execute({ kind: 'standing', at, orderId, standing });
}

function fill(orderId: string, tradeId: string, price: number, quantity: number): Outcome | string {
  ids += 1;
  return execute({ kind: 'fill', at, id: idOf(ids), orderId, tradeId, price, quantity });
}

function cancel(orderId: string): Outcome | string {
  return execute({ kind: 'cancel', at, userId: 'u', orderId, reason: 'USER' });
}

function modify(orderId: string, wish: Partial<ModifyOrder>): Outcome | string {
  ids += 1;
  const about = { at, id: idOf(ids), sequence: oms.sequence, userId: 'u', orderId, symbol: 'S' };
  const terms = { quantity: null, limitPrice: null, triggerPrice: null, displayQuantity: null };
  return execute({ kind: 'modify', ...about, ...terms, ...wish });
}

/** What its broker says of an order's terms. */
function tell(orderId: string, quantity: number, limitPrice: number | null, isFinal = false): string[] {
  const told = { at, orderId, symbol: 'S', quantity, limitPrice, triggerPrice: null };
  return kinds(execute({ kind: 'terms', ...told, ...(isFinal && { isFinal }) }));
}

function kinds(outcome: Outcome | string): string[] {
  return typeof outcome === 'string' ? [outcome] : outcome.happenings.map(({ kind }) => kind);
}

function orderOf(id: string): Order {
  const routed = oms.routed(id);
  if (!routed) throw new Error(`order ${id} is not remembered`);
  return routed.order;
}

function buyingPower(): number {
  return oms.state().accounts[0]?.buyingPower ?? 0;
}

function free(): number {
  const [, , quantity = 0, held = 0] = oms.state().accounts[0]?.stock[0] ?? [];
  return quantity - held;
}

describe('an order that a broker carries out', () => {
  it('meets nobody here, holds like any other, and stands where the broker says', () => {
    const bought = route('BUY', 100, 10);
    const sold = route('SELL', 90, 10);
    expect([orderOf(bought).status, orderOf(sold).status]).toEqual(['PENDING', 'PENDING']);
    expect(oms.depth('S', 5)).toEqual({ bids: [], asks: [] });
    // 1,000 for the shares, 5 of it and 200 for charges.
    expect([BUYING_POWER - buyingPower(), free()]).toEqual([1_205, 90]);
    expect([...oms.openOrders()]).toEqual([]);
    expect(oms.ordersOf('u', { symbol: null, side: 'SELL' })).toEqual([orderOf(sold)]);
    expect(kinds(stand(bought, 'OPEN'))).toEqual(['CONFIRMED']);
    expect(kinds(fill(bought, 't1', 100, 4))).toEqual(['EXECUTED']);
    expect(kinds(stand(bought, 'UNKNOWN'))).toEqual(['DOUBTED']);
    expect(kinds(fill(bought, 't2', 99, 1))).toEqual(['EXECUTED']);
    expect(orderOf(bought)).toMatchObject({ status: 'UNKNOWN', filledQuantity: 5n });
    expect(kinds(stand(bought, 'PENDING'))).toEqual(['CONFIRMED']);
    expect(orderOf(bought).status).toBe('PARTIALLY_FILLED');
    expect(kinds(fill(bought, 't3', 100, 5))).toEqual(['EXECUTED']);
    expect(orderOf(bought).status).toBe('FILLED');
    expect(kinds(stand(sold, 'REJECTED'))).toEqual(['REJECTED']);
    expect(free()).toBe(110);
    expect(orderOf(sold).rejectReason).toBe('OTHER');
  });

  it('is told of a trade or of where it stands once', () => {
    const id = route('BUY', 100, 10);
    expect([oms.isUncounted(id, 't1'), oms.isNews(id, 'OPEN')]).toEqual([true, true]);
    stand(id, 'OPEN');
    fill(id, 't1', 100, 4);
    expect([oms.isUncounted(id, 't1'), oms.isNews(id, 'OPEN')]).toEqual([false, false]);
    expect(() => fill(id, 't1', 100, 4)).toThrow('told again');
    expect(() => stand(id, 'PENDING')).toThrow('second time');
    expect([oms.isUncounted('nobody', 't1'), oms.isNews('nobody', 'OPEN')]).toEqual([false, false]);
  });

  it('has its wish to be cancelled kept once', () => {
    const id = route('BUY', 100, 10);
    expect(execute({ kind: 'cancel', at, userId: 'other', orderId: id, reason: 'USER' })).toBe(
      'ORDER_UNKNOWN',
    );
    expect([kinds(cancel(id)), kinds(cancel(id))]).toEqual([['CANCEL_REQUESTED'], []]);
    expect(orderOf(id).status).toBe('PENDING');
    stand(id, 'CANCELLED');
    expect(orderOf(id).cancelReason).toBe('USER');
    const other = route('BUY', 100, 10, { validity: 'IOC' });
    stand(other, 'CANCELLED');
    expect(orderOf(other).cancelReason).toBe('TIME_IN_FORCE');
  });

  it('promises more before its broker is asked for other terms, and less when that has said so', () => {
    const id = route('BUY', 100, 10);
    stand(id, 'OPEN');
    expect(kinds(modify(id, { quantity: 20, limitPrice: 110 }))).toEqual(['MODIFY_REQUESTED']);
    // 2,200 for the shares, 11 of it and 200.
    expect(BUYING_POWER - buyingPower()).toBe(2_411);
    expect(orderOf(id)).toMatchObject({ status: 'OPEN', quantity: 10n, limitPrice: 100n, hold: 2_411n });
    expect(oms.isAmended(id, { quantity: 10n, limitPrice: 100n, triggerPrice: null })).toBe(false);
    expect(tell(id, 20, 110)).toEqual(['MODIFIED']);
    expect(orderOf(id)).toMatchObject({ quantity: 20n, limitPrice: 110n, hold: 2_411n });
    expect(oms.routed(id)?.amendment).toBeNull();
    // Back again: what is promised less, billing gives back.
    modify(id, { quantity: 10, limitPrice: 100 });
    expect(orderOf(id).hold).toBe(2_411n);
    expect(tell(id, 10, 100)).toEqual(['MODIFIED']);
    expect(orderOf(id).hold).toBe(1_205n);
    expect(() => tell(id, 10, 100)).toThrow('told again');
  });

  it('goes back to what its own terms need when its broker refuses', () => {
    const [bought, sold] = [route('BUY', 100, 10), route('SELL', 100, 10)];
    modify(bought, { quantity: 20 });
    modify(sold, { quantity: 60 });
    // The units are kept from others, and the order is for those that it was for.
    expect(placing('SELL', 100, 41)).toBe('HOLDINGS_INSUFFICIENT');
    expect(orderOf(sold).quantity).toBe(10n);
    expect(tell(bought, 10, 100, true)).toEqual(['MODIFY_REFUSED']);
    expect(orderOf(bought)).toMatchObject({ quantity: 10n, hold: 1_205n });
    expect(tell(sold, 10, 100, true)).toEqual(['MODIFY_REFUSED']);
    expect(typeof placing('SELL', 100, 90)).toBe('object');
  });

  it('is changed by the rules of all orders, and by none but its owner', () => {
    const id = route('BUY', 100, 10);
    fill(id, 't1', 100, 4);
    expect([
      modify(id, { quantity: 4 }),
      modify(id, { limitPrice: 151 }),
      modify(id, { triggerPrice: 100 }),
      modify(id, { displayQuantity: 5 }),
      modify(id, { quantity: 1_000_000 }),
      modify(id, { userId: 'other' }),
    ]).toEqual([
      'QUANTITY_FILLED',
      'PRICE_OUT_OF_BAND',
      'TRIGGER_PRICE_NOT_ALLOWED',
      'DISPLAY_QUANTITY_NOT_ALLOWED',
      'FUNDS_INSUFFICIENT',
      'ORDER_UNKNOWN',
    ]);
    cancel(id);
    expect(modify(id, { quantity: 5 })).toBe('ORDER_CLOSED');
    const stop = route('SELL', 90, 1, { type: 'STOP_LIMIT', triggerPrice: 95 });
    expect(kinds(modify(stop, { triggerPrice: 96 }))).toEqual(['MODIFY_REQUESTED']);
    expect(modify(stop, { limitPrice: 97 })).toBe('TRIGGER_PRICE_INVALID');
  });

  it('may be wished for otherwise meanwhile, and promises enough for each of the wishes', () => {
    const id = route('SELL', 100, 60);
    modify(id, { quantity: 100 });
    // What is promised already is not asked for again.
    expect(kinds(modify(id, { quantity: 50 }))).toEqual(['MODIFY_REQUESTED']);
    expect(kinds(modify(id, { quantity: 100 }))).toEqual(['MODIFY_REQUESTED']);
    modify(id, { quantity: 50 });
    expect(placing('SELL', 100, 1)).toBe('HOLDINGS_INSUFFICIENT');
    // The first wish comes true before the last one does.
    expect(tell(id, 100, 100)).toEqual(['MODIFIED']);
    expect(oms.routed(id)?.amendment).toMatchObject({ quantity: 50n, units: 0n });
    expect(tell(id, 50, 100)).toEqual(['MODIFIED']);
    expect(typeof placing('SELL', 100, 50)).toBe('object');
  });

  it('follows what nobody here asked for, as far as its user covers it', () => {
    const id = route('BUY', 100, 10);
    expect(tell(id, 5, 90)).toEqual(['MODIFIED']);
    expect(orderOf(id)).toMatchObject({ quantity: 5n, limitPrice: 90n });
    const before = hashOfOms(oms.state());
    expect(tell(id, 10_000, 100)).toEqual(['FUNDS_INSUFFICIENT']);
    expect(hashOfOms(oms.state())).toBe(before);
    const sale = route('SELL', 100, 10);
    expect(tell(sale, 101, 100)).toEqual(['HOLDINGS_INSUFFICIENT']);
    // Prices that an order does not have, and less than has traded, are not its terms.
    const market = route('BUY', null, 10);
    fill(market, 't1', 100, 4);
    expect(oms.isAmended(market, { quantity: 4n, limitPrice: 103n, triggerPrice: 5n })).toBe(false);
  });

  it('gives back at its end what it promised for other terms', () => {
    const [filled, cancelled] = [route('SELL', 100, 10), route('SELL', 100, 10)];
    modify(filled, { quantity: 50 });
    modify(cancelled, { quantity: 50 });
    expect(placing('SELL', 100, 1)).toBe('HOLDINGS_INSUFFICIENT');
    expect(kinds(fill(filled, 't1', 100, 10))).toEqual(['EXECUTED']);
    expect(orderOf(filled).status).toBe('FILLED');
    stand(cancelled, 'CANCELLED');
    expect(typeof placing('SELL', 100, 90)).toBe('object');
  });

  it('wakes as a stop when the broker says so, or trades', () => {
    const stop = { type: 'STOP_LIMIT', triggerPrice: 105 } as const;
    const [told, traded] = [route('BUY', 110, 1, stop), route('BUY', 110, 1, stop)];
    expect(kinds(stand(told, 'TRIGGER_PENDING'))).toEqual(['CONFIRMED']);
    expect(kinds(stand(told, 'OPEN'))).toEqual(['TRIGGERED']);
    stand(traded, 'TRIGGER_PENDING');
    expect(kinds(fill(traded, 't1', 106, 1))).toEqual(['TRIGGERED', 'EXECUTED']);
  });

  it('holds more when it trades at a worse price than was thought possible, if that is there', () => {
    const id = route('BUY', null, 10);
    const held = Number(orderOf(id).hold);
    expect(kinds(fill(id, 't1', 200, 10))).toEqual(['MODIFIED', 'EXECUTED']);
    // 2,000, 10 of it and 200.
    expect(Number(orderOf(id).hold)).toBe(2_210);
    expect(held).toBeLessThan(2_210);
    const all = route('BUY', 100, Math.floor((buyingPower() - 200) / 100.5));
    const before = hashOfOms(oms.state());
    expect(fill(all, 't2', 140, Number(orderOf(all).quantity))).toBe('FUNDS_INSUFFICIENT');
    expect(hashOfOms(oms.state())).toBe(before);
  });

  it('that traded after its end has the trade as another order; also what is more than it was for', () => {
    const id = route('BUY', 100, 10);
    fill(id, 't1', 100, 4);
    stand(id, 'CANCELLED');
    const power = buyingPower();
    const late = fill(id, 't2', 100, 6);
    expect(kinds(late)).toEqual(['CREATED', 'EXECUTED']);
    const [, executed] = typeof late === 'string' ? [] : late.happenings;
    expect(executed?.order).toMatchObject({
      clientOrderId: 'c-1/late-1',
      status: 'FILLED',
      filledQuantity: 6n,
    });
    expect(power - buyingPower()).toBe(600 + 3 + 200);
    expect(orderOf(id)).toMatchObject({ status: 'CANCELLED', filledQuantity: 4n });
    expect(oms.isUncounted(id, 't2')).toBe(false);

    const sale = route('SELL', 100, 10);
    expect(kinds(fill(sale, 't1', 100, 12))).toEqual(['EXECUTED', 'CREATED', 'EXECUTED']);
    const last = route('SELL', 100, free());
    expect(fill(last, 't1', 100, Number(orderOf(last).quantity) + 1)).toBe('HOLDINGS_INSUFFICIENT');
  });

  it('is forgotten some time after its end, and not before it', () => {
    const [open, ended] = [route('BUY', 100, 1), route('BUY', 100, 1)];
    stand(ended, 'CANCELLED');
    at += 8 * DAY_MS;
    expect(oms.routed(ended)).toBeDefined();
    stand(open, 'OPEN');
    stand(open, 'CANCELLED');
    expect([oms.routed(ended), oms.routed(open)?.endedAt]).toEqual([undefined, at]);
  });

  it('is refused where no broker does what it asks for', () => {
    expect(placing('BUY', 100, 10, { validity: 'FOK' })).toBe('VENUE_UNSUPPORTED');
    expect(placing('BUY', 100, 10, { postOnly: true })).toBe('VENUE_UNSUPPORTED');
    expect(placing('BUY', 100, 10, { displayQuantity: 5 })).toBe('VENUE_UNSUPPORTED');
    expect(placing('BUY', 100, 10, { selfTradePrevention: 'DECREMENT' })).toBe('VENUE_UNSUPPORTED');
  });

  it('comes out the same of a snapshot, and of the same commands', () => {
    const [one, two] = [route('BUY', 100, 10), route('SELL', 100, 10)];
    fill(one, 't1', 100, 4);
    cancel(two);
    stand(one, 'CANCELLED');
    const asked = route('SELL', 100, 20);
    modify(asked, { quantity: 50 });
    const restored = new Oms(JSON.parse(JSON.stringify(oms.state())) as ReturnType<Oms['state']>);
    expect(hashOfOms(restored.state())).toBe(hashOfOms(oms.state()));
    const replayed = new Oms();
    for (const { command, digest } of journal) {
      const outcome = replayed.apply(command);
      expect(isRefusal(outcome) ? outcome.code : digestOf(outcome)).toBe(digest);
    }
    expect(hashOfOms(replayed.state())).toBe(hashOfOms(oms.state()));
    // The restored one goes on where the other was.
    oms = restored;
    expect(oms.routed(two)?.cancel).toBe('USER');
    expect(oms.isUncounted(one, 't1')).toBe(false);
    fill(one, 't2', 100, 6);
    stand(two, 'CANCELLED');
    expect(placing('SELL', 100, 61)).toBe('HOLDINGS_INSUFFICIENT');
    expect(tell(asked, 50, 100)).toEqual(['MODIFIED']);
    expect(free()).toBe(60);
    // What a broker has is part of what tells two states apart.
    expect(hashOfOms({ ...oms.state(), routed: [] })).not.toBe(hashOfOms(oms.state()));
  });
});
