/** What leaves the gateway: every error carries one of the closed codes, and nothing of the inside. */
import { DOOR_CODES, type DoorCode } from '@gridworks/kit/caller';
import type { Log } from '@gridworks/kit/telemetry';
import { GraphQLError, Kind, type ExecutionResult, type GraphQLFormattedError } from 'graphql';

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

/** A result of the executor as the answer to a client. */
export function tellResult(result: ExecutionResult, telling: Telling): ExecutionResult {
  // A non-null field for which no subgraph had a value, and none said why: the executor only notes it aside.
  const silent = result.errors ? [] : silentFaults(result);
  const errors = tellErrors([...(result.errors ?? []), ...silent], telling);
  if (result.data === undefined) errors.forEach(asWholeFailure);
  return {
    ...(result.data === undefined ? {} : { data: result.data }),
    ...(errors.length > 0 ? { errors } : {}),
  };
}

/** Where there is no data at all, a fault of ours is the status of the whole HTTP answer. */
function asWholeFailure({ extensions }: GraphQLError): void {
  if (extensions['code'] === 'INTERNAL_SERVER_ERROR') extensions['http'] = { status: 500 };
}

function silentFaults({ extensions }: ExecutionResult): readonly unknown[] {
  const noted = extensions?.['valueCompletion'];
  if (!Array.isArray(noted)) return [];
  // The executor's own code would blame the client's document.
  return noted.map((error: unknown) =>
    error instanceof GraphQLError
      ? new GraphQLError(error.message, { path: error.path ?? null, extensions: {} })
      : error,
  );
}

const CODES: ReadonlySet<unknown> = new Set(DOOR_CODES);

function codeOf(error: GraphQLError): DoorCode | undefined {
  const code: unknown = error.extensions['code'];
  if (CODES.has(code)) return code as DoorCode;
  if (typeof code === 'string') return TRANSLATED[code];
  // graphql tells of a variable that does not fit by an error without a code, placed at the variable's definition.
  return error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION ? 'BAD_USER_INPUT' : undefined;
}
