/**
 * Kept connections to one origin, each with one request at a time. The one that was used last is used next, so that
 * those which only a burst needed fall idle and close. What waits for a connection waits in order.
 */
import { Client, type Dispatcher } from 'undici';

export interface PostRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
  /** It may reach the server twice: whether one that broke under way was read is not known. */
  readonly isRepeatable: boolean;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

export interface ConnectionsOptions {
  /** Scheme, host and port; a path is not looked at. */
  readonly origin: string;
  /** The longest wait each for a connection, for the reply to begin, and between two pieces of it. */
  readonly timeoutMs: number;
  /** A reply that is larger fails. */
  readonly replyBytesMax: number;
  /** Certificates (PEM) to trust in place of those that Node trusts. */
  readonly ca?: string | undefined;
  readonly connectionsMax?: number;
}

const CONNECTIONS_MAX = 256;

export class Connections {
  readonly #all: Connection[] = [];
  readonly #idle: Connection[] = [];
  readonly #waiting: Exchange[] = [];
  readonly #connectionsMax: number;

  constructor(private readonly options: ConnectionsOptions) {
    this.#connectionsMax = options.connectionsMax ?? CONNECTIONS_MAX;
  }

  /** Rejects with the cause when there is no whole reply. */
  post(request: PostRequest): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(request, this, resolve, reject);
      const connection = this.#idle.pop() ?? this.#open();
      if (connection) exchange.begin(connection);
      else this.#waiting.push(exchange);
    });
  }

  /** Takes a connection back whose exchange is over. */
  release(connection: Connection): void {
    for (;;) {
      const next = this.#waiting.shift();
      if (!next) break;
      if (next.hasWaitedFor(this.options.timeoutMs))
        next.fail(new Error('no connection became free in time'));
      else return next.begin(connection);
    }
    this.#idle.push(connection);
  }

  /** Cuts every connection; what is under way or waits fails. */
  async close(): Promise<void> {
    for (const each of this.#waiting.splice(0)) each.fail(new Error('the connections were closed'));
    await Promise.all(this.#all.map(({ client }) => client.destroy()));
  }

  #open(): Connection | undefined {
    if (this.#all.length >= this.#connectionsMax) return undefined;
    const { origin, timeoutMs, replyBytesMax, ca } = this.options;
    const client = new Client(origin, {
      pipelining: 1,
      connect: { timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: replyBytesMax,
    });
    const connection = { client, isOpen: false };
    client.on('connect', () => (connection.isOpen = true));
    client.on('disconnect', () => (connection.isOpen = false));
    this.#all.push(connection);
    return connection;
  }
}

interface Connection {
  /** Connects by itself, and again when it was cut. */
  readonly client: Client;
  isOpen: boolean;
}

/** How an error is named when the other side cut the connection. */
const CUT: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** One request and its reply. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #startedAtMs = performance.now();
  #connection: Connection | undefined;
  #wasKept = false;
  #isRepeated = false;
  #status = 0;
  #first: Buffer | undefined;
  #all: Buffer[] | undefined;

  constructor(
    private readonly request: PostRequest,
    private readonly connections: Connections,
    private readonly resolve: (reply: Reply) => void,
    readonly fail: (error: Error) => void,
  ) {}

  hasWaitedFor(waitMs: number): boolean {
    return performance.now() - this.#startedAtMs > waitMs;
  }

  begin(connection: Connection): void {
    const { path, headers, body } = this.request;
    this.#connection = connection;
    this.#wasKept = connection.isOpen;
    connection.client.dispatch({ path, method: 'POST', headers, body }, this);
  }

  // Undici tells by this method which kind of handler it has.
  onRequestStart(): void {}

  onResponseStart(_controller: unknown, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (!this.#first) this.#first = chunk;
    else if (this.#all) this.#all.push(chunk);
    else this.#all = [this.#first, chunk];
  }

  onResponseEnd(): void {
    const body = this.#all ? Buffer.concat(this.#all) : this.#first;
    this.#release();
    this.resolve({ status: this.#status, text: body?.toString('utf8') ?? '' });
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#connection && this.#wasStale(error)) {
      this.#isRepeated = true;
      return this.begin(this.#connection);
    }
    this.#release();
    this.fail(error);
  }

  /** The server closed the kept connection at the very moment it was written to; a fresh one is worth one more try. */
  #wasStale(error: Error): boolean {
    if (!this.#wasKept || this.#isRepeated || this.#status !== 0 || !this.request.isRepeatable) return false;
    return CUT.has((error as NodeJS.ErrnoException).code);
  }

  #release(): void {
    if (this.#connection) this.connections.release(this.#connection);
  }
}
