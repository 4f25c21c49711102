/** The exchange's whole state as JSON can hold it: what a snapshot keeps, and what tells two states apart. */
import { dateOf } from '@gridworks/kit/time';
import { hashOf, type Snapshot } from '../matching/engine.ts';
import { PLAIN, type CancelReason, type Order, type OrderRequest } from '../order.ts';
import type { TradingDay } from '../trading-day.ts';
import type { AccountState } from './account.ts';
import type { KeptAmendment } from './amendment.ts';
import type { PlaceOrder, Terms } from './command.ts';
import type { WithdrawalsState } from './withdrawals.ts';

export interface OmsState {
  readonly now: number;
  readonly orderRateMax: number;
  readonly accounts: readonly AccountState[];
  readonly floors: readonly { readonly symbol: string; readonly terms: Terms }[];
  readonly orders: readonly KeptOrder[];
  readonly core: Snapshot;
  readonly credited: readonly string[];
  /** Splits that were carried out; left out while there are none. */
  readonly adjusted?: readonly string[];
  /** Left out where the exchange keeps no hours. */
  readonly day?: TradingDay;
  /** After-market orders as they came; left out while there are none. */
  readonly waiting?: readonly KeptAfterMarket[];
  /** Orders that a broker carries out; left out while there are none. */
  readonly routed?: readonly KeptRouted[];
  /** Left out while there were none. */
  readonly withdrawals?: WithdrawalsState;
}

/** An order at a broker: open, or ended not long ago. */
export interface KeptRouted {
  readonly order: KeptFacts;
  /** Those of its trades that were counted, by the broker's ids. */
  readonly trades: readonly string[];
  /** Orders that were made of what traded after its end. */
  readonly lates: number;
  /** Why the broker is to cancel it. */
  readonly cancel?: CancelReason;
  /** What the broker is to make of it. */
  readonly amendment?: KeptAmendment;
  readonly endedAt?: number;
}

/** An order that waits for the next trading day, and what it trades at then at worst. */
export type KeptAfterMarket = readonly [worstPrice: number, order: KeptFacts];

/** An open order with its name in the core. */
export type KeptOrder = readonly [number: number, order: KeptFacts];
type KeptFacts = Omit<
  Order,
  | 'quantity'
  | 'limitPrice'
  | 'filledQuantity'
  | 'turnover'
  | 'hold'
  | 'placedAt'
  | 'rejectReason'
  | 'origin'
  | keyof Rare
> & {
  readonly quantity: number;
  readonly limitPrice: number | null;
  readonly filledQuantity: number;
  readonly turnover: number;
  readonly hold: number;
  readonly placedAt: number;
  readonly rejectReason?: Order['rejectReason'];
} & Rare &
  Pick<PlaceOrder, 'origin'>;

/** What most orders do not have: kept only where it says something, as in the commands. */
type Rare = Pick<
  PlaceOrder,
  'triggerPrice' | 'displayQuantity' | 'postOnly' | 'selfTradePrevention' | 'goodTill' | 'afterMarket'
>;

/** Equal for equal states. What the market quotes and how the core numbers things is no part of it, as of the commands. */
export function hashOfOms(state: OmsState): string {
  const { core, accounts, orders, credited, now, orderRateMax } = state;
  const { adjusted, day, waiting, routed, withdrawals } = state;
  const byNumber = new Map(orders);
  const queued = core.orders
    .flatMap(({ order, price, quantity, filled, priority }) => {
      const facts = byNumber.get(order);
      return facts ? [{ facts, price, quantity, filled, priority }] : [];
    })
    .sort((a, b) => (a.facts.symbol === b.facts.symbol ? 0 : a.facts.symbol < b.facts.symbol ? -1 : 1));
  const since = {
    ...(adjusted && { adjusted }),
    ...(day && { day }),
    ...(waiting && { waiting }),
    ...(routed && { routed }),
    ...(withdrawals && { withdrawals }),
  };
  return hashOf({ now, orderRateMax, accounts, queued, credited, ...since });
}

export function factsOf(order: Order): KeptFacts {
  const {
    triggerPrice,
    displayQuantity,
    postOnly,
    selfTradePrevention,
    goodTill,
    afterMarket,
    origin,
    rejectReason,
    ...common
  } = order;
  const { quantity, limitPrice, filledQuantity, turnover, hold, placedAt } = order;
  return {
    ...common,
    ...rareOf({ triggerPrice, displayQuantity, postOnly, selfTradePrevention, goodTill, afterMarket }),
    ...(origin !== 'USER' && { origin }),
    quantity: Number(quantity),
    limitPrice: limitPrice === null ? null : Number(limitPrice),
    filledQuantity: Number(filledQuantity),
    turnover: Number(turnover),
    hold: Number(hold),
    placedAt: placedAt.getTime(),
    ...(rejectReason !== null && { rejectReason }),
  };
}

type RareTerms = Pick<OrderRequest, keyof Rare>;

/** Whether `rareOf` has nothing to say of it. */
export function isPlain(terms: RareTerms): boolean {
  return (
    terms.triggerPrice === null &&
    terms.displayQuantity === null &&
    !terms.postOnly &&
    terms.selfTradePrevention === PLAIN.selfTradePrevention &&
    terms.goodTill === null &&
    !terms.afterMarket
  );
}

/** What an order or a request has of what most have not, as JSON keeps it. */
export function rareOf(terms: RareTerms): Rare {
  const { triggerPrice, displayQuantity, postOnly, selfTradePrevention, goodTill, afterMarket } = terms;
  return {
    ...(triggerPrice !== null && { triggerPrice: Number(triggerPrice) }),
    ...(displayQuantity !== null && { displayQuantity: Number(displayQuantity) }),
    ...(postOnly && { postOnly }),
    ...(selfTradePrevention !== PLAIN.selfTradePrevention && { selfTradePrevention }),
    ...(goodTill !== null && { goodTill }),
    ...(afterMarket && { afterMarket }),
  };
}

/** And back again. */
export function rareTerms({ triggerPrice, displayQuantity, ...rest }: Rare): RareTerms {
  return {
    triggerPrice: triggerPrice === undefined ? null : BigInt(triggerPrice),
    displayQuantity: displayQuantity === undefined ? null : BigInt(displayQuantity),
    postOnly: rest.postOnly ?? PLAIN.postOnly,
    selfTradePrevention: rest.selfTradePrevention ?? PLAIN.selfTradePrevention,
    goodTill: rest.goodTill ?? null,
    afterMarket: rest.afterMarket ?? PLAIN.afterMarket,
  };
}

export function orderOf(facts: KeptFacts): Order {
  const { quantity, limitPrice, filledQuantity, turnover, hold, placedAt } = facts;
  return {
    ...facts,
    ...rareTerms(facts),
    origin: facts.origin ?? 'USER',
    quantity: BigInt(quantity),
    limitPrice: limitPrice === null ? null : BigInt(limitPrice),
    filledQuantity: BigInt(filledQuantity),
    turnover: BigInt(turnover),
    hold: BigInt(hold),
    placedAt: dateOf(placedAt),
    rejectReason: facts.rejectReason ?? null,
  };
}
