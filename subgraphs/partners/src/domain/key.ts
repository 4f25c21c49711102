/**
 * The text of an API key: `gw_<prefix>_<secret><checksum>`.
 *
 * - `prefix`: 12 characters of lower-case base32 (RFC 4648), 60 random bits. Not secret: it finds the key in the
 *   database and names it on screens.
 * - `secret`: 32 random bytes, written in base 62 as 43 characters.
 * - `checksum`: CRC-32 (ISO-HDLC, the one of zip) of everything before it, in base 62 as 6 characters. A mistyped key is
 *   recognised without asking the database, and a secret scanner can tell a key from a look-alike.
 *
 * Only letters, digits and underscores, so a double click selects all of it.
 */

export const KEY_PATTERN = /^gw_([a-z2-7]{12})_[0-9A-Za-z]{49}$/;
/** Random bytes that one key is made from. */
export const KEY_RANDOM_BYTES = 40;

const PREFIX_LENGTH = 12;
const PREFIX_BYTES = 8;
const SECRET_BYTES = 32;
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export interface KeyText {
  /** The whole key; it must not be kept. */
  readonly text: string;
  readonly prefix: string;
}

/** Writes a key from `KEY_RANDOM_BYTES` bytes of randomness; throws a RangeError for any other number of bytes. */
export function formatKey(random: Uint8Array): KeyText {
  if (random.length !== KEY_RANDOM_BYTES) {
    throw new RangeError(`formatKey: ${KEY_RANDOM_BYTES} random bytes are expected, not ${random.length}`);
  }
  const prefix = base32(random.subarray(0, PREFIX_BYTES)).slice(0, PREFIX_LENGTH);
  const secret = base62(toBigInt(random.subarray(PREFIX_BYTES, PREFIX_BYTES + SECRET_BYTES)), SECRET_LENGTH);
  const body = `gw_${prefix}_${secret}`;
  return { text: body + checksumOf(body), prefix };
}

/** The parts of a well-formed key, or undefined: wrong shape, or a checksum that does not hold. */
export function parseKey(text: string): KeyText | undefined {
  const prefix = KEY_PATTERN.exec(text)?.[1];
  if (prefix === undefined) return undefined;
  const body = text.slice(0, -CHECKSUM_LENGTH);
  return text === body + checksumOf(body) ? { text, prefix } : undefined;
}

function checksumOf(body: string): string {
  return base62(BigInt(crc32(body)), CHECKSUM_LENGTH);
}

/** CRC-32/ISO-HDLC of an ASCII text: reflected polynomial 0xEDB88320; of "123456789" it is 0xCBF43926. */
export function crc32(ascii: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < ascii.length; index++) {
    crc ^= ascii.charCodeAt(index);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Whole groups of five bits, most significant first; the bits that are left over are dropped. */
function base32(bytes: Uint8Array): string {
  let value = toBigInt(bytes) >> BigInt((bytes.length * 8) % 5);
  let text = '';
  for (let left = Math.floor((bytes.length * 8) / 5); left > 0; left--) {
    text = BASE32.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return text;
}

function base62(value: bigint, length: number): string {
  let rest = value;
  let text = '';
  while (text.length < length) {
    text = BASE62.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
}

function toBigInt(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}
