/**
 * The texts of Kite Connect v3 and what they mean here (Kite Connect v3, "Orders", "Portfolio", "Postbacks"). Kite
 * writes prices as JSON numbers of rupees; their shortest decimal text is read, so no float is ever calculated with.
 */
import { formatDecimal, parseDecimal } from '@gridworks/kit/money';
import { DAY_MS, istMidnight } from '@gridworks/kit/time';
import { z } from 'zod';
import type { OrderReport, ReportedStatus, Terms, Ticket, TradeReport } from '../../domain/broker/order.ts';
import type { NetPosition } from '../../domain/broker/reconcile.ts';
import type { Session } from '../../venue.ts';

/** Where we trade; Kite knows more. */
export const EXCHANGES: readonly string[] = ['NSE', 'BSE'];
const PRODUCTS = ['CNC', 'MIS', 'NRML'] as const;
const TIME = /^(\d{4}-\d{2}-\d{2}) (\d{2}):(\d{2}):(\d{2})$/;

const ORDER_TYPES = { MARKET: 'MARKET', LIMIT: 'LIMIT', STOP: 'SL-M', STOP_LIMIT: 'SL' } as const;

/** What Kite calls an order that is at the exchange and may still trade. */
const OPEN_STATUSES: ReadonlySet<string> = new Set([
  'OPEN',
  'UPDATE',
  'MODIFIED',
  'NOT MODIFIED',
  'MODIFY PENDING',
  'MODIFY VALIDATION PENDING',
  'CANCEL PENDING',
  'NOT CANCELLED',
]);
const OTHER_STATUSES: ReadonlyMap<string, ReportedStatus> = new Map([
  ['COMPLETE', 'FILLED'],
  ['CANCELLED', 'CANCELLED'],
  ['CANCELLED AMO', 'CANCELLED'],
  ['REJECTED', 'REJECTED'],
  ['TRIGGER PENDING', 'TRIGGER_PENDING'],
]);

/** Rupees as a JSON number to minor units. */
const price = z.number().transform((value, context) => {
  const minor = parseDecimal(String(value));
  if (minor === undefined) context.addIssue('finer than a paisa, or no number of rupees');
  return minor ?? z.NEVER;
});
const quantity = z.int().transform((value) => BigInt(value));
/** India's time, to the second. */
const time = z.string().transform((text, context) => {
  const [, date = '', hours, minutes, seconds] = TIME.exec(text) ?? [];
  const sinceMidnightMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
  const atMs = istMidnight(date) + sinceMidnightMs;
  if (!Number.isFinite(atMs) || sinceMidnightMs >= DAY_MS) context.addIssue('not a time');
  return atMs;
});

/** What every row about an instrument has. */
const Row = z.looseObject({ exchange: z.string(), tradingsymbol: z.string(), product: z.string() });
type Row = z.infer<typeof Row>;

/** Rows of other exchanges and products are passed over unread: their prices may be of other units. */
function rowsOf<T>(schema: z.ZodType<T>): z.ZodType<T[]> {
  return z
    .array(Row)
    .transform((rows): unknown[] => rows.filter(isTradedHere))
    .pipe(z.array(schema));
}

function isTradedHere({ exchange, product }: Row): boolean {
  return EXCHANGES.includes(exchange) && PRODUCTS.some((each) => each === product);
}

const Order = z
  .object({
    order_id: z.string().min(1),
    tag: z.string().nullish(),
    status: z.string(),
    status_message: z.string().nullish(),
    status_message_raw: z.string().nullish(),
    order_timestamp: time,
    exchange_update_timestamp: time.nullish(),
    quantity,
    filled_quantity: quantity,
    price,
    trigger_price: price,
  })
  .transform((order): OrderReport => ({
    venueOrderId: order.order_id,
    tag: order.tag ?? null,
    status: statusOf(order.status),
    terms: {
      quantity: order.quantity,
      limitPrice: order.price === 0n ? null : order.price,
      triggerPrice: order.trigger_price === 0n ? null : order.trigger_price,
    },
    filledQuantity: order.filled_quantity,
    atMs: order.exchange_update_timestamp ?? order.order_timestamp,
    // As the risk system or the exchange wrote it, where that is passed on: the other is worded anew from time to time.
    message: order.status_message_raw ?? order.status_message ?? null,
  }));

const Trade = z
  .object({
    exchange: z.string(),
    tradingsymbol: z.string(),
    trade_id: z.string().min(1),
    order_id: z.string().min(1),
    transaction_type: z.enum(['BUY', 'SELL']),
    product: z.enum(PRODUCTS),
    average_price: price,
    quantity,
    fill_timestamp: time,
  })
  .transform((trade): TradeReport => ({
    tradeId: trade.trade_id,
    venueOrderId: trade.order_id,
    symbol: symbolOf(trade),
    side: trade.transaction_type,
    product: trade.product,
    price: trade.average_price,
    quantity: trade.quantity,
    atMs: trade.fill_timestamp,
  }));

const Position = z
  .object({ exchange: z.string(), tradingsymbol: z.string(), product: z.enum(PRODUCTS), quantity })
  .transform((position): NetPosition => {
    const { product, quantity } = position;
    return { symbol: symbolOf(position), product, quantity };
  });

export const OrderList = rowsOf(Order);
export const TradeList = rowsOf(Trade);
/** Only what was traded today is looked at. */
export const PositionList = z.object({ day: rowsOf(Position) }).transform(({ day }) => day);
/** The states of one order, the latest last. */
export const OrderHistory = rowsOf(Order).transform((states) => states.at(-1));

/** What a login gives. */
export const Login = z
  .object({ user_id: z.string(), access_token: z.string().min(1) })
  .transform(({ user_id, access_token }): Session => ({ account: user_id, accessToken: access_token }));

export const OrderId = z.object({ order_id: z.string().min(1) }).transform((data) => data.order_id);

/** What a text frame or a postback tells. */
const Push = z.object({ type: z.string(), data: z.unknown() });
const Postback = z.object({ order_id: z.string(), order_timestamp: z.string(), checksum: z.string() });

/** The order of a text frame; null when the frame is about something else, undefined when it cannot be read. */
export function readPush(text: string): OrderReport | null | undefined {
  const push = Push.safeParse(parseJson(text));
  if (!push.success) return undefined;
  if (push.data.type !== 'order') return null;
  const row = Row.safeParse(push.data.data);
  if (!row.success) return undefined;
  return isTradedHere(row.data) ? Order.safeParse(row.data).data : null;
}

/** The order of a postback with what its checksum is made of; undefined when it cannot be read. */
export function readPostback(
  text: string,
): { readonly report: OrderReport; readonly signed: string; readonly checksum: string } | undefined {
  const json = parseJson(text);
  const postback = Postback.safeParse(json);
  const order = Order.safeParse(json);
  if (!postback.success || !order.success) return undefined;
  const { order_id, order_timestamp, checksum } = postback.data;
  return { report: order.data, signed: order_id + order_timestamp, checksum };
}

/** The form of a new order. */
export function placementForm(ticket: Ticket, tag: string): Record<string, string> {
  const [exchange, tradingsymbol] = namesOf(ticket.symbol);
  return {
    exchange,
    tradingsymbol,
    transaction_type: ticket.side,
    order_type: ORDER_TYPES[ticket.type],
    product: ticket.product,
    validity: ticket.validity,
    tag,
    ...termsForm(ticket),
  };
}

/** The form of an order's other terms. */
export function modificationForm(ticket: Ticket, terms: Terms): Record<string, string> {
  return { order_type: ORDER_TYPES[ticket.type], validity: ticket.validity, ...termsForm(terms) };
}

/** Listings of NSE go by their bare symbol here, those of BSE with a prefix. */
export function symbolOf({ exchange, tradingsymbol }: Pick<Row, 'exchange' | 'tradingsymbol'>): string {
  return exchange === 'NSE' ? tradingsymbol : `${exchange}:${tradingsymbol}`;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function namesOf(symbol: string): readonly [exchange: string, tradingsymbol: string] {
  const [prefix = '', rest] = symbol.split(':');
  return rest === undefined ? ['NSE', prefix] : [prefix, rest];
}

/** Kite has more statuses than it lists; what it does not explain is taken for the least that it can mean. */
function statusOf(text: string): ReportedStatus {
  return OPEN_STATUSES.has(text) ? 'OPEN' : (OTHER_STATUSES.get(text) ?? 'PENDING');
}

function termsForm({ quantity, limitPrice, triggerPrice }: Terms): Record<string, string> {
  return {
    quantity: quantity.toString(),
    ...(limitPrice === null ? {} : { price: formatDecimal(limitPrice) }),
    ...(triggerPrice === null ? {} : { trigger_price: formatDecimal(triggerPrice) }),
  };
}
