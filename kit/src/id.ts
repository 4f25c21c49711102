/** Identity: UUIDv7 inside (sortable by time), `Type:uuid` outside (a global id that `node(id:)` understands). */
import { randomFillSync } from 'node:crypto';
import { v5, v7 } from 'uuid';

/** Namespace of `namedId`; chosen once at random. */
const NAMES = '5f0c2a4e-8d0b-4c39-9a57-b1b0c2f1d6e3';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Randomness for many ids: to ask for it id by id costs several times as much as the rest. */
const RANDOM_BYTES = 16;
const pool = new Uint8Array(RANDOM_BYTES * 256);
let used = pool.length;
/** Ids of one millisecond count on from a number drawn by lot, so that each id of a process comes after those before. */
let lastMs = 0;
let count = 0;

export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, (used += RANDOM_BYTES));
  const nowMs = Date.now();
  if (nowMs > lastMs) {
    lastMs = nowMs;
    count = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1;
  } else count += 1;
  return v7({ random, msecs: lastMs, seq: count });
}

/** The id of what is named in full by `name`: the same each time, so that what is built anew keeps its identity. */
export function namedId(name: string): string {
  return v5(name, NAMES);
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** `toGlobalId('Order', uuid)` -> `Order:0198...`. The local part may hold any character but must not be empty. */
export function toGlobalId(type: string, local: string): string {
  return `${type}:${local}`;
}

/**
 * The local part of a global id of the given type, or undefined when the id is of another type. Where the local
 * part is a uuid, ask with `isUuid` before it reaches SQL.
 */
export function fromGlobalId(type: string, id: string): string | undefined {
  return id.startsWith(`${type}:`) && id.length > type.length + 1 ? id.slice(type.length + 1) : undefined;
}

/** The uuid inside a global id of the given type; undefined for another type or anything that is not a uuid. */
export function uuidOf(type: string, id: string): string | undefined {
  const local = fromGlobalId(type, id);
  return local !== undefined && isUuid(local) ? local : undefined;
}
