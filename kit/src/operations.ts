/**
 * What operators are told of the running services: how they are, how fast they answer, what went wrong, what was started
 * and stopped. These are events like any other, of no tenant, in the log for some days (`retention.ts`); they are no records
 * of the audit trail.
 */
import type { Topic } from '@gridworks/schema/events';
import type { EventOf, NewEvent } from './events.ts';

export const OPERATIONS_TOPICS = [
  'services.health.status',
  'services.performance.metrics',
  'errors.critical',
  'errors.warning',
  'deployments.status',
] as const satisfies readonly Topic[];

export type OperationsTopic = (typeof OPERATIONS_TOPICS)[number];
/** One that happened and is not in the log yet. */
export type OperationsEvent = Extract<NewEvent, { readonly topic: OperationsTopic }>;
/** One as the log has it. */
export type LoggedOperationsEvent = EventOf<OperationsTopic>;
