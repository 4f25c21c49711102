import { describe, expect, it } from 'vitest';
import { PLAIN, createOrder, type OrderRequest, type RejectReason } from '../order.ts';
import { doubtOrder, sendOrder, type VenueOrder } from './order.ts';
import { rejectReasonOf, standingOf, ticketOf } from './standing.ts';

const WISH: OrderRequest = {
  ...PLAIN,
  clientOrderId: 'c',
  symbol: 'S',
  side: 'SELL',
  type: 'STOP',
  product: 'MIS',
  validity: 'DAY',
  quantity: 10n,
  limitPrice: null,
  triggerPrice: 95n,
};
const ORDER = createOrder(WISH, {
  id: 'i',
  tenantId: 't',
  userId: 'u',
  origin: 'USER',
  exchange: 'NSE',
  hold: 0n,
  placedAt: new Date(0),
});

describe('an order at a broker', () => {
  it('is asked for as it was wished', () => {
    expect(ticketOf(ORDER)).toEqual({
      ...{ symbol: 'S', side: 'SELL', type: 'STOP', product: 'MIS', validity: 'DAY' },
      ...{ quantity: 10n, limitPrice: null, triggerPrice: 95n },
    });
    expect(() => ticketOf({ ...ORDER, validity: 'GTC' })).toThrow('GTC');
  });

  it('stands nowhere until the broker has said so, and ends with its last trade', () => {
    const sent = sendOrder('i', 'tag', ticketOf(ORDER), 1_000);
    const ended: VenueOrder = { ...sent, status: 'CANCELLED', venueOrderId: 'v', filledQuantity: 4n };
    const fill = { tradeId: 't1', price: 95n, quantity: 4n, atMs: 1_000 };
    expect(standingOf(sent)).toBeUndefined();
    expect(standingOf(doubtOrder(sent, 'UNANSWERED', 2_000).order)).toBe('UNKNOWN');
    expect(standingOf({ ...sent, status: 'OPEN' })).toBe('OPEN');
    expect(standingOf(ended)).toBeUndefined();
    expect(standingOf({ ...ended, fills: [fill] })).toBe('CANCELLED');
  });

  it.each<[RejectReason, VenueOrder['status'], string | null]>([
    ['FUNDS_INSUFFICIENT', 'REJECTED', 'Insufficient funds. Required margin is 95417.84.'],
    ['FUNDS_INSUFFICIENT', 'NOT_PLACED', 'MarginException: not today.'],
    ['FUNDS_INSUFFICIENT', 'REJECTED', 'RMS:Margin Exceeds,Required:95417.84, Available:74251.80 for entity'],
    ['HOLDINGS_INSUFFICIENT', 'NOT_PLACED', 'HoldingException: add funds, or shares.'],
    ['HOLDINGS_INSUFFICIENT', 'REJECTED', 'RMS:Rule: Check holdings for entity account-AB1234 across margin'],
    ['HOLDINGS_INSUFFICIENT', 'REJECTED', 'Insufficient holdings: 5 available.'],
    ['PRICE_OUT_OF_BAND', 'REJECTED', 'Order price is beyond the circuit limits.'],
    [
      'PRICE_OUT_OF_BAND',
      'REJECTED',
      'RMS:Rule: Check circuit limit including square off order exceeds for margin',
    ],
    ['PRICE_OUT_OF_BAND', 'REJECTED', '17070 : The Price is out of the current execution range'],
    ['FREEZE_QUANTITY_EXCEEDED', 'REJECTED', 'RMS:Rule: Check freeze qty including square off order exceeds'],
    ['SESSION_CLOSED', 'REJECTED', '16278 : The markets have not been opened for trading'],
    ['INSTRUMENT_NOT_TRADABLE', 'REJECTED', '16387 : Security is not allowed to trade in this market'],
    ['OTHER', 'REJECTED', 'Refundable? No.'],
    ['OTHER', 'REJECTED', null],
    ['NOT_PLACED', 'NOT_PLACED', null],
  ])('is turned down for %s (%s: %s)', (reason, status, message) => {
    expect(rejectReasonOf({ status, message })).toBe(reason);
  });
});
