/** The place where orders are carried out: caller -> load -> decide -> save -> return */
import { requireUser } from '@gridworks/kit/caller';
import { uuidOf } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver } from 'type-graphql';
import { no } from '../domain/order.ts';
import {
  ResolveUnknownOrderInput,
  ResolveUnknownOrderPayload,
  SignInAtBrokerInput,
  SignInAtBrokerPayload,
  UnknownOrder,
  Venue,
  type VenueConnection,
} from '../schema/venue.ts';
import type { VenueState } from '../venue.ts';
import type { TradingContext } from './context.ts';
import { toOrder } from './order.ts';

@Resolver(() => Venue)
export class VenueResolver {
  @Query(() => Venue, { description: 'Where orders are carried out, and whether they can be just now.' })
  venue(@Ctx() { broker }: TradingContext): Venue {
    return broker
      ? { kind: 'BROKER', connection: connectionOf(broker.state) }
      : { kind: 'EMBEDDED', connection: 'CONNECTED' };
  }

  @FieldResolver(() => [UnknownOrder], {
    nullable: true,
    description:
      'Orders of the tenant of which nobody knows what became at the broker, the one that was placed first first; null unless you operate the tenant.',
  })
  async unknownOrders(@Ctx() { caller, broker }: TradingContext): Promise<UnknownOrder[] | null> {
    if (caller.kind !== 'user' || !caller.roles.includes('OPERATOR')) return null;
    const doubted = (await broker?.doubts.of(caller.tenantId)) ?? [];
    return doubted.map(({ order, sinceMs, brokerOrderId }) => ({
      order: toOrder(order),
      since: new Date(sinceMs),
      brokerOrderId,
    }));
  }

  @Mutation(() => ResolveUnknownOrderPayload, {
    description:
      'Says what became of an order that is UNKNOWN, after a look at the broker; for operators of its tenant. The same word again changes nothing and answers with the order.',
  })
  async resolveUnknownOrder(
    @Arg('input', () => ResolveUnknownOrderInput, { description: 'What became of which order.' })
    input: ResolveUnknownOrderInput,
    @Ctx() { caller, broker }: TradingContext,
  ): Promise<ResolveUnknownOrderPayload> {
    const operator = requireUser(caller, 'OPERATOR');
    const orderId = uuidOf('Order', input.orderId);
    if (!broker) return { order: null, refusal: no('BROKER_MISSING') };
    const resolved =
      orderId === undefined
        ? no('ORDER_UNKNOWN', 'orderId')
        : await broker.doubts.resolve(operator, { ...input, orderId });
    return isRefusal(resolved)
      ? { order: null, refusal: resolved }
      : { order: toOrder(resolved), refusal: null };
  }

  @Mutation(() => SignInAtBrokerPayload, {
    description:
      'Signs the platform in at its broker anew, as is needed each morning; for operators. Prices and orders go on with it at once, and after a restart.',
  })
  async signInAtBroker(
    @Arg('input', () => SignInAtBrokerInput, { description: 'The login.' }) input: SignInAtBrokerInput,
    @Ctx() context: TradingContext,
  ): Promise<SignInAtBrokerPayload> {
    const operator = requireUser(context.caller, 'OPERATOR');
    const { broker } = context;
    const refusal = broker ? await broker.login.renew(operator, input.requestToken) : no('BROKER_MISSING');
    return { venue: this.venue(context), refusal: refusal ?? null };
  }
}

function connectionOf(state: VenueState): VenueConnection {
  return state === 'CONNECTED' || state === 'LOGGED_OUT' ? state : 'DISCONNECTED';
}
