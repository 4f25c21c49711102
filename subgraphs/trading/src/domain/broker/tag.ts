/** The tag under which a venue keeps an order for us: it fits where a uuid does not. */

/** Kite Connect takes up to 20 letters and digits (Kite Connect v3, "Orders": `tag`). */
export const TAG_LENGTH = 20;

const TAIL_BITS = 40n;

/**
 * 100 of the 122 bits of a UUIDv7 in base 32: its time, the twelve bits after that, and the last forty. Two orders share
 * a tag only if they were made in one millisecond and agree in 52 random bits. Letters are lower case, so that a venue
 * that does not tell case apart does no harm. Example:
 * `0198f3a2-7c41-7abc-8def-0123456789ab` -> `06cf78js86ls4d2mf2db`.
 */
export function tagOf(id: string): string {
  const hex = id.replaceAll('-', '');
  if (!/^[0-9a-f]{12}7[0-9a-f]{19}$/.test(hex)) throw new Error(`${id} is not a UUIDv7`);
  const time = BigInt(`0x${hex.slice(0, 12)}`);
  const counter = BigInt(`0x${hex.slice(13, 16)}`);
  const tail = BigInt(`0x${hex.slice(16)}`) & ((1n << TAIL_BITS) - 1n);
  const bits = (((time << 12n) | counter) << TAIL_BITS) | tail;
  return bits.toString(32).padStart(TAG_LENGTH, '0');
}
