/** Baskets, and sagas for operators: caller -> load -> decide -> save -> return */
import { doorError, requireUser } from '@gridworks/kit/caller';
import { pageSize, toPage, type Page } from '@gridworks/kit/graph';
import { toGlobalId, uuidOf } from '@gridworks/kit/id';
import { isRefusal, refuse } from '@gridworks/kit/refusal';
import type { Saga as SagaState, SagaStatus } from '@gridworks/kit/saga';
import { sagaPage } from '@gridworks/kit/saga/store';
import { Arg, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import { basketSaga } from '../basket.ts';
import { isSameBasket, openBasket, type BasketState } from '../domain/basket.ts';
import { no } from '../domain/order.ts';
import { Basket, PlaceBasketInput, PlaceBasketPayload } from '../schema/basket.ts';
import { Saga, SagaConnection, SagaStatusEnum } from '../schema/saga.ts';
import { resolveUser, type TradingContext } from './context.ts';
import { toOrder } from './order.ts';

/** Whoever waits longer asks again. */
const ANSWER_MS = 5_000;

@Resolver(() => Basket)
export class BasketResolver {
  @Mutation(() => PlaceBasketPayload, {
    description:
      'Places several orders all or not at all: when one is refused, those before it are cancelled. What has traded by then has traded.',
  })
  async placeBasket(
    @Arg('input', () => PlaceBasketInput, { description: 'The orders.' }) input: PlaceBasketInput,
    @Ctx() { caller, platform, exchange, sagas, loaders }: TradingContext,
  ): Promise<PlaceBasketPayload> {
    const { userId, tenantId } = requireUser(caller);
    const basket = openBasket(input, platform.clock());
    if (isRefusal(basket)) return { basket: null, refusal: basket };
    const owner = { userId, tenantId, key: input.clientBasketId };
    const begun = await sagas.begin(basketSaga(platform.db, exchange), owner, basket);
    if (!isSameBasket(begun.state, basket.orders))
      return { basket: null, refusal: no('CLIENT_BASKET_ID_REUSED', 'clientBasketId') };
    const { key: clientBasketId, status, state } = await sagas.ended<BasketState>(begun, ANSWER_MS);
    const ids = state.orderIds.filter((id) => id !== null);
    const placed = (await Promise.all(ids.map((id) => loaders.order.load(id)))).filter(
      (row) => row !== undefined,
    );
    const { refusal } = state;
    return {
      basket: Object.assign(new Basket(), { clientBasketId, status, orders: placed.map(toOrder) }),
      refusal: refusal && refuse(refusal.code, refusal.message, refusal.path),
    };
  }
}

@Resolver(() => Saga)
export class SagaResolver {
  @Query(() => SagaConnection, {
    description: 'Work in several steps of the tenant, the newest first; for operators.',
  })
  async sagas(
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from.' })
    after: string | null | undefined,
    @Arg('status', () => SagaStatusEnum, { nullable: true, description: 'Only these; null for all.' })
    status: SagaStatus | null | undefined,
    @Ctx() { caller, platform }: TradingContext,
  ): Promise<Page<Saga>> {
    requireUser(caller, 'OPERATOR');
    const before = after ? uuidOf('Saga', after) : undefined;
    if (after && before === undefined)
      throw doorError('BAD_USER_INPUT', '`after` is not a cursor of this list.');
    const rows = await sagaPage(platform.db.tenant, status ?? undefined, pageSize(first) + 1, before);
    return toPage(rows.map(toSaga), first, ({ id }) => id);
  }
}

function toSaga({ userId, ...saga }: SagaState): Saga {
  const user = resolveUser({ id: toGlobalId('User', userId) });
  return Object.assign(new Saga(), saga, { id: toGlobalId('Saga', saga.id), user });
}
