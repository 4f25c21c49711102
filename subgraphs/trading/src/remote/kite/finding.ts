/** One order of the broker, asked for by its id: for who says that it is one of ours that nobody knows about. */
import type { Finding, TradeReport, VenueOrder } from '../../domain/broker/order.ts';
import { venueRefusal, type VenueRefusal } from '../../venue.ts';
import type { KiteRest } from './rest.ts';
import { OrderHistory, TradeList } from './wire.ts';

/** What the broker says of it, if it can be ours: it has our tag or none, and its trades are of what ours is for. */
export async function findOrder(
  rest: KiteRest,
  { tag, ticket: { symbol, side, product } }: VenueOrder,
  venueOrderId: string,
): Promise<Finding | VenueRefusal> {
  const path = `/orders/${encodeURIComponent(venueOrderId)}`;
  const asked = { method: 'GET', path, family: 'OTHER' } as const;
  const history = await rest.send(asked, OrderHistory);
  if (history.kind === 'REFUSED' && history.code === 'NOT_FOUND') return venueRefusal('VENUE_ORDER_UNKNOWN');
  if (history.kind !== 'DONE') return venueRefusal('VENUE_UNAVAILABLE');
  const report = history.data;
  if (report?.venueOrderId !== venueOrderId) return venueRefusal('VENUE_ORDER_UNKNOWN');
  if (report.tag !== null && report.tag !== tag) return venueRefusal('VENUE_ORDER_OTHER');
  const trades = await rest.send({ ...asked, path: `${path}/trades` }, TradeList);
  if (trades.kind !== 'DONE') return venueRefusal('VENUE_UNAVAILABLE');
  const isIts = (trade: TradeReport): boolean =>
    trade.symbol === symbol && trade.side === side && trade.product === product;
  if (!trades.data.every(isIts)) return venueRefusal('VENUE_ORDER_OTHER');
  return { kind: 'FOUND', report, trades: trades.data };
}
