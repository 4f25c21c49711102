/** What clients see of the hours that the exchange keeps. */
import { DateTime, enumOf, SAME_FOR_ALL } from '@gridworks/kit/graph';
import { Directive, Field, Int, ObjectType } from 'type-graphql';
import type { Phase } from '../domain/matching/command.ts';

export const MarketPhaseEnum = enumOf<Phase>('MarketPhase', 'What the exchange does at a time of the day.', {
  CLOSED: 'It takes no orders. Orders of the day have ended.',
  PRE_OPEN:
    'It takes orders for a call auction, which has one price for all; nothing trades yet. A MARKET order trades at that price, whatever it is.',
  BUFFER: 'The auction has traded and continuous trading has not begun: it takes no orders.',
  CONTINUOUS: 'Orders trade as they come.',
  HALTED: 'The whole market is halted, because an index has moved too far. It opens again by a call auction.',
});

@ObjectType({
  description:
    'Where the trading day stands, for all instruments alike. Latest wins: a slow watcher misses older phases, never the newest.',
})
@Directive(SAME_FOR_ALL)
export class MarketSession {
  @Field(() => MarketPhaseEnum, { description: 'What the exchange does now.' })
  phase!: Phase;

  @Field(() => String, {
    nullable: true,
    description:
      'The trading day in India, YYYY-MM-DD; of CLOSED, the one that is over. Null where the exchange trades around the clock.',
  })
  date!: string | null;

  @Field(() => MarketPhaseEnum, {
    nullable: true,
    description: 'The phase that follows; null where the exchange trades around the clock.',
  })
  nextPhase!: Phase | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When that begins. Of PRE_OPEN at the latest: it ends at a random moment of the minute before. Null where the exchange trades around the clock.',
  })
  changesAt!: Date | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'How far an index had moved from its previous close when the market was last halted that day, percent: 10, 15 or 20. Null where it was not.',
  })
  breakerPercent!: number | null;

  @Field(() => Int, { description: 'How many older states were skipped because this watcher was slow.' })
  conflated!: number;
}
