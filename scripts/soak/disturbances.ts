/** What happens to a running graph: another supergraph comes into force, a process dies. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphClient, eventually } from '../../e2e/client.ts';
import type { Running } from '../../e2e/process.ts';
import type { Tally } from './tally.ts';

const WAIT_MS = 60_000;
const TYPE = 'Tick';

/** Puts another description of one type into the supergraph's file; resolves when the door tells it to clients. */
export async function reloadSupergraph(
  file: string,
  round: number,
  url: string,
  tally: Tally,
): Promise<void> {
  const told = `A change of price, as told by reload ${round}.`;
  const before = readFileSync(file, 'utf8');
  const changed = before.replace(
    new RegExp(`(""")[^"]*(""")(?=\\s+type ${TYPE}\\s)`),
    (_, open: string, close: string) => `${open}\n${told}\n${close}`,
  );
  if (changed === before) throw new Error(`the supergraph has no description of ${TYPE} to change`);
  // In one step, as a deployment does it: nobody reads half a file.
  writeFileSync(`${file}.next`, changed);
  renameSync(`${file}.next`, file);
  const anybody = new GraphClient(url);
  await eventually(
    () =>
      anybody
        .data<{ __type: { description: string } }>(`{ __type(name: "${TYPE}") { description } }`)
        .catch(() => undefined),
    (data) => data?.__type.description === told,
    WAIT_MS,
  );
  tally.count('reloads');
}

/** Kills one process of the distributed form; resolves when it is back and the door says that all are there. */
export async function killProcess(graph: Running, name: string, tally: Tally): Promise<void> {
  const before = graph.pidOf(name);
  const isOver = tally.outage();
  process.kill(before, 'SIGKILL');
  await eventually(
    async () => graph.pidOf(name),
    (pid) => pid !== before,
    WAIT_MS,
  );
  await eventually(
    () => fetch(`${graph.url}/ready`).then(({ ok }) => ok),
    (isReady) => isReady,
    WAIT_MS,
  );
  // Answers that were under way when it came back may still tell that it was away.
  await sleep(1_000);
  isOver();
  tally.count('kills');
}
