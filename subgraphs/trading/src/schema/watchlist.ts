/** What clients see of watchlists. */
import { Node } from '@gridworks/kit/graph';
import { Directive, Field, ID, InputType, ObjectType, type ClassType } from 'type-graphql';
import type { TradingRefusal } from '../domain/order.ts';
import { TradingRefusalType } from '../schema/refusal.ts';

@ObjectType('Watchlist', { implements: Node, description: 'Instruments that its owner keeps an eye on.' })
@Directive('@key(fields: "id")')
export class Watchlist extends Node {
  @Field(() => String, { description: 'Its name; each list of a user has another one.' })
  name!: string;

  symbols!: readonly string[];
}

@InputType({ description: 'A watchlist as it is to be from now on.' })
export class SaveWatchlistInput {
  @Field(() => ID, {
    nullable: true,
    description:
      'Global id of the list to change; null replaces the list of this name, or makes it where there is none.',
  })
  id!: string | null;

  @Field(() => String, { description: '1 to 40 characters; blanks around it are cut off.' })
  name!: string;

  @Field(() => [String], {
    description: 'Symbols in the order in which they are to be shown, up to 50; repetitions are left out.',
  })
  symbols!: string[];
}

@InputType({ description: 'The watchlist to drop.' })
export class DeleteWatchlistInput {
  @Field(() => ID, { description: 'Global id of the list.' })
  id!: string;
}

@ObjectType({ description: 'The watchlist; or why not.' })
export class WatchlistPayload {
  @Field(() => Watchlist, {
    nullable: true,
    description: 'The list as it was kept, or as it was before it was dropped; null when refused.',
  })
  watchlist!: Watchlist | null;

  @Field(() => TradingRefusalType as ClassType<TradingRefusal>, {
    nullable: true,
    description: 'Why not; null when it was done.',
  })
  refusal!: TradingRefusal | null;
}
