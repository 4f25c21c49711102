/**
 * Work that gives way: what follows from orders is written in the background, and takes what processor time those leave
 * who are waited for. Linux knows the priority of a single thread, and of each of an embedded database's servers;
 * elsewhere all run alike.
 */
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { ClientBase } from 'pg';

/** A tenth of the weight of others where all want to run. */
const BACKGROUND = 10;
const onLinux = process.platform === 'linux';

/** Has the calling thread give way to others. */
export function yieldThread(): void {
  if (onLinux) setPriority(BACKGROUND);
}

/**
 * Has the server of a connection give way, where it is a process of this machine that may be told so: its title names the
 * very port that the connection comes from.
 */
export async function yieldServer(client: ClientBase): Promise<void> {
  if (!onLinux) return;
  const { rows } = await client.query<{ pid: number; port: number }>(
    'SELECT pg_backend_pid() AS pid, inet_client_port() AS port',
  );
  const [server] = rows;
  if (!server) return;
  try {
    const title = readFileSync(`/proc/${server.pid}/cmdline`, 'utf8');
    if (title.startsWith('postgres:') && title.includes(`(${server.port})`))
      setPriority(server.pid, BACKGROUND);
  } catch {
    // It runs elsewhere, or belongs to somebody else.
  }
}
