/** Starts the processes of a benchmark, each on its core, and ends them whatever happens. */
import { repoRoot } from '@gridworks/kit/config';
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Order, Reply } from './child.ts';
import { cpuMsOf, familyOf, pinned, type Core } from './machine.ts';

export interface Running {
  readonly pid: number;
  /** Rejects when the process ends, with the last it said. */
  readonly ended: Promise<never>;
  /** Gives an order to one of our own processes; rejects with its fault. */
  ask<Value>(name: string, value?: unknown): Promise<Value>;
  /** Processor time so far, with the processes it has started; NaN where it cannot be told. */
  cpuMs(): number;
  stop(): Promise<void>;
}

const READY_MS_MAX = 60_000;
const POLL_MS = 100;
const STOP_MS_MAX = 3_000;
const TOLD_BYTES_MAX = 4_000;
/** Below the ports that systems give to outgoing connections by themselves. */
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;

const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});
// Without these a signal would end this process before it has ended its children.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

export interface StartOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Lets it be asked for the memory it uses (`collect`), and ends it with this process. */
  readonly isProbed?: boolean;
}

const PROCESSES = join(repoRoot, 'dist', 'bench', 'processes');
const PROBE = ['--expose-gc', '--import', pathToFileURL(join(PROCESSES, 'probe.js')).href];

/** One of `bench/processes`, with its task. */
export function startOwn(
  core: Core | null,
  name: string,
  task: unknown,
  options: StartOptions = {},
): Running {
  return startNode(core, join(PROCESSES, `${name}.js`), [JSON.stringify(task)], options);
}

/** A program for Node, as it would be served: production is what every peer calls it. */
export function startNode(
  core: Core | null,
  entry: string,
  programArgs: readonly string[],
  { cwd = repoRoot, env = {}, isProbed = false }: StartOptions = {},
): Running {
  const command = [process.execPath, ...(isProbed ? PROBE : []), entry, ...programArgs];
  const [file = '', ...args] = pinned(core, command);
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  alive.add(child);
  let told = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    told = (told + chunk).slice(-TOLD_BYTES_MAX);
  });
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      alive.delete(child);
      reject(new Error(`${basename(entry)} ended with ${signal ?? code}:\n${told}`));
    });
  });
  ended.catch(() => undefined);

  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  child.on('message', ({ id, value, fault }: Reply) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (fault === undefined) asked?.resolve(value);
    else asked?.reject(new Error(fault));
  });
  let orders = 0;

  const pid = child.pid ?? 0;
  return {
    pid,
    ended,
    ask: <Value>(name: string, value?: unknown) => {
      const id = ++orders;
      const answered = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
      child.send({ id, name, value } satisfies Order);
      return Promise.race([answered, ended]) as Promise<Value>;
    },
    cpuMs: () => familyOf(pid).reduce((sum, each) => sum + (cpuMsOf(each) ?? Number.NaN), 0),
    stop: async () => {
      if (!alive.has(child)) return;
      const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
      child.kill('SIGTERM');
      const forced = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
      await closed;
      clearTimeout(forced);
    },
  };
}

/** Resolves when something listens at the port; ends the process and rejects when it takes a minute. */
export async function untilListens(port: number, running: Running): Promise<void> {
  await until(() => isFree(port).then((free) => !free), `port ${port}`, running);
}

/** Resolves when a GraphQL server answers at the address; ends the process and rejects when it takes a minute. */
export async function untilAnswers(url: string, running: Running): Promise<void> {
  await until(() => isAnswering(url), url, running);
}

async function until(check: () => Promise<boolean>, place: string, running: Running): Promise<void> {
  const deadline = Date.now() + READY_MS_MAX;
  const asking = async (): Promise<void> => {
    while (!(await check())) {
      if (Date.now() > deadline) throw new Error(`nothing answers at ${place}`);
      await sleep(POLL_MS);
    }
  };
  try {
    await Promise.race([asking(), running.ended]);
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function isAnswering(url: string): Promise<boolean> {
  const asked = fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ __typename }' }),
  });
  return asked.then(
    (answer) => answer.ok,
    () => false,
  );
}

/** The first of so many ports in a row that nobody listens on now. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    const all = await Promise.all(Array.from({ length: count }, (_, offset) => isFree(first + offset)));
    if (all.every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
