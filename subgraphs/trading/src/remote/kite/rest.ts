/**
 * Requests to Kite Connect v3: forms out, a JSON envelope back. An answer is one of three things, and the third is not
 * the second: done, refused for certain, or not known.
 */
import { Pool } from 'undici';
import { z } from 'zod';
import { backoffMs, type Backoff } from '../../domain/broker/backoff.ts';
import type { Limit } from '../../domain/broker/pace.ts';
import type { Time } from '../time.ts';
import { Pacer } from './pacer.ts';
import { parseJson } from './wire.ts';

export interface RestOptions {
  /** Scheme, host and port of the API. */
  readonly url: string;
  readonly apiKey: string;
  readonly accessToken: string;
  /** How long a request may take, from when it is sent. */
  readonly timeoutMs: number;
  /** Between attempts that were turned away for coming too fast. */
  readonly backoff: Backoff;
  readonly limits: Readonly<Record<Family, readonly Limit[]>>;
}

/** Requests that are counted together. */
export type Family = 'ORDER' | 'QUOTE' | 'OTHER';

/**
 * What Kite allows (Kite Connect v3, "Exceptions and errors", API rate limit: quotes 1 a second, orders 10 a second,
 * everything else 10 a second; orders 200 a minute besides).
 */
export const KITE_LIMITS: Readonly<Record<Family, readonly Limit[]>> = {
  ORDER: [
    { count: 10, perMs: 1_000 },
    { count: 200, perMs: 60_000 },
  ],
  QUOTE: [{ count: 1, perMs: 1_000 }],
  OTHER: [{ count: 10, perMs: 1_000 }],
};

export type RestRefusal = 'LOGGED_OUT' | 'BUSY' | 'NOT_FOUND' | 'FUNDS' | 'HOLDINGS' | 'OTHER' | 'CLOSED';

export type Answer<T> =
  | { readonly kind: 'DONE'; readonly data: T }
  /** For certain: nothing was done. */
  | { readonly kind: 'REFUSED'; readonly code: RestRefusal; readonly message: string }
  /** Whether it was done is not known. */
  | { readonly kind: 'UNANSWERED'; readonly message: string };

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly family: Family;
  readonly form?: Readonly<Record<string, string>>;
  /** Asked by somebody who has no access token yet. */
  readonly isAnonymous?: true;
}

type Reader<T> = (status: number, text: string) => Answer<T>;

const ATTEMPTS_MAX = 4;
const CONNECTIONS_MAX = 8;
const BODY_BYTES_MAX = 67_108_864;
const TOO_MANY_REQUESTS = 429;

const Success = z.object({ status: z.literal('success'), data: z.unknown() });
const Failure = z.object({ status: z.literal('error'), error_type: z.string(), message: z.string() });
type Failure = z.infer<typeof Failure>;

/** Kinds of failure after which nothing was done. Kite's others are said of requests that were carried out, too. */
const CERTAIN: ReadonlyMap<string, RestRefusal> = new Map([
  ['TokenException', 'LOGGED_OUT'],
  ['PermissionException', 'OTHER'],
  ['UserException', 'OTHER'],
  ['InputException', 'OTHER'],
  ['MarginException', 'FUNDS'],
  ['HoldingException', 'HOLDINGS'],
]);
/** Kite says so with the status of a bad request, and may place the order all the same. */
const TIMED_OUT = /tim(ed|e) ?out|order ?book/i;
const NOT_FOUND = /not found|n[o']t find|does ?n[o']t exist/i;

export class KiteRest {
  readonly #pool: Pool;
  readonly #pacers: Readonly<Record<Family, Pacer>>;
  /** What waits before it asks again. */
  readonly #wakes = new Set<() => void>();
  #accessToken: string;
  #isClosed = false;

  constructor(
    private readonly options: RestOptions,
    private readonly time: Time,
    private readonly uniform: () => number,
  ) {
    this.#accessToken = options.accessToken;
    this.#pool = new Pool(options.url, { connections: CONNECTIONS_MAX });
    const pacer = (family: Family): Pacer => new Pacer(time, options.limits[family]);
    this.#pacers = { ORDER: pacer('ORDER'), QUOTE: pacer('QUOTE'), OTHER: pacer('OTHER') };
  }

  signIn(accessToken: string): void {
    this.#accessToken = accessToken;
  }

  /** Sends a request when it is its turn; again only when it was turned away for coming too fast. Never rejects. */
  send<T>(request: RestRequest, schema: z.ZodType<T>): Promise<Answer<T>> {
    return this.#send(request, (status, text) => readAnswer(status, text, schema));
  }

  /** What is answered without an envelope: a list as CSV. */
  text(path: string): Promise<Answer<string>> {
    return this.#send<string>({ method: 'GET', path, family: 'OTHER' }, (status, text) =>
      status < 300 ? { kind: 'DONE', data: text } : readAnswer(status, text, z.never()),
    );
  }

  async #send<T>(request: RestRequest, read: Reader<T>): Promise<Answer<T>> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      if (attempt > 1) await this.#pause(attempt - 1);
      if (!(await this.#pacers[request.family].turn()) || this.#isClosed) {
        return { kind: 'REFUSED', code: 'CLOSED', message: 'The connection to the venue was closed.' };
      }
      const answer = await this.#ask(request, read);
      if (answer !== 'BUSY') return answer;
    }
    return { kind: 'REFUSED', code: 'BUSY', message: 'The venue takes no more requests at the moment.' };
  }

  /** Gives up what is under way: what it did is not known then. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const pacer of Object.values(this.#pacers)) pacer.close();
    for (const wake of this.#wakes) wake();
    await this.#pool.destroy();
  }

  async #ask<T>(
    { method, path, form, isAnonymous }: RestRequest,
    read: Reader<T>,
  ): Promise<Answer<T> | 'BUSY'> {
    const { apiKey, timeoutMs } = this.options;
    const controller = new AbortController();
    const cancel = this.time.after(timeoutMs, () => controller.abort(new Error('no answer in time')));
    try {
      const { statusCode, body } = await this.#pool.request({
        method,
        path,
        headers: {
          'x-kite-version': '3',
          ...(isAnonymous ? {} : { authorization: `token ${apiKey}:${this.#accessToken}` }),
          ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        },
        ...(form ? { body: new URLSearchParams(form).toString() } : {}),
        signal: controller.signal,
      });
      const text = await readText(body);
      return statusCode === TOO_MANY_REQUESTS ? 'BUSY' : read(statusCode, text);
    } catch (error) {
      return { kind: 'UNANSWERED', message: error instanceof Error ? error.message : String(error) };
    } finally {
      cancel();
    }
  }

  async #pause(attempt: number): Promise<void> {
    const delayMs = backoffMs(attempt, this.options.backoff, this.uniform());
    let wake: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (wake = resolve));
    const cancel = this.time.after(delayMs, wake);
    this.#wakes.add(wake);
    await over;
    this.#wakes.delete(wake);
    cancel();
  }
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readAnswer<T>(status: number, text: string, schema: z.ZodType<T>): Answer<T> {
  const json = parseJson(text);
  const success = Success.safeParse(json);
  if (status < 300 && success.success) {
    const data = schema.safeParse(success.data.data);
    if (data.success) return { kind: 'DONE', data: data.data };
    return { kind: 'UNANSWERED', message: 'the answer could not be read' };
  }
  const failure = Failure.safeParse(json).data;
  const code = failure && status >= 400 && status < 500 ? refusalOf(status, failure) : undefined;
  const message = failure ? `${failure.error_type}: ${failure.message}` : `status ${status}`;
  return code === undefined ? { kind: 'UNANSWERED', message } : { kind: 'REFUSED', code, message };
}

/** What a failure says for certain; undefined when it may have been carried out. */
function refusalOf(status: number, { error_type, message }: Failure): RestRefusal | undefined {
  // Want of funds is told with the advice to look into the order book, too.
  const isOwn = error_type === 'MarginException' || error_type === 'HoldingException';
  if (!isOwn && TIMED_OUT.test(message)) return undefined;
  if (status === 404 || NOT_FOUND.test(message)) return 'NOT_FOUND';
  return CERTAIN.get(error_type);
}
