/** Money on its way out of a wallet: what may be asked for, and how far it has come. */
import { refuse, type Refusal } from '@gridworks/kit/refusal';

/** As one may ask for: a rupee to ten crores, in paise. */
const AMOUNT_MIN = 100n;
const AMOUNT_MAX = 100_000_000_00n;
const CLIENT_ID = /^[A-Za-z0-9._:-]{1,64}$/;

export type WithdrawalStatus = 'REQUESTED' | 'RELEASED' | 'POSTED' | 'REFUSED' | 'CANCELLED';

/** Every refusal of billing, in the order in which the rules are looked at. */
export const BILLING_REFUSALS = {
  AMOUNT_INVALID: 'A withdrawal is of 1 rupee to 10 crores.',
  CLIENT_WITHDRAWAL_ID_INVALID:
    'A client withdrawal id has 1 to 64 letters, digits, dots, colons, dashes or underscores.',
  CLIENT_WITHDRAWAL_ID_REUSED: 'You have used this client withdrawal id for another amount.',
  FUNDS_NOT_FREE: 'So much is not free: it is not there, or orders have promised it.',
} as const;
export type BillingRefusalCode = keyof typeof BILLING_REFUSALS;
export type BillingRefusal = Refusal<BillingRefusalCode>;

/** A refusal of this domain with its standard sentence, about one field of the input or about none. */
export function no(code: BillingRefusalCode, field?: string): BillingRefusal {
  return refuse(code, BILLING_REFUSALS[code], field === undefined ? [] : ['input', field]);
}

export interface WithdrawalRequest {
  /** The client's own name for it; makes repeating a request harmless. */
  readonly clientWithdrawalId: string;
  /** Paise. */
  readonly amount: bigint;
}

/** The first rule that a request breaks. */
export function requestRefusal({
  clientWithdrawalId,
  amount,
}: WithdrawalRequest): BillingRefusal | undefined {
  if (amount < AMOUNT_MIN || amount > AMOUNT_MAX) return no('AMOUNT_INVALID', 'amount');
  if (!CLIENT_ID.test(clientWithdrawalId)) return no('CLIENT_WITHDRAWAL_ID_INVALID', 'clientWithdrawalId');
  return undefined;
}
