/** Every query about orders at a broker: what must be remembered of them over a restart. */
import type { Database, Sql, Tx } from '@gridworks/kit/db';
import { publish, type NewEvent } from '@gridworks/kit/events';
import type { Ruling } from '../venue.ts';
import { isSettled, type Change, type Fill, type Ticket, type VenueOrder } from '../domain/broker/order.ts';

interface BrokerOrderRow extends Pick<Ticket, 'symbol' | 'side' | 'type' | 'product' | 'validity'> {
  readonly id: string;
  readonly tag: string;
  readonly asked_quantity: bigint;
  readonly asked_limit: bigint | null;
  readonly asked_trigger: bigint | null;
  readonly quantity: bigint;
  readonly limit_price: bigint | null;
  readonly trigger_price: bigint | null;
  readonly venue_order_id: string | null;
  readonly status: VenueOrder['status'];
  readonly doubt: NonNullable<VenueOrder['doubt']>['cause'] | null;
  readonly doubted_at: Date | null;
  readonly absences: number;
  readonly filled_quantity: bigint;
  readonly updated_at: Date | null;
  readonly heard_at: Date;
  readonly message: string | null;
  readonly finding: VenueOrder['finding'];
  readonly is_settled: boolean;
}

interface BrokerFillRow {
  readonly order_id: string;
  readonly trade_id: string;
  readonly price: bigint;
  readonly quantity: bigint;
  readonly at: Date;
}

/** A venue's journal in the database. */
export class BrokerOrderStore {
  /** `follow` does what else follows from the changes, in the transaction that keeps them. */
  constructor(
    private readonly db: Database,
    private readonly follow: (tx: Tx, changes: readonly Change[]) => Promise<void> = async () => undefined,
  ) {}

  /** The orders of which something is still expected, and those of which something was learned since. */
  async recent(sinceMs: number): Promise<readonly VenueOrder[]> {
    const { rows } = await this.db.system.query<BrokerOrderRow>(
      'SELECT * FROM trading.broker_order WHERE NOT is_settled OR heard_at >= $1 ORDER BY id',
      [new Date(sinceMs)],
    );
    const fills = await this.db.system.query<BrokerFillRow>(
      'SELECT * FROM trading.broker_fill WHERE order_id = ANY ($1) ORDER BY at, trade_id',
      [rows.map(({ id }) => id)],
    );
    return rows.map((row) =>
      orderOf(
        row,
        fills.rows.filter(({ order_id }) => order_id === row.id),
      ),
    );
  }

  /** One transaction; the same fill cannot be kept twice. A ruling is told in it. */
  async record(changes: readonly Change[], ruling?: Ruling): Promise<void> {
    await this.db.systemTransaction(async (tx) => {
      for (const { order, happenings } of changes) {
        await saveOrder(tx, order);
        for (const { fill } of happenings) if (fill) await insertFill(tx, order.id, fill);
      }
      if (ruling)
        await publish(
          tx,
          changes.map((change) => resolvedEvent(change, ruling)),
        );
      await this.follow(tx, changes);
    });
  }
}

function resolvedEvent({ order }: Change, { tenantId, userId, reason }: Ruling): NewEvent {
  const { id: subjectId, finding, venueOrderId: brokerOrderId } = order;
  if (finding === null) throw new Error(`nothing was found of order ${subjectId}`);
  const payload = { kind: 'ORDER_RESOLVED', userId, subjectId, finding, brokerOrderId, reason } as const;
  return { topic: 'audit.admin.actions', key: subjectId, tenantId, payload };
}

async function saveOrder(tx: Sql, order: VenueOrder): Promise<void> {
  const row = rowOf(order);
  const columns = Object.keys(row) as (keyof BrokerOrderRow)[];
  await tx.query(
    `INSERT INTO trading.broker_order (${columns.join(', ')})
     VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')})
     ON CONFLICT (id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    columns.map((column) => row[column]),
  );
}

async function insertFill(tx: Sql, orderId: string, { tradeId, price, quantity, atMs }: Fill): Promise<void> {
  await tx.query(
    'INSERT INTO trading.broker_fill (order_id, trade_id, price, quantity, at) VALUES ($1, $2, $3, $4, $5)',
    [orderId, tradeId, price, quantity, new Date(atMs)],
  );
}

function rowOf(order: VenueOrder): BrokerOrderRow {
  const { id, tag, ticket, terms, doubt, updatedAtMs } = order;
  const { symbol, side, type, product, validity } = ticket;
  return {
    ...{ id, tag, symbol, side, type, product, validity },
    asked_quantity: ticket.quantity,
    asked_limit: ticket.limitPrice,
    asked_trigger: ticket.triggerPrice,
    quantity: terms.quantity,
    limit_price: terms.limitPrice,
    trigger_price: terms.triggerPrice,
    venue_order_id: order.venueOrderId,
    status: order.status,
    doubt: doubt?.cause ?? null,
    doubted_at: doubt ? new Date(doubt.sinceMs) : null,
    absences: doubt?.absences ?? 0,
    filled_quantity: order.filledQuantity,
    updated_at: updatedAtMs === 0 ? null : new Date(updatedAtMs),
    heard_at: new Date(order.heardAtMs),
    message: order.message,
    finding: order.finding,
    is_settled: isSettled(order),
  };
}

function orderOf(row: BrokerOrderRow, fills: readonly BrokerFillRow[]): VenueOrder {
  const { id, tag, symbol, side, type, product, validity, quantity, doubt, absences } = row;
  const asked = {
    quantity: row.asked_quantity,
    limitPrice: row.asked_limit,
    triggerPrice: row.asked_trigger,
  };
  return {
    id,
    tag,
    ticket: { symbol, side, type, product, validity, ...asked },
    terms: { quantity, limitPrice: row.limit_price, triggerPrice: row.trigger_price },
    venueOrderId: row.venue_order_id,
    status: row.status,
    doubt: doubt && row.doubted_at ? { cause: doubt, sinceMs: row.doubted_at.getTime(), absences } : null,
    filledQuantity: row.filled_quantity,
    fills: fills.map(({ trade_id: tradeId, price, quantity: traded, at }) => ({
      tradeId,
      price,
      quantity: traded,
      atMs: at.getTime(),
    })),
    updatedAtMs: row.updated_at?.getTime() ?? 0,
    heardAtMs: row.heard_at.getTime(),
    message: row.message,
    finding: row.finding,
  };
}
