/**
 * `npm run start:distributed`: the same graph as seven processes over HTTP: six subgraphs on the ports after PORT, the
 * gateway on PORT, one database. A process that dies is started again after a while, as an orchestrator would.
 */
import { readConfig, repoRoot, SUBGRAPH_NAMES } from '@gridworks/kit/config';
import { listen } from '@gridworks/kit/http';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { callerSecret, openDatabase } from './platform.ts';
import { seed } from './seed.ts';
import { onStop, welcome } from './terminal.ts';

/**
 * As `npm start` has it: short-lived objects of a busy process die before they are moved, and are cleared away by its own
 * thread, because helpers cost more in all than they save where processors are few.
 */
const COLLECTION = ['--max-semi-space-size=32', '--no-parallel-scavenge'];
const RESTART_MS = 3_000;
const READY_POLL_MS = 100;
const READY_MS_MAX = 60_000;

export async function main(): Promise<void> {
  const config = readConfig();
  for (let offset = 0; offset <= SUBGRAPH_NAMES.length; offset++) {
    await (await listen(config.host, config.port + offset, async () => undefined)).close();
  }
  const database = await openDatabase(config, { alone: true });
  if (config.story) await seed(database.db, Date.now());
  await database.synced;

  const addresses = Object.fromEntries(
    SUBGRAPH_NAMES.map((name, index) => [
      `SUBGRAPH_${name.toUpperCase()}_URL`,
      `http://${config.host}:${config.port + 1 + index}`,
    ]),
  );
  const env = {
    ...process.env,
    ...addresses,
    PORT: String(config.port),
    DATABASE_URL: database.url,
    GRIDWORKS_CALLER_SECRET: callerSecret(config),
  };
  const children = new Map<string, ChildProcess>();
  let stopping = false;

  /** Each child leads its own process group: a terminal's Ctrl-C reaches this process, which ends them in order. */
  function run(name: string, entry: string): void {
    const child = spawn(
      process.execPath,
      ['--enable-source-maps', ...COLLECTION, join(repoRoot, 'dist', entry)],
      {
        cwd: repoRoot,
        env,
        stdio: ['ignore', 'inherit', 'inherit'],
        detached: true,
      },
    );
    children.set(name, child);
    child.on('exit', (code, signal) => {
      if (stopping) return;
      console.log(`  ${name} ended (${signal ?? code}); starting it again in ${RESTART_MS / 1_000} s`);
      setTimeout(() => {
        if (!stopping) run(name, entry);
      }, RESTART_MS);
    });
    console.log(`  ${name.padEnd(8)} process ${child.pid}`);
  }

  onStop(async () => {
    stopping = true;
    // What it has to tell of its end goes through the others.
    const gateway = children.get('gateway');
    if (gateway) await end(gateway);
    await Promise.all([...children.values()].map(end));
    await database.close();
  });
  for (const name of SUBGRAPH_NAMES) run(name, `subgraphs/${name}/src/main.js`);
  run('gateway', 'gateway/src/main.js');
  await ready(`http://${config.host}:${config.port}/ready`);
  welcome(`http://${config.host}:${config.port}`, { story: config.story });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), 1_500);
  await exited;
  clearTimeout(forced);
}

async function ready(url: string): Promise<void> {
  const deadline = Date.now() + READY_MS_MAX;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > deadline)
      throw new Error('the processes did not become ready within a minute; see their logs above');
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}
