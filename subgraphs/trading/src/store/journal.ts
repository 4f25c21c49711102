/** Every query about the exchange's journal and its snapshots. */
import { columnOf } from '@gridworks/kit/arrays';
import type { Sql } from '@gridworks/kit/db';
import type { Command } from '../domain/oms/command.ts';
import type { OmsState } from '../domain/oms/state.ts';
import { TURN_TAKEN } from './writer.ts';

export interface JournalEntry {
  /** 1, 2, 3, ... without a gap. */
  readonly sequence: number;
  readonly command: Command;
  /** Of its outcome. */
  readonly digest: string;
}

/** An entry on its way in. */
export interface NewJournalEntry extends Omit<JournalEntry, 'command'> {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The command. */
  readonly json: string;
}

export interface JournalSnapshot {
  /** The last command it contains; 0 before the first. */
  readonly sequence: number;
  readonly state: OmsState;
  readonly hash: string;
}

const PAGE = 2_000;
/** Of the latest. */
const SNAPSHOTS_KEPT = 2;

/**
 * Appends commands by one statement, which commits by itself: all of them, or none. Throws when another process has taken
 * the turn.
 */
export async function appendJournal(
  sql: Sql,
  epoch: bigint,
  entries: readonly NewJournalEntry[],
): Promise<void> {
  const { rowCount } = await sql.query({
    name: 'trading.appendJournal',
    text: `WITH turn AS (SELECT 1 FROM trading.exchange_writer WHERE epoch = $1 FOR SHARE)
      INSERT INTO trading.journal (sequence, at, command, digest)
      SELECT sequence, at, command::json, digest
        FROM turn, unnest($2::int8[], $3::timestamptz[], $4::text[], $5::text[]) AS given (sequence, at, command, digest)`,
    values: [
      epoch,
      columnOf('int8', entries, ({ sequence }) => sequence),
      columnOf('timestamptz', entries, ({ at }) => at),
      columnOf('text', entries, ({ json }) => json),
      columnOf('text', entries, ({ digest }) => digest),
    ],
  });
  if (rowCount !== entries.length) throw new Error(TURN_TAKEN);
}

/** The last command of which the tables tell; 0 before the first. */
export async function projectedUpTo(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ sequence: bigint }>(`SELECT sequence FROM trading.journal_projection`);
  return Number(rows[0]?.sequence ?? 0);
}

/** Moves that along within the transaction that writes what lies between; false when it does not stand at `from`. */
export async function advanceProjection(tx: Sql, from: number, to: number): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE trading.journal_projection SET sequence = $2 WHERE sequence = $1`,
    [from, to],
  );
  return rowCount === 1;
}

/** The next commands after one, in their order, and none after `upTo`. */
export async function journalAfter(
  sql: Sql,
  after: number,
  limit: number,
  upTo: number = Number.MAX_SAFE_INTEGER,
): Promise<readonly JournalEntry[]> {
  const { rows } = await sql.query<{ sequence: bigint; command: Command; digest: string }>({
    name: 'trading.journalAfter',
    text: `SELECT sequence, command, digest FROM trading.journal
            WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3`,
    values: [after, upTo, limit],
  });
  return rows.map(({ sequence, command, digest }) => ({ sequence: Number(sequence), command, digest }));
}

/** The commands after one and up to another (or the last), in their order, some at a time. */
export async function* readJournal(
  sql: Sql,
  after: number,
  upTo?: number,
): AsyncGenerator<readonly JournalEntry[]> {
  let last = after;
  for (;;) {
    const entries = await journalAfter(sql, last, PAGE, upTo);
    if (entries.length > 0) yield entries;
    last = entries.at(-1)?.sequence ?? last;
    if (entries.length < PAGE) return;
  }
}

/** The latest snapshot that contains no command beyond `upTo`. */
export async function latestSnapshot(
  sql: Sql,
  upTo: number = Number.MAX_SAFE_INTEGER,
): Promise<JournalSnapshot | undefined> {
  const { rows } = await sql.query<{ sequence: bigint; state: OmsState; hash: string }>(
    `SELECT sequence, state, hash FROM trading.journal_snapshot
      WHERE sequence <= $1 ORDER BY sequence DESC LIMIT 1`,
    [upTo],
  );
  const [row] = rows;
  return row && { ...row, sequence: Number(row.sequence) };
}

/** Keeps a snapshot, and of the older ones the first, from which all follows, and the `kept` latest. */
export async function saveSnapshot(tx: Sql, { sequence, state, hash }: JournalSnapshot): Promise<void> {
  await tx.query(
    `INSERT INTO trading.journal_snapshot (sequence, at, state, hash) VALUES ($1, to_timestamp($2 / 1000.0), $3, $4)
     ON CONFLICT (sequence) DO NOTHING`,
    [sequence, state.now, JSON.stringify(state), hash],
  );
  await tx.query(
    `DELETE FROM trading.journal_snapshot WHERE sequence > (SELECT min(sequence) FROM trading.journal_snapshot)
       AND sequence NOT IN (SELECT sequence FROM trading.journal_snapshot ORDER BY sequence DESC LIMIT $1)`,
    [SNAPSHOTS_KEPT],
  );
}
