import { createHash } from 'node:crypto';

/** Order r of BN254's groups: the field in which circuits compute and in which public signals live. */
export const fieldOrder = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

export function isFieldElement(value: bigint): boolean {
  return value >= 0n && value < fieldOrder;
}

/**
 * The first 31 bytes of the SHA-256 of `data` (text as UTF-8), read big-endian: always below 2^248 and so
 * below r, uniform, and one-way. Reducing all 32 bytes modulo r would favour small values.
 */
export function hashToField(data: Uint8Array | string): bigint {
  const digest = createHash('sha256').update(data).digest('hex');
  return BigInt(`0x${digest.slice(0, 62)}`);
}

/**
 * The scope of what a member may do once: a purpose and an epoch (a counter, or the number of a day).
 * Different pairs give different scopes, also when their texts run together.
 */
export function scopeFor(purpose: string, epoch: bigint | number): bigint {
  return hashToField(JSON.stringify(['gridworks/scope/v1', purpose, epoch.toString()]));
}

/**
 * What a proof is about: the kind of request and its fields, in an order both sides agree on. Field
 * boundaries are part of the hash, so ("ab", "c") and ("a", "bc") differ.
 */
export function messageFor(kind: string, ...fields: readonly string[]): bigint {
  return hashToField(JSON.stringify(['gridworks/message/v1', kind, ...fields]));
}
