/** Tells the demonstration story once to an empty database; again it changes nothing. Says whether it did. */
import type { Database } from '@gridworks/kit/db';
import { seedBilling } from '../prisma/seed/billing.ts';
import { seedPartners } from '../prisma/seed/partners.ts';
import { seedTrading } from '../prisma/seed/trading.ts';
import { seedUsers } from '../prisma/seed/users.ts';

export async function seed(db: Database, nowMs: number): Promise<boolean> {
  const { rows } = await db.system.query('SELECT 1 FROM users.tenant LIMIT 1');
  if (rows.length > 0) return false;
  await seedTrading(db, nowMs);
  await seedBilling(db);
  await seedPartners(db, nowMs);
  // People last: their sign-ups are events that open wallets, and the row checked above is theirs.
  await seedUsers(db, nowMs);
  return true;
}
