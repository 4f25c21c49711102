/** How a race ended: the table, the results, and who stands where against whom. */
import type { OperationName } from '../shop/operations.ts';
import type { Outcome, Race, Turn } from './race.ts';
import { printTable, shown } from './report.ts';
import { median, ratio, rounded } from './statistics.ts';

function mid(turns: readonly Turn[], key: keyof Turn): number {
  return median(turns.map((each) => each[key]));
}

export function printRace({ outcomes }: Race): void {
  const percent = (share: number): string => `${shown(share * 100)} %`;
  printTable([
    [
      'operation',
      'requests/s',
      'p50 ms',
      'p99 ms',
      'CPU ms',
      'core',
      'subgraphs',
      'load',
      'calls',
      'entities',
    ],
    ...outcomes.map(({ contender, operation, turns }) => [
      `${operation.padEnd(7)} ${contender.label}`,
      shown(mid(turns, 'requestsPerS')),
      shown(mid(turns, 'p50Ms'), 1),
      shown(mid(turns, 'p99Ms'), 1),
      shown(mid(turns, 'cpuMsPerRequest'), 3),
      percent(mid(turns, 'gatewayShare')),
      percent(mid(turns, 'subgraphShare')),
      percent(mid(turns, 'loadShare')),
      shown(mid(turns, 'calls'), 1),
      shown(mid(turns, 'representations'), 1),
    ]),
  ]);
}

export function resultsOf({ outcomes }: Race): readonly object[] {
  return outcomes.map(({ contender, operation, turns }) => ({
    operation,
    name: contender.name,
    requestsPerS: rounded(mid(turns, 'requestsPerS')),
    p50Ms: rounded(mid(turns, 'p50Ms')),
    p99Ms: rounded(mid(turns, 'p99Ms')),
    cpuMsPerRequest: rounded(mid(turns, 'cpuMsPerRequest')),
    callsPerRequest: rounded(mid(turns, 'calls')),
    rounds: turns.map(({ requestsPerS }) => rounded(requestsPerS)),
  }));
}

/** How many times one side answers what the other does: in the same time, and with the same processor time. */
export interface Times {
  readonly perSecond: number | null;
  readonly perCpu: number | null;
}

/** What a turn must tell to be compared. */
type Pace = Pick<Turn, 'requestsPerS' | 'cpuMsPerRequest'>;

/** Null where one side has no turns. */
export function timesOf(one: readonly Pace[], other: readonly Pace[]): Times {
  const times = (by: (turn: Pace) => number): number | null => {
    const value = ratio(one.map(by), other.map(by));
    return Number.isNaN(value) ? null : rounded(value);
  };
  return {
    perSecond: times(({ requestsPerS }) => requestsPerS),
    perCpu: times(({ cpuMsPerRequest }) => 1 / cpuMsPerRequest),
  };
}

export function against(ran: Race, operation: OperationName, one: string, other: string | undefined): Times {
  const turnsOf = (name: string | undefined): readonly Turn[] =>
    ran.outcomes.find((each) => each.operation === operation && each.contender.name === name)?.turns ?? [];
  return timesOf(turnsOf(one), turnsOf(other));
}

/** Against whichever of the others' gateways answered most. */
export function againstBestPeer(ran: Race, operation: OperationName, one: string): Times {
  const peers = ran.outcomes.filter((each) => each.contender.isPeer && each.operation === operation);
  const rate = ({ turns }: Outcome): number => mid(turns, 'requestsPerS');
  const best = peers.toSorted((a, b) => rate(b) - rate(a))[0];
  return against(ran, operation, one, best?.contender.name);
}

/** One number of each comparison, under its name. */
export function pick(
  comparisons: Readonly<Record<string, Times>>,
  key: keyof Times,
): Record<string, number | null> {
  return Object.fromEntries(Object.entries(comparisons).map(([name, times]) => [name, times[key]]));
}
