/**
 * A withdrawal as a saga: trading is asked to let the money go, answers by an event, and the ledger posts it to the payouts
 * that are to be sent. Each step is one transaction that changes the withdrawal and says so, once. What is posted stays,
 * also where the time was over before anybody had kept that: the withdrawal tells how it ended.
 */
import type { Database } from '@gridworks/kit/db';
import { publish, reaction, type NewEvent, type Reaction } from '@gridworks/kit/events';
import { Waiting, type SagaDefinition, type SagaStep, type StepOf } from '@gridworks/kit/saga';
import type { Clock } from '@gridworks/kit/time';
import { withdraw } from './domain/ledger.ts';
import { no } from './domain/withdrawal.ts';
import { book } from './store.ts';
import { insertWithdrawal, moveWithdrawals, withdrawalById } from './store/withdrawal.ts';

/** Trading answers within milliseconds; who has waited so long is better told that nothing came of it. */
const TIMEOUT_MS = 30_000;
const LOOK_MS = 50;

export interface WithdrawalState {
  readonly id: string;
  readonly clientId: string;
  /** Paise. */
  readonly amount: bigint;
  readonly requestedAtMs: number;
}

export interface WithdrawalParts {
  readonly db: Database;
  readonly clock: Clock;
  /** Told when something was published. */
  readonly committed: () => void;
}

export function withdrawalSaga(parts: WithdrawalParts): SagaDefinition<WithdrawalState> {
  const steps = [requested(parts), released(parts), posted(parts)];
  return {
    kind: 'withdrawal',
    timeoutMs: TIMEOUT_MS,
    steps: () => steps,
    // The withdrawal itself says so.
    refused: (state) => state,
  };
}

function requested({ db, committed }: WithdrawalParts): SagaStep<WithdrawalState> {
  return {
    async do(state, of) {
      const { id, clientId, amount } = state;
      const { userId, tenantId } = of;
      const requestedAt = new Date(state.requestedAtMs);
      await db.systemTransaction(async (tx) => {
        const isNew = await insertWithdrawal(tx, { id, tenantId, userId, clientId, amount, requestedAt });
        if (isNew) await publish(tx, [eventOf('withdrawals.requested', state, of)]);
      });
      committed();
      return state;
    },
    async undo(state, of) {
      await db.systemTransaction(async (tx) => {
        const moved = await moveWithdrawals(tx, [state.id], ['REQUESTED', 'RELEASED'], 'CANCELLED');
        if (moved > 0) await publish(tx, [eventOf('withdrawals.cancelled', state, of)]);
      });
      committed();
      return state;
    },
  };
}

function released({ db }: WithdrawalParts): SagaStep<WithdrawalState> {
  return {
    async do(state) {
      const status = (await withdrawalById(db.system, state.id))?.status;
      if (status === 'REFUSED') return no('FUNDS_NOT_FREE', 'amount');
      return status === 'REQUESTED' ? new Waiting(state, LOOK_MS) : state;
    },
    undo: async (state) => state,
  };
}

function posted({ db, clock, committed }: WithdrawalParts): SagaStep<WithdrawalState> {
  return {
    async do(state, of) {
      const { id, amount } = state;
      const { userId, tenantId } = of;
      await db.systemTransaction(async (tx) => {
        if ((await moveWithdrawals(tx, [id], ['RELEASED'], 'POSTED')) === 0) return;
        await book(tx, [{ transfer: withdraw(id, userId, amount), tenantId, at: new Date(clock()) }]);
        await publish(tx, [eventOf('withdrawals.posted', state, of)]);
      });
      committed();
      return state;
    },
    undo: async (state) => state,
  };
}

function eventOf(
  topic: 'withdrawals.requested' | 'withdrawals.cancelled' | 'withdrawals.posted',
  { id: withdrawalId, amount }: WithdrawalState,
  { userId, tenantId }: StepOf,
): NewEvent {
  return { topic, key: userId, tenantId, payload: { withdrawalId, userId, amount: amount.toString() } };
}

/** What trading answers. An answer that comes when it was given up changes nothing: trading hears of that too. */
export const withdrawalAnswers: Reaction = reaction({
  consumer: 'billing.withdrawals',
  topics: ['withdrawals.released', 'withdrawals.refused'],
  async handle(tx, events) {
    const idsOf = (wanted: (typeof events)[number]['topic']): string[] =>
      events.flatMap(({ topic, payload }) => (topic === wanted ? [payload.withdrawalId] : []));
    await moveWithdrawals(tx, idsOf('withdrawals.released'), ['REQUESTED'], 'RELEASED');
    await moveWithdrawals(tx, idsOf('withdrawals.refused'), ['REQUESTED'], 'REFUSED');
    return [];
  },
});
