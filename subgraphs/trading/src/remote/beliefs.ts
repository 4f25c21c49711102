/**
 * What is believed of the orders at a venue. Changes are decided one at a time on what is believed at that moment, kept
 * in the journal, and only then believed and told: what was told is never lost, and what was lost is learned again.
 */
import { isSettled, type Change, type VenueOrder } from '../domain/broker/order.ts';
import type { Ruling, VenueJournal } from '../venue.ts';

export class Beliefs {
  readonly #orders = new Map<string, VenueOrder>();
  readonly #idByTag = new Map<string, string>();
  readonly #idByVenueId = new Map<string, string>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly journal: VenueJournal,
    private readonly tell: (change: Change) => void,
  ) {}

  /** Takes up what was kept: the orders that have not settled, and those of which something was learned since. */
  async load(sinceMs: number): Promise<void> {
    for (const order of await this.journal.recent(sinceMs)) this.#adopt(order);
  }

  get(id: string): VenueOrder | undefined {
    return this.#orders.get(id);
  }

  all(): readonly VenueOrder[] {
    return [...this.#orders.values()];
  }

  /** The order that the venue speaks of, by its own name for it, or by our tag as long as it has no name. */
  idOf(venueOrderId: string, tag: string | null): string | undefined {
    const known = this.#idByVenueId.get(venueOrderId);
    if (known !== undefined) return known;
    const tagged = tag === null ? undefined : this.#idByTag.get(tag);
    return tagged !== undefined && this.#orders.get(tagged)?.venueOrderId === null ? tagged : undefined;
  }

  /** Takes up a new order, or gives the one that has its id. */
  add(order: VenueOrder): Promise<VenueOrder> {
    return this.#inTurn(async () => {
      const known = this.#orders.get(order.id);
      if (known) return known;
      if (this.#idByTag.has(order.tag)) throw new Error(`two orders would share the tag ${order.tag}`);
      await this.#keep([{ order, happenings: [] }]);
      return order;
    });
  }

  /** One order, as `decide` leaves it. */
  async update(id: string, decide: (order: VenueOrder) => Change, ruling?: Ruling): Promise<VenueOrder> {
    await this.change((orders) => {
      const order = this.#orders.get(id);
      if (!order) throw new Error(`order ${id} is not among ${orders.length}`);
      const change = decide(order);
      return change.order === order ? [] : [change];
    }, ruling);
    const order = this.#orders.get(id);
    if (!order) throw new Error(`order ${id} was forgotten while it changed`);
    return order;
  }

  /** Many orders in one step. */
  change(decide: (orders: readonly VenueOrder[]) => readonly Change[], ruling?: Ruling): Promise<void> {
    return this.#inTurn(async () => {
      const changes = decide(this.all());
      if (changes.length > 0) await this.#keep(changes, ruling);
    });
  }

  /** Drops settled orders of which nothing was heard since; the journal keeps them. */
  forget(beforeMs: number): void {
    for (const order of this.all()) {
      if (!isSettled(order) || order.heardAtMs >= beforeMs) continue;
      this.#orders.delete(order.id);
      this.#idByTag.delete(order.tag);
      if (order.venueOrderId !== null) this.#idByVenueId.delete(order.venueOrderId);
    }
  }

  async #keep(changes: readonly Change[], ruling?: Ruling): Promise<void> {
    await this.journal.record(changes, ruling);
    for (const { order } of changes) this.#adopt(order);
    for (const change of changes) this.tell(change);
  }

  #adopt(order: VenueOrder): void {
    this.#orders.set(order.id, order);
    this.#idByTag.set(order.tag, order.id);
    if (order.venueOrderId !== null) this.#idByVenueId.set(order.venueOrderId, order.id);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }
}
