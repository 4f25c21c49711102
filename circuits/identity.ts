import { randomBytes } from 'node:crypto';
import { poseidon1 } from 'poseidon-lite/poseidon1';
import { poseidon3 } from 'poseidon-lite/poseidon3';
import { hashToField, isFieldElement } from './field.ts';

/** `secret` stays with its owner; `commitment` is what the owner hands in to become a leaf. */
export interface Identity {
  readonly secret: bigint;
  readonly commitment: bigint;
}

/** The circuit's NULLIFIER_TAG. */
const nullifierTag = hashToField('gridworks/tier-membership/nullifier/v1');

/**
 * An identity from 32 or more bytes of entropy (fresh ones when none are given). The same bytes always give
 * the same identity, so that it can be restored from a backup. Throws for fewer bytes: a guessable secret
 * lets anyone match nullifiers with commitments.
 */
export function createIdentity(secretBytes: Uint8Array = randomBytes(32)): Identity {
  if (secretBytes.length < 32) throw new RangeError('An identity needs 32 bytes of entropy');
  const secret = hashToField(secretBytes);
  return { secret, commitment: commitmentOf(secret) };
}

/** Poseidon(secret): the leaf. Throws when the secret is not a field element. */
export function commitmentOf(secret: bigint): bigint {
  return poseidon1([inField(secret, 'secret')]);
}

/** Poseidon(tag, scope, secret): the mark that this secret leaves in this scope, once and always the same. */
export function nullifierOf(secret: bigint, scope: bigint): bigint {
  return poseidon3([nullifierTag, inField(scope, 'scope'), inField(secret, 'secret')]);
}

// The hash reduces its inputs, so a value and the same value plus r would pass for two.
function inField(value: bigint, name: string): bigint {
  if (!isFieldElement(value)) throw new RangeError(`The ${name} is not a field element`);
  return value;
}
