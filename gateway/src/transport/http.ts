/** A subgraph that is served elsewhere: POST for queries, mutations and routes, a WebSocket for each subscription. */
import { ANONYMOUS, CALLER_HEADER, type Caller, type CallerSeal } from '@gridworks/kit/caller';
import type { SubgraphName } from '@gridworks/kit/config';
import { newId } from '@gridworks/kit/id';
import type { SubgraphRequest } from '@gridworks/kit/subgraph';
import type { Log } from '@gridworks/kit/telemetry';
import type { ExecutionResult, FormattedExecutionResult } from 'graphql';
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { revive, unavailable, type Transport } from './transport.ts';
import { openStream } from './ws.ts';

export interface HttpTransportOptions {
  readonly name: SubgraphName;
  /** Where the subgraph is served, for example `http://127.0.0.1:4002`. */
  readonly url: string;
  readonly seal: CallerSeal;
  readonly log: Log;
  /** How long an answer may take. */
  readonly timeoutMs?: number;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const TIMEOUT_MS = 10_000;
/** Seals hold for a minute; one is used again for the same caller for a third of that. */
const SEAL_REUSED_MS = 20_000;

export function httpTransport(options: HttpTransportOptions): Transport {
  const { name, seal } = options;
  const log = options.log.child({ subgraph: name });
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const secure = new URL(options.url).protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const send = secure ? requestHttps : requestHttp;
  const sealed = new WeakMap<Caller, { readonly token: Promise<string>; readonly untilMs: number }>();

  function sealOf(caller: Caller): Promise<string> {
    const known = sealed.get(caller);
    if (known && known.untilMs > Date.now()) return known.token;
    const token = seal.sign(caller, name);
    sealed.set(caller, { token, untilMs: Date.now() + SEAL_REUSED_MS });
    return token;
  }

  function once(path: string, headers: Record<string, string>, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = send(
        new URL(path, options.url),
        { method: 'POST', agent, headers, signal: AbortSignal.timeout(timeoutMs) },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () =>
            resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
          );
        },
      );
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // A kept connection that the subgraph closed at the very moment we wrote to it.
        const stale = outgoing.reusedSocket && error.code === 'ECONNRESET';
        reject(stale ? new StaleConnection('a kept connection was closed', { cause: error }) : error);
      });
      outgoing.end(body);
    });
  }

  /** The answer, or SUBGRAPH_UNAVAILABLE; the cause is logged and goes no further. */
  async function post(
    path: string,
    { caller, traceId, repeatable }: { caller: Caller; traceId: string; repeatable: boolean },
    value: unknown,
  ): Promise<Answer> {
    const body = value === undefined ? '' : JSON.stringify(value);
    const headers = {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      accept: 'application/json',
      'x-trace-id': traceId,
      [CALLER_HEADER]: await sealOf(caller),
    };
    for (;;) {
      try {
        return await once(path, headers, body);
      } catch (error) {
        // Whether the subgraph read the request is not known, so only what may be done twice is sent again.
        if (error instanceof StaleConnection && repeatable) continue;
        log.warn({ err: error, path, traceId }, 'the subgraph gave no answer');
        throw unavailable(name);
      }
    }
  }

  return {
    name,

    async execute(request) {
      const { query, variables, operationName } = request;
      const repeatable = !/^\s*mutation\b/.test(query);
      const how = { caller: request.caller, traceId: request.traceId, repeatable };
      const answer = await post('/graphql', how, { query, variables, operationName });
      const result = readResult(answer.text);
      if (!result || isOurFault(result)) {
        log.error({ status: answer.status, traceId: request.traceId }, 'the subgraph gave no GraphQL answer');
        throw unavailable(name);
      }
      return result.errors ? { ...result, errors: revive(result.errors) } : (result as ExecutionResult);
    },

    async subscribe(request: SubgraphRequest) {
      const url = new URL('/graphql', options.url);
      url.protocol = secure ? 'wss:' : 'ws:';
      try {
        return await openStream({
          url: url.href,
          params: { [CALLER_HEADER]: await sealOf(request.caller), 'x-trace-id': request.traceId },
          request,
          timeoutMs,
        });
      } catch (error) {
        log.warn({ err: error, traceId: request.traceId }, 'a stream of the subgraph could not be opened');
        throw unavailable(name);
      }
    },

    async post(path, body) {
      const { status, text } = await post(
        path,
        { caller: ANONYMOUS, traceId: newId(), repeatable: true },
        body,
      );
      const value = status === 200 ? readJson(text) : undefined;
      if (value === undefined) {
        log.warn({ status, path }, 'a route of the subgraph gave no answer');
        throw unavailable(name);
      }
      return value;
    },

    close: async () => agent.destroy(),
  };
}

class StaleConnection extends Error {}

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
