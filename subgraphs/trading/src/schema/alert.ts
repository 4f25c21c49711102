/** What clients see of price alerts. */
import { BigIntScalar, DateTime, Decimal, Node, connectionOf, enumOf } from '@gridworks/kit/graph';
import { Directive, Field, ID, InputType, ObjectType, type ClassType } from 'type-graphql';
import type { AlertCondition, AlertRequest, AlertStatus } from '../domain/alert.ts';
import type { TradingRefusal } from '../domain/order.ts';
import { TradingRefusalType } from '../schema/refusal.ts';

export const AlertConditionEnum = enumOf<AlertCondition>('AlertCondition', 'What an alert waits for.', {
  AT_OR_ABOVE: 'The price rises to that of the alert, or beyond.',
  AT_OR_BELOW: 'The price falls to that of the alert, or beyond.',
});

export const AlertStatusEnum = enumOf<AlertStatus>('AlertStatus', 'Where an alert stands.', {
  ACTIVE: 'It waits for its price.',
  TRIGGERED: 'Its price was reached; it will not be told of again.',
  CANCELLED: 'Its owner took it back before its price was reached.',
});

@ObjectType('Alert', { implements: Node, description: 'A price at which its owner wants to be told, once.' })
@Directive('@key(fields: "id")')
export class Alert extends Node {
  @Field(() => String, { description: "The client's own name for it." })
  clientAlertId!: string;

  symbol!: string;

  @Field(() => AlertConditionEnum, { description: 'From which side the price is to come to it.' })
  condition!: AlertCondition;

  @Field(() => Decimal, { description: "The price it waits for, in the instrument's currency." })
  price!: bigint;

  @Field(() => AlertStatusEnum, { description: 'Where it stands.' })
  status!: AlertStatus;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When its price was reached; null before.' })
  triggeredAt!: Date | null;

  @Field(() => Decimal, {
    nullable: true,
    description: 'The price that reached it, in the currency of the instrument; null before.',
  })
  triggeredPrice!: bigint | null;
}

export const AlertConnection = connectionOf(Alert, 'Alert', 'alerts');

@ObjectType({ description: 'An alert was triggered. Gapless: each has the next number of its user.' })
export class AlertUpdate {
  @Field(() => BigIntScalar, { description: '1, 2, 3, ... of the user; pass the last one as `after`.' })
  sequence!: bigint;

  @Field(() => Alert, { description: 'The alert.' })
  alert!: Alert;
}

@InputType({ description: 'A price to be told of.' })
export class CreateAlertInput implements AlertRequest {
  @Field(() => String, {
    description:
      'Your own name for it: 1 to 64 letters, digits, dots, colons, dashes or underscores. Sending the same alert under it again changes nothing and answers with the first.',
  })
  clientAlertId!: string;

  @Field(() => String, { description: 'Symbol of the instrument, for example "RELIANCE".' })
  symbol!: string;

  @Field(() => AlertConditionEnum, { description: 'What it waits for.' })
  condition!: AlertCondition;

  @Field(() => Decimal, {
    description: "A price in the instrument's currency that the last price has not reached yet.",
  })
  price!: bigint;
}

@InputType({ description: 'The alert to take back.' })
export class CancelAlertInput {
  @Field(() => ID, { description: 'Global id of the alert.' })
  alertId!: string;
}

@ObjectType({ description: 'The alert; or why not.' })
export class AlertPayload {
  @Field(() => Alert, { nullable: true, description: 'The alert as it stands; null when refused.' })
  alert!: Alert | null;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: TradingRefusal | null;
}
