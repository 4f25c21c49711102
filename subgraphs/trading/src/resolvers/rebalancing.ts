/** Rebalancings: caller -> load -> decide -> save -> return */
import { requireUser } from '@gridworks/kit/caller';
import { rupees } from '@gridworks/kit/graph';
import { newId } from '@gridworks/kit/id';
import { isRefusal, refuse } from '@gridworks/kit/refusal';
import type { Saga } from '@gridworks/kit/saga';
import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { no, type TradingRefusal } from '../domain/order.ts';
import {
  isSameWish,
  nameRefusal,
  openRebalancing,
  wishRefusal,
  type PlannedOrder,
  type RebalancingOrder as OrderState,
  type RebalancingRequest,
  type RebalancingState,
} from '../domain/rebalancing.ts';
import type { Owner } from '../journal.ts';
import { planRebalancing, rebalancingSaga } from '../rebalancing.ts';
import { Instrument } from '../schema/market.ts';
import { Order } from '../schema/order.ts';
import {
  ProposedOrder,
  RebalancePortfolioInput,
  RebalancePortfolioPayload,
  Rebalancing,
  RebalancingOrder,
  RebalancingPreviewInput,
  RebalancingPreviewPayload,
} from '../schema/rebalancing.ts';
import { logHorizon } from '../store/rebalancing.ts';
import type { TradingContext } from './context.ts';
import { instrumentOf } from './market.ts';
import { toOrder } from './order.ts';

/** Whoever waits longer asks again. */
const ANSWER_MS = 5_000;

function toProposed(order: PlannedOrder): ProposedOrder {
  return Object.assign(new ProposedOrder(), order, { product: 'CNC' as const });
}

function toRebalancingOrder(state: OrderState): RebalancingOrder {
  const { side, quantity, limitPrice, refusal } = state;
  const shown = { side, quantity, limitPrice, refusal: refusal && refuse(refusal.code, refusal.message) };
  return Object.assign(new RebalancingOrder(), shown, { state });
}

@Resolver(() => Rebalancing)
export class RebalancingResolver {
  @Query(() => RebalancingPreviewPayload, {
    description: 'What bringing your portfolio to these weights would come to. Nothing is placed.',
  })
  async rebalancingPreview(
    @Arg('input', () => RebalancingPreviewInput, { description: 'The weights.' })
    input: RebalancingPreviewInput,
    @Ctx() { caller, rebalancing }: TradingContext,
  ): Promise<RebalancingPreviewPayload> {
    const owner = requireUser(caller);
    const plan = wishRefusal(input) ?? (await planRebalancing(rebalancing, owner, input));
    if (isRefusal(plan)) return { preview: null, refusal: plan };
    const orders = [...plan.sells, ...plan.buys].map(toProposed);
    return { preview: { value: rupees(plan.value), orders }, refusal: null };
  }

  @Mutation(() => RebalancePortfolioPayload, {
    description:
      'Brings your portfolio to these weights as near as whole lots, the cash there is and the market allow: sells first, waits for the cash, and buys within what is there. One at a time.',
  })
  async rebalancePortfolio(
    @Arg('input', () => RebalancePortfolioInput, { description: 'The weights.' })
    input: RebalancePortfolioInput,
    @Ctx() context: TradingContext,
  ): Promise<RebalancePortfolioPayload> {
    const { userId, tenantId } = requireUser(context.caller);
    const begun = await begin(input, { userId, tenantId }, context);
    if (isRefusal(begun)) return { rebalancing: null, refusal: begun };
    const { key: clientRebalancingId, status, state } = await context.sagas.ended(begun, ANSWER_MS);
    const orders = [...state.sells, ...state.buys].map(toRebalancingOrder);
    const rebalancing = Object.assign(new Rebalancing(), { clientRebalancingId, status, orders });
    return { rebalancing, refusal: null };
  }
}

/** The rebalancing of this name, begun now or before. */
async function begin(
  request: RebalancingRequest,
  owner: Owner,
  { sagas, rebalancing }: TradingContext,
): Promise<Saga<RebalancingState> | TradingRefusal> {
  const refusal = wishRefusal(request) ?? nameRefusal(request);
  if (refusal) return refusal;
  const definition = rebalancingSaga(rebalancing);
  const named = { ...owner, key: request.clientRebalancingId };
  let saga = await sagas.known<RebalancingState>(definition.kind, named);
  if (!saga) {
    const sinceXid = await logHorizon(rebalancing.db.system);
    const plan = await planRebalancing(rebalancing, owner, request);
    if (isRefusal(plan)) return plan;
    const state = openRebalancing(request, plan, { id: newId(), sinceXid });
    if (isRefusal(state)) return state;
    saga = await sagas.tryBegin(definition, named, state);
  }
  if (!saga) return no('REBALANCING_UNDER_WAY');
  return isSameWish(saga.state, request) ? saga : no('CLIENT_REBALANCING_ID_REUSED', 'clientRebalancingId');
}

@Resolver(() => RebalancingOrder)
export class RebalancingOrderResolver {
  @FieldResolver(() => Instrument, { description: 'What it trades.' })
  instrument(@Root() { state }: RebalancingOrder, @Ctx() context: TradingContext): Promise<Instrument> {
    return instrumentOf(state.symbol, context);
  }

  @FieldResolver(() => [Order], {
    description:
      'What the exchange has of it, as it stands: one order, or several above the freeze quantity; empty until it was looked for.',
  })
  async orders(@Root() { state }: RebalancingOrder, @Ctx() { loaders }: TradingContext): Promise<Order[]> {
    const rows = await Promise.all(state.orderIds.map((id) => loaders.order.load(id)));
    return rows.filter((row) => row !== undefined).map(toOrder);
  }
}
