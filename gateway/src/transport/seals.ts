/** What one subgraph is told of who asks, signed. A seal serves equal callers for a while; most are found, not made. */
import type { Caller, CallerSeal } from '@gridworks/kit/caller';
import { Recent } from '../recent.ts';

/** Seals hold for a minute; one is used again for a third of that. */
const REUSED_MS = 20_000;
const REMEMBERED_MAX = 10_000;

interface Sealed {
  /** Equal for equal callers. */
  readonly key: string;
  token: string | Promise<string>;
  untilMs: number;
}

export class Seals {
  readonly #byCaller = new WeakMap<Caller, Sealed>();
  readonly #byKey = new Recent<Sealed>(REMEMBERED_MAX);

  constructor(
    private readonly seal: CallerSeal,
    private readonly audience: string,
  ) {}

  /** The caller as text: equal texts mean equal callers. */
  keyOf(caller: Caller): string {
    return this.#sealedOf(caller).key;
  }

  /** The signed caller; at once where it is known. */
  of(caller: Caller): string | Promise<string> {
    const sealed = this.#sealedOf(caller);
    return sealed.untilMs > Date.now() ? sealed.token : this.#sign(sealed, caller);
  }

  #sealedOf(caller: Caller): Sealed {
    const known = this.#byCaller.get(caller);
    if (known) return known;
    const key = JSON.stringify(caller);
    let sealed = this.#byKey.get(key);
    if (!sealed) {
      sealed = { key, token: '', untilMs: 0 };
      this.#byKey.set(key, sealed);
    }
    this.#byCaller.set(caller, sealed);
    return sealed;
  }

  #sign(sealed: Sealed, caller: Caller): Promise<string> {
    const signing = this.seal.sign(caller, this.audience);
    sealed.token = signing;
    sealed.untilMs = Date.now() + REUSED_MS;
    signing.then(
      (token) => (sealed.token = token),
      () => (sealed.untilMs = 0),
    );
    return signing;
  }
}
