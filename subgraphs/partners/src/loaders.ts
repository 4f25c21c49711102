/** Batches of this domain, one per entity; made anew for each operation so that nothing outlives what a caller may see. */
import DataLoader from 'dataloader';
import { grouped, inOrder } from '@gridworks/kit/loader';
import type { Clock } from '@gridworks/kit/time';
import { PERIOD_MS, type UsagePeriod } from './domain/usage.ts';
import type { AppRow, KeyRow, PartnerRow, PartnersStore, UsageRow } from './store.ts';

export interface UsageAsked {
  readonly appId: string;
  readonly period: UsagePeriod;
}

export interface PartnersLoaders {
  readonly partner: DataLoader<string, PartnerRow | undefined>;
  readonly app: DataLoader<string, AppRow | undefined>;
  readonly appsOfPartner: DataLoader<string, AppRow[]>;
  readonly keysOfApp: DataLoader<string, KeyRow[]>;
  readonly usage: DataLoader<UsageAsked, UsageRow | undefined, string>;
}

export function createLoaders(store: PartnersStore, clock: Clock): PartnersLoaders {
  return {
    partner: new DataLoader(async (ids) => inOrder(ids, await store.partnersByIds(ids), ({ id }) => id)),
    app: new DataLoader(async (ids) => inOrder(ids, await store.appsByIds(ids), ({ id }) => id)),
    appsOfPartner: new DataLoader(async (ids) =>
      grouped(ids, await store.appsByPartnerIds(ids), (row) => row.partnerId),
    ),
    keysOfApp: new DataLoader(async (ids) => grouped(ids, await store.keysByAppIds(ids), (row) => row.appId)),
    usage: new DataLoader(async (asked) => usageOf(asked, store, clock()), {
      cacheKeyFn: ({ appId, period }) => `${period}:${appId}`,
    }),
  };
}

/** One query a period, and there are three of them. */
async function usageOf(
  asked: readonly UsageAsked[],
  store: PartnersStore,
  nowMs: number,
): Promise<(UsageRow | undefined)[]> {
  const periods = [...new Set(asked.map(({ period }) => period))];
  const byPeriod = new Map(
    await Promise.all(
      periods.map(async (period) => {
        const appIds = asked.flatMap((each) => (each.period === period ? [each.appId] : []));
        const rows = await store.usageByAppIds(appIds, new Date(nowMs - PERIOD_MS[period]));
        return [period, new Map(rows.map((row) => [row.appId, row]))] as const;
      }),
    ),
  );
  return asked.map(({ appId, period }) => byPeriod.get(period)?.get(appId));
}
