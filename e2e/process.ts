/** Starts the product as a person would, from its npm command, and knows when it is ready and how to end it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repoRoot } from '@gridworks/kit/config';

export type Command = 'start' | 'start-distributed' | 'gateway';

export interface Running {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  readonly process: ChildProcess;
  /** Everything it has printed so far. */
  output(): string;
  /** Process ids of the distributed form by name (`trading`, `gateway`), as last printed. */
  pidOf(name: string): number;
  /** Ends it as Ctrl-C does; resolves with the exit code and how long that took. */
  interrupt(): Promise<{ code: number | null; tookMs: number }>;
  /** Interrupts it and removes its data. */
  discard(): Promise<void>;
}

const READY_MS_MAX = 90_000;

/** A test that fails in the middle must not leave a graph behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

export function freshDataDir(): string {
  return mkdtempSync(join(tmpdir(), 'gridworks-e2e-'));
}

/**
 * The first of seven ports in a row that nobody listens on. They lie below those that systems give to outgoing
 * connections: somebody who calls again and again at a port of that range while its server is away ends up connected to
 * themselves, and the server that comes back finds its port taken.
 */
export async function freePorts(): Promise<number> {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 12_000);
    const all = await Promise.all(Array.from({ length: 7 }, (_, offset) => isFree(base + offset)));
    if (all.every(Boolean)) return base;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => {
      const { port: bound } = server.address() as AddressInfo;
      server.close(() => resolve(bound === port));
    });
  });
}

/** Runs a command of the product to its end. */
export async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; output: string }> {
  const { child, output } = launch(command, args, env);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output: output() };
}

function launch(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', command, ...args], {
    cwd: repoRoot,
    // Tests are faster than traders may be.
    env: {
      ...process.env,
      LOG_LEVEL: 'warn',
      NODE_ENV: 'production',
      GRIDWORKS_ORDER_RATE_MAX: '100000',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  }
  return { child, output: () => text };
}

/** By itself or by a signal. */
function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

export async function start(
  command: Command,
  options: {
    readonly dataDir?: string;
    readonly port?: number;
    readonly env?: NodeJS.ProcessEnv;
    readonly args?: readonly string[];
  } = {},
): Promise<Running> {
  const dataDir = options.dataDir ?? freshDataDir();
  const port = options.port ?? (await freePorts());
  const { child, output } = launch(command, options.args ?? [], {
    // Where the whole tier runs over one Kafka (KAFKA_BROKERS), each graph has streams of its own.
    KAFKA_PREFIX: basename(dataDir).toLowerCase(),
    ...options.env,
    PORT: String(port),
    GRIDWORKS_DATA: dataDir,
  });
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + READY_MS_MAX;
  for (;;) {
    if (hasEnded(child)) throw new Error(`${command} ended with ${child.exitCode}:\n${output()}`);
    if (Date.now() > deadline) throw new Error(`${command} did not become ready:\n${output()}`);
    const ready = await fetch(`${url}/ready`).catch(() => undefined);
    if (ready?.ok) break;
    await sleep(100);
  }

  async function interrupt(): Promise<{ code: number | null; tookMs: number }> {
    if (hasEnded(child)) return { code: child.exitCode, tookMs: 0 };
    const began = Date.now();
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    child.kill('SIGINT');
    const code = await closed;
    return { code, tookMs: Date.now() - began };
  }
  return {
    url,
    port,
    dataDir,
    process: child,
    output,
    pidOf(name) {
      const pids = [...output().matchAll(new RegExp(`^  ${name} +process (\\d+)$`, 'gm'))];
      return Number(pids.at(-1)?.[1]);
    },
    interrupt,
    async discard() {
      await interrupt();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
