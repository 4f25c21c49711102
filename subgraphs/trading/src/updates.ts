/**
 * A user's order events as a stream without gaps: what is kept first, then what is added. Where what was asked for is
 * not kept, the stream says so by one event of the kind GAP with the open orders as they stand, and goes on from there.
 */
import type { Bus } from '@gridworks/kit/events';
import type { Clock } from '@gridworks/kit/time';
import { stream } from '@gridworks/kit/events/follow';
import type { KeptHistory, OrderRow, OrderStore, OrderUpdateRow } from './store/order.ts';

/** History is missing before this: the open orders as they stood just after the event of this sequence. */
export interface OrderGap {
  readonly sequence: bigint;
  readonly kind: 'GAP';
  readonly at: Date;
  readonly snapshot: readonly OrderRow[];
}

/**
 * Everything after the sequence `after`, or from now on when undefined, which is when this resolves. Ends when the
 * consumer returns.
 */
export async function orderUpdatesOf(
  userId: string,
  after: bigint | undefined,
  orders: OrderStore,
  bus: Pick<Bus, 'onWake'>,
  clock: Clock,
): Promise<AsyncIterableIterator<OrderUpdateRow | OrderGap, undefined>> {
  const kept = await orders.keptOf(userId);
  let cursor: bigint | undefined;
  let fetched: OrderUpdateRow[] = [];

  /** Starts over from the open orders: nothing happens between them and the events that follow. */
  async function gap(): Promise<OrderGap> {
    const { sequence, orders: snapshot } = await orders.snapshotOf(userId);
    fetched = [];
    cursor = sequence;
    return { sequence, kind: 'GAP', at: new Date(clock()), snapshot };
  }

  return stream<OrderUpdateRow | OrderGap>(bus, async () => {
    if (cursor === undefined) {
      if (after !== undefined && !isKept(after, kept)) return gap();
      cursor = after ?? kept.newest;
    }
    if (fetched.length === 0) fetched = await orders.updatesAfter(userId, cursor);
    const update = fetched.shift();
    if (!update) return undefined;
    // Who reads so slowly that history was forgotten meanwhile must hear of that too.
    if (update.sequence !== cursor + 1n) return gap();
    cursor = update.sequence;
    return update;
  });
}

/** Whether every event after this one is kept; one that never was belongs to another database. */
function isKept(after: bigint, { floor, newest }: KeptHistory): boolean {
  return floor - 1n <= after && after <= newest;
}
