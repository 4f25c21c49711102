/**
 * A rebalancing as a saga: it sells, waits until that has ended and the cash has come, buys within what is there, and
 * waits again. What does not trade in time is taken out of the market. What has traded has traded: nothing of it is taken
 * back, and an order that is refused does not hold up the others.
 */
import type { Database } from '@gridworks/kit/db';
import type { NewEvent } from '@gridworks/kit/events';
import { isRefusal, refuse } from '@gridworks/kit/refusal';
import { Waiting, type EndedSaga, type SagaDefinition, type SagaStep } from '@gridworks/kit/saga';
import { istDate, type Clock } from '@gridworks/kit/time';
import { isTradable } from './domain/instrument.ts';
import { freezeQuantityOn } from './domain/limits.ts';
import { QUANTITY_MAX, TRADING_REFUSALS, isOpen, type Order, type TradingRefusal } from './domain/order.ts';
import {
  isWhole,
  planOrders,
  requestOf,
  withBuys,
  type Line,
  type Plan,
  type RebalancingOrder,
  type RebalancingState,
  type RebalancingWish,
} from './domain/rebalancing.ts';
import type { Exchange } from './exchange.ts';
import type { Owner } from './journal.ts';
import type { InstrumentStore } from './store/instrument.ts';
import { ordersOfWish } from './store/order.ts';
import { proceedsCounted } from './store/rebalancing.ts';

/** How long the sales wait in the market, and then the purchases. */
export const ORDERS_WAIT_MS = 30_000;
/** How long the cash of sales that have ended is waited for. */
const PROCEEDS_WAIT_MS = 10_000;
/** Longer than all that is waited for: only what is out of order takes so long. */
const TIMEOUT_MS = 120_000;
const LOOK_MS = 100;

export interface RebalancingParts {
  readonly db: Database;
  readonly exchange: Exchange;
  readonly instruments: InstrumentStore;
  readonly clock: Clock;
}

type Leg = 'sells' | 'buys';

export function rebalancingSaga(parts: RebalancingParts): SagaDefinition<RebalancingState> {
  const steps = [placing(parts, 'sells'), sold(parts), placing(parts, 'buys'), bought(parts)];
  return {
    kind: 'rebalancing',
    timeoutMs: TIMEOUT_MS,
    isExclusive: true,
    steps: () => steps,
    // No step refuses: what is refused is an order, and the others go on.
    refused: (state) => state,
    ended: (saga) => [rebalancedEvent(saga)],
  };
}

/** What a wish comes to as things stand, or why it cannot be. */
export async function planRebalancing(
  parts: RebalancingParts,
  owner: Owner,
  wish: RebalancingWish,
  hasSold = false,
): Promise<Plan | TradingRefusal> {
  const { buyingPower, stock } = await parts.exchange.assetsOf(owner);
  const held = new Map(
    stock.filter((each) => each.product === 'CNC' && each.quantity > 0n).map((each) => [each.symbol, each]),
  );
  const wanted = wish.targets.map(({ symbol }) => symbol);
  const lines: Line[] = [];
  for (const symbol of new Set([...wanted, ...held.keys()])) {
    const line = await lineOf(parts, symbol, held.get(symbol));
    const place = wanted.indexOf(symbol);
    if (line) lines.push(line);
    else if (place >= 0) return refusalOf(parts, symbol, place);
  }
  return planOrders(wish, lines, buyingPower, hasSold);
}

async function refusalOf(
  { exchange }: RebalancingParts,
  symbol: string,
  place: number,
): Promise<TradingRefusal> {
  const code = (await exchange.view(symbol)) ? 'INSTRUMENT_NOT_TRADABLE' : 'INSTRUMENT_UNKNOWN';
  return refuse(code, TRADING_REFUSALS[code], ['input', 'targets', String(place), 'symbol']);
}

/** Undefined for what cannot be traded. */
async function lineOf(
  { exchange, instruments, clock }: RebalancingParts,
  symbol: string,
  held: { readonly quantity: bigint; readonly held: bigint } | undefined,
): Promise<Line | undefined> {
  const view = await exchange.view(symbol);
  const [instrument] = view ? await instruments.bySymbols([symbol]) : [];
  if (!view || !instrument || !isTradable(instrument) || instrument.currency !== 'INR') return undefined;
  const { tickSize, lotSize, kind } = instrument;
  const freeze = freezeQuantityOn(istDate(clock()), kind) ?? QUANTITY_MAX;
  const { quantity, held: promised } = held ?? { quantity: 0n, held: 0n };
  const price = { last: view.session.last, tickSize, lotSize, band: view.band };
  return { symbol, exchange: instrument.exchange, ...price, freeze, quantity, free: quantity - promised };
}

/** Each order has a name of its own, so it is placed once, however often this is done. */
function placing({ db, exchange, clock }: RebalancingParts, leg: Leg): SagaStep<RebalancingState> {
  return {
    async do(state, owner) {
      let orders = state[leg];
      for (const [index, order] of orders.entries()) {
        if (order.isPlaced || order.refusal) continue;
        const placed = await exchange.placeSlicedOrder(owner, requestOf(order));
        const isTooFast = isRefusal(placed) && placed.code === 'ORDER_RATE_EXCEEDED';
        // There is room again within a second.
        if (isTooFast) return new Waiting({ ...state, [leg]: orders }, LOOK_MS);
        orders = orders.with(index, noted(order, placed));
      }
      return { ...state, [leg]: orders, waitsUntilMs: clock() + ORDERS_WAIT_MS };
    },
    async undo(state, { userId }) {
      // Also those that were placed just before their runner was killed.
      const found = await ordersOf(db, exchange, userId, state[leg]);
      for (const { id } of found.flat().filter(isOpen)) await exchange.cancelOrder({ userId }, id);
      return { ...state, [leg]: filled(state[leg], await ordersOf(db, exchange, userId, state[leg])) };
    },
  };
}

/** The sales have ended and what they brought is there: it is known what can be bought. */
function sold(parts: RebalancingParts): SagaStep<RebalancingState> {
  const { db, clock } = parts;
  return {
    async do(state, owner) {
      const found = await endedOrders(parts, owner, state, 'sells');
      if (!found) return new Waiting(state, LOOK_MS);
      const after = { ...state, sells: filled(state.sells, found) };
      const ids = found.flat().flatMap(({ id, filledQuantity }) => (filledQuantity > 0n ? [id] : []));
      const counted = await proceedsCounted(db.system, owner.userId, ids, state.sinceXid);
      if (counted < ids.length && clock() < state.waitsUntilMs + PROCEEDS_WAIT_MS)
        return new Waiting(after, LOOK_MS);
      const plan = await planRebalancing(parts, owner, state, true);
      if (isRefusal(plan)) throw new Error(`a rebalancing under way is refused: ${plan.code}`);
      return withBuys(after, plan);
    },
    undo: async (state) => state,
  };
}

function bought(parts: RebalancingParts): SagaStep<RebalancingState> {
  return {
    async do(state, owner) {
      const found = await endedOrders(parts, owner, state, 'buys');
      return found ? { ...state, buys: filled(state.buys, found) } : new Waiting(state, LOOK_MS);
    },
    undo: async (state) => state,
  };
}

/** The orders of a leg, each with its slices, when none of them trades any more; undefined before. */
async function endedOrders(
  { db, exchange, clock }: RebalancingParts,
  { userId }: Pick<Owner, 'userId'>,
  state: RebalancingState,
  leg: Leg,
): Promise<readonly (readonly Order[])[] | undefined> {
  const found = await ordersOf(db, exchange, userId, state[leg]);
  const open = found.flat().filter(isOpen);
  if (open.length === 0) return found;
  // Refused is an order that has ended meanwhile.
  if (clock() >= state.waitsUntilMs) for (const { id } of open) await exchange.cancelOrder({ userId }, id);
  return undefined;
}

async function ordersOf(
  db: Database,
  exchange: Exchange,
  userId: string,
  orders: readonly RebalancingOrder[],
): Promise<Order[][]> {
  await exchange.shown();
  const found = orders.map(({ clientOrderId }) => ordersOfWish(db.system, userId, clientOrderId));
  return (await Promise.all(found)).map((placed) => placed.map(({ order }) => order));
}

function noted(order: RebalancingOrder, placed: readonly Order[] | TradingRefusal): RebalancingOrder {
  if (!isRefusal(placed)) return { ...order, isPlaced: true };
  const { code, message } = placed;
  return { ...order, refusal: { code, message } };
}

function filled(
  orders: readonly RebalancingOrder[],
  found: readonly (readonly Order[])[],
): RebalancingOrder[] {
  return orders.map((order, index) => {
    const slices = found[index] ?? [];
    const filledQuantity = slices.reduce((sum, slice) => sum + slice.filledQuantity, 0n);
    const orderIds = slices.map(({ id }) => id);
    return { ...order, orderIds, filledQuantity, turnover: turnoverOf(slices) };
  });
}

function turnoverOf(orders: readonly { readonly turnover: bigint }[]): bigint {
  return orders.reduce((sum, { turnover }) => sum + turnover, 0n);
}

function rebalancedEvent({ userId, tenantId, status, state }: EndedSaga<RebalancingState>): NewEvent {
  const outcome = status === 'COMPENSATED' ? 'TIMED_OUT' : isWhole(state) ? 'WHOLE' : 'PARTIAL';
  const sums = { sold: turnoverOf(state.sells).toString(), bought: turnoverOf(state.buys).toString() };
  const payload = { rebalancingId: state.id, userId, outcome, ...sums } as const;
  return { topic: 'portfolios.rebalanced', key: userId, tenantId, payload };
}
