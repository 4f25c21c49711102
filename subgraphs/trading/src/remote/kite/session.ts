/** A login at Kite: what its page sends back becomes an access token (Kite Connect v3, "User", login flow). */
import { createHash } from 'node:crypto';

export interface Application {
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** What is sent for an access token, once: a request token is good for a few minutes and one use. */
export function loginForm({ apiKey, apiSecret }: Application, requestToken: string): Record<string, string> {
  return {
    api_key: apiKey,
    request_token: requestToken,
    checksum: loginChecksum(apiKey, requestToken, apiSecret),
  };
}

/** SHA-256 in hexadecimal of the three, one after the other. */
export function loginChecksum(apiKey: string, requestToken: string, apiSecret: string): string {
  return createHash('sha256')
    .update(apiKey + requestToken + apiSecret)
    .digest('hex');
}
