/**
 * Orders that a broker carries out. Nothing here matches them: what they hold and what comes of them is decided as for
 * all orders, by what the broker says of them. Each of its trades counts once, also one that comes after the end of its
 * order: what that held was given back then, so the late trade is booked as an order of its own.
 */
import { DAY_MS } from '@gridworks/kit/time';
import type { Terms } from '../broker/order.ts';
import type { VenueStanding } from '../broker/standing.ts';
import {
  cancelRequested,
  cancelled,
  confirmed,
  created,
  doubted,
  executed,
  modified,
  modifyRefused,
  modifyRequested,
  rejected,
  triggered,
  type Fill,
  type Step,
} from '../happening.ts';
import { isRefusal } from '@gridworks/kit/refusal';
import type { AcceptedChange } from '../order-check.ts';
import {
  PLAIN,
  createOrder,
  holdOf,
  isOpen,
  no,
  remainingOf,
  type CancelReason,
  type Order,
  type RejectReason,
  type TradingRefusal,
} from '../order.ts';
import type { Account } from './account.ts';
import {
  amendmentOf,
  areTerms,
  keptAmendment,
  termsFor,
  toldTerms,
  wishedOrder,
  type Amendment,
} from './amendment.ts';
import type { ModifyOrder, TellFill, TellStanding, TellTerms } from './command.ts';
import { idAfter } from './ids.ts';
import type { Work } from './outcome.ts';
import { factsOf, orderOf, type KeptRouted } from './state.ts';

/** An ended order is remembered for so long: longer than a broker tells of its trades. */
const REMEMBERED_MS = 7 * DAY_MS;

/** An order at a broker. */
export interface Routed {
  readonly order: Order;
  /** Those of its trades that were counted, by the broker's ids. */
  readonly trades: ReadonlySet<string>;
  readonly lates: number;
  /** Why the broker is to cancel it; null unless it is. */
  readonly cancel: CancelReason | null;
  /** What the broker is to make of it; null unless it is to change it. */
  readonly amendment: Amendment | null;
  /** Null while it is open. */
  readonly endedAt: number | null;
}

export class RoutedOrders {
  readonly #open = new Map<string, Routed>();
  /** The one that ended first comes first. */
  readonly #ended = new Map<string, Routed>();

  constructor(
    private readonly accountOf: (order: Order) => Account,
    private readonly take: (step: Step, work: Work) => void,
    /** What an order without a limit may trade at. */
    private readonly worstPriceOf: (order: Order) => bigint,
  ) {}

  get(orderId: string): Routed | undefined {
    return this.#open.get(orderId) ?? this.#ended.get(orderId);
  }

  /** The open order of this id. */
  order(orderId: string): Order | undefined {
    return this.#open.get(orderId)?.order;
  }

  /** The open ones, as they were accepted. */
  *orders(): Generator<Order> {
    for (const { order } of this.#open.values()) yield order;
  }

  /** Whether anything follows from what a broker says of an order. */
  isNews(orderId: string, standing: VenueStanding): boolean {
    const routed = this.#open.get(orderId);
    return routed !== undefined && stepOf(routed, standing, 'OTHER') !== undefined;
  }

  /** Whether a trade is still to be counted. */
  isUncounted(orderId: string, tradeId: string): boolean {
    return this.get(orderId)?.trades.has(tradeId) === false;
  }

  /** Whether what a broker says of an order's terms is not what they are here. */
  isAmended(orderId: string, told: Terms): boolean {
    const order = this.order(orderId);
    return order !== undefined && !areTerms(termsFor(order, told), order);
  }

  /** Accepts an order that a broker is to carry out. */
  add(accepted: Order, work: Work): void {
    const order: Order = { ...accepted, status: 'PENDING' };
    this.#keep({ order, trades: new Set(), lates: 0, cancel: null, amendment: null, endedAt: null }, work.at);
    this.take(created(order), work);
  }

  /** The broker is to cancel the order; nothing comes of it where it is to already. */
  cancel(orderId: string, reason: CancelReason, work: Work): void {
    const routed = this.#open.get(orderId);
    if (!routed || routed.cancel !== null) return;
    this.#keep({ ...routed, cancel: reason }, work.at);
    this.take(cancelRequested(routed.order), work);
  }

  /**
   * The broker is to change the order. `accept` decides about the order as it would be by earlier wishes, given what it
   * may trade at; promised are units and cash enough for whatever the broker makes of all of them.
   */
  amend(
    { orderId, at }: ModifyOrder,
    accept: (wished: Order, worstPrice: bigint) => AcceptedChange | TradingRefusal,
    work: Work,
  ): TradingRefusal | undefined {
    const routed = this.#open.get(orderId);
    if (!routed || routed.cancel !== null) return no('ORDER_CLOSED', 'orderId');
    const { order, amendment } = routed;
    const account = this.accountOf(order);
    const wished = wishedOrder(order, amendment);
    const promised = amendment?.units ?? 0n;
    // What is promised already must not be missed by who wishes for it again.
    const spare = order.quantity + promised - wished.quantity;
    account.reserve(order, -spare);
    const accepted = accept(wished, this.worstPriceOf(order));
    account.reserve(order, spare);
    if (isRefusal(accepted)) return accepted;
    const { quantity, limitPrice, triggerPrice } = accepted.terms;
    const units = larger(promised, quantity - order.quantity);
    account.reserve(order, units - promised);
    const step = modifyRequested(order, larger(order.hold, accepted.hold));
    const wish = { quantity, limitPrice, triggerPrice, at, units };
    this.#keep({ ...routed, order: step.order, amendment: wish }, work.at);
    this.take(step, work);
    return undefined;
  }

  /** Refused when what the user has does not cover terms that were not asked for, or not any more. */
  changeTerms(command: TellTerms, work: Work): TradingRefusal | undefined {
    const { orderId, isFinal = false } = command;
    const routed = this.#open.get(orderId);
    if (!routed) throw new Error(`the terms of ${orderId} are told, which is not open`);
    const { order, amendment } = routed;
    const terms = termsFor(order, toldTerms(command));
    const isWished = amendment !== null && areTerms(terms, amendment);
    const isNews = !areTerms(terms, order);
    if (!isNews && !(isFinal && amendment)) throw new Error(`the terms of ${orderId} are told again`);
    const isOver = isFinal || isWished;
    const promised = amendment?.units ?? 0n;
    const growth = terms.quantity - order.quantity;
    const units = isOver ? 0n : larger(promised - growth, 0n);
    const needed = this.#holdOf(order, terms);
    const hold = isOver || !amendment ? needed : larger(needed, order.hold);
    const account = this.accountOf(order);
    if (hold - order.hold > account.buyingPower) return no('FUNDS_INSUFFICIENT');
    if (
      order.side === 'SELL' &&
      growth + units - promised > account.freeQuantity(order.symbol, order.product)
    )
      return no('HOLDINGS_INSUFFICIENT');
    account.reserve(order, units - promised);
    const { displayQuantity } = order;
    const step =
      isNews || isWished ? modified(order, { ...terms, displayQuantity }, hold) : modifyRefused(order, hold);
    const rest = isOver || !amendment ? null : { ...amendment, units };
    this.#keep({ ...routed, order: step.order, amendment: rest }, work.at);
    this.take(step, work);
    return undefined;
  }

  stand({ orderId, standing, reason }: TellStanding, work: Work): void {
    const routed = this.#open.get(orderId);
    const step = routed && stepOf(routed, standing, reason ?? 'OTHER');
    if (!step) throw new Error(`order ${orderId} is told a second time to be ${standing}`);
    this.#keep({ ...routed, order: step.order }, work.at);
    this.take(step, work);
  }

  /** Refused when what the user has does not cover a trade that was not expected, or not at its price. */
  fill({ id, orderId, tradeId, ...told }: TellFill, work: Work): TradingRefusal | undefined {
    const routed = this.get(orderId);
    if (!routed || routed.trades.has(tradeId))
      throw new Error(`trade ${tradeId} of ${orderId} is told again`);
    const { order } = routed;
    const [price, quantity] = [BigInt(told.price), BigInt(told.quantity)];
    const left = isOpen(order) ? remainingOf(order) : 0n;
    const expected = quantity < left ? quantity : left;
    const late = quantity - expected;
    const needed = expected > 0n ? holdOf(order.side, 0n, 0n, order.turnover + price * expected) : 0n;
    const more = needed > order.hold ? needed - order.hold : 0n;
    const lateHold = late > 0n ? holdOf(order.side, price, late) : 0n;
    const account = this.accountOf(order);
    if (more + lateHold > account.buyingPower) return no('FUNDS_INSUFFICIENT');
    if (order.side === 'SELL' && late > account.freeQuantity(order.symbol, order.product))
      return no('HOLDINGS_INSUFFICIENT');

    const executionId = idAfter(id, work.nextId());
    const fillOf = (units: bigint): Fill => ({
      tradeId: idAfter(id, work.nextId()),
      executionId,
      price,
      quantity: units,
    });
    let after = order;
    const go = (step: Step): void => {
      after = step.order;
      this.take(step, work);
    };
    if (expected > 0n && after.status === 'TRIGGER_PENDING') go(triggered(after));
    if (more > 0n) go(modified(after, after, needed));
    if (expected > 0n) go(executed(after, fillOf(expected)));
    const lates = late > 0n ? routed.lates + 1 : routed.lates;
    this.#keep({ ...routed, order: after, trades: new Set([...routed.trades, tradeId]), lates }, work.at);
    if (late === 0n) return undefined;
    const own = lateOrder(order, lates, late, { id: idAfter(id, work.nextId()), hold: lateHold, work });
    this.take(created(own), work);
    this.take(executed(own, fillOf(late)), work);
    return undefined;
  }

  /** An order of a snapshot. */
  recall({ order, trades, lates, cancel, amendment, endedAt }: KeptRouted): void {
    const routed: Routed = {
      order: orderOf(order),
      trades: new Set(trades),
      lates,
      cancel: cancel ?? null,
      amendment: amendment ? amendmentOf(amendment) : null,
      endedAt: endedAt ?? null,
    };
    if (isOpen(routed.order)) {
      const account = this.accountOf(routed.order);
      account.remember(routed.order);
      account.reserve(routed.order, routed.amendment?.units ?? 0n);
      this.#open.set(order.id, routed);
    } else {
      this.#ended.set(order.id, routed);
    }
  }

  state(): KeptRouted[] {
    return [...this.#open.values(), ...this.#ended.values()].map(
      ({ order, trades, lates, cancel, amendment, endedAt }) => ({
        order: factsOf(order),
        trades: [...trades],
        lates,
        ...(cancel !== null && { cancel }),
        ...(amendment && { amendment: keptAmendment(amendment) }),
        ...(endedAt !== null && { endedAt }),
      }),
    );
  }

  /** What an order promises under these terms. */
  #holdOf(order: Order, { quantity, limitPrice }: Terms): bigint {
    const { side, filledQuantity, turnover } = order;
    return holdOf(side, limitPrice ?? this.worstPriceOf(order), quantity - filledQuantity, turnover);
  }

  #keep(routed: Routed, at: number): void {
    const { id } = routed.order;
    if (isOpen(routed.order)) return void this.#open.set(id, routed);
    // With its end everything that it promised is over.
    if (routed.amendment) this.accountOf(routed.order).reserve(routed.order, -routed.amendment.units);
    this.#open.delete(id);
    this.#ended.set(id, { ...routed, amendment: null, endedAt: routed.endedAt ?? at });
    for (const [oldest, { endedAt }] of this.#ended) {
      if ((endedAt ?? at) > at - REMEMBERED_MS) break;
      this.#ended.delete(oldest);
    }
  }
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

/** What a broker's word makes of an order; undefined when nothing. */
function stepOf(
  { order, cancel, amendment }: Routed,
  standing: VenueStanding,
  reason: RejectReason,
): Step | undefined {
  const { status } = order;
  const isUncertain = status === 'PENDING' || status === 'UNKNOWN';
  switch (standing) {
    case 'PENDING':
      return status === 'UNKNOWN' ? confirmed(order, standing) : undefined;
    case 'TRIGGER_PENDING':
      return isUncertain ? confirmed(order, standing) : undefined;
    case 'OPEN':
      if (status === 'TRIGGER_PENDING') return triggered(order);
      return isUncertain ? confirmed(order, standing) : undefined;
    case 'UNKNOWN':
      return status === 'UNKNOWN' ? undefined : doubted(order);
    // Filled and still open here: it was for less in the end.
    case 'FILLED':
    case 'CANCELLED':
      if (cancel === null && amendment) return cancelled(order, 'USER');
      return cancelled(order, cancel ?? (order.validity === 'IOC' ? 'TIME_IN_FORCE' : 'BROKER'));
    case 'REJECTED':
    case 'NOT_PLACED':
      return rejected(order, reason);
  }
}

/** What traded after its order had ended, under a name that no client can give. */
function lateOrder(
  { clientOrderId, symbol, side, product, tenantId, userId, exchange }: Order,
  number: number,
  quantity: bigint,
  { id, hold, work }: { readonly id: string; readonly hold: bigint; readonly work: Work },
): Order {
  const wish = {
    symbol,
    side,
    product,
    quantity,
    type: 'MARKET',
    validity: 'DAY',
    limitPrice: null,
  } as const;
  return createOrder(
    { ...PLAIN, ...wish, clientOrderId: `${clientOrderId}/late-${number}` },
    { id, tenantId, userId, origin: 'USER', exchange, hold, placedAt: work.date },
  );
}
