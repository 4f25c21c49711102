/** A broker that carries orders out, and all that belongs to it: its desk, its prices, the word of operators. */
import type { BrokerSettings } from '@gridworks/kit/config';
import type { HookVerdict, Platform } from '@gridworks/kit/subgraph';
import { BrokerDesk } from './broker-desk.ts';
import { BrokerDoubts } from './broker-doubts.ts';
import { BrokerLogin } from './broker-login.ts';
import type { Exchange } from './exchange.ts';
import { KITE_DEFAULTS, KiteVenue } from './remote/kite/venue.ts';
import type { Time } from './remote/time.ts';
import { BrokerOrderStore } from './store/broker-order.ts';
import { BrokerSessionFile } from './store/broker-session.ts';
import { VenueMarket } from './venue-market.ts';
import type { VenueState } from './venue.ts';

export class Broker {
  readonly desk: BrokerDesk;
  readonly market: VenueMarket;
  readonly doubts: BrokerDoubts;
  readonly login: BrokerLogin;

  private constructor(
    private readonly venue: KiteVenue,
    session: BrokerSessionFile,
    exchange: Exchange,
    { db, clock, log }: Platform,
    time: Time,
  ) {
    this.desk = new BrokerDesk(exchange.routed, venue, clock, time, log.child({ part: 'exchange' }));
    this.market = new VenueMarket(venue, exchange, clock);
    this.doubts = new BrokerDoubts(exchange.routed, venue);
    this.login = new BrokerLogin(db, venue, session);
  }

  /** The broker of the configuration, not connected yet. */
  static async of(
    settings: BrokerSettings,
    platform: Platform,
    exchange: Exchange,
    time: Time,
  ): Promise<Broker> {
    const session = new BrokerSessionFile(platform.config.dataDir, settings);
    // Where nobody has signed in yet the broker says so.
    const accessToken = (await session.accessToken()) ?? '';
    // Who is not the one writer any more must not send what the one who is will send.
    const journal = new BrokerOrderStore(platform.db, (tx) => exchange.holdTurn(tx));
    const log = platform.log.child({ part: 'broker' });
    const venue = new KiteVenue(
      { ...KITE_DEFAULTS, ...settings, accessToken },
      time,
      Math.random,
      journal,
      log,
    );
    return new Broker(venue, session, exchange, platform, time);
  }

  get state(): VenueState {
    return this.venue.state;
  }

  /** Takes the text of a postback. */
  async takePostback(text: string): Promise<HookVerdict> {
    const fault = await this.venue.takePostback(text);
    if (fault === undefined) return 'TAKEN';
    return fault === 'CHECKSUM_WRONG' ? 'NOT_GENUINE' : fault;
  }
}
