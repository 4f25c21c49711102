/** What operators are to hear of a process without a database, as it hands it in to one that has one. */
import { z } from 'zod';
import { OPERATIONS_TOPICS, type OperationsEvent } from '../operations.ts';

const EVENTS_MAX = 1_000;

const Body = z.object({
  events: z
    .array(
      z.object({
        topic: z.enum(OPERATIONS_TOPICS),
        key: z.string().max(100),
        tenantId: z.null(),
        payload: z.looseObject({ service: z.string(), instance: z.string(), at: z.iso.datetime() }),
      }),
    )
    .max(EVENTS_MAX),
});

/** Throws when the body is none. Who may call is known: the rest of a payload is as the reporter wrote it. */
export function readOperations(body: unknown): readonly OperationsEvent[] {
  return Body.parse(body).events as unknown as readonly OperationsEvent[];
}
