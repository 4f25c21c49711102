/** Who takes part: how each gateway is had, started and named. All serve the same supergraph over the same subgraphs. */
import { dirname, join } from 'node:path';
import { CORE } from './harness/machine.ts';
import { installPeer, type Peer } from './harness/peers.ts';
import { startNode, startOwn, type Running } from './harness/process.ts';
import type { OursTask } from './processes/ours.ts';
import type { OperationName } from './shop/operations.ts';

/** Where a gateway finds what it serves, and where it is to listen: `http://127.0.0.1:<port>/graphql`. */
export interface Site {
  readonly port: number;
  readonly supergraphFile: string;
  /** Of the subgraphs, by name. */
  readonly urls: Readonly<Record<string, string>>;
}

export interface Contender {
  readonly name: string;
  readonly label: string;
  /** Somebody else's: what a reader would use instead of ours. */
  readonly isPeer: boolean;
  readonly operations: readonly OperationName[];
  /** The path of its entry module, installed first where need be; rejects when it cannot be had. */
  readonly prepare?: () => Promise<string>;
  readonly start: (site: Site, entry: string) => Running;
}

const BOTH: readonly OperationName[] = ['nested', 'small'];

const STOCK: Peer = {
  name: 'stock',
  dependencies: { '@apollo/gateway': '2.14.4', '@apollo/server': '5.5.1', graphql: '16.15.0' },
  entry: {
    file: 'peer.mjs',
    source: `export * as gateway from '@apollo/gateway';
export * as server from '@apollo/server';
export * as standalone from '@apollo/server/standalone';
`,
  },
};

interface HiveOptions {
  readonly isRust: boolean;
  /** Whether equal fetches that are under way at once share one round trip, as they do by default. */
  readonly shareInFlight: boolean;
}

/** Hive Gateway's own command with a configuration file; one installation for all its ways. */
function hive({ isRust, shareInFlight }: HiveOptions): Peer {
  const config = {
    landingPage: false,
    graphiql: false,
    logging: 'error',
    transportEntries: {
      '*.http': {
        options: {
          // Upstream streams over the protocol that our gateway uses, too.
          subscriptions: { kind: 'ws', location: '/graphql' },
          deduplicateInflightRequests: shareInFlight,
        },
      },
    },
  };
  const planner = isRust ? "import { unifiedGraphHandler } from '@graphql-hive/router-runtime';\n" : '';
  return {
    name: 'hive',
    dependencies: {
      '@graphql-hive/gateway': '2.15.1',
      '@graphql-hive/router-runtime': '1.4.23',
      graphql: '16.15.0',
    },
    // What npm would choose by itself does not load.
    overrides: { '@graphql-tools/batch-execute': '10.2.0' },
    entry: {
      file: `${isRust ? 'rust' : 'js'}${shareInFlight ? '' : '-unshared'}.config.mjs`,
      source: `${planner}export const gatewayConfig = { ...${JSON.stringify(config)}${isRust ? ', unifiedGraphHandler' : ''} };\n`,
    },
  };
}

function startHive({ port, supergraphFile }: Site, configFile: string): Running {
  const folder = dirname(configFile);
  return startNode(
    CORE.gateway,
    join(folder, 'node_modules', '@graphql-hive', 'gateway', 'dist', 'bin.js'),
    [
      'supergraph',
      supergraphFile,
      ...['--config-path', configFile, '--host', '127.0.0.1', '--port', String(port), '--fork', '1'],
    ],
    { cwd: folder, isProbed: true },
  );
}

function startOurs(task: OursTask): Running {
  return startOwn(CORE.gateway, 'ours', task, { isProbed: true });
}

export const CONTENDERS: readonly Contender[] = [
  {
    name: 'stock',
    label: 'Apollo Gateway',
    isPeer: true,
    operations: BOTH,
    prepare: () => installPeer(STOCK),
    start: (site, entry) => startOwn(CORE.gateway, 'stock', { ...site, entry }, { isProbed: true }),
  },
  {
    name: 'hive',
    label: 'Hive Gateway',
    isPeer: true,
    operations: BOTH,
    prepare: () => installPeer(hive({ isRust: false, shareInFlight: true })),
    start: startHive,
  },
  {
    name: 'hive-rust',
    label: 'Hive Gateway, Rust planner',
    isPeer: true,
    operations: BOTH,
    prepare: () => installPeer(hive({ isRust: true, shareInFlight: true })),
    start: startHive,
  },
  {
    name: 'hive-rust-unshared',
    label: 'the same, no fetch shared',
    isPeer: true,
    operations: BOTH,
    prepare: () => installPeer(hive({ isRust: true, shareInFlight: false })),
    start: startHive,
  },
  {
    name: 'ours',
    label: 'ours',
    isPeer: false,
    operations: BOTH,
    start: (site) => startOurs({ ...site, shareInFlight: false }),
  },
  {
    name: 'ours-shared',
    label: 'ours, equal fetches shared',
    isPeer: false,
    operations: BOTH,
    start: (site) => startOurs({ ...site, shareInFlight: true }),
  },
  {
    name: 'hand-written',
    label: 'by hand, no GraphQL',
    isPeer: false,
    operations: ['small'],
    start: (site) => startOwn(CORE.gateway, 'hand-written', site, { isProbed: true }),
  },
];

/** Those who are named, or all; throws for a name that nobody has. */
export function chosen(only: ReadonlySet<string> | undefined): readonly Contender[] {
  const names = CONTENDERS.map(({ name }) => name);
  const unknown = [...(only ?? [])].find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`there is no "${unknown}"; there are ${names.join(', ')}`);
  return CONTENDERS.filter(({ name }) => only?.has(name) ?? true);
}
