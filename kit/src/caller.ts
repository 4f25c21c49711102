/**
 * Who asks. The door verifies a credential once and passes the Caller on, signed and short-lived; a subgraph
 * refuses a request whose caller is missing, forged, expired or meant for somebody else.
 */
import { GraphQLError } from 'graphql';
import { SignJWT, errors, jwtVerify } from 'jose';
import { webcrypto } from 'node:crypto';
import { z } from 'zod';

export const TIERS = ['LITE', 'PRO', 'ELITE', 'ONYX', 'OBSIDIAN', 'VOID'] as const;
export const ROLES = ['TRADER', 'PARTNER', 'OPERATOR'] as const;

const CallerShape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('anonymous') }),
  /** A signed-in person of a tenant. */
  z.object({
    kind: z.literal('user'),
    userId: z.uuid(),
    tenantId: z.uuid(),
    tier: z.enum(TIERS),
    roles: z.array(z.enum(ROLES)),
  }),
  /** A member of the Black tier, known by codename only; there is no way from here to a user. */
  z.object({ kind: z.literal('member'), memberId: z.uuid(), tier: z.enum(TIERS) }),
  /** A partner's app, by API key. */
  z.object({
    kind: z.literal('app'),
    appId: z.uuid(),
    partnerId: z.uuid(),
    tenantId: z.uuid(),
    keyId: z.uuid(),
    scopes: z.array(z.string()),
  }),
]);

export type Tier = (typeof TIERS)[number];
export type Role = (typeof ROLES)[number];
export type Caller = z.infer<typeof CallerShape>;
export type UserCaller = Extract<Caller, { kind: 'user' }>;
export type MemberCaller = Extract<Caller, { kind: 'member' }>;
export type AppCaller = Extract<Caller, { kind: 'app' }>;

export const ANONYMOUS: Caller = { kind: 'anonymous' };
export const CALLER_HEADER = 'x-gridworks-caller';

const ISSUER = 'gridworks-door';
const LIFETIME_S = 60;
const REMEMBERED_MAX = 10_000;

/** The tenant whose rows the caller may see; undefined for those who belong to none. */
export function tenantOf(caller: Caller): string | undefined {
  return caller.kind === 'user' || caller.kind === 'app' ? caller.tenantId : undefined;
}

/** Parses claims or a wire value; throws when it is not a Caller. */
export function parseCaller(value: unknown): Caller {
  return CallerShape.parse(value);
}

interface Verified {
  readonly caller: Caller;
  readonly audience: string;
  readonly untilMs: number;
}

/** Signs callers on the gateway's side and verifies them on the subgraphs'. HS256: one trust domain, one shared secret. */
export class CallerSeal {
  readonly #key: Promise<webcrypto.CryptoKey>;
  /** By their texts, oldest first: the gateway shows the same seal with request after request. */
  readonly #verified = new Map<string, Verified>();

  constructor(secret: string) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const bytes = new TextEncoder().encode(secret);
    // Made ready once: from bytes, jose would do it for every seal, which is half of the work.
    this.#key = webcrypto.subtle.importKey('raw', bytes, algorithm, false, ['sign', 'verify']);
    // Told to whoever signs or verifies.
    this.#key.catch(() => undefined);
  }

  /** A compact JWS for one subgraph (`audience`), valid for a minute. */
  async sign(caller: Caller, audience: string): Promise<string> {
    return new SignJWT({ caller })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${LIFETIME_S}s`)
      .sign(await this.#key);
  }

  /** The caller of a request, or a GraphQLError: CALLER_UNSIGNED when there is none, CALLER_INVALID when it does not hold. */
  async verify(token: string | undefined, audience: string): Promise<Caller> {
    if (!token)
      throw doorError('CALLER_UNSIGNED', 'Requests to a subgraph must come signed through the gateway.');
    const known = this.#verified.get(token);
    if (known && known.audience === audience && known.untilMs > Date.now()) return known.caller;
    try {
      const { payload } = await jwtVerify(token, await this.#key, {
        issuer: ISSUER,
        audience,
        algorithms: ['HS256'],
      });
      const caller = frozen(parseCaller(payload['caller']));
      this.#remember(token, { caller, audience, untilMs: (payload.exp ?? 0) * 1_000 });
      return caller;
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof z.ZodError) {
        throw doorError('CALLER_INVALID', 'The signed caller of this request is not valid.');
      }
      throw error;
    }
  }

  #remember(token: string, verified: Verified): void {
    this.#verified.delete(token);
    this.#verified.set(token, verified);
    if (this.#verified.size <= REMEMBERED_MAX) return;
    const [oldest] = this.#verified.keys();
    if (oldest !== undefined) this.#verified.delete(oldest);
  }
}

/** Several requests will hold it. */
function frozen(caller: Caller): Caller {
  for (const value of Object.values(caller)) Object.freeze(value);
  return Object.freeze(caller);
}

/** Every `extensions.code` a client can meet; the list is closed. */
export const DOOR_CODES = [
  'UNAUTHENTICATED',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'API_KEY_INVALID',
  'FORBIDDEN',
  'CALLER_UNSIGNED',
  'CALLER_INVALID',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PAYLOAD_TOO_LARGE',
  'SUBGRAPH_UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
] as const;
export type DoorCode = (typeof DOOR_CODES)[number];

/** HTTP status of the codes that are not plain 200 answers. */
const STATUS: Partial<Record<DoorCode, number>> = {
  TOKEN_INVALID: 401,
  TOKEN_EXPIRED: 401,
  API_KEY_INVALID: 401,
  CALLER_UNSIGNED: 401,
  CALLER_INVALID: 401,
  BAD_REQUEST: 400,
  PAYLOAD_TOO_LARGE: 413,
};

/** A refusal of the door as the GraphQL error a client sees. */
export function doorError(code: DoorCode, message: string): GraphQLError {
  const status = STATUS[code];
  return new GraphQLError(message, {
    extensions: { code, ...(status === undefined ? {} : { http: { status } }) },
  });
}

/** The caller as a signed-in user, or UNAUTHENTICATED / FORBIDDEN. */
export function requireUser(caller: Caller, role?: Role): UserCaller {
  if (caller.kind === 'anonymous') throw doorError('UNAUTHENTICATED', 'Sign in first.');
  if (caller.kind !== 'user') throw doorError('FORBIDDEN', 'This is for signed-in users.');
  if (role && !caller.roles.includes(role)) throw doorError('FORBIDDEN', `This needs the role ${role}.`);
  return caller;
}

/** The caller as a member under a codename, or UNAUTHENTICATED / FORBIDDEN. */
export function requireMember(caller: Caller): MemberCaller {
  if (caller.kind === 'anonymous') throw doorError('UNAUTHENTICATED', 'Present a membership token first.');
  if (caller.kind !== 'member') throw doorError('FORBIDDEN', 'This is for members under a codename.');
  return caller;
}
