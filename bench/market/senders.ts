/** Who takes part in the fan-out: a broadcast of nothing but sockets, and the gateways that can join a stream. */
import { CONTENDERS, type Site } from '../contenders.ts';
import { CORE } from '../harness/machine.ts';
import { startOwn, untilAnswers, untilListens, type Running } from '../harness/process.ts';
import type { BareTask } from '../processes/bare-ws.ts';

/** One who sends the stream on. */
export interface Sender {
  readonly name: string;
  readonly label: string;
  /** Speaks graphql-ws; the other kind sends to whoever connects. */
  readonly isGraphql: boolean;
  readonly isPeer: boolean;
  start(task: BareTask): Promise<Running>;
}

const GATEWAYS = ['ours', 'hive', 'hive-rust'];

/** Those who are named, or all; throws for a name that nobody has. */
export function sendersOf(
  site: Omit<Site, 'port'>,
  only: ReadonlySet<string> | undefined,
): readonly Sender[] {
  const gateways = CONTENDERS.filter(({ name }) => GATEWAYS.includes(name)).map(
    ({ name, label, isPeer, prepare, start }): Sender => ({
      name,
      label,
      isPeer,
      isGraphql: true,
      start: async ({ port }) => {
        const running = start({ ...site, port }, (await prepare?.()) ?? '');
        await untilAnswers(`http://127.0.0.1:${port}/graphql`, running);
        return running;
      },
    }),
  );
  const all = [BARE, ...gateways];
  const unknown = [...(only ?? [])].find((name) => !all.some((each) => each.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no "${unknown}"; there are ${all.map(({ name }) => name).join(', ')}`);
  }
  return all.filter(({ name }) => only?.has(name) ?? true);
}

const BARE: Sender = {
  name: 'bare-ws',
  label: 'a bare ws broadcast',
  isGraphql: false,
  isPeer: false,
  start: async (task) => {
    const running = startOwn(CORE.gateway, 'bare-ws', task, { isProbed: true });
    await untilListens(task.port, running);
    return running;
  },
};
