/** The plans, one a tier. Wallets open by themselves when people sign up. */
import type { Tier } from '@gridworks/kit/caller';
import type { Database } from '@gridworks/kit/db';

/** Name, monthly fee in paise before GST, features. */
const PLANS: Readonly<Record<Tier, readonly [string, bigint, readonly string[]]>> = {
  LITE: ['Lite', 0n, ['Delivery without brokerage', 'Live prices and charts', 'Portfolio and statements']],
  PRO: ['Pro', 499_00n, ['Everything in Lite', 'Full market depth', 'Volatility forecasts']],
  ELITE: ['Elite', 1_999_00n, ['Everything in Pro', 'Risk reports', 'A named relationship manager']],
  ONYX: [
    'Black Onyx',
    24_999_00n,
    ['Everything in Elite', 'Served under a codename', 'Sterling, your butler'],
  ],
  OBSIDIAN: ['Black Obsidian', 74_999_00n, ['Everything in Onyx', 'Prism, your butler']],
  VOID: ['Black Void', 249_999_00n, ['Everything in Obsidian', 'Nexus, your butler']],
};

export async function seedBilling(db: Database): Promise<void> {
  await db.systemTransaction(async (tx) => {
    for (const [tier, [name, monthlyFee, features]] of Object.entries(PLANS)) {
      await tx.query(
        `INSERT INTO billing.plan (tier, name, monthly_fee, features) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tier) DO NOTHING`,
        [tier, name, monthlyFee, features],
      );
    }
  });
}
