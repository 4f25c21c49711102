/** Good-till-triggered orders: caller -> load -> decide -> save -> return */
import { doorError, requireUser } from '@gridworks/kit/caller';
import { pageSize, toPage, type Page } from '@gridworks/kit/graph';
import { isUuid, newId, toGlobalId, uuidOf } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import { Arg, Ctx, FieldResolver, Int, Mutation, Resolver, Root } from 'type-graphql';
import { checkGtt, facing, isSameGtt, type Gtt as GttState, type GttStatus } from '../domain/gtt.ts';
import { no, type TradingRefusal } from '../domain/order.ts';
import {
  CancelGttInput,
  CreateGttInput,
  Gtt,
  GttConnection,
  GttPayload,
  GttStatusEnum,
} from '../schema/gtt.ts';
import { Instrument } from '../schema/market.ts';
import { Order } from '../schema/order.ts';
import { User } from '../schema/user.ts';
import { cancelGtt, countActiveGtts, gttByClientId, insertGtt } from '../store/gtt.ts';
import { ownRow, readable, type TradingContext } from './context.ts';
import { instrumentOf } from './market.ts';
import { resolveOrder } from './order.ts';

function toGtt(state: GttState): Gtt {
  const refusal = state.refusalCode === null ? null : no(state.refusalCode);
  return Object.assign(new Gtt(), state, { id: toGlobalId('Gtt', state.id), refusal });
}

function payloadOf(result: GttState | TradingRefusal): GttPayload {
  return isRefusal(result) ? { gtt: null, refusal: result } : { gtt: toGtt(result), refusal: null };
}

@Resolver(() => Gtt)
export class GttResolver {
  @Mutation(() => GttPayload, { description: 'Keeps an order back until its instrument reaches a price.' })
  async createGtt(
    @Arg('input', () => CreateGttInput, { description: 'The wish.' }) input: CreateGttInput,
    @Ctx() { caller, gtts, gttWatch, exchange, instruments, platform }: TradingContext,
  ): Promise<GttPayload> {
    const { userId, tenantId } = requireUser(caller);
    const view = await exchange.view(input.symbol);
    const [instrument] = view ? await instruments.bySymbols([input.symbol]) : [];
    const last = view?.session.last ?? 0n;
    const created = await gtts.change(userId, async (tx): Promise<GttState | TradingRefusal> => {
      const known = await gttByClientId(tx, userId, input.clientGttId);
      if (known) return isSameGtt(known, input) ? known : no('CLIENT_GTT_ID_REUSED', 'clientGttId');
      const refusal = checkGtt(input, { instrument, last, active: await countActiveGtts(tx, userId) });
      if (refusal) return refusal;
      const { clientGttId, symbol, side, product, legs } = input;
      const owner = { id: newId(), tenantId, userId, createdAt: new Date(platform.clock()) };
      const waiting = {
        status: 'ACTIVE',
        triggeredAt: null,
        triggeredLeg: null,
        triggeredPrice: null,
      } as const;
      const wish = { clientGttId, symbol, side, product, legs: facing(legs, last) };
      const gtt = { ...wish, ...owner, ...waiting, orderId: null, refusalCode: null };
      await insertGtt(tx, gtt);
      return gtt;
    });
    const now = await exchange.view(input.symbol);
    if (!isRefusal(created) && created.status === 'ACTIVE' && now) gttWatch.add(created, now.session.last);
    return payloadOf(created);
  }

  @Mutation(() => GttPayload, { description: 'Takes a good-till-triggered order back before it is reached.' })
  async cancelGtt(
    @Arg('input', () => CancelGttInput, { description: 'Which.' }) input: CancelGttInput,
    @Ctx() { caller, gtts, gttWatch }: TradingContext,
  ): Promise<GttPayload> {
    const { userId } = requireUser(caller);
    const id = uuidOf('Gtt', input.gttId);
    const [known] = id === undefined ? [] : await gtts.byIds([id]);
    if (known?.userId !== userId) return payloadOf(no('GTT_UNKNOWN', 'gttId'));
    const cancelled = await gtts.change(userId, (tx) => cancelGtt(tx, known.id));
    if (cancelled) gttWatch.remove(cancelled);
    return payloadOf(cancelled ?? no('GTT_CLOSED', 'gttId'));
  }

  @FieldResolver(() => Instrument, { description: 'Whose price it waits for, and what it trades.' })
  async instrument(@Root() { symbol }: Gtt, @Ctx() context: TradingContext): Promise<Instrument> {
    return instrumentOf(symbol, context);
  }

  @FieldResolver(() => Order, {
    nullable: true,
    description: 'The order of the leg that was reached; null unless it is placed.',
  })
  async order(@Root() { orderId }: Gtt, @Ctx() context: TradingContext): Promise<Order | null> {
    return orderId === null ? null : resolveOrder({ id: toGlobalId('Order', orderId) }, context);
  }
}

@Resolver(() => User)
export class UserGttsResolver {
  @FieldResolver(() => GttConnection, {
    nullable: true,
    description:
      'Good-till-triggered orders, the latest first; null unless it is you or you operate the tenant.',
  })
  async gtts(
    @Root() user: User,
    @Arg('status', () => GttStatusEnum, { nullable: true, description: 'Only those; null for all.' })
    status: GttStatus | null | undefined,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from; null for the start.' })
    after: string | null | undefined,
    @Ctx() context: TradingContext,
  ): Promise<Page<Gtt> | null> {
    const userId = readable(user, context);
    if (userId === undefined) return null;
    if (typeof after === 'string' && !isUuid(after)) {
      throw doorError('BAD_USER_INPUT', '`after` is not a cursor of this list.');
    }
    const size = pageSize(first);
    const rows = await context.gtts.page(userId, status ?? undefined, size + 1, after ?? undefined);
    const page = toPage(rows, size, ({ id }) => id);
    return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: toGtt(node) })) };
  }
}

/** A good-till-triggered order by key, as far as the caller may see one. */
export async function resolveGtt(
  key: { readonly id: string },
  { loaders, caller }: TradingContext,
): Promise<Gtt | null> {
  const id = uuidOf('Gtt', key.id);
  const own = ownRow(id === undefined ? undefined : await loaders.gtt.load(id), caller);
  return own ? toGtt(own) : null;
}
