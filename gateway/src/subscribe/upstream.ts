/**
 * A stream at the subgraph that owns it. One that promises the latest only is opened again when it breaks, behind its
 * readers' backs; what a gapless one missed meanwhile only its reader can ask for, so that one ends.
 */
import type { SubgraphRequest } from '@gridworks/kit/subgraph';
import type { ExecutionResult, GraphQLError } from 'graphql';
import { tellErrors, type Telling } from '../execute/answer.ts';
import { fromSubgraph } from '../execute/passage.ts';
import { SubscriptionRefused, revive, unavailable, type Transport } from '../transport/transport.ts';

/** Thrown by a stream that ends with errors for the client to see. */
export class StreamEnded extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super('the stream ended with errors');
  }
}

const REOPEN_FIRST_MS = 100;
const REOPEN_MAX_MS = 2_000;
/** More than enough doublings to reach the longest wait. */
const REOPEN_DOUBLINGS_MAX = 10;

export class Upstream {
  readonly #leaving = new AbortController();
  #stream: AsyncIterableIterator<ExecutionResult> | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly request: SubgraphRequest,
    private readonly isGapless: boolean,
    private readonly telling: Telling,
  ) {}

  /** Throws StreamEnded when the owner of the stream cannot be reached now, or refuses. */
  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      const errors = error instanceof SubscriptionRefused ? refusalOf(error) : [error];
      throw new StreamEnded(tellErrors(errors, this.telling));
    }
  }

  /** The next event; undefined when the stream has ended or was closed. Throws StreamEnded. */
  async next(): Promise<ExecutionResult | undefined> {
    let failures = 0;
    while (!this.#isClosed) {
      try {
        if (!this.#stream) await this.#open();
        const step = await this.#stream?.next();
        return this.#isClosed || !step || step.done ? undefined : step.value;
      } catch (error) {
        this.#stream = undefined;
        if (this.#isClosed) return undefined;
        const isBack = failures > 0;
        if (error instanceof SubscriptionRefused && !(isBack && isFault(error))) {
          throw new StreamEnded(tellErrors(refusalOf(error), this.telling));
        }
        this.#note(error);
        if (this.isGapless) throw new StreamEnded([unavailable(this.transport.name)]);
        await pause(reopenWaitMs(failures++), this.#leaving.signal);
      }
    }
    return undefined;
  }

  /** A waiting `next` ends at once. */
  close(): void {
    this.#leaving.abort();
    void this.#stream?.return?.();
  }

  get #isClosed(): boolean {
    return this.#leaving.signal.aborted;
  }

  async #open(): Promise<void> {
    const stream = await this.transport.subscribe(this.request);
    // Everybody left while it was being opened.
    if (this.#isClosed) void stream.return?.();
    else this.#stream = stream;
  }

  #note(error: unknown): void {
    const { log, traceId } = this.telling;
    const { isGapless } = this;
    log.warn({ err: error, traceId, subgraph: this.transport.name, isGapless }, 'a stream broke');
  }
}

function refusalOf({ errors }: SubscriptionRefused): readonly GraphQLError[] {
  return revive(errors.map(fromSubgraph));
}

/** A subgraph that has just come back may stumble for a moment; that is no answer to the client. */
function isFault({ errors }: SubscriptionRefused): boolean {
  return errors.every(({ extensions }) => extensions['code'] === 'INTERNAL_SERVER_ERROR');
}

/** Doubles from one failure to the next, up to the longest; the jitter keeps many clients from coming back at once. */
export function reopenWaitMs(failures: number, random: () => number = Math.random): number {
  const wait = Math.min(REOPEN_MAX_MS, REOPEN_FIRST_MS * 2 ** Math.min(failures, REOPEN_DOUBLINGS_MAX));
  return wait * (0.5 + random() / 2);
}

/** Resolves after the wait, or at once when the signal says so. */
function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, waitMs);
    signal.addEventListener('abort', finish);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    }
  });
}
