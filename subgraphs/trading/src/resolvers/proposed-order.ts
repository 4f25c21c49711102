/** Orders that might be placed: all that is known of one is its key. */
import { BigIntScalar, Decimal } from '@gridworks/kit/graph';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Instrument } from '../schema/market.ts';
import { ProposedOrder } from '../schema/rebalancing.ts';
import type { TradingContext } from './context.ts';
import { instrumentOf } from './market.ts';

@Resolver(() => ProposedOrder)
export class ProposedOrderResolver {
  @FieldResolver(() => Instrument, { description: 'What it would trade.' })
  instrument(@Root() { symbol }: ProposedOrder, @Ctx() context: TradingContext): Promise<Instrument> {
    return instrumentOf(symbol, context);
  }
}

/** A key as JSON carries it. */
type Key = Pick<ProposedOrder, 'symbol' | 'exchange' | 'side' | 'product'> & {
  readonly quantity: unknown;
  readonly limitPrice: unknown;
};

export function resolveProposedOrder(key: Key): ProposedOrder {
  return Object.assign(new ProposedOrder(), key, {
    quantity: BigIntScalar.parseValue(key.quantity),
    limitPrice: Decimal.parseValue(key.limitPrice),
  });
}
