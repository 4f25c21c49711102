/** Groups: one append-only Merkle tree of commitments a tier, and who has used their enrolment in it. */
import { MerkleTree, treeDepth } from '@gridworks/circuits/merkle';
import type { Database, Sql, Tx } from '@gridworks/kit/db';
import type { ButlerRefusalCode } from '../domain/membership.ts';
import type { BlackTier } from '../domain/persona.ts';

export interface GroupRow {
  readonly tier: BlackTier;
  /** Places used so far. */
  readonly size: number;
  /** Field element in decimal digits. */
  readonly root: string;
}

export interface Enrolment {
  readonly userId: string;
  readonly tier: BlackTier;
  readonly commitment: string;
}

export const GROUP_SIZE_MAX = 2 ** treeDepth;

export class GroupStore {
  /** As they stood when this process last enrolled somebody; the group's row says whether that still holds. */
  readonly #trees = new Map<BlackTier, MerkleTree>();

  constructor(private readonly db: Database) {}

  async groupOf(tier: string): Promise<GroupRow | undefined> {
    const { rows } = await this.db.system.query<GroupRow>(
      `SELECT tier, size, root FROM butler."group" WHERE tier = $1`,
      [tier],
    );
    return rows[0];
  }

  /** The commitments of a group in their order, as many as it had when the row was read. */
  async leavesOf({ tier, size }: GroupRow): Promise<string[]> {
    return leaves(this.db.system, tier, 0, size);
  }

  /** Puts the commitment in the next place of its group, or says why not; the group as it stands then. */
  async enrol({
    userId,
    tier,
    commitment,
  }: Enrolment): Promise<
    GroupRow | Extract<ButlerRefusalCode, 'ALREADY_ENROLLED' | 'COMMITMENT_TAKEN' | 'GROUP_FULL'>
  > {
    return this.db.systemTransaction(async (tx) => {
      // The row is the lock on the tree, also between processes. Taken first, so that nobody waits while holding it.
      const { rows } = await tx.query<GroupRow>(
        `SELECT tier, size, root FROM butler."group" WHERE tier = $1 FOR UPDATE`,
        [tier],
      );
      const group = rows[0];
      if (!group) throw new Error(`there is no group of ${tier}`);
      const { rows: known } = await tx.query<{ enrolled: boolean; taken: boolean }>(
        `SELECT EXISTS (SELECT FROM butler.enrolment WHERE user_id = $1 AND tier = $2) AS enrolled,
                EXISTS (SELECT FROM butler.leaf WHERE commitment = $3) AS taken`,
        [userId, tier, commitment],
      );
      if (known[0]?.enrolled) return 'ALREADY_ENROLLED';
      if (known[0]?.taken) return 'COMMITMENT_TAKEN';
      if (group.size >= GROUP_SIZE_MAX) return 'GROUP_FULL';
      // The other groups are not locked: the same commitment may be on its way into one of them.
      const placed = await tx.query(
        `INSERT INTO butler.leaf (tier, index, commitment) VALUES ($1, $2, $3) ON CONFLICT (commitment) DO NOTHING`,
        [tier, group.size, commitment],
      );
      if (placed.rowCount === 0) return 'COMMITMENT_TAKEN';
      await tx.query(`INSERT INTO butler.enrolment (user_id, tier) VALUES ($1, $2)`, [userId, tier]);
      return grow(tx, group, await this.#treeOf(tx, group), commitment);
    });
  }

  /** The tree as the locked row describes it: that of this process, brought up to date, or built anew. */
  async #treeOf(tx: Tx, group: GroupRow): Promise<MerkleTree> {
    const known = this.#trees.get(group.tier) ?? MerkleTree.of();
    const missing = await leaves(tx, group.tier, known.size, group.size);
    for (const leaf of missing) known.insert(BigInt(leaf));
    // Another tree than the row's is left behind by a transaction that was undone after its leaf had been put in.
    const isRight = known.size === group.size && known.root.toString() === group.root;
    const tree = isRight
      ? known
      : MerkleTree.of((await leaves(tx, group.tier, 0, group.size)).map((leaf) => BigInt(leaf)));
    if (tree.root.toString() !== group.root)
      throw new Error(`the leaves of ${group.tier} do not give its root`);
    this.#trees.set(group.tier, tree);
    return tree;
  }
}

async function grow(tx: Tx, group: GroupRow, tree: MerkleTree, commitment: string): Promise<GroupRow> {
  tree.insert(BigInt(commitment));
  const grown = { tier: group.tier, size: group.size + 1, root: tree.root.toString() };
  await tx.query(`UPDATE butler."group" SET size = $2, root = $3 WHERE tier = $1`, [
    grown.tier,
    grown.size,
    grown.root,
  ]);
  await tx.query(`INSERT INTO butler.root (tier, size, root) VALUES ($1, $2, $3)`, [
    grown.tier,
    grown.size,
    grown.root,
  ]);
  return grown;
}

async function leaves(sql: Sql, tier: string, from: number, to: number): Promise<string[]> {
  const { rows } = await sql.query<{ commitment: string }>(
    `SELECT commitment FROM butler.leaf WHERE tier = $1 AND index >= $2 AND index < $3 ORDER BY index`,
    [tier, from, to],
  );
  return rows.map(({ commitment }) => commitment);
}
