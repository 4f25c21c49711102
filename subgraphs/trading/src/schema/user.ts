/** What trading adds to a user. */
import { Directive, Field, ID, ObjectType } from 'type-graphql';

@ObjectType('User', { description: 'A person who trades, builds or operates within one tenant.' })
@Directive('@key(fields: "id")')
export class User {
  @Field(() => ID, { description: 'Global id; opaque to clients.' })
  id!: string;
}
