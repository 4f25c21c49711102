/** What leaves the gateway: every error carries one of the closed codes, and nothing of the inside. */
import { DOOR_CODES, type DoorCode } from '@gridworks/kit/caller';
import type { Log } from '@gridworks/kit/telemetry';
import { GraphQLError, Kind, type GraphQLFormattedError } from 'graphql';

/** What a client gets. */
export interface Answer {
  /** JSON, already written; undefined when nothing was executed (the request itself was at fault). */
  readonly data: string | undefined;
  /** As the client may read them; `extensions.http.status` is for the door (`formatted` takes it off). */
  readonly errors: readonly GraphQLError[];
}

/** What a client gets that takes its answer in parts. */
export interface AnswerInParts {
  readonly first: Answer;
  readonly hasNext: true;
  /** The parts as they become ready; `incremental` is a JSON array. */
  readonly rest: AsyncIterable<{ readonly incremental: string; readonly hasNext: boolean }>;
}

/** The whole answer as JSON: `{"data":...,"errors":[...]}`. */
export function writeAnswer({ data, errors }: Answer): string {
  if (errors.length === 0) return `{"data":${data ?? 'null'}}`;
  const told = JSON.stringify(errors.map(formatted));
  return data === undefined ? `{"errors":${told}}` : `{"data":${data},"errors":${told}}`;
}

const MASKED = 'Something went wrong on our side.';

/** Codes that our parts give for faults of the request, and what the closed list calls them. */
const TRANSLATED: Readonly<Record<string, DoorCode>> = {
  INVALID_GRAPHQL: 'GRAPHQL_VALIDATION_FAILED',
  MAX_RECURSIVE_SELECTIONS_EXCEEDED: 'GRAPHQL_VALIDATION_FAILED',
  PERSISTED_QUERY_NOT_FOUND: 'BAD_REQUEST',
  PERSISTED_QUERY_NOT_SUPPORTED: 'BAD_REQUEST',
};

export interface Telling {
  readonly traceId: string;
  readonly log: Log;
}

/** The errors of one answer as a client may read them; a subgraph that is away is told once, where it was first felt. */
export function tellErrors(errors: readonly unknown[], telling: Telling): GraphQLError[] {
  const told = new Set<string>();
  const kept: GraphQLError[] = [];
  for (const error of errors) {
    const clean = tellError(error, telling);
    if (clean.extensions['code'] === 'SUBGRAPH_UNAVAILABLE') {
      if (told.has(clean.message)) continue;
      told.add(clean.message);
    }
    kept.push(clean);
  }
  return kept;
}

/**
 * One error as a client may read it. What is a bug is logged whole and leaves masked, with the trace to find it by; a
 * subgraph that masked its own bug has logged it, too.
 */
export function tellError(error: unknown, { traceId, log }: Telling): GraphQLError {
  const fault = error instanceof GraphQLError ? error : undefined;
  const code = fault && codeOf(fault);
  if (fault && code && (code !== 'INTERNAL_SERVER_ERROR' || isMasked(fault))) {
    const { http, traceId: known } = fault.extensions;
    return new GraphQLError(fault.message, {
      nodes: fault.nodes ?? null,
      source: fault.source ?? null,
      positions: fault.positions ?? null,
      path: fault.path ?? null,
      extensions: {
        code,
        ...(code === 'INTERNAL_SERVER_ERROR' ? { traceId: known } : {}),
        ...(http ? { http } : {}),
      },
    });
  }
  log.error({ err: fault?.originalError ?? error, traceId, path: fault?.path }, 'an operation met a fault');
  return new GraphQLError(MASKED, {
    path: fault?.path ?? null,
    extensions: { code: 'INTERNAL_SERVER_ERROR', traceId },
  });
}

function isMasked({ message, extensions }: GraphQLError): boolean {
  return message === MASKED && typeof extensions['traceId'] === 'string';
}

/** A told error as it is written; `http` is for the door alone. */
export function formatted(error: GraphQLError | GraphQLFormattedError): GraphQLFormattedError {
  const { message, locations, path, extensions } = error instanceof GraphQLError ? error.toJSON() : error;
  const { http: _http, ...shown } = extensions ?? {};
  return { message, ...(locations ? { locations } : {}), ...(path ? { path } : {}), extensions: shown };
}

const CODES: ReadonlySet<unknown> = new Set(DOOR_CODES);

function codeOf(error: GraphQLError): DoorCode | undefined {
  const code: unknown = error.extensions['code'];
  if (CODES.has(code)) return code as DoorCode;
  if (typeof code === 'string') return TRANSLATED[code];
  // graphql tells of a variable that does not fit by an error without a code, placed at the variable's definition.
  return error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION ? 'BAD_USER_INPUT' : undefined;
}
