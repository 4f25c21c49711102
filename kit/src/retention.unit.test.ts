import { expect, it } from 'vitest';
import { AUDIT_TOPICS, keptSince } from './audit.ts';
import { readConfig } from './config.ts';
import { RETENTION_CLASSES, keptOf, topicsOf } from './retention.ts';

const NOW_MS = Date.UTC(2026, 0, 31);

it('keeps what is no record for days, by class, unless a setting says otherwise', () => {
  const settings = readConfig({ GRIDWORKS_RETENTION_DAYS: 'TICKS=30,METRICS=1' }).retention;
  expect(keptOf('METRICS', NOW_MS, {})).toEqual(new Date('2026-01-24T00:00:00Z'));
  expect(keptOf('METRICS', NOW_MS, settings)).toEqual(new Date('2026-01-30T00:00:00Z'));
  expect(keptOf('TICKS', NOW_MS, settings)).toEqual(new Date('2026-01-01T00:00:00Z'));
  expect(keptOf('OPERATIONS', NOW_MS, settings)).toEqual(new Date('2026-01-01T00:00:00Z'));
  expect(keptOf('TICKS', 0, {})).toEqual(new Date(0));
});

it('keeps what books are built of as long as records, whatever a setting says', () => {
  expect(keptOf('BOOKS', NOW_MS, {})).toEqual(keptSince(NOW_MS));
  for (const wrong of ['BOOKS=1', 'TICKS=0', 'TICKS', 'TICKS=1,'])
    expect(() => readConfig({ GRIDWORKS_RETENTION_DAYS: wrong })).toThrow('GRIDWORKS_RETENTION_DAYS');
});

it('has no record in any class', () => {
  const passing = RETENTION_CLASSES.flatMap(topicsOf);
  expect(passing.filter((topic) => (AUDIT_TOPICS as readonly string[]).includes(topic))).toEqual([]);
  expect(new Set(passing).size).toBe(passing.length);
});
