/** Access tokens: EdDSA JWTs whose public keys anybody may fetch (JWKS). Users and butler issue them; the door verifies. */
import {
  SignJWT,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type CryptoKey,
  type JWK,
} from 'jose';
import type { Caller } from './caller.ts';
import type { SubgraphName } from './config.ts';
import type { Sql } from './db.ts';

const ALGORITHM = 'EdDSA';

export const TOKEN_AUDIENCE = 'gridworks';
/** Path of the key set on a subgraph and on the door. */
export const JWKS_PATH = '/.well-known/jwks.json';

/** The issuer name of a subgraph; it tells the door whose keys to verify with, and which callers it may vouch for. */
export function issuerOf(subgraph: SubgraphName): string {
  return `gridworks/${subgraph}`;
}

/** Which kinds of caller each issuer may vouch for; a token that claims another kind is not valid. */
export const ISSUERS: Readonly<Partial<Record<SubgraphName, Caller['kind']>>> = {
  users: 'user',
  butler: 'member',
};

export interface AccessToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/** Signs tokens with the newest key kept in `table` (columns kid, private_jwk, created_at), which it makes when there is none. */
export class TokenIssuer {
  #signing: Promise<{ kid: string; key: CryptoKey }> | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly table: '"users"."signing_key"' | '"butler"."signing_key"',
    private readonly subgraph: SubgraphName,
    private readonly lifetimeS: number,
  ) {}

  async issue(subject: string, caller: Caller, nowMs: number): Promise<AccessToken> {
    const { kid, key } = await this.#key();
    const issuedAtS = Math.floor(nowMs / 1_000);
    const token = await new SignJWT({ caller })
      .setProtectedHeader({ alg: ALGORITHM, kid })
      .setIssuer(issuerOf(this.subgraph))
      .setAudience(TOKEN_AUDIENCE)
      .setSubject(subject)
      .setIssuedAt(issuedAtS)
      .setExpirationTime(issuedAtS + this.lifetimeS)
      .sign(key);
    return { token, expiresAt: new Date((issuedAtS + this.lifetimeS) * 1_000) };
  }

  /** The public keys as a JSON Web Key Set. */
  async jwks(): Promise<{ keys: JWK[] }> {
    await this.#key();
    const { rows } = await this.sql.query<{ kid: string; private_jwk: JWK }>(
      `SELECT kid, private_jwk FROM ${this.table} ORDER BY created_at DESC`,
    );
    return {
      // Picked one by one: the private part (`d`) must never get out.
      keys: rows.map(({ kid, private_jwk: jwk }) => ({
        kty: 'OKP',
        crv: jwk.crv ?? '',
        x: jwk.x ?? '',
        kid,
        alg: ALGORITHM,
        use: 'sig',
      })),
    };
  }

  /** Kept once it is there; a failed attempt is forgotten, so that the next call tries again. */
  #key(): Promise<{ kid: string; key: CryptoKey }> {
    this.#signing ??= this.#loadOrMake().catch((error: unknown) => {
      this.#signing = undefined;
      throw error;
    });
    return this.#signing;
  }

  async #loadOrMake(): Promise<{ kid: string; key: CryptoKey }> {
    const newest = `SELECT kid, private_jwk FROM ${this.table} ORDER BY created_at DESC LIMIT 1`;
    let { rows } = await this.sql.query<{ kid: string; private_jwk: JWK }>(newest);
    if (!rows[0]) {
      const pair = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
      const jwk = await exportJWK(pair.privateKey);
      await this.sql.query(`INSERT INTO ${this.table} (kid, private_jwk) VALUES ($1, $2)`, [
        await calculateJwkThumbprint(jwk),
        JSON.stringify(jwk),
      ]);
      ({ rows } = await this.sql.query(newest));
    }
    const row = rows[0];
    if (!row) throw new Error(`no signing key in ${this.table}`);
    return { kid: row.kid, key: (await importJWK(row.private_jwk, ALGORITHM)) as CryptoKey };
  }
}
