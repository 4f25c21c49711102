/** What the door asks beside GraphQL: whose key this is, and that it was used. */
import type { AppCaller } from '@gridworks/kit/caller';
import { isUuid } from '@gridworks/kit/id';
import type { Routes } from '@gridworks/kit/subgraph';
import type { Clock } from '@gridworks/kit/time';
import { z } from 'zod';
import { parseKey } from './domain/key.ts';
import type { PartnersStore } from './store.ts';

const IdentifyBody = z.object({ key: z.string() });
const UsageBody = z.object({
  usage: z.array(
    z
      .object({
        keyId: z.string().refine(isUuid, 'a uuid is expected'),
        requests: z.int().positive(),
        errors: z.int().nonnegative(),
      })
      .refine(({ requests, errors }) => errors <= requests, 'there cannot be more errors than requests'),
  ),
});

/** Bodies of another shape are a fault of the door: they throw, and nothing of them is counted. */
export function createRoutes(store: PartnersStore, clock: Clock): Routes {
  return {
    '/identify': async (body): Promise<{ caller: AppCaller | null }> => {
      const key = parseKey(IdentifyBody.parse(body).key);
      return { caller: (key && (await store.identify(key))) ?? null };
    },
    '/usage': async (body): Promise<Record<string, never>> => {
      const { usage } = UsageBody.parse(body);
      if (usage.length > 0) await store.recordUsage(usage, clock());
      return {};
    },
  };
}
