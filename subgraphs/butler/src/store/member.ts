/**
 * Members, what proves them, and what may be used once. Everything of this domain runs as the system role: members
 * belong to no tenant, and the role that serves tenants may not look here at all.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Database } from '@gridworks/kit/db';
import { publish } from '@gridworks/kit/events';
import { codenameKey } from '../domain/codename.ts';
import { RECENT_ROOTS, type ButlerRefusalCode, type Signals } from '../domain/membership.ts';
import type { BlackTier } from '../domain/persona.ts';

export interface MemberRow {
  readonly id: string;
  readonly codename: string;
  readonly tier: BlackTier;
  /** A Monday, `YYYY-MM-DD`. */
  readonly joinedOn: string;
}

export interface NewMember {
  readonly codename: string;
  readonly tier: string;
  readonly joinedOn: string;
  readonly signals: Signals;
}

const MEMBER = `id, codename, tier, to_char(joined_on, 'YYYY-MM-DD') AS "joinedOn"`;

export class MemberStore {
  constructor(private readonly db: Database) {}

  async membersByIds(ids: readonly string[]): Promise<MemberRow[]> {
    const { rows } = await this.db.system.query<MemberRow>(
      `SELECT ${MEMBER} FROM butler.member WHERE id = ANY ($1)`,
      [ids],
    );
    return rows;
  }

  async memberByNullifier({ scope, nullifier }: Signals): Promise<MemberRow | undefined> {
    const { rows } = await this.db.system.query<MemberRow>(
      `SELECT ${MEMBER} FROM butler.member WHERE scope = $1 AND nullifier = $2`,
      [scope, nullifier],
    );
    return rows[0];
  }

  /** Whether the root is one that the group of this tier has now or had lately, and the nullifier one that was left. */
  async factsOf(
    tier: string,
    { root, scope, nullifier }: Signals,
  ): Promise<{ rootIsKnown: boolean; nullifierIsUsed: boolean }> {
    const { rows } = await this.db.system.query<{ rootIsKnown: boolean; nullifierIsUsed: boolean }>(
      `SELECT EXISTS (SELECT FROM butler.root r JOIN butler."group" g USING (tier)
                       WHERE tier = $1 AND r.root = $2 AND r.size > g.size - $5) AS "rootIsKnown",
              EXISTS (SELECT FROM butler.nullifier WHERE scope = $3 AND nullifier = $4) AS "nullifierIsUsed"`,
      [tier, root, scope, nullifier, RECENT_ROOTS],
    );
    return rows[0] ?? { rootIsKnown: false, nullifierIsUsed: false };
  }

  /**
   * Spends the nullifier, writes the member and the event together, or says what came in between. Of two who spend
   * one nullifier at once the second waits for the first and is refused by the primary key.
   */
  async join(
    member: NewMember,
  ): Promise<MemberRow | Extract<ButlerRefusalCode, 'NULLIFIER_REUSED' | 'CODENAME_TAKEN'>> {
    const { scope, nullifier } = member.signals;
    return this.db.systemTransaction(async (tx) => {
      await tx.query('SAVEPOINT joining');
      const spent = await tx.query(
        `INSERT INTO butler.nullifier (scope, nullifier) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
        [scope, nullifier],
      );
      if (spent.rowCount === 0) return 'NULLIFIER_REUSED';
      const { rows } = await tx.query<MemberRow>(
        `INSERT INTO butler.member (id, codename, codename_key, tier, joined_on, scope, nullifier)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (codename_key) DO NOTHING RETURNING ${MEMBER}`,
        [
          // Not newId(): its first bits are the time.
          randomUUID(),
          member.codename,
          codenameKey(member.codename),
          member.tier,
          member.joinedOn,
          scope,
          nullifier,
        ],
      );
      const row = rows[0];
      if (!row) {
        // Whoever only chose a codename too late keeps their nullifier for the next one.
        await tx.query('ROLLBACK TO SAVEPOINT joining');
        return 'CODENAME_TAKEN';
      }
      await publish(tx, [
        {
          topic: 'anonymous.butler.interactions',
          key: row.id,
          tenantId: null,
          payload: { memberId: row.id, kind: 'JOINED' },
        },
      ]);
      return row;
    });
  }

  async challengeIsSpent(challenge: string): Promise<boolean> {
    const { rowCount } = await this.db.system.query(
      `SELECT FROM butler.spent_challenge WHERE challenge = $1`,
      [challenge],
    );
    return rowCount !== 0;
  }

  /** Remembers a challenge as used and forgets those that have expired; false when it was used already. */
  async spendChallenge(challenge: string, expiresAt: Date, now: Date): Promise<boolean> {
    const { rowCount } = await this.db.system.query(
      `WITH expired AS (DELETE FROM butler.spent_challenge WHERE expires_at < $3)
       INSERT INTO butler.spent_challenge (challenge, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      [challenge, expiresAt, now],
    );
    return rowCount === 1;
  }

  /** The secret that challenges are sealed with: the same in every process, made by the first. */
  async challengeSecret(): Promise<Uint8Array> {
    await this.db.system.query(
      `INSERT INTO butler.challenge_key (secret) VALUES ($1) ON CONFLICT DO NOTHING`,
      [randomBytes(32)],
    );
    const { rows } = await this.db.system.query<{ secret: Buffer }>(
      `SELECT secret FROM butler.challenge_key`,
    );
    if (!rows[0]) throw new Error('there is no challenge key');
    return rows[0].secret;
  }
}
