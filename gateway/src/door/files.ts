/** Files that anybody may fetch, by name; nothing else of the disk can be reached. */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** From the path of a URL to a file on disk. */
export type PublicFiles = ReadonlyMap<string, string>;

const TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** The files of a folder under a prefix such as `/circuits/`; what is in its subfolders stays private. */
export async function publicFiles(prefix: string, folder: string): Promise<PublicFiles> {
  const entries = await readdir(folder, { withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map(({ name }) => [prefix + encodeURIComponent(name), join(folder, name)]),
  );
}

/** Sends the file of a path; false when there is none. */
export async function sendFile(
  files: PublicFiles,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const file = files.get(path);
  if (file === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
  const { size, mtimeMs } = await stat(file);
  const headers = {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    etag: `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`,
    'cache-control': 'public, max-age=3600',
    // Provers run in pages of other origins, too; what is here is public anyway.
    'access-control-allow-origin': '*',
  };
  if (request.headers['if-none-match'] === headers.etag) {
    response.writeHead(304, headers).end();
    return true;
  }
  response.writeHead(200, { ...headers, 'content-length': size });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file), response);
  return true;
}
