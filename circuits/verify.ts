import { readFile } from 'node:fs/promises';
import {
  BN_SNARK1,
  Fr,
  G1,
  G2,
  PrecomputedG2,
  add,
  finalExp,
  init,
  millerLoop,
  mul,
  mulVec,
  neg,
  pairing,
  precomputedMillerLoop2,
  verifyOrderG2,
} from 'mcl-wasm';
import type { GT } from 'mcl-wasm';
import { artefactPath, circuitNamed } from './circuit.ts';
import type { Circuit, CircuitName } from './circuit.ts';
import { fieldOrder } from './field.ts';

/** Checks Groth16 proofs of one circuit. */
export interface Verifier {
  readonly circuit: Circuit;
  /**
   * Whether `proof` (snarkjs' JSON form) proves the circuit's statement for these public signals (decimal
   * strings in the declared order). Anything malformed that JSON can express is false; nothing throws.
   *
   * A valid proof can be turned into another valid proof of the same statement by anyone, so a proof is no
   * identifier: what may happen once is remembered by nullifier and scope, never by proof.
   */
  verify(proof: unknown, publicSignals: unknown): Promise<boolean>;
}

/** The verification key with everything computed that does not depend on the proof. */
interface PreparedKey {
  readonly alphaBeta: GT;
  readonly gamma: PrecomputedG2;
  readonly delta: PrecomputedG2;
  /** The constant point, then one point per public signal. */
  readonly constant: G1;
  readonly perSignal: readonly G1[];
}

interface Proof {
  readonly a: G1;
  readonly b: G2;
  readonly c: G1;
}

/** Order of the field that the curve's coordinates live in. */
const coordinateOrder = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

// A second initialisation would replace the library's memory under the keys that are prepared in it.
let curveReady: Promise<void> | undefined;

async function startCurve(): Promise<void> {
  await init(BN_SNARK1);
  // G2's curve has points outside the subgroup, on which the pairing equation promises nothing. With this
  // switch reading such a point fails. (On G1's curve all points are in the group.)
  verifyOrderG2(true);
}

/** A verifier with the committed verification key. See `prepareVerifier`. */
export async function loadVerifier(name: CircuitName): Promise<Verifier> {
  const circuit = circuitNamed(name);
  return prepareVerifier(circuit, JSON.parse(await readFile(artefactPath(circuit, 'vkey'), 'utf8')));
}

/**
 * Prepares a verifier (once some 200 ms; a proof then takes 5 to 10). Keep it: its prepared points stay in memory
 * for the life of the process. `verificationKey` is in snarkjs' JSON form. Throws when it is malformed, does
 * not fit the declared signals, leaves a signal out of all constraints, or has no phase-2 contribution.
 */
export async function prepareVerifier(circuit: Circuit, verificationKey: unknown): Promise<Verifier> {
  curveReady ??= startCurve();
  await curveReady;
  const key = prepareKey(circuit, verificationKey);
  return {
    circuit,
    verify: (proof, publicSignals) => Promise.resolve(verifyProof(key, proof, publicSignals)),
  };
}

/**
 * e(A, B) = e(alpha, beta) e(sum of signal points, gamma) e(C, delta), with the two last pairings moved to the
 * left so that one final exponentiation serves all. Jens Groth, "On the Size of Pairing-based Non-interactive
 * Arguments", 2016, section 3.2.
 */
function verifyProof(key: PreparedKey, rawProof: unknown, rawSignals: unknown): boolean {
  const signals = readSignals(rawSignals, key.perSignal.length);
  const proof = readProof(rawProof);
  if (!signals || !proof) return false;
  const sum = add(key.constant, mulVec([...key.perSignal], signals));
  const fixed = precomputedMillerLoop2(neg(sum), key.gamma, neg(proof.c), key.delta);
  return finalExp(mul(millerLoop(proof.a, proof.b), fixed)).isEqual(key.alphaBeta);
}

function prepareKey(circuit: Circuit, raw: unknown): PreparedKey {
  const fields = isRecord(raw) ? raw : {};
  const alpha = readG1(fields['vk_alpha_1']);
  const beta = readG2(fields['vk_beta_2']);
  const gamma = readG2(fields['vk_gamma_2']);
  const delta = readG2(fields['vk_delta_2']);
  // The point of a signal that no constraint uses is infinity, and is refused as such.
  const points = Array.isArray(fields['IC']) ? fields['IC'].map(readG1) : [];
  const [constant, ...perSignal] = points.filter((point) => point !== undefined);
  if (!isGroth16(fields) || !alpha || !beta || !gamma || !delta || !constant) {
    throw new Error(`The verification key of ${circuit.name} is not a Groth16 key over BN254`);
  }
  if (points.length !== perSignal.length + 1 || perSignal.length !== circuit.publicSignals.length) {
    throw new Error(`The verification key of ${circuit.name} is not for its declared public signals`);
  }
  // Before phase 2, delta equals gamma, and then anyone can make a proof of anything.
  if (delta.isEqual(gamma)) {
    throw new Error(`The verification key of ${circuit.name} has no phase-2 contribution`);
  }
  return {
    alphaBeta: pairing(alpha, beta),
    gamma: new PrecomputedG2(gamma),
    delta: new PrecomputedG2(delta),
    constant,
    perSignal,
  };
}

function readProof(raw: unknown): Proof | undefined {
  if (!isRecord(raw) || !isGroth16(raw)) return undefined;
  const a = readG1(raw['pi_a']);
  const b = readG2(raw['pi_b']);
  const c = readG1(raw['pi_c']);
  return a && b && c ? { a, b, c } : undefined;
}

function isGroth16(fields: Readonly<Record<string, unknown>>): boolean {
  return fields['protocol'] === 'groth16' && fields['curve'] === 'bn128';
}

function readSignals(raw: unknown, count: number): Fr[] | undefined {
  if (!Array.isArray(raw) || raw.length !== count) return undefined;
  const signals: Fr[] = [];
  for (const one of raw as unknown[]) {
    // A signal and the same signal plus r prove the same, and would be two different nullifiers.
    const decimal = readDecimal(one, fieldOrder);
    if (decimal === undefined) return undefined;
    const signal = new Fr();
    signal.setStr(decimal);
    signals.push(signal);
  }
  return signals;
}

/** ["x", "y", "1"]: affine only, so that a point has one spelling and infinity has none. */
function readG1(raw: unknown): G1 | undefined {
  if (!Array.isArray(raw) || raw.length !== 3 || raw[2] !== '1') return undefined;
  const coordinates = readCoordinates([raw[0], raw[1]]);
  return coordinates && checkPoint(new G1(), coordinates);
}

/** [["x0", "x1"], ["y0", "y1"], ["1", "0"]] */
function readG2(raw: unknown): G2 | undefined {
  if (!Array.isArray(raw) || raw.length !== 3) return undefined;
  const pairs = raw as unknown[];
  if (!pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) return undefined;
  const [x0, x1, y0, y1, z0, z1] = pairs.flat();
  if (z0 !== '1' || z1 !== '0') return undefined;
  const coordinates = readCoordinates([x0, x1, y0, y1]);
  return coordinates && checkPoint(new G2(), coordinates);
}

/** On the curve, in the subgroup of order r, not infinity. */
function checkPoint<Point extends G1 | G2>(point: Point, coordinates: readonly string[]): Point | undefined {
  try {
    point.setStr(`1 ${coordinates.join(' ')}`);
  } catch {
    return undefined; // The library's only word for a point that does not qualify.
  }
  return point.isZero() ? undefined : point;
}

function readCoordinates(raw: readonly unknown[]): string[] | undefined {
  const coordinates = raw.map((one) => readDecimal(one, coordinateOrder));
  return coordinates.every((one) => one !== undefined) ? coordinates : undefined;
}

/** Decimal digits without sign, blanks or leading zeros, below `limit`. Both limits have 77 digits. */
function readDecimal(raw: unknown, limit: bigint): string | undefined {
  if (typeof raw !== 'string' || !/^(0|[1-9][0-9]{0,76})$/.test(raw)) return undefined;
  return BigInt(raw) < limit ? raw : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
