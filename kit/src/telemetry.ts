/** Structured logs, one JSON object a line, on standard error so that standard output stays for people. */
import { pino, destination, type Logger } from 'pino';

export type Log = Logger;

export function createLog(name: string, level: string): Log {
  return pino(
    {
      name,
      level,
      // Secrets travel in these places; a log line must never carry them.
      redact: ['headers.authorization', 'headers["x-api-key"]', 'password', 'token'],
    },
    destination({ fd: 2, sync: false }),
  );
}
