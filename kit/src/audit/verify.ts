/**
 * Whether the audit trail is what was sealed: every digest and every hash is made anew, by another implementation than the
 * one that sealed. It cannot tell of seals that were cut off at the end, nor of a chain that somebody with all rights has
 * made anew from a record on: for that its head is to be kept elsewhere.
 */
import { createHash } from 'node:crypto';
import type { Sql } from '../db.ts';
import { canonicalRecords, chainBeginning, sealAfter, type ChainEnd, type Seal } from './store.ts';

const HASH_BYTES = 32;

/** The first place where the trail is not what was sealed. */
export interface Break {
  readonly kind: 'RECORD_CHANGED' | 'RECORD_REMOVED' | 'RECORD_ADDED' | 'SEAL_CHANGED' | 'SEAL_REMOVED';
  readonly seal: bigint;
  /** Of the record that was changed or added, or of the last one before what was removed; null where there is none. */
  readonly recordId: string | null;
}

export interface Verdict {
  readonly seals: number;
  readonly records: number;
  /** The hash of the last seal that was looked at, in hexadecimal digits. */
  readonly head: string;
  readonly broken: Break | undefined;
}

export async function verifyTrail(sql: Sql): Promise<Verdict> {
  let last: ChainEnd = await chainBeginning(sql);
  let seals = 0;
  let records = 0;
  for (;;) {
    const seal = await sealAfter(sql, last.seq);
    const broken = seal && (sealBreak(last, seal) ?? (await recordBreak(sql, last, seal)));
    if (!seal || broken) return { seals, records, head: last.hash.toString('hex'), broken };
    seals += 1;
    records += seal.digests.length / HASH_BYTES;
    last = seal;
  }
}

function sealBreak(last: ChainEnd, seal: Seal): Break | undefined {
  if (seal.seq !== last.seq + 1n) return { kind: 'SEAL_REMOVED', seal: last.seq + 1n, recordId: null };
  const isWhole = seal.hash.equals(hashOf(last, seal));
  return isWhole ? undefined : { kind: 'SEAL_CHANGED', seal: seal.seq, recordId: null };
}

function hashOf(last: ChainEnd, { seq, xid, pos, at, topics, digests }: Seal): Buffer {
  const facts = `${seq} ${xid} ${pos} ${at.getTime()} ${topics.join(' ')}`;
  return createHash('sha256').update(last.hash).update(facts).update(digests).digest();
}

async function recordBreak(sql: Sql, last: ChainEnd, seal: Seal): Promise<Break | undefined> {
  const found = await canonicalRecords(sql, seal.topics, last, seal);
  const sealed = seal.digests.length / HASH_BYTES;
  const isSame = ({ text }: { readonly text: string }, index: number): boolean =>
    createHash('sha256')
      .update(text)
      .digest()
      .equals(seal.digests.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES));
  const first = found.findIndex((record, index) => !isSame(record, index));
  const at = first < 0 ? found.length : first;
  if (at === found.length && found.length === sealed) return undefined;
  const before = found[at - 1]?.id ?? null;
  if (found.length < sealed) return { kind: 'RECORD_REMOVED', seal: seal.seq, recordId: before };
  const kind = found.length > sealed ? 'RECORD_ADDED' : 'RECORD_CHANGED';
  return { kind, seal: seal.seq, recordId: found[at]?.id ?? null };
}
