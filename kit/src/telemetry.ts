/** Structured logs, one JSON object a line, on standard error so that standard output stays for people. */
import { pino, destination, levels, type Logger } from 'pino';

export type Log = Logger;

/** What a line of the log says that somebody ought to look at; no part of it was written by a user. */
export interface LoggedFault {
  readonly severity: 'CRITICAL' | 'WARNING';
  /** The subgraph that it happened in, or the process. */
  readonly service: string;
  readonly part: string | null;
  readonly message: string;
  /** Of what was thrown: the name of its class, and its code. What it says may hold anything, and stays in the log. */
  readonly kind: string | null;
  readonly traceId: string | null;
}

const WARNING = 40;
const CRITICAL = 50;
const CODE = /^[A-Z0-9_]{2,40}$/;

/** `told` hears of every warning and error, also of those that are below the level and not written. */
export function createLog(name: string, level: string, told?: (fault: LoggedFault) => void): Log {
  const written = levels.values[level] ?? Infinity;
  return pino(
    {
      name,
      level: told && written > WARNING ? 'warn' : level,
      // Secrets travel in these places; a log line must never carry them.
      redact: ['headers.authorization', 'headers["x-api-key"]', 'password', 'token'],
      hooks: {
        logMethod(args, method, at) {
          if (at >= WARNING) told?.(faultOf(name, this.bindings(), args, at));
          if (at >= written) method.apply(this, args);
        },
      },
    },
    destination({ fd: 2, sync: false }),
  );
}

function faultOf(
  name: string,
  bindings: Readonly<Record<string, unknown>>,
  [first, second]: readonly unknown[],
  at: number,
): LoggedFault {
  const facts = typeof first === 'object' && first !== null ? (first as Record<string, unknown>) : {};
  return {
    severity: at >= CRITICAL ? 'CRITICAL' : 'WARNING',
    service: textOf(bindings['subgraph']) ?? name,
    part: textOf(facts['consumer']) ?? textOf(bindings['part']) ?? null,
    message: textOf(second) ?? textOf(first) ?? '',
    kind: kindOf(facts['err'] ?? facts['error']),
    traceId: textOf(facts['traceId']) ?? null,
  };
}

function kindOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && CODE.test(code) ? `${error.name} ${code}` : error.name;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
