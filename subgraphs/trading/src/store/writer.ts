/**
 * One process at a time writes orders, because the books live in its memory. Each that starts raises the epoch and
 * thereby ends the turn of the one before; whoever was replaced finds out inside its next transaction.
 */
import type { Sql } from '@gridworks/kit/db';

export const TURN_TAKEN = 'another process runs the exchange on this database now';

/** Takes the turn. Waits for a transaction of the process before to end, so that its orders can be read afterwards. */
export async function takeTurn(sql: Sql): Promise<bigint> {
  const { rows } = await sql.query<{ epoch: bigint }>(
    `INSERT INTO trading.exchange_writer AS writer (id, epoch) VALUES (1, 1)
     ON CONFLICT (id) DO UPDATE SET epoch = writer.epoch + 1 RETURNING epoch`,
  );
  return rows[0]?.epoch ?? 0n;
}

/** Throws when another process has taken the turn; none can while the transaction is open. */
export async function holdTurn(tx: Sql, epoch: bigint): Promise<void> {
  const { rowCount } = await tx.query(`SELECT 1 FROM trading.exchange_writer WHERE epoch = $1 FOR SHARE`, [
    epoch,
  ]);
  if (rowCount !== 1) throw new Error(TURN_TAKEN);
}
