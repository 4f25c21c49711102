/**
 * Every query about what a portfolio is told by: trades, splits, days of rest. Nothing of it is kept apart from these.
 * So no order pays for it, and there is nothing to rebuild. Ten
 * thousand trades are read and told in about a tenth of a second; only open lots and daily sums of cash stay in memory.
 */
import type { Database } from '@gridworks/kit/db';
import { Calendar, INDIAN_HOLIDAYS } from '../domain/calendar.ts';
import type { Exchange } from '../domain/instrument.ts';
import type { PortfolioFill, Split } from '../domain/portfolio.ts';
import { splitRatio } from '../domain/split.ts';

export interface FillRow extends PortfolioFill {
  readonly id: string;
  readonly userId: string;
  /** The instant, as the database writes it: only to go on from. */
  readonly at: string;
}

/** A split as it took place at the exchange. */
export interface SplitRow extends Split {
  /** Ids are in the order of the exchange's commands, those of trades too. */
  readonly id: string;
}

const PAGE_FILLS = 10_000;
const INDIA = `interval '5 hours 30 minutes'`;

export class PortfolioStore {
  constructor(
    private readonly db: Database,
    private readonly shown: () => Promise<void>,
  ) {}

  /** Every fill of these users, each user's in order of time, page by page. */
  async *fillsOf(userIds: readonly string[]): AsyncIterable<FillRow[]> {
    await this.shown();
    let last: FillRow | undefined;
    do {
      const { rows } = await this.db.tenant.query<FillRow>(
        // A portfolio asks for the date alone; the instant only says where the next page begins.
        `SELECT t.id, t.user_id AS "userId", t.symbol, o.product, t.side, t.price, t.quantity, t.at::text,
                ((t.at AT TIME ZONE 'UTC') + ${INDIA})::date::text AS date
           FROM trading.trade t JOIN trading."order" o ON o.id = t.order_id
          WHERE t.user_id = ANY ($1) AND ($2::uuid IS NULL OR (t.user_id, t.at, t.id) > ($2, $3, $4))
          ORDER BY t.user_id, t.at, t.id LIMIT $5`,
        [userIds, last?.userId ?? null, last?.at ?? null, last?.id ?? null, PAGE_FILLS],
      );
      yield rows;
      last = rows.length < PAGE_FILLS ? undefined : rows.at(-1);
    } while (last);
  }

  /** The splits of whatever these users ever bought, in order of time. */
  async splitsOf(userIds: readonly string[]): Promise<SplitRow[]> {
    await this.shown();
    const { rows } = await this.db.tenant.query<Omit<SplitRow, 'ratio'> & { splitFactor: string }>(
      `SELECT id, symbol, split_factor::text AS "splitFactor", ((at AT TIME ZONE 'UTC') + ${INDIA})::date::text AS date
         FROM trading.adjustment WHERE symbol IN (SELECT symbol FROM trading.inventory WHERE user_id = ANY ($1))
        ORDER BY id`,
      [userIds],
    );
    return rows.map(({ splitFactor, ...row }) => ({ ...row, ratio: splitRatio(splitFactor) }));
  }

  /** On which days each exchange rests. */
  async calendars(): Promise<Record<Exchange, Calendar>> {
    const { rows } = await this.db.tenant.query<{ exchange: Exchange; date: string }>(
      `SELECT exchange, date::text FROM trading.holiday`,
    );
    const calendarOf = (exchange: Exchange): Calendar =>
      new Calendar([
        ...INDIAN_HOLIDAYS,
        ...rows.filter((row) => row.exchange === exchange).map(({ date }) => date),
      ]);
    return { NSE: calendarOf('NSE'), BSE: calendarOf('BSE') };
  }
}
