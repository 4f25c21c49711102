/**
 * For how long is kept what is no record of the audit trail: ages by class, as data with the day from which they hold.
 * Records have an age of their own (`audit.ts`).
 */
import type { Topic } from '@gridworks/schema/events';
import { keptSince, type AuditTopic } from './audit.ts';
import { DAY_MS } from './time.ts';

export const RETENTION_CLASSES = ['METRICS', 'OPERATIONS', 'DERIVED', 'BOOKS', 'TICKS'] as const;
export type RetentionClass = (typeof RETENTION_CLASSES)[number];

/** A topic is of one class, or of the audit trail. */
const CLASS_OF: Readonly<Record<Exclude<Topic, AuditTopic>, Exclude<RetentionClass, 'TICKS'>>> = {
  'services.performance.metrics': 'METRICS',
  'services.health.status': 'OPERATIONS',
  'errors.critical': 'OPERATIONS',
  'errors.warning': 'OPERATIONS',
  'deployments.status': 'OPERATIONS',
  // What they tell stands in tables, and no read model is built of them alone.
  'positions.updated': 'DERIVED',
  'candles.recorded': 'DERIVED',
  'alerts.triggered': 'DERIVED',
  'anonymous.butler.interactions': 'DERIVED',
  // Read models are built of these and of records: they go together.
  'orders.entered': 'BOOKS',
  'orders.adjusted': 'BOOKS',
  'instruments.adjusted': 'BOOKS',
};

/**
 * [the day from which it holds, days]. METRICS: a week, to compare this one with the last. OPERATIONS: a month, in which
 * an incident is looked into. DERIVED: a quarter, in which a consumer may be added and hear the past. TICKS: a year and a
 * day, so that a year can be played; orders and trades, which have to be kept for years, are kept as such. BOOKS are kept
 * as long as records, and no setting shortens that.
 */
const KEPT_DAYS: Readonly<
  Record<Exclude<RetentionClass, 'BOOKS'>, readonly (readonly [from: string, days: number])[]>
> = {
  METRICS: [['2000-01-01', 7]],
  OPERATIONS: [['2000-01-01', 30]],
  DERIVED: [['2000-01-01', 90]],
  TICKS: [['2000-01-01', 366]],
};

/** Days in place of the ages that are data here. */
export type RetentionSettings = Readonly<Partial<Record<Exclude<RetentionClass, 'BOOKS'>, number>>>;

/** What is of this class and from before this instant may go; `nowMs` is milliseconds since the epoch. */
export function keptOf(of: RetentionClass, nowMs: number, settings: RetentionSettings): Date {
  if (of === 'BOOKS') return keptSince(nowMs);
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const days = settings[of] ?? KEPT_DAYS[of].findLast(([from]) => from <= today)?.[1] ?? Infinity;
  return new Date(Math.max(0, nowMs - days * DAY_MS));
}

export function topicsOf(of: RetentionClass): readonly Topic[] {
  return (Object.keys(CLASS_OF) as (keyof typeof CLASS_OF)[]).filter((topic) => CLASS_OF[topic] === of);
}
