/** One trading day of one instrument: what its quote says, and the price its band lies around. */
import { istDate } from '@gridworks/kit/time';
import { priceBand, type PriceBand } from './instrument.ts';
import { BAND_BPS } from './order.ts';

export interface Session {
  /** Calendar date in India, `YYYY-MM-DD`; empty before the first trade. */
  readonly date: string;
  readonly last: bigint;
  /** When `last` was made, milliseconds since the epoch; 0 before the first trade. */
  readonly atMs: number;
  readonly previousClose: bigint;
  /** The middle of the price band. */
  readonly referencePrice: bigint;
  /** Of the day's trades; null before the first. */
  readonly range: { readonly open: bigint; readonly high: bigint; readonly low: bigint } | null;
  readonly volume: bigint;
}

/** A session before its first trade. */
export function openSession(previousClose: bigint): Session {
  return {
    date: '',
    last: previousClose,
    atMs: 0,
    previousClose,
    referencePrice: previousClose,
    range: null,
    volume: 0n,
  };
}

/** The session after a trade; the first one of another date opens a new day whose previous close is the last price. */
export function tradeInSession(session: Session, atMs: number, price: bigint, quantity: bigint): Session {
  const day = rollSession(session, atMs);
  const range = day.range ?? { open: price, high: price, low: price };
  return {
    ...day,
    last: price,
    atMs,
    volume: day.volume + quantity,
    range: {
      open: range.open,
      high: price > range.high ? price : range.high,
      low: price < range.low ? price : range.low,
    },
  };
}

/** The session as it stands at an instant: the same day, or a new one. */
export function rollSession(session: Session, nowMs: number): Session {
  const date = istDate(nowMs);
  if (session.date === date) return session;
  // The first date of a fresh session is no new day: its previous close was given.
  const previousClose = session.date === '' ? session.previousClose : session.last;
  return { ...session, date, previousClose, referencePrice: previousClose, range: null, volume: 0n };
}

/** The session as it was told elsewhere that the day went, before a trade of `quantity` that the day's volume counts. */
export function observeDay(
  session: Session,
  day: NonNullable<Session['range']> & Pick<Session, 'previousClose' | 'volume'>,
  quantity: bigint,
): Session {
  const { open, high, low, previousClose, volume } = day;
  return {
    ...session,
    previousClose,
    referencePrice: previousClose,
    range: { open, high, low },
    volume: volume - quantity,
  };
}

/**
 * The session ready for a recorded price. The band follows a replay: it lies around the first price of each recorded
 * day, because what happened between two of them (a split, say) is not known here, and around any price that leaves it.
 */
export function anchorReplay(session: Session, atMs: number, price: bigint, tickSize: bigint): Session {
  const day = rollSession(session, atMs);
  const { lower, upper } = bandOf(day, tickSize);
  const isAnchored = day.range !== null && price >= lower && price <= upper;
  return isAnchored ? day : { ...day, referencePrice: price };
}

/** The prices at which orders may be placed. */
export function bandOf(session: Session, tickSize: bigint): PriceBand {
  return priceBand(session.referencePrice, BAND_BPS, tickSize);
}
