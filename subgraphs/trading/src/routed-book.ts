/**
 * Orders that a broker carries out, as whoever speaks with it sees them: which there are, and where what it says of them
 * goes. That becomes commands of the journal like any other, each told once however often it is said.
 */
import { newId } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import type { Clock } from '@gridworks/kit/time';
import { isEnded, isTold, type VenueOrder } from './domain/broker/order.ts';
import { rejectReasonOf, standingOf, type VenueStanding } from './domain/broker/standing.ts';
import { remainingOf, type Order, type RejectReason, type TradingRefusal } from './domain/order.ts';
import { plainTerms } from './domain/oms/amendment.ts';
import type { TellTerms } from './domain/oms/command.ts';
import type { Routed } from './domain/oms/routed.ts';
import type { JournaledOms } from './journal.ts';

export class RoutedBook {
  constructor(
    private readonly journal: JournaledOms,
    private readonly clock: Clock,
  ) {}

  /** The open ones, as they were accepted. */
  async open(): Promise<Order[]> {
    return [...(await this.journal.ready()).routedOrders()];
  }

  /** An order as long as it is remembered, which is for days after its end. */
  async get(orderId: string): Promise<Routed | undefined> {
    return (await this.journal.ready()).routed(orderId);
  }

  /**
   * Takes in what is believed of an order by then, as far as it is new; resolves when that is kept. Refused when a trade
   * is not covered by what its user has: then its order ends later, when it is.
   */
  async take(
    orderId: string,
    believedNow: () => VenueOrder | undefined,
  ): Promise<TradingRefusal | undefined> {
    const oms = await this.journal.ready();
    const believed = believedNow();
    if (!believed) return undefined;
    const at = this.clock();
    const commits: Promise<void>[] = [];
    let refusal: TradingRefusal | undefined;
    if (isTold(believed) && oms.isAmended(orderId, believed.terms)) {
      const { outcome, committed } = this.journal.execute(termsCommand(believed, at));
      if (isRefusal(outcome)) refusal = outcome;
      else commits.push(committed);
    }
    for (const { tradeId, price, quantity } of believed.fills) {
      if (!oms.isUncounted(orderId, tradeId)) continue;
      if (mayHaveGrown(believed, oms.routed(orderId), quantity)) break;
      const told = { orderId, tradeId, price: Number(price), quantity: Number(quantity) };
      const { outcome, committed } = this.journal.execute({ kind: 'fill', at, id: newId(), ...told });
      if (isRefusal(outcome)) refusal = outcome;
      else commits.push(committed);
    }
    const standing = standingOf(believed);
    if (!refusal && standing && oms.isNews(orderId, standing)) {
      const isDown = standing === 'REJECTED' || standing === 'NOT_PLACED';
      const reason = isDown ? { reason: rejectReasonOf(believed) } : {};
      commits.push(this.journal.execute({ kind: 'standing', at, orderId, standing, ...reason }).committed);
    }
    await Promise.all(commits);
    return refusal;
  }

  /** Ends the change that an order's broker was asked for: what is believed of its terms by then is what came of it. */
  async endAmendment(orderId: string, believedNow: () => VenueOrder | undefined): Promise<void> {
    const oms = await this.journal.ready();
    const believed = believedNow();
    if (!believed || believed.doubt || !oms.routed(orderId)?.amendment) return;
    const { outcome, committed } = this.journal.execute({
      ...termsCommand(believed, this.clock()),
      isFinal: true,
    });
    if (!isRefusal(outcome)) await committed;
  }

  /** Ends an open order of which the broker was never told. */
  async end(orderId: string, standing: VenueStanding, reason?: RejectReason): Promise<void> {
    const oms = await this.journal.ready();
    if (!oms.isNews(orderId, standing)) return;
    const why = reason ? { reason } : {};
    await this.journal.execute({ kind: 'standing', at: this.clock(), orderId, standing, ...why }).committed;
  }
}

function termsCommand({ id: orderId, ticket: { symbol }, terms }: VenueOrder, at: number): TellTerms {
  return { kind: 'terms', at, orderId, symbol, ...plainTerms(terms) };
}

/**
 * Whether a trade may be of an order that its broker has made larger and not said so yet: it must not fill the smaller one.
 * Of one that has ended there everything is said.
 */
function mayHaveGrown(believed: VenueOrder, routed: Routed | undefined, quantity: bigint): boolean {
  if (!routed?.amendment || isEnded(believed)) return false;
  const { order, amendment } = routed;
  return amendment.quantity > order.quantity && quantity >= remainingOf(order);
}
