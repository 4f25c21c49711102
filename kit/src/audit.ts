/**
 * The audit trail: which events are records of it, in which stream, and for how long they are kept. The records are the
 * events themselves, written in the transaction of what they tell of (orders: by the journal, milliseconds later); seals
 * over them (`audit/`) make a later change visible.
 */
import type { Topic } from '@gridworks/schema/events';

export const AUDIT_STREAMS = {
  /** What moved money or shares. */
  FINANCIAL_TRANSACTIONS: [
    'orders.executed',
    'orders.margined',
    'wallets.credited',
    'withdrawals.requested',
    'withdrawals.released',
    'withdrawals.refused',
    'withdrawals.cancelled',
    'withdrawals.posted',
  ],
  /** What users did. */
  USER_ACTIONS: [
    'users.registered',
    'users.authenticated',
    'orders.created',
    'orders.triggered',
    'orders.modified',
    'orders.cancelled',
    'portfolios.rebalanced',
    'audit.user.actions',
  ],
  ADMIN_ACTIONS: ['audit.admin.actions'],
  SECURITY_EVENTS: ['audit.security.events'],
  COMPLIANCE_CHECKS: ['audit.compliance.checks'],
} as const satisfies Readonly<Record<string, readonly Topic[]>>;

export type AuditStream = keyof typeof AUDIT_STREAMS;
export type AuditTopic = (typeof AUDIT_STREAMS)[AuditStream][number];

/** Every topic whose events are records. One that is added is sealed from then on. */
export const AUDIT_TOPICS: readonly AuditTopic[] = Object.values(AUDIT_STREAMS).flat();

const STREAM_OF = new Map<Topic, AuditStream>(
  (Object.keys(AUDIT_STREAMS) as AuditStream[]).flatMap((stream) =>
    AUDIT_STREAMS[stream].map((topic): [Topic, AuditStream] => [topic, stream]),
  ),
);

export function streamOfTopic(topic: Topic): AuditStream | undefined {
  return STREAM_OF.get(topic);
}

/**
 * For how long records are kept: [the day from which it holds, years]. Books of account and what supports them are kept
 * for eight financial years (Companies Act 2013, section 128 (5)), which is longer than the five years of SEBI (Stock
 * Brokers) Regulations 1992, regulation 18; the year begun is added. All streams are of this one class.
 */
const KEPT_YEARS: readonly (readonly [from: string, years: number])[] = [['2000-01-01', 9]];

/** Records of before this instant may go; `nowMs` is milliseconds since the epoch. */
export function keptSince(nowMs: number): Date {
  const since = new Date(nowMs);
  const today = since.toISOString().slice(0, 10);
  const years = KEPT_YEARS.findLast(([from]) => from <= today)?.[1] ?? 0;
  since.setUTCFullYear(since.getUTCFullYear() - years);
  return since;
}
