/** Which process is which: process ids are reused, so a process is its id together with the moment it began. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const onLinux = process.platform === 'linux';

/** What tells a running process from a later one with the same id; undefined when no such process runs. */
export function processStart(pid: number): string | undefined {
  if (!onLinux) {
    const [state, ...start] = ps(pid, 'stat=,lstart=').split(/\s+/);
    return !state || state.startsWith('Z') ? undefined : start.join(' ');
  }
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const startedAtTick = fields[19];
  if (state === 'Z' || state === 'X' || startedAtTick === undefined) return undefined;
  // Ticks count from boot: without the boot's own id, a process of today could pass for one of yesterday.
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${startedAtTick}`;
}

/** Whether process `pid` is a PostgreSQL server whose data folder is `cluster`. */
export function isPostmasterOf(pid: number, cluster: string): boolean {
  if (!onLinux) {
    const command = ps(pid, 'command=');
    return command.includes('postgres') && command.includes(cluster);
  }
  try {
    return (
      readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres' &&
      readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster)
    );
  } catch {
    return false;
  }
}

/**
 * Ends a PostgreSQL server: fast shutdown (clients are cut off, the data is written out), after `patienceMs`
 * immediate shutdown (the next start recovers from the journal), at last a kill.
 */
export async function endPostmaster(pid: number, ended: () => boolean, patienceMs = 5_000): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 20) {
      if (ended()) return;
      await sleep(20);
    }
  }
  throw new Error(`the PostgreSQL server (process ${pid}) does not end`);
}

function ps(pid: number, columns: string): string {
  try {
    return execFileSync('ps', ['-o', columns, '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return '';
  }
}
