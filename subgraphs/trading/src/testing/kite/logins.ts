/** Who is logged in at the stand-in: one access token is good at a time, and a request token makes the next one. */
import { loginChecksum, type Application } from '../../remote/kite/session.ts';
import { KiteError } from './truth.ts';

export class Logins {
  readonly #requestTokens = new Set<string>();
  #accessToken: string | undefined;
  #count = 0;

  constructor(
    private readonly application: Application,
    accessToken: string,
  ) {
    this.#accessToken = accessToken;
  }

  isGood(apiKey: string | null, accessToken: string | null): boolean {
    return apiKey === this.application.apiKey && accessToken === this.#accessToken;
  }

  /** Somebody signs in by the page of the broker, which sends them back with this. */
  request(): string {
    this.#count += 1;
    const requestToken = `request-${this.#count}`;
    this.#requestTokens.add(requestToken);
    return requestToken;
  }

  /** The morning: nobody is logged in any more. */
  expire(): void {
    this.#accessToken = undefined;
  }

  /** The access token that a request token makes, once. */
  exchange(form: URLSearchParams): Record<string, unknown> | KiteError {
    const { apiKey, apiSecret } = this.application;
    const requestToken = form.get('request_token') ?? '';
    if (form.get('api_key') !== apiKey) return new KiteError(403, 'TokenException', 'Invalid `api_key`.');
    if (form.get('checksum') !== loginChecksum(apiKey, requestToken, apiSecret))
      return new KiteError(403, 'TokenException', 'Invalid `checksum`.');
    if (!this.#requestTokens.delete(requestToken))
      return new KiteError(403, 'TokenException', 'Token is invalid or has expired.');
    this.#accessToken = `access-${this.#count}`;
    return { user_id: 'AB1234', access_token: this.#accessToken, api_key: apiKey };
  }
}
