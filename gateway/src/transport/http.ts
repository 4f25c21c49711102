/** A subgraph that is served elsewhere: POST for queries, mutations and routes, WebSockets for subscriptions. */
import { ANONYMOUS, CALLER_HEADER, type Caller, type CallerSeal } from '@gridworks/kit/caller';
import { newId } from '@gridworks/kit/id';
import type { Log } from '@gridworks/kit/telemetry';
import type { FormattedExecutionResult } from 'graphql';
import { Connections, type Reply } from './connections.ts';
import { InFlight } from './in-flight.ts';
import { Seals } from './seals.ts';
import { unavailable, type FetchAnswer, type Transport } from './transport.ts';
import { Streams } from './ws.ts';

export interface HttpTransportOptions {
  readonly name: string;
  /**
   * Where the subgraph is served: the exact address of its GraphQL endpoint, or only its origin
   * (`http://127.0.0.1:4002`), where that is `/graphql`.
   */
  readonly url: string;
  readonly seal: CallerSeal;
  readonly log: Log;
  /** How long each step of an answer may take: to connect, to begin, and to go on. */
  readonly timeoutMs?: number;
  /** An answer that is larger counts as none. */
  readonly answerBytesMax?: number;
  /** Certificates (PEM) to trust in place of those that Node trusts. */
  readonly ca?: string;
  /**
   * Whether equal queries of equal callers that are asked while one is under way share its round trip; on unless it is
   * false. The subgraph then sees the trace of the first.
   */
  readonly shareInFlight?: boolean;
}

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 67_108_864;

interface Asking {
  readonly path: string;
  readonly body: string;
  readonly caller: Caller;
  readonly traceId: string;
  readonly isRepeatable: boolean;
}

export function httpTransport(options: HttpTransportOptions): Transport {
  const { name, ca } = options;
  const log = options.log.child({ subgraph: name });
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const endpoint = new URL(options.url);
  if (endpoint.pathname === '/') endpoint.pathname = '/graphql';
  const graphqlPath = endpoint.pathname + endpoint.search;
  const seals = new Seals(options.seal, name);
  const inFlight = options.shareInFlight === false ? undefined : new InFlight<Fetched>();
  const connections = new Connections({
    origin: endpoint.origin,
    timeoutMs,
    replyBytesMax: options.answerBytesMax ?? ANSWER_BYTES_MAX,
    ca,
  });
  const streams = new Streams({ url: streamUrl(endpoint), ca, timeoutMs });

  /** The reply, or SUBGRAPH_UNAVAILABLE; the cause is logged and goes no further. */
  async function post({ path, body, caller, traceId, isRepeatable }: Asking): Promise<Reply> {
    const sealed = seals.of(caller);
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'x-trace-id': traceId,
      [CALLER_HEADER]: typeof sealed === 'string' ? sealed : await sealed,
    };
    try {
      return await connections.post({ path, headers, body, isRepeatable });
    } catch (error) {
      log.warn({ err: error, path, traceId }, 'the subgraph gave no answer');
      throw unavailable(name);
    }
  }

  async function fetch(asking: Asking): Promise<Fetched> {
    const { status, text } = await post(asking);
    const result = readResult(text);
    if (!result || isOurFault(result)) {
      log.error({ status, traceId: asking.traceId }, 'the subgraph gave no GraphQL answer');
      throw unavailable(name);
    }
    return new Fetched(text, result);
  }

  return {
    name,
    carries: 'text',

    async execute(request) {
      const { query, variables, operationName, caller, traceId } = request;
      const isMutation = request.isMutation ?? /^\s*mutation\b/.test(query);
      const body = request.body ?? JSON.stringify({ query, variables, operationName });
      const asking = { path: graphqlPath, body, caller, traceId, isRepeatable: !isMutation };
      if (!inFlight) return (await fetch(asking)).take();
      if (!isMutation) {
        // Neither text can hold a line break: it parts them.
        const key = `${seals.keyOf(caller)}\n${body}`;
        return (await inFlight.join(key, () => fetch(asking))).take();
      }
      try {
        return (await fetch(asking)).take();
      } finally {
        // Whoever asks after a change must not be told what was read before it.
        inFlight.forget();
      }
    },

    async subscribe(request) {
      const { caller, traceId } = request;
      try {
        const params = { [CALLER_HEADER]: await seals.of(caller), 'x-trace-id': traceId };
        return await streams.open(request, { key: seals.keyOf(caller), params });
      } catch (error) {
        log.warn({ err: error, traceId }, 'a stream of the subgraph could not be opened');
        throw unavailable(name);
      }
    },

    async post(path, value) {
      const { status, text } = await post({
        path,
        body: value === undefined ? '' : JSON.stringify(value),
        caller: ANONYMOUS,
        traceId: newId(),
        isRepeatable: true,
      });
      const answer = status === 200 ? readJson(text) : undefined;
      if (answer === undefined) {
        log.warn({ status, path }, 'a route of the subgraph gave no answer');
        throw unavailable(name);
      }
      return answer;
    },

    async close() {
      streams.close();
      await connections.close();
    },
  };
}

/** An answer that several may have asked for: each takes it as values of its own. */
class Fetched {
  #first: FormattedExecutionResult | undefined;

  constructor(
    private readonly text: string,
    first: FormattedExecutionResult,
  ) {
    this.#first = first;
  }

  take(): FetchAnswer {
    const result = this.#first ?? (JSON.parse(this.text) as FormattedExecutionResult);
    this.#first = undefined;
    return result;
  }
}

function streamUrl(endpoint: URL): string {
  const url = new URL(endpoint);
  url.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readResult(text: string): FormattedExecutionResult | undefined {
  const value = readJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const result = value as FormattedExecutionResult;
  return Array.isArray(result.errors) || typeof result.data === 'object' ? result : undefined;
}

/** The subgraph does not take the gateway's seal: no client can mend that, so to clients it is not available. */
function isOurFault(result: FormattedExecutionResult): boolean {
  const code = result.errors?.[0]?.extensions?.['code'];
  return result.data === undefined && (code === 'CALLER_UNSIGNED' || code === 'CALLER_INVALID');
}
