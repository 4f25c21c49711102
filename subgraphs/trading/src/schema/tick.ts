/** What clients see of ticks that are kept. */
import { BigIntScalar, connectionOf, DateTime, Decimal, Money, SAME_FOR_ALL } from '@gridworks/kit/graph';
import { Directive, Field, Int, ObjectType } from 'type-graphql';

@ObjectType({
  description:
    "A tick of the past: a trade, or the value of an index. Prices are in the instrument's currency.",
})
@Directive(SAME_FOR_ALL)
export class TickRecord {
  @Field(() => BigIntScalar, {
    description: 'The sequence that the live tick had; rises within the instrument.',
  })
  sequence!: bigint;

  @Field(() => DateTime, { description: 'When it traded.' })
  at!: Date;

  @Field(() => Decimal, { description: 'Price of the trade.' })
  price!: bigint;

  @Field(() => BigIntScalar, { description: 'Units traded; 0 for the value of an index.' })
  quantity!: bigint;

  @Field(() => Decimal, {
    nullable: true,
    description: 'Highest price somebody would pay just after; null when nobody would.',
  })
  bid!: bigint | null;

  @Field(() => Decimal, {
    nullable: true,
    description: 'Lowest price somebody would take just after; null when nobody would.',
  })
  ask!: bigint | null;
}

export const TickRecordConnection = connectionOf(TickRecord, 'TickRecord', 'ticks');

@ObjectType({
  description: "What the ticks of a span of time come to; prices are in the instrument's currency.",
})
@Directive(SAME_FOR_ALL)
export class TickSummary {
  @Field(() => Int, { description: 'How many there were.' })
  ticks!: number;

  @Field(() => BigIntScalar, { description: 'Units traded.' })
  volume!: bigint;

  @Field(() => Money, { description: 'Value of all trades: price times units.' })
  turnover!: Money;

  @Field(() => Decimal, {
    nullable: true,
    description: 'Average price of a unit (VWAP), rounded half up; null where nothing was traded.',
  })
  vwap!: bigint | null;

  @Field(() => Decimal, { nullable: true, description: 'First price; null where there were no ticks.' })
  open!: bigint | null;

  @Field(() => Decimal, { nullable: true, description: 'Highest price; null where there were no ticks.' })
  high!: bigint | null;

  @Field(() => Decimal, { nullable: true, description: 'Lowest price; null where there were no ticks.' })
  low!: bigint | null;

  @Field(() => Decimal, { nullable: true, description: 'Last price; null where there were no ticks.' })
  close!: bigint | null;
}
