/** The place where orders are carried out: caller -> load -> decide -> save -> return */
import { Ctx, Query, Resolver } from 'type-graphql';
import { Venue, type VenueConnection } from '../schema/venue.ts';
import type { VenueState } from '../venue.ts';
import type { TradingContext } from './context.ts';

@Resolver(() => Venue)
export class VenueResolver {
  @Query(() => Venue, { description: 'Where orders are carried out, and whether they can be just now.' })
  venue(@Ctx() { venue }: TradingContext): Venue {
    return venue
      ? { kind: 'BROKER', connection: connectionOf(venue.state) }
      : { kind: 'EMBEDDED', connection: 'CONNECTED' };
  }
}

function connectionOf(state: VenueState): VenueConnection {
  return state === 'CONNECTED' || state === 'LOGGED_OUT' ? state : 'DISCONNECTED';
}
