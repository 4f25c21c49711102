/** Every query of withdrawals. Each change of one happens once, whoever asks for it and however often. */
import type { Database, Sql } from '@gridworks/kit/db';
import type { WithdrawalStatus } from '../domain/withdrawal.ts';

export interface WithdrawalRow {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly clientId: string;
  readonly amount: bigint;
  readonly status: WithdrawalStatus;
  readonly requestedAt: Date;
}

const COLUMNS = `id, tenant_id AS "tenantId", user_id AS "userId", client_id AS "clientId", amount, status,
  requested_at AS "requestedAt"`;

export class WithdrawalStore {
  constructor(private readonly db: Database) {}

  /** Of a user, the newest first, those before `before` when it is given. */
  async ofUser(userId: string, limit: number, before: string | undefined): Promise<WithdrawalRow[]> {
    const { rows } = await this.db.tenant.query<WithdrawalRow>(
      `SELECT ${COLUMNS} FROM billing.withdrawal
        WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      [userId, before ?? null, limit],
    );
    return rows;
  }
}

/** Keeps a new one; false where it is there. */
export async function insertWithdrawal(
  sql: Sql,
  withdrawal: Omit<WithdrawalRow, 'status'>,
): Promise<boolean> {
  const { id, tenantId, userId, clientId, amount, requestedAt } = withdrawal;
  const { rowCount } = await sql.query(
    `INSERT INTO billing.withdrawal (id, tenant_id, user_id, client_id, amount, status, requested_at)
     VALUES ($1, $2, $3, $4, $5, 'REQUESTED', $6) ON CONFLICT DO NOTHING`,
    [id, tenantId, userId, clientId, amount, requestedAt],
  );
  return rowCount === 1;
}

export async function withdrawalById(sql: Sql, id: string): Promise<WithdrawalRow | undefined> {
  const { rows } = await sql.query<WithdrawalRow>(`SELECT ${COLUMNS} FROM billing.withdrawal WHERE id = $1`, [
    id,
  ]);
  return rows[0];
}

/** Those of the withdrawals that stand at one of `from` stand at `to` afterwards; returns how many did. */
export async function moveWithdrawals(
  sql: Sql,
  ids: readonly string[],
  from: readonly WithdrawalStatus[],
  to: WithdrawalStatus,
): Promise<number> {
  const { rowCount } = await sql.query(
    `UPDATE billing.withdrawal SET status = $3
      WHERE id = ANY ($1) AND status = ANY ($2::billing.withdrawal_status[])`,
    [ids, from, to],
  );
  return rowCount ?? 0;
}
