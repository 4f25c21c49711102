import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { poseidon2 } from 'poseidon-lite/poseidon2';
import { curves, groth16, r1cs, wtns, zKey } from 'snarkjs';
import type { CircuitSignals, Groth16Proof, MemoryFile } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { compileCircuit } from './ceremony.ts';
import type { Compiled } from './ceremony.ts';
import { artefactPath, circuitNamed, keyPath, orderSignals, readCircuits, sourcePath } from './circuit.ts';
import { fieldOrder, hashToField, messageFor, scopeFor } from './field.ts';
import { commitmentOf, createIdentity, nullifierOf } from './identity.ts';
import { MerkleTree, emptyLeaf, pathBits, rootFrom, treeDepth } from './merkle.ts';
import { proveTierMembership, tierMembershipSignals } from './prove.ts';
import type { Proven } from './prove.ts';
import { loadVerifier, prepareVerifier } from './verify.ts';
import type { Verifier } from './verify.ts';

const coordinateOrder = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const silent = { debug: hush, info: hush, warn: hush, error: hush };
const circuit = circuitNamed('TIER_MEMBERSHIP');
const members = Array.from({ length: 5 }, (_, at) => createIdentity(new Uint8Array(32).fill(at + 1)));
const leaves = members.map((one) => one.commitment);
const outsider = createIdentity(new Uint8Array(32).fill(99));
const secret = createIdentity(new Uint8Array(32).fill(4)).secret;
const scope = scopeFor('SERVICE_REQUEST', 20_000);
const message = messageFor('SERVICE_REQUEST', 'codename', 'a table for two');

// Proving and compiling take seconds, and more on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

afterAll(async () => {
  // snarkjs' own verifier and checker leave worker threads behind.
  await (await curves.getCurveFromName('bn128')).terminate();
});

describe('field', () => {
  test('hashToField is the first 31 bytes of SHA-256', () => {
    const full = BigInt(`0x${createHash('sha256').update('abc').digest('hex')}`);
    expect(hashToField('abc')).toBe(full >> 8n);
    expect(hashToField(new TextEncoder().encode('abc'))).toBe(full >> 8n);
  });

  test('parts that run together give different scopes and messages', () => {
    expect(scopeFor('A', 11)).not.toBe(scopeFor('A1', 1));
    expect(scopeFor('A', 1)).toBe(scopeFor('A', 1n));
    expect(messageFor('K', 'ab', 'c')).not.toBe(messageFor('K', 'a', 'bc'));
    expect(messageFor('K', 'ab', '')).not.toBe(messageFor('K', 'ab'));
    expect(messageFor('A', '1')).not.toBe(scopeFor('A', 1));
  });
});

describe('identity', () => {
  test('the same bytes restore the same identity, and none are drawn twice', () => {
    const bytes = new Uint8Array(32).fill(7);
    expect(createIdentity(bytes)).toEqual(createIdentity(bytes));
    expect(createIdentity().secret).not.toBe(createIdentity().secret);
    expect(() => createIdentity(new Uint8Array(31))).toThrow(RangeError);
  });

  test('values outside the field are refused instead of reduced', () => {
    expect(() => commitmentOf(secret + fieldOrder)).toThrow(RangeError);
    expect(() => commitmentOf(-1n)).toThrow(RangeError);
    expect(() => nullifierOf(secret, scope + fieldOrder)).toThrow(RangeError);
  });
});

describe('merkle tree', () => {
  /** Pads to the full width and hashes level by level. */
  function naiveRoot(given: readonly bigint[], depth: number): bigint {
    let level = Array.from({ length: 2 ** depth }, (_, at) => given[at] ?? emptyLeaf);
    while (level.length > 1) {
      level = Array.from({ length: level.length / 2 }, (_, at) =>
        poseidon2([level[2 * at] ?? emptyLeaf, level[2 * at + 1] ?? emptyLeaf]),
      );
    }
    return level[0] ?? emptyLeaf;
  }

  test('the hash is the published Poseidon', () => {
    // Test vector of the reference implementation for inputs (1, 2).
    expect(MerkleTree.of([1n, 2n], 1).root).toBe(
      7853200120776062878684798364095072458815029376092732009249414926327459813530n,
    );
  });

  test('inserting and removing in any order agrees with hashing everything anew', () => {
    const depth = 3;
    const leaf = fc.bigInt({ min: 1n, max: fieldOrder - 1n });
    const change = fc.oneof(
      fc.record({ insert: leaf }),
      fc.record({ remove: fc.nat({ max: 2 ** depth - 1 }) }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 16 }), (changes) => {
        const tree = MerkleTree.of([], depth);
        const expected: bigint[] = [];
        for (const one of changes) {
          if ('insert' in one) {
            if (expected.length === 2 ** depth) {
              expect(() => tree.insert(one.insert)).toThrow(RangeError);
            } else {
              expect(tree.insert(one.insert)).toBe(expected.push(one.insert) - 1);
            }
          } else if (one.remove < expected.length) {
            tree.remove(one.remove);
            expected[one.remove] = emptyLeaf;
          } else {
            expect(() => tree.remove(one.remove)).toThrow(RangeError);
          }
        }
        expect(tree.leaves).toEqual(expected);
        expect(tree.root).toBe(naiveRoot(expected, depth));
        expect(MerkleTree.of(expected, depth).root).toBe(tree.root);
        for (const [index, one] of expected.entries()) {
          expect(rootFrom(one, tree.path(index))).toBe(tree.root);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('has the depth of the circuit', () => {
    expect(treeDepth).toBe(circuit.depth);
    expect(() => MerkleTree.of().path(0)).toThrow(RangeError);
    expect(MerkleTree.of([1n]).path(0).siblings).toHaveLength(circuit.depth);
  });

  test('refuses leaves that are empty, outside the field, or too many', () => {
    expect(() => MerkleTree.of().insert(emptyLeaf)).toThrow(RangeError);
    expect(() => MerkleTree.of().insert(fieldOrder)).toThrow(RangeError);
    expect(() => MerkleTree.of([-1n])).toThrow(RangeError);
    expect(() => MerkleTree.of([1n, 2n, 3n], 1)).toThrow(RangeError);
    for (const index of [-1, 1, 0.5]) expect(() => MerkleTree.of([1n]).path(index)).toThrow(RangeError);
  });

  test('a path of another leaf leads elsewhere', () => {
    const tree = MerkleTree.of(leaves);
    expect(rootFrom(leaves[0] ?? 0n, tree.path(1))).not.toBe(tree.root);
  });
});

describe('artefacts', () => {
  test('have the hashes that circuits.json declares, and stay small', () => {
    for (const one of readCircuits()) {
      for (const artefact of ['wasm', 'zkey', 'vkey'] as const) {
        const bytes = readFileSync(artefactPath(one, artefact));
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(one.artefacts[artefact].sha256);
      }
    }
    const total = readdirSync(keyPath('.')).reduce((sum, file) => sum + statSync(keyPath(file)).size, 0);
    expect(total).toBeLessThan(10 * 2 ** 20);
  });

  test('the verification key is that of the proving key', async () => {
    const exported = await zKey.exportVerificationKey(readFileSync(artefactPath(circuit, 'zkey')));
    expect(readVerificationKey()).toEqual(JSON.parse(JSON.stringify(exported)));
  });

  test('the transcript holds a contribution and, last, a beacon', () => {
    const transcript = JSON.parse(readFileSync(keyPath('tier-membership.transcript.json'), 'utf8')) as {
      powersOfTau: { power: number };
      phase2: { contributions: { name: string; hash: string; beacon?: string }[] };
    };
    const { contributions } = transcript.phase2;
    expect(contributions.length).toBeGreaterThanOrEqual(2);
    for (const one of contributions) expect(one.hash).toMatch(/^[0-9a-f]{128}$/);
    expect(contributions.map((one) => one.beacon !== undefined)).toEqual(
      contributions.map((_, at) => at === contributions.length - 1),
    );
    expect(transcript.powersOfTau.power).toBe(circuit.ptauPower);
  });
});

describe('licences', () => {
  test('what a server imports leads to no GPL package', () => {
    const packages = new Set<string>();
    const seen = new Set<string>();
    const follow = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      const source = readFileSync(new URL(file, import.meta.url), 'utf8');
      for (const [, from = ''] of source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
        if (from.startsWith('./')) follow(from);
        else if (!from.startsWith('node:')) packages.add(from.replace(/^((?:@[^/]+\/)?[^/]+).*$/, '$1'));
      }
    };
    ['./verify.ts', './merkle.ts', './field.ts', './identity.ts', './circuit.ts'].forEach(follow);
    expect([...packages].sort()).toEqual(['@gridworks/kit', 'mcl-wasm', 'poseidon-lite']);
  });
});

describe('constraints', () => {
  let folder: string;
  let compiled: Compiled;
  let system: Uint8Array;
  const wireOf = new Map<string, number>();
  const honest = tierMembershipSignals({ secret, leaves, scope, message });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gridworks-circuits-'));
    compiled = await compileCircuit(circuit, folder);
    system = readFileSync(compiled.r1cs);
    for (const line of readFileSync(compiled.sym, 'utf8').trim().split('\n')) {
      const [, wire, , name] = line.split(',');
      wireOf.set((name ?? '').replace('main.', ''), Number(wire));
    }
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The source line whose constraint the witness calculator refused. */
  async function refusedLine(signals: CircuitSignals): Promise<string> {
    // The calculator also prints what it throws.
    const printed = vi.spyOn(console, 'error').mockImplementation(hush);
    const error: unknown = await wtns.calculate(signals, artefactPath(circuit, 'wasm'), { type: 'mem' }).then(
      () => new Error('a witness was made'),
      (reason: unknown) => reason,
    );
    printed.mockRestore();
    const text = error instanceof Error ? error.message : String(error);
    const line = /Assert Failed[\s\S]*line: (\d+)/.exec(text)?.[1];
    if (line === undefined) return text;
    return readFileSync(sourcePath(circuit), 'utf8').split('\n')[Number(line) - 1]?.trim() ?? '';
  }

  test('the committed wasm and counts are those of the committed source', () => {
    const sha256 = createHash('sha256').update(readFileSync(compiled.wasm)).digest('hex');
    expect(sha256).toBe(circuit.artefacts.wasm.sha256);
    expect(compiled.constraints).toBe(circuit.constraints);
    expect(compiled.ptauPower).toBe(circuit.ptauPower);
  });

  test('the public wires are in the declared order', () => {
    expect(circuit.publicSignals.map((name) => wireOf.get(name))).toEqual([1, 2, 3, 4]);
  });

  test('the nullifier tag of the source is that of the code', () => {
    const tag = /return (\d+);/.exec(readFileSync(sourcePath(circuit), 'utf8'))?.[1];
    expect(tag).toBe(hashToField('gridworks/tier-membership/nullifier/v1').toString());
  });

  test('an honest witness fulfils them; one with any public signal or private input changed does not', async () => {
    const witness: MemoryFile = { type: 'mem' };
    await wtns.calculate(honest, readFileSync(artefactPath(circuit, 'wasm')), witness);
    const bytes = witness.data ?? new Uint8Array();
    const { nVars } = await r1cs.info(system);
    const check = (data: Uint8Array): Promise<boolean> => wtns.check(system, { type: 'mem', data }, silent);
    expect(await check(bytes.slice())).toBe(true);
    for (const name of ['root', 'nullifier', 'scope', 'message', 'secret', 'siblings[15]', 'pathBits[15]']) {
      const changed = bytes.slice();
      // The wires are the last section, 32 bytes each; the lowest bit of the lowest byte is flipped.
      const at = bytes.length - 32 * (nVars - (wireOf.get(name) ?? 0));
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect([name, await check(changed)]).toEqual([name, false]);
    }
  });

  test('every path bit has a constraint of its own that only 0 and 1 fulfil', async () => {
    const { constraints } = await r1cs.exportJson(system);
    for (let level = 0; level < circuit.depth; level++) {
      const wire = String(wireOf.get(`pathBits[${level}]`));
      const own = constraints.filter((matrices) => {
        const wires = new Set(matrices.flatMap((row) => Object.keys(row)));
        return wires.has(wire) && [...wires].every((one) => one === wire || one === '0');
      });
      const residues = (bit: bigint): bigint[] =>
        own.map(([a, b, c]) => {
          const value = (row: Record<string, string>): bigint =>
            BigInt(row['0'] ?? 0) + BigInt(row[wire] ?? 0) * bit;
          return (value(a) * value(b) - value(c)) % fieldOrder;
        });
      // A quadratic with the roots 0 and 1 that is not zero at 2 has no other roots.
      expect([residues(0n), residues(1n)]).toEqual([[0n], [0n]]);
      expect(residues(2n)).not.toEqual([0n]);
    }
  });

  test('a non-member gets no witness', async () => {
    const signals = {
      ...honest,
      secret: outsider.secret,
      nullifier: nullifierOf(outsider.secret, scope),
    };
    expect(await refusedLine(signals)).toBe('root === nodes[depth];');
    await expect(proveTierMembership({ secret: outsider.secret, leaves, scope, message })).rejects.toThrow(
      'not that of a member',
    );
    const removed = leaves.with(3, emptyLeaf);
    await expect(proveTierMembership({ secret, leaves: removed, scope, message })).rejects.toThrow();
  });

  test('another nullifier gets no witness', async () => {
    const signals = { ...honest, nullifier: nullifierOf(secret, scope + 1n) };
    expect(await refusedLine(signals)).toBe('nullifier === mark.out;');
  });

  test('a path bit that is no bit gets no witness, although the path leads to the root', async () => {
    // With the bit 2 the children become 2s - n and 2n - s; the root is computed to match.
    const path = MerkleTree.of(leaves).path(3);
    const bits = pathBits(path);
    const own = commitmentOf(secret);
    const sibling = path.siblings[0] ?? 0n;
    const inField = (value: bigint): bigint => ((value % fieldOrder) + fieldOrder) % fieldOrder;
    const parent = poseidon2([inField(2n * sibling - own), inField(2n * own - sibling)]);
    const root = path.siblings
      .slice(1)
      .reduce(
        (node, next, at) => (bits[at + 1] === 0n ? poseidon2([node, next]) : poseidon2([next, node])),
        parent,
      );
    const signals = { ...honest, root, pathBits: [2n, ...bits.slice(1)] };
    expect(await refusedLine(signals)).toBe('pathBits[level] * (pathBits[level] - 1) === 0;');
  });

  test('a path of another length than the circuit has levels is refused', async () => {
    const short = MerkleTree.of(leaves, circuit.depth - 1);
    await expect(proveTierMembership({ secret, path: short.path(3), scope, message })).rejects.toThrow(
      '16 siblings',
    );
  });
});

describe('proof', () => {
  let proven: Proven;
  let verifier: Verifier;

  beforeAll(async () => {
    verifier = await loadVerifier('TIER_MEMBERSHIP');
    proven = await proveTierMembership({ secret, leaves, scope, message });
  });

  test('is accepted by our verifier and by snarkjs, for the signals a server would expect', async () => {
    const expected = orderSignals(circuit, {
      message,
      scope,
      nullifier: nullifierOf(secret, scope),
      root: MerkleTree.of(leaves).root,
    });
    expect(proven.publicSignals).toEqual(expected);
    expect(await verifier.verify(proven.proof, expected)).toBe(true);
    expect(await groth16.verify(readVerificationKey(), expected, proven.proof)).toBe(true);
    // The way it comes over the wire.
    expect(await verifier.verify(JSON.parse(JSON.stringify(proven.proof)), expected)).toBe(true);
  });

  test('can be made from a path alone, also at the last place of a full tree', async () => {
    const index = 2 ** circuit.depth - 1;
    const path = { index, siblings: Array.from({ length: circuit.depth }, (_, level) => BigInt(level + 1)) };
    const last = await proveTierMembership({ secret, path, scope: 0n, message: fieldOrder - 1n });
    expect(last.publicSignals[0]).toBe(rootFrom(commitmentOf(secret), path).toString());
    expect(await verifier.verify(last.proof, last.publicSignals)).toBe(true);
    expect(await verifier.verify(last.proof, proven.publicSignals)).toBe(false);
  });

  test('of another message in the same scope carries the same nullifier', async () => {
    const again = await proveTierMembership({ secret, leaves, scope, message: message + 1n });
    expect(await verifier.verify(again.proof, again.publicSignals)).toBe(true);
    expect(again.publicSignals.slice(0, 3)).toEqual(proven.publicSignals.slice(0, 3));
    const nullifier = nullifierOf(secret, scopeFor('SERVICE_REQUEST', 20_001));
    expect(nullifier.toString()).not.toBe(again.publicSignals[1]);
  });

  test('is refused when any public signal is another', async () => {
    for (const [at, name] of circuit.publicSignals.entries()) {
      for (const other of [BigInt(proven.publicSignals[at] ?? 0) + 1n, 0n]) {
        const signals = proven.publicSignals.with(at, other.toString());
        expect([name, await verifier.verify(proven.proof, signals)]).toEqual([name, false]);
        expect(await groth16.verify(readVerificationKey(), signals, proven.proof)).toBe(false);
      }
    }
    const swapped = [1, 0, 2, 3].map((at) => proven.publicSignals[at]);
    expect(await verifier.verify(proven.proof, swapped)).toBe(false);
  });

  test('is refused for the root, scope or message of another occasion', async () => {
    const signals = {
      root: MerkleTree.of(leaves).root,
      nullifier: nullifierOf(secret, scope),
      scope,
      message,
    };
    const otherGroup = MerkleTree.of([...leaves, outsider.commitment]).root;
    for (const change of [
      { root: otherGroup },
      { scope: scopeFor('SERVICE_REQUEST', 20_001) },
      { message: messageFor('SERVICE_REQUEST', 'codename', 'a table for three') },
      { nullifier: nullifierOf(outsider.secret, scope) },
    ]) {
      expect(await verifier.verify(proven.proof, orderSignals(circuit, { ...signals, ...change }))).toBe(
        false,
      );
    }
  });

  test('a signal is refused with the field order added, although it is the same field element', async () => {
    for (const [at, signal] of proven.publicSignals.entries()) {
      const aliased = proven.publicSignals.with(at, (BigInt(signal) + fieldOrder).toString());
      expect(await verifier.verify(proven.proof, aliased)).toBe(false);
    }
  });

  test('a coordinate is refused with the coordinate order added', async () => {
    const { pi_a: a, pi_b: b, pi_c: c } = proven.proof;
    const alias = (value: string | undefined): string => (BigInt(value ?? 0) + coordinateOrder).toString();
    for (const at of [0, 1]) {
      expect(await verifies({ pi_a: a.with(at, alias(a[at])) })).toBe(false);
      expect(await verifies({ pi_c: c.with(at, alias(c[at])) })).toBe(false);
      for (const half of [0, 1]) {
        const pair = b[at] ?? [];
        expect(await verifies({ pi_b: b.with(at, pair.with(half, alias(pair[half]))) })).toBe(false);
      }
    }
  });

  test('is refused with other points of the right group', async () => {
    const generator = ['1', '2', '1'];
    const { pi_a: a, pi_b: b, pi_c: c } = proven.proof;
    expect(await verifies({})).toBe(true);
    expect(await verifies({ pi_a: generator })).toBe(false);
    expect(await verifies({ pi_c: generator })).toBe(false);
    expect(await verifies({ pi_b: readVerificationKey()['vk_beta_2'] })).toBe(false);
    expect(await verifies({ pi_a: c, pi_c: a })).toBe(false);
    expect(await verifies({ pi_a: negate(a) })).toBe(false);
    expect(await verifies({ pi_c: negate(c) })).toBe(false);
    expect(await verifies({ pi_b: negateG2(b) })).toBe(false);
  });

  test('is still a proof with both factors negated, which is why a proof is no identifier', async () => {
    const { pi_a: a, pi_b: b } = proven.proof;
    expect(await verifies({ pi_a: negate(a), pi_b: negateG2(b) })).toBe(true);
  });

  test('is refused with the point at infinity, however it is spelled', async () => {
    for (const infinity of [['0', '1', '0'], ['0', '0', '1'], ['0', '0', '0'], ['1', '1', '0'], ['0']]) {
      expect(await verifies({ pi_a: infinity })).toBe(false);
      expect(await verifies({ pi_c: infinity })).toBe(false);
      expect(await verifies({ pi_b: infinity.map((one) => [one, '0']) })).toBe(false);
      expect(await verifies({ pi_a: infinity, pi_c: infinity })).toBe(false);
    }
  });

  test('is refused with points that are not on the curve', async () => {
    const { pi_a: a, pi_b: b, pi_c: c } = proven.proof;
    const off = (value: string | undefined): string =>
      ((BigInt(value ?? 0) + 1n) % coordinateOrder).toString();
    expect(await verifies({ pi_a: a.with(1, off(a[1])) })).toBe(false);
    expect(await verifies({ pi_c: c.with(0, off(c[0])) })).toBe(false);
    expect(await verifies({ pi_b: b.with(1, [off(b[1]?.[0]), b[1]?.[1] ?? '']) })).toBe(false);
    expect(await verifies({ pi_a: ['1', '3', '1'], pi_b: b, pi_c: ['1', '3', '1'] })).toBe(false);
  });

  test('is refused with a point of the twist outside the subgroup', async () => {
    const y: [bigint, bigint] = [
      18278151005453108793778860132295291098363647455926340152056652516292830556603n,
      5912654199736721486680175016176231956195085055698687135131307249486702594212n,
    ];
    // It is on the curve: with x = 1, (9 + u)(y^2 - 1) = 3 where u^2 = -1.
    const inField = (value: bigint): bigint =>
      ((value % coordinateOrder) + coordinateOrder) % coordinateOrder;
    const [real, imaginary] = [inField(y[0] * y[0] - y[1] * y[1] - 1n), inField(2n * y[0] * y[1])];
    expect(inField(9n * real - imaginary)).toBe(3n);
    expect(inField(9n * imaginary + real)).toBe(0n);
    expect(await verifies({ pi_b: [['1', '0'], y.map(String), ['1', '0']] })).toBe(false);
    const key = { ...readVerificationKey(), vk_delta_2: [['1', '0'], y.map(String), ['1', '0']] };
    await expect(prepareVerifier(circuit, key)).rejects.toThrow('not a Groth16 key');
  });

  test('malformed input is false and never throws', async () => {
    const { proof, publicSignals: signals } = proven;
    const shapes: unknown[] = [
      undefined,
      null,
      0,
      1n,
      '',
      'proof',
      true,
      [],
      {},
      [[]],
      [null],
      { length: 4 },
    ];
    for (const shape of shapes) {
      expect(await verifier.verify(shape, signals)).toBe(false);
      expect(await verifier.verify(proof, shape)).toBe(false);
      for (const part of ['pi_a', 'pi_b', 'pi_c', 'protocol', 'curve']) {
        expect(await verifies({ [part]: shape })).toBe(false);
      }
      expect(
        await verifier.verify(
          proof,
          signals.map((signal, at) => (at === 2 ? shape : signal)),
        ),
      ).toBe(false);
    }
    expect(await verifier.verify(proof, signals.slice(0, 3))).toBe(false);
    expect(await verifier.verify(proof, [...signals, '0'])).toBe(false);
    expect(await verifies({ curve: 'bls12381' })).toBe(false);
    expect(await verifies({ protocol: 'plonk' })).toBe(false);
  });

  test('a number has one spelling', async () => {
    const spell: ((decimal: string) => unknown)[] = [
      (decimal) => `0${decimal}`,
      (decimal) => `+${decimal}`,
      (decimal) => `-${decimal}`,
      (decimal) => ` ${decimal}`,
      (decimal) => `${decimal}\n`,
      (decimal) => `0x${BigInt(decimal).toString(16)}`,
      (decimal) => `${decimal}.0`,
      (decimal) => `${decimal}n`,
      (decimal) => BigInt(decimal),
      (decimal) => Number(decimal),
      (decimal) => [decimal],
    ];
    for (const respell of spell) {
      const [first = '', ...others] = proven.publicSignals;
      expect(await verifier.verify(proven.proof, [respell(first), ...others])).toBe(false);
      const [x = '', ...rest] = proven.proof.pi_a;
      expect(await verifies({ pi_a: [respell(x), ...rest] })).toBe(false);
    }
  });

  test('many at once give each its own answer', async () => {
    const wrong = proven.publicSignals.with(3, '1');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        verifier.verify(proven.proof, at % 2 === 0 ? proven.publicSignals : wrong),
      ),
    );
    expect(answers).toEqual(Array.from({ length: 20 }, (_, at) => at % 2 === 0));
  });

  test('a key without a phase-2 contribution is refused', async () => {
    const key = readVerificationKey();
    await expect(prepareVerifier(circuit, { ...key, vk_delta_2: key['vk_gamma_2'] })).rejects.toThrow(
      'no phase-2 contribution',
    );
  });

  test('a key for other signals is refused', async () => {
    const key = readVerificationKey();
    const points = key['IC'] as unknown[];
    const infinity = ['0', '1', '0'];
    await expect(prepareVerifier(circuit, { ...key, IC: points.slice(0, 4) })).rejects.toThrow('signals');
    await expect(prepareVerifier(circuit, { ...key, IC: points.with(4, infinity) })).rejects.toThrow(
      'signals',
    );
    await expect(prepareVerifier(circuit, {})).rejects.toThrow('not a Groth16 key');
  });

  test('signals that are not the declared ones are refused before any proof', () => {
    expect(() => orderSignals(circuit, { root: 1n, nullifier: 1n, scope: 1n })).toThrow('4 public signals');
    expect(() => orderSignals(circuit, { root: 1n, nullifier: 1n, scope: 1n, signal: 1n })).toThrow(
      'message',
    );
  });

  function verifies(change: Readonly<Record<string, unknown>>): Promise<boolean> {
    return verifier.verify({ ...proven.proof, ...change }, proven.publicSignals);
  }
});

function hush(): void {
  // What snarkjs prints says no more than what it answers.
}

function readVerificationKey(): Record<string, unknown> {
  return JSON.parse(readFileSync(artefactPath(circuit, 'vkey'), 'utf8')) as Record<string, unknown>;
}

function negateCoordinate(value: string | undefined): string {
  return (coordinateOrder - BigInt(value ?? 0)).toString();
}

function negate(point: Groth16Proof['pi_a']): string[] {
  return point.with(1, negateCoordinate(point[1]));
}

function negateG2(point: Groth16Proof['pi_b']): string[][] {
  return point.with(1, (point[1] ?? []).map(negateCoordinate));
}
