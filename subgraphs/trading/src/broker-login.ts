/**
 * Signing in at a broker while the graph runs: its logins are good for a day. The token that a login gives is kept in the
 * data folder, never in a table or an event, and is what the next start goes on with.
 */
import type { Database } from '@gridworks/kit/db';
import { publish } from '@gridworks/kit/events';
import { isRefusal } from '@gridworks/kit/refusal';
import { no, type TradingRefusal } from './domain/order.ts';
import type { BrokerSessionFile } from './store/broker-session.ts';
import type { Venue } from './venue.ts';

const REQUEST_TOKEN = /^[A-Za-z0-9_-]{1,128}$/;

export class BrokerLogin {
  constructor(
    private readonly db: Database,
    private readonly venue: Pick<Venue, 'logIn'>,
    private readonly file: BrokerSessionFile,
  ) {}

  /** Goes on with another login, in the name of an operator. */
  async renew(
    { tenantId, userId }: { readonly tenantId: string; readonly userId: string },
    requestToken: string,
  ): Promise<TradingRefusal | undefined> {
    if (!REQUEST_TOKEN.test(requestToken)) return no('REQUEST_TOKEN_INVALID', 'requestToken');
    const session = await this.venue.logIn(requestToken);
    if (isRefusal(session))
      return session.code === 'VENUE_LOGGED_OUT'
        ? no('REQUEST_TOKEN_INVALID', 'requestToken')
        : no('VENUE_UNAVAILABLE');
    await this.file.keep(session.accessToken);
    const payload = { kind: 'BROKER_SIGNED_IN', userId, subjectId: session.account } as const;
    await publish(this.db.system, [
      { topic: 'audit.admin.actions', key: session.account, tenantId, payload },
    ]);
    return undefined;
  }
}
