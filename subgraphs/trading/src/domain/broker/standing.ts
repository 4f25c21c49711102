/** An order of ours and its counterpart at a broker, each in the words of the other. */
import {
  PLAIN,
  no,
  type Order,
  type OrderRequest,
  type RejectReason,
  type TradingRefusal,
} from '../order.ts';
import { isEnded, isSettled, type Ticket, type VenueOrder } from './order.ts';
import { readRejection } from './rejection.ts';

/** Where a broker says that an order stands. Of one that has ended, when every trade of it is known. */
export type VenueStanding =
  'PENDING' | 'TRIGGER_PENDING' | 'OPEN' | 'UNKNOWN' | 'FILLED' | 'CANCELLED' | 'REJECTED' | 'NOT_PLACED';

/** Undefined where it says nothing yet. */
export function standingOf(believed: VenueOrder): VenueStanding | undefined {
  if (believed.doubt) return 'UNKNOWN';
  const { status } = believed;
  if (status === 'SENT' || (isEnded(believed) && !isSettled(believed))) return undefined;
  return status;
}

/** Why an order was turned down; what has no words never arrived. */
export function rejectReasonOf({ status, message }: Pick<VenueOrder, 'status' | 'message'>): RejectReason {
  if (message === null) return status === 'NOT_PLACED' ? 'NOT_PLACED' : 'OTHER';
  return readRejection(message);
}

/** The first thing about a request that no broker takes. */
export function unsupported(request: OrderRequest): TradingRefusal | undefined {
  const { validity, displayQuantity, postOnly, selfTradePrevention, afterMarket } = request;
  if (validity !== 'DAY' && validity !== 'IOC') return no('VENUE_UNSUPPORTED', 'validity');
  if (displayQuantity !== null) return no('VENUE_UNSUPPORTED', 'displayQuantity');
  if (afterMarket) return no('VENUE_UNSUPPORTED', 'afterMarket');
  if (postOnly) return no('VENUE_UNSUPPORTED', 'postOnly');
  if (selfTradePrevention !== PLAIN.selfTradePrevention)
    return no('VENUE_UNSUPPORTED', 'selfTradePrevention');
  return undefined;
}

/** What a broker is asked to do for an order. */
export function ticketOf(order: Order): Ticket {
  const { id, symbol, side, type, product, validity, quantity, limitPrice, triggerPrice } = order;
  if (validity !== 'DAY' && validity !== 'IOC') throw new Error(`order ${id} is ${validity} at a broker`);
  return { symbol, side, type, product, validity, quantity, limitPrice, triggerPrice };
}
