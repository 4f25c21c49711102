/**
 * Columns of many rows as parameters of one statement, `unnest($1::uuid[], ...)`: arrays in PostgreSQL's binary form, which
 * the server takes as they are, where it would have to read the text of every element.
 * Layout: `array_recv` in src/backend/utils/adt/arrayfuncs.c of PostgreSQL.
 */

const ELEMENT = {
  bool: { oid: 16, size: 1 },
  int4: { oid: 23, size: 4 },
  int8: { oid: 20, size: 8 },
  text: { oid: 25, size: 0 },
  date: { oid: 1082, size: 4 },
  timestamptz: { oid: 1184, size: 8 },
  uuid: { oid: 2950, size: 16 },
} as const;

export type ElementType = keyof typeof ELEMENT;
/** A `date` is written YYYY-MM-DD; an `int8` may be a number without a fraction; a `timestamptz` a Date or milliseconds since the epoch. */
export type Element = string | number | bigint | boolean | Date | null;

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;
const EPOCH_MS = Date.UTC(2000, 0, 1);
const DAY_MS = 86_400_000;
const HEX_DIGIT = Int8Array.from({ length: 128 }, (_, code) => {
  const digit = parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? -1 : digit;
});
const UUID = { length: 36, dash: 0x2d };

/** The parameter for `$n::type[]`. Throws at an element that is none of the type. */
export function arrayOf(type: ElementType, values: readonly Element[]): Buffer {
  const { oid, size } = ELEMENT[type];
  const bytes = size === 0 ? textBytes(values) : values.length * size;
  const array = Buffer.allocUnsafe(HEADER_BYTES + values.length * LENGTH_BYTES + bytes);
  let at = HEADER_BYTES;
  let hasNull = false;
  for (const value of values) {
    const start = at + LENGTH_BYTES;
    if (value === null) {
      hasNull = true;
      array.writeInt32BE(NULL_LENGTH, at);
      at = start;
    } else {
      const end = write(array, start, type, value);
      array.writeInt32BE(end - start, at);
      at = end;
    }
  }
  // Dimensions, whether there are nulls, the type; then of the one dimension its size and the index of its first element.
  array.writeInt32BE(values.length === 0 ? 0 : 1, 0);
  array.writeInt32BE(hasNull ? 1 : 0, 4);
  array.writeInt32BE(oid, 8);
  array.writeInt32BE(values.length, 12);
  array.writeInt32BE(1, 16);
  return array.subarray(0, values.length === 0 ? 12 : at);
}

/** The same of one property of many rows. */
export function columnOf<Row>(type: ElementType, rows: readonly Row[], of: (row: Row) => Element): Buffer {
  return arrayOf(type, rows.map(of));
}

function textBytes(values: readonly Element[]): number {
  let bytes = 0;
  // Of a unit of UTF-16, UTF-8 never needs more than three bytes.
  for (const value of values) if (typeof value === 'string') bytes += value.length * 3;
  return bytes;
}

/** Returns where the element ends. */
function write(array: Buffer, at: number, type: ElementType, value: Exclude<Element, null>): number {
  switch (type) {
    case 'text':
      return at + array.write(value as string, at, 'utf8');
    case 'uuid':
      return writeUuid(array, at, value as string);
    case 'int8':
      return array.writeBigInt64BE(BigInt(value as bigint | number), at);
    case 'int4':
      return array.writeInt32BE(value as number, at);
    case 'bool':
      return array.writeInt8(value === true ? 1 : 0, at);
    case 'timestamptz':
      return array.writeBigInt64BE(BigInt(Number(value) - EPOCH_MS) * 1000n, at);
    case 'date':
      return array.writeInt32BE(Number(BigInt(Date.parse(value as string) - EPOCH_MS)) / DAY_MS, at);
  }
}

function writeUuid(array: Buffer, start: number, uuid: string): number {
  let at = start;
  let index = 0;
  while (index < UUID.length) {
    if (uuid.charCodeAt(index) === UUID.dash) index += 1;
    const high = HEX_DIGIT[uuid.charCodeAt(index)] ?? -1;
    const low = HEX_DIGIT[uuid.charCodeAt(index + 1)] ?? -1;
    if (high < 0 || low < 0) break;
    array[at] = high * 16 + low;
    at += 1;
    index += 2;
  }
  if (index !== uuid.length || at !== start + ELEMENT.uuid.size) throw new Error('an element is no uuid');
  return at;
}
