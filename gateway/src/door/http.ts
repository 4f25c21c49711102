/** GraphQL over HTTP: one operation a request, its answer written once. Nothing else stands on this path. */
import { doorError, type DoorCode } from '@gridworks/kit/caller';
import { readBody, type Limits } from '@gridworks/kit/http';
import type { Meter } from '@gridworks/kit/operations/meter';
import type { Log } from '@gridworks/kit/telemetry';
import type { GraphQLError } from 'graphql';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Engines } from '../engine.ts';
import { tellError, writeAnswer, type Answer, type AnswerInParts } from '../execute/answer.ts';
import { passageOf } from '../execute/passage.ts';
import { credentialsOfHeaders, type Guard, type Identity } from '../guard/guard.ts';
import { JSON_TYPE, acceptedBy, type Accepted } from './accept.ts';
import { badRequest, methodsInstead, readGotten, readPosted, refusalOf, type Asked } from './asked.ts';
import type { Live } from './live.ts';
import { sendInParts } from './multipart.ts';
import { answerByEvents } from './sse.ts';

export interface HttpOptions {
  readonly engines: Engines;
  readonly guard: Guard;
  readonly live: Live;
  readonly limits: Limits;
  readonly log: Log;
  /** Counts the operations that are answered whole. */
  readonly meter?: Meter | undefined;
}

/** Answers one request at the path of the graph. */
export type AnswerOperation = (
  request: IncomingMessage,
  response: ServerResponse,
  traceId: string,
) => Promise<void>;

const STREAMS_ELSEWHERE =
  'Subscriptions travel at this path over WebSocket (graphql-transport-ws), or as server-sent events (accept: text/event-stream).';

/** Statuses of answers without data, where the error does not bring its own. */
const STATUS: Partial<Record<DoorCode, number>> = { SUBGRAPH_UNAVAILABLE: 503, INTERNAL_SERVER_ERROR: 500 };

/** What is known of a request once its headers are read. */
interface Visit {
  readonly accepted: Accepted;
  readonly identity: Identity;
  readonly traceId: string;
}

export function operationsDesk({ engines, guard, live, limits, log, meter }: HttpOptions): AnswerOperation {
  async function answerOperation(
    request: IncomingMessage,
    response: ServerResponse,
    traceId: string,
  ): Promise<void> {
    const beganMs = performance.now();
    const accepted = acceptedBy(request.headers.accept);
    let identity: Identity | undefined;
    let answer: Answer | AnswerInParts | undefined;
    try {
      const known = guard.identify(credentialsOfHeaders(request.headers));
      identity = known instanceof Promise ? await known : known;
      answer = await answerFor(request, response, { accepted, identity, traceId });
    } catch (error) {
      // The client left in the middle of its own request.
      if (request.destroyed && !request.complete) return;
      answer = refused(tellError(error, { traceId, log }));
    }
    if (!answer) return;
    const whole = 'first' in answer ? answer.first : answer;
    // What is refused before the caller is known is nobody's request.
    if (identity) guard.book(identity, whole.errors.length > 0);
    meter?.record(performance.now() - beganMs, whole.errors.length > 0);
    if ('first' in answer) await sendInParts(response, commonHeaders(traceId), answer);
    else sendWhole(request, response, answer, accepted, traceId);
  }

  /** Undefined when the answer is given by events. */
  async function answerFor(
    request: IncomingMessage,
    response: ServerResponse,
    { accepted, identity, traceId }: Visit,
  ): Promise<Answer | AnswerInParts | undefined> {
    const asked = refusalOf(request, accepted) ?? (await read(request));
    if (!('query' in asked)) return refused(asked);
    // Taken once: a request ends on the engine it began on, whatever is reloaded meanwhile.
    const engine = engines.current;
    const operation = engine.prepare(asked.query, asked.operationName);
    const isStream = 'kind' in operation && operation.kind === 'subscription';
    if (accepted.events && (isStream || !accepted.type)) {
      answerByEvents(live, identity, asked, traceId, request, response);
      return undefined;
    }
    if (!('kind' in operation)) return { data: undefined, errors: operation };
    if (operation.kind === 'subscription') return refused(badRequest(STREAMS_ELSEWHERE));
    if (operation.kind === 'mutation' && request.method === 'GET') {
      return refused(badRequest('A mutation is sent by POST.', 405));
    }
    const passage = passageOf(identity.caller, traceId);
    return accepted.parts
      ? engine.executeInParts(operation, asked.variables, passage)
      : engine.execute(operation, asked.variables, passage);
  }

  async function read(request: IncomingMessage): Promise<Asked | GraphQLError> {
    if (request.method === 'GET') return readGotten(request.url ?? '');
    const body = await readBody(request, limits.bodyBytesMax);
    if (body !== undefined) return readPosted(body);
    return doorError('PAYLOAD_TOO_LARGE', `A request may not be larger than ${limits.bodyBytesMax} bytes.`);
  }

  return answerOperation;
}

function refused(error: GraphQLError): Answer {
  return { data: undefined, errors: [error] };
}

function statusOf({ data, errors: [first] }: Answer): number {
  if (data !== undefined || !first) return 200;
  const { code, http } = first.extensions as { code?: DoorCode; http?: { status?: number } };
  return http?.status ?? (code && STATUS[code]) ?? 400;
}

/** Names and values in turn, which Node writes as they are: with `setHeader` it would keep and merge two maps. */
function commonHeaders(traceId: string): (string | number)[] {
  return ['cache-control', 'no-store', 'x-content-type-options', 'nosniff', 'x-trace-id', traceId];
}

function sendWhole(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  { type = JSON_TYPE }: Accepted,
  traceId: string,
): void {
  const body = Buffer.from(writeAnswer(answer));
  const status = statusOf(answer);
  const headers = commonHeaders(traceId);
  headers.push('content-type', `${type}; charset=utf-8`, 'content-length', body.length);
  if (status === 405) headers.push('allow', methodsInstead(request));
  response.writeHead(status, headers);
  response.end(body);
}
