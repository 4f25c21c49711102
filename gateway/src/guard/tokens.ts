/** Access tokens: who issued them, with whose keys they hold, and whom that issuer may vouch for. */
import { doorError, parseCaller } from '@gridworks/kit/caller';
import type { SubgraphName } from '@gridworks/kit/config';
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import { ISSUERS, JWKS_PATH, TOKEN_AUDIENCE, issuerOf } from '@gridworks/kit/tokens';
import { createLocalJWKSet, decodeJwt, errors, jwtVerify, type JSONWebKeySet, type JWK } from 'jose';
import { GraphQLError } from 'graphql';
import { Recent } from '../recent.ts';
import { askRoute, unavailable, type Transport } from '../transport/transport.ts';
import type { Identity } from './guard.ts';

const ALGORITHM = 'EdDSA';
const TOKEN_CHARS_MAX = 8_192;
/** By the characters of the tokens: some ten thousand of them. */
const REMEMBERED_CHARS = 8_000_000;
/** A token whose key its issuer withdrew holds this much longer at most. */
const REMEMBERED_MS = 60_000;
/** Keys older than this are fetched again beside the request that finds them so. */
const KEYS_FRESH_MS = 600_000;
/** How often an unknown key may make the gateway ask its issuer again. */
const COOLDOWN_MS = 2_000;

interface Remembered {
  readonly identity: Identity;
  readonly untilMs: number;
}

export class TokenDesk {
  readonly #issuers = new Map<string, Issuer>();
  /** By their texts; only tokens that were found good. They end within minutes, unlike API keys. */
  readonly #remembered = new Recent<Remembered>(REMEMBERED_CHARS);
  /** Tokens that are being looked at: whoever brings one meanwhile shares the answer. */
  readonly #verifying = new Map<string, Promise<Identity>>();

  constructor(
    transports: ReadonlyMap<string, Transport>,
    log: Log,
    private readonly clock: Clock,
  ) {
    for (const name of Object.keys(ISSUERS) as SubgraphName[]) {
      const transport = transports.get(name);
      if (transport) this.#issuers.set(issuerOf(name), new Issuer(name, transport, log, clock));
    }
  }

  /** The caller a token vouches for, or TOKEN_INVALID, TOKEN_EXPIRED, SUBGRAPH_UNAVAILABLE. */
  verify(token: string): Identity | Promise<Identity> {
    const known = this.#remembered.get(token);
    if (known && known.untilMs > this.clock()) return known.identity;
    const verifying = this.#verifying.get(token);
    if (verifying) return verifying;
    const fresh = this.#verify(token).finally(() => this.#verifying.delete(token));
    this.#verifying.set(token, fresh);
    return fresh;
  }

  async #verify(token: string): Promise<Identity> {
    if (token.length > TOKEN_CHARS_MAX) throw invalid();
    const issuer = this.#issuers.get(claimedIssuer(token));
    if (!issuer) throw invalid();
    try {
      const { payload } = await issuer.check(token);
      const caller = parseCaller(payload['caller']);
      // An issuer speaks for its own kind of caller: butler must not be able to vouch for a user.
      if (caller.kind !== ISSUERS[issuer.name]) throw invalid();
      const expiresAtMs = (payload.exp ?? 0) * 1_000;
      const identity = { caller, expiresAtMs };
      const untilMs = Math.min(expiresAtMs, this.clock() + REMEMBERED_MS);
      this.#remembered.set(token, { identity, untilMs }, token.length);
      return identity;
    } catch (error) {
      if (error instanceof GraphQLError) throw error;
      if (error instanceof errors.JWTExpired) throw doorError('TOKEN_EXPIRED', 'The token has expired.');
      // Whatever else jose or the shape of the claims find wrong makes no difference to the client.
      throw invalid();
    }
  }

  /** The public keys of all issuers that can be asked or were asked before. */
  async keys(): Promise<readonly JWK[]> {
    const sets = await Promise.all(
      [...this.#issuers.values()].map((issuer) => issuer.keys().catch(() => [])),
    );
    return sets.flat();
  }
}

class Issuer {
  #known: { readonly set: JSONWebKeySet; readonly find: ReturnType<typeof createLocalJWKSet> } | undefined;
  #askedAtMs = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(
    readonly name: SubgraphName,
    private readonly transport: Transport,
    private readonly log: Log,
    private readonly clock: Clock,
  ) {}

  async check(token: string): ReturnType<typeof jwtVerify> {
    if (!this.#known) await this.#ask();
    else if (this.clock() - this.#askedAtMs > KEYS_FRESH_MS) void this.#ask().catch(() => undefined);
    try {
      return await this.#checkWithKnown(token);
    } catch (error) {
      // The issuer may have a new key. Whoever sends made-up key ids must not make us ask each time.
      const isKeyUnknown = error instanceof errors.JWKSNoMatchingKey;
      if (!isKeyUnknown || this.clock() - this.#askedAtMs < COOLDOWN_MS) throw error;
      await this.#ask();
      return await this.#checkWithKnown(token);
    }
  }

  async keys(): Promise<readonly JWK[]> {
    if (!this.#known) await this.#ask();
    return this.#known?.set.keys ?? [];
  }

  #checkWithKnown(token: string): ReturnType<typeof jwtVerify> {
    if (!this.#known) throw unavailable(this.name);
    return jwtVerify(token, this.#known.find, {
      algorithms: [ALGORITHM],
      issuer: issuerOf(this.name),
      audience: TOKEN_AUDIENCE,
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(this.clock()),
    });
  }

  /** Asks the subgraph for its keys; requests that need them meanwhile share the one answer. */
  #ask(): Promise<void> {
    this.#asking ??= this.#fetch().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #fetch(): Promise<void> {
    const set = readKeySet(await askRoute(this.transport, this.log, JWKS_PATH));
    if (!set) {
      this.log.error({ subgraph: this.name }, 'an issuer gave no key set');
      throw unavailable(this.name);
    }
    this.#known = { set, find: createLocalJWKSet(set) };
    this.#askedAtMs = this.clock();
  }
}

function readKeySet(value: unknown): JSONWebKeySet | undefined {
  const keys = (value as { keys?: unknown } | null | undefined)?.keys;
  if (!Array.isArray(keys)) return undefined;
  return { keys: (keys as JWK[]).filter(({ kty, crv }) => kty === 'OKP' && crv === 'Ed25519') };
}

/** What the token says of its issuer, before anything is believed. */
function claimedIssuer(token: string): string {
  try {
    return decodeJwt(token).iss ?? '';
  } catch {
    return '';
  }
}

function invalid(): GraphQLError {
  return doorError('TOKEN_INVALID', 'The token is not valid.');
}
