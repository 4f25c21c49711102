/** Passwords: argon2id at the OWASP minimum (19 MiB, two passes), about 16 ms of one core. */
import { hash, verify } from '@node-rs/argon2';

// argon2id is the library's default algorithm; its enum of algorithms cannot be imported by isolated modules.
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export async function hashPassword(password: string): Promise<string> {
  return hash(password, ARGON2ID);
}

// Somebody who does not exist takes as long to refuse as somebody whose password is wrong.
const nobody = hashPassword('nobody has this password');

export async function passwordMatches(password: string, kept: string | undefined): Promise<boolean> {
  const matches = await verify(kept ?? (await nobody), password);
  return kept !== undefined && matches;
}
