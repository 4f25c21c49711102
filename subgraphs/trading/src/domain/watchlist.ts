/** Lists of instruments that a user keeps an eye on. */
import { isRefusal } from '@gridworks/kit/refusal';
import { no, type TradingRefusal } from './order.ts';

export const WATCHLISTS_MAX = 20;
export const WATCHED_MAX = 50;
const NAME_CHARS_MAX = 40;

export interface WatchlistRequest {
  readonly name: string;
  /** In the order in which they are to be shown. */
  readonly symbols: readonly string[];
}

export interface Watchlist extends WatchlistRequest {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string;
}

/** The list as it may be kept: its name trimmed, each symbol once. Whether the symbols exist is for others to say. */
export function checkWatchlist({ name, symbols }: WatchlistRequest): WatchlistRequest | TradingRefusal {
  const trimmed = name.trim();
  const isNameSound = trimmed.length > 0 && [...trimmed].length <= NAME_CHARS_MAX && !/\p{Cc}/u.test(trimmed);
  if (!isNameSound) return no('WATCHLIST_NAME_INVALID', 'name');
  const distinct = [...new Set(symbols)];
  if (distinct.length > WATCHED_MAX) return no('WATCHLIST_TOO_LONG', 'symbols');
  return { name: trimmed, symbols: distinct };
}

/**
 * What a user's lists become when one is saved: under `id` it replaces that list, otherwise the one of its name, and
 * where there is none it is new and gets the id of `fresh`.
 */
export function saveWatchlist(
  known: readonly Watchlist[],
  request: WatchlistRequest,
  id: string | undefined,
  fresh: Pick<Watchlist, 'id' | 'tenantId' | 'userId'>,
): Watchlist | TradingRefusal {
  const checked = checkWatchlist(request);
  if (isRefusal(checked)) return checked;
  const named = known.find(({ name }) => name === checked.name);
  if (id === undefined) {
    if (!named && known.length >= WATCHLISTS_MAX) return no('WATCHLISTS_TOO_MANY');
    return { ...(named ?? fresh), ...checked };
  }
  const own = known.find((each) => each.id === id);
  if (!own) return no('WATCHLIST_UNKNOWN', 'id');
  if (named && named !== own) return no('WATCHLIST_NAME_USED', 'name');
  return { ...own, ...checked };
}
