/** Wires the billing domain into one Subgraph value. */
import { parseDecimal } from '@gridworks/kit/money';
import { defineSubgraph, type Platform, type Subgraph } from '@gridworks/kit/subgraph';
import { createReactions } from './events.ts';
import { createLoaders } from './loaders.ts';
import { Reconciliation } from './reconciliation.ts';
import {
  OrderChargesResolver,
  PlanResolver,
  UserWalletResolver,
  WalletResolver,
  resolveOrder,
  resolvePlan,
  resolveUser,
  resolveWallet,
  type BillingContext,
} from './resolvers.ts';
import { Order, Plan, User, Wallet } from './schema.ts';
import { BillingStore } from './store.ts';

export function createBilling(platform: Platform): Subgraph {
  const openingCredit = parseDecimal(platform.config.openingCredit);
  if (openingCredit === undefined || openingCredit < 0n) {
    throw new Error('GRIDWORKS_OPENING_CREDIT must be an amount in rupees, for example 1000000.00');
  }
  const { db, bus, log } = platform;
  const store = new BillingStore(db);
  const reconciliation = new Reconciliation(db, bus, log.child({ part: 'reconciliation' }));
  return defineSubgraph<BillingContext>(platform, {
    name: 'billing',
    resolvers: [PlanResolver, UserWalletResolver, WalletResolver, OrderChargesResolver],
    types: [Plan, Wallet, User, Order],
    references: { Plan: resolvePlan, Wallet: resolveWallet, User: resolveUser, Order: resolveOrder },
    context: (base) => ({ ...base, store, loaders: createLoaders(store) }),
    reactions: createReactions(openingCredit),
    start: async () => reconciliation.start(),
    stop: () => reconciliation.stop(),
  });
}
