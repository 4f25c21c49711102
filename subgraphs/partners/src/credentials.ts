/**
 * API keys: made from the system's randomness, kept as SHA-256. One round is enough, unlike for passwords: a secret of
 * 256 random bits cannot be guessed, however fast the hash.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { KEY_RANDOM_BYTES, formatKey } from './domain/key.ts';

export interface MintedKey {
  /** The whole key, for its owner's eyes once. */
  readonly text: string;
  readonly prefix: string;
  readonly hash: Buffer;
}

export function mintKey(): MintedKey {
  const key = formatKey(randomBytes(KEY_RANDOM_BYTES));
  return { ...key, hash: hashKey(key.text) };
}

export function hashKey(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

// A prefix that nobody has takes as long to refuse as a secret that is wrong.
const nobody = hashKey('nobody has this key');

/** Whether the key is the one that was kept; takes the same time wherever the two begin to differ. */
export function keyMatches(text: string, kept: Buffer | undefined): boolean {
  const matches = timingSafeEqual(hashKey(text), kept ?? nobody);
  return kept !== undefined && matches;
}
