/** Proofs and signals as they come over the wire, and what each kind of proof must be about. */
import { circuitNamed } from '@gridworks/circuits/circuit';
import { isFieldElement, messageFor, scopeFor } from '@gridworks/circuits/field';
import { MEMBERSHIP_EPOCH, type Signals } from './domain/membership.ts';

export const membershipCircuit = circuitNamed('TIER_MEMBERSHIP');

/** The one scope in which an identity joins and returns, in decimal digits. */
export const membershipScope = scopeFor('MEMBERSHIP', MEMBERSHIP_EPOCH).toString();

/** A true proof has some 800 characters. */
const PROOF_LENGTH_MAX = 4_096;
const DECIMAL = /^(0|[1-9][0-9]{0,76})$/;

/** What a proof to join is about: without the codename in it, whoever saw the proof could join under another one. */
export function joinMessage(tier: string, codename: string): string {
  return messageFor('JOIN_MEMBERSHIP', tier, codename).toString();
}

/** What a proof to return is about: without the challenge in it, whoever saw the proof could return for ever. */
export function returnMessage(challenge: string): string {
  return messageFor('OPEN_MEMBER_SESSION', challenge).toString();
}

/** A commitment that may become a leaf; undefined for one that is no field element, or marks an unused place. */
export function parseCommitment(text: string): string | undefined {
  return isElement(text) && text !== '0' ? text : undefined;
}

/** The JSON of a Groth16 proof over BN254, by its form alone: whether its points are any is the verifier's to say. */
export function parseProof(text: string): object | undefined {
  if (text.length > PROOF_LENGTH_MAX) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const isWhole =
    fields['protocol'] === 'groth16' &&
    fields['curve'] === 'bn128' &&
    isTriple(fields['pi_a'], isDecimal) &&
    isTriple(fields['pi_b'], isPair) &&
    isTriple(fields['pi_c'], isDecimal);
  return isWhole ? value : undefined;
}

/** The signals by name; undefined unless there are as many as declared, each in the one spelling of its number. */
export function parseSignals(values: readonly string[]): Signals | undefined {
  const names = membershipCircuit.publicSignals;
  if (values.length !== names.length || !values.every(isElement)) return undefined;
  const named = new Map(names.map((name, at) => [name, values[at]]));
  const [root, nullifier, scope, message] = ['root', 'nullifier', 'scope', 'message'].map((name) =>
    named.get(name),
  );
  if (root === undefined || nullifier === undefined || scope === undefined || message === undefined) {
    throw new Error('circuits.json does not declare the signals of membership');
  }
  return { root, nullifier, scope, message };
}

function isElement(text: string): boolean {
  return DECIMAL.test(text) && isFieldElement(BigInt(text));
}

function isDecimal(value: unknown): boolean {
  return typeof value === 'string' && DECIMAL.test(value);
}

function isPair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(isDecimal);
}

function isTriple(value: unknown, isPart: (part: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length === 3 && value.every(isPart);
}
