/** Node's HTTP server with what every door here needs: bounded requests, clear listen errors, a close that ends. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What one request may take of a door. Node itself refuses headers of more than 16 KiB. */
export interface Limits {
  readonly bodyBytesMax: number;
  /** How long a client may take to send its whole request; the answer may take longer. */
  readonly requestTimeoutMs: number;
}

export const LIMITS: Limits = { bodyBytesMax: 1_048_576, requestTimeoutMs: 30_000 };

const CLOSE_GRACE_MS = 500;
/** Longer than clients and proxies keep an idle connection: who closes first must not be the one asked next. */
const KEEP_ALIVE_MS = 65_000;
/** How often Node looks for requests that take too long; it is also how late it may find them. */
const LATE_MS_MAX = 5_000;

export interface Listening {
  readonly port: number;
  readonly server: Server;
  close(): Promise<void>;
}

/** Listens, or throws a sentence that names the port and what to do about it. */
export async function listen(
  host: string,
  port: number,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  onFault?: (error: unknown) => void,
  { requestTimeoutMs }: Pick<Limits, 'requestTimeoutMs'> = LIMITS,
): Promise<Listening> {
  const times = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(LATE_MS_MAX, requestTimeoutMs),
  };
  const server = createServer(times, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      onFault?.(error);
      if (response.headersSent) response.end();
      else sendError(response, 500, 'INTERNAL_SERVER_ERROR', 'Something went wrong on our side.');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `port ${port} on ${host} is already in use; set PORT to another, or stop what listens there`,
            )
          : error,
      );
    });
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS).unref();
      }),
  };
}

/**
 * The whole body as text; undefined when it is larger than it may be, and the rest of it is then read past. Rejects
 * when the client leaves in the middle.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number = LIMITS.bodyBytesMax,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    let several: Buffer[] | undefined;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > bytesMax) {
        several = undefined;
        resolve(undefined);
      } else if (first) {
        (several ??= [first]).push(chunk);
      } else {
        first = chunk;
      }
    });
    // Nearly every body comes in one piece, which needs no copy.
    request.on('end', () => resolve((several ? Buffer.concat(several) : first)?.toString('utf8') ?? ''));
    request.on('error', reject);
  });
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

/** One GraphQL error as a whole HTTP answer, for what is refused before GraphQL begins. */
export function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  sendJson(response, status, { errors: [{ message, extensions: { code } }] });
}
