/** Batches of this domain, one per entity; made anew for each operation so that nothing outlives what a caller may see. */
import DataLoader from 'dataloader';
import { inOrder } from '@gridworks/kit/loader';
import type { TenantRow, UserRow, UsersStore } from './store.ts';

export interface UsersLoaders {
  readonly user: DataLoader<string, UserRow | undefined>;
  readonly tenant: DataLoader<string, TenantRow | undefined>;
}

export function createLoaders(store: UsersStore): UsersLoaders {
  return {
    user: new DataLoader(async (ids) => inOrder(ids, await store.usersByIds(ids), ({ id }) => id)),
    tenant: new DataLoader(async (ids) => inOrder(ids, await store.tenantsByIds(ids), ({ id }) => id)),
  };
}
