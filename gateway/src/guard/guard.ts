/** Who asks: one credential in, one Caller out, or the refusal. Verified here once; subgraphs get it signed. */
import { ANONYMOUS, doorError, type Caller } from '@gridworks/kit/caller';
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import type { JWK } from 'jose';
import type { IncomingHttpHeaders } from 'node:http';
import type { Transport } from '../transport/transport.ts';
import { KeyDesk } from './api-keys.ts';
import { TokenDesk } from './tokens.ts';
import { UsageBook } from './usage.ts';

/** What a request or a connection brought along. */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly apiKey: string | undefined;
}

export interface Identity {
  readonly caller: Caller;
  /** When what was presented stops to hold; undefined when it does not by itself. */
  readonly expiresAtMs: number | undefined;
}

/** The credentials of an HTTP request; of a header that came twice, the first. */
export function credentialsOfHeaders(headers: IncomingHttpHeaders): Credentials {
  const key = headers['x-api-key'];
  return { authorization: headers.authorization, apiKey: Array.isArray(key) ? key[0] : key };
}

const NOBODY: Identity = { caller: ANONYMOUS, expiresAtMs: undefined };
const BEARER = /^Bearer +(\S+)$/i;

export class Guard {
  readonly #tokens: TokenDesk;
  readonly #keys: KeyDesk;
  readonly #usage: UsageBook;

  constructor(transports: ReadonlyMap<string, Transport>, log: Log, clock: Clock) {
    this.#tokens = new TokenDesk(transports, log, clock);
    this.#keys = new KeyDesk(transports.get('partners'), log, clock);
    this.#usage = new UsageBook(transports.get('partners'), log);
  }

  /**
   * The caller; anonymous when nothing was presented. Throws or rejects with BAD_REQUEST for two credentials at once,
   * TOKEN_INVALID, TOKEN_EXPIRED, API_KEY_INVALID, or SUBGRAPH_UNAVAILABLE when the issuer cannot be asked. Who is
   * known already comes at once, and is the same Caller object as before: what is kept for a caller can be found by it.
   */
  identify({ authorization, apiKey }: Credentials): Identity | Promise<Identity> {
    if (authorization === undefined && apiKey === undefined) return NOBODY;
    if (authorization !== undefined && apiKey !== undefined) {
      throw doorError('BAD_REQUEST', 'Present either a token or an API key, not both.');
    }
    if (authorization !== undefined) {
      const token = BEARER.exec(authorization)?.[1];
      if (!token) throw doorError('TOKEN_INVALID', 'The Authorization header must be `Bearer` and a token.');
      return this.#tokens.verify(token);
    }
    return this.#keys.identify(apiKey ?? '');
  }

  /** Books one request of a caller who came with an API key; nothing for others. */
  book({ caller }: Identity, failed: boolean): void {
    if (caller.kind === 'app') this.#usage.book({ keyId: caller.keyId, requests: 1, errors: failed ? 1 : 0 });
  }

  /** Books that a stream, which was booked when it began, ended with an error. */
  bookBrokenStream({ caller }: Identity): void {
    if (caller.kind === 'app') this.#usage.book({ keyId: caller.keyId, requests: 0, errors: 1 });
  }

  /** The public keys of every issuer, for those who want to verify tokens themselves. */
  keys(): Promise<readonly JWK[]> {
    return this.#tokens.keys();
  }

  /** Hands in what is still booked. */
  close(): Promise<void> {
    return this.#usage.close();
  }
}
