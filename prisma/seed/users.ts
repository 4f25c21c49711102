/** Tenants and people of the story; their sign-up events open their wallets like anybody's. */
import { hash } from '@node-rs/argon2';
import type { Database } from '@gridworks/kit/db';
import { publish } from '@gridworks/kit/events';
import { DEMO_PASSWORD, TENANTS, USERS } from './story.ts';

export async function seedUsers(db: Database, nowMs: number): Promise<void> {
  const passwordHash = await hash(DEMO_PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  const at = new Date(nowMs);
  await db.systemTransaction(async (tx) => {
    for (const { id, slug, name } of Object.values(TENANTS)) {
      await tx.query(
        `INSERT INTO users.tenant (id, slug, name, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
        [id, slug, name, at],
      );
    }
    for (const user of Object.values(USERS)) {
      const { rowCount } = await tx.query(
        `INSERT INTO users.user (id, tenant_id, email, display_name, password_hash, tier, roles, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7::users.role[], $8) ON CONFLICT DO NOTHING`,
        [user.id, user.tenantId, user.email, user.displayName, passwordHash, user.tier, user.roles, at],
      );
      if (rowCount === 0) continue;
      await publish(tx, [
        {
          topic: 'users.registered',
          key: user.id,
          tenantId: user.tenantId,
          payload: { userId: user.id, displayName: user.displayName, tier: user.tier },
        },
      ]);
    }
  });
}
