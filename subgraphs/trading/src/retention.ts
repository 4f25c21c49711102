/** Forgets order events that are older than the configured number of days, a few at a time, beside everything else. */
import type { Database } from '@gridworks/kit/db';
import { Housekeeping } from '@gridworks/kit/housekeeping';
import type { Log } from '@gridworks/kit/telemetry';
import { DAY_MS, type Clock } from '@gridworks/kit/time';
import { forgetEvents, usersToForget } from './store/order.ts';

const USERS_PER_BATCH = 200;
/** Deleted by one transaction: it must be over in milliseconds, orders are placed meanwhile. */
const EVENTS_PER_BATCH = 1_000;

export class OrderEventRetention extends Housekeeping {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    log: Log,
    private readonly days: number,
  ) {
    super(log, 'order events');
  }

  /** Forgets all that is too old now; returns how many events. Running it twice at once does no harm. */
  async forget(): Promise<number> {
    const before = new Date(this.clock() - this.days * DAY_MS);
    let forgotten = 0;
    let users: string[] = [];
    do {
      users = await usersToForget(this.db.system, before, USERS_PER_BATCH, users.at(-1));
      for (const userId of users) forgotten += await this.#forgetOf(userId, before);
    } while (users.length === USERS_PER_BATCH && !this.isStopping);
    return forgotten;
  }

  async #forgetOf(userId: string, before: Date): Promise<number> {
    let forgotten = 0;
    while (!this.isStopping) {
      const batch = await this.db.systemTransaction((tx) =>
        forgetEvents(tx, userId, before, EVENTS_PER_BATCH),
      );
      forgotten += batch;
      if (batch < EVENTS_PER_BATCH) break;
    }
    return forgotten;
  }
}
