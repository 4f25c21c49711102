/** Batches of this domain, one per entity; made anew for each operation so that nothing outlives what a caller may see. */
import DataLoader from 'dataloader';
import type { TenantRow, UserRow, UsersStore } from './store.ts';

export interface UsersLoaders {
  readonly user: DataLoader<string, UserRow | undefined>;
  readonly tenant: DataLoader<string, TenantRow | undefined>;
}

export function createLoaders(store: UsersStore): UsersLoaders {
  return {
    user: new DataLoader(async (ids) => inOrder(ids, await store.usersByIds(ids))),
    tenant: new DataLoader(async (ids) => inOrder(ids, await store.tenantsByIds(ids))),
  };
}

function inOrder<T extends { readonly id: string }>(
  ids: readonly string[],
  rows: readonly T[],
): (T | undefined)[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id));
}
