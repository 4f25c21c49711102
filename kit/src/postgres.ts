/**
 * The embedded database: the real PostgreSQL server, its programs from npm, its data in a folder of ours. The server
 * is a child in a session of its own, so that a terminal's Ctrl-C reaches us alone and we stop it in order.
 *
 * The data folder holds `cluster/` (PostgreSQL's own), `credentials.json`, `postgres.log` and, while in use, `owner.json`.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lchown,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverAccount } from './postgres/account.ts';
import type { Account } from './postgres/account.ts';
import { findBinaries } from './postgres/binaries.ts';
import type { Binaries } from './postgres/binaries.ts';
import { claimFolder } from './postgres/claim.ts';
import { endPostmaster, isPostmasterOf, processStart } from './postgres/process.ts';

export interface EmbeddedPostgres {
  /** Connection of the owner of database `gridworks`, on 127.0.0.1. The owner may create databases and roles. */
  readonly url: string;
  /**
   * Resolves when a cluster that was just created is on the disk; at once for one that was there. Nothing may be
   * acknowledged to anybody before: until then a loss of power could take the whole cluster.
   */
  readonly synced: Promise<void>;
  /** Cuts off clients, writes out the data and ends the server. Calling it again waits for the same end. */
  readonly stop: () => Promise<void>;
}

export interface PostgresOptions {
  /** Folder of this database alone; made when absent. */
  readonly dataDir: string;
  /** Default: one that is free. */
  readonly port?: number;
  /** False gives up safety against a crash of the machine for speed: for tests. Default true. */
  readonly durable?: boolean;
  /** Told about what takes time or is out of the ordinary. */
  readonly log?: (line: string) => void;
}

/** Passwords of the server's two roles. The owner is no superuser, as on a hosted server. */
interface Credentials {
  readonly owner: string;
  readonly superuser: string;
}

const HOST = '127.0.0.1';
const OWNER = 'gridworks';
const SUPERUSER = 'postgres';

/** Crash recovery replays the journal before the server is ready: minutes, on a slow disk. */
const START_TIMEOUT_MS = 300_000;
const POSTMASTER_FILE = 'postmaster.pid';
const LOG_SIZE_MAX = 8 * 1024 * 1024;

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  password_encryption: 'scram-sha-256',
  idle_in_transaction_session_timeout: '60s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_destination: 'stderr',
  log_line_prefix: '%m [%p] %q%a ',
  cluster_name: 'gridworks',
  jit: 'off',
};

const SETTINGS_NOT_DURABLE: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  checkpoint_timeout: '1h',
  // Its workers are the superuser's: nobody else may end them, and so not drop the database they are in either.
  autovacuum: 'off',
};

const ACCESS = `# Written at every start. TCP on the loopback address with a password, and nothing else.
host all all ${HOST}/32 scram-sha-256
`;

/**
 * Starts the server on a data folder that survives restarts. Throws, with a message for the person at the terminal,
 * when the folder is in use by a running process, belongs to another account or another version, or the port is taken.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') {
    throw new Error('the embedded PostgreSQL does not run on Windows: use WSL, or set DATABASE_URL');
  }
  const log = options.log ?? ((): void => undefined);
  const durable = options.durable ?? true;
  await mkdir(dirname(resolve(options.dataDir)), { recursive: true });
  await mkdir(options.dataDir, { mode: 0o700 }).catch(ignore('EEXIST'));
  const dataDir = await realpath(options.dataDir);
  const cluster = join(dataDir, 'cluster');

  const claim = await claimFolder(dataDir);
  const undo: (() => Promise<void>)[] = [claim.release];
  try {
    await endOrphan(cluster, claim.inherited, log);
    const account = await serverAccount(cluster);
    const binaries = await findBinaries(account);
    undo.unshift(binaries.release);
    const { credentials, isNew } = await prepare({ dataDir, cluster, account, binaries, durable, log });
    const server = await serve({ dataDir, cluster, account, binaries, durable, port: options.port, log });

    // Written to disk once, as a whole (step by step costs seconds), while the server already works on it.
    const synced =
      isNew && durable
        ? run(binaries.initdb, cluster, account, ['-D', folderArgument(cluster), '--sync-only'])
        : Promise.resolve();
    synced.catch(() => undefined);

    let stopped: Promise<void> | undefined;
    return {
      synced,
      url: `postgresql://${OWNER}:${credentials.owner}@${HOST}:${server.port}/${OWNER}`,
      stop: () =>
        (stopped ??= synced
          .catch(() => undefined)
          .then(() => server.stop())
          .then(() => inTurn(undo))),
    };
  } catch (error) {
    await inTurn(undo);
    throw error;
  }
}

/**
 * Ends the server that a process left running on the folder when it died, and deletes the folder. False, and nothing
 * done, when the folder is in use.
 */
export async function discardPostgres(dataDir: string): Promise<boolean> {
  const claim = await claimFolder(dataDir).catch(() => undefined);
  if (!claim) return false;
  await endOrphan(join(await realpath(dataDir), 'cluster'), claim.inherited, () => undefined);
  await rm(dataDir, { recursive: true, force: true });
  return true;
}

async function inTurn(steps: readonly (() => Promise<void>)[]): Promise<void> {
  for (const step of steps) await step();
}

function ignore(code: string): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code !== code) throw error;
  };
}

async function endOrphan(cluster: string, inherited: boolean, log: (line: string) => void): Promise<void> {
  const [pid] = await readPostmasterFile(cluster);
  if (pid === undefined) return;
  if (isPostmasterOf(Number(pid), cluster)) {
    // Our claim outlives our server, so a server without one was started by other hands.
    if (!inherited)
      throw new Error(`${cluster} is in use by process ${pid}, a PostgreSQL server of someone else`);
    log(`stopping the database server (process ${pid}) of an earlier run that was killed`);
    await endPostmaster(Number(pid), () => !isPostmasterOf(Number(pid), cluster));
  }
  // A killed process keeps its id until somebody has taken note of its end, and in some containers nobody ever does:
  // the server would take that for one that runs.
  if (processStart(Number(pid)) === undefined) await rm(join(cluster, POSTMASTER_FILE), { force: true });
}

/** The lines of the file in which a running server describes itself: process id first, state in the eighth. */
async function readPostmasterFile(cluster: string): Promise<readonly string[]> {
  const text = await readFile(join(cluster, POSTMASTER_FILE), 'utf8').catch(() => '');
  return text === '' ? [] : text.split('\n').map((line) => line.trim());
}

interface Place {
  readonly dataDir: string;
  readonly cluster: string;
  readonly account: Account | undefined;
  readonly binaries: Binaries;
  readonly durable: boolean;
  readonly log: (line: string) => void;
}

/** Sees to it that there is a cluster, of this version, that the server's account may use, with known passwords. */
async function prepare(place: Place): Promise<{ credentials: Credentials; isNew: boolean }> {
  const { dataDir, cluster, account, binaries, log } = place;
  for (const name of await readdir(dataDir)) {
    // What a run that was killed while it created the cluster left behind.
    if (!name.startsWith('.creating-')) continue;
    // Its initdb may still be writing; what cannot be removed now is in nobody's way.
    await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(ignore('ENOENT'));
  if (version === undefined) {
    log('creating the database');
    return { credentials: await create(place), isNew: true };
  }
  if (version.trim() !== binaries.major) {
    throw new Error(
      `${cluster} was made by PostgreSQL ${version.trim()}, and the installed programs are of PostgreSQL ` +
        `${binaries.major}: dump it with the old ones and load it with the new ones, or choose another folder`,
    );
  }
  // A copy, of a backup say, may have come with other modes; the server insists on this one.
  await chmod(cluster, 0o700);
  // A folder that root copied from elsewhere; the server's account must own all of it.
  if (account && (await stat(cluster)).uid === 0) await giveTo(account, cluster);

  const kept = await readFile(join(dataDir, 'credentials.json'), 'utf8').catch(ignore('ENOENT'));
  if (kept !== undefined) return { credentials: JSON.parse(kept) as Credentials, isNew: false };
  log('credentials.json is gone: setting new passwords');
  const credentials = newCredentials();
  await runSingleUser(place, cluster, 'on', [
    `ALTER ROLE ${SUPERUSER} PASSWORD '${credentials.superuser}'`,
    `ALTER ROLE ${OWNER} PASSWORD '${credentials.owner}'`,
  ]);
  await writeCredentials(dataDir, credentials);
  return { credentials, isNew: false };
}

/** Creates the cluster under another name and renames it when it is whole: a kill in between leaves no half cluster. */
async function create(place: Place): Promise<Credentials> {
  const { dataDir, cluster, account, binaries } = place;
  const making = await mkdtemp(join(dataDir, '.creating-'));
  try {
    if (account) await chown(making, account.uid, account.gid);
    await run(binaries.initdb, making, account, [
      ...['-D', folderArgument(making)],
      ...[`--username=${SUPERUSER}`, '--encoding=UTF8', '--locale=C'],
      // Sorts by code point and knows the case of every letter, alike on every machine and system version.
      ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      // Nobody is let in until the access rules are written at the start.
      ...['--auth=reject', '--no-instructions', '--no-sync'],
    ]);
    const credentials = newCredentials();
    await runSingleUser(place, making, 'off', [
      `ALTER ROLE ${SUPERUSER} PASSWORD '${credentials.superuser}'`,
      `CREATE ROLE ${OWNER} LOGIN CREATEDB CREATEROLE PASSWORD '${credentials.owner}'`,
      `CREATE DATABASE ${OWNER} OWNER ${OWNER}`,
    ]);
    await writeCredentials(dataDir, credentials);
    await rename(making, cluster);
    return credentials;
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
}

function newCredentials(): Credentials {
  return { owner: randomBytes(24).toString('base64url'), superuser: randomBytes(24).toString('base64url') };
}

async function writeCredentials(dataDir: string, credentials: Credentials): Promise<void> {
  await writeOurs(dataDir, 'credentials.json', `${JSON.stringify(credentials, null, 2)}\n`);
}

/** A file of ours in the data folder, readable by the folder's owner alone, also when root writes it. */
async function writeOurs(dataDir: string, name: string, text: string): Promise<void> {
  const draft = join(dataDir, `.${name}`);
  await writeFile(draft, text, { mode: 0o600 });
  await giveToOwnerOf(dataDir, draft);
  await rename(draft, join(dataDir, name));
}

async function giveToOwnerOf(dataDir: string, path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dataDir);
  await chown(path, uid, gid);
}

async function giveTo({ uid, gid }: Account, folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) await lchown(join(folder, name), uid, gid);
  // Last: its owner tells whether the rest is done.
  await lchown(folder, uid, gid);
}

/**
 * How to name a folder to a program that starts in it. On Linux not by its path: the server's account may be barred
 * from a folder above (a clone in root's home), but a process may always use the folder in which it stands.
 */
function folderArgument(folder: string): string {
  return process.platform === 'linux' ? '/proc/self/cwd' : folder;
}

function spawnOptions(folder: string, account: Account | undefined): SpawnOptions {
  return {
    cwd: folder,
    // Nothing of the caller's PG* variables, and messages in the language in which we read them.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
    ...(account && { uid: account.uid, gid: account.gid }),
  };
}

/** Runs a program to its end; throws what it printed when it fails. */
async function run(
  program: string,
  folder: string,
  account: Account | undefined,
  args: readonly string[],
  input = '',
): Promise<void> {
  const child = spawn(program, args, { ...spawnOptions(folder, account), stdio: 'pipe' });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  }
  // A program that ends early closes its input; how it ended says more.
  child.stdin?.on('error', () => undefined).end(input);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`${program} failed (${signal ?? `code ${code}`}):\n${printed.trim()}`);
}

/** Statements before anyone can connect: the server's single-user mode, one statement a line. */
async function runSingleUser(
  { binaries, account }: Place,
  folder: string,
  fsync: 'on' | 'off',
  statements: readonly string[],
): Promise<void> {
  const settings = ['-c', 'exit_on_error=on', '-c', `fsync=${fsync}`];
  const args = ['--single', '-D', folderArgument(folder), ...settings, SUPERUSER];
  await run(binaries.postgres, folder, account, args, statements.map((line) => `${line};\n`).join(''));
}

interface Server {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

async function serve(place: Place & { readonly port: number | undefined }): Promise<Server> {
  const { cluster, account, port } = place;
  const access = join(cluster, 'pg_hba.conf');
  await writeFile(access, ACCESS, { mode: 0o600 });
  if (account) await chown(access, account.uid, account.gid);

  if (port !== undefined && port !== 0 && !(await isFree(port))) throw portTaken(port);
  for (let attempt = 1; ; attempt++) {
    const chosen = port || (await freePort());
    const outcome = await launch(place, chosen);
    if (!('failure' in outcome)) return outcome;
    const { failure } = outcome;
    const isTaken = /could not bind .*Address already in use/i.test(failure);
    if (isTaken && port) throw portTaken(port);
    // A process that ran queries for a server that was killed lets go of its memory a moment later.
    const isLingering = /pre-existing shared memory block/.test(failure);
    if (attempt === 20 || !(isTaken || isLingering)) {
      throw new Error(`PostgreSQL did not start on ${cluster}:\n${failure}`);
    }
    await sleep(isLingering ? 250 : 0);
  }
}

function portTaken(port: number): Error {
  return new Error(`port ${port} on ${HOST} is taken by another process: free it, or choose another port`);
}

async function launch(place: Place, port: number): Promise<Server | { failure: string }> {
  const { dataDir, cluster, account, binaries, durable, log } = place;
  const logPath = join(dataDir, 'postgres.log');
  const previous = await stat(logPath).catch(ignore('ENOENT'));
  if (previous && previous.size > LOG_SIZE_MAX) await rename(logPath, `${logPath}.1`);
  const logFile = await open(logPath, 'a', 0o600);
  await giveToOwnerOf(dataDir, logPath);
  const { size: logStart } = await logFile.stat();

  const settings = { ...SETTINGS, ...(durable ? {} : SETTINGS_NOT_DURABLE), port: String(port) };
  const args = ['-D', folderArgument(cluster)];
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`);
  const child = spawn(binaries.postgres, args, {
    ...spawnOptions(cluster, account),
    detached: true,
    stdio: ['ignore', logFile.fd, logFile.fd],
  });
  const ended = once(child, 'exit');
  // Awaited below and in stop; without this a server that dies in between would count as an unhandled error.
  ended.catch(() => undefined);
  await logFile.close();
  if (child.pid === undefined) await ended;
  const pid = child.pid ?? 0;
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const guard = guardAgainstOurDeath(pid, account);

  const stop = async (): Promise<void> => {
    child.removeListener('exit', reportDeath);
    guard.kill('SIGKILL');
    child.ref();
    if (!hasEnded()) await endPostmaster(pid, hasEnded);
  };
  const reportDeath = (): void => log(`the database server ended unexpectedly; its log is ${logPath}`);

  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const [readyPid, , , , , , , state] = await readPostmasterFile(cluster);
    if (readyPid === String(pid) && state === 'ready') break;
    const isLate = Date.now() > deadline;
    if (isLate || hasEnded()) {
      await stop();
      const printed = (await readFile(logPath)).subarray(logStart).toString('utf8').trim();
      return { failure: isLate ? `not ready after ${START_TIMEOUT_MS / 1000} s\n${printed}` : printed };
    }
    await sleep(10);
  }
  child.on('exit', reportDeath);
  // Our process may end without stop(); the guard sees to the server then.
  child.unref();
  return { port, stop };
}

/**
 * A shell that waits for our end of a pipe to close, which the system does however we end, and then shuts the server
 * down: not even `kill -9` of us leaves a server behind.
 */
function guardAgainstOurDeath(postmaster: number, account: Account | undefined): ChildProcess {
  const script = 'read -r _; kill -INT "$1"';
  const guard = spawn('/bin/sh', ['-c', script, 'gridworks-postgres-guard', String(postmaster)], {
    ...spawnOptions('/', account),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Only a second net: without it the next start finds the orphan and ends it.
  guard.on('error', () => undefined);
  guard.stdin?.on('error', () => undefined);
  guard.unref();
  (guard.stdin as Socket | null)?.unref();
  return guard;
}

async function isFree(port: number): Promise<boolean> {
  return listenOn(port).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  return listenOn(0);
}

async function listenOn(port: number): Promise<number> {
  const probe = createServer().listen(port, HOST);
  await once(probe, 'listening');
  const address = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return address.port;
}
