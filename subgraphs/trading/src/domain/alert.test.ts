import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALERTS_MAX,
  ALERT_CONDITIONS,
  AlertBoard,
  checkAlert,
  isReached,
  isSameAlert,
  type Alert,
  type AlertRequest,
} from './alert.ts';

const REQUEST: AlertRequest = {
  clientAlertId: 'a-1',
  symbol: 'TCS',
  condition: 'AT_OR_ABOVE',
  price: 110_00n,
};
const STANDING = { last: 100_00n, active: 0 };

function alertOf(id: string, more: Partial<Alert> = {}): Alert {
  return {
    ...REQUEST,
    id,
    tenantId: 't',
    userId: 'u',
    status: 'ACTIVE',
    createdAt: new Date(0),
    triggeredAt: null,
    triggeredPrice: null,
    sequence: null,
    ...more,
  };
}

describe('isReached', () => {
  it('holds at the price itself and beyond it', () => {
    const above = { condition: 'AT_OR_ABOVE', price: 100n } as const;
    const below = { condition: 'AT_OR_BELOW', price: 100n } as const;
    expect([99n, 100n, 101n].map((last) => isReached(above, last))).toEqual([false, true, true]);
    expect([99n, 100n, 101n].map((last) => isReached(below, last))).toEqual([true, true, false]);
  });
});

describe('checkAlert', () => {
  it('lets a sound request pass', () => {
    expect(checkAlert(REQUEST, STANDING)).toBeUndefined();
    expect(checkAlert(REQUEST, { ...STANDING, active: ALERTS_MAX - 1 })).toBeUndefined();
  });

  it.each([
    ['INSTRUMENT_UNKNOWN', { price: 0n }, { last: undefined, active: ALERTS_MAX }],
    ['ALERT_PRICE_INVALID', { price: 0n, clientAlertId: '' }, { active: ALERTS_MAX }],
    ['ALERT_PRICE_INVALID', { price: 1_000_000_001n }, {}],
    ['ALERT_REACHED', { price: 100_00n, clientAlertId: '' }, { active: ALERTS_MAX }],
    ['ALERT_REACHED', { price: 100_00n, condition: 'AT_OR_BELOW' }, {}],
    ['CLIENT_ALERT_ID_INVALID', { clientAlertId: 'a b' }, { active: ALERTS_MAX }],
    ['ALERTS_TOO_MANY', {}, { active: ALERTS_MAX }],
  ] as const)('says %s before all that comes later', (code, request, standing) => {
    expect(checkAlert({ ...REQUEST, ...request }, { ...STANDING, ...standing })).toMatchObject({ code });
  });

  it('knows a request again', () => {
    expect(isSameAlert(alertOf('a'), REQUEST)).toBe(true);
    expect(isSameAlert(alertOf('a'), { ...REQUEST, price: 1n })).toBe(false);
    expect(isSameAlert(alertOf('a'), { ...REQUEST, condition: 'AT_OR_BELOW' })).toBe(false);
    expect(isSameAlert(alertOf('a'), { ...REQUEST, symbol: 'INFY' })).toBe(false);
  });
});

describe('AlertBoard', () => {
  it('gives what a look at every alert would give', () => {
    const price = fc.integer({ min: 1, max: 20 }).map(BigInt);
    const symbol = fc.constantFrom('A', 'B');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add'), symbol, price, condition: fc.constantFrom(...ALERT_CONDITIONS) }),
      fc.record({ kind: fc.constant('remove'), at: fc.nat(40) }),
      fc.record({ kind: fc.constant('tick'), symbol, price }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const board = new AlertBoard();
        let waiting: Alert[] = [];
        steps.forEach((each, index) => {
          if ('condition' in each) {
            const alert = alertOf(String(index), each);
            board.add(alert);
            board.add(alert);
            waiting.push(alert);
          } else if ('at' in each) {
            const id = String(each.at);
            board.remove(id);
            waiting = waiting.filter((alert) => alert.id !== id);
          } else {
            const reached = waiting.filter(
              (alert) => alert.symbol === each.symbol && isReached(alert, each.price),
            );
            const taken = board.take(each.symbol, each.price);
            expect(new Set(taken)).toEqual(new Set(reached));
            expect(taken.length).toBe(reached.length);
            waiting = waiting.filter((alert) => !reached.includes(alert));
          }
          expect(board.size).toBe(waiting.length);
        });
      }),
    );
  });
});
