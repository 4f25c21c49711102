/** The orders that expire at an instant, the earliest first: a binary heap that knows where each order stands. */
import { ENTRY, EXPIRES_AT, HEAP_AT, NO_ORDER, type OrderPool } from './pool.ts';

export class ExpiryHeap {
  /** From 1: the place of an order in it is never 0, which stands for none. */
  #heap = new Int32Array(1_024);
  #size = 0;

  constructor(private readonly orders: OrderPool) {}

  get size(): number {
    return this.#size;
  }

  /** The order that expires first, or none. */
  first(): number {
    return this.#size === 0 ? NO_ORDER : (this.#heap[1] as number);
  }

  add(order: number): void {
    if (this.#size + 1 === this.#heap.length) {
      const wider = new Int32Array(this.#heap.length * 2);
      wider.set(this.#heap);
      this.#heap = wider;
    }
    this.#size += 1;
    this.#rise(this.#size, order);
  }

  remove(order: number): void {
    const at = this.orders.get(order, HEAP_AT);
    const last = this.#heap[this.#size] as number;
    this.#size -= 1;
    this.orders.set(order, HEAP_AT, 0);
    if (last === order) return;
    this.#rise(at, last);
    this.#sink(this.orders.get(last, HEAP_AT), last);
  }

  #rise(from: number, order: number): void {
    let at = from;
    while (at > 1 && this.#isBefore(order, this.#heap[at >> 1] as number)) {
      this.#put(at, this.#heap[at >> 1] as number);
      at >>= 1;
    }
    this.#put(at, order);
  }

  #sink(from: number, order: number): void {
    let at = from;
    for (let child = 2 * at; child <= this.#size; child = 2 * at) {
      const right = child + 1;
      const isRightFirst =
        right <= this.#size && this.#isBefore(this.#heap[right] as number, this.#heap[child] as number);
      const first = isRightFirst ? right : child;
      if (!this.#isBefore(this.#heap[first] as number, order)) break;
      this.#put(at, this.#heap[first] as number);
      at = first;
    }
    this.#put(at, order);
  }

  #put(at: number, order: number): void {
    this.#heap[at] = order;
    this.orders.set(order, HEAP_AT, at);
  }

  #isBefore(a: number, b: number): boolean {
    const { orders } = this;
    const byInstant = orders.getWide(a, EXPIRES_AT) - orders.getWide(b, EXPIRES_AT);
    return byInstant === 0 ? orders.getWide(a, ENTRY) < orders.getWide(b, ENTRY) : byInstant < 0;
  }
}
