/**
 * A broker that speaks Kite Connect v3, as a venue. Orders go out over REST; what becomes of them is told by the ticker
 * socket, by postbacks and by comparing everything now and then, and all three say it to the same beliefs.
 */
import { isRefusal } from '@gridworks/kit/refusal';
import type { Log } from '@gridworks/kit/telemetry';
import { DAY_MS, istDate } from '@gridworks/kit/time';
import type { z } from 'zod';
import type { Backoff } from '../../domain/broker/backoff.ts';
import {
  acceptOrder,
  doubtOrder,
  isEnded,
  missingQuantity,
  observeOrder,
  refuseOrder,
  resolveOrder,
  sendOrder,
  type AbsenceRules,
  type Change,
  type Finding,
  type OrderReport,
  type Terms,
  type Ticket,
  type VenueOrder,
} from '../../domain/broker/order.ts';
import { tagOf } from '../../domain/broker/tag.ts';
import type { TickMode } from '../../domain/tick.ts';
import {
  venueRefusal,
  type Ruling,
  type Session,
  type Venue,
  type VenueJournal,
  type VenueListener,
  type VenueRefusal,
  type VenueRefusalCode,
  type VenueReport,
  type VenueState,
} from '../../venue.ts';
import { Beliefs } from '../beliefs.ts';
import { Reconciler, type Outcome } from '../reconciler.ts';
import type { Time } from '../time.ts';
import { Comparison, textOf } from './comparison.ts';
import { openPostback, type PostbackFault } from './postback.ts';
import { KITE_LIMITS, KiteRest, type Answer, type RestOptions, type RestRefusal } from './rest.ts';
import { findOrder } from './finding.ts';
import { loginForm } from './session.ts';
import { KiteTicker } from './ticker.ts';
import { Watchlist } from './watchlist.ts';
import {
  Login,
  OrderId,
  OrderList,
  PositionList,
  TradeList,
  modificationForm,
  placementForm,
} from './wire.ts';

export interface KiteOptions {
  readonly restUrl: string;
  readonly tickerUrl: string;
  readonly apiKey: string;
  readonly accessToken: string;
  /** What postbacks are signed with. */
  readonly apiSecret: string;
  readonly limits: RestOptions['limits'];
  /** How long a request may take. */
  readonly timeoutMs: number;
  /** The longest silence of the ticker. */
  readonly silenceMsMax: number;
  /** Between comparisons where nothing gives reason to look sooner. */
  readonly reconcileMs: number;
  readonly backoff: Backoff;
  readonly absence: AbsenceRules;
}

/** Of everything but who we are and where the broker is. */
export const KITE_DEFAULTS = {
  restUrl: 'https://api.kite.trade',
  tickerUrl: 'wss://ws.kite.trade',
  limits: KITE_LIMITS,
  timeoutMs: 10_000,
  silenceMsMax: 10_000,
  reconcileMs: 30_000,
  backoff: { firstMs: 500, capMs: 30_000 },
  absence: { absencesMin: 3, safetyMs: 60_000 },
} as const satisfies Partial<KiteOptions>;

const REFUSALS: Readonly<Record<RestRefusal, VenueRefusalCode>> = {
  LOGGED_OUT: 'VENUE_LOGGED_OUT',
  BUSY: 'VENUE_BUSY',
  CLOSED: 'VENUE_UNAVAILABLE',
  FUNDS: 'VENUE_FUNDS_INSUFFICIENT',
  HOLDINGS: 'VENUE_HOLDINGS_INSUFFICIENT',
  NOT_FOUND: 'VENUE_REFUSED',
  OTHER: 'VENUE_REFUSED',
};
/** After so many comparisons in a row that failed, what is believed counts as old. */
const FAILURES_MAX = 2;

export class KiteVenue implements Venue {
  readonly #rest: KiteRest;
  readonly #ticker: KiteTicker;
  readonly #beliefs: Beliefs;
  readonly #reconciler: Reconciler;
  readonly #watchlist: Watchlist;
  readonly #comparison: Comparison;
  readonly #listeners = new Set<VenueListener>();
  /** Orders whose placement is being asked for at this moment. */
  readonly #underWay = new Set<VenueOrder>();
  readonly #ongoing = new Set<Promise<unknown>>();
  #state: VenueState = 'CLOSED';
  /** When updates began to arrive; infinite while they do not. */
  #openSinceMs = Infinity;
  #failures = 0;

  constructor(
    private readonly options: KiteOptions,
    private readonly time: Time,
    uniform: () => number,
    journal: VenueJournal,
    private readonly log: Log,
  ) {
    this.#rest = new KiteRest({ ...options, url: options.restUrl }, time, uniform);
    this.#beliefs = new Beliefs(journal, (change) => {
      this.#tell((listener) => listener.changed?.(change));
    });
    this.#comparison = new Comparison(this.#beliefs, options.absence, time);
    this.#reconciler = new Reconciler(
      { intervalMs: options.reconcileMs, backoff: options.backoff },
      time,
      uniform,
      () => this.#track(this.#compare()),
    );
    this.#ticker = new KiteTicker({ ...options, url: options.tickerUrl }, time, uniform, {
      opened: () => {
        this.#openSinceMs = this.time.now();
        this.#reconciler.soon();
      },
      lost: (isLoggedOut) => {
        this.#openSinceMs = Infinity;
        if (isLoggedOut) this.#turn('LOGGED_OUT');
        else if (this.#state !== 'CONNECTING') this.#turn('STALE');
      },
      ticked: (packets) => {
        for (const packet of packets) {
          const tick = this.#watchlist.tickOf(packet);
          if (tick) this.#tell((listener) => listener.ticked?.(tick));
        }
      },
      reported: (report) => void this.#track(this.#hear(report)),
      garbled: (fault) => {
        this.log.warn({ fault }, 'the broker sent what cannot be read');
        this.#reconciler.soon();
      },
    });
    this.#watchlist = new Watchlist((tokens, mode) => this.#ticker.setMode(tokens, mode));
  }

  get state(): VenueState {
    return this.#state;
  }

  async start(): Promise<void> {
    await this.#beliefs.load(this.time.now() - DAY_MS);
    this.#turn('CONNECTING');
    this.#reconciler.start();
    this.#reconciler.soon();
    this.#ticker.start();
  }

  async stop(): Promise<void> {
    this.#turn('CLOSED');
    this.#ticker.stop();
    this.#reconciler.stop();
    await this.#rest.close();
    await Promise.allSettled(this.#ongoing);
  }

  place(id: string, ticket: Ticket): Promise<VenueOrder | VenueRefusal> {
    return this.#track(this.#place(id, ticket));
  }

  modify(id: string, terms: Partial<Terms>): Promise<VenueOrder | VenueRefusal> {
    return this.#track(this.#modify(id, terms));
  }

  cancel(id: string): Promise<VenueOrder | VenueRefusal> {
    return this.#track(this.#cancel(id));
  }

  resolve(id: string, venueOrderId: string | null, ruling: Ruling): Promise<VenueOrder | VenueRefusal> {
    return this.#track(this.#resolve(id, venueOrderId, ruling));
  }

  async logIn(requestToken: string): Promise<Session | VenueRefusal> {
    const form = loginForm(this.options, requestToken);
    const request = { method: 'POST', path: '/session/token', family: 'OTHER', form } as const;
    const answer = await this.#track(this.#rest.send({ ...request, isAnonymous: true }, Login));
    // Not in the broker's words: they might repeat what it was told.
    if (answer.kind === 'UNANSWERED') return venueRefusal('VENUE_UNAVAILABLE');
    if (answer.kind === 'REFUSED')
      return venueRefusal(
        answer.code === 'BUSY' || answer.code === 'CLOSED' ? REFUSALS[answer.code] : 'VENUE_LOGGED_OUT',
      );
    this.signIn(answer.data.accessToken);
    return answer.data;
  }

  order(id: string): VenueOrder | undefined {
    return this.#beliefs.get(id);
  }

  orders(): readonly VenueOrder[] {
    return this.#beliefs.all();
  }

  async report(): Promise<VenueReport | undefined> {
    // In this order: every trade that an order counts is among the trades then.
    const orders = await this.#read('/orders', OrderList);
    const trades = orders && (await this.#read('/trades', TradeList));
    const positions = trades && (await this.#read('/portfolio/positions', PositionList));
    return positions && { orders, trades, positions };
  }

  async reconcile(): Promise<boolean> {
    await this.#reconciler.next();
    return this.#failures === 0 && this.#state !== 'CLOSED';
  }

  watch(symbols: readonly string[], mode: TickMode): () => void {
    return this.#watchlist.add(symbols, mode);
  }

  listen(listener: VenueListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Goes on with the access token of another login; Kite's are good for a day. */
  signIn(accessToken: string): void {
    this.#rest.signIn(accessToken);
    this.#ticker.signIn(accessToken);
    this.#reconciler.soon();
  }

  /** Takes the body of a postback; says why when it is not to be believed. */
  async takePostback(body: string): Promise<PostbackFault | undefined> {
    const report = openPostback(body, this.options.apiSecret);
    if (typeof report === 'string') return report;
    await this.#track(this.#hear(report));
    return undefined;
  }

  async #place(id: string, ticket: Ticket): Promise<VenueOrder | VenueRefusal> {
    const known = this.#beliefs.get(id);
    if (known) return isSameTicket(known.ticket, ticket) ? known : venueRefusal('VENUE_ORDER_ID_REUSED');
    if (this.#state !== 'CONNECTED') return venueRefusal(unavailable(this.#state));
    const order = sendOrder(id, tagOf(id), ticket, this.time.now());
    this.#underWay.add(order);
    try {
      // Kept before it is sent: whoever starts after a crash knows that it may have been.
      if ((await this.#beliefs.add(order)) === order) return await this.#send(order);
    } finally {
      this.#underWay.delete(order);
      if (this.#beliefs.get(id)?.venueOrderId === null) this.#reconciler.soon();
    }
    // Somebody else was faster.
    return this.#place(id, ticket);
  }

  async #modify(id: string, terms: Partial<Terms>): Promise<VenueOrder | VenueRefusal> {
    const order = this.#changeable(id);
    if (isRefusal(order)) return order;
    const form = modificationForm(order.ticket, { ...order.terms, ...terms });
    return this.#change(order, 'PUT', form);
  }

  async #cancel(id: string): Promise<VenueOrder | VenueRefusal> {
    const order = this.#changeable(id);
    return isRefusal(order) ? order : this.#change(order, 'DELETE');
  }

  async #resolve(
    id: string,
    venueOrderId: string | null,
    ruling: Ruling,
  ): Promise<VenueOrder | VenueRefusal> {
    const order = this.#beliefs.get(id);
    if (!order) return venueRefusal('VENUE_ORDER_UNKNOWN');
    const isRepeated = order.finding === (venueOrderId === null ? 'ABSENT' : 'FOUND');
    const isSame = isRepeated && (venueOrderId === null || order.venueOrderId === venueOrderId);
    if (!order.doubt) return isSame ? order : venueRefusal('VENUE_ORDER_CERTAIN');
    const finding = await this.#find(order, venueOrderId);
    if (isRefusal(finding)) return finding;
    const decide = (current: VenueOrder): Change =>
      current.doubt ? resolveOrder(current, finding, this.time.now()) : { order: current, happenings: [] };
    return this.#beliefs.update(id, decide, ruling);
  }

  /** What the broker says of the order that is said to be this one; null: that it has none. */
  async #find(order: VenueOrder, venueOrderId: string | null): Promise<Finding | VenueRefusal> {
    if (venueOrderId === null) return { kind: 'ABSENT' };
    const owner = this.#beliefs.idOf(venueOrderId, null) ?? order.id;
    const isNamed = order.venueOrderId !== null && order.venueOrderId !== venueOrderId;
    return owner === order.id && !isNamed
      ? findOrder(this.#rest, order, venueOrderId)
      : venueRefusal('VENUE_ORDER_OTHER');
  }

  async #send({ id, tag, ticket }: VenueOrder): Promise<VenueOrder | VenueRefusal> {
    const form = placementForm(ticket, tag);
    const request = { method: 'POST', path: '/orders/regular', family: 'ORDER', form } as const;
    const answer = this.#noted(await this.#rest.send(request, OrderId));
    const after = await this.#beliefs.update(id, (current) => {
      const nowMs = this.time.now();
      if (answer.kind === 'DONE') return acceptOrder(current, answer.data, nowMs);
      if (answer.kind === 'REFUSED') return refuseOrder(current, answer.message, nowMs);
      return missAnswer(current, nowMs);
    });
    return answer.kind === 'REFUSED' && after.status === 'NOT_PLACED' ? refused(answer) : after;
  }

  /** The order, if the broker can be asked to change it. Also where we are not connected: to cancel is always right. */
  #changeable(id: string): (VenueOrder & { readonly venueOrderId: string }) | VenueRefusal {
    const order = this.#beliefs.get(id);
    if (!order) return venueRefusal('VENUE_ORDER_UNKNOWN');
    if (isEnded(order) && !order.doubt) return venueRefusal('VENUE_ORDER_CLOSED');
    const { venueOrderId } = order;
    return venueOrderId === null ? venueRefusal('VENUE_ORDER_UNCONFIRMED') : { ...order, venueOrderId };
  }

  async #change(
    { id, venueOrderId }: VenueOrder & { readonly venueOrderId: string },
    method: 'PUT' | 'DELETE',
    form?: Readonly<Record<string, string>>,
  ): Promise<VenueOrder | VenueRefusal> {
    const path = `/orders/regular/${encodeURIComponent(venueOrderId)}`;
    const request = { method, path, family: 'ORDER', ...(form ? { form } : {}) } as const;
    const answer = this.#noted(await this.#rest.send(request, OrderId));
    const isNotFound = answer.kind === 'REFUSED' && answer.code === 'NOT_FOUND';
    // Also after a refusal: the order is not as we believed, or it would not have been refused.
    this.#reconciler.soon();
    const order = await this.#beliefs.update(id, (current) => {
      if (answer.kind === 'UNANSWERED') return doubtOrder(current, 'UNANSWERED', this.time.now());
      if (isNotFound) return doubtOrder(current, 'NOT_FOUND', this.time.now());
      return { order: current, happenings: [] };
    });
    return answer.kind === 'REFUSED' ? refused(answer) : order;
  }

  /** An update that came by itself: it may be old, doubled, or about somebody else's order. */
  async #hear(report: OrderReport): Promise<void> {
    const id = this.#beliefs.idOf(report.venueOrderId, report.tag);
    if (id === undefined) return;
    try {
      const order = await this.#beliefs.update(id, (current) =>
        observeOrder(current, report, false, this.time.now()),
      );
      if (order.doubt || missingQuantity(order) > 0n) this.#reconciler.soon();
    } catch (error) {
      this.#unkept(error);
    }
  }

  async #compare(): Promise<Outcome> {
    void this.#track(this.#watchlist.learn(istDate(this.time.now()), () => this.#rest.text('/instruments')));
    const isKnown = await this.#look().catch((error: unknown) => this.#unkept(error));
    if (!isKnown) {
      this.#failures += 1;
      if (this.#failures >= FAILURES_MAX && this.#state === 'CONNECTED') this.#turn('STALE');
      return 'FAILED';
    }
    this.#failures = 0;
    this.#beliefs.forget(this.time.now() - DAY_MS);
    const isOpen = this.#beliefs.all().some((order) => order.doubt || missingQuantity(order) > 0n);
    return isOpen || this.#comparison.isDiffering ? 'OPEN' : 'SETTLED';
  }

  /** Whether the broker said how everything stands. Rejects when that could not be kept. */
  async #look(): Promise<boolean> {
    await this.#doubtAbandoned();
    const askedAtMs = this.time.now();
    const report = await this.report();
    if (!report) return false;
    for (const discrepancy of await this.#comparison.believe(report, askedAtMs)) {
      this.log.error({ discrepancy: textOf(discrepancy) }, 'the broker differs from what we believe');
      this.#tell((listener) => listener.found?.(discrepancy));
    }
    if (askedAtMs >= this.#openSinceMs) this.#turn('CONNECTED');
    return true;
  }

  /** What was being sent when an earlier process ended, or when its answer could not be kept, may have arrived. */
  #doubtAbandoned(): Promise<void> {
    return this.#beliefs.change((orders) => {
      const underWay = new Set([...this.#underWay].map(({ id }) => id));
      return orders
        .filter(({ id, status, doubt }) => status === 'SENT' && doubt === null && !underWay.has(id))
        .map((order) => doubtOrder(order, 'UNANSWERED', this.time.now()));
    });
  }

  async #read<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const answer = this.#noted(await this.#rest.send({ method: 'GET', path, family: 'OTHER' }, schema));
    if (answer.kind === 'DONE') return answer.data;
    this.log.warn({ path, answer: answer.message }, 'the broker did not say what was asked');
    return undefined;
  }

  /** Whatever was asked for, an answer may be that we are not logged in any more. */
  #noted<T>(answer: Answer<T>): Answer<T> {
    if (answer.kind === 'REFUSED' && answer.code === 'LOGGED_OUT') this.#turn('LOGGED_OUT');
    return answer;
  }

  #unkept(error: unknown): false {
    this.log.error({ err: error }, 'what the broker said was not kept; it is asked again');
    this.#reconciler.soon();
    return false;
  }

  #turn(state: VenueState): void {
    if (this.#state === state || (this.#state === 'CLOSED' && state !== 'CONNECTING')) return;
    this.#state = state;
    this.#tell((listener) => listener.turned?.(state));
  }

  /** Keeps account of what is going on, so that who stops can wait for it. */
  #track<T>(work: Promise<T>): Promise<T> {
    const over = (): unknown => this.#ongoing.delete(work);
    this.#ongoing.add(work);
    work.then(over, over);
    return work;
  }

  /** A listener that throws keeps nothing from the others, and undoes nothing. */
  #tell(what: (listener: VenueListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        what(listener);
      } catch (error) {
        this.log.error({ err: error }, 'a listener of the broker failed');
      }
    }
  }
}

/** What was heard of the order meanwhile is an answer, too. */
function missAnswer(order: VenueOrder, nowMs: number): Change {
  return order.venueOrderId === null ? doubtOrder(order, 'UNANSWERED', nowMs) : { order, happenings: [] };
}

function isSameTicket(one: Ticket, other: Ticket): boolean {
  return (Object.keys(one) as (keyof Ticket)[]).every((key) => one[key] === other[key]);
}

function unavailable(state: VenueState): VenueRefusalCode {
  return state === 'LOGGED_OUT' ? 'VENUE_LOGGED_OUT' : 'VENUE_UNAVAILABLE';
}

/** In the broker's own words. */
function refused({ code, message }: Extract<Answer<unknown>, { kind: 'REFUSED' }>): VenueRefusal {
  return venueRefusal(REFUSALS[code], message);
}
