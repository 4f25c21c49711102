/**
 * Carries users' orders to a broker, and what becomes of them back. What is to be done follows from what the exchange's
 * journal and the beliefs about the broker say, never from a message that could get lost: an order is looked at when
 * anything about it changes, and all of them after a start, after each connection, and now and then.
 *
 * An order is in the journal before the broker hears of it, and kept as sent just before it is. So one that is not among
 * the beliefs was never sent, and only such a one is; of any other the broker is asked.
 */
import { isRefusal } from '@gridworks/kit/refusal';
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import { isEnded, isSettled, type Change, type VenueOrder } from './domain/broker/order.ts';
import { ticketOf } from './domain/broker/standing.ts';
import type { Amendment } from './domain/oms/amendment.ts';
import type { Order } from './domain/order.ts';
import type { Route } from './exchange.ts';
import type { Time } from './remote/time.ts';
import type { RoutedBook } from './routed-book.ts';
import { isPassing, type Venue } from './venue.ts';

/** An order that could not be sent for so long is not sent any more: its price is of another time. */
export const SEND_MS_MAX = 30_000;
const SWEEP_MS = 5_000;

export class BrokerDesk implements Route {
  /** Orders that are being looked at. */
  readonly #looking = new Map<string, Promise<void>>();
  /** Those of them about which something changed meanwhile. */
  readonly #again = new Set<string>();
  /** Orders that the broker has agreed to cancel. */
  readonly #cancelling = new Set<string>();
  /** Orders that the broker has agreed to change, and when the change was wished. */
  readonly #changing = new Map<string, number>();
  readonly #hearing = new Set<Promise<void>>();
  /** Orders of which something that the broker said is not taken in. */
  readonly #unheard = new Set<string>();
  #isRunning = false;
  #leave: () => void = () => undefined;
  #cancelSweep: () => void = () => undefined;

  constructor(
    private readonly book: RoutedBook,
    private readonly venue: Venue,
    private readonly clock: Clock,
    private readonly time: Time,
    private readonly log: Log,
  ) {}

  /** Whether orders can be sent just now. */
  get isOpen(): boolean {
    return this.venue.state === 'CONNECTED';
  }

  async start(): Promise<void> {
    this.#isRunning = true;
    this.#again.clear();
    this.#leave = this.venue.listen({
      changed: (change) => this.#changed(change),
      turned: (state) => {
        this.log.info({ state }, 'the connection to the broker changed');
        if (state !== 'CONNECTED') return;
        this.#cancelling.clear();
        this.#changing.clear();
        void this.#sweep(true);
      },
    });
    await this.venue.start();
    void this.#sweep(true);
    this.#beat();
  }

  /** Nothing is asked of the broker afterwards; what it had said by then is kept. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#cancelSweep();
    await this.venue.stop();
    while (this.#looking.size + this.#hearing.size > 0)
      await Promise.all([...this.#looking.values(), ...this.#hearing]);
    this.#leave();
  }

  attend(orderIds: readonly string[]): void {
    // A start looks at all of them.
    if (!this.#isRunning) return;
    for (const orderId of orderIds) {
      this.#again.add(orderId);
      if (!this.#looking.has(orderId)) this.#looking.set(orderId, this.#run(orderId));
    }
  }

  #changed({ order: { id }, happenings }: Change): void {
    if (happenings.some(({ kind }) => kind === 'CLARIFIED')) {
      this.#cancelling.delete(id);
      this.#changing.delete(id);
    }
    // Told at once, also while an answer about this order is waited for.
    const heard = this.#hear(id).finally(() => this.#hearing.delete(heard));
    this.#hearing.add(heard);
    this.attend([id]);
  }

  #beat(): void {
    this.#cancelSweep = this.time.after(SWEEP_MS, () => {
      void this.#sweep(false);
      this.#beat();
    });
  }

  /** Looks at every order, or at those of which something is still expected. */
  async #sweep(isWhole: boolean): Promise<void> {
    try {
      const open = await this.book.open();
      const there = this.venue.orders().filter((order) => isWhole || !isSettled(order));
      this.attend([...new Set([...[...open, ...there].map(({ id }) => id), ...this.#unheard])]);
    } catch (error) {
      this.log.error({ err: error }, 'the orders at the broker could not be looked at; they will be again');
    }
  }

  async #run(orderId: string): Promise<void> {
    while (this.#isRunning && this.#again.delete(orderId)) {
      await this.#hear(orderId);
      try {
        await this.#act(orderId);
      } catch (error) {
        this.log.error({ err: error, orderId }, 'an order could not be seen to; it will be again');
      }
    }
    this.#looking.delete(orderId);
  }

  async #hear(orderId: string): Promise<void> {
    try {
      const refusal = await this.book.take(orderId, () => this.venue.order(orderId));
      if (!refusal) return void this.#unheard.delete(orderId);
      this.log.error(
        { orderId, code: refusal.code },
        'what the broker says of an order is not covered by its user',
      );
    } catch (error) {
      this.log.error({ err: error, orderId }, 'what the broker said was not kept; it will be taken in again');
    }
    this.#unheard.add(orderId);
  }

  /** Asks the broker for what is wished and not under way. */
  async #act(orderId: string): Promise<void> {
    const routed = await this.book.get(orderId);
    if (!routed) return;
    const believed = this.venue.order(orderId);
    const isOver = routed.endedAt !== null;
    if (!believed) return isOver ? undefined : this.#send(routed.order, routed.cancel !== null);
    // What is over here must not live on there.
    if (isOver || routed.cancel !== null) return this.#cancel(believed);
    if (routed.amendment) await this.#change(believed, routed.amendment);
    else this.#changing.delete(orderId);
  }

  async #send(order: Order, isUnwanted: boolean): Promise<void> {
    const { id, status, placedAt } = order;
    if (status !== 'PENDING') throw new Error(`of order ${id}, which is ${status}, nothing is believed`);
    if (isUnwanted) return this.book.end(id, 'CANCELLED');
    if (this.clock() - placedAt.getTime() > SEND_MS_MAX) return this.book.end(id, 'NOT_PLACED', 'NOT_PLACED');
    if (this.isOpen) await this.venue.place(id, ticketOf(order));
  }

  /** Asks for other terms until the broker has answered; the same may be asked twice. */
  async #change(believed: VenueOrder, { at, ...wished }: Amendment): Promise<void> {
    const { id, venueOrderId, doubt } = believed;
    if (isEnded(believed) || venueOrderId === null || doubt) return;
    if (this.clock() - at > SEND_MS_MAX) return this.#endChange(id);
    if (this.#changing.get(id) === at || !this.isOpen) return;
    this.#changing.set(id, at);
    const { quantity, limitPrice, triggerPrice } = wished;
    const answer = await this.venue.modify(id, { quantity, limitPrice, triggerPrice });
    if (!isRefusal(answer)) return;
    this.#changing.delete(id);
    if (!isPassing(answer)) await this.#endChange(id);
  }

  /** The broker is not asked any more, and what it made of the order is what it says from now on. */
  async #endChange(id: string): Promise<void> {
    if (await this.venue.reconcile()) await this.book.endAmendment(id, () => this.venue.order(id));
  }

  async #cancel(believed: VenueOrder): Promise<void> {
    const { id, venueOrderId, doubt } = believed;
    if (isEnded(believed)) return void this.#cancelling.delete(id);
    if (venueOrderId === null || doubt || this.#cancelling.has(id)) return;
    this.#cancelling.add(id);
    const answer = await this.venue.cancel(id);
    if (isRefusal(answer)) this.#cancelling.delete(id);
  }
}
