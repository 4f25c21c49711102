/** Orders: caller -> load -> decide -> save -> return */
import { requireUser } from '@gridworks/kit/caller';
import { BigIntScalar, pageSize, rupees, toPage, type Page } from '@gridworks/kit/graph';
import { toGlobalId, uuidOf } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import {
  Arg,
  Ctx,
  FieldResolver,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { averagePrice, no, squareOffReason, stateAfter, type Order as OrderState } from '../domain/order.ts';
import { Instrument } from '../schema/market.ts';
import {
  CancelOrderInput,
  CancelOrderPayload,
  CancelOrdersInput,
  CancelOrdersPayload,
  ModifyOrderInput,
  ModifyOrderPayload,
  Order,
  OrderConnection,
  OrderEvent,
  OrderUpdate,
  PlaceOrderInput,
  PlaceOrderPayload,
  PlaceSlicedOrderPayload,
  Trade,
} from '../schema/order.ts';
import { User } from '../schema/user.ts';
import type { OrderUpdateRow, TradeRow } from '../store/order.ts';
import { orderUpdatesOf, type OrderGap } from '../updates.ts';
import { cursorOf, ownRow, readable, type TradingContext } from './context.ts';
import { instrumentOf } from './market.ts';

export function toOrder(row: OrderState): Order {
  return Object.assign(new Order(), row, {
    id: toGlobalId('Order', row.id),
    averagePrice: averagePrice(row.turnover, row.filledQuantity),
    turnover: rupees(row.turnover),
    squareOffReason: squareOffReason(row),
  });
}

export function toTrade(row: TradeRow): Trade {
  return Object.assign(new Trade(), row, { id: toGlobalId('Trade', row.id) });
}

function toUpdate(row: OrderUpdateRow | OrderGap): OrderUpdate {
  return row.kind === 'GAP'
    ? { ...row, order: null, trade: null, snapshot: row.snapshot.map(toOrder) }
    : { ...row, order: toOrder(row.order), trade: row.trade && toTrade(row.trade), snapshot: null };
}

@Resolver(() => Order)
export class OrderResolver {
  @Query(() => Order, {
    nullable: true,
    description: 'An order by its id; null when you have none of this id.',
  })
  async order(
    @Arg('id', () => ID, { description: 'Global id of the order.' }) id: string,
    @Ctx() context: TradingContext,
  ): Promise<Order | null> {
    return resolveOrder({ id }, context);
  }

  @Mutation(() => PlaceOrderPayload, { description: 'Places an order and holds what it may cost.' })
  async placeOrder(
    @Arg('input', () => PlaceOrderInput, { description: 'The wish.' }) input: PlaceOrderInput,
    @Ctx() { caller, exchange }: TradingContext,
  ): Promise<PlaceOrderPayload> {
    const placed = await exchange.placeOrder(requireUser(caller), input);
    return isRefusal(placed) ? { order: null, refusal: placed } : { order: toOrder(placed), refusal: null };
  }

  @Mutation(() => PlaceSlicedOrderPayload, {
    description:
      'Places a wish that may be above the freeze quantity (100,000 units): up to 20 orders of at most that much, all or none. Under its clientOrderId it is repeated like an order.',
  })
  async placeSlicedOrder(
    @Arg('input', () => PlaceOrderInput, { description: 'The wish.' }) input: PlaceOrderInput,
    @Ctx() { caller, exchange }: TradingContext,
  ): Promise<PlaceSlicedOrderPayload> {
    const placed = await exchange.placeSlicedOrder(requireUser(caller), input);
    return isRefusal(placed)
      ? { orders: [], refusal: placed }
      : { orders: placed.map(toOrder), refusal: null };
  }

  @Mutation(() => ModifyOrderPayload, {
    description:
      'Gives an open order other terms, and holds more or less. The same wish again changes nothing and answers with the order.',
  })
  async modifyOrder(
    @Arg('input', () => ModifyOrderInput, { description: 'Which, and what of it.' }) input: ModifyOrderInput,
    @Ctx() { caller, exchange }: TradingContext,
  ): Promise<ModifyOrderPayload> {
    const user = requireUser(caller);
    const id = uuidOf('Order', input.orderId);
    const modified =
      id === undefined ? no('ORDER_UNKNOWN', 'orderId') : await exchange.modifyOrder(user, id, input);
    return isRefusal(modified)
      ? { order: null, refusal: modified }
      : { order: toOrder(modified), refusal: null };
  }

  @Mutation(() => CancelOrdersPayload, {
    description: 'Takes what is left of several open orders out of the market, all at once.',
  })
  async cancelOrders(
    @Arg('input', () => CancelOrdersInput, { description: 'Which.' }) { symbol, side }: CancelOrdersInput,
    @Ctx() { caller, exchange }: TradingContext,
  ): Promise<CancelOrdersPayload> {
    const cancelled = await exchange.cancelOrders(requireUser(caller), { symbol, side });
    return isRefusal(cancelled)
      ? { orders: [], refusal: cancelled }
      : { orders: cancelled.map(toOrder), refusal: null };
  }

  @Mutation(() => CancelOrderPayload, { description: 'Takes what is left of an order out of the market.' })
  async cancelOrder(
    @Arg('input', () => CancelOrderInput, { description: 'Which.' }) input: CancelOrderInput,
    @Ctx() { caller, exchange }: TradingContext,
  ): Promise<CancelOrderPayload> {
    const user = requireUser(caller);
    const id = uuidOf('Order', input.orderId);
    const cancelled =
      id === undefined ? no('ORDER_UNKNOWN', 'orderId') : await exchange.cancelOrder(user, id);
    return isRefusal(cancelled)
      ? { order: null, refusal: cancelled }
      : { order: toOrder(cancelled), refusal: null };
  }

  @Subscription(() => OrderUpdate, {
    description:
      "Every event of the signed-in user's orders, without gaps, in order. Where events after `after` are no longer kept, it begins with one GAP that brings the open orders.",
    subscribe: ({ args, context }: { args: { after?: bigint | null }; context: TradingContext }) =>
      orderUpdatesOf(
        requireUser(context.caller).userId,
        args.after ?? undefined,
        context.orders,
        context.platform.bus,
        context.platform.clock,
      ),
  })
  orderUpdates(
    @Root() update: OrderUpdateRow | OrderGap,
    @Arg('after', () => BigIntScalar, {
      nullable: true,
      description:
        'The last sequence you saw, 0 for all from the first on; null for what happens from now on.',
    })
    _after: bigint | null | undefined,
  ): OrderUpdate {
    return toUpdate(update);
  }

  @FieldResolver(() => Instrument, { description: 'What it trades.' })
  async instrument(@Root() { symbol }: Order, @Ctx() context: TradingContext): Promise<Instrument> {
    return instrumentOf(symbol, context);
  }

  @FieldResolver(() => [Trade], { description: 'Its fills, the first one first.' })
  async trades(@Root() order: Order, @Ctx() context: TradingContext): Promise<Trade[]> {
    return (await context.loaders.tradesOf.load(uuidOf('Order', order.id) ?? '')).map(toTrade);
  }

  @FieldResolver(() => [OrderEvent], {
    description:
      'What happened to it, the first event first. Events are kept for a time, by default 30 days.',
  })
  async history(@Root() order: Order, @Ctx() context: TradingContext): Promise<OrderEvent[]> {
    return context.loaders.historyOf.load(uuidOf('Order', order.id) ?? '');
  }

  @FieldResolver(() => Order, {
    nullable: true,
    description: 'The order as it was just after an event; null before its first one that is kept.',
  })
  async stateAt(
    @Root() { id }: Order,
    @Arg('sequence', () => BigIntScalar, {
      description: "Number of an event of the user's orders, as `history` and `orderUpdates` tell it.",
    })
    sequence: bigint,
    @Ctx() { loaders }: TradingContext,
  ): Promise<Order | null> {
    const uuid = uuidOf('Order', id) ?? '';
    const [row, history] = await Promise.all([loaders.order.load(uuid), loaders.historyOf.load(uuid)]);
    const event = history.findLast((each) => each.sequence <= sequence);
    return row && event ? toOrder(stateAfter(row, event)) : null;
  }
}

@Resolver(() => User)
export class UserOrdersResolver {
  @FieldResolver(() => OrderConnection, {
    nullable: true,
    description: 'Orders, the latest first; null unless it is you or you operate the tenant.',
  })
  async orders(
    @Root() user: User,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from; null for the start.' })
    after: string | null | undefined,
    @Ctx() context: TradingContext,
  ): Promise<Page<Order> | null> {
    const userId = readable(user, context);
    if (userId === undefined) return null;
    const rows = await context.orders.page(userId, pageSize(first) + 1, cursorOf(after));
    const page = toPage(rows, first, ({ arrival }) => arrival.toString());
    return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: toOrder(node) })) };
  }
}

/** An order by key, as far as the caller may see one. */
export async function resolveOrder(
  key: { readonly id: string },
  { loaders, caller }: TradingContext,
): Promise<Order | null> {
  const id = uuidOf('Order', key.id);
  const row = ownRow(id === undefined ? undefined : await loaders.order.load(id), caller);
  return row ? toOrder(row) : null;
}

export async function resolveTrade(
  key: { readonly id: string },
  { loaders, caller }: TradingContext,
): Promise<Trade | null> {
  const id = uuidOf('Trade', key.id);
  const row = ownRow(id === undefined ? undefined : await loaders.trade.load(id), caller);
  return row ? toTrade(row) : null;
}
