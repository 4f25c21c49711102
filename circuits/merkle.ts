import { poseidon2 } from 'poseidon-lite/poseidon2';
import { isFieldElement } from './field.ts';

/** Levels between leaf and root in the tier-membership circuit: room for 65,536 members a tier. */
export const treeDepth = 16;

/** An unused place. Nobody knows a secret whose commitment is 0, so it can never be proven a member. */
export const emptyLeaf = 0n;

/** What a member needs to prove that a leaf is in the tree; it reveals the leaf, so it is never sent. */
export interface MerklePath {
  /** Place of the leaf, from 0. Its binary digits, lowest first, are the path bits. */
  readonly index: number;
  /** The neighbour on each level, from the leaf's upwards. */
  readonly siblings: readonly bigint[];
}

/**
 * A binary Poseidon tree of fixed depth, filled from the left. Keeps its nodes, so that inserting or removing
 * a leaf costs `depth` hashes (one takes about half a millisecond) and a path costs none.
 */
export class MerkleTree {
  /** levels[0] holds the leaves; beyond the end of a level all nodes are those of an empty tree. */
  readonly #levels: bigint[][];
  readonly #empty: readonly bigint[];

  private constructor(
    readonly depth: number,
    levels: bigint[][],
    empty: readonly bigint[],
  ) {
    this.#levels = levels;
    this.#empty = empty;
  }

  /**
   * A tree over `leaves` in their order; removed members are `emptyLeaf`. Costs one hash a leaf: 10,000 take 5 s.
   * Throws when there are too many leaves, or one is not a field element.
   */
  static of(leaves: readonly bigint[] = [], depth: number = treeDepth): MerkleTree {
    if (leaves.length > 2 ** depth)
      throw new RangeError(`A tree of depth ${depth} has no room for more leaves`);
    for (const leaf of leaves) requireLeaf(leaf);
    const empty = [emptyLeaf];
    const levels = [[...leaves]];
    for (let level = 0; level < depth; level++) {
      const nothing = empty[level] ?? emptyLeaf;
      const below = levels[level] ?? [];
      const above: bigint[] = [];
      for (let at = 0; at < below.length; at += 2) {
        above.push(poseidon2([below[at] ?? nothing, below[at + 1] ?? nothing]));
      }
      levels.push(above);
      empty.push(poseidon2([nothing, nothing]));
    }
    return new MerkleTree(depth, levels, empty);
  }

  get root(): bigint {
    return this.#node(this.depth, 0);
  }

  /** Places used so far, removed members included. */
  get size(): number {
    return this.#levels[0]?.length ?? 0;
  }

  get leaves(): readonly bigint[] {
    return [...(this.#levels[0] ?? [])];
  }

  /** Puts a leaf in the next free place and returns its index. Throws when the tree is full. */
  insert(leaf: bigint): number {
    if (leaf === emptyLeaf) throw new RangeError('An empty leaf cannot be inserted');
    const index = this.size;
    if (index >= 2 ** this.depth) throw new RangeError('The tree is full');
    this.#set(index, leaf);
    return index;
  }

  /** Empties a place; it is not used again, so that other members keep their index. */
  remove(index: number): void {
    this.#requireIndex(index);
    this.#set(index, emptyLeaf);
  }

  path(index: number): MerklePath {
    this.#requireIndex(index);
    const siblings = Array.from({ length: this.depth }, (_, level) =>
      this.#node(level, Math.floor(index / 2 ** level) ^ 1),
    );
    return { index, siblings };
  }

  #set(index: number, leaf: bigint): void {
    requireLeaf(leaf);
    let at = index;
    let node = leaf;
    for (const [level, nodes] of this.#levels.entries()) {
      nodes[at] = node;
      if (level === this.depth) break;
      const neighbour = this.#node(level, at ^ 1);
      node = at % 2 === 0 ? poseidon2([node, neighbour]) : poseidon2([neighbour, node]);
      at = Math.floor(at / 2);
    }
  }

  #node(level: number, at: number): bigint {
    return this.#levels[level]?.[at] ?? this.#empty[level] ?? emptyLeaf;
  }

  #requireIndex(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) {
      throw new RangeError(`The tree has no leaf ${index}`);
    }
  }
}

/** The path bits as the circuit wants them: 0 where the node on the path is the left child. */
export function pathBits(path: MerklePath): bigint[] {
  return path.siblings.map((_, level) => BigInt(Math.floor(path.index / 2 ** level) % 2));
}

/** The root that a leaf and its path lead to. */
export function rootFrom(leaf: bigint, path: MerklePath): bigint {
  const bits = pathBits(path);
  return path.siblings.reduce(
    (node, sibling, level) => (bits[level] === 0n ? poseidon2([node, sibling]) : poseidon2([sibling, node])),
    leaf,
  );
}

function requireLeaf(leaf: bigint): void {
  if (!isFieldElement(leaf)) throw new RangeError('A leaf must be a field element');
}
