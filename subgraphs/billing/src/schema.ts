/** What clients see of billing. */
import type { Tier } from '@gridworks/kit/caller';
import {
  BigIntScalar,
  DateTime,
  Decimal,
  Money,
  Node,
  TierEnum,
  connectionOf,
  enumOf,
  SideEnum,
  ProductEnum,
  ExchangeEnum,
  refusalOf,
} from '@gridworks/kit/graph';
import { Directive, Field, ID, InputType, ObjectType, type ClassType } from 'type-graphql';
import type { Exchange, Product, Side } from './domain/charges.ts';
import type { TransferKind } from './domain/ledger.ts';
import {
  BILLING_REFUSALS,
  type BillingRefusal,
  type WithdrawalRequest,
  type WithdrawalStatus,
} from './domain/withdrawal.ts';

export const TransferKindEnum = enumOf<TransferKind>('TransferKind', 'Why money moved.', {
  OPENING_CREDIT: 'The credit with which a wallet opens.',
  HOLD: 'Funds of a new order were set aside, from available to held.',
  FILL: 'A trade was paid for out of what is held, or its proceeds came in there; under MIS its margin was held or set free, and a profit or loss settled.',
  CHARGES: 'The charges of an order were taken from what is held.',
  RELEASE: 'What an order no longer needs went back, from held to available.',
  WITHDRAWAL: 'It left the wallet and waits to be paid out.',
  MARGIN:
    'Margin of positions of the day (MIS) was held or set free, or what was owed was paid off; a trade under MIS is a FILL.',
});

export type WalletBalance = 'AVAILABLE' | 'HELD' | 'MARGIN';
export const WalletBalanceEnum = enumOf<WalletBalance>('WalletBalance', 'One of the balances of a wallet.', {
  AVAILABLE: 'What new orders may use.',
  HELD: 'What open orders have set aside, and proceeds of sales that are not settled up yet.',
  MARGIN: 'What is held for positions of the day (MIS) and the orders that open them.',
});

@ObjectType({ implements: Node, description: 'What a tier costs and brings.' })
@Directive('@key(fields: "id")')
export class Plan extends Node {
  @Field(() => TierEnum, { description: 'The tier this plan is for; there is one plan a tier.' })
  tier!: Tier;

  @Field(() => String, { description: 'Name for people.' })
  name!: string;

  @Field(() => Money, { description: 'Fee of a calendar month, before GST.' })
  monthlyFee!: Money;

  @Field(() => [String], { description: 'What the plan brings, a phrase each, the most important first.' })
  features!: string[];
}

@ObjectType('Order', { description: 'The wish to trade, and what became of it.' })
@Directive('@key(fields: "id")')
export class Order {
  @Field(() => ID, { description: 'Global id; opaque to clients.' })
  id!: string;

  @Field(() => SideEnum, { description: 'Whether it buys or sells.' })
  @Directive('@external')
  side!: Side;

  @Field(() => ProductEnum, { description: 'How the position is carried.' })
  @Directive('@external')
  product!: Product;

  @Field(() => ExchangeEnum, { description: 'Where it trades.' })
  @Directive('@external')
  exchange!: Exchange;

  @Field(() => Money, { description: 'Value of all its trades so far, the sum of price x quantity.' })
  @Directive('@external')
  turnover!: Money;
}

@ObjectType('ProposedOrder', { description: 'An order that might be placed: LIMIT, for the day.' })
@Directive('@key(fields: "symbol exchange side product quantity limitPrice")')
export class ProposedOrder {
  @Field(() => String, { description: 'Symbol of what it would trade.' })
  symbol!: string;

  @Field(() => ExchangeEnum, { description: 'Where it would trade.' })
  exchange!: Exchange;

  @Field(() => SideEnum, { description: 'Whether it would buy or sell.' })
  side!: Side;

  @Field(() => ProductEnum, { description: 'What the shares would be meant for.' })
  product!: Product;

  @Field(() => BigIntScalar, { description: 'Units, in whole lots.' })
  quantity!: bigint;

  @Field(() => Decimal, { description: 'The worst price at which it would trade, in rupees.' })
  limitPrice!: bigint;
}

@ObjectType({ description: 'One line of a statement: what one transfer did to one balance of a wallet.' })
export class LedgerEntry {
  @Field(() => ID, { description: 'Identifies the line; opaque to clients.' })
  id!: string;

  @Field(() => BigIntScalar, {
    description: 'Number of the line within its balance: 1, 2, 3, ... without gaps.',
  })
  sequence!: bigint;

  @Field(() => DateTime, { description: 'When what moved the money happened.' })
  at!: Date;

  @Field(() => TransferKindEnum, { description: 'Why the money moved.' })
  kind!: TransferKind;

  @Field(() => Money, { description: 'Positive when it came in, negative when it went out; never zero.' })
  amount!: Money;

  @Field(() => Money, { description: 'The balance after this line.' })
  balanceAfter!: Money;

  @Field(() => Order, {
    nullable: true,
    description: 'The order it was about; null when it was about none.',
  })
  order!: Pick<Order, 'id'> | null;
}

export const LedgerEntryConnection = connectionOf(LedgerEntry, 'LedgerEntry', 'lines of a statement');

export const WithdrawalStatusEnum = enumOf<WithdrawalStatus>(
  'WithdrawalStatus',
  'How far a withdrawal has come.',
  {
    REQUESTED: 'It is asked whether so much is free.',
    RELEASED: 'Orders cannot promise it any more; it leaves the wallet next.',
    POSTED:
      'It has left the wallet and waits among the payouts to send. That a bank has it is not said here.',
    REFUSED: 'So much was not free; nothing has changed.',
    CANCELLED: 'It took too long, and nothing has left the wallet.',
  },
);

@ObjectType({ description: 'Money on its way out of a wallet.' })
export class Withdrawal {
  @Field(() => ID, { description: 'Identifies the withdrawal; opaque to clients.' })
  id!: string;

  @Field(() => String, { description: 'Your name for it.' })
  clientWithdrawalId!: string;

  @Field(() => Money, { description: 'How much; above zero.' })
  amount!: Money;

  @Field(() => WithdrawalStatusEnum, { description: 'How far it has come.' })
  status!: WithdrawalStatus;

  @Field(() => DateTime, { description: 'When it was asked for.' })
  requestedAt!: Date;
}

export const WithdrawalConnection = connectionOf(Withdrawal, 'Withdrawal', 'withdrawals');

@InputType({ description: 'Money that you want out of your wallet.' })
export class WithdrawFundsInput implements WithdrawalRequest {
  @Field(() => String, {
    description:
      'Your own name for it: 1 to 64 letters, digits, dots, colons, dashes or underscores. Sending the same amount under it again changes nothing and answers with how it stands.',
  })
  clientWithdrawalId!: string;

  @Field(() => Decimal, { description: 'Rupees, 1.00 to 10 crores.' })
  amount!: bigint;
}

export const BillingRefusalType = refusalOf('Billing', BILLING_REFUSALS);

@ObjectType({ description: 'The withdrawal; or why it is none.' })
export class WithdrawFundsPayload {
  @Field(() => Withdrawal, {
    nullable: true,
    description:
      'The withdrawal as it stands, also where it was refused for want of funds; null when there is none.',
  })
  withdrawal!: Withdrawal | null;

  @Field(() => BillingRefusalType as ClassType<BillingRefusal>, {
    nullable: true,
    description: 'Why nothing is withdrawn; null while nothing was refused.',
  })
  refusal!: BillingRefusal | null;
}

@ObjectType({ implements: Node, description: "A user's money: what is free to use and what orders hold." })
@Directive('@key(fields: "id")')
export class Wallet extends Node {
  @Field(() => Money, { description: 'What new orders may use; never below zero.' })
  available!: Money;

  @Field(() => Money, {
    description:
      'What open orders have set aside, and proceeds of sales not settled up yet; never below zero.',
  })
  held!: Money;

  @Field(() => Money, {
    description:
      'Held for positions of the day (MIS) and the orders that open them, in place of their value; never below zero.',
  })
  margin!: Money;

  @Field(() => Money, { description: 'Available, held and margin together.' })
  total!: Money;

  userId!: string;
}

@ObjectType('User', { description: 'A person who trades, builds or operates within one tenant.' })
@Directive('@key(fields: "id")')
export class User {
  @Field(() => ID, { description: 'Global id; opaque to clients.' })
  id!: string;
}

@ObjectType('Charges', {
  description:
    'What an order costs beside the price. Every line is rounded to the paisa, STT to the rupee; the total is the sum of the lines.',
})
export class OrderCharges {
  @Field(() => Money, { description: "The broker's fee." })
  brokerage!: Money;

  @Field(() => Money, { description: 'Securities transaction tax, in whole rupees.' })
  stt!: Money;

  @Field(() => Money, { description: "The exchange's transaction charge." })
  exchangeTransaction!: Money;

  @Field(() => Money, { description: 'Turnover fee of the Securities and Exchange Board of India.' })
  sebi!: Money;

  @Field(() => Money, { description: 'Stamp duty; on purchases only.' })
  stampDuty!: Money;

  @Field(() => Money, { description: 'Goods and services tax on brokerage, exchange charge and SEBI fee.' })
  gst!: Money;

  @Field(() => Money, { description: 'All of them together.' })
  total!: Money;
}

@InputType({ description: 'An order that might be placed.' })
export class ChargesPreviewInput {
  @Field(() => SideEnum, { description: 'Whether it would buy or sell.' })
  side!: Side;

  @Field(() => ProductEnum, { description: 'How the position would be carried.' })
  product!: Product;

  @Field(() => ExchangeEnum, { description: 'Where it would trade.' })
  exchange!: Exchange;

  @Field(() => Decimal, { description: 'Price of one unit in rupees, above zero.' })
  price!: bigint;

  @Field(() => BigIntScalar, { description: 'Number of units, above zero.' })
  quantity!: bigint;
}
