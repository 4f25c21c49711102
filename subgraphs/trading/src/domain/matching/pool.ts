/**
 * Open orders as numbers in one block of memory, 128 bytes an order, so that one order is two cache lines and none is an
 * object. An order is known by its handle, the place of its first field; 0 is no order. Freed places are used again.
 */

/**
 * Fields of 32 bits. Enumerations are indices of their lists in `command.ts`. What every trade and cancellation needs
 * lies in the first 64 bytes, the rest in the second.
 */
export const ID = 0;
export const OWNER = 1;
export const INSTRUMENT = 2;
export const SIDE = 3;
export const PLACE = 4;
export const PRICE = 5;
export const QUANTITY = 6;
export const FILLED = 7;
export const SHOWN = 8;
/** The level at which it queues, as an index of its ladder. */
export const LEVEL = 9;
/** Neighbours in that queue, and among its owner's orders. */
export const NEXT = 10;
export const PREVIOUS = 11;
export const OWNER_NEXT = 12;
export const OWNER_PREVIOUS = 13;
/** The owner's position in the instrument. */
export const POSITION = 14;
/** Where it stands in the heap of those that expire; 0 for nowhere. */
export const HEAP_AT = 15;
export const TYPE = 16;
export const VALIDITY = 17;
export const STP = 18;
export const POST_ONLY = 19;
export const STOP = 20;
export const DISPLAY = 21;

/** Fields of 64 bits, behind those of 32. */
export const ENTRY = 12;
export const PRIORITY = 13;
export const EXPIRES_AT = 14;

export type Field =
  | typeof ID
  | typeof OWNER
  | typeof INSTRUMENT
  | typeof SIDE
  | typeof PLACE
  | typeof TYPE
  | typeof VALIDITY
  | typeof STP
  | typeof POST_ONLY
  | typeof PRICE
  | typeof STOP
  | typeof QUANTITY
  | typeof FILLED
  | typeof SHOWN
  | typeof DISPLAY
  | typeof LEVEL
  | typeof NEXT
  | typeof PREVIOUS
  | typeof OWNER_NEXT
  | typeof OWNER_PREVIOUS
  | typeof HEAP_AT
  | typeof POSITION;
export type WideField = typeof ENTRY | typeof PRIORITY | typeof EXPIRES_AT;

export const NO_ORDER = 0;
const STRIDE = 32;
const ORDERS_AT_FIRST = 1_024;

export class OrderPool {
  #ints = new Int32Array(ORDERS_AT_FIRST * STRIDE);
  #doubles = new Float64Array(this.#ints.buffer);
  /** The freed ones, linked by NEXT. */
  #free = NO_ORDER;
  /** Behind the last place ever used; the first place stands for no order. */
  #end = STRIDE;
  #live = 0;

  get(order: number, field: Field): number {
    return this.#ints[order + field] as number;
  }

  set(order: number, field: Field, value: number): void {
    this.#ints[order + field] = value;
  }

  getWide(order: number, field: WideField): number {
    return this.#doubles[(order >> 1) + field] as number;
  }

  setWide(order: number, field: WideField, value: number): void {
    this.#doubles[(order >> 1) + field] = value;
  }

  remaining(order: number): number {
    const ints = this.#ints;
    return (ints[order + QUANTITY] as number) - (ints[order + FILLED] as number);
  }

  /** A place for an order, with whatever stood there before. */
  take(): number {
    this.#live += 1;
    const order = this.#free;
    if (order !== NO_ORDER) {
      this.#free = this.get(order, NEXT);
      return order;
    }
    if (this.#end === this.#ints.length) this.#grow();
    const fresh = this.#end;
    this.#end += STRIDE;
    return fresh;
  }

  release(order: number): void {
    this.#live -= 1;
    this.set(order, ID, 0);
    this.set(order, NEXT, this.#free);
    this.#free = order;
  }

  get live(): number {
    return this.#live;
  }

  /** Whether every place is either live or free: none leaked, none freed twice. */
  isWhole(): boolean {
    let free = 0;
    const places = this.#end / STRIDE - 1;
    for (let order = this.#free; order !== NO_ORDER && free <= places; order = this.get(order, NEXT))
      free += 1;
    return free + this.#live === places;
  }

  #grow(): void {
    const ints = new Int32Array(this.#ints.length * 2);
    ints.set(this.#ints);
    this.#ints = ints;
    this.#doubles = new Float64Array(ints.buffer);
  }
}
