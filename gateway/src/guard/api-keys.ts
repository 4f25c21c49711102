/** API keys: the partners' subgraph knows them; what it said is remembered for a short while. */
import { doorError, parseCaller, type AppCaller } from '@gridworks/kit/caller';
import type { Log } from '@gridworks/kit/telemetry';
import type { Clock } from '@gridworks/kit/time';
import { createHash } from 'node:crypto';
import { Recent } from '../recent.ts';
import { askRoute, unavailable, type Transport } from '../transport/transport.ts';
import type { Identity } from './guard.ts';

const KEY_CHARS_MAX = 256;
const REMEMBERED_MAX = 10_000;
/** A revoked key stops to work this long after at most. */
const KNOWN_MS = 10_000;
/** A key that was just made works this long after at most. */
const UNKNOWN_MS = 1_000;
const PATH = '/identify';

interface Remembered {
  readonly caller: Promise<AppCaller | undefined>;
  untilMs: number;
}

export class KeyDesk {
  readonly #remembered = new Recent<Remembered>(REMEMBERED_MAX);

  constructor(
    private readonly partners: Transport | undefined,
    private readonly log: Log,
    private readonly clock: Clock,
  ) {}

  /** The app behind a key, or API_KEY_INVALID, or SUBGRAPH_UNAVAILABLE when it cannot be looked up. */
  async identify(key: string): Promise<Identity> {
    const caller = key && key.length <= KEY_CHARS_MAX ? await this.#callerOf(key) : undefined;
    if (!caller) throw doorError('API_KEY_INVALID', 'The API key is not valid.');
    return { caller, expiresAtMs: undefined };
  }

  #callerOf(key: string): Promise<AppCaller | undefined> {
    // By hash: a dump of this process must not hand out keys.
    const hash = createHash('sha256').update(key).digest('base64');
    const known = this.#remembered.get(hash);
    if (known && known.untilMs > this.clock()) return known.caller;
    const fresh: Remembered = { caller: this.#ask(key), untilMs: Infinity };
    this.#remembered.set(hash, fresh);
    fresh.caller.then(
      (caller) => (fresh.untilMs = this.clock() + (caller ? KNOWN_MS : UNKNOWN_MS)),
      () => this.#remembered.delete(hash),
    );
    return fresh.caller;
  }

  async #ask(key: string): Promise<AppCaller | undefined> {
    if (!this.partners) throw unavailable('partners');
    const answer = (await askRoute(this.partners, this.log, PATH, { key })) as { caller?: unknown } | null;
    if (!answer?.caller) return undefined;
    const caller = parseCaller(answer.caller);
    return caller.kind === 'app' ? caller : undefined;
  }
}
