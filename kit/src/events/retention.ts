/** Removes events whose time is over from the log, a few at a time and beside everything else. */
import type { Database, Sql } from '../db.ts';
import { Housekeeping } from '../housekeeping.ts';
import {
  RETENTION_CLASSES,
  keptOf,
  topicsOf,
  type RetentionClass,
  type RetentionSettings,
} from '../retention.ts';
import type { Log } from '../telemetry.ts';
import type { Clock } from '../time.ts';

/** Removed by one transaction: it must be over in milliseconds. */
const EVENTS_PER_REMOVAL = 1_000;

export class EventRetention extends Housekeeping {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    log: Log,
    private readonly settings: RetentionSettings,
    private readonly perRemoval = EVENTS_PER_REMOVAL,
  ) {
    super(log, 'events');
  }

  /** Removes all that is too old now and was heard; returns how many. Running it twice at once does no harm. */
  async forget(): Promise<number> {
    let forgotten = 0;
    for (const each of RETENTION_CLASSES) {
      const topics = topicsOf(each);
      const before = keptOf(each, this.clock(), this.settings);
      let removed = topics.length > 0 ? this.perRemoval : 0;
      while (removed === this.perRemoval && !this.isStopping) {
        removed = await forgetPassing(this.db.background, topics, before, this.perRemoval);
        forgotten += removed;
      }
    }
    return forgotten;
  }
}

/** Throws for topics that are sealed. */
export async function forgetPassing(
  sql: Sql,
  topics: readonly string[],
  before: Date,
  limit: number,
): Promise<number> {
  const { rows } = await sql.query<{ removed: number }>(
    'SELECT events.forget_passing($1, $2, $3) AS removed',
    [before, topics, limit],
  );
  return rows[0]?.removed ?? 0;
}

/** What of a class the log holds. */
export interface KeptEvents {
  readonly class: RetentionClass;
  /** From this instant on events of it are kept. */
  readonly since: Date;
  readonly events: number;
  /** The oldest there is; null where there is none. */
  readonly oldest: Date | null;
}

/** Of every class of events; `nowMs` is milliseconds since the epoch. */
export async function keptEvents(
  sql: Sql,
  nowMs: number,
  settings: RetentionSettings,
): Promise<KeptEvents[]> {
  const classes = RETENTION_CLASSES.filter((each) => topicsOf(each).length > 0);
  return Promise.all(
    classes.map(async (each) => {
      const { rows } = await sql.query<{ events: number; oldest: Date | null }>(
        'SELECT count(*)::int AS events, min(at) AS oldest FROM events.log WHERE topic = ANY ($1)',
        [topicsOf(each)],
      );
      const { events = 0, oldest = null } = rows[0] ?? {};
      return { class: each, since: keptOf(each, nowMs, settings), events, oldest };
    }),
  );
}
