/**
 * The partner of the story: FinStack, Priya's, with two apps and a day of traffic behind it. The secrets of its keys
 * are thrown away unseen: whoever tries the product makes a key of their own.
 */
import type { Database, Tx } from '@gridworks/kit/db';
import { MINUTE_MS, istTimeOfDayMs } from '@gridworks/kit/time';
import { mintKey } from '@gridworks/partners/credentials';
import type { Scope } from '@gridworks/partners/domain/partner';
import { USERS } from './story.ts';

const FINSTACK_ID = '01900000-0000-7000-8000-000000000501';

interface StoryApp {
  readonly id: string;
  readonly name: string;
  readonly keyId: string;
  readonly scopes: readonly Scope[];
  /** Requests in a busy minute. */
  readonly requestsMax: number;
}

const APPS: readonly StoryApp[] = [
  {
    id: '01900000-0000-7000-8000-000000000511',
    name: 'FinStack Terminal',
    keyId: '01900000-0000-7000-8000-000000000521',
    scopes: ['market:read', 'orders:read', 'orders:write'],
    requestsMax: 240,
  },
  {
    id: '01900000-0000-7000-8000-000000000512',
    name: 'FinStack Research',
    keyId: '01900000-0000-7000-8000-000000000522',
    scopes: ['market:read', 'usage:read'],
    requestsMax: 60,
  },
];

const SAMPLES = 144;
const SAMPLE_GAP_MS = 10 * MINUTE_MS;
const SESSION_BEGINS_MS = 9.25 * 3_600_000;
const SESSION_ENDS_MS = 15.5 * 3_600_000;
const JOINED_AGO_MS = 90 * 86_400_000;

/** Adds what is missing; the day of traffic comes with the partner only, so that a restart does not make more of it. */
export async function seedPartners(db: Database, nowMs: number): Promise<void> {
  await db.systemTransaction(async (tx) => {
    const owner = USERS.priya;
    const joined = new Date(nowMs - JOINED_AGO_MS);
    const { rowCount } = await tx.query(
      `INSERT INTO partners.partner (id, tenant_id, owner_user_id, name, name_key, status, created_at)
       VALUES ($1, $2, $3, 'FinStack', 'finstack', 'ACTIVE', $4) ON CONFLICT DO NOTHING`,
      [FINSTACK_ID, owner.tenantId, owner.id, joined],
    );
    if (rowCount === 0) return;
    for (const app of APPS) await addApp(tx, app, owner.tenantId, joined, nowMs);
  });
}

async function addApp(tx: Tx, app: StoryApp, tenantId: string, joined: Date, nowMs: number): Promise<void> {
  await tx.query(
    `INSERT INTO partners.app (id, tenant_id, partner_id, name, name_key, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [app.id, tenantId, FINSTACK_ID, app.name, app.name.toLowerCase(), joined],
  );
  const { prefix, hash } = mintKey();
  const minutes = Array.from({ length: SAMPLES }, (_, index) => {
    const atMs = nowMs - index * SAMPLE_GAP_MS;
    return new Date(atMs - (atMs % MINUTE_MS));
  });
  const requests = minutes.map((minute, index) => requestsAt(minute, index, app.requestsMax));
  await tx.query(
    `INSERT INTO partners.api_key (id, tenant_id, app_id, prefix, hash, scopes, created_at, last_used_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [app.keyId, tenantId, app.id, prefix, hash, app.scopes, joined, minutes[0]],
  );
  await tx.query(
    `INSERT INTO partners.key_usage (key_id, minute, tenant_id, requests, errors)
     SELECT $1, minute, $2, requests, requests / 50
       FROM unnest($3::timestamptz[], $4::bigint[]) AS sample (minute, requests)`,
    [app.keyId, tenantId, minutes, requests],
  );
}

/** Busy while the market is open, a trickle otherwise; uneven, but the same at every seeding. */
function requestsAt(minute: Date, index: number, requestsMax: number): number {
  const timeMs = istTimeOfDayMs(minute.getTime());
  const isOpen = timeMs >= SESSION_BEGINS_MS && timeMs < SESSION_ENDS_MS;
  const share = isOpen ? 0.6 + 0.4 * Math.abs(Math.sin(index)) : 0.02 + 0.06 * Math.abs(Math.sin(index));
  return Math.max(1, Math.round(requestsMax * share));
}
