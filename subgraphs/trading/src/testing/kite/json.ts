/** The stand-in's truth as Kite Connect v3 writes it. */
import { formatDecimal } from '@gridworks/kit/money';
import { IST_OFFSET_MS } from '@gridworks/kit/time';
import { postbackChecksum } from '../../remote/kite/postback.ts';
import type { TrueOrder, TrueTrade, Truth } from './truth.ts';

export function orderJson(order: TrueOrder, token: number): Record<string, unknown> {
  const { exchange, tradingsymbol, product, validity, quantity, filled } = order;
  const isOver = order.status === 'CANCELLED' || order.status === 'REJECTED';
  return {
    placed_by: 'AB1234',
    order_id: order.orderId,
    exchange_order_id: `1100${order.orderId}`,
    parent_order_id: null,
    status: order.status,
    status_message: order.message,
    status_message_raw: order.message,
    order_timestamp: istText(order.placedAtMs),
    exchange_update_timestamp: istText(order.updatedAtMs),
    exchange_timestamp: istText(order.updatedAtMs),
    variety: 'regular',
    exchange,
    tradingsymbol,
    instrument_token: token,
    order_type: order.orderType,
    transaction_type: order.side,
    validity,
    product,
    quantity,
    disclosed_quantity: 0,
    price: rupees(order.price),
    trigger_price: rupees(order.triggerPrice),
    // Kite's has as many places as the division gives.
    average_price: filled > 0 ? Number(order.turnover) / filled / 100 : 0,
    filled_quantity: filled,
    pending_quantity: isOver ? 0 : quantity - filled,
    cancelled_quantity: order.status === 'CANCELLED' ? quantity - filled : 0,
    market_protection: 0,
    meta: {},
    tag: order.tag,
    guid: 'XXXXX',
  };
}

export function tradeJson({ tradeId, order, price, quantity, atMs }: TrueTrade): Record<string, unknown> {
  const { orderId: order_id, exchange, tradingsymbol, product, side } = order;
  return {
    trade_id: tradeId,
    order_id,
    exchange,
    tradingsymbol,
    product,
    average_price: rupees(price),
    quantity,
    exchange_order_id: `1100${order_id}`,
    transaction_type: side,
    fill_timestamp: istText(atMs),
    order_timestamp: istText(atMs).slice(11),
    exchange_timestamp: istText(atMs),
  };
}

export function positionsJson(truth: Truth): Record<string, unknown> {
  const day = truth.positions().map((position) => ({ ...position, overnight_quantity: 0, multiplier: 1 }));
  return { net: day, day };
}

/** The body of a postback. */
export function postbackJson(order: TrueOrder, token: number, apiSecret: string): Record<string, unknown> {
  const json = orderJson(order, token);
  const signed = `${order.orderId}${istText(order.placedAtMs)}`;
  return { ...json, user_id: 'AB1234', app_id: 1234, checksum: postbackChecksum(signed, apiSecret) };
}

/** India's time as Kite writes it, to the second. */
function istText(atMs: number): string {
  return new Date(atMs + IST_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** Kite writes prices as JSON numbers. */
function rupees(paise: bigint): number {
  return Number(formatDecimal(paise));
}
