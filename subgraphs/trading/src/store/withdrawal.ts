/** Every query of withdrawals as trading keeps them: beside the buying power that they left. */
import type { Sql } from '@gridworks/kit/db';
import type { MoveWithdrawal } from '../domain/oms/command.ts';
import type { OmsStep } from '../domain/oms/outcome.ts';

const STATUS: Readonly<Record<MoveWithdrawal['step'], string>> = {
  RELEASE: 'RELEASED',
  RESTORE: 'RESTORED',
  CLOSE: 'CLOSED',
};

/** Keeps what these commands did to withdrawals; most did nothing. */
export async function keepWithdrawals(tx: Sql, steps: readonly OmsStep[]): Promise<void> {
  for (const { command, outcome } of steps) {
    if (command.kind !== 'withdrawal') continue;
    const { id, userId, amount, step } = command;
    await tx.query(
      `INSERT INTO trading.withdrawal (id, tenant_id, user_id, amount, status) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET status = excluded.status`,
      [id, outcome.balances[0]?.tenantId, userId, amount, STATUS[step]],
    );
  }
}
