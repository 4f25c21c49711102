/** Batches of this domain, one per entity; made anew for each operation so that nothing outlives what a caller may see. */
import DataLoader from 'dataloader';
import { grouped, inOrder } from '@gridworks/kit/loader';
import type { InstrumentRow, InstrumentStore } from './store/instrument.ts';
import type { OrderEventRow, OrderRow, OrderStore, TradeRow } from './store/order.ts';
import type { PositionRow, PositionStore } from './store/position.ts';

export interface TradingLoaders {
  readonly instrument: DataLoader<string, InstrumentRow | undefined>;
  readonly order: DataLoader<string, OrderRow | undefined>;
  readonly trade: DataLoader<string, TradeRow | undefined>;
  readonly position: DataLoader<string, PositionRow | undefined>;
  readonly tradesOf: DataLoader<string, TradeRow[]>;
  readonly historyOf: DataLoader<string, OrderEventRow[]>;
}

/** Of what changes nothing is kept: a subscription is one operation, and its second event must not see the first's. */
const FRESH = { cache: false };

export function createLoaders(
  instruments: InstrumentStore,
  orders: OrderStore,
  positions: PositionStore,
): TradingLoaders {
  return {
    instrument: new DataLoader(async (symbols) =>
      inOrder(symbols, await instruments.bySymbols(symbols), ({ symbol }) => symbol),
    ),
    order: new DataLoader(async (ids) => inOrder(ids, await orders.byIds(ids), ({ id }) => id), FRESH),
    trade: new DataLoader(async (ids) => inOrder(ids, await orders.tradesByIds(ids), ({ id }) => id), FRESH),
    position: new DataLoader(async (ids) => inOrder(ids, await positions.byIds(ids), ({ id }) => id), FRESH),
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
