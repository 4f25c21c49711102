/** Every query about watchlists. They are their user's own, so callers write them themselves, under row-level security. */
import type { Database, Sql, Tx } from '@gridworks/kit/db';
import type { Watchlist } from '../domain/watchlist.ts';

const SELECT = `SELECT id, tenant_id AS "tenantId", user_id AS "userId", name, symbols FROM trading.watchlist`;

export class WatchlistStore {
  constructor(private readonly db: Database) {}

  async byIds(ids: readonly string[]): Promise<Watchlist[]> {
    return (await this.db.tenant.query<Watchlist>(`${SELECT} WHERE id = ANY ($1)`, [ids])).rows;
  }

  /** In order of name. */
  ofUser(userId: string): Promise<Watchlist[]> {
    return listsOf(this.db.tenant, userId);
  }

  /** Changes a user's lists; two changes of one user's come one after the other. */
  change<T>(userId: string, work: (tx: Tx, known: readonly Watchlist[]) => Promise<T>): Promise<T> {
    return this.db.transaction(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('watchlists ' || $1, 0))`, [userId]);
      return work(tx, await listsOf(tx, userId));
    });
  }
}

async function listsOf(sql: Sql, userId: string): Promise<Watchlist[]> {
  return (await sql.query<Watchlist>(`${SELECT} WHERE user_id = $1 ORDER BY name`, [userId])).rows;
}

export async function keepWatchlist(
  tx: Sql,
  { id, tenantId, userId, name, symbols }: Watchlist,
): Promise<void> {
  await tx.query(
    `INSERT INTO trading.watchlist (id, tenant_id, user_id, name, symbols) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, symbols = excluded.symbols`,
    [id, tenantId, userId, name, symbols],
  );
}

export async function dropWatchlist(tx: Sql, id: string): Promise<void> {
  await tx.query(`DELETE FROM trading.watchlist WHERE id = $1`, [id]);
}
