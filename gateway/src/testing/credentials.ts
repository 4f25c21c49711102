/** An issuer of tokens for tests: real Ed25519 keys, and every way to get a token wrong. */
import type { Caller } from '@gridworks/kit/caller';
import { TOKEN_AUDIENCE } from '@gridworks/kit/tokens';
import {
  SignJWT,
  calculateJwkThumbprint,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type CryptoKey,
  type JWK,
} from 'jose';

export interface Signer {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** As an issuer publishes it. */
  readonly jwk: JWK;
  readonly spki: string;
}

export async function createSigner(): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    kid,
    privateKey,
    jwk: { ...jwk, kid, alg: 'EdDSA', use: 'sig' },
    spki: await exportSPKI(publicKey),
  };
}

export interface TokenOptions {
  readonly caller: unknown;
  readonly issuer?: string;
  readonly audience?: string;
  readonly kid?: string;
  /** Seconds since the epoch; null for a token that never ends. */
  readonly expiresAtS?: number | null;
}

export function sign(signer: Signer, options: TokenOptions): Promise<string> {
  const { caller, issuer = 'gridworks/users', audience = TOKEN_AUDIENCE, kid = signer.kid } = options;
  const expiresAtS =
    options.expiresAtS === undefined ? Math.floor(Date.now() / 1_000) + 600 : options.expiresAtS;
  const token = new SignJWT({ caller })
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('somebody')
    .setIssuedAt();
  if (expiresAtS !== null) token.setExpirationTime(expiresAtS);
  return token.sign(signer.privateKey);
}

export const ASHA: Caller = {
  kind: 'user',
  userId: '018f0000-0000-7000-8000-000000000001',
  tenantId: '018f0000-0000-7000-8000-0000000000aa',
  tier: 'PRO',
  roles: ['TRADER'],
};

export const CODENAME: Caller = {
  kind: 'member',
  memberId: '018f0000-0000-7000-8000-000000000002',
  tier: 'VOID',
};

export const APP: Caller = {
  kind: 'app',
  appId: '018f0000-0000-7000-8000-000000000003',
  partnerId: '018f0000-0000-7000-8000-000000000004',
  tenantId: '018f0000-0000-7000-8000-0000000000aa',
  keyId: '018f0000-0000-7000-8000-000000000005',
  scopes: ['orders:read'],
};
