/** A user's positions as they change: each as it stands first, then each that is not as it was. Latest wins. */
import type { Bus } from '@gridworks/kit/events';
import { stream } from '@gridworks/kit/events/follow';
import type { PositionRow, PositionStore } from './store/position.ts';

export function positionUpdatesOf(
  userId: string,
  positions: PositionStore,
  bus: Pick<Bus, 'onWake'>,
): AsyncIterableIterator<PositionRow, undefined> {
  const told = new Map<string, PositionRow>();
  let changed: PositionRow[] = [];
  return stream(bus, async () => {
    if (changed.length === 0) {
      changed = (await positions.ofUser(userId)).filter((row) => !isSame(row, told.get(row.id)));
    }
    const next = changed.shift();
    if (next) told.set(next.id, next);
    return next;
  });
}

function isSame(row: PositionRow, known: PositionRow | undefined): boolean {
  return row.quantity === known?.quantity && row.cost === known.cost && row.realised === known.realised;
}
