/** Withdrawals: caller -> load -> decide -> save -> return */
import { doorError, requireUser } from '@gridworks/kit/caller';
import { pageSize, rupees, toPage, type Page } from '@gridworks/kit/graph';
import { newId, toGlobalId, uuidOf } from '@gridworks/kit/id';
import { Arg, Ctx, FieldResolver, Int, Mutation, Resolver, Root } from 'type-graphql';
import { no, requestRefusal, type WithdrawalStatus } from '../domain/withdrawal.ts';
import type { BillingContext } from '../resolvers.ts';
import {
  Wallet,
  WithdrawFundsInput,
  WithdrawFundsPayload,
  WithdrawalConnection,
  type Withdrawal,
} from '../schema.ts';
import { withdrawalById, type WithdrawalRow } from '../store/withdrawal.ts';
import { withdrawalSaga } from '../withdrawal.ts';

/** Whoever waits longer asks again. */
const ANSWER_MS = 5_000;

function toWithdrawal(row: Omit<WithdrawalRow, 'tenantId' | 'userId'>): Withdrawal {
  const { id, clientId: clientWithdrawalId, amount, status, requestedAt } = row;
  return {
    id: toGlobalId('Withdrawal', id),
    clientWithdrawalId,
    amount: rupees(amount),
    status,
    requestedAt,
  };
}

@Resolver(() => Wallet)
export class WithdrawalResolver {
  @Mutation(() => WithdrawFundsPayload, {
    description:
      'Takes money out of your wallet, to the payouts that are to be sent: what no order has promised. Nothing is paid to a bank by this alone.',
  })
  async withdrawFunds(
    @Arg('input', () => WithdrawFundsInput, { description: 'How much.' }) input: WithdrawFundsInput,
    @Ctx() { caller, withdrawing, sagas }: BillingContext,
  ): Promise<WithdrawFundsPayload> {
    const { userId, tenantId } = requireUser(caller);
    const refusal = requestRefusal(input);
    if (refusal) return { withdrawal: null, refusal };
    const { clientWithdrawalId: clientId, amount } = input;
    const asked = { id: newId(), clientId, amount, requestedAtMs: withdrawing.clock() };
    const begun = await sagas.begin(withdrawalSaga(withdrawing), { userId, tenantId, key: clientId }, asked);
    if (begun.state.amount !== amount)
      return { withdrawal: null, refusal: no('CLIENT_WITHDRAWAL_ID_REUSED', 'clientWithdrawalId') };
    const { state } = await sagas.ended(begun, ANSWER_MS);
    const row = (await withdrawalById(withdrawing.db.system, state.id)) ?? {
      ...state,
      status: 'REQUESTED' as WithdrawalStatus,
      requestedAt: new Date(state.requestedAtMs),
    };
    const why = row.status === 'REFUSED' ? no('FUNDS_NOT_FREE', 'amount') : null;
    return { withdrawal: toWithdrawal(row), refusal: why };
  }

  @FieldResolver(() => WithdrawalConnection, { description: 'Money on its way out, the newest first.' })
  async withdrawals(
    @Root() { userId }: Wallet,
    @Ctx() { withdrawals }: BillingContext,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from; null for the start.' })
    after: string | null | undefined,
  ): Promise<Page<Withdrawal>> {
    const size = pageSize(first);
    const before = after ? uuidOf('Withdrawal', after) : undefined;
    if (after && before === undefined)
      throw doorError('BAD_USER_INPUT', '`after` is not a cursor of this list.');
    const rows = await withdrawals.ofUser(userId, size + 1, before);
    return toPage(rows.map(toWithdrawal), size, ({ id }) => id);
  }
}
