/**
 * Whether money and shares are conserved: what the books of billing, the exchange and the positions say of one another.
 * The database looks (`billing.conservation_proof`, and the proofs it stands on); each row is one violation. An auditor
 * belongs to no domain, so this stands here.
 */
import type { Sql } from './db.ts';

/** One place where the books do not meet. Amounts are minor units, quantities units. */
export interface Violation {
  readonly violation: string;
  /** A user; with symbol and product where it is about shares. */
  readonly subject: string;
  readonly expected: bigint;
  readonly actual: bigint;
}

/** One line of what there is; all lines sum to zero. Paise. */
export interface ConservedSum {
  readonly item: string;
  readonly amount: bigint;
}

/** Every balance and share against its counterpart, at one point of the log. Reads balances, not their history. */
export const BALANCES = ['billing.conservation_proof'] as const;
/** The same, and every entry, hold and open sale that the balances came of. Reads all of the history. */
export const WHOLE_BOOKS = ['billing.ledger_proof', 'trading.stock_proof', ...BALANCES] as const;

type Proof = (typeof WHOLE_BOOKS)[number];

const LOOKS = 3;
const LOOK_GAP_MS = 500;

/** What one look finds. Nothing that is merely on its way counts, so of books at rest this is certain. */
export async function lookForViolations(sql: Sql, proofs: readonly Proof[]): Promise<Violation[]> {
  const { rows } = await sql.query<Violation>(
    proofs
      .map((proof) => `SELECT violation, subject, expected, actual FROM ${proof}()`)
      .join(' UNION ALL ')
      .concat(' ORDER BY violation, subject'),
  );
  return rows;
}

/**
 * What several looks in a row find alike: in a running graph a consumer that was killed, or hears through Kafka, may have
 * done a thing and not yet said so. One look is enough where it finds nothing.
 */
export async function standingViolations(
  sql: Sql,
  proofs: readonly Proof[],
  lookGapMs = LOOK_GAP_MS,
): Promise<Violation[]> {
  let standing = await lookForViolations(sql, proofs);
  for (let look = 1; look < LOOKS && standing.length > 0; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, lookGapMs));
    const names = new Set((await lookForViolations(sql, proofs)).map(nameOf));
    standing = standing.filter((each) => names.has(nameOf(each)));
  }
  return standing;
}

/** All there is, line by line. */
export async function conservedSums(sql: Sql): Promise<ConservedSum[]> {
  return (await sql.query<ConservedSum>(`SELECT item, amount FROM billing.conservation_sums()`)).rows;
}

/** Equal for violations that are one and the same. */
export function nameOf({ violation, subject, expected, actual }: Violation): string {
  return `${violation}: ${subject}: ${expected} ${actual}`;
}
