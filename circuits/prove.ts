import { readFile } from 'node:fs/promises';
import { groth16, wtns } from 'snarkjs';
import type { CircuitSignals, Groth16Proof, MemoryFile } from 'snarkjs';
import { artefactPath, circuitNamed } from './circuit.ts';
import { isFieldElement } from './field.ts';
import { commitmentOf, nullifierOf } from './identity.ts';
import { MerkleTree, pathBits, rootFrom } from './merkle.ts';
import type { MerklePath } from './merkle.ts';

/** A proof and its public signals, in the JSON form of snarkjs: decimal strings throughout. */
export interface Proven {
  readonly proof: Groth16Proof;
  /** In the order that `circuits.json` declares. */
  readonly publicSignals: string[];
}

interface Claim {
  readonly secret: bigint;
  readonly scope: bigint;
  readonly message: bigint;
}

/**
 * Either all leaves of the tier (the private way: whoever serves them does not learn whose path is wanted)
 * or the path alone.
 */
export type TierMembershipInput = Claim &
  ({ readonly leaves: readonly bigint[] } | { readonly path: MerklePath });

/**
 * Proves membership in one to three seconds. With `leaves` the place is found by the secret's own commitment, and
 * a secret that is not among them throws. With `path` the caller vouches for it: a path that does not fit
 * gives a valid proof for a root that no verifier knows.
 *
 * Runs without worker threads, so that nothing keeps the process alive afterwards.
 */
export async function proveTierMembership(input: TierMembershipInput): Promise<Proven> {
  const circuit = circuitNamed('TIER_MEMBERSHIP');
  const signals = tierMembershipSignals(input);
  const witness: MemoryFile = { type: 'mem' };
  await wtns.calculate(signals, await readFile(artefactPath(circuit, 'wasm')), witness);
  const zkey = await readFile(artefactPath(circuit, 'zkey'));
  return groth16.prove(zkey, witness, undefined, { singleThread: true });
}

/** All inputs of the circuit, public and private, by name. */
export function tierMembershipSignals(input: TierMembershipInput): CircuitSignals {
  const { secret, scope, message } = input;
  if (!isFieldElement(message)) throw new RangeError('The message is not a field element');
  const commitment = commitmentOf(secret);
  const path = 'path' in input ? input.path : findPath(commitment, input.leaves);
  const { depth } = circuitNamed('TIER_MEMBERSHIP');
  if (path.siblings.length !== depth) throw new RangeError(`The path must have ${depth} siblings`);
  return {
    root: rootFrom(commitment, path),
    nullifier: nullifierOf(secret, scope),
    scope,
    message,
    secret,
    siblings: path.siblings,
    pathBits: pathBits(path),
  };
}

function findPath(commitment: bigint, leaves: readonly bigint[]): MerklePath {
  const index = leaves.indexOf(commitment);
  if (index < 0) throw new Error('The secret is not that of a member');
  return MerkleTree.of(leaves).path(index);
}
