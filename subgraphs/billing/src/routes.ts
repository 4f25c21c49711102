/** What the door hands in beside GraphQL: it has no database of its own. */
import { publish } from '@gridworks/kit/events';
import { readOperations } from '@gridworks/kit/operations/handed-in';
import type { Platform, Routes } from '@gridworks/kit/subgraph';

/** Bodies of another shape are a fault of the door: they throw, and nothing of them is published. */
export function createRoutes({ db, bus }: Pick<Platform, 'db' | 'bus'>): Routes {
  return {
    '/operations': async (body): Promise<Record<string, never>> => {
      const events = readOperations(body);
      await db.backgroundTransaction((tx) => publish(tx, events));
      bus.committed();
      return {};
    },
  };
}
