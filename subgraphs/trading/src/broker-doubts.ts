/**
 * Orders at a broker of which nobody knows what became, and the word of those who looked there. An order that the broker
 * has named and forgotten stays unknown, and holds what it holds, until somebody says what became of it.
 */
import { isRefusal } from '@gridworks/kit/refusal';
import type { Finding } from './domain/broker/order.ts';
import { no, type Order, type TradingRefusal, type TradingRefusalCode } from './domain/order.ts';
import type { RoutedBook } from './routed-book.ts';
import type { Ruling, Venue, VenueRefusalCode } from './venue.ts';

/** An order, and since when it has been unknown. */
export interface Doubted {
  readonly order: Order;
  readonly sinceMs: number;
  /** Null where the broker never named it. */
  readonly brokerOrderId: string | null;
}

/** What somebody found at the broker, in their own words. */
export interface Found {
  readonly orderId: string;
  readonly finding: Finding['kind'];
  readonly brokerOrderId: string | null;
  readonly reason: string;
}

const BROKER_ORDER_ID = /^[A-Za-z0-9]{1,64}$/;
const REASON = /^\P{Cc}{1,500}$/u;

const REFUSALS: Partial<Record<VenueRefusalCode, TradingRefusalCode>> = {
  VENUE_ORDER_CERTAIN: 'ORDER_CERTAIN',
  VENUE_ORDER_UNKNOWN: 'BROKER_ORDER_UNKNOWN',
  VENUE_ORDER_OTHER: 'BROKER_ORDER_OTHER',
};

export class BrokerDoubts {
  constructor(
    private readonly book: RoutedBook,
    private readonly venue: Pick<Venue, 'order' | 'resolve'>,
  ) {}

  /** Those of a tenant, the one that was placed first first. */
  async of(tenantId: string): Promise<Doubted[]> {
    const open = await this.book.open();
    return open.flatMap((order) => {
      const believed = this.venue.order(order.id);
      if (order.tenantId !== tenantId || !believed?.doubt) return [];
      return [{ order, sinceMs: believed.doubt.sinceMs, brokerOrderId: believed.venueOrderId }];
    });
  }

  /** The order as it stands once what was found is believed; the same again changes nothing. */
  async resolve(
    { tenantId, userId }: Omit<Ruling, 'reason'>,
    { orderId, finding, brokerOrderId, reason }: Found,
  ): Promise<Order | TradingRefusal> {
    const before = await this.book.get(orderId);
    if (before?.order.tenantId !== tenantId) return no('ORDER_UNKNOWN', 'orderId');
    if (!REASON.test(reason.trim())) return no('REASON_INVALID', 'reason');
    const isSound = finding === 'ABSENT' ? brokerOrderId === null : BROKER_ORDER_ID.test(brokerOrderId ?? '');
    if (!isSound) return no('BROKER_ORDER_ID_INVALID', 'brokerOrderId');
    const ruling = { tenantId, userId, reason: reason.trim() };
    const resolved = await this.venue.resolve(orderId, brokerOrderId, ruling);
    if (isRefusal(resolved)) return no(REFUSALS[resolved.code] ?? 'VENUE_UNAVAILABLE');
    // What is not covered by its user waits with whoever takes in what the broker says.
    await this.book.take(orderId, () => this.venue.order(orderId));
    return (await this.book.get(orderId))?.order ?? before.order;
  }
}
