/**
 * Challenges for members who return: sealed and dated, so that giving one out writes nothing (whoever asks a million
 * times fills no table). Only one that opened a session is kept, until it would have expired anyway.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Long enough to make a proof on a slow phone. */
const LIFETIME_MS = 5 * 60_000;
const CHALLENGE = /^([0-9]{1,16})\.[A-Za-z0-9_-]{22}\.([A-Za-z0-9_-]{43})$/;

export interface Challenge {
  readonly value: string;
  readonly expiresAt: Date;
}

export class ChallengeSeal {
  constructor(private readonly secret: Uint8Array) {}

  make(nowMs: number): Challenge {
    const expiresAt = new Date(nowMs + LIFETIME_MS);
    const open = `${expiresAt.getTime()}.${randomBytes(16).toString('base64url')}`;
    return { value: `${open}.${this.#seal(open)}`, expiresAt };
  }

  /** A challenge of our making that has not expired; undefined for anything else. */
  read(text: string, nowMs: number): Challenge | undefined {
    const [, expires, seal] = CHALLENGE.exec(text) ?? [];
    if (expires === undefined || seal === undefined) return undefined;
    const expected = this.#seal(text.slice(0, -seal.length - 1));
    if (!timingSafeEqual(Buffer.from(seal), Buffer.from(expected))) return undefined;
    const expiresAt = new Date(Number(expires));
    return expiresAt.getTime() > nowMs ? { value: text, expiresAt } : undefined;
  }

  #seal(open: string): string {
    return createHmac('sha256', this.secret).update(open).digest('base64url');
  }
}
