/** What clients see of the place where their orders are carried out. */
import { enumOf } from '@gridworks/kit/graph';
import { Field, ObjectType } from 'type-graphql';

export type VenueKind = 'EMBEDDED' | 'BROKER';
export type VenueConnection = 'CONNECTED' | 'DISCONNECTED' | 'LOGGED_OUT';

export const VenueKindEnum = enumOf<VenueKind>('VenueKind', 'What carries orders out.', {
  EMBEDDED: 'The exchange of this graph: nothing leaves it.',
  BROKER:
    'A broker. It takes DAY and IOC orders that show all of their quantity, and changes none of them; it confirms, fills and cancels in its own time.',
});

export const VenueConnectionEnum = enumOf<VenueConnection>(
  'VenueConnection',
  'Whether orders can be sent there just now.',
  {
    CONNECTED: 'They can, and what is known of earlier ones was compared with the venue.',
    DISCONNECTED:
      'They cannot: the venue is away, or what is known of it may be old. It is tried again by itself.',
    LOGGED_OUT: 'They cannot until somebody has signed in at the broker anew.',
  },
);

@ObjectType({ description: 'The place where orders are carried out.' })
export class Venue {
  @Field(() => VenueKindEnum, { description: 'What it is.' })
  kind!: VenueKind;

  @Field(() => VenueConnectionEnum, { description: 'Whether orders can be sent there just now.' })
  connection!: VenueConnection;
}
