/** Wires the trading domain into one Subgraph value. */
import type { TickSettings } from '@gridworks/kit/config';
import { defineSubgraph, type HookVerdict, type Platform, type Subgraph } from '@gridworks/kit/subgraph';
import { SagaRunner } from '@gridworks/kit/saga/runner';
import { AlertWatch } from './alerts.ts';
import { basketSaga } from './basket.ts';
import { Broker } from './broker.ts';
import { creditAccounts, reactions, releaseWithdrawals } from './events.ts';
import { Exchange } from './exchange.ts';
import { GttWatch } from './gtts.ts';
import { TradingHours } from './hours.ts';
import { createLoaders } from './loaders.ts';
import { MarginWatch } from './margin-watch.ts';
import { SimulatedMarket, type Market } from './market.ts';
import { rebalancingSaga } from './rebalancing.ts';
import { CandleRecorder } from './recorder.ts';
import {
  DepthUpdateResolver,
  InstrumentResolver,
  MarketResolver,
  resolveInstrument,
} from './resolvers/market.ts';
import {
  HoldingResolver,
  PortfolioResolver,
  PositionResolver,
  UserPortfolioResolver,
  resolvePosition,
} from './resolvers/portfolio.ts';
import { OrderResolver, UserOrdersResolver, resolveOrder, resolveTrade } from './resolvers/order.ts';
import { MarketSessionResolver } from './resolvers/session.ts';
import { TickRecordResolver } from './resolvers/tick.ts';
import { resolveUser, type TradingContext } from './resolvers/context.ts';
import { VenueResolver } from './resolvers/venue.ts';
import { BasketResolver, SagaResolver } from './resolvers/basket.ts';
import { RebalancingOrderResolver, RebalancingResolver } from './resolvers/rebalancing.ts';
import { ProposedOrderResolver, resolveProposedOrder } from './resolvers/proposed-order.ts';
import { AlertResolver, UserAlertsResolver, resolveAlert } from './resolvers/alert.ts';
import { GttResolver, UserGttsResolver, resolveGtt } from './resolvers/gtt.ts';
import { UserWatchlistsResolver, WatchlistResolver, resolveWatchlist } from './resolvers/watchlist.ts';
import { OrderEventRetention } from './retention.ts';
import { ClickHouse } from './remote/clickhouse.ts';
import { machineTime, type Time } from './remote/time.ts';
import { Instrument } from './schema/market.ts';
import { Order, Trade } from './schema/order.ts';
import { Position } from './schema/portfolio.ts';
import { User } from './schema/user.ts';
import { Alert } from './schema/alert.ts';
import { Gtt } from './schema/gtt.ts';
import { Watchlist } from './schema/watchlist.ts';
import { Basket } from './schema/basket.ts';
import { ProposedOrder } from './schema/rebalancing.ts';
import { Saga } from './schema/saga.ts';
import { AccountStore } from './store/account.ts';
import { AlertStore } from './store/alert.ts';
import { CandleStore } from './store/candle.ts';
import { GttStore } from './store/gtt.ts';
import { InstrumentStore } from './store/instrument.ts';
import { OrderStore } from './store/order.ts';
import { PortfolioStore } from './store/portfolio.ts';
import { PositionStore } from './store/position.ts';
import { TickFile } from './store/tick-file.ts';
import { WatchlistStore } from './store/watchlist.ts';
import type { TickArchive } from './tick-archive.ts';
import { TickKeeper } from './tick-keeper.ts';
import { TickRetention } from './tick-retention.ts';

/**
 * `openMarket`: another market than the simulated one, where that is to run; the exchange stands when it is opened.
 * `time` calls back when a phase of the trading day is over, and is what passes for a broker.
 */
export function createTrading(
  platform: Platform,
  openMarket?: (exchange: Exchange) => Market,
  time: Time = machineTime,
): Subgraph {
  const { db, bus, clock, config } = platform;
  const log = platform.log.child({ part: 'exchange' });
  const instruments = new InstrumentStore(db);
  const candles = new CandleStore(db);
  const positions = new PositionStore(db);
  const watchlists = new WatchlistStore(db);
  const alerts = new AlertStore(db);
  const gtts = new GttStore(db);
  const exchange = new Exchange(db, bus, clock, log, instruments, config.orderRateMax);
  const hours = new TradingHours(exchange, instruments, config.session, clock, time, log);
  const shown = (): Promise<void> => exchange.shown();
  const portfolios = new PortfolioStore(db, shown);
  const accounts = new AccountStore(db, shown);
  const orders = new OrderStore(db, shown);
  const recorder = new CandleRecorder(exchange, candles, clock, log);
  const archive = archiveOf(config.ticks);
  const ticks = archive && new TickKeeper(exchange, archive, log);
  const tickRetention = ticks && new TickRetention(ticks, clock, log, config.retention);
  const alertWatch = new AlertWatch(db, exchange, alerts, bus, clock, log);
  const gttWatch = new GttWatch(exchange, gtts, clock, log);
  const marginWatch = new MarginWatch(exchange, log);
  const retention = new OrderEventRetention(db, clock, log, config.orderEventsDays);
  const sagas = new SagaRunner(db, bus, clock, log.child({ part: 'sagas' }));
  sagas.on(basketSaga(db, exchange));
  const rebalancing = { db, exchange, instruments, clock };
  sagas.on(rebalancingSaga(rebalancing));
  if (ticks) platform.reporter.watch('ticks', () => !ticks.isAway);
  if (config.broker) platform.reporter.watch('venue', () => broker?.state === 'CONNECTED');
  let broker: Broker | undefined;
  let market: Market | undefined;

  return defineSubgraph<TradingContext>(platform, {
    name: 'trading',
    resolvers: [
      InstrumentResolver,
      OrderResolver,
      PositionResolver,
      UserOrdersResolver,
      UserPortfolioResolver,
      PortfolioResolver,
      HoldingResolver,
      MarketResolver,
      MarketSessionResolver,
      DepthUpdateResolver,
      TickRecordResolver,
      WatchlistResolver,
      UserWatchlistsResolver,
      AlertResolver,
      UserAlertsResolver,
      BasketResolver,
      SagaResolver,
      RebalancingResolver,
      RebalancingOrderResolver,
      ProposedOrderResolver,
      GttResolver,
      UserGttsResolver,
      VenueResolver,
    ],
    types: [Instrument, Order, Trade, Position, User, Watchlist, Alert, Basket, Saga, Gtt, ProposedOrder],
    references: {
      Instrument: resolveInstrument,
      Order: resolveOrder,
      Trade: resolveTrade,
      Position: resolvePosition,
      User: resolveUser,
      Watchlist: resolveWatchlist,
      Alert: resolveAlert,
      Gtt: resolveGtt,
      ProposedOrder: resolveProposedOrder,
    },
    context: (base) => ({
      ...base,
      platform,
      exchange,
      broker,
      hours,
      instruments,
      recorder,
      ticks,
      orders,
      accounts,
      positions,
      watchlists,
      alerts,
      alertWatch,
      sagas,
      rebalancing,
      gtts,
      gttWatch,
      loaders: createLoaders(instruments, orders, positions, portfolios, watchlists, alerts, gtts, clock),
    }),
    hooks: config.broker ? { broker: (text) => postback(broker, text) } : {},
    reactions: [creditAccounts(exchange), releaseWithdrawals(exchange), ...reactions],
    start: async () => {
      if (config.broker) {
        broker = await Broker.of(config.broker, platform, exchange, time);
        exchange.routeTo(broker.desk);
      }
      await exchange.start();
      await recorder.start();
      await hours.start();
      ticks?.start();
      tickRetention?.start('LATER');
      await alertWatch.start();
      await gttWatch.start();
      marginWatch.start();
      retention.start();
      sagas.start();
      market = broker?.market;
      market?.start();
      await broker?.desk.start();
      if (broker || config.simulatorSeed === undefined) return;
      market = openMarket?.(exchange) ?? new SimulatedMarket(config.simulatorSeed, exchange, clock, log);
      market.start();
    },
    stop: async () => {
      await market?.stop();
      await broker?.desk.stop();
      await hours.stop();
      await sagas.stop();
      await retention.stop();
      await marginWatch.stop();
      await gttWatch.stop();
      await alertWatch.stop();
      await tickRetention?.stop();
      await ticks?.stop();
      await recorder.stop();
      await exchange.stop();
    },
  });
}

async function postback(broker: Broker | undefined, text: string): Promise<HookVerdict> {
  if (!broker) throw new Error('there is no broker before the start');
  return broker.takePostback(text);
}

function archiveOf(settings: TickSettings | undefined): TickArchive | undefined {
  if (!settings) return undefined;
  return settings.kind === 'FILE' ? new TickFile(settings.path) : new ClickHouse(settings.url);
}
