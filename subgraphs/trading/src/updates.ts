/** A user's order events as a stream without gaps: what is kept first, then what is added. */
import type { Bus } from '@gridworks/kit/events';
import type { OrderStore, OrderUpdateRow } from './store/order.ts';

type Step = IteratorResult<OrderUpdateRow, undefined>;

/** Everything after the sequence `after`, or from now on when undefined. Ends when the consumer returns. */
export function orderUpdatesOf(
  userId: string,
  after: bigint | undefined,
  orders: OrderStore,
  bus: Pick<Bus, 'onWake'>,
): AsyncIterableIterator<OrderUpdateRow, undefined> {
  let cursor = after;
  let fetched: OrderUpdateRow[] = [];
  let isEnded = false;
  let isWoken = false;
  let resume: (() => void) | undefined;

  const leave = bus.onWake(() => {
    isWoken = true;
    resume?.();
  });
  // "From now on" is decided when the stream opens, not when somebody first asks it for an event.
  const opened = cursor === undefined ? orders.lastSequence(userId) : Promise.resolve(cursor);
  opened.catch(() => undefined);

  async function step(): Promise<Step> {
    cursor ??= await opened;
    while (!isEnded) {
      const update = fetched.shift();
      if (update) {
        cursor = update.sequence;
        return { done: false, value: update };
      }
      // Looked for after the flag is lowered: what is committed meanwhile raises it again.
      isWoken = false;
      fetched = await orders.updatesAfter(userId, cursor);
      if (fetched.length > 0 || isWoken || isEnded) continue;
      await new Promise<void>((resolve) => (resume = resolve));
      resume = undefined;
    }
    return { done: true, value: undefined };
  }

  let turn: Promise<unknown> = Promise.resolve();
  return {
    next() {
      // Two calls at once must not fetch the same event twice.
      const result = turn.then(step);
      turn = result.catch(() => undefined);
      return result;
    },
    async return() {
      isEnded = true;
      leave();
      resume?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
