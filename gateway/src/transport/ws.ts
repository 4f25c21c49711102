/**
 * The subscriptions at one subgraph. Those of one caller share a connection, which is opened for the first of them and
 * closed some seconds after the last; one that asks to be isolated has its own. A connection is authenticated when it
 * is opened, and holds for as long as it lasts.
 */
import type { ExecutionResult } from 'graphql';
import type { StreamRequest } from './transport.ts';
import { StreamConnection, type ConnectionOptions } from './ws-connection.ts';

const PACE = { pingMs: 5_000, lagMs: 1_000, idleMs: 5_000 };

/** How a connection is watched: five seconds for what is not given, one for `lagMs`. */
export type StreamsOptions = Omit<ConnectionOptions, keyof typeof PACE> & Partial<typeof PACE>;

/** Whom a stream is opened for. */
export interface Opener {
  /** Streams of equal keys may share a connection. */
  readonly key: string;
  /** What tells the subgraph who it is, when a connection must be opened. */
  readonly params: Readonly<Record<string, string>>;
}

export class Streams {
  readonly #options: ConnectionOptions;
  readonly #shared = new Map<string, StreamConnection>();
  readonly #all = new Set<StreamConnection>();

  constructor(options: StreamsOptions) {
    this.#options = { ...PACE, ...options };
  }

  /** Resolves when the subgraph has taken the caller; rejects when there is no connection or it has not. */
  open(request: StreamRequest, opener: Opener): Promise<AsyncIterableIterator<ExecutionResult>> {
    const connection = request.isolated ? this.#connect(opener, 0) : this.#sharedBy(opener);
    return connection.open(request);
  }

  close(): void {
    for (const connection of this.#all) connection.cut();
  }

  #sharedBy(opener: Opener): StreamConnection {
    const known = this.#shared.get(opener.key);
    if (known?.isWelcoming) return known;
    const fresh = this.#connect(opener, this.#options.idleMs);
    this.#shared.set(opener.key, fresh);
    void fresh.over.then(() => {
      // Another may have taken its place while it was paused.
      if (this.#shared.get(opener.key) === fresh) this.#shared.delete(opener.key);
    });
    return fresh;
  }

  #connect({ params }: Opener, idleMs: number): StreamConnection {
    const connection = new StreamConnection({ ...this.#options, idleMs }, params);
    this.#all.add(connection);
    void connection.over.then(() => this.#all.delete(connection));
    return connection;
  }
}
