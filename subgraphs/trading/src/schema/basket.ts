/** Baskets as clients see them. */
import { Field, InputType, ObjectType, type ClassType } from 'type-graphql';
import { SagaStatusEnum } from './saga.ts';
import type { SagaStatus } from '@gridworks/kit/saga';
import type { BasketRequest } from '../domain/basket.ts';
import type { TradingRefusal } from '../domain/order.ts';
import { Order, PlaceOrderInput } from './order.ts';
import { TradingRefusalType } from './refusal.ts';

@InputType({ description: 'Orders that are placed all or not at all.' })
export class PlaceBasketInput implements BasketRequest {
  @Field(() => String, {
    description:
      'Your own name for the basket: 1 to 64 letters, digits, dots, colons, dashes or underscores. Sending the same basket under it again changes nothing and answers with how it stands.',
  })
  clientBasketId!: string;

  @Field(() => [PlaceOrderInput], {
    description: '1 to 20 orders, placed in this order, each under a client order id of its own that is new.',
  })
  orders!: PlaceOrderInput[];
}

@ObjectType({ description: 'Orders that were placed all, or taken out of the market again.' })
export class Basket {
  @Field(() => String, { description: 'Your name for it.' })
  clientBasketId!: string;

  @Field(() => SagaStatusEnum, {
    description:
      'COMPLETED: every order was placed. COMPENSATED: one was refused, and what was placed before it has been cancelled as far as it had not traded. Otherwise it is still under way; ask again under the same name.',
  })
  status!: SagaStatus;

  @Field(() => [Order], {
    description:
      'The orders that were placed, as they stand now; of a COMPENSATED basket they tell what had traded all the same.',
  })
  orders!: Order[];
}

@ObjectType({ description: 'The basket; or why it was not placed.' })
export class PlaceBasketPayload {
  @Field(() => Basket, {
    nullable: true,
    description:
      'The basket as it stands, also where one of its orders was refused; null when there is none.',
  })
  basket!: Basket | null;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description:
      'Why it, or one of its orders, was not placed; the path tells which. Null while nothing was refused.',
  })
  refusal!: TradingRefusal | null;
}
