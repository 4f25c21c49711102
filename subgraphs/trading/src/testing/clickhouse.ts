/**
 * A real ClickHouse for tests: the engine itself in this process (npm's `chdb`), behind as much of the server's HTTP
 * interface as its client uses.
 */
import { createRequire } from 'node:module';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

interface Session {
  query(sql: string): string;
  cleanup(): void;
}

export interface TestClickHouse {
  readonly url: string;
  close(): Promise<void>;
}

/** `folder`: where `chdb` is installed. */
export async function startClickHouse(folder: string): Promise<TestClickHouse> {
  const engine = createRequire(join(folder, 'package.json'))('chdb') as { Session: new () => Session };
  const session = new engine.Session();
  session.query('CREATE DATABASE IF NOT EXISTS test ENGINE = Atomic');
  session.query('USE test');

  async function answer(request: IncomingMessage): Promise<string> {
    const { searchParams } = new URL(request.url ?? '/', 'http://engine');
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    for (const [name, value] of searchParams)
      if (name.startsWith('param_')) session.query(`SET ${name} = '${value.replaceAll(/['\\]/g, '\\$&')}'`);
    // The statement comes with its data behind it, one of them as a parameter.
    return session.query([searchParams.get('query') ?? '', body].join('\n'));
  }
  const server = createServer((request, response) => {
    answer(request).then(
      (text) => response.end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      session.cleanup();
    },
  };
}
