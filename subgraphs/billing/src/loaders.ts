/** Batches of this domain, one per entity; made anew for each operation so that nothing outlives what a caller may see. */
import DataLoader from 'dataloader';
import { inOrder } from '@gridworks/kit/loader';
import type { BillingStore, PlanRow, WalletRow } from './store.ts';

export interface BillingLoaders {
  /** By the user's uuid. */
  readonly wallet: DataLoader<string, WalletRow | undefined>;
  /** By tier. */
  readonly plan: DataLoader<string, PlanRow | undefined>;
}

export function createLoaders(store: BillingStore): BillingLoaders {
  return {
    wallet: new DataLoader(async (ids) => inOrder(ids, await store.walletsByUsers(ids), (row) => row.userId)),
    plan: new DataLoader(async (tiers) => inOrder(tiers, await store.plansByTiers(tiers), (row) => row.tier)),
  };
}
