import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repoRoot } from '@gridworks/kit/config';

export type CircuitName = 'TIER_MEMBERSHIP';

/** wasm computes the witness, zkey proves, vkey verifies. Prover and verifier need the same three. */
export type Artefact = 'wasm' | 'zkey' | 'vkey';

/** One entry of `circuits.json`. */
export interface Circuit {
  readonly name: CircuitName;
  /** Source, relative to `src/`. */
  readonly file: string;
  /** Levels of the Merkle tree between leaf and root; the tree holds 2^depth leaves. */
  readonly depth: number;
  /** Names of the public signals in the order in which proofs carry them. */
  readonly publicSignals: readonly string[];
  /** Non-linear constraints; linear ones are optimised away. */
  readonly constraints: number;
  /** The smallest powers-of-tau file that fits has 2^ptauPower points. */
  readonly ptauPower: number;
  /** Files relative to `keys/`; sha256 in lower-case hex. */
  readonly artefacts: Readonly<Record<Artefact, { readonly file: string; readonly sha256: string }>>;
}

// Found from the repository's root, because a build may put this file's code elsewhere.
const home = join(repoRoot, 'circuits');

export const circuitsPath = join(home, 'circuits.json');

/** All declared circuits. The file is ours and under test, so its shape is taken as read. */
export function readCircuits(): readonly Circuit[] {
  return JSON.parse(readFileSync(circuitsPath, 'utf8')) as readonly Circuit[];
}

/** Throws for a name that is not declared. */
export function circuitNamed(name: CircuitName): Circuit {
  const circuit = readCircuits().find((one) => one.name === name);
  if (!circuit) throw new Error(`circuits.json declares no circuit ${name}`);
  return circuit;
}

/** Absolute path of the circuit's source. */
export function sourcePath(circuit: Circuit): string {
  return join(home, 'src', circuit.file);
}

/** Absolute path of a committed artefact. */
export function artefactPath(circuit: Circuit, artefact: Artefact): string {
  return keyPath(circuit.artefacts[artefact].file);
}

/** Absolute path of any file in `keys/`. */
export function keyPath(file: string): string {
  return join(home, 'keys', file);
}

/**
 * Puts named signals in the declared order, as decimal strings: what a verifier expects next to a proof.
 * A server builds them from its own root, scope and message and takes only the nullifier from the client.
 * Throws when a name is missing or not declared.
 */
export function orderSignals(circuit: Circuit, signals: Readonly<Record<string, bigint>>): string[] {
  const given = Object.keys(signals).length;
  if (given !== circuit.publicSignals.length) {
    throw new Error(`${circuit.name} has ${circuit.publicSignals.length} public signals, not ${given}`);
  }
  return circuit.publicSignals.map((name) => {
    const value = signals[name];
    if (value === undefined) throw new Error(`${circuit.name} needs the public signal ${name}`);
    return value.toString();
  });
}
