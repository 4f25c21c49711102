/**
 * What a batch of commands comes to in the tables, all of it written by one statement: a round trip to the database costs more than the rows
 * that it takes along. Rows that may be there already are written by `ON CONFLICT`, never looked for by a join, so that
 * the prepared plan is as good for a large table as for the small one it was made for.
 */
import { columnOf, type Element, type ElementType } from '@gridworks/kit/arrays';
import type { Sql } from '@gridworks/kit/db';
import { lastStates, type Happening } from '../domain/happening.ts';
import type { Order } from '../domain/order.ts';
import type { Balance, StockBalance } from '../domain/oms/outcome.ts';
import { ORDER } from './order.ts';

export interface Batch {
  readonly happenings: readonly Happening[];
  /** Of each user, and each of their instruments, at most one. */
  readonly balances: readonly Balance[];
  readonly stock: readonly StockBalance[];
}

/** A column on its way in: its type, and what it becomes where that is an enumeration. */
interface Column<Row> {
  readonly name: string;
  readonly type: ElementType;
  readonly cast?: string;
  readonly of: (row: Row) => Element;
}

/** Rows of one table, and how they get there. */
interface Table<Row> {
  readonly name: string;
  readonly columns: readonly Column<Row>[];
  readonly onConflict?: string;
}

/** Types of an order's fields; a field that is not here cannot be kept. */
const ORDER_TYPES: { readonly [Field in keyof Order]-?: readonly [type: ElementType, cast?: string] } = {
  id: ['uuid'],
  tenantId: ['uuid'],
  userId: ['uuid'],
  clientOrderId: ['text'],
  symbol: ['text'],
  exchange: ['text', 'trading.exchange'],
  side: ['text', 'trading.order_side'],
  type: ['text', 'trading.order_type'],
  product: ['text', 'trading.order_product'],
  validity: ['text', 'trading.order_validity'],
  quantity: ['int8'],
  limitPrice: ['int8'],
  triggerPrice: ['int8'],
  displayQuantity: ['int8'],
  postOnly: ['bool'],
  selfTradePrevention: ['text', 'trading.self_trade_prevention'],
  goodTill: ['date'],
  afterMarket: ['bool'],
  origin: ['text', 'trading.order_origin'],
  status: ['text', 'trading.order_status'],
  filledQuantity: ['int8'],
  turnover: ['int8'],
  hold: ['int8'],
  cancelReason: ['text', 'trading.cancel_reason'],
  rejectReason: ['text', 'trading.reject_reason'],
  placedAt: ['timestamptz'],
};

/** New ones in the order of their arrival, and known ones as they are now. */
const ORDERS: Table<Order> = {
  name: '"order"',
  columns: (Object.keys(ORDER_TYPES) as (keyof Order)[]).map((field) => {
    const [type, cast] = ORDER_TYPES[field];
    return { name: ORDER[field], type, ...(cast && { cast }), of: (order) => order[field] };
  }),
  onConflict: `(id) DO UPDATE SET status = excluded.status, filled_quantity = excluded.filled_quantity,
    turnover = excluded.turnover, cancel_reason = excluded.cancel_reason,
    reject_reason = excluded.reject_reason, quantity = excluded.quantity,
    limit_price = excluded.limit_price, trigger_price = excluded.trigger_price,
    display_quantity = excluded.display_quantity, hold = excluded.hold`,
};

type Traded = Happening & { readonly fill: NonNullable<Happening['fill']> };
const TRADES: Table<Traded> = {
  name: 'trade',
  columns: [
    { name: 'id', type: 'uuid', of: ({ fill }) => fill.tradeId },
    { name: 'tenant_id', type: 'uuid', of: ({ order }) => order.tenantId },
    { name: 'user_id', type: 'uuid', of: ({ order }) => order.userId },
    { name: 'order_id', type: 'uuid', of: ({ order }) => order.id },
    { name: 'execution_id', type: 'uuid', of: ({ fill }) => fill.executionId },
    { name: 'symbol', type: 'text', of: ({ order }) => order.symbol },
    { name: 'side', type: 'text', cast: 'trading.order_side', of: ({ order }) => order.side },
    { name: 'price', type: 'int8', of: ({ fill }) => fill.price },
    { name: 'quantity', type: 'int8', of: ({ fill }) => fill.quantity },
    { name: 'at', type: 'timestamptz', of: ({ at }) => at },
  ],
};

const EVENTS: Table<Happening> = {
  name: 'order_event',
  columns: [
    { name: 'user_id', type: 'uuid', of: ({ order }) => order.userId },
    { name: 'sequence', type: 'int8', of: ({ sequence }) => sequence },
    { name: 'tenant_id', type: 'uuid', of: ({ order }) => order.tenantId },
    { name: 'order_id', type: 'uuid', of: ({ order }) => order.id },
    { name: 'kind', type: 'text', cast: 'trading.order_event_kind', of: ({ kind }) => kind },
    { name: 'at', type: 'timestamptz', of: ({ at }) => at },
    { name: 'status', type: 'text', cast: 'trading.order_status', of: ({ order }) => order.status },
    { name: 'filled_quantity', type: 'int8', of: ({ order }) => order.filledQuantity },
    { name: 'turnover', type: 'int8', of: ({ order }) => order.turnover },
    { name: 'trade_id', type: 'uuid', of: ({ fill }) => fill?.tradeId ?? null },
    { name: 'quantity', type: 'int8', of: ({ order }) => order.quantity },
    { name: 'limit_price', type: 'int8', of: ({ order }) => order.limitPrice },
    { name: 'trigger_price', type: 'int8', of: ({ order }) => order.triggerPrice },
    { name: 'display_quantity', type: 'int8', of: ({ order }) => order.displayQuantity },
  ],
};

const ACCOUNTS: Table<Balance> = {
  name: 'account',
  columns: [
    { name: 'user_id', type: 'uuid', of: ({ userId }) => userId },
    { name: 'tenant_id', type: 'uuid', of: ({ tenantId }) => tenantId },
    { name: 'buying_power', type: 'int8', of: ({ buyingPower }) => buyingPower },
    { name: 'margin', type: 'int8', of: ({ margin }) => margin },
    { name: 'dues', type: 'int8', of: ({ dues }) => dues },
  ],
  onConflict: `(user_id) DO UPDATE SET buying_power = excluded.buying_power, margin = excluded.margin,
    dues = excluded.dues`,
};

const INVENTORY: Table<StockBalance> = {
  name: 'inventory',
  columns: [
    { name: 'user_id', type: 'uuid', of: ({ userId }) => userId },
    { name: 'tenant_id', type: 'uuid', of: ({ tenantId }) => tenantId },
    { name: 'symbol', type: 'text', of: ({ symbol }) => symbol },
    { name: 'product', type: 'text', cast: 'trading.order_product', of: ({ product }) => product },
    { name: 'quantity', type: 'int8', of: ({ quantity }) => quantity },
    { name: 'held', type: 'int8', of: ({ held }) => held },
    { name: 'cost', type: 'int8', of: ({ cost }) => cost },
    { name: 'margin', type: 'int8', of: ({ margin }) => margin },
  ],
  onConflict: `(user_id, symbol, product) DO UPDATE SET quantity = excluded.quantity, held = excluded.held,
    cost = excluded.cost, margin = excluded.margin`,
};

/** In the order of the statement's parameters. */
const TABLES = [ORDERS, TRADES, EVENTS, ACCOUNTS, INVENTORY] as const;

const STATEMENT = statement();

/** Writes the batch within an open transaction. */
export async function keepBatch(tx: Sql, { happenings, balances, stock }: Batch): Promise<void> {
  const trades = happenings.filter((each): each is Traded => each.fill !== null);
  await tx.query({
    name: 'trading.keepBatch',
    text: STATEMENT,
    values: [
      ...valuesOf(ORDERS, lastStates(happenings)),
      ...valuesOf(TRADES, trades),
      ...valuesOf(EVENTS, happenings),
      ...valuesOf(ACCOUNTS, balances),
      ...valuesOf(INVENTORY, stock),
    ],
  });
}

function statement(): string {
  let parameters = 0;
  const parts = TABLES.map(({ name, columns, onConflict }, index) => {
    const names = columns.map((column) => column.name);
    const taken = columns.map((column) => column.name + (column.cast ? `::${column.cast}` : ''));
    const arrays = columns.map(({ type }) => {
      parameters += 1;
      return `$${parameters}::${type}[]`;
    });
    return `part${index} AS (INSERT INTO trading.${name} (${names.join(', ')})
      SELECT ${taken.join(', ')} FROM unnest(${arrays.join(', ')}) WITH ORDINALITY AS given (${names.join(', ')}, place)
       ORDER BY place${onConflict === undefined ? '' : ` ON CONFLICT ${onConflict}`})`;
  });
  return `WITH ${parts.join(', ')} SELECT 1`;
}

function valuesOf<Row>({ columns }: Table<Row>, rows: readonly Row[]): Buffer[] {
  return columns.map(({ type, of }) => columnOf(type, rows, of));
}
