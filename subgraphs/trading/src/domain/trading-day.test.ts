import { istMidnight } from '@gridworks/kit/time';
import { describe, expect, it } from 'vitest';
import { Calendar, INDIAN_HOLIDAYS } from './calendar.ts';
import { haltDay, isSquaringOff, nextDay, nextPhase, type TradingDay } from './trading-day.ts';

const calendar = new Calendar(INDIAN_HOLIDAYS);

function at(date: string, clock: string): number {
  const [hour = 0, minute = 0, second = 0] = clock.split(':').map(Number);
  return istMidnight(date) + ((hour * 60 + minute) * 60 + second) * 1_000;
}

/** Date, time and phase of everything that is due by then, as one who was away goes through it. */
function through(day: TradingDay | undefined, date: string, clock: string, drawnMs = 30_000): string[] {
  const told: string[] = [];
  const nowMs = at(date, clock);
  for (let last = day; ;) {
    const next = nextDay(last, nowMs, calendar, drawnMs);
    if (next.dueAt > nowMs) return told;
    last = next.day;
    const time = new Date(next.dueAt - istMidnight(last.date)).toISOString().slice(11, 19);
    told.push(`${last.date} ${time} ${last.phase}${last.isMisClosed ? ' MIS' : ''}`);
  }
}

function on(date: string, phase: TradingDay['phase'], more: Partial<TradingDay> = {}): TradingDay {
  return { date, phase, endsAt: null, opensAt: null, isMisClosed: false, trippedBps: 0, ...more };
}

describe('nextDay', () => {
  it('goes through auction, buffer, trading and close, each at its time', () => {
    expect(through(on('2026-01-19', 'CLOSED'), '2026-01-20', '23:00')).toEqual([]);
    expect(
      through(
        on('2026-01-20', 'PRE_OPEN', {
          endsAt: at('2026-01-20', '09:07:30'),
          opensAt: at('2026-01-20', '09:15'),
        }),
        '2026-01-20',
        '23:00',
      ),
    ).toEqual([
      '2026-01-20 09:07:30 BUFFER',
      '2026-01-20 09:15:00 CONTINUOUS',
      '2026-01-20 15:20:00 CONTINUOUS MIS',
      '2026-01-20 15:30:00 CLOSED',
    ]);
    expect(through(on('2026-01-19', 'CLOSED'), '2026-01-20', '09:07:59', 59_999)).toEqual([
      '2026-01-20 09:00:00 PRE_OPEN',
    ]);
    expect(through(on('2026-01-19', 'CLOSED'), '2026-01-20', '09:07:00', 0)).toEqual([
      '2026-01-20 09:00:00 PRE_OPEN',
      '2026-01-20 09:07:00 BUFFER',
    ]);
  });

  it('rests on weekends and holidays, and leaves out days that were over before anybody noticed', () => {
    // 26 January 2026 is a Monday.
    expect(through(on('2026-01-23', 'CLOSED'), '2026-01-26', '12:00')).toEqual([]);
    expect(through(on('2026-01-23', 'CLOSED'), '2026-01-27', '09:01')).toEqual([
      '2026-01-27 09:00:00 PRE_OPEN',
    ]);
    expect(through(on('2026-01-19', 'CONTINUOUS'), '2026-01-22', '09:01')).toEqual([
      '2026-01-19 15:20:00 CONTINUOUS MIS',
      '2026-01-19 15:30:00 CLOSED',
      '2026-01-22 09:00:00 PRE_OPEN',
    ]);
  });

  it('begins with a close where no hours were kept', () => {
    expect(nextDay(undefined, at('2026-01-20', '12:00'), calendar, 0)).toEqual({
      dueAt: at('2026-01-20', '12:00'),
      day: on('2026-01-19', 'CLOSED'),
    });
  });

  it('opens by an auction after a halt, or not at all that day', () => {
    const trading = on('2026-01-20', 'CONTINUOUS');
    const ten = at('2026-01-20', '10:00');
    const halted = haltDay(trading, ten, 90, 100);
    expect(halted?.trippedBps).toBe(1_000);
    expect(haltDay(trading, ten, 90.1, 100)).toBeUndefined();
    expect(haltDay(on('2026-01-20', 'BUFFER'), ten, 80, 100)).toBeUndefined();
    expect(through(halted, '2026-01-20', '11:00', 10_000)).toEqual([
      '2026-01-20 10:45:00 PRE_OPEN',
      '2026-01-20 10:52:10 BUFFER',
      '2026-01-20 11:00:00 CONTINUOUS',
    ]);
    expect(through(haltDay(trading, ten, 120, 100), '2026-01-20', '15:30')).toEqual([
      '2026-01-20 15:30:00 CLOSED',
    ]);
  });
});

describe('nextPhase', () => {
  it('does not tell the random end of an auction, nor of what is no phase', () => {
    const date = '2026-01-20';
    const collecting = on(date, 'PRE_OPEN', { endsAt: at(date, '09:07:01'), opensAt: at(date, '09:15') });
    expect(nextPhase(collecting, at(date, '09:01'), calendar)).toEqual({
      phase: 'BUFFER',
      at: at(date, '09:08'),
    });
    const trading = on(date, 'CONTINUOUS');
    expect(nextPhase(trading, at(date, '10:00'), calendar)).toEqual({
      phase: 'CLOSED',
      at: at(date, '15:30'),
    });
  });
});

describe('isSquaringOff', () => {
  it('is at the end of a day, and at the beginning for what was left of one, not after a halt', () => {
    const date = '2026-01-20';
    const when = (phase: TradingDay['phase'], more: Partial<TradingDay> = {}): boolean =>
      isSquaringOff(on(date, phase, more));
    expect([
      when('CONTINUOUS'),
      when('BUFFER'),
      when('CLOSED'),
      when('PRE_OPEN', { trippedBps: 1_000 }),
    ]).toEqual([false, false, false, false]);
    expect([when('CONTINUOUS', { isMisClosed: true }), when('PRE_OPEN')]).toEqual([true, true]);
  });
});
