import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines } from './deadlines.ts';

// Time is the only thing under test here, so it is in the test's hands.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function dues(): { told: string[]; due: (name: string) => { due(): void } } {
  const told: string[] = [];
  return { told, due: (name) => ({ due: () => told.push(name) }) };
}

describe('deadlines', () => {
  it('are never early, and at most a quarter of a second late', () => {
    const { told, due } = dues();
    const deadlines = new Deadlines();
    vi.advanceTimersByTime(123);
    for (const waitMs of [0, 1, 250, 999, 5_000]) deadlines.add(due(String(waitMs)), waitMs);
    for (let atMs = 0; atMs <= 6_000; atMs++) {
      for (const waitMs of [0, 1, 250, 999, 5_000]) {
        if (atMs < waitMs) expect(told).not.toContain(String(waitMs));
        if (atMs > waitMs + 500) expect(told).toContain(String(waitMs));
      }
      vi.advanceTimersByTime(1);
    }
    expect(told).toEqual(['0', '1', '250', '999', '5000']);
    expect(deadlines.size).toBe(0);
  });

  it('share one timer, which ends when nothing is waited for', () => {
    const { told, due } = dues();
    const deadlines = new Deadlines();
    const gone = due('gone');
    const step = deadlines.add(gone, 1_000);
    deadlines.add(due('kept'), 1_000);
    expect(vi.getTimerCount()).toBe(1);
    deadlines.remove(gone, step);
    deadlines.remove(gone, step);
    vi.advanceTimersByTime(2_000);
    expect(told).toEqual(['kept']);
    expect(vi.getTimerCount()).toBe(0);
    deadlines.add(due('later'), 100);
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual(['kept', 'later']);
  });
});
