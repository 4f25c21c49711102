/** Every query about orders, their trades and their history. */
import type { Database, Sql } from '@gridworks/kit/db';
import { SLICES_MAX } from '../domain/limits.ts';
import {
  sliceName,
  stateAfter,
  type Order,
  type OrderEventKind,
  type OrderStatus,
  type OrderTerms,
  type Side,
} from '../domain/order.ts';

export interface OrderRow extends Order {
  /** Order of arrival at the exchange: time priority. */
  readonly arrival: bigint;
}

export interface TradeRow {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly orderId: string;
  /** Shared by both sides of one execution. */
  readonly executionId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly price: bigint;
  readonly quantity: bigint;
  readonly at: Date;
}

/** What happened, with where the order stood and on which terms just after. */
export interface OrderEventRow extends OrderTerms {
  readonly userId: string;
  /** 1, 2, 3, ... of the user, without a gap. */
  readonly sequence: bigint;
  readonly orderId: string;
  readonly kind: OrderEventKind;
  readonly at: Date;
  readonly status: OrderStatus;
  readonly filledQuantity: bigint;
  readonly turnover: bigint;
  readonly tradeId: string | null;
}

/** What happened, with the order as it was just then. */
export interface OrderUpdateRow {
  readonly sequence: bigint;
  readonly kind: OrderEventKind;
  readonly at: Date;
  readonly order: OrderRow;
  readonly trade: TradeRow | null;
}

/** The part of a user's history that is kept: what is asked for after any number from `floor` - 1 to `newest` is whole. */
export interface KeptHistory {
  /** Lowest sequence still kept, or the next to come when none is; 1 before anything was forgotten. */
  readonly floor: bigint;
  /** Sequence of the latest event there was, forgotten or not; 0 before the first. */
  readonly newest: bigint;
}

/** A user's open orders, in order of arrival, as they stood just after the event of this sequence. */
export interface OrderSnapshot {
  readonly sequence: bigint;
  readonly orders: readonly OrderRow[];
}

type Columns<Row> = { readonly [Field in keyof Row]-?: string };

/** Where an order meets its row; a new property of orders is one line here and one in `batch.ts`. */
export const ORDER: Columns<OrderRow> = {
  id: 'id',
  tenantId: 'tenant_id',
  userId: 'user_id',
  clientOrderId: 'client_order_id',
  symbol: 'symbol',
  exchange: 'exchange',
  side: 'side',
  type: 'type',
  product: 'product',
  validity: 'validity',
  quantity: 'quantity',
  limitPrice: 'limit_price',
  triggerPrice: 'trigger_price',
  displayQuantity: 'display_quantity',
  postOnly: 'post_only',
  selfTradePrevention: 'self_trade_prevention',
  goodTill: 'good_till',
  afterMarket: 'after_market',
  origin: 'origin',
  status: 'status',
  filledQuantity: 'filled_quantity',
  turnover: 'turnover',
  hold: 'hold',
  cancelReason: 'cancel_reason',
  rejectReason: 'reject_reason',
  placedAt: 'placed_at',
  arrival: 'arrival',
};

const TRADE: Columns<TradeRow> = {
  id: 'id',
  tenantId: 'tenant_id',
  userId: 'user_id',
  orderId: 'order_id',
  executionId: 'execution_id',
  symbol: 'symbol',
  side: 'side',
  price: 'price',
  quantity: 'quantity',
  at: 'at',
};

const ORDER_EVENT: Columns<OrderEventRow> = {
  userId: 'user_id',
  sequence: 'sequence',
  orderId: 'order_id',
  kind: 'kind',
  at: 'at',
  status: 'status',
  filledQuantity: 'filled_quantity',
  turnover: 'turnover',
  tradeId: 'trade_id',
  quantity: 'quantity',
  limitPrice: 'limit_price',
  triggerPrice: 'trigger_price',
  displayQuantity: 'display_quantity',
};

const UPDATES_MAX = 200;
/** Comes before every id of a user. */
const NO_USER = '00000000-0000-0000-0000-000000000000';
const IS_OPEN = `status NOT IN ('FILLED', 'CANCELLED', 'REJECTED')`;

/** What callers read; row-level security holds. It shows everything that was acknowledged before it is asked. */
export class OrderStore {
  constructor(
    private readonly db: Database,
    private readonly shown: () => Promise<void>,
  ) {}

  async byIds(ids: readonly string[]): Promise<OrderRow[]> {
    await this.shown();
    return ordersByIds(this.db.tenant, ids);
  }

  /** Up to `limit`, the latest first, older than the one that arrived at `before`. */
  async page(userId: string, limit: number, before: bigint | undefined): Promise<OrderRow[]> {
    await this.shown();
    return selectOrders(
      this.db.tenant,
      'WHERE user_id = $1 AND ($2::int8 IS NULL OR arrival < $2) ORDER BY arrival DESC LIMIT $3',
      [userId, before ?? null, limit],
    );
  }

  async tradesByIds(ids: readonly string[]): Promise<TradeRow[]> {
    await this.shown();
    return tradesByIds(this.db.tenant, ids);
  }

  /** The trades of several orders, each order's in order of time. */
  async tradesOf(orderIds: readonly string[]): Promise<TradeRow[]> {
    await this.shown();
    return selectRows(this.db.tenant, TRADE, 'trade', 'WHERE order_id = ANY ($1) ORDER BY at, id', [
      orderIds,
    ]);
  }

  /** What happened to several orders, each order's from the first event on. */
  async historyOf(orderIds: readonly string[]): Promise<OrderEventRow[]> {
    await this.shown();
    return selectRows(
      this.db.tenant,
      ORDER_EVENT,
      'order_event',
      'WHERE order_id = ANY ($1) ORDER BY sequence',
      [orderIds],
    );
  }

  /** What is kept of the user's history just now. */
  async keptOf(userId: string): Promise<KeptHistory> {
    await this.shown();
    return keptHistory(this.db.tenant, userId);
  }

  /** Numbers and orders are read at one instant: nothing happens between them. */
  async snapshotOf(userId: string): Promise<OrderSnapshot> {
    await this.shown();
    return this.db.transaction(async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      const { newest } = await keptHistory(tx, userId);
      const orders = await selectOrders(tx, `WHERE user_id = $1 AND ${IS_OPEN} ORDER BY arrival`, [userId]);
      return { sequence: newest, orders };
    });
  }

  /** The user's next events after a sequence, in order, as far as they are shown by now; some at a time. */
  async updatesAfter(userId: string, sequence: bigint): Promise<OrderUpdateRow[]> {
    const events = await selectRows(
      this.db.tenant,
      ORDER_EVENT,
      'order_event',
      'WHERE user_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3',
      [userId, sequence, UPDATES_MAX],
    );
    if (events.length === 0) return [];
    const orders = byId(
      await ordersByIds(this.db.tenant, [...new Set(events.map(({ orderId }) => orderId))]),
    );
    const trades = byId(
      await tradesByIds(
        this.db.tenant,
        events.flatMap(({ tradeId }) => tradeId ?? []),
      ),
    );
    return events.map((event) => {
      const order = orders.get(event.orderId);
      if (!order) throw new Error(`order ${event.orderId} of an event is missing`);
      const { sequence, kind, at, tradeId } = event;
      const trade = tradeId === null ? null : (trades.get(tradeId) ?? null);
      return { sequence, kind, at, order: stateAfter(order, event), trade };
    });
  }
}

/** Sequence of a user's latest event, also where it is forgotten; 0 before the first. `userId` is SQL. */
export function newestOf(userId: string): string {
  return `greatest((SELECT max(sequence) FROM trading.order_event known WHERE known.user_id = ${userId}),
                   (SELECT sequence - 1 FROM trading.order_event_floor floor WHERE floor.user_id = ${userId}), 0)`;
}

async function keptHistory(sql: Sql, userId: string): Promise<KeptHistory> {
  const { rows } = await sql.query<KeptHistory>(
    `SELECT ${newestOf('$1')} AS newest,
            coalesce((SELECT sequence FROM trading.order_event_floor WHERE user_id = $1), 1) AS floor`,
    [userId],
  );
  const [kept] = rows;
  if (!kept) throw new Error('a question about one user had no answer');
  return kept;
}

/** Up to `limit` users whose first event that is kept happened before `before`, in order of id, after one of them. */
export async function usersToForget(
  sql: Sql,
  before: Date,
  limit: number,
  afterUserId: string | undefined,
): Promise<string[]> {
  // Steps from user to user through the primary key: what it costs depends on the users, not on their events.
  const { rows } = await sql.query<{ userId: string }>(
    `WITH RECURSIVE first AS (
       (SELECT user_id, at FROM trading.order_event WHERE user_id > $2 ORDER BY user_id, sequence LIMIT 1)
       UNION ALL
       SELECT next.user_id, next.at FROM first,
         LATERAL (SELECT user_id, at FROM trading.order_event known WHERE known.user_id > first.user_id
                   ORDER BY known.user_id, known.sequence LIMIT 1) AS next
     )
     SELECT user_id AS "userId" FROM first WHERE at < $1 LIMIT $3`,
    [before, afterUserId ?? NO_USER, limit],
  );
  return rows.map(({ userId }) => userId);
}

/**
 * Forgets the user's first events as far as they happened before `before`, at most `limit` of them, and records from
 * where history is kept. Returns how many.
 */
export async function forgetEvents(tx: Sql, userId: string, before: Date, limit: number): Promise<number> {
  await tx.query(
    `WITH head AS (
       SELECT tenant_id, sequence, at FROM trading.order_event WHERE user_id = $1 ORDER BY sequence LIMIT $3
     ), floor AS (
       SELECT tenant_id, coalesce(min(sequence) FILTER (WHERE at >= $2), max(sequence) + 1) AS sequence
         FROM head GROUP BY tenant_id
     )
     INSERT INTO trading.order_event_floor AS known (user_id, tenant_id, sequence)
     SELECT $1, tenant_id, sequence FROM floor
     ON CONFLICT (user_id) DO UPDATE SET sequence = greatest(known.sequence, excluded.sequence)`,
    [userId, before, limit],
  );
  const { rowCount } = await tx.query(
    `DELETE FROM trading.order_event AS event USING trading.order_event_floor AS floor
      WHERE event.user_id = $1 AND floor.user_id = $1 AND event.sequence < floor.sequence`,
    [userId],
  );
  return rowCount ?? 0;
}

/** An order with the terms that it was placed with, as far as its first event is kept. */
export interface PlacedOrder {
  readonly order: OrderRow;
  readonly terms: OrderTerms;
}

/** The order of this client order id, or the slices of a wish that was cut, the first slice first. */
export async function ordersOfWish(sql: Sql, userId: string, clientOrderId: string): Promise<PlacedOrder[]> {
  const names = Array.from({ length: Number(SLICES_MAX) }, (_, index) => sliceName(clientOrderId, index));
  const where = 'WHERE user_id = $1 AND client_order_id = ANY ($2) ORDER BY arrival';
  const orders = await selectOrders(sql, where, [userId, names]);
  const first = await selectRows(
    sql,
    ORDER_EVENT,
    'order_event',
    `WHERE order_id = ANY ($1) AND kind = 'CREATED'`,
    [orders.map(({ id }) => id)],
  );
  const termsOf = new Map(first.map((event) => [event.orderId, event]));
  return orders.map((order) => ({ order, terms: termsOf.get(order.id) ?? order }));
}

/** Every client order id that these users have given away. */
export async function clientOrderIdsOf(
  sql: Sql,
  userIds: readonly string[],
): Promise<{ readonly userId: string; readonly clientOrderId: string }[]> {
  const { rows } = await sql.query<{ userId: string; clientOrderId: string }>(
    `SELECT user_id AS "userId", client_order_id AS "clientOrderId" FROM trading."order" WHERE user_id = ANY ($1)`,
    [userIds],
  );
  return rows;
}

export async function orderById(sql: Sql, id: string): Promise<OrderRow | undefined> {
  return (await selectOrders(sql, 'WHERE id = $1', [id]))[0];
}

/** The orders that still wait, in the order of their arrival. */
export async function openOrders(sql: Sql): Promise<OrderRow[]> {
  return selectOrders(sql, `WHERE ${IS_OPEN} ORDER BY arrival`, []);
}

function selectOrders(sql: Sql, rest: string, values: readonly unknown[]): Promise<OrderRow[]> {
  return selectRows(sql, ORDER, '"order"', rest, values);
}

function ordersByIds(sql: Sql, ids: readonly string[]): Promise<OrderRow[]> {
  return selectOrders(sql, 'WHERE id = ANY ($1)', [ids]);
}

function tradesByIds(sql: Sql, ids: readonly string[]): Promise<TradeRow[]> {
  return selectRows(sql, TRADE, 'trade', 'WHERE id = ANY ($1)', [ids]);
}

async function selectRows<Row extends object>(
  sql: Sql,
  columns: Columns<Row>,
  table: string,
  rest: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const list = Object.entries<string>(columns).map(([field, column]) => `${column} AS "${field}"`);
  const { rows } = await sql.query<Row>(`SELECT ${list.join(', ')} FROM trading.${table} ${rest}`, [
    ...values,
  ]);
  return rows;
}

function byId<Row extends { readonly id: string }>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}
