/**
 * GraphQL over server-sent events, one operation a request (the "distinct connections mode" of graphql-sse): `next`
 * events carry answers, `complete` ends, comments keep the way open.
 */
import { doorError, type DoorCode } from '@gridworks/kit/caller';
import { GraphQLError } from 'graphql';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StreamOperation } from '../engine.ts';
import { tellError, writeAnswer } from '../execute/answer.ts';
import type { Identity } from '../guard/guard.ts';
import { Position } from '../subscribe/position.ts';
import { Written } from '../subscribe/written.ts';
import type { Due } from './deadlines.ts';
import { LiveOperation, type Live, type Payload } from './live.ts';
import type { Visited } from './rounds.ts';

/**
 * Answers a GraphQL request (POST or GET) whose client accepts `text/event-stream`. The caller has been identified and
 * the payload read and checked for its shape; this books the request and writes the whole response, its errors included.
 * Returns at once and never throws; the response ends when the operation does, when the token expires, or when the
 * client leaves.
 *
 * What is refused before it began is a plain HTTP answer, `{"errors":[...]}` with a status that is no success. A gapless
 * stream whose operation selects `sequence` numbers its events (`id:`); where it takes `after` from a variable, too, it
 * goes on after the event that `Last-Event-ID` names.
 */
export function answerByEvents(
  live: Live,
  identity: Identity,
  payload: Payload,
  traceId: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const stream = new EventStream(live, identity, response, traceId);
  try {
    const operation = live.options.engines.current.prepare(payload.query, payload.operationName);
    const kind = 'kind' in operation ? operation.kind : undefined;
    if (kind === 'mutation' && request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      return stream.fail([refusal('A mutation is sent by POST.', 405)]);
    }
    const isStream = 'kind' in operation && operation.kind === 'subscription';
    live.begin(stream, isStream ? resumed(operation, payload, request) : payload, traceId);
  } catch (error) {
    stream.fail([tellError(error, { traceId, log: live.options.log })]);
  }
}

/** A stream that is taken up again by its client begins after the last event that the client saw. */
function resumed(operation: StreamOperation, payload: Payload, { headers }: IncomingMessage): Payload {
  const last = headers['last-event-id'];
  if (!operation.isGapless || typeof last !== 'string' || last === '') return payload;
  const variables = new Position(operation.text).resume(payload.variables ?? {}, last);
  return variables ? { ...payload, variables } : payload;
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Proxies that gather an answer before they pass it on would hold the events back.
  'x-accel-buffering': 'no',
};

/** A comment: clients ignore it, and what stands between sees that the way is in use. */
const COMMENT = ':\n\n';
/** With `data`, though empty: browsers drop an event without. */
const COMPLETE = 'event: complete\ndata: \n\n';

/** Statuses of what is refused before it begins, where the error does not bring its own. */
const STATUS: Partial<Record<DoorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  SUBGRAPH_UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
};

class EventStream extends LiveOperation implements Due, Visited {
  #position: Position | undefined;
  readonly #slice: number;
  readonly #deadline: number | undefined;
  /** Since when more waits than may, by `performance.now`. */
  #slowSinceMs: number | undefined;

  constructor(
    live: Live,
    readonly identity: Identity,
    private readonly response: ServerResponse,
    private readonly traceId: string,
  ) {
    super(live);
    this.#slice = live.rounds.add(this);
    const leftMs = live.leftMs(identity);
    if (leftMs !== undefined) this.#deadline = live.deadlines.add(this, leftMs);
    live.carries(this);
    response.once('close', () => this.#closed());
    response.on('error', (error) => live.options.log.debug({ err: error }, 'an event stream failed'));
  }

  get isCongested(): boolean {
    const { response, live } = this;
    return response.writableNeedDrain && response.writableLength > live.limits.waitingBytesSlow;
  }

  awaitDrain(): void {
    if (this.#slowSinceMs !== undefined) return;
    this.#slowSinceMs = performance.now();
    this.response.once('drain', () => {
      this.#slowSinceMs = undefined;
      this.seat?.drained();
    });
  }

  override opened(operation: StreamOperation): void {
    super.opened(operation);
    if (operation.isGapless) this.#position = new Position(operation.text);
    this.#begin();
  }

  push(answers: readonly Written[]): boolean {
    this.#begin();
    let events = '';
    for (const { text } of answers) {
      const id = this.#position?.of(text);
      // A line break would end the event's data; in JSON it can only stand between the tokens.
      const data = text.includes('\n') ? text.replaceAll(/[\r\n]+/g, ' ') : text;
      events += `event: next\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;
    }
    return this.response.write(events) || !this.isCongested;
  }

  /** What the client presented holds no longer. */
  due(): void {
    this.fail([doorError('TOKEN_EXPIRED', 'The token has expired.')]);
    this.seat?.leave();
  }

  visit(): void {
    const { response } = this;
    if (!response.headersSent || response.writableEnded) return;
    if (this.#slowSinceMs === undefined) response.write(COMMENT);
    else if (performance.now() - this.#slowSinceMs > this.live.limits.slowMs) response.destroy();
  }

  /** The door closes. Without `complete`, so that the client knows to come back. */
  goAway(): void {
    this.leave();
    this.response.end();
  }

  protected sendComplete(): void {
    this.response.end(COMPLETE);
  }

  protected sendErrors(errors: readonly GraphQLError[]): void {
    const text = writeAnswer({ data: undefined, errors });
    if (this.response.headersSent) {
      this.push([new Written(text)]);
      return this.sendComplete();
    }
    const headers = { ...this.#tracing(), 'content-type': 'application/json; charset=utf-8' };
    this.response.writeHead(statusOf(errors), headers).end(text);
  }

  #begin(): void {
    if (this.response.headersSent) return;
    this.response.writeHead(200, { ...this.#tracing(), ...HEADERS });
    // At once, so that the client knows that it is in, though no event comes yet.
    this.response.write(COMMENT);
  }

  #tracing(): Record<string, string> {
    return { 'x-trace-id': this.traceId, 'x-content-type-options': 'nosniff' };
  }

  #closed(): void {
    this.leave();
    this.live.carriesNoMore(this);
    this.live.rounds.remove(this, this.#slice);
    if (this.#deadline !== undefined) this.live.deadlines.remove(this, this.#deadline);
  }
}

function refusal(message: string, status: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status } } });
}

function statusOf([first]: readonly GraphQLError[]): number {
  const { code, http } = (first?.extensions ?? {}) as { code?: DoorCode; http?: { status?: number } };
  const status = http?.status ?? (code && STATUS[code]) ?? 400;
  // A client of events takes any success for the beginning of a stream.
  return status < 400 ? 400 : status;
}
