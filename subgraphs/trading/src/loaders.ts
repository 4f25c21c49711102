/** Batches of this domain, one per entity; made anew for each operation so that nothing outlives what a caller may see. */
import DataLoader from 'dataloader';
import { grouped, inOrder } from '@gridworks/kit/loader';
import { istDate, type Clock } from '@gridworks/kit/time';
import type { Alert } from './domain/alert.ts';
import type { Gtt } from './domain/gtt.ts';
import { PortfolioBuilder } from './domain/portfolio.ts';
import type { Watchlist } from './domain/watchlist.ts';
import type { AlertStore } from './store/alert.ts';
import type { GttStore } from './store/gtt.ts';
import type { InstrumentRow, InstrumentStore } from './store/instrument.ts';
import type { OrderEventRow, OrderRow, OrderStore, TradeRow } from './store/order.ts';
import type { PortfolioStore, SplitRow } from './store/portfolio.ts';
import type { PositionRow, PositionStore } from './store/position.ts';
import type { WatchlistStore } from './store/watchlist.ts';

export interface TradingLoaders {
  readonly instrument: DataLoader<string, InstrumentRow | undefined>;
  readonly order: DataLoader<string, OrderRow | undefined>;
  readonly trade: DataLoader<string, TradeRow | undefined>;
  readonly position: DataLoader<string, PositionRow | undefined>;
  readonly watchlist: DataLoader<string, Watchlist | undefined>;
  readonly alert: DataLoader<string, Alert | undefined>;
  readonly gtt: DataLoader<string, Gtt | undefined>;
  /** By user: everything that user ever traded, for the prices of the moment to be put to. */
  readonly portfolioOf: DataLoader<string, PortfolioBuilder>;
  readonly tradesOf: DataLoader<string, TradeRow[]>;
  readonly historyOf: DataLoader<string, OrderEventRow[]>;
}

/** Of what changes nothing is kept: a subscription is one operation, and its second event must not see the first's. */
const FRESH = { cache: false };

export function createLoaders(
  instruments: InstrumentStore,
  orders: OrderStore,
  positions: PositionStore,
  portfolios: PortfolioStore,
  watchlists: WatchlistStore,
  alerts: AlertStore,
  gtts: GttStore,
  clock: Clock,
): TradingLoaders {
  return {
    instrument: new DataLoader(async (symbols) =>
      inOrder(symbols, await instruments.bySymbols(symbols), ({ symbol }) => symbol),
    ),
    order: new DataLoader(async (ids) => inOrder(ids, await orders.byIds(ids), ({ id }) => id), FRESH),
    trade: new DataLoader(async (ids) => inOrder(ids, await orders.tradesByIds(ids), ({ id }) => id), FRESH),
    position: new DataLoader(async (ids) => inOrder(ids, await positions.byIds(ids), ({ id }) => id), FRESH),
    watchlist: new DataLoader(
      async (ids) => inOrder(ids, await watchlists.byIds(ids), ({ id }) => id),
      FRESH,
    ),
    alert: new DataLoader(async (ids) => inOrder(ids, await alerts.byIds(ids), ({ id }) => id), FRESH),
    gtt: new DataLoader(async (ids) => inOrder(ids, await gtts.byIds(ids), ({ id }) => id), FRESH),
    portfolioOf: new DataLoader((userIds) => portfoliosOf(userIds, portfolios, clock), FRESH),
    tradesOf: new DataLoader(
      async (ids) => grouped(ids, await orders.tradesOf(ids), ({ orderId }) => orderId),
      FRESH,
    ),
    historyOf: new DataLoader(
      async (ids) => grouped(ids, await orders.historyOf(ids), ({ orderId }) => orderId),
      FRESH,
    ),
  };
}

async function portfoliosOf(
  userIds: readonly string[],
  portfolios: PortfolioStore,
  clock: Clock,
): Promise<PortfolioBuilder[]> {
  const [splits, calendars] = await Promise.all([portfolios.splitsOf(userIds), portfolios.calendars()]);
  const today = istDate(clock());
  const portfolioOf = new Map(
    userIds.map((userId) => [
      userId,
      { builder: new PortfolioBuilder(today, calendars), splits: [...splits] },
    ]),
  );
  for await (const fills of portfolios.fillsOf(userIds)) {
    for (const fill of fills) {
      const { builder, splits } = portfolioOf.get(fill.userId) ?? {};
      while (splits?.[0] && splits[0].id < fill.id) builder?.split(splits.shift() as SplitRow);
      builder?.add(fill);
    }
  }
  return userIds.flatMap((userId) => {
    const { builder, splits = [] } = portfolioOf.get(userId) ?? {};
    for (const split of splits) builder?.split(split);
    return builder ?? [];
  });
}
