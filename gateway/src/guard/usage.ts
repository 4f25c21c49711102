/** Counts the requests of each API key and hands the counts to the partners' subgraph, which bills by them. */
import type { Log } from '@gridworks/kit/telemetry';
import type { Transport } from '../transport/transport.ts';

export interface KeyUsage {
  readonly keyId: string;
  readonly requests: number;
  readonly errors: number;
}

const FLUSH_MS = 1_000;
const CLOSE_MS = 800;
const PATH = '/usage';

export class UsageBook {
  #open = new Map<string, { requests: number; errors: number }>();
  #flushing: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly partners: Transport | undefined,
    private readonly log: Log,
  ) {
    this.#timer = setInterval(() => void this.flush(), FLUSH_MS).unref();
  }

  book(usage: KeyUsage): void {
    const counts = this.#open.get(usage.keyId) ?? { requests: 0, errors: 0 };
    counts.requests += usage.requests;
    counts.errors += usage.errors;
    this.#open.set(usage.keyId, counts);
  }

  /** Hands in what is booked; what could not be handed in stays booked. One hand-in at a time. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#handIn());
    return this.#flushing;
  }

  /** Hands in the rest; gives up after a moment, because a gateway that closes must end. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const given = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
    await Promise.race([this.flush(), given]);
    clearTimeout(timer);
    if (this.#open.size > 0)
      this.log.error({ usage: this.#taken() }, 'counts of API keys were not handed in');
  }

  #taken(): KeyUsage[] {
    return [...this.#open].map(([keyId, counts]) => ({ keyId, ...counts }));
  }

  async #handIn(): Promise<void> {
    if (this.#open.size === 0 || !this.partners) return;
    const usage = this.#taken();
    this.#open = new Map();
    try {
      await this.partners.post(PATH, { usage });
    } catch (error) {
      for (const each of usage) this.book(each);
      this.log.warn({ err: error }, 'counts of API keys could not be handed in yet');
    }
  }
}
