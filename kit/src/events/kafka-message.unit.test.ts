import { describe, expect, it } from 'vitest';
import { fromMessage, isAfter, streamOf, toMessage } from './kafka-message.ts';
import type { LoggedEvent } from './log.ts';

const event: LoggedEvent = {
  xid: '18446744073709551615',
  pos: 9_007_199_254_740_993n,
  id: '01a20228-5916-7719-a958-7987b94b00aa',
  topic: 'wallets.credited',
  key: 'an order',
  tenantId: '01a20228-5916-7719-a958-7987b94b00ab',
  at: new Date('2026-01-30T09:15:00.123Z'),
  payload: { userId: 'asha', amount: '5', reason: 'HOLD_RELEASED', orderId: 'an order' },
};

/** As Kafka hands it over: bytes. */
function carried(sent: LoggedEvent): Parameters<typeof fromMessage>[0] {
  const { value, headers } = toMessage(sent);
  const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]);
  return { value: Buffer.from(value), headers: Object.fromEntries(bytes) as Record<string, Buffer> };
}

describe('an event as a message', () => {
  it('comes out as it went in', () => {
    expect(fromMessage(carried(event))).toEqual(event);
    expect(fromMessage(carried({ ...event, tenantId: null }))).toEqual({ ...event, tenantId: null });
  });

  it('goes by its user, or by its key where there is none', () => {
    expect(toMessage(event).key).toBe('asha');
    const candles = { symbol: 'TCS', interval: 'ONE_DAY', candles: [] } as const;
    expect(toMessage({ ...event, topic: 'candles.recorded', key: 'TCS', payload: candles }).key).toBe('TCS');
  });

  it('shares a stream with the other events of its domain, under the prefix of its graph', () => {
    expect(streamOf('gridworks', 'orders.created')).toBe('gridworks.orders');
    expect(streamOf('gridworks', 'orders.executed')).toBe('gridworks.orders');
    expect(streamOf('other', 'audit.user.actions')).toBe('other.audit');
  });

  it('of somebody else is not taken for one of ours', () => {
    expect(() => fromMessage({ value: Buffer.from('{}'), headers: {} })).toThrow(/no header/);
  });
});

it('a place is after another by transaction, then by number, however long the numbers', () => {
  const mark = { xid: '100', pos: 5n };
  expect(isAfter({ xid: '100', pos: 6n }, mark)).toBe(true);
  expect(isAfter({ xid: '100', pos: 5n }, mark)).toBe(false);
  expect(isAfter({ xid: '99', pos: 7n }, mark)).toBe(false);
  expect(isAfter({ xid: '101', pos: 1n }, mark)).toBe(true);
});
