/** Wires the trading domain into one Subgraph value. */
import { defineSubgraph, type Platform, type Subgraph } from '@gridworks/kit/subgraph';
import { reactions } from './events.ts';
import { Exchange } from './exchange.ts';
import { createLoaders } from './loaders.ts';
import { SimulatedMarket } from './market.ts';
import { CandleRecorder } from './recorder.ts';
import {
  HoldingResolver,
  InstrumentResolver,
  MarketResolver,
  OrderResolver,
  PortfolioResolver,
  PositionResolver,
  UserResolver,
  resolveInstrument,
  resolveOrder,
  resolvePosition,
  resolveTrade,
  resolveUser,
  type TradingContext,
} from './resolvers.ts';
import { OrderEventRetention } from './retention.ts';
import { Instrument, Order, Position, Trade, User } from './schema.ts';
import { AccountStore } from './store/account.ts';
import { CandleStore } from './store/candle.ts';
import { InstrumentStore } from './store/instrument.ts';
import { OrderStore } from './store/order.ts';
import { PortfolioStore } from './store/portfolio.ts';
import { PositionStore } from './store/position.ts';

export function createTrading(platform: Platform): Subgraph {
  const { db, bus, clock, config } = platform;
  const log = platform.log.child({ part: 'exchange' });
  const instruments = new InstrumentStore(db);
  const candles = new CandleStore(db);
  const orders = new OrderStore(db);
  const accounts = new AccountStore(db);
  const positions = new PositionStore(db);
  const portfolios = new PortfolioStore(db);
  const exchange = new Exchange(db, bus, clock, log, instruments);
  const recorder = new CandleRecorder(exchange, candles, clock, log);
  const retention = new OrderEventRetention(db, clock, log, config.orderEventsDays);
  let market: SimulatedMarket | undefined;

  return defineSubgraph<TradingContext>(platform, {
    name: 'trading',
    resolvers: [
      InstrumentResolver,
      OrderResolver,
      PositionResolver,
      UserResolver,
      PortfolioResolver,
      HoldingResolver,
      MarketResolver,
    ],
    types: [Instrument, Order, Trade, Position, User],
    references: {
      Instrument: resolveInstrument,
      Order: resolveOrder,
      Trade: resolveTrade,
      Position: resolvePosition,
      User: resolveUser,
    },
    context: (base) => ({
      ...base,
      platform,
      exchange,
      instruments,
      candles,
      recorder,
      orders,
      accounts,
      positions,
      loaders: createLoaders(instruments, orders, positions, portfolios, clock),
    }),
    reactions,
    start: async () => {
      await exchange.start();
      await recorder.start();
      retention.start();
      if (config.simulatorSeed === undefined) return;
      market = new SimulatedMarket(config.simulatorSeed, exchange, clock, log);
      market.start();
    },
    stop: async () => {
      await market?.stop();
      await retention.stop();
      await recorder.stop();
      await exchange.stop();
    },
  });
}
