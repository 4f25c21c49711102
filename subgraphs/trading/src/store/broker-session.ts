/**
 * The access token of the latest login at a broker, in a file of the data folder that its owner alone can read. One that
 * is configured since counts instead: it is newer.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const Kept = z.object({ apiKey: z.string(), accessToken: z.string(), replaced: z.string() });

/** What the configuration says. */
export interface ConfiguredSession {
  readonly apiKey: string;
  readonly accessToken: string | undefined;
}

export class BrokerSessionFile {
  readonly #file: string;

  constructor(
    private readonly dataDir: string,
    private readonly configured: ConfiguredSession,
  ) {
    this.#file = join(dataDir, 'broker-session.json');
  }

  /** The token to begin with; undefined where nobody has signed in yet. */
  async accessToken(): Promise<string | undefined> {
    const kept = read(await readFile(this.#file, 'utf8').catch(() => ''));
    const isOurs = kept?.apiKey === this.configured.apiKey && kept.replaced === this.#replaced();
    return isOurs ? kept.accessToken : this.configured.accessToken;
  }

  async keep(accessToken: string): Promise<void> {
    const { apiKey } = this.configured;
    const text = JSON.stringify({ apiKey, accessToken, replaced: this.#replaced() });
    await mkdir(this.dataDir, { recursive: true });
    const draft = `${this.#file}.draft`;
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, this.#file);
  }

  /** Tells which token was configured when another one took its place, and does not tell the token. */
  #replaced(): string {
    return createHash('sha256')
      .update(this.configured.accessToken ?? '')
      .digest('hex');
  }
}

/** Undefined for what is no such file: an error would tell what is in it. */
function read(text: string): z.infer<typeof Kept> | undefined {
  try {
    return Kept.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
