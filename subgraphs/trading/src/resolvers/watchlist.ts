/** Watchlists: caller -> load -> decide -> save -> return */
import { requireUser } from '@gridworks/kit/caller';
import { newId, toGlobalId, uuidOf } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { no, type TradingRefusal } from '../domain/order.ts';
import { saveWatchlist, type Watchlist as WatchlistState } from '../domain/watchlist.ts';
import { instrumentOf } from '../resolvers/market.ts';
import { ownRow, readable, type TradingContext } from '../resolvers/context.ts';
import { Instrument } from '../schema/market.ts';
import { User } from '../schema/user.ts';
import {
  DeleteWatchlistInput,
  SaveWatchlistInput,
  Watchlist,
  WatchlistPayload,
} from '../schema/watchlist.ts';
import { dropWatchlist, keepWatchlist } from '../store/watchlist.ts';

function toWatchlist(state: WatchlistState): Watchlist {
  return Object.assign(new Watchlist(), state, { id: toGlobalId('Watchlist', state.id) });
}

function payloadOf(result: WatchlistState | TradingRefusal): WatchlistPayload {
  return isRefusal(result)
    ? { watchlist: null, refusal: result }
    : { watchlist: toWatchlist(result), refusal: null };
}

@Resolver(() => Watchlist)
export class WatchlistResolver {
  @Mutation(() => WatchlistPayload, { description: 'Makes a watchlist, or changes one.' })
  async saveWatchlist(
    @Arg('input', () => SaveWatchlistInput, { description: 'The list.' }) input: SaveWatchlistInput,
    @Ctx() context: TradingContext,
  ): Promise<WatchlistPayload> {
    const { userId, tenantId } = requireUser(context.caller);
    const id = input.id ?? undefined;
    const uuid = id === undefined ? undefined : (uuidOf('Watchlist', id) ?? '');
    const saved = await context.watchlists.change(userId, async (tx, known) => {
      const list = saveWatchlist(known, input, uuid, { id: newId(), tenantId, userId });
      if (isRefusal(list)) return list;
      for (const symbol of list.symbols) {
        if (!(await context.exchange.view(symbol))) return no('INSTRUMENT_UNKNOWN', 'symbols');
      }
      await keepWatchlist(tx, list);
      return list;
    });
    return payloadOf(saved);
  }

  @Mutation(() => WatchlistPayload, { description: 'Drops a watchlist.' })
  async deleteWatchlist(
    @Arg('input', () => DeleteWatchlistInput, { description: 'Which.' }) input: DeleteWatchlistInput,
    @Ctx() { caller, watchlists }: TradingContext,
  ): Promise<WatchlistPayload> {
    const { userId } = requireUser(caller);
    const id = uuidOf('Watchlist', input.id);
    const dropped = await watchlists.change(userId, async (tx, known) => {
      const list = known.find((each) => each.id === id);
      if (!list) return no('WATCHLIST_UNKNOWN', 'id');
      await dropWatchlist(tx, list.id);
      return list;
    });
    return payloadOf(dropped);
  }

  @FieldResolver(() => [Instrument], { description: 'What is on it, in the order its owner chose.' })
  async instruments(@Root() { symbols }: Watchlist, @Ctx() context: TradingContext): Promise<Instrument[]> {
    return Promise.all(symbols.map((symbol) => instrumentOf(symbol, context)));
  }
}

@Resolver(() => User)
export class UserWatchlistsResolver {
  @FieldResolver(() => [Watchlist], {
    nullable: true,
    description: 'Watchlists in order of name, at most 20; null unless it is you or you operate the tenant.',
  })
  async watchlists(@Root() user: User, @Ctx() context: TradingContext): Promise<Watchlist[] | null> {
    const userId = readable(user, context);
    return userId === undefined ? null : (await context.watchlists.ofUser(userId)).map(toWatchlist);
  }
}

/** A watchlist by key, as far as the caller may see one. */
export async function resolveWatchlist(
  key: { readonly id: string },
  { loaders, caller }: TradingContext,
): Promise<Watchlist | null> {
  const id = uuidOf('Watchlist', key.id);
  const own = ownRow(id === undefined ? undefined : await loaders.watchlist.load(id), caller);
  return own ? toWatchlist(own) : null;
}
