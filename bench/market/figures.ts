/** What a fan-out came to: the table, the results, and the ratios. */
import { isDeepStrictEqual } from 'node:util';
import { printTable, shown } from '../harness/report.ts';
import { say } from '../harness/say.ts';
import { median, ratio, rounded } from '../harness/statistics.ts';
import type { Held, Paced, Poured } from '../processes/crowd.ts';
import type { Sender } from './senders.ts';
import { messageOf, type Tick } from './subgraphs.ts';

export interface Round extends Poured {
  readonly deliveriesPerS: number;
  readonly cpuUsPerDelivery: number;
  readonly senderShare: number;
  readonly crowdShare: number;
}

export interface Idle {
  readonly clients: number;
  /** By resident memory. */
  readonly bytesPerClient: number;
  /** Without what the heap holds in reserve, which depends on what a process did before. */
  readonly liveBytesPerClient: number;
  readonly held: Held;
}

export interface Taken {
  readonly sender: Sender;
  readonly rounds: Round[];
  paced?: Paced;
  idle?: Idle | undefined;
}

/** What a client got must be the whole event, joined; a stream of anything else proves nothing. */
export function checkSample(sample: string | undefined): void {
  const got = JSON.parse(sample ?? '{}') as { payload?: { data?: { ticks?: Tick } } };
  const tick = got.payload?.data?.ticks;
  if (!tick || !isDeepStrictEqual(got, JSON.parse(messageOf(tick)))) {
    throw new Error(`its clients get something else: ${sample}`);
  }
}

/** Deliveries a second at full speed. */
export function rateOf({ rounds }: Taken): number {
  return mid(rounds, 'deliveriesPerS');
}

const mid = (rounds: readonly Round[], key: Exclude<keyof Round, 'sample'>): number =>
  median(rounds.map((each) => each[key]));

export function printTaken(taken: readonly Taken[]): void {
  printTable([
    [
      'one stream, 1,000 clients',
      'deliveries/s',
      'CPU us',
      'core',
      'clients',
      'bytes',
      'lost',
      'p50 ms',
      'p99 ms',
      'KB a client',
      'live',
    ],
    ...taken.map(({ sender, rounds, paced, idle }) => [
      sender.label,
      shown(mid(rounds, 'deliveriesPerS')),
      shown(mid(rounds, 'cpuUsPerDelivery'), 1),
      `${shown(mid(rounds, 'senderShare') * 100)} %`,
      `${shown(mid(rounds, 'crowdShare') * 100)} %`,
      shown(mid(rounds, 'messageBytes')),
      shown(mid(rounds, 'lost')),
      shown(paced?.p50Ms, 1),
      shown(paced?.p99Ms, 1),
      shown((idle?.bytesPerClient ?? Number.NaN) / 1_024, 1),
      shown((idle?.liveBytesPerClient ?? Number.NaN) / 1_024, 1),
    ]),
  ]);
  for (const { sender, idle } of taken) {
    if (idle) {
      say(
        `  ${sender.label}: ${shown(idle.held.open)} of ${shown(idle.clients)} connections held, ${shown(idle.held.reached)} got the next tick`,
      );
    }
  }
}

export function resultOf({ sender, rounds, paced, idle }: Taken): object {
  return {
    name: sender.name,
    deliveriesPerS: rounded(mid(rounds, 'deliveriesPerS')),
    cpuUsPerDelivery: rounded(mid(rounds, 'cpuUsPerDelivery')),
    messageBytes: rounded(mid(rounds, 'messageBytes')),
    lost: mid(rounds, 'lost'),
    rounds: rounds.map(({ deliveriesPerS }) => rounded(deliveriesPerS)),
    ...(paced
      ? {
          paced: {
            ...paced,
            p50Ms: rounded(paced.p50Ms),
            p99Ms: rounded(paced.p99Ms),
            maxMs: rounded(paced.maxMs),
          },
        }
      : {}),
    ...(idle
      ? {
          idle: {
            clients: idle.clients,
            bytesPerClient: Math.round(idle.bytesPerClient),
            liveBytesPerClient: Math.round(idle.liveBytesPerClient),
            ...idle.held,
          },
        }
      : {}),
  };
}

export function ratiosOf(taken: readonly Taken[]): Record<string, number | null> {
  const of = (name: string): Taken | undefined => taken.find(({ sender }) => sender.name === name);
  const rates = (name: string): readonly number[] =>
    of(name)?.rounds.map((each) => each.deliveriesPerS) ?? [];
  const orNull = (value: number | undefined): number | null =>
    value === undefined || Number.isNaN(value) ? null : rounded(value);
  const best = median(rates('hive')) > median(rates('hive-rust')) ? 'hive' : 'hive-rust';
  const [ours, bare] = [of('ours')?.idle, of('bare-ws')?.idle];
  return {
    deliveriesVsBareWs: orNull(ratio(rates('ours'), rates('bare-ws'))),
    deliveriesVsHive: orNull(ratio(rates('ours'), rates(of(best) ? best : 'hive'))),
    p99Ms: orNull(of('ours')?.paced?.p99Ms),
    bytesPerIdleVsBareWs: orNull(ours && bare && ours.bytesPerClient / bare.bytesPerClient),
    liveBytesPerIdleVsBareWs: orNull(ours && bare && ours.liveBytesPerClient / bare.liveBytesPerClient),
  };
}
