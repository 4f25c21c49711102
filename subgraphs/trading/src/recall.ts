/** The exchange's state as the journal tells it: a snapshot and the commands after it, carried out once more. */
import type { Sql } from '@gridworks/kit/db';
import { isRefusal } from '@gridworks/kit/refusal';
import { digestOf, type OmsStep } from './domain/oms/outcome.ts';
import { Oms } from './domain/oms/oms.ts';
import { hashOfOms } from './domain/oms/state.ts';
import { latestSnapshot, readJournal, type JournalEntry } from './store/journal.ts';

/** A state and where in the journal it stands. */
export interface Recalled {
  readonly oms: Oms;
  readonly sequence: number;
  readonly snapshotSequence: number;
}

/** A command of the journal and what came of it. */
export interface CarriedOut extends OmsStep {
  readonly sequence: number;
}

/**
 * The state after a command of the journal, or after the last: from the latest snapshot before it, or with `isWhole`
 * from the first. Undefined where nothing was ever kept. Throws when a command does not come to what it came to then.
 */
export async function recallOms(sql: Sql, upTo?: number, isWhole = false): Promise<Recalled | undefined> {
  const snapshot = await latestSnapshot(sql, isWhole ? 0 : upTo);
  if (!snapshot) return undefined;
  const oms = new Oms(snapshot.state);
  if (hashOfOms(oms.state()) !== snapshot.hash)
    throw new Error(`the snapshot of command ${snapshot.sequence} is not what was kept`);
  const { sequence: snapshotSequence } = snapshot;
  let sequence = snapshotSequence;
  for await (const entries of readJournal(sql, sequence, upTo))
    for (const entry of entries) ({ sequence } = carryOut(oms, sequence, entry));
  return { oms, sequence, snapshotSequence };
}

/** Carries out the command after `sequence`, which the state is at; throws when it does not come to what it came to then. */
export function carryOut(oms: Oms, sequence: number, entry: JournalEntry): CarriedOut {
  const outcome = oms.apply(entry.command);
  if (entry.sequence !== sequence + 1 || isRefusal(outcome) || digestOf(outcome) !== entry.digest)
    throw new Error(`command ${entry.sequence} of the journal does not come to what it came to`);
  return { sequence: entry.sequence, command: entry.command, outcome };
}
