/** Wires the billing domain into one Subgraph value. */
import { Sealer } from '@gridworks/kit/audit/sealer';
import { EventRetention } from '@gridworks/kit/events/retention';
import { parseDecimal } from '@gridworks/kit/money';
import { SagaRunner } from '@gridworks/kit/saga/runner';
import { defineSubgraph, type Platform, type Subgraph } from '@gridworks/kit/subgraph';
import { createReactions } from './events.ts';
import { createRoutes } from './routes.ts';
import { createLoaders } from './loaders.ts';
import { Reconciliation } from './reconciliation.ts';
import {
  OrderChargesResolver,
  PlanResolver,
  ProposedOrderResolver,
  UserWalletResolver,
  WalletResolver,
  resolveOrder,
  resolvePlan,
  resolveProposedOrder,
  resolveUser,
  resolveWallet,
  type BillingContext,
} from './resolvers.ts';
import { Order, Plan, ProposedOrder, User, Wallet } from './schema.ts';
import { BillingStore } from './store.ts';
import { WithdrawalStore } from './store/withdrawal.ts';
import { withdrawalAnswers, withdrawalSaga } from './withdrawal.ts';
import { AuditResolver } from './resolvers/audit.ts';
import { ServiceEventResolver } from './resolvers/service-event.ts';
import { WithdrawalResolver } from './resolvers/withdrawal.ts';

export function createBilling(platform: Platform): Subgraph {
  const openingCredit = parseDecimal(platform.config.openingCredit);
  if (openingCredit === undefined || openingCredit < 0n) {
    throw new Error('GRIDWORKS_OPENING_CREDIT must be an amount in rupees, for example 1000000.00');
  }
  const { db, bus, clock, log, config } = platform;
  const store = new BillingStore(db);
  const withdrawals = new WithdrawalStore(db);
  const withdrawing = { db, clock, committed: (): void => bus.committed() };
  const sagas = new SagaRunner(db, bus, clock, log.child({ part: 'sagas' }));
  sagas.on(withdrawalSaga(withdrawing));
  const sealer = new Sealer(db, clock, log.child({ part: 'audit' }));
  const retention = new EventRetention(db, clock, log.child({ part: 'retention' }), config.retention);
  const reconciliation = new Reconciliation(db, bus, log.child({ part: 'reconciliation' }));
  return defineSubgraph<BillingContext>(platform, {
    name: 'billing',
    resolvers: [
      PlanResolver,
      UserWalletResolver,
      WalletResolver,
      OrderChargesResolver,
      ProposedOrderResolver,
      WithdrawalResolver,
      AuditResolver,
      ServiceEventResolver,
    ],
    types: [Plan, Wallet, User, Order, ProposedOrder],
    references: {
      Plan: resolvePlan,
      Wallet: resolveWallet,
      User: resolveUser,
      Order: resolveOrder,
      ProposedOrder: resolveProposedOrder,
    },
    routes: createRoutes(platform),
    context: (base) => ({
      ...base,
      platform,
      store,
      sagas,
      withdrawals,
      withdrawing,
      loaders: createLoaders(store),
    }),
    reactions: [...createReactions(openingCredit), withdrawalAnswers],
    start: async () => {
      await sealer.start();
      retention.start();
      sagas.start();
      reconciliation.start();
    },
    stop: async () => {
      await reconciliation.stop();
      await sagas.stop();
      await retention.stop();
      await sealer.stop();
    },
  });
}
