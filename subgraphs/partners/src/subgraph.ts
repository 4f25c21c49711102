/** Wires the partners domain into one Subgraph value. */
import { defineSubgraph, type Platform, type Subgraph } from '@gridworks/kit/subgraph';
import { createLoaders } from './loaders.ts';
import {
  PartnerAppResolver,
  PartnerResolver,
  resolveApp,
  resolvePartner,
  type PartnersContext,
} from './resolvers.ts';
import { createRoutes } from './routes.ts';
import { Partner, PartnerApp } from './schema.ts';
import { PartnersStore } from './store.ts';

export function createPartners(platform: Platform): Subgraph {
  const store = new PartnersStore(platform.db);
  return defineSubgraph<PartnersContext>(platform, {
    name: 'partners',
    resolvers: [PartnerResolver, PartnerAppResolver],
    types: [Partner, PartnerApp],
    references: { Partner: resolvePartner, PartnerApp: resolveApp },
    context: (base) => ({ ...base, platform, store, loaders: createLoaders(store, platform.clock) }),
    routes: createRoutes(store, platform.clock),
    stop: () => store.close(),
  });
}
