/** The orders that are open, as the reports tell of them, each within reach of a random pick. */
import type { Report } from '@gridworks/trading/domain/matching/command';

export interface LiveOrder {
  readonly order: number;
  readonly owner: number;
  readonly price: number | null;
  quantity: number;
  remaining: number;
}

export class LiveOrders {
  readonly #list: LiveOrder[] = [];
  readonly #places = new Map<number, number>();

  get size(): number {
    return this.#list.length;
  }

  /** One of them, by a number from 0 to 1; undefined when there is none. */
  pick(uniform: number): LiveOrder | undefined {
    return this.#list[Math.floor(uniform * this.#list.length)];
  }

  follow(report: Report): void {
    if (report.kind === 'accepted') {
      const { order, owner, price, quantity } = report;
      this.#places.set(order, this.#list.length);
      this.#list.push({ order, owner, price, quantity, remaining: quantity });
    } else if (report.kind === 'traded') {
      this.#take(report.maker, report.quantity);
      this.#take(report.taker, report.quantity);
    } else if (report.kind === 'cancelled' || report.kind === 'expired') {
      this.#take(report.order, report.quantity);
    } else if (report.kind === 'modified' || report.kind === 'restated') {
      const live = this.#list[this.#places.get(report.order) ?? -1];
      if (live) Object.assign(live, { quantity: report.quantity, remaining: report.remaining });
    }
  }

  #take(order: number, quantity: number): void {
    const place = this.#places.get(order) ?? -1;
    const live = this.#list[place];
    const last = this.#list.at(-1);
    if (!live || !last) return;
    live.remaining -= quantity;
    if (live.remaining > 0) return;
    this.#list[place] = last;
    this.#places.set(last.order, place);
    this.#list.pop();
    this.#places.delete(order);
  }
}
