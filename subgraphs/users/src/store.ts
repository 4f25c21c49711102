/** Every query of the users domain. Callers' reads go through row-level security; sign-in knows its tenant by name. */
import { tenantOf, type Caller, type Role, type Tier } from '@gridworks/kit/caller';
import { withTenant, type Database } from '@gridworks/kit/db';
import { publish } from '@gridworks/kit/events';
import { newId } from '@gridworks/kit/id';
import { createPrisma, type Client } from '@gridworks/prisma/client';

export interface TenantRow {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

export interface UserRow {
  readonly id: string;
  readonly tenantId: string;
  readonly email: string;
  readonly displayName: string;
  readonly tier: Tier;
  readonly roles: Role[];
  readonly createdAt: Date;
}

export interface NewUser {
  readonly tenantId: string;
  readonly email: string;
  readonly displayName: string;
  readonly passwordHash: string;
}

const VISIBLE = {
  id: true,
  tenantId: true,
  email: true,
  displayName: true,
  tier: true,
  roles: true,
  createdAt: true,
} as const;

export class UsersStore {
  readonly #prisma: Client;

  constructor(private readonly db: Database) {
    this.#prisma = createPrisma(db.tenant);
  }

  async tenantBySlug(slug: string): Promise<TenantRow | undefined> {
    return (await this.#prisma.tenant.findFirst({ where: { slug } })) ?? undefined;
  }

  async tenantsByIds(ids: readonly string[]): Promise<TenantRow[]> {
    return this.#prisma.tenant.findMany({ where: { id: { in: [...ids] } } });
  }

  /** The users among `ids` that the tenant in scope may see. */
  async usersByIds(ids: readonly string[]): Promise<UserRow[]> {
    return this.#prisma.user.findMany({ where: { id: { in: [...ids] } }, select: VISIBLE });
  }

  async credentialsByEmail(
    tenantId: string,
    email: string,
  ): Promise<(UserRow & { readonly passwordHash: string }) | undefined> {
    const row = await withTenant(tenantId, async () => this.#prisma.user.findFirst({ where: { email } }));
    return row ?? undefined;
  }

  /** Writes the user and `users.registered` together; undefined when the tenant has this e-mail address already. */
  async register(user: NewUser): Promise<UserRow | undefined> {
    const id = newId();
    return withTenant(user.tenantId, () =>
      this.db.transaction(async (tx) => {
        const { rows } = await tx.query<{ tier: Tier; created_at: Date }>(
          `INSERT INTO users.user (id, tenant_id, email, display_name, password_hash) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (tenant_id, email) DO NOTHING RETURNING tier, created_at`,
          [id, user.tenantId, user.email, user.displayName, user.passwordHash],
        );
        const row = rows[0];
        if (!row) return undefined;
        await publish(tx, [
          {
            topic: 'users.registered',
            key: id,
            tenantId: user.tenantId,
            payload: { userId: id, displayName: user.displayName, tier: row.tier },
          },
        ]);
        return { ...user, id, tier: row.tier, roles: ['TRADER'], createdAt: row.created_at };
      }),
    );
  }

  async recordSignIn(user: UserRow): Promise<void> {
    await publish(this.db.system, [
      { topic: 'users.authenticated', key: user.id, tenantId: user.tenantId, payload: { userId: user.id } },
    ]);
  }

  async close(): Promise<void> {
    await this.#prisma.$disconnect();
  }
}

/** Whether the caller may see what is private to this person. */
export function mayReadPrivate(caller: Caller, user: Pick<UserRow, 'id' | 'tenantId'>): boolean {
  if (caller.kind !== 'user' || tenantOf(caller) !== user.tenantId) return false;
  return caller.userId === user.id || caller.roles.includes('OPERATOR');
}
