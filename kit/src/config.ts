/** The one place that reads the environment. Every variable the product knows is listed here. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { LIMITS, type Limits } from './http.ts';
import type { RetentionSettings } from './retention.ts';

export const SUBGRAPH_NAMES = ['users', 'trading', 'billing', 'partners', 'ai', 'butler'] as const;
export type SubgraphName = (typeof SUBGRAPH_NAMES)[number];

/**
 * The folder of this repository, found from this file so that it holds for sources and for `dist/`, and the version of the
 * product that its manifest tells.
 */
export const { repoRoot, version } = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(from: string): { readonly repoRoot: string; readonly version: string } {
  const manifest = join(from, 'package.json');
  if (existsSync(manifest)) {
    const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, string>;
    if (name === 'gridworks-supergraph' && version !== undefined) return { repoRoot: from, version };
  }
  const parent = dirname(from);
  if (parent === from)
    throw new Error('the repository root (package.json of gridworks-supergraph) was not found');
  return findRoot(parent);
}

const port = z.coerce.number().int().min(0).max(65_535);
const url = z.url();

const Environment = z.object({
  /** Port of the public door. */
  PORT: port.default(4000),
  /** Address the door and the subgraphs listen on. */
  HOST: z.string().default('127.0.0.1'),
  /** Folder of everything that is kept: database, keys, caches. Relative to the repository. */
  GRIDWORKS_DATA: z.string().min(1).default('.data'),
  /** Unset: embedded PostgreSQL. Set: that server; its user must own the database (migrations, roles). */
  DATABASE_URL: url.optional(),
  /** Addresses of Kafka's brokers, `host:port` with commas between. Unset: consumers read events from PostgreSQL. */
  KAFKA_BROKERS: z
    .string()
    .regex(/^[^\s,]+:\d+(,[^\s,]+:\d+)*$/)
    .transform((text) => text.split(','))
    .optional(),
  /** What the names of our streams and groups in Kafka begin with; graphs that share a cluster have different ones. */
  KAFKA_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,40}$/)
    .default('gridworks'),
  /** Secret with which the door signs callers for the subgraphs; at least 32 characters. Unset: a kept random one. */
  GRIDWORKS_CALLER_SECRET: z.string().min(32).optional(),
  /** The supergraph that the gateway serves and follows: another text in the file comes into force at once. Relative to the repository. */
  GRIDWORKS_SUPERGRAPH: z.string().min(1).default('schema/supergraph.graphql'),
  /** `debug`, `info`, `warn`, `error` or `silent`. */
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Seed of the market simulator; the same seed makes the same market. `off` runs no simulator. */
  GRIDWORKS_SIMULATOR: z.string().min(1).default('2026'),
  /** `exchange` keeps the hours and holidays of NSE, with its auction, breaker and square-off; `continuous` trades around the clock. */
  GRIDWORKS_SESSION: z.enum(['continuous', 'exchange']).default('continuous'),
  /** Whether ticks are kept for good. */
  GRIDWORKS_TICKS: z.enum(['on', 'off']).default('on'),
  /** A ClickHouse that keeps them, `http://user:password@host:8123/database`. Unset: a file of the data folder. */
  CLICKHOUSE_URL: url.optional(),
  /** A broker that speaks Kite Connect v3 and carries orders out: its REST API. Unset: they are matched here. */
  BROKER_URL: url.optional(),
  /** Its ticker. Unset: Kite's own for Kite's own, otherwise BROKER_URL with `ws` in place of `http`. */
  BROKER_TICKER_URL: url.optional(),
  /** Who we are there; needed with BROKER_URL, as is BROKER_API_SECRET. */
  BROKER_API_KEY: z.string().min(1).optional(),
  /** Kite's are good for a day. Unset, or later: an operator signs in, and what comes of it is kept in the data folder. */
  BROKER_ACCESS_TOKEN: z.string().min(1).optional(),
  /** What its postbacks and our logins are signed with. */
  BROKER_API_SECRET: z.string().min(1).optional(),
  /** Credit in rupees with which a wallet opens (paper money); `0` for none. */
  GRIDWORKS_OPENING_CREDIT: z.string().default('1000000.00'),
  /** Days for which order events are kept. A client that was away longer gets its open orders instead of what it missed. */
  GRIDWORKS_ORDER_EVENTS_DAYS: z.coerce.number().int().min(1).default(30),
  /** Days for which is kept what is no record, by class (`retention.ts`): `METRICS=7,TICKS=400`. Unset: the ages in force. */
  GRIDWORKS_RETENTION_DAYS: z
    .string()
    .regex(
      /^(METRICS|OPERATIONS|DERIVED|TICKS)=[1-9]\d{0,4}(,(METRICS|OPERATIONS|DERIVED|TICKS)=[1-9]\d{0,4})*$/,
    )
    .transform(
      (text) => Object.fromEntries(text.split(',').map((each) => each.split('='))) as Record<string, string>,
    )
    .transform((days) => Object.fromEntries(Object.entries(days).map(([of, text]) => [of, Number(text)])))
    .optional(),
  /** Orders that a user may place within one second. What exchanges and regulators allow retail clients is 10. */
  GRIDWORKS_ORDER_RATE_MAX: z.coerce.number().int().min(1).max(1_000_000).default(10),
  /** The largest body that the door reads of one request. */
  GRIDWORKS_BODY_BYTES_MAX: z.coerce.number().int().min(1).default(LIMITS.bodyBytesMax),
  /** How long a client may take to send its whole request to the door. */
  GRIDWORKS_REQUEST_TIMEOUT_MS: z.coerce.number().int().min(1).default(LIMITS.requestTimeoutMs),
  /** Whether an empty database is told the demonstration story. Unset: on the embedded one only; its password is known. */
  GRIDWORKS_STORY: z.enum(['on', 'off']).optional(),
  /** Addresses of the subgraphs in the distributed form. */
  SUBGRAPH_USERS_URL: url.default('http://127.0.0.1:4001'),
  SUBGRAPH_TRADING_URL: url.default('http://127.0.0.1:4002'),
  SUBGRAPH_BILLING_URL: url.default('http://127.0.0.1:4003'),
  SUBGRAPH_PARTNERS_URL: url.default('http://127.0.0.1:4004'),
  SUBGRAPH_AI_URL: url.default('http://127.0.0.1:4005'),
  SUBGRAPH_BUTLER_URL: url.default('http://127.0.0.1:4006'),
});

export interface KafkaSettings {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  /** What the names of streams and groups begin with. */
  readonly prefix: string;
}

/** A broker, and who we are there. */
export interface BrokerSettings {
  readonly restUrl: string;
  readonly tickerUrl: string;
  readonly apiKey: string;
  /** Undefined: an operator signs in. */
  readonly accessToken: string | undefined;
  readonly apiSecret: string;
}

/** Where ticks are kept: a file, or a server. */
export type TickSettings =
  { readonly kind: 'FILE'; readonly path: string } | { readonly kind: 'CLICKHOUSE'; readonly url: string };

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  /** Undefined: consumers read events from PostgreSQL. */
  readonly kafka: KafkaSettings | undefined;
  readonly callerSecret: string | undefined;
  readonly supergraphFile: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly simulatorSeed: string | undefined;
  /** Whether the exchange keeps the hours of NSE or trades around the clock. */
  readonly session: 'continuous' | 'exchange';
  /** Undefined: ticks are not kept. */
  readonly ticks: TickSettings | undefined;
  /** Undefined: orders are matched here. */
  readonly broker: BrokerSettings | undefined;
  readonly openingCredit: string;
  readonly orderEventsDays: number;
  readonly retention: RetentionSettings;
  readonly orderRateMax: number;
  readonly limits: Limits;
  readonly story: boolean;
  readonly subgraphUrls: Readonly<Record<SubgraphName, string>>;
}

/** Reads and checks the environment; throws one readable message naming every variable that is wrong. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const parsed = Environment.safeParse(env);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`the configuration is wrong:\n  ${wrong.join('\n  ')}`);
  }
  const values = parsed.data;
  return {
    port: values.PORT,
    host: values.HOST,
    dataDir: fromRoot(values.GRIDWORKS_DATA),
    databaseUrl: values.DATABASE_URL,
    kafka: values.KAFKA_BROKERS && { brokers: values.KAFKA_BROKERS, prefix: values.KAFKA_PREFIX },
    callerSecret: values.GRIDWORKS_CALLER_SECRET,
    supergraphFile: fromRoot(values.GRIDWORKS_SUPERGRAPH),
    logLevel: values.LOG_LEVEL,
    simulatorSeed: values.GRIDWORKS_SIMULATOR === 'off' ? undefined : values.GRIDWORKS_SIMULATOR,
    session: values.GRIDWORKS_SESSION,
    ticks:
      values.GRIDWORKS_TICKS === 'off' ? undefined : ticksOf(values.CLICKHOUSE_URL, values.GRIDWORKS_DATA),
    broker: brokerOf(values),
    openingCredit: values.GRIDWORKS_OPENING_CREDIT,
    orderEventsDays: values.GRIDWORKS_ORDER_EVENTS_DAYS,
    retention: values.GRIDWORKS_RETENTION_DAYS ?? {},
    orderRateMax: values.GRIDWORKS_ORDER_RATE_MAX,
    limits: {
      bodyBytesMax: values.GRIDWORKS_BODY_BYTES_MAX,
      requestTimeoutMs: values.GRIDWORKS_REQUEST_TIMEOUT_MS,
    },
    story: (values.GRIDWORKS_STORY ?? (values.DATABASE_URL === undefined ? 'on' : 'off')) === 'on',
    subgraphUrls: {
      users: values.SUBGRAPH_USERS_URL,
      trading: values.SUBGRAPH_TRADING_URL,
      billing: values.SUBGRAPH_BILLING_URL,
      partners: values.SUBGRAPH_PARTNERS_URL,
      ai: values.SUBGRAPH_AI_URL,
      butler: values.SUBGRAPH_BUTLER_URL,
    },
  };
}

const KITE = { rest: 'https://api.kite.trade', ticker: 'wss://ws.kite.trade' };

function brokerOf(values: z.infer<typeof Environment>): BrokerSettings | undefined {
  const { BROKER_URL: restUrl, BROKER_API_KEY: apiKey } = values;
  const { BROKER_ACCESS_TOKEN: accessToken, BROKER_API_SECRET: apiSecret } = values;
  if (restUrl === undefined) return undefined;
  if (apiKey === undefined || apiSecret === undefined)
    throw new Error('the configuration is wrong:\n  BROKER_URL: needs BROKER_API_KEY and BROKER_API_SECRET');
  if (values.GRIDWORKS_SESSION === 'exchange')
    throw new Error(
      'the configuration is wrong:\n  GRIDWORKS_SESSION: a broker keeps its own hours; leave it out',
    );
  const isKite = new URL(restUrl).origin === KITE.rest;
  const tickerUrl = values.BROKER_TICKER_URL ?? (isKite ? KITE.ticker : restUrl.replace(/^http/, 'ws'));
  return { restUrl, tickerUrl, apiKey, accessToken, apiSecret };
}

function ticksOf(clickhouseUrl: string | undefined, dataDir: string): TickSettings {
  return clickhouseUrl === undefined
    ? { kind: 'FILE', path: join(fromRoot(dataDir), 'ticks.duckdb') }
    : { kind: 'CLICKHOUSE', url: clickhouseUrl };
}

/** A path of the configuration; a relative one starts at the repository. */
function fromRoot(path: string): string {
  return isAbsolute(path) ? path : join(repoRoot, path);
}

/** The server for tests that need PostgreSQL; its account may create databases. Unset: an embedded one per run. */
export function testDatabaseUrl(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env['GRIDWORKS_TEST_DATABASE_URL'];
}

/** The folder with the jars of Apache Kafka, for tests that need a broker; Java must be there. Unset: they are skipped. */
export function testKafkaLibs(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env['GRIDWORKS_TEST_KAFKA_LIBS'];
}

/** The folder where npm's `chdb` is installed, for tests of ClickHouse. Unset: they are skipped. */
export function testChdb(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env['GRIDWORKS_TEST_CHDB'];
}

/** Before a stock gateway is made: it would otherwise probe cloud metadata and push metrics to its vendor. */
export function forbidVendorTelemetry(env: NodeJS.ProcessEnv = process.env): void {
  env['APOLLO_TELEMETRY_DISABLED'] = '1';
}
