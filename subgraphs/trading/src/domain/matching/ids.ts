/** Ids in flat memory: which open order an id names, and which ids have ever been used. */

const SECTION_BITS = 6;
const SECTION = 1 << SECTION_BITS;
const SECTIONS_AT_FIRST = 256;

/**
 * From an id to a positive whole number. Ids are given out nearly in order, so they are looked up directly, by sections
 * of 64 that are kept only while one of their ids is there: no searching, and no memory for what is long gone.
 */
export class IdTable {
  /** Place of each section of ids, plus one; 0 for none. */
  #directory = new Int32Array(SECTIONS_AT_FIRST);
  #values = new Int32Array(SECTIONS_AT_FIRST * SECTION);
  /** How many ids of a kept section are there. */
  #counts = new Int32Array(SECTIONS_AT_FIRST);
  readonly #free: number[] = [];
  #used = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** 0 when there is none. */
  get(id: number): number {
    const section = id >> SECTION_BITS;
    if (section >= this.#directory.length) return 0;
    const place = this.#directory[section] as number;
    return place === 0 ? 0 : (this.#values[((place - 1) << SECTION_BITS) | (id & (SECTION - 1))] as number);
  }

  /** Adds an id that is not there. */
  add(id: number, value: number): void {
    const section = id >> SECTION_BITS;
    if (section >= this.#directory.length)
      this.#directory = widened(this.#directory, Math.max(section + 1, 2 * this.#directory.length));
    let place = (this.#directory[section] as number) - 1;
    if (place < 0) {
      place = this.#free.pop() ?? this.#take();
      this.#directory[section] = place + 1;
    }
    this.#values[(place << SECTION_BITS) | (id & (SECTION - 1))] = value;
    this.#counts[place] = (this.#counts[place] as number) + 1;
    this.#size += 1;
  }

  /** Removes an id that is there. */
  remove(id: number): void {
    const section = id >> SECTION_BITS;
    const place = (this.#directory[section] as number) - 1;
    this.#values[(place << SECTION_BITS) | (id & (SECTION - 1))] = 0;
    this.#size -= 1;
    const left = (this.#counts[place] as number) - 1;
    this.#counts[place] = left;
    if (left > 0) return;
    this.#directory[section] = 0;
    this.#free.push(place);
  }

  #take(): number {
    if (this.#used === this.#counts.length) {
      this.#counts = widened(this.#counts, 2 * this.#used);
      this.#values = widened(this.#values, 2 * this.#used * SECTION);
    }
    this.#used += 1;
    return this.#used - 1;
  }
}

function widened(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(length);
  wider.set(array);
  return wider;
}

const PAGE_BITS = 16;
const WORDS_A_PAGE = (1 << PAGE_BITS) >> 5;

/** A set of ids that only grows, one bit an id where ids are dense. */
export class IdSet {
  readonly #pages = new Map<number, Int32Array<ArrayBuffer>>();
  /** The page asked for last: ids come nearly in order. */
  #section = -1;
  #page = new Int32Array(WORDS_A_PAGE);

  has(id: number): boolean {
    const page = this.#pageOf(id >>> PAGE_BITS);
    const bit = id & ((1 << PAGE_BITS) - 1);
    return page !== undefined && ((page[bit >> 5] as number) & (1 << (bit & 31))) !== 0;
  }

  add(id: number): void {
    const section = id >>> PAGE_BITS;
    let page = this.#pageOf(section);
    if (!page) {
      page = new Int32Array(WORDS_A_PAGE);
      this.#pages.set(section, page);
    }
    const bit = id & ((1 << PAGE_BITS) - 1);
    page[bit >> 5] = (page[bit >> 5] as number) | (1 << (bit & 31));
  }

  addRun(first: number, last: number): void {
    for (let id = first; id <= last; id++) this.add(id);
  }

  /** The set as runs [first, last], ascending. */
  runs(): [number, number][] {
    const runs: [number, number][] = [];
    for (const section of [...this.#pages.keys()].sort((a, b) => a - b)) {
      const first = section * (1 << PAGE_BITS);
      for (let id = first; id < first + (1 << PAGE_BITS); id++) {
        if (!this.has(id)) continue;
        const run = runs.at(-1);
        if (run?.[1] === id - 1) run[1] = id;
        else runs.push([id, id]);
      }
    }
    return runs;
  }

  #pageOf(section: number): Int32Array<ArrayBuffer> | undefined {
    if (section === this.#section) return this.#page;
    const page = this.#pages.get(section);
    if (page) {
      this.#section = section;
      this.#page = page;
    }
    return page;
  }
}
