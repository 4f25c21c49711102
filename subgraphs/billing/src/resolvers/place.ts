/** Cursors of lists that follow the log of events. */
import { doorError } from '@gridworks/kit/caller';
import type { Place } from '@gridworks/kit/events/log';

const CURSOR = /^(\d{1,19})-(\d{1,18})$/;

export function cursorOf({ xid, pos }: Place): string {
  return `${xid}-${pos}`;
}

/** Undefined where none is given; BAD_USER_INPUT for what is none. */
export function placeOf(after: string | null | undefined): Place | undefined {
  if (after === null || after === undefined) return undefined;
  const [, xid, pos] = CURSOR.exec(after) ?? [];
  if (xid === undefined || pos === undefined)
    throw doorError('BAD_USER_INPUT', '`after` is not a cursor of this list.');
  return { xid, pos: BigInt(pos) };
}
