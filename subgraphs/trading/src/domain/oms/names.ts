/**
 * Which client order ids were given away, as fingerprints of 53 bits in flat memory, 16 to 32 bytes each. A name that
 * is not here was never used; one that is here was, but for one chance in a billion at ten million names, so whoever
 * needs to be sure asks further.
 */

const PLACES_AT_FIRST = 1_024;

export class NameSet {
  #places = new Float64Array(PLACES_AT_FIRST);
  #size = 0;

  has(userId: string, name: string): boolean {
    return this.#places[this.#placeOf(fingerprint(userId, name))] !== 0;
  }

  add(userId: string, name: string): void {
    const print = fingerprint(userId, name);
    const place = this.#placeOf(print);
    if (this.#places[place] !== 0) return;
    this.#places[place] = print;
    this.#size += 1;
    if (this.#size * 2 > this.#places.length) this.#grow();
  }

  /** Where the fingerprint is, or the free place where it belongs. */
  #placeOf(print: number): number {
    const mask = this.#places.length - 1;
    let place = print & mask;
    while (this.#places[place] !== 0 && this.#places[place] !== print) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Float64Array(before.length * 2);
    for (const print of before) if (print !== 0) this.#places[this.#placeOf(print)] = print;
  }
}

/** Never 0, which stands for a free place. */
function fingerprint(userId: string, name: string): number {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (const text of [userId, ' ', name])
    for (let index = 0; index < text.length; index++) {
      low = Math.imul(low ^ text.charCodeAt(index), 0x01000193);
      high = Math.imul(high ^ text.charCodeAt(index) ^ (low >>> 15), 0x85ebca6b);
      high ^= high >>> 13;
    }
  low = Math.imul(low ^ (low >>> 16), 0xc2b2ae35);
  return (high >>> 11) * 2 ** 32 + ((low ^ (low >>> 13)) >>> 0) || 1;
}
