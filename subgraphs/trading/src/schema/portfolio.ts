/** What clients see of positions and portfolios. */
import {
  BigIntScalar,
  connectionOf,
  DateTime,
  Decimal,
  Money,
  Node,
  ProductEnum,
} from '@gridworks/kit/graph';
import { Directive, Field, ObjectType } from 'type-graphql';
import { type Product } from '../domain/order.ts';
import type { Holding as HoldingState, Portfolio as PortfolioState } from '../domain/portfolio.ts';

@ObjectType({
  implements: Node,
  description:
    'What a user has of an instrument under one product, or owes, by average cost. It follows trades within moments.',
})
@Directive('@key(fields: "id")')
export class Position extends Node {
  @Field(() => ProductEnum, { description: 'What the shares are meant for.' })
  product!: Product;

  @Field(() => BigIntScalar, {
    description:
      'Units held; below zero when they are owed, sold under MIS before they were bought; 0 when all were sold or bought again.',
  })
  quantity!: bigint;

  @Field(() => Decimal, {
    description:
      'Mean cost of a unit, in rupees, before charges; of units owed what one brought; 0 when there are none.',
  })
  averagePrice!: bigint;

  @Field(() => Money, { description: 'Profit, or loss below zero, of what was closed, before charges.' })
  realisedPnl!: Money;

  symbol!: string;
  cost!: bigint;
  realised!: bigint;
}

@ObjectType({
  description:
    'What the exchange holds for positions of the day (MIS), of buying power and positions together. It is in step with orders.',
})
export class Margin {
  @Field(() => Money, {
    description:
      'Held for open positions, at what they cost, and for the most that open orders can add to them: 20 % of that, rounded up to the paisa. Never below zero.',
  })
  used!: Money;

  @Field(() => Money, {
    description: 'Left to be held for more, and for anything else: the buying power. Never below zero.',
  })
  available!: Money;

  @Field(() => Money, {
    description:
      'Owed: what positions lost beyond all there was. Cash that comes in pays it off first; above zero, nothing can be bought and no position opened.',
  })
  dues!: Money;
}

@ObjectType({
  description:
    'Units bought together that are still held: of one day and one price. The lots opened first are closed first.',
})
export class Lot {
  @Field(() => BigIntScalar, {
    description: 'Units of it that are left; they follow splits and bonus issues.',
  })
  quantity!: bigint;

  @Field(() => Money, {
    description: 'What these units cost, before charges; what they brought where they were sold first.',
  })
  cost!: Money;

  @Field(() => Decimal, { description: 'Cost of one unit, in rupees to the paisa.' })
  price!: bigint;

  @Field(() => DateTime, { description: 'The beginning, in India, of the day on which it traded.' })
  tradedOn!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'The beginning, in India, of the trading day after it (T+1), from which on it is settled; null for MIS, which is never delivered.',
  })
  settlesOn!: Date | null;
}

export const LotConnection = connectionOf(Lot, 'Lot', 'lots');

@ObjectType({
  description: 'The position of the day: what it began with, and what was traded since midnight in India.',
})
export class DayPosition {
  @Field(() => BigIntScalar, {
    description: 'Units held at the previous close; below zero when they were owed.',
  })
  overnightQuantity!: bigint;

  @Field(() => BigIntScalar, { description: 'Units bought today.' })
  boughtQuantity!: bigint;

  @Field(() => Money, { description: 'What was paid for them, before charges.' })
  boughtValue!: Money;

  @Field(() => BigIntScalar, { description: 'Units sold today.' })
  soldQuantity!: bigint;

  @Field(() => Money, { description: 'What was received for them, before charges.' })
  soldValue!: Money;
}

@ObjectType({
  description:
    'The net position in one instrument under one product, first in, first out: a sale closes the lots bought first. Told by the trades themselves, so it is never behind them.',
})
export class Holding {
  @Field(() => ProductEnum, { description: 'What the shares are meant for.' })
  product!: Product;

  @Field(() => BigIntScalar, {
    description:
      'Units held, settled and unsettled; below zero when they were sold before they were bought, 0 when all that was held was sold today.',
  })
  quantity!: bigint;

  @Field(() => BigIntScalar, {
    description:
      'Units that are delivered: bought with CNC on an earlier trading day (T+1), and not sold since. 0 for MIS.',
  })
  settledQuantity!: bigint;

  @Field(() => BigIntScalar, {
    description:
      'The other units of `quantity`: bought, but delivered on the next trading day only; with MIS all of them.',
  })
  unsettledQuantity!: bigint;

  @Field(() => BigIntScalar, {
    description: 'Units sold with CNC that are handed over on the next trading day; no part of `quantity`.',
  })
  undeliveredQuantity!: bigint;

  @Field(() => Decimal, {
    description:
      'Mean cost of a unit of the open lots, in rupees to the paisa, before charges; of units owed what one brought; 0 when there are none. Splits and bonus issues change it, and leave what was paid.',
  })
  averagePrice!: bigint;

  @Field(() => Decimal, { description: 'Price of the last trade of the instrument, in rupees.' })
  lastPrice!: bigint;

  @Field(() => Money, { description: '`quantity` at the last price; below zero when units are owed.' })
  value!: Money;

  @Field(() => Money, {
    description:
      'Cost of the open lots, before charges; below zero what was received where they were sold first.',
  })
  invested!: Money;

  @Field(() => Money, {
    description: '`value` less `invested`: profit, or loss below zero, still to be made.',
  })
  unrealisedPnl!: Money;

  @Field(() => Money, {
    description: 'Profit, or loss below zero, of every lot closed since the first trade, before charges.',
  })
  realisedPnl!: Money;

  @Field(() => Money, {
    description:
      "What today brought, before charges: overnight units from the previous close, today's trades from their own price.",
  })
  dayPnl!: Money;

  @Field(() => DayPosition, { description: 'What the day began with, and what was traded since.' })
  day!: DayPosition;

  state!: HoldingState;
}

export const HoldingConnection = connectionOf(Holding, 'Holding', 'holdings');

@ObjectType({
  description:
    'Everything a user holds, valued at the last prices. Amounts are in rupees, before charges, and follow the trades at once.',
})
export class Portfolio {
  @Field(() => Money, { description: 'What is held at the last prices; units owed count below zero.' })
  value!: Money;

  @Field(() => Money, {
    description:
      'Cost of the open lots; what was received for units sold before they were bought counts below zero.',
  })
  invested!: Money;

  @Field(() => Money, { description: 'What today brought, of all that was held or traded today.' })
  dayPnl!: Money;

  @Field(() => Money, {
    description:
      'Profit, or loss below zero, of every lot closed since the first trade, also of what is no longer held.',
  })
  realisedPnl!: Money;

  @Field(() => Money, {
    description: '`value` less `invested`: profit, or loss below zero, still to be made.',
  })
  unrealisedPnl!: Money;

  state!: PortfolioState;
}

@ObjectType({
  description: 'A position as it stands. Latest wins: states in between may be skipped, the last one never.',
})
export class PositionUpdate {
  @Field(() => Position, { description: 'The position.' })
  position!: Position;
}
