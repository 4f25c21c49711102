/** The hours of the exchange: caller -> load -> decide -> save -> return */
import { SAME_FOR_ALL } from '@gridworks/kit/graph';
import { Ctx, Directive, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { Watched } from '../domain/watcher.ts';
import type { MarketHours } from '../hours.ts';
import { MarketSession } from '../schema/session.ts';
import type { TradingContext } from './context.ts';

@Resolver(() => MarketSession)
export class MarketSessionResolver {
  @Directive(SAME_FOR_ALL)
  @Query(() => MarketSession, { description: 'Where the trading day stands.' })
  marketSession(@Ctx() { hours }: TradingContext): MarketSession {
    return { ...hours.now(), conflated: 0 };
  }

  @Directive(SAME_FOR_ALL)
  @Subscription(() => MarketSession, {
    name: 'marketSession',
    description: 'Where the trading day stands, and each phase that begins. Latest wins.',
    subscribe: ({ context }: { context: TradingContext }) => context.hours.watch(),
  })
  marketSessions(@Root() session: Watched<MarketHours>): MarketSession {
    return session;
  }
}
