/**
 * One side's queues by price. A level is a first-in-first-out queue linked through the orders themselves; levels lie in
 * pages of 1,024 neighbouring prices, taken from a common store when somebody first waits there and given back when
 * nobody does, so that a wide range of prices costs nothing where it is empty. Bits tell which levels are occupied:
 * the next best one is found in a few steps however far away it is.
 */
import { LEVEL, NEXT, NO_ORDER, type OrderPool, PREVIOUS, PRIORITY, SHOWN } from './pool.ts';

/** No level. */
export const NOWHERE = -1;

const PAGE_BITS = 10;
const PAGE_MASK = (1 << PAGE_BITS) - 1;
const WORDS_A_PAGE = 1 << (PAGE_BITS - 5);
/** A level is 8 ints: head, tail, number of orders, unused; then two doubles, quantity shown and quantity in all. */
const LEVEL_BITS = 3;
const HEAD = 0;
const TAIL = 1;
const COUNT = 2;
const SHOWN_SUM = 2;
const TOTAL_SUM = 3;

/** Pages for all ladders of an engine. */
export class LevelStore {
  #pages = 4;
  ints = new Int32Array(this.#pages << (PAGE_BITS + LEVEL_BITS));
  doubles = new Float64Array(this.ints.buffer);
  /** One bit a level, and one a word of those. */
  words = new Int32Array(this.#pages * WORDS_A_PAGE);
  summaries = new Int32Array(this.#pages);
  readonly #free: number[] = [];
  #used = 0;

  take(): number {
    const page = this.#free.pop();
    if (page !== undefined) return page;
    if (this.#used === this.#pages) this.#grow();
    this.#used += 1;
    return this.#used - 1;
  }

  /** Takes back a page whose levels are all empty. */
  release(page: number): void {
    this.#free.push(page);
  }

  get taken(): number {
    return this.#used - this.#free.length;
  }

  #grow(): void {
    this.#pages *= 2;
    const ints = new Int32Array(this.#pages << (PAGE_BITS + LEVEL_BITS));
    ints.set(this.ints);
    this.ints = ints;
    this.doubles = new Float64Array(ints.buffer);
    this.words = widened(this.words, this.#pages * WORDS_A_PAGE);
    this.summaries = widened(this.summaries, this.#pages);
  }
}

export class Ladder {
  /** The best occupied level, an index: price over tick. */
  best = NOWHERE;
  /** Orders on all levels. */
  count = 0;
  /** Page of the store for each page of prices, plus one; 0 where nobody waits. */
  #directory = new Int32Array(1);
  /** One bit a page of prices that is in the directory. */
  #pages = new Int32Array(1);

  /** @param isRising whether the lowest level is the best */
  constructor(
    private readonly store: LevelStore,
    private readonly orders: OrderPool,
    private readonly isRising: boolean,
  ) {}

  head(level: number): number {
    return this.store.ints[this.#offset(level) + HEAD] as number;
  }

  shown(level: number): number {
    return this.store.doubles[(this.#offset(level) >> 1) + SHOWN_SUM] as number;
  }

  total(level: number): number {
    return this.store.doubles[(this.#offset(level) >> 1) + TOTAL_SUM] as number;
  }

  ordersAt(level: number): number {
    return this.store.ints[this.#offset(level) + COUNT] as number;
  }

  /** Whether an order of the other side with this limit would trade with the best. */
  isReachedFrom(limit: number): boolean {
    return this.best !== NOWHERE && (this.isRising ? this.best <= limit : this.best >= limit);
  }

  /** Whether a level is as good as a limit, or better. */
  isWithin(level: number, limit: number): boolean {
    return this.isRising ? level <= limit : level >= limit;
  }

  /** Queues an order behind all others of its level. */
  append(order: number, level: number): void {
    const at = this.#open(level);
    const tail = this.store.ints[at + TAIL] as number;
    this.#link(order, level, at, tail, NO_ORDER);
  }

  /** Queues an order at its level by its priority, ahead of those that came later. */
  insert(order: number, level: number): void {
    const { orders } = this;
    const at = this.#open(level);
    const priority = orders.getWide(order, PRIORITY);
    let ahead = this.store.ints[at + TAIL] as number;
    let behind = NO_ORDER;
    while (ahead !== NO_ORDER && orders.getWide(ahead, PRIORITY) > priority) {
      behind = ahead;
      ahead = orders.get(ahead, PREVIOUS);
    }
    this.#link(order, level, at, ahead, behind);
  }

  remove(order: number): void {
    const { orders, store } = this;
    const level = orders.get(order, LEVEL);
    const at = this.#offset(level);
    const next = orders.get(order, NEXT);
    const previous = orders.get(order, PREVIOUS);
    if (next === NO_ORDER) store.ints[at + TAIL] = previous;
    else orders.set(next, PREVIOUS, previous);
    if (previous === NO_ORDER) store.ints[at + HEAD] = next;
    else orders.set(previous, NEXT, next);
    const left = (store.ints[at + COUNT] as number) - 1;
    store.ints[at + COUNT] = left;
    this.adjust(order, -orders.get(order, SHOWN), -orders.remaining(order));
    this.count -= 1;
    if (left === 0) this.#shut(level);
  }

  /** The quantities of a queued order change by so much. */
  adjust(order: number, shown: number, total: number): void {
    const { doubles } = this.store;
    const at = this.#offset(this.orders.get(order, LEVEL)) >> 1;
    doubles[at + SHOWN_SUM] = (doubles[at + SHOWN_SUM] as number) + shown;
    doubles[at + TOTAL_SUM] = (doubles[at + TOTAL_SUM] as number) + total;
  }

  /** The next occupied level that is worse than this one. */
  after(level: number): number {
    return this.isRising ? this.#above(level) : this.#below(level);
  }

  /** Whether the bits, the counts and the sums say what the queues hold. */
  isConsistent(): boolean {
    let count = 0;
    for (let level = this.best; level !== NOWHERE; level = this.after(level)) {
      let [shown, total, here, previous] = [0, 0, 0, NO_ORDER];
      for (let order = this.head(level); order !== NO_ORDER; order = this.orders.get(order, NEXT)) {
        const isInTurn =
          previous === NO_ORDER ||
          this.orders.getWide(previous, PRIORITY) < this.orders.getWide(order, PRIORITY);
        if (!isInTurn || this.orders.get(order, PREVIOUS) !== previous) return false;
        if (this.orders.get(order, LEVEL) !== level) return false;
        shown += this.orders.get(order, SHOWN);
        total += this.orders.remaining(order);
        here += 1;
        previous = order;
      }
      const isRight =
        here > 0 &&
        here === this.ordersAt(level) &&
        shown === this.shown(level) &&
        total === this.total(level);
      if (!isRight) return false;
      count += here;
    }
    return count === this.count;
  }

  #offset(level: number): number {
    const page = (this.#directory[level >> PAGE_BITS] as number) - 1;
    return ((page << PAGE_BITS) | (level & PAGE_MASK)) << LEVEL_BITS;
  }

  #link(order: number, level: number, at: number, ahead: number, behind: number): void {
    const { orders, store } = this;
    orders.set(order, LEVEL, level);
    orders.set(order, PREVIOUS, ahead);
    orders.set(order, NEXT, behind);
    if (ahead === NO_ORDER) store.ints[at + HEAD] = order;
    else orders.set(ahead, NEXT, order);
    if (behind === NO_ORDER) store.ints[at + TAIL] = order;
    else orders.set(behind, PREVIOUS, order);
    store.ints[at + COUNT] = (store.ints[at + COUNT] as number) + 1;
    this.count += 1;
    this.adjust(order, orders.get(order, SHOWN), orders.remaining(order));
  }

  /** Where the level lies, marked as occupied. */
  #open(level: number): number {
    const section = level >> PAGE_BITS;
    if (section >= this.#directory.length) this.#widen(section);
    if (this.#directory[section] === 0) {
      this.#directory[section] = this.store.take() + 1;
      this.#pages[section >> 5] = (this.#pages[section >> 5] as number) | (1 << (section & 31));
    }
    const at = this.#offset(level);
    if (this.store.ints[at + COUNT] === 0) {
      const { words, summaries } = this.store;
      const page = (this.#directory[section] as number) - 1;
      const word = (level & PAGE_MASK) >> 5;
      words[page * WORDS_A_PAGE + word] = (words[page * WORDS_A_PAGE + word] as number) | (1 << (level & 31));
      summaries[page] = (summaries[page] as number) | (1 << word);
      if (this.best === NOWHERE || (this.isRising ? level < this.best : level > this.best)) this.best = level;
    }
    return at;
  }

  /** Marks a level that has become empty, and gives its page back with the last one. */
  #shut(level: number): void {
    if (level === this.best) this.best = this.after(level);
    const { words, summaries } = this.store;
    const section = level >> PAGE_BITS;
    const page = (this.#directory[section] as number) - 1;
    const word = (level & PAGE_MASK) >> 5;
    const bits = (words[page * WORDS_A_PAGE + word] as number) & ~(1 << (level & 31));
    words[page * WORDS_A_PAGE + word] = bits;
    if (bits !== 0) return;
    const summary = (summaries[page] as number) & ~(1 << word);
    summaries[page] = summary;
    if (summary !== 0) return;
    this.store.release(page);
    this.#directory[section] = 0;
    this.#pages[section >> 5] = (this.#pages[section >> 5] as number) & ~(1 << (section & 31));
  }

  #above(level: number): number {
    const { words, summaries } = this.store;
    const section = level >> PAGE_BITS;
    const page = (this.#directory[section] as number) - 1;
    const word = (level & PAGE_MASK) >> 5;
    const bits = (words[page * WORDS_A_PAGE + word] as number) & (-2 << (level & 31));
    if (bits !== 0) return (level & ~31) | lowestBit(bits);
    const summary = (summaries[page] as number) & (-2 << word);
    if (summary !== 0) return this.#lowestOf(section, lowestBit(summary));
    for (let at = section >> 5, mask = -2 << (section & 31); at < this.#pages.length; at++, mask = -1) {
      const pages = (this.#pages[at] as number) & mask;
      if (pages === 0) continue;
      const next = (at << 5) | lowestBit(pages);
      const first = summaries[(this.#directory[next] as number) - 1] as number;
      return this.#lowestOf(next, lowestBit(first));
    }
    return NOWHERE;
  }

  #below(level: number): number {
    const { words, summaries } = this.store;
    const section = level >> PAGE_BITS;
    const page = (this.#directory[section] as number) - 1;
    const word = (level & PAGE_MASK) >> 5;
    const bits = (words[page * WORDS_A_PAGE + word] as number) & ((1 << (level & 31)) - 1);
    if (bits !== 0) return (level & ~31) | highestBit(bits);
    const summary = (summaries[page] as number) & ((1 << word) - 1);
    if (summary !== 0) return this.#highestOf(section, highestBit(summary));
    for (let at = section >> 5, mask = (1 << (section & 31)) - 1; at >= 0; at--, mask = -1) {
      const pages = (this.#pages[at] as number) & mask;
      if (pages === 0) continue;
      const next = (at << 5) | highestBit(pages);
      const last = summaries[(this.#directory[next] as number) - 1] as number;
      return this.#highestOf(next, highestBit(last));
    }
    return NOWHERE;
  }

  #lowestOf(section: number, word: number): number {
    const page = (this.#directory[section] as number) - 1;
    const bits = this.store.words[page * WORDS_A_PAGE + word] as number;
    return (section << PAGE_BITS) | (word << 5) | lowestBit(bits);
  }

  #highestOf(section: number, word: number): number {
    const page = (this.#directory[section] as number) - 1;
    const bits = this.store.words[page * WORDS_A_PAGE + word] as number;
    return (section << PAGE_BITS) | (word << 5) | highestBit(bits);
  }

  #widen(section: number): void {
    const length = Math.max(this.#directory.length * 2, section + 1);
    this.#directory = widened(this.#directory, length);
    this.#pages = widened(this.#pages, (length + 31) >> 5);
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}

function widened(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(length);
  wider.set(array);
  return wider;
}
