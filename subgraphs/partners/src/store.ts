/** Every query of the partners domain. Callers go through row-level security; identifying a key knows no tenant yet. */
import type { AppCaller, UserCaller } from '@gridworks/kit/caller';
import type { Database, Tx } from '@gridworks/kit/db';
import { publish, type NewEvent } from '@gridworks/kit/events';
import { newId } from '@gridworks/kit/id';
import { isRefusal } from '@gridworks/kit/refusal';
import { MINUTE_MS } from '@gridworks/kit/time';
import { createPrisma, type Client } from '@gridworks/prisma/client';
import { keyMatches, type MintedKey } from './credentials.ts';
import type { KeyText } from './domain/key.ts';
import { no, type Name, type PartnerStatus, type PartnersRefusal, type Scope } from './domain/partner.ts';

export interface PartnerRow {
  readonly id: string;
  readonly tenantId: string;
  readonly ownerUserId: string;
  readonly name: string;
  readonly status: PartnerStatus;
  readonly createdAt: Date;
}

export interface AppRow {
  readonly id: string;
  readonly tenantId: string;
  readonly partnerId: string;
  readonly name: string;
  readonly createdAt: Date;
}

export interface KeyRow {
  readonly id: string;
  readonly appId: string;
  readonly prefix: string;
  readonly scopes: Scope[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface UsageRow {
  readonly appId: string;
  readonly requests: bigint;
  readonly errors: bigint;
}

export interface UsageReport {
  readonly keyId: string;
  readonly requests: number;
  readonly errors: number;
}

/** Revoked keys that an app still shows; keys come and go for years. */
const REVOKED_KEYS_SHOWN = 20;

const PARTNER = {
  id: true,
  tenantId: true,
  ownerUserId: true,
  name: true,
  status: true,
  createdAt: true,
} as const;
const PARTNER_COLUMNS = `id, tenant_id AS "tenantId", owner_user_id AS "ownerUserId", name, status,
                         created_at AS "createdAt"`;
const APP = { id: true, tenantId: true, partnerId: true, name: true, createdAt: true } as const;
const KEY = `id, app_id AS "appId", prefix, scopes, created_at AS "createdAt", last_used_at AS "lastUsedAt",
             revoked_at AS "revokedAt"`;

export class PartnersStore {
  readonly #prisma: Client;

  constructor(private readonly db: Database) {
    this.#prisma = createPrisma(db.tenant);
  }

  /** The partners among `ids` that the tenant in scope may see. */
  async partnersByIds(ids: readonly string[]): Promise<PartnerRow[]> {
    return this.#prisma.partner.findMany({ where: { id: { in: [...ids] } }, select: PARTNER });
  }

  async partnerByOwner(userId: string): Promise<PartnerRow | undefined> {
    const row = await this.#prisma.partner.findFirst({ where: { ownerUserId: userId }, select: PARTNER });
    return row ?? undefined;
  }

  /** The tenant's partners in the order of registration, after the one with the id `after`. */
  async partners(page: {
    readonly status: PartnerStatus | undefined;
    readonly after: string | undefined;
    readonly limit: number;
  }): Promise<PartnerRow[]> {
    return this.#prisma.partner.findMany({
      where: {
        ...(page.status === undefined ? {} : { status: page.status }),
        ...(page.after === undefined ? {} : { id: { gt: page.after } }),
      },
      select: PARTNER,
      orderBy: { id: 'asc' },
      take: page.limit,
    });
  }

  async appsByIds(ids: readonly string[]): Promise<AppRow[]> {
    return this.#prisma.partnerApp.findMany({ where: { id: { in: [...ids] } }, select: APP });
  }

  /** Oldest first. */
  async appsByPartnerIds(partnerIds: readonly string[]): Promise<AppRow[]> {
    return this.#prisma.partnerApp.findMany({
      where: { partnerId: { in: [...partnerIds] } },
      select: APP,
      orderBy: { id: 'asc' },
    });
  }

  async keyById(id: string): Promise<KeyRow | undefined> {
    const { rows } = await this.db.tenant.query<KeyRow>(`SELECT ${KEY} FROM partners.api_key WHERE id = $1`, [
      id,
    ]);
    return rows[0];
  }

  /** All live keys of the apps, and of each app the keys revoked last; newest first. */
  async keysByAppIds(appIds: readonly string[]): Promise<KeyRow[]> {
    const { rows } = await this.db.tenant.query<KeyRow>(
      `SELECT ${KEY} FROM (
         SELECT *, row_number() OVER (PARTITION BY app_id ORDER BY revoked_at DESC NULLS FIRST)
                   - count(*) FILTER (WHERE revoked_at IS NULL) OVER (PARTITION BY app_id) AS revoked_rank
           FROM (SELECT id, app_id, prefix, scopes, created_at, last_used_at, revoked_at
                   FROM partners.api_key WHERE app_id = ANY ($1)) visible
       ) ranked WHERE revoked_rank <= $2 ORDER BY id DESC`,
      [appIds, REVOKED_KEYS_SHOWN],
    );
    return rows;
  }

  /** What the keys of each app counted since an instant; no row for an app without usage. */
  async usageByAppIds(appIds: readonly string[], since: Date): Promise<UsageRow[]> {
    const { rows } = await this.db.tenant.query<UsageRow>(
      `SELECT k.app_id AS "appId", sum(u.requests) AS requests, sum(u.errors) AS errors
         FROM partners.api_key k JOIN partners.key_usage u ON u.key_id = k.id
        WHERE k.app_id = ANY ($1) AND u.minute > $2 GROUP BY k.app_id`,
      [appIds, since],
    );
    return rows;
  }

  /** The new partner; or who is in the way: the owner's own partner, or another of that name. */
  async register(
    partner: Name & { readonly tenantId: string; readonly ownerUserId: string },
  ): Promise<PartnerRow | PartnersRefusal> {
    const registered = await this.db.transaction(async (tx) => {
      const { rows } = await tx.query<PartnerRow>(
        `INSERT INTO partners.partner (id, tenant_id, owner_user_id, name, name_key) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING RETURNING ${PARTNER_COLUMNS}`,
        [newId(), partner.tenantId, partner.ownerUserId, partner.name, partner.nameKey],
      );
      const [row] = rows;
      if (!row) return undefined;
      const facts = { kind: 'PARTNER_REGISTERED', userId: row.ownerUserId, subjectId: row.id } as const;
      await audit(tx, row.tenantId, { topic: 'audit.user.actions', payload: facts });
      return row;
    });
    if (registered) return registered;
    return (await this.partnerByOwner(partner.ownerUserId)) ? no('PARTNER_EXISTS') : no('NAME_TAKEN', 'name');
  }

  /** `userId` is the operator who decided. */
  async setStatus(
    partnerId: string,
    status: 'ACTIVE' | 'SUSPENDED',
    userId: string,
  ): Promise<PartnerRow | undefined> {
    return this.db.transaction(async (tx) => {
      const { rows } = await tx.query<PartnerRow>(
        `UPDATE partners.partner SET status = $2::partners.partner_status WHERE id = $1 RETURNING ${PARTNER_COLUMNS}`,
        [partnerId, status],
      );
      const [row] = rows;
      if (!row) return undefined;
      const kind = status === 'ACTIVE' ? 'PARTNER_APPROVED' : 'PARTNER_SUSPENDED';
      const facts = { kind, userId, subjectId: row.id } as const;
      await audit(tx, row.tenantId, { topic: 'audit.admin.actions', payload: facts });
      return row;
    });
  }

  /** Adds an app if `decide` names it; the partner stands still meanwhile, so that its apps are counted truly. */
  async createApp(
    partnerId: string,
    decide: (partner: PartnerRow, apps: number) => Name | PartnersRefusal,
  ): Promise<AppRow | PartnersRefusal> {
    return this.db.transaction(async (tx) => {
      const partner = await lockPartner(tx, partnerId);
      if (!partner) return no('PARTNER_UNKNOWN', 'partnerId');
      const apps = await count(tx, `SELECT count(*) FROM partners.app WHERE partner_id = $1`, partnerId);
      const name = decide(partner, apps);
      if (isRefusal(name)) return name;
      const { rows } = await tx.query<AppRow>(
        `INSERT INTO partners.app (id, tenant_id, partner_id, name, name_key) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (partner_id, name_key) DO NOTHING
         RETURNING id, tenant_id AS "tenantId", partner_id AS "partnerId", name, created_at AS "createdAt"`,
        [newId(), partner.tenantId, partnerId, name.name, name.nameKey],
      );
      const [row] = rows;
      if (!row) return no('NAME_TAKEN', 'name');
      const facts = { kind: 'APP_CREATED', userId: partner.ownerUserId, subjectId: row.id } as const;
      await audit(tx, row.tenantId, { topic: 'audit.user.actions', payload: facts });
      return row;
    });
  }

  /** Adds a key with the scopes that `decide` grants; the partner stands still meanwhile. */
  async createKey(
    app: AppRow,
    minted: MintedKey,
    decide: (partner: PartnerRow, liveKeys: number) => readonly Scope[] | PartnersRefusal,
  ): Promise<KeyRow | PartnersRefusal> {
    return this.db.transaction(async (tx) => {
      const partner = await lockPartner(tx, app.partnerId);
      if (!partner) return no('PARTNER_UNKNOWN');
      const live = await count(
        tx,
        `SELECT count(*) FROM partners.api_key WHERE app_id = $1 AND revoked_at IS NULL`,
        app.id,
      );
      const scopes = decide(partner, live);
      if (isRefusal(scopes)) return scopes;
      const { rows } = await tx.query<KeyRow>(
        `INSERT INTO partners.api_key (id, tenant_id, app_id, prefix, hash, scopes) VALUES ($1, $2, $3, $4, $5, $6)
         RETURNING ${KEY}`,
        [newId(), app.tenantId, app.id, minted.prefix, minted.hash, scopes],
      );
      const row = rows[0] as KeyRow;
      const facts = { kind: 'API_KEY_CREATED', userId: partner.ownerUserId, subjectId: row.id } as const;
      await audit(tx, app.tenantId, { topic: 'audit.security.events', payload: facts });
      return row;
    });
  }

  /** Revokes a key for its owner; undefined when it is not there, or was revoked before. */
  async revokeKey(
    id: string,
    { userId, tenantId }: Pick<UserCaller, 'userId' | 'tenantId'>,
    at: Date,
  ): Promise<KeyRow | undefined> {
    return this.db.transaction(async (tx) => {
      const { rows } = await tx.query<KeyRow>(
        `UPDATE partners.api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING ${KEY}`,
        [id, at],
      );
      if (!rows[0]) return undefined;
      const facts = { kind: 'API_KEY_REVOKED', userId, subjectId: id } as const;
      await audit(tx, tenantId, { topic: 'audit.security.events', payload: facts });
      return rows[0];
    });
  }

  /** Whose key it is; undefined when it is nobody's, revoked, or of a partner that is not active. */
  async identify(key: KeyText): Promise<AppCaller | undefined> {
    const { rows } = await this.db.system.query<Omit<AppCaller, 'kind'> & { hash: Buffer }>(
      `SELECT a.id AS "appId", a.partner_id AS "partnerId", k.tenant_id AS "tenantId", k.id AS "keyId", k.scopes, k.hash
         FROM partners.api_key k JOIN partners.app a ON a.id = k.app_id JOIN partners.partner p ON p.id = a.partner_id
        WHERE k.prefix = $1 AND k.revoked_at IS NULL AND p.status = 'ACTIVE'`,
      [key.prefix],
    );
    const row = rows[0];
    if (!keyMatches(key.text, row?.hash) || !row) return undefined;
    const { hash: _, ...caller } = row;
    return { kind: 'app', ...caller };
  }

  /** Adds counts to the minute of `atMs`; what is reported of keys that do not exist is dropped. */
  async recordUsage(reports: readonly UsageReport[], atMs: number): Promise<void> {
    const keyIds = reports.map((report) => report.keyId);
    await this.db.systemTransaction(async (tx) => {
      // Two reports that name the same keys in another order must not wait for each other.
      await tx.query(`SELECT FROM partners.api_key WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE`, [
        keyIds,
      ]);
      await tx.query(
        `INSERT INTO partners.key_usage AS kept (key_id, minute, tenant_id, requests, errors)
         SELECT k.id, $4, k.tenant_id, sum(report.requests), sum(report.errors)
           FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS report (key_id, requests, errors)
           JOIN partners.api_key k ON k.id = report.key_id
          GROUP BY k.id
         ON CONFLICT (key_id, minute) DO UPDATE
            SET requests = kept.requests + excluded.requests, errors = kept.errors + excluded.errors`,
        [
          keyIds,
          reports.map((report) => report.requests),
          reports.map((report) => report.errors),
          new Date(atMs - (atMs % MINUTE_MS)),
        ],
      );
      await tx.query(
        `UPDATE partners.api_key SET last_used_at = greatest(last_used_at, $2) WHERE id = ANY ($1)`,
        [keyIds, new Date(atMs)],
      );
    });
  }

  async close(): Promise<void> {
    await this.#prisma.$disconnect();
  }
}

type Audited = Extract<
  NewEvent,
  { readonly payload: { readonly userId: string; readonly subjectId: string } }
>;

/** Says who did what, in the transaction that did it. */
async function audit(
  tx: Tx,
  tenantId: string,
  done: {
    [T in Audited['topic']]: Pick<Extract<Audited, { topic: T }>, 'topic' | 'payload'>;
  }[Audited['topic']],
): Promise<void> {
  await publish(tx, [{ ...done, key: done.payload.subjectId, tenantId }]);
}

async function lockPartner(tx: Tx, id: string): Promise<PartnerRow | undefined> {
  const { rows } = await tx.query<PartnerRow>(
    `SELECT ${PARTNER_COLUMNS} FROM partners.partner WHERE id = $1 FOR UPDATE`,
    [id],
  );
  return rows[0];
}

async function count(tx: Tx, sql: string, id: string): Promise<number> {
  const { rows } = await tx.query<{ count: bigint }>(sql, [id]);
  return Number(rows[0]?.count);
}
