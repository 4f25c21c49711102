/** Rebalancings as clients see them. */
import { BigIntScalar, Decimal, ExchangeEnum, Money, ProductEnum, SideEnum } from '@gridworks/kit/graph';
import type { SagaStatus } from '@gridworks/kit/saga';
import { Directive, Field, InputType, Int, ObjectType, type ClassType } from 'type-graphql';
import type { Exchange } from '../domain/instrument.ts';
import type { Product, Side, TradingRefusal } from '../domain/order.ts';
import type { RebalancingOrder as OrderState, RebalancingRequest, Target } from '../domain/rebalancing.ts';
import { TradingRefusalType } from './refusal.ts';
import { SagaStatusEnum } from './saga.ts';

const TARGETS =
  '1 to 50 instruments, each once, whose weights come to 10,000 at most. What is left over is cash, and what is held and not named is sold.';
const SLIPPAGE = 'How far from the last price an order may trade, in hundredths of a percent: 0 to 500.';

@InputType({ description: 'How much of a portfolio an instrument is to be.' })
export class TargetInput implements Target {
  @Field(() => String, { description: 'Symbol of the instrument, for example "RELIANCE".' })
  symbol!: string;

  @Field(() => Int, {
    description:
      'Its weight in hundredths of a percent, 0 to 10,000: of what is held with CNC and of the buying power together.',
  })
  weightBps!: number;
}

@InputType({ description: 'The weights that a portfolio would be brought to.' })
export class RebalancingPreviewInput {
  @Field(() => [TargetInput], { description: TARGETS })
  targets!: TargetInput[];

  @Field(() => Int, { defaultValue: 50, description: SLIPPAGE })
  slippageBps!: number;
}

@InputType({ description: 'The weights that your portfolio is to be brought to.' })
export class RebalancePortfolioInput extends RebalancingPreviewInput implements RebalancingRequest {
  @Field(() => String, {
    description:
      'Your own name for it: 1 to 64 letters, digits, dots, colons, dashes or underscores. Sending the same wish under it again changes nothing and answers with how it stands.',
  })
  clientRebalancingId!: string;
}

@ObjectType({ description: 'An order that might be placed: LIMIT, for the day.' })
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

@ObjectType({ description: 'What a rebalancing would come to, as the market stands.' })
export class RebalancingPreview {
  @Field(() => Money, {
    description:
      'What the weights are parts of: what is held with CNC at the last prices, and the buying power.',
  })
  value!: Money;

  @Field(() => [ProposedOrder], {
    description:
      'The sales first, then the purchases, as far as the cash there is and what the sales bring at least would pay for them.',
  })
  orders!: ProposedOrder[];
}

@ObjectType({ description: 'The preview; or why there is none.' })
export class RebalancingPreviewPayload {
  @Field(() => RebalancingPreview, {
    nullable: true,
    description: 'What it would come to; null when it is refused.',
  })
  preview!: RebalancingPreview | null;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why the rebalancing would be refused; null when it would not.',
  })
  refusal!: TradingRefusal | null;
}

@ObjectType({ description: 'An order of a rebalancing, which the exchange may have as several.' })
export class RebalancingOrder {
  @Field(() => SideEnum, { description: 'Whether it buys or sells.' })
  side!: Side;

  @Field(() => BigIntScalar, { description: 'Units that it is for.' })
  quantity!: bigint;

  @Field(() => Decimal, { description: 'The worst price at which it trades, in rupees.' })
  limitPrice!: bigint;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why it was not placed; null while it was not refused. The others go on without it.',
  })
  refusal!: TradingRefusal | null;

  state!: OrderState;
}

@ObjectType({ description: 'A portfolio on its way to the weights that its user wants.' })
export class Rebalancing {
  @Field(() => String, { description: 'Your name for it.' })
  clientRebalancingId!: string;

  @Field(() => SagaStatusEnum, {
    description:
      'COMPLETED: what could be placed was, and what did not trade within 30 seconds was cancelled. COMPENSATED: it was given up after two minutes, and what was open was cancelled; what had traded has traded. Otherwise it is still under way; ask again under the same name.',
  })
  status!: SagaStatus;

  @Field(() => [RebalancingOrder], {
    description: 'The sales, and when those have ended the purchases.',
  })
  orders!: RebalancingOrder[];
}

@ObjectType({ description: 'The rebalancing; or why it was not begun.' })
export class RebalancePortfolioPayload {
  @Field(() => Rebalancing, { nullable: true, description: 'How it stands; null when it was not begun.' })
  rebalancing!: Rebalancing | null;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why it was not begun; null when it was.',
  })
  refusal!: TradingRefusal | null;
}
